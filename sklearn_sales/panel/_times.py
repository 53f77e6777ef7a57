# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Time columns of every type as plain numbers that a calendar can count."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklearn_sales.panel._repeats import Stretches, compress

__all__ = ["Times", "parse_times"]


@dataclass(frozen=True)
class Times:
    """A time column as numbers.

    Attributes
    ----------
    kind : {"datetime", "period", "number"}
    few : ndarray
        The times that the column holds: microseconds since 1970 (in UTC where zoned)
        as int64, period ordinals as int64, or numbers as float64. Long columns repeat
        their times; what follows from a time is worked out for these.
    zone : str or None
        Time zone of datetimes.
    unit : str or None
        Frequency of periods; ``"integer"`` for whole numbers.
    label : str
        How messages name the column.
    index : ndarray of shape (n,), Stretches or None
        Where in ``few`` each row finds its time; None where ``few`` are the rows.
    """

    kind: str
    few: np.ndarray
    zone: str | None = None
    unit: str | None = None
    label: str = "the time column"
    index: np.ndarray | Stretches | None = None

    @property
    def values(self):
        """The time of each row, of shape (n,)."""
        return self.spread(self.few)

    def spread(self, values):
        """What was worked out for ``few``, for each row."""
        if isinstance(self.index, Stretches):
            return self.index.take(values)
        return values if self.index is None else values.take(self.index)

    def arrays(self):
        """All arrays, of which none is to be written to."""
        if isinstance(self.index, Stretches):
            return [self.few, self.index.heads, self.index.first]
        return [self.few] if self.index is None else [self.few, self.index]

    def ranks(self):
        """Rank of each row's time among the distinct times, and these, sorted."""
        distinct, ranks = np.unique(self.few, return_inverse=True)
        return self.spread(ranks), distinct

    def show(self, value):
        """One value of ``values`` as a reader would write it."""
        if self.kind == "number":
            return f"{value:.15g}"
        if self.kind == "period":
            return str(pd.Period(ordinal=int(value), freq=self.unit))
        stamp = pd.Timestamp(int(value), unit="us")
        if self.zone is not None:
            stamp = stamp.tz_localize("UTC").tz_convert(self.zone)
        # no date(): that of Python ends with the year 9999
        return str(stamp).split(" ")[0] if stamp == stamp.normalize() else str(stamp)

    def bits(self):
        """``few`` as uint64, the same for the same time in every table."""
        values = self.few
        if self.kind == "number":
            values = values + 0.0  # -0.0 and 0.0 are one time
        return values.view(np.uint64)


