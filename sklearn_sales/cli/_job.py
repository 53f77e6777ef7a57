# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The job: what is forecast how far ahead, from what, by which models."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.cli._backtest import BackTest, back_test, floor_of
from sklearn_sales.cli._candidate import Candidate, given
from sklearn_sales.cli._covariates import Covariates, future_cells, unit_of
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._models import MODELS, Setting
from sklearn_sales.cli._sales import Sales
from sklearn_sales.panel import future_frame

__all__ = ["Job", "Outcome", "choose_horizon", "do_job", "make_job"]

HORIZONS = {"h": 48, "D": 28, "B": 20, "W": 13, "M": 6, "Q": 4}
# Times before the first fold without which there is nothing to learn from.
MIN_TRAIN = 6


@dataclass(frozen=True)
class Job:
    """What is to be forecast, from what, by which models.

    Attributes
    ----------
    sales : Sales
    covariates : Covariates
    setting : Setting
    model : str
        The name of a model, or "auto" for the best one.
    folds : int
    """

    sales: Sales
    covariates: Covariates
    setting: Setting
    model: str
    folds: int

    @property
    def horizon(self):
        return self.setting.horizon

    @property
    def candidates(self):
        """Names of the models to back-test; the seasonal naive is among them."""
        asked = MODELS if self.model == "auto" else [self.model]
        return list(dict.fromkeys([*asked, "naive"]))

    def candidate(self, name):
        """An unfitted model and the columns that it is given."""
        columns = [*self.sales.series, self.sales.time, *self.used_by(name)]
        return Candidate(MODELS[name].make(self.setting), columns)

    def used_by(self, name):
        """The covariates that a model is given."""
        return getattr(self.setting, MODELS[name].takes, [])


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    test : BackTest
    chosen : str
        Name of the model that made the forecasts.
    rows : pandas.DataFrame of shape (n_series * horizon, n_columns)
        Keys and times of the forecasts, by series and time.
    forecasts : pandas.Series of shape (n_series * horizon,)
        The index holds series codes and calendar positions.
    """

    test: BackTest
    chosen: str
    rows: pd.DataFrame
    forecasts: pd.Series


def choose_horizon(sales, asked, folds):
    """The horizon that was asked for, else what suits the frequency.

    Raises
    ------
    InputError
        Where the back-test would leave too few times to learn from.
    """
    unit = unit_of(sales.calendar.freq)
    horizon = asked or HORIZONS.get(unit, sales.calendar.season)
    n_times = len(np.unique(sales.positions))
    left, needed = n_times - folds * horizon, max(MIN_TRAIN, horizon)
    if left >= needed:
        return horizon
    shorter = min((n_times - MIN_TRAIN) // folds, n_times // (folds + 1))
    advice = "give a longer history"
    if shorter > 0:
        advice = f"use --horizon {shorter} or less"
    if folds > 1 and n_times - horizon >= needed:
        advice += ", or --folds 1"
    raise InputError(
        f"{sales.path} holds {n_times} distinct times, too few for {folds} back-test "
        f"fold(s) of {horizon}: {max(left, 0)} are left to learn from, and {needed} "
        f"are needed; {advice}."
    )


def make_job(sales, covariates, *, horizon, model, folds):
    """Tell the models what they are made for.

    Parameters
    ----------
    sales : Sales
    covariates : Covariates
    horizon : int
    model : str
    folds : int

    Returns
    -------
    Job
    """
    frame, values = sales.frame, covariates.values
    numeric = [n for n in values if pd.api.types.is_numeric_dtype(frame[n])]
    changing = [name for name in numeric if name not in covariates.static]
    setting = Setting(
        keys={
            "series": [given(name) for name in sales.series] or None,
            "time": given(sales.time),
            "freq": sales.calendar.freq,
        },
        unit=unit_of(sales.calendar.freq),
        dated=sales.calendar.kind != "number",
        horizon=horizon,
        length=len(np.unique(sales.positions)) - folds * horizon,
        numbers=[n for n in changing if _complete(frame[n]) and _complete(values[n])],
        text=[given(name) for name in values if name not in numeric],
        covariates=list(values),
    )
    return Job(sales, covariates, setting, model, folds)


def _complete(column):
    return not column.isna().any()


def do_job(job, progress):
    """Back-test, choose, fit on all sales, forecast.

    Parameters
    ----------
    job : Job
    progress : Progress

    Returns
    -------
    Outcome
    """
    candidates = {name: job.candidate(name) for name in job.candidates}
    test = back_test(
        job.sales,
        candidates,
        horizon=job.horizon,
        folds=job.folds,
        progress=progress,
    )
    chosen = test.summary().index[0] if job.model == "auto" else job.model
    progress.step(f"forecast: {chosen}")
    fitted = job.candidate(chosen).fit(job.sales.frame, job.sales.y)
    rows = _future_keys(job)
    full = rows.assign(**job.covariates.values)
    answers = fitted.forecast(full, floor=floor_of(job.sales.y))
    cells = future_cells(job.sales, job.horizon)
    index = pd.MultiIndex.from_arrays([cells.codes, cells.positions])
    return Outcome(test, chosen, rows, pd.Series(answers, index=index))


def _future_keys(job):
    """Keys and times of the cells to forecast, in the order of codes."""
    sales = job.sales
    return future_frame(
        sales.frame[[*sales.series, sales.time]],
        job.horizon,
        series=sales.series or None,
        time=sales.time,
        freq=sales.calendar.freq,
    )
