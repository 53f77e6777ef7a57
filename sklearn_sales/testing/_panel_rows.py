# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of any table with their series and times, and copies with changed cells."""

import numpy as np
import pandas as pd

from sklearn_sales.panel import is_numeric, read_table, resolve_schema
from sklearn_sales.panel._columns import assemble, gather, value_codes
from sklearn_sales.panel._times import parse_times

__all__ = ["PanelRows", "as_columns", "moved_rows", "named_keys"]


class PanelRows:
    """The rows of a table, as far as leaks are concerned.

    Attributes
    ----------
    table : Table
    schema : Schema
    codes : ndarray of shape (n_rows,)
        Series of each row.
    ranks : ndarray of shape (n_rows,)
        Rank of the time of each row among the distinct times.
    changing : list of int
        Covariates that change within a series.
    told : dict
        ``series`` and ``time`` as they were given.
    """

    def __init__(self, X, series, time):
        self.told = {"series": series, "time": time}
        self.table = read_table(X)
        self.schema = resolve_schema(self.table, series, time)
        column = self.table.column(self.schema.time)
        times = parse_times(column, f"the time {self.table.label(self.schema.time)}")
        self.ranks = np.asarray(times.ranks()[0])
        self.codes = self._series_codes()
        self.changing = [i for i in self.schema.covariates if self._changes(i)]

    @classmethod
    def of_prepared(cls, X, rows):
        """Rows of a table that was made, row by row, from one with keys."""
        self = cls.__new__(cls)
        self.table = read_table(X)
        self.schema, self.codes, self.ranks = rows.schema, rows.codes, rows.ranks
        keys = {rows.table.names[i] for i in (*rows.schema.series, rows.schema.time)}
        names = self.table.names
        alike = self.table.is_frame or len(names) == len(rows.table.names)
        covariates = [i for i, n in enumerate(names) if not alike or n not in keys]
        self.changing = [i for i in covariates if self._changes(i)]
        return self

    @property
    def native(self):
        return self.table.native

    def _series_codes(self):
        codes = np.zeros(self.table.n_rows, dtype=np.int64)
        for i in self.schema.series:
            part = value_codes(self.table.column(i))
            codes = pd.factorize(codes * (part.max() + 2) + part + 1)[0]
        return codes

    def _changes(self, index):
        part = value_codes(self.table.column(index))
        pairs = self.codes * (part.max() + 2) + part + 1
        return len(np.unique(pairs)) > len(np.unique(self.codes))

    def with_other_covariates(self, rows):
        """A copy in which changing covariates have other values in some rows.

        Each column takes one of its own extreme or rare values there, so that types
        and categories stay valid, while means and counts change.

        Parameters
        ----------
        rows : ndarray of bool of shape (n_rows,)
        """
        everywhere = np.arange(self.table.n_rows)
        columns = []
        for i in range(len(self.table.names)):
            index = everywhere
            if i in self.changing:
                index = np.where(rows, _far_row(_values(self.table, i), rows), index)
            columns.append(gather([self.table.native_column(i)], index))
        changed = assemble(self.table, columns, self.table.names)
        if isinstance(self.native, pd.DataFrame):
            changed = changed.set_axis(self.native.index, axis=0)
        return changed


def _values(table, index):
    return pd.Series(np.asarray(table.column(index))).reset_index(drop=True)


def _far_row(values, rows):
    """A row that holds the value which the given rows hold least of."""
    codes = value_codes(values)
    if is_numeric(values.dtype):
        extremes = [int(values.argmax()), int(values.argmin())]
    else:
        known = np.flatnonzero(codes >= 0)
        rarity = np.bincount(codes[known])[codes[known]]
        extremes = [int(known[rarity.argmin()]), int(known[rarity.argmax()])]
    shares = [np.mean(codes[rows] == codes[row]) for row in extremes]
    return extremes[int(np.argmin(shares))]


def named_keys(estimator, series, time):
    """Keys as given, else as the estimator, or one inside it, names them."""
    params = estimator.get_params(deep=True)

    def first(name, given, default):
        if given != "auto":
            return given
        named = (v for k, v in params.items() if k.rpartition("__")[2] == name)
        return next((v for v in named if v is not None and v != "auto"), default)

    return first("series", series, None), first("time", time, "auto")


def as_columns(output, names=None):
    """What an estimator returned as (names, list of arrays of shape (n_rows,))."""
    if hasattr(output, "toarray"):
        output = output.toarray()
    if not hasattr(output, "columns"):
        output = np.asarray(output)
        output = output.reshape(len(output), -1)
        names = range(output.shape[1]) if names is None else names
        return [str(n) for n in names], list(output.T)
    table = read_table(output)
    indices = range(len(table.names))
    return [str(n) for n in table.names], [np.asarray(table.column(i)) for i in indices]


def moved_rows(before, after, rtol):
    """Whether each value differs, beyond rounding; numbers by the size of the column.

    Parameters
    ----------
    before, after : ndarray of shape (n_rows,)
    rtol : float
    """
    try:
        before = np.asarray(before, dtype=np.float64)
        after = np.asarray(after, dtype=np.float64)
    except (TypeError, ValueError):
        missing = np.asarray(pd.isna(before) & pd.isna(after))
        return np.asarray(before != after) & ~missing
    size = np.nanmax(np.abs(before), initial=0.0)
    with np.errstate(invalid="ignore"):
        far = np.abs(after - before) > rtol * max(size, np.finfo(float).tiny)
    return far | (np.isnan(before) != np.isnan(after))
