# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The seasonal naive forecast against a slow reference, and its laws."""

import io

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import cross_validate

from sklearn_sales.dummy import SeasonalNaiveRegressor, carry_into_gaps
from sklearn_sales.model_selection import PanelTimeSeriesSplit


def observed_values(X, y):
    """Sales by series and time, as plain dictionaries."""
    sales = {}
    for series, time, value in zip(X[:, 0], X[:, 1], y, strict=True):
        if not np.isnan(value):
            sales.setdefault(series, {})[int(time)] = value
    everyone = {}
    for values in sales.values():
        for time, value in values.items():
            everyone.setdefault(time, []).append(value)
    pooled = {time: np.mean(values) for time, values in everyone.items()}
    return sales, pooled


def reference_forecast(known, time, origin, season):
    """The forecast of one row, as the docstring says it."""
    ahead = [t for t in known if t <= origin]
    same_phase = [t for t in ahead if (time - t) % season == 0]
    if same_phase:
        return known[max(same_phase)]
    return known[max(ahead)] if ahead else np.mean(list(known.values()))


@st.composite
def panels(draw):
    """Integer times with gaps, ragged starts and NaN, rows in any order."""
    n_series = draw(st.integers(1, 4))
    cells = [(s, t) for s in range(n_series) for t in range(25)]
    kept = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=60, unique=True))
    # the grid of all times together has step one
    kept = [*{*kept, (0, 3), (0, 4)}]
    kept = draw(st.permutations(kept))
    values = st.floats(-100, 100) | st.just(np.nan)
    y = draw(st.lists(values, min_size=len(kept), max_size=len(kept)))
    y[kept.index((0, 4))] = 7.0
    return np.array(kept, dtype=float), np.array(y)


@given(panel=panels(), season=st.integers(1, 9), horizon=st.integers(1, 6))
def test_equal_to_a_slow_reference(panel, season, horizon):
    X, y = panel
    model = SeasonalNaiveRegressor(season, horizon=horizon, series=0, time=1).fit(X, y)
    sales, pooled = observed_values(X, y)
    new = np.array([[s, t] for s in sales for t in range(-3, 40)], dtype=float)
    _, rows = model._read(new)
    origins, _ = model.panel_.origins(rows, horizon)
    # the calendar counts from the first time of the training rows
    origins = origins + X[:, 1].min()
    expected = [
        reference_forecast(sales[s], t, origin, season)
        for (s, t), origin in zip(new, origins, strict=True)
    ]
    assert_allclose(model.predict(new), expected)
    with pytest.warns(UserWarning, match="series without sales in fit"):
        unseen = model.predict([[99.0, 60.0]])
    expected = reference_forecast(pooled, 60, max(pooled), season)
    assert_allclose(unseen, [expected])


@given(
    panel=panels(), season=st.integers(1, 9), horizon=st.integers(1, 6), data=st.data()
)
def test_what_lies_after_the_origin_moves_nothing(panel, season, horizon, data):
    X, y = panel
    params = {"season": season, "horizon": horizon, "series": 0, "time": 1}
    model = SeasonalNaiveRegressor(**params).fit(X, y)
    _, rows = model._read(X, warn=False)
    origins, _ = model.panel_.origins(rows, horizon)
    row = data.draw(st.integers(0, len(X) - 1))
    history = model.panel_.history
    if rows.codes[row] == model.panel_.n_series:
        return  # a series without one observation
    if origins[row] < history.start[rows.codes[row]]:
        return  # the mean of the series answers
    after = (X[:, 0] == X[row, 0]) & (rows.positions > origins[row])
    changed = np.where(after, y + 1000.0, y)
    other = SeasonalNaiveRegressor(**params).fit(X, changed)
    here = X[[row]]
    assert_array_equal(model.predict(here), other.predict(here))


DAYS = pd.date_range("2024-01-01", periods=42)


def daily_panel(n_series=3):
    frame = pd.DataFrame({"store": np.repeat([*"abc"][:n_series], len(DAYS))})
    frame["date"] = np.tile(DAYS, n_series)
    frame["price"] = 1.5
    y = np.random.default_rng(0).poisson(20, len(frame)).astype(float)
    return frame, y


@pytest.mark.parametrize("library", [pl.from_pandas, pa.Table.from_pandas])
def test_every_table_gives_the_same_forecast(library):
    X, y = daily_panel()
    model = SeasonalNaiveRegressor(series=["store"], horizon=9)
    expected = model.fit(X, y).predict(X)
    assert_array_equal(model.fit(library(X), y).predict(library(X)), expected)


