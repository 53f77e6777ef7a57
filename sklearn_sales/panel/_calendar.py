# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Calendars: times as integer positions on one grid, and back.

Each grid is a small class with ``positions`` (times to integers) and ``values``
(integers to times). Which grid a column has is found in ``_infer_calendar.py``.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklearn_sales.panel._times import Times

__all__ = [
    "WEEKDAYS",
    "BusinessGrid",
    "Calendar",
    "MonthGrid",
    "RankGrid",
    "StepGrid",
    "local_clock",
    "utc_clock",
    "wall_clock",
]

DAY = 86_400_000_000  # microseconds

WEEKDAYS = "MON TUE WED THU FRI SAT SUN".split()

# Fewer times may share a weekday by chance.
_FEW_TIMES = 3

# The seasons that a retailer expects at a frequency, the shortest first.
_SEASONS = {"h": 24, "D": 7, "B": 5, "W": 52, "M": 12, "Q": 4, "Y": 1}


@dataclass(frozen=True)
class StepGrid:
    """Times one constant step apart: ``origin + position * step``."""

    origin: float
    step: float

    def positions(self, values):
        if values.dtype.kind == "f":
            positions = np.rint((values - self.origin) / self.step)
            off = np.abs(self.origin + positions * self.step - values)
            return positions.astype(np.int64), off > 1e-6 * self.step
        positions, rest = np.divmod(values - self.origin, self.step)
        return positions, rest != 0

    def values(self, positions):
        return self.origin + positions * self.step


@dataclass(frozen=True)
class MonthGrid:
    """One time every ``every`` months: on a day of the month, or on its last day.

    ``origin`` counts months since 1970-01; ``day`` is 1..28, or 0 for the last day;
    ``clock`` is the time of day in microseconds.
    """

    origin: int
    every: int
    day: int
    clock: int

    def positions(self, values):
        months = month_numbers(values)
        positions, rest = np.divmod(months - self.origin, self.every)
        return positions, (rest != 0) | (self._times_of(months) != values)

    def values(self, positions):
        return self._times_of(self.origin + positions * self.every)

    def _times_of(self, months):
        if self.day:
            days = month_starts(months) + self.day - 1
        else:
            days = month_starts(months + 1) - 1
        return days * DAY + self.clock


@dataclass(frozen=True)
class BusinessGrid:
    """Monday to Friday. ``origin`` is a day number since 1970-01-01."""

    origin: int
    clock: int

    def positions(self, values):
        days, clock = np.divmod(values, DAY)
        stamps = days.astype("datetime64[D]")
        start = np.datetime64(self.origin, "D")
        off = ~np.is_busday(stamps) | (clock != self.clock)
        return np.busday_count(start, stamps).astype(np.int64), off

    def values(self, positions):
        start = np.datetime64(self.origin, "D")
        days = np.busday_offset(start, positions, roll="forward")
        return days.astype(np.int64) * DAY + self.clock


@dataclass(frozen=True)
class RankGrid:
    """An irregular grid: the position of a time is its rank among known times.

    Past the last known time, positions go on by the median step.
    """

    known: np.ndarray
    step: float

    def positions(self, values):
        known = self.known
        rank = np.searchsorted(known, values, side="left").astype(np.int64)
        after = values > known[-1]
        before = values < known[0]
        ahead = np.rint((values[after] - known[-1]) / self.step).astype(np.int64)
        rank[after] = len(known) - 1 + np.maximum(ahead, 1)
        back = np.rint((values[before] - known[0]) / self.step).astype(np.int64)
        rank[before] = np.minimum(back, -1)
        return rank, np.zeros(len(values), dtype=bool)

    def values(self, positions):
        last = len(self.known) - 1
        inside = self.known[np.clip(positions, 0, last)]
        beyond = np.maximum(positions - last, 0) + np.minimum(positions, 0)
        return (inside + beyond * self.step).astype(self.known.dtype)


