# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Parts of dates as numbers: ordinal, on a circle or as indicators.

All functions work on distinct times and return columns of one value for each of them.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.panel._calendar import (
    DAY,
    MonthGrid,
    StepGrid,
    month_numbers,
    month_starts,
)

__all__ = [
    "CYCLES",
    "PARTS",
    "Dates",
    "auto_parts",
    "encode_part",
    "fourier_columns",
    "read_dates",
]


@dataclass(frozen=True)
class Dates:
    """Times with a calendar.

    Attributes
    ----------
    stamps : pandas.DatetimeIndex of shape (n,)
        Local clock; the last day of a period of several days.
    first, last : ndarray of shape (n,)
        Days since 1970-01-01 of the first and last day that a time stands for.
    """

    stamps: pd.DatetimeIndex
    first: np.ndarray
    last: np.ndarray


def read_dates(times, calendar):
    """Dates of datetimes or periods on a calendar.

    Parameters
    ----------
    times : Times
        Of kind "datetime" or "period".
    calendar : Calendar

    Returns
    -------
    Dates
    """
    if times.kind == "period":
        periods = pd.PeriodIndex.from_ordinals(times.few, freq=times.unit)
        starts = periods.to_timestamp(how="start")
        ends = periods.asfreq("D", how="end").to_timestamp()
        inside_a_day = _unit(calendar) in ("hour", "minute")
        stamps = starts if inside_a_day else ends
        return Dates(stamps, _day_numbers(starts), _day_numbers(ends))
    stamps = pd.DatetimeIndex(times.few.astype("datetime64[us]"))
    if times.zone is not None:
        stamps = stamps.tz_localize("UTC").tz_convert(times.zone).tz_localize(None)
    return Dates(stamps, *_spans(_day_numbers(stamps), calendar))


def _spans(days, calendar):
    """First and last day that each date stands for.

    A week ends on its date; so do months and quarters dated by their last day. Other
    dates start their span, as in pandas' resample.
    """
    grid = calendar.grid
    if isinstance(grid, MonthGrid):
        months = month_numbers(days * DAY)
        if not grid.day:
            months = months - grid.every + 1
        return month_starts(months), month_starts(months + grid.every) - 1
    length = grid.step // DAY if isinstance(grid, StepGrid) else 1
    others = max(int(length), 1) - 1
    if _unit(calendar) == "week":
        return days - others, days
    return days, days + others


def _day_numbers(stamps):
    return stamps.to_numpy().astype("datetime64[D]").astype(np.int64)


def _unit(calendar):
    """What times of a calendar are: hour, minute, day, week, month, quarter, year."""
    name = calendar.unit if calendar.kind == "period" else calendar.freq
    alias = re.match(r"\d*([A-Za-z]*)", name).group(1)
    return _UNITS.get(alias.removesuffix("S").removesuffix("E"), "minute")


_UNITS = {
    "h": "hour",
    "D": "day",
    "B": "day",
    "W": "week",
    "M": "month",
    "Q": "quarter",
    "Y": "year",
    "A": "year",
    "irregular": "irregular",
}

_AUTO = {
    "minute": ("minute", "hour", "weekday", "month"),
    "hour": ("hour", "weekday", "day_of_month", "month"),
    "day": ("weekday", "day_of_month", "week_of_year", "month"),
    "week": ("week_of_year", "month"),
    "month": ("month", "quarter"),
    "quarter": ("quarter",),
    "year": ("year",),
}


def auto_parts(calendar, dates):
    """The parts that vary at the frequency of a calendar."""
    if dates is None:
        return ("position",)
    unit = _unit(calendar)
    if unit == "irregular":
        unit = "hour" if len(np.unique(_clock(dates.stamps))) > 1 else "day"
    return _AUTO[unit]


def _thursday(stamps):
    """The Thursday of each week, whose year is the ISO year."""
    ahead = pd.to_timedelta(3 - stamps.day_of_week, unit="D")
    # microseconds reach further than the years 1678 to 2262
    return stamps + ahead.as_unit("us")


def _iso_week(dates):
    return (_thursday(dates.stamps).day_of_year - 1) // 7 + 1


def _week_of_month(dates):
    return (dates.stamps.day - 1) // 7 + 1


def _holds_month_start(dates):
    return month_numbers(dates.last * DAY) > month_numbers((dates.first - 1) * DAY)


def _holds_month_end(dates):
    return month_numbers((dates.last + 1) * DAY) > month_numbers(dates.first * DAY)


