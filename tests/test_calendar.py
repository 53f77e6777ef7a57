# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Times as positions on one grid: pandas' own date ranges are the reference."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales.panel import read_keys, read_table
from sklearn_sales.panel._infer_calendar import make_calendar
from sklearn_sales.panel._times import parse_times

WEEKDAYS = "MON TUE WED THU FRI SAT SUN".split()
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()

# frequency -> season; each is inferred from its own times under the same name
NAMED = {
    **{"h": 24, "D": 7, "B": 5, "MS": 12, "ME": 12},
    **dict.fromkeys(("15min", "6h", "90s", "500ms", "3D", "2W-MON", "2MS", "5ME"), 1),
    **{f"W-{day}": 52 for day in WEEKDAYS},
    **{f"{name}-{month}": 1 for name in ("YS", "YE") for month in MONTHS},
    **{f"QS-{month}": 4 for month in MONTHS[:3]},
    **{f"QE-{month}": 4 for month in MONTHS[9:]},
}
# other names of the same grids, as pandas writes them
SYNONYMS = {
    **{"QS-OCT": "QS-JAN", "QS-AUG": "QS-FEB", "2YS-JAN": "24MS", "14D": "2W-FRI"},
    **{"QE-MAR": "QE-DEC", "QE-JAN": "QE-OCT", "2QE-MAR": "6ME"},
}
PERIODS = {
    **{"h": 24, "D": 7, "W-SUN": 52, "W-WED": 52, "M": 12, "Q-DEC": 4, "Q-JAN": 4},
    **dict.fromkeys(("Y-DEC", "15min", "2D", "3M"), 1),
}
BY_CLOCK = ("h", "15min", "6h", "90s", "500ms")
ZONES = ("Europe/Berlin", "America/Santiago", "America/Havana", "Asia/Kolkata")


def times_of(values):
    return parse_times(pd.Series(values), "the time column 'date'")


def numbers_of(index):
    return parse_times(pd.Series(index), "expected").values


def dates(freq, periods=60):
    return pd.date_range("2021-01-01", periods=periods, freq=freq)


def zoned(freq, zone, periods=500):
    """Dates by the clock on the wall; a midnight may be skipped or come twice."""
    if freq in BY_CLOCK:
        return pd.date_range("2021-01-01", periods=periods, freq=freq, tz=zone)
    first = np.ones(periods, dtype=bool)
    local = dates(freq, periods)
    return local.tz_localize(zone, nonexistent="shift_forward", ambiguous=first)


def assert_inverse(calendar, index):
    """Positions count the times of a gapless index from zero, there and back."""
    counted = np.arange(len(index))
    times = times_of(index)
    np.testing.assert_array_equal(calendar.positions(times), counted)
    back = calendar.times(counted)
    np.testing.assert_array_equal(numbers_of(back), times.values)
    # the grid goes on beyond both ends
    beyond = np.arange(-20, len(index) + 20)
    ahead = times_of(calendar.times(beyond))
    np.testing.assert_array_equal(calendar.positions(ahead), beyond)
    assert len(np.unique(ahead.values)) == len(beyond)


# Each frequency, inferred and given


@pytest.mark.parametrize("freq", NAMED)
@pytest.mark.parametrize("is_given", [False, True])
def test_dates_of_a_frequency_are_counted(freq, is_given):
    index = dates(freq)
    calendar = make_calendar(times_of(index), freq if is_given else None)
    assert calendar.freq == freq
    assert calendar.season == NAMED[freq]
    assert calendar.kind == "datetime"
    assert_inverse(calendar, index)


@pytest.mark.parametrize("freq", NAMED)
def test_the_grid_goes_on_as_pandas_goes_on(freq):
    index = dates(freq, periods=90)
    calendar = make_calendar(times_of(index[30:60]), None)
    assert calendar.freq == freq
    back = calendar.times(np.arange(-30, 60))
    assert back.dtype == np.dtype("datetime64[us]")
    np.testing.assert_array_equal(back, index)


