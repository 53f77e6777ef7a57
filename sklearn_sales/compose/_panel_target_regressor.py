# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A regressor of a cleaned, transformed and scaled target, for panels."""

from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import get_tags

from sklearn_sales._compat import HasMethods, Interval, StrOptions, fit_context
from sklearn_sales.compose._forward_errors import forward_errors, training_errors
from sklearn_sales.compose._imputation import FILLS
from sklearn_sales.compose._inner_regressor import (
    fit_rows,
    forecasts_and_sizes,
    gives_std,
    has_panel_estimator,
    longest_horizon,
    prepare_regressor,
    refuse_without_std,
)
from sklearn_sales.compose._outliers import THRESHOLDS
from sklearn_sales.compose._smearing import Smearing
from sklearn_sales.compose._target_cleaning import (
    TargetCleaning,
    check_window,
    choose_window,
    clean_new_rows,
    join_protected,
    protected_rows,
)
from sklearn_sales.compose._target_scaling import SCALES, TargetScale
from sklearn_sales.compose._target_transforms import TRANSFORMS
from sklearn_sales.model_selection import PanelTimeSeriesSplit, take_rows
from sklearn_sales.panel import PanelEstimator, UpdateMixin, take_in

__all__ = ["PanelTargetRegressor"]


class PanelTargetRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """A regressor of sales that are cleaned, transformed and scaled by series.

    What :class:`~sklearn.compose.TransformedTargetRegressor` is for tables, for
    panels. In fit, the target goes through these steps, in this order: outliers are
    replaced, missing values are filled, the sales are transformed, and each series is
    scaled. The regressor inside is fitted on the result, so that its lags are lags of
    cleaned and scaled sales. Its forecasts are transformed back.

    Everything is learned from the training rows; rows that come later change nothing.

    Parameters
    ----------
    regressor : estimator
        A forecaster such as :class:`ReductionRegressor` or
        :class:`~sklearn_sales.linear_model.ARRegressor`, or a pipeline with
        :class:`~sklearn_sales.preprocessing.LagFeatures`.
    outliers : {"hampel", "iqr", "seasonal"} or None, default=None
        How outliers among the training sales are found.

        - ``"hampel"``: too far from the median of a moving window, in units of its
          median absolute deviation.
        - ``"seasonal"``: the same after the median effect of each phase of the season
          has been taken out. It needs three seasons.
        - ``"iqr"``: too far outside the quartiles of the series, in units of the
          distance between them.
    threshold : float, default=None
        How far is too far. None is 6 standard deviations (1.4826 median absolute
        deviations) or, for ``"iqr"``, 4 interquartile ranges.
    window : int, default=None
        Length of the moving window in times, odd. None is 15; for ``"seasonal"``,
        the season where that is longer.
    replacement : {"expected", "limit", "missing"}, default="expected"
        What stands for an outlier: what the method expects (the median of the window,
        and the effect of the phase), the nearest value that is none, or NaN, which
        ``missing`` may fill.
    protect : str, int or list of them, default=None
        Column(s) of X, by name or position, that mark rows whose sales are never taken
        for outliers, such as promotions and holidays: any number but 0 and NaN. What
        they sell does not count as usual sales of the rows around them either.
    missing : {"zero", "interpolate", "mean", "median", "seasonal", "model"} or None, \
            default=None
        What stands for missing sales: NaN targets inside the span of their series.

        - ``"interpolate"``: the straight line between the sales before and after.
        - ``"mean"``, ``"median"``: those of the series.
        - ``"seasonal"``: the median of the moving window and the median effect of the
          phase.
        - ``"model"``: the forecast of the regressor, which is fitted twice.

        None leaves NaN to the regressor.
    transformer : {"log1p", "sqrt", "boxcox"}, transformer or None, default=None
        ``"boxcox"`` is Box-Cox of the sales plus one, with the likeliest power from
        0 (``"log1p"``) to 1 for the whole panel. If there are negative sales, these
        three are mirrored: f(-y) = -f(y). A transformer of scikit-learn with
        ``inverse_transform`` is fitted on one column of all sales.
    scale : {"mean", "std", "robust", "max"} or None, default=None
        What each series is divided by after the transform: its mean absolute value;
        its standard deviation, or interquartile range, after subtracting its mean or
        median; its largest absolute value.
    anchor : {"last", "seasonal"} or None, default=None
        The ``anchor`` of every :class:`ReductionRegressor` inside, see there: its
        regressor corrects the last known sales, or those of the last known season.
    season : int or "auto", default="auto"
        Number of phases for ``"seasonal"``. ``"auto"`` takes the season that the
        frequency is known for.
    statistic : {"mean", "median"}, default="mean"
        What is forecast if ``transformer`` is given. The inverse of a forecast is about
        the median of the sales. Their mean is larger: it is estimated from the errors
        of the regressor by smearing [1]_.
    cv : int, splitter or None, default=None
        Where the errors for the mean come from. None takes those of the training
        rows. A number of folds in time order, or a splitter such as
        :class:`~sklearn_sales.model_selection.PanelTimeSeriesSplit`, takes those of
        rows that were not trained on, for one more fit a fold; a panel of fewer times
        than folds is like None.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where no
        training sale is negative.
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
        The fitted regressor. What it remembers and forecasts is transformed.
    cleaned_ : pandas.DataFrame
        The training rows whose target was changed: keys and time, ``was`` and ``now``
        in units of sales, and ``why``: the method that found an outlier, or
        ``"missing"``. The index is the number of the row in X.
    transformer_ : object
        The fitted transform; None without one.
    center_, scale_ : ndarray of shape (n_series + 1,)
        What is subtracted from, and divides, the transformed sales of each series.
        The last entry is for series that fit did not see.
    season_ : int
    panel_ : Panel
        The series, their calendar and their sales as they were before cleaning.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    sklearn.compose.TransformedTargetRegressor : The same for rows without series.
    complete_panel : Adds rows that are absent, which cannot be filled here.

    Notes
    -----
    - Rows that are absent from X stay absent: they are left to the regressor, as are
      NaN targets before the first and after the last observation of a series. A
      regressor that is no estimator of panels, such as the last one of a pipeline, is
      not shown the rows whose target stays NaN.
    - The spread that an outlier is measured by is never less than that of the whole
      series: the median distance of its sales from what is expected of them, or the
      median of its sales where that is less, zeros left out of both. Otherwise every
      sale of a slow seller would be an outlier.
    - A series with too few sales to be scaled (three for ``"std"``, four for
      ``"robust"``), or with a scale of zero, gets the mean scale of the others, as do
      series that fit did not see. Where the interquartile range is zero, ``"robust"``
      takes the standard deviation.
    - With a transformer, no forecast is larger than five times the largest training
      sales of its series: a trend of logarithms is soon beyond all bounds.
    - Errors for the mean are those of rows whose target was not changed. Each series
      has a spread of its own, and from 100 errors on a shape of its own; errors grow
      with the step as those did that were seen, or as the regressor says, if its
      ``predict`` has ``return_std``. Training rows of a recursion are one step ahead
      and tell too little of its later steps: give it ``cv`` with the ``test_size`` of
      the horizon.
    - Slow sellers have no noise that a transform makes even. There the mean of a
      transformed target is a rough guess; leave their sales as they are.

    References
    ----------
    .. [1] N. Duan, "Smearing estimate: a nonparametric retransformation method",
       Journal of the American Statistical Association 78(383), 1983.

    Examples
    --------
    A jump that was booked by mistake, and a day that is missing:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import ARRegressor, PanelTargetRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2024-03-04", periods=12)})
    >>> y = [5.0, 6, 4, 7, 900, 5, 6, np.nan, 5, 4, 6, 5]
    >>> model = PanelTargetRegressor(
    ...     ARRegressor(lags=1), outliers="hampel", missing="interpolate"
    ... )
    >>> model.fit(X, y).cleaned_
            date    was  now      why
    4 2024-03-08  900.0  5.0   hampel
    7 2024-03-11    NaN  5.5  missing
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"])],
        "outliers": [StrOptions(set(THRESHOLDS)), None],
        "threshold": [Interval(Real, 0, None, closed="neither"), None],
        "window": [Interval(Integral, 3, None, closed="left"), None],
        "replacement": [StrOptions({"expected", "limit", "missing"})],
        "protect": [str, Integral, list, tuple, None],
        "missing": [StrOptions({*FILLS, "model"}), None],
        "transformer": [
            StrOptions(set(TRANSFORMS)),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        "scale": [StrOptions(set(SCALES)), None],
        "anchor": [StrOptions({"last", "seasonal"}), None],
        "season": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "statistic": [StrOptions({"mean", "median"})],
        "cv": [Interval(Integral, 1, None, closed="left"), HasMethods(["split"]), None],
        "clip": ["boolean", StrOptions({"auto"})],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        regressor,
        *,
        outliers=None,
        threshold=None,
        window=None,
        replacement="expected",
        protect=None,
        missing=None,
        transformer=None,
        scale=None,
        anchor=None,
        season="auto",
        statistic="mean",
        cv=None,
        clip="auto",
        series=None,
        time="auto",
        freq=None,
    ):
        self.regressor = regressor
        self.outliers = outliers
        self.threshold = threshold
        self.window = window
        self.replacement = replacement
        self.protect = protect
        self.missing = missing
        self.transformer = transformer
        self.scale = scale
        self.anchor = anchor
        self.season = season
        self.statistic = statistic
        self.cv = cv
        self.clip = clip
        self.series = series
        self.time = time
        self.freq = freq

    # the inner regressor is validated by its own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Clean, transform and scale the sales, and fit the regressor on them.

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
        check_window(self.window)
        table, rows, y = self._remember(X, y)
        clips = bool(np.nanmin(y) >= 0) if self.clip == "auto" else self.clip
        self._floor = 0.0 if clips else -np.inf
        season = self.panel_.calendar.season if self.season == "auto" else self.season
        self.season_ = int(season)
        cleaning = TargetCleaning(self.panel_, rows, y)
        protected = protected_rows(table, self.protect)
        self._protected = rows.codes[protected], rows.positions[protected]

        def modelled(gaps):
            self._fit_regressor(table, rows, cleaning.y)
            return self._modelled(table, rows.codes, gaps)

        self._clean(cleaning, protected, modelled)
        z = self._fit_regressor(table, rows, cleaning.y)
        transform = self._target.transform
        self.transformer_ = getattr(transform, "transformer", transform)
        self.center_, self.scale_ = self._target.center, self._target.scale
        self.cleaned_ = cleaning.frame()
        self._fit_smearing(table, rows, z, cleaning.untouched)
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, y, update = self._update(X, y, overwrite)
        target = self._target.renumbered(update.parents)
        old, protected = update.parents[update.rows.codes], self._protected
        if self.outliers is not None or self.missing is not None:
            protected = join_protected(update, table, self.protect, protected)
            y = clean_new_rows(
                update, y, protected, self._clean, partial(self._modelled, table, old)
            )
        z = target.forward(y, update.rows.codes)
        take_in(self.regressor_, table.native, z, overwrite=overwrite, learn=learn)
        if self._smearing is not None:
            self._smearing.renumber(update.parents)
        self._target, self._protected, self.panel_ = target, protected, update.panel
        self.center_, self.scale_ = target.center, target.scale

    def predict(self, X, return_std=False):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.
        return_std : bool, default=False
            Whether to return the standard deviation of the forecast error as well,
            for regressors that know it.

        Returns
        -------
        y_pred : ndarray of shape (n_rows,)
            Forecasts in units of y.
        y_std : ndarray of shape (n_rows,)
            Only with ``return_std=True``.
        """
        if return_std:
            refuse_without_std(self.regressor)
        warn = not has_panel_estimator(self.regressor)
        table, rows = self._read(X, warn=warn)
        z, sizes = forecasts_and_sizes(self.regressor_, table.native)
        codes, target = rows.codes, self._target
        answers, std = target.inverse(z, codes), sizes * target.scale[codes]
        if self._smearing is not None:
            steps = self._steps(rows)
            mean, std = self._smearing.moments(z, codes, sizes, steps, target.inverse)
            answers = mean if self.statistic == "mean" else answers
        answers = np.maximum(answers, self._floor)
        return (answers, std) if return_std else answers

    def _gives_std(self):
        return gives_std(self.regressor)

    def _clean(self, cleaning, protected, modelled):
        """Replace outliers, then fill gaps."""
        if self.outliers is not None:
            default = THRESHOLDS[self.outliers]
            cleaning.replace_outliers(
                self.outliers,
                protected=protected,
                replacement=self.replacement,
                threshold=default if self.threshold is None else self.threshold,
                window=choose_window(self.window, self.outliers, self.season_),
                season=self.season_,
            )
        if self.missing == "model":
            cleaning.fill_rows(modelled)
        elif self.missing is not None:
            window = choose_window(self.window, self.missing, self.season_)
            cleaning.fill(self.missing, window=window, season=self.season_)

    def _modelled(self, table, codes, gaps):
        """Sales of some rows by the regressor as fitted so far."""
        z = self.regressor_.predict(take_rows(table.native, gaps))
        return np.maximum(self._target.inverse(z, codes[gaps]), self._floor)

    def _fit_regressor(self, table, rows, sales):
        """Learn transform and scale and fit the regressor; return its target."""
        self._target = TargetScale.learn(
            sales,
            rows.codes,
            self.panel_.n_series,
            transformer=self.transformer,
            scale=self.scale,
        )
        z = self._target.forward(sales, rows.codes)
        self.regressor_ = fit_rows(self._inner(), table, z)
        return z

    def _inner(self):
        return prepare_regressor(
            self.regressor,
            keys={"series": self.series, "time": self.time, "freq": self.freq},
            anchor=self.anchor,
            owner=type(self).__name__,
        )

    def _steps(self, rows):
        return self.panel_.origins(rows, longest_horizon(self.regressor))[1]

    def _fit_smearing(self, table, rows, z, used):
        """Learn from the errors of the rows that may be used, if that is wanted."""
        self._smearing = None
        wanted = self.statistic == "mean" or self._gives_std()
        if self.transformer is None or not wanted:
            return
        n_times = len(np.unique(rows.positions))
        forecast = forecasts_and_sizes
        if self.cv is None or (isinstance(self.cv, Integral) and n_times <= self.cv):
            steps = self._steps(rows)
            # before the first sale of its series a forecast is a guess
            start = self.panel_.history.start[rows.codes]
            used = used & (rows.positions - steps >= start)
            errors = training_errors(
                self.regressor_, table, z, steps, forecast=forecast
            )
        else:
            errors = forward_errors(
                self._inner(), table, rows, z, self._folds(table, z), forecast=forecast
            )
            if not len(errors.values):
                raise ValueError(
                    f"cv={self.cv!r} tests no observed row that is later than those of "
                    "its series that the fold has trained on. Folds must lie in time "
                    "order: name series= and time= in the splitter, or give a number "
                    "of folds."
                )
        errors = errors.take(used[errors.rows])
        n_series = self.panel_.n_series
        self._smearing = Smearing(errors, rows.codes[errors.rows], n_series)

    def _folds(self, table, z):
        keys = {"series": self.series, "time": self.time}
        whole = isinstance(self.cv, Integral)
        split = PanelTimeSeriesSplit(self.cv, **keys) if whole else self.cv
        return split.split(table.native, z)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.regressor)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags
