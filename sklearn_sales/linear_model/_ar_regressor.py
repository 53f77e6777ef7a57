# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Autoregression of every series of a panel."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_sales._compat import (
    Interval,
    StrOptions,
    fit_context,
    get_threadpool_controller,
)
from sklearn_sales.linear_model._ar_fit import fit_each, fit_together
from sklearn_sales.linear_model._ar_forecast import (
    ARModel,
    bridge_gaps,
    carry_coefficients,
    one_step,
    recursion,
)
from sklearn_sales.linear_model._ar_memory import ARMemory
from sklearn_sales.linear_model._ar_orders import customary_order, select_orders
from sklearn_sales.linear_model._ar_rows import CovariateRows
from sklearn_sales.linear_model._ar_series import pooling_scales, series_ranges
from sklearn_sales.linear_model._ar_terms import ARTerms
from sklearn_sales.panel import PanelEstimator, UpdateMixin, series_of

__all__ = ["ARRegressor"]


class ARRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    r"""Autoregression of every series, fitted by conditional least squares.

    For each series of the panel,

    .. math:: y_t = c + b t + s_{t \bmod m} + \beta' x_t
              + \sum_{i \in \text{lags}} \varphi_i y_{t-i} + \varepsilon_t ,

    where the covariates :math:`x_t` are all columns of X that are neither keys nor
    the time. All series are solved at once. Rows of the training span are answered
    one step ahead, from the sales before them; rows after it by recursion.

    Parameters
    ----------
    lags : int, list of int, "aic", "bic" or None, default=7
        An integer n means lags 1..n; a list names them. ``"aic"`` and ``"bic"``
        choose for each series how many of the lags 1..max_lags it uses, as long as
        two rows are left for each term. None uses no lag.
    max_lags : int, default=None
        Longest lag for ``lags="aic"`` or ``"bic"``. None takes ``10 * log10(n)``,
        where n is the length of each series.
    trend : {"n", "c", "t", "ct"}, default="c"
        Nothing, a constant, a linear trend, or both.
    seasonal : int, "auto" or None, default=None
        Number of phases of seasonal dummies, such as 7 for weekdays in daily data.
        ``"auto"`` takes the season that the frequency is known for.
    alpha : float, default=0.0
        Ridge penalty on lags and covariates, as a share of each column's sum of
        squares about its mean (about zero where there is no constant). With n
        regression rows it is ``Ridge(alpha=alpha * n)`` on standardised columns,
        hence free of the units of sales. Constant, trend and season go free.
    pooled : bool, default=False
        Whether all series share their coefficients.
    scaling : {"mean", "std"} or None, default="mean"
        With ``pooled=True``, what each series is divided by first: its mean absolute
        sales, its standard deviation (a constant series: its mean absolute sales),
        or nothing.
    clip : "auto", bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where
        no training sale is negative.
    n_jobs : int, default=None
        Number of threads that solve parts of the series; None is one, -1 all cores. Of
        no meaning where ``pooled=True``. The coefficients are the same with any number.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    lag_coef_ : ndarray of shape (n_series, n_lags)
        Coefficients of the lags, in the order of ``lags_``.
    covariate_coef_ : ndarray of shape (n_series, n_covariates)
    intercept_ : ndarray of shape (n_series,)
    trend_coef_ : ndarray of shape (n_series,)
        Growth in one time step; t is 1 at the first observation of a series.
    seasonal_coef_ : ndarray of shape (n_series, n_phases)
        By calendar position modulo the season; phase 0 is zero where there is a
        constant.
    sigma_ : ndarray of shape (n_series,)
        Root mean squared residual, in units of sales.
    order_ : ndarray of shape (n_series,)
        Number of lags that each series uses; 0 where its mean answers for it.
    lags_ : ndarray of shape (n_lags,)
        Lags in use.
    series_ : pandas.DataFrame
        Keys of the series, in the order of the coefficients.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    LagFeatures : The lags as features for any regressor.
    SeasonalNaiveRegressor : The baseline.

    Notes
    -----
    - Rows whose target or lags were not observed are left out of the least squares,
      unless that leaves a series too few rows; then its lags read the last known
      value. A series with no more rows than terms is answered by its mean, or, where
      there is neither a constant nor a season, by the mean of its lags.
    - For predictions, gaps are bridged by the model's own one-step forecasts; lags
      before the start of a series read its mean.
    - Collinear terms get the solution of least norm on standardised columns; beside
      a constant, a covariate that never moves gets no coefficient. A constant series
      is forecast by its constant.
    - In a recursion, the covariates of the steps between the last observation and a
      row are read from the same X; for steps that X lacks, the last known values of
      the series are carried forward. Where X repeats a series and time with other
      covariates, each row gets its own answer, and later steps read the mean.
    - A recursion stays within the range of its series, widened on both sides by its
      width (and again for every length of the history ahead), so that explosive
      coefficients cannot run away.
    - Series that fit did not see are answered from the mean of all series.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, G. C. Reinsel and G. M. Ljung, "Time Series
       Analysis: Forecasting and Control", 5th ed., Wiley, 2015, chapters 3, 5 and 7.
    .. [2] H. Luetkepohl, "New Introduction to Multiple Time Series Analysis",
       Springer, 2005, section 4.3 (information criteria).

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import ARRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2021-01-01", periods=8)})
    >>> y = [10.0, 12.0, 11.0, 13.0, 12.0, 14.0, 13.0, 15.0]
    >>> model = ARRegressor(lags=2).fit(X, y)
    >>> future = pd.DataFrame({"date": pd.date_range("2021-01-09", periods=3)})
    >>> model.predict(future).round(2)
    array([14., 16., 15.])
    """

    _parameter_constraints: dict = {
        "lags": [
            Interval(Integral, 1, None, closed="left"),
            "array-like",
            StrOptions({"aic", "bic"}),
            None,
        ],
        "max_lags": [Interval(Integral, 1, None, closed="left"), None],
        "trend": [StrOptions({"n", "c", "t", "ct"})],
        "seasonal": [
            Interval(Integral, 2, None, closed="left"),
            StrOptions({"auto"}),
            None,
        ],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "pooled": ["boolean"],
        "scaling": [StrOptions({"mean", "std"}), None],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        lags=7,
        *,
        max_lags=None,
        trend="c",
        seasonal=None,
        alpha=0.0,
        pooled=False,
        scaling="mean",
        clip="auto",
        n_jobs=None,
        series=None,
        time="auto",
        freq=None,
    ):
        self.lags = lags
        self.max_lags = max_lags
        self.trend = trend
        self.seasonal = seasonal
        self.alpha = alpha
        self.pooled = pooled
        self.scaling = scaling
        self.clip = clip
        self.n_jobs = n_jobs
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Fit the autoregression of every series.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time, in any order: keys, time, covariates.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        if self.pooled and isinstance(self.lags, str):
            raise ValueError(
                f"lags={self.lags!r} chooses the lags of each series, but pooled=True "
                "shares them: give lags as a number or a list, or pooled=False."
            )
        table, rows, _ = self._remember(X, y)
        rows = CovariateRows(rows.codes, rows.positions, self._covariates(table))
        terms = self._make_terms(rows.covariates.shape[1])
        return self._learn(terms, ARMemory.of_rows(rows, terms))

    def _learn(self, terms, memory):
        """Fit ``panel_``, whose covariates are given."""
        history, cells = self.panel_.history, memory.grid(self.panel_)
        orders = np.full(history.n_series, len(terms.lags))
        # the products of one series are small: threads would cost more than they bring
        with get_threadpool_controller().limit(limits=1, user_api="blas"):
            if self.pooled:
                scale = pooling_scales(history, self.scaling)
                how = self.panel_, cells, terms, self.alpha, scale, memory
                coef, sigma, short, memory = fit_together(*how)
            else:
                if isinstance(self.lags, str):
                    longest = self._longest_orders()
                    orders = select_orders(history, cells, terms, self.lags, longest)
                how = self.panel_, cells, terms, self.alpha, orders, memory
                # a criterion may want other rows next time: all are kept
                forget = not isinstance(self.lags, str)
                coef, sigma, short, memory = fit_each(
                    *how, forget=forget, n_jobs=self.n_jobs
                )
        if terms.has_constant or terms.season:
            # their mean stands for series too short for their terms
            orders[short] = 0
        self._order, self._memory = orders, memory
        self._set_model(terms, coef, sigma, cells)
        self._floor = 0.0 if self._clips(history.data) else -np.inf
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, _, update = self._update(X, y, overwrite)
        rows, memory = update.rows, self._memory
        covariates, terms = self._covariates(table), self._model.terms
        if memory is None:
            rows = CovariateRows(rows.codes, rows.positions, covariates)
            memory = ARMemory.of_rows(rows, terms)
        else:
            memory = memory.update(update, covariates, terms)
        if learn:
            memory.check_nothing_lost(update.panel, terms)
            self.panel_ = update.panel
            self._learn(self._make_terms(terms.n_covariates), memory)
            return
        coef = carry_coefficients(self._model, update)
        sigma = self._model.sigma[update.parents]
        self.panel_, self._order = update.panel, self._order[update.parents]
        self._set_model(terms, coef, sigma, memory.grid(update.panel))
        if terms.n_covariates:
            self._memory = memory.drop_rows(update.panel, terms, memory.kept)

    def _set_model(self, terms, coef, sigma, cells):
        history = self.panel_.history
        model = ARModel(terms, coef, sigma, history, *series_ranges(history))
        self._model = bridge_gaps(model, cells)
        last_cells = np.maximum(history.indptr[1:] - 1, 0)
        self._last_covariates = cells[last_cells]

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
            Only with ``return_std=True``: of the innovations up to the row's step,
            with the coefficients taken as known.
        """
        table, rows = self._read(X)
        model, codes = self._model, rows.codes
        effects = model.effects(codes, self._covariates(table))
        steps = rows.positions - model.history.last[codes]
        ahead = steps > 0
        answers, variances = np.empty(len(codes)), model.sigma[codes] ** 2
        answers[~ahead] = one_step(
            model, model.values, codes[~ahead], rows.positions[~ahead], effects[~ahead]
        )
        if ahead.any():
            answers[ahead], spread = recursion(
                model,
                codes[ahead],
                steps[ahead],
                effects[ahead],
                self._last_effects(),
                told=series_of(table, self.panel_, codes)[ahead],
                variances=return_std,
            )
        answers = np.maximum(answers, self._floor)
        if not return_std:
            return answers
        if ahead.any():
            variances[ahead] = spread
        return answers, np.sqrt(variances)

    def _covariates(self, table):
        return table.float_columns(
            list(self.panel_.schema.covariates),
            owner=type(self).__name__,
            allow_nan=False,
        )

    def _last_effects(self):
        """What the last known covariates of each series add to its forecasts."""
        codes = np.arange(self._model.history.n_series)
        return self._model.effects(codes, self._last_covariates)

    def _make_terms(self, n_covariates):
        season = self.seasonal or 0
        if season == "auto":
            season = self.panel_.calendar.season
            season = season if season > 1 else 0
        return ARTerms(self._resolve_lags(), self.trend, season, n_covariates)

    def _resolve_lags(self):
        if self.lags is None:
            return ()
        if isinstance(self.lags, str):
            return tuple(range(1, int(self._longest_orders().max()) + 1))
        if isinstance(self.lags, Integral):
            return tuple(range(1, int(self.lags) + 1))
        lags = np.asarray(self.lags)
        if lags.size == 0:
            raise ValueError(
                f"lags={self.lags!r} names no lag. Give lags=None for a model without "
                "lags."
            )
        if lags.ndim != 1 or lags.dtype.kind not in "iu" or (lags < 1).any():
            raise ValueError(
                f"lags={self.lags!r} must list whole numbers >= 1: lag 1 is the last "
                "known value, and lag 0 would be the value to forecast."
            )
        if len(np.unique(lags)) < len(lags):
            raise ValueError(f"lags={self.lags!r} names a lag twice.")
        return tuple(int(lag) for lag in np.sort(lags))

    def _longest_orders(self):
        """How many lags each series may use where a criterion chooses."""
        lengths = self.panel_.history.lengths
        if self.max_lags is None:
            return np.maximum(customary_order(lengths), 1)
        return np.full(len(lengths), self.max_lags)

    def _clips(self, y):
        if self.clip == "auto":
            return bool(np.nanmin(y) >= 0)
        return self.clip

    def _own(self, columns):
        """Coefficients of the series that fit saw (without the pooled one)."""
        return self._model.coef[: self.panel_.n_series, columns]

    @property
    def lags_(self):
        return np.asarray(self._model.terms.lags, dtype=np.int64)

    @property
    def lag_coef_(self):
        return self._own(self._model.terms.lag_columns)

    @property
    def covariate_coef_(self):
        return self._own(self._model.terms.covariate_columns)

    @property
    def intercept_(self):
        return self._own(self._model.terms.constant_columns).sum(axis=1)

    @property
    def trend_coef_(self):
        return self._own(self._model.terms.trend_columns).sum(axis=1)

    @property
    def seasonal_coef_(self):
        terms = self._model.terms
        dummies = self._own(terms.seasonal_columns)
        reference = np.zeros((len(dummies), terms.season - terms.n_dummies))
        return np.hstack([reference, dummies])

    @property
    def sigma_(self):
        return self._model.sigma[: self.panel_.n_series]

    @property
    def order_(self):
        return self._order[: self.panel_.n_series]

    @property
    def series_(self):
        return self.panel_.keys.frame()
