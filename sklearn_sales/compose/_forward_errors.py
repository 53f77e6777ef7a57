# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of a regressor on its training rows, or on rows later than those."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from sklearn_sales.compose._inner_regressor import fit_rows, take_rows_of_table
from sklearn_sales.model_selection import PanelTimeSeriesSplit
from sklearn_sales.panel import Table

__all__ = ["Errors", "forward_errors", "training_errors"]


@dataclass(frozen=True)
class Errors:
    """Errors of forecasts.

    Attributes
    ----------
    values : ndarray of shape (n,)
    sizes : ndarray of shape (n,)
        Standard deviations by the regressor; ones where it tells none.
    rows : ndarray of shape (n,)
        Number of the row of each error.
    steps : ndarray of shape (n,)
        Distance of the row from its origin.
    """

    values: np.ndarray
    sizes: np.ndarray
    rows: np.ndarray
    steps: np.ndarray

    def take(self, kept):
        """Some of the errors, by a mask."""
        parts = (self.values, self.sizes, self.rows, self.steps)
        return Errors(*(part[kept] for part in parts))


def training_errors(fitted, table, y, steps, *, forecast):
    """Errors of a fitted regressor on its training rows.

    Parameters
    ----------
    fitted : estimator
    table : Table
    y : ndarray of shape (n_rows,)
        Targets; NaN where not observed.
    steps : ndarray of shape (n_rows,)
        Distance of each row from its origin.
    forecast : callable
        From a fitted regressor and X to forecasts and the sizes of their errors.

    Returns
    -------
    Errors
    """
    known = np.flatnonzero(~np.isnan(y))
    answers, sizes = forecast(fitted, take_rows_of_table(table, known))
    return Errors(y[known] - answers, sizes, known, steps[known])


def forward_errors(regressor, table, rows, y, cv, *, forecast, keys):
    """Errors of a regressor on rows that are later than those it was fitted on.

    Parameters
    ----------
    regressor : estimator
        Not fitted.
    table, y, forecast
        As for :func:`training_errors`.
    rows : Rows
    cv : int or splitter
    keys : dict
        ``series`` and ``time`` for a number of folds.

    Returns
    -------
    Errors
        A row may be in several folds, or in none.
    """
    splitter = PanelTimeSeriesSplit(cv, **keys) if isinstance(cv, Integral) else cv
    folds = []
    for train, test in splitter.split(table.native, y):
        train, test = np.asarray(train), np.asarray(test)
        train_known = train[~np.isnan(y[train])]
        last = np.full(rows.codes.max() + 1, np.iinfo(np.int64).max)
        last[rows.codes[train_known]] = np.iinfo(np.int64).min
        np.maximum.at(last, rows.codes[train_known], rows.positions[train_known])
        # of the series that the fold knows, and after their last observation
        test = test[
            (rows.positions[test] > last[rows.codes[test]]) & ~np.isnan(y[test])
        ]
        if not len(test):
            continue
        fitted = fit_rows(regressor, Table(take_rows_of_table(table, train)), y[train])
        answers, sizes = forecast(fitted, take_rows_of_table(table, test))
        steps = rows.positions[test] - last[rows.codes[test]]
        folds.append(Errors(y[test] - answers, sizes, test, steps))
    if not folds:
        raise ValueError(
            f"cv={cv!r} tests no observed row that is later than those of its series "
            "that the fold has trained on. Folds must lie in time order: name series= "
            "and time= in the splitter, or give a number of folds."
        )
    parts = ("values", "sizes", "rows", "steps")
    return Errors(*(np.concatenate([getattr(f, p) for f in folds]) for p in parts))
