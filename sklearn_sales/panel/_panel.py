# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The panel: what a row of X means, and what is remembered of the sales."""

import warnings

import numpy as np

from sklearn_sales.panel._cache import remembered
from sklearn_sales.panel._hashing import hashed_steps, mix
from sklearn_sales.panel._history import History, in_order, series_bounds
from sklearn_sales.panel._infer_calendar import make_calendar
from sklearn_sales.panel._keys import SeriesKeys, show_key
from sklearn_sales.panel._repeats import Runs
from sklearn_sales.panel._rows import PanelRows, Rows, span_of_series
from sklearn_sales.panel._schema import resolve_schema
from sklearn_sales.panel._times import parse_times

__all__ = ["Panel", "read_keys"]


class Panel:
    """Series, calendar and history of a fitted estimator.

    Attributes
    ----------
    schema : Schema
        Which columns of X are keys, time and covariates.
    keys : SeriesKeys
    calendar : Calendar
    history : History
        The series in code order and, after them, one more: the mean of all series
        at each time, which answers for series that fit did not see.
    """

    def __init__(self, schema, keys, calendar, history):
        self.schema = schema
        self.keys = keys
        self.calendar = calendar
        self.history = history

    @classmethod
    def from_table(cls, table, y, *, series=None, time="auto", freq=None):
        """Read a training table.

        Parameters
        ----------
        table : Table
        y : ndarray of shape (n_rows,)
            Sales, float64; NaN where not observed.
        series, time, freq
            As in every estimator.

        Returns
        -------
        panel : Panel
        rows : Rows
        """
        schema = resolve_schema(table, series, time)
        columns = [*_key_columns(table, schema)[0], table.column(schema.time), y]
        if schema.unnamed:  # may warn each time
            return cls._learn(schema, table, y, freq)[0]
        like = schema.names, schema.is_frame, schema.series, schema.time, repr(freq)
        return remembered(lambda: cls._learn(schema, table, y, freq), columns, like)

    @classmethod
    def _learn(cls, schema, table, y, freq):
        """Panel and rows of a table, and what gives the arrays in them."""
        keys = SeriesKeys(schema.series_names)
        columns, labels = _key_columns(table, schema)
        codes, runs = keys.fit_runs(columns, labels)
        if codes is None:
            codes = np.zeros(1, dtype=np.int64)
            runs = Runs(codes, np.array([table.n_rows]))
        times = parse_times(table.column(schema.time), _time_label(table, schema))
        calendar = make_calendar(times, freq)
        few_positions = calendar.few_positions(times)
        span = span_of_series(runs, codes, times, few_positions)
        hashes = _row_hashes(keys)
        if span is None:
            codes = codes if runs is None else runs.expand(codes)
            positions = times.spread(few_positions)
            ordered = check_rows(table, schema, keys, calendar, codes, positions, freq)
            rows = Rows(codes, positions, times, hashes)
        else:
            rows, ordered = PanelRows(*span, times, hashes), True
        history = _read_history(rows, y, keys.n_series, ordered)
        pooled = history.pooled(np.zeros(keys.n_series, dtype=np.int64), 1)
        history = history.append(pooled)
        panel = cls(schema, keys, calendar, history)
        arrays = [history.data, history.indptr, history.start]
        return (panel, rows), lambda: arrays + rows.arrays()

    @property
    def n_series(self):
        """Number of series that fit saw."""
        return self.keys.n_series

    def locate(self, table, *, warn=True):
        """Read the rows of a table by the calendar and keys of fit.

        Series that fit did not see, or saw without one observation, get the code of
        the pooled history; one warning names how many and the first of them.
        """
        codes, positions, times = self._find(table)
        unknown = codes < 0
        unknown |= self.history.lengths_of(codes) == 0
        if unknown.any():
            if warn:
                self._warn_new_series(_key_columns(table, self.schema)[0], unknown)
            codes = np.where(unknown, self.n_series, codes)
        return self._rows(codes, positions, times)

    def training_rows(self, table):
        """Read rows whose series are known, with or without an observation."""
        return self._rows(*self._find(table))

    def _find(self, table):
        schema = self.schema
        schema.open(table)
        columns, labels = _key_columns(table, schema)

        def find():
            codes = self.keys.encode(columns, labels, table.n_rows)
            times = parse_times(table.column(schema.time), _time_label(table, schema))
            cells = codes, self.calendar.positions(times), times
            return cells, lambda: [*cells[:2], *times.arrays()]

        looked_at = [*columns, table.column(schema.time)]
        return remembered(find, looked_at, self)

    def origins(self, rows, horizon=1, *, salt=0):
        """Origin and step of each row.

        A row after the last observation of its series has that observation as its
        origin. A row inside the span has its origin ``h`` before it, with ``h = 1``
        for ``horizon=1`` and else a fixed hash of series and time in 1..horizon.

        Parameters
        ----------
        rows : Rows
        horizon : int
        salt : int, default=0
            Another salt draws other steps for the rows of the span.

        Returns
        -------
        origins : ndarray of shape (n_rows,)
            Calendar positions.
        steps : ndarray of shape (n_rows,)
            Distance of each row from its origin, 1 or more.
        """
        ahead = rows.positions - self.history.last[rows.codes]
        if horizon == 1:
            steps = np.maximum(ahead, 1, out=ahead)
        else:
            hashes = rows.hashes
            if salt:
                hashes = mix(hashes ^ mix(np.array([salt], dtype=np.uint64)))
            steps = np.where(ahead > 0, ahead, hashed_steps(hashes, horizon))
        return rows.positions - steps, steps

    def rows_at(self, codes, positions):
        """Rows at known series and positions."""
        return self._rows(codes, positions, self.calendar.times_at(positions))

    def _rows(self, codes, positions, times):
        return Rows(codes, positions, times, _row_hashes(self.keys))

    def _warn_new_series(self, columns, unknown):
        first = int(np.argmax(unknown))
        values = [np.asarray(c)[first] for c in columns]
        shown = show_key(self.keys.names, values)
        n_rows = int(np.count_nonzero(unknown))
        warnings.warn(
            f"{n_rows} row(s) of X belong to series without sales in fit (first: "
            f"{shown}); they are answered from the mean of all series."
            f"{self.keys.tell_spelling(values)}",
            UserWarning,
            stacklevel=4,
        )


