# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of the newest windows of histories that grow by one time after another."""

from collections import deque

import numpy as np

from sklearn_sales.preprocessing._window_kernels import (
    blocks_of,
    finished,
    join,
    kind_of,
    median,
    share_blocks,
    split,
    window_length,
)

__all__ = ["RunningWindows"]

# Values that are merged at once to begin with: they stay in the cache.
_VALUES = 1 << 15


class RunningWindows:
    """Windows of many histories that go forward together.

    The blocks of 1, 2, 4, ... times that ended lately are kept, so that a new time
    costs one merge for each size of block, whatever the length of the windows.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_times)
        The newest times of each history, oldest first; NaN where not observed.
    windows : sequence of (statistic, length, lag)
        At lag 1 a window ends with the newest time.
    reach : int
        No window will ever see more observed times than these.
    """

    def __init__(self, values, windows, reach):
        self._n_windows = len(windows)
        self._running = [
            (members, _of_statistic([windows[i] for i in members], values, reach))
            for members in share_blocks(windows)
        ]

    def append(self, values):
        """Take the values of the next time of each history, shape (n_rows,)."""
        parts = split(values)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _, running in self._running:
                running.append(parts)

    def newest(self):
        """Statistics of the newest windows, each of shape (n_rows,).

        They are bit for bit those of ``newest_windows``.
        """
        found = [None] * self._n_windows
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for members, running in self._running:
                for i, statistic in zip(members, running.newest(), strict=True):
                    found[i] = statistic
        return found


def _of_statistic(windows, values, reach):
    statistic, length, _ = windows[0]
    spans = [(window_length(s, n, reach), lag - 1) for s, n, lag in windows]
    n_times = max(covered + back for covered, back in spans)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if statistic == "median":
            return _Medians(_padded(values, n_times), spans)
        return _Blocks(kind_of(statistic, length), _padded(values, n_times), spans)


def _padded(values, n_times):
    """The newest so many times, from before the first one if need be."""
    missing = n_times - values.shape[1]
    if missing <= 0:
        return values[:, -missing:]
    return np.hstack([np.full((len(values), missing), np.nan), values])


class _Medians:
    """Medians, which need all their values."""

    def __init__(self, values, spans):
        self._spans = spans
        self._values = values.copy()

    def append(self, parts):
        self._values[:, :-1] = self._values[:, 1:]
        self._values[:, -1] = parts[0]

    def newest(self):
        n_times = self._values.shape[1]
        ends = [(n_times - back, covered) for covered, back in self._spans]
        return [median(self._values[:, end - n : end] + 0.0) for end, n in ends]


class _Blocks:
    """All windows of one statistic and, for each size, the blocks that ended lately."""

    def __init__(self, kind, values, spans):
        self._kind = kind
        self._windows = [(blocks_of(covered), back) for covered, back in spans]
        read = [
            (level, back + newer)
            for blocks, back in self._windows
            for level, newer in blocks
        ]
        n_levels = 1 + max(level for level, _ in read)
        # the next larger block begins with the one that ended its own length ago
        kept = [1 << level for level in range(n_levels - 1)] + [0]
        for level, back in read:
            kept[level] = max(kept[level], back)
        self._levels = self._begin(values, [1 + back for back in kept])

    def _begin(self, values, kept):
        n_rows, n_times = values.shape
        width = max(_VALUES // n_times, 1)
        pieces = [
            self._levels_of(values[first : first + width].T, kept)
            for first in range(0, n_rows, width)
        ]
        levels = []
        for blocks, n_kept in zip(zip(*pieces, strict=True), kept, strict=True):
            states, counts = zip(*blocks, strict=True)
            state = [np.hstack(parts) for parts in zip(*states, strict=True)]
            count = np.hstack(counts)
            ended = [(tuple(a[i] for a in state), c) for i, c in enumerate(count)]
            levels.append(deque(ended, maxlen=n_kept))
        return levels

    def _levels_of(self, values, kept):
        """Blocks of each size that ended lately, of values of (n_times, n_rows)."""
        parts = split(np.ascontiguousarray(values))
        state, count = self._kind.begin(*parts), parts[2]
        levels = []
        for level, n_kept in enumerate(kept):
            if level:
                shift = 1 << (level - 1)
                older = tuple(a[:-shift] for a in state), count[:-shift]
                newer = tuple(a[shift:] for a in state), count[shift:]
                state, count = join(older, newer, shift, self._kind)
            lately = slice(-n_kept, None)
            levels.append((tuple(a[lately].copy() for a in state), count[lately]))
        return levels

    def append(self, parts):
        block = self._kind.begin(*parts), parts[2]
        for level, ended in enumerate(self._levels):
            if level:
                shift = 1 << (level - 1)
                older = self._levels[level - 1][-1 - shift]
                block = join(older, block, shift, self._kind)
            ended.append(block)

    def newest(self):
        return [
            finished(self._put_together(*window), self._kind)
            for window in self._windows
        ]

    def _put_together(self, blocks, back):
        window = None
        for level, newer in blocks:
            block = self._levels[level][-1 - back - newer]
            window = block if window is None else join(block, window, newer, self._kind)
        return window
