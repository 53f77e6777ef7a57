# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of the windows that end at each time of many series."""

import numpy as np

from sklearn_sales.preprocessing._window_kernels import (
    kind_of,
    median,
    merge_weights,
    share_blocks,
    window_length,
)

__all__ = ["SlidingWindows"]

# Values that the sorted windows of a median may take up at once.
_MEDIAN_VALUES = 1 << 19


class SlidingWindows:
    """Windows that slide over series laid out one after the other.

    All series are worked on as one flat array, which numpy does in a third of the time
    that it takes for the rows of a table. A gap of NaN before each series keeps its
    windows off the series before: empty windows are neutral in every merge. The arrays
    in between are used again for each block of series, and so are the counts, as most
    blocks lack the same values: those in the gaps.

    Parameters
    ----------
    windows : sequence of (statistic, length)
    longest : int
        Number of times of the longest series.

    Attributes
    ----------
    longest : int
    gap : int
        How many NaN must stand before each series.
    """

    def __init__(self, windows, longest):
        self._windows = list(windows)
        self.longest = longest
        self.gap = max(_reach(*window, longest) for window in self._windows) - 1
        self._room = _Room()
        self._lent = []
        self._missing = None

    def slide(self, values):
        """Statistics of the windows that end at each time.

        Parameters
        ----------
        values : ndarray of shape (n_cells,)
            The series, each after a gap; NaN where not observed.

        Returns
        -------
        list of ndarray of shape (n_cells,)
            One for each window, over its observed values; meaningless in the gaps.
            The arrays are written over by the next call.
        """
        self._room.give(self._lent)
        self._room.fit(len(values))
        parts = self._split(values)
        found = [None] * len(self._windows)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for members in share_blocks(self._windows):
                statistic = self._windows[members[0]][0]
                if statistic == "median":
                    made = [self._median(values, self._windows[i][1]) for i in members]
                else:
                    made = self._merge_up(parts, [self._windows[i] for i in members])
                for i, array in zip(members, made, strict=True):
                    found[i] = array
        self._room.give(parts[1:2])
        self._lent = found
        return found

    def _split(self, values):
        """Values, the same with zero where not observed, and the number observed."""
        missing = np.isnan(values)
        if self._missing is None or not np.array_equal(missing, self._missing):
            self._missing, self._absent = missing, np.flatnonzero(missing)
            self._counts = _Counts((~missing).astype(np.float64), self.longest)
        filled = self._room.take()
        # adding zero makes -0.0 a 0.0, so that no order of merging can be seen
        np.add(values, 0.0, out=filled)
        filled[self._absent] = 0.0
        return values, filled, self._counts.of(1)

    def _merge_up(self, parts, windows):
        """The windows of one statistic, from blocks twice as long at each level."""
        kind = kind_of(*windows[0])
        covered = [window_length(*window) for window in windows]
        top = max(covered).bit_length() - 1
        begin = block = kind.begin(*parts)
        merged = [None] * len(windows)
        for level in range(top + 1):
            size = 1 << level
            for i, length in enumerate(covered):
                if length & size:
                    done = length & (size - 1)
                    before, merged[i] = (
                        merged[i],
                        self._merge(kind, block, size, merged[i], done),
                    )
                    self._drop(before, begin, block, *merged)
            if level < top:
                before, block = block, self._merge(kind, block, size, block, size)
                self._drop(before, begin, block, *merged)
        made = [self._room.take() for _ in windows]
        for state, length, out in zip(merged, covered, made, strict=True):
            kind.finish(state, self._counts.of(length), out)
        for i, state in enumerate(merged):
            self._drop(state, begin, block, *merged[i + 1 :])
        self._drop(block, begin)
        return made

    def _merge(self, kind, older, n_older, newer, shift):
        """Merge each newer window with the older one that ends ``shift`` before it."""
        if newer is None:
            return older
        if shift >= self.longest:
            return newer
        weights = self._counts.weights(n_older, shift) if kind.weighs else None
        out = tuple(self._room.take() for _ in newer)
        for merged, a in zip(out, newer, strict=True):
            merged[:shift] = a[:shift]
        kind.merge(
            tuple(a[:-shift] for a in older),
            tuple(a[shift:] for a in newer),
            tuple(a[shift:] for a in out),
            weights,
            shift,
        )
        return out

    def _drop(self, state, *held):
        """Use the arrays of a state again, unless it is one of those still needed."""
        if state is not None and not any(state is other for other in held):
            self._room.give(state)

    def _median(self, values, length):
        length = min(length, self.longest)
        views = np.lib.stride_tricks.sliding_window_view(values, length)
        out = self._room.take()
        out[: length - 1] = np.nan
        step = max(1, _MEDIAN_VALUES // length)
        for first in range(0, len(views), step):
            some = views[first : first + step] + 0.0
            out[length - 1 + first : length - 1 + first + len(some)] = median(some)
        return out


def _reach(statistic, length, longest):
    """How many times a window, or a block of it, reaches back."""
    # merges with what ended before the first time of any series are left out
    return min(window_length(statistic, length), 3 * longest)


class _Counts:
    """How many values the windows of each length hold, and the weights of merges.

    Parameters
    ----------
    observed : ndarray of shape (n_cells,)
        1.0 where a value was observed, else 0.0.
    longest : int
        Merges from so many times on are left out.
    """

    def __init__(self, observed, longest):
        self._longest = longest
        self._counts = {1: observed}
        self._weights = {}

    def of(self, length):
        """Number of values observed in windows of a length."""
        if length not in self._counts:
            # the newest times are those of the lowest bits
            size = 1 << (length.bit_length() - 1)
            size = size // 2 if size == length else size
            self._counts[length] = self._add(size, length - size)
        return self._counts[length]

    def _add(self, n_older, shift):
        count = self.of(shift).copy()
        if shift < self._longest:
            count[shift:] += self.of(n_older)[:-shift]
        return count

    def weights(self, n_older, shift):
        """Weights of merges of windows of ``shift`` times with older ones."""
        key = n_older, shift
        if key not in self._weights:
            older, newer = self.of(n_older)[:-shift], self.of(shift)[shift:]
            both = self.of(n_older + shift)[shift:]
            self._weights[key] = merge_weights(older, newer, both)
        return self._weights[key]


class _Room:
    """Flat arrays of one size that are used again; the last one is still in cache."""

    def __init__(self):
        self._free = []
        self._size = 0
        self._n_cells = 0

    def fit(self, n_cells):
        """From now on, hand out arrays of so many cells."""
        if n_cells > self._size:
            self._free, self._size = [], n_cells
        self._n_cells = n_cells

    def take(self):
        array = self._free.pop() if self._free else np.empty(self._size)
        return array[: self._n_cells]

    def give(self, arrays):
        self._free.extend(a.base for a in arrays)
