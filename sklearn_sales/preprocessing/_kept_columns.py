# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of a pandas frame that stay as they are, copied no more than needed."""

import pandas as pd

from sklearn_sales._compat import copies_on_write

__all__ = ["keep_columns"]


def keep_columns(frame, indices, *, copy=True):
    """Some columns of a data frame, as a data frame with the same index.

    Parameters
    ----------
    frame : pandas.DataFrame
    indices : sequence of int
        Positions of the columns.
    copy : bool, default=True
        Whether writing to one of the frames must leave the other as it is. Where
        pandas copies on write, as it always does from version 3, that is so anyway,
        and nothing is copied now.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, len(indices))
    """
    columns = {j: frame.iloc[:, i] for j, i in enumerate(indices)}
    if copy and not copies_on_write():
        columns = {j: column.copy() for j, column in columns.items()}
    # one by one: joined as blocks, pandas would copy them all
    kept = pd.DataFrame(columns, index=frame.index, copy=False)
    kept.columns = frame.columns.take(list(indices))
    return kept
