# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sales histories of many series in one flat array."""

from dataclasses import dataclass

import numpy as np

__all__ = ["History", "in_order", "series_bounds"]

# Cells that are pooled at once: their temporary arrays stay in the cache.
_BLOCK = 1 << 16


@dataclass(frozen=True)
class History:
    """All series one after the other, each from its first to its last observation.

    Attributes
    ----------
    data : ndarray of shape (n_cells,)
        Sales in time order; NaN where a time inside a series was not observed.
    indptr : ndarray of shape (n_series + 1,)
        ``data[indptr[s]:indptr[s + 1]]`` is series ``s``.
    start : ndarray of shape (n_series,)
        Calendar position of the first observation of each series; 0 where a series
        has none.
    """

    data: np.ndarray
    indptr: np.ndarray
    start: np.ndarray

    @classmethod
    def from_rows(cls, codes, positions, values, n_series, *, ordered=False):
        """Lay rows out on the grid, in any order; NaN values are not observed.

        Rows that share a cell are averaged; callers refuse them first where that is
        not meant. Rows that are known to be ordered by series and time are not sorted
        and, where they are the cells one after the other, not copied either.
        """
        observed = ~np.isnan(values)
        if not observed.all():
            codes, positions, values = (a[observed] for a in (codes, positions, values))
        if ordered:
            # the first and the last row of each series tell its span
            bounds = series_bounds(codes)
            first, last = bounds[:-1], bounds[1:] - 1
            ends = codes[first], positions[first], positions[last]
        else:
            ends = codes, positions, positions
        start, lengths = _spans(*ends, n_series)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        if ordered and indptr[-1] == len(values):
            return cls(values, indptr, start)
        cells = indptr[codes] + positions - start[codes]
        data = np.full(indptr[-1], np.nan)
        data[cells] = values
        if not ordered and np.count_nonzero(~np.isnan(data)) < len(values):
            data = _cell_means(cells, values, len(data))
        return cls(data, indptr, start)

    @property
    def n_series(self):
        return len(self.start)

    @property
    def lengths(self):
        """Number of cells of each series."""
        return np.diff(self.indptr)

    def lengths_of(self, series):
        """Number of cells of some series only: blocks of rows ask many times."""
        return self.indptr[1:][series] - self.indptr[:-1][series]

    @property
    def last(self):
        """Position of the last observation of each series (start - 1 if none)."""
        return self.start + self.lengths - 1

    @property
    def has_gaps(self):
        """Whether any time inside a series was not observed."""
        # no sum without NaN is NaN but for overflow: one pass, and no second array
        with np.errstate(over="ignore", invalid="ignore"):
            unsure = np.isnan(self.data.sum())
        return bool(unsure and np.isnan(self.data).any())

    def cells(self, codes, positions):
        """Index into ``data`` of each (series, position); -1 outside the span."""
        offset = positions - self.start[codes]
        inside = (offset >= 0) & (offset < self.lengths_of(codes))
        return np.where(inside, self.indptr[codes] + offset, -1)

    def values(self, codes, positions):
        """Sales at each (series, position); NaN where not observed."""
        cells = self.cells(codes, positions)
        if not len(self.data):
            return np.full(len(cells), np.nan)
        return np.where(cells >= 0, self.data[cells], np.nan)

    def pooled(self, groups, n_groups):
        """Histories of groups of series: the mean of what is observed at each time.

        Parameters
        ----------
        groups : ndarray of shape (n_series,)
            Group of each series, 0..n_groups - 1; negative ones are left out.
        """
        used = (groups >= 0) & (self.lengths > 0)
        start, lengths = _spans(
            groups[used], self.start[used], self.last[used], n_groups
        )
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        # the first cell of the pool that each series falls on
        pool = np.full(len(groups), -1)
        pool[used] = (indptr[:-1] - start)[groups[used]] + self.start[used]
        sums, counts = np.zeros(indptr[-1]), np.zeros(indptr[-1])
        # counting cells takes a pass over the pool: no block is smaller than that
        for first, last in _ranges(self.indptr, max(_BLOCK, int(indptr[-1]))):
            self._add_to_pool(slice(first, last), pool[first:last], sums, counts)
        with np.errstate(invalid="ignore"):
            return History(sums / counts, indptr, start)

    def _add_to_pool(self, series, pool, sums, counts):
        """Add what some series sold to the sums of the cells that they fall on."""
        lengths = self.lengths_of(series)
        values = self.data[self.indptr[series.start] : self.indptr[series.stop]]
        observed = ~np.isnan(values)
        values = np.where(observed, values, 0.0)
        length, cell = lengths[0], pool[0]
        if cell >= 0 and np.all(lengths == length) and np.all(pool == cell):
            # side by side, as most panels are: their columns are summed
            cells = slice(cell, cell + length)
            sums[cells] += values.reshape(-1, length).sum(axis=0)
            counts[cells] += observed.reshape(-1, length).sum(axis=0)
            return
        # the pool of those left out is one more cell
        shift = pool - (self.indptr[series] - self.indptr[series.start])
        cells = np.arange(len(values)) + np.repeat(shift, lengths)
        cells[np.repeat(pool < 0, lengths)] = len(sums)
        sums += np.bincount(cells, values, len(sums) + 1)[:-1]
        counts += np.bincount(cells, observed, len(sums) + 1)[:-1]

    def append(self, other):
        """The series of another history after one's own."""
        return History(
            np.concatenate([self.data, other.data]),
            np.concatenate([self.indptr, self.indptr[-1] + other.indptr[1:]]),
            np.concatenate([self.start, other.start]),
        )


def series_bounds(codes):
    """Where the series of rows that are sorted by series begin, and their end."""
    new = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    return np.concatenate([[0][: len(codes)], new, [len(codes)]]).astype(np.int64)


def in_order(codes, positions):
    """Whether rows are sorted by series and time, without a repetition."""
    bounds = series_bounds(codes)
    later = positions[1:] > positions[:-1]
    later[bounds[1:-1] - 1] = True
    return bool(later.all() and np.all(np.diff(codes[bounds[:-1]]) > 0))


def _spans(codes, first, last, n_series):
    """First position and number of positions of each series (0 and 0 if none)."""
    start = np.full(n_series, np.iinfo(np.int64).max)
    stop = np.full(n_series, np.iinfo(np.int64).min)
    np.minimum.at(start, codes, first)
    np.maximum.at(stop, codes, last)
    empty = start > stop
    start[empty] = 0
    stop[empty] = -1
    return start, stop - start + 1


def _ranges(indptr, size):
    """Series in turn, in ranges of at most so many cells, or of one series."""
    first, n_series = 0, len(indptr) - 1
    while first < n_series:
        last = np.searchsorted(indptr, indptr[first] + size, side="right") - 1
        last = max(int(last), first + 1)
        yield first, last
        first = last


def _cell_means(cells, values, n_cells):
    """Mean of the observed values that fall on each cell; NaN where there is none."""
    observed = ~np.isnan(values)
    if not observed.all():
        cells, values = cells[observed], values[observed]
    counts = np.bincount(cells, minlength=n_cells)
    sums = np.bincount(cells, weights=values, minlength=n_cells)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
