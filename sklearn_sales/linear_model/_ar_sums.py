# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Normal equations that stand for regression rows whose covariates are known no more.

Least squares needs of its rows only the sums of the products of their columns. A
change of what is known adds some rows, takes some away, and moves the centre about
which the columns were taken; all three are exact but for rounding.
"""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_sales.linear_model._ar_blocks import Centre, block_end
from sklearn_sales.linear_model._ar_moments import Moments

__all__ = ["KeptSums"]


@dataclass(frozen=True)
class KeptSums:
    """Normal equations of some series, in the order of their codes.

    Attributes
    ----------
    codes : ndarray of shape (n,)
    products : ndarray of shape (n, n_columns + 1, n_columns + 1)
    n_rows : ndarray of shape (n,)
    centre : Centre
        What the columns were taken about.
    start : ndarray of shape (n,)
        Calendar position where the trend is 1.
    sums, lowest, highest : ndarray of shape (n, n_covariates)
        Of the covariates of the rows that are known no more.
    lost : ndarray of shape (n,)
        True where a change came to rows whose covariates were not known.
    """

    codes: np.ndarray
    products: np.ndarray
    n_rows: np.ndarray
    centre: Centre
    start: np.ndarray
    sums: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    lost: np.ndarray

    @classmethod
    def none(cls, terms):
        """Of no series."""
        size, k = terms.n_columns + 1, terms.n_covariates
        few, wide = np.zeros(0), np.zeros((0, k))
        centre = Centre(few, few, few, few, wide, np.zeros((0, k), dtype=bool))
        counts = np.zeros(0, dtype=np.int64)
        products = np.zeros((0, size, size))
        no = np.zeros(0, dtype=bool)
        return cls(counts, products, counts, centre, counts, wide, wide, wide, no)

    @classmethod
    def of_moments(cls, moments, which, history):
        """Of some series of a block, whose rows are all still known."""
        codes = moments.codes[which]
        nothing = np.zeros((len(codes), moments.centre.covariates.shape[1]))
        return cls(
            codes,
            moments.products[which],
            moments.n_rows[which],
            moments.centre.take(which),
            history.start[codes],
            nothing,
            np.full_like(nothing, np.inf),
            np.full_like(nothing, -np.inf),
            np.zeros(len(codes), dtype=bool),
        )

    def join(self, others):
        """These and others, in the order of their codes."""
        parts = [self, *others]
        order = np.argsort(np.concatenate([part.codes for part in parts]))
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts])[order]
            for name in self.__dataclass_fields__
            if name != "centre"
        }
        centre = Centre.concatenate([part.centre for part in parts]).take(order)
        return KeptSums(**arrays, centre=centre)

    def index(self, codes):
        """Number of each series in here, -1 where it is not."""
        if not len(self.codes):
            return np.full(len(codes), -1)
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[at] == codes, at, -1)

    def drop(self, rows, sign):
        """With more rows dropped, or (sign -1) with some of them known again."""
        at = self.index(rows.codes)
        sums, low, high = self.sums.copy(), self.lowest.copy(), self.highest.copy()
        np.add.at(sums, at, sign * rows.covariates)
        if sign > 0:
            np.minimum.at(low, at, rows.covariates)
            np.maximum.at(high, at, rows.covariates)
        return replace(self, sums=sums, lowest=low, highest=high)

    def add(self, at, rows, history, terms, sign):
        """With rows added, or (sign -1) taken away, as a history tells their lags.

        Parameters
        ----------
        at : ndarray of shape (n_rows,)
            Number of the series of each row, in order.
        rows : CovariateRows
            Regression rows: their target and lags are known.
        history : History
        terms : ARTerms
        sign : {1, -1}
        """
        products, n_rows = self.products.copy(), self.n_rows.copy()
        which, starts, counts = np.unique(at, return_index=True, return_counts=True)
        n_rows[which] += sign * counts
        order = np.argsort(counts, kind="stable")
        first = 0
        while first < len(order):
            last = block_end(counts[order], first, terms.n_columns + 1)
            part = order[first:last]
            times = np.arange(counts[part[-1]])
            inside = times < counts[part][:, None]
            cells = np.where(inside, starts[part][:, None] + times, 0)
            columns = self._columns(
                at[cells.ravel()], rows.take(cells.ravel()), history, terms
            )
            columns = columns.reshape(*cells.shape, -1) * inside[:, :, None]
            made = np.matmul(columns.transpose(0, 2, 1), columns)
            products[which[part]] += sign * made
            first = last
        return replace(self, products=products, n_rows=n_rows)

    def _columns(self, at, rows, history, terms):
        """Columns of regression rows about the centre, the target last."""
        centre = self.centre
        columns = np.empty((len(at), terms.n_columns + 1))
        columns[:, terms.constant_columns] = 1.0
        if terms.has_trend:
            index = rows.positions - self.start[at] + 1 - centre.middle[at]
            columns[:, terms.trend_columns.start] = index / centre.span[at]
        columns[:, terms.seasonal_columns] = terms.dummies(rows.positions)
        centred = rows.covariates - centre.covariates[at]
        columns[:, terms.covariate_columns] = centred
        for column, lag in enumerate([*terms.lags, 0], terms.lag_columns.start):
            values = history.values(rows.codes, rows.positions - lag)
            columns[:, column] = (values - centre.shift[at]) / centre.scale[at]
        return columns

    def about(self, centre, start, terms):
        """The same about another centre, with the trend counted from ``start``."""
        if not len(self.codes):
            return self
        old, size = self.centre, terms.n_columns + 1
        shape = len(self.codes), size
        factor, offset = np.ones(shape), np.zeros(shape)
        if terms.has_trend:
            column = terms.trend_columns.start
            moved = old.middle + self.start - start - centre.middle
            factor[:, column] = old.span / centre.span
            offset[:, column] = moved / centre.span
        sales = slice(terms.lag_columns.start, size)
        factor[:, sales] = (old.scale / centre.scale)[:, None]
        offset[:, sales] = ((old.shift - centre.shift) / centre.scale)[:, None]
        offset[:, terms.covariate_columns] = old.covariates - centre.covariates
        change = factor[:, :, None] * np.eye(size)
        if terms.has_constant:
            change[:, :, 0] += offset
        products = change @ self.products @ change.transpose(0, 2, 1)
        return replace(self, products=products, centre=centre, start=start)

    def moments(self, terms):
        """Normal equations for the solvers: covariates that never move have none."""
        products, first = self.products.copy(), terms.covariate_columns.start
        series, flat = np.nonzero(self.centre.flat)
        products[series, first + flat] = 0.0
        products[series, :, first + flat] = 0.0
        return Moments(self.codes, products, self.n_rows, self.centre)
