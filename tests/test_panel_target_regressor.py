# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""PanelTargetRegressor: each step by hand, and what it says of it."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from plain_targets import (
    ITEMS,
    KEYS,
    START,
    Recorder,
    faulty,
    future,
    panel,
    row_of,
    target,
)
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    make_sales_panel,
    make_sales_scorer,
)
from sklearn_sales.panel import find_panel


def test_without_a_step_it_is_the_regressor_alone():
    X, y = panel()
    y[::9] = np.nan
    alone = ARRegressor(lags=2, **KEYS).fit(X, y)
    model = target().fit(X, y)
    for rows in (X, future()):
        assert_array_equal(model.predict(rows), alone.predict(rows))
        for ours, theirs in zip(
            model.predict(rows, return_std=True),
            alone.predict(rows, return_std=True),
            strict=True,
        ):
            assert_array_equal(ours, theirs)
    assert model.cleaned_.empty
    assert model.transformer_ is None


def by_hand(X, y, forward, inverse):
    codes = np.searchsorted(ITEMS, X["item"])
    inner = ARRegressor(lags=2, **KEYS).fit(X, forward(y, codes))
    ahead = future()
    return inverse(inner.predict(ahead), np.searchsorted(ITEMS, ahead["item"]))


def test_transform_and_scale_by_hand():
    X, y = panel()
    logs = np.log1p(y)
    scale = np.array([logs[X["item"] == item].mean() for item in ITEMS])
    expected = by_hand(
        X,
        y,
        lambda v, c: np.log1p(v) / scale[c],
        lambda z, c: np.expm1(z * scale[c]),
    )
    model = target(transformer="log1p", scale="mean", statistic="median").fit(X, y)
    assert_allclose(model.predict(future()), expected)
    assert_allclose(model.scale_[:3], scale)
    assert_array_equal(model.center_, 0)


def test_a_transformer_of_scikit_learn_by_hand():
    X, y = panel()
    power = PowerTransformer().fit(y.reshape(-1, 1))
    expected = by_hand(
        X,
        y,
        lambda v, c: power.transform(v.reshape(-1, 1)).ravel(),
        lambda z, c: power.inverse_transform(z.reshape(-1, 1)).ravel(),
    )
    given = PowerTransformer()
    model = target(transformer=given, statistic="median").fit(X, y)
    assert_allclose(model.predict(future()), expected)
    assert isinstance(model.transformer_, PowerTransformer)
    assert model.transformer_ is not given


@pytest.mark.parametrize("scale", ["mean", "std", "robust", "max"])
def test_forecasts_scale_with_the_sales_of_each_series(scale):
    X, y = panel()
    factor = np.array([0.01, 1.0, 1000.0])
    pooled = ReductionRegressor(LinearRegression(), features=LagFeatures(3))
    model = target(pooled, scale=scale, outliers="hampel").fit(X, y)
    other = clone(model).fit(X, y * factor[np.searchsorted(ITEMS, X["item"])])
    ahead = future()
    expected = model.predict(ahead) * factor[np.searchsorted(ITEMS, ahead["item"])]
    assert_allclose(other.predict(ahead), expected)
    assert not np.allclose(
        target(pooled).fit(X, y).predict(ahead), model.predict(ahead), rtol=1e-3
    )


@pytest.mark.parametrize("outliers", ["hampel", "iqr", "seasonal"])
def test_cleaned_rows_are_told(outliers):
    X, y = faulty()
    model = target(outliers=outliers, missing="median", protect="promotion")
    cleaned = model.fit(X, y).cleaned_
    assert list(cleaned.columns) == ["item", "date", "was", "now", "why"]
    assert list(cleaned["item"]) == ["rice", "salt", "tea"]
    assert list(cleaned["why"]) == ["missing", outliers, outliers]
    assert list(cleaned.index) == [
        row_of(X, "rice", 30),
        row_of(X, "salt", 25),
        row_of(X, "tea", 40),
    ]
    assert_array_equal(cleaned["was"], y[cleaned.index])
    assert_array_equal(cleaned["date"], X["date"][cleaned.index])
    rice = y[(X["item"] == "rice").to_numpy()]
    assert cleaned["now"].iloc[0] == np.nanmedian(rice)
    assert_allclose(cleaned["now"].iloc[1:], [50, 500], rtol=0.2)


def test_what_is_remembered_outside_is_raw_and_inside_is_cleaned():
    X, y = faulty()
    model = target(outliers="hampel", scale="max", protect="promotion").fit(X, y)
    plain = ARRegressor(lags=2, **KEYS).fit(X, y)
    assert find_panel(model) is model.panel_
    assert_array_equal(model.panel_.history.data, plain.panel_.history.data)
    inside = model.regressor_.panel_.history
    assert np.nanmax(inside.data[: inside.indptr[3]]) == 1.0
    y_future = np.full(15, 30.0)
    scorer = make_sales_scorer("mase")
    for other in (plain, SeasonalNaiveRegressor(7, **KEYS).fit(X, y)):
        scale = scorer(other, future(), y_future + other.predict(future()))
        assert scale == pytest.approx(
            scorer(model, future(), y_future + model.predict(future()))
        )


def test_a_cleaned_target_is_what_a_clean_one_would_be():
    X, y = faulty()
    model = target(outliers="hampel", protect="promotion", replacement="missing")
    gone = y.copy()
    gone[[row_of(X, "salt", 25), row_of(X, "tea", 40)]] = np.nan
    expected = target().fit(X, gone).predict(future())
    assert_array_equal(model.fit(X, y).predict(future()), expected)


