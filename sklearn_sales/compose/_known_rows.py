# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which row holds the covariates of a series at a time."""

import numpy as np

__all__ = ["future_rows", "span_rows"]


def span_rows(history, codes, positions):
    """For each cell of a history, the training row that tells its covariates.

    Cells without a row carry the last row of their series forward.

    Returns
    -------
    ndarray of shape (n_cells,)
        -1 where a series has no row yet.
    """
    rows = np.full(len(history.data), -1)
    cells = history.cells(codes, positions)
    inside = cells >= 0
    rows[cells[inside]] = np.flatnonzero(inside)
    last = np.maximum.accumulate(np.where(rows >= 0, np.arange(len(rows)), -1))
    first = np.repeat(history.indptr[:-1], history.lengths)
    return np.where(last >= first, rows[last], -1)


def future_rows(local, steps, rows, before, n_steps):
    """For each step after the last observation, the row with its covariates.

    Steps without a row carry the row of the step before forward; where there is none
    yet, the next row stands in.

    Parameters
    ----------
    local, steps, rows : ndarray of shape (n_rows,)
        Series (0..n_series - 1), step (1..n_steps) and number of each row.
    before : ndarray of shape (n_series,)
        Number of the row with the last known covariates; -1 where there is none.
    n_steps : int

    Returns
    -------
    ndarray of shape (n_steps, n_series)
    """
    table = np.full((n_steps + 1, len(before)), -1)
    table[0] = before
    table[steps, local] = rows
    return _carry(_carry(table)[::-1])[::-1][1:]


def _carry(table):
    """Carry entries down over missing ones."""
    steps = np.where(table < 0, 0, np.arange(len(table))[:, None])
    last = np.maximum.accumulate(steps, axis=0)
    return np.take_along_axis(table, last, axis=0)