def parse_times(column, label):
    """Read a time column.

    Parameters
    ----------
    column : pandas.Series or ndarray of shape (n,)
        Datetimes (naive or zoned), dates, periods, ISO 8601 strings or numbers.
    label : str
        How messages name the column.

    Returns
    -------
    Times

    Raises
    ------
    ValueError
        Where a time is missing, infinite, not ISO 8601, or zones are mixed.
    TypeError
        Where a value is of no type that a time can have.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.PeriodDtype):
        _refuse_missing(pd.isna(column), label)
        few, index = compress(column.array.asi8.copy())
        unit = dtype.name.removeprefix("period[").removesuffix("]")
        return Times("period", few, unit=unit, label=label, index=index)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return _from_datetimes(column, label)
    if pd.api.types.is_bool_dtype(dtype) or dtype.kind == "m":
        held = "booleans" if dtype.kind == "b" else f"values of type {dtype}"
        raise TypeError(
            f"{label} holds {held}; a time is a date or a number. "
            "Name the time column with time=."
        )
    if pd.api.types.is_numeric_dtype(dtype):
        return _from_numbers(column, label)
    return _from_objects(pd.Series(column), label)


def _refuse_missing(missing, label):
    n_missing = int(np.count_nonzero(missing))
    if n_missing:
        raise ValueError(
            f"{label} holds NaN: {n_missing} row(s) have no time (first at row "
            f"{int(np.argmax(missing))}). Every row of X needs a time; drop such rows "
            "or fill them in before."
        )


def _from_datetimes(column, label):
    zone = None
    if isinstance(column.dtype, pd.ArrowDtype):
        column = pd.Series(pd.DatetimeIndex(column))
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        zone = str(column.dtype.tz)
        column = column.array.tz_convert("UTC").tz_localize(None)
    stamps = np.asarray(column)
    few, index = compress(stamps.view(np.int64))
    few = few.view(stamps.dtype)
    if np.isnat(few).any():
        _refuse_missing(np.isnat(stamps), label)
    values = few.astype("datetime64[us]").view(np.int64)
    return Times("datetime", values, zone=zone, label=label, index=index)


def _from_numbers(column, label):
    n_rows, index = len(column), None
    if getattr(column.dtype, "kind", "f") == "c":
        raise TypeError(f"{label} holds complex numbers; times are real numbers.")
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        column, index = compress(np.asarray(column, dtype=np.int64))
    if isinstance(column, pd.Series):
        whole = pd.api.types.is_integer_dtype(column.dtype)
        values = column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    else:
        whole = column.dtype.kind in "iu"
        values = column.astype(np.float64)
    _refuse_missing(np.isnan(values), label)
    if np.isinf(values).any():
        raise ValueError(f"{label} holds infinity; times are finite numbers.")
    if whole and n_rows > 1:
        _refuse_written_dates(values, label)
    unit = "integer" if whole else None
    return Times("number", values, unit=unit, label=label, index=index)


def _refuse_written_dates(values, label):
    """Whole numbers such as 20240131 are dates: as numbers they have no calendar."""
    distinct = np.unique(values)
    if distinct[0] < 0 or distinct[-1] > 21991231:
        return
    distinct = distinct.astype(np.int64)
    if distinct[0] > 190000 and distinct[-1] < 220000:
        _refuse_written_months(distinct, label)
    if distinct[0] < 19000101:
        return
    written = pd.Series(distinct).astype(str)
    if pd.to_datetime(written, format="%Y%m%d", errors="coerce").isna().any():
        return
    raise ValueError(
        f"{label} holds whole numbers that read as dates, such as {written.iloc[0]}. "
        "Convert them with pandas.to_datetime(x.astype(str), format='%Y%m%d')."
    )


def _refuse_written_months(distinct, label):
    """Numbers such as 202412 and then 202501 count months or weeks within years."""
    within, n_years = distinct % 100, distinct[-1] // 100 - distinct[0] // 100
    # numbers that only count would fill the hundreds between
    for unit, most, digits, form in (
        ("months", 12, "", "%Y%m"),
        ("weeks", 53, " + '1'", "%G%V%u"),
    ):
        enough = len(distinct) > most // 2
        if n_years and enough and within.min() >= 1 and within.max() <= most:
            raise ValueError(
                f"{label} holds whole numbers that read as {unit} of years, such as "
                f"{distinct[0]} to {distinct[-1]}: from one year to the next they jump."
                f" Convert them with pandas.to_datetime(x.astype(str){digits}, "
                f"format='{form}')."
            )


def _from_objects(column, label):
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "period":
        periods = pd.PeriodIndex(column)
        return parse_times(pd.Series(periods), label)
    if kind in ("datetime64", "datetime", "date"):
        _refuse_missing(column.isna().to_numpy(), label)
        return _from_datetimes(_to_datetime(column, label), label)
    if kind == "string" or isinstance(column.dtype, pd.CategoricalDtype):
        codes, distinct = pd.factorize(column)
        _refuse_missing(codes < 0, label)
        parsed = parse_times(_to_datetime(pd.Series(distinct), label), label)
        return replace(parsed, few=parsed.values, index=codes)
    # numbers held as objects
    try:
        numbers = np.asarray(column.to_numpy(), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        types = sorted({type(value).__name__ for value in column})
        raise TypeError(
            f"{label} holds values of the types {types}; a time is a date, a period, "
            f"an ISO 8601 string or a number, all of one type ({error})."
        ) from error
    return _from_numbers(numbers, label)


def _to_datetime(column, label):
    try:
        with warnings.catch_warnings():
            # pandas 2 warns of mixed zones and returns objects, which end below
            warnings.simplefilter("ignore", FutureWarning)
            parsed = pd.to_datetime(column, format="ISO8601")
    except ValueError as error:
        if "imezone" in str(error) or "tz-aware" in str(error).lower():
            raise ValueError(
                f"{label} mixes time zones; bring all times to one zone, for instance "
                "with pandas.to_datetime(..., utc=True)."
            ) from error
        read = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
        first = column[read.isna()].iloc[0]
        raise ValueError(
            f"{label} holds text that is no ISO 8601 date such as 2024-01-31, first "
            f"{first!r}. Convert it with pandas.to_datetime, for instance with "
            "format='%d.%m.%Y', or name the time column with time=."
        ) from error
    if parsed.dtype == object:
        raise ValueError(
            f"{label} mixes time zones; bring all times to one zone, for instance "
            "with pandas.to_datetime(..., utc=True)."
        )
    return parsed
