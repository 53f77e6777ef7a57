# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of an autoregression with their covariates, and covariates on its grid."""

from dataclasses import dataclass

import numpy as np

__all__ = ["CovariateRows", "DroppedTotals", "covariates_on_grid"]


@dataclass(frozen=True)
class CovariateRows:
    """Rows as cells of a panel, with their covariates.

    Attributes
    ----------
    codes, positions : ndarray of shape (n_rows,)
    covariates : ndarray of shape (n_rows, n_covariates)
    """

    codes: np.ndarray
    positions: np.ndarray
    covariates: np.ndarray

    def take(self, which):
        """Some of the rows, by number or mask."""
        return CovariateRows(
            self.codes[which], self.positions[which], self.covariates[which]
        )

    def moved(self, update):
        """The same rows in an updated panel."""
        codes, positions = update.moved[self.codes], update.positions(self.positions)
        return CovariateRows(codes, positions, self.covariates)

    def join(self, newer):
        """These rows and newer ones, which stand in for the same cells."""
        old = self.take(newer.find(self.codes, self.positions) < 0)
        return CovariateRows(
            np.concatenate([old.codes, newer.codes]),
            np.concatenate([old.positions, newer.positions]),
            np.concatenate([old.covariates, newer.covariates]),
        )

    def find(self, codes, positions):
        """Number of the row of each cell; -1 where there is none."""
        if not len(self.codes) or not len(codes):
            return np.full(len(codes), -1)
        first = min(self.positions.min(), positions.min())
        n_times = max(self.positions.max(), positions.max()) - first + 1
        keys = self.codes * n_times + self.positions - first
        order = np.argsort(keys, kind="stable")
        wanted = codes * n_times + positions - first
        at = np.searchsorted(keys, wanted, side="right", sorter=order) - 1
        found = order[np.maximum(at, 0)]
        return np.where((at >= 0) & (keys[found] == wanted), found, -1)


@dataclass(frozen=True)
class DroppedTotals:
    """What rows that are no longer kept add to the means over the series.

    Attributes
    ----------
    first : int
        Calendar position of the first total.
    sums : ndarray of shape (n_times, n_covariates)
    counts : ndarray of shape (n_times,)
    """

    first: int
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def none(cls, n_covariates):
        return cls(0, np.zeros((0, n_covariates)), np.zeros(0))

    def add(self, rows, sign):
        """With more rows dropped, or (sign -1) with some of them known again."""
        if not len(rows.codes):
            return self
        ends = [int(rows.positions.min()), int(rows.positions.max()) + 1]
        if len(self.counts):
            ends = [min(self.first, ends[0]), max(self.stop, ends[1])]
        first, n_times = ends[0], ends[1] - ends[0]
        sums = np.zeros((n_times, self.sums.shape[1]))
        counts = np.zeros(n_times)
        known = slice(self.first - first, self.stop - first)
        sums[known], counts[known] = self.sums, self.counts
        at = rows.positions - first
        counts += sign * np.bincount(at, minlength=n_times)
        for column in range(sums.shape[1]):
            weights = rows.covariates[:, column]
            sums[:, column] += sign * np.bincount(at, weights, n_times)
        return DroppedTotals(first, sums, counts)

    @property
    def stop(self):
        return self.first + len(self.counts)


def covariates_on_grid(panel, rows, dropped=None):
    """Covariates of each cell of the history.

    Cells without a row carry the last known values of their series forward. The
    pooled history has the means over the series.

    Parameters
    ----------
    panel : Panel
    rows : CovariateRows
    dropped : DroppedTotals, default=None
        Of rows that are known no more; their cells get values that mean nothing.

    Returns
    -------
    ndarray of shape (n_cells, n_covariates)
    """
    history, covariates = panel.history, rows.covariates
    grid = np.zeros((len(history.data), covariates.shape[1]))
    if not covariates.shape[1]:
        return grid
    cells = history.cells(rows.codes, rows.positions)
    inside = cells >= 0
    grid[cells[inside]] = covariates[inside]
    if dropped is None:
        dropped = DroppedTotals.none(covariates.shape[1])
    pool = panel.n_series
    totals = dropped.add(rows.take(inside), 1)
    times = totals.first + np.flatnonzero(totals.counts > 0)
    pooled = history.cells(np.full(len(times), pool), times)
    times, pooled = times[pooled >= 0], pooled[pooled >= 0]
    at = times - totals.first
    grid[pooled] = totals.sums[at] / totals.counts[at, None]
    known = np.zeros(len(grid), dtype=bool)
    known[pooled] = known[cells[inside]] = True
    # the first cell of a series always has a row, so nothing crosses series
    last_known = np.maximum.accumulate(np.where(known, np.arange(len(grid)), 0))
    return grid[last_known]
