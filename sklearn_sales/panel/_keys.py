# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series keys: one or several columns of any type as integer codes."""

from numbers import Integral, Number

import numpy as np
import pandas as pd

from sklearn_sales.panel._hashing import mix
from sklearn_sales.panel._key_spelling import tell_spelling
from sklearn_sales.panel._repeats import find_runs

__all__ = ["SeriesKeys", "show_key"]

# Whole numbers from here on do not fit 64 bits.
_HUGE = 2**63


class SeriesKeys:
    """The series of a panel, in the sorted order of their keys.

    Parameters
    ----------
    names : list of str
        Names of the key columns; empty for a single series without keys.

    Attributes
    ----------
    levels : list of pandas.Index
        Sorted distinct values of each key column.
    level_codes : ndarray of shape (n_series, n_key_columns)
        Key of each series as positions in ``levels``.
    hashes : ndarray of shape (n_series,)
        uint64, a fixed function of the key alone.
    """

    def __init__(self, names):
        self.names = list(names)
        # the categories that came last, which most tables share
        self._places = {}

    def __getstate__(self):
        return {**self.__dict__, "_places": {}}

    def fit_encode(self, columns, labels):
        """Learn the series of a table; return the code of each row."""
        codes, runs = self.fit_runs(columns, labels)
        return codes if runs is None else runs.expand(codes)

    def fit_runs(self, columns, labels):
        """Learn the series of a table; return the code of each run of rows.

        Returns
        -------
        codes : ndarray of shape (n_runs,) or None
            Of each row, where there are no runs; None where there are no keys.
        runs : Runs or None
        """
        runs = find_runs(columns)
        encoded = [
            _factorize(c, label, runs) for c, label in zip(columns, labels, strict=True)
        ]
        self.levels = [levels for _, levels in encoded]
        if not encoded:
            self._set_series(np.zeros(1, dtype=np.int64))
            return None, None
        codes = self._combine([codes for codes, _ in encoded])
        known = np.arange(len(self.levels[0]))
        if len(encoded) > 1:
            codes, known = pd.factorize(codes, sort=True)
        self._set_series(known)
        return codes, runs

    def _set_series(self, known):
        self._known = np.asarray(known, dtype=np.int64)
        sizes = [len(levels) for levels in self.levels]
        if sizes:
            self.level_codes = np.stack(np.unravel_index(self._known, sizes), axis=1)
        else:
            self.level_codes = np.zeros((1, 0), dtype=np.int64)
        hashes = np.zeros(len(self._known), dtype=np.uint64)
        for j, levels in enumerate(self.levels):
            hashes = mix(hashes ^ _hash_level(levels)[self.level_codes[:, j]])
        self.hashes = hashes

    @property
    def n_series(self):
        return len(self._known)

    def encode(self, columns, labels, n_rows):
        """Code of each row; -1 where fit saw no such series."""
        if not self.levels:
            return np.zeros(n_rows, dtype=np.int64)
        runs = find_runs(columns)
        parts = []
        for j, (column, label) in enumerate(zip(columns, labels, strict=True)):
            shown = column if runs is None else _take(column, runs.heads)
            if isinstance(shown.dtype, pd.CategoricalDtype):
                _refuse_missing_codes(shown.array.codes, runs, label)
                places = self._places_of(j, shown.array.categories)
                parts.append(places[shown.array.codes])
            else:
                codes, distinct = _factorize(column, label, runs)
                parts.append(_index_of(self.levels[j], distinct)[codes])
        unknown = np.zeros(len(parts[0]), dtype=bool)
        for part in parts:
            unknown |= part < 0
        combined = self._combine(parts)
        found = np.searchsorted(self._known, combined)
        found = np.minimum(found, len(self._known) - 1)
        unknown |= self._known[found] != combined
        codes = np.where(unknown, -1, found)
        return codes if runs is None else runs.expand(codes)

    def _places_of(self, j, categories):
        """Position of each category in the levels of a key column, -1 where absent."""
        seen, places = self._places.get(j, (None, None))
        if seen is not categories:
            places = _index_of(self.levels[j], categories)
            self._places[j] = categories, places
        return places

    def _combine(self, parts):
        combined = np.asarray(parts[0], dtype=np.int64)
        for codes, levels in zip(parts[1:], self.levels[1:], strict=True):
            combined = combined * len(levels) + codes
        return combined

    def frame(self):
        """Keys as a pandas DataFrame, one row a series, in code order."""
        columns = {
            name: levels.take(self.level_codes[:, j])
            for j, (name, levels) in enumerate(
                zip(self.names, self.levels, strict=True)
            )
        }
        return pd.DataFrame(columns, index=range(self.n_series))

    def show(self, code):
        """One series as a reader would write it."""
        if not self.names:
            return "the single series"
        row = self.level_codes[code]
        values = [levels[i] for i, levels in zip(row, self.levels, strict=True)]
        return show_key(self.names, values)

    def tell_spelling(self, values):
        """What to say where a key that fit did not see is one of fit in other words."""
        known = zip(self.names, self.levels, values, strict=True)
        return "".join(
            tell_spelling(name, levels, value)
            for name, levels, value in known
            if _index_of(levels, [value])[0] < 0
        )


