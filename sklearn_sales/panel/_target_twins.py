# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What can be told of a target that is in X too, or beside the wrong rows of X."""

import warnings

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel._table import is_numeric

__all__ = ["warn_of_other_order", "warn_of_target_in_covariates"]

# Fewer sales may equal a flag or a count by chance.
_ENOUGH = 10

# The largest difference that is rounding, in units of the range of the sales.
_ROUNDING = 0.01

# So many rows tell that a column is another one, before all of them are read. Their
# range is smaller, and rounding a larger part of it.
_GLIMPSE = 64
_ROUNDING_OF_FEW = 0.2


def warn_of_target_in_covariates(table, y, covariates):
    """Warn of columns that hold what is to be forecast.

    Such a column is a leak that no error shows: its regressor reads the answer, and in
    the rows to forecast it is not known.

    Parameters
    ----------
    table : Table
    y : ndarray of shape (n_rows,)
        Sales, float64; NaN where not observed.
    covariates : list of int
        Positions of the columns to look at.
    """
    if np.nanmin(y) == np.nanmax(y):
        # a column that is constant too says nothing of sales
        return
    step = max(table.n_rows // _GLIMPSE, 1)
    twins = [
        table.names[i]
        for i in covariates
        if _holds_numbers(table, i)
        and _differ_by(_every(table, i, step), y[::step], 1) <= _ROUNDING_OF_FEW
        and _differ_by(_every(table, i, 1), y, _ENOUGH) <= _ROUNDING
    ]
    if twins:
        warnings.warn(
            f"The column(s) {twins} of X equal y: what is to be forecast is read as if "
            "it were known ahead. Drop them from X; past sales come from lags, which "
            "the estimators of this package make themselves.",
            UserWarning,
            stacklevel=5,
        )


def _holds_numbers(table, index):
    dtype = table.native_column(index).dtype
    return dtype.is_numeric() if hasattr(dtype, "is_numeric") else is_numeric(dtype)


def _every(table, index, step):
    """Every so many values of a column as float64."""
    column = table.native_column(index)
    if isinstance(column, nw.Series):
        return np.asarray(column.gather_every(step).to_numpy(), dtype=np.float64)
    if isinstance(column, pd.Series):
        column = column.array[::step]
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(column[::step], dtype=np.float64)


def _differ_by(values, y, enough):
    """The largest difference in units of the range of y, infinite for few sales."""
    known = ~np.isnan(y)
    sales, values = y[known], values[known]
    if len(sales) < enough:
        return np.inf
    with np.errstate(over="ignore"):
        largest, spread = np.abs(values - sales).max(), np.ptp(sales)
    if spread == 0:
        return np.inf if largest else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return largest / spread


def warn_of_other_order(X, y):
    """Warn where the index of y tells another order of the rows than that of X.

    Parameters
    ----------
    X, y : table and array-like
        Only a pandas Series or DataFrame has an index.
    """
    if not (isinstance(y, (pd.Series, pd.DataFrame)) and isinstance(X, pd.DataFrame)):
        return
    rows, sales = X.index, y.index
    if rows is sales or rows.equals(sales) or len(rows) != len(sales):
        return
    if not (rows.is_unique and sales.is_unique) or (rows.get_indexer(sales) < 0).any():
        return
    warnings.warn(
        "The index of y is that of X in another order. Rows of X and y are matched by "
        "their order, as everywhere in scikit-learn: pass y.loc[X.index] if the sales "
        "belong to the rows of that index, or y.to_numpy() if the order is right.",
        UserWarning,
        stacklevel=6,
    )
