# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New rows made of old ones, in the library and the types of the table they join.

A column is a pandas Series, a narwhals Series (polars, pyarrow) or a numpy array. All
of them are read by one operation: stack columns, and take rows of the stack.
"""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel._index_levels import make_frame

__all__ = ["assemble", "column_of", "gather", "value_codes"]


def gather(parts, index):
    """Take rows of columns that are stacked on each other.

    Parameters
    ----------
    parts : list of columns
        Of one library. The first gives the type; the others are brought to it where
        that loses nothing, else numbers are promoted.
    index : ndarray of shape (n_rows,)
        Rows of the stack; -1 is a missing value.

    Returns
    -------
    column : column of shape (n_rows,)

    Raises
    ------
    TypeError
        Where the parts have no type in common.
    """
    if isinstance(parts[0], np.ndarray):
        return _gather_array(parts, index)
    if isinstance(parts[0], pd.Series):
        return _gather_pandas(parts, index)
    return _gather_foreign(parts, index)


def column_of(values, like):
    """Values as a column of the library that another column has."""
    if isinstance(like, np.ndarray):
        return np.asarray(values)
    if isinstance(like, pd.Series):
        return pd.Series(values, name=like.name)
    return nw.new_series(like.name, values, backend=like.implementation)


def assemble(table, columns, names=None):
    """A table of the library that another has, from columns of that library.

    Parameters
    ----------
    table : Table
        Gives the library and, for arrays, the type.
    columns : list of columns
        Those of the levels of the index come last, where the table shows levels.
    names : list, default=None
        Their names; an array has none.
    """
    if not table.is_frame:
        return _assemble_array(table.native.dtype, columns)
    if isinstance(table.native, pd.DataFrame):
        return make_frame(columns, names, table.index_names)
    frames = [c.alias(n).to_frame() for n, c in zip(names, columns, strict=True)]
    return nw.concat(frames, how="horizontal").to_native()


def value_codes(column):
    """A code for each distinct value of a column of any type, -1 where it is missing.

    Parameters
    ----------
    column : pandas.Series or ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows,), int
    """
    try:
        return pd.factorize(column)[0]
    except TypeError:  # lists and the like, which have no hash
        return pd.factorize(np.array([repr(value) for value in column]))[0]


def _assemble_array(dtype, columns):
    if dtype.kind != "O":
        block = np.column_stack(columns)
        return block.astype(dtype) if dtype.kind == "f" else block
    block = np.empty((len(columns[0]), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        block[:, j] = column
    return block


def _no_common_type(first, second):
    return TypeError(f"values of type {second} do not fit a column of type {first}")


# arrays


def _gather_array(parts, index):
    first = parts[0]
    kinds = {part.dtype.kind for part in parts}
    if kinds - set("biuf") and len(kinds) > 1 and first.dtype.kind not in "OU":
        other = next(part for part in parts if part.dtype.kind != first.dtype.kind)
        raise _no_common_type(first.dtype, other.dtype)
    missing = index < 0
    if first.dtype.kind == "U" and (missing.any() or kinds != {"U"}):
        # numpy would write numbers and NaN out as text
        parts = [part.astype(object) for part in parts]
    stack = np.concatenate(parts)
    if not missing.any():
        return stack[index]
    if stack.dtype.kind in "biu":
        stack = stack.astype(np.float64)
    taken = stack[index]
    taken[missing] = np.nan if stack.dtype.kind != "M" else np.datetime64("NaT")
    return taken


# pandas


def _gather_pandas(parts, index):
    stack = parts[0].reset_index(drop=True)
    for part in parts[1:]:
        stack = _stack_pandas(stack, part)
    if stack.dtype == np.dtype(bool) and np.any(index < 0):
        # pandas would fall back to objects, which no estimator reads
        stack = stack.astype(np.float64)
    return stack.reindex(index).reset_index(drop=True)


def _stack_pandas(first, part):
    if isinstance(part.dtype, pd.CategoricalDtype) and part.dtype != first.dtype:
        part = part.astype(part.cat.categories.dtype)
    if isinstance(first.dtype, pd.CategoricalDtype):
        first = _with_categories(first, part)
    part = _cast_pandas(part, first.dtype)
    stack = pd.concat([first, part], ignore_index=True)
    if _is_object(stack) and not _is_object(first):
        raise _no_common_type(first.dtype, part.dtype)
    return stack


def _with_categories(first, part):
    known = first.cat.categories
    new = pd.Index(part.dropna().unique()).difference(known)
    if not len(new):
        return first
    grown = known.append(new)
    if _is_object(grown) and not _is_object(known):
        raise _no_common_type(first.dtype, part.dtype)
    return first.cat.set_categories(grown)


def _is_object(values):
    return pd.api.types.is_object_dtype(values.dtype)


def _cast_pandas(part, dtype):
    """The part in another type if that loses nothing, else as it is."""
    if part.dtype == dtype:
        return part
    try:
        cast = part.astype(dtype)
        equal = cast.isna() & part.isna()
        equal |= cast.astype(object) == part.astype(object)
    except (TypeError, ValueError, OverflowError):
        return part
    return cast if equal.all() else part


# polars and pyarrow


def _gather_foreign(parts, index):
    dtype = parts[0].dtype
    # categories of two tables may be numbered differently, text is not
    coded = len(parts) > 1 and dtype in (nw.Categorical, nw.Enum)
    stack = parts[0].cast(nw.String) if coded else parts[0]
    for part in parts[1:]:
        stack = _stack_foreign(stack, part)
    missing = index < 0
    if missing.any():
        index = np.where(missing, len(stack), index)
        stack = _concat([stack, stack.shift(1).head(1)])
    taken = stack[index]
    return taken.cast(dtype) if coded else taken


def _stack_foreign(first, part):
    part = _cast_foreign(part, first.dtype)
    if part.dtype != first.dtype:
        if not (first.dtype.is_numeric() and part.dtype.is_numeric()):
            raise _no_common_type(first.dtype, part.dtype)
        whole = first.dtype.is_integer() and part.dtype.is_integer()
        wide = nw.Int64 if whole else nw.Float64
        first, part = first.cast(wide), part.cast(wide)
    return _concat([first, part])


def _cast_foreign(part, dtype):
    """The part in another type if that loses nothing, else as it is."""
    if part.dtype in (nw.Categorical, nw.Enum):
        part = part.cast(nw.String)
    if part.dtype == dtype:
        return part
    try:
        cast = part.cast(dtype)
        same = part.null_count() == cast.null_count() and (cast == part).all()
    except Exception:  # each library raises errors of its own
        return part
    return cast if same else part


def _concat(series):
    name = series[0].name
    return nw.concat([s.alias(name).to_frame() for s in series])[name]
