# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of models on the newest sales, as if these were still to come."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from sklearn_sales.cli._errors import InputError
from sklearn_sales.metrics import bias, mase, naive_scale, rmsse, wape
from sklearn_sales.model_selection import PanelTimeSeriesSplit

__all__ = ["BackTest", "back_test", "floor_of"]


@dataclass(frozen=True)
class BackTest:
    """Errors and forecasts of all models in all folds.

    Attributes
    ----------
    errors : pandas.DataFrame
        One row for each model and fold.
    forecasts : dict of str to pandas.Series
        By model; the index holds row numbers of the sales table. Folds do not overlap.
    cells : pandas.DataFrame
        "fold" (from 1), "origin" (position of the newest time before it) and "step"
        of each forecast row, by row number.
    n_unjudged : int
        Rows left out because their series begins within the fold.
    """

    errors: pd.DataFrame
    forecasts: dict
    cells: pd.DataFrame
    n_unjudged: int

    def summary(self):
        """Mean errors over the folds, and all seconds, by model; the best first."""
        by_model = self.errors.groupby("model", sort=False)
        mean = by_model[["wape", "bias", "rmsse", "mase"]].mean()
        table = mean.assign(seconds=by_model["seconds"].sum())
        return table.sort_values("wape", kind="stable")


def back_test(sales, candidates, *, horizon, folds, progress):
    """Forecast the last horizons of a sales table from what was known before each.

    Parameters
    ----------
    sales : Sales
    candidates : dict of str to Candidate
    horizon, folds : int
    progress : Progress

    Returns
    -------
    BackTest
    """
    splitter = PanelTimeSeriesSplit(n_splits=folds, test_size=horizon)
    errors, cells, n_unjudged = [], [], 0
    forecasts = {name: [] for name in candidates}
    splits = splitter.split(sales.frame, groups=sales.positions)
    for fold, (train, test) in enumerate(splits, start=1):
        known = np.isin(sales.codes[test], sales.codes[train])
        n_unjudged += int(np.count_nonzero(~known))
        test = test[known]
        if not len(test):
            raise InputError(
                f"No series of the last {horizon * (folds - fold + 1)} periods has "
                "sales before them: there is nothing to back-test."
            )
        origin = sales.positions[train].max()
        steps = sales.positions[test] - origin
        cells.append(
            pd.DataFrame({"fold": fold, "origin": origin, "step": steps}, index=test)
        )
        judge, floor = _Judge(sales, train, test), floor_of(sales.y[train])
        for name, candidate in candidates.items():
            progress.step(f"back-test {fold} of {folds}: {name}")
            start = perf_counter()
            candidate.fit(sales.frame.iloc[train], sales.y[train])
            answers = candidate.forecast(sales.frame.iloc[test], floor=floor)
            seconds = perf_counter() - start
            scores = {**judge.scores(answers), "seconds": seconds}
            errors.append({"model": name, "fold": fold, **judge.span, **scores})
            forecasts[name].append(pd.Series(answers, index=test))
    joined = {name: pd.concat(parts) for name, parts in forecasts.items()}
    return BackTest(pd.DataFrame(errors), joined, pd.concat(cells), n_unjudged)


def floor_of(y):
    """The least that a forecast may be: zero, unless sales were negative."""
    return 0.0 if y.min() >= 0 else -np.inf


class _Judge:
    """Errors of forecasts of the test rows of one fold."""

    def __init__(self, sales, train, test):
        self.y, self.codes = sales.y[test], sales.codes[test]
        season = sales.calendar.season
        rows = {
            "series_train": sales.codes[train],
            "time_train": sales.positions[train],
            "freq": 1,
        }
        self.squared = naive_scale(sales.y[train], power=2, **rows)
        self.absolute = naive_scale(sales.y[train], season=season, **rows)
        positions = sales.positions[test]
        first, last = sales.calendar.times(np.array([positions.min(), positions.max()]))
        self.span = {"first": first, "last": last, "rows": len(test)}

    def scores(self, answers):
        return {
            "wape": wape(self.y, answers),
            "bias": bias(self.y, answers),
            "rmsse": self._scaled(rmsse, answers, self.squared),
            "mase": self._scaled(mase, answers, self.absolute),
        }

    def _scaled(self, metric, answers, scale):
        """NaN where no series has a scale, such as a season longer than the history."""
        if not (scale.reindex(np.unique(self.codes)) > 0).any():
            return np.nan
        return metric(
            self.y, answers, series=self.codes, scale=scale, zero_scale="drop"
        )
