# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of the values of many groups at once; NaN where a group has none."""

import numpy as np

__all__ = ["group_means", "group_quantiles", "group_stds", "observed_median"]


def group_means(values, groups, n_groups):
    """Mean of each group, shape (n_groups,)."""
    counts = np.bincount(groups, minlength=n_groups)
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def group_stds(values, groups, n_groups):
    """Standard deviation of each group about its mean, shape (n_groups,)."""
    deviations = values - group_means(values, groups, n_groups)[groups]
    return np.sqrt(group_means(deviations**2, groups, n_groups))


def group_quantiles(values, groups, n_groups, levels):
    """Quantiles of each group, linear between its sorted values.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Without NaN.
    groups : ndarray of shape (n_values,)
        0..n_groups - 1.
    n_groups : int
    levels : sequence of float
        Between 0 and 1.

    Returns
    -------
    list of ndarray of shape (n_groups,)
        One for each level.
    """
    counts = np.bincount(groups, minlength=n_groups)
    if not len(values):
        return [np.full(n_groups, np.nan) for _ in levels]
    ordered = values[np.lexsort((values, groups))]
    starts = np.cumsum(counts) - counts
    return [_quantile(ordered, starts, counts, level) for level in levels]


def _quantile(ordered, starts, counts, level):
    rank = level * np.maximum(counts - 1, 0)
    low = np.floor(rank).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    below = ordered.take(starts + low, mode="clip")
    above = ordered.take(starts + high, mode="clip")
    value = below + (rank - low) * (above - below)
    return np.where(counts > 0, value, np.nan)


def observed_median(values):
    """Median of what is not NaN along the last axis."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.count_nonzero(~np.isnan(ordered), axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, count - 1), axis=-1)
    return ((low + high) / 2)[..., 0]