@pytest.mark.parametrize("freq", SYNONYMS)
def test_synonyms_of_a_frequency(freq):
    index = dates(freq)
    inferred = make_calendar(times_of(index))
    assert inferred.freq == SYNONYMS[freq]
    by_name = make_calendar(times_of(index), freq)
    assert by_name.freq == freq
    for calendar in (inferred, by_name):
        assert_inverse(calendar, index)


@pytest.mark.parametrize("freq", ["h", "15min", "D", "B", "W-THU", "MS", "QE-DEC"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("is_given", [False, True])
def test_zoned_times_across_clock_changes(freq, zone, is_given):
    index = zoned(freq, zone)
    calendar = make_calendar(times_of(index), freq if is_given else None)
    assert calendar.freq == freq
    assert calendar.zone == zone
    assert_inverse(calendar, index)
    assert calendar.times([0, 1]).tz is not None


def test_a_day_without_midnight_is_one_day():
    # Chile put its clocks forward at midnight of 2021-09-05
    index = zoned("D", "America/Santiago", periods=300)
    assert (index[247].day, index[247].hour) == (5, 1)
    calendar = make_calendar(times_of(index[:200]))
    np.testing.assert_array_equal(
        calendar.positions(times_of(index[240:255])), np.arange(240, 255)
    )
    assert list(calendar.times(np.arange(246, 249))) == list(index[246:249])


@pytest.mark.parametrize("clock", ["06:00", "23:30"])
def test_times_of_day_are_kept(clock):
    index = dates("ME") + pd.Timedelta(f"{clock}:00")
    calendar = make_calendar(times_of(index))
    assert calendar.freq == "ME"
    assert_inverse(calendar, index)


@pytest.mark.parametrize("day", [1, 2, 15, 28])
def test_any_day_of_the_month_is_monthly(day):
    index = dates("MS") + pd.Timedelta(days=day - 1)
    calendar = make_calendar(times_of(index))
    assert (calendar.freq, calendar.season) == ("MS", 12)
    assert_inverse(calendar, index)


@pytest.mark.parametrize("freq", PERIODS)
@pytest.mark.parametrize("is_given", [False, True])
def test_periods_of_a_frequency_are_counted(freq, is_given):
    index = pd.period_range("2021-01-01", periods=30, freq=freq)
    calendar = make_calendar(times_of(index), freq if is_given else None)
    assert (calendar.freq, calendar.season) == (freq, PERIODS[freq])
    assert calendar.kind == "period"
    assert_inverse(calendar, index)
    assert calendar.times([0]).dtype == index.dtype


def test_every_second_period_is_a_step_of_two():
    index = pd.period_range("2021-01", periods=30, freq="M")[::2]
    calendar = make_calendar(times_of(index))
    assert calendar.freq == "2M"
    assert_inverse(calendar, index)
    quarters = pd.period_range("2021-01-01", periods=30, freq="15min")[::2]
    assert make_calendar(times_of(quarters)).freq == "30min"


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(10), 1.0),
        (np.arange(-5, 40, 3), 3.0),
        (np.arange(20) * 0.1, 0.1),
        (np.arange(-5, 5) * 0.25, 0.25),
        (np.arange(200) / 3, 0.333333333333),
        (np.array([2, 4, 10, 12]), 2.0),
        (np.arange(10).astype(np.int32), 1.0),
        (np.arange(10).astype(np.float32), 1.0),
        (np.array([3.5]), 1.0),
        (np.arange(1_000_000_000, 1_000_000_000 + 70, 7), 7.0),
    ],
)
def test_constant_steps_of_numbers(values, step):
    calendar = make_calendar(times_of(values))
    assert calendar.freq == pytest.approx(step, rel=1e-9)
    assert (calendar.kind, calendar.season) == ("number", 1)
    positions = calendar.positions(times_of(values))
    np.testing.assert_allclose(calendar.times(positions), values, rtol=1e-9, atol=1e-9)
    beyond = np.arange(-50, 50)
    np.testing.assert_array_equal(
        calendar.positions(times_of(calendar.times(beyond))), beyond
    )


