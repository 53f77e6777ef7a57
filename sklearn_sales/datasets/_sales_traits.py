# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What sets the series of a simulated panel apart, and their seasons."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from sklearn_sales.datasets._sales_calendar import SalesCalendar
from sklearn_sales.datasets._sales_simulation import RandomStreams, choose_series

__all__ = [
    "SeriesTraits",
    "cells_in_lifespan",
    "draw_seasons",
    "draw_seen",
    "draw_traits",
]

# Log sales by weekday, Monday first: quiet at the start of the week, full on Saturday.
WEEK = np.array([-0.6, -0.8, -0.6, -0.2, 0.4, 1.2, 0.6])


@dataclass(frozen=True)
class SeriesTraits:
    """One value for each series; every array has shape (n_series, 1).

    Attributes
    ----------
    store, product, category : ndarray of int
        Whose series it is.
    level : ndarray
        Expected units at the first period, before season, price and events.
    growth : ndarray
        Yearly growth of the log level.
    elasticity : ndarray
        Exponent of the relative price in the demand.
    base_price : ndarray
        Price at which the price multiplier is one.
    first, last : ndarray of int
        Positions of the first and the last period of the series.
    intermittent : ndarray of bool
        Whether most periods sell nothing.
    chance : ndarray
        Chance that an intermittent series sells in a period; 1 for the others.
    """

    store: np.ndarray
    product: np.ndarray
    category: np.ndarray
    level: np.ndarray
    growth: np.ndarray
    elasticity: np.ndarray
    base_price: np.ndarray
    first: np.ndarray
    last: np.ndarray
    intermittent: np.ndarray
    chance: np.ndarray


def draw_traits(
    n_series: int,
    n_periods: int,
    *,
    n_stores: int,
    n_categories: int,
    level: float,
    level_spread: float,
    trend: float,
    price_elasticity: tuple[float, float],
    launch_share: float,
    end_share: float,
    intermittent_share: float,
    streams: RandomStreams,
) -> SeriesTraits:
    """Draw the traits of all series.

    Parameters
    ----------
    n_series, n_periods : int
        Shape of the panel.
    price_elasticity : tuple of float
        Lowest and highest elasticity.
    streams : RandomStreams
        Source of the draws.
    n_stores, n_categories, level, level_spread, trend, launch_share, end_share, \
intermittent_share
        As in :func:`make_sales_panel`.

    Returns
    -------
    traits : SeriesTraits
        The traits.
    """
    product, store = np.divmod(np.arange(n_series)[:, None], n_stores)
    shape = n_series, 1
    intermittent = choose_series(
        intermittent_share, n_series, streams("intermittent series")
    )
    chance = streams("chances").uniform(0.05, 0.35, shape)
    # A slow mover sells one to a few units each time that it sells.
    slow = chance * (1 + streams("sizes").exponential(1.0, shape))
    popular = level * _popularity(product, store, level_spread, streams)
    first, last = _lifespans(n_series, n_periods, launch_share, end_share, streams)
    return SeriesTraits(
        store=store,
        product=product,
        category=product % n_categories,
        level=np.where(intermittent, slow, popular),
        growth=2 * trend * streams("growth").random(shape),
        elasticity=streams("elasticities").uniform(*price_elasticity, shape),
        base_price=_base_prices(product, streams),
        first=first,
        last=last,
        intermittent=intermittent,
        chance=np.where(intermittent, chance, 1.0),
    )


def draw_seasons(
    category: np.ndarray,
    calendar: SalesCalendar,
    *,
    daily_season: float,
    weekly_season: float,
    yearly_season: float,
    streams: RandomStreams,
) -> np.ndarray:
    """Draw the seasonal multiplier of every cell.

    The series of a category share the shape of their seasons but for small
    deviations. A season no longer than one period has no effect.

    Parameters
    ----------
    category : ndarray of int of shape (n_series, 1)
        Category of each series.
    calendar : SalesCalendar
        The periods.
    daily_season, weekly_season, yearly_season : float
        Strengths of the seasons.
    streams : RandomStreams
        Source of the draws.

    Returns
    -------
    season : ndarray of shape (n_series, n_periods)
        Product of the seasons' multipliers. Each has mean one over its season.
    """
    season = np.ones((len(category), len(calendar.dates)))
    for length, strength, draw_profile, phase in (
        (1, daily_season, _day_profile, calendar.hour),
        (7, weekly_season, _week_profile, calendar.weekday),
        (365, yearly_season, _year_profile, calendar.day_of_year),
    ):
        if calendar.step < length and strength > 0:
            profile = strength * draw_profile(category, streams)
            multiplier = softmax(profile, axis=1) * profile.shape[1]
            season *= multiplier[:, phase]
    return season


