# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Holidays and paydays against a search day by day."""

import calendar
import datetime
import sys

import holidays
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklearn_sales.preprocessing import CalendarFeatures

DAYS = pd.date_range("2023-12-18", periods=400)


def frame_of(times):
    return pd.DataFrame({"date": times})


def features(times, **params):
    """Columns of holidays and paydays alone."""
    model = CalendarFeatures(None, passthrough=False, **params)
    return model.fit_transform(frame_of(times))


def month_length(day):
    return calendar.monthrange(day.year, day.month)[1]


def days_of(time, freq):
    """The days that a time stands for."""
    if isinstance(time, pd.Period):
        first, last = time.start_time, time.end_time
    elif freq.startswith("W"):
        first, last = time - pd.Timedelta(days=6), time
    elif freq[0] in "MQ":
        months = 1 if freq[0] == "M" else 3
        ends = freq[1] == "E"
        month = time.to_period("M")
        first = (month - (months - 1) * ends).start_time
        last = (month + (months - 1) * (not ends)).end_time
    else:
        first = last = time
    return [stamp.date() for stamp in pd.date_range(first.normalize(), last)]


def plain_columns(times, freq, listed, name, before, after):
    """Counts and distances, day by day."""
    spans = [days_of(time, freq) for time in times]
    rows = []
    for span in spans:
        row = {"n": sum(day in listed for day in span)}
        to_next = since_last = 0
        if not row["n"]:
            one = datetime.timedelta(days=1)
            while span[-1] + to_next * one not in listed and to_next < before:
                to_next += 1
            while span[0] - since_last * one not in listed and since_last < after:
                since_last += 1
        rows.append(
            {**row, f"days_to_{name}": to_next, f"days_since_{name}": since_last}
        )
    longest = max(map(len, spans))
    table = pd.DataFrame(rows)
    table = table.rename(columns={"n": f"is_{name}" if longest == 1 else f"n_{name}s"})
    return table.iloc[:, :1] if longest > 27 else table


FREQUENCIES = ["D", "B", "h", "W-SAT", "W-WED", "MS", "ME", "QS-JAN", "QE-NOV"]


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("window", [(7, 7), (3, 12)])
def test_holidays_equal_a_search_day_by_day(freq, window):
    times = pd.date_range("2023-11-08", periods=120, freq=freq)
    listed = holidays.country_holidays("US", years=range(2022, 2055))
    found = features(times, holidays="US", holiday_window=window)
    expected = plain_columns(times, freq, listed, "holiday", *window)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert expected.iloc[:, 0].sum() > 0


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("paydays", [[-1], [15, -1], [1, 31], [-30]])
def test_paydays_equal_a_search_day_by_day(freq, paydays):
    times = pd.date_range("2023-12-20", periods=120, freq=freq)
    days = pd.date_range("2023-01-01", "2055-12-31")
    listed = {
        stamp.date()
        for stamp in days
        for payday in paydays
        if stamp.day
        == (
            min(payday, month_length(stamp))
            if payday > 0
            else max(month_length(stamp) + payday + 1, 1)
        )
    }
    found = features(times, paydays=paydays)
    expected = plain_columns(times, freq, listed, "payday", 62, 62)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize("freq", ["h", "D", "W-SUN", "M", "Q-OCT"])
def test_a_period_stands_for_its_own_days(freq):
    times = pd.period_range("2023-11-01", periods=40, freq=freq)
    listed = holidays.country_holidays("US", years=range(2022, 2036))
    found = features(times, holidays="US")
    expected = plain_columns(times, freq, listed, "holiday", 7, 7)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_every_third_day_stands_for_three_days_from_its_date():
    times = pd.date_range("2024-12-22", periods=8, freq="3D")
    found = features(times, holidays={"2024-12-27": "sale", "2024-12-28": "sale"})
    assert found["n_holidays"].tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    assert found["days_to_holiday"].tolist()[:2] == [3, 0]
    assert found["days_since_holiday"].tolist()[2:5] == [0, 3, 6]


def test_thanksgiving_lies_in_the_week_that_ends_after_it():
    weeks = pd.date_range("2011-11-04", periods=6, freq="W-FRI")
    found = features(
        weeks, holidays="US", holiday_names=["Thanksgiving Day"]
    )  # fmt: skip
    by_week = dict(zip(weeks.strftime("%m-%d"), found.to_dict("records"), strict=True))
    assert by_week["11-25"]["holiday_thanksgiving_day"] == 1
    assert by_week["11-18"]["days_to_holiday"] == 6
    assert found["holiday_thanksgiving_day"].sum() == 1


def test_subdivision_and_holiday_names():
    times = pd.date_range("2024-01-01", "2024-12-31")
    found = features(times, holidays="DE", subdivision="BY", holiday_names=True)
    listed = holidays.country_holidays("DE", subdiv="BY", years=2024)
    assert_array_equal(found["is_holiday"], [time in listed for time in times])
    single = found.filter(like="holiday_")
    assert list(single)[:2] == ["holiday_all_saints_day", "holiday_ascension_day"]
    assert_array_equal(single.sum(axis=1), found["is_holiday"])
    berlin = features(times, holidays="DE", subdivision="BE")
    assert berlin["is_holiday"].sum() < found["is_holiday"].sum()


def test_names_do_not_depend_on_the_language_of_the_machine(monkeypatch):
    here = list(features(DAYS, holidays="DE", holiday_names=True))
    monkeypatch.setenv("LANGUAGE", "de")
    assert list(features(DAYS, holidays="DE", holiday_names=True)) == here
    assert "holiday_christmas_day" in here


def test_names_are_learned_in_fit():
    spring = frame_of(pd.date_range("2024-03-01", "2024-05-30"))
    winter = frame_of(pd.date_range("2025-12-20", "2026-01-10"))
    model = CalendarFeatures(None, holidays="DE", holiday_names=True).fit(spring)
    listed = holidays.country_holidays("DE", years=2024, language="en_US")
    names = {listed[day] for day in spring["date"] if day in listed}
    slugs = ["holiday_" + name.lower().replace(" ", "_") for name in names]
    assert model.holiday_names_ == sorted(slugs)
    assert len(slugs) == 5
    out = model.transform(winter)
    assert list(out) == list(model.get_feature_names_out())
    assert not out[model.holiday_names_].to_numpy().any()
    assert out["is_holiday"].sum() == 3


def test_dates_of_ones_own():
    own = {
        "2024-03-05": "Black Friday",
        datetime.date(2024, 3, 7): "Men's day!",
        pd.Timestamp("2024-03-08"): "Black Friday",
    }
    times = pd.date_range("2024-03-04", periods=6)
    found = features(times, holidays=own, holiday_names=True)
    assert found["holiday_black_friday"].tolist() == [0, 1, 0, 0, 1, 0]
    assert found["holiday_mens_day"].tolist() == [0, 0, 0, 1, 0, 0]
    assert found["days_to_holiday"].tolist() == [1, 0, 1, 0, 0, 7]
    without = features(times, holidays=own, holiday_window=(0, 0))
    assert list(without) == ["is_holiday"]


def test_the_package_holidays_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-sales\[holidays\]"'):
        CalendarFeatures(holidays="DE").fit(frame_of(DAYS))
    CalendarFeatures(holidays={"2024-01-01": "New Year"}).fit(frame_of(DAYS))
