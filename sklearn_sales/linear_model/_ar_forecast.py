# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of autoregressions whose coefficients are known, all series at once."""

from dataclasses import dataclass

import numpy as np

from sklearn_sales.linear_model._ar_terms import ARTerms
from sklearn_sales.panel import History

__all__ = ["ARModel", "bridge_gaps", "one_step", "recursion"]

# Rows answered together: bounds the memory of a prediction.
_CHUNK = 500_000


@dataclass(frozen=True)
class ARModel:
    """Autoregressions of the series of a history.

    Attributes
    ----------
    terms : ARTerms
    coef : ndarray of shape (n_series, n_columns)
    sigma : ndarray of shape (n_series,)
        Root mean squared residual.
    history : History
    values : ndarray of shape (n_cells,)
        ``history.data`` with its gaps bridged.
    level : ndarray of shape (n_series,)
        Mean of each series, read by lags that reach before its start.
    lowest, highest : ndarray of shape (n_series,)
        Range of each series.
    """

    terms: ARTerms
    coef: np.ndarray
    sigma: np.ndarray
    history: History
    values: np.ndarray
    level: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @property
    def lag_coef(self):
        return self.coef[:, self.terms.lag_columns]

    def effects(self, codes, covariates):
        """What the covariates of rows add to their forecasts, shape (n_rows,)."""
        beta = self.coef[:, self.terms.covariate_columns]
        return np.einsum("ij,ij->i", covariates, beta[codes])

    def bounds(self, codes, ahead):
        """Values that a recursion may take: it cannot run away to infinity.

        The range of the series, widened on both sides by its own width and once
        more for every length of the history that the forecast lies ahead.
        """
        length = np.maximum(self.history.lengths[codes], 1)
        width = self.highest[codes] - self.lowest[codes]
        reach = width * (1.0 + ahead / length)
        return self.lowest[codes] - reach, self.highest[codes] + reach


def one_step(model, values, codes, positions, effects):
    """Forecasts of cells from the values of the cells before them.

    Parameters
    ----------
    model : ARModel
    values : ndarray of shape (n_cells,)
        What lags read.
    codes, positions : ndarray of shape (n_rows,)
    effects : ndarray of shape (n_rows,)
        What covariates add.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    answers = np.empty(len(codes))
    for first in range(0, len(codes), _CHUNK):
        part = slice(first, first + _CHUNK)
        answers[part] = _one_step(model, values, codes[part], positions[part])
    return answers + effects


def _one_step(model, values, codes, positions):
    history, terms = model.history, model.terms
    offset = positions - history.start[codes]
    total = terms.deterministic(model.coef[codes], offset + 1, positions)
    lag_coef, level = model.lag_coef, model.level[codes]
    lengths = history.lengths[codes]
    for j, lag in enumerate(terms.lags):
        inside = (offset >= lag) & (offset - lag < lengths)
        cells = np.where(inside, history.indptr[codes] + offset - lag, 0)
        total += lag_coef[codes, j] * np.where(inside, values[cells], level)
    return total


def bridge_gaps(model, covariate_cells):
    """Fill what was not observed by the model's own one-step forecasts.

    Parameters
    ----------
    model : ARModel
    covariate_cells : ndarray of shape (n_cells, n_covariates)

    Returns
    -------
    ndarray of shape (n_cells,)
    """
    history = model.history
    gaps = np.flatnonzero(np.isnan(history.data))
    values = history.data
    if not len(gaps):
        return values
    values = values.copy()
    codes = np.searchsorted(history.indptr, gaps, side="right") - 1
    positions = gaps - history.indptr[codes] + history.start[codes]
    # each time step reads the forecasts of the steps before it
    order = np.argsort(positions, kind="stable")
    steps = np.flatnonzero(np.diff(positions[order])) + 1
    effects = model.effects(codes, covariate_cells[gaps])
    for group in np.split(order, steps):
        forecast = one_step(
            model, values, codes[group], positions[group], effects[group]
        )
        low, high = model.bounds(codes[group], 0)
        values[gaps[group]] = np.clip(forecast, low, high)
    return values


def recursion(model, codes, steps, effects, last_effects):
    """Forecasts of rows after the last observation of their series.

    Parameters
    ----------
    model : ARModel
    codes : ndarray of shape (n_rows,)
    steps : ndarray of shape (n_rows,)
        Distance from the last observation, 1 or more.
    effects : ndarray of shape (n_rows,)
        What the covariates of the rows add.
    last_effects : ndarray of shape (n_series,)
        The same for the last known covariates of each series: they stay until a row
        brings newer ones.

    Returns
    -------
    forecasts, variances : ndarray of shape (n_rows,)
    """
    series, local = np.unique(codes, return_inverse=True)
    order = np.argsort(steps, kind="stable")
    n_steps = int(steps.max())
    bounds = np.searchsorted(steps[order], np.arange(1, n_steps + 2))
    state = _RecursionState(model, series)
    effect = last_effects[series].copy()
    forecasts, variances = np.empty(len(codes)), np.empty(len(codes))
    for step in range(1, n_steps + 1):
        rows = order[bounds[step - 1] : bounds[step]]
        effect[local[rows]] = effects[rows]
        value, variance = state.advance(step, effect)
        forecasts[rows] = value[local[rows]]
        variances[rows] = variance[local[rows]]
    return forecasts, variances


class _RecursionState:
    """The newest values of each series, in a ring of as many slots as the longest lag.

    The value of step ``h`` (0 is the last observation) is in slot ``(h - 1) % depth``.
    """

    def __init__(self, model, series):
        self.model, self.series = model, series
        self.lags = np.asarray(model.terms.lags, dtype=np.int64)
        self.depth = max(model.terms.max_lag, 1)
        self.coef = model.coef[series]
        self.lag_coef = model.lag_coef[series]
        history = model.history
        self.last, self.length = history.last[series], history.lengths[series]
        # oldest first: steps 1 - depth, ..., 0
        back = np.arange(self.depth - 1, -1, -1)[:, None]
        cells = history.cells(series[None, :], self.last - back)
        known = model.values[np.maximum(cells, 0)]
        self.values = np.where(cells >= 0, known, model.level[series])
        # the weights of past shocks, whose squares add up to the forecast variance
        self.shocks = np.zeros((self.depth, len(series)))
        self.shocks[-1] = 1.0
        self.weight = np.ones(len(series))
        self.variance = np.zeros(len(series))

    def advance(self, step, effect):
        """Values and forecast variances of the next step."""
        slots = (step - self.lags - 1) % self.depth
        model = self.model
        value = effect + model.terms.deterministic(
            self.coef, self.length + step, self.last + step
        )
        value += np.einsum("sp,ps->s", self.lag_coef, self.values[slots])
        value = np.clip(value, *model.bounds(self.series, step))
        self.variance = self.variance + self.weight**2
        weight = np.einsum("sp,ps->s", self.lag_coef, self.shocks[slots])
        # explosive series would overflow a float long before a horizon ends
        self.weight = np.clip(weight, -1e100, 1e100)
        newest = (step - 1) % self.depth
        self.values[newest], self.shocks[newest] = value, self.weight
        return value, model.sigma[self.series] ** 2 * self.variance
