# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The mean of sales whose transform was forecast.

The inverse of a forecast mean of logarithms is not the mean of the sales: by Jensen's
inequality it is too small. The smearing estimate [1]_ is the mean of the inverses of
the forecast plus each of the errors that were seen.

References
----------
.. [1] N. Duan, "Smearing estimate: a nonparametric retransformation method", Journal
   of the American Statistical Association 78(383), 1983.
"""

import numpy as np

from sklearn_sales.compose._grouped_statistics import group_stds

__all__ = ["LEAST_ERRORS", "Smearing"]

# A series with fewer errors shares those of all.
LEAST_ERRORS = 100

# Errors that stand for all of a series.
_N_NODES = 64
# Rows times nodes that are worked on at once.
_BLOCK = 1 << 20


class Smearing:
    """Errors of each series, by a few numbers with their mean and their spread.

    Parameters
    ----------
    errors : ndarray of shape (n,)
        Of the forecasts, transformed; without NaN.
    codes : ndarray of shape (n,)
        Their series.
    n_series : int

    Attributes
    ----------
    nodes : ndarray of shape (n_series + 1, 64)
        The means of as many groups of the sorted errors of a series, of equal size,
        stretched to their standard deviation. A series with few errors, and at last
        those that are not known, have the nodes of all errors together.
    """

    def __init__(self, errors, codes, n_series):
        pooled = _nodes(errors, np.zeros_like(codes), 1)
        self.nodes = np.repeat(pooled, n_series + 1, axis=0)
        enough = np.bincount(codes, minlength=n_series) >= LEAST_ERRORS
        own = enough[codes]
        if own.any():
            nodes = _nodes(errors[own], codes[own], n_series)
            self.nodes[:-1][enough] = nodes[enough]

    def moments(self, forecasts, codes, spread, inverse):
        """Mean and standard deviation of the sales of rows.

        Parameters
        ----------
        forecasts : ndarray of shape (n_rows,)
            Transformed.
        codes : ndarray of shape (n_rows,)
        spread : ndarray of shape (n_rows,)
            What the errors are multiplied by.
        inverse : callable
            From (transformed sales, their series), both of shape (n,), to sales.

        Returns
        -------
        mean, std : ndarray of shape (n_rows,)
        """
        mean, std = np.empty(len(codes)), np.empty(len(codes))
        step = _BLOCK // _N_NODES
        for first in range(0, len(codes), step):
            rows = slice(first, first + step)
            errors = self.nodes[codes[rows]] * spread[rows, None]
            possible = forecasts[rows, None] + errors
            series = np.repeat(codes[rows], _N_NODES)
            sales = inverse(possible.ravel(), series).reshape(possible.shape)
            mean[rows], std[rows] = sales.mean(axis=1), sales.std(axis=1)
        return mean, std


def _nodes(errors, groups, n_groups):
    """Nodes of each group, shape (n_groups, 64); zero where it has no error."""
    ordered = errors[np.lexsort((errors, groups))]
    counts = np.bincount(groups, minlength=n_groups)
    starts = np.cumsum(counts) - counts
    # a node is the mean of the errors between two ranks, which may be fractions
    edges = starts[:, None] + counts[:, None] * np.arange(_N_NODES + 1) / _N_NODES
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    below = np.interp(edges.ravel(), np.arange(len(sums)), sums).reshape(edges.shape)
    nodes = np.diff(below, axis=1) * (_N_NODES / np.maximum(counts, 1))[:, None]
    center = nodes.mean(axis=1, keepdims=True)
    spread = nodes.std(axis=1)
    wanted = np.nan_to_num(group_stds(errors, groups, n_groups))
    stretch = np.divide(wanted, spread, out=np.ones(n_groups), where=spread > 0)
    return center + (nodes - center) * stretch[:, None]
