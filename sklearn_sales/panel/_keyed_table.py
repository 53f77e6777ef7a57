# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A table of sales whose rows are known by series and time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_sales.panel._calendar import Calendar
from sklearn_sales.panel._history import in_order
from sklearn_sales.panel._keys import SeriesKeys
from sklearn_sales.panel._panel import read_keys
from sklearn_sales.panel._schema import Schema, column_index
from sklearn_sales.panel._table import Table, read_table

__all__ = ["KeyedTable"]


@dataclass(frozen=True)
class KeyedTable:
    """Rows of a table as cells of a panel, with the columns told apart.

    Attributes
    ----------
    codes, positions : ndarray of shape (n_rows,)
        Series and calendar position of each row.
    targets, covariates : list of int
        Positions of the columns of sales, and of the others that are no keys.
    """

    table: Table
    schema: Schema
    keys: SeriesKeys
    calendar: Calendar
    codes: np.ndarray
    positions: np.ndarray
    targets: list
    covariates: list

    @classmethod
    def read(cls, X, *, series, time, freq, target):
        """Open a table; see the functions of this folder for the parameters."""
        table = read_table(X)
        schema, *cells = read_keys(table, series=series, time=time, freq=freq)
        targets = _target_columns(table, schema, target)
        covariates = [i for i in schema.covariates if i not in targets]
        return cls(table, schema, *cells, targets, covariates)

    @property
    def n_series(self):
        """Number of series."""
        return self.keys.n_series

    @cached_property
    def order(self):
        """Rows sorted by series and time."""
        if in_order(self.codes, self.positions):
            return np.arange(len(self.codes))
        return np.lexsort((self.positions, self.codes))

    @cached_property
    def last(self):
        """Where in ``order`` each series ends."""
        return np.cumsum(np.bincount(self.codes, minlength=self.n_series)) - 1


def _target_columns(table, schema, target):
    listed = target if isinstance(target, (list, tuple)) else [target]
    found = [column_index(table, c, "target") for c in listed if c is not None]
    keys = [table.names[i] for i in found if i not in schema.covariates]
    if keys:
        raise ValueError(
            f"target={target!r} names {keys}, which are keys or the time of X."
        )
    return found
