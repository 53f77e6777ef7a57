# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Prediction intervals from the errors that a forecaster made before."""

import copy
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import MetaEstimatorMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import HasMethods, Interval, StrOptions, fit_context
from sklearn_sales.compose._conformal_scale import ConformalScale, inner_forecasts
from sklearn_sales.compose._error_quantiles import ErrorQuantiles, shared_period
from sklearn_sales.compose._forward_errors import forward_errors
from sklearn_sales.compose._inner_regressor import (
    fit_rows,
    has_panel_estimator,
    prepare_regressor,
)
from sklearn_sales.compose._level_adaptation import adapt_level, shift_levels
from sklearn_sales.model_selection import (
    longest_horizon,
    make_folds,
    rows_to_fit,
    take_rows,
)
from sklearn_sales.panel import PanelEstimator, UpdateMixin, holds_history, take_in

__all__ = ["ConformalRegressor"]

_PARTS = ("step", "series")


class ConformalRegressor(
    MetaEstimatorMixin, RegressorMixin, UpdateMixin, PanelEstimator
):
    """Prediction intervals and quantiles around any forecaster.

    The forecaster is fitted on the past of several origins and forecasts what came
    after each. Its errors there are what intervals are made of: how wide they have to
    be, on either side, is read off and not derived from a model [1]_. Errors are
    measured in units of their expected size, so that all series share one pool, and
    their distribution may differ from step to step.

    Parameters
    ----------
    regressor : estimator
        A forecaster such as :class:`ReductionRegressor`, or a pipeline with
        :class:`~sklearn_sales.preprocessing.LagFeatures`.
    cv : int, splitter or iterable of (train, test), default=None
        Folds in time order whose test rows give the errors. None tests the newest
        times, as long at once as the longest ``horizon`` inside the regressor (else a
        tenth of the times, at most a season), in 5 folds or as many as leave half of
        the times, and two seasons, before the first. Give a ``test_size`` as long as
        the forecasts that you need.
    coverage : float, default=0.9
        Share of the sales that :meth:`predict_interval` is to cover, unless it is told
        another one, and that :meth:`partial_fit` adapts to.
    by : {"step", "series"}, list of them, or None, default="step"
        What the distribution of the errors depends on. By step, those of neighbouring
        steps are shared where one has less than 200 errors, or those of less than 20
        times, since all series of one time are lucky or not together; of steps at the
        same place in the season, where the test sets are a season long. By series, the
        quantiles of its own errors count as much as those of the pool where it has 100.
    scale : {"learned", "level"} or None, default="learned"
        The expected size of an error, which it is divided by.

        - ``"learned"``: a product of powers, learned from the errors, of the forecast,
          the recent level of the series, its recent changes, and what the regressor
          says of its errors.
        - ``"level"``: the recent level of the series.
        - None: one for all. For a single series without trend it is enough.

        A regressor that has quantiles of its own gives the sizes itself, one for
        errors below and one for errors above its forecast [2]_.
    pooling : float or None, default=20.0
        The expected size is multiplied by a factor for each series, that of its own
        errors, which is drawn to one as by so many errors of the expected size.
        None leaves the factors out. Of no meaning with ``scale=None``.
    adaptation : float, default=0.02
        By how much :meth:`partial_fit` moves the level for each time that it learns
        (the gamma of [3]_); 0 leaves the level as it is.
    clip : "auto" or bool, default="auto"
        Whether forecasts and bounds below zero are answered by zero. ``"auto"`` does
        so where no training sale is negative.
    n_jobs : int, default=None
        How many folds are fitted at once.
    verbose : int, default=0
        As in joblib.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series. Estimators of
        panels inside that name no ``series``, ``time`` or ``freq`` get those of here.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    regressor_ : estimator
        The regressor, fitted on all rows.
    level_ : float
        The share of misses that intervals are made for at present: 1 - ``coverage``
        after fit, moved by :meth:`partial_fit`.
    n_errors_ : int
        How many errors the intervals are made of.
    panel_ : Panel
        The series, their calendar and their history.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    sklearn_sales.model_selection.backtest : Forecasts and quantiles of the past.
    sklearn_sales.metrics.coverage : The share that intervals cover.

    Notes
    -----
    - What is promised holds on average over all rows, if errors to come are like those
      of the folds. Where sales change, they are not: look at :func:`coverage` in a
      back-test of this estimator, and let it adapt.
    - The factor of a series that an error is measured by comes from the other folds
      than its own: with one fold there are none.
    - Steps beyond the longest one of the folds have the errors of that one, and what
      the expected size says.
    - Series that have no sale in a fold's training rows give no errors in it. Series
      that fit did not see are answered as one of the level of the mean of all series.
    - Rows of the training span are answered as the regressor answers them, around
      forecasts that it has fitted: the intervals are those of forecasts to come, and
      too wide for such rows.
    - Where a level asks for more errors than there are (95 % for less than 39), the
      largest one stands in, with a warning.
    - Bounds of sales that are often zero: an interval of 80 % has a tenth of all
      errors on either side, over all series together, so that a bound above zero
      leaves out some of the zeros of slow sellers.

    References
    ----------
    .. [1] J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani and L. Wasserman,
       "Distribution-free predictive inference for regression", Journal of the American
       Statistical Association 113(523), 2018.
    .. [2] M. Sesia and E. J. Candès, "A comparison of some conformal quantile
       regression methods", Stat 9(1), 2020.
    .. [3] I. Gibbs and E. J. Candès, "Adaptive conformal inference under distribution
       shift", Advances in Neural Information Processing Systems 34, 2021.

    Examples
    --------
    >>> from sklearn_sales import (
    ...     ConformalRegressor, PanelTimeSeriesSplit, ThetaRegressor, coverage,
    ...     load_walmart_sample,
    ... )
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> past = X["date"] < "2012-08-01"
    >>> model = ConformalRegressor(
    ...     ThetaRegressor(), cv=PanelTimeSeriesSplit(4, test_size=13, step=4),
    ...     series=["store", "dept"],
    ... ).fit(X[past], y[past])
    >>> intervals = model.predict_interval(X[~past], 0.8)
    >>> intervals.shape
    (91, 2)
    >>> round(coverage(y[~past], intervals), 2)
    0.8
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"])],
        "cv": ["cv_object", Interval(Integral, 1, None, closed="left")],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
        "by": [StrOptions(set(_PARTS)), list, tuple, None],
        "scale": [StrOptions({"learned", "level"}), None],
        "pooling": [Interval(Real, 0, None, closed="left"), None],
        "adaptation": [Interval(Real, 0, 1, closed="left")],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        regressor,
        *,
        cv=None,
        coverage=0.9,
        by="step",
        scale="learned",
        pooling=20.0,
        adaptation=0.02,
        clip="auto",
        n_jobs=None,
        verbose=0,
        series=None,
        time="auto",
        freq=None,
    ):
        self.regressor = regressor
        self.cv = cv
        self.coverage = coverage
        self.by = by
        self.scale = scale
        self.pooling = pooling
        self.adaptation = adaptation
        self.clip = clip
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.series = series
        self.time = time
        self.freq = freq

    # the inner regressor is validated by its own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Collect errors out of fold, and fit the regressor on all rows.

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
        by = self._check_by()
        table, rows, y = self._remember(X, y)
        clips = bool(np.nanmin(y) >= 0) if self.clip == "auto" else self.clip
        self._floor = 0.0 if clips else -np.inf
        inner = prepare_regressor(
            self.regressor,
            keys={"series": self.series, "time": self.time, "freq": self.freq},
            anchor=None,
            owner=type(self).__name__,
        )
        folds = make_folds(self.cv, [inner], table, y, self.panel_, rows)
        errors = forward_errors(
            inner,
            table,
            rows,
            y,
            [(fold.train, fold.test) for fold in folds],
            forecast=inner_forecasts,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        if not len(errors.values):
            raise ValueError(
                f"cv={self.cv!r} tests no observed row of a series that its training "
                "rows know, so there is no error to learn from: test later times, or "
                "give longer histories."
            )
        self.regressor_ = fit_rows(inner, table, y)
        codes, times = rows.codes[errors.rows], rows.positions[errors.rows]
        self._scale = ConformalScale(self.scale, self.pooling, self.panel_.calendar)
        ratios = self._scale.learn(self.panel_, codes, rows, y, errors)
        self._scale.remember(self.panel_)
        self._pool = ErrorQuantiles(
            ratios,
            errors.steps,
            times,
            codes,
            by_step="step" in by,
            by_series="series" in by,
            period=shared_period(self.panel_.calendar.season, errors.folds, times),
        )
        self.level_ = 1.0 - self.coverage
        return self

    def predict(self, X):
        """Forecast rows as the regressor does.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        # the regressor warns of new series itself, if it knows series
        table, _ = self._read(X, warn=not has_panel_estimator(self.regressor))
        forecasts = np.asarray(self.regressor_.predict(table.native), dtype=float)
        return np.maximum(forecasts, self._floor)

    def predict_interval(self, X, coverage=None):
        """Lower and upper bounds of the sales of rows.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        coverage : float, default=None
            Share of the sales to cover; None is that of the estimator.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            The quantiles with half of the misses below and half above.
        """
        share = self.coverage if coverage is None else coverage
        if not isinstance(share, Real) or not 0 < share < 1:
            raise ValueError(
                f"coverage must be a number between 0 and 1; got coverage={coverage!r}."
            )
        return self.predict_quantiles(X, [(1 - share) / 2, (1 + share) / 2])

    def predict_quantiles(self, X, q):
        """Quantiles of the sales of rows.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        q : float or array-like of shape (n_quantiles,)
            Between 0 and 1, in any order.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles)
            A column for each quantile; they do not cross.
        """
        levels = np.atleast_1d(np.asarray(q, dtype=np.float64))
        if levels.ndim != 1 or not np.all((levels > 0) & (levels < 1)):
            raise ValueError(
                f"q must be a number between 0 and 1 or a list of them; got q={q!r}."
            )
        check_is_fitted(self, "regressor_")
        table, rows = self._read(X, warn=not has_panel_estimator(self.regressor))
        forecasts, sizes = self._sized_forecasts(table, rows)
        distinct, at = np.unique(levels, return_inverse=True)
        shifted = shift_levels(distinct, 1.0 - self.coverage, self.level_)
        ratios, short = self._pool.of(
            self._steps(rows), rows.positions, rows.codes, shifted
        )
        if short.any():
            self._warn_of_few(distinct[short])
        bounds = self._scale.apply(forecasts, sizes, ratios)
        return np.maximum(bounds, self._floor)[:, at]

    def _observe(self, X, y, *, overwrite, learn):
        """Learn from newer sales: their errors, how many were missed, their history.

        Errors of the forecasts from the present origin are added to the pool. For each
        time, in order, the level moves by ``adaptation`` times the difference of the
        misses that were asked for and the share that there was [3]_. Then the regressor
        takes the rows; one that can take none goes on from the same origin as before.
        """
        table, y, update = self._update(X, y, overwrite)
        rows = self._read(X, warn=False)[1]
        ahead = rows.positions > self.panel_.history.last[rows.codes]
        new = np.flatnonzero(ahead & ~np.isnan(y) & (rows.codes < self.panel_.n_series))
        if len(new):
            self._learn_errors(table, rows, y, new)
        inner = self.regressor_
        if holds_history(inner):
            take_in(inner, table.native, y, overwrite=overwrite, learn=learn)
            # the series have the numbers of the updated panel
            codes = update.moved[:-1]
            self._scale.renumber(codes, update.panel.n_series)
            self._pool = self._pool.renumbered(codes)
            self._scale.remember(update.panel)
            self.panel_ = update.panel
        elif learn and hasattr(inner, "partial_fit"):
            known = rows_to_fit(inner, y, np.arange(len(y)))
            # it may learn in place: what follows can still fail, and changes nothing
            inner = copy.deepcopy(inner)
            inner.partial_fit(take_rows(table.native, known), y[known])
            self.regressor_ = inner

    @property
    def n_errors_(self):
        check_is_fitted(self, "regressor_")
        return len(self._pool.values)

    def _learn_errors(self, table, rows, y, new):
        """Adapt the level, and add the errors of new rows to the pool."""
        part = type(table)(take_rows(table.native, new))
        codes, steps = rows.codes[new], self._steps(rows)[new]
        times = rows.positions[new]
        located = self.panel_.locate(part, warn=False)
        forecasts, sizes = self._sized_forecasts(part, located)
        ratios = self._scale.ratios(y[new] - forecasts, sizes)
        self.level_ = adapt_level(
            self._pool,
            ratios,
            steps,
            codes,
            times,
            goal=1.0 - self.coverage,
            level=self.level_,
            rate=self.adaptation,
        )
        self._pool = self._pool.add(ratios, steps, times, codes)
        self._scale.add(ratios, codes)

    def _sized_forecasts(self, table, rows):
        """Forecasts of the regressor, and the expected sizes of their errors."""
        forecasts, own = inner_forecasts(self.regressor_, table.native)
        return forecasts, self._scale.sizes(rows.codes, forecasts, own)

    def _steps(self, rows):
        return self.panel_.origins(rows, longest_horizon([self.regressor]))[1]

    def _check_by(self):
        by = () if self.by is None else self.by
        by = (by,) if isinstance(by, str) else tuple(by)
        if set(by) - set(_PARTS):
            raise ValueError(
                f"by={self.by!r} must be 'step', 'series', both in a list, or None."
            )
        return by

    def _warn_of_few(self, levels):
        shown = ", ".join(f"{level:g}" for level in levels)
        warnings.warn(
            f"The quantile(s) {shown} need more errors than the folds have for some "
            "step; the largest error seen stands in. Give cv= more folds or longer "
            "test sets.",
            UserWarning,
            stacklevel=3,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.regressor)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags
