# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Covariates of X beside the features made: which ones, and in what table."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel import column_index

__all__ = ["choose_covariates", "join_as_frame", "read_covariates"]


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


def read_covariates(table, covariates, *, as_array, owner):
    """Covariates that are numbers, as floats; infinite ones are refused.

    Parameters
    ----------
    table : Table
    covariates : list of int
        Their positions.
    as_array : bool
        Whether the result is to hold them all, so that all must be numbers.
    owner : str
        Name of the estimator, for messages.

    Returns
    -------
    ndarray of shape (n_rows, n_numeric_covariates)
    """
    numeric = [i for i in covariates if _holds_numbers(table.column(i))]
    if as_array and len(numeric) < len(covariates):
        text = [table.names[i] for i in covariates if i not in numeric]
        raise ValueError(
            f"{owner} passes covariates on in an array of numbers, but column(s) "
            f"{text} of X hold none. Keep them as they are by "
            "set_output(transform='pandas') or 'polars', encode them before, name the "
            "covariates to pass on in passthrough=[...], or set passthrough=False."
        )
    if not numeric:
        return np.empty((table.n_rows, 0))
    return table.float_columns(numeric, owner=owner, allow_nan=True)


def _holds_numbers(column):
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    return is_number or pd.api.types.is_bool_dtype(column.dtype)


def join_as_frame(features, names, table, covariates, library):
    """Features and then covariates as a data frame; covariates keep their dtypes.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
    names : list of str
        Of the features and the covariates.
    table : Table
        The table X.
    covariates : list of int
        Positions of the covariates in X.
    library : {"pandas", "polars"}

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        A pandas one has the index of X.
    """
    n_made = features.shape[1]
    # a table of strings needs what its library needs to hand them over (pyarrow)
    join = _join_pandas if library == "pandas" else _join_polars
    return join(features, names[:n_made], table, covariates, names[n_made:])


def _join_pandas(features, made, table, covariates, kept):
    index = table.native.index if isinstance(table.native, pd.DataFrame) else None
    left = pd.DataFrame(features, columns=made, index=index, copy=False)
    if not covariates:
        return left
    if isinstance(table.native, pd.DataFrame):
        right = table.native.iloc[:, covariates]
    elif table.is_frame:
        right = _selected(table, covariates).to_pandas()
    else:
        right = pd.DataFrame(dict(enumerate(_columns(table, covariates))))
    joined = pd.concat([left, right], axis=1)
    joined.columns = [*made, *kept]
    return joined


def _join_polars(features, made, table, covariates, kept):
    left = nw.from_numpy(np.asarray(features), schema=made, backend="polars")
    if table.is_frame:
        right = nw.from_native(_selected(table, covariates).to_polars())
        columns = [
            right[name].alias(k) for name, k in zip(right.columns, kept, strict=True)
        ]
    else:
        columns = [
            nw.new_series(k, np.asarray(values), backend="polars")
            for k, values in zip(kept, _columns(table, covariates), strict=True)
        ]
    return left.with_columns(*columns).to_native()


def _selected(table, covariates):
    names = [table.names[i] for i in covariates]
    return nw.from_native(table.native, eager_only=True)[names]


def _columns(table, covariates):
    return [table.column(i) for i in covariates]
