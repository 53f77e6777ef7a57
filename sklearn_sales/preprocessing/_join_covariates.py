# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Covariates of X beside the features made: which ones, and in what table."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel import column_index, is_numeric
from sklearn_sales.preprocessing._kept_columns import keep_columns
from sklearn_sales.preprocessing._to_polars import to_polars

__all__ = [
    "attach_covariates",
    "choose_covariates",
    "covariate_block",
    "read_covariates",
]


def choose_covariates(passthrough, table, schema):
    """Positions of the covariates to pass on: all, none, or those named."""
    covariates = list(schema.covariates)
    if isinstance(passthrough, (bool, np.bool_)):
        return covariates if passthrough else []
    kept = [column_index(table, column, "passthrough") for column in passthrough]
    keys = [table.names[i] for i in kept if i not in covariates]
    if keys:
        raise ValueError(
            f"passthrough={passthrough!r} names {keys}, which are keys or the time; "
            f"the covariates are {[table.names[i] for i in covariates]}."
        )
    return kept


def read_covariates(table, covariates, converted, *, as_array, owner):
    """Covariates that are numbers, as floats; infinite ones are refused.

    Parameters
    ----------
    table : Table
    covariates : list of int
        Their positions.
    converted : dict
        What :meth:`ColumnKinds.check` made of some.
    as_array : bool
        Whether the result is to hold them all, so that all must be numbers.
    owner : str
        Name of the estimator, for messages.

    Returns
    -------
    ndarray of shape (n_rows, n_numeric_covariates)
        Without ``as_array`` those only that may be infinite.
    """
    numeric = [i for i in covariates if is_numeric(table.column(i).dtype)]
    known = {*numeric, *converted}
    text = [table.names[i] for i in covariates if i not in known]
    if as_array and text:
        raise ValueError(
            f"{owner} passes covariates on in an array of numbers, but column(s) "
            f"{text} of X hold none. Keep them as they are by "
            "set_output(transform='pandas') or 'polars', encode them before, name the "
            "covariates to pass on in passthrough=[...], or set passthrough=False."
        )
    if not as_array:
        numeric = [i for i in numeric if _may_be_infinite(table.column(i))]
    if not numeric and not (as_array and converted):
        return np.empty((table.n_rows, 0))
    block = table.float_columns(numeric, owner=owner, allow_nan=True)
    if not (as_array and converted):
        return block
    columns = {**converted, **dict(zip(numeric, block.T, strict=True))}
    return np.column_stack([columns[i] for i in covariates])


def _may_be_infinite(column):
    return not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu")


def covariate_block(table, covariates, library, converted, *, copy=True):
    """Covariates of a table as a data frame of a library; their dtypes stay.

    Parameters
    ----------
    table : Table
        The table X.
    covariates : list of int
        Positions of the covariates in X.
    library : {"pandas", "polars"}
    converted : dict
        Position -> values in place of a column.
    copy : bool, default=True
        Whether columns of pandas are copies, see :func:`keep_columns`.

    Returns
    -------
    pandas.DataFrame, polars.DataFrame or None
        A pandas one has the index of X. None stands for no column of polars, whose
        frames would forget their number of rows.
    """
    # a table of strings needs what its library needs to hand them over (pyarrow)
    if library == "pandas":
        block = _pandas_block(table, covariates, copy)
        for index, values in converted.items():
            block.isetitem(covariates.index(index), values)
        return block
    if not covariates:
        return None
    block = nw.from_native(_polars_block(table, covariates))
    columns = [
        nw.new_series(block.columns[covariates.index(i)], values, backend="polars")
        for i, values in converted.items()
    ]
    return block.with_columns(*columns).to_native()


def _pandas_block(table, covariates, copy):
    if isinstance(table.native, pd.DataFrame):
        return keep_columns(table.native, covariates, copy=copy)
    if table.is_frame and covariates:
        return _selected(table, covariates).to_pandas()
    columns = dict(enumerate(table.column(i) for i in covariates))
    return pd.DataFrame(columns, index=range(table.n_rows))


def _polars_block(table, covariates):
    if table.is_frame:
        return to_polars(_selected(table, covariates).to_native())
    columns = {f"x{i}": np.asarray(table.column(i)) for i in covariates}
    return nw.from_dict(columns, backend="polars").to_native()


def _selected(table, covariates):
    names = [table.names[i] for i in covariates]
    return nw.from_native(table.native, eager_only=True)[names]


def attach_covariates(features, block, names, library):
    """Features and then covariates as a data frame.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
    block : pandas.DataFrame, polars.DataFrame or None
        As :func:`covariate_block` made it.
    names : list of str
        Of the features and the covariates.
    library : {"pandas", "polars"}

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
    """
    n_made = features.shape[1]
    if library == "pandas":
        if not block.shape[1]:
            return pd.DataFrame(features, index=block.index, columns=names, copy=False)
        # column by column: joined as blocks, pandas 2 would copy them all
        columns = [*features.T, *(block.iloc[:, i] for i in range(block.shape[1]))]
        columns = dict(zip(names, columns, strict=True))
        return pd.DataFrame(columns, index=block.index, copy=False)
    made = nw.from_numpy(np.asarray(features), schema=names[:n_made], backend="polars")
    if block is None:
        return made.to_native()
    covariates = nw.from_native(block)
    columns = [
        covariates[old].alias(new)
        for old, new in zip(covariates.columns, names[n_made:], strict=True)
    ]
    return made.with_columns(*columns).to_native()
