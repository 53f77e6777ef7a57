# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns of a table, or levels of its index, are keys, time and covariates."""

from numbers import Integral

from sklearn_sales.panel._index_levels import has_time_index

__all__ = ["Schema", "column_index", "resolve_schema"]


class Schema:
    """Which columns of X are keys, time and covariates, by position.

    Attributes
    ----------
    series : tuple of int
        Positions of the key columns, empty for a single series.
    time : int
        Position of the time column.
    covariates : tuple of int
        Positions of all other columns, in their order.
    names : tuple
        Column names (or positions) of the table that it was read from.
    levels : tuple of str
        Levels of the index that hold the time and, where there are several, the series;
        empty where all keys are columns.
    unnamed : bool
        Whether nothing but its place says which column is the time: an array,
        with ``series=None`` and ``time="auto"``.
    """

    def __init__(self, table, series, time, *, levels, unnamed):
        self.names = tuple(table.names)
        self.is_frame = table.is_frame
        self.series = tuple(series)
        self.time = time
        keys = {*series, time}
        self.covariates = tuple(i for i in range(table.n_columns) if i not in keys)
        self.levels = tuple(levels)
        self.unnamed = unnamed

    def open(self, table):
        """Let a table with the columns of fit show the levels of its index, too."""
        if self.levels:
            table.show_levels(self.levels)

    def find(self, table):
        """The same keys in another table, where they may stand elsewhere."""
        if not self.levels:
            return resolve_schema(table, self.series_names, self.time_name)
        self.open(table)
        series = self.series_names if len(self.levels) == 1 else None
        return resolve_schema(table, series, "index")

    @property
    def series_names(self):
        return [self._name(i) for i in self.series]

    @property
    def time_name(self):
        return self._name(self.time)

    @property
    def covariate_names(self):
        return [self._name(i) for i in self.covariates]

    def _name(self, index):
        return self.names[index] if self.is_frame else f"x{index}"


def resolve_schema(table, series, time):
    """Find the key columns and the time column of a table.

    Parameters
    ----------
    table : Table
    series : str, int, list of them, or None
    time : str or int
        ``"auto"`` is the one column of datetimes or periods, else the first column
        that is no series key. ``"index"`` is the last level of the index of a pandas
        data frame; the levels before it are the series.

    Returns
    -------
    Schema
    """
    # a column may really be called "auto" or "index"
    columns = table.names[: table.n_columns]
    told = time if isinstance(time, str) and time not in columns else None
    if told == "index":
        return _index_schema(table, series)
    if not columns:
        raise ValueError(
            "X has no column, but its index holds times: read them with time='index'."
        )
    series_index = _series_columns(table, series)
    if told == "auto":
        time_index = _auto_time(table, series_index)
    else:
        time_index = column_index(table, time, "time")
    if time_index in series_index:
        raise ValueError(
            f"time={time!r} is also named in series={series!r}; a column is either "
            "the time or a key of the series."
        )
    unnamed = not table.is_frame and series is None and time == "auto"
    return Schema(table, series_index, time_index, levels=(), unnamed=unnamed)


def _series_columns(table, series):
    listed = [] if series is None else series
    if isinstance(listed, (str, Integral)):
        listed = [listed]
    found = [column_index(table, c, "series") for c in listed]
    if len(set(found)) < len(found):
        raise ValueError(f"series={series!r} names a column twice.")
    return found


def _index_schema(table, series):
    """Series and time in the index: see :func:`resolve_schema`."""
    table.show_levels()
    places = range(table.n_columns, len(table.names))
    levels = table.names[table.n_columns :]
    found = _series_columns(table, series)
    if found and (len(levels) > 1 or places[-1] in found):
        raise ValueError(
            f"series={series!r} is given together with time='index', but the index of "
            f"X has the levels {levels}: all before the last name the series, and the "
            "last is the time. Leave out series=, or pass X.reset_index() and name the "
            "columns in series= and time=."
        )
    series_index = found or places[:-1]
    return Schema(table, series_index, places[-1], levels=levels, unnamed=False)


def column_index(table, column, parameter):
    """Position of a column that a parameter names, or gives by its position."""
    if isinstance(column, Integral) and not isinstance(column, bool):
        n = table.n_columns
        if column in table.names:
            return table.names.index(column)
        if -n <= column < n:
            return int(column) % n
    elif column in table.names:
        return table.names.index(column)
    shown = table.names if table.is_frame else f"0..{table.n_columns - 1}"
    raise ValueError(
        f"{parameter}={column!r} is not a column of X; its columns are {shown}."
    )


def _auto_time(table, series_index):
    rest = [i for i in range(table.n_columns) if i not in series_index]
    if not rest:
        raise ValueError(
            "X has no column left for the time: every column is named in series=. "
            "Name the time column with time=."
        )
    if not table.is_frame and table.native.dtype.kind in "biuf":
        return rest[0]
    times = [i for i in rest if table.is_time(i)]
    if len(times) > 1:
        raise ValueError(
            f"time='auto' found {len(times)} columns of dates: "
            f"{[table.names[i] for i in times]}. Name one of them with time=."
        )
    if not times and has_time_index(table.native):
        raise ValueError(
            "time='auto' found no column of dates in X, but its index holds times: "
            "read them with time='index', or name the time column in time=."
        )
    return times[0] if times else rest[0]