def cells_in_lifespan(traits: SeriesTraits, n_periods: int) -> np.ndarray:
    """Tell which cells lie between the first and the last period of their series.

    Parameters
    ----------
    traits : SeriesTraits
        The series.
    n_periods : int
        Number of periods.

    Returns
    -------
    inside : ndarray of bool of shape (n_series, n_periods)
        True from the first period to the last.
    """
    position = np.arange(n_periods)
    return (traits.first <= position) & (position <= traits.last)


def draw_seen(traits: SeriesTraits, n_periods: int, missing_share: float, rng):
    """Draw the cells that are not missing; the ends of a series never are.

    Parameters
    ----------
    traits : SeriesTraits
        The series.
    n_periods : int
        Number of periods.
    missing_share : float
        Chance that a cell is missing.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    seen : ndarray of bool of shape (n_series, n_periods)
        True for the cells inside a lifespan that are not missing.
    """
    position = np.arange(n_periods)
    ends = (position == traits.first) | (position == traits.last)
    drawn = rng.random((len(traits.level), n_periods)) >= missing_share
    return cells_in_lifespan(traits, n_periods) & (drawn | ends)


def _popularity(product, store, spread: float, streams: RandomStreams) -> np.ndarray:
    """Draw log-normal products, stores and pairs; their logs' variances sum to one."""
    by_product = streams("products").standard_normal(product.max() + 1)[product]
    by_store = streams("stores").standard_normal(store.max() + 1)[store]
    by_pair = streams("pairs").standard_normal(product.shape)
    return np.exp(spread * (0.8 * by_product + 0.5 * by_store + 0.332 * by_pair))


def _base_prices(product: np.ndarray, streams: RandomStreams) -> np.ndarray:
    """Draw a price for each product, in whole cents, the same in every store."""
    logs = streams("base prices").normal(np.log(5), 0.6, product.max() + 1)[product]
    return np.maximum(np.round(np.exp(logs), 2), 0.5)


def _lifespans(n_series, n_periods, launch_share, end_share, streams: RandomStreams):
    """Draw first and last positions: launches in the first half, ends in the second."""
    half = n_periods // 2
    launched = choose_series(launch_share, n_series, streams("launched series"))
    ended = choose_series(end_share, n_series, streams("ended series"))
    launch = streams("launches").integers(1, half + 1, (n_series, 1))
    end = streams("ends").integers(half, n_periods - 1, (n_series, 1))
    return np.where(launched, launch, 0), np.where(ended, end, n_periods - 1)


def _day_profile(category: np.ndarray, streams: RandomStreams) -> np.ndarray:
    """Draw log profiles of 24 hours, with their peaks in the afternoon."""
    peaks = streams("peak hours").normal(15, 1.5, category.max() + 1)[category]
    own = streams("own hours").normal(0, 0.1, (len(category), 24))
    return np.cos(2 * np.pi * (np.arange(24) - peaks) / 24) + own


def _week_profile(category: np.ndarray, streams: RandomStreams) -> np.ndarray:
    """Draw log profiles of seven weekdays, Monday first."""
    shared = streams("weekdays").normal(0, 0.3, (category.max() + 1, 7))
    own = streams("own weekdays").normal(0, 0.1, (len(category), 7))
    return WEEK + shared[category[:, 0]] + own


def _year_profile(category: np.ndarray, streams: RandomStreams) -> np.ndarray:
    """Draw smooth log profiles of 366 days: a yearly and a half-yearly wave."""
    shape = category.max() + 1, 2
    shared = streams("yearly phases").uniform(0, 2 * np.pi, shape)[category[:, 0]]
    phase = shared + streams("own yearly phases").normal(0, 0.2, (len(category), 2))
    angle = 2 * np.pi * np.arange(366) / 366
    return np.cos(angle - phase[:, :1]) + 0.4 * np.cos(2 * angle - phase[:, 1:])
