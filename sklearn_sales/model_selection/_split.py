# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds in time order over the distinct times of a panel."""

from numbers import Integral

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length

from sklearn_sales._compat import (
    GroupsConsumerMixin,
    Interval,
    validate_parameter_constraints,
)
from sklearn_sales.panel import Table, read_table, resolve_schema
from sklearn_sales.panel._times import parse_times

__all__ = ["PanelTimeSeriesSplit", "times_of_rows"]


class PanelTimeSeriesSplit(GroupsConsumerMixin, BaseCrossValidator):
    """Time series cross-validator for panels of many series.

    :class:`~sklearn.model_selection.TimeSeriesSplit` cuts the rows of a table at
    fixed places, which is right for one series in time order. This splitter cuts its
    *times*: all rows of one time, whichever series they belong to and in whichever
    order they come, lie on the same side of a fold. Every row of a training set is
    older than every row of its test set, and each test set starts later than the
    one before.

    With one row for each time, in time order, the folds are those of
    ``TimeSeriesSplit``.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, 1 or more. The last fold tests the newest times.
    test_size : int, default=None
        Number of distinct times in each test set. None takes
        ``n_times // (n_splits + 1)``.
    gap : int, default=0
        Number of distinct times left out between a training set and its test set.
        To validate forecasts that are made some time ahead of their first day,
        leave out the times between.
    max_train_size : int, default=None
        Largest number of distinct times in a training set, the newest ones. None
        keeps them all.
    step : int, default=None
        Number of distinct times from the start of one test set to the start of the
        next. None takes the size of a test set, so that test sets follow each other.
        With a smaller step they overlap each other, with a larger one some times
        are tested by no fold.
    series : str, int or list of them, default=None
        Key columns of X. They are read only to find the time column where ``time``
        does not name it.
    time : str or int, default="auto"
        Time column of X by name or position. ``"auto"`` is the one column of
        datetimes or periods, else the first column that is no series key;
        ``"index"`` reads the index of a pandas frame.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : The same over the rows of one series.

    Notes
    -----
    Sizes count times that occur in X. A date without a single row, such as a holiday
    on which all stores are closed, is not counted.

    Errors of the folds are comparable where the times are equally spaced.

    Examples
    --------
    Two stores over six days; the rows may come in any order.

    >>> import pandas as pd
    >>> from sklearn_sales.model_selection import PanelTimeSeriesSplit
    >>> days = pd.date_range("2024-03-01", periods=6)
    >>> X = pd.DataFrame({"store": ["A"] * 6 + ["B"] * 6, "date": [*days, *days]})
    >>> splitter = PanelTimeSeriesSplit(n_splits=2, test_size=2)
    >>> for train, test in splitter.split(X):
    ...     print(train, test)
    [0 1 6 7] [2 3 8 9]
    [0 1 2 3 6 7 8 9] [ 4  5 10 11]

    The times may also come as groups, for instance when X holds features only.

    >>> features = [[0.5]] * 12
    >>> train, test = next(splitter.split(features, groups=X["date"]))
    >>> test
    array([2, 3, 8, 9])
    """

    _parameter_constraints: dict = {
        "n_splits": [Interval(Integral, 1, None, closed="left")],
        "test_size": [Interval(Integral, 1, None, closed="left"), None],
        "gap": [Interval(Integral, 0, None, closed="left")],
        "max_train_size": [Interval(Integral, 1, None, closed="left"), None],
        "step": [Interval(Integral, 1, None, closed="left"), None],
        "series": [str, int, list, tuple, None],
        "time": [str, int],
    }

    def __init__(
        self,
        n_splits=5,
        *,
        test_size=None,
        gap=0,
        max_train_size=None,
        step=None,
        series=None,
        time="auto",
    ):
        self.n_splits = n_splits
        self.test_size = test_size
        self.gap = gap
        self.max_train_size = max_train_size
        self.step = step
        self.series = series
        self.time = time

    def split(self, X, y=None, groups=None):
        """Generate row numbers of training and test sets, in time order.

        Parameters
        ----------
        X : dataframe or array-like of shape (n_rows, n_columns)
            Rows of a panel, in any order. Where ``groups`` gives the times, anything
            that has rows.
        y : array-like of shape (n_rows,), default=None
            Ignored, apart from its length.
        groups : array-like of shape (n_rows,), default=None
            Time of each row, of any type that a time column may have. None reads
            the times from X.

        Yields
        ------
        train : ndarray of int
            Rows of the training set, in their order in X.
        test : ndarray of int
            Rows of the test set, in their order in X.

        Raises
        ------
        ValueError
            Where a parameter is out of range, a time is missing, or X has too few
            distinct times for these folds.
        """
        self._validate_params()
        check_consistent_length(X, y, groups)
        times = times_of_rows(X, groups, self.series, self.time)
        ranks, distinct = times.ranks()
        folds = self._folds(len(distinct), times.label)
        return _row_numbers(ranks, folds)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        int
        """
        self._validate_params()
        return int(self.n_splits)

    def _validate_params(self):
        validate_parameter_constraints(
            self._parameter_constraints,
            {name: getattr(self, name) for name in self._parameter_constraints},
            caller_name=type(self).__name__,
        )

    def _folds(self, n_times, label):
        """Bounds of each fold in ranks of time.

        Returns
        -------
        list of (train_start, train_end, test_start, test_end), ends excluded
        """
        test_size = self.test_size or max(n_times // (self.n_splits + 1), 1)
        step = self.step or test_size
        first = n_times - test_size - step * (self.n_splits - 1)
        if first - self.gap < 1:
            n_needed = test_size + step * (self.n_splits - 1) + self.gap + 1
            self._raise_too_few(n_times, n_needed, test_size, label)
        folds = []
        for start in range(first, n_times - test_size + 1, step):
            train_end = start - self.gap
            train_start = max(train_end - (self.max_train_size or train_end), 0)
            folds.append((train_start, train_end, start, start + test_size))
        return folds

    def _raise_too_few(self, n_times, n_needed, test_size, label):
        shown = f"n_splits={self.n_splits}, test_size={test_size}, gap={self.gap}"
        if self.step is not None:
            shown += f", step={self.step}"
        default = "" if self.test_size else f" ({test_size} is its default here)"
        raise ValueError(
            f"{type(self).__name__} with {shown} needs at least {n_needed} distinct "
            f"times, but {label} holds {n_times}. Lower n_splits, test_size{default}, "
            "gap or step, or pass more times."
        )


def times_of_rows(X, groups, series, time):
    """Times of rows, from ``groups`` where they come, else from a column of X."""
    if groups is not None:
        return _group_times(groups)
    table = read_table(X)
    schema = resolve_schema(table, series, time)
    label = f"the time {table.label(schema.time)}"
    return parse_times(table.column(schema.time), label)


def _group_times(groups):
    """Times that came as groups, in any container of one dimension."""
    if nw.dependencies.is_into_series(groups) and not isinstance(groups, pd.Series):
        series = nw.from_native(groups, series_only=True)
        column = Table(series.to_frame().to_native()).column(0)
    else:
        column = pd.Series(groups)
    return parse_times(column, "groups")


def _row_numbers(ranks, folds):
    """Rows of each fold from the rank of each row's time."""
    for train_start, train_end, test_start, test_end in folds:
        yield (
            np.flatnonzero((ranks >= train_start) & (ranks < train_end)),
            np.flatnonzero((ranks >= test_start) & (ranks < test_end)),
        )
