# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""PanelTargetRegressor: cleaning, transforms and scales of each series, and back."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    neg_wape_scorer,
)
from sklearn_sales.datasets import make_sales_panel

KEYS = {"series": "item", "time": "date"}


def panel(n_days=80, seed=0, noise=1.0):
    """Two items, one sells a hundred times as much as the other."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2024-01-01", periods=n_days)
    X = pd.DataFrame(
        {"item": np.repeat(["rice", "tea"], n_days), "date": [*dates, *dates]}
    )
    level = np.repeat([10.0, 1000.0], n_days)
    return X, level * (1 + 0.05 * noise * rng.normal(size=2 * n_days))


def ahead(X, horizon=7):
    dates = X["date"].max() + pd.to_timedelta(np.arange(1, horizon + 1), unit="D")
    items = X["item"].unique()
    return pd.DataFrame(
        {"item": np.repeat(items, horizon), "date": np.tile(dates, len(items))}
    )


def test_without_any_step_it_is_the_regressor():
    X, y = panel()
    plain = ARRegressor(2, **KEYS).fit(X, y)
    wrapped = PanelTargetRegressor(ARRegressor(2), **KEYS).fit(X, y)
    rows = pd.concat([X, ahead(X)])
    assert_allclose(wrapped.predict(rows), plain.predict(rows))
    assert len(wrapped.cleaned_) == 0


@pytest.mark.parametrize("scale", ["mean", "std", "robust", "max"])
def test_a_scale_of_each_series_is_taken_out_and_put_back(scale):
    X, y = panel()
    plain = ARRegressor(2, **KEYS).fit(X, y)
    scaled = PanelTargetRegressor(ARRegressor(2), scale=scale, **KEYS).fit(X, y)
    # an autoregression of each series does not mind its units
    assert_allclose(scaled.predict(ahead(X)), plain.predict(ahead(X)), rtol=1e-8)
    inner = scaled.regressor_.panel_.history.data
    assert np.abs(inner).max() < 10
    assert_allclose(scaled.panel_.history.data[: len(y)], y)


def test_the_scale_is_the_mean_of_each_series():
    X, y = panel()
    model = PanelTargetRegressor(ARRegressor(1), scale="mean", **KEYS).fit(X, y)
    assert_allclose(model.scale_[:2], [y[:80].mean(), y[80:].mean()])


@pytest.mark.parametrize("method", ["hampel", "iqr", "seasonal"])
def test_planted_outliers_are_found_and_nothing_else(method):
    X, y = panel()
    dirty = y.copy()
    dirty[[30, 110]] = [500.0, 0.0]
    model = PanelTargetRegressor(ARRegressor(1), outliers=method, **KEYS).fit(X, dirty)
    assert list(model.cleaned_.index) == [30, 110]
    assert list(model.cleaned_["was"]) == [500.0, 0.0]
    assert set(model.cleaned_["why"]) == {method}
    assert_allclose(model.cleaned_["now"], y[[30, 110]], rtol=0.3)


def test_protected_rows_are_never_changed():
    X, y = panel()
    X["promotion"] = 0
    X.loc[30, "promotion"] = 1
    dirty = y.copy()
    dirty[[30, 110]] = [500.0, 0.0]
    model = PanelTargetRegressor(
        ARRegressor(1), outliers="hampel", protect="promotion", **KEYS
    ).fit(X, dirty)
    assert list(model.cleaned_.index) == [110]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("zero", 0.0), ("interpolate", 15.0), ("mean", 20.0), ("median", 20.0)],
)
def test_missing_sales_are_filled_as_asked(missing, expected):
    X = pd.DataFrame({"item": "rice", "date": pd.date_range("2024-01-01", periods=5)})
    y = [30.0, 20.0, np.nan, 10.0, 20.0]
    model = PanelTargetRegressor(ARRegressor(1), missing=missing, **KEYS).fit(X, y)
    assert model.cleaned_["now"].tolist() == [expected]
    assert model.cleaned_["why"].tolist() == ["missing"]


@pytest.mark.parametrize("transformer", ["log1p", "sqrt", "boxcox"])
def test_the_mean_of_a_skewed_target_is_unbiased_and_the_median_is_half(transformer):
    rng = np.random.default_rng(0)
    days = np.arange(6000)
    X = pd.DataFrame({"item": "rice", "date": days})
    y = np.exp(3 + 0.8 * rng.normal(size=len(days)))
    future = pd.DataFrame({"item": "rice", "date": days[-1] + days[1:9]})

    def forecast(statistic):
        model = PanelTargetRegressor(
            ARRegressor(1), transformer=transformer, statistic=statistic, **KEYS
        )
        return model.fit(X, y).predict(future)

    assert_allclose(forecast("mean"), y.mean(), rtol=0.05)
    if transformer == "log1p":
        assert_allclose(forecast("median"), np.median(y), rtol=0.05)
    assert (forecast("median") < forecast("mean")).all()


def test_an_anchor_lets_a_trend_go_on():
    days = np.arange(60)
    X = pd.DataFrame({"item": "rice", "date": days})
    y = 100.0 + 2 * days
    inner = ReductionRegressor(
        LinearRegression(), features=LagFeatures(1, passthrough=False), horizon=3
    )
    model = PanelTargetRegressor(inner, anchor="last", **KEYS).fit(X, y)
    future = pd.DataFrame({"item": "rice", "date": [60, 61, 62]})
    assert_allclose(model.predict(future), [220, 222, 224], rtol=1e-6)


def test_cleaning_helps_where_outliers_and_gaps_were_planted():
    X, y, truth = make_sales_panel(
        n_series=12,
        n_periods=200,
        outlier_share=0.02,
        intermittent_share=0.0,
        stockout_share=0.0,
        promotion_share=0.0,
        return_truth=True,
        random_state=3,
    )
    keys = {"series": ["store", "product"], "time": "date"}
    X = X[["store", "product", "date"]]
    cleaned = PanelTargetRegressor(ARRegressor(7), outliers="hampel", **keys).fit(X, y)
    found = set(cleaned.cleaned_.index)
    planted = set(np.flatnonzero(truth.rows["outlier"]))
    assert len(found & planted) > 0.5 * len(planted)
    assert len(found & planted) > 0.7 * len(found)


def test_sales_after_the_training_span_move_nothing():
    X, y = panel()
    last = (X["date"] > "2024-03-10").to_numpy()
    options = {"outliers": "hampel", "transformer": "log1p", "scale": "mean", **KEYS}
    model = PanelTargetRegressor(ARRegressor(2), **options)
    expected = model.fit(X[~last], y[~last]).predict(X[last])
    unknown = np.where(last, np.nan, y)
    assert_allclose(model.fit(X, unknown).predict(X[last]), expected, rtol=1e-9)


def test_order_and_company_of_rows_do_not_matter():
    X, y = panel()
    options = {"transformer": "log1p", "scale": "mean", **KEYS}
    model = PanelTargetRegressor(ARRegressor(2), **options).fit(X, y)
    rows = pd.concat([X, ahead(X)], ignore_index=True)
    answers = model.predict(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    assert_array_equal(model.predict(rows.iloc[order]), answers[order])
    tea = (rows["item"] == "tea").to_numpy()
    assert_array_equal(model.predict(rows[tea]), answers[tea])


def test_a_search_over_forms_of_the_target():
    X, y = panel()
    model = PanelTargetRegressor(ARRegressor(2), **KEYS)
    grid = {
        "transformer": [None, "log1p"],
        "scale": [None, "mean"],
        "regressor__lags": [1, 2],
    }
    cv = PanelTimeSeriesSplit(2, test_size=7)
    search = GridSearchCV(model, grid, scoring=neg_wape_scorer, cv=cv).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
