# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the next times: which they are, and what is known about them."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales import future_frame
from sklearn_sales.panel import Panel, read_table

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
HORIZON = 3


def day(number):
    return datetime.datetime(2024, 2, 26) + datetime.timedelta(days=number)


def history():
    """Stores n and s, three series; the last ended two days before the others."""
    return {
        "store": ["n", "n", "n", "n", "s", "s", "s"],
        "item": [1, 1, 2, 2, 1, 1, 1],
        "date": [day(d) for d in (3, 4, 2, 4, 0, 1, 2)],
        "brand": ["x", "x", "y", "y", "x", "x", "x"],
        "price": [1.0, 1.5, 2.0, None, 3.0, 3.5, 4.0],
        "promo": [0, 1, 0, 0, 1, 1, 0],
        "units": [5, 4, 3, 2, 1, 0, 1],
    }


KEYS = {"series": ["store", "item"], "target": "units"}


def to_lists(frame):
    if isinstance(frame, pd.DataFrame):
        return {name: list(frame[name]) for name in frame}
    return (
        frame.to_pydict()
        if isinstance(frame, pa.Table)
        else frame.to_dict(as_series=False)
    )


# Which rows


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_series_gets_the_times_after_the_last_of_all(library):
    X = LIBRARIES[library](history())
    future = future_frame(X, HORIZON, covariates="carry", **KEYS)
    assert type(future) is type(X)
    assert to_lists(future) == {
        "store": ["n"] * 6 + ["s"] * 3,
        "item": [1] * 3 + [2] * 3 + [1] * 3,
        "date": [day(5), day(6), day(7)] * 3,
        "brand": ["x"] * 3 + ["y"] * 3 + ["x"] * 3,
        "price": [1.5] * 3 + [2.0] * 3 + [4.0] * 3,
        "promo": [1] * 3 + [0] * 3 + [0] * 3,
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_series_may_go_on_after_their_own_end(library):
    X = LIBRARIES[library](history())
    future = to_lists(future_frame(X, 2, covariates="carry", end="own", **KEYS))
    assert future["date"] == [day(5), day(6), day(5), day(6), day(3), day(4)]


@pytest.mark.parametrize(("within", "n_left"), [(0, 2), (1, 2), (2, 3), (None, 3)])
def test_series_that_ended_long_ago_may_be_left_out(within, n_left):
    X = pd.DataFrame(history())
    for end in ("own", "common"):
        future = future_frame(
            X, HORIZON, covariates="carry", end=end, active_within=within, **KEYS
        )
        assert len(future) == HORIZON * n_left
        assert ("s" in set(future["store"])) == (n_left == 3)


@given(
    cells=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 30)),
        min_size=1,
        max_size=30,
        unique=True,
    ),
    horizon=st.integers(1, 10),
    end=st.sampled_from(["own", "common"]),
)
def test_rows_equal_a_slow_reference(cells, horizon, end):
    X = pd.DataFrame(cells, columns=["item", "day"])
    X["date"] = pd.Timestamp("2024-02-01") + pd.to_timedelta(X.pop("day"), unit="D")
    future = future_frame(X, horizon, series="item", freq="D", end=end)
    expected = []
    for item, rows in X.groupby("item"):
        last = (rows if end == "own" else X)["date"].max()
        dates = pd.date_range(last, periods=horizon + 1, freq="D")[1:]
        expected.append(pd.DataFrame({"item": item, "date": dates}))
    pd.testing.assert_frame_equal(
        future, pd.concat(expected, ignore_index=True), check_dtype=False
    )
    assert future["date"].dtype == X["date"].dtype


@given(seed=st.integers(0, 2**16))
def test_the_order_of_rows_does_not_matter(seed):
    X = pd.DataFrame(history())
    shuffled = X.sample(frac=1, random_state=seed)
    first, second = (
        future_frame(frame, HORIZON, covariates="carry", **KEYS)
        for frame in (X, shuffled)
    )
    pd.testing.assert_frame_equal(first, second)


def test_future_rows_are_one_to_h_steps_after_the_origin():
    X = pd.DataFrame(history())
    table = read_table(X.drop(columns="units"))
    parameters = {"series": ["store", "item"], "time": "date", "freq": "D"}
    panel, _ = Panel.from_table(table, np.ones(len(X)), **parameters)
    future = future_frame(X, HORIZON, covariates="carry", end="own", **KEYS)
    rows = panel.locate(read_table(future))
    _, steps = panel.origins(rows, HORIZON)
    assert list(steps) == [1, 2, 3] * 3


# Calendars and forms of time