def test_whole_numbers_come_back_whole():
    assert make_calendar(times_of(np.arange(5))).times([7]).dtype == np.int64
    assert make_calendar(times_of(np.arange(5.0))).times([7]).dtype == np.float64


def test_a_step_of_decimals_is_free_of_binary_noise():
    calendar = make_calendar(times_of(np.array([0.0, 0.1, 0.7, 2.0, 2.01])))
    assert calendar.freq == 0.01


def test_a_given_step_of_numbers():
    values = np.array([0.0, 1.0, 2.5])
    calendar = make_calendar(times_of(values), 0.5)
    assert list(calendar.positions(times_of(values))) == [0, 2, 5]


def test_irregular_numbers_are_ranked():
    values = np.array([1.0, 2.0, 4.5, 1000.25])
    calendar = make_calendar(times_of(values))
    assert (calendar.freq, calendar.season) == ("irregular", 1)
    assert list(calendar.positions(times_of(values[::-1]))) == [3, 2, 1, 0]
    np.testing.assert_array_equal(calendar.times(np.arange(4)), values)
    # beyond the ends by the median step, 2.5
    later = times_of(np.array([1000.3, 1002.75, 1005.25, 0.5, -4.0]))
    assert list(calendar.positions(later)) == [4, 4, 5, -1, -2]
    np.testing.assert_array_equal(calendar.times([4, 5, -1]), [1002.75, 1005.25, -1.5])


def test_irregular_dates_are_ranked_only_on_demand():
    stamps = pd.to_datetime(
        ["2024-01-01 00:00:01", "2024-02-03 05:06:07", "2025-02-03 08:09:10"]
    )
    message = (
        r"^the time column 'date' has no regular grid: 3 distinct times from "
        r"2024-01-01 00:00:01 to 2025-02-03 08:09:10 share no step longer than 0 days "
        r"00:00:03\. Bring the rows to one frequency first \(panel_from_orders does so "
        r"for order lines\), or give freq=; freq='irregular' counts the times by rank"
    )
    with pytest.raises(ValueError, match=message):
        make_calendar(times_of(stamps))
    calendar = make_calendar(times_of(stamps), "irregular")
    assert list(calendar.positions(times_of(stamps))) == [0, 1, 2]
    assert list(calendar.times(np.arange(3))) == list(stamps)


# Gaps, order, repetition


@given(
    freq=st.sampled_from(sorted(NAMED)),
    kept=st.sets(st.integers(0, 59), min_size=25),
    seed=st.integers(0, 2**16),
)
def test_gaps_and_order_do_not_move_positions(freq, kept, seed):
    index = dates(freq)[sorted(kept)]
    calendar = make_calendar(times_of(index), freq)
    rows = np.random.default_rng(seed).integers(0, len(index), 100)
    expected = np.array(sorted(kept))[rows]
    first = calendar.positions(times_of(index))[0]
    positions = calendar.positions(times_of(index[rows])) - first
    np.testing.assert_array_equal(positions, expected - min(kept))


@pytest.mark.parametrize("freq", ["h", "D", "B", "W-TUE", "MS", "QE-DEC", "YS-JAN"])
def test_a_gap_does_not_hide_the_frequency(freq):
    index = dates(freq).delete([3, 4, 20, 33])
    calendar = make_calendar(times_of(index))
    assert calendar.freq == freq
    positions = calendar.positions(times_of(index))
    assert list(np.flatnonzero(np.diff(positions) > 1)) == [2, 17, 29]


def test_days_without_sundays_stay_days():
    index = dates("D", periods=100)
    index = index[index.day_of_week != 6]
    assert make_calendar(times_of(index)).freq == "D"


