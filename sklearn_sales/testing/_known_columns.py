# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of a table that are made of sales, and up to which step they are known."""

import numpy as np

from sklearn_sales.panel import History, read_keys

__all__ = ["columns_made_of_sales"]

# A column counts as made of sales where they leave this share of its variance open.
_OPEN = 1e-8
# Times before and after a row (beyond the horizon) that may make its value.
_REACHES = (21, 14, 7, 3, 1)
_ROWS_PER_TERM = 5
_MOST_ROWS = 5000


def columns_made_of_sales(rows, prepared, y, horizon):
    """Columns that are a linear function of the sales around each row.

    A lag, a rolling mean, a centred mean, a difference and a scaled copy of the sales
    are all of this kind. Each is written as a combination of the sales from some
    times after the row to many before it; the newest sale that is needed says up to
    which step the column is known.

    Parameters
    ----------
    rows : PanelRows
        With the keys and times.
    prepared : PanelRows
        The same rows, with the columns in question.
    y : ndarray of shape (n_rows,)
    horizon : int
        Steps that matter: a column that is known up to this step is no leak.

    Returns
    -------
    list of (name, known_to)
        ``known_to`` is 0 where sales of the row's own time or later are needed.
    """
    _, keys, _, codes, positions = read_keys(rows.table, **rows.told)
    history = History.from_rows(codes, positions, y, keys.n_series)
    table = prepared.table
    found = []
    for index in prepared.changing:
        if not _is_number(table.column(index)):
            continue
        values = np.asarray(table.column(index), dtype=np.float64)
        known_to = _known_to(history, codes, positions, values, horizon)
        if known_to is not None:
            found.append((table.names[index], known_to))
    return found


def _is_number(column):
    return getattr(column.dtype, "kind", "O") in "iuf"


def _known_to(history, codes, positions, values, horizon):
    """Newest lag that a column needs, or None where sales do not make it."""
    usable = np.flatnonzero(np.isfinite(values))[:_MOST_ROWS]
    for reach in _REACHES:
        lags = np.arange(-reach, horizon + reach + 1)
        design = history.values(codes[usable, None], positions[usable, None] - lags)
        whole = ~np.isnan(design).any(axis=1)
        if whole.sum() >= _ROWS_PER_TERM * len(lags):
            break
    else:
        return None
    design, target = design[whole], values[usable][whole]
    if np.ptp(target) == 0:
        return None
    design = design - design.mean(axis=0)
    target = target - target.mean()
    # sales that repeat themselves could make a column of anything
    if np.linalg.matrix_rank(design) < len(lags) or not _made(design, target):
        return None
    newest = [s for s in range(1, horizon + 1) if _made(design[:, lags >= s], target)]
    return max(newest, default=0)


def _made(design, target):
    coef = np.linalg.lstsq(design, target, rcond=None)[0]
    rest = target - design @ coef
    return np.sum(rest**2) < _OPEN * np.sum(target**2)
