# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a cell would sell by its neighbours and its season, against loops over cells."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from random_histories import make_history

from sklearn_sales.compose import _expected_sales
from sklearn_sales.compose._expected_sales import (
    cell_phases,
    cell_series,
    interpolate,
    local_medians,
    seasonal_effects,
    series_range,
)
from sklearn_sales.panel import History

LENGTHS = [40, 1, 17, 0, 3, 90]


@pytest.fixture
def history():
    return make_history(LENGTHS, gaps=0.3, start=[5, 0, 2, 0, 50, 11])


def series_of(history, code):
    return slice(history.indptr[code], history.indptr[code + 1])


def slow_medians(values, window):
    half = window // 2
    medians, deviations = [], []
    for i in range(len(values)):
        near = values[max(i - half, 0) : i + half + 1]
        medians.append(np.nanmedian(near))
        deviations.append(np.nanmedian(np.abs(near - medians[-1])))
    return medians, deviations


@pytest.mark.parametrize("window", [3, 7, 61])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_medians_of_centred_windows(history, window, block, monkeypatch):
    monkeypatch.setattr(_expected_sales, "_WINDOW_CELLS", block)
    median, deviation = local_medians(history, window, spread=True)
    assert_array_equal(local_medians(history, window), median)
    for code in range(history.n_series):
        mine = series_of(history, code)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            slow = slow_medians(history.data[mine], window)
        assert_array_equal(median[mine], slow[0])
        assert_array_equal(deviation[mine], slow[1])


def test_a_window_without_a_value_has_no_median():
    data = np.array([1.0, *[np.nan] * 5, 3.0])
    history = History(data, np.array([0, 7]), np.array([0]))
    nan = np.nan
    assert_array_equal(local_medians(history, 3), [1, 1, nan, nan, nan, 3, 3])


def test_phases_are_those_of_the_calendar(history):
    position = np.concatenate(
        [
            start + np.arange(length)
            for start, length in zip(history.start, LENGTHS, strict=True)
        ]
    )
    assert_array_equal(cell_phases(history, 7), position % 7)
    assert_array_equal(cell_series(history), np.repeat(range(6), LENGTHS))


@pytest.mark.parametrize("least", [1, 3])
def test_effects_are_the_median_distances_of_the_phases(history, least):
    level = np.where(np.arange(len(history.data)) % 11 == 0, np.nan, 4.0)
    effects = seasonal_effects(history, level, 5, least=least)
    phases = cell_phases(history, 5)
    for code in range(history.n_series):
        mine = np.arange(len(history.data))[series_of(history, code)]
        for cell in mine:
            same = mine[phases[mine] == phases[cell]]
            distances = (history.data - level)[same]
            distances = distances[~np.isnan(distances)]
            enough = len(distances) >= least
            assert effects[cell] == (np.median(distances) if enough else 0.0)


def test_interpolation_stays_inside_of_each_series(history):
    values = np.where(np.random.default_rng(1).random(151) < 0.6, np.nan, history.data)
    values[series_of(history, 2)] = np.nan
    filled = interpolate(history, values)
    for code in range(history.n_series):
        mine = values[series_of(history, code)]
        known = np.flatnonzero(~np.isnan(mine))
        if len(known):
            mine = np.interp(np.arange(len(mine)), known, mine[known])
        assert_allclose(filled[series_of(history, code)], mine)
    nothing = np.full(151, np.nan)
    assert_array_equal(interpolate(history, nothing), nothing)


def test_range_of_each_series(history):
    low, high = series_range(history)
    for code in (0, 1, 2, 4, 5):
        mine = history.data[series_of(history, code)]
        assert set(low[series_of(history, code)]) == {np.nanmin(mine)}
        assert set(high[series_of(history, code)]) == {np.nanmax(mine)}
