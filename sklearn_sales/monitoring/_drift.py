# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether numbers have changed: their distribution, or their level."""

import numpy as np

__all__ = ["bin_counts", "cumulative_sum", "quantile_edges", "stability_index"]

_N_BINS = 10


def quantile_edges(values):
    """Inner edges of bins that hold about the same share of values each."""
    values = values[np.isfinite(values)]
    if not len(values):
        return np.empty(0)
    return np.unique(np.quantile(values, np.arange(1, _N_BINS) / _N_BINS))


def bin_counts(values, edges):
    """How many values fall into each bin; the last count is of those missing."""
    missing = np.isnan(values)
    bins = np.searchsorted(edges, values[~missing], side="right")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return np.append(counts, missing.sum())


def stability_index(expected, actual):
    r"""Population stability index of two histograms over the same bins.

    .. math:: \sum_i (a_i - e_i) \, \log(a_i / e_i)

    over the shares of the bins, with half a count added to each. Below 0.1 a change is
    commonly called small, above 0.25 large.

    References
    ----------
    .. [1] N. Siddiqi, "Credit risk scorecards", Wiley, 2006.
    """
    expected, actual = (np.asarray(counts) + 0.5 for counts in (expected, actual))
    expected, actual = expected / expected.sum(), actual / actual.sum()
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def cumulative_sum(values, slack):
    r"""Page's one-sided cumulative sum of values above one, at each value.

    .. math:: S_t = \max(0, S_{t-1} + x_t - 1 - k)

    It stays near zero while values are about one, and climbs by their excess once they
    are larger by more than the slack k.

    References
    ----------
    .. [1] E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.
    """
    steps = np.cumsum(np.asarray(values, dtype=np.float64) - 1.0 - slack)
    # the walk above the lowest point that it has come from
    lowest = np.minimum(np.minimum.accumulate(steps), 0.0)
    return steps - lowest
