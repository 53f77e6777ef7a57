# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Panels that were read before, for searches that read the same rows many times."""

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from threading import Lock

import numpy as np
import pandas as pd

__all__ = ["PanelCache", "panel_cache", "remembered"]

# Rows whose values tell tables apart before all of them are compared.
_SAMPLE = 64

# The caches of the `with` blocks that are open, the innermost last.
_OPEN: list = []


@contextmanager
def panel_cache(max_bytes=2**31):
    """Remember what was read of a table, until the block ends.

    A search fits many candidates on the same folds. Each fit reads the keys, the
    calendar and the sales history of its rows, and each forecast the keys and times
    of the rows that it answers. Inside this block a table with the same content is read
    once; all estimators of the package share what was read.

    Parameters
    ----------
    max_bytes : float, default=2**31
        How much may be remembered. What was not used for longest makes room.

    Yields
    ------
    cache : PanelCache
        With the counts ``hits`` and ``misses``.

    Notes
    -----
    A table is recognised by its content: the values of its key columns, its times and
    the sales are compared one by one with copies of those that were read before. So
    a table that was changed in between is read anew, and no answer depends on whether
    it was remembered. The columns of covariates are not looked at: they are not
    remembered either.

    Threads share the cache. Other processes do not see it: with ``n_jobs`` above 1 run
    the search in threads (``joblib.parallel_config("threading")``) or without a cache.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn_sales import ARRegressor, PanelTimeSeriesSplit, panel_cache
    >>> from sklearn_sales import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> model = ARRegressor(series=["store", "dept"])
    >>> search = GridSearchCV(model, {"lags": [2, 4, 8]}, cv=PanelTimeSeriesSplit(2))
    >>> with panel_cache() as cache:
    ...     best = search.fit(X, y).best_params_
    >>> cache.hits, cache.misses
    (8, 5)
    """
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, Real) or max_bytes <= 0:
        raise ValueError(
            f"max_bytes={max_bytes!r} must be a number above 0: how many bytes of "
            "tables the cache may remember, such as 2e9."
        )
    cache = PanelCache(max_bytes)
    _OPEN.append(cache)
    try:
        yield cache
    finally:
        _OPEN.remove(cache)


def remembered(read, columns, like):
    """What a function returns for some columns, from the open cache if it is there.

    Parameters
    ----------
    read : callable
        Without arguments; returns an answer, and a function that lists the arrays in
        it. They are read-only once they are remembered.
    columns : list of ndarray or pandas.Series of shape (n_rows,)
        All that ``read`` looks at, but for ``like``.
    like : hashable
        What else the answer depends on.

    Returns
    -------
    answer : object
    """
    return _OPEN[-1].get(read, columns, like) if _OPEN else read()[0]


@dataclass
class _Entry:
    """Copies of columns, what was read of them, and how many bytes both take."""

    columns: list
    answer: object
    size: int


class PanelCache:
    """Tables that were read, the one used last at the end.

    Attributes
    ----------
    hits, misses : int
        How often a table was recognised, and how often it was read.
    size : int
        Bytes that are remembered.
    """

    def __init__(self, max_bytes):
        self.max_bytes = max_bytes
        self.hits = 0
        self.misses = 0
        self.size = 0
        self._entries = OrderedDict()
        self._lock = Lock()

    def get(self, read, columns, like):
        """The remembered answer for columns with the same content, or a new one."""
        columns = [_plain(column) for column in columns]
        key = like, *(_sketch(column) for column in columns)
        with self._lock:
            entry = self._entries.get(key)
        if entry is not None and all(map(_equal, columns, entry.columns)):
            with self._lock:
                self.hits += 1
                if key in self._entries:
                    self._entries.move_to_end(key)
            return entry.answer
        answer, list_arrays = read()
        arrays = list_arrays()
        for array in arrays:
            array.flags.writeable = False
        copies = [column.copy() for column in columns]
        self._keep(key, _Entry(copies, answer, sum(a.nbytes for a in arrays + copies)))
        return answer

    def _keep(self, key, entry):
        with self._lock:
            self.misses += 1
            if key in self._entries:
                self.size -= self._entries.pop(key).size
            self._entries[key] = entry
            self.size += entry.size
            while self.size > self.max_bytes:
                self.size -= self._entries.popitem(last=False)[1].size


def _plain(column):
    """A column as an array of numpy, or of pandas where numpy has no such type."""
    if isinstance(column, pd.Series) and not isinstance(column.dtype, np.dtype):
        return column.array
    return np.asarray(column)


def _sketch(column):
    """Type, length and some values of a column: tells most others apart."""
    some = column[:: max(len(column) // _SAMPLE, 1)]
    return str(column.dtype), len(column), repr(list(some))


def _equal(column, other):
    """Whether columns of the same type and length hold the same, bit for bit."""
    if not isinstance(column, np.ndarray):
        return column.equals(other)
    if column.dtype.kind == "O":
        return pd.Series(column).equals(pd.Series(other))
    bits = f"V{column.dtype.itemsize}"
    if column.dtype.itemsize in (1, 2, 4, 8):
        bits = f"i{column.dtype.itemsize}"
    return bool(np.array_equal(column.view(bits), other.view(bits)))
