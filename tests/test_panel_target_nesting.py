# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""PanelTargetRegressor: keys, anchors and parameters of what is inside."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from plain_targets import (
    AR,
    KEYS,
    future,
    panel,
    simulated,
    target,
)
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from sklearn_sales import (
    ARRegressor,
    CalendarFeatures,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    TimeSeriesStackingRegressor,
    make_sales_scorer,
    observe,
)
from sklearn_sales.panel import find_panel


def test_keys_are_named_once():
    X, y = panel()
    inner = make_pipeline(
        CalendarFeatures(["weekday"]),
        LagFeatures(2, horizon=5, fill=0.0),
        LinearRegression(),
    )
    named = clone(inner).set_params(
        calendarfeatures__series="item",
        calendarfeatures__time="date",
        lagfeatures__series="item",
        lagfeatures__time="date",
    )
    model = target(inner, freq="D", clip=False).fit(X, y)
    assert_allclose(model.predict(future()), named.fit(X, y).predict(future()))
    assert model.regressor_.get_params()["lagfeatures__freq"] == "D"
    assert inner.get_params()["lagfeatures__series"] is None


def test_a_stack_gets_the_keys_for_all_its_members():
    X, y = panel()
    stack = TimeSeriesStackingRegressor(
        [("ar", AR), ("naive", SeasonalNaiveRegressor(7))], cv=2
    )
    model = target(stack, scale="mean").fit(X, y)
    assert model.regressor_.named_estimators_["ar"].series == "item"
    assert np.isfinite(model.predict(future())).all()


@pytest.mark.parametrize("anchor", ["last", "seasonal"])
def test_the_anchor_is_that_of_the_reductions_inside(anchor):
    X, y = panel()
    reduction = ReductionRegressor(LinearRegression(), features=LagFeatures(2))
    model = target(reduction, anchor=anchor, scale="mean").fit(X, y)
    other = target(clone(reduction).set_params(anchor=anchor), scale="mean").fit(X, y)
    assert_array_equal(model.predict(future()), other.predict(future()))
    assert reduction.anchor is None
    plain = target(reduction, scale="mean").fit(X, y)
    seen = anchor == "last"  # least squares on the last sale need no such anchor
    assert np.allclose(model.predict(future()), plain.predict(future())) == seen


def test_parameters_of_three_levels():
    inner = make_pipeline(StandardScaler(), LinearRegression())
    model = target(ReductionRegressor(inner, features=LagFeatures(2)))
    model.set_params(
        regressor__features__lags=[1, 3],
        regressor__regressor__linearregression__fit_intercept=False,
        transformer=QuantileTransformer(),
        transformer__n_quantiles=50,
    )
    copy = clone(model)
    params = copy.get_params()
    assert params["regressor__features__lags"] == [1, 3]
    assert not params["regressor__regressor__linearregression__fit_intercept"]
    assert params["transformer__n_quantiles"] == 50
    assert copy.regressor is not model.regressor


def test_a_search_finds_transform_and_scale():
    X, y, *_ = simulated(n_series=20, n_times=80)
    search = GridSearchCV(
        target(ARRegressor(lags=1, pooled=True, scaling=None), statistic="median"),
        {
            "transformer": [None, "log1p"],
            "scale": [None, "mean"],
            "regressor__lags": [1],
        },
        scoring=make_sales_scorer("wape"),
        cv=PanelTimeSeriesSplit(3, test_size=8, time="date"),
    ).fit(X, y)
    assert search.best_params_["transformer"] == "log1p"


def test_it_follows_others_in_a_pipeline():
    X, y = panel()
    pipeline = make_pipeline(
        CalendarFeatures(["is_weekend"], **KEYS), target(scale="mean", outliers="iqr")
    ).fit(X, y)
    assert np.isfinite(pipeline.predict(future())).all()
    assert find_panel(pipeline) is not None


@pytest.mark.parametrize("missing", [None, "interpolate", "model"])
def test_newer_sales_are_cleaned_as_those_of_fit(missing):
    days = pd.date_range("2024-01-01", periods=80)
    X = pd.DataFrame({"item": "tea", "date": days, "fair": 0})
    y = 10.0 + np.arange(80) % 7 + np.random.default_rng(0).normal(size=80)
    y[[65, 70]], y[68] = 500.0, np.nan
    X.loc[70, "fair"] = 1
    model = PanelTargetRegressor(
        ARRegressor(7),
        outliers="hampel",
        protect="fair",
        missing=missing,
        transformer="log1p",
        series="item",
    )
    fitted = clone(model).fit(X[:60], y[:60])
    for rows in (slice(60, 67), slice(67, 80)):
        observe(fitted, X[rows], y[rows])
    history = fitted.regressor_.panel_.history
    inside = np.expm1(history.values(np.zeros(80, int), np.arange(80)))
    # the outlier was cleaned, the protected one and the others are as they were
    assert 8 < inside[65] < 20
    kept = np.setdiff1d(np.arange(80), [65, 68])
    np.testing.assert_allclose(inside[kept], y[kept])
    assert np.isnan(inside[68]) == (missing is None)
    # what the model itself knows is what was sold
    assert fitted.panel_.history.values(np.array([0]), np.array([65]))[0] == 500.0
