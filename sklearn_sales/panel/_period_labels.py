# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The label of the day, week or month that a moment falls into."""

from dataclasses import replace

import numpy as np
import pandas as pd

from sklearn_sales.panel._calendar import (
    DAY,
    local_clock,
    month_numbers,
    month_starts,
    utc_clock,
    wall_clock,
)
from sklearn_sales.panel._infer_calendar import ALLOWED, given_month, parse_freq

__all__ = ["period_labels"]


def period_labels(times, freq):
    """Label of the period that each time falls into.

    Days and longer follow the clock of the time zone; hours and shorter are all of one
    length and start as that clock stood at the first time.

    Parameters
    ----------
    times : Times
        Datetimes.
    freq : str, timedelta or pandas offset
        Weeks and the ends of months, quarters and years are labelled by their last
        day, all others by their first moment. A multiple, such as two weeks, is counted
        from the first period.

    Returns
    -------
    Times
    """
    offset = parse_freq(freq, times.label)
    step = _clock_step(offset)
    if step % DAY == 0:
        days = _day_labels(local_clock(times) // DAY, offset, step // DAY)
        if days is None:
            raise ValueError(f"freq={freq!r} is not supported; allowed are {ALLOWED}.")
        values = utc_clock(days * DAY, times.zone) if times.zone else days * DAY
        return replace(times, few=values)
    first = times.few[[np.argmin(times.few)]]
    # how far the clock of the zone is ahead of UTC, within one step
    ahead = int((wall_clock(first, times.zone) - first)[0])
    values = (times.few + ahead) // step * step - ahead
    return replace(times, few=values)


def _clock_step(offset):
    """Length of a clock offset in microseconds; 0 for days of other lengths."""
    if isinstance(offset, pd.offsets.Day):
        return offset.n * DAY
    if isinstance(offset, pd.offsets.Tick):
        return int(pd.Timedelta(offset) / pd.Timedelta(1, unit="us"))
    return 0


def _day_labels(days, offset, n_days):
    """The label of each day as a day; None for an offset that is not supported."""
    month = given_month(offset)
    if month is not None:
        return _month_labels(month_numbers(days * DAY), *month)
    if n_days:
        return days.min() + (days - days.min()) // n_days * n_days
    if isinstance(offset, pd.offsets.Week):
        # day 0, 1970-01-01, was a Thursday
        weekday = (days.min() + 2) % 7 if offset.weekday is None else offset.weekday
        return _last_of(days + (weekday - days - 3) % 7, 7 * offset.n)
    if isinstance(offset, pd.offsets.BusinessDay) and offset.n == 1:
        friday = np.busday_offset(days.astype("datetime64[D]"), 0, roll="backward")
        return friday.astype(np.int64)
    return None


def _month_labels(months, every, cycle, anchor, last_day):
    if last_day:
        months = _last_of(months + (anchor - months) % cycle, every)
        return month_starts(months + 1) - 1
    months = months - (months - anchor) % cycle
    return month_starts(months.min() + (months - months.min()) // every * every)


def _last_of(labels, every):
    """Ends of periods, brought to the ends of every so many, from the first end on."""
    return labels.min() - (labels.min() - labels) // every * every