def test_a_jump_may_be_cut_at_the_limit():
    X, y = faulty()
    model = target(outliers="hampel", replacement="limit", protect="promotion")
    cut = model.fit(X, y).cleaned_["now"]
    assert (cut > [50, 500]).all()
    assert (cut < [500, 5000]).all()
    # what is cut once is no outlier any more, as its limit hardly moves
    again = y.copy()
    again[cut.index] = 0.99 * cut
    assert clone(model).fit(X, again).cleaned_.empty


@pytest.mark.parametrize("protect", ["promotion", ["promotion"], 2, ["promotion", -1]])
def test_protected_rows_are_never_changed(protect):
    X, y = panel()
    X["promotion"] = np.where(X["promotion"] > 0, 1.0, np.nan)
    y = np.where(X["promotion"] > 0, 40 * y, y)
    found = target(outliers="hampel").fit(X.fillna(0.0), y).cleaned_
    assert len(found) > 20
    regressor = ReductionRegressor(features=LagFeatures(2))
    model = target(regressor, outliers="hampel", protect=protect).fit(X, y)
    assert model.cleaned_.empty


def test_protected_rows_tell_nothing_about_the_others():
    X, y = panel()
    y = y / (1 + X["promotion"])
    X["promotion"] = (X["date"] - START).dt.days.between(22, 31).astype(float)
    y = np.where(X["promotion"] > 0, 40 * y, y)
    # a jump among promotions, which are most of its window, is no usual sale
    jump = row_of(X, "salt", 27)
    X.loc[jump, "promotion"] = 0.0
    model = target(outliers="hampel", protect="promotion").fit(X, y)
    assert list(model.cleaned_.index) == [jump]
    assert model.cleaned_["now"].iloc[0] < 70


METHODS = ["zero", "interpolate", "mean", "median", "seasonal", "model"]


@pytest.mark.parametrize("missing", METHODS)
def test_gaps_inside_a_span_are_filled_and_nothing_else(missing):
    X, y = faulty()
    absent = row_of(X, "salt", 10)
    X, y = X.drop(absent), np.delete(y, absent)
    features = LagFeatures(1, fill=0.0)
    model = target(ReductionRegressor(Recorder(), features=features, clip=False))
    model.set_params(missing=missing, scale="mean").fit(X, y)
    assert list(model.cleaned_["item"]) == ["rice"]
    # of 180 rows one is absent, and three lie outside of the span of their series
    assert len(model.regressor_.regressor_.y_) == 176
    expected = {"zero": 0.0, "model": 0.0}
    if missing in expected:
        assert model.cleaned_["now"].iloc[0] == expected[missing]
    else:
        assert 3 < model.cleaned_["now"].iloc[0] < 12


def test_gaps_filled_by_the_model_are_its_forecasts():
    X, y = faulty()
    first = ARRegressor(lags=2, **KEYS).fit(X, y)
    gap = row_of(X, "rice", 30)
    filled = y.copy()
    filled[gap] = first.predict(X.iloc[[gap]])[0]
    model = target(missing="model").fit(X, y)
    assert model.cleaned_["now"].iloc[0] == filled[gap]
    expected = ARRegressor(lags=2, **KEYS).fit(X, filled).predict(future())
    assert_array_equal(model.predict(future()), expected)


def test_an_outlier_that_was_made_missing_and_filled_stays_an_outlier():
    X, y = faulty()
    model = target(outliers="hampel", replacement="missing", protect="promotion")
    cleaned = model.set_params(missing="interpolate").fit(X, y).cleaned_
    assert list(cleaned["why"]) == ["missing", "hampel", "hampel"]
    before, after = (y[row_of(X, "salt", day)] for day in (24, 26))
    # day 24 is a promotion
    assert cleaned["now"].iloc[1] == pytest.approx((before + after) / 2)


def test_regressors_of_tables_are_not_shown_what_stays_missing():
    X, y = faulty()
    pipeline = make_pipeline(LagFeatures(1, fill=0.0), Recorder())
    inner = target(pipeline, missing="interpolate").fit(X, y).regressor_
    assert len(inner[-1].y_) == 177
    search = GridSearchCV(pipeline, {"lagfeatures__lags": [1]}, cv=2)
    assert len(target(search).fit(X, y).regressor_.best_estimator_[-1].y_) == 176
    frames = (pl.from_pandas(X), X.to_numpy())
    for frame, keys in zip(frames, (KEYS, {"series": 0, "time": 1}), strict=True):
        pipeline = make_pipeline(
            LagFeatures(1, fill=0.0, passthrough=False), Recorder()
        )
        assert len(target(pipeline, **keys).fit(frame, y).regressor_[-1].y_) == 176


@pytest.mark.parametrize("outliers", ["hampel", "iqr", "seasonal"])
def test_most_planted_outliers_are_found_and_little_else(outliers):
    X, y, truth = make_sales_panel(
        n_series=12,
        n_periods=200,
        outlier_share=0.02,
        intermittent_share=0,
        promotion_share=0,
        return_truth=True,
        random_state=3,
    )
    keys = {"series": ["store", "product"], "time": "date"}
    model = PanelTargetRegressor(ARRegressor(1), outliers=outliers, **keys)
    found = set(model.fit(X.drop(columns="category"), y).cleaned_.index)
    planted = set(np.flatnonzero(truth.rows["outlier"]))
    assert len(found & planted) > 0.7 * len(planted)
    assert len(found & planted) > 0.7 * len(found)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("zero", 0.0), ("interpolate", 15.0), ("mean", 22.0), ("median", 20.0)],
)
def test_a_gap_reads_what_is_asked(missing, expected):
    X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=6)})
    y = [30.0, 20.0, np.nan, 10.0, 20.0, 30.0]
    model = PanelTargetRegressor(ARRegressor(1), missing=missing).fit(X, y)
    assert model.cleaned_["now"].tolist() == [expected]
