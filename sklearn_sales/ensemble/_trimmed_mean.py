# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weighted average of forecasts, without the outer ones of each row."""

import numpy as np

__all__ = ["trimmed_mean"]


def trimmed_mean(forecasts, weights, trim):
    """Weighted mean of each row after a share of the weight is cut at both ends.

    Parameters
    ----------
    forecasts : ndarray of shape (n_rows, n_members)
    weights : ndarray of shape (n_members,) or (n_rows, n_members)
        Not negative; those of a row sum to one.
    trim : float
        Share of the weight that the lowest and that the highest forecasts of a row
        lose, below one half. 0 is the weighted mean.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    weights = np.broadcast_to(weights, forecasts.shape)
    if trim == 0:
        return np.sum(weights * forecasts, axis=1)
    order = np.argsort(forecasts, axis=1, kind="stable")
    # each member holds a stretch of [0, 1]; what lies outside of the middle is cut
    ends = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    inside = np.clip(ends, trim, 1 - trim)
    kept = np.diff(inside, axis=1, prepend=trim)
    middle = np.take_along_axis(forecasts, order, axis=1)
    return np.sum(kept * middle, axis=1) / kept.sum(axis=1)
