# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns a model may use: those whose future values are known."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sklearn_sales.cli._calendar_rules import Cells, future_by_calendar, parts_of
from sklearn_sales.panel._table import LARGEST

__all__ = ["Covariates", "sort_covariates"]


@dataclass(frozen=True)
class Covariates:
    """Columns of the sales table, sorted by what is known of their future.

    Attributes
    ----------
    values : dict of str to pandas.Series of shape (n_series * horizon,)
        Future values of the columns in use, series by series in time order.
    why : dict of str to str
        How the future values of each are known.
    left_out : dict of str to str
        Why each other column is of no use.
    static : list of str
        Columns in use that never change within a series.
    """

    values: dict = field(default_factory=dict)
    why: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    static: list = field(default_factory=list)

    @property
    def names(self):
        return list(self.values)


def sort_covariates(sales, horizon, future=None):
    """Decide for every column of a sales table whether its future is known.

    Parameters
    ----------
    sales : Sales
    horizon : int
    future : pandas.DataFrame of shape (n_series * horizon, n_columns), default=None
        Future values that the user gave, series by series in time order.

    Returns
    -------
    Covariates
    """
    found = Covariates()
    past = Cells(sales.codes, sales.positions)
    ahead = future_cells(sales, horizon)
    first, last = past.positions.min(), ahead.positions.max()
    times = sales.calendar.times(np.arange(first, last + 1))
    parts = parts_of(times, unit_of(sales.calendar.freq))
    given = {} if future is None else future
    for name in sales.others:
        column = sales.frame[name]
        reason = _useless(column)
        if name in given and not reason:
            reason = _too_large(given[name], "a future row")
        if reason:
            found.left_out[name] = reason
        elif name in given:
            _use(found, name, given[name], "future values given")
        elif (rows := _static_rows(column, sales)) is not None:
            found.static.append(name)
            values = column.iloc[rows[ahead.codes]]
            _use(found, name, values, "the same throughout each series")
        else:
            values, rule = future_by_calendar(column, past, ahead, parts)
            if values is None:
                found.left_out[name] = (
                    "future values unknown; give them with --covariates"
                )
            else:
                _use(found, name, values, f"follows the {rule}")
    return found


def future_cells(sales, horizon):
    """The next cells of every series after the newest time of all, in code order."""
    steps = sales.positions.max() + 1 + np.arange(horizon)
    codes = np.repeat(np.arange(sales.n_series), horizon)
    return Cells(codes, np.tile(steps, sales.n_series))


def unit_of(freq):
    """The unit of a frequency without anchors: "W" of "W-FRI", "M" of "MS"."""
    name = str(freq).split("-")[0]
    return name[:1] if name in ("MS", "ME", "QS", "QE", "YS", "YE") else name


def _use(found, name, values, why):
    found.values[name] = values.reset_index(drop=True)
    found.why[name] = why


def _useless(column):
    """Why no model could learn from a column, or an empty text."""
    if column.isna().all():
        return "empty"
    kind = pd.api.types.infer_dtype(column, skipna=True)
    numeric = pd.api.types.is_numeric_dtype(column)
    if not numeric and kind not in ("string", "boolean"):
        return f"neither numbers nor text but {kind}"
    if reason := _too_large(column, "a row"):
        return reason
    if column.nunique(dropna=False) == 1:
        return "the same in every row"
    return ""


def _too_large(column, where):
    """Why numbers are too large to learn from, or an empty text; text never is."""
    if not pd.api.types.is_numeric_dtype(column):
        return ""
    largest = np.fmax.reduce(np.abs(column.to_numpy(np.float64, na_value=np.nan)))
    if np.isinf(largest):
        return f"infinite in {where}"
    return f"beyond {LARGEST:g} in {where}" if largest > LARGEST else ""


def _static_rows(column, sales):
    """A row of each series if the column never changes within one, else None."""
    codes, _ = pd.factorize(column)
    rows = np.zeros(sales.n_series, dtype=np.int64)
    rows[sales.codes] = np.arange(len(codes))
    return rows if np.all(codes == codes[rows[sales.codes]]) else None
