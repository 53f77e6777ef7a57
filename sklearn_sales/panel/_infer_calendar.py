# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which calendar a time column has: inferred from its times, or given by freq."""

import datetime
import re
from numbers import Real

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from sklearn_sales.panel._calendar import (
    DAY,
    WEEKDAYS,
    BusinessGrid,
    Calendar,
    MonthGrid,
    RankGrid,
    StepGrid,
    local_clock,
    month_numbers,
    month_starts,
)

__all__ = ["ALLOWED", "given_month", "make_calendar", "parse_freq"]

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_OLD_ALIASES = {"M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "H": "h", "T": "min"}
ALLOWED = (
    "'h', 'min', 'D', 'B', 'W-MON'..'W-SUN', 'MS', 'ME', 'QS-JAN', 'QE-DEC', "
    "'YS-JAN', 'YE-DEC' or multiples such as '2h' for dates, a step such as 1 or "
    "0.5 for numbers, 'irregular' for ranks"
)


def make_calendar(times, freq=None):
    """The calendar of training times.

    Parameters
    ----------
    times : Times
        All training times, with or without repetition.
    freq : str, number, timedelta or None
        The frequency; None infers it from the union of all times.

    Returns
    -------
    Calendar
        Position 0 is the first of ``times``.

    Raises
    ------
    ValueError
        Where no regular grid holds the dates, or ``freq`` is unknown or does not
        suit the times.
    """
    values = np.sort(pd.unique(times.few))
    if isinstance(freq, str) and freq == "irregular":
        return _rank_calendar(values, times)
    if times.kind == "number":
        return _number_calendar(values, times, freq)
    if times.kind == "period":
        return _period_calendar(values, times, freq)
    local = local_clock(type(times)("datetime", values, times.zone))
    if freq is not None:
        return _given_calendar(local, values, times, freq)
    return _inferred_calendar(local, values, times)


def _rank_calendar(values, times):
    step = np.median(np.diff(values)) if len(values) > 1 else 1.0
    return Calendar(RankGrid(values, max(float(step), 1e-300)), "irregular", times)


def _number_calendar(values, times, freq):
    if freq is not None:
        if not isinstance(freq, Real) or not freq > 0:
            raise ValueError(
                f"freq={freq!r} does not suit {times.label}, which holds numbers: give "
                "a positive step, 'irregular', or None to infer it."
            )
        return Calendar(StepGrid(values[0], float(freq)), float(freq), times)
    step = _number_step(values)
    if step is None:
        return _rank_calendar(values, times)
    return Calendar(StepGrid(values[0], step), step, times)


def _number_step(values):
    """The constant step of sorted distinct numbers, or None if there is none."""
    if len(values) == 1:
        return 1.0
    with np.errstate(over="ignore"):
        gaps = np.diff(values)
    # so uneven a grid would have nearly no time on it, see below
    if float(gaps.max()) / 2.0**40 > float(gaps.min()):
        return None
    if np.all(values == np.rint(values)) and np.abs(values).max() < 2**53:
        step = float(np.gcd.reduce(gaps.astype(np.int64)))
    else:
        step = _float_step(values, gaps)
    # a grid with nearly no time on it is an accident of the numbers
    if step is None or (values[-1] - values[0]) / step > 50 * len(values) + 1000:
        return None
    return step


def _float_step(values, gaps):
    counts = np.rint(gaps / gaps.min())
    # twelve digits: the step that was meant, without the noise of binary fractions
    step = float(f"{(values[-1] - values[0]) / counts.sum():.12g}")
    positions = np.rint((values - values[0]) / step)
    close = np.abs(values[0] + positions * step - values) <= 1e-6 * step
    return step if close.all() else None


def _period_calendar(values, times, freq):
    # periods of several units, such as 15min, are counted in single ones
    length = pd.PeriodDtype(times.unit).freq.n
    if freq is None:
        step = int(np.gcd.reduce(np.diff(values))) if len(values) > 1 else length
        name = times.unit.removeprefix(str(length))
        name = name if step == 1 else f"{step}{name}"
        return Calendar(StepGrid(int(values[0]), step), name, times)
    offset = _period_offset(freq)
    unit = _period_offset(times.unit)
    if offset is None or offset.base != unit.base or offset.n % length:
        raise ValueError(
            f"freq={freq!r} does not suit {times.label}, which holds periods of "
            f"frequency {times.unit!r}; leave freq=None."
        )
    return Calendar(StepGrid(int(values[0]), offset.n), freq, times)


def _period_offset(freq):
    try:
        return pd.PeriodDtype(freq).freq if isinstance(freq, str) else None
    except ValueError:
        return None


def _inferred_calendar(local, values, times):
    days, clock = np.divmod(local, DAY)
    if not np.all(clock == clock[0]):
        return _intraday_calendar(values, times)
    wall = times.zone is not None
    clock = int(clock[0])
    month = _month_grid(local, days, clock)
    if month is not None:
        return Calendar(month, _month_name(month), times, wall=wall)
    step = 1 if len(days) == 1 else int(np.gcd.reduce(np.diff(days)))
    if step == 1 and _is_business(days):
        return Calendar(BusinessGrid(int(days[0]), clock), "B", times, wall=wall)
    grid = StepGrid(int(local[0]), step * DAY)
    return Calendar(grid, _day_name(step, int(days[0])), times, wall=wall)


def _intraday_calendar(values, times):
    step = int(np.gcd.reduce(np.diff(values)))
    n_steps = (values[-1] - values[0]) // step
    if n_steps > 50 * len(values) + 1000:
        raise ValueError(
            f"{times.label} has no regular grid: {len(values)} distinct times from "
            f"{times.show(values[0])} to {times.show(values[-1])} share no step longer "
            f"than {pd.Timedelta(step, unit='us')}. Bring the rows to one frequency "
            "first (panel_from_orders does so for order lines), or give freq=; "
            "freq='irregular' counts the times by rank."
        )
    return Calendar(StepGrid(int(values[0]), step), _clock_name(step), times)


def _month_grid(local, days, clock):
    """A grid of months if all times lie on one day of the month, or on its last."""
    if len(local) < 2:
        return None
    months = month_numbers(local)
    every = int(np.gcd.reduce(np.diff(months)))
    if every == 0:
        return None
    of_month = days - month_starts(months) + 1
    if np.all(of_month == of_month[0]) and of_month[0] <= 28:
        # two or three times on one day of the month may be weeks by chance, not
        # so on the first
        if of_month[0] == 1 or len(local) > 3:
            return MonthGrid(int(months[0]), every, int(of_month[0]), clock)
    elif np.array_equal(days, month_starts(months + 1) - 1):
        return MonthGrid(int(months[0]), every, 0, clock)
    return None


def _is_business(days):
    """Whether days look like Monday to Friday: no weekend in two weeks or more."""
    stamps = days.astype("datetime64[D]")
    if len(days) < 10 or not np.is_busday(stamps).all():
        return False
    return 2 * len(days) > np.busday_count(stamps[0], stamps[-1])


def _month_name(grid):
    end = "S" if grid.day else "E"
    if grid.every == 3:
        # four months name the same quarters: take the first, or the last of a year
        month = grid.origin % 3 if grid.day else 9 + grid.origin % 3
        return f"Q{end}-{_MONTHS[month]}"
    if grid.every == 12:
        return f"Y{end}-{_MONTHS[grid.origin % 12]}"
    return f"M{end}" if grid.every == 1 else f"{grid.every}M{end}"


def _day_name(step, first_day):
    if step % 7 == 0:
        weeks = "" if step == 7 else step // 7
        # day 0, 1970-01-01, was a Thursday
        return f"{weeks}W-{WEEKDAYS[(first_day + 3) % 7]}"
    return "D" if step == 1 else f"{step}D"


def _clock_name(step):
    for name, length in (
        ("h", 3_600_000_000),
        ("min", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1000),
    ):
        if step % length == 0:
            return name if step == length else f"{step // length}{name}"
    return f"{step}us"


def _given_calendar(local, values, times, freq):
    """The calendar that freq= names, anchored at the first training time."""
    offset = parse_freq(freq, times.label)
    name = offset.freqstr
    wall = times.zone is not None
    clock = int(local[0] % DAY)
    day = int(local[0] // DAY)
    month = given_month(offset)
    if month is not None:
        grid = _anchored_months(month, int(month_numbers(local[:1])[0]), clock)
    elif isinstance(offset, pd.offsets.Week) and offset.weekday is not None:
        ahead = (offset.weekday - (day + 3)) % 7
        grid = StepGrid(
            (day + ahead - 7 * (ahead > 0)) * DAY + clock, offset.n * 7 * DAY
        )
    elif isinstance(offset, pd.offsets.Week):
        grid = StepGrid(int(local[0]), offset.n * 7 * DAY)
    elif isinstance(offset, pd.offsets.BusinessDay) and offset.n == 1:
        monday_to_friday = np.busday_offset(np.datetime64(day, "D"), 0, roll="forward")
        grid = BusinessGrid(int(monday_to_friday.astype(np.int64)), clock)
    elif isinstance(offset, pd.offsets.Day):
        grid = StepGrid(int(local[0]), offset.n * DAY)
    elif isinstance(offset, pd.offsets.Tick):
        step = int(pd.Timedelta(offset) / pd.Timedelta(1, unit="us"))
        wall = wall and step % DAY == 0
        grid = StepGrid(int(local[0] if wall else values[0]), step)
    else:
        raise ValueError(f"freq={freq!r} is not supported; allowed are {ALLOWED}.")
    return Calendar(grid, name, times, wall=wall)


def parse_freq(freq, label="the time column"):
    """A frequency of dates as a pandas offset; old aliases are still known."""
    offset = _as_offset(freq, label)
    if offset.n < 1:
        raise ValueError(f"freq={freq!r} does not go ahead; allowed are {ALLOWED}.")
    return offset


def _as_offset(freq, label):
    if isinstance(freq, (datetime.timedelta, np.timedelta64)):
        length = pd.Timedelta(freq)
        days, rest = divmod(length, pd.Timedelta(days=1))
        # some versions of pandas read a day as 24 hours
        whole_days = days > 0 and not rest
        return pd.offsets.Day(days) if whole_days else to_offset(length)
    if isinstance(freq, pd.offsets.BaseOffset):
        return freq
    if not isinstance(freq, str):
        raise ValueError(
            f"freq={freq!r} does not suit {label}, which holds dates: give a "
            "pandas offset alias such as 'D' or 'W-FRI', or None to infer it."
        )
    number, head, tail = re.fullmatch(r"(\d*)([^-]*)(.*)", freq, re.DOTALL).groups()
    try:
        return to_offset(f"{number}{_OLD_ALIASES.get(head, head)}{tail}")
    except ValueError as error:
        raise ValueError(f"freq={freq!r} is unknown; allowed are {ALLOWED}.") from error


def given_month(offset):
    """How an offset counts months, or None if it does not.

    Returns
    -------
    every, cycle, anchor, last_day
        A time every so many months, in months that leave the remainder ``anchor`` by
        ``cycle``, on the last day or on the first.
    """
    o = pd.offsets
    if isinstance(offset, (o.MonthBegin, o.MonthEnd)):
        return offset.n, 1, 0, isinstance(offset, o.MonthEnd)
    if isinstance(offset, (o.QuarterBegin, o.QuarterEnd)):
        end = isinstance(offset, o.QuarterEnd)
        return 3 * offset.n, 3, (offset.startingMonth - 1) % 3, end
    if isinstance(offset, (o.YearBegin, o.YearEnd)):
        return 12 * offset.n, 12, offset.month - 1, isinstance(offset, o.YearEnd)
    return None


def _anchored_months(month, first, clock):
    every, cycle, anchor, last_day = month
    first -= (first - anchor) % cycle
    return MonthGrid(first, every, 0 if last_day else 1, clock)