class Calendar:
    """Times of one panel as integer positions.

    Parameters
    ----------
    grid : StepGrid, MonthGrid, BusinessGrid or RankGrid
        The rule by which times follow each other.
    freq : str or float
        Its name: a pandas offset alias, a number for numeric time, or "irregular".
    sample : Times
        Times that the calendar was made from; their kind, zone and unit are kept.
    wall : bool, default=False
        Whether zoned times follow the local clock (days and longer) instead of
        UTC (hours and shorter): a day of 23 or 25 hours is one day.
    """

    def __init__(self, grid, freq, sample, *, wall=False):
        self.grid = grid
        self.freq = freq
        self.wall = wall
        self.kind = sample.kind
        self.zone = sample.zone
        self.unit = sample.unit

    def __repr__(self):
        zone = f", zone={self.zone!r}" if self.zone else ""
        return f"Calendar(freq={self.freq!r}{zone})"

    def positions(self, times):
        """Position of each time: 0 is the first training time, int64 of shape (n,).

        Raises
        ------
        ValueError
            Where a time is off the grid, or of another kind or zone than in fit.
        """
        return times.spread(self.few_positions(times))

    def few_positions(self, times):
        """The same for the few times of a column, int64 of shape (len(times.few),)."""
        self.check_same_kind(times)
        positions, off = self._find_few(times)
        if off.any():
            self._raise_off_grid(times, times.spread(off))
        return positions

    def find(self, times):
        """Position of each time of the calendar's kind, and which are off the grid."""
        positions, off = self._find_few(times)
        return times.spread(positions), times.spread(off)

    def _find_few(self, times):
        return self.grid.positions(local_clock(times) if self.wall else times.few)

    def times(self, positions):
        """Times at positions, as a pandas Index of the type that X had."""
        positions = np.asarray(positions, dtype=np.int64)
        values = self.grid.values(positions)
        if self.kind == "number":
            whole = self.unit == "integer" and np.all(values == np.rint(values))
            # floats beyond the largest integer stay floats
            whole = whole and np.all(np.abs(values) < 2.0**63)
            return pd.Index(values.astype(np.int64) if whole else values)
        if self.kind == "period":
            return pd.PeriodIndex.from_ordinals(values, freq=self.unit)
        if self.wall:
            values = utc_clock(values, self.zone)
        index = pd.DatetimeIndex(values.astype("datetime64[us]"))
        if self.zone is not None:
            index = index.tz_localize("UTC").tz_convert(self.zone)
        return index

    def times_at(self, positions):
        """Times at positions, as :func:`parse_times` reads them."""
        values = self.grid.values(positions)
        if self.wall:
            values = utc_clock(values, self.zone)
        if self.kind == "number":
            values = values.astype(np.float64)
        return Times(self.kind, values, zone=self.zone, unit=self.unit)

    @property
    def season(self):
        """Length of the shortest season that this frequency is known for, or 1."""
        if not isinstance(self.freq, str):
            return 1
        name = self.freq.split("-")[0]
        if name in ("MS", "ME"):
            name = "M"
        elif name in ("QS", "QE"):
            name = "Q"
        return _SEASONS.get(name, 1)

    def check_same_kind(self, times):
        """Refuse times of another kind, zone or period frequency than in fit."""
        if times.kind != self.kind:
            raise ValueError(
                f"{times.label} holds {times.kind}s, but fit saw {self.kind}s; give "
                "times of the same type."
            )
        if times.zone != self.zone:
            raise ValueError(
                f"{times.label} is in time zone {times.zone}, but fit saw "
                f"{self.zone}; convert it with dt.tz_convert or dt.tz_localize."
            )
        if self.kind == "period" and times.unit != self.unit:
            raise ValueError(
                f"{times.label} holds periods of frequency {times.unit!r}, but fit "
                f"saw {self.unit!r}; convert them with asfreq."
            )

    def _raise_off_grid(self, times, off):
        wrong = times.values[off]
        first = times.show(wrong[0])
        positions = np.arange(3)
        raw = self.grid.values(positions)
        if self.wall:
            raw = utc_clock(raw, self.zone)
        examples = ", ".join(times.show(v) for v in raw)
        suits = self._suitable_freq(times) if off.all() else None
        told = "" if suits is None else f": all suit freq={suits!r}"
        raise ValueError(
            f"{times.label} holds {len(np.unique(wrong))} distinct time(s) off "
            f"the grid freq={self.freq!r} ({examples}, ...), first {first}. Correct "
            f"them, or give the freq= that the times really have{told}."
        )

    def _suitable_freq(self, times):
        """Weeks that end on another day, or the other end of months, or None."""
        values = local_clock(times)
        if len(np.unique(values)) < _FEW_TIMES:
            return None
        if self.freq in ("MS", "ME"):
            grid = replace(self.grid, day=0 if self.freq == "MS" else 1)
            other = "ME" if self.freq == "MS" else "MS"
            return None if grid.positions(values)[1].any() else other
        # 1970-01-01 was a Thursday
        weekdays = np.unique((values // DAY + 3) % 7)
        if str(self.freq).startswith("W-") and len(weekdays) == 1:
            return f"W-{WEEKDAYS[weekdays[0]]}"
        return None


def month_numbers(values):
    """Months since 1970-01 of microseconds, int64."""
    stamps = values.astype("datetime64[us]")
    return stamps.astype("datetime64[M]").astype(np.int64)


def month_starts(months):
    """First day of each month, in days since 1970-01-01, int64."""
    stamps = np.asarray(months).astype("datetime64[M]")
    return stamps.astype("datetime64[D]").astype(np.int64)


def wall_clock(values, zone):
    """Microseconds of the clock on the wall of a zone, for those of UTC."""
    if zone is None:
        return values
    index = pd.DatetimeIndex(values.astype("datetime64[us]"), tz="UTC")
    local = index.tz_convert(zone).tz_localize(None)
    return np.asarray(local).astype("datetime64[us]").view(np.int64)


def local_clock(times):
    """The clock on the wall at the few times of a column.

    A day that lacks its midnight starts at it too.
    """
    clock = wall_clock(times.few, times.zone)
    if times.zone is None:
        return clock
    # zones that change their clocks at midnight have days that start at one o'clock
    late = np.flatnonzero((clock % DAY > 0) & (clock % DAY <= DAY // 12))
    midnight = clock[late] - clock[late] % DAY
    skipped = utc_clock(midnight, times.zone) == times.few[late]
    clock[late[skipped]] = midnight[skipped]
    return clock


def utc_clock(values, zone):
    """The inverse of :func:`local_clock` for days and longer.

    A clock that a zone skips moves forward; one that it repeats means the first.
    """
    index = pd.DatetimeIndex(values.astype("datetime64[us]"))
    first = np.ones(len(index), dtype=bool)
    local = index.tz_localize(zone, nonexistent="shift_forward", ambiguous=first)
    utc = local.tz_convert("UTC").tz_localize(None)
    return np.asarray(utc).astype("datetime64[us]").view(np.int64)
