# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The theta method on seasonally adjusted sales."""

from dataclasses import fields, replace
from numbers import Integral, Real

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_sales._compat import Interval, StrOptions, fit_context
from sklearn_sales.exponential_smoothing._seasonal_indices import (
    CLOSED,
    seasonal_indices,
)
from sklearn_sales.exponential_smoothing._theta_kernels import (
    ThetaFit,
    fit_theta,
    forecast_theta,
)
from sklearn_sales.panel import PanelEstimator, UpdateMixin
from sklearn_sales.panel._blocks import block_cells, length_blocks

__all__ = ["ThetaRegressor"]

# Cells of a block times candidates of the search: what stays in the cache.
_BLOCK_SIZE = 4_000_000


class ThetaRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """Theta method for every series, on seasonally adjusted sales.

    Simple exponential smoothing plus a share of the straight line through the
    series, on sales divided by their seasonal indices; smoothing weight and initial
    level (and theta, if asked for) are fitted to each series by least squares, all
    series at once. Indices are learned over all series: each series has its own as
    far as its cycles show it, else those of series like it. Covariates are not used.

    Parameters
    ----------
    season : int, list of int, "auto" or None, default="auto"
        Length(s) of the season in time steps, each adjusted for in turn, the shortest
        first. ``"auto"`` takes the season that the frequency is known for. None does
        not adjust.
    theta : float or "optimized", default=2.0
        1 or more: 1 is no trend, 2 the classical method, half the slope.
        ``"optimized"`` fits it to each series.
    damping : float, default=1.0
        Each further step ahead grows by this times the growth of the step before.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where
        no training sale is negative.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    alpha_ : ndarray of shape (n_series,)
        Smoothing weights.
    theta_ : ndarray of shape (n_series,)
        1 is no trend; infinity is the whole slope.
    season_ : tuple of int
        Seasons adjusted for.
    seasonal_indices_ : list of ndarray of shape (n_series, season)
        Of each season: what sales are multiplied by, by calendar position modulo the
        season.
    sigma_ : ndarray of shape (n_series,)
        Root mean squared one-step error of the adjusted series, in units of sales.
    series_ : pandas.DataFrame
        Keys of the series, in the order of the arrays above.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    ARRegressor : Autoregression with covariates.
    SeasonalNaiveRegressor : The baseline.

    Notes
    -----
    Rows of the training span are answered one step ahead, from the sales before
    them; rows after it from the last observation. What was not observed does not
    move the level. Series of both signs, such as differences, have no multiplicative
    season and are not adjusted. Series that fit did not see are answered from
    the mean of all series.

    References
    ----------
    .. [1] V. Assimakopoulos and K. Nikolopoulos, "The theta model: a decomposition
       approach to forecasting", International Journal of Forecasting 16 (2000),
       521-530.
    .. [2] J. A. Fiorucci, T. R. Pellegrini, F. Louzada, F. Petropoulos and A. B.
       Koehler, "Models for optimising the theta method and their relationship to
       state space models", International Journal of Forecasting 32 (2016),
       1151-1161.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import ThetaRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2021-01-01", periods=28)})
    >>> y = np.tile([10.0, 10, 10, 10, 10, 20, 30], 4)
    >>> model = ThetaRegressor().fit(X, y)
    >>> future = pd.DataFrame({"date": pd.date_range("2021-01-29", periods=7)})
    >>> model.predict(future).round(1)
    array([10., 10., 10., 10., 10., 20., 30.])
    """

    _parameter_constraints: dict = {
        "season": [
            Interval(Integral, 2, None, closed="left"),
            "array-like",
            StrOptions({"auto"}),
            None,
        ],
        "theta": [
            Interval(Real, 1, None, closed="left"),
            StrOptions({"optimized"}),
        ],
        "damping": [Interval(Real, 0, 1, closed="right")],
        "clip": ["boolean", StrOptions({"auto"})],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        season="auto",
        *,
        theta=2.0,
        damping=1.0,
        clip="auto",
        series=None,
        time="auto",
        freq=None,
    ):
        self.season = season
        self.theta = theta
        self.damping = damping
        self.clip = clip
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Fit the theta model of every series.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time, in any order: keys and time; other
            columns are not used.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        self._remember(X, y)
        return self._learn_history()

    def _observe(self, X, y, *, overwrite, learn):
        self.panel_ = self._update(X, y, overwrite)[2].panel
        self._learn_history()

    def _learn_history(self):
        """Seasonal indices and states of all series."""
        history = self.panel_.history
        negative = bool(np.nanmin(history.data) < 0)
        self.season_ = self._resolve_season()
        self._indices = _learn_indices(history, self.season_, self._groupings())
        adjusted = replace(history, data=self._adjusted(history))
        theta = None if self.theta == "optimized" else float(self.theta)
        self._fit, self._fitted = _fit_series(adjusted, theta)
        clips = not negative if self.clip == "auto" else self.clip
        self._floor = 0.0 if clips else -np.inf
        return self

    def predict(self, X, return_std=False):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.
        return_std : bool, default=False
            Whether to return the standard deviation of the forecast error as well.

        Returns
        -------
        y_pred : ndarray of shape (n_rows,)
            Forecast of the mean, in units of y.
        y_std : ndarray of shape (n_rows,)
            Only with ``return_std=True``.
        """
        _, rows = self._read(X)
        codes, history = rows.codes, self.panel_.history
        steps = rows.positions - history.last[codes]
        answers, deviations = forecast_theta(
            self._fit, codes, np.maximum(steps, 1), self.damping
        )
        inside = steps <= 0
        # a row before the first observation has the first forecast of its series
        positions = np.maximum(rows.positions, history.start[codes])[inside]
        answers[inside] = self._fitted[history.cells(codes[inside], positions)]
        factor = self._factors(codes, rows.positions)
        answers = np.maximum(answers * factor, self._floor)
        return (answers, deviations * factor) if return_std else answers

    def _resolve_season(self):
        if self.season is None:
            return ()
        if isinstance(self.season, str):
            season = self.panel_.calendar.season
            return (season,) if season > 1 else ()
        seasons = np.atleast_1d(np.asarray(self.season))
        if seasons.ndim != 1 or seasons.dtype.kind not in "iu" or (seasons < 2).any():
            raise ValueError(
                f"season={self.season!r} must be a whole number of time steps >= 2, or "
                "a list of them."
            )
        return tuple(int(season) for season in np.unique(seasons))

    def _groupings(self):
        """Key columns as groups of series that may be alike; the pool is a group."""
        columns = self.panel_.keys.level_codes.T
        several = (
            [c for c in columns if len(np.unique(c)) > 1] if len(columns) > 1 else []
        )
        return [np.append(codes, codes.max() + 1) for codes in several]

    def _factors(self, codes, positions):
        """What adjusted sales are multiplied by, shape (n,)."""
        factor = np.ones(len(codes))
        for season, indices in zip(self.season_, self._indices, strict=True):
            factor *= indices[codes, positions % season]
        return factor

    def _adjusted(self, history):
        codes = np.repeat(np.arange(history.n_series), history.lengths)
        positions = np.arange(len(codes)) + np.repeat(
            history.start - history.indptr[:-1], history.lengths
        )
        factor = self._factors(codes, positions)
        return _divide(history, factor)

    @property
    def alpha_(self):
        return self._fit.alpha[: self.panel_.n_series]

    @property
    def theta_(self):
        weight = self._fit.weight[: self.panel_.n_series]
        with np.errstate(divide="ignore"):
            return 1.0 / (1.0 - weight)

    @property
    def seasonal_indices_(self):
        return [indices[: self.panel_.n_series] for indices in self._indices]

    @property
    def sigma_(self):
        return self._fit.sigma[: self.panel_.n_series]

    @property
    def series_(self):
        return self.panel_.keys.frame()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # it answers from past sales alone, whatever the covariates say
        tags.regressor_tags.poor_score = True
        return tags


def _divide(history, factor):
    """Sales over their seasonal factor; closed days tell nothing of the level."""
    closed = factor < CLOSED
    adjusted = history.data / np.where(closed, 1.0, factor)
    adjusted[closed] = np.nan
    return adjusted


def _learn_indices(history, seasons, groupings):
    """Indices of each season, learned after the shorter ones are taken out."""
    learned = []
    for season in seasons:
        indices = seasonal_indices(history, season, groupings)
        learned.append(indices)
        if season != seasons[-1]:
            codes = np.repeat(np.arange(history.n_series), history.lengths)
            phase = np.arange(len(codes)) + np.repeat(
                history.start - history.indptr[:-1], history.lengths
            )
            factor = indices[codes, phase % season]
            history = replace(history, data=_divide(history, factor))
    return learned


def _fit_series(history, theta):
    """Fit block by block.

    Returns
    -------
    fit : ThetaFit
        Of all series of the history.
    fitted : ndarray of shape (n_cells,)
        One-step forecasts.
    """
    names = [field.name for field in fields(ThetaFit)]
    parts = {name: np.zeros(history.n_series) for name in names}
    fitted = np.zeros(len(history.data))
    for codes in length_blocks(history.lengths, _BLOCK_SIZE):
        cells, inside = block_cells(history, codes)
        values = np.where(inside, history.data[cells], np.nan)
        columns = np.ascontiguousarray(values.T)
        fit, one_step = fit_theta(columns, history.lengths[codes], theta)
        for name in names:
            parts[name][codes] = getattr(fit, name)
        fitted[cells[inside]] = one_step.T[inside]
    return ThetaFit(**parts), fitted
