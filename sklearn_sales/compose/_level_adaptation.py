# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Adaptive conformal inference: intervals that learn from their misses.

References
----------
.. [1] I. Gibbs and E. J. Candès, "Adaptive conformal inference under distribution
   shift", Advances in Neural Information Processing Systems 34, 2021.
"""

import numpy as np
from scipy.special import expit, logit

__all__ = ["adapt_level", "shift_levels"]

# A level of zero would ask for endless intervals, one of one for none.
_LEAST = 1e-4


def shift_levels(levels, goal, level):
    """Quantiles to take from the pool, where the share of misses was moved.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Quantiles that were asked for, ascending.
    goal : float
        Share of misses that was asked for.
    level : float
        Share of misses to make intervals for, to reach the goal.

    Returns
    -------
    ndarray of shape (n_levels,)
        Both tails of a quantile move by as much, in log odds, as those of the goal.
        The order of the quantiles stays, and the median does.
    """
    if level == goal:
        return levels
    tails = 2 * np.minimum(levels, 1 - levels)
    with np.errstate(divide="ignore"):
        moved = expit(logit(tails) + logit(level) - logit(goal))
    return np.where(levels <= 0.5, moved / 2, 1 - moved / 2)


def adapt_level(pool, ratios, steps, codes, times, *, goal, level, rate):
    """The level after new errors were seen, time after time.

    Parameters
    ----------
    pool : ErrorQuantiles
    ratios, steps, codes, times : ndarray of shape (n,)
        New errors in units of their expected size, and where they were made.
    goal, level, rate : float

    Returns
    -------
    float
    """
    if rate == 0:
        return level
    order = np.argsort(times, kind="stable")
    starts = np.flatnonzero(np.diff(times[order], prepend=times[order[0]] - 1))
    for rows in np.split(order, starts[1:]):
        tails = np.array([level, 2 - level]) / 2
        bounds, _ = pool.of(steps[rows], times[rows], codes[rows], tails)
        missed = (ratios[rows] < bounds[:, 0]) | (ratios[rows] > bounds[:, 1])
        level = level + rate * (goal - missed.mean())
        level = float(np.clip(level, _LEAST, 1 - _LEAST))
    return level
