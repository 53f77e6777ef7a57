# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasting reduced to regression."""

from numbers import Integral

import numpy as np
from sklearn.base import RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor

from sklearn_sales._compat import (
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
    get_output_config,
)
from sklearn_sales.compose._anchor import make_anchor
from sklearn_sales.compose._direct import Direct, step_blocks
from sklearn_sales.compose._inner_rows import InnerRows, Training
from sklearn_sales.compose._rectified import RECURSIVE_FORECAST, Rectified
from sklearn_sales.compose._recursive import Recursive
from sklearn_sales.compose._sample_paths import Residuals, ResidualShocks
from sklearn_sales.panel import PanelEstimator, UpdateMixin, series_of
from sklearn_sales.preprocessing import LagFeatures

__all__ = ["ReductionRegressor"]


class ReductionRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """Any scikit-learn regressor behind lag features, as a forecaster.

    One regressor learns from all series. How it forecasts several steps ahead is a
    parameter that a search can choose.

    Parameters
    ----------
    regressor : estimator, default=None
        A regressor, or a pipeline that ends in one. None is
        ``HistGradientBoostingRegressor(early_stopping=False)``.
    features : LagFeatures, default=None
        What the regressor reads; None is ``LagFeatures()``. Its ``horizon``,
        ``series``, ``time`` and ``freq`` are set from here.
    strategy : {"direct", "recursive", "rectify"}, default="direct"
        - ``"direct"``: each row is answered from what is known at its origin; the
          regressor is fitted on rows that are 1..horizon steps ahead of theirs.
        - ``"recursive"``: the regressor is fitted one step ahead and fed its own
          forecasts, all series of a step in one call.
        - ``"rectify"``: recursive, then a direct regression of what the recursion
          misses.
    horizon : int, default=1
        How many steps ahead are to be forecast. Of no meaning for ``"recursive"``.
    n_origins : int, default=1
        At how many different steps each training row is used by a direct regression:
        more rows, of the same targets.
    max_samples : int, default=None
        The most rows that a regressor is fitted on; with ``n_origins`` above 1 a row
        counts once for each of its origins. Of more, so many are drawn by a fixed
        hash of series and time: the time of a fit is bounded, and many rows of a
        panel say much the same. None takes all.
    steps_per_model : int, default=None
        With ``"direct"``: a clone of the regressor for each block of so many steps.
        None is one for all; 1 is one for each step.
    anchor : {"last", "seasonal"} or None, default=None
        What is subtracted from the target before the regressor is fitted, and added to
        its answers: the last value that is known at the row's origin, or the last
        known one of the row's phase of the season. A regressor that cannot
        extrapolate, such as trees, then follows trends. The features stay lags of
        the sales. None subtracts nothing.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero, and fed back as zero.
        ``"auto"`` does so where no training sale is negative.
    n_jobs : int, default=None
        Number of regressors fitted at once, for ``steps_per_model``.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    regressor_ : estimator
        The fitted regressor; with ``steps_per_model``, the list of them; with
        ``"rectify"``, that of the recursion.
    correction_ : estimator
        With ``"rectify"``: the regressor of what the recursion misses.
    features_ : LagFeatures
        The fitted features.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    LagFeatures : The features, for pipelines.
    ARRegressor : Recursion of linear models, solved for each series.

    Notes
    -----
    - The regressor reads a data frame with the names of ``features`` where X is a
      data frame, in every step, and an array where X is an array.
    - Rows whose target was not observed are left out of the regression. Rows whose
      lags are not known are kept, unless the regressor takes no NaN; then they are
      left out too, and read the mean of a feature when they are predicted.
    - Rows of the training span are answered from their own origin, which is one step
      before them with ``"recursive"`` and 1..horizon steps with the others (see
      :class:`LagFeatures`).
    - The season of ``anchor="seasonal"`` is the shortest one of ``features``; without
      one, that of the calendar. A phase that was not observed reads one season
      further back, and where there is none the last known value. A row whose origin
      knows no sale of its series is left out of the regression, and anchored at the
      mean of all training sales when it is predicted. With
      ``"rectify"`` the recursion is anchored, and the correction is of its forecasts.
    - A recursion reads the covariates of the steps between the last observation and a
      row from the same X; for steps that X lacks, the last known values of the series
      are carried forward. Windows pooled by a group stay as the origin knows them.

    References
    ----------
    .. [1] S. Ben Taieb and R. J. Hyndman, "Recursive and direct multi-step
       forecasting: the best of both worlds", Monash University, working paper 19/12,
       2012.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_sales import LagFeatures, ReductionRegressor
    >>> from sklearn_sales.datasets import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> train = X["date"] < "2012-08-01"
    >>> model = ReductionRegressor(
    ...     LinearRegression(), features=LagFeatures(season="auto"),
    ...     strategy="recursive", series=["store", "dept"],
    ... )
    >>> model.fit(X[train], y[train]).predict(X[~train]).shape
    (91,)
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"]), None],
        "features": [HasMethods(["fit", "transform"]), None],
        "strategy": [StrOptions({"direct", "recursive", "rectify"})],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "n_origins": [Interval(Integral, 1, None, closed="left")],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        "steps_per_model": [Interval(Integral, 1, None, closed="left"), None],
        "anchor": [StrOptions({"last", "seasonal"}), None],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        regressor=None,
        *,
        features=None,
        strategy="direct",
        horizon=1,
        n_origins=1,
        max_samples=None,
        steps_per_model=None,
        anchor=None,
        clip="auto",
        n_jobs=None,
        series=None,
        time="auto",
        freq=None,
    ):
        self.regressor = regressor
        self.features = features
        self.strategy = strategy
        self.horizon = horizon
        self.n_origins = n_origins
        self.max_samples = max_samples
        self.steps_per_model = steps_per_model
        self.anchor = anchor
        self.clip = clip
        self.n_jobs = n_jobs
        self.series = series
        self.time = time
        self.freq = freq

    # the inner regressor is validated by its own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Fit the regressor on the lag features of X and y.

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
        horizon = 1 if self.strategy == "recursive" else self.horizon
        self.features_ = self._fit_features(table, rows, horizon)
        self._library = self._choose_library(table)
        anchor = make_anchor(self.anchor, self._season(), y)
        covariates = self._covariates(table)
        training = Training(table, rows, y, covariates, self.max_samples)
        regressor = self._regressor()
        if self.strategy == "direct":
            self._model = self._fit_direct(regressor, training, anchor)
            fitted = self._model.regressors
            self.regressor_ = fitted if self.steps_per_model else fitted[0]
        else:
            self._model = self._fit_recursive(regressor, training, anchor)
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, _, update = self._update(X, y, overwrite)
        covariates = self._covariates(table)
        self.features_._take_in(update, table, learn=False)
        if self.strategy != "direct":
            model = self._model
            recursive = model.recursive if self.strategy == "rectify" else model
            if self.strategy == "rectify":
                recursive.inner.maker.take_in(update, table)
            else:
                self._residuals.renumber(update.parents)
            recursive.take_in(update, covariates)
        self.panel_ = update.panel

    def predict(self, X):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        y_pred : ndarray of shape (n_rows,)
            Forecasts of what the regressor's loss rewards, in units of y.
        """
        table, rows = self._read(X)
        answers = self._model.predict(table, rows, self._covariates(table))
        return np.maximum(answers, self._floor)

    def sample_paths(self, X, n_paths=100, *, random_state=None):
        """Possible futures, by recursion on bootstrapped residuals.

        A path is fed its own sales: to each forecast is added a residual of the same
        series, drawn from those of the regressor on its training rows. So sums,
        maxima and runs over a path are distributed as far as those residuals tell.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows after the last observation of their series.
        n_paths : int, default=100
        random_state : int, RandomState instance or None, default=None
            Same seed, same paths, whichever other rows X holds.

        Returns
        -------
        paths : ndarray of shape (n_rows, n_paths)
            In units of y.
        """
        if self.strategy != "recursive":
            raise ValueError(
                f"sample_paths needs strategy='recursive', but it is "
                f"{self.strategy!r}: only a recursion has paths."
            )
        table, rows = self._read(X)
        last = self.panel_.history.last[rows.codes]
        if (rows.positions <= last).any():
            raise ValueError(
                "X holds rows of the training span; paths start after the last "
                "observation of a series. Pass future rows only."
            )
        cells = self._model.inner.maker.cells(table, rows)
        # the pooled history has a hash of its own
        hashes = np.append(self.panel_.keys.hashes, np.uint64(0))
        shocks = ResidualShocks(self._residuals, hashes, n_paths, random_state)
        return self._model.future_paths(
            cells,
            series_of(table, self.panel_, rows.codes),
            self._covariates(table),
            n_paths,
            shocks,
        )

    def _regressor(self):
        if self.regressor is not None:
            return self.regressor
        # its early stopping would validate on rows drawn at random, not on later ones
        return HistGradientBoostingRegressor(early_stopping=False)

    def _fit_features(self, table, rows, horizon):
        """Features of the rows of ``panel_``, which they share."""
        features = LagFeatures() if self.features is None else clone(self.features)
        if not isinstance(features, LagFeatures):
            raise TypeError(
                f"features={self.features!r} must be a LagFeatures. Other transformers "
                "go before this estimator in a pipeline, or before the regressor in it."
            )
        self._check_same_keys(features)
        features.set_params(
            horizon=horizon, series=self.series, time=self.time, freq=self.freq
        )
        return features._fit_panel(self.panel_, table, rows)

    def _check_same_keys(self, features):
        for name, default in (("series", None), ("time", "auto"), ("freq", None)):
            inner, own = getattr(features, name), getattr(self, name)
            if inner != default and inner != own:
                raise ValueError(
                    f"features has {name}={inner!r}, but ReductionRegressor has "
                    f"{name}={own!r}. Keys are named once: give {name}={inner!r} to "
                    "ReductionRegressor and leave it out of the features."
                )

    def _choose_library(self, table):
        """Data frames in, data frames to the regressor: names reach it."""
        configured = get_output_config("transform", self.features_)["dense"]
        if configured != "default" or not table.is_frame:
            return configured
        return "polars" if table.is_polars else "pandas"

    def _covariates(self, table):
        return self.features_._maker.covariate_block(table, self._library)

    def _make_inner(self, features, regressor, extra=()):
        names = list(features.get_feature_names_out())
        n_made = len(features._maker.names)
        names[n_made:n_made] = extra
        return InnerRows(features._maker, self._library, names, regressor)

    def _season(self):
        """Season of the anchor: the shortest of the features, or the calendar's."""
        seasons = [season for season, _ in self.features_._maker.plan.seasonal]
        return min(seasons, default=self.panel_.calendar.season)

    def _fit_direct(self, regressor, training, anchor):
        return Direct.fit(
            lambda: self._make_inner(self.features_, regressor),
            regressor,
            training,
            anchor,
            bounds=step_blocks(self.steps_per_model, self.horizon),
            n_origins=self.n_origins,
            n_jobs=self.n_jobs,
        )

    def _fit_recursive(self, regressor, training, anchor):
        table, rows = training.table, training.rows
        rectify = self.strategy == "rectify"
        one_step = self.features_
        if rectify:
            one_step = self._fit_features(table, rows, 1)
        recursive = Recursive.fit(
            self._make_inner(one_step, regressor),
            regressor,
            training,
            self._floor,
            anchor,
            whole_span=rectify,
        )
        self.regressor_ = recursive.regressor
        if not rectify:
            answers = recursive.predict(table, rows, training.covariates)
            residuals = training.y - np.maximum(answers, self._floor)
            self._residuals = Residuals(residuals, rows.codes, self.panel_.n_series)
            return recursive
        inner = self._make_inner(self.features_, regressor, [RECURSIVE_FORECAST])
        model = Rectified.fit(recursive, inner, regressor, training, self.n_origins)
        self.correction_ = model.regressor
        return model
