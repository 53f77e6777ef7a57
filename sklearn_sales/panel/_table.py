# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One door for every kind of table: pandas, polars, pyarrow or an array."""

from decimal import Decimal
from numbers import Real

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import DuplicateError
from pandas.core.groupby import DataFrameGroupBy
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_sales.panel._index_levels import has_time_index, read_levels

__all__ = ["LARGEST", "Table", "is_numeric", "read_table", "refuse_huge"]

# The squares of a billion such numbers have a finite sum.
LARGEST = 1e100


class Table:
    """The columns of X, whichever library holds them.

    Parameters
    ----------
    native : pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray
        A two-dimensional table.

    Attributes
    ----------
    names : list
        Column names of a data frame, positions of an array; then the names of the
        levels of the index, once they are shown.
    n_columns : int
        Number of columns, without levels of the index.
    is_frame : bool
        Whether the columns have names.
    """

    def __init__(self, native):
        self.native = native
        self._is_pandas = isinstance(native, pd.DataFrame)
        self.is_frame = self._is_pandas or nw.dependencies.is_into_dataframe(native)
        if self._is_pandas and native.columns.is_unique:
            self.names = list(native.columns)
        elif self.is_frame:
            self._frame = _open(native)
            self.names = list(self._frame.columns)
        else:
            self.names = list(range(native.shape[1]))
        self.n_columns = len(self.names)
        self._levels = []

    def show_levels(self, names=None):
        """From now on, show the levels of the index as columns after the others.

        Parameters
        ----------
        names : sequence, default=None
            What the levels were called when an estimator was fitted.
        """
        if self._levels:
            return
        levels = read_levels(self.native)
        if names is not None:
            _check_levels(list(levels), list(names))
        self._levels = list(levels.values())
        self.names = [*self.names, *(levels if names is None else names)]

    @property
    def index_names(self):
        """Names of the levels that are shown, None where they have none."""
        return list(self.native.index.names) if self._levels else []

    @property
    def is_polars(self):
        """Whether the table is a polars DataFrame."""
        return nw.dependencies.is_polars_dataframe(self.native)

    @property
    def n_rows(self):
        return self.native.shape[0]

    def label(self, index):
        """How a message names the column at a position."""
        name = self.names[index]
        if index >= self.n_columns:
            return f"level {name!r} of the index"
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
            return self._pandas_column(index)
        return _foreign_column(self._frame[self.names[index]])

    def native_column(self, index):
        """One column as its library holds it: pandas, narwhals or a numpy array."""
        if not self.is_frame:
            return self.native[:, index]
        if self._is_pandas:
            return self._pandas_column(index)
        return self._frame[self.names[index]]

    def _pandas_column(self, index):
        if index >= self.n_columns:
            return self._levels[index - self.n_columns]
        name = self.names[index]
        # by its name it is found in a tenth of the time
        return self.native[name] if type(name) is str else self.native.iloc[:, index]

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
        # infinities of both signs are refused, without a warning before
        with np.errstate(invalid="ignore"):
            block = check_array(
                block,
                dtype=np.float64,
                ensure_all_finite="allow-nan",
                ensure_min_features=0,
                input_name="X",
                estimator=owner,
            )
        if not allow_nan:
            self._refuse_missing(block, indices, owner)
        refuse_huge(block, "The covariates of X hold")
        return block

    def _refuse_missing(self, block, indices, owner):
        missing = np.isnan(block)
        if missing.any():
            columns = np.flatnonzero(missing.any(axis=0))
            names = [self.names[indices[j]] for j in columns]
            rows = np.flatnonzero(missing.any(axis=1))
            raise ValueError(
                f"Input X contains NaN: column(s) {names} in {len(rows)} row(s), "
                f"first at row {rows[0]}. {owner} needs every "
                "covariate of every row: fill them in before, for instance with "
                "SimpleImputer in a ColumnTransformer, or drop the column(s)."
            )

    def _refuse_text(self, indices, owner):
        text = [i for i in indices if not is_numeric(self.column(i).dtype)]
        if text:
            hints = "".join(self._number_hint(i) for i in text)
            raise ValueError(
                f"{owner} needs numeric covariates; column(s) "
                f"{[self.names[i] for i in text]} of X are not. "
                "Encode them before, for instance with OrdinalEncoder or OneHotEncoder "
                "in a ColumnTransformer, drop them, or name them in series= if they "
                f"are keys.{hints}"
            )

    def _number_hint(self, index):
        """What to do about a column of numbers that are no numbers by their type."""
        known = pd.Series(self.column(index)).dropna()
        if known.empty:
            return ""
        value = known.iloc[0]
        if not isinstance(value, (str, Real, Decimal)):
            return ""
        try:
            float(value.replace(",", ".") if isinstance(value, str) else value)
        except (ValueError, OverflowError):
            return ""
        how = "astype(float)"
        if isinstance(value, str):
            how = "decimal=',' in read_csv" if "," in value else "pandas.to_numeric"
        return (
            f" Column {self.names[index]!r} holds numbers that are no numbers by their "
            f"type, such as {value!r}: convert them with {how}."
        )