@pytest.mark.parametrize(
    ("old", "new"),
    [("M", "ME"), ("Q", "QE-DEC"), ("A", "YE-DEC"), ("Y", "YE-DEC"), ("H", "h")],
)
def test_old_aliases_of_pandas_are_known(old, new):
    index = dates(new)
    calendar = make_calendar(times_of(index), old)
    assert calendar.freq == new
    assert calendar.season == make_calendar(times_of(index), new).season
    assert_inverse(calendar, index)


@pytest.mark.parametrize(("old", "new"), [("2M", "2ME"), ("30T", "30min")])
def test_multiples_of_old_aliases_are_known(old, new):
    index = dates(new)
    assert make_calendar(times_of(index), old).freq == new


@pytest.mark.parametrize(
    ("freq", "name"),
    [
        (datetime.timedelta(days=1), "D"),
        (np.timedelta64(1, "D"), "D"),
        (pd.Timedelta("3D"), "3D"),
        (pd.Timedelta("6h"), "6h"),
        (pd.offsets.MonthBegin(), "MS"),
        (pd.offsets.Week(weekday=4), "W-FRI"),
    ],
)
def test_offsets_and_timedeltas_are_frequencies(freq, name):
    index = dates(name)
    calendar = make_calendar(times_of(index), freq)
    assert calendar.freq == name
    assert_inverse(calendar, index)


def test_a_week_without_a_weekday_is_anchored_at_the_first_time():
    index = dates("W-TUE")
    assert_inverse(make_calendar(times_of(index), pd.offsets.Week()), index)


@pytest.mark.parametrize("freq", ["foo", "SMS", "BME", "2B", "-1D", "0D"])
def test_unknown_frequencies_list_what_is_allowed(freq):
    message = (
        rf"^freq='{freq}' (is unknown|is not supported|does not go ahead); allowed"
    )
    with pytest.raises(ValueError, match=message):
        make_calendar(times_of(dates("D")), freq)


def test_a_number_is_no_frequency_of_dates():
    message = r"^freq=7 does not suit the time column 'date', which holds dates: give a"
    with pytest.raises(ValueError, match=message):
        make_calendar(times_of(dates("D")), 7)


@pytest.mark.parametrize("freq", ["D", -1, 0])
def test_frequencies_of_numbers_are_positive_steps(freq):
    message = rf"^freq={freq!r} does not suit .* holds numbers: give a positive step"
    with pytest.raises(ValueError, match=message):
        make_calendar(times_of(np.arange(5)), freq)


@pytest.mark.parametrize("freq", ["D", "Q-JAN", "foo", 1])
def test_frequencies_of_periods_must_be_their_own(freq):
    quarters = pd.period_range("2021Q1", periods=8, freq="Q-DEC")
    message = rf"^freq={freq!r} does not suit .* periods of frequency 'Q-DEC'"
    with pytest.raises(ValueError, match=message):
        make_calendar(times_of(quarters), freq)


# Times that do not belong


@pytest.mark.parametrize(
    ("freq", "shift", "first"),
    [
        ("D", "6h", "2021-01-01 06:00:00"),
        ("W-FRI", "1D", "2021-01-02"),
        ("MS", "1D", "2021-01-02"),
        ("ME", "-1D", "2021-01-30"),
        ("B", "1D", "2021-01-02"),
        ("h", "5min", "2021-01-01 00:05:00"),
    ],
)
def test_times_off_the_grid_are_named(freq, shift, first):
    index = dates(freq)
    calendar = make_calendar(times_of(index), freq)
    wrong = times_of(index[:1] + pd.Timedelta(shift))
    message = (
        rf"^the time column 'date' holds 1 distinct time\(s\) off the grid "
        rf"freq='{freq}' \({index[0].date()}.*\), first {first}\. Correct them, or give"
    )
    with pytest.raises(ValueError, match=message):
        calendar.positions(wrong)


