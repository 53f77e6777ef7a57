# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New times in the form in which a table holds its own."""

import datetime

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel._columns import column_of
from sklearn_sales.panel._times import parse_times

__all__ = ["times_like"]

# how dates are written, apart from isoformat() and str()
_PATTERNS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y%m%d",
    "%Y-%m",
    "%Y",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.000Z",
)


def times_like(times, column, *, text=True):
    """Times as a column of the library and type of a time column.

    Parameters
    ----------
    times : pandas.Index
        As a calendar gives them.
    column : pandas.Series, narwhals.Series or ndarray
        The time column of a table.
    text : bool, default=True
        Whether times that the column holds as text come as text again, written in the
        same way; else they come as datetimes.

    Returns
    -------
    column
        Of the same library, in the time zone of ``times``.
    """
    if isinstance(column, nw.Series):
        return _foreign_times(times, column, text)
    if isinstance(column, pd.Series):
        return _pandas_times(times, column, text)
    if column.dtype.kind in "iufM":
        values = times.to_numpy()
        exact = column.dtype.kind == "M" or np.all(values == np.rint(values))
        return values.astype(column.dtype) if exact else values
    series = pd.Series(column, dtype=object)
    values = _pandas_times(times, series, text).to_numpy(dtype=object)
    return values.astype(str) if column.dtype.kind == "U" else values


def _pandas_times(times, column, text):
    dtype = column.dtype
    series = pd.Series(times, name=column.name)
    is_object = pd.api.types.is_object_dtype(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        # as what the categories are: a new time is no old category
        return _pandas_times(times, pd.Series(dtype.categories, name=column.name), text)
    if isinstance(times, pd.PeriodIndex) or dtype.kind == "M":
        if isinstance(dtype, pd.DatetimeTZDtype):
            dtype = pd.DatetimeTZDtype(dtype.unit, times.tz)
        return series.astype(dtype)
    if not isinstance(times, pd.DatetimeIndex):
        whole = not pd.api.types.is_integer_dtype(dtype) or times.dtype.kind == "i"
        return series.astype(dtype) if whole else series
    sample = column.dropna().iloc[0] if is_object else ""
    if isinstance(sample, str):
        if not text:
            return series
        values = _written_like(times, pd.Series(column.dropna().unique()))
        return pd.Series(values, name=column.name, dtype=dtype)
    return pd.Series(_objects_like(times, sample), name=column.name, dtype=object)


def _objects_like(times, sample):
    if isinstance(sample, np.datetime64):
        return list(times.to_numpy())
    if isinstance(sample, pd.Timestamp):
        return list(times)
    if isinstance(sample, datetime.datetime):
        return list(times.to_pydatetime())
    return list(times.date)


def _foreign_times(times, column, text):
    dtype = column.dtype
    if not isinstance(times, pd.DatetimeIndex):
        series = column_of(times.to_numpy(), column)
        whole = not dtype.is_integer() or times.dtype.kind == "i"
        return series.cast(dtype) if whole else series
    if dtype in (nw.String, nw.Categorical, nw.Enum) and text:
        seen = pd.Series(column.cast(nw.String).unique().to_numpy()).astype(object)
        return column_of(_written_like(times, seen), column)
    utc = times.tz_convert(None) if times.tz is not None else times
    series = column_of(utc.to_numpy().astype("datetime64[us]"), column)
    if times.tz is not None:
        zoned = series.dt.replace_time_zone("UTC")
        series = zoned.dt.convert_time_zone(str(times.tz))
        dtype = nw.Datetime(getattr(dtype, "time_unit", "us"), str(times.tz))
    return series.cast(dtype) if dtype in (nw.Date, nw.Datetime) else series


def _written_like(times, text):
    """Times as text, by the first way of writing that gives the text of the table."""
    parsed = parse_times(text, "the time column")
    known = pd.DatetimeIndex(parsed.values.astype("datetime64[us]"))
    if parsed.zone is not None:
        known = known.tz_localize("UTC").tz_convert(parsed.zone)
    text = list(text)
    for pattern in _PATTERNS:
        if list(known.strftime(pattern)) == text:
            return list(times.strftime(pattern))
    if [str(t) for t in known] == text:
        return [str(t) for t in times]
    return [t.isoformat() for t in times]
