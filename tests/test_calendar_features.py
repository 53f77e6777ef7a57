# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Calendar columns against plain dates, and the tables that they are appended to."""

import calendar
import datetime
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_sales.model_selection import PanelTimeSeriesSplit
from sklearn_sales.preprocessing import CalendarFeatures, LagFeatures

ALL_PARTS = (
    *("year", "quarter", "month", "week_of_year", "week_of_month", "day_of_month"),
    *("day_of_year", "weekday", "hour", "minute"),
    *("is_weekend", "is_month_start", "is_month_end"),
)
DAYS = pd.date_range("2023-12-18", periods=400)


def frame_of(times, name="date"):
    return pd.DataFrame({name: times})


def features(times, *args, **params):
    """Calendar columns alone of a table with nothing but times."""
    return CalendarFeatures(*args, passthrough=False, **params).fit_transform(
        frame_of(times)
    )


def month_length(day):
    return calendar.monthrange(day.year, day.month)[1]


def year_length(day):
    return 366 if calendar.isleap(day.year) else 365


def weeks_of_iso_year(day):
    return datetime.date(day.isocalendar()[0], 12, 28).isocalendar()[1]


def plain_parts(stamp):
    """The parts of one time of a day or shorter, by the standard library."""
    day = stamp.date()
    return {
        "year": day.year,
        "quarter": (day.month + 2) // 3,
        "month": day.month,
        "week_of_year": day.isocalendar()[1],
        "week_of_month": (day.day + 6) // 7,
        "day_of_month": day.day,
        "day_of_year": (day - datetime.date(day.year, 1, 1)).days + 1,
        "weekday": day.weekday(),
        "hour": stamp.hour,
        "minute": stamp.minute,
        "is_weekend": day.weekday() in (5, 6),
        "is_month_start": day.day == 1,
        "is_month_end": day.day == month_length(day),
    }


@given(
    start=st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2100, 1, 1)),
    minutes=st.sampled_from([7, 60, 180, 1440]),
)
def test_ordinal_parts_equal_those_of_plain_dates(start, minutes):
    start = start.replace(second=0, microsecond=0)
    times = pd.date_range(start, periods=60, freq=pd.Timedelta(minutes=minutes))
    found = features(times, list(ALL_PARTS), freq=f"{minutes}min")
    expected = pd.DataFrame([plain_parts(stamp) for stamp in times])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    years = found.columns == "year"
    assert set(found.dtypes[~years]) == {np.dtype(np.int16)}
    assert set(found.dtypes[years]) == {np.dtype(np.int32)}


@given(start=st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)))
def test_cyclic_parts_close_their_circle(start):
    times = pd.date_range(start, periods=30, freq="D")
    names = ["month", "week_of_year", "day_of_month", "day_of_year", "weekday"]
    found = features(times, names, encoding="cyclic")
    for name, length, first in [
        ("month", lambda day: 12, 1),
        ("week_of_year", weeks_of_iso_year, 1),
        ("day_of_month", month_length, 1),
        ("day_of_year", year_length, 1),
        ("weekday", lambda day: 7, 0),
    ]:
        values = [plain_parts(stamp)[name] - first for stamp in times]
        shares = [v / length(t.date()) for v, t in zip(values, times, strict=True)]
        angle = 2 * np.pi * np.array(shares)
        assert_allclose(found[f"sin_{name}"], np.sin(angle), atol=1e-12)
        assert_allclose(found[f"cos_{name}"], np.cos(angle), atol=1e-12)
    assert found.shape[1] == 2 * len(names)


def test_one_column_for_each_value():
    found = features(DAYS, ["weekday", "month", "is_weekend"], encoding="onehot")
    assert list(found) == [
        *[f"weekday_{value}" for value in range(7)],
        *[f"month_{value}" for value in range(1, 13)],
        "is_weekend",
    ]
    ordinal = features(DAYS, ["weekday", "month"])
    for name in ordinal:
        columns = [column for column in found if column.startswith(f"{name}_")]
        assert (found[columns].sum(axis=1) == 1).all()
        values = [int(column.removeprefix(f"{name}_")) for column in columns]
        assert_array_equal(found[columns].to_numpy() @ values, ordinal[name])


