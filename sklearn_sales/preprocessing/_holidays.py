# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Holidays and paydays: how many a time holds, and how far the next one is.

Days are counted since 1970-01-01. Distances are measured from the first and to the
last day that a time stands for: one day, a week, a month.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from sklearn_sales._compat import import_optional
from sklearn_sales.panel._calendar import DAY, month_numbers, month_starts

__all__ = [
    "HolidayList",
    "count_days",
    "day_columns",
    "holiday_column",
    "list_holidays",
    "list_paydays",
]

_MONTH = 28


class HolidayList:
    """Holidays as day numbers.

    Parameters
    ----------
    days : array-like of int
        Days, in any order and repeated where one has several names.
    names : list of str
        Name of each.

    Attributes
    ----------
    days : ndarray of int64
        Sorted distinct days.
    by_name : dict of str to ndarray of int64
        Sorted days of each column name, such as ``"holiday_labor_day"``.
    """

    def __init__(self, days, names):
        self.days = np.unique(np.asarray(days, dtype=np.int64))
        found = {}
        for day, name in zip(days, names, strict=True):
            found.setdefault(holiday_column(name), []).append(day)
        self.by_name = {name: np.unique(found[name]) for name in sorted(found)}


def holiday_column(name):
    """Column of a single holiday."""
    name = re.sub(r"['’]", "", name.lower())
    return "holiday_" + re.sub(r"\W+", "_", name).strip("_")


def list_holidays(holidays, subdivision, first, last):
    """Holidays of a country, or given ones, near a span of days.

    Parameters
    ----------
    holidays : str or mapping
        Country code for the package holidays, or names by date.
    subdivision : str or None
        State or province of the country.
    first, last : int
        Days. The years of both, and one more on either side, are listed.

    Returns
    -------
    HolidayList
    """
    if isinstance(holidays, Mapping):
        return _given_holidays(holidays)
    start, end = np.array([first, last], dtype="datetime64[D]").astype("datetime64[Y]")
    years = range(int(start.astype(int)) + 1969, int(end.astype(int)) + 1972)
    listed = _country_holidays(holidays, subdivision, years)
    pairs = [(date, name) for date in listed for name in listed.get_list(date)]
    days = np.array([date for date, _ in pairs], dtype="datetime64[D]")
    return HolidayList(days.astype(np.int64), [name for _, name in pairs])


def _given_holidays(holidays):
    if not holidays:
        raise ValueError("holidays={} holds no date; give some, or holidays=None.")
    try:
        stamps = pd.DatetimeIndex([pd.Timestamp(date) for date in holidays])
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"holidays has a key that is no date ({error}). Give a mapping of dates "
            "to names, such as {'2024-11-29': 'Black Friday'}."
        ) from error
    days = stamps.to_numpy().astype("datetime64[D]").astype(np.int64)
    return HolidayList(days, [str(name) for name in holidays.values()])


def _country_holidays(country, subdivision, years):
    package = import_optional("holidays", extra="holidays")
    try:
        # without a language, the names would depend on the settings of the machine
        return package.country_holidays(
            country, subdiv=subdivision, years=years, expand=False, language="en_US"
        )
    except NotImplementedError as error:
        known = package.list_supported_countries()
        if country not in known:
            raise ValueError(
                f"holidays={country!r} is no country that the package holidays knows. "
                "Give a code of ISO 3166 such as 'US' or 'DE', or a mapping of dates "
                "to names."
            ) from error
        raise ValueError(
            f"subdivision={subdivision!r} is no part of {country!r} that the package "
            f"holidays knows; it knows {list(known[country])}."
        ) from error


def list_paydays(paydays, first, last):
    """Paydays near a span of days.

    Parameters
    ----------
    paydays : sequence of int
        Days of the month; -1 is the last, -2 the one before. Where a month is too
        short for a day, its last (or first) day is meant.
    first, last : int
        Days. The months of both, and one more on either side, are listed.

    Returns
    -------
    ndarray of int64
        Sorted distinct days.
    """
    start, end = month_numbers(np.array([first, last]) * DAY)
    months = np.arange(start - 1, end + 2)
    lengths = month_starts(months + 1) - month_starts(months)
    days = [
        month_starts(months)
        + np.clip(day - 1 if day > 0 else lengths + day, 0, lengths - 1)
        for day in paydays
    ]
    return np.unique(np.concatenate(days))


def count_days(days, dates):
    """Number of listed days that each time stands for, int32 of shape (n,)."""
    upto = np.searchsorted(days, dates.last, side="right")
    return (upto - np.searchsorted(days, dates.first, side="left")).astype(np.int32)


def day_columns(days, dates, name, caps):
    """Whether a time is a listed day, and how far the next and the last one are.

    Parameters
    ----------
    days : ndarray of int64
        Sorted days.
    dates : Dates
    name : str
        "holiday" or "payday".
    caps : (int, int)
        Largest distance to the next and since the last one. 0 leaves the column out.

    Returns
    -------
    dict of str to ndarray of shape (n,), int32
        ``is_{name}``, or ``n_{name}s`` where times stand for several days;
        ``days_to_{name}`` and ``days_since_{name}``, unless times are months or longer.
    """
    longest = (dates.last - dates.first).max() + 1
    columns = {f"is_{name}" if longest == 1 else f"n_{name}s": count_days(days, dates)}
    if longest >= _MONTH:
        return columns
    far = np.int64(2**40)
    padded = np.concatenate([[-far], days, [far]])
    following = padded[np.searchsorted(padded, dates.first, side="left")]
    previous = padded[np.searchsorted(padded, dates.last, side="right") - 1]
    before, after = caps
    if before:
        distance = np.clip(following - dates.last, 0, before)
        columns[f"days_to_{name}"] = distance.astype(np.int32)
    if after:
        distance = np.clip(dates.first - previous, 0, after)
        columns[f"days_since_{name}"] = distance.astype(np.int32)
    return columns
