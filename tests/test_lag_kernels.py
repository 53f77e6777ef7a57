# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_sales.panel import History
from sklearn_sales.preprocessing import _lag_kernels, _sliding_kernels
from sklearn_sales.preprocessing._lag_kernels import (
    fill_lags,
    fill_next_lags,
    fill_next_windows,
    fill_windows,
    steps_since,
)
from sklearn_sales.preprocessing._running_windows import RunningWindows
from sklearn_sales.preprocessing._sliding_kernels import SlidingWindows
from sklearn_sales.preprocessing._window_kernels import (
    STATISTICS,
    newest_windows,
    window_length,
)

LENGTHS = (1, 2, 3, 5, 7, 12, 28, 29, 61)
ALL_WINDOWS = [
    (statistic, length)
    for statistic in STATISTICS
    for length in LENGTHS
    if length >= 2 or statistic not in ("std", "ewm")
]


def assert_same_bits(actual, desired):
    """Equal to the last bit; all NaN count as one."""
    assert_array_equal(np.isnan(actual), np.isnan(desired))
    known = ~np.isnan(desired)
    assert_array_equal(actual[known].view(np.int64), desired[known].view(np.int64))


def sliding_windows(values, windows):
    """Windows that end at each time of the rows of a table."""
    n_series, n_times = values.shape
    sliding = SlidingWindows(windows, n_times)
    gaps = np.full((n_series, sliding.gap), np.nan)
    found = sliding.slide(np.hstack([gaps, values]).ravel())
    return [a.reshape(n_series, -1)[:, sliding.gap :].copy() for a in found]


def pandas_window(values, statistic, length):
    """One series by pandas, where it is exact enough, or by looking at each window."""
    series = pd.Series(values)
    if statistic == "ewm":
        return series.ewm(span=length).mean().to_numpy()
    if statistic == "zero_share":
        series, statistic = (series == 0).astype(float).where(series.notna()), "mean"
    least = 2 if statistic == "std" else 1
    rolling = series.rolling(length, min_periods=least)
    options = {"ddof": 1} if statistic == "std" else {}
    function = getattr(np, f"nan{statistic}")
    return rolling.apply(function, raw=True, kwargs=options).to_numpy()


def window_by_hand(past, statistic, length):
    """The window that ends with the last of some values, oldest first."""
    if statistic == "ewm":
        weights = (1 - 2 / (length + 1)) ** np.arange(len(past))[::-1]
        weights = np.where(np.isnan(past), 0.0, weights)
        total = weights.sum()
        return np.sum(weights * np.nan_to_num(past)) / total if total else np.nan
    observed = past[-length:][~np.isnan(past[-length:])]
    if len(observed) < (2 if statistic == "std" else 1):
        return np.nan
    if statistic == "std":
        return np.std(observed, ddof=1)
    if statistic == "zero_share":
        return np.mean(observed == 0)
    return getattr(np, statistic)(observed)


def random_values(seed, shape, missing):
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, -0.0, 1.0, 0.1, 1e4], shape) + rng.poisson(
        0.7, shape
    ) * rng.normal(size=shape)
    values[rng.random(shape) < missing] = np.nan
    return values


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("window", ALL_WINDOWS, ids=str)
def test_sliding_window_equals_pandas(window, missing):
    values = random_values(1, (3, 80), missing)
    (found,) = sliding_windows(values, [window])
    for row, sales in zip(found, values, strict=True):
        assert_allclose(row, pandas_window(sales, *window), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.95])
def test_single_windows_have_the_bits_of_sliding_ones(missing):
    values = random_values(2, (4, 90), missing)
    sliding = sliding_windows(values, ALL_WINDOWS)
    for time in (0, 1, 2, 27, 28, 60, 89):
        newest = np.full((128, 4), np.nan)
        newest[: time + 1] = values[:, time::-1].T
        found = newest_windows(newest, ALL_WINDOWS, reach=90)
        for window, whole in zip(found, sliding, strict=True):
            assert_same_bits(window, whole[:, time])


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("begin", [1, 2, 27, 60])
def test_running_windows_have_the_bits_of_sliding_ones(begin, missing, monkeypatch):
    # three histories at a time are begun with, so that their states are joined
    monkeypatch.setattr("sklearn_sales.preprocessing._running_windows._VALUES", 400)
    values = random_values(2, (7, 90), missing)
    windows = [(*window, lag) for window in ALL_WINDOWS for lag in (1, 5)]
    sliding = sliding_windows(values, ALL_WINDOWS)
    running = RunningWindows(values[:, :begin], windows, 90)
    for time in range(begin - 1, 90):
        if time >= begin:
            running.append(values[:, time])
        for (statistic, length, lag), found in zip(
            windows, running.newest(), strict=True
        ):
            whole = sliding[ALL_WINDOWS.index((statistic, length))]
            ended = time - (lag - 1)
            known = whole[:, ended] if ended >= 0 else np.full(7, np.nan)
            assert_same_bits(found, known)


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_a_gap_before_the_first_time_moves_no_bit(missing):
    values = random_values(3, (2, 40), missing)
    padded = np.concatenate([np.full((2, 9), np.nan), values], axis=1)
    plain = sliding_windows(values, ALL_WINDOWS)
    for window, after_gap in zip(
        plain, sliding_windows(padded, ALL_WINDOWS), strict=True
    ):
        assert_same_bits(window, after_gap[:, 9:])


