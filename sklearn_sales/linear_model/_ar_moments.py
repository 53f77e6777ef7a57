# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Products of the columns of autoregressions, summed over time.

The normal equations need the sum over time of the product of any two columns. For
two lags a and b that sum depends on a and b by their distance, but for a few terms at
both ends of the series: a series without gaps, covariates and seasonal dummies needs
one pass over its values for each distance between lags, where the regression rows
would take one for each pair.
"""

from dataclasses import dataclass

import numpy as np

from sklearn_sales.linear_model._ar_blocks import (
    Centre,
    design,
    iterate_blocks,
    standardise,
    time_index,
)

__all__ = ["Moments", "design_products", "iterate_moments", "lag_products"]


@dataclass(frozen=True)
class Moments:
    """Normal equations of a block of series.

    Attributes
    ----------
    codes : ndarray of shape (n,)
    products : ndarray of shape (n, n_columns + 1, n_columns + 1)
        Sums over the regression rows of products of columns; the target comes last.
    n_rows : ndarray of shape (n,)
        Number of regression rows.
    centre : Centre
    """

    codes: np.ndarray
    products: np.ndarray
    n_rows: np.ndarray
    centre: Centre

    @property
    def gram(self):
        return self.products[:, :-1, :-1]

    @property
    def moment(self):
        return self.products[:, :-1, -1]

    @property
    def squares(self):
        """Sum of squares of the target, shape (n,)."""
        return self.products[:, -1, -1]


def iterate_moments(history, covariates, terms, centre, codes, *, fill=False):
    """Normal equations of series, block by block, by the quickest way for each.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    centre : callable
        ``centre(block, terms)`` gives the centre of a block.
    codes : ndarray
    fill : bool, default=False
        Whether lags that fall on a gap read the last known value.
    """
    quick = _are_plain(history, terms)[codes]
    n_columns = terms.n_columns + 1
    # no design is laid out, so that more series fit into a block
    for block in iterate_blocks(
        history, covariates, codes[quick], n_columns=n_columns / 2
    ):
        at = centre(block, terms)
        products, n_rows = lag_products(block, terms, at)
        yield Moments(block.codes, products, n_rows, at)
    for block in iterate_blocks(
        history, covariates, codes[~quick], n_columns=n_columns, fill=fill
    ):
        at = centre(block, terms)
        columns, rows = design(block, terms, at)
        yield Moments(block.codes, design_products(columns), rows.sum(axis=1), at)


def _are_plain(history, terms):
    """Series that :func:`lag_products` can do: True or False for each."""
    if terms.n_covariates or terms.season:
        return np.zeros(history.n_series, dtype=bool)
    plain = history.lengths >= max(2 * terms.max_lag, 1)
    gaps = np.flatnonzero(np.isnan(history.data))
    plain[np.searchsorted(history.indptr, gaps, side="right") - 1] = False
    return plain


def design_products(columns):
    """Products of the columns of a design, summed over time."""
    return np.matmul(columns, columns.transpose(0, 2, 1))


def lag_products(block, terms, centre):
    """Products of lags, constant, trend and target without laying out the design.

    Parameters
    ----------
    block : Block
        Series without gaps, each at least twice as long as the longest lag.
    terms : ARTerms
        Without covariates and season.
    centre : Centre

    Returns
    -------
    products : ndarray of shape (n, n_columns + 1, n_columns + 1)
    n_rows : ndarray of shape (n,)
    """
    depth, first = terms.max_lag, terms.lag_columns.start
    n_rows = block.lengths - depth
    values = np.where(block.inside, standardise(block.values, centre), 0.0)
    ends = _Ends(values, block.lengths, depth)
    # the target is lag 0
    lags = np.array([*terms.lags, 0])
    size = terms.n_columns + 1
    products = np.zeros((len(values), size, size))
    for distance, row, column in _pairs_by_distance(lags):
        sums = ends.products(distance, lags[column])
        products[:, first + row, first + column] = sums
        products[:, first + column, first + row] = sums
    others = {}
    if terms.has_constant:
        others[0] = np.where(block.inside, 1.0, 0.0)
        products[:, 0, first:] = products[:, first:, 0] = ends.sums(lags)
    if terms.has_trend:
        index = time_index(values.shape[1], centre)
        others[first - 1] = np.where(block.inside, index, 0.0)
        sums = _against_lags(others[first - 1], values, lags, depth)
        products[:, first - 1, first:] = products[:, first:, first - 1] = sums
    for i, left in others.items():
        for j, right in others.items():
            products[:, i, j] = _row_sums(left[:, depth:], right[:, depth:])
    return products, n_rows


def _pairs_by_distance(lags):
    """(distance, rows, columns) of all pairs with lags[row] - lags[column] = distance.

    Distances are 0 or more.
    """
    rows, columns = np.nonzero(lags[:, None] >= lags)
    distances = lags[rows] - lags[columns]
    order = np.argsort(distances, kind="stable")
    distinct, first = np.unique(distances[order], return_index=True)
    groups = np.split(order, first[1:])
    return [(d, rows[g], columns[g]) for d, g in zip(distinct, groups, strict=True)]


class _Ends:
    """Series split into the part that all lags share and the values at both ends.

    The sum of y[t - a] * y[t - b] over the regression rows t = depth, ..., n - 1 runs
    over s = t - b from depth - b to n - 1 - b. With d = b - a, all pairs of distance d
    share s = depth - d, ..., n - 1 - depth; each adds a terms before and
    depth - b terms after. Nothing is ever subtracted, so no digits are lost.
    """

    def __init__(self, values, lengths, depth):
        self.depth, self.values = depth, values
        times = np.arange(values.shape[1])
        last = lengths[:, None] - depth
        self.shared = np.where(times < last, values, 0.0)
        self.head = values[:, :depth]
        self.tail = np.take_along_axis(values, last + np.arange(depth), axis=1)

    def products(self, d, near):
        """Sums for the pairs of lags (near, near + d), shape (n, len(near))."""
        depth, n_times = self.depth, self.values.shape[1]
        shared = _row_sums(
            self.shared[:, depth - d : n_times - d], self.values[:, depth:]
        )
        head = self.head[:, : depth - d] * self.head[:, d:]
        tail = self.tail[:, : depth - d] * self.tail[:, d:]
        before, after = _running_sums(head[:, ::-1]), _running_sums(tail)
        return shared[:, None] + before[:, near] + after[:, depth - d - near]

    def sums(self, lags):
        """Sums of y[t - lag] over the regression rows, shape (n, len(lags))."""
        shared = self.shared[:, self.depth :].sum(axis=1)
        before, after = _running_sums(self.head[:, ::-1]), _running_sums(self.tail)
        return shared[:, None] + before[:, lags] + after[:, self.depth - lags]


def _running_sums(values):
    """Sums of the first 0, 1, 2, ... values."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _row_sums(left, right):
    return np.einsum("nt,nt->n", left, right)


def _against_lags(column, values, lags, depth):
    """Sums of column[t] * y[t - lag] over the regression rows."""
    n_times = values.shape[1]
    sums = np.empty((len(values), len(lags)))
    for i, lag in enumerate(lags):
        sums[:, i] = _row_sums(
            column[:, depth:], values[:, depth - lag : n_times - lag]
        )
    return sums