def test_last_week_is_repeated_over_the_horizon():
    X, y = daily_panel()
    model = SeasonalNaiveRegressor(series="store").fit(X, y)
    future = (
        X.groupby("store")
        .tail(21)
        .assign(date=lambda frame: frame["date"] + pd.Timedelta(days=21))
    )
    last_week = y.reshape(3, -1)[:, -7:]
    assert_array_equal(model.predict(future).reshape(3, 21), np.tile(last_week, 3))
    assert model.season_ == 7


def test_inside_the_span_the_row_one_season_before_answers():
    X, y = daily_panel(1)
    fitted = SeasonalNaiveRegressor(series="store").fit(X, y).predict(X)
    assert_array_equal(fitted[7:], y[:-7])
    assert_array_equal(fitted[1:7], y[:6])  # no week is known yet: the day before
    assert fitted[0] == y.mean()


def test_permuting_rows_and_scaling_sales():
    X, y = daily_panel()
    order = np.random.default_rng(1).permutation(len(X))
    model = SeasonalNaiveRegressor(series="store", horizon=14)
    expected = model.fit(X, y).predict(X)
    permuted = model.fit(X.iloc[order], 3.0 * y[order]).predict(X.iloc[order])
    assert_allclose(permuted, 3.0 * expected[order])


@pytest.mark.parametrize(
    ("times", "season"),
    [
        (pd.date_range("2024-01-01", periods=30, freq="h"), 24),
        (pd.date_range("2024-01-01", periods=30, freq="D"), 7),
        (pd.bdate_range("2024-01-01", periods=30), 5),
        (pd.date_range("2024-01-01", periods=30, freq="W-SAT"), 52),
        (pd.date_range("2024-01-01", periods=30, freq="MS"), 12),
        (pd.period_range("2024-01", periods=30, freq="Q"), 4),
        (np.arange(30), 1),
    ],
)
def test_the_season_of_the_frequency(times, season):
    X = pd.DataFrame({"time": times})
    assert SeasonalNaiveRegressor().fit(X, np.arange(30.0)).season_ == season


def test_a_series_shorter_than_a_season_repeats_its_last_value():
    X = pd.DataFrame({"date": pd.date_range("2024-01-06", periods=9, freq="W-SAT")})
    model = SeasonalNaiveRegressor().fit(X[:5], [3.0, 1.0, 4.0, 1.0, 5.0])
    assert_array_equal(model.predict(X[5:]), [5.0] * 4)


def test_covariates_are_ignored_whatever_they_hold():
    X, y = daily_panel()
    expected = SeasonalNaiveRegressor(series="store").fit(X, y).predict(X)
    X["price"] = np.nan
    X["note"] = "promotion"
    model = SeasonalNaiveRegressor(series="store").fit(X, y)
    assert_array_equal(model.predict(X), expected)


def test_cross_validation_scores_the_last_weeks():
    X, y = daily_panel()
    cv = PanelTimeSeriesSplit(2, test_size=7)
    model = SeasonalNaiveRegressor(series="store")
    scores = cross_validate(model, X, y, cv=cv, scoring="neg_mean_absolute_error")
    weeks = y.reshape(3, 6, 7)
    expected = [-np.abs(weeks[:, w] - weeks[:, w - 1]).mean() for w in (4, 5)]
    assert_allclose(scores["test_score"], expected)


def test_a_stored_model_holds_one_history():
    rng = np.random.default_rng(0)
    X = np.arange(20_000.0)[:, np.newaxis]
    y = rng.poisson(3, len(X)).astype(float)
    y[rng.random(len(X)) < 0.01] = np.nan
    model = SeasonalNaiveRegressor(season=7).fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    # sales and their mean over all series, 8 bytes each
    assert file.tell() < 1.2 * 2 * 8 * len(X)
    file.seek(0)
    future = np.arange(19_000.0, 21_000.0)[:, np.newaxis]
    assert_array_equal(joblib.load(file).predict(future), model.predict(future))


def test_gaps_longer_than_many_seasons():
    data = np.full(3_000, np.nan)
    data[[0, 1, 1_500]] = 5.0, 6.0, 7.0
    gaps = np.flatnonzero(np.isnan(data))
    carried = carry_into_gaps(data, np.array([0, 1_500, 3_000]), gaps, 3)
    expected = {0: 5.0, 1: 6.0, 2: np.nan}
    assert_array_equal(carried[gaps < 1_500], [expected[c % 3] for c in gaps[:1_498]])
    second = [7.0 if c % 3 == 0 else np.nan for c in gaps[1_498:]]
    assert_array_equal(carried[gaps >= 1_500], second)


@pytest.mark.parametrize(
    "params", [{"season": 0}, {"season": "week"}, {"season": 2.5}, {"horizon": 0}]
)
def test_bad_parameters(params):
    X, y = daily_panel(1)
    with pytest.raises(ValueError, match=f"The '{[*params][0]}' parameter of Seasonal"):
        SeasonalNaiveRegressor(series="store", **params).fit(X, y)
