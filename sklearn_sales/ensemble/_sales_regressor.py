# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The default stack as one estimator."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state

from sklearn_sales._compat import Interval, StrOptions, fit_context
from sklearn_sales.ensemble._closed_rows import ClosedRows
from sklearn_sales.ensemble._covariate_design import CovariateDesign
from sklearn_sales.ensemble._default_members import (
    EFFORTS,
    choose_members,
    look_at,
    times_needed,
)
from sklearn_sales.ensemble._simplex_regressor import SimplexRegressor
from sklearn_sales.ensemble._time_series_stacking import TimeSeriesStackingRegressor
from sklearn_sales.model_selection import PanelTimeSeriesSplit, quiet_about_new_series
from sklearn_sales.panel import PanelEstimator, UpdateMixin, take_in

__all__ = ["SalesRegressor"]

# Few folds tell which members are good, and little of how their errors go together:
# weights by one over the square of the error, which thousands of rows are needed to
# move. A member may still go astray in single rows: a quarter at each end is cut.
_WEIGHTS = {"prior_power": 2.0, "shrinkage": 3000.0, "trim": 0.25}


class SalesRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """Sales forecasts without choices to make: the default stack.

    Seasonal naive, theta with and without the effect of covariates, autoregression of
    each series, and gradient boosting on lag features in two forms of the target, the
    second one fed its own forecasts where the horizon is within a season (of sales
    below zero one form, in both ways), combined by weights that are learned from
    forecasts out of fold, in time order.
    Lags, windows and seasons follow from the frequency and the length of the histories;
    the forms of the target from the share of zeros and from ``statistic``.

    Columns of any type may come: text is encoded, dates get their calendar.

    Parameters
    ----------
    horizon : int, default=1
        How many steps ahead are to be forecast.
    statistic : {"mean", "median"}, default="mean"
        What a forecast is of: the mean serves totals, stock and RMSSE, the median
        WAPE and MAE. On skewed sales they differ widely.
    deep : bool, default=False
        Whether an :class:`LSTMRegressor` is a member too. It needs torch and skorch,
        and takes longer than all other members together.
    effort : {"quick", "default", "thorough"}, default="default"
        How many trees, folds, and forms of the target and ways to fit them are spent.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where
        no training sale is negative.
    n_jobs : int, default=None
        Number of processes for the fits of all members and folds.
    verbose : int, default=0
        Above 0 progress is shown.
    random_state : int, RandomState instance or None, default=0
        Of the boosting members.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    stack_ : TimeSeriesStackingRegressor
        The fitted stack, with its members and forecasts out of fold.
    weights_ : dict
        Weight of each member by its name.
    reasons_ : dict
        Why each member is in the stack, or is not.
    situation_ : Situation
        What the training span told: rhythm, share of zeros, columns by their use.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    TimeSeriesStackingRegressor : The stack, for members of your own.
    ReductionRegressor : Boosting, or any regressor, behind lag features.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "M5 accuracy competition:
       Results, findings, and conclusions", International Journal of Forecasting 38
       (2022), 1346-1364.

    Examples
    --------
    >>> from sklearn_sales import SalesRegressor, load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> train = X["date"] < "2012-08-01"
    >>> model = SalesRegressor(13, effort="quick", series=["store", "dept"])
    >>> forecasts = model.fit(X[train], y[train]).predict(X[~train])
    >>> forecasts.shape
    (91,)
    >>> sorted(model.weights_)
    ['ar', 'boosting_tweedie', 'naive', 'theta', 'theta_adjusted']
    """

    _parameter_constraints: dict = {
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "statistic": [StrOptions({"mean", "median"})],
        "deep": ["boolean"],
        "effort": [StrOptions(set(EFFORTS))],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        horizon=1,
        *,
        statistic="mean",
        deep=False,
        effort="default",
        clip="auto",
        n_jobs=None,
        verbose=0,
        random_state=0,
        series=None,
        time="auto",
        freq=None,
    ):
        self.horizon = horizon
        self.statistic = statistic
        self.deep = deep
        self.effort = effort
        self.clip = clip
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Choose and fit the members, and learn their weights.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time, in any order: keys, time, and covariates
            that will be known ahead.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        table, rows, y = self._remember(X, y)
        effort = EFFORTS[self.effort]
        cv = self._folds(rows, y, effort.n_folds)
        if cv is None and self.horizon > 1:
            _warn_of_no_fold(self.horizon, _n_times(rows, y))
        self._design = CovariateDesign()
        frame = self._design.fit(table, self.panel_, rows.codes)
        covariates = self._design.covariates(frame)
        self._closed = ClosedRows().fit(covariates, y, rows.codes, rows.positions)
        y = np.where(self._closed.find(covariates), np.nan, y)
        effects = self._design.effects(frame, y, rows.codes)
        frame, y = _training_rows(frame, y, rows, self.panel_.history)
        n_held_out = 0 if cv is None else cv.n_splits * self.horizon
        self.situation_ = look_at(self.panel_, self._design, y, n_held_out, effects)
        seed = check_random_state(self.random_state).randint(2**31)
        members, self.reasons_ = choose_members(
            self.situation_,
            horizon=self.horizon,
            statistic=self.statistic,
            effort=effort,
            deep=self.deep,
            random_state=seed,
        )
        final = self._final_estimator()
        stack = TimeSeriesStackingRegressor(
            members,
            "mean" if cv is None else final,
            cv=cv,
            refit=False,
            clip=self.clip,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            series=self.situation_.keys or None,
            time=self.situation_.time,
            freq=self.situation_.freq,
        )
        with warnings.catch_warnings():
            # the training rows of a fold may be too few for a lag that all rows fill
            warnings.filterwarnings("ignore", "No training row has a value")
            # what was said of the whole stack is not said again by each member
            warnings.filterwarnings("ignore", "horizon=|The column.* of X equal y")
            self.stack_ = stack.fit(frame, y)
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, y, update = self._update(X, y, overwrite)
        frame = self._design.transform(table, self.panel_.schema)
        y = np.where(self._closed.find(self._design.covariates(frame)), np.nan, y)
        take_in(self.stack_, frame, y, overwrite=overwrite, learn=learn)
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
            Forecasts of the mean or the median, in units of y.
        """
        table, _ = self._read(X)
        design = self._design.transform(table, self.panel_.schema)
        with quiet_about_new_series():
            forecasts = self.stack_.predict(design)
        closed = self._closed.find(self._design.covariates(design))
        return np.where(closed, 0.0, forecasts)

    @property
    def weights_(self):
        return self.stack_.weights_

    def _final_estimator(self):
        loss = "squared" if self.statistic == "mean" else "absolute"
        # the largest errors tell little of a member; but where most sales are zero,
        # absolute errors reward the member that forecasts least
        prior_loss = loss if self.situation_.rare else "absolute"
        return SimplexRegressor(loss=loss, prior_loss=prior_loss, **_WEIGHTS)

    def _folds(self, rows, y, n_folds):
        """The last horizons of the training span, or None where it is too short."""
        n_times = _n_times(rows, y)
        fitting = (n_times // 2) // self.horizon
        if fitting < 1 or n_times < 4:
            return None
        needed = times_needed(self.panel_.calendar.freq, n_times)
        spare = int((n_times - needed) // self.horizon)
        n_folds = max(min(n_folds, fitting, spare), 1)
        return PanelTimeSeriesSplit(n_folds, test_size=self.horizon)


def _n_times(rows, y):
    """Number of distinct times at which something was observed."""
    return len(np.unique(rows.positions[~np.isnan(y)]))


def _warn_of_no_fold(horizon, n_times):
    """Without a fold no forecast so far ahead is tested."""
    warnings.warn(
        f"horizon={horizon} is more than half of the {n_times} time(s) with sales: "
        "no fold can test forecasts so far ahead, so the members get equal weights. "
        f"Set horizon={max(n_times // 2, 1)} or less, or give a longer history.",
        UserWarning,
        stacklevel=4,
    )


def _training_rows(frame, y, rows, history):
    """Rows that the folds and the members see, and their sales.

    Rows after the last sale of all are to be forecast: folds would test nothing there.
    Repeated times of an unnamed array come once; the panel has averaged their sales.
    """
    past = np.flatnonzero(rows.positions <= history.last.max())
    cells = np.column_stack([rows.codes, rows.positions])[past]
    _, first = np.unique(cells, axis=0, return_index=True)
    if len(first) == len(y):
        return frame, y
    kept = past[np.sort(first)]
    sales = y[kept]
    if len(first) < len(past):
        sales = history.values(rows.codes[kept], rows.positions[kept])
    return frame.take(kept).reset_index(drop=True), sales
