# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The calendar of each row as columns: parts of the date, cycles, holidays."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import (
    StrOptions,
    check_feature_names_in,
    fit_context,
    get_output_config,
)
from sklearn_sales.panel import PanelEstimator, read_table, resolve_schema
from sklearn_sales.panel._infer_calendar import make_calendar
from sklearn_sales.panel._times import parse_times
from sklearn_sales.preprocessing._append_columns import append_columns
from sklearn_sales.preprocessing._calendar_checks import (
    check_days,
    check_fourier,
    check_parts,
    cycle_pairs,
)
from sklearn_sales.preprocessing._calendar_parts import (
    auto_parts,
    encode_part,
    fourier_columns,
    read_dates,
)
from sklearn_sales.preprocessing._holidays import (
    count_days,
    day_columns,
    holiday_column,
    list_holidays,
    list_paydays,
)

__all__ = ["CalendarFeatures"]


class CalendarFeatures(TransformerMixin, PanelEstimator):
    """Append what the calendar knows of each row: weekday, month, holidays, paydays.

    All of it is known as far ahead as one likes, and depends on nothing but the
    row's own time. The keys, the time and the covariates of X are kept, so that
    `LagFeatures` or any estimator of a panel can follow in a pipeline.

    Dates do not fit into an array of numbers. Where X is a data frame, the result is
    therefore a data frame of the same library (pandas, polars or pyarrow), also
    without ``set_output``; where X is an array, it is an array.

    Parameters
    ----------
    parts : "auto", list of str or None, default="auto"
        Parts of the date, from ``"year"``, ``"quarter"`` (1-4), ``"month"`` (1-12),
        ``"week_of_year"`` (1-53, ISO 8601), ``"week_of_month"`` (1-5),
        ``"day_of_month"`` (1-31), ``"day_of_year"`` (1-366), ``"weekday"`` (0-6 from
        Monday), ``"hour"``, ``"minute"``, ``"is_weekend"``, ``"is_month_start"`` and
        ``"is_month_end"`` (whether it holds the first or last day of a month), and
        ``"position"``, the number of the time on the calendar, 0 in the first row of
        training. ``"auto"`` takes those that vary at the frequency: for days the
        weekday, day of month, week of year and month; for weeks the week of year and
        month; for months the month and quarter; for hours the hour, weekday, day of
        month and month; for numbers the position. None takes none.
    encoding : {"ordinal", "cyclic", "onehot"}, default="ordinal"
        ``"ordinal"`` gives one whole number for each part, which suits trees;
        ``"cyclic"`` its sine and cosine, so that December lies beside January;
        ``"onehot"`` one column for each value, which suits linear models. The year,
        the position and the parts that answer yes or no are always ordinal.
    fourier : dict or list of (period, order), default=None
        Sines and cosines of a cycle and its harmonics up to ``order``. A period is
        ``"day"``, ``"week"``, ``"month"`` or ``"year"`` of the calendar, or a number
        of times of the calendar, at least twice the order: ``{"year": 3, 14: 2}``.
    holidays : str or mapping, default=None
        Code of a country by ISO 3166, such as ``"DE"``, for the optional package
        holidays [1]_; or a mapping of dates to names, such as
        ``{"2024-11-29": "Black Friday"}``, which has to reach over the forecasts.
        The columns are ``is_holiday``, ``days_to_holiday`` and ``days_since_holiday``,
        both 0 on a holiday. Where a time stands for several days, ``n_holidays``
        counts its holidays and the distances are those from its first and to its
        last day; months and longer times have the count alone.
    subdivision : str, default=None
        State or province of the country, such as ``"BY"``.
    holiday_window : (int, int), default=(7, 7)
        Largest distance in days to the next and since the last holiday; a longer one
        counts as this. 0 leaves the column out.
    holiday_names : bool or list of str, default=False
        Whether each holiday has a column of its own beside these, such as
        ``holiday_labor_day``. True takes those that lie on training times; a list
        names them as the package does in English.
    paydays : list of int, default=None
        Days of the month on which wages are paid; -1 is the last day of the month. A
        day that a month lacks is its last. The columns are ``is_payday`` or
        ``n_paydays``, ``days_to_payday`` and ``days_since_payday``, as for holidays.
    series : str, int or list of them, default=None
        Key columns of X. They are read only to find the time column where ``time``
        does not name it.
    time : str or int, default="auto"
        Time column of X by name or position. ``"auto"`` is the one column of
        datetimes or periods, else the first column that is no series key;
        ``"index"`` reads the index of a pandas frame.
    freq : str, number or timedelta, default=None
        Frequency of the times; None infers it.
    passthrough : bool, default=True
        Whether the columns of X come first in the result.
    copy : bool, default=True
        Whether the columns of X in a data frame of pandas are copies. False shares
        them with X, which a write to either then changes in both. Nothing is copied
        where pandas copies on write, as it always does from version 3.

    Attributes
    ----------
    calendar_ : Calendar
        The calendar of the training times.
    parts_ : tuple of str
        The parts of the date.
    holiday_names_ : list of str
        Columns of single holidays.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names of X, where it has names and all of them are strings.

    See Also
    --------
    sklearn.preprocessing.SplineTransformer : Smooth functions of ordinal parts.

    Notes
    -----
    Zoned times are read by their local clock. A time of a weekly calendar stands for
    the seven days that end on its date, one of a monthly or quarterly calendar for
    its calendar months, a period for its own days, and one of every n-th day for the
    n days that start on its date; its parts are those of the date that it is written
    as, or of the last day of a period. Numbers have no calendar: their only part is
    the position, and the periods of ``fourier`` are numbers.

    Everything is worked out once for each distinct time.

    References
    ----------
    .. [1] Montel, Prokofyev and others, "holidays: open world holidays framework",
       https://github.com/vacanza/holidays

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales.preprocessing import CalendarFeatures
    >>> X = pd.DataFrame({"date": pd.date_range("2024-11-28", periods=4)})
    >>> CalendarFeatures(["weekday"], paydays=[-1]).fit_transform(X)
            date  weekday  is_payday  days_to_payday  days_since_payday
    0 2024-11-28        3          0               2                 28
    1 2024-11-29        4          0               1                 29
    2 2024-11-30        5          1               0                  0
    3 2024-12-01        6          0              30                  1
    """

    _parameter_constraints: dict = {
        **PanelEstimator._panel_constraints,
        "parts": [StrOptions({"auto"}), list, tuple, None],
        "encoding": [StrOptions({"ordinal", "cyclic", "onehot"})],
        "fourier": [Mapping, list, tuple, None],
        "holidays": [str, Mapping, None],
        "subdivision": [str, None],
        "holiday_window": [list, tuple],
        "holiday_names": ["boolean", list, tuple],
        "paydays": [list, tuple, None],
        "passthrough": ["boolean"],
        "copy": ["boolean"],
    }

    def __init__(
        self,
        parts="auto",
        *,
        encoding="ordinal",
        fourier=None,
        holidays=None,
        subdivision=None,
        holiday_window=(7, 7),
        holiday_names=False,
        paydays=None,
        series=None,
        time="auto",
        freq=None,
        passthrough=True,
        copy=True,
    ):
        self.parts = parts
        self.encoding = encoding
        self.fourier = fourier
        self.holidays = holidays
        self.subdivision = subdivision
        self.holiday_window = holiday_window
        self.holiday_names = holiday_names
        self.paydays = paydays
        self.series = series
        self.time = time
        self.freq = freq
        self.passthrough = passthrough
        self.copy = copy

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the calendar of the times.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Keys, times and covariates, in any row order.
        y : object, default=None
            Ignored.

        Returns
        -------
        self
        """
        self._learn(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the calendar of the times and append its columns.

        The same as ``fit(X).transform(X)``, in less time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Keys, times and covariates, in any row order.
        y : object, default=None
            Ignored.

        Returns
        -------
        dataframe or ndarray of shape (n_rows, n_columns_out)
            As :meth:`transform` returns it.
        """
        return self._append(*self._learn(X))

    def _learn(self, X):
        """Learn the calendar of a table: the table, and its times."""
        table = read_table(X, estimator=self, reset=True)
        self.schema_ = resolve_schema(table, self.series, self.time)
        read = self._times(table)
        times = replace(read, few=pd.unique(read.few), index=None)
        self.calendar_ = make_calendar(times, self.freq)
        self._check_parameters()
        dates = self._dates(times)
        self.parts_ = tuple(self.parts or ())
        if self.parts == "auto":
            self.parts_ = auto_parts(self.calendar_, dates)
        self.holiday_names_ = self._single_holidays(dates)
        self._added = list(self._columns(times))
        self._check_names()
        return table, read

    def transform(self, X):
        """Append the columns of the calendar.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the same columns as in fit.

        Returns
        -------
        dataframe or ndarray of shape (n_rows, n_columns_out)
            Of the library of X, unless ``set_output`` names another; an array where
            X is one. Its columns are those of :meth:`get_feature_names_out`.
        """
        check_is_fitted(self)
        table = read_table(X, estimator=self, reset=False)
        return self._append(table, self._times(table))

    def _append(self, table, times):
        columns = self._columns(replace(times, index=None))
        return append_columns(
            table,
            [times.spread(values) for values in columns.values()],
            self.get_feature_names_out(),
            keep=self.passthrough,
            library=get_output_config("transform", self)["dense"],
            copy=self.copy,
        )

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of the result.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None takes those of fit, or x0, x1, ...

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        kept = check_feature_names_in(self, input_features)
        return np.array([*(kept if self.passthrough else ()), *self._added], object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def _times(self, table):
        self.schema_.open(table)
        index = self.schema_.time
        return parse_times(table.column(index), f"the time {table.label(index)}")

    def _dates(self, times):
        if times.kind == "number":
            return None
        return read_dates(times, self.calendar_)

    def _columns(self, times):
        """New columns by name, at the few times of a column."""
        positions = self.calendar_.positions(times)
        dates = self._dates(times)
        columns = {}
        for part in self.parts_:
            if part == "position":
                columns[part] = positions
            else:
                columns.update(encode_part(part, dates, self.encoding))
        for period, order in cycle_pairs(self.fourier):
            columns.update(fourier_columns(period, order, positions, dates))
        if self.holidays is not None:
            columns.update(self._holiday_columns(dates))
        if self.paydays:
            days = list_paydays(self.paydays, dates.first.min(), dates.last.max())
            # no two paydays lie further apart than two months
            columns.update(day_columns(days, dates, "payday", (62, 62)))
        return columns

    def _holidays_near(self, dates):
        span = dates.first.min(), dates.last.max()
        return list_holidays(self.holidays, self.subdivision, *span)

    def _holiday_columns(self, dates):
        listed = self._holidays_near(dates)
        columns = day_columns(listed.days, dates, "holiday", self.holiday_window)
        none = np.empty(0, dtype=np.int64)
        for name in self.holiday_names_:
            columns[name] = count_days(listed.by_name.get(name, none), dates)
        return columns

    def _single_holidays(self, dates):
        """Columns of the holidays that have one of their own."""
        if self.holidays is None or self.holiday_names is False:
            return []
        by_name = self._holidays_near(dates).by_name
        if self.holiday_names is True:
            return [
                name for name, days in by_name.items() if count_days(days, dates).any()
            ]
        names = [holiday_column(name) for name in self.holiday_names]
        unknown = [
            n
            for n, c in zip(self.holiday_names, names, strict=True)
            if c not in by_name
        ]
        if unknown:
            raise ValueError(
                f"holiday_names holds {unknown}, which are no holidays near the times "
                f"of X; those are {list(by_name)}."
            )
        return list(dict.fromkeys(names))

    def _check_parameters(self):
        """Rules across parameters."""
        check_parts(self.parts)
        check_fourier(self.fourier)
        check_days(self.holiday_window, self.paydays)
        if self.holidays is None and (self.subdivision or self.holiday_names):
            raise ValueError(
                "subdivision and holiday_names need holidays=, the code of a country."
            )
        if isinstance(self.holidays, Mapping) and self.subdivision is not None:
            raise ValueError("subdivision needs the code of a country in holidays=.")
        if self.calendar_.kind == "number":
            self._refuse_dates()

    def _refuse_dates(self):
        parts = () if self.parts in ("auto", None) else self.parts
        wanted = [f"part {part!r}" for part in parts if part != "position"]
        wanted += [
            f"cycle {p!r}" for p, _ in cycle_pairs(self.fourier) if isinstance(p, str)
        ]
        wanted += ["holidays"] if self.holidays is not None else []
        wanted += ["paydays"] if self.paydays else []
        if wanted:
            raise ValueError(
                f"The time column {self.schema_.time_name!r} holds numbers, which have "
                f"no calendar, but {', '.join(wanted)} need(s) dates. Convert the "
                "column with pandas.to_datetime, or use 'position' and numeric periods."
            )

    def _check_names(self):
        if not self._added and not self.passthrough:
            raise ValueError(
                "CalendarFeatures with passthrough=False and without parts, fourier, "
                "holidays or paydays has no column to return."
            )
        if not self.passthrough:
            return
        taken = set(check_feature_names_in(self)).intersection(self._added)
        if taken:
            raise ValueError(
                f"X already has the column(s) {sorted(taken)} that CalendarFeatures "
                "would append. Rename or drop them, or leave out these parts."
            )
