# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits on some rows of a table, for estimators of panels and of tables alike."""

import warnings
from contextlib import contextmanager

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from sklearn_sales.panel import PanelEstimator

__all__ = ["quiet_about_new_series", "rows_to_fit", "take_rows", "takes_gaps"]


def take_rows(X, rows):
    """Rows of a table by their numbers, in the library of the table."""
    if len(rows) == X.shape[0] and np.array_equal(rows, np.arange(len(rows))):
        return X
    if isinstance(X, np.ndarray):
        return X[rows]
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows]
    return nw.from_native(X, eager_only=True)[rows].to_native()


def takes_gaps(estimator):
    """Whether NaN in y may stay: a forecaster of ours knows it as not observed.

    To leave such rows out tells any other estimator the same.
    """
    while True:
        if isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "estimator"):  # searches
            estimator = estimator.estimator
        else:
            return isinstance(estimator, PanelEstimator)


def rows_to_fit(estimator, y, rows):
    """Those of some rows that an estimator may be fitted on.

    Parameters
    ----------
    estimator : estimator
    y : ndarray of shape (n_rows,)
        Targets of the whole table; NaN where not observed.
    rows : ndarray of int
    """
    return rows if takes_gaps(estimator) else rows[~np.isnan(y[rows])]


@contextmanager
def quiet_about_new_series():
    """Whoever runs several estimators tells once of new series, for all of them."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", r"\d+ row\(s\) of X belong to series without sales in fit"
        )
        yield
