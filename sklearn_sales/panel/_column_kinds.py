# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What columns hold: the same in the tables of predict as in that of fit."""

from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from sklearn_sales.panel._table import is_numeric, refuse_huge

__all__ = ["ColumnKinds", "as_numbers"]

# by the names of pandas.api.types.infer_dtype, for columns of objects
_KINDS = {
    "string": "text",
    **dict.fromkeys(("integer", "floating", "mixed-integer-float"), "numbers"),
    **dict.fromkeys(("decimal", "boolean"), "numbers"),
    **dict.fromkeys(("datetime64", "datetime", "date", "period"), "times"),
    **dict.fromkeys(("timedelta64", "timedelta", "time"), "times"),
    "empty": None,
}


class ColumnKinds:
    """Kinds of some columns in fit: numbers, text, times or objects.

    A regressor that learned from numbers can make nothing of text, and says so in the
    words of numpy, if at all. Here the column is named.

    Parameters
    ----------
    table : Table
        That of fit.
    indices : list of int
        Positions of the columns.
    """

    def __init__(self, table, indices):
        self.indices = list(indices)
        columns = [table.column(index) for index in self.indices]
        self.kinds = [_kind_of(column) for column in columns]
        # objects that are numbers, such as decimals, become floats in fit too
        self.numeric = [
            kind == "numbers" and not isinstance(column.dtype, pd.CategoricalDtype)
            for kind, column in zip(self.kinds, columns, strict=True)
        ]

    def check(self, table):
        """Refuse columns of another kind.

        Returns
        -------
        dict
            Position -> float64 values, of columns that held numbers in fit and are of
            another type: decimals, numbers among None and NA, categories of numbers.
        """
        converted = {}
        known = zip(self.indices, self.kinds, self.numeric, strict=True)
        for index, kind, was_numeric in known:
            column = table.column(index)
            if not was_numeric:
                _check_kind(column, kind, table.label(index))
            elif not is_numeric(column.dtype):
                converted[index] = as_numbers(column, table.label(index))
        return converted


def as_numbers(column, label):
    """The float64 values of a column that held numbers in fit, NaN where missing.

    Parameters
    ----------
    column : pandas.Series or ndarray
        Of any type: categories of numbers and numbers among None are numbers too.
    label : str
        What a message calls it.

    Raises
    ------
    ValueError
        Where a value is no number.
    """
    values = pd.Series(column).astype(object).to_numpy()
    missing = pd.isna(values)
    if _kind_of(values) not in ("numbers", None):
        _refuse_others(values, missing, label)
    numbers = np.full(len(values), np.nan)
    try:
        numbers[~missing] = values[~missing].astype(np.float64)
    except OverflowError:
        numbers[~missing] = np.inf
    refuse_huge(numbers, f"The {label} of X holds")
    return numbers


def _check_kind(column, kind, label):
    if kind in (None, "objects"):
        return
    found = _kind_of(column)
    if found not in (kind, None):
        raise ValueError(
            f"The {label} of X held {kind} in fit, but here it holds {found}, such as "
            f"{_example(column)!r}. Pass it as in fit."
        )


def _refuse_others(values, missing, label):
    for row in np.flatnonzero(~missing):
        if not isinstance(values[row], (Real, Decimal, np.bool_)):
            raise ValueError(
                f"The {label} of X held numbers in fit, but row {row} holds "
                f"{values[row]!r}. Pass numbers, and NaN where there is none; encode "
                "text before fit."
            )


def _kind_of(column):
    """Numbers, text, times, objects of several kinds; None where nothing is known."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        column, dtype = dtype.categories, dtype.categories.dtype
    if is_numeric(dtype):
        return "numbers"
    if isinstance(dtype, pd.PeriodDtype) or getattr(dtype, "kind", "O") in "mM":
        return "times"
    return _KINDS.get(pd.api.types.infer_dtype(column, skipna=True), "objects")


def _example(column):
    return pd.Series(column).dropna().iloc[0]
