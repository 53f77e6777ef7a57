# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of a fold as the peers read them: a regular grid without gaps.

Every series runs from its first record to the end of the training part and then a
horizon further. Where nothing was recorded, sales and covariates are the last known
ones, before the first record of a covariate the first. Text becomes codes, -1 for none.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["YEAR", "Grid", "grid_of", "with_features"]

# Steps of a year, by the frequency of the season; of days whole weeks.
YEAR = {52: 52, 7: 364, 12: 12}


@dataclass(frozen=True)
class Grid:
    """Long tables with the columns unique_id, ds, y, recorded and the covariates.

    Attributes
    ----------
    rows : DataFrame
        The training part and the horizon after it, of which ``y`` is NaN.
    ahead : ndarray of bool
        Which rows are of the horizon.
    varying, static : list of str
        Covariates that vary in time and those that do not; keys are static.
    categories : list of str
        Those of both that are codes.
    freq : str
    cells : ndarray of shape (n_test,)
        The row of each forecast that was asked for.
    """

    rows: pd.DataFrame
    ahead: np.ndarray
    varying: list
    static: list
    categories: list
    freq: str
    cells: np.ndarray

    @property
    def train(self):
        return self.rows[~self.ahead]

    @property
    def future(self):
        return self.rows[self.ahead].drop(columns=["y", "recorded"])

    def asked(self, forecasts):
        """Forecasts of the asked rows from a table of unique_id, ds and forecast."""
        keys = self.rows[["unique_id", "ds"]].iloc[self.cells]
        return keys.merge(forecasts, how="left")["forecast"].to_numpy(dtype=float)


def grid_of(fold):
    """The grid of a fold."""
    both = pd.concat([fold.X, fold.ahead], ignore_index=True)
    sales = np.append(fold.y, np.full(len(fold.ahead), np.nan))
    times = np.sort(both["date"].unique())
    keys = both.groupby(fold.spec.series, sort=False, observed=True)
    codes, positions = keys.ngroup().to_numpy(), np.searchsorted(times, both["date"])
    first = pd.Series(positions).groupby(codes).min().to_numpy()
    lengths = len(times) - first
    offsets = np.cumsum(lengths) - lengths
    cells = offsets[codes] + positions - first[codes]
    rows = pd.DataFrame({"unique_id": np.repeat(np.arange(len(first)), lengths)})
    place = np.arange(len(rows)) - np.repeat(offsets - first, lengths)
    rows["ds"] = times[place]
    rows["y"] = pd.Series(sales, index=cells).reindex(rows.index)
    rows["recorded"] = rows["y"].notna()
    varying, static, categories = [], [], []
    for name in both.columns.drop("date"):
        values, coded = _numbers(both[name])
        constant = pd.Series(values).groupby(codes).nunique().max() <= 1
        (static if constant else varying).append(name)
        categories += [name] if coded or name in fold.spec.series else []
        rows[name] = pd.Series(values, index=cells).reindex(rows.index)
    ids = rows["unique_id"]
    known = ["y", *varying, *static]
    rows[known] = rows.groupby(ids)[known].ffill()
    rows[known[1:]] = rows.groupby(ids)[known[1:]].bfill()
    ahead = rows["ds"].to_numpy() > fold.X["date"].max().to_datetime64()
    rows.loc[ahead, "y"] = np.nan
    freq = pd.infer_freq(pd.DatetimeIndex(times))
    asked = cells[len(fold.X) :]
    return Grid(rows, ahead, varying, static, categories, freq, asked)


def _numbers(column):
    """A column as numbers, and whether these are codes of text."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=float), False
    codes = pd.Categorical(column.astype("string")).codes
    return codes.astype(float), True


def with_features(fold, grid):
    """The rows with calendar, prices over others, and the sales of a year ago."""
    rows = grid.rows.copy()
    ids, made = rows["unique_id"], []
    for price in fold.spec.prices:
        by_series = rows.groupby(ids)[price]
        before = by_series.shift()
        past = before.groupby(ids).expanding().mean().to_numpy()
        rivals = rows.groupby([fold.spec.series[0], "ds"])[price].transform("mean")
        rows[f"{price}_to_past"] = rows[price] / past
        rows[f"{price}_to_last"] = rows[price] / before
        rows[f"{price}_to_rivals"] = rows[price] / rivals
        made += [f"{price}_to_{what}" for what in ("past", "last", "rivals")]
    dates = rows["ds"].dt
    rows["month"] = dates.month
    made.append("month")
    if fold.spec.season != 12:
        rows["week"] = dates.isocalendar().week.to_numpy(dtype=int)
        made.append("week")
    if fold.spec.season == 7:
        rows["weekday"], rows["day"] = dates.dayofweek, dates.day
        made += ["weekday", "day"]
    rows["year_ago"] = rows.groupby(ids)["y"].shift(YEAR[fold.spec.season])
    return rows, [*grid.varying, *made, "year_ago"]
