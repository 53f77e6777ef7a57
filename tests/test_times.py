# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Time columns of every type hold the same numbers, or say why they hold none."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sklearn_sales.panel._infer_calendar import make_calendar
from sklearn_sales.panel._times import parse_times


def parse_named(values):
    return parse_times(pd.Series(values), "the time column")


def microseconds(index):
    """What every column with these dates holds."""
    return (
        index.tz_convert(None).as_unit("us").asi8
        if index.tz
        else (index.as_unit("us").asi8)
    )


def dates(freq="D", periods=60, zone=None):
    return pd.date_range("2021-01-01", periods=periods, freq=freq, tz=zone)


ISO_FORMATS = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y%m%d",
]


@pytest.mark.parametrize("pattern", ISO_FORMATS)
@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_iso_strings_are_dates(pattern, dtype):
    index = dates("W-SAT")
    text = pd.Series(index.strftime(pattern)).astype(dtype)
    times = parse_named(text)
    np.testing.assert_array_equal(times.values, microseconds(index))
    assert make_calendar(times).freq == "W-SAT"


def test_iso_strings_with_an_offset_are_zoned():
    times = parse_named(["2021-01-01T00:00:00Z", "2021-01-02T00:00:00Z"])
    assert times.zone == "UTC"
    assert make_calendar(times).freq == "D"


@pytest.mark.parametrize(
    "convert",
    [
        lambda index: index.to_numpy(),
        lambda index: index.to_numpy().astype("datetime64[D]"),
        lambda index: index.as_unit("ns"),
        lambda index: index.as_unit("s"),
        lambda index: pd.Series(index.date),
        lambda index: pd.Series(index.to_pydatetime(), dtype=object),
        lambda index: pd.Series(index, dtype=object),
        lambda index: pd.Series(index, dtype=pd.ArrowDtype(pa.timestamp("us"))),
        lambda index: pd.Series(index.date, dtype=pd.ArrowDtype(pa.date32())),
        lambda index: pd.Series(index.strftime("%Y-%m-%d"), dtype="string[pyarrow]"),
    ],
    ids=["ns", "D", "as_ns", "as_s", "date", "datetime", "object", "arrow", "d32", "s"],
)
def test_every_type_of_naive_dates_has_the_same_values(convert):
    index = dates("D", periods=20)
    times = parse_times(convert(index), "t")
    assert (times.kind, times.zone) == ("datetime", None)
    np.testing.assert_array_equal(times.values, microseconds(index))


def test_zoned_arrow_timestamps_keep_their_zone():
    index = dates(zone="Europe/Berlin")
    arrow = pd.Series(index, dtype=pd.ArrowDtype(pa.timestamp("us", "Europe/Berlin")))
    times = parse_times(arrow, "t")
    assert times.zone == "Europe/Berlin"
    np.testing.assert_array_equal(times.values, microseconds(index))


@pytest.mark.parametrize("dtype", [object, "Int64", "int8", "float32"])
def test_numbers_of_any_type(dtype):
    times = parse_times(pd.Series([3, 1, 2], dtype=dtype), "t")
    assert times.kind == "number"
    assert list(times.values) == [3.0, 1.0, 2.0]


def test_written_dates_are_no_numbers():
    message = (
        r"holds whole numbers that read as dates, such as 20240131\. Convert them with "
        r"pandas\.to_datetime\(x\.astype\(str\), format='%Y%m%d'\)"
    )
    with pytest.raises(ValueError, match=message):
        parse_named([20240131, 20240201])
    # nor do all numbers of that size read as dates
    assert parse_named([20240131, 20240132]).kind == "number"


def test_months_and_weeks_written_as_numbers_are_refused():
    months = [*range(202407, 202413), *range(202501, 202504)]
    with pytest.raises(ValueError, match="read as months of years, such as 202407 to"):
        parse_named(months)
    weeks = [*range(202430, 202453), *range(202501, 202510)]
    with pytest.raises(ValueError, match="read as weeks of years.*format='%G%V%u'"):
        parse_named(weeks)
    # numbers that only count fill the hundreds between
    assert parse_named([*range(202390, 202420)]).kind == "number"
    assert parse_named([*range(202401, 202413)]).kind == "number"


@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        (pd.Series([1.0, np.nan]), ValueError, r"NaN: 1 row.s. have no time .*row 1"),
        (pd.Series([1.0, np.inf]), ValueError, r"holds infinity; times are finite"),
        (pd.Series([True, False]), TypeError, r"holds booleans; a time is a date or"),
        (pd.Series([pd.NaT, pd.Timestamp(0)]), ValueError, r"holds NaN: 1 row.*row 0"),
        (pd.Series(["2021-01-01", None]), ValueError, r"holds NaN: 1 row.*at row 1"),
        (pd.Series(["yesterday"]), ValueError, r"text that is no ISO 8601 date"),
        (pd.Series(["31.12.2021"]), ValueError, r"text that is no ISO 8601 date"),
        (
            pd.Series(["2021-01-01T00:00:00+01:00", "2021-07-01T00:00:00+02:00"]),
            ValueError,
            r"mixes time zones; bring all times to one zone, .*utc=True",
        ),
        (
            pd.Series(["2021-01-01T00:00:00", "2021-07-01T00:00:00+02:00"]),
            ValueError,
            r"mixes time zones",
        ),
        (
            pd.Series(
                [pd.Timestamp("2021-01-01", tz="UTC"), pd.Timestamp("2021-01-01")]
            ),
            ValueError,
            r"mixes time zones",
        ),
        (
            pd.Series(
                [
                    pd.Timestamp("2021-01-01", tz="UTC"),
                    pd.Timestamp("2021-01-01", tz="Asia/Tokyo"),
                ]
            ),
            ValueError,
            r"mixes time zones",
        ),
        (pd.Series([{}, []]), TypeError, r"argument must be a string or a real number"),
        (
            pd.Series([pd.Timedelta("1D")]),
            TypeError,
            r"holds values of type timedelta64.*a date or",
        ),
        (
            pd.Series(pd.to_datetime(["2021-01-01"])).astype(object).map({}.get),
            ValueError,
            r"holds NaN",
        ),
    ],
)
def test_columns_that_are_no_time_say_why(column, error, message):
    with pytest.raises(error, match=message):
        parse_times(column, "the time column")
