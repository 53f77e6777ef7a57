# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors, intervals and their calibration from the forecasts of a back-test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.compose._error_quantiles import ErrorQuantiles, shared_period

__all__ = ["COVERAGES", "Judged", "calibration", "interval_ahead", "judge"]

# Of the intervals that are calibrated; the middle one is drawn.
COVERAGES = (0.5, 0.8, 0.9)
DRAWN = 0.8


@dataclass(frozen=True)
class Judged:
    """Forecasts of the back-test beside what was sold.

    Attributes
    ----------
    rows : pandas.DataFrame
        By row number: "code", "position", "fold", "step", "y", "own" (forecast of the
        chosen model) and "naive".
    levels : ndarray of shape (n_series,)
        Mean size of the sales of each series before the first fold.
    season : int
    """

    rows: pd.DataFrame
    levels: np.ndarray
    season: int

    def by(self, column):
        """WAPE of the chosen model and of the naive, and sales, by a column.

        NaN where nothing was sold.
        """
        rows = self.rows
        terms = pd.DataFrame(
            {
                "own": (rows["own"] - rows["y"]).abs(),
                "naive": (rows["naive"] - rows["y"]).abs(),
                "sales": rows["y"].abs(),
            }
        )
        sums = terms.groupby(rows[column]).sum()
        total = sums["sales"].where(sums["sales"] > 0)
        shares = sums[["own", "naive"]].div(total, axis=0)
        return shares.assign(sales=sums["sales"])


def judge(sales, outcome):
    """Lay the forecasts of the chosen model and of the naive beside the sales.

    Parameters
    ----------
    sales : Sales
    outcome : Outcome

    Returns
    -------
    Judged
    """
    test = outcome.test
    index = test.cells.index
    rows = test.cells.assign(
        code=sales.codes[index],
        position=sales.positions[index],
        y=sales.y[index],
        own=test.forecasts[outcome.chosen].reindex(index),
        naive=test.forecasts["naive"].reindex(index),
    )
    known = sales.positions <= test.cells["origin"].min()
    levels = _levels(sales.codes[known], sales.y[known], sales.n_series)
    return Judged(rows, levels, sales.calendar.season)


def _levels(codes, y, n_series):
    """Mean size of the sales of each series; that of all where it has none."""
    size, counts = np.abs(y), np.bincount(codes, minlength=n_series)
    sums = np.bincount(codes, size, minlength=n_series)
    levels = sums / np.maximum(counts, 1)
    return np.where(levels > 0, levels, size.mean() or 1.0)


def calibration(judged, floor):
    """How many sales of later folds lie within intervals from earlier ones.

    Parameters
    ----------
    judged : Judged
    floor : float
        The least that a forecast may be.

    Returns
    -------
    pandas.DataFrame or None
        "nominal", "actual" and "n_rows"; None for a single fold.
    """
    rows, n_folds = judged.rows, judged.rows["fold"].max()
    inside = []
    for fold in range(2, n_folds + 1):
        before, now = rows[rows["fold"] < fold], rows[rows["fold"] == fold]
        bounds = _bounds(judged, before, now, floor)
        y = now["y"].to_numpy()[:, None]
        n = len(COVERAGES)
        inside.append((y >= bounds[:, :n]) & (y <= bounds[:, n:]))
    if not inside:
        return None
    all_inside = np.concatenate(inside)
    return pd.DataFrame(
        {
            "nominal": COVERAGES,
            "actual": all_inside.mean(axis=0),
            "n_rows": len(all_inside),
        }
    )


def interval_ahead(judged, forecasts, origin, floor):
    """Interval of the forecasts ahead, from the errors of all folds.

    Parameters
    ----------
    judged : Judged
    forecasts : pandas.Series
        By series code and position.
    origin : int
        Position of the newest time.
    floor : float

    Returns
    -------
    low, high : ndarray of shape (n_forecasts,)
    """
    positions = forecasts.index.get_level_values(1)
    ahead = pd.DataFrame(
        {
            "code": forecasts.index.get_level_values(0),
            "position": positions,
            "step": positions - origin,
            "own": forecasts.to_numpy(),
        }
    )
    bounds = _bounds(judged, judged.rows, ahead, floor)
    drawn = COVERAGES.index(DRAWN)
    return bounds[:, drawn], bounds[:, len(COVERAGES) + drawn]


def _bounds(judged, past, ahead, floor):
    """Lower bounds of all coverages, then upper ones, for each forecast.

    Errors are counted in units of the level of their series, so that small and large
    ones tell of each other.
    """
    errors = (past["y"] - past["own"]).to_numpy()
    times = past["position"].to_numpy()
    pool = ErrorQuantiles(
        errors / judged.levels[past["code"]],
        past["step"].to_numpy(),
        times,
        past["code"].to_numpy(),
        by_step=True,
        by_series=False,
        period=shared_period(judged.season, past["fold"].to_numpy(), times),
    )
    tails = np.array([(1 - coverage) / 2 for coverage in COVERAGES])
    levels = np.concatenate([tails, 1 - tails])
    order = np.argsort(levels)
    steps, positions, codes = (
        ahead[name].to_numpy() for name in ("step", "position", "code")
    )
    sorted_quantiles, _ = pool.of(steps, positions, codes, levels[order])
    quantiles = sorted_quantiles[:, np.argsort(order)]
    answers = ahead["own"].to_numpy()[:, None]
    return np.maximum(answers + quantiles * judged.levels[codes][:, None], floor)
