# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New sales for forecasters of sktime that were fitted."""

import numpy as np

from sklearn_sales.interop._sktime_calls import fit_unit, update_unit
from sklearn_sales.interop._sktime_layout import lay_out

__all__ = ["go_on", "lay_out_anew"]


def lay_out_anew(laid, update, block, **options):
    """The layout of a panel that knows more.

    Parameters
    ----------
    laid : Layout
        Of the panel before.
    update : Update
    block : ndarray of shape (n_rows, n_covariates) or None
        Covariates of the new rows.
    **options
        ``fill`` and ``to_end`` of :func:`lay_out`.

    Returns
    -------
    Layout
    """
    codes, positions = update.rows.codes, update.rows.positions
    if block is not None:
        *cells, known = _given_before(laid, update)
        codes = np.concatenate([cells[0], codes])
        positions = np.concatenate([cells[1], positions])
        block = np.vstack([known, block])
    return lay_out(update.panel, codes, positions, block, laid.names, **options)


def go_on(forecasters, before, units, update, laid, ends, *, training):
    """Forecasters that have read the sales after the end of what they knew.

    Parameters
    ----------
    forecasters : list
        One for each of ``before``.
    before, units : list of ndarray
        Codes of the series of each forecaster, before the update and after it.
    update : Update
    laid : Layout
        Of the panel that knows more.
    ends : ndarray of shape (n_series_before + 1,)
        Position of the last cell of each series before.
    training : callable
        From a unit to what its fit takes, where it had no forecaster.

    Returns
    -------
    list
        A forecaster, None or an error for each of ``units``.
    """
    pool = update.before.n_series
    old = {int(unit[0]): one for unit, one in zip(before, forecasters, strict=True)}
    made = []
    for unit in units:
        parent = int(update.parents[unit[0]])
        # the parent of a new series is the pool as well, whose mean it is not
        is_new = parent == pool and unit[0] != update.panel.n_series
        one = None if is_new else old.get(parent)
        if one is None:
            made.append(fit_unit(*training(unit)))
            continue
        first = update.positions(ends[update.parents[unit]]) + 1
        y, X = _newer_cells(laid, unit, first)
        made.append(one if y is None else update_unit(one, y, X))
    return made


def _newer_cells(laid, codes, first):
    """Sales and covariates of some series from given positions on, or None, None."""
    as_panel = len(codes) > 1
    y, X = laid.sales(codes, as_panel=as_panel), laid.known(codes, as_panel=as_panel)
    start, last = laid.history.start[codes], laid.history.last[codes]
    new = np.concatenate(
        [np.arange(a, b + 1) >= f for a, b, f in zip(start, last, first, strict=True)]
    )
    if not new.any():
        return None, None
    return y[new], None if X is None else X[new]


def _given_before(laid, update):
    """Cells whose covariates were given, in the panel that knows more."""
    history, n_series = laid.history, update.before.n_series
    codes = np.repeat(np.arange(history.n_series), history.lengths)
    positions = np.arange(len(codes)) - np.repeat(
        history.indptr[:-1] - history.start, history.lengths
    )
    kept = np.flatnonzero(laid.given & (codes < n_series))
    kept = kept[~update.replaces(codes[kept], positions[kept])]
    codes, positions = codes[kept], positions[kept]
    return update.moved[codes], update.positions(positions), laid.covariates[kept]
