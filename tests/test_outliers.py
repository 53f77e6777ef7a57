# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where an outlier begins, against the textbook and on series that mislead it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from random_histories import make_history

from sklearn_sales.compose._outliers import THRESHOLDS, least_spread, limit_sales
from sklearn_sales.panel import History

METHODS = sorted(THRESHOLDS)
every_method = pytest.mark.parametrize("method", METHODS)


def single(values):
    values = np.asarray(values, dtype=float)
    return History(values, np.array([0, len(values)]), np.array([0]))


def limits_of(history, method, *, window=15, season=7, threshold=None):
    threshold = THRESHOLDS[method] if threshold is None else threshold
    return limit_sales(
        history, method, threshold=threshold, window=window, season=season
    )


def outliers_of(values, method, **settings):
    limits = limits_of(single(values), method, **settings)
    return list(np.flatnonzero((values < limits.low) | (values > limits.high)))


def test_hampel_is_that_of_the_textbook():
    # as long as the window spreads more than the series
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1 + 9 * (np.arange(60) > 30), 60)
    limits = limits_of(single(values), "hampel", window=7, threshold=3)
    floor = least_spread(single(values), limits.expected)[0]
    checked = 0
    for i in range(60):
        near = values[max(i - 3, 0) : i + 4]
        median = np.median(near)
        spread = 1.4826 * np.median(np.abs(near - median))
        assert limits.expected[i] == median
        if spread > floor:
            checked += 1
            assert_allclose(limits.low[i], median - 3 * spread)
            assert_allclose(limits.high[i], median + 3 * spread)
    assert checked > 20


def test_tukey_fences_lie_interquartile_ranges_outside_of_the_quartiles():
    values = np.random.default_rng(1).normal(10, 2, 200)
    limits = limits_of(single(values), "iqr", threshold=1.5)
    first, third = np.quantile(values, [0.25, 0.75])
    fence = 1.5 * (third - first)
    assert_allclose(limits.low, first - fence, rtol=0.05)
    assert_allclose(limits.high, third + fence, rtol=0.05)
    assert len(set(limits.high)) == 1


def test_a_season_that_repeats_is_expected():
    season = np.array([10.0, 10, 10, 10, 10, 80, 40])
    values = np.tile(season, 8) + np.random.default_rng(2).normal(size=56)
    values[19] = 10.0  # a Saturday that sold like a Monday
    limits = limits_of(single(values), "seasonal")
    assert np.abs(limits.expected - np.tile(season, 8)).max() < 4
    assert outliers_of(values, "seasonal") == [19]
    assert 19 not in outliers_of(values, "hampel")


def test_two_seasons_are_too_few_to_tell_a_season():
    values = np.tile([10.0, 11, 9, 10, 12, 80, 11], 2)
    limits = limits_of(single(values), "seasonal")
    assert limits.expected[5] < 20


@every_method
def test_a_jump_is_found_in_noise_and_in_a_constant(method):
    noise = np.random.default_rng(3).normal(50, 5, 100)
    for values in (noise, np.full(100, 50.0)):
        jump = values.copy()
        jump[[40, 70]] = 900.0, -600.0
        assert outliers_of(jump, method) == [40, 70]
        assert outliers_of(values, method) == []


@every_method
def test_sales_of_a_slow_seller_are_no_outliers(method):
    rng = np.random.default_rng(4)
    values = np.where(rng.random(400) < 0.1, rng.integers(1, 6, 400), 0.0)
    assert outliers_of(values, method) == []
    values[200] = 500.0
    assert outliers_of(values, method) == [200]


@every_method
def test_series_that_never_or_once_sell_have_no_outlier(method):
    assert outliers_of(np.zeros(30), method) == []
    assert outliers_of(np.eye(1, 30, 9).ravel(), method) == []
    assert outliers_of(np.array([7.0]), method) == []


@every_method
def test_limits_scale_and_shift_with_the_sales(method):
    values = np.random.default_rng(5).gamma(2, 10, 90)
    base = limits_of(single(values), method)
    scaled = limits_of(single(3 * values), method)
    for name in ("expected", "low", "high"):
        assert_allclose(getattr(scaled, name), 3 * getattr(base, name), rtol=1e-12)


@every_method
def test_a_series_is_judged_by_itself(method):
    history = make_history([50, 20, 70], gaps=0.2, start=[3, 0, 9])
    together = limits_of(history, method)
    for code in range(3):
        mine = slice(history.indptr[code], history.indptr[code + 1])
        alone = History(
            history.data[mine],
            np.array([0, mine.stop - mine.start]),
            history.start[code : code + 1],
        )
        limits = limits_of(alone, method)
        for name in ("expected", "low", "high"):
            assert_allclose(getattr(together, name)[mine], getattr(limits, name))


@every_method
def test_cells_that_are_not_observed_have_limits_too(method):
    values = np.random.default_rng(6).normal(50, 5, 60)
    values[20:23] = np.nan
    limits = limits_of(single(values), method)
    assert np.isfinite(limits.expected).all()
    assert np.isfinite(limits.low).all()
    assert (limits.low < limits.high).all()