# Value of each part; all are whole numbers.
PARTS = {
    "weekday": lambda dates: dates.stamps.day_of_week,
    "month": lambda dates: dates.stamps.month,
    "quarter": lambda dates: dates.stamps.quarter,
    "year": lambda dates: dates.stamps.year,
    "week_of_year": _iso_week,
    "week_of_month": _week_of_month,
    "day_of_month": lambda dates: dates.stamps.day,
    "day_of_year": lambda dates: dates.stamps.day_of_year,
    "hour": lambda dates: dates.stamps.hour,
    "minute": lambda dates: dates.stamps.minute,
    "is_weekend": lambda dates: dates.stamps.day_of_week >= 5,
    "is_month_start": _holds_month_start,
    "is_month_end": _holds_month_end,
}

# Lowest and highest value of the parts that come round again.
_RANGES = {
    "weekday": (0, 6),
    "month": (1, 12),
    "quarter": (1, 4),
    "week_of_year": (1, 53),
    "week_of_month": (1, 5),
    "day_of_month": (1, 31),
    "day_of_year": (1, 366),
    "hour": (0, 23),
    "minute": (0, 59),
}


def _days_in_year(stamps):
    return 365 + stamps.is_leap_year


def _weeks_in_year(stamps):
    """52 or 53: the number of Thursdays of the ISO year."""
    thursday = _thursday(stamps)
    upto = (thursday.day_of_year - 1) // 7 + 1
    return upto + (_days_in_year(thursday) - thursday.day_of_year) // 7


# Number of values of a part, where it is not the same at all times.
_LENGTHS = {
    "day_of_month": lambda stamps: stamps.days_in_month,
    "day_of_year": _days_in_year,
    "week_of_year": _weeks_in_year,
}


def encode_part(name, dates, encoding):
    """Columns of one part of dates.

    Parameters
    ----------
    name : str
        A key of ``PARTS``.
    dates : Dates
    encoding : {"ordinal", "cyclic", "onehot"}
        Parts that do not come round again, the year and yes-or-no parts, are
        ordinal in every encoding.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        int16 (years int32), or float64 where cyclic.
    """
    # many rows hold them: small numbers, with room for sums such as 100 month + day
    small = np.int32 if name == "year" else np.int16
    values = np.asarray(PARTS[name](dates)).astype(small)
    if encoding == "ordinal" or name not in _RANGES:
        return {name: values}
    lowest, highest = _RANGES[name]
    if encoding == "onehot":
        return {
            f"{name}_{value}": (values == value).astype(np.int16)
            for value in range(lowest, highest + 1)
        }
    length = highest - lowest + 1
    if name in _LENGTHS:
        length = np.asarray(_LENGTHS[name](dates.stamps))
    angle = 2 * np.pi * (values - lowest) / length
    return {f"sin_{name}": np.sin(angle), f"cos_{name}": np.cos(angle)}


def _clock(stamps):
    """Share of the day that has passed."""
    return (stamps - stamps.normalize()) / pd.Timedelta(days=1)


# Share of each cycle that has passed, by the calendar: years of 365 or 366 days.
CYCLES = {
    "day": _clock,
    "week": lambda stamps: (stamps.day_of_week + _clock(stamps)) / 7,
    "month": lambda stamps: (stamps.day - 1 + _clock(stamps)) / stamps.days_in_month,
    "year": lambda stamps: (
        (stamps.day_of_year - 1 + _clock(stamps)) / _days_in_year(stamps)
    ),
}


def fourier_columns(period, order, positions, dates):
    """Sines and cosines of a cycle.

    Parameters
    ----------
    period : str or float
        A key of ``CYCLES``, or a number of calendar positions.
    order : int
        Number of harmonics; at most half the period.
    positions : ndarray of shape (n,)
    dates : Dates or None

    Returns
    -------
    dict of str to ndarray of shape (n,), float64
    """
    if isinstance(period, str):
        name, share = period, np.asarray(CYCLES[period](dates.stamps), dtype=np.float64)
    else:
        name, share = f"{period:.15g}", positions % period / period
    columns = {}
    for k in range(1, order + 1):
        # sin(2 pi k t) and cos(2 pi k t); at half the period the sine is zero at
        # every position
        if isinstance(period, str) or 2 * k < period:
            columns[f"sin_{name}_{k}"] = np.sin(2 * np.pi * k * share)
        columns[f"cos_{name}_{k}"] = np.cos(2 * np.pi * k * share)
    return columns
