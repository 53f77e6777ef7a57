# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Splitters of sktime over the distinct times of a panel."""

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length

from sklearn_sales._compat import GroupsConsumerMixin
from sklearn_sales.model_selection._split import times_of_rows

__all__ = ["SktimeSplit", "is_sktime_splitter"]


class SktimeSplit(GroupsConsumerMixin, BaseCrossValidator):
    """A splitter of sktime as a cross-validator of rows of a panel.

    sktime's splitters cut one series. Here one cuts the distinct times of all series,
    and all rows of a time lie on the same side of a fold. Estimators and functions of
    this package with a parameter ``cv`` take splitters of sktime as they are; this is
    for those of scikit-learn, such as GridSearchCV.

    Parameters
    ----------
    splitter : sktime splitter
        Windows and horizons in numbers of times, or in timedeltas where the times
        are dates. Times that are fractions are numbered from 0.
    series : str, int or list of them, default=None
        Key columns of X. They are read only to find the time column where ``time``
        does not name it.
    time : str or int, default="auto"
        Time column of X by name or position. ``"auto"`` is the one column of
        datetimes or periods, else the first column that is no series key.

    See Also
    --------
    PanelTimeSeriesSplit : Folds over the times of a panel without sktime.

    Examples
    --------
    Four months of two stores.

    >>> import pandas as pd
    >>> from sklearn_sales import SktimeSplit
    >>> from sktime.split import ExpandingWindowSplitter
    >>> X = pd.DataFrame({"store": ["A"] * 4 + ["B"] * 4, "month": [1, 2, 3, 4] * 2})
    >>> splitter = ExpandingWindowSplitter(fh=[1], initial_window=2)
    >>> for train, test in SktimeSplit(splitter, time="month").split(X):
    ...     print(train, test)
    [0 1 4 5] [2 6]
    [0 1 2 4 5 6] [3 7]
    """

    def __init__(self, splitter, *, series=None, time="auto"):
        self.splitter = splitter
        self.series = series
        self.time = time

    def split(self, X, y=None, groups=None):
        """Generate row numbers of training and test sets.

        Parameters
        ----------
        X : dataframe or array-like of shape (n_rows, n_columns)
            Rows of a panel, in any order. Where ``groups`` gives the times, anything
            that has rows.
        y : array-like of shape (n_rows,), default=None
            Ignored, apart from its length.
        groups : array-like of shape (n_rows,), default=None
            Time of each row. None reads the times from X.

        Yields
        ------
        train : ndarray of int
            Rows of the training set, in their order in X.
        test : ndarray of int
            Rows of the test set, in their order in X.

        Raises
        ------
        TypeError
            Where ``splitter`` is none of sktime.
        """
        if not is_sktime_splitter(self.splitter):
            raise TypeError(
                "SktimeSplit takes a splitter of sktime, such as "
                f"ExpandingWindowSplitter; got splitter={self.splitter!r}."
            )
        check_consistent_length(X, y, groups)
        times = times_of_rows(X, groups, self.series, self.time)
        ranks, distinct = times.ranks()
        for fold in self.splitter.split(_index(times, distinct)):
            train, test = (np.flatnonzero(np.isin(ranks, part)) for part in fold)
            yield train, test

    def get_n_splits(self, X, y=None, groups=None):
        """Number of folds, which depends on the times.

        Parameters
        ----------
        X, y, groups : object
            As of :meth:`split`.

        Returns
        -------
        int
        """
        return len(list(self.split(X, y, groups)))


def is_sktime_splitter(cv):
    """Whether an object is a splitter of sktime, without an import of it."""
    if not hasattr(cv, "get_tag") or isinstance(cv, type):
        return False
    return cv.get_tag("object_type", None, raise_error=False) == "splitter"


def _index(times, distinct):
    """Distinct times as an index that sktime reads."""
    if times.kind == "period":
        return pd.PeriodIndex.from_ordinals(distinct, freq=times.unit)
    if times.kind == "number":
        if np.all(distinct == np.rint(distinct)):
            return pd.Index(distinct.astype(np.int64))
        return pd.RangeIndex(len(distinct))
    index = pd.DatetimeIndex(distinct.astype("datetime64[us]"))
    if times.zone is not None:
        index = index.tz_localize("UTC").tz_convert(times.zone)
    return index
