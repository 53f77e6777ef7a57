# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sizes of errors are learned as they say, and come back from simulated errors."""

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from sklearn_sales.compose._error_scale import (
    PowerLaw,
    SeriesFactors,
    _poisson_regression,
    history_traits,
)
from sklearn_sales.panel import History


def slow_traits(series, origin, window):
    """Level and change of one series by a loop; its first time is 0."""
    seen = [t for t in range(max(origin - window + 1, 0), origin + 1)]
    level = [abs(series[t]) for t in seen if not np.isnan(series[t])]
    pairs = [series[t] - series[t - 1] for t in seen if t >= 1]
    changes = [abs(d) for d in pairs if not np.isnan(d)]
    mean = np.mean(level) if level else np.nan
    return mean, np.mean(changes) if changes else mean


@pytest.mark.parametrize("window", [1, 4, 100])
def test_traits_are_those_of_a_slow_loop(window):
    rng = np.random.default_rng(0)
    series = [rng.normal(size=n) for n in (1, 6, 15)]
    series[2][[4, 5, 9]] = np.nan
    codes = np.repeat([0, 1, 2], [1, 6, 15])
    positions = np.concatenate([np.arange(n) + 3 for n in (1, 6, 15)])
    history = History.from_rows(codes, positions, np.concatenate(series), 3)
    rows = [(c, t) for c, values in enumerate(series) for t in range(len(values))]
    at, times = np.array(rows).T
    found = history_traits(history, at, times + 3, window)
    expected = [slow_traits(series[c], t, window) for c, t in rows]
    np.testing.assert_allclose(found, expected)


def test_traits_know_nothing_after_the_origin():
    rng = np.random.default_rng(0)
    codes, positions = np.repeat([0, 1], 20), np.tile(np.arange(20), 2)
    values = rng.normal(size=40)
    later = np.where(positions > 9, 1e6, values)
    here, there = (
        history_traits(
            History.from_rows(codes, positions, y, 2),
            np.array([0, 1]),
            np.array([9, 9]),
            5,
        )
        for y in (values, later)
    )
    np.testing.assert_allclose(here, there, atol=1e-9)


def test_regression_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    design = rng.normal(size=(3000, 3))
    target = rng.gamma(0.3, 1, 3000) * np.exp(design @ [0.5, -0.3, 1.5])
    for penalty in (0.01, 1.0):
        model = PoissonRegressor(alpha=penalty, tol=1e-10, max_iter=1000)
        model.fit(design, target)
        found = _poisson_regression(design, target, penalty)
        np.testing.assert_allclose(found, [model.intercept_, *model.coef_], rtol=1e-5)


def test_power_law_comes_back():
    rng = np.random.default_rng(0)
    traits = rng.lognormal(0, 1, (20_000, 2))
    sizes = 3 * traits[:, 0] ** 0.6 * traits[:, 1] ** 0.2
    law = PowerLaw.learn(traits, sizes * rng.exponential(size=20_000))
    inside = ((traits > law.lowest) & (traits < law.highest)).all(axis=1)
    np.testing.assert_allclose(law.sizes(traits)[inside], sizes[inside], rtol=0.12)
    # of traits beyond those that were seen, nothing is known
    extreme = law.sizes(np.array([[0.0, 1.0], [1e-9, 1.0], [1e9, 1.0]]))
    assert extreme[0] == extreme[1]
    assert extreme[2] == law.sizes(np.array([[law.highest[0], 1.0]]))


def test_power_law_has_no_unit():
    rng = np.random.default_rng(1)
    traits, errors = rng.lognormal(0, 1, (500, 3)), rng.exponential(size=500)
    small = PowerLaw.learn(traits, errors).sizes(traits)
    large = PowerLaw.learn(1000 * traits, 1000 * errors).sizes(1000 * traits)
    np.testing.assert_allclose(large, 1000 * small, rtol=1e-6)


def test_traits_that_are_the_same_everywhere_tell_nothing():
    rng = np.random.default_rng(1)
    traits = np.full((40, 2), 7.0)
    errors = rng.exponential(size=40)
    law = PowerLaw.learn(traits, errors)
    np.testing.assert_allclose(law.sizes(traits), errors.mean())
    np.testing.assert_allclose(law.sizes(np.array([[1.0, 90.0]])), errors.mean())


def slow_factor(roots, typical, pooling):
    return ((sum(roots) / typical + pooling) / (len(roots) + pooling)) ** 2


@pytest.mark.parametrize("pooling", [0.0, 5.0, 20.0])
def test_factors_leave_out_their_own_fold(pooling):
    rng = np.random.default_rng(0)
    ratios = rng.exponential(size=60)
    codes, folds = rng.integers(0, 4, 60), rng.integers(0, 3, 60)
    factors = SeriesFactors(ratios, codes, folds, 5, 3, pooling)
    roots = np.sqrt(ratios)
    found = factors.without_own_fold(codes, folds)
    for i in range(60):
        others = roots[(codes == codes[i]) & (folds != folds[i])]
        expected = slow_factor(others, roots.mean(), pooling)
        assert found[i] == pytest.approx(expected)
    expected = slow_factor(roots[codes == 2], roots.mean(), pooling)
    assert factors.of(np.array([2]))[0] == pytest.approx(expected)
    # a series without errors, and one that is not known
    assert factors.of(np.array([4, 5])).tolist() == [1.0, 1.0]


def test_factors_without_pooling_are_one():
    factors = SeriesFactors(np.ones(3), np.arange(3), np.zeros(3, int), 3, 1, None)
    assert factors.of(np.arange(4)).tolist() == [1.0] * 4


def test_factors_follow_their_series():
    rng = np.random.default_rng(0)
    ratios, codes = rng.exponential(size=60), rng.integers(0, 3, 60)
    factors = SeriesFactors(ratios, codes, np.zeros(60, int), 3, 1, 5.0)
    before = factors.of(np.arange(4))
    factors.renumber(np.array([1, 0, 4]), 5)
    np.testing.assert_array_equal(factors.of(np.array([1, 0, 4, 5])), before)
    assert factors.of(np.array([2]))[0] == 1.0


def test_factors_of_further_errors_are_those_of_all():
    rng = np.random.default_rng(0)
    ratios, codes = rng.exponential(size=60), rng.integers(0, 3, 60)
    whole = SeriesFactors(ratios, codes, np.zeros(60, int), 3, 1, 5.0)
    part = SeriesFactors(ratios[:40], codes[:40], np.zeros(40, int), 3, 1, 5.0)
    part.add(ratios[40:], codes[40:])
    part.typical = whole.typical
    np.testing.assert_allclose(part.of(np.arange(4)), whole.of(np.arange(4)))
