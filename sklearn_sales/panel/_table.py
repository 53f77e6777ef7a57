# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One door for every kind of table: pandas, polars, pyarrow or an array."""

from numbers import Integral

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

__all__ = ["Schema", "Table", "column_index", "read_table", "resolve_schema"]


class Table:
    """The columns of X, whichever library holds them.

    Parameters
    ----------
    native : pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray
        A two-dimensional table.

    Attributes
    ----------
    names : list
        Column names of a data frame, positions of an array.
    is_frame : bool
        Whether the columns have names.
    """

    def __init__(self, native):
        self.native = native
        self.is_frame = nw.dependencies.is_into_dataframe(native)
        if self.is_frame:
            self._frame = nw.from_native(native, eager_only=True)
            self.names = list(self._frame.columns)
        else:
            self.names = list(range(native.shape[1]))
        self._is_pandas = isinstance(native, pd.DataFrame)

    @property
    def is_polars(self):
        """Whether the table is a polars DataFrame."""
        return nw.dependencies.is_polars_dataframe(self.native)

    @property
    def n_rows(self):
        return self._frame.shape[0] if self.is_frame else self.native.shape[0]

    def label(self, index):
        """How a message names the column at a position."""
        name = self.names[index]
        return f"column {name!r}" if self.is_frame else f"column {name}"

    def column(self, index):
        """One column as a pandas Series or a numpy array.

        pandas keeps its extension types (periods, categories, zoned times);
        other libraries give arrays, with zoned times as pandas Series.
        """
        if not self.is_frame:
            values = self.native[:, index]
            if values.dtype == object:
                return pd.Series(values).infer_objects()
            return values
        if self._is_pandas:
            return self.native.iloc[:, index]
        return _foreign_column(self._frame[self.names[index]])

    def native_column(self, index):
        """One column as its library holds it: pandas, narwhals or a numpy array."""
        if not self.is_frame:
            return self.native[:, index]
        if self._is_pandas:
            return self.native.iloc[:, index]
        return self._frame[self.names[index]]

    def is_time(self, index):
        """Whether a column holds datetimes, dates or periods by its type."""
        column = self.column(index)
        if isinstance(column.dtype, (pd.DatetimeTZDtype, pd.PeriodDtype)):
            return True
        if getattr(column.dtype, "kind", "O") == "M":
            return True
        if column.dtype != object:
            return False
        kind = pd.api.types.infer_dtype(column, skipna=True)
        return kind in ("datetime64", "datetime", "date", "period")

    def float_columns(self, indices, *, owner, allow_nan):
        """Columns as one float array of shape (n_rows, len(indices)).

        Raises
        ------
        ValueError
            Where a column is not numeric, infinite, or NaN if that is refused.
        """
        if not self.is_frame:
            block = self.native[:, indices]
        else:
            self._refuse_text(indices, owner)
            block = np.empty((self.n_rows, len(indices)))
            for out, index in enumerate(indices):
                block[:, out] = _as_float(self.column(index))
        return check_array(
            block,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if allow_nan else True,
            ensure_min_features=0,
            input_name="X",
            estimator=owner,
        )

    def _refuse_text(self, indices, owner):
        text = [self.names[i] for i in indices if not _is_numeric(self.column(i).dtype)]
        if text:
            raise ValueError(
                f"{owner} needs numeric covariates; column(s) {text} of X are not. "
                "Encode them before, for instance with OrdinalEncoder or OneHotEncoder "
                "in a ColumnTransformer, drop them, or name them in series= if they "
                "are keys."
            )


def _is_numeric(dtype):
    return pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _as_float(column):
    if isinstance(column, pd.Series):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(column, dtype=np.float64)


def _foreign_column(series):
    """A narwhals series that is not pandas, as an array or a pandas Series."""
    dtype = series.dtype
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return (
            pd.Series(utc.to_numpy())
            .dt.tz_localize("UTC")
            .dt.tz_convert(dtype.time_zone)
        )
    if dtype == nw.Date:
        return series.cast(nw.Datetime("us")).to_numpy()
    if dtype in (nw.Categorical, nw.Enum):
        return _decoded(series)
    # flags with gaps and decimals would come as objects, which no number reads
    if dtype == nw.Decimal or (dtype == nw.Boolean and series.null_count()):
        series = series.cast(nw.Float64)
    return series.to_numpy()