def show_key(names, values):
    """One key as a reader would write it: ``store='A', item=7``."""
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    return ", ".join(f"{n}={v!r}" for n, v in zip(names, plain, strict=True))


def _factorize(column, label, runs=None):
    """Codes and sorted distinct values of one key column.

    The codes are those of the first row of each run, or without runs of each row.
    """
    shown = column if runs is None else _take(column, runs.heads)
    if isinstance(getattr(shown, "dtype", None), pd.CategoricalDtype):
        codes, distinct = shown.array.codes, shown.array.categories
    else:
        codes, distinct = _distinct(shown, label)
    _refuse_missing_codes(codes, runs, label)
    used = np.zeros(len(distinct), dtype=bool)
    used[codes] = True
    if used.all():
        return _sorted_codes(codes, pd.Index(distinct))
    # categories that no row has
    renumber = np.cumsum(used) - 1
    return _sorted_codes(renumber[codes], pd.Index(distinct[used]))


def _distinct(column, label):
    try:
        return pd.factorize(column)
    except (TypeError, ValueError) as error:
        types = sorted({type(value).__name__ for value in column})
        raise TypeError(
            f"{label} is a key of the series and holds values of the types {types}, "
            f"which cannot be told apart ({error}). Make them text or numbers."
        ) from error


def _take(column, rows):
    return column.iloc[rows] if isinstance(column, pd.Series) else column[rows]


def _sorted_codes(codes, distinct):
    try:
        order = np.asarray(distinct.argsort())
    except TypeError:
        # keys of mixed types: sorted by type, then by value
        values = [(type(v).__name__, str(v)) for v in distinct]
        order = np.asarray(sorted(range(len(values)), key=values.__getitem__))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], distinct.take(order)


def _refuse_missing_codes(codes, runs, label):
    missing = codes < 0
    if missing.any():
        missing = missing if runs is None else runs.expand(missing)
        n_missing = int(np.count_nonzero(missing))
        raise ValueError(
            f"{label} is a key of the series and holds NaN in {n_missing} row(s), "
            f"first at row {int(np.argmax(missing))}. Every row of X needs its keys; "
            "drop such rows or give them a name of their own."
        )


def _index_of(levels, values):
    """Position of each value in levels, -1 where absent, whatever the types."""
    return np.asarray(levels.get_indexer(values), dtype=np.int64)


def _hash_level(levels):
    """A fixed uint64 for each key value, the same from every library and type.

    The hash of one value never depends on which others are there: a fold that holds
    only some of the series must draw the same steps for them.
    """
    if pd.api.types.is_numeric_dtype(levels):
        return _hash_numbers(levels.to_numpy())
    values = np.asarray(levels, dtype=object)
    text = np.array([str(v) for v in values], dtype=object)
    hashes = pd.util.hash_array(text, categorize=False)
    numbers = np.array([isinstance(v, Number) for v in values], dtype=bool)
    if numbers.any():
        hashes[numbers] = _hash_mixed(values[numbers])
    return hashes


def _hash_mixed(values):
    """Hashes of numbers of several types, as of each alone."""
    hashes = np.empty(len(values), dtype=np.uint64)
    whole = np.array([isinstance(v, Integral) and -_HUGE <= v < _HUGE for v in values])
    real = np.array([isinstance(v, float) for v in values])
    for some, dtype in ((whole, np.int64), (real, np.float64)):
        hashes[some] = _hash_numbers(values[some].astype(dtype))
    rest = ~(whole | real)
    hashes[rest] = [_hash_numbers(np.array([v]))[0] for v in values[rest]]
    return hashes


def _hash_numbers(values):
    """Whole numbers by their value, all others by their bits as a double."""
    if values.dtype.kind in "biu":
        return mix(values.astype(np.int64).view(np.uint64))
    if values.dtype.kind == "c":
        real, imaginary = (
            _hash_numbers(part.copy()) for part in (values.real, values.imag)
        )
        # a complex number without an imaginary part equals its real part
        return np.where(values.imag == 0, real, mix(real ^ mix(imaginary)))
    values = values.astype(np.float64)
    whole = (values == np.rint(values)) & (np.abs(values) < 2.0**63)
    integers = np.where(whole, values, 0.0).astype(np.int64)
    return mix(np.where(whole, integers.view(np.uint64), values.view(np.uint64)))
