# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an estimator of panels does with the regressor that it was given."""

from inspect import signature

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_sales.compose._reduction_regressor import ReductionRegressor
from sklearn_sales.model_selection import (
    fill_keys,
    panel_parts,
    rows_to_fit,
    take_rows,
)

__all__ = [
    "fit_rows",
    "forecasts_and_sizes",
    "gives_std",
    "has_panel_estimator",
    "longest_horizon",
    "prepare_regressor",
    "refuse_without_std",
]


def prepare_regressor(regressor, *, keys, anchor, owner):
    """A clone of a regressor that knows the keys and the anchor of its owner.

    Parameters
    ----------
    regressor : estimator
    keys : dict
        ``series``, ``time`` and ``freq``: for every estimator of panels inside that
        names none.
    anchor : {"last", "seasonal"} or None
        For every ReductionRegressor inside.
    owner : str
        Name of the estimator, for messages.
    """
    found = panel_parts(regressor)
    for _, estimator in found:
        if keys["series"] is None and estimator.series is not None:
            raise ValueError(
                f"{type(estimator).__name__} has series={estimator.series!r}, but "
                f"{owner} has none. Keys are named once, outside: give "
                f"series={estimator.series!r} to {owner}."
            )
    regressor = fill_keys(regressor, keys)
    if anchor is not None:
        regressor.set_params(**_anchors(found, anchor, regressor, owner))
    return regressor


def _anchors(found, anchor, regressor, owner):
    reductions = [(p, e) for p, e in found if isinstance(e, ReductionRegressor)]
    if not reductions:
        raise ValueError(
            f"anchor={anchor!r} needs a ReductionRegressor inside {owner}: only there "
            "can the target be a difference while the lags stay lags of the sales. "
            f"{type(regressor).__name__} holds none: wrap the last regressor as "
            "ReductionRegressor(regressor, features=LagFeatures(...)), or give "
            "anchor=None."
        )
    for _, estimator in reductions:
        if estimator.anchor not in (None, anchor):
            raise ValueError(
                f"{owner} has anchor={anchor!r}, but a ReductionRegressor inside it "
                f"has anchor={estimator.anchor!r}. Name the anchor once."
            )
    return {f"{prefix}anchor": anchor for prefix, _ in reductions}


def has_panel_estimator(regressor):
    """Whether an estimator of panels is inside, which warns of new series itself."""
    return bool(panel_parts(regressor))


def longest_horizon(regressor):
    """The longest ``horizon`` of the estimators of panels inside; 1 without any."""
    found = [e for _, e in panel_parts(regressor)]
    return max((getattr(e, "horizon", 1) for e in found), default=1)


def gives_std(regressor):
    """Whether ``predict(X, return_std=True)`` of a regressor is possible."""
    if isinstance(regressor, Pipeline):
        regressor = regressor.steps[-1][1]
    if hasattr(regressor, "_gives_std"):
        return regressor._gives_std()
    return "return_std" in signature(regressor.predict).parameters


def refuse_without_std(regressor):
    """Refuse ``return_std=True`` around a regressor whose predict takes none."""
    if not gives_std(regressor):
        raise TypeError(
            f"return_std=True needs a regressor whose predict takes it, such as "
            f"ARRegressor; that of {type(regressor).__name__} does not."
        )


def forecasts_and_sizes(regressor, X):
    """Forecasts of a fitted regressor, and what it says of the sizes of its errors."""
    if gives_std(regressor):
        return regressor.predict(X, return_std=True)
    z = regressor.predict(X)
    return z, np.ones(len(z))


def fit_rows(regressor, table, y):
    """Fit a clone on rows of a table, without those that it may not be shown.

    Regressors of tables refuse a target of NaN, which a panel knows to mean the same
    as no row at all. So it is left out for them.

    Parameters
    ----------
    regressor : estimator
    table : Table
    y : ndarray of shape (n_rows,)
    """
    regressor = clone(regressor)
    rows = rows_to_fit(regressor, y, np.arange(len(y)))
    return regressor.fit(take_rows(table.native, rows), y[rows])
