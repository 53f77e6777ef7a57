# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds inside an estimator: of stacks, searches and encoders."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_sales.model_selection import take_rows
from sklearn_sales.panel import PanelEstimator

__all__ = ["folds_that_look_ahead"]

# parameters that say that an estimator is made of others
_INNER = {"estimator", "estimators", "regressor"}


def folds_that_look_ahead(estimator, rows, y, train):
    """Estimators inside whose ``cv`` trains on rows after those that it tests.

    Parameters
    ----------
    estimator : estimator
    rows : PanelRows
    y : array-like of shape (n_rows,)
    train : ndarray of int
        Rows that the estimator is fitted on.

    Returns
    -------
    list of (name, cv, n_folds, n_wrong)
    """
    found = []
    for name, inner in _with_folds(estimator):
        ranks = rows.ranks[train]
        splits = _splits(inner, take_rows(rows.native, train), np.asarray(y)[train])
        wrong = sum(
            len(fit) > 0 and len(test) > 0 and ranks[fit].max() >= ranks[test].min()
            for fit, test in splits
        )
        if wrong:
            found.append((name, inner.cv, len(splits), wrong))
    return found


def _with_folds(estimator):
    params = estimator.get_params(deep=True)
    parts = [(type(estimator).__name__, estimator)]
    parts += [(k, v) for k, v in params.items() if hasattr(v, "get_params")]
    for name, part in parts:
        if isinstance(part, type) or not hasattr(part, "cv"):
            continue
        # a number of folds means folds in time order to the estimators of panels
        ours = isinstance(part, PanelEstimator)
        if part.cv == "prefit" or (ours and _is_number(part.cv)):
            continue
        # RidgeCV(cv=None) and its kind do without folds
        if part.cv is None and not _INNER & set(part.get_params(deep=False)):
            continue
        yield name, part


def _is_number(cv):
    return cv is None or isinstance(cv, Integral)


def _splits(part, X, y):
    """Row numbers of the folds; none where they cannot be made of these rows alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(check_cv(part.cv, y).split(X, y))
        except (TypeError, ValueError):
            # a splitter that wants groups, or folds for other rows
            return []
