# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Outliers and gaps of the training sales, by the rows of X."""

from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales.compose._grouped_statistics import group_means
from sklearn_sales.compose._imputation import fill_gaps
from sklearn_sales.compose._outliers import limit_sales
from sklearn_sales.panel import History, Rows, column_index, observed_cells

__all__ = [
    "TargetCleaning",
    "check_window",
    "choose_window",
    "clean_new_rows",
    "join_protected",
    "protected_rows",
]

# Times in the moving window, unless told or too few for a season: two weeks of days.
_WINDOW = 15


class TargetCleaning:
    """The target of training rows, while it is being cleaned.

    Parameters
    ----------
    panel : Panel
        Of the rows.
    rows : Rows
    y : ndarray of shape (n_rows,)
        NaN where not observed.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
        The target as it is now.
    why : ndarray of object, shape (n_rows,)
        Why it was changed; empty where it was not.
    """

    def __init__(self, panel, rows, y):
        self.y = y
        self.why = np.full(len(y), "", dtype=object)
        self._panel, self._rows, self._was = panel, rows, y
        self._history = _own_history(panel)
        self._cells = self._history.cells(rows.codes, rows.positions)

    @property
    def untouched(self):
        """Rows with an observed target that is as it was, as a boolean mask."""
        return (self.why == "") & ~np.isnan(self._was)

    def replace_outliers(self, method, *, protected, replacement, **params):
        """Put another value, or NaN, where the target is an outlier.

        Parameters
        ----------
        method : {"hampel", "iqr", "seasonal"}
        protected : ndarray of bool, shape (n_rows,)
            Rows that are no outliers, and tell nothing about the others.
        replacement : {"expected", "limit", "missing"}
        **params
            ``threshold``, ``window`` and ``season`` of :func:`limit_sales`.
        """
        unprotected = np.where(protected, np.nan, self.y)
        limits = limit_sales(self._on_grid(unprotected), method, **params)
        low, high = limits.low[self._cells], limits.high[self._cells]
        outlier = (unprotected < low) | (unprotected > high)
        if replacement == "limit":
            instead = np.clip(self.y, low, high)
        elif replacement == "expected":
            instead = limits.expected[self._cells]
        else:
            instead = np.nan
        self._put(outlier, np.where(outlier, instead, self.y), method)

    def fill(self, method, **params):
        """Fill NaN inside the spans of the series by :func:`fill_gaps`."""
        data = fill_gaps(self._on_grid(self.y), method, **params)
        self.fill_rows(lambda gaps: data[self._cells[gaps]])

    def fill_rows(self, values):
        """Fill NaN inside the spans of the series.

        Parameters
        ----------
        values : callable
            From the numbers of the rows to be filled to their values.
        """
        gap = np.isnan(self.y) & (self._cells >= 0)
        if gap.any():
            y = self.y.copy()
            y[gap] = values(np.flatnonzero(gap))
            self._put(gap, y, "missing")

    def frame(self):
        """The changed rows: keys, time, was, now and why.

        In the order of series and time; the index is the number of the row in X.
        """
        rows, changed = self._rows, np.flatnonzero(self.why != "")
        order = np.lexsort((rows.positions[changed], rows.codes[changed]))
        changed = changed[order]
        keys = self._panel.keys.frame().take(rows.codes[changed])
        frame = keys.set_axis(changed)
        times = self._panel.calendar.times(rows.positions[changed])
        frame[self._panel.schema.time_name] = pd.Series(times, index=changed)
        frame["was"] = self._was[changed]
        frame["now"] = self.y[changed]
        frame["why"] = self.why[changed]
        return frame

    def _put(self, where, y, why):
        self.y = y
        # an outlier that was made missing and is filled stays an outlier
        self.why = np.where(where & (self.why == ""), why, self.why)

    def _on_grid(self, y):
        """The history with the values of rows, NaN where no row has one."""
        used = ~np.isnan(y)
        data = group_means(y[used], self._cells[used], len(self._history.data))
        return replace(self._history, data=data)


def _own_history(panel):
    """The history of the series that fit saw, without the pooled one."""
    history = panel.history
    n_cells = history.indptr[panel.n_series]
    return History(history.data[:n_cells], history.indptr[:-1], history.start[:-1])


def protected_rows(table, protect):
    """Rows with a value other than zero and NaN in one of the protecting columns.

    Parameters
    ----------
    table : Table
    protect : str, int, list of them, or None

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    if protect is None:
        return np.zeros(table.n_rows, dtype=bool)
    columns = [protect] if isinstance(protect, (str, Integral)) else list(protect)
    indices = [column_index(table, column, "protect") for column in columns]
    flags = table.float_columns(indices, owner="protect=", allow_nan=True)
    return (np.nan_to_num(flags) != 0).any(axis=1)


def check_window(window):
    """Refuse a window that has no middle."""
    if window is not None and window % 2 == 0:
        raise ValueError(
            f"window={window} must be odd, so that it has a middle: take {window + 1}."
        )


def choose_window(window, method, season):
    """Window of a method: as told, else wide enough for a season where it reads one."""
    if window is not None:
        return window
    reach = season if method == "seasonal" else 0
    return max(_WINDOW, reach + 1 - reach % 2)


def join_protected(update, table, protect, protected):
    """Protected cells of an updated panel, as (codes, positions).

    Parameters
    ----------
    update : Update
    table : Table
        Its new rows.
    protect
        As in :func:`protected_rows`.
    protected : tuple of ndarray
        Codes and positions of the cells that were protected before.
    """
    codes, positions = protected
    kept = ~update.replaces(codes, positions)
    new = protected_rows(table, protect)
    codes, positions = update.moved[codes[kept]], update.positions(positions[kept])
    return (
        np.concatenate([codes, update.rows.codes[new]]),
        np.concatenate([positions, update.rows.positions[new]]),
    )


def clean_new_rows(update, y, protected, clean, modelled):
    """Sales of new rows, cleaned beside all that is known, which stays as it was.

    Parameters
    ----------
    update : Update
    y : ndarray of shape (n_new_rows,)
    protected : tuple of ndarray
        Of :func:`join_protected`.
    clean : callable
        Cleans ``(cleaning, protected_rows, modelled)``.
    modelled : callable
        From the numbers of new rows to the sales that a model says.

    Returns
    -------
    ndarray of shape (n_new_rows,)
    """
    panel, new = update.panel, update.rows
    codes, positions, sales = observed_cells(update.before)
    kept = ~update.replaces(codes, positions)
    codes, positions = update.moved[codes[kept]], update.positions(positions[kept])
    n_known = len(codes)
    rows = Rows(
        np.concatenate([codes, new.codes]),
        np.concatenate([positions, new.positions]),
        new.times,
        new.series_hashes,
    )
    flagged = np.zeros(len(panel.history.data) + 1, dtype=bool)
    flagged[panel.history.cells(*protected)] = True
    # cells outside the history have the number -1
    flagged[-1] = False
    flags = flagged[panel.history.cells(rows.codes, rows.positions)]
    cleaning = TargetCleaning(panel, rows, np.concatenate([sales[kept], y]))

    def values(gaps):
        answers, own = np.full(len(gaps), np.nan), gaps >= n_known
        if own.any():
            answers[own] = modelled(gaps[own] - n_known)
        return answers

    clean(cleaning, flags, values)
    return cleaning.y[n_known:]
