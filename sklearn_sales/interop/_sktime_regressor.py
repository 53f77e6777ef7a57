# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters of sktime as regressors."""

import warnings
from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import MetaEstimatorMixin, RegressorMixin

from sklearn_sales._compat import HasMethods, Interval, StrOptions, fit_context
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.interop._sktime_calls import (
    fit_unit,
    forecast_unit,
    in_sample_unit,
    reads_panels,
)
from sklearn_sales.interop._sktime_layout import lay_out, unit_name
from sklearn_sales.interop._sktime_update import go_on, lay_out_anew
from sklearn_sales.model_selection import quiet_about_new_series
from sklearn_sales.panel import PanelEstimator, UpdateMixin, take_in

__all__ = ["SktimeRegressor"]


class SktimeRegressor(RegressorMixin, MetaEstimatorMixin, UpdateMixin, PanelEstimator):
    """Any forecaster of sktime as a regressor of rows of a panel.

    Each series is forecast by a clone of its own, or all by one where the forecaster
    reads panels itself. Rows are answered by their series and time as everywhere in
    this package, so that the forecaster can be searched, stacked and back-tested.

    Parameters
    ----------
    forecaster : sktime forecaster
        Never changed. Its parameters are reached as ``forecaster__sp`` and the like.
    horizon : int, default=1
        Steps ahead that the forecaster is fitted for, where it must know them in fit
        (direct reduction). Folds of a stack around it are as long.
    pooled : "auto" or bool, default="auto"
        Whether one forecaster is fitted on all series together. ``"auto"`` does so
        where its tag ``y_inner_mtype`` names panels, and that of a forecaster inside
        it where it holds any: a composite hands single series on to most of them.
    missing : "seasonal" or None, default="seasonal"
        What the forecaster reads where a time was not observed. ``"seasonal"``: the
        last sales of the same phase of the season. None: NaN, which not every
        forecaster takes that has the tag ``capability:missing_values``.
    fallback : "naive" or None, default=None
        What answers for a series that cannot be fitted or forecast: None raises an
        error that names it, ``"naive"`` warns and takes the seasonal naive forecast.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where
        no training sale is negative.
    n_jobs : int, default=None
        Number of processes for the fits of the series.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    forecasters_ : list
        The fitted forecasters: one for each series and, at last, one of the mean of
        all series, which answers for series that fit did not see; with pooling one of
        all series before it. None where the fit failed.
    failures_ : dict
        Why series could not be fitted, by their keys, with ``fallback="naive"``.
    panel_ : Panel
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    Notes
    -----
    - Covariates are the forecaster's ``X`` where it reads any. Of steps that X lacks
      the last known values are carried forward.
    - Rows of the training span get the in-sample forecasts of the forecaster, from
      the covariates of fit. Where it has none, or where it is pooled, they get the
      seasonal naive forecast, with a warning.
    - A pooled forecaster knows one end. Series that end before it are continued to
      it by the last season, which also answers the rows in between.
    - ``partial_fit`` fits anew, on all sales. ``observe`` has the forecaster of each
      series read what came after its end, by sktime's ``update`` without new
      parameters; corrections of earlier sales wait for the next ``partial_fit``.
    - Times reach the forecaster as periods of their frequency; business days, numeric
      and irregular times, and grids that pandas has no period for, as whole numbers.

    See Also
    --------
    to_sktime : The way back.

    References
    ----------
    .. [1] M. Loening et al., "sktime: A unified interface for machine learning with
       time series", Workshop on Systems for ML at NeurIPS, 2019.

    Examples
    --------
    >>> from sklearn_sales import SktimeRegressor, load_walmart_sample
    >>> from sktime.forecasting.naive import NaiveForecaster
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> model = SktimeRegressor(NaiveForecaster(sp=52), series=["store", "dept"])
    >>> forecasts = model.fit(X, y).predict(X.tail(3))
    """

    _parameter_constraints: dict = {
        "forecaster": [HasMethods(["fit", "predict", "get_tag", "clone"])],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "pooled": ["boolean", StrOptions({"auto"})],
        "missing": [StrOptions({"seasonal"}), None],
        "fallback": [StrOptions({"naive"}), None],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        forecaster,
        *,
        horizon=1,
        pooled="auto",
        missing="seasonal",
        fallback=None,
        clip="auto",
        n_jobs=None,
        series=None,
        time="auto",
        freq=None,
    ):
        self.forecaster = forecaster
        self.horizon = horizon
        self.pooled = pooled
        self.missing = missing
        self.fallback = fallback
        self.clip = clip
        self.n_jobs = n_jobs
        self.series = series
        self.time = time
        self.freq = freq

    # the forecaster is validated by its own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Fit a forecaster on each series, or one on all.

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
        table, rows, y = self._remember(X, y)
        clips = bool(np.nanmin(y) >= 0) if self.clip == "auto" else self.clip
        self._floor = 0.0 if clips else -np.inf
        self._pools = self._is_pooled()
        self._laid = lay_out(
            self.panel_,
            rows.codes,
            rows.positions,
            self._covariates(table),
            [str(name) for name in self.panel_.schema.covariate_names],
            **self._gaps(),
        )
        naive = SeasonalNaiveRegressor(
            series=self.series, time=self.time, freq=self.freq
        )
        self._naive = naive.fit(table.native, y)
        self._fit_units()
        return self

    def _gaps(self):
        return {"fill": self.missing is not None, "to_end": self._pools}

    def _observe(self, X, y, *, overwrite, learn):
        table, y, update = self._update(X, y, overwrite)
        if self._pools and not learn and update.panel.n_series > self.panel_.n_series:
            raise ValueError(
                f"X holds new series, and {type(self.forecaster).__name__} forecasts "
                "all series at once: take partial_fit, which fits it anew."
            )
        block, ends = self._covariates(table), self._laid.history.last
        self._laid = lay_out_anew(self._laid, update, block, **self._gaps())
        self.panel_ = update.panel
        take_in(self._naive, table.native, y, overwrite=overwrite, learn=learn)
        if learn:
            if self.clip == "auto" and np.nanmin(y, initial=0.0) < 0:
                self._floor = -np.inf
            self._fit_units()
        else:
            self._update_units(update, ends)

    def predict(self, X):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        return self._answer(X, "predict", {}, 1)[:, 0]

    def predict_interval(self, X, coverage=0.9):
        """Lower and upper bounds of the sales of rows, as the forecaster has them.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        coverage : float, default=0.9
            Share of the sales to cover.

        Returns
        -------
        ndarray of shape (n_rows, 2)
        """
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise ValueError(
                f"coverage must be a number between 0 and 1; got coverage={coverage!r}."
            )
        self._check_intervals()
        return self._answer(X, "predict_interval", {"coverage": coverage}, 2)

    def predict_quantiles(self, X, q):
        """Quantiles of the sales of rows, as the forecaster has them.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        q : float or array-like of shape (n_quantiles,)
            Between 0 and 1, in any order.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles)
        """
        levels = np.atleast_1d(np.asarray(q, dtype=np.float64))
        if levels.ndim != 1 or not np.all((levels > 0) & (levels < 1)):
            raise ValueError(
                f"q must be a number between 0 and 1 or a list of them; got q={q!r}."
            )
        self._check_intervals()
        argument = {"alpha": levels.tolist()}
        return self._answer(X, "predict_quantiles", argument, len(levels))

    def _is_pooled(self):
        if self.pooled != "auto":
            return bool(self.pooled)
        return reads_panels(self.forecaster)

    def _covariates(self, table):
        """Covariates that the forecaster reads, or None."""
        columns = list(self.panel_.schema.covariates)
        if not columns or not self.forecaster.get_tag("capability:exogenous"):
            return None
        return table.float_columns(columns, owner=type(self).__name__, allow_nan=False)

    def _fit_units(self):
        self._units = self._make_units()
        fitted = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_unit)(*self._training(unit)) for unit in self._units
        )
        self._keep(fitted, "fitted")

    def _make_units(self):
        """Codes of the series of each forecaster."""
        n_series = self.panel_.n_series
        if self._pools:
            used = np.flatnonzero(self._laid.history.lengths[:n_series] > 0)
            units = [used]
        else:
            units = [np.array([code]) for code in range(n_series)]
        return [*units, np.array([n_series])] if n_series > 1 else units

    def _update_units(self, update, ends):
        before, self._units = self._units, self._make_units()
        known = (self.forecasters_, before, self._units, update, self._laid, ends)
        self._keep(go_on(*known, training=self._training), "updated")

    def _keep(self, fitted, what):
        self.failures_ = {}
        for unit, one in zip(self._units, fitted, strict=True):
            if isinstance(one, Exception):
                self._fail(unit, one, what)
        self.forecasters_ = [None if isinstance(f, Exception) else f for f in fitted]

    def _training(self, unit):
        """What fit_unit takes; no sales for a series that was never observed."""
        as_panel, laid, y, X = len(unit) > 1, self._laid, None, None
        if laid.history.lengths[unit].any():
            y = laid.sales(unit, as_panel=as_panel)
            X = laid.known(unit, as_panel=as_panel)
        needs = self.forecaster.get_tag("requires-fh-in-fit")
        fh = np.arange(1, self.horizon + 1) if needs else None
        return self.forecaster, y, X, fh

    def _fail(self, unit, error, what):
        """Raise an error that names the series, or warn and, in fit, remember it."""
        name = unit_name(self.panel_, unit)
        text = (
            f"{type(self.forecaster).__name__} cannot be {what} for {name}: "
            f"{type(error).__name__}: {error}"
        )
        if self.fallback is None:
            raise ValueError(
                f"{text}. Correct the series or the forecaster, or answer such series "
                "by fallback='naive'."
            ) from error
        if what != "asked":
            self.failures_[name] = f"{type(error).__name__}: {error}"
        warnings.warn(
            f"{text}. The seasonal naive forecast answers.", UserWarning, stacklevel=5
        )

    def _check_intervals(self):
        if not self.forecaster.get_tag("capability:pred_int"):
            raise TypeError(
                f"{type(self.forecaster).__name__} has no intervals and no quantiles "
                "(its tag capability:pred_int is False). Take a ConformalRegressor "
                "around this SktimeRegressor, or another forecaster."
            )

    def _answer(self, X, method, argument, n_answers):
        table, rows = self._read(X)
        block = self._covariates(table)
        n_series = self.panel_.n_series
        codes = rows.codes if n_series > 1 else np.zeros_like(rows.codes)
        steps = rows.positions - self._laid.history.last[codes]
        answers = np.full((len(codes), n_answers), np.nan)
        failed = np.zeros(len(codes), dtype=bool)
        unit_of = np.zeros(n_series + 1, dtype=np.int64)
        for number, unit in enumerate(self._units):
            unit_of[unit] = number
        for number in np.unique(unit_of[codes]):
            own = np.flatnonzero(unit_of[codes] == number)
            found = self._ask_unit(number, own, codes, steps, block, method, argument)
            if found is None:
                failed[own] = True
            else:
                answers[own] = found
        return self._completed(table, answers, failed, steps, method)

    def _ask_unit(self, number, own, codes, steps, block, method, argument):
        """Answers of the rows of one forecaster, or None where it failed."""
        unit, fitted = self._units[number], self.forecasters_[number]
        if fitted is None:
            return None
        laid, as_panel = self._laid, len(unit) > 1
        place = np.searchsorted(unit, codes[own])
        ahead = steps[own] > 0
        out = None
        if ahead.any():
            n_steps = self._n_steps(int(steps[own].max()))
            rows = own[ahead]
            covariates = None if block is None else block[rows]
            X = laid.ahead(
                unit, n_steps, place[ahead], steps[rows], covariates, as_panel=as_panel
            )
            found = forecast_unit(fitted, len(unit), n_steps, X, method, argument)
            if self._failed(unit, found):
                return None
            out = np.full((len(own), found.shape[2]), np.nan)
            out[ahead] = found[place[ahead], steps[rows] - 1]
        if not ahead.all() and self._has_in_sample(method, as_panel):
            length = laid.history.lengths[unit[0]]
            X = laid.known(unit, as_panel=False)
            found = in_sample_unit(fitted, length, X, method, argument)
            if self._failed(unit, found, may_hold_nan=True):
                return None
            if out is None:
                out = np.full((len(own), found.shape[1]), np.nan)
            back = length - 1 + steps[own]
            known = ~ahead & (back >= 0)
            out[known] = found[back[known]]
        return np.nan if out is None else out

    def _n_steps(self, farthest):
        if not self.forecaster.get_tag("requires-fh-in-fit"):
            return farthest
        if farthest > self.horizon:
            raise ValueError(
                f"X holds rows {farthest} steps ahead, but "
                f"{type(self.forecaster).__name__} was fitted for horizon="
                f"{self.horizon}: give a longer horizon."
            )
        return self.horizon

    def _has_in_sample(self, method, as_panel):
        tag = "capability:insample"
        if method != "predict":
            tag = "capability:pred_int:insample"
        return not as_panel and self.forecaster.get_tag(tag)

    def _failed(self, unit, found, *, may_hold_nan=False):
        """Whether a forecaster answered by an error or by no number."""
        if not isinstance(found, Exception):
            if may_hold_nan or np.isfinite(found).all():
                return False
            found = ValueError("it forecasts NaN or infinity")
        self._fail(unit, found, "asked")
        return True

    def _completed(self, table, answers, failed, steps, method):
        """Answers with what the forecasters do not know from the naive forecast."""
        absent = np.isnan(answers).any(axis=1)
        if absent.any() and method != "predict":
            raise ValueError(
                f"{int(absent.sum())} row(s) of X have no interval: they lie in the "
                f"training span, where {type(self.forecaster).__name__} has none, or "
                "belong to series in failures_. Ask for later rows of other series."
            )
        if absent.any():
            inside = ~failed & (steps <= 0)
            if inside.any() and not self._has_in_sample(method, self._pools):
                warnings.warn(
                    f"{type(self.forecaster).__name__} has no forecasts of its "
                    f"training span; {int(inside.sum())} row(s) of it are answered by "
                    "the seasonal naive forecast.",
                    UserWarning,
                    stacklevel=4,
                )
            with quiet_about_new_series():
                naive = self._naive.predict(table.native)
            answers[absent] = naive[absent, None]
        return np.maximum(answers, self._floor)

    def __sklearn_tags__(self):
        """Tags of a baseline where the forecaster sees no covariate."""
        tags = super().__sklearn_tags__()
        sees = self.forecaster.get_tag("capability:exogenous")
        tags.regressor_tags.poor_score = not sees
        return tags
