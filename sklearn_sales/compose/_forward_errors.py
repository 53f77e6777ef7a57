# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of a regressor on its training rows, or on rows later than those."""

from dataclasses import dataclass, fields, replace

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from sklearn_sales.compose._inner_regressor import fit_rows
from sklearn_sales.model_selection import quiet_about_new_series, take_rows
from sklearn_sales.panel import Table

__all__ = ["Errors", "forward_errors", "training_errors"]


@dataclass(frozen=True)
class Errors:
    """Errors of forecasts.

    Attributes
    ----------
    values : ndarray of shape (n,)
    sizes : ndarray of shape (n,) or (n, n_sizes)
        What the regressor tells of the size of the error, such as a standard
        deviation; ones where it tells nothing.
    rows : ndarray of shape (n,)
        Number of the row of each error.
    steps : ndarray of shape (n,)
        Distance of the row from its origin.
    folds : ndarray of shape (n,)
        Number of the fold, from 0.
    """

    values: np.ndarray
    sizes: np.ndarray
    rows: np.ndarray
    steps: np.ndarray
    folds: np.ndarray

    def take(self, kept):
        """Some of the errors, by a mask."""
        return Errors(*(getattr(self, part.name)[kept] for part in fields(self)))


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
    answers, sizes = forecast(fitted, take_rows(table.native, known))
    folds = np.zeros(len(known), dtype=np.int64)
    return Errors(y[known] - answers, sizes, known, steps[known], folds)


def forward_errors(
    regressor, table, rows, y, folds, *, forecast, n_jobs=None, verbose=0
):
    """Errors of a regressor on rows that are later than those it was fitted on.

    Parameters
    ----------
    regressor : estimator
        Not fitted.
    table, y, forecast
        As for :func:`training_errors`.
    rows : Rows
    folds : iterable of (train, test)
        Row numbers.
    n_jobs, verbose
        As in joblib.

    Returns
    -------
    Errors
        A row may be in several folds, or in none; there may be no error at all.
    """
    parts = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_errors_of_fold)(
            regressor, table, rows, y, np.asarray(train), np.asarray(test), forecast
        )
        for train, test in folds
    )
    parts = [replace(part, folds=part.rows * 0 + i) for i, part in enumerate(parts)]
    # sizes of a fold without errors have no shape
    parts = [part for part in parts if len(part.rows)] or parts
    names = [field.name for field in fields(Errors)]
    return Errors(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _errors_of_fold(regressor, table, rows, y, train, test, forecast):
    train_known = train[~np.isnan(y[train])]
    last = np.full(rows.codes.max() + 1, np.iinfo(np.int64).max)
    last[rows.codes[train_known]] = np.iinfo(np.int64).min
    np.maximum.at(last, rows.codes[train_known], rows.positions[train_known])
    # of the series that the fold knows, and after their last observation
    test = test[(rows.positions[test] > last[rows.codes[test]]) & ~np.isnan(y[test])]
    if not len(test):
        return Errors(np.empty(0), np.empty(0), test, test, test)
    fitted = fit_rows(regressor, Table(take_rows(table.native, train)), y[train])
    with quiet_about_new_series():
        answers, sizes = forecast(fitted, take_rows(table.native, test))
    steps = rows.positions[test] - last[rows.codes[test]]
    return Errors(y[test] - answers, sizes, test, steps, steps)
