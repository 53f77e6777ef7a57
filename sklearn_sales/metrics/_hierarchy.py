# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Training and scored rows as cells of one hierarchy of groups and times."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales.metrics._series_labels import combine_codes, key_column
from sklearn_sales.metrics._validation import as_vector, refuse_infinity
from sklearn_sales.panel import read_keys, read_table, resolve_schema

__all__ = ["Hierarchy", "read_hierarchy", "read_levels"]


@dataclass(frozen=True)
class Hierarchy:
    """Rows of a training and of a scored table, coded by the same keys.

    Attributes
    ----------
    keys : pandas.DataFrame of shape (n_train + n_scored, n_keys)
        Codes of the key columns: first the training rows, then the scored ones.
    values : dict of ndarray
        What the codes of each key column stand for.
    positions : ndarray of shape (n_train,)
        Time of each training row as a position 0..n_times - 1 of the calendar.
    y_train : ndarray of shape (n_train,)
    value : ndarray of shape (n_train,)
        Turnover within the weight window; zero before it.
    times : ndarray of shape (n_scored,)
        Code of the time of each scored row.
    """

    keys: pd.DataFrame
    values: dict
    positions: np.ndarray
    y_train: np.ndarray
    value: np.ndarray
    times: np.ndarray

    def groups(self, level):
        """Group of each training and of each scored row at a level.

        Parameters
        ----------
        level : tuple
            Key columns; the empty one is the total.

        Returns
        -------
        train : ndarray of shape (n_train,)
        scored : ndarray of shape (n_scored,)
        n_groups : int
        """
        columns = [self.keys[key].to_numpy() for key in level]
        codes = combine_codes(columns, len(self.keys))
        n_train = len(self.positions)
        return codes[:n_train], codes[n_train:], int(codes.max()) + 1

    def show(self, level, row):
        """The group of a scored row as a reader would write it."""
        codes = self.keys.iloc[len(self.positions) + row]
        parts = [f"{key}={self.values[key][codes[key]]}" for key in level]
        return ", ".join(parts) or "the total"


def read_levels(levels):
    """Levels as tuples of key columns, and all key columns once."""
    if isinstance(levels, (str, Integral)) or not len(levels):
        raise ValueError(
            "levels must be a list of lists of key columns, such as "
            f"[['item', 'store'], ['store'], []]; got levels={levels!r}."
        )
    levels = [
        (level,) if isinstance(level, (str, Integral)) else tuple(level)
        for level in levels
    ]
    return levels, list(dict.fromkeys(key for level in levels for key in level))


def read_hierarchy(X, X_train, y_train, rows, keys, *, time, freq, price, window):
    """Code the rows of both tables.

    Parameters
    ----------
    X, X_train, y_train, time, freq, price, window
        As in :func:`wrmsse`.
    rows : ndarray of bool of shape (n,)
        Which rows of X are scored.
    keys : list of str or int
        Key columns.

    Returns
    -------
    Hierarchy
    """
    train, scored = read_table(X_train), read_table(X)
    indexed = time == "index" and "index" not in train.names
    if indexed:
        train.show_levels()
        scored.show_levels()
    _check_columns(train, keys, "X_train")
    _check_columns(scored, keys, "X")
    y_train = _training_values(y_train, "y_train", train)
    refuse_infinity(y_train, "y_train")
    _check_length(scored, "X", len(rows), "y_true")
    # levels of an index before the last are the series
    series = None if len(train.index_names) > 1 else keys
    schema, _, _, _, positions = read_keys(train, series=series, time=time, freq=freq)
    positions = positions - positions.min()
    time = "index" if indexed else schema.names[schema.time]
    scored_time = resolve_schema(scored, series, time).time
    times = pd.factorize(key_column(scored, scored_time))[0][rows]
    frame, values = _code_keys(train, scored, keys, rows)
    _refuse_repeated(frame.iloc[len(y_train) :], times)
    value = _turnover(train, price, y_train, positions, window)
    return Hierarchy(frame, values, positions, y_train, value, times)


def _check_columns(table, keys, name, argument="levels"):
    unknown = [key for key in keys if key not in table.names]
    if unknown:
        raise ValueError(
            f"{argument} names the column(s) {unknown}, which {name} does not have; "
            f"its columns are {table.names}."
        )


def _training_values(values, name, train):
    values = as_vector(values, name)
    _check_length(train, "X_train", len(values), name)
    return values


def _check_length(table, name, n_rows, counterpart):
    if table.n_rows != n_rows:
        raise ValueError(
            f"{name} has {table.n_rows} rows and {counterpart} has {n_rows}; they "
            "must be the same rows."
        )


def _code_keys(train, scored, keys, rows):
    frame, values = {}, {}
    for key in keys:
        columns = [key_column(t, t.names.index(key)) for t in (train, scored)]
        both = pd.concat([columns[0], columns[1][rows]], ignore_index=True)
        if both.isna().any():
            raise ValueError(
                f"The key column {key!r} holds NaN in {int(both.isna().sum())} row(s); "
                "every row needs its keys."
            )
        frame[key], values[key] = pd.factorize(both)
    n_rows = train.n_rows + int(np.count_nonzero(rows))
    return pd.DataFrame(frame, index=range(n_rows)), values


def _refuse_repeated(keys, times):
    cells = keys.assign(**{"": times}) if keys.shape[1] else pd.DataFrame(times)
    n_repeated = int(cells.duplicated().sum())
    if n_repeated:
        raise ValueError(
            f"X holds {n_repeated} duplicated row(s): a series has more than one row "
            "at one time. A column that tells such rows apart is missing from levels."
        )


def _turnover(train, price, y_train, positions, window):
    """Units times price of the training rows within the window."""
    inside = (positions > positions.max() - window) & ~np.isnan(y_train)
    units = np.where(inside, y_train, 0.0)
    if price is None:
        return units
    if isinstance(price, (str, Integral)):
        _check_columns(train, [price], "X_train", "price")
        price = train.column(train.names.index(price))
    price = _training_values(price, "price", train)
    unknown = (units != 0) & ~np.isfinite(price)
    if unknown.any():
        raise ValueError(
            f"price is missing or infinite in {np.count_nonzero(unknown)} row(s) of "
            f"X_train with sales (first at row {int(np.argmax(unknown))}); the weights "
            f"need the price of all that was sold in the last {window} times."
        )
    return np.where(units != 0, units * np.nan_to_num(price), 0.0)
