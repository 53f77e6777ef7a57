# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Random parts of a simulated panel: pure functions of named random streams.

Arrays over cells have shape (n_series, n_periods), arrays over series (n_series, 1).
"""

from zlib import crc32

import numpy as np
from scipy.signal import lfilter
from sklearn.utils import check_random_state

__all__ = [
    "RandomStreams",
    "choose_series",
    "draw_blocks",
    "draw_demand",
    "draw_faults",
    "draw_noise",
    "draw_prices",
    "draw_spikes",
]


class RandomStreams:
    """Independent random generators, one for each named draw.

    Each draw has a generator of its own, so that one draw more, or a longer one,
    changes no other: the first series of a panel stay as they are when series are
    added.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Where the seed comes from. None asks the operating system, never the global
        state of NumPy.
    """

    def __init__(self, random_state=None):
        if random_state is None:
            self._entropy = np.random.SeedSequence().entropy
        else:
            seeds = check_random_state(random_state).randint(2**31 - 1, size=4)
            self._entropy = seeds.tolist()

    def __call__(self, name: str) -> np.random.Generator:
        """Return a fresh generator for the draw of that name."""
        key = (crc32(name.encode()),)
        return np.random.default_rng(
            np.random.SeedSequence(self._entropy, spawn_key=key)
        )


def choose_series(share: float, n_series: int, rng) -> np.ndarray:
    """Choose a share of the series, rounded to a whole number of them.

    Parameters
    ----------
    share : float
        Share of the series to choose.
    n_series : int
        Number of series.
    rng : numpy.random.Generator
        Source of the choice.

    Returns
    -------
    chosen : ndarray of bool of shape (n_series, 1)
        True for the chosen ones.
    """
    rank = rng.random(n_series).argsort().argsort()
    return (rank < round(share * n_series))[:, None]


def draw_blocks(draw, n_series: int, n_periods: int, length: int, rng) -> np.ndarray:
    """Draw values that hold for `length` periods each.

    Parameters
    ----------
    draw : callable
        Takes a shape and returns the values of all blocks.
    n_series, n_periods : int
        Number of series and of periods.
    length : int
        Periods in a block. A series' first block may be cut short.
    rng : numpy.random.Generator
        Source of the phase at which the blocks of each series begin.

    Returns
    -------
    values : ndarray of shape (n_series, n_periods)
        The value of each cell's block.
    """
    phase = rng.integers(length, size=(n_series, 1))
    block = (np.arange(n_periods) + phase) // length
    n_blocks = (n_periods + length - 2) // length + 1
    return np.take_along_axis(draw((n_series, n_blocks)), block, axis=1)


def draw_prices(base_price, promotion_share: float, calendar, streams):
    """Draw regular prices that move once a quarter, and promotions of a week.

    Parameters
    ----------
    base_price : ndarray of shape (n_series, 1)
        Price around which a series' regular price moves.
    promotion_share : float
        Share of the weeks that are promoted.
    calendar : SalesCalendar
        The periods.
    streams : RandomStreams
        Source of the draws.

    Returns
    -------
    price : ndarray of shape (n_series, n_periods)
        Price paid, in whole cents: 10, 20 or 30 % below the regular one if promoted.
    promotion : ndarray of bool of shape (n_series, n_periods)
        Whether the period is promoted.
    """
    shape = len(base_price), len(calendar.dates)
    quarter, week = calendar.periods_in(91), calendar.periods_in(7)

    def drift(size):
        return np.cumsum(streams("price steps").normal(0, 0.05, size), axis=1)

    def discount(size):
        depth = streams("discounts").choice([0.1, 0.2, 0.3], size)
        promoted = streams("promotions").random(size) < promotion_share
        return np.where(promoted, depth, 0.0)

    regular = base_price * np.exp(
        draw_blocks(drift, *shape, quarter, streams("quarter"))
    )
    discounts = draw_blocks(discount, *shape, week, streams("week"))
    price = np.maximum(np.round(regular * (1 - discounts), 2), 0.01)
    return price, discounts > 0


def _impulse_response(ar: np.ndarray, length: int) -> np.ndarray:
    """Return the weights psi of past shocks in z_t = sum_i ar_i z_{t-i} + e_t."""
    impulse = np.zeros(length)
    impulse[0] = 1.0
    return lfilter([1.0], np.concatenate([[1.0], -ar]), impulse)


def draw_noise(n_series: int, n_periods: int, scale: float, ar, rng) -> np.ndarray:
    """Draw multipliers exp(z_t - scale ** 2 / 2) with a stationary Gaussian AR z.

    Parameters
    ----------
    n_series, n_periods : int
        Shape of the result.
    scale : float
        Standard deviation of z.
    ar : ndarray of shape (order,)
        Stationary autoregressive coefficients of z; none for white noise.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    multiplier : ndarray of shape (n_series, n_periods)
        Positive, with expectation one.
    """
    # The recursion runs unseen until its shocks' weights have died out, so that the
    # first visible period is as variable as every other.
    weights = _impulse_response(ar, 10_000)
    warm_up = int(np.flatnonzero(np.abs(weights) > 1e-4)[-1])
    shocks = rng.standard_normal((n_series, warm_up + n_periods))
    z = lfilter([1.0], np.concatenate([[1.0], -ar]), shocks, axis=1)[:, warm_up:]
    z *= scale / np.sqrt(np.sum(weights**2))
    return np.exp(z - scale**2 / 2)


def draw_demand(mean, chance, intermittent, dispersion: float, counts: bool, streams):
    """Draw the units that would be sold with full shelves.

    Smooth series draw from a negative binomial with variance
    ``mean + dispersion * mean ** 2``. Intermittent ones sell with a chance, and then
    one unit and a negative binomial number of further ones, so that the mean is kept.

    Parameters
    ----------
    mean : ndarray of shape (n_series, n_periods)
        Expected units.
    chance : ndarray of shape (n_series, 1)
        Chance that an intermittent series sells in a period, 1 for a smooth one.
    intermittent : ndarray of bool of shape (n_series, 1)
        Which series are intermittent.
    dispersion : float
        Overdispersion; 0 draws from the Poisson distribution.
    counts : bool
        Whether to draw whole units. If False, the units sold are their mean.
    streams : RandomStreams
        Source of the draws.

    Returns
    -------
    units : ndarray of float of shape (n_series, n_periods)
        Non-negative.
    """
    # A sale is at least one unit, so its chance cannot be higher than the mean.
    chance = np.where(intermittent, np.minimum(chance, mean), 1.0)
    size = np.divide(mean, chance, out=np.zeros_like(mean), where=chance > 0)
    if counts:
        further = np.maximum(size - intermittent, 0.0)
        if dispersion > 0:
            shape = 1 / dispersion
            further *= streams("dispersion").gamma(shape, dispersion, mean.shape)
        size = streams("units").poisson(further) + intermittent.astype(float)
    sells = streams("occurrences").random(mean.shape) < chance
    return np.where(sells, size, 0.0)


def draw_faults(n_series: int, calendar, stockout_share, outlier_share, streams):
    """Draw the cells out of stock, some three days at a time, and the outliers.

    Parameters
    ----------
    n_series : int
        Number of series.
    calendar : SalesCalendar
        The periods.
    stockout_share : float
        Share of the cells that are out of stock.
    outlier_share : float
        Share of the cells in stock that are outliers.
    streams : RandomStreams
        Source of the draws.

    Returns
    -------
    stockout, outlier : ndarray of bool of shape (n_series, n_periods)
        Never both in one cell.
    """
    shape = n_series, len(calendar.dates)
    stockout = draw_blocks(
        lambda size: streams("stock-outs").random(size) < stockout_share,
        *shape,
        calendar.periods_in(3),
        streams("stock-out phases"),
    )
    outlier = streams("outliers").random(shape) < outlier_share
    return stockout, outlier & ~stockout


def draw_spikes(mean, counts: bool, rng) -> np.ndarray:
    """Draw the units by which an outlier exceeds the demand: 3 to 10 times the mean."""
    spikes = rng.uniform(3, 10, mean.shape) * np.maximum(mean, 1.0)
    return np.ceil(spikes) if counts else spikes
