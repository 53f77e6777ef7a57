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
    if not history.has_gaps:
        return plain
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
    first, lags = terms.lag_columns.start, np.array([*terms.lags, 0])  # target: lag 0
    n_rows = block.lengths - terms.max_lag
    values = standardise(block.values, centre)
    if not block.is_full:
        values[~block.inside] = 0.0
    ends = _Ends(values, block.lengths, terms.max_lag, lags)
    size = terms.n_columns + 1
    products = np.empty((len(values), size, size))
    products[:, first:, first:] = ends.products()
    if terms.has_constant:
        products[:, 0, 0] = n_rows
        products[:, 0, first:] = products[:, first:, 0] = ends.sums()
    if terms.has_trend:
        index = time_index(values.shape[1], centre)
        if not block.is_full:
            index[~block.inside] = 0.0
        sums = _against_lags(index, values, lags, terms.max_lag)
        index = index[:, terms.max_lag :]
        products[:, first - 1, first:] = products[:, first:, first - 1] = sums
        products[:, 0, first - 1] = products[:, first - 1, 0] = index.sum(axis=1)
        products[:, first - 1, first - 1] = _row_sums(index, index)
    return products, n_rows


class _Ends:
    """Series split into the part that all lags share and the values at both ends.

    The sum of y[t - a] * y[t - b] over the regression rows t = depth, ..., n - 1 runs
    over s = t - b from depth - b to n - 1 - b. With d = b - a, all pairs of distance d
    share s = depth - d, ..., n - 1 - depth; what each adds before and after is the
    product of what the two lags read there, zero elsewhere. Nothing is ever
    subtracted, so no digits are lost.

    Parameters
    ----------
    values : ndarray of shape (n, n_times)
        Zero past the end of a series.
    lengths : ndarray of shape (n,)
        At least ``2 * depth``.
    depth : int
        The longest lag.
    lags : ndarray of shape (n_lags,)
    """

    def __init__(self, values, lengths, depth, lags):
        self.depth, self.values, self.lags = depth, values, lags
        last = lengths[:, None] - depth
        self.shared = values[:, : values.shape[1] - depth]
        tail = values[:, values.shape[1] - depth :]
        if lengths.min() < values.shape[1]:
            times = np.arange(self.shared.shape[1])
            self.shared = np.where(times < last, self.shared, 0.0)
            tail = np.take_along_axis(values, last + np.arange(depth), axis=1)
        nothing = np.zeros_like(tail)
        # what each lag reads in the rows t = depth, ... of which the shared part has
        # not all, and in the rows t = last, ...; shape (n, n_lags, 2 * depth)
        before = _windows(np.hstack([values[:, :depth], nothing]), depth)
        after = _windows(np.hstack([nothing, tail]), depth)
        self.read = np.concatenate(
            [before[:, depth - lags], after[:, depth - lags]], axis=2
        )

    def products(self):
        """Sums of y[t - a] * y[t - b] for all pairs, shape (n, n_lags, n_lags)."""
        apart = np.abs(self.lags[:, None] - self.lags)
        distances, which = np.unique(apart, return_inverse=True)
        shared = np.empty((len(self.values), len(distances)))
        for column, d in enumerate(distances):
            early = self.shared[:, self.depth - d :]
            late = self.values[:, self.depth : self.shared.shape[1] + d]
            shared[:, column] = _row_sums(early, late)
        products = np.matmul(self.read, self.read.transpose(0, 2, 1))
        products += shared[:, which.reshape(apart.shape)]
        return products

    def sums(self):
        """Sums of y[t - lag] over the regression rows, shape (n, n_lags)."""
        shared = self.shared[:, self.depth :].sum(axis=1)
        return shared[:, None] + self.read.sum(axis=2)


def _windows(values, length):
    """Views of all windows of each row, shape (n, n_windows, length)."""
    if length == 0:
        return np.empty((len(values), 1, 0))
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=1)


def _row_sums(left, right):
    # a dot product for each row, by BLAS
    return np.matmul(left[:, None, :], right[:, :, None])[:, 0, 0]


def _against_lags(column, values, lags, depth):
    """Sums of column[t] * y[t - lag] over the regression rows."""
    n_times = values.shape[1]
    sums = np.empty((len(values), len(lags)))
    for i, lag in enumerate(lags):
        sums[:, i] = _row_sums(
            column[:, depth:], values[:, depth - lag : n_times - lag]
        )
    return sums
