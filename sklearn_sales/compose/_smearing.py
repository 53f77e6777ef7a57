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

from sklearn_sales.compose._grouped_statistics import group_means, group_stds

__all__ = ["LEAST_ERRORS", "Smearing", "StepSizes"]

# A series with fewer errors shares the shape of those of all.
LEAST_ERRORS = 100

# Its spread counts as much as that of the panel where it has so many errors.
_EVEN_ERRORS = 20
# Errors that stand for all of a series.
_N_NODES = 64
# Rows times nodes that are worked on at once.
_BLOCK = 1 << 20


class Smearing:
    """Errors of each series: their shape, and their size from step to step.

    An error is a product: what the regressor says of the row, the spread of the
    series, the growth with the step, and a node.

    Parameters
    ----------
    errors : Errors
        Of the forecasts, transformed; without NaN.
    codes : ndarray of shape (n,)
        Their series.
    n_series : int

    Attributes
    ----------
    spread : ndarray of shape (n_series + 1,)
        Root mean square of the errors of each series, drawn to the median of all
        series (in logarithms) where they are few. The last entry is that median.
    steps : StepSizes
    nodes : ndarray of shape (n_series + 1, 64)
        The means of as many groups of the sorted errors of a series, of equal size,
        stretched to their standard deviation and moved to the mean of all errors. A
        series with few errors, and at last those that are not known, have the nodes
        of all errors together.

    Notes
    -----
    A series keeps the spread and the shape of its errors, but not their mean. A
    regressor of all series draws them to each other: it is too low where a series
    lies high, and too strong in its swings. The two cancel over the panel, and adding
    the mean error back to each series would leave only the second.
    """

    def __init__(self, errors, codes, n_series):
        values = _divide(errors.values, errors.sizes)
        own, self.spread = _spreads(values, codes, n_series)
        values = _divide(values, own[codes])
        self.steps = StepSizes(values, errors.steps)
        values = _divide(values, self.steps.of(errors.steps))
        pooled = _nodes(values, np.zeros_like(codes), 1)
        self.nodes = np.repeat(pooled, n_series + 1, axis=0)
        enough = np.bincount(codes, minlength=n_series) >= LEAST_ERRORS
        own = enough[codes]
        if own.any():
            nodes = _nodes(values[own], codes[own], n_series)[enough]
            shift = pooled.mean() - nodes.mean(axis=1, keepdims=True)
            self.nodes[:-1][enough] = nodes + shift

    def renumber(self, parents):
        """Follow the series to their numbers in an updated panel."""
        self.spread, self.nodes = self.spread[parents], self.nodes[parents]

    def moments(self, forecasts, codes, sizes, steps, inverse):
        """Mean and standard deviation of the sales of rows.

        Parameters
        ----------
        forecasts : ndarray of shape (n_rows,)
            Transformed.
        codes : ndarray of shape (n_rows,)
        sizes : ndarray of shape (n_rows,)
            What the regressor says of the size of the errors.
        steps : ndarray of shape (n_rows,)
            Distance of each row from its origin.
        inverse : callable
            From (transformed sales, their series), both of shape (n,), to sales.

        Returns
        -------
        mean, std : ndarray of shape (n_rows,)
        """
        factors = sizes * self.spread[codes] * self.steps.of(steps)
        mean, std = np.empty(len(codes)), np.empty(len(codes))
        block = _BLOCK // _N_NODES
        for first in range(0, len(codes), block):
            rows = slice(first, first + block)
            errors = self.nodes[codes[rows]] * factors[rows, None]
            possible = forecasts[rows, None] + errors
            series = np.repeat(codes[rows], _N_NODES)
            sales = inverse(possible.ravel(), series).reshape(possible.shape)
            mean[rows], std[rows] = sales.mean(axis=1), sales.std(axis=1)
        return mean, std


class StepSizes:
    """Root mean squared error by step: 1, 2, 3-4, 5-8, 9-16, ... steps ahead.

    Parameters
    ----------
    errors : ndarray of shape (n,)
    steps : ndarray of shape (n,)
        1 or more.
    """

    def __init__(self, errors, steps):
        blocks = _step_blocks(steps)
        n_blocks = int(blocks.max(initial=0)) + 1
        squares = group_means(errors**2, blocks, n_blocks)
        known = np.flatnonzero(~np.isnan(squares))
        if not len(known):
            known, squares = np.array([0]), np.ones(1)
        self.sizes = np.sqrt(np.interp(np.arange(n_blocks), known, squares[known]))

    def of(self, steps):
        """Sizes at steps; beyond the furthest step of an error, that of this step."""
        return self.sizes[np.minimum(_step_blocks(steps), len(self.sizes) - 1)]


def _step_blocks(steps):
    return np.ceil(np.log2(np.maximum(steps, 1))).astype(np.int64)


def _divide(values, sizes):
    """Quotients; zero where a size is: a regressor that is sure makes no error."""
    return np.divide(values, sizes, out=np.zeros(len(values)), where=sizes > 0)


def _spreads(values, codes, n_series):
    """Root mean square of each series, and what it is drawn to."""
    counts = np.bincount(codes, minlength=n_series)
    own = np.sqrt(group_means(values**2, codes, n_series))
    known = own > 0
    typical = float(np.median(own[known])) if known.any() else 0.0
    # a series without an error so far is no proof of a regressor without one
    own = np.where(counts > 0, np.fmax(own, 1e-3 * typical), typical)
    weight = counts / (counts + _EVEN_ERRORS)
    return own, np.append(own**weight * typical ** (1 - weight), typical)


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
