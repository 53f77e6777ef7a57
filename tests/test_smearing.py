# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The mean of sales whose transform was forecast."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_sales.compose._forward_errors import Errors
from sklearn_sales.compose._smearing import LEAST_ERRORS, Smearing, StepSizes


def errors_of(values, sizes=None, steps=None):
    n = len(values)
    sizes = np.ones(n) if sizes is None else sizes
    steps = np.ones(n, dtype=np.int64) if steps is None else steps
    folds = np.zeros(n, dtype=int)
    return Errors(np.asarray(values, dtype=float), sizes, np.arange(n), steps, folds)


def exp(z, codes):
    return np.exp(z)


def moments(smearing, forecasts, codes, sizes=None, steps=None, inverse=exp):
    n = len(forecasts)
    sizes = np.ones(n) if sizes is None else sizes
    steps = np.ones(n, dtype=np.int64) if steps is None else steps
    return smearing.moments(np.asarray(forecasts), codes, sizes, steps, inverse)


def test_one_series_equals_the_estimate_of_duan():
    errors = np.random.default_rng(0).normal(0, 0.5, 400)
    codes = np.zeros(400, dtype=np.int64)
    forecasts = np.array([0.0, 1.0, 3.0])
    mean, std = moments(Smearing(errors_of(errors), codes, 1), forecasts, codes[:3])
    possible = np.exp(forecasts[:, None] + errors)
    # 64 numbers stand for 400 errors
    assert_allclose(mean, possible.mean(axis=1), rtol=2e-3)
    assert_allclose(std, possible.std(axis=1), rtol=5e-2)


@pytest.mark.parametrize("n", [1, 3, 64, 500])
def test_a_linear_inverse_has_mean_and_spread_of_the_errors(n):
    errors = np.random.default_rng(n).gamma(1, 2, n) - 1.5
    codes = np.zeros(n, dtype=np.int64)
    smearing = Smearing(errors_of(errors), codes, 1)
    mean, std = moments(smearing, [10.0], codes[:1], inverse=lambda z, c: 3 * z)
    assert_allclose(mean, 3 * (10 + errors.mean()))
    assert_allclose(std, 3 * errors.std(), atol=1e-9)


def test_no_error_changes_nothing():
    for values in ([], [0.0, 0.0]):
        codes = np.zeros(len(values), dtype=np.int64)
        smearing = Smearing(errors_of(values), codes, 2)
        mean, std = moments(smearing, [1.0, 2.0], np.array([0, 2]))
        assert_allclose(mean, np.exp([1.0, 2.0]))
        assert_allclose(std, 0, atol=1e-12)


def test_each_series_has_its_own_spread():
    rng = np.random.default_rng(1)
    spreads = np.array([0.1, 0.4, 0.8])
    codes = np.repeat(np.arange(3), 3000)
    errors = rng.normal(0, spreads[codes])
    mean, _ = moments(Smearing(errors_of(errors), codes, 3), np.zeros(3), np.arange(3))
    assert_allclose(mean, np.exp(spreads**2 / 2), rtol=0.03)


def test_few_errors_are_drawn_to_the_panel_and_none_are_its_own():
    rng = np.random.default_rng(2)
    counts = np.array([500, 500, 500, 5, 0])
    codes = np.repeat(np.arange(5), counts)
    errors = rng.normal(0, np.where(codes == 3, 0.01, 0.5))
    smearing = Smearing(errors_of(errors), codes, 5)
    assert 0.05 < smearing.spread[3] < 0.45
    assert smearing.spread[4] == smearing.spread[5] == np.median(smearing.spread[:5])
    assert counts[3] < LEAST_ERRORS
    assert (smearing.nodes[3] == smearing.nodes[5]).all()
    assert (smearing.nodes[0] != smearing.nodes[5]).any()


def test_claims_of_a_regressor_are_weighed_by_its_errors():
    # one series claims next to nothing and errs as much as the others
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(4), 30)
    sizes = np.where(codes == 3, 1e-6, 0.5)
    smearing = Smearing(errors_of(rng.normal(0, 0.5, 120), sizes), codes, 4)
    mean, _ = moments(smearing, np.zeros(3), np.arange(3), np.full(3, 0.5))
    assert_allclose(mean, np.exp(0.125), rtol=0.1)
    own, _ = moments(smearing, np.zeros(1), np.array([3]), np.array([1e-6]))
    assert 0.9 < own[0] < np.exp(0.2)


def test_errors_grow_with_the_size_that_a_regressor_tells():
    rng = np.random.default_rng(4)
    codes = np.zeros(4000, dtype=np.int64)
    sizes = rng.choice([0.2, 0.6], 4000)
    smearing = Smearing(errors_of(rng.normal(0, sizes), sizes), codes, 1)
    mean, _ = moments(smearing, np.zeros(2), codes[:2], np.array([0.2, 0.6]))
    assert_allclose(mean, np.exp([0.02, 0.18]), rtol=0.03)


def test_errors_grow_with_the_step():
    rng = np.random.default_rng(5)
    steps = rng.integers(1, 9, 20000)
    codes = rng.integers(2, size=20000)
    smearing = Smearing(
        errors_of(rng.normal(0, 0.2 * np.sqrt(steps)), None, steps), codes, 2
    )
    ahead = np.array([1, 2, 8, 50])
    mean, _ = moments(smearing, np.zeros(4), np.zeros(4, dtype=np.int64), None, ahead)
    # 5-8 steps share a size, and beyond the last one it stays
    assert_allclose(mean, np.exp(0.02 * np.array([1, 2, 6.5, 6.5])), rtol=0.02)


def test_steps_between_those_that_were_seen():
    sizes = StepSizes(np.array([1.0, -1, 3, -3]), np.array([1, 1, 8, 8]))
    assert_allclose(sizes.of(np.array([1, 8, 100])), [1, 3, 3])
    assert (np.diff(sizes.of(np.array([1, 2, 4, 8]))) > 0).all()
    assert_allclose(StepSizes(np.empty(0), np.empty(0, dtype=int)).of(np.array([5])), 1)


def test_a_mean_error_of_one_series_is_not_added_to_it():
    # both series together have no mean error: what one lacks the other one has
    codes = np.repeat([0, 1], 500)
    errors = np.tile([-0.1, 0.1], 500) + np.where(codes == 0, 0.3, -0.3)
    smearing = Smearing(errors_of(errors), codes, 2)
    mean, _ = moments(smearing, np.zeros(2), np.arange(2), inverse=lambda z, c: z)
    assert_allclose(mean, 0, atol=1e-12)
