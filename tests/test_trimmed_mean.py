# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Averages of forecasts without the outer ones of each row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_sales import SimplexRegressor, TimeSeriesStackingRegressor
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.ensemble._trimmed_mean import trimmed_mean


def _slowly(row, weights, trim, n_parts=10_000):
    """Mean of the middle of many equal parts, each a copy of one forecast."""
    order = np.argsort(row)
    shares = (np.arange(n_parts) + 0.5) / n_parts
    holder = np.searchsorted(np.cumsum(weights[order]), shares)
    parts = row[order][np.minimum(holder, len(row) - 1)]
    return parts[(shares > trim) & (shares < 1 - trim)].mean()


@pytest.fixture
def forecasts():
    return np.random.default_rng(0).normal(10, 3, (50, 6))


@pytest.fixture
def weights():
    return np.random.default_rng(1).dirichlet(np.ones(6))


@pytest.mark.parametrize("trim", [0.0, 0.1, 0.25, 0.4])
def test_the_middle_is_that_of_many_small_parts(forecasts, weights, trim):
    expected = [_slowly(row, weights, trim) for row in forecasts]
    assert_allclose(trimmed_mean(forecasts, weights, trim), expected, rtol=2e-3)


def test_nothing_cut_is_the_weighted_mean(forecasts, weights):
    assert_allclose(trimmed_mean(forecasts, weights, 0), forecasts @ weights)


def test_almost_all_cut_is_the_median(forecasts):
    equal = np.full(5, 0.2)
    found = trimmed_mean(forecasts[:, :5], equal, 0.499)
    assert_allclose(found, np.median(forecasts[:, :5], axis=1))


def test_one_member_astray_hardly_moves_the_answer(forecasts):
    equal = np.full(6, 1 / 6)
    before = trimmed_mean(forecasts, equal, 0.25)
    astray = forecasts.copy()
    astray[:, 2] = 1e9
    after = trimmed_mean(astray, equal, 0.25)
    assert (after <= np.sort(forecasts, axis=1)[:, -1]).all()
    assert (after >= before).all()


def test_order_of_members_does_not_matter(forecasts, weights):
    order = np.random.default_rng(2).permutation(6)
    found = trimmed_mean(forecasts[:, order], weights[order], 0.25)
    assert_allclose(found, trimmed_mean(forecasts, weights, 0.25), rtol=1e-13)


def test_rows_may_have_weights_of_their_own(forecasts):
    weights = np.random.default_rng(3).dirichlet(np.ones(6), len(forecasts))
    expected = [
        trimmed_mean(row[None], own, 0.2)[0]
        for row, own in zip(forecasts, weights, strict=True)
    ]
    assert_array_equal(trimmed_mean(forecasts, weights, 0.2), expected)


def test_members_without_weight_are_not_heard(forecasts):
    weights = np.array([0.0, 0.3, 0.3, 0.4, 0.0, 0.0])
    expected = trimmed_mean(forecasts[:, 1:4], weights[1:4], 0.25)
    assert_allclose(trimmed_mean(forecasts, weights, 0.25), expected, rtol=1e-13)


def test_the_regressor_trims_what_it_forecasts_only(forecasts):
    sold = forecasts.mean(axis=1)
    plain = SimplexRegressor().fit(forecasts, sold)
    trimmed = SimplexRegressor(trim=0.25).fit(forecasts, sold)
    assert_array_equal(trimmed.coef_, plain.coef_)
    expected = trimmed_mean(forecasts, plain.coef_, 0.25)
    assert_array_equal(trimmed.predict(forecasts), expected)


@pytest.mark.parametrize("trim", [-0.1, 0.5, 1.0])
def test_a_trim_of_half_or_more_is_refused(forecasts, trim):
    with pytest.raises(ValueError, match="The 'trim' parameter of SimplexRegressor"):
        SimplexRegressor(trim=trim).fit(forecasts, forecasts[:, 0])


@pytest.mark.parametrize("weights_by", [None, "step"])
def test_a_stack_trims_with_and_without_groups(weights_by):
    rng = np.random.default_rng(4)
    X, y = np.arange(60.0)[:, None], rng.poisson(5, 60).astype(float)
    members = [(f"lag_{m}", SeasonalNaiveRegressor(m)) for m in (1, 2, 3, 4, 5)]
    stack = TimeSeriesStackingRegressor(
        members, SimplexRegressor(trim=0.25), weights_by=weights_by
    ).fit(X, y)
    ahead = np.arange(60.0, 62.0)[:, None]
    weights = np.array(list(stack.weights_.values()))
    if weights_by is not None:
        groups = stack.group_weights_.to_numpy()
        weights = groups[np.minimum(np.arange(2), len(groups) - 1)]
    expected = trimmed_mean(stack.transform(ahead), weights, 0.25)
    assert_allclose(stack.predict(ahead), expected)
