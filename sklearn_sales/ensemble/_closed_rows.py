# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows in which nothing can be sold, told by their covariates."""

import numpy as np
import pandas as pd

__all__ = ["ClosedRows"]

# A value on so few times may have met a bad day.
_FEWEST_TIMES = 3

# The most likely that rows without sales may be by chance.
_CHANCE = np.log(1e-6)


class ClosedRows:
    """Values of covariates at which nothing was ever sold, such as ``open = 0``.

    Sales of zero on such rows say nothing of demand: members that took them for
    sales would forecast too little for the next open day, and something for the
    next closed one.

    A value counts when all its rows have zero sales, on three times or more, although
    other rows of the same series have sales, and so often that the share of zeros in
    these other rows makes chance less likely than one in a million.

    Attributes
    ----------
    values : dict
        Closed values by the name of their column; empty where there are none.
    """

    def fit(self, columns, y, codes, positions):
        """Learn from training rows.

        Parameters
        ----------
        columns : DataFrame of numbers, shape (n_rows, n_columns)
            Covariates.
        y : ndarray of shape (n_rows,)
            Sales; rows without are left aside.
        codes, positions : ndarray of shape (n_rows,)
            Series and time of each row.
        """
        observed = ~np.isnan(y)
        sold, codes = y[observed] != 0, codes[observed]
        positions = positions[observed]
        self.values = {}
        for name in columns:
            column = columns[name].to_numpy()[observed]
            closed = [
                value
                for value, rows in _without_sales(column, sold)
                if len(np.unique(positions[rows])) >= _FEWEST_TIMES
                and _chance(rows, sold, codes) < _CHANCE
            ]
            if closed:
                self.values[name] = closed
        return self

    def find(self, columns):
        """Which rows are closed, shape (n_rows,) of bool."""
        found = np.zeros(len(columns), dtype=bool)
        for name, values in self.values.items():
            found |= np.isin(columns[name].to_numpy(), values)
        return found


def _without_sales(column, sold):
    """Values that have no row with sales, and their rows."""
    numbers, values = pd.factorize(column)
    known = numbers >= 0
    n_sold = np.bincount(numbers[known], sold[known], minlength=len(values))
    for number in np.flatnonzero(n_sold == 0):
        yield float(values[number]), np.flatnonzero(numbers == number)


def _chance(rows, sold, codes):
    """Logarithm of how likely rows have no sales where their series do as elsewhere."""
    n_series = codes.max() + 1
    inside = np.bincount(codes[rows], minlength=n_series)
    others = np.bincount(codes, minlength=n_series) - inside
    zeros = np.bincount(codes, ~sold, minlength=n_series) - inside
    # a series that always sold may not tomorrow (the rule of succession); one that
    # hardly ever sold may have no sale by the share of zeros in all of them
    concerned = inside > 0
    pooled = (zeros[concerned].sum() + 1) / (others[concerned].sum() + 2)
    share = np.maximum((zeros + 1) / (others + 2), (zeros + pooled) / (others + 1))
    return float(inside @ np.log(np.where(others > 0, share, 1.0)))
