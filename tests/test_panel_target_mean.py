# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""PanelTargetRegressor: mean, median and spread of a transformed target."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from plain_targets import (
    KEYS,
    faulty,
    future,
    panel,
    row_of,
    simulated,
    target,
)
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
)
from sklearn_sales.compose import _panel_target_regressor
from sklearn_sales.compose._smearing import Smearing

FOLDS = PanelTimeSeriesSplit(3, test_size=8, time="date")
LINEAR = ReductionRegressor(
    LinearRegression(), features=LagFeatures([1], windows=[("mean", 56)])
)


@pytest.mark.parametrize(
    ("regressor", "settings"),
    [
        (ARRegressor(lags=1), {"transformer": "log1p"}),
        (ARRegressor(lags=1), {"transformer": "log1p", "scale": "std"}),
        (ARRegressor(lags=1), {"transformer": "boxcox"}),
        (
            clone(LINEAR).set_params(horizon=8, n_origins=2),
            {"transformer": "log1p"},
        ),
        (
            clone(LINEAR).set_params(strategy="recursive"),
            {"transformer": "log1p", "cv": FOLDS},
        ),
    ],
)
def test_the_mean_is_unbiased_at_every_step(regressor, settings):
    X, y, ahead, truth, median = simulated()
    model = target(regressor, **settings).fit(X, y)
    forecast = model.predict(ahead).reshape(truth.shape)
    bias = forecast.sum(axis=0) / truth.sum(axis=0) - 1
    assert np.abs(bias).max() < 0.07
    # as far as the median lies below it
    assert (median.sum(axis=0) / truth.sum(axis=0) - 1).max() < -0.1
    if "cv" not in settings:
        model.set_params(statistic="median").fit(X, y)
        forecast = model.predict(ahead).reshape(truth.shape)
        assert np.abs(forecast.sum(axis=0) / median.sum(axis=0) - 1).max() < 0.07


def test_the_mean_of_a_square_adds_the_variance():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"date": np.arange(3000)})
    y = rng.normal(10, 2, 3000) ** 2
    model = PanelTargetRegressor(ARRegressor(lags=None), transformer="sqrt")
    forecast = model.fit(X, y).predict(pd.DataFrame({"date": [3000]}))
    assert_allclose(forecast, 104, rtol=0.02)
    assert_allclose(forecast, y.mean(), rtol=1e-3)


def test_spread_of_the_forecast_is_that_of_the_simulation():
    X, y, ahead, truth, _ = simulated()
    model = target(ARRegressor(lags=1), transformer="log1p").fit(X, y)
    _, std = model.predict(ahead, return_std=True)
    steps = np.arange(1, 9)
    variance = 0.25 * (1 - 0.6 ** (2 * steps)) / (1 - 0.36)
    expected = (1 + truth) * np.sqrt(np.expm1(variance))
    got = std.reshape(truth.shape).sum(axis=0) / expected.sum(axis=0)
    assert_allclose(got, 1, atol=0.08)
    # the median has the same spread
    other = target(ARRegressor(lags=1), transformer="log1p", statistic="median")
    assert_allclose(other.fit(X, y).predict(ahead, return_std=True)[1], std)


def test_spread_is_scaled_back():
    X, y = panel()
    own = ARRegressor(lags=2, **KEYS).fit(X, y).predict(future(), return_std=True)
    scaled = target(scale="std").fit(X, y).predict(future(), return_std=True)
    assert_allclose(scaled, own)


def test_errors_are_those_of_sales_that_were_not_changed(monkeypatch):
    X, y = faulty()
    taken = []

    class Spy(Smearing):
        def __init__(self, errors, codes, n_series):
            taken.extend(errors.rows)
            super().__init__(errors, codes, n_series)

    monkeypatch.setattr(_panel_target_regressor, "Smearing", Spy)
    settings = {"outliers": "hampel", "protect": "promotion", "missing": "zero"}
    model = target(transformer="log1p", **settings).fit(X, y)
    assert len(model.cleaned_) == 3
    first = [row_of(X, "rice", 0), row_of(X, "salt", 0), row_of(X, "tea", 2)]
    left_out = {*model.cleaned_.index, *first, *np.flatnonzero(np.isnan(y))}
    assert sorted(taken) == sorted(set(range(len(X))) - left_out)
