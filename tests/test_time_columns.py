# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Times that are added come in the form in which those of the table came."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_sales import complete_panel

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize(
    "freq", ["h", "15min", "D", "B", "W-TUE", "2W-MON", "MS", "ME", "QS-FEB", "YE-DEC"]
)
def test_every_frequency_is_completed(freq):
    dates = pd.date_range("2024-01-01", periods=40, freq=freq)
    kept = np.delete(np.arange(40), [3, 4, 5, 17, 38])
    X = pd.DataFrame({"date": dates[kept], "units": 1})
    completed, added = complete_panel(X, target="units", return_added=True)
    np.testing.assert_array_equal(completed["date"], dates)
    assert list(np.flatnonzero(added)) == [3, 4, 5, 17, 38]
    np.testing.assert_array_equal(completed["units"], ~added)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Asia/Kolkata"])
def test_days_of_a_zone_are_completed_across_clock_changes(zone):
    dates = pd.date_range("2021-01-01", periods=365).tz_localize(
        zone, nonexistent="shift_forward"
    )
    kept = np.delete(np.arange(365), [86, 87, 88, 246, 247, 248, 303])
    X = pd.DataFrame({"date": dates[kept], "units": 1})
    completed = complete_panel(X, target="units")
    assert list(completed["date"]) == list(dates)
    assert completed["date"].dtype == X["date"].dtype
    assert completed["units"].sum() == len(kept)


@pytest.mark.parametrize("freq", ["D", "M", "Q-JAN", "2D"])
def test_periods_are_completed(freq):
    dates = pd.period_range("2024-01-01", periods=12, freq=freq)
    X = pd.DataFrame({"date": dates.delete([4, 5]), "units": 1.0})
    completed = complete_panel(X, freq=freq, target="units", fill="missing")
    assert list(completed["date"]) == list(dates)
    assert completed["date"].dtype == X["date"].dtype
    assert list(np.flatnonzero(completed["units"].isna())) == [4, 5]


@pytest.mark.parametrize("dtype", ["int64", "int16", "Int32", "float64", "float32"])
def test_numeric_times_are_completed(dtype):
    X = pd.DataFrame({"week": pd.array([10, 12, 18, 20], dtype=dtype), "units": 1})
    completed = complete_panel(X, target="units")
    assert list(completed["week"]) == [10, 12, 14, 16, 18, 20]
    assert completed["week"].dtype == X["week"].dtype
    assert list(completed["units"]) == [1, 1, 0, 0, 1, 1]


def test_irregular_times_are_those_of_all_series():
    X = pd.DataFrame({"item": [0, 0, 0, 1, 1], "t": [0.0, 0.1, 7.0, 0.1, 9.25]})
    completed = complete_panel(X, series="item", time="t", end="common")
    assert list(completed["t"]) == [0.0, 0.1, 7.0, 9.25, 0.1, 7.0, 9.25]


PATTERNS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_text_times_are_written_as_those_that_are_there(library, pattern):
    dates = pd.date_range("2024-01-30", periods=6).strftime(pattern)
    X = LIBRARIES[library]({"date": list(dates[[0, 1, 5]]), "units": [1, 1, 1]})
    completed = complete_panel(X, time="date", freq="D", target="units")
    column = completed["date"]
    found = column.to_pylist() if library == "pyarrow" else list(column)
    assert found == list(dates)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (["2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z"], "2024-01-02T00:00:00Z"),
        (
            ["2024-01-01T00:00:00+01:00", "2024-01-03T00:00:00+01:00"],
            "2024-01-02T00:00:00+01:00",
        ),
        (
            ["2024-01-01 00:00:00+00:00", "2024-01-03 00:00:00+00:00"],
            "2024-01-02 00:00:00+00:00",
        ),
        (["2024-01-01", "2024-01-03T00:00:00"], "2024-01-02T00:00:00"),
        (["2024-01", "2024-03"], "2024-02"),
    ],
)
def test_text_with_zones_or_in_several_ways(text, added):
    freq = "MS" if len(added) == 7 else "D"
    completed = complete_panel(pd.DataFrame({"date": text}), freq=freq)
    assert list(completed["date"]) == [text[0], added, text[1]]


def test_categories_of_text_grow():
    dates = pd.date_range("2024-01-30", periods=4).strftime("%Y-%m-%d")
    X = pd.DataFrame({"date": pd.Categorical(dates[[0, 1, 3]])})
    completed = complete_panel(X, freq="D")
    assert list(completed["date"]) == list(dates)
    assert list(completed["date"].cat.categories) == list(dates[[0, 1, 3, 2]])
    polars = pl.DataFrame({"date": pl.Series(dates[[0, 3]], dtype=pl.Categorical)})
    assert complete_panel(polars, time="date", freq="D")["date"].to_list() == list(
        dates
    )


@pytest.mark.parametrize(
    "kind", [datetime.date, datetime.datetime, pd.Timestamp, np.datetime64]
)
def test_objects_of_dates_keep_their_class(kind):
    dates = pd.date_range("2024-01-01", periods=4)
    values = {
        datetime.date: list(dates.date),
        datetime.datetime: list(dates.to_pydatetime()),
        pd.Timestamp: list(dates),
        np.datetime64: list(dates.to_numpy()),
    }[kind]
    kept = pd.Series([values[0], values[3]], dtype=object)
    completed = complete_panel(pd.DataFrame({"date": kept}), freq="D")
    assert list(completed["date"]) == values
    assert {type(v) for v in completed["date"]} == {type(values[0])}


@pytest.mark.parametrize(
    "dtype",
    [
        pl.Date,
        pl.Datetime("ms"),
        pl.Datetime("ns"),
        pl.Datetime("us", "Europe/Berlin"),
    ],
)
def test_time_types_of_polars_are_kept(dtype):
    dates = pl.Series("date", [datetime.date(2024, 3, d) for d in (29, 30, 31)])
    dates = dates.cast(pl.Datetime("us"))
    zone = getattr(dtype, "time_zone", None)
    dates = dates.dt.replace_time_zone(zone) if zone else dates.cast(dtype)
    X = pl.DataFrame({"date": dates[[0, 2]], "units": [1, 2]})
    completed = complete_panel(X, freq="D", target="units")
    assert completed["date"].dtype == dtype
    assert completed["date"].to_list() == dates.to_list()


@pytest.mark.parametrize(
    "kind",
    [pa.date32(), pa.timestamp("s"), pa.timestamp("us", "UTC"), pa.timestamp("ns")],
)
def test_time_types_of_arrow_are_kept(kind):
    days = [datetime.date(2024, 3, d) for d in (29, 30, 31)]
    dates = pa.array(days, type=pa.date32())
    if kind != pa.date32():
        dates = dates.cast(pa.timestamp("us")).cast(kind)
    X = pa.table({"date": dates.take([0, 2])})
    completed = complete_panel(X, freq="D")
    assert completed["date"].type == kind
    assert completed["date"].to_pylist() == dates.to_pylist()
    held = pd.DataFrame(
        {"date": pd.array(dates.take([0, 2]), dtype=pd.ArrowDtype(kind))}
    )
    assert list(complete_panel(held, freq="D")["date"]) == list(
        pd.array(dates, dtype=pd.ArrowDtype(kind))
    )
