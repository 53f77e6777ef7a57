# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether quantiles are what they say."""

import numpy as np
import pandas as pd

__all__ = ["interval_table", "pit_table", "quantile_table"]


def quantile_table(y, quantiles, levels):
    """Share of sales at or below each quantile.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
    quantiles : ndarray of shape (n_rows, n_levels)
    levels : ndarray of shape (n_levels,)
        In rising order.

    Returns
    -------
    pandas.DataFrame
        "nominal", "actual" and "n_rows", a row for each level.
    """
    actual = (y[:, None] <= quantiles).mean(axis=0)
    return pd.DataFrame({"nominal": levels, "actual": actual, "n_rows": len(y)})


def interval_table(y, quantiles, levels):
    """Share of sales within the intervals between q and 1 - q.

    Returns
    -------
    pandas.DataFrame
        As :func:`quantile_table`; a row for each pair of levels, the narrowest first.
    """
    rows = []
    for low, level in enumerate(levels):
        high = np.flatnonzero(np.isclose(levels, 1 - level))
        if level < 0.5 and len(high):
            inside = (y >= quantiles[:, low]) & (y <= quantiles[:, high[0]])
            rows.append((1 - 2 * level, inside.mean(), len(y)))
    return pd.DataFrame(rows[::-1], columns=["nominal", "actual", "n_rows"])


def pit_table(y, quantiles, levels):
    """How the sales spread over the ranges between neighbouring quantiles.

    The probability integral transform [1]_ of each sale is known as far as between
    which levels it lies. A sale that equals several quantiles, as zeros do, counts in
    equal parts for the ranges that end at one of them.

    Returns
    -------
    pandas.DataFrame
        "left", "right" and "density" of each range; 1 where the quantiles are right.

    References
    ----------
    .. [1] T. Gneiting, F. Balabdaoui and A. E. Raftery, "Probabilistic forecasts,
       calibration and sharpness", Journal of the Royal Statistical Society B 69, 2007.
    """
    edges = np.concatenate([[0.0], levels, [1.0]])
    first = (quantiles < y[:, None]).sum(axis=1)
    last = (quantiles <= y[:, None]).sum(axis=1)
    weight = 1.0 / (last - first + 1)
    n_bins = len(levels) + 1
    change = np.bincount(first, weights=weight, minlength=n_bins + 1)
    change -= np.bincount(last + 1, weights=weight, minlength=n_bins + 1)[: n_bins + 1]
    share = np.cumsum(change)[:n_bins] / len(y)
    return pd.DataFrame(
        {
            "left": edges[:-1],
            "right": edges[1:],
            "density": share / np.diff(edges),
            "n_rows": len(y),
        }
    )
