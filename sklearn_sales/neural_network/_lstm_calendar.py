# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seasons of calendar positions as smooth features."""

import numpy as np

__all__ = ["calendar_features", "knows_the_year", "resolve_seasons"]

# Seasons of a year, by the number of times in it: their phase is read from the date,
# since a year of weeks has 52 or 53.
_YEARLY = (52, 12, 4)
_DAYS_IN_YEAR = 365.25
# With fewer years, the phase of the year tells the net which week it is, and it learns
# the weeks by heart.
_ENOUGH_YEARS = 3


def resolve_seasons(season, calendar):
    """Seasons in times of the calendar, as a tuple of integers.

    Parameters
    ----------
    season : int, list of int, "auto" or None
    calendar : Calendar
    """
    if season is None:
        return ()
    if isinstance(season, str):
        known = calendar.season
        if known == 24:
            return (24, 168)
        return (known,) if known > 1 else ()
    seasons = np.atleast_1d(np.asarray(season))
    if seasons.ndim != 1 or seasons.dtype.kind not in "iu" or (seasons < 2).any():
        raise ValueError(
            f"season={season!r} must be a whole number of time steps >= 2, a list of "
            "them, 'auto' or None."
        )
    return tuple(int(m) for m in np.unique(seasons))


def calendar_features(calendar, positions, seasons, *, yearly):
    r"""Sines and cosines of the phase of each season.

    For a season of m times, the harmonics :math:`k = 1, \dots, \min(3, m // 2)`
    (:math:`k = 1, \dots, 4` of the year) of :math:`\sin 2 \pi k \phi` and
    :math:`\cos 2 \pi k \phi`, where the phase :math:`\phi` is counted from a fixed time
    rather than from the first row, so that a net keeps its meaning on another panel.

    Parameters
    ----------
    calendar : Calendar
    positions : ndarray of shape (n,)
    seasons : tuple of int
    yearly : bool
        Whether the phase of the year is among them.

    Returns
    -------
    ndarray of shape (n, n_features), float32
    """
    phases = []
    for m in seasons:
        if not (_is_dated(calendar) and m in _YEARLY and m == calendar.season):
            absolute = _absolute(calendar, positions)
            phases.append(((absolute % m) / m, min(3, m // 2)))
    if yearly:
        days = calendar.times(positions).day_of_year.to_numpy()
        phases.append(((days - 1) / _DAYS_IN_YEAR, 4))
    waves = [
        wave(2 * np.pi * k * phase)
        for phase, n_harmonics in phases
        for k in range(1, n_harmonics + 1)
        for wave in (np.sin, np.cos)
    ]
    features = np.empty((len(positions), len(waves)), dtype=np.float32)
    for j, wave in enumerate(waves):
        features[:, j] = wave
    return features


def _absolute(calendar, positions):
    """Positions counted from a time that does not depend on the training rows."""
    grid = calendar.grid
    if hasattr(grid, "every"):
        return positions + grid.origin // grid.every
    if hasattr(grid, "known"):
        return positions
    if hasattr(grid, "step"):
        return positions + int(np.rint(grid.origin / grid.step))
    first = np.datetime64(grid.origin, "D")
    return positions + int(np.busday_count(np.datetime64(0, "D"), first))


def _is_dated(calendar):
    return calendar.kind in ("datetime", "period")


def knows_the_year(calendar, first, last):
    """Whether dates at positions first..last span three years or more."""
    if not _is_dated(calendar):
        return False
    times = calendar.times(np.array([first, last]))
    years = times.year.to_numpy() + times.day_of_year.to_numpy() / _DAYS_IN_YEAR
    return bool(years[1] - years[0] >= _ENOUGH_YEARS)
