# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Time and memory of two programs that do the same work, measured side by side.

A script gives its cases, each a function that prepares the work and returns it as a
callable, and the bars that it claims. Every case runs in a process of its own, a fresh
one in every round, in turn with the others: it prepares, works once to warm up, and is
then timed three times. The peak memory is that of the whole process as the operating
system counts it, table and libraries included.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["Bar", "compare", "daily_sales"]

# Libraries whose versions decide what is measured.
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "sklearn-sales")

# Seconds that shorter work is repeated for.
_SHORT = 0.05


@dataclass(frozen=True)
class Bar:
    """What a script claims: a ratio of two cases, at most or at least so much.

    Attributes
    ----------
    quantity : {"wall", "cpu", "memory"}
    case, against : str
        The ratio is that of ``case`` to ``against``.
    limit : float
    at_least : bool, default=False
        Whether the ratio is to reach the limit and not to stay below it.
    """

    quantity: str
    case: str
    against: str
    limit: float
    at_least: bool = False

    def holds(self, ratio):
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self):
        sign = ">=" if self.at_least else "<="
        return f"{self.quantity} {self.case} / {self.against} {sign} {self.limit:g}"


def daily_sales(n_series, n_times, *, ids="integer", dtype=np.float64, seed=0):
    """A simulated panel, sorted by series and day: (X, y) with columns item and date.

    Parameters
    ----------
    n_series, n_times : int
    ids : {"integer", "category", "string"}
    dtype : type of the sales
    seed : int
    """
    rng = np.random.default_rng(seed)
    season = 3.0 * np.sin(np.arange(n_times) * 2 * np.pi / 7)
    y = np.empty((n_series, n_times), dtype=dtype)
    for series in range(n_series):
        shocks = rng.standard_normal(n_times)
        y[series] = 20.0 + 0.1 * np.cumsum(shocks) + season + rng.permutation(shocks)
    names = [f"item_{number:05d}" for number in range(n_series)]
    codes = np.repeat(np.arange(n_series, dtype=np.int32), n_times)
    if ids == "integer":
        item = codes.astype(np.int64)
    elif ids == "category":
        item = pd.Categorical.from_codes(codes, names)
    else:
        item = np.repeat(np.array(names, dtype=object), n_times)
    dates = pd.date_range("2018-01-01", periods=n_times).to_numpy()
    frame = {"item": item, "date": np.tile(dates, n_series)}
    return pd.DataFrame(frame, copy=False), y.ravel()


def compare(script, cases, bars, *, libraries=(), rounds=5, rtol=None, same=None):
    """Run the cases of a script in turn and print ratios; or, in a child, run one.

    Parameters
    ----------
    script : str
        ``__file__`` of the script.
    cases : dict
        Name of a case -> function of the fraction of the full size that prepares the
        work and returns it as a callable without arguments. The work may return an
        array of answers.
    bars : list of Bar
    libraries : sequence of str
        Distributions whose versions are printed as well.
    rounds : int
    rtol : float, default=None
        Where given, the answers of the cases must be equal to that.
    same : list of str, default=None
        Which cases must answer the same; None means all.

    Returns
    -------
    int
        0 if all bars hold, else 1: the exit status.
    """
    title = sys.modules["__main__"].__doc__.splitlines()[0]
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--fraction", type=float, default=1.0, help="of the full size")
    parser.add_argument("--case", choices=list(cases), help="run one case, print JSON")
    parser.add_argument("--answers", help="where the case writes its answers")
    options = parser.parse_args()
    if options.case:
        work = cases[options.case](options.fraction)
        print(json.dumps(_measure(work, options.answers)))
        return 0
    print(title)
    print(_versions(libraries))
    with tempfile.TemporaryDirectory() as folder:
        found = _run_rounds(script, cases, options, folder)
        if rtol is not None:
            _check_answers(folder, same or list(cases), rtol)
    for case in cases:
        _print_case(case, found[case])
    missed = [bar for bar in bars if not _print_bar(bar, found)]
    return 1 if missed else 0


def _measure(work, answers_path):
    answers = work()
    if answers_path and answers is not None:
        np.save(answers_path, answers)
    del answers
    # work of milliseconds is timed by the dozen, as timeit does
    start = time.perf_counter()
    work()
    n_calls = max(1, int(_SHORT / (time.perf_counter() - start)))
    walls, cpus = [], []
    for _ in range(3):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(n_calls):
            result = work()
            del result
        walls.append((time.perf_counter() - wall) / n_calls)
        cpus.append((time.process_time() - cpu) / n_calls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": min(walls), "cpu": min(cpus), "memory": peak * unit / 2**20}


def _run_rounds(script, cases, options, folder):
    """Measurements of each case, one a round; the order turns from round to round."""
    found = {case: [] for case in cases}
    for number in range(options.rounds):
        names = list(cases) if number % 2 == 0 else list(cases)[::-1]
        for case in names:
            command = [sys.executable, script, "--case", case]
            command += ["--fraction", str(options.fraction)]
            if number == 0:
                command += ["--answers", str(Path(folder) / f"{case}.npy")]
            run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[case].append(json.loads(run.stdout.splitlines()[-1]))
    return found


def _check_answers(folder, cases, rtol):
    first = np.load(Path(folder) / f"{cases[0]}.npy")
    for case in cases[1:]:
        other = np.load(Path(folder) / f"{case}.npy")
        np.testing.assert_allclose(other, first, rtol=rtol, atol=rtol, err_msg=case)
    print(f"  the answers are equal to rtol {rtol:g}")


def _versions(libraries):
    names = sorted({*_LIBRARIES, *libraries})
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"  python {python}, " + ", ".join(f"{n} {version(n)}" for n in names)


def _print_case(case, measured):
    wall, cpu, memory = (
        np.array([one[name] for one in measured]) for name in ("wall", "cpu", "memory")
    )
    print(
        f"  {case:<22} wall {np.median(wall):8.4f} s ({wall.min():.4f} to "
        f"{wall.max():.4f})   cpu {np.median(cpu):8.4f} s   "
        f"peak {np.median(memory):6.0f} MiB"
    )


def _print_bar(bar, found):
    ratios = np.array(
        [
            one[bar.quantity] / other[bar.quantity]
            for one, other in zip(found[bar.case], found[bar.against], strict=True)
        ]
    )
    holds = bar.holds(np.median(ratios))
    print(
        f"  {bar}: median {np.median(ratios):.3f} ({ratios.min():.3f} to "
        f"{ratios.max():.3f}) {'holds' if holds else 'MISSED'}",
        flush=True,
    )
    return holds