def _check_levels(levels, names):
    """Refuse another index than that of fit; a single level may be renamed."""
    same = len(levels) == len(names)
    if same and len(names) > 1:
        # levels without a name are called by their place
        unnamed = [f"level_{i}" for i in range(len(names))]
        same = all(
            level == wanted or place in (level, wanted)
            for level, wanted, place in zip(levels, names, unnamed, strict=True)
        )
    if not same:
        raise ValueError(
            f"The index of X has the levels {levels}, but in fit it had "
            f"{names}. Give X the same levels in the same order."
        )


def _open(native):
    try:
        return nw.from_native(native, eager_only=True)
    except DuplicateError as error:
        names = pd.Series(list(getattr(native, "column_names", native.columns)))
        twice = names[names.duplicated()].unique().tolist()
        raise ValueError(
            f"X has more than one column of the name(s) {twice}. Give each column a "
            "name of its own, or drop those that are not needed."
        ) from error


def refuse_huge(values, what):
    """Refuse numbers whose squares and sums overflow."""
    if not values.size:
        return
    # NaN is passed over, without a copy of the table
    ends = (ufunc.reduce(values, axis=None) for ufunc in (np.fmin, np.fmax))
    largest = max(ends, key=abs)
    if abs(largest) > LARGEST:
        raise ValueError(
            f"{what} {largest:g}: numbers above {LARGEST:g} in size overflow when "
            "they are squared. Correct them, or give them in a larger unit."
        )


def is_numeric(dtype):
    """Whether a column of a dtype holds real numbers or flags."""
    if pd.api.types.is_complex_dtype(dtype):
        return False
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
    values = series.to_numpy()
    if values.ndim > 1:
        # nested values of one length would come as so many columns
        return pd.Series(list(values)).to_numpy()
    return values


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
    if isinstance(X, pd.DataFrame) or nw.dependencies.is_into_dataframe(X):
        table = Table(X)
        _check_not_empty(table)
        if estimator is not None and (reset or not _has_names_of_fit(table, estimator)):
            checked = {} if y is None and not reset else {"y": y}
            validate_data(estimator, X, reset=reset, skip_check_array=True, **checked)
        return table
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError(
            "X is a polars LazyFrame; forecasting needs its rows: pass X.collect()."
        )
    _refuse_no_table(X)
    if isinstance(X, (list, tuple)) and not X:
        raise ValueError(
            "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is "
            "required: X is an empty list."
        )
    params = {"dtype": None, "ensure_all_finite": False}
    if estimator is None:
        return Table(check_array(X, input_name="X", **params))
    if reset:
        # y is validated by its own door; here only its absence is reported
        validate_data(estimator, X, y, skip_check_array=True)
    X = validate_data(estimator, X, reset=reset, **params)
    return Table(X)


def _has_names_of_fit(table, estimator):
    """Whether nothing about the columns is left to check."""
    names = getattr(estimator, "feature_names_in_", None)
    return names is not None and table.names == list(names)


def _refuse_no_table(X):
    if issparse(X):
        # scikit-learn says what it thinks of these; one of them is a dict
        return
    first = X[0] if isinstance(X, (list, tuple)) and X else X
    if isinstance(first, (dict, str, int, float, DataFrameGroupBy)):
        what = f"a list of {type(first).__name__}" if first is not X else repr(X)
        if isinstance(X, (dict, DataFrameGroupBy)):
            what = f"a {type(X).__name__}"
        raise TypeError(
            f"X is {what}. Pass its rows as a pandas or polars DataFrame, a pyarrow "
            "Table or an array; future_frame makes the rows of the next times."
        )


def _check_not_empty(table):
    if not table.names and not has_time_index(table.native):
        raise ValueError(
            f"Found array with 0 feature(s) (shape=({table.n_rows}, 0)) while a "
            "minimum of 1 is required."
        )
    if not table.n_rows:
        raise ValueError(
            f"Found array with 0 sample(s) (shape=(0, {len(table.names)})) while a "
            "minimum of 1 is required: X has columns but no rows."
        )