def _decoded(series):
    """The values of categories, which a pyarrow dictionary may hold of any type."""
    native = series.to_native()
    value_type = getattr(getattr(native, "type", None), "value_type", None)
    if value_type is None:
        return series.cast(nw.String).to_numpy()
    return _foreign_column(nw.from_native(native.cast(value_type), series_only=True))


def read_table(X, *, estimator=None, y=None, reset=True):
    """Open X; check its shape, its column names and its number of columns.

    Parameters
    ----------
    X : dataframe, array or nested list of shape (n_rows, n_columns)
        The table. Data frames are never copied.
    estimator : estimator instance, default=None
        Remembers (``reset=True``) or checks column names and their number.
    y : object, default=None
        Passed on in fit, so that a missing target is reported.
    reset : bool, default=True
        Whether this is a call from fit.

    Returns
    -------
    Table
    """
    if nw.dependencies.is_into_dataframe(X):
        table = Table(X)
        _check_not_empty(table)
        if estimator is not None:
            checked = {} if y is None and not reset else {"y": y}
            validate_data(estimator, X, reset=reset, skip_check_array=True, **checked)
        return table
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError(
            "X is a polars LazyFrame; forecasting needs its rows: pass X.collect()."
        )
    params = {"dtype": None, "ensure_all_finite": False}
    if estimator is None:
        return Table(check_array(X, input_name="X", **params))
    if reset:
        # y is validated by its own door; here only its absence is reported
        validate_data(estimator, X, y, skip_check_array=True)
    X = validate_data(estimator, X, reset=reset, **params)
    return Table(X)


def _check_not_empty(table):
    if not table.names:
        raise ValueError(
            f"Found array with 0 feature(s) (shape=({table.n_rows}, 0)) while a "
            "minimum of 1 is required."
        )
    if not table.n_rows:
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {len(table.names)})) while a "
            "minimum of 1 is required: X has columns but no rows."
        )


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
    unnamed : bool
        Whether nothing but its place says which column is the time: an array,
        with ``series=None`` and ``time="auto"``.
    """

    def __init__(self, table, series, time, *, unnamed):
        self.names = tuple(table.names)
        self.is_frame = table.is_frame
        self.series = tuple(series)
        self.time = time
        keys = {*series, time}
        self.covariates = tuple(i for i in range(len(table.names)) if i not in keys)
        self.unnamed = unnamed

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
    time : str, int or "auto"
        ``"auto"`` is the one column of datetimes or periods, else the first column
        that is no series key.

    Returns
    -------
    Schema
    """
    listed = [] if series is None else series
    if isinstance(listed, (str, Integral)):
        listed = [listed]
    series_index = [column_index(table, c, "series") for c in listed]
    if len(set(series_index)) < len(series_index):
        raise ValueError(f"series={series!r} names a column twice.")
    # a column may really be called "auto"
    if isinstance(time, str) and time == "auto" and "auto" not in table.names:
        time_index = _auto_time(table, series_index)
    else:
        time_index = column_index(table, time, "time")
    if time_index in series_index:
        raise ValueError(
            f"time={time!r} is also named in series={series!r}; a column is either "
            "the time or a key of the series."
        )
    unnamed = not table.is_frame and series is None and time == "auto"
    return Schema(table, series_index, time_index, unnamed=unnamed)


def column_index(table, column, parameter):
    """Position of a column that a parameter names, or gives by its position."""
    if isinstance(column, Integral) and not isinstance(column, bool):
        n = len(table.names)
        if column in table.names:
            return table.names.index(column)
        if -n <= column < n:
            return int(column) % n
    elif column in table.names:
        return table.names.index(column)
    shown = table.names if table.is_frame else f"0..{len(table.names) - 1}"
    raise ValueError(
        f"{parameter}={column!r} is not a column of X; its columns are {shown}."
    )


def _auto_time(table, series_index):
    rest = [i for i in range(len(table.names)) if i not in series_index]
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
    return times[0] if times else rest[0]