@pytest.mark.parametrize(
    ("given", "really"),
    [("W", "W-FRI"), ("MS", "ME"), ("ME", "MS"), ("W-TUE", "W-MON")],
)
def test_the_frequency_that_all_times_have_is_named(given, really):
    times = pd.DataFrame({"date": pd.date_range("2021-03-01", periods=5, freq=really)})
    advice = "Correct them, or give the freq= that the times really have"
    with pytest.raises(ValueError) as caught:
        read_keys(read_table(times), freq=given)
    assert str(caught.value).endswith(f"{advice}: all suit freq={really!r}.")
    late = times.assign(date=times["date"] + pd.to_timedelta([0, 1, 2, 3, 4], "D"))
    with pytest.raises(ValueError) as caught:
        read_keys(read_table(late), freq=given)
    assert str(caught.value).endswith(f"{advice}.")


def test_times_off_a_given_frequency_are_named_in_fit():
    table = read_table(pd.DataFrame({"date": dates("D")}))
    message = (
        r"^the time column 'date' holds 51 distinct time\(s\) off the grid "
        r"freq='W-MON' \(2020-12-28, 2021-01-04, 2021-01-11, \.\.\.\), first 2021-01-01"
    )
    with pytest.raises(ValueError, match=message):
        read_keys(table, freq="W-MON")


@pytest.mark.parametrize(
    ("freq", "first", "shown"),
    [
        ("QS-JAN", "2021-02-01", "2021-01-01, 2021-04-01"),
        ("YS-APR", "2021-02-01", "2020-04-01, 2021-04-01"),
        ("QE-DEC", "2021-02-28", "2020-12-31, 2021-03-31"),
    ],
)
def test_quarters_and_years_keep_their_anchor(freq, first, shown):
    times = times_of(pd.to_datetime([first]))
    message = rf"off the grid freq='{freq}' \({shown}, .*, first {first}"
    with pytest.raises(ValueError, match=message):
        make_calendar(times, freq).positions(times)


def test_four_quarters_may_start_in_any():
    index = pd.date_range("2021-04-01", periods=8, freq="4QS-JAN")
    assert_inverse(make_calendar(times_of(index), "4QS-JAN"), index)


def test_numbers_off_a_given_step_are_named():
    message = r"holds 5 distinct time\(s\) off the grid freq=2\.0 \(0, 2, 4.*first 1\."
    calendar = make_calendar(times_of(np.arange(0, 10, 2)), 2)
    with pytest.raises(ValueError, match=message):
        calendar.positions(times_of(np.arange(10)))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (np.arange(3), r"holds numbers, but fit saw datetimes; give times of the same"),
        (
            pd.period_range("2021-01-01", periods=3),
            r"holds periods, but fit saw datetimes",
        ),
        (
            dates("D").tz_localize("Europe/Berlin"),
            r"is in time zone Europe/Berlin, but fit saw None; convert it with",
        ),
    ],
)
def test_times_of_another_kind_or_zone_are_refused(other, message):
    calendar = make_calendar(times_of(dates("D")))
    with pytest.raises(ValueError, match=message):
        calendar.positions(times_of(other))


def test_another_zone_is_refused():
    calendar = make_calendar(times_of(zoned("D", "Europe/Berlin")))
    message = r"is in time zone Asia/Kolkata, but fit saw Europe/Berlin; convert it"
    with pytest.raises(ValueError, match=message):
        calendar.positions(times_of(zoned("D", "Asia/Kolkata")))


def test_another_unit_of_periods_is_refused():
    calendar = make_calendar(times_of(pd.period_range("2021-01", periods=9, freq="M")))
    message = r"holds periods of frequency 'D', but fit saw 'M'; convert them with asfr"
    with pytest.raises(ValueError, match=message):
        calendar.positions(times_of(pd.period_range("2021-01-01", periods=9)))


def test_units_and_strings_of_dates_may_change_after_fit():
    index = dates("D")
    calendar = make_calendar(times_of(index.as_unit("ns")))
    for later in (index.as_unit("s"), index.strftime("%Y-%m-%d"), index.date):
        positions = calendar.positions(times_of(later))
        np.testing.assert_array_equal(positions, np.arange(len(index)))
