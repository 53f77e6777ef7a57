# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns whose future values the calendar tells, such as a holiday flag."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Cells", "future_by_calendar", "parts_of"]

# By the unit of the frequency, the parts that a column may follow, the coarsest first.
_DAYS = (
    "weekday",
    "day of the month",
    "month",
    "week of the year",
    "day of the year",
)
PARTS = {
    "h": ("hour", "hour of the week", *_DAYS),
    "D": _DAYS,
    "B": _DAYS,
    "W": ("month", "week of the year"),
    "M": ("month",),
    "Q": ("month",),
}
# A value must have come back at least this often before it is taken for a rule.
MIN_CYCLES = 2


@dataclass(frozen=True)
class Cells:
    """Cells of a panel, those of the past or those of the future.

    Attributes
    ----------
    codes : ndarray of shape (n_cells,)
        Series of each.
    positions : ndarray of shape (n_cells,)
        Calendar position of each.
    """

    codes: np.ndarray
    positions: np.ndarray


def future_by_calendar(values, past, future, parts):
    """Future values of a column that has followed a part of the calendar so far.

    Parameters
    ----------
    values : pandas.Series of shape (n_past,)
    past, future : Cells
    parts : dict of str to (ndarray, ndarray)
        As :func:`parts_of` returns them, by positions from the first to the last.

    Returns
    -------
    values : pandas.Series of shape (n_future,), or None
        None if the column follows no part.
    rule : str
        The part, for a reader.
    """
    codes, _ = pd.factorize(values)
    first = min(past.positions.min(), future.positions.min())
    for by_series in (False, True):
        for name, (part, cycle) in parts.items():
            width = part.max() + 1
            series = (past.codes, future.codes) if by_series else (0, 0)
            groups = series[0] * width + part[past.positions - first]
            ahead = series[1] * width + part[future.positions - first]
            rows = _rows_by_rule(codes, groups, cycle[past.positions - first], ahead)
            if rows is not None:
                return values.iloc[rows], name + (
                    " in each series" if by_series else ""
                )
    return None, ""


def _rows_by_rule(codes, groups, cycles, ahead):
    """A past row for each future cell with the value that the cell will have.

    None unless every group of the past has one value only, and every group of the
    future has been seen in several cycles.
    """
    n_groups = max(groups.max(), ahead.max()) + 1
    first = np.full(n_groups, -1)
    first[groups[::-1]] = np.arange(len(groups))[::-1]
    if np.any(codes != codes[first[groups]]):
        return None
    pairs = np.unique(groups * (cycles.max() + 1) + cycles)
    n_cycles = np.bincount(pairs // (cycles.max() + 1), minlength=n_groups)
    if np.any(n_cycles[ahead] < MIN_CYCLES):
        return None
    return first[ahead]


def parts_of(times, unit):
    """Parts of the calendar that columns at a frequency may follow.

    Parameters
    ----------
    times : pandas.Index of shape (n,)
    unit : str
        Of the frequency, such as "D" or "W".

    Returns
    -------
    dict of str to (part, cycle)
        Each an ndarray of int of shape (n,): what comes back, and in which round;
        empty for numbers, which have no calendar.
    """
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pd.DatetimeIndex):
        return {}
    iso = times.isocalendar()
    week = (iso["year"] * 53 + iso["week"]).to_numpy(np.int64)
    months = (times.year * 12 + times.month).to_numpy()
    days = times.day_of_year.to_numpy() + 366 * times.year.to_numpy()
    year, weekday, hour = (
        part.to_numpy() for part in (times.year, times.day_of_week, times.hour)
    )
    of_year = times.month.to_numpy() * 32 + times.day.to_numpy()
    parts = {
        "hour": (hour, days),
        "hour of the week": (weekday * 24 + hour, week),
        "weekday": (weekday, week),
        "day of the month": (times.day.to_numpy(), months),
        "month": (times.month.to_numpy(), year),
        "week of the year": (
            iso["week"].to_numpy(np.int64),
            iso["year"].to_numpy(np.int64),
        ),
        "day of the year": (of_year, year),
    }
    kept = PARTS.get(unit, ())
    # counted from zero, so that products of them stay small
    return {
        name: tuple(np.asarray(a, np.int64) - np.min(a) for a in parts[name])
        for name in kept
    }