@pytest.mark.parametrize("level", [0.1, 1 / 3, 1e-9, 123456.789, -0.7])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_a_constant_series_has_no_spread_at_all(level, missing):
    values = np.full((1, 200), level)
    values[:, np.random.default_rng(0).random(200) < missing] = np.nan
    for length in (2, 7, 28, 60, 199):
        (spread,) = sliding_windows(values, [("std", length)])
        assert np.nanmax(spread) == 0.0


def test_spread_is_stable_far_from_zero():
    values = 1e8 + np.random.default_rng(0).normal(size=(1, 300))
    (spread,) = sliding_windows(values, [("std", 28)])
    exact = [np.std(values[0, t - 27 : t + 1], ddof=1) for t in range(27, 300)]
    assert_allclose(spread[0, 27:], exact, rtol=1e-7)


def test_an_exponential_mean_reaches_back_until_a_weight_is_less_than_one_bit():
    for span in (2, 7, 28, 365):
        covered = window_length("ewm", span)
        decay = 1 - 2 / (span + 1)
        assert decay**covered <= 1e-17 < decay ** (covered // 2)
    assert window_length("ewm", 365, reach=100) == 128
    assert window_length("mean", 365, reach=100) == 365


def test_medians_are_the_same_in_small_pieces(monkeypatch):
    values = random_values(4, (3, 50), 0.2)
    windows = [("median", length) for length in LENGTHS]
    whole = sliding_windows(values, windows)
    monkeypatch.setattr(_sliding_kernels, "_MEDIAN_VALUES", 40)
    for a, b in zip(sliding_windows(values, windows), whole, strict=True):
        assert_same_bits(a, b)


@st.composite
def histories(draw):
    """A history of ragged series with gaps, and rows of it in any order."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_series = draw(st.integers(1, 6))
    lengths = rng.integers(0, draw(st.sampled_from([3, 20, 70])) + 1, n_series)
    lengths[rng.integers(n_series)] += 1
    if draw(st.booleans()):
        lengths[:] = lengths.max()
    start = rng.integers(-5, 10, n_series)
    data = random_values(rng, lengths.sum(), draw(st.sampled_from([0.0, 0.3])))
    history = History(data, np.concatenate([[0], np.cumsum(lengths)]), start)
    n_rows = draw(st.integers(1, 60))
    codes = rng.integers(0, n_series, n_rows)
    if draw(st.booleans()):
        codes.sort()
    # origins from before the start up to the last cell
    origins = start[codes] + rng.integers(-4, lengths[codes])
    return history, codes, origins


def series_of(history, code):
    """One series as {position: value}."""
    values = history.data[history.indptr[code] : history.indptr[code + 1]]
    return dict(enumerate(values, start=int(history.start[code])))


WINDOWS = [
    *(("mean", 7, 1), ("mean", 28, 1), ("mean", 7, 3), ("std", 5, 1)),
    *(("std", 28, 7), ("min", 6, 1), ("max", 30, 2), ("median", 4, 1)),
    *(("median", 9, 5), ("zero_share", 11, 1), ("ewm", 4, 1), ("ewm", 28, 3)),
]


@given(histories(), st.sampled_from([4, 64, 1 << 15]))
def test_windows_of_rows_equal_a_slow_reference(case, block):
    history, codes, origins = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_lag_kernels, "_BLOCK", block)
        found = np.empty((len(codes), len(WINDOWS)))
        fill_windows(history, codes, origins, WINDOWS, found)
    for row, code, origin in zip(found, codes, origins, strict=True):
        series = series_of(history, code)
        first = int(history.start[code])
        for value, (statistic, length, lag) in zip(row, WINDOWS, strict=True):
            end = int(origin) - lag + 1
            past = np.array([series[p] for p in range(first, end + 1)])
            expected = window_by_hand(past, statistic, length)
            assert_allclose(value, expected, rtol=1e-9, atol=1e-9)


@given(histories(), st.sampled_from([4, 64, 1 << 15]))
def test_both_ways_to_windows_agree_to_the_last_bit(case, block):
    history, codes, origins = case
    found = []
    for whole in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_lag_kernels, "_BLOCK", block)
            out = np.full((len(codes), len(WINDOWS)), 7.0, order="F")
            fill_windows(history, codes, origins, WINDOWS, out, whole=whole)
        found.append(out)
    assert_same_bits(*found)


@given(histories(), st.sampled_from([4, 64, 1 << 15]))
def test_the_next_cells_are_those_of_rows(case, block):
    history, _, _ = case
    n_series = max(history.n_series - 1, 1)
    lengths = history.lengths[:n_series]
    codes = np.repeat(np.arange(n_series), lengths)
    within = np.arange(len(codes)) - np.repeat(history.indptr[:n_series], lengths)
    origins = history.start[codes] + within - 1
    found = np.full((2, len(codes), len(WINDOWS) + 3), 7.0).transpose(0, 2, 1)
    found = [made.T for made in found]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_lag_kernels, "_BLOCK", block)
        fill_next_lags(history, n_series, [1, 3, 90], found[0][:, :3])
        fill_next_windows(history, n_series, WINDOWS, found[0][:, 3:])
        fill_lags(history, codes, origins, [0, 2, 89], found[1][:, :3])
        fill_windows(history, codes, origins, WINDOWS, found[1][:, 3:], whole=False)
    assert_same_bits(*found)


@given(histories(), st.sampled_from([4, 1 << 15]))
def test_lags_of_rows_equal_a_slow_reference(case, block):
    history, codes, origins = case
    own = np.arange(len(codes)) % 5
    out = np.full((len(codes), 3), 7.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_lag_kernels, "_BLOCK", block)
        fill_lags(history, codes, origins, [0, 3, own], out)
    for row, code, origin, last in zip(out, codes, origins, own, strict=True):
        series = series_of(history, code)
        expected = [series.get(origin - back, np.nan) for back in (0, 3, last)]
        assert_array_equal(row, expected)


@pytest.mark.parametrize("whole", [None, True, False])
@given(case=histories())
def test_steps_since_a_sale_equal_a_slow_reference(whole, case):
    history, codes, origins = case
    found = steps_since(history, codes, origins, lambda v: v > 0.5, whole=whole)
    for steps, code, origin in zip(found, codes, origins, strict=True):
        sold = [
            p for p, v in series_of(history, code).items() if p <= origin and v > 0.5
        ]
        assert steps == (origin - max(sold) if sold else -1)


def test_a_sale_very_long_ago_is_found():
    data = np.zeros(5000)
    data[3] = 1.0
    history = History(data, np.array([0, 5000]), np.array([10]))
    codes = np.zeros(3, dtype=int)
    origins = np.array([5009, 13, 12])
    for whole in (True, False):
        found = steps_since(history, codes, origins, lambda v: v > 0, whole=whole)
        assert_array_equal(found, [4996, 0, -1])


def regular_history(n_series, length):
    rng = np.random.default_rng(0)
    data = rng.poisson(2.0, n_series * length).astype(float)
    indptr = np.arange(n_series + 1) * length
    return History(data, indptr, np.zeros(n_series, dtype=int))


def record_ways(monkeypatch):
    """Which way each call of fill_windows takes."""
    taken = []
    for name in ("_slide_over_series", "_gather_rows"):
        way = getattr(_lag_kernels, name)

        def recorded(*args, way=way, name=name):
            taken.append(name)
            return way(*args)

        monkeypatch.setattr(_lag_kernels, name, recorded)
    return taken


def test_the_way_is_chosen_by_the_work(monkeypatch):
    history = regular_history(30, 500)
    taken = record_ways(monkeypatch)
    windows = [("mean", 28, 1), ("std", 28, 1)]
    every = np.repeat(np.arange(30), 500), np.tile(np.arange(500), 30)
    one_each = np.arange(30), np.full(30, 499)
    one_series = np.zeros(500, dtype=int), np.arange(500)
    for codes, origins in (every, one_each, one_series):
        fill_windows(history, codes, origins, windows, np.empty((len(codes), 2)))
    assert taken == ["_slide_over_series", "_gather_rows", "_slide_over_series"]


def record_cells(monkeypatch):
    """How many cells, with the gaps before them, slide at once."""
    sizes = []
    slide = SlidingWindows.slide

    def recorded(self, values):
        sizes.append(len(values))
        return slide(self, values)

    monkeypatch.setattr(SlidingWindows, "slide", recorded)
    return sizes


def test_sliding_touches_no_series_without_rows(monkeypatch):
    history = regular_history(30, 500)
    sizes = record_cells(monkeypatch)
    codes, origins = np.repeat([4, 9], 500), np.tile(np.arange(500), 2)
    fill_windows(history, codes, origins, [("mean", 7, 1)], np.empty((1000, 1)))
    assert sum(sizes) == 2 * (500 + 6)


def test_short_series_are_not_padded_to_the_longest(monkeypatch):
    lengths = np.array([1000, *[10] * 200])
    data = np.ones(lengths.sum())
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    history = History(data, indptr, np.zeros(len(lengths), dtype=int))
    sizes = record_cells(monkeypatch)
    codes = np.repeat(np.arange(len(lengths)), lengths)
    origins = np.concatenate([np.arange(n) for n in lengths])
    out = np.empty((len(codes), 1))
    fill_windows(history, codes, origins, [("mean", 364, 1)], out)
    assert_array_equal(out, 1.0)
    assert sum(sizes) == 1363 + 200 * (10 + 29)
