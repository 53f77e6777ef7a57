# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is allowed to come of a case of the fuzz.

Allowed is an answer of the right length that does not depend on the order of the rows,
or a ValueError or TypeError that this package, or scikit-learn's validation, has raised
itself. Everything else is unexplained: another exception, an error from the depths of
numpy or pandas, a hang, a wrong length.
"""

import signal
import traceback
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sklearn_sales as ss

SECONDS = 30
OURS = str(Path(ss.__file__).parent)
_SKLEARN = ("sklearn/utils/", "sklearn/base.py")


class Hang(BaseException):
    """A case that takes too long."""


class Unexplained(AssertionError):
    """What no message of ours explains."""


@contextmanager
def time_limit():
    """Where the system has alarms; elsewhere a hang hangs."""

    def stop(*_):
        raise Hang(f"no answer in {SECONDS} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def is_documented(error):
    """Whether an error was raised on purpose."""
    if not isinstance(error, (ValueError, TypeError)):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame.filename.startswith(OURS) for frame in frames]
    beyond = frames[len(frames) - ours[::-1].index(True) :] if any(ours) else frames
    if not beyond:
        # what a C extension raises is shown at the line that calls it
        return "raise" in _statement(frames[-1])
    # the table or the target was refused by the checks of scikit-learn
    return any(part in frame.filename for frame in beyond for part in _SKLEARN)


@cache
def _source(filename):
    # read once: an editor may change the file while the fuzz runs
    return Path(filename).read_text("utf-8").splitlines()


def _statement(frame):
    """The lines of a statement; a raise may begin above the line that is told."""
    lines = _source(frame.filename)
    end = getattr(frame, "end_lineno", None) or frame.lineno
    return "\n".join(lines[frame.lineno - 1 : end])


def where(error):
    """Kind and place of an error, to count alike ones together."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if frame.filename.startswith(OURS)] or frames
    place = f"{Path(mine[-1].filename).name}:{mine[-1].lineno}"
    return f"{type(error).__name__} at {place}: {str(error)[:160]}"


def run_case(case):
    """Run one case.

    Returns
    -------
    str
        ``"answer"`` or ``"error"``.

    Raises
    ------
    Unexplained
    """
    act, *arguments = case
    try:
        with warnings.catch_warnings(), time_limit():
            warnings.simplefilter("error")
            # warnings for users are documented; those of numpy tell of a lapse
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", FutureWarning)
            act(*arguments)
    except Unexplained:
        raise
    except (Exception, Hang) as error:
        if is_documented(error):
            return "error"
        raise Unexplained(where(error)) from error
    return "answer"
