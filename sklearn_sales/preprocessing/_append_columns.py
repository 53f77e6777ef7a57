# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New columns beside those of a table, in the library that the user works with."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.preprocessing._kept_columns import keep_columns
from sklearn_sales.preprocessing._to_polars import to_polars

__all__ = ["append_columns"]


def append_columns(table, columns, names, *, keep, library, copy=True):
    """A table with columns appended.

    Parameters
    ----------
    table : Table
    columns : list of ndarray of shape (n_rows,)
        The new columns, numeric.
    names : sequence of str
        Names of all columns of the result.
    keep : bool
        Whether the columns of the table come first.
    library : {"default", "pandas", "polars"}
        ``"default"`` is the library of the table: a data frame gives a data frame of
        the same type, an array an array.
    copy : bool, default=True
        Whether the columns kept in a data frame of pandas are copies, see
        :func:`keep_columns`.

    Returns
    -------
    pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray
    """
    old, new = names[: len(names) - len(columns)], names[len(names) - len(columns) :]
    numeric = not table.is_frame and table.native.dtype.kind in "biuf"
    if not table.is_frame and (library == "default" or numeric):
        return _as_array(table.native[:, : len(old)], columns)
    added = dict(zip(new, columns, strict=True))
    frame = _as_frame(table, library)
    if isinstance(frame, pd.DataFrame):
        kept = keep_columns(frame, range(len(old)), copy=copy)
        return _append_to_pandas(kept, old, added)
    frame = nw.from_native(frame, eager_only=True)
    library = frame.implementation
    if not keep:
        return nw.from_dict(added, backend=library).to_native()
    series = [nw.new_series(n, v, backend=library) for n, v in added.items()]
    frame = frame.rename(dict(zip(frame.columns, old, strict=True)))
    return frame.with_columns(*series).to_native()


def _as_array(kept, columns):
    """One array; of floats if all its columns are numbers, else of objects."""
    if kept.dtype.kind == "M":
        kept = kept.astype("datetime64[us]")
    dtype = np.float64 if kept.dtype.kind in "biuf" else object
    added = np.empty((len(kept), len(columns)), dtype=np.float64)
    for j, values in enumerate(columns):
        added[:, j] = values
    return np.hstack([kept.astype(dtype, copy=False), added.astype(dtype, copy=False)])


def _as_frame(table, library):
    """The columns of a table as a data frame of a library."""
    frame = table.native
    if not table.is_frame:
        frame = pd.DataFrame({i: table.column(i) for i in table.names})
    if library == "pandas":
        return nw.from_native(frame, eager_only=True).to_pandas()
    if library == "polars":
        return to_polars(frame)
    return frame


def _append_to_pandas(kept, names, added):
    columns = {name: kept.iloc[:, i] for i, name in enumerate(names)}
    return pd.DataFrame({**columns, **added}, index=kept.index, copy=False)
