# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arithmetic around a pretrained model: contexts, seasons, scales and quantiles.

A context is one row of sales that end at a forecast origin, the newest value last and
NaN where nothing was observed, or before the series began.
"""

import numpy as np

__all__ = [
    "at_levels",
    "gather_contexts",
    "hold_beyond",
    "last_season",
    "observed_before",
    "scale_contexts",
    "seasonal_base",
]


def gather_contexts(data, first, stop, width):
    """Cells that end before ``stop``, side by side.

    Parameters
    ----------
    data : ndarray of shape (n_cells, ...)
        Cells of all series, one series after the other.
    first, stop : ndarray of shape (n,)
        Bounds of the cells that may be read.
    width : int

    Returns
    -------
    ndarray of shape (n, width, ...)
        Filled with NaN on the left.
    """
    cells = stop[:, None] - width + np.arange(width)
    inside = cells >= first[:, None]
    contexts = data[np.where(inside, cells, 0)]
    contexts[~inside] = np.nan
    return contexts


def observed_before(data, first, stop):
    """Number of observations among the cells of each context, shape (n,)."""
    counts = np.concatenate([[0], np.cumsum(~np.isnan(data))])
    return counts[np.maximum(stop, first)] - counts[first]


def last_season(contexts, season):
    """The newest value of each phase of the season, continued after the context.

    Parameters
    ----------
    contexts : ndarray of shape (n, width)
        Each holds an observation.
    season : int

    Returns
    -------
    ndarray of shape (n, season)
        Column h - 1 is what the seasonal naive forecasts h steps ahead: for a phase
        that was never observed, the newest observation.
    """
    n, width = contexts.shape
    short = -width % season
    padded = np.pad(contexts, ((0, 0), (short, 0)), constant_values=np.nan)
    cycles = padded.reshape(n, -1, season)
    newest = np.argmax(~np.isnan(cycles[:, ::-1]), axis=1)
    by_phase = np.take_along_axis(cycles[:, ::-1], newest[:, None], axis=1)[:, 0]
    last = np.argmax(~np.isnan(contexts[:, ::-1]), axis=1)
    latest = contexts[np.arange(n), width - 1 - last]
    return np.where(np.isnan(by_phase), latest[:, None], by_phase)


def seasonal_base(seasons, changes):
    """What seasonal differences are added to: the value one season before.

    Parameters
    ----------
    seasons : ndarray of shape (n, season)
        The newest season.
    changes : ndarray of shape (n, n_steps)
        Forecasts of the differences.

    Returns
    -------
    ndarray of shape (n, n_steps)
        Beyond one season, the season before is itself a forecast.
    """
    n, season = seasons.shape
    n_steps = changes.shape[1]
    cycles = -(-n_steps // season)
    padded = np.zeros((n, cycles * season))
    padded[:, :n_steps] = changes
    # y[h] = y[h - m] + d[h], so the base holds the sum of all differences before
    sums = np.cumsum(padded.reshape(n, cycles, season), axis=1)
    base = np.repeat(seasons[:, None], cycles, axis=1)
    base[:, 1:] += sums[:, :-1]
    return base.reshape(n, -1)[:, :n_steps]


def scale_contexts(contexts):
    """Contexts on 0..1, with the location and the span taken out.

    Models work in single precision, which does not hold sales of any size.

    Returns
    -------
    scaled : ndarray of shape (n, width)
    location, span : ndarray of shape (n,)
        The span of a constant context is 0.
    """
    location = np.nanmin(contexts, axis=1)
    span = np.nanmax(contexts, axis=1) - location
    scaled = contexts - location[:, None]
    scaled /= np.where(span > 0, span, 1.0)[:, None]
    return scaled, location, span


def at_levels(forecasts, known, levels):
    """Quantiles at other levels, linear between the known ones.

    Parameters
    ----------
    forecasts : ndarray of shape (n, n_known)
        Sorted along axis 1.
    known : ndarray of shape (n_known,)
    levels : ndarray of shape (n_levels,)
        Inside the range of the known ones.

    Returns
    -------
    ndarray of shape (n, n_levels)
    """
    upper = np.clip(np.searchsorted(known, levels), 1, len(known) - 1)
    lower = upper - 1
    share = (levels - known[lower]) / (known[upper] - known[lower])
    return forecasts[:, lower] * (1 - share) + forecasts[:, upper] * share


def hold_beyond(steps, furthest, season):
    """Steps no further than ``furthest``: beyond it, the last season is repeated."""
    season = min(season, furthest)
    beyond = furthest - season + 1 + (steps - furthest - 1) % season
    return np.where(steps > furthest, beyond, steps)
