# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How large the error of a forecast is to be expected.

Errors of different series and rows are put into one pool, which they can only share in
units of their expected size. That is learned from the errors themselves in two steps:
a power law of a few traits of each row, and a factor for each series.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["PowerLaw", "SeriesFactors", "history_traits"]

# Traits are cut at these quantiles of what the law was learned from.
_LOWEST, _HIGHEST = 0.01, 0.999
# The law counts for as little as nothing where it has fewer errors than that.
_PENALTY = 20.0
_MAX_ITER = 100


def history_traits(history, codes, origins, window):
    """Mean size of the sales of series before an origin, and of their changes.

    Parameters
    ----------
    history : History
    codes : ndarray of shape (n,)
        Series of each row.
    origins : ndarray of shape (n,)
        Calendar position of the last sale that was known to the forecast.
    window : int
        How many times up to the origin count.

    Returns
    -------
    ndarray of shape (n, 2)
        Mean absolute sales, and mean absolute change from one time to the next.
    """
    values = history.data
    changes = np.abs(np.diff(values, prepend=np.nan))
    # the step from one series to the next is none
    starts = history.indptr[:-1]
    changes[starts[starts < len(changes)]] = np.nan
    cells = history.indptr[codes] + origins - history.start[codes]
    first = np.maximum(history.indptr[codes], cells - window + 1)
    level = _window_means(np.abs(values), first, cells)
    change = _window_means(changes, first, cells)
    return np.column_stack([level, np.where(np.isnan(change), level, change)])


def _window_means(values, first, last):
    """Mean of the observed values between two cells; NaN where there is none."""
    observed = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(observed, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(observed)])
    n = counts[last + 1] - counts[first]
    total = sums[last + 1] - sums[first]
    return np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)


@dataclass(frozen=True)
class PowerLaw:
    """The mean absolute error as a product of powers of traits.

    A Poisson regression with a logarithmic link, which is right for the mean whatever
    the distribution of the errors is. That deviations of sales grow as a power of
    their level is Taylor's law [1]_.

    Attributes
    ----------
    lowest, highest : ndarray of shape (n_traits,)
        Where traits are cut: beyond, the law was not learned.
    center, spread : ndarray of shape (n_traits,)
        By which the logarithms are standardised.
    coef : ndarray of shape (n_traits,)
    intercept : float

    References
    ----------
    .. [1] L. R. Taylor, "Aggregation, variance and the mean", Nature 189, 1961.
    """

    lowest: np.ndarray
    highest: np.ndarray
    center: np.ndarray
    spread: np.ndarray
    coef: np.ndarray
    intercept: float

    @classmethod
    def learn(cls, traits, errors):
        """Learn from absolute errors of shape (n,), at least one of them not zero."""
        lowest, highest = _bounds(traits)
        logs = np.log(np.clip(traits, lowest, highest))
        center, spread = logs.mean(axis=0), logs.std(axis=0)
        # rounding leaves a little spread where there is none
        flat = spread < 1e-9
        spread[flat] = 1.0
        design = np.where(flat, 0.0, (logs - center) / spread)
        mean = errors.mean()
        coef = _poisson_regression(design, errors / mean, _PENALTY / len(errors))
        return cls(lowest, highest, center, spread, coef[1:], coef[0] + np.log(mean))

    @classmethod
    def proportional(cls, traits):
        """The law of sizes that are proportional to the one trait there is."""
        lowest, _ = _bounds(traits)
        zero, one = np.zeros(1), np.ones(1)
        return cls(lowest, np.full(1, np.inf), zero, one, one, 0.0)

    def sizes(self, traits):
        """Expected size of the error of each row, shape (n,), positive."""
        logs = np.log(np.clip(traits, self.lowest, self.highest))
        return np.exp((logs - self.center) / self.spread @ self.coef + self.intercept)


def _bounds(traits):
    """Where each trait is cut; one where no row has it."""
    lowest, highest = np.ones(traits.shape[1]), np.ones(traits.shape[1])
    for column, values in enumerate(traits.T):
        positive = values[values > 0]
        if len(positive):
            bounds = np.quantile(positive, [_LOWEST, _HIGHEST])
            lowest[column], highest[column] = bounds
    return lowest, highest


