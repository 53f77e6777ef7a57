# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known and what is forecast of the series that a display shows."""

import numpy as np
import pandas as pd

from sklearn_sales.panel import Panel, column_index
from sklearn_sales.plotting._choose_series import choose_series
from sklearn_sales.plotting._style import as_plotted

__all__ = ["forecast_cells", "panel_of_names"]


def panel_of_names(panel, table):
    """A panel that reads another table, whose key columns may stand elsewhere."""
    schema = panel.schema
    if not (schema.is_frame and table.is_frame):
        return panel
    schema = schema.find(table)
    return Panel(schema, panel.keys, panel.calendar, panel.history)


def forecast_cells(
    panel,
    table,
    columns,
    *,
    past=None,
    promotion=None,
    n_history="auto",
    series_to_plot=None,
    random_state=None,
):
    """One row for each shown series and time, the past first.

    Parameters
    ----------
    panel : Panel
        Holds the history.
    table : Table
        The rows that are forecast.
    columns : dict of str to ndarray of shape (n_rows,)
        What is known of them: "forecast" and, where there is, "lower", "upper" and
        "actual".
    past : Table, default=None
        Rows of the past, read for their promotions.
    promotion : str, int or None, default=None
        Column that is true, or not zero, where there is a promotion.
    n_history : int, "auto" or None
        Times of the past that are shown.
    series_to_plot, random_state
        As :func:`choose_series` takes them.

    Returns
    -------
    frame : pandas.DataFrame
        "series" (its label), "time", "history", "promotion" and the given columns.
    n_series : int
        How many series the table holds.
    """
    rows = panel.locate(table)
    present = np.unique(rows.codes)
    keys = panel.keys.frame()
    if present[-1] == panel.n_series:
        keys = pd.concat([keys, _unknown_series(keys)], ignore_index=True)
    codes = choose_series(keys, present, series_to_plot, random_state)
    first, last = rows.positions.min(), rows.positions.max()
    start = _first_shown(panel, first, last, n_history)
    width = last - start + 1
    grid = np.repeat(codes, width), np.tile(np.arange(start, last + 1), len(codes))
    frame = pd.DataFrame(
        {
            "series": np.repeat([_label(keys, code) for code in codes], width),
            "time": np.tile(
                as_plotted(panel.calendar.times(grid[1][:width])), len(codes)
            ),
            "history": panel.history.values(*grid),
        }
    )
    cells = _Cells(codes, start, width)
    for name, values in columns.items():
        frame[name] = cells.spread(rows, np.asarray(values, dtype=np.float64))
    frame["promotion"] = _promotions(panel, table, rows, past, promotion, cells)
    return frame, len(present)


def _unknown_series(keys):
    """A line for series that the history does not know; the panel pools them."""
    return pd.DataFrame([["new series"] * keys.shape[1]], columns=keys.columns)


def _label(keys, code):
    row = keys.iloc[code]
    return ", ".join(f"{name} {value}" for name, value in row.items())


def _first_shown(panel, first, last, n_history):
    """Enough of the past to see the season, and the forecast no mere speck."""
    known = panel.history.start[: panel.n_series]
    oldest = min(known.min(), first)
    if n_history is None:
        return oldest
    if n_history == "auto":
        length = last - first + 1
        n_history = max(4 * length, panel.calendar.season)
    return max(first - n_history, oldest)


class _Cells:
    """Where the rows of a table lie among the shown cells."""

    def __init__(self, codes, start, width):
        self.codes, self.start, self.width = codes, start, width

    def spread(self, rows, values):
        """Values of rows at their cells; NaN where there is none."""
        result = np.full(len(self.codes) * self.width, np.nan)
        order = np.argsort(self.codes)
        found = np.searchsorted(self.codes, rows.codes, sorter=order)
        place = order[np.minimum(found, len(order) - 1)]
        offset = rows.positions - self.start
        here = (self.codes[place] == rows.codes) & (offset >= 0) & (offset < self.width)
        result[place[here] * self.width + offset[here]] = values[here]
        return result


def _promotions(panel, table, rows, past, promotion, cells):
    """Which shown cells have a promotion."""
    if promotion is None:
        return np.zeros(len(cells.codes) * cells.width, dtype=bool)
    marked = cells.spread(rows, _flags(table, promotion)) > 0
    if past is not None:
        before = panel_of_names(panel, past).locate(past, warn=False)
        marked |= cells.spread(before, _flags(past, promotion)) > 0
    return marked


def _flags(table, promotion):
    column = pd.Series(table.column(column_index(table, promotion, "promotion")))
    if not (
        pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)
    ):
        raise ValueError(
            f"promotion={promotion!r} must be a column of flags or numbers, but it "
            f"holds {column.dtype}."
        )
    return column.to_numpy(np.float64, na_value=0.0) != 0
