# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of errors, by step and by series, as conformal prediction takes them."""

import numpy as np

from sklearn_sales.compose._grouped_statistics import group_quantiles
from sklearn_sales.compose._smearing import StepSizes

__all__ = ["ErrorQuantiles", "conformal_quantiles", "shared_period", "step_growth"]

# So many errors at a step and the steps around it are enough, if they are those of so
# many times: all series of one time are lucky or not together.
_ENOUGH = 200
_ENOUGH_TIMES = 20
# The mean error of so many series at a time tells half of what that of all does.
_EVEN_CELL = 10
# A series of its own shape counts as much as the pool with so many errors.
_EVEN_ERRORS = 100


def conformal_quantiles(ordered, weights, levels):
    """Quantiles of a value that is yet to come, from those that were seen.

    With n exchangeable values, the next one is at most the k-th smallest with
    probability k / (n + 1) [1]_. So low quantiles are the largest of the seen values
    with k / (n + 1) not above the level, and high ones the smallest with it not below:
    intervals between them are rather too wide. With weights, n and k are their sums,
    and the value to come weighs as much as the largest of them, one.

    Parameters
    ----------
    ordered : ndarray of shape (n,)
        Ascending.
    weights : ndarray of shape (n,)
    levels : ndarray of shape (n_levels,)

    Returns
    -------
    quantiles : ndarray of shape (n_levels,)
        Where a level would need more values, the smallest or the largest one.
    short : ndarray of bool of shape (n_levels,)
        Where that is so.

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic learning in a random
       world", Springer, 2005.
    """
    sums = np.cumsum(weights)
    # a little slack, so that rounding moves no rank
    targets = levels * (sums[-1] + 1)
    slack = 1e-9 * (sums[-1] + 1)
    low = np.searchsorted(sums, targets + slack, side="right") - 1
    high = np.searchsorted(sums, targets - slack, side="left")
    short = np.where(levels < 0.5, low < 0, high >= len(ordered))
    short &= levels != 0.5
    low = ordered[np.clip(low, 0, len(ordered) - 1)]
    high = ordered[np.clip(high, 0, len(ordered) - 1)]
    middle = (low + high) / 2
    return np.where(levels < 0.5, low, np.where(levels > 0.5, high, middle)), short


def shared_period(season, folds, times):
    """How many times apart errors have to be to be shared between steps.

    Errors of a Saturday are not those of a Friday. Where the test sets are a season
    long, each step has steps of its own place in the season to share errors with;
    where they are shorter, it can only share those of other places.

    Parameters
    ----------
    season : int
    folds, times : ndarray of int of shape (n,)
        Fold of each error, and when it was made.

    Returns
    -------
    int
        The season, or 1.
    """
    pairs = np.unique(np.column_stack([folds, times]), axis=0)
    return season if np.bincount(pairs[:, 0]).max() >= season else 1


def step_growth(values, steps, times, period):
    """The power of the step that errors grow with, drawn to zero where it is unsure.

    A regression of the logarithm of the mean size of the errors of each step and time
    on that of the step, among times of the same place in the season. All series of a
    time are lucky or not together, so that its mean is one observation. The slope is
    multiplied by 1 - 1 / t², at least zero, as by James and Stein [1]_, and zero where
    it is negative.

    Parameters
    ----------
    values : ndarray of shape (n,)
    steps, times : ndarray of int of shape (n,)
    period : int

    Returns
    -------
    float
        Zero where there are too few steps and times to tell.

    References
    ----------
    .. [1] W. James and C. Stein, "Estimation with quadratic loss", Proceedings of the
       Fourth Berkeley Symposium on Mathematical Statistics and Probability 1, 1961.
    """
    cells, at = np.unique(np.column_stack([steps, times]), axis=0, return_inverse=True)
    at = at.reshape(-1)
    counts, sums = np.bincount(at), np.bincount(at, np.abs(values))
    known = sums > 0
    cells, counts, sums = cells[known], counts[known], sums[known]
    weights = counts / (counts + _EVEN_CELL)
    places = np.unique(cells[:, 1] % period, return_inverse=True)[1].reshape(-1)
    x = _within(np.log(cells[:, 0]), weights, places)
    y = _within(np.log(sums / counts), weights, places)
    free = len(x) - places.max(initial=0) - 2
    squares = np.sum(weights * x**2)
    if free < 1 or squares < 1e-9:
        return 0.0
    slope = np.sum(weights * x * y) / squares
    variance = np.sum(weights * (y - slope * x) ** 2) / free / squares
    # nobody is surer of what is further ahead: a slope below zero is luck
    return float(slope * max(1 - variance / slope**2, 0.0)) if slope > 0 else 0.0


def _within(values, weights, groups):
    """Differences from the weighted mean of each group."""
    sums = np.bincount(groups, weights * values)
    return values - (sums / np.bincount(groups, weights))[groups]


