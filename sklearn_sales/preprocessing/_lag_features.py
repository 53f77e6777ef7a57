# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lags and windows of past sales as a transformer."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import (
    Interval,
    Options,
    StrOptions,
    check_feature_names_in,
    fit_context,
    get_output_config,
)
from sklearn_sales.panel import (
    ColumnKinds,
    PanelEstimator,
    UpdateMixin,
    warn_of_long_horizon,
)
from sklearn_sales.preprocessing._feature_matrix import all_nan, fill_features
from sklearn_sales.preprocessing._feature_plan import (
    check_names,
    make_plan,
    read_numbers,
)
from sklearn_sales.preprocessing._join_covariates import (
    attach_covariates,
    choose_covariates,
)
from sklearn_sales.preprocessing._lag_maker import LagMaker
from sklearn_sales.preprocessing._series_groups import learn_groups

__all__ = ["LagFeatures"]


class LagFeatures(TransformerMixin, UpdateMixin, PanelEstimator):
    r"""Lags, seasonal lags and windows of past sales, known at each row's origin.

    ``fit`` remembers the sales of every series; ``transform`` answers each row by its
    own series and time, from the sales up to the row's origin and from nothing else.
    So the features of a row depend neither on the order of the rows nor on which other
    rows come with it, and every regressor of scikit-learn behind it becomes a
    forecaster that can be searched, stacked and saved.

    Parameters
    ----------
    lags : int, list of int or None, default=7
        An integer n means lags 1..n; a list names them. Lag 1 is the last value known
        at the origin. None makes none.
    windows : list of (statistic, length) or (statistic, length, lag), default=()
        Statistics of the last ``length`` values known, or of those up to ``lag``. The
        statistics are taken over the observed values of the window:

        - ``"mean"``, ``"min"``, ``"max"``, ``"median"``;
        - ``"std"``, the standard deviation with n - 1 in its denominator;
        - ``"zero_share"``, how many of the values are zero, as a share;
        - ``"ewm"``, the exponentially weighted mean of all values up to there, with
          weights :math:`(1 - \alpha)^i` and :math:`\alpha = 2 / (length + 1)`, as far
          as they are above 1e-17.
    season : int, list of int, "auto" or None, default=None
        Seasons of the seasonal lags, such as 7 for weekdays in daily sales. ``"auto"``
        is the shortest season that the frequency is known for: 7 for days, 52 for
        weeks, 12 for months.
    seasonal_lags : int or list of int, default=1
        How many seasons back, 1 being the last season of which the phase of the row
        (its weekday, for instance) is known at the origin. Used with ``season`` only.
    horizon : int, default=1
        How many steps ahead the model behind is to forecast. Above 1, each training
        row has an origin 1..horizon steps before it, and the step is one more column.
        See Notes.
    by : str, int, list of them or None, default=None
        Columns of X, such as a category, that are constant in each series. All
        windows are also made of the mean sales of all series that share the value.
    time_since : bool, default=False
        Whether to count the steps from the last sale above zero to the origin, and
        from the first observation of the series to the row.
    fill : float, "last" or None, default=None
        What stands where nothing is known: NaN for None, or a number. ``"last"`` is
        the last value observed at or before the origin, for lags and all windows but
        standard deviations and shares of zeros; before the first observation even
        that is NaN.
    passthrough : bool or list of column names or positions, default=True
        Which covariates follow the features: all, none, or those named.
    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Type of the features and, in an array, of the covariates.
    copy : bool, default=True
        Whether covariates in a data frame of pandas are copies. False shares them with
        X, which a write to either then changes in both. Nothing is copied where pandas
        copies on write, as it always does from version 3.
    series : str, int, list of them or None, default=None
        Key columns of X. None means a single series.
    time : str or int, default="auto"
        Time column of X. ``"auto"`` takes the one datetime or period column, else the
        first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times. None infers it from all training times.

    Attributes
    ----------
    panel_ : Panel
        The sales that fit saw, and their keys and calendar.
    constant_features_ : list of str
        Features that no training row could fill, such as a lag longer than every
        series. They are a constant: 0, or ``fill`` where that is a number.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where all are strings.

    See Also
    --------
    CalendarFeatures : Parts of the calendar; comes before LagFeatures in a pipeline.
    ReductionRegressor : A regressor behind a LagFeatures, with several strategies.

    Notes
    -----
    For a row at position t of a series whose last observation lies at T, the origin is

    .. math:: o = \min(T, t - h),

    where h = 1 for ``horizon=1``, and else a fixed hash of the row's series and time
    in 1..horizon: uniform, free of the calendar, and the same in every fit, fold and
    batch. So a row after the last observation has that as its origin, and a row inside
    the span has an origin before it. The step of a row is t - o.

    Then lag k is :math:`y_{o-k+1}`; a window of length L that ends at lag j covers
    :math:`y_{o-j-L+2}, \dots, y_{o-j+1}`; and the k-th seasonal lag of season m is
    :math:`y_{t-m(j+k-1)}` with the smallest :math:`j \ge 1` for which
    :math:`t - mj \le o`. Values that were not observed are NaN; windows skip them, and
    windows that reach before the series use what there is.

    Features are named ``lag_1``, ``mean_28``, ``mean_28_lag_7`` (a window that ends at
    lag 7), ``seasonal_7_1``, ``step``, ``time_since_sale``, ``time_since_start`` and
    ``mean_28_by_category``; the covariates keep their names. Without ``set_output``
    the result is an array, also for a data frame, and its covariates must be numbers.
    After ``set_output(transform="pandas")`` or ``"polars"`` covariates of any type are
    passed on as they are. NaN in a covariate is passed on, infinity refused. (The tag
    ``allow_nan`` says no, as NaN in a key or a time is an error.)

    References
    ----------
    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice",
       3rd edition, OTexts 2021, sections 7.4 and 13.8 (lagged predictors).
    .. [2] S. Ben Taieb and R. J. Hyndman, "Recursive and direct multi-step forecasting:
       the best of both worlds", Monash University, working paper 19/12, 2012.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import LagFeatures
    >>> X = pd.DataFrame({
    ...     "item": ["tea"] * 4 + ["rice"] * 3,
    ...     "date": [*pd.date_range("2024-01-01", periods=4),
    ...              *pd.date_range("2024-01-02", periods=3)],
    ...     "price": [2.0, 2.0, 1.5, 2.0, 1.0, 1.0, 1.0],
    ... })
    >>> y = [3, 4, 8, 5, 10, 12, 11]
    >>> features = LagFeatures(lags=2, windows=[("mean", 3)], series="item")
    >>> features.set_output(transform="pandas").fit_transform(X, y)
       lag_1  lag_2  mean_3  price
    0    NaN    NaN     NaN    2.0
    1    3.0    NaN     3.0    2.0
    2    4.0    3.0     3.5    1.5
    3    8.0    4.0     5.0    2.0
    4    NaN    NaN     NaN    1.0
    5   10.0    NaN    10.0    1.0
    6   12.0   10.0    11.0    1.0

    The day after, for which no sales are needed:

    >>> tomorrow = pd.DataFrame({"item": ["rice", "tea"], "price": [1.0, 1.5],
    ...                          "date": pd.Timestamp("2024-01-05")})
    >>> features.transform(tomorrow[["item", "date", "price"]])
       lag_1  lag_2     mean_3  price
    0   11.0   12.0  11.000000    1.0
    1    5.0    8.0   5.666667    1.5
    """

    _parameter_constraints: dict = {
        "lags": [Interval(Integral, 1, None, closed="left"), "array-like", None],
        "windows": ["array-like"],
        "season": [
            Interval(Integral, 2, None, closed="left"),
            "array-like",
            StrOptions({"auto"}),
            None,
        ],
        "seasonal_lags": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "by": [str, Integral, list, tuple, None],
        "time_since": ["boolean"],
        "fill": [
            Interval(Real, None, None, closed="neither"),
            StrOptions({"last"}),
            None,
        ],
        "passthrough": ["boolean", list, tuple],
        "dtype": [Options(type, {np.float64, np.float32})],
        "copy": ["boolean"],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        lags=7,
        *,
        windows=(),
        season=None,
        seasonal_lags=1,
        horizon=1,
        by=None,
        time_since=False,
        fill=None,
        passthrough=True,
        dtype=np.float64,
        copy=True,
        series=None,
        time="auto",
        freq=None,
    ):
        self.lags = lags
        self.windows = windows
        self.season = season
        self.seasonal_lags = seasonal_lags
        self.horizon = horizon
        self.by = by
        self.time_since = time_since
        self.fill = fill
        self.passthrough = passthrough
        self.dtype = dtype
        self.copy = copy
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Remember the sales.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Keys, time and covariates of each row, in any order.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self : LagFeatures
            Fitted.
        """
        table, rows, _ = self._remember(X, y)
        cells = self._learn(table, rows)
        self._maker.read_covariates(table, self._library())
        self._learn_constants(self._maker.never_filled(cells))
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, _, update = self._update(X, y, overwrite)
        self._take_in(update, table, learn)

    def _take_in(self, update, table, learn):
        """Read an updated panel; with ``learn``, see which features it can fill."""
        self._maker.take_in(update, table)
        self.panel_ = update.panel
        if learn and len(self._maker.constant):
            self._learn_constants(
                self._maker.never_filled(self._maker.observed_cells())
            )

    def _fit_panel(self, panel, table, rows):
        """Fit on a panel that another estimator has read from a table."""
        self._validate_params()
        self.panel_ = panel
        self.n_features_in_ = table.n_columns
        names = table.names[: table.n_columns]
        if names and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.array(names, dtype=object)
        cells = self._learn(table, rows)
        self._learn_constants(self._maker.never_filled(cells))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y):
        """Remember the sales and make the features of the same rows.

        The same as ``fit(X, y).transform(X)``, in less time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Keys, time and covariates of each row, in any order.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        ndarray, pandas.DataFrame or polars.DataFrame of shape (n_rows, n_features_out)
            Features and covariates.
        """
        table, rows, _ = self._remember(X, y)
        cells = self._learn(table, rows)
        del rows  # long tables: what the features do not need makes room for them
        out, made = self._allocate(table)
        fill_features(self._maker.plan, cells, made)
        self._learn_constants([all_nan(column) for column in made.T])
        self._maker.finish(cells, made)
        return self._with_covariates(out, table)

    def transform(self, X):
        """Make the features of rows, each from the sales up to its origin.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, or after it; the columns of fit.

        Returns
        -------
        ndarray, pandas.DataFrame or polars.DataFrame of shape (n_rows, n_features_out)
            Features and covariates.
        """
        table, rows = self._read(X)
        cells = self._maker.cells(table, rows)
        self._warn_beyond_horizon(cells.positions)
        out, made = self._allocate(table)
        self._maker.write(cells, made)
        self._maker.finish(cells, made)
        return self._with_covariates(out, table)

    def get_feature_names_out(self, input_features=None):
        """Names of the features and of the covariates that follow them.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; by default those that fit saw, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
            One name for each column of the result.
        """
        check_is_fitted(self, "panel_")
        names = check_feature_names_in(self, input_features)
        kept = [str(names[i]) for i in self._maker.covariates]
        return np.array([*self._maker.names, *kept], dtype=object)

    def _learn(self, table, rows):
        """Plan and groups of the training rows of ``panel_``: their cells."""
        panel = self.panel_
        warn_of_long_horizon(panel, self.horizon, stacklevel=4)
        groups = learn_groups(self.by, table, panel, rows)
        plan = make_plan(self, self._seasons(), [group.name for group in groups])
        covariates = choose_covariates(self.passthrough, table, panel.schema)
        check_names(plan.names, [table.names[i] for i in covariates])
        self._maker = LagMaker(
            panel,
            plan,
            groups,
            ColumnKinds(table, covariates),
            horizon=self.horizon,
            fill=self.fill,
            dtype=self.dtype,
            owner=type(self).__name__,
        )
        return self._maker.cells(table, rows)

    def _seasons(self):
        if not (isinstance(self.season, str) and self.season == "auto"):
            seasons = (
                [self.season] if isinstance(self.season, Integral) else self.season
            )
            return read_numbers(seasons, "season", "a season spans several times", 2)
        season = self.panel_.calendar.season
        if season > 1:
            return (season,)
        warnings.warn(
            f"season='auto' knows no season for times of freq="
            f"{self.panel_.calendar.freq!r}; no seasonal lag is made. Give the season "
            "as a number of steps, or season=None.",
            UserWarning,
            stacklevel=4,
        )
        return ()

    def _learn_constants(self, empty):
        maker = self._maker
        maker.constant = np.flatnonzero(empty)
        self.constant_features_ = [maker.names[i] for i in maker.constant]
        if len(maker.constant):
            longest = int(self.panel_.history.lengths[:-1].max())
            warnings.warn(
                f"No training row has a value for {self.constant_features_}: the "
                f"longest series has {longest} time(s). These columns are kept, as the "
                f"constant {maker.constant_value:g}. Ask for shorter lags and windows, "
                "or give longer histories.",
                UserWarning,
                stacklevel=4,
            )

    def _warn_beyond_horizon(self, positions):
        # series that ended earlier are farther from their own last observation: that
        # is no mistake of whoever asks for the next times of the panel
        furthest = int(positions.max() - self.panel_.history.last.max())
        if furthest > self.horizon:
            warnings.warn(
                f"X holds rows up to {furthest} steps after the last observation, but "
                f"horizon={self.horizon}: whatever was fitted on these features saw "
                f"steps 1..{self.horizon} only. Set horizon={furthest} and fit again.",
                UserWarning,
                stacklevel=4,
            )

    def _library(self):
        return get_output_config("transform", self)["dense"]

    def _allocate(self, table):
        """Room for the result, and the part of it that the features go into.

        An array holds the covariates already.
        """
        n_made = len(self._maker.names)
        covariates = self._maker.read_covariates(table, self._library())
        if self._library() != "default":
            covariates = covariates[:, :0]
        shape = table.n_rows, n_made + covariates.shape[1]
        out = np.empty(shape, dtype=self.dtype, order="F")
        out[:, n_made:] = covariates
        return out, out[:, :n_made]

    def _with_covariates(self, out, table):
        library = self._library()
        if library == "default":
            return out
        block = self._maker.covariate_frame(table, library, copy=self.copy)
        names = list(self.get_feature_names_out())
        return attach_covariates(out, block, names, library)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = [self.dtype]
        return tags
