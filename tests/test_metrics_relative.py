# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""WAPE, bias, sMAPE and RMSLE."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    root_mean_squared_log_error,
)

from sklearn_sales.metrics import bias, rmsle, smape, wape

EPS = np.finfo(float).eps


@pytest.fixture
def skewed():
    """Skewed sales of one row seen many times: median 1, mean 2."""
    return np.array([0.0, 0.0, 1.0, 1.0, 8.0])


def best_constant(metric, y_true):
    grid = np.linspace(0, 10, 1001)
    errors = [metric(y_true, np.full(len(y_true), g)) for g in grid]
    return grid[np.argmin(errors)]


def test_wape_is_the_mean_absolute_error_by_the_mean():
    rng = np.random.default_rng(0)
    y_true, y_pred, weight = rng.gamma(1.0, 9.0, (3, 50))
    expected = mean_absolute_error(y_true, y_pred, sample_weight=weight)
    expected /= np.average(y_true, weights=weight)
    assert wape(y_true, y_pred, sample_weight=weight) == pytest.approx(expected)


def test_wape_of_a_zero_forecast_is_one():
    assert wape([3, 0, 5], [0, 0, 0]) == 1.0


def test_wape_weighted_by_price_is_the_share_of_the_turnover():
    # 2 units of 10 at 3 each and 1 unit of 4 at 5 each: 11 of 50
    assert wape([10, 4], [8, 5], sample_weight=[3, 5]) == 11 / 50


def test_wape_is_best_at_the_median(skewed):
    assert best_constant(wape, skewed) == 1.0


def test_wape_counts_returns_by_their_size():
    assert wape([-5, 5], [-4, 4]) == 0.2


def test_absolute_bias_is_best_at_the_mean(skewed):
    assert best_constant(lambda *a: abs(bias(*a)), skewed) == 2.0


def test_bias_is_positive_where_too_much_is_forecast():
    assert bias([10, 10], [15, 10]) == 0.25
    assert bias([10, 10], [5, 10]) == -0.25


@given(arrays(float, (2, 9), elements=st.floats(-1e4, 1e4, allow_subnormal=False)))
def test_bias_never_exceeds_wape(values):
    y_true, y_pred = values
    assert abs(bias(y_true, y_pred)) <= wape(y_true, y_pred) * (1 + 1e-12)


def test_sales_next_to_none_count_as_none():
    least = [np.finfo(float).tiny, 0.0]
    assert wape(least, [4.0, 0.0]) == wape([0.0, 0.0], [4.0, 0.0]) == 2 / EPS


@pytest.mark.parametrize("n", [1, 7])
def test_without_any_sale_the_mean_error_is_divided_by_epsilon(n):
    nothing, one = np.zeros(n), np.ones(n)
    assert wape(nothing, nothing) == 0.0
    assert bias(nothing, nothing) == 0.0
    assert wape(nothing, one) == pytest.approx(1 / EPS)
    assert bias(nothing, -one) == pytest.approx(-1 / EPS)
    # scikit-learn gives the same
    assert mean_absolute_percentage_error(nothing, one) == pytest.approx(1 / EPS)


def test_smape_by_hand():
    # 2*5/25, 0 by 0, 2*3/3: (0.4 + 0 + 2) / 3
    assert smape([10, 0, 0], [15, 0, 3]) == pytest.approx(0.8)


@given(arrays(float, (2, 9), elements=st.floats(-1e4, 1e4, allow_subnormal=False)))
def test_smape_lies_between_0_and_2_and_is_symmetric_in_its_arguments(values):
    y_true, y_pred = values
    assert 0.0 <= smape(y_true, y_pred) <= 2.0 + 1e-12
    assert smape(y_true, y_pred) == pytest.approx(smape(y_pred, y_true))


def test_smape_is_kinder_to_forecasts_that_are_too_high():
    assert smape([100], [150]) < smape([100], [50])


@given(arrays(float, (2, 9), elements=st.floats(0, 1e6)))
def test_rmsle_equals_scikit_learn(values):
    y_true, y_pred = values
    weight = np.arange(1.0, 10.0)
    expected = root_mean_squared_log_error(y_true, y_pred, sample_weight=weight)
    value = rmsle(y_true, y_pred, sample_weight=weight)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "name"),
    [([-1.0, 2.0], [1.0, 2.0], "y_true"), ([1.0, 2.0], [-3.0, -2.5], "y_pred")],
)
def test_rmsle_refuses_what_has_no_logarithm(y_true, y_pred, name):
    lowest = f"{min(*y_true, *y_pred):g}"
    message = (
        rf"{name} holds \d value\(s\) that are not greater than -1 \(lowest {lowest}\)"
    )
    with pytest.raises(ValueError, match=message):
        rmsle(y_true, y_pred)


def test_rmsle_accepts_values_between_minus_one_and_zero():
    assert rmsle([-0.5], [-0.5]) == 0.0