def test_a_cycle_of_the_calendar_and_a_cycle_of_positions():
    found = features(DAYS, None, fourier={"year": 2, "week": 1, 7: 3, 365.25: 1})
    assert list(found) == [
        *("sin_year_1", "cos_year_1", "sin_year_2", "cos_year_2"),
        *("sin_week_1", "cos_week_1"),
        *("sin_7_1", "cos_7_1", "sin_7_2", "cos_7_2", "sin_7_3", "cos_7_3"),
        *("sin_365.25_1", "cos_365.25_1"),
    ]
    share = np.array([(t.day_of_year - 1) / year_length(t) for t in DAYS])
    assert_allclose(found["sin_year_2"], np.sin(4 * np.pi * share), atol=1e-12)
    # the first day is a Monday: position and weekday agree
    assert_allclose(found["sin_7_1"], found["sin_week_1"], atol=1e-12)
    position = np.arange(len(DAYS))
    assert_allclose(found["cos_7_3"], np.cos(6 * np.pi * position / 7), atol=1e-12)
    angle = 2 * np.pi * position / 365.25
    assert_allclose(found["cos_365.25_1"], np.cos(angle), atol=1e-12)
    new_year = found.loc[DAYS == "2024-01-01"].iloc[0]
    assert_allclose(new_year[["sin_year_1", "cos_year_1"]].to_numpy(), [0, 1])


def test_cycles_within_a_day_and_a_month():
    times = pd.date_range("2024-02-28", periods=60, freq="h")
    found = features(times, None, fourier=[("day", 1), ("month", 1)])
    hours = times.hour.to_numpy()
    assert_allclose(found["sin_day_1"], np.sin(2 * np.pi * hours / 24), atol=1e-12)
    length = times.days_in_month.to_numpy()
    share = (times.day.to_numpy() - 1 + hours / 24) / length
    assert_allclose(found["cos_month_1"], np.cos(2 * np.pi * share), atol=1e-12)


def test_the_sine_that_is_zero_everywhere_is_left_out():
    found = features(np.arange(24), None, fourier=[(12, 6)])
    assert "cos_12_6" in found
    assert "sin_12_6" not in found
    assert np.linalg.matrix_rank(found.assign(one=1.0)) == 12 == found.shape[1] + 1


AUTO_PARTS = {
    "30min": ["minute", "hour", "weekday", "month"],
    "2h": ["hour", "weekday", "day_of_month", "month"],
    "D": ["weekday", "day_of_month", "week_of_year", "month"],
    "B": ["weekday", "day_of_month", "week_of_year", "month"],
    "W-TUE": ["week_of_year", "month"],
    "MS": ["month", "quarter"],
    "ME": ["month", "quarter"],
    "QS-FEB": ["quarter"],
    "QE-DEC": ["quarter"],
    "YE-DEC": ["year"],
}


@pytest.mark.parametrize("freq", AUTO_PARTS)
def test_auto_takes_the_parts_of_the_frequency(freq):
    times = pd.date_range("2024-01-01", periods=30, freq=freq)
    assert list(features(times)) == AUTO_PARTS[freq]
    assert list(features(times.tz_localize("Asia/Tokyo"))) == AUTO_PARTS[freq]


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("h", AUTO_PARTS["2h"]),
        ("15min", AUTO_PARTS["30min"]),
        ("D", AUTO_PARTS["D"]),
        ("W-SAT", AUTO_PARTS["W-TUE"]),
        ("M", AUTO_PARTS["MS"]),
        ("Q-JAN", AUTO_PARTS["QS-FEB"]),
        ("Y-DEC", AUTO_PARTS["YE-DEC"]),
    ],
)
def test_auto_parts_of_periods(freq, expected):
    times = pd.period_range("2024-01-01", periods=30, freq=freq)
    assert list(features(times)) == expected