def read_keys(table, *, series=None, time="auto", freq=None):
    """Read the keys of a table without a target.

    Returns
    -------
    schema, keys, calendar, codes, positions
    """
    y = np.zeros(table.n_rows)
    panel, rows = Panel.from_table(table, y, series=series, time=time, freq=freq)
    return panel.schema, panel.keys, panel.calendar, rows.codes, rows.positions


def _key_columns(table, schema):
    columns = [table.column(i) for i in schema.series]
    return columns, [table.label(i) for i in schema.series]


def _row_hashes(keys):
    """Hashes of the series; the pooled history has one of its own."""
    return np.append(keys.hashes, np.uint64(0))


def _read_history(rows, y, n_series, ordered):
    if isinstance(rows, PanelRows) and not np.isnan(y).any():
        return History(y, np.append(0, np.cumsum(rows.lengths)), rows.start)
    return History.from_rows(rows.codes, rows.positions, y, n_series, ordered=ordered)


def _time_label(table, schema):
    return f"the time {table.label(schema.time)}"


def check_rows(table, schema, keys, calendar, codes, positions, freq):
    """Refuse duplicated keys and, where the calendar was inferred, mixed steps.

    Returns
    -------
    ordered : bool
        Whether the rows are sorted by series and time.
    """
    ordered = in_order(codes, positions)
    if not ordered:
        order = _order(codes, positions)
        codes, positions = codes[order], positions[order]
        repeated = np.flatnonzero((np.diff(codes) == 0) & (np.diff(positions) == 0))
        if len(repeated):
            _refuse_repeated(schema, keys, calendar, codes, positions, repeated)
    if freq is None and keys.n_series > 1:
        _check_one_frequency(table, schema, keys, calendar, codes, positions)
    return ordered


def _order(codes, positions):
    """Rows by their series and then by their time."""
    first = positions.min()
    span = positions.max() - first + 1
    return np.argsort(codes * span + (positions - first), kind="stable")


def _refuse_repeated(schema, keys, calendar, codes, positions, repeated):
    n = len(repeated)
    first = repeated[0]
    when = calendar.times(positions[[first]])[0]
    if schema.unnamed:
        warnings.warn(
            f"X repeats {n} time(s), first {when}; X is an array and neither series= "
            "nor time= is given, so the repetitions are averaged. Name the key columns "
            "if X is a panel.",
            UserWarning,
            stacklevel=6,
        )
        return
    if keys.names:
        which = keys.show(codes[first])
        advice = "add the missing key column to series=, or"
    else:
        which = "the single series (series=None)"
        advice = "name the key columns in series= if X is a panel, or"
    raise ValueError(
        f"X holds {n} duplicated row(s): {which} has more than one row at {when}. A "
        f"series has one row for each time: {advice} aggregate the rows first, for "
        "instance with panel_from_orders."
    )


def _check_one_frequency(table, schema, keys, calendar, codes, positions):
    """Refuse series on a coarser grid than the union, such as weeks among days."""
    bounds = series_bounds(codes)
    first, counts = bounds[:-1], np.diff(bounds)
    # all steps of a coarse series are long, the first of them too
    long = counts >= 8
    long[long] = positions[first[long] + 1] - positions[first[long]] > 1
    if not long.any():
        return
    last = bounds[1:] - 1
    steps = np.diff(positions, append=0)
    # the step from one series to the next is none
    steps[last] = steps[last - 1]
    shortest = np.minimum.reduceat(steps, first)
    longest = np.maximum.reduceat(steps, first)
    regular = longest == shortest
    if calendar.freq == "D":
        regular |= (shortest >= 28) & (longest <= 31)
    coarse = np.flatnonzero(long & (shortest > 1) & regular)
    if len(coarse):
        at = coarse[0]
        first, second = calendar.times(positions[bounds[at] : bounds[at] + 2])
        raise ValueError(
            f"{_time_label(table, schema)} mixes frequencies: all times together lie "
            f"on the grid {calendar.freq!r}, but {keys.show(codes[bounds[at]])} has a "
            f"row only every {shortest[at]} steps ({first}, {second}, ...; "
            f"{len(coarse)} such series). Fit each frequency on its own, or give "
            f"freq={calendar.freq!r} if the times between were really not observed."
        )
