# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series and times in the index of a pandas data frame: ``time="index"``."""

import pandas as pd

__all__ = [
    "has_time_index",
    "make_frame",
    "names_series",
    "read_levels",
    "to_columns",
]

_TIMES = (pd.DatetimeIndex, pd.PeriodIndex)


def has_time_index(native):
    """Whether a table is a pandas data frame whose index ends with times."""
    if not isinstance(native, pd.DataFrame):
        return False
    index = native.index
    last = index.levels[-1] if isinstance(index, pd.MultiIndex) else index
    return isinstance(last, _TIMES)


def names_series(native, time):
    """Whether a table is read by an index that names the series, too."""
    if not isinstance(native, pd.DataFrame) or "index" in native.columns:
        return False
    return isinstance(time, str) and time == "index" and native.index.nlevels > 1


def read_levels(native):
    """The levels of the index: those of the series, then the time.

    Parameters
    ----------
    native : table
        Must be a pandas data frame with a DatetimeIndex, a PeriodIndex, or a MultiIndex
        whose last level is one of them.

    Returns
    -------
    dict of str -> pandas.Series of shape (n_rows,)
        By the names that ``reset_index`` would give them.
    """
    if not isinstance(native, pd.DataFrame):
        raise TypeError(
            "time='index' reads the times from the index of a pandas DataFrame, but X "
            f"is of type {type(native).__name__}, which has none. Where a transformer "
            "ahead made it, give that set_output(transform='pandas'), which keeps the "
            "index; else name the time column in time=."
        )
    index = native.index
    if not has_time_index(native):
        raise ValueError(
            "time='index' takes a DatetimeIndex, a PeriodIndex, or a MultiIndex whose "
            f"last level is one of them, but X has {_shown(index)}. Convert it with "
            "pandas.to_datetime, put the times last with reorder_levels, or name the "
            "time column in time=."
        )
    names = _level_names(index)
    taken = [name for name in names if name in native.columns or names.count(name) > 1]
    if taken:
        raise ValueError(
            f"time='index' reads the levels {names} of the index of X, but "
            f"{taken[0]!r} is also the name of a column or of another level: rename "
            "one of them."
        )
    return {
        name: pd.Series(index.get_level_values(i), index=index, name=name)
        for i, name in enumerate(names)
    }


def _level_names(index):
    if index.nlevels == 1:
        return ["index" if index.name is None else index.name]
    return [f"level_{i}" if n is None else n for i, n in enumerate(index.names)]


def _shown(index):
    if not isinstance(index, pd.MultiIndex):
        return f"a {type(index).__name__} of type {index.dtype}"
    return f"a MultiIndex whose last level holds {index.levels[-1].dtype}"


def to_columns(frame):
    """A data frame with the levels of its index as columns after its own."""
    parts = [frame, *read_levels(frame).values()]
    return pd.concat([part.reset_index(drop=True) for part in parts], axis=1)


def make_frame(columns, names, index_names=()):
    """A data frame of columns, the last of which are levels of its index.

    Parameters
    ----------
    columns : list of pandas.Series of shape (n_rows,)
    names : list
        Names of the columns.
    index_names : sequence, default=()
        Names of the levels, None where they have none.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, len(columns) - len(index_names))
    """
    n_columns = len(columns) - len(index_names)
    levels = columns[n_columns:]
    if not levels:
        index = pd.RangeIndex(len(columns[0]))
    elif len(levels) == 1:
        index = pd.Index(levels[0]).set_names(index_names)
    else:
        index = pd.MultiIndex.from_arrays(levels, names=index_names)
    if not n_columns:
        return pd.DataFrame(index=index)
    frame = pd.concat(columns[:n_columns], axis=1, ignore_index=True)
    return frame.set_axis(names[:n_columns], axis=1).set_axis(index, axis=0)