@pytest.mark.parametrize(
    "freq", ["h", "15min", "D", "B", "W-TUE", "2W-MON", "MS", "ME", "QS-FEB", "YE-DEC"]
)
def test_every_frequency_goes_on(freq):
    dates = pd.date_range("2024-01-01", periods=60, freq=freq)
    X = pd.DataFrame({"date": dates[:40]})
    np.testing.assert_array_equal(future_frame(X, 20)["date"], dates[40:])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("start", ["2021-03-01", "2021-08-20", "2021-10-10"])
def test_days_of_a_zone_go_on_across_clock_changes(zone, start):
    dates = pd.date_range(start, periods=60).tz_localize(
        zone, nonexistent="shift_forward"
    )
    X = pd.DataFrame({"date": dates[:14]})
    future = future_frame(X, 46)
    assert list(future["date"]) == list(dates[14:])
    assert future["date"].dtype == X["date"].dtype


@pytest.mark.parametrize("freq", ["D", "M", "Q-JAN", "W-WED"])
def test_periods_go_on(freq):
    dates = pd.period_range("2024-01-01", periods=20, freq=freq)
    future = future_frame(pd.DataFrame({"date": dates[:12]}), 8)
    assert list(future["date"]) == list(dates[12:])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([3, 4, 5], [6, 7]),
        ([10, 20, 40], [50, 60]),
        ([0.5, 1.0, 2.0], [2.5, 3.0]),
        ([0.1, 0.2, 0.3], [0.4, 0.5]),
        ([1.0, 2.0, 4.5, 1000.25], [1002.75, 1005.25]),
    ],
)
def test_numbers_go_on(times, expected):
    future = future_frame(pd.DataFrame({"t": times}), 2)
    np.testing.assert_allclose(future["t"], expected, rtol=1e-12)
    assert future["t"].dtype == pd.Series(times).dtype


@pytest.mark.parametrize("library", LIBRARIES)
def test_text_and_dates_keep_their_form(library):
    dates = pd.date_range("2024-01-30", periods=6)
    for form in (list(dates.strftime("%Y-%m-%d")), list(dates.date)):
        X = LIBRARIES[library]({"date": form[:3]})
        assert to_lists(future_frame(X, 3))["date"] == form[3:]


def test_arrays_come_back_as_arrays():
    X = np.array([[1.0, 0, 5], [2, 0, 5], [2, 1, 7]])
    future = future_frame(X, 2, series=1, time=0, covariates="carry")
    expected = [[3, 0, 5], [4, 0, 5], [3, 1, 7], [4, 1, 7]]
    np.testing.assert_array_equal(future, expected)
    whole = future_frame(X.astype(int), 2, series=1, time=0, target=2)
    assert whole.dtype == int
    np.testing.assert_array_equal(whole, np.array(expected)[:, :2])


def test_arrays_of_objects_keep_their_values():
    X = np.array([["a", datetime.date(2024, 1, 31), 5]], dtype=object)
    future = future_frame(X, 1, series=0, freq="D")
    assert future.tolist() == [["a", datetime.date(2024, 2, 1), 5]]


# What is wrong or missing


def test_changing_covariates_must_be_known():
    message = (
        r"^nothing says what the column\(s\) \['price', 'promo'\] of X, which change "
        r"within a series, hold in the future rows: pass a table of their future "
        r"values in known=, or say in covariates= how to fill them: 'carry' .*; name "
        r"columns of sales in target= to leave them out\.$"
    )
    with pytest.raises(ValueError, match=message):
        future_frame(pd.DataFrame(history()), HORIZON, **KEYS)
    # a forgotten target is never made up on the quiet
    with pytest.raises(ValueError, match="'units'"):
        future_frame(pd.DataFrame(history()), HORIZON, series=["store", "item"])


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"horizon": 0},
            ValueError,
            r"The 'horizon' parameter of future_frame must be",
        ),
        ({"horizon": -1}, ValueError, r"must be an int in the range \[1, inf\)"),
        ({"horizon": 1.5}, ValueError, r"The 'horizon' parameter"),
        ({"end": "last"}, ValueError, r"The 'end' parameter of future_frame must be"),
        ({"active_within": -1}, ValueError, r"The 'active_within' parameter"),
        (
            {"covariates": {"cost": 1}},
            ValueError,
            r"^covariates= names \['cost'\], whi",
        ),
        (
            {"covariates": {"units": 1}},
            ValueError,
            r"those are \['brand', 'price', 'pr",
        ),
        ({"series": "store"}, ValueError, r"^X holds 1 duplicated row\(s\): store='n'"),
        ({"time": "when"}, ValueError, r"^time='when' is not a column of X"),
        ({"freq": "W-MON"}, ValueError, r"off the grid freq='W-MON'"),
    ],
)
def test_wrong_arguments_say_what_is_allowed(parameters, error, message):
    parameters = {"horizon": 2, "covariates": "carry", **KEYS, **parameters}
    with pytest.raises(error, match=message):
        future_frame(pd.DataFrame(history()), **parameters)
