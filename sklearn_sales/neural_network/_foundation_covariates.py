# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Covariates as a pretrained model reads them: of the past, and of the steps ahead."""

import numpy as np

from sklearn_sales.neural_network._lstm_inputs import values_on_grid
from sklearn_sales.neural_network._lstm_panels import number_new_series

__all__ = ["CovariateMemory", "CovariatePlan"]


class CovariateMemory:
    """Covariates of the rows that fit has seen.

    Parameters
    ----------
    panel : Panel
    codes, positions : ndarray of shape (n_rows,)
        Cells of the rows.
    values : ndarray of shape (n_rows, n_covariates)

    Attributes
    ----------
    grid : ndarray of shape (n_cells, n_covariates)
        One row for each cell of the history; cells without a row carry the last known
        values of their series forward.
    """

    def __init__(self, panel, codes, positions, values):
        self.codes, self.positions, self.values = codes, positions, values
        everywhere = np.full(len(codes), panel.n_series)
        self.grid, _ = values_on_grid(
            panel.history, codes, positions, values, [everywhere]
        )

    def joined(self, update, values):
        """What is known with the rows of an update, which win over older ones."""
        codes = np.append(update.moved[self.codes], update.rows.codes)
        positions = np.append(update.positions(self.positions), update.rows.positions)
        values = np.concatenate([self.values, values])
        span = np.ptp(positions) + 1
        cells = codes * span + positions - positions.min()
        _, newest = np.unique(cells[::-1], return_index=True)
        kept = len(cells) - 1 - newest
        return CovariateMemory(update.panel, codes[kept], positions[kept], values[kept])


class CovariatePlan:
    """Covariates of the steps between the origin of each row and the row itself.

    Inside the training span they are those that fit has seen, after it those of the
    rows of the same table, else the last known ones; the row's own are always its own.

    Parameters
    ----------
    memory : CovariateMemory
    panel : Panel
    table : Table
    rows : Rows
    values : ndarray of shape (n_rows, n_covariates)
    origins : ndarray of shape (n_rows,)
    """

    def __init__(self, memory, panel, table, rows, values, origins):
        self.grid, self.values = memory.grid, values
        self.history, self.rows, self.origins = panel.history, rows, origins
        self.groups = rows.codes.copy()
        new = np.flatnonzero(rows.codes == panel.n_series)
        if len(new):
            self.groups[new] += number_new_series(panel, table, new)
        self.first = rows.positions.min()
        self.span = int(np.ptp(rows.positions)) + 1
        keys = self.groups * self.span + rows.positions - self.first
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    def ahead(self, index, n_steps):
        """Covariates of the steps 1..n_steps of some rows, n_steps ahead each.

        Returns
        -------
        ndarray of shape (n, n_steps, n_covariates)
        """
        codes = self.rows.codes[index]
        positions = self.origins[index][:, None] + np.arange(n_steps + 1)
        cells = self.history.cells(
            np.repeat(codes, n_steps + 1), positions.ravel()
        ).reshape(positions.shape)
        rows = self._rows_at(index, positions)
        known = (cells >= 0) | (rows >= 0)
        # the last known step, up to each
        steps = np.maximum.accumulate(
            np.where(known, np.arange(n_steps + 1), 0), axis=1
        )
        cells = np.take_along_axis(cells, steps, axis=1)
        rows = np.take_along_axis(rows, steps, axis=1)
        # before its first sale a series has no cell: the first one stands for it
        first = self.history.indptr[codes][:, None]
        values = self.grid[np.where(cells >= 0, cells, first)].astype(np.float64)
        told = (cells < 0) & (rows >= 0)
        values[told] = self.values[rows[told]]
        values[:, n_steps] = self.values[index]
        return values[:, 1:]

    def _rows_at(self, index, positions):
        """Row of the table for each position of the series of a row, or -1."""
        wanted = self.groups[index][:, None] * self.span + positions - self.first
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        inside = (positions >= self.first) & (positions < self.first + self.span)
        return np.where(inside & (self.keys[at] == wanted), self.order[at], -1)