def test_auto_parts_of_irregular_times_and_of_numbers():
    days = DAYS[[0, 1, 4, 9, 33, 34, 90]]
    assert list(features(days, freq="irregular")) == AUTO_PARTS["D"]
    hours = days + pd.to_timedelta(np.arange(7) % 2, unit="h")
    assert list(features(hours, freq="irregular")) == AUTO_PARTS["2h"]
    assert features([3, 5, 9, 7])["position"].tolist() == [0, 1, 3, 2]
    assert features([3.0, 5.5, 9.0, 7.0])["position"].tolist() == [0, 1, 3, 2]


def test_the_local_clock_rules():
    utc = pd.date_range("2024-12-31T20:00", periods=8, freq="h", tz="UTC")
    local = features(utc.tz_convert("Asia/Tokyo"), list(ALL_PARTS), holidays="JP")
    naive = features(
        utc.tz_convert("Asia/Tokyo").tz_localize(None), list(ALL_PARTS), holidays="JP"
    )
    pd.testing.assert_frame_equal(local, naive)
    assert local["hour"].tolist() == [5, 6, 7, 8, 9, 10, 11, 12]
    assert local["is_holiday"].all()


def test_days_across_a_change_of_the_clock():
    days = pd.date_range("2024-03-28", periods=7, tz="Europe/Berlin")
    naive = features(days.tz_localize(None), [*ALL_PARTS, "position"])
    pd.testing.assert_frame_equal(features(days, [*ALL_PARTS, "position"]), naive)


def make_panel():
    frame = pd.DataFrame({"store": np.repeat(["b", "a"], 60)})
    frame["date"] = np.tile(DAYS[:60], 2)
    frame["price"] = np.linspace(1, 2, 120)
    frame["note"] = "x"
    return frame.sample(frac=1, random_state=0)


