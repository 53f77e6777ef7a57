# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of a regressor on its training rows, or on rows later than those."""

from numbers import Integral

import numpy as np

from sklearn_sales.compose._inner_regressor import fit_rows, take_rows_of_table
from sklearn_sales.model_selection import PanelTimeSeriesSplit
from sklearn_sales.panel import Table

__all__ = ["forward_errors"]


def forward_errors(regressor, fitted, table, rows, y, *, cv, forecast, keys):
    """Errors in units of what the regressor says that they are multiples of.

    Parameters
    ----------
    regressor : estimator
        Not fitted; for the folds.
    fitted : estimator
        Fitted on all rows; for ``cv=None``.
    table : Table
    rows : Rows
    y : ndarray of shape (n_rows,)
        Targets; NaN where not observed.
    cv : int, splitter or None
        Fewer times than a number of folds needs are used as None.
    forecast : callable
        From a fitted regressor and X to forecasts and the sizes of their errors.
    keys : dict
        ``series`` and ``time`` for the folds of ``cv=int``.

    Returns
    -------
    errors : ndarray of shape (n,)
    where : ndarray of shape (n,)
        Number of the row of each error; a row may be in several folds, or in none.
    """
    known = ~np.isnan(y)
    if isinstance(cv, Integral) and len(np.unique(rows.positions)) <= cv:
        cv = None
    if cv is None:
        where = np.flatnonzero(known)
        X = take_rows_of_table(table, where)
        return _errors(forecast(fitted, X), y[where]), where
    if isinstance(cv, Integral):
        cv = PanelTimeSeriesSplit(cv, **keys)
    errors, tested = [], []
    for train, test in cv.split(table.native, y):
        train, test = np.asarray(train), np.asarray(test)
        seen = np.isin(rows.codes[test], rows.codes[train[known[train]]])
        test = test[seen & known[test]]
        if not len(test):
            continue
        inner = fit_rows(regressor, Table(take_rows_of_table(table, train)), y[train])
        errors.append(
            _errors(forecast(inner, take_rows_of_table(table, test)), y[test])
        )
        tested.append(test)
    if not tested:
        return np.empty(0), np.empty(0, dtype=np.int64)
    return np.concatenate(errors), np.concatenate(tested)


def _errors(forecasts, y):
    """Errors as multiples; none where the regressor is sure."""
    answers, size = forecasts
    return np.divide(y - answers, size, out=np.zeros(len(y)), where=size > 0)
