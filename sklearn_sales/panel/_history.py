# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sales histories of many series in one flat array."""

from dataclasses import dataclass

import numpy as np

__all__ = ["History"]


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
    def from_rows(cls, codes, positions, values, n_series):
        """Lay rows out on the grid, in any order; NaN values are not observed.

        Rows that share a cell are averaged; callers refuse them first where that is
        not meant.
        """
        observed = ~np.isnan(values)
        if not observed.all():
            codes, positions, values = (a[observed] for a in (codes, positions, values))
        start, lengths = _spans(codes, positions, positions, n_series)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        cells = indptr[codes] + positions - start[codes]
        data = np.full(indptr[-1], np.nan)
        data[cells] = values
        if np.count_nonzero(~np.isnan(data)) < len(values):
            data = _cell_means(cells, values, len(data))
        return cls(data, indptr, start)

    @property
    def n_series(self):
        return len(self.start)

    @property
    def lengths(self):
        """Number of cells of each series."""
        return np.diff(self.indptr)

    @property
    def last(self):
        """Position of the last observation of each series (start - 1 if none)."""
        return self.start + self.lengths - 1

    def cells(self, codes, positions):
        """Index into ``data`` of each (series, position); -1 outside the span."""
        offset = positions - self.start[codes]
        inside = (offset >= 0) & (offset < self.lengths[codes])
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
        groups, first = groups[used], self.start[used]
        start, lengths = _spans(groups, first, self.last[used], n_groups)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        # the cell of the pool that each cell of a series falls on
        ahead = indptr[groups] + first - start[groups] - self.indptr[:-1][used]
        cells = np.flatnonzero(np.repeat(used, self.lengths))
        pool = cells + np.repeat(ahead, self.lengths[used])
        data = _cell_means(pool, self.data[cells], indptr[-1])
        return History(data, indptr, start)

    def append(self, other):
        """The series of another history after one's own."""
        return History(
            np.concatenate([self.data, other.data]),
            np.concatenate([self.indptr, self.indptr[-1] + other.indptr[1:]]),
            np.concatenate([self.start, other.start]),
        )


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


def _cell_means(cells, values, n_cells):
    """Mean of the observed values that fall on each cell; NaN where there is none."""
    observed = ~np.isnan(values)
    if not observed.all():
        cells, values = cells[observed], values[observed]
    counts = np.bincount(cells, minlength=n_cells)
    sums = np.bincount(cells, weights=values, minlength=n_cells)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
