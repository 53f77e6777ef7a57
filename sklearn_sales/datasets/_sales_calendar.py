# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The periods of a simulated panel: their dates, phases and holidays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["SalesCalendar", "make_calendar"]


@dataclass(frozen=True)
class SalesCalendar:
    """The periods of a panel, each from its own date up to the next one.

    Attributes
    ----------
    dates : DatetimeIndex of shape (n_periods,)
        First moment of each period.
    step : float
        Typical length of a period, in days.
    years : ndarray of shape (n_periods,)
        Time since the first period, in years.
    hour, weekday, day_of_year : ndarray of shape (n_periods,)
        Phase of each period in the day, the week (Monday is 0) and the year (from 0).
    holiday : ndarray of bool of shape (n_periods,)
        Whether a holiday falls into the period.
    """

    dates: pd.DatetimeIndex
    step: float
    years: np.ndarray
    hour: np.ndarray
    weekday: np.ndarray
    day_of_year: np.ndarray
    holiday: np.ndarray

    def periods_in(self, days: float) -> int:
        """Return the number of periods that make up some days, at least one."""
        return max(1, round(days / self.step))


def make_calendar(start, n_periods: int, freq: str) -> SalesCalendar:
    """Lay out the periods of a panel.

    Parameters
    ----------
    start : str or datetime
        The first period is the first date of the frequency on or after it.
    n_periods : int
        Number of periods.
    freq : str
        Frequency, as pandas spells it.

    Returns
    -------
    calendar : SalesCalendar
        The periods.

    Raises
    ------
    ValueError
        If pandas does not know the frequency or the start.
    """
    edges = _period_edges(start, n_periods, freq)
    dates = edges[:-1]
    days = (edges - edges[0]).to_numpy() / np.timedelta64(1, "D")
    return SalesCalendar(
        dates=dates,
        step=float(np.median(np.diff(days))),
        years=days[:-1] / 365.25,
        hour=dates.hour.to_numpy(),
        weekday=dates.day_of_week.to_numpy(),
        day_of_year=dates.day_of_year.to_numpy() - 1,
        holiday=_contains_holiday(edges.tz_localize(None)),
    )


def _period_edges(start, n_periods: int, freq: str) -> pd.DatetimeIndex:
    """Return the first moments of all periods and the end of the last."""
    try:
        start = pd.Timestamp(start)
        if pd.isna(start):
            raise ValueError
    except (ValueError, TypeError):
        raise ValueError(
            f"start must be a date, or a string that pandas reads as one; "
            f"got {start!r}."
        ) from None
    try:
        forward = pd.tseries.frequencies.to_offset(freq).n > 0
    except ValueError:
        forward = False
    if not forward:
        raise ValueError(
            "freq must be a frequency of pandas that runs forward, such as 'D', "
            f"'W-FRI', 'MS' or 'h'; got {freq!r}."
        )
    return pd.date_range(start, periods=n_periods + 1, freq=freq)


def _contains_holiday(edges: pd.DatetimeIndex) -> np.ndarray:
    """Tell which of the periods between the edges contain a holiday."""
    first = edges[:-1].floor("D")
    last = (edges[1:] - pd.Timedelta("1us")).floor("D")
    days = pd.date_range(first[0], last[-1], freq="D")
    seen = np.concatenate([[0], np.cumsum(_is_holiday(days))])
    return seen[(last - days[0]).days + 1] > seen[(first - days[0]).days]


def _is_holiday(days: pd.DatetimeIndex) -> np.ndarray:
    """Return the invented calendar: four fixed days and a Friday in November.

    The Friday after the fourth Thursday of November falls on a different date each
    year, so that no yearly season can stand in for the holidays.
    """
    month_day = days.month * 100 + days.day
    friday = (days.day_of_week == 4) & (month_day >= 1123) & (month_day <= 1129)
    return np.asarray(np.isin(month_day, [101, 501, 1224, 1225]) | friday)
