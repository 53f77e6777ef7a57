# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tests of two forecasts of the same sales."""

from typing import NamedTuple

import numpy as np
from scipy import stats

__all__ = ["BootstrapRatio", "bootstrap_ratio", "diebold_mariano"]

# Series times draws that are worked on at once.
_BLOCK = 1 << 22


def diebold_mariano(differences, horizon):
    r"""Test that two forecasts have the same expected loss.

    The test of Diebold and Mariano [1]_ in its form for small samples [2]_. With the
    mean difference d of n losses and their autocovariances g_k,

    .. math::

        S = \frac{d}{\sqrt{V}} \sqrt{\frac{n + 1 - 2h + h(h-1)/n}{n}}, \qquad
        V = \frac{1}{n}\Bigl(g_0 + 2 \sum_{k=1}^{h-1} g_k\Bigr),

    which is held against Student's t with n - 1 degrees of freedom. Where the sum of
    autocovariances is not positive, they are weighted by 1 - k/h (Bartlett).

    Parameters
    ----------
    differences : ndarray of shape (n,)
        Loss of one forecast less that of the other, in time order.
    horizon : int
        How many steps ahead the forecasts were at most (h).

    Returns
    -------
    statistic, p_value : float
        The statistic is negative where the first forecast is better; the test is
        two-sided. NaN where there are too few losses, or where all are equal.

    References
    ----------
    .. [1] F. X. Diebold and R. S. Mariano, "Comparing predictive accuracy", Journal of
       Business and Economic Statistics 13(3), 1995.
    .. [2] D. Harvey, S. Leybourne and P. Newbold, "Testing the equality of prediction
       mean squared errors", International Journal of Forecasting 13(2), 1997.
    """
    n, h = len(differences), horizon
    factor = n + 1 - 2 * h + h * (h - 1) / n if n else 0
    if n < 2 or factor <= 1e-9:
        return np.nan, np.nan
    mean = differences.mean()
    centred = differences - mean
    lags = np.arange(min(h, n))
    covariances = np.array([centred[k:] @ centred[: n - k] for k in lags]) / n
    variance = covariances[0] + 2 * covariances[1:].sum()
    if variance <= 0:
        weights = 1 - lags / h
        variance = covariances[0] + 2 * (weights * covariances)[1:].sum()
    if variance <= 1e-12 * mean**2:
        return np.nan, np.nan
    statistic = float(mean / np.sqrt(variance / n) * np.sqrt(factor / n))
    return statistic, float(2 * stats.t.sf(abs(statistic), n - 1))


class BootstrapRatio(NamedTuple):
    """The ratio of two losses, and how sure it is.

    Attributes
    ----------
    ratio, low, high : float
        The ratio of the sums, and bounds of its 95 % percentile interval.
    p_value : float
        Two-sided, of a ratio of one.
    """

    ratio: float
    low: float
    high: float
    p_value: float


def bootstrap_ratio(losses, others, *, n_resamples, random_state):
    """Ratio of two losses over series that are drawn with replacement.

    Parameters
    ----------
    losses, others : ndarray of shape (n_series,)
        Loss of each series by one forecast and by the other.
    n_resamples : int
    random_state : RandomState

    Returns
    -------
    BootstrapRatio
        Without an interval where there is one series.
    """
    total = others.sum()
    ratio = float(losses.sum() / total) if total > 0 else np.nan
    n = len(losses)
    if n < 2 or not total > 0:
        return BootstrapRatio(ratio, np.nan, np.nan, np.nan)
    drawn = []
    both = np.column_stack([losses, others])
    block = max(_BLOCK // n, 1)
    for first in range(0, n_resamples, block):
        size = min(block, n_resamples - first)
        counts = random_state.multinomial(n, np.full(n, 1 / n), size=size)
        drawn.append(counts @ both)
    sums = np.concatenate(drawn)
    sums = sums[sums[:, 1] > 0]
    ratios = sums[:, 0] / sums[:, 1]
    low, high = np.quantile(ratios, [0.025, 0.975])
    below, above = np.count_nonzero(ratios <= 1), np.count_nonzero(ratios >= 1)
    p_value = min(1.0, 2 * (1 + min(below, above)) / (1 + len(ratios)))
    return BootstrapRatio(ratio, float(low), float(high), p_value)
