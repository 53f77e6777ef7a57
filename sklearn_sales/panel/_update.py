# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New sales for a panel: newer rows, new series, late arrivals and corrections."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.panel._calendar import RankGrid
from sklearn_sales.panel._history import History
from sklearn_sales.panel._infer_calendar import make_calendar
from sklearn_sales.panel._keys import SeriesKeys, show_key
from sklearn_sales.panel._panel import Panel, check_rows
from sklearn_sales.panel._rows import Rows
from sklearn_sales.panel._times import Times, parse_times

__all__ = ["Update", "observed_cells", "update_panel"]

# From so many times on, times that lie on an inferred grid confirm it.
_FEW_TIMES = 8


@dataclass(frozen=True)
class Update:
    """A panel that knows more, and where to find in it what was known before.

    Attributes
    ----------
    panel : Panel
    rows : Rows
        The new rows, as cells of it.
    before : Panel
    moved : ndarray of shape (n_series_before + 1,)
        Code of each series that was known, and of the pool.
    parents : ndarray of shape (n_series + 1,)
        Code before of each series; that of the pool for series that are new.
    """

    panel: Panel
    rows: Rows
    before: Panel
    moved: np.ndarray
    parents: np.ndarray

    @property
    def same_calendar(self):
        """Whether positions mean what they meant before."""
        old, new = self.before.calendar, self.panel.calendar
        if new is old or new.freq != old.freq:
            return new is old
        seen = np.unique(observed_cells(self.before)[1])
        return np.array_equal(self.positions(seen), seen)

    def positions(self, positions):
        """Positions of the panel before, in the calendar of the new one."""
        return _moved_positions(self.before.calendar, self.panel.calendar, positions)

    def replaces(self, codes, positions):
        """Which cells of the panel before have a new row."""
        codes, positions = self.moved[codes], self.positions(positions)
        first = min(positions.min(initial=0), self.rows.positions.min())
        n_times = max(positions.max(initial=0), self.rows.positions.max()) - first + 1
        new = self.rows.codes * n_times + self.rows.positions - first
        return np.isin(codes * n_times + positions - first, new)


def update_panel(panel, table, y, *, freq=None, overwrite=False):
    """A panel that knows the sales of further rows too.

    Parameters
    ----------
    panel : Panel
        Is left as it is.
    table : Table
        Rows of the columns of fit: newer ones, new series, late arrivals.
    y : ndarray of shape (n_rows,)
        Their sales, float64; NaN where not observed.
    freq
        As given to fit: only None lets the calendar be inferred anew.
    overwrite : bool, default=False
        Whether rows may correct a sale that is known.

    Returns
    -------
    Update

    Raises
    ------
    ValueError
        Where a row has another value than the one known, without ``overwrite``.
    """
    if type(panel) is not Panel:
        raise ValueError(
            "This estimator was compacted: it has no history that sales could be "
            "added to. Update the estimator that it was made from, and compact that."
        )
    schema = panel.schema
    schema.open(table)
    columns = [table.column(i) for i in schema.series]
    labels = [table.label(i) for i in schema.series]
    keys, codes, moved = _join_keys(panel.keys, columns, labels, table.n_rows)
    label = f"the time {table.label(schema.time)}"
    times = parse_times(table.column(schema.time), label)
    calendar = _join_calendar(panel, times, freq)
    positions = calendar.positions(times)
    # the union was checked when its calendar was made, or lies on one that was
    check_rows(table, schema, keys, calendar, codes, positions, calendar.freq)
    cells = observed_cells(panel)
    old = (
        moved[cells[0]],
        _moved_positions(panel.calendar, calendar, cells[1]),
        cells[2],
    )
    known = History.from_rows(*old, keys.n_series)
    history = _join(known, codes, positions, y, overwrite, keys, calendar)
    pooled = history.pooled(np.zeros(keys.n_series, dtype=np.int64), 1)
    updated = Panel(schema, keys, calendar, history.append(pooled))
    parents = np.full(keys.n_series + 1, panel.n_series)
    parents[moved] = np.arange(panel.n_series)
    moved = np.append(moved, keys.n_series)
    return Update(
        updated, updated._rows(codes, positions, times), panel, moved, parents
    )


