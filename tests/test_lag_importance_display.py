# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""LagImportanceDisplay against shuffles by hand."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plain_forecasts import make_rows
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    LagImportanceDisplay,
    ReductionRegressor,
    wape,
)

KEYS = {"series": "store", "time": "date"}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sales():
    """Each day's sales are those of the day before yesterday, and a little noise."""
    rng = np.random.default_rng(0)
    X, _ = make_rows(n_stores=4, n_days=120)
    y = np.zeros((4, 120))
    y[:, :2] = rng.uniform(50, 150, (4, 2))
    for day in range(2, 120):
        y[:, day] = 20 + 0.8 * y[:, day - 2] + rng.normal(0, 8, 4)
    return X[["store", "date"]], y.ravel()


def test_the_lag_that_matters_comes_first(sales):
    X, y = sales
    lags = LagFeatures(4, fill=0.0, **KEYS)
    model = make_pipeline(lags, LinearRegression()).fit(X, y)
    # the first rows have lags that nobody knows
    known = (X["date"] >= "2024-03-12").to_numpy()
    display = LagImportanceDisplay.from_estimator(model, X[known], y[known])
    assert display.error == pytest.approx(wape(y[known], model.predict(X[known])))
    assert display.shown[0] == "lag_2"
    widths = display.points_.get_xdata()
    assert widths[0] > 4 * abs(widths[1])
    np.testing.assert_allclose(
        widths, display.values.mean(axis=1).sort_values(ascending=False)
    )


def make_lags(fill=0.0):
    return LagFeatures(3, windows=[("mean", 5)], horizon=2, fill=fill, **KEYS)


def test_shuffle_equals_one_by_hand(sales):
    X, y = sales
    model = make_pipeline(make_lags(), LinearRegression()).fit(X, y)
    display = LagImportanceDisplay.from_estimator(
        model, X, y, n_repeats=1, random_state=3
    )
    features = model[0].transform(X)
    order = np.random.RandomState(3).permutation(len(y))
    features[:, 0] = features[order, 0]
    expected = wape(y, model[1].predict(features)) - display.error
    assert display.values.loc["lag_1", 0] == pytest.approx(expected)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_shuffled_tables_of_every_library_answer_alike(output, sales):
    X, y = sales
    results = []
    for kind in ("default", output):
        lags = make_lags().set_output(transform=kind)
        model = make_pipeline(lags, LinearRegression()).fit(X, y)
        display = LagImportanceDisplay.from_estimator(model, X, y, n_repeats=2)
        results.append(display.values.to_numpy())
    np.testing.assert_allclose(*results, atol=1e-12)


def test_reduction_is_shuffled_as_the_same_pipeline(sales):
    X, y = sales
    pipeline = make_pipeline(make_lags(), LinearRegression()).fit(X, y)
    features = LagFeatures(3, windows=[("mean", 5)], fill=0.0)
    reduction = ReductionRegressor(
        LinearRegression(), features=features, horizon=2, clip=False, **KEYS
    ).fit(X, y)
    one, two = (
        LagImportanceDisplay.from_estimator(model, X, y, n_repeats=2).values
        for model in (pipeline, reduction)
    )
    pd.testing.assert_frame_equal(one, two)


def test_only_the_most_important_features_are_drawn(sales):
    X, y = sales
    model = make_pipeline(make_lags(), LinearRegression()).fit(X, y)
    display = LagImportanceDisplay.from_estimator(model, X, y, max_features=2)
    assert len(display.shown) == 2
    # the lags, the window and the step
    assert "3 more features matter less" in display.ax_.get_xlabel()


def test_coefficients_of_an_autoregression_are_summed_up(sales):
    model = ARRegressor([1, 2, 7], **KEYS).fit(*sales)
    display = LagImportanceDisplay.from_estimator(model)
    assert [int(lag) for lag in display.shown] == [1, 2, 7]
    np.testing.assert_allclose(
        display.points_.get_ydata(), np.median(model.lag_coef_, axis=0)
    )
    bounds = np.array([line[:, 1] for line in display.ranges_.get_segments()])
    quartiles = np.quantile(model.lag_coef_, [0.25, 0.75], axis=0).T
    np.testing.assert_allclose(bounds, quartiles)


def test_mistakes_about_lags_are_told(sales):
    X, y = sales
    show = LagImportanceDisplay.from_estimator
    with pytest.raises(ValueError, match="pass X and y"):
        show(make_pipeline(LagFeatures()))
    with pytest.raises(TypeError, match="LinearRegression has no lag features"):
        show(LinearRegression(), X, y)
    with pytest.raises(TypeError, match=r"The pipeline \['linearregression'\] has no"):
        show(make_pipeline(LinearRegression()), X, y)
    recursive = ReductionRegressor(
        LinearRegression(),
        features=LagFeatures(2, fill=0.0),
        strategy="recursive",
        **KEYS,
    )
    with pytest.raises(ValueError, match="take strategy='direct'"):
        show(recursive.fit(X, y), X, y)
    with pytest.raises(ValueError, match="n_repeats=0 must be a whole number"):
        show(LinearRegression(), X, y, n_repeats=0)
    with pytest.raises(ValueError, match="fitted with lags=None"):
        show(ARRegressor(None, **KEYS).fit(X, y))
    model = make_pipeline(make_lags(), LinearRegression()).fit(X, y)
    with pytest.raises(ValueError, match="y holds no sales other than zero"):
        show(model, X, np.zeros(len(y)))