def _poisson_regression(design, target, penalty):
    """Coefficients of a Poisson regression with a logarithmic link.

    The mean of mu - target log(mu), with mu = exp(intercept + design @ coef), and half
    of the penalty times the squares of the coefficients is minimised by Newton's
    method.

    Returns
    -------
    ndarray of shape (1 + n_features,)
        The intercept comes first.
    """
    terms = np.column_stack([np.ones(len(design)), design])
    ridge = np.diag([0.0] + [penalty] * design.shape[1])

    def loss(coef):
        linear = terms @ coef
        with np.errstate(over="ignore"):
            return np.mean(np.exp(linear) - target * linear) + coef @ ridge @ coef / 2

    coef = np.zeros(terms.shape[1])
    best = loss(coef)
    for _ in range(_MAX_ITER):
        mean = np.exp(terms @ coef)
        gradient = terms.T @ (mean - target) / len(target) + ridge @ coef
        hessian = (terms.T * mean) @ terms / len(target) + ridge
        move = np.linalg.solve(hessian, gradient)
        # shorter where the curvature is that of another place
        while not (found := loss(coef - move)) <= best and np.abs(move).max() > 1e-9:
            move /= 2
        if np.abs(move).max() <= 1e-9:
            break
        coef, best = coef - move, found
    return coef


class SeriesFactors:
    """By which factor the errors of each series are larger than expected.

    The square root of errors has a mean that outliers hardly move, and the square of
    it is a size. It is drawn to one, as if each series had ``pooling`` errors more, of
    the size that is expected.

    Parameters
    ----------
    ratios : ndarray of shape (n,)
        Absolute errors in units of their expected size.
    codes, folds : ndarray of int of shape (n,)
    n_series, n_folds : int
    pooling : float or None
        None leaves the factors at one.

    Attributes
    ----------
    sums, counts : ndarray of shape (n_folds, n_series + 1)
        Of square roots of the ratios. The last series stands for those not known.
    typical : float
        Mean square root of all ratios.
    """

    def __init__(self, ratios, codes, folds, n_series, n_folds, pooling):
        shape = (n_folds, n_series + 1)
        cells = folds * shape[1] + codes
        roots = np.sqrt(ratios)
        n_cells = shape[0] * shape[1]
        self.sums = np.bincount(cells, weights=roots, minlength=n_cells).reshape(shape)
        self.counts = np.bincount(cells, minlength=n_cells).reshape(shape)
        self.typical = float(roots.mean()) or 1.0
        self.pooling = pooling

    def of(self, codes):
        """Factors of series, from all their errors."""
        return self._factors(self.sums.sum(axis=0), self.counts.sum(axis=0))[codes]

    def without_own_fold(self, codes, folds):
        """Factors of the errors themselves, each from the other folds.

        An error that had its part in the size that it is measured by would look
        smaller than the errors to come.
        """
        sums = self.sums.sum(axis=0) - self.sums
        counts = self.counts.sum(axis=0) - self.counts
        return self._factors(sums, counts)[folds, codes]

    def add(self, ratios, codes):
        """Take further errors into account."""
        roots = np.bincount(
            codes, weights=np.sqrt(ratios), minlength=self.sums.shape[1]
        )
        counts = np.bincount(codes, minlength=self.sums.shape[1])
        self.sums = np.vstack([self.sums, roots])
        self.counts = np.vstack([self.counts, counts])

    def renumber(self, codes, n_series):
        """Give the series other numbers, of which there may be more."""
        for name in ("sums", "counts"):
            old = getattr(self, name)
            new = np.zeros((len(old), n_series + 1), dtype=old.dtype)
            new[:, codes] = old[:, :-1]
            setattr(self, name, new)

    def _factors(self, sums, counts):
        if self.pooling is None:
            return np.ones(sums.shape)
        weight = counts + self.pooling
        own = sums / self.typical + self.pooling
        # with pooling=0, series without errors have no size of their own
        factors = np.divide(own, weight, out=np.ones(sums.shape), where=weight > 0)
        return np.maximum(factors, 1e-3) ** 2
