# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Histories of a panel in the containers of sktime: series, panels and covariates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.dummy import carry_into_gaps
from sklearn_sales.panel import Calendar, History

__all__ = ["Layout", "lay_out", "unit_name"]


@dataclass(frozen=True)
class Layout:
    """What sktime's forecasters read of a panel.

    Attributes
    ----------
    history : History
        Sales of each series and, at last, their mean.
    covariates : ndarray of shape (n_cells, n_covariates) or None
        None where the forecaster reads none.
    given : ndarray of shape (n_cells,), bool, or None
        Which cells have covariates of a row of their own.
    names : list of str
        Of the covariates.
    calendar : Calendar
    """

    history: History
    covariates: np.ndarray | None
    given: np.ndarray | None
    names: list
    calendar: Calendar

    def sales(self, codes, *, as_panel):
        """Sales of some series: a Series of one, or a frame with two index levels."""
        values = self._cells(self.history.data, codes)
        index = self._index(codes, as_panel)
        if as_panel:
            return pd.DataFrame({"y": values}, index=index)
        return pd.Series(values, index=index, name="y")

    def known(self, codes, *, as_panel):
        """Covariates of the training span of some series, or None."""
        if self.covariates is None:
            return None
        block = self._cells(self.covariates, codes)
        return pd.DataFrame(block, self._index(codes, as_panel), self.names)

    def ahead(self, codes, n_steps, unit, steps, block, *, as_panel):
        """Covariates of the steps after the span, the last known carried forward.

        Parameters
        ----------
        codes : ndarray of shape (n_series,)
        n_steps : int
        unit, steps : ndarray of shape (n_rows,)
            Place in ``codes`` and step of the rows that X holds.
        block : ndarray of shape (n_rows, n_covariates)
        """
        if self.covariates is None:
            return None
        grid = np.full((len(codes), n_steps + 1, len(self.names)), np.nan)
        grid[:, 0] = self.covariates[self.history.indptr[codes + 1] - 1]
        grid[unit, steps] = block
        known = ~np.isnan(grid).any(axis=2)
        latest = np.maximum.accumulate(
            np.where(known, np.arange(n_steps + 1), 0), axis=1
        )
        grid = np.take_along_axis(grid, latest[:, :, None], axis=1)[:, 1:]
        first = self.history.last[codes] + 1
        places = first[:, None] + np.arange(n_steps)
        index = self._index_of(codes, places, as_panel)
        return pd.DataFrame(grid.reshape(-1, len(self.names)), index, self.names)

    def _cells(self, data, codes):
        bounds = self.history.indptr
        return np.concatenate([data[bounds[c] : bounds[c + 1]] for c in codes])

    def _index(self, codes, as_panel):
        start, last = self.history.start, self.history.last
        places = [np.arange(start[c], last[c] + 1) for c in codes]
        return self._index_of(codes, places, as_panel)

    def _index_of(self, codes, places, as_panel):
        if not as_panel:
            return time_index(self.calendar, places[0])
        # one conversion of all positions, so that every series has the same kind
        low = min(p[0] for p in places)
        high = max(p[-1] for p in places)
        times = time_index(self.calendar, np.arange(low, high + 1))
        labels = np.repeat(codes, [len(p) for p in places])
        times = times[np.concatenate(list(places)) - low]
        return pd.MultiIndex.from_arrays([labels, times], names=["series", "time"])


def time_index(calendar, positions):
    """Index that sktime understands: periods, or numbers where there are none.

    Several of its forecasters, the theta method among them, refuse weekly dates but
    take weekly periods. Business days, whose periods pandas gives up, are numbered.
    """
    numbers = pd.RangeIndex(positions[0], positions[-1] + 1)
    if calendar.kind == "number" or calendar.freq in ("irregular", "B"):
        return numbers
    times = calendar.times(positions)
    if isinstance(times, pd.PeriodIndex):
        return times if np.all(np.diff(times.asi8) == 1) else numbers
    if times.tz is not None:
        times = times.tz_localize(None) if calendar.wall else times.tz_convert(None)
    try:
        periods = times.to_period(calendar.freq)
    except ValueError:
        return numbers
    return periods if np.all(np.diff(periods.asi8) == 1) else numbers


def lay_out(panel, codes, positions, block, names, *, fill, to_end):
    """Sales and covariates of a panel, as forecasters of sktime read them.

    Parameters
    ----------
    panel : Panel
    codes, positions : ndarray of shape (n_rows,)
        Cells of the rows that have covariates.
    block : ndarray of shape (n_rows, n_covariates) or None
    names : list of str
    fill : bool
        Whether gaps are filled by the last sales of the same phase of the season.
    to_end : bool
        Whether series that end early are continued to the end of the panel, as
        forecasters that read all series at once know only one end.
    """
    history = panel.history
    if to_end:
        history = _extended(history)
    gaps = np.flatnonzero(np.isnan(history.data))
    if fill and len(gaps):
        data = history.data.copy()
        for length in (panel.calendar.season, 1):
            left = gaps[np.isnan(data[gaps])]
            data[left] = carry_into_gaps(data, history.indptr, left, length)
        history = History(data, history.indptr, history.start)
    covariates = given = None
    if block is not None:
        covariates, given = _covariate_cells(history, codes, positions, block)
    return Layout(history, covariates, given, names, panel.calendar)


def _extended(history):
    """Every series with observations continued by gaps to the last position."""
    lengths = history.lengths
    used = lengths > 0
    end = history.last[used].max()
    longer = np.where(used, end - history.start + 1, 0)
    indptr = np.concatenate([[0], np.cumsum(longer)])
    data = np.full(indptr[-1], np.nan)
    shift = np.repeat(indptr[:-1] - history.indptr[:-1], lengths)
    data[np.arange(len(history.data)) + shift] = history.data
    return History(data, indptr, history.start)


def _covariate_cells(history, codes, positions, block):
    """Covariates of every cell, and which cells have a row.

    Those of the mean of all series are their mean at each time.
    """
    n_cells, pooled = len(history.data), history.n_series - 1
    codes = np.concatenate([codes, np.full(len(codes), pooled)])
    cells = history.cells(codes, np.tile(positions, 2))
    inside = cells >= 0
    cells, doubled = cells[inside], np.vstack([block, block])[inside]
    counts = np.bincount(cells, minlength=n_cells)
    sums = [np.bincount(cells, column, n_cells) for column in doubled.T]
    with np.errstate(invalid="ignore"):
        out = np.stack(sums, axis=1) / counts[:, None]
    absent = np.flatnonzero(counts == 0)
    if len(absent):
        # the first cell of a series is an observed row, so each gap has a source
        source = np.where(counts > 0, np.arange(n_cells), 0)
        source = np.maximum.accumulate(source)
        out[absent] = out[source[absent]]
    return out, counts > 0


def unit_name(panel, codes):
    """What the series of one forecaster are called."""
    if len(codes) > 1:
        return f"all {len(codes)} series"
    if codes[0] == panel.n_series:
        return "the mean of all series"
    return panel.keys.show(codes[0]) if panel.schema.series else "X"
