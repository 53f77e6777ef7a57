# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns that repeat themselves, as the few values that they hold.

Rows of a panel come mostly in the order of their series and times. Then a key is the
same for a whole run of rows, and the times of a run follow each other by one step; what
is worked out for one of them holds for all. Columns in any other order are found out at
the price of one pass, and hashed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Runs", "Stretches", "compress", "find_runs"]

# Rows that are looked at together: their temporary arrays stay in the cache.
_BLOCK = 1 << 15


@dataclass(frozen=True)
class Runs:
    """Rows one after the other that have the same keys.

    Attributes
    ----------
    heads : ndarray of shape (n_runs,)
        First row of each run.
    lengths : ndarray of shape (n_runs,)
    """

    heads: np.ndarray
    lengths: np.ndarray

    def expand(self, values):
        """A value of each run as one of each row."""
        return np.repeat(values, self.lengths)


@dataclass(frozen=True)
class Stretches:
    """Where each row finds its value: one further than the row before, mostly.

    Attributes
    ----------
    heads : ndarray of shape (n_stretches,)
        First row of each stretch.
    first : ndarray of shape (n_stretches,)
        Where its first row finds its value.
    step : {0, 1}
        How much further each row of a stretch finds its own than the row before.
    n_rows : int
    """

    heads: np.ndarray
    first: np.ndarray
    step: int
    n_rows: int

    @property
    def lengths(self):
        return np.diff(self.heads, append=self.n_rows)

    @property
    def last(self):
        """Where the last row of each stretch finds its value."""
        return self.first + self.step * (self.lengths - 1)

    def at(self, rows):
        """Where some rows find their values."""
        stretch = np.searchsorted(self.heads, rows, side="right") - 1
        return self.first[stretch] + self.step * (rows - self.heads[stretch])

    def take(self, values):
        """The value of each row, of shape (n_rows,)."""
        lengths = self.lengths
        first, length = self.first[0], lengths[0]
        if self.step and np.all(self.first == first) and np.all(lengths == length):
            # series side by side, as most panels are
            return np.tile(values[first : first + length], len(lengths))
        if not self.step:
            return np.repeat(values[self.first], lengths)
        out = np.empty(self.n_rows, dtype=values.dtype)
        shift = self.first - self.heads
        for row in range(0, self.n_rows, _BLOCK):
            rows = np.arange(row, min(row + _BLOCK, self.n_rows))
            low, high = np.searchsorted(self.heads, [row, rows[-1]], side="right")
            own = np.diff(self.heads[low:high], prepend=row, append=rows[-1] + 1)
            rows += np.repeat(shift[low - 1 : high], own)
            values.take(rows, out=out[row : row + _BLOCK], mode="clip")
        return out


def find_runs(columns):
    """Runs of rows with equal values in all columns, or None where they do not pay.

    Parameters
    ----------
    columns : list of pandas.Series or ndarray of shape (n_rows,)
        Only categories and numbers are looked at: their neighbours are compared in
        less time than they are hashed.

    Returns
    -------
    Runs or None
    """
    plain = [_comparable(column) for column in columns]
    if not plain or any(values is None for values in plain):
        return None
    changes = plain[0][1:] != plain[0][:-1]
    for values in plain[1:]:
        changes |= values[1:] != values[:-1]
    heads = np.concatenate([[0], np.flatnonzero(changes) + 1])
    if 2 * len(heads) > len(plain[0]):
        return None
    return Runs(heads, np.diff(heads, append=len(plain[0])))


def _comparable(column):
    """Values that are equal where those of the column are; None where that is work."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.array.codes
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
        return np.asarray(column)
    return None


def compress(values):
    """Integers as few values and where each row finds its own among them.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        int64.

    Returns
    -------
    few : ndarray
        May hold a value more than once.
    index : ndarray of shape (n_rows,), Stretches or None
        ``few[index]``, or ``index.take(few)``, is ``values``; None where ``few`` is.
    """
    n_rows = len(values)
    if n_rows < 2:
        return values, None
    sample = np.arange(0, n_rows - 1, max(n_rows // 1000, 1))
    step = np.sort(values[sample + 1] - values[sample])[len(sample) // 2]
    heads = _breaks(values, step)
    if 4 * len(heads) > n_rows:
        index, few = pd.factorize(values)
        return few, index
    # stretches of a constant step; those from one start share the longest of them
    starts, owner = np.unique(values[heads], return_inverse=True)
    lengths = np.diff(heads, append=n_rows)
    longest = np.zeros(len(starts), dtype=np.int64)
    np.maximum.at(longest, owner, lengths if step else np.ones_like(lengths))
    first = np.cumsum(longest) - longest
    few = np.repeat(starts - step * first, longest) + step * np.arange(longest.sum())
    return few, Stretches(heads, first[owner], int(step != 0), n_rows)


def _breaks(values, step):
    """0, and the rows that are not one step after the row before them."""
    found = [[0]]
    for first in range(0, len(values) - 1, _BLOCK):
        some = values[first : first + _BLOCK + 1]
        found.append(np.flatnonzero(some[1:] - some[:-1] != step) + first + 1)
    return np.concatenate(found)
