# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pinball loss, scaled pinball loss and coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_pinball_loss

from sklearn_sales.metrics import coverage, mase, pinball_loss, scaled_pinball_loss

QUANTILES = [0.1, 0.5, 0.9]


@pytest.fixture
def forecasts():
    rng = np.random.default_rng(1)
    y_true = rng.poisson(5.0, 60).astype(float)
    return y_true, np.sort(rng.gamma(2.0, 3.0, (60, 3)), axis=1)


@given(
    arrays(float, (2, 9), elements=st.floats(-1e4, 1e4)),
    st.floats(0, 1),
)
def test_pinball_equals_scikit_learn(values, quantile):
    y_true, y_pred = values
    weight = np.arange(1.0, 10.0)
    expected = mean_pinball_loss(y_true, y_pred, alpha=quantile, sample_weight=weight)
    value = pinball_loss(y_true, y_pred, quantile=quantile, sample_weight=weight)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_pinball_of_several_quantiles_is_that_of_each_column(forecasts):
    y_true, y_pred = forecasts
    each = [
        pinball_loss(y_true, y_pred[:, j], quantile=q) for j, q in enumerate(QUANTILES)
    ]
    together = pinball_loss(y_true, y_pred, quantile=QUANTILES, average=None)
    np.testing.assert_allclose(together, each)
    mean = pinball_loss(y_true, y_pred, quantile=QUANTILES)
    assert mean == pytest.approx(np.mean(each))


@pytest.mark.parametrize("quantile", [0.2, 0.5, 0.8])
def test_pinball_is_best_at_the_quantile(quantile):
    y_true = np.random.default_rng(0).gamma(1.0, 5.0, 999)
    grid = np.linspace(0, 20, 401)
    losses = [pinball_loss(y_true, np.full(999, g), quantile=quantile) for g in grid]
    best = grid[np.argmin(losses)]
    assert best == pytest.approx(np.quantile(y_true, quantile), abs=0.06)


def test_a_unit_short_costs_q_and_a_unit_over_the_rest():
    assert pinball_loss([5], [4], quantile=0.75) == 0.75
    assert pinball_loss([5], [6], quantile=0.75) == 0.25


def test_one_quantile_may_come_as_a_column(forecasts):
    y_true, y_pred = forecasts
    flat = pinball_loss(y_true, y_pred[:, 1])
    assert pinball_loss(y_true, y_pred[:, [1]], quantile=[0.5]) == flat


def test_scaled_pinball_at_the_median_is_half_of_mase(forecasts):
    y_true, y_pred = forecasts
    params = dict(
        series=np.repeat(["a", "b", "c"], 20),
        y_train=[3, 5, 2, 8, 8, 1],
        series_train=list("ababcc"),
    )
    half = mase(y_true, y_pred[:, 1], **params) / 2
    assert scaled_pinball_loss(y_true, y_pred[:, 1], **params) == pytest.approx(half)


def test_scaled_pinball_by_hand():
    # naive error of the training rows: |3 - 1|, |2 - 3| -> 1.5
    # q = 0.2: 0.2 * 1, 0.8 * 2 -> 0.9; q = 0.8: 0.8 * 0, 0.2 * 3 -> 0.3
    value = scaled_pinball_loss(
        [5, 5], [[4, 5], [7, 8]], quantile=[0.2, 0.8], y_train=[1, 3, 2]
    )
    assert value == pytest.approx((0.9 + 0.3) / 2 / 1.5)


def test_scaled_pinball_of_each_series(forecasts):
    y_true, y_pred = forecasts
    series = np.repeat(["a", "b"], 30)
    scale = {"a": 2.0, "b": 5.0}
    each = scaled_pinball_loss(
        y_true, y_pred, quantile=QUANTILES, series=series, scale=scale, average=None
    )
    for name, value in scale.items():
        rows = series == name
        loss = pinball_loss(y_true[rows], y_pred[rows], quantile=QUANTILES)
        assert each[name] == pytest.approx(loss / value)


@pytest.mark.parametrize("metric", [pinball_loss, scaled_pinball_loss])
@pytest.mark.parametrize("quantile", [-0.1, 1.5, [0.5, np.nan], [[0.5]]])
def test_a_wrong_quantile_is_refused(metric, quantile):
    with pytest.raises(ValueError, match="quantile must be a number between 0 and 1"):
        metric([1.0], [1.0], quantile=quantile)


def test_columns_must_match_the_quantiles():
    message = r"y_pred must have shape \(n, 3\).*; got shape \(2,\)"
    with pytest.raises(ValueError, match=message):
        pinball_loss([1, 2], [1, 2], quantile=QUANTILES)


def test_average_is_mean_or_none():
    message = r"average must be one of 'mean', None; got average='sum'"
    with pytest.raises(ValueError, match=message):
        pinball_loss([1], [1], average="sum")


def test_coverage_counts_both_bounds():
    intervals = [[1, 2], [1, 2], [1, 2], [1, 2]]
    assert coverage([1, 2, 0.9, 2.1], intervals) == 0.5


def test_coverage_is_weighted():
    assert coverage([1, 5], [[0, 2], [0, 2]], sample_weight=[3, 1]) == 0.75


def test_an_open_side_covers_everything():
    assert coverage([-9, 9], [[-np.inf, 0], [0, np.inf]]) == 1.0


def test_true_quantiles_cover_their_level():
    rng = np.random.default_rng(0)
    y_true = rng.gamma(2.0, 3.0, 20_000)
    bounds = np.quantile(rng.gamma(2.0, 3.0, 200_000), [0.05, 0.95])
    assert coverage(y_true, np.tile(bounds, (20_000, 1))) == pytest.approx(
        0.9, abs=0.01
    )


def test_coverage_refuses_crossed_bounds_and_names_the_row():
    y_true = [np.nan, 1, 2, 3]
    intervals = [[5, 4], [0, 2], [3, 1], [4, 2]]
    message = r"2 interval\(s\) have lower > upper, first at row 2"
    with pytest.raises(ValueError, match=message):
        coverage(y_true, intervals)


def test_coverage_needs_two_columns():
    with pytest.raises(ValueError, match=r"y_pred must have shape \(n, 2\)"):
        coverage([1, 2], [1, 2])