class ErrorQuantiles:
    """A pool of errors in units of their expected size.

    Parameters
    ----------
    values : ndarray of shape (n,)
    steps : ndarray of int of shape (n,)
        How far ahead each error was made.
    times : ndarray of int of shape (n,)
        Calendar position of each error.
    codes : ndarray of int of shape (n,)
        Series of each error.
    by_step, by_series : bool
        What the distribution of the errors depends on.
    period : int, default=1
        Steps share the errors of times that are multiples of it apart.
    """

    def __init__(self, values, steps, times, codes, *, by_step, by_series, period=1):
        order = np.argsort(values, kind="stable")
        self.values, self.steps = values[order], steps[order]
        self.times, self.codes = times[order], codes[order]
        self.by_step = by_step
        self.by_series = by_series
        self.period = period
        self.growth = step_growth(self.values, self.steps, self.times, period)

    def add(self, values, steps, times, codes):
        """The pool with further errors."""
        return self._with(
            np.concatenate([self.values, values]),
            np.concatenate([self.steps, steps]),
            np.concatenate([self.times, times]),
            np.concatenate([self.codes, codes]),
        )

    def renumbered(self, codes):
        """The pool with other numbers of the series."""
        return self._with(self.values, self.steps, self.times, codes[self.codes])

    def _with(self, values, steps, times, codes):
        return ErrorQuantiles(
            values,
            steps,
            times,
            codes,
            by_step=self.by_step,
            by_series=self.by_series,
            period=self.period,
        )

    def of(self, steps, times, codes, levels):
        """Quantiles for rows.

        Parameters
        ----------
        steps, times, codes : ndarray of int of shape (n_rows,)
        levels : ndarray of shape (n_levels,)
            Ascending.

        Returns
        -------
        quantiles : ndarray of shape (n_rows, n_levels)
            Ascending from left to right.
        short : ndarray of bool of shape (n_levels,)
            Which levels would need more errors than there are.
        """
        steps = np.minimum(steps, self.steps.max())
        if not self.by_step:
            steps = np.full(len(steps), self.steps.max())
        kinds = np.column_stack([steps, times % self.period if self.by_step else steps])
        distinct, at = np.unique(kinds, axis=0, return_inverse=True)
        found = [self._of_step(step, phase, levels) for step, phase in distinct]
        table = np.array([quantiles for quantiles, _ in found])
        short = np.any([missing for _, missing in found], axis=0)
        quantiles = table[at].reshape(len(steps), len(levels))
        if self.by_series:
            quantiles = self._drawn_to_series(quantiles, steps, codes, levels)
        return quantiles, short

    def _of_step(self, step, phase, levels):
        if not self.by_step:
            return conformal_quantiles(self.values, np.ones(len(self.values)), levels)
        among, unit = self._of_phase(phase)
        away = np.abs(self.steps[among] - step)
        reach = max(
            _reach(away, _ENOUGH),
            _reach(_least_by_group(away, self.times[among]), _ENOUGH_TIMES),
        )
        near = away <= reach
        # a triangle over the steps: the nearer, the more it tells
        weights = 1 - away[near] / (reach + unit)
        # as large as they would be at this step
        values = self.values[among][near]
        values = values * (step / self.steps[among][near]) ** self.growth
        order = np.argsort(values, kind="stable")
        weights = weights[order] / weights.max()
        return conformal_quantiles(values[order], weights, levels)

    def _of_phase(self, phase):
        """Which errors a step may share, and how far apart neighbours are.

        Those of its place in the season; all, where it has too few.
        """
        among = self.times % self.period == phase
        if among.sum() < _ENOUGH:
            return np.ones(len(among), dtype=bool), 1
        return among, self.period

    def _drawn_to_series(self, quantiles, steps, codes, levels):
        """Averages of the quantiles of the pool and those of each series."""
        n_series = int(max(self.codes.max(), codes.max())) + 1
        growth = StepSizes(self.values, self.steps)
        counts = np.bincount(self.codes, minlength=n_series)
        size = growth.of(self.steps)
        even = np.divide(self.values, size, out=np.zeros_like(size), where=size > 0)
        own = group_quantiles(even, self.codes, n_series, levels)
        own = np.nan_to_num(np.column_stack(own))[codes]
        if self.by_step:
            own = own * growth.of(steps)[:, None]
        else:
            own = own * np.sqrt(np.mean(size**2))
        weight = (counts / (counts + _EVEN_ERRORS))[codes][:, None]
        return weight * own + (1 - weight) * quantiles


def _reach(away, enough):
    """The least distance within which there are enough; the largest if there are not.

    Parameters
    ----------
    away : ndarray of int of shape (n,)
    enough : int
    """
    counts = np.cumsum(np.bincount(away))
    return int(np.searchsorted(counts, min(enough, counts[-1])))


def _least_by_group(values, groups):
    """The least value of each distinct group."""
    distinct, at = np.unique(groups, return_inverse=True)
    least = np.full(len(distinct), values.max())
    np.minimum.at(least, at, values)
    return least