def observed_cells(panel):
    """Series, position and sales of all that a panel knows, without the pool."""
    history, n_series = panel.history, panel.n_series
    n_cells = history.indptr[n_series]
    data = history.data[:n_cells]
    lengths = history.lengths[:n_series]
    shift = np.repeat(history.start[:n_series] - history.indptr[:n_series], lengths)
    codes = np.repeat(np.arange(n_series), lengths)
    known = np.flatnonzero(~np.isnan(data))
    return codes[known], known + shift[known], data[known]


def _join_keys(old, columns, labels, n_rows):
    """Keys of old and new series, the code of each row, and of each old series."""
    codes = old.encode(columns, labels, n_rows)
    new = np.flatnonzero(codes < 0)
    if not len(new):
        return old, codes, np.arange(old.n_series)
    _warn_of_spelling(old, columns, new)
    keys = SeriesKeys(old.names)
    parts = []
    for j, (column, levels) in enumerate(zip(columns, old.levels, strict=True)):
        known = levels.take(old.level_codes[:, j])
        parts.append(pd.Series(known.append(_plain_index(column, new))))
    joined = keys.fit_encode(parts, labels)
    moved = joined[: old.n_series]
    codes = moved[codes]
    codes[new] = joined[old.n_series :]
    return keys, codes, moved


def _warn_of_spelling(keys, columns, new):
    """Sales of a series that is written otherwise would never reach its forecasts."""
    values = [_plain_index(column, new[:1])[0] for column in columns]
    if told := keys.tell_spelling(values):
        warnings.warn(
            f"{len(new)} row(s) of X belong to series that are new (first: "
            f"{show_key(keys.names, values)}).{told}",
            UserWarning,
            stacklevel=5,
        )


def _plain_index(column, rows):
    """Some values of a column, categories as what they stand for."""
    values = pd.Series(column).iloc[rows]
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    return pd.Index(values)


def _join_calendar(panel, times, freq):
    """The calendar of old and new times: the old one, wherever that holds them."""
    calendar = panel.calendar
    # times of another kind or zone are an error, whatever their grid
    calendar.check_same_kind(times)
    off = calendar.find(times)[1]
    if freq is not None and freq != "irregular":
        return calendar
    seen = np.unique(observed_cells(panel)[1])
    ranks = isinstance(calendar.grid, RankGrid)
    new = not np.isin(times.few, calendar.grid.known).all() if ranks else off.any()
    if not new and len(seen) >= _FEW_TIMES:
        return calendar
    old = calendar.times_at(seen)
    few = np.concatenate([old.few, times.few.astype(old.few.dtype)])
    whole = old.unit == times.unit
    unit = old.unit if whole else None
    joined = Times(old.kind, few, zone=old.zone, unit=unit, label=times.label)
    found = make_calendar(joined, freq)
    # the same grid goes on counting from where it did
    same = found.freq == calendar.freq and not ranks and not off.any()
    return calendar if same else found


def _moved_positions(old, new, positions):
    if new is old:
        return positions
    distinct, index = np.unique(positions, return_inverse=True)
    return new.positions(old.times_at(distinct))[index]


def _join(known, codes, positions, y, overwrite, keys, calendar):
    """The history of what is known and of new rows."""
    before = known.values(codes, positions)
    changed = ~np.isnan(before) & (before != y)
    if changed.any():
        if not overwrite:
            _refuse_changes(changed, codes, positions, before, y, keys, calendar)
        known.data[known.cells(codes[changed], positions[changed])] = np.nan
    kept = np.flatnonzero(~np.isnan(known.data))
    series = np.searchsorted(known.indptr, kept, side="right") - 1
    shift = known.start - known.indptr[:-1]
    new = np.flatnonzero(~np.isnan(y) & (changed | np.isnan(before)))
    return History.from_rows(
        np.concatenate([series, codes[new]]),
        np.concatenate([kept + shift[series], positions[new]]),
        np.concatenate([known.data[kept], y[new]]),
        keys.n_series,
    )


def _refuse_changes(changed, codes, positions, before, y, keys, calendar):
    rows = np.flatnonzero(changed)
    first = rows[0]
    when = calendar.times(positions[[first]])[0]
    raise ValueError(
        f"{len(rows)} row(s) of X have another value than the one known. The first is "
        f"{keys.show(codes[first])} at {when}: {before[first]:g} is known, y says "
        f"{y[first]:g}. Leave such rows out, or correct what is known by "
        "observe(estimator, X, y, overwrite=True)."
    )
