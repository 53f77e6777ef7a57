# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an autoregression knows of each series before it is fitted."""

from dataclasses import replace

import numpy as np

__all__ = ["pooling_scales", "series_ranges"]

# A series that moves less than this share of its size moves by rounding alone.
_FLAT = 1e-10


def series_ranges(history):
    """Mean, least and greatest observation of each series.

    Returns
    -------
    level, lowest, highest : ndarray of shape (n_series,)
        0 where a series has no observation.
    """
    level = np.zeros(history.n_series)
    lowest, highest = np.zeros(history.n_series), np.zeros(history.n_series)
    filled = history.lengths > 0
    starts, data = history.indptr[:-1][filled], history.data
    counts, values = history.lengths[filled], data
    if history.has_gaps:
        missing = np.isnan(data)
        counts = counts - np.add.reduceat(missing.astype(np.int64), starts)
        values = np.where(missing, 0.0, data)
    level[filled] = np.add.reduceat(values, starts) / counts
    lowest[filled] = np.fmin.reduceat(data, starts)
    highest[filled] = np.fmax.reduceat(data, starts)
    return level, lowest, highest


def pooling_scales(history, scaling):
    """What each series is divided by before pooling.

    Parameters
    ----------
    history : History
    scaling : {"mean", "std"} or None
        Mean absolute sales, standard deviation, or nothing. A constant series has no
        standard deviation and takes its mean absolute sales.

    Returns
    -------
    ndarray of shape (n_series,)
        1 where it would be zero.
    """
    if scaling is None:
        return np.ones(history.n_series)
    size = series_ranges(replace(history, data=np.abs(history.data)))[0]
    scale = size
    if scaling == "std":
        level = series_ranges(history)[0]
        squares = (history.data - np.repeat(level, history.lengths)) ** 2
        spread = np.sqrt(series_ranges(replace(history, data=squares))[0])
        scale = np.where(spread > _FLAT * size, spread, size)
    return np.where(scale > 0, scale, 1.0)
