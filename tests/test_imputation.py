# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values for gaps, by the definition of each method."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from random_histories import make_history

from sklearn_sales.compose._imputation import FILLS, fill_gaps
from sklearn_sales.panel import History


def single(values):
    values = np.asarray(values, dtype=float)
    return History(values, np.array([0, len(values)]), np.array([0]))


def fill(history, method, *, window=15, season=7):
    return fill_gaps(history, method, window=window, season=season)


@pytest.mark.parametrize("method", sorted(FILLS))
def test_observed_cells_stay_and_gaps_close(method):
    history = make_history([40, 1, 17, 3, 90], gaps=0.4)
    filled = fill(history, method)
    known = ~np.isnan(history.data)
    assert not known.all()
    assert_array_equal(filled[known], history.data[known])
    assert np.isfinite(filled).all()


@pytest.mark.parametrize("method", sorted(FILLS))
def test_a_series_is_filled_from_itself(method):
    history = make_history([40, 17], gaps=0.4)
    alone = fill(single(history.data[40:]), method, season=1)
    assert_allclose(fill(history, method, season=1)[40:], alone)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("zero", [0, 0, 0]),
        ("interpolate", [4, 6, 11]),
        ("mean", [6, 6, 6]),
        ("median", [5, 5, 5]),
    ],
)
def test_plain_methods(method, expected):
    nan = np.nan
    history = single([2, nan, nan, 8, 2, 0, 10, nan, 12, 8, 2, 8, 8])
    if method == "median":
        history = single([2, nan, nan, 8, 2, 0, 10, nan, 12, 8, 2, 8, 0, 5])
    gaps = np.isnan(history.data)
    if method == "mean":
        assert_allclose(fill(history, method)[gaps], np.nanmean(history.data))
    else:
        assert_allclose(fill(history, method)[gaps], expected)


def test_seasonal_fills_with_level_and_phase():
    season = np.array([0.0, 0, 0, 0, 0, 30, 10])
    truth = 50 + np.tile(season, 8)
    values = truth.copy()
    values[[5, 26, 27, 40]] = np.nan
    assert_allclose(fill(single(values), "seasonal"), truth)
    # a gap of three weeks, longer than the window
    values[14:35] = np.nan
    assert_allclose(fill(single(values), "seasonal"), truth)


def test_seasonal_stays_in_the_range_of_the_series():
    rng = np.random.default_rng(0)
    values = np.where(rng.random(100) < 0.2, rng.poisson(3, 100), 0.0)
    values[1:-1][rng.random(98) < 0.3] = np.nan
    filled = fill(single(values), "seasonal", window=3)
    assert filled.min() >= 0
    assert filled.max() <= np.nanmax(values)
