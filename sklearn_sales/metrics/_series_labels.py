# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Labels of series as integer codes, the same over several tables."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel import Table

__all__ = [
    "combine_codes",
    "encode_labels",
    "key_column",
    "label_columns",
    "label_index",
]


def label_columns(labels, name, n_rows, counterpart):
    """One or several label columns as a pandas DataFrame.

    Parameters
    ----------
    labels : array-like, Series or dataframe of shape (n_rows,) or (n_rows, n_keys)
        From pandas, polars, pyarrow or numpy, or a list.
    name : str
        The argument, for messages.
    n_rows : int
        How many rows it must have.
    counterpart : str
        The argument whose rows it labels, for messages.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_keys)

    Raises
    ------
    ValueError
        Where the number of rows differs or a label is missing.
    """
    if nw.dependencies.is_into_series(labels):
        labels = nw.from_native(labels, series_only=True).to_frame().to_native()
    if not nw.dependencies.is_into_dataframe(labels):
        # pandas keeps the type of each column where numpy would make all of them text
        labels = pd.DataFrame(labels)
    table = Table(labels)
    if table.n_rows != n_rows:
        raise ValueError(
            f"{name} has {table.n_rows} rows and {counterpart} has {n_rows}; give one "
            f"label for each row of {counterpart}."
        )
    columns = {key: key_column(table, j) for j, key in enumerate(table.names)}
    for column in columns.values():
        missing = column.isna().to_numpy()
        if missing.any():
            raise ValueError(
                f"{name} holds NaN: {np.count_nonzero(missing)} row(s) belong to no "
                f"series (first at row {int(np.argmax(missing))})."
            )
    return pd.DataFrame(columns)


def key_column(table, index):
    """A column of a table as a pandas Series without its index."""
    return pd.Series(table.column(index)).reset_index(drop=True)


def combine_codes(columns, n_rows):
    """Codes of the combinations of several coded columns.

    Parameters
    ----------
    columns : list of ndarray of int64 of shape (n_rows,)
        Codes of each column; an empty list makes one group of all rows.
    n_rows : int

    Returns
    -------
    ndarray of int64 of shape (n_rows,)
        Numbered from 0 in order of appearance.
    """
    combined = np.zeros(n_rows, dtype=np.int64)
    for codes in columns:
        # coding anew after each column keeps the products below 2**63
        combined, _ = pd.factorize(combined * (codes.max() + 1) + codes)
    return combined


def encode_labels(frame):
    """Series code of each row of a frame of labels.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :func:`label_columns` returns it.

    Returns
    -------
    codes : ndarray of int64 of shape (n_rows,)
        Numbered from 0 in order of appearance.
    labels : pandas.Index
        The label of each code; a MultiIndex where there are several columns.
    """
    columns = [pd.factorize(frame.iloc[:, j])[0] for j in range(frame.shape[1])]
    codes = combine_codes(columns, len(frame))
    # codes are numbered by appearance, so a new maximum is a first appearance
    first = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))
    return codes, label_index(frame.iloc[first])


def label_index(frame):
    """The rows of a frame of labels as an index, categories as what they stand for."""
    # an array has no column names; its positions would only confuse
    names = [name if isinstance(name, str) else None for name in frame.columns]
    columns = [_values(frame.iloc[:, j]) for j in range(frame.shape[1])]
    if len(columns) == 1:
        return pd.Index(columns[0], name=names[0])
    return pd.MultiIndex.from_arrays(columns, names=names)


def _values(column):
    # indexes of categories match by their sets of categories, not by their values
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column)
    return column.array
