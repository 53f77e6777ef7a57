# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The Tweedie deviance behind gradient boosting."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_tweedie_deviance

from sklearn_sales import (
    ReductionRegressor,
    TweedieLoss,
    load,
    make_sales_panel,
    save,
)


@pytest.mark.parametrize("power", [1.1, 1.5, 1.9])
def test_it_is_half_the_deviance_up_to_what_no_forecast_moves(power):
    rng = np.random.default_rng(0)
    y, one, other = rng.gamma(2.0, 3.0, (3, 50))
    y[:10] = 0.0
    loss = TweedieLoss(power)
    change = loss(y, np.log(one)) - loss(y, np.log(other))
    expected = mean_tweedie_deviance(y, one, power=power) - mean_tweedie_deviance(
        y, other, power=power
    )
    assert change == pytest.approx(expected / 2)


@pytest.mark.parametrize("loss", [TweedieLoss(), TweedieLoss(1.2)])
def test_trees_forecast_the_mean_of_each_group(loss):
    rng = np.random.default_rng(0)
    group = np.repeat([0.0, 1.0, 2.0], 400)
    sales = rng.poisson(rng.gamma(0.5, 2.0, 1200) * (1 + group)).astype(float)
    model = HistGradientBoostingRegressor(loss=loss, early_stopping=False)
    forecasts = model.fit(group[:, None], sales).predict([[0.0], [1.0], [2.0]])
    means = [sales[group == number].mean() for number in range(3)]
    np.testing.assert_allclose(forecasts, means, rtol=1e-3)


def test_trees_with_it_are_cloned_pickled_and_told_apart_by_its_power():
    model = HistGradientBoostingRegressor(loss=TweedieLoss(1.3), max_iter=5)
    assert "loss=TweedieLoss(power=1.3)" in repr(model)
    assert repr(clone(model)) == repr(model)
    X, y = np.arange(60.0)[:, None], np.arange(60.0) % 7
    fitted = pickle.loads(pickle.dumps(clone(model).fit(X, y)))
    np.testing.assert_array_equal(fitted.predict(X), model.fit(X, y).predict(X))
    assert repr(fitted) == repr(model)


def test_nothing_but_zeros_is_forecast_as_nothing():
    X = np.arange(60.0)[:, None]
    model = HistGradientBoostingRegressor(loss=TweedieLoss(), early_stopping=False)
    forecasts = model.fit(X, np.zeros(60)).predict(X)
    np.testing.assert_allclose(forecasts, 0.0, atol=1e-6)


def test_sales_below_zero_are_an_error_that_says_what_to_do():
    X, y = np.arange(60.0)[:, None], np.arange(60.0) - 2
    model = HistGradientBoostingRegressor(loss=TweedieLoss())
    with pytest.raises(ValueError, match=r"y holds -2\.0, .*Set returns to zero"):
        model.fit(X, y)


@pytest.mark.parametrize(
    ("power", "error"),
    [(0.5, ValueError), (2, ValueError), (np.nan, ValueError)]
    + [("1.5", TypeError), (None, TypeError), (True, TypeError)],
)
def test_a_power_must_be_a_number_from_one_to_below_two(power, error):
    with pytest.raises(error, match="power=.*1 to below 2"):
        TweedieLoss(power)


LOSSES = ["squared_error", "absolute_error", "poisson", "gamma", "quantile"]


@pytest.mark.parametrize("loss", [*LOSSES, TweedieLoss()], ids=str)
def test_trees_of_every_loss_are_saved_without_a_pickle(tmp_path, loss):
    pytest.importorskip("skops")
    X, y = make_sales_panel(n_series=3, n_periods=60, random_state=0)
    columns = ["store", "product", "date", "price"]
    boosting = HistGradientBoostingRegressor(loss=loss, quantile=0.9, max_iter=5)
    model = ReductionRegressor(boosting, series=["store", "product"])
    model.fit(X[columns], y + 1)
    save(model, tmp_path / "model.skops", format="skops")
    loaded = load(tmp_path / "model.skops")
    expected = model.predict(X[columns])
    np.testing.assert_array_equal(loaded.predict(X[columns]), expected)
