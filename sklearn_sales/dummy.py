# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Baselines that every forecast is measured against."""

from numbers import Integral

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_sales._compat import Interval, StrOptions, fit_context
from sklearn_sales.panel import PanelEstimator, UpdateMixin

__all__ = ["SeasonalNaiveRegressor"]


class SeasonalNaiveRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    r"""Forecast the last known sales of the same phase of the season.

    With a season of m times, the forecast of a row at time t is

    .. math:: \hat y_t = y_{t - jm},

    where j is the smallest number for which t - jm is not after the row's forecast
    origin: next Tuesday is forecast by the last Tuesday known. It is the baseline
    that scaled errors such as MASE divide by [1]_, and that a model has to beat.

    Where that time was not observed, the same phase one season further back answers,
    and so on; where the series knows none of this phase, its last observation at or
    before the origin. A row with nothing before its origin, such as the first of a
    series, gets the mean of the series: it alone may depend on what comes later.
    Covariates are ignored.

    Parameters
    ----------
    season : int or "auto", default="auto"
        Length of the season in times of the calendar. ``"auto"`` takes the shortest
        season that the frequency is known for: 24 hours, 7 days, 5 business days,
        52 weeks, 12 months, 4 quarters, else 1. A season of 1 repeats the last
        observation.
    horizon : int, default=1
        Largest step ahead. Rows inside the training span are forecast from origins
        1 to ``horizon`` times before them; rows after the span from its end.
    series : str, int or list of them, default=None
        Key columns of X by name or position; None is a single series.
    time : str or int, default="auto"
        Time column of X by name or position. ``"auto"`` is the one column of
        datetimes or periods, else the first column that is no series key;
        ``"index"`` reads the index of a pandas frame.
    freq : str, number or timedelta, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    season_ : int
        Length of the season in times of the calendar.
    mean_ : ndarray of shape (n_series + 1,)
        Mean of the observed sales of each series and, at last, of the mean of all
        series at each time, which answers for series that fit did not see.
    panel_ : Panel
        The series, their calendar and their history.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names of X, where it has names and all of them are strings.

    See Also
    --------
    sklearn.dummy.DummyRegressor : Baseline that knows no time.

    References
    ----------
    .. [1] Hyndman and Koehler, "Another look at measures of forecast accuracy",
       International Journal of Forecasting 22(4), 2006.

    Examples
    --------
    Two weeks of sales; the third is forecast by the second.

    >>> import pandas as pd
    >>> from sklearn_sales.dummy import SeasonalNaiveRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2024-03-04", periods=21)})
    >>> sales = [5, 6, 4, 7, 9, 12, 0, 6, 6, 5, 7, 8, 14, 0]
    >>> naive = SeasonalNaiveRegressor().fit(X[:14], sales)
    >>> naive.predict(X[14:])
    array([ 6.,  6.,  5.,  7.,  8., 14.,  0.])
    """

    _parameter_constraints: dict = {
        **PanelEstimator._panel_constraints,
        "season": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "horizon": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self, season="auto", *, horizon=1, series=None, time="auto", freq=None
    ):
        self.season = season
        self.horizon = horizon
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Remember the sales history.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Keys, times and covariates, in any row order.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self
        """
        self._remember(X, y)
        return self._learn_history()

    def _observe(self, X, y, *, overwrite, learn):
        self.panel_ = self._update(X, y, overwrite)[2].panel
        self._learn_history()

    def _learn_history(self):
        """Season, means, and what stands in gaps."""
        history = self.panel_.history
        season = self.panel_.calendar.season if self.season == "auto" else self.season
        self.season_ = int(season)
        self.mean_ = _means(history.data, history.indptr)
        self._gaps = np.flatnonzero(np.isnan(history.data))
        self._gap_latest, self._gap_of_phase = (
            carry_into_gaps(history.data, history.indptr, self._gaps, length)
            for length in (1, self.season_)
        )
        return self

    def predict(self, X):
        """Forecast each row from its origin.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the same columns as in fit, inside the training span or after it.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        _, rows = self._read(X)
        origins, steps = self.panel_.origins(rows, self.horizon)
        seasons_back = -(-steps // self.season_)
        phase = rows.positions - seasons_back * self.season_
        forecast = self._carried(rows.codes, phase, self._gap_of_phase)
        latest = self._carried(rows.codes, origins, self._gap_latest)
        forecast = np.where(np.isnan(forecast), latest, forecast)
        return np.where(np.isnan(forecast), self.mean_[rows.codes], forecast)

    def _carried(self, codes, positions, in_gaps):
        """Sales at cells, with gaps of the history filled; NaN outside of it."""
        history = self.panel_.history
        values = history.values(codes, positions)
        cells = history.cells(codes, positions)
        gap = (cells >= 0) & np.isnan(values)
        values[gap] = in_gaps[np.searchsorted(self._gaps, cells[gap])]
        return values

    def __sklearn_tags__(self):
        """Tags of a baseline, which sees no covariate."""
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


def carry_into_gaps(data, indptr, gaps, season):
    """Last observation of the same phase before each gap of a history.

    Parameters
    ----------
    data : ndarray of shape (n_cells,)
        Series one after the other; NaN where not observed.
    indptr : ndarray of shape (n_series + 1,)
        Bounds of the series in ``data``.
    gaps : ndarray of shape (n_gaps,)
        The cells that hold NaN.
    season : int
        Number of phases.

    Returns
    -------
    ndarray of shape (n_gaps,)
        NaN where a series has not observed the phase before.
    """
    if not len(gaps):
        return np.empty(0)
    first = indptr[np.searchsorted(indptr, gaps, side="right") - 1]
    source = np.arange(len(data))
    # each gap points one season back, or to itself where there is none
    source[gaps] = np.where(gaps - season < first, gaps, gaps - season)
    while True:
        # following the pointers of pointers doubles the seasons that are skipped
        further = source[source[gaps]]
        if np.array_equal(further, source[gaps]):
            return data[further]
        source[gaps] = further


def _means(data, indptr):
    """Mean of the observed cells of each series; NaN where there is none."""
    observed = ~np.isnan(data)
    codes = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))[observed]
    counts = np.bincount(codes, minlength=len(indptr) - 1)
    sums = np.bincount(codes, weights=data[observed], minlength=len(indptr) - 1)
    return np.divide(sums, counts, where=counts > 0, out=np.full(len(counts), np.nan))
