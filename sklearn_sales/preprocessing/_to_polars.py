# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of any library as a data frame of polars, which holds no odd objects."""

import narwhals.stable.v2 as nw
import pandas as pd

__all__ = ["to_polars"]


def to_polars(frame):
    """A data frame of any library as one of polars.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    ValueError
        Where polars has no type for a column.
    """
    if isinstance(frame, pd.DataFrame):
        frame = _dense(frame)
    frame = nw.from_native(frame, eager_only=True)
    try:
        return frame.to_polars()
    except Exception as error:  # pyarrow and polars raise errors of their own
        wrong = [name for name in frame.columns if not _is_held(frame[[name]])]
        raise ValueError(
            f"polars has no type for column(s) {wrong or frame.columns} of X ({error})."
            " Make them numbers, text or times of one kind each, drop them, or set "
            "set_output(transform='pandas')."
        ) from error


def _is_held(frame):
    try:
        frame.to_polars()
    except Exception:
        return False
    return True


def _dense(frame):
    """Sparse columns of pandas, which no other library reads, written out."""
    sparse = [
        i for i, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.SparseDtype)
    ]
    if not sparse:
        return frame
    frame = frame.copy(deep=False)
    for i in sparse:
        frame.isetitem(i, frame.iloc[:, i].sparse.to_dense())
    return frame
