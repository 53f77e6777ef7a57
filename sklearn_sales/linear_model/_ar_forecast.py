# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of autoregressions whose coefficients are known, all series at once."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_sales.linear_model._ar_terms import ARTerms
from sklearn_sales.panel import History, check_reach

__all__ = ["ARModel", "bridge_gaps", "carry_coefficients", "one_step", "recursion"]

# Lagged values read together: what stays in the cache of a core is read quickest.
_CHUNK = 200_000


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
    level : ndarray of shape (n_series,)
        Mean of each series, read by lags that reach before its start.
    lowest, highest : ndarray of shape (n_series,)
        Range of each series.
    bridged : ndarray of shape (n_cells,) or None
        ``history.data`` with its gaps bridged; None where it has no gaps, because a
        second reference to one array would be a second copy in a joblib file.
    """

    terms: ARTerms
    coef: np.ndarray
    sigma: np.ndarray
    history: History
    level: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    bridged: np.ndarray | None = None

    @property
    def values(self):
        """What lags read, shape (n_cells,)."""
        return self.history.data if self.bridged is None else self.bridged

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


def carry_coefficients(model, update):
    """Coefficients for the series of an updated panel; new ones have the pool's.

    Raises
    ------
    ValueError
        Where terms that count times cannot be told for the new calendar or start.
    """
    terms, parents = model.terms, update.parents
    history, before = update.panel.history, model.history
    coef = model.coef[parents]
    if not update.same_calendar and (terms.season or terms.has_trend):
        raise ValueError(
            "The new rows change the calendar, by which seasonal and trend terms "
            "count. Fit anew, by partial_fit or fit, or give freq=."
        )
    if terms.has_trend:
        # the trend counts from the first observation, which late arrivals move
        later = before.start[parents] - history.start
        later[(history.lengths == 0) | (before.lengths[parents] == 0)] = 0
        later[parents == update.before.n_series] = 0
        if later.any() and not terms.has_constant:
            raise ValueError(
                "The new rows begin before the series did, and trend='t' has no "
                "constant that could follow. Fit anew, by partial_fit or fit."
            )
        if terms.has_constant:
            coef[:, 0] -= coef[:, terms.trend_columns.start] * later
    return coef


def one_step(model, values, codes, positions, effects):
    """Forecasts of cells from the values of the cells before them.

    Parameters
    ----------
    model : ARModel
    values : ndarray of shape (n_cells,)
        What lags read.
    codes, positions : ndarray of shape (n_rows,)
        Rows up to one step after the last observation of their series; rows before
        its start read its mean.
    effects : ndarray of shape (n_rows,)
        What covariates add.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    answers = np.empty(len(codes))
    n_rows = max(_CHUNK // max(len(model.terms.lags), 1), 1)
    for first in range(0, len(codes), n_rows):
        part = slice(first, first + n_rows)
        answers[part] = _one_step(model, values, codes[part], positions[part])
    return answers + effects


def _one_step(model, values, codes, positions):
    history, terms = model.history, model.terms
    offset = positions - history.start[codes]
    total = terms.deterministic(model.coef, codes, offset + 1, positions)
    lags = np.asarray(terms.lags, dtype=np.int64)
    cells = (history.indptr[codes] + offset)[:, None] - lags
    inside = offset[:, None] >= lags
    known = values[np.where(inside, cells, 0)]
    lagged = np.where(inside, known, model.level[codes][:, None])
    return total + np.einsum("rp,rp->r", lagged, model.lag_coef[codes])


def bridge_gaps(model, covariate_cells):
    """Fill what was not observed by the model's own one-step forecasts.

    Parameters
    ----------
    model : ARModel
    covariate_cells : ndarray of shape (n_cells, n_covariates)

    Returns
    -------
    ARModel
        Whose lags read the bridged history.
    """
    history = model.history
    if not history.has_gaps:
        return model
    gaps = np.flatnonzero(np.isnan(history.data))
    values = history.data.copy()
    codes = np.searchsorted(history.indptr, gaps, side="right") - 1
    positions = gaps - history.indptr[codes] + history.start[codes]
    effects = model.effects(codes, covariate_cells[gaps])
    low, high = model.bounds(codes, 0)
    # each time step reads the forecasts of the steps before it
    order = np.argsort(positions, kind="stable")
    steps = np.flatnonzero(np.diff(positions[order])) + 1
    for group in np.split(order, steps):
        forecast = one_step(
            model, values, codes[group], positions[group], effects[group]
        )
        values[gaps[group]] = np.clip(forecast, low[group], high[group])
    return replace(model, bridged=values)


def recursion(
    model, codes, steps, effects, last_effects, *, told=None, variances=False
):
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
    told : ndarray of shape (n_rows,), default=None
        Series of each row where the codes do not tell: new ones share a code.
    variances : bool, default=False
        Whether forecast variances are wanted.

    Returns
    -------
    forecasts : ndarray of shape (n_rows,)
    variances : ndarray of shape (n_rows,) or None
    """
    check_reach(steps)
    told = codes if told is None else told
    _, first, local = np.unique(told, return_index=True, return_inverse=True)
    series = codes[first]
    order = np.argsort(steps, kind="stable")
    n_steps = int(steps.max())
    bounds = np.searchsorted(steps[order], np.arange(1, n_steps + 2))
    state = _RecursionState(model, series)
    shocks = _Shocks(model.lag_coef[series], model.terms.lags) if variances else None
    effect = last_effects[series]
    shared = _mean_of_repeated(local, steps, effects)
    forecasts = np.empty(len(codes))
    spread = np.empty(len(codes)) if variances else None
    for step in range(1, n_steps + 1):
        rows = order[bounds[step - 1] : bounds[step]]
        which = local[rows]
        effect[which] = shared[rows]
        value, low, high = state.advance(step, effect)
        # rows that repeat a key with other covariates get their own answers
        own = value[which] + (effects[rows] - shared[rows])
        forecasts[rows] = np.clip(own, low[which], high[which])
        if variances:
            spread[rows] = shocks.advance(step)[which]
    if variances:
        spread *= model.sigma[codes] ** 2
    return forecasts, spread


def _mean_of_repeated(local, steps, effects):
    """Effects that a recursion goes on with: the mean of rows with the same key."""
    key = steps * (local.max() + 1) + local
    distinct, owner, counts = np.unique(key, return_inverse=True, return_counts=True)
    if len(distinct) == len(key):
        return effects
    return (np.bincount(owner, weights=effects) / counts)[owner]


class _RecursionState:
    """The newest values of each series, in a ring of as many slots as the longest lag.

    The value of step ``h`` (0 is the last observation) is in slot ``(h - 1) % depth``.
    """

    def __init__(self, model, series):
        self.model, self.series = model, series
        self.lags = np.asarray(model.terms.lags, dtype=np.int64)
        self.depth = max(model.terms.max_lag, 1)
        self.lag_coef = model.lag_coef[series]
        history = model.history
        self.last, self.length = history.last[series], history.lengths[series]
        # oldest first: steps 1 - depth, ..., 0
        back = np.arange(self.depth - 1, -1, -1)[:, None]
        cells = history.cells(series[None, :], self.last - back)
        known = model.values[np.maximum(cells, 0)]
        self.values = np.where(cells >= 0, known, model.level[series])

    def advance(self, step, effect):
        """Values of the next step before they are bounded, and their bounds."""
        model = self.model
        value = effect + model.terms.deterministic(
            model.coef, self.series, self.length + step, self.last + step
        )
        slots = (step - self.lags - 1) % self.depth
        value += np.einsum("sp,ps->s", self.lag_coef, self.values[slots])
        low, high = model.bounds(self.series, step)
        self.values[(step - 1) % self.depth] = np.clip(value, low, high)
        return value, low, high


class _Shocks:
    """What the shocks of each step add to later ones: the moving average weights.

    The squares of the weights add up to the forecast variance, in units of the
    innovations' variance.
    """

    def __init__(self, lag_coef, lags):
        self.lags = np.asarray(lags, dtype=np.int64)
        self.depth = max(lags, default=1)
        self.lag_coef = lag_coef
        self.weights = np.zeros((self.depth, len(lag_coef)))
        self.variance = np.zeros(len(lag_coef))

    def advance(self, step):
        """Variance of the next step."""
        slots = (step - self.lags - 1) % self.depth
        weight = np.einsum("sp,ps->s", self.lag_coef, self.weights[slots])
        if step == 1:
            weight = np.ones(len(weight))
        # explosive series would overflow a float long before a horizon ends
        weight = np.clip(weight, -1e100, 1e100)
        self.weights[(step - 1) % self.depth] = weight
        self.variance = self.variance + weight**2
        return self.variance