RICH = {
    "encoding": "cyclic",
    "fourier": {"year": 2},
    "holidays": "DE",
    "holiday_names": True,
    "paydays": [-1],
    "series": "store",
}
TO_LIBRARY = {
    "pandas": lambda frame: frame,
    "polars": lambda frame: pl.from_pandas(frame),
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


@pytest.mark.parametrize("library", TO_LIBRARY)
@pytest.mark.parametrize("passthrough", [True, False])
def test_a_data_frame_gives_one_of_the_same_library(library, passthrough):
    X = make_panel()
    model = CalendarFeatures(**RICH, passthrough=passthrough)
    expected = model.fit_transform(X)
    table = TO_LIBRARY[library](X)
    out = model.fit_transform(table)
    assert type(out) is type(table)
    if library != "pandas":
        expected = TO_LIBRARY[library](expected)
    assert out.equals(expected)
    names = out.column_names if library == "pyarrow" else list(out.columns)
    assert names == list(model.get_feature_names_out())
    assert (names[:4] == list(X)) == passthrough


@pytest.mark.parametrize("library", TO_LIBRARY)
@pytest.mark.parametrize("wanted", ["pandas", "polars"])
def test_set_output(library, wanted):
    X = make_panel().reset_index(drop=True)
    expected = CalendarFeatures(**RICH).fit_transform(X)
    model = CalendarFeatures(**RICH).set_output(transform=wanted)
    out = model.fit_transform(TO_LIBRARY[library](X))
    kind = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[wanted]
    assert isinstance(out, kind)
    out = out if wanted == "pandas" else out.to_pandas()
    pd.testing.assert_frame_equal(out, expected, check_dtype=False)


def test_pandas_keeps_its_index_and_types():
    X = make_panel()
    X["note"] = X["note"].astype("category")
    before = X.copy()
    out = CalendarFeatures(**RICH).fit_transform(X)
    pd.testing.assert_frame_equal(out[list(X)], X)
    pd.testing.assert_frame_equal(X, before)
    twice = X.iloc[[3, 3, 5]]
    again = CalendarFeatures(**RICH).fit(X).transform(twice)
    pd.testing.assert_frame_equal(again, out.iloc[[3, 3, 5]])


def test_an_array_gives_an_array():
    X = np.array([[3.0, 0.5], [4.0, 0.25], [6.0, 0.0]])
    out = CalendarFeatures(fourier=[(4, 1)]).fit_transform(X)
    assert_allclose(out, [
        [3, 0.5, 0, 0, 1], [4, 0.25, 1, 1, 0], [6, 0, 3, -1, 0],
    ], atol=1e-12)  # fmt: skip
    frame = CalendarFeatures().set_output(transform="pandas").fit_transform(X)
    assert list(frame) == ["x0", "x1", "position"]


@pytest.mark.parametrize("wanted", ["default", "pandas", "polars"])
def test_an_array_of_objects_may_hold_dates(wanted):
    X = make_panel().reset_index(drop=True)
    expected = CalendarFeatures(**RICH).fit_transform(X)
    model = CalendarFeatures(**{**RICH, "series": 0}).set_output(transform=wanted)
    out = model.fit_transform(X.to_numpy(dtype=object))
    names = ["x0", "x1", "x2", "x3", *list(expected)[4:]]
    assert list(model.get_feature_names_out()) == names
    if wanted == "default":
        assert out.dtype == object
        out = pd.DataFrame(out, columns=names).infer_objects()
    elif wanted == "polars":
        out = out.to_pandas()
    pd.testing.assert_frame_equal(
        out, expected.set_axis(names, axis=1), check_dtype=False
    )


def test_an_array_of_dates():
    out = CalendarFeatures(["day_of_month"]).fit_transform(DAYS.to_numpy()[:, None])
    assert out.dtype == object
    assert out[14].tolist() == [datetime.datetime(2024, 1, 1), 1]


def test_columns_named_by_numbers_are_named_as_in_scikit_learn():
    X = pd.DataFrame({0: DAYS, 1: 2.5})
    out = CalendarFeatures(["month"]).fit_transform(X)
    assert list(out) == ["x0", "x1", "month"]


def test_a_row_depends_on_its_own_time_alone():
    X = make_panel()
    model = CalendarFeatures(**RICH).fit(X)
    out = model.transform(X)
    for rows in ([7], [50, 2, 90], slice(None, None, -1)):
        pd.testing.assert_frame_equal(model.transform(X.iloc[rows]), out.iloc[rows])
    later = X.assign(date=X["date"] + pd.Timedelta(days=1500))
    assert model.transform(later)["days_to_holiday"].between(0, 7).all()


def test_parts_are_worked_out_once_for_each_time(monkeypatch):
    seen = []
    parts = sys.modules["sklearn_sales.preprocessing._calendar_parts"].PARTS

    def counting(dates):
        seen.append(len(dates.stamps))
        return dates.stamps.month

    monkeypatch.setitem(parts, "month", counting)
    CalendarFeatures(["month"]).fit_transform(make_panel())
    assert seen == [60, 60]


@pytest.mark.parametrize("library", TO_LIBRARY)
def test_lag_features_can_follow(library):
    X = make_panel()[["store", "date", "price"]]
    y = np.arange(120.0)
    table = TO_LIBRARY[library](X)
    lags = LagFeatures([1, 7], series="store", horizon=5)
    known = CalendarFeatures(**RICH).fit_transform(X).drop(columns=["store", "date"])
    expected = np.hstack([lags.fit_transform(X, y)[:, :3], known])
    pipeline = make_pipeline(CalendarFeatures(**RICH), lags)
    assert_allclose(pipeline.fit_transform(table, y), expected)
    names = ["lag_1", "lag_7", "step", *known]
    assert list(pipeline.get_feature_names_out()) == names


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_search_finds_the_encoding_that_suits_the_model(library):
    X = make_panel()
    effect = np.array([5.0, 1.0, 7.0, 2.0, 9.0, 0.0, 4.0])
    y = effect[X["date"].dt.day_of_week]
    pipeline = make_pipeline(
        CalendarFeatures(["weekday"], series="store", passthrough=False),
        LinearRegression(),
    )
    grid = {"calendarfeatures__encoding": ["ordinal", "cyclic", "onehot"]}
    search = GridSearchCV(pipeline, grid, cv=PanelTimeSeriesSplit(3))
    table = TO_LIBRARY[library](X)
    search.fit(table, y)
    assert search.best_params_ == {"calendarfeatures__encoding": "onehot"}
    assert_allclose(search.predict(table), y, atol=1e-9)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"parts": ["day"]}, r"parts holds \['day'\]; allowed are \['weekday', 'mon"),
        ({"parts": ["month", "month"]}, "names a part twice"),
        ({"parts": "weekday"}, "The 'parts' parameter of CalendarFeatures must be"),
        ({"encoding": "spline"}, "The 'encoding' parameter of CalendarFeatures must"),
        ({"fourier": {"fortnight": 2}}, r"'fortnight'; allowed are \['day', 'week'"),
        ({"fourier": {7: 4}}, "at least twice the order"),
        ({"fourier": {0: 1}}, "at least twice the order"),
        ({"fourier": {None: 1}}, "at least twice the order"),
        ({"fourier": {"year": 0}}, "the order 0 for the period 'year'"),
        ({"fourier": {"year": 1.5}}, "the order 1.5 for the period 'year'"),
        ({"fourier": [7, 2]}, "neither a mapping of periods to orders nor a list"),
        ({"fourier": [(7, 2), (7, 1)]}, "names a period twice"),
        ({"holidays": "XX"}, "holidays='XX' is no country that the package holidays"),
        ({"holidays": "DE", "subdivision": "ZZ"}, "'ZZ' is no part of 'DE' .*'BW'"),
        ({"subdivision": "BY"}, "subdivision and holiday_names need holidays="),
        ({"holiday_names": True}, "subdivision and holiday_names need holidays="),
        ({"holidays": {}}, "holds no date"),
        ({"holidays": {"Easter": "x"}}, "holidays has a key that is no date"),
        (
            {"holidays": {"2024-01-01": "x"}, "subdivision": "BY"},
            "subdivision needs the code of a country",
        ),
        (
            {"holidays": "US", "holiday_names": ["Oktoberfest"]},
            r"\['Oktoberfest'\], which are no holidays near .*holiday_labor_day",
        ),
        ({"holiday_window": (7, -1)}, "is no pair"),
        ({"holiday_window": (7,)}, "is no pair"),
        ({"paydays": [0]}, "paydays holds 0; a payday is a day of the month, 1 to 31"),
        ({"paydays": [15, 32]}, "paydays holds 32"),
        ({"parts": None, "passthrough": False}, "has no column to return"),
        ({"time": "day"}, "time='day' is not a column of X"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        CalendarFeatures(**params).fit(frame_of(DAYS))


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"parts": ["position", "month"]}, "part 'month'"),
        ({"fourier": {"year": 1}}, "cycle 'year'"),
        ({"holidays": "DE", "paydays": [1]}, "holidays, paydays"),
    ],
)
def test_numbers_have_no_calendar(params, named):
    with pytest.raises(ValueError, match=rf"holds numbers, .*, but {named} need\(s\)"):
        CalendarFeatures(**params).fit(frame_of(np.arange(20), "week"))


def test_bad_tables():
    X = frame_of(DAYS)
    model = CalendarFeatures(["month"])
    with pytest.raises(ValueError, match=r"already has the column\(s\) \['month'\]"):
        model.fit(X.assign(month=1))
    model.fit(X)
    with pytest.raises(ValueError, match="column 'date' holds NaN: 1 row"):
        model.transform(frame_of([pd.NaT, *DAYS]))
    with pytest.raises(ValueError, match="off the grid freq='D'"):
        model.transform(frame_of(DAYS + pd.Timedelta(hours=1)))
    with pytest.raises(ValueError, match="numbers, but fit saw datetimes"):
        model.transform(frame_of(np.arange(5)))
