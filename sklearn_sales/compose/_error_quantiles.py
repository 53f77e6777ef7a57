# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of errors, by step and by series, as conformal prediction takes them."""

import numpy as np

from sklearn_sales.compose._grouped_statistics import group_quantiles
from sklearn_sales.compose._smearing import StepSizes

__all__ = ["ErrorQuantiles", "conformal_quantiles"]

# So many errors at a step and the steps around it are enough.
_ENOUGH = 200
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


class ErrorQuantiles:
    """A pool of errors in units of their expected size.

    Parameters
    ----------
    values : ndarray of shape (n,)
    steps : ndarray of int of shape (n,)
        How far ahead each error was made.
    codes : ndarray of int of shape (n,)
        Series of each error.
    by_step, by_series : bool
        What the distribution of the errors depends on.
    """

    def __init__(self, values, steps, codes, *, by_step, by_series):
        order = np.argsort(values, kind="stable")
        self.values, self.steps, self.codes = values[order], steps[order], codes[order]
        self.by_step = by_step
        self.by_series = by_series

    def add(self, values, steps, codes):
        """The pool with further errors."""
        return ErrorQuantiles(
            np.concatenate([self.values, values]),
            np.concatenate([self.steps, steps]),
            np.concatenate([self.codes, codes]),
            by_step=self.by_step,
            by_series=self.by_series,
        )

    def renumbered(self, codes):
        """The pool with other numbers of the series."""
        return ErrorQuantiles(
            self.values,
            self.steps,
            codes[self.codes],
            by_step=self.by_step,
            by_series=self.by_series,
        )

    def of(self, steps, codes, levels):
        """Quantiles for rows.

        Parameters
        ----------
        steps, codes : ndarray of int of shape (n_rows,)
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
        distinct, at = np.unique(steps, return_inverse=True)
        found = [self._of_step(step, levels) for step in distinct]
        table = np.array([quantiles for quantiles, _ in found])
        short = np.any([missing for _, missing in found], axis=0)
        quantiles = table[at].reshape(len(steps), len(levels))
        if self.by_series:
            quantiles = self._drawn_to_series(quantiles, steps, codes, levels)
        return quantiles, short

    def _of_step(self, step, levels):
        if not self.by_step:
            return conformal_quantiles(self.values, np.ones(len(self.values)), levels)
        away = np.abs(self.steps - step)
        counts = np.cumsum(np.bincount(away))
        enough = min(_ENOUGH, counts[-1])
        reach = int(np.searchsorted(counts, enough))
        near = away <= reach
        # a triangle over the steps: the nearer, the more it tells
        weights = 1 - away[near] / (reach + 1)
        return conformal_quantiles(self.values[near], weights / weights.max(), levels)

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
