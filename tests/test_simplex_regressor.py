# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A weighted average with learned weights, as an estimator."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from sklearn_sales import SimplexRegressor
from sklearn_sales.ensemble._stack_weights import (
    combination_weights,
    effective_rows,
    prior_weights,
)


@pytest.fixture
def forecasts():
    rng = np.random.default_rng(0)
    return 100 + 20 * rng.normal(size=(80, 3))


def test_answers_are_the_weighted_average(forecasts):
    y = forecasts @ [0.7, 0.3, 0.0]
    model = SimplexRegressor(shrinkage=0).fit(forecasts, y)
    np.testing.assert_allclose(model.coef_, [0.7, 0.3, 0.0], atol=1e-6)
    np.testing.assert_allclose(model.predict(forecasts), y, atol=1e-3)


@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_weights_are_those_of_the_solver(forecasts, loss):
    rng = np.random.default_rng(1)
    y = forecasts @ [0.5, 0.3, 0.2] + rng.normal(size=80) * 10
    counts = rng.integers(0, 3, size=80).astype(float)
    model = SimplexRegressor(loss=loss, shrinkage=4.0)
    model.fit(forecasts, y, sample_weight=counts)
    errors = y[:, None] - forecasts
    rules = {"row_weights": counts, "loss": loss}
    expected = combination_weights(errors, shrinkage=4.0, **rules)
    np.testing.assert_allclose(model.coef_, expected)
    assert model.n_effective_rows_ == effective_rows(errors, **rules)


def test_equals_least_squares_where_that_is_a_weighted_average():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X @ [0.4, 0.6] + rng.normal(size=300) * 0.1
    # with weights that sum to one only their difference is free
    slope = LinearRegression(fit_intercept=False).fit(
        X[:, [0]] - X[:, [1]], y - X[:, 1]
    )
    model = SimplexRegressor(shrinkage=0).fit(X, y)
    assert model.coef_[0] == pytest.approx(slope.coef_[0], abs=1e-8)


def test_absolute_loss_is_not_led_by_outliers():
    rng = np.random.default_rng(0)
    y = rng.normal(size=200) * 10 + 100
    good, bad = y + rng.normal(size=200), y + rng.normal(size=200) * 5
    good[:3] += 100
    X = np.column_stack([good, bad])
    by_loss = {
        loss: SimplexRegressor(loss=loss, shrinkage=0).fit(X, y).coef_[0]
        for loss in ("squared", "absolute")
    }
    assert by_loss["absolute"] > 0.8
    assert by_loss["squared"] < 0.3


def test_shrinkage_can_be_searched(forecasts):
    y = forecasts @ [1.0, 0.0, 0.0]
    search = GridSearchCV(SimplexRegressor(), {"shrinkage": [0.0, 1e6]}, cv=3)
    assert search.fit(forecasts, y).best_params_ == {"shrinkage": 0.0}


def test_names_of_members_are_remembered(forecasts):
    frame = pd.DataFrame(forecasts, columns=["ar", "theta", "naive"])
    model = SimplexRegressor().fit(frame, forecasts[:, 0])
    assert list(model.feature_names_in_) == ["ar", "theta", "naive"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["theta", "ar", "naive"]])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "huber"}, "The 'loss' parameter of SimplexRegressor must be a str"),
        ({"shrinkage": -1.0}, "The 'shrinkage' parameter of SimplexRegressor must be"),
    ],
)
def test_parameters_are_checked(forecasts, params, message):
    with pytest.raises(ValueError, match=message):
        SimplexRegressor(**params).fit(forecasts, forecasts[:, 0])


def test_negative_sample_weight_is_refused(forecasts):
    with pytest.raises(ValueError, match="[Nn]egative values in.*sample_weight"):
        SimplexRegressor().fit(forecasts, forecasts[:, 0], sample_weight=-np.ones(80))


@pytest.mark.parametrize(("loss", "power"), [("absolute", 3.0), ("squared", 8.0)])
def test_prior_weights_follow_the_size_of_the_errors(loss, power):
    y = np.zeros(4)
    X = np.array([[1.0, 2, 4], [-1, 2, -4], [1, -2, 4], [-1, -2, -4]])
    model = SimplexRegressor(loss=loss, prior_power=power, shrinkage=1e12).fit(X, y)
    sizes = np.array([1.0, 2, 4]) ** -power
    np.testing.assert_allclose(model.coef_, sizes / sizes.sum(), rtol=1e-4)


def test_the_prior_may_follow_other_errors_than_the_weights():
    y = np.zeros(4)
    # the first column errs little in all rows but one
    X = np.array([[0.1, 1], [0.1, -1], [0.1, 1], [3, -1]])
    options = {"prior_power": 2.0, "shrinkage": 1e12}
    for prior_loss, sizes in (
        (None, np.sqrt((X**2).mean(axis=0))),
        ("squared", np.sqrt((X**2).mean(axis=0))),
        ("absolute", np.abs(X).mean(axis=0)),
    ):
        model = SimplexRegressor(prior_loss=prior_loss, **options).fit(X, y)
        expected = sizes**-2.0 / (sizes**-2.0).sum()
        np.testing.assert_allclose(model.coef_, expected, rtol=1e-4)


def test_members_without_error_share_the_prior():
    y = np.arange(4.0)
    X = np.column_stack([y, y + 1, y])
    for power, expected in ((0.0, [1 / 3] * 3), (2.0, [0.5, 0, 0.5])):
        errors = y[:, None] - X
        prior = prior_weights(errors, np.ones(4), "squared", power)
        np.testing.assert_allclose(prior, expected)


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ([np.inf, -np.inf], "Input X contains infinity or a value too large"),
        ([1e200, 1.0], r"^X holds 1e\+200: numbers above 1e\+100 in size overflow"),
        ([10**400, 1], "^X or y holds a whole number that is too large for float64"),
    ],
    ids=["infinite", "large", "huge"],
)
def test_numbers_beyond_float64_are_refused(odd, message, forecasts):
    y = forecasts.mean(axis=1)
    X = np.array([odd] * 80, dtype=object)
    with pytest.raises(ValueError, match=message):
        SimplexRegressor().fit(X, y)
    model = SimplexRegressor().fit(forecasts[:, :2], y)
    with pytest.raises(ValueError, match=message):
        model.predict(X)


@pytest.mark.parametrize("loss", ["squared", "absolute"])
@pytest.mark.parametrize("sizes", [[1e-320, 1e15], [1e-320, 1e-310], [1e-9, 1e99]])
def test_errors_of_any_size_are_weighed(sizes, loss):
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    X = np.outer(signs, sizes)
    model = SimplexRegressor(loss=loss, shrinkage=0.0).fit(X, np.zeros(4))
    assert np.isfinite(model.coef_).all()
    assert model.coef_.sum() == pytest.approx(1.0)
    if max(sizes) > 1:
        assert model.coef_[1] < 1e-6
