# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A progress bar for terminals."""

import sys

__all__ = ["Progress"]

WIDTH = 24


class Progress:
    """A bar on stderr that says what is being done; silent where none looks on.

    Parameters
    ----------
    total : int
        Number of steps.
    enabled : bool, default=True
        Whether to draw at all; files and pipes never get a bar.
    stream : file, default=None
        Where to draw; None is stderr.
    """

    def __init__(self, total, *, enabled=True, stream=None):
        self.stream = sys.stderr if stream is None else stream
        self.enabled = enabled and self.stream.isatty()
        self.total = total
        self.done = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._draw("")

    def step(self, doing):
        """Say what comes next; all that came before counts as done."""
        filled = WIDTH * self.done // self.total
        bar = "#" * filled + "." * (WIDTH - filled)
        self._draw(f"[{bar}] {100 * self.done // self.total:3d} %  {doing}")
        self.done = min(self.done + 1, self.total)

    def _draw(self, line):
        if self.enabled:
            # back to the start of the line, and clear what stood there
            self.stream.write(f"\r\x1b[K{line}")
            self.stream.flush()
