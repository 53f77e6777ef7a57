# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A regressor of the sales that would be without the effect of covariates."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils import get_tags

from sklearn_sales._compat import HasMethods, Interval, StrOptions, fit_context
from sklearn_sales.compose._inner_regressor import (
    fit_rows,
    forecasts_and_sizes,
    gives_std,
    has_panel_estimator,
    prepare_regressor,
    refuse_without_std,
)
from sklearn_sales.compose._inner_rows import draw_rows
from sklearn_sales.compose._tweedie_loss import TweedieLoss
from sklearn_sales.panel import (
    PanelEstimator,
    UpdateMixin,
    column_index,
    is_numeric,
    take_in,
)

__all__ = ["CovariateAdjustedRegressor"]

# A single sale of a series that hardly sells is no effect of a covariate.
_LARGEST_RATIO = 20.0

# A series that takes back more of what it sold has no level to be a multiple of.
_MOST_RETURNS = 0.1


class CovariateAdjustedRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """A forecaster of sales with the effect of price and promotion taken out.

    A method that reads nothing but the sales of a series, such as theta or the
    seasonal naive, takes last week's promotion for a new level, and knows nothing of
    the next one. Here a regressor of the covariates, shared by all series, first
    learns by which factor a row sells more than its series does on average. The
    forecaster is fitted on sales divided by this factor, and its forecasts are
    multiplied by the factor of their row: a regression with errors that a forecaster
    explains, as in dynamic regression [1]_, on a ratio scale.

    Parameters
    ----------
    regressor : estimator
        A forecaster, such as :class:`~sklearn_sales.exponential_smoothing.\
ThetaRegressor`.
    adjuster : estimator, default=None
        A regressor of covariates. It is fitted on float columns, to forecast sales
        over the mean of their series; NaN in a column means not known. None is
        gradient boosting with Tweedie loss: 50 trees with a learning rate of 0.2.
    columns : "auto", str, int or list of them, default="auto"
        Columns that the adjuster reads, by name or position. ``"auto"`` takes every
        covariate that is a number. Leave out parts of the calendar if the forecaster
        has seasons of its own.
    max_factor : float, default=20.0
        Factors are kept between ``1 / max_factor`` and ``max_factor``.
    max_samples : int, default=None
        The most rows that the adjuster learns from. More are drawn by their series
        and time, so that the order of rows changes nothing. None is all.
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
        The fitted forecaster. What it remembers and forecasts is adjusted.
    adjuster_ : estimator or None
        The fitted regressor of covariates; None where there is nothing to learn: no
        covariate, or no series that sells more than it takes back.
    columns_ : list of str
        What the adjuster reads.
    panel_ : Panel
        The series, their calendar and their sales as they were.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    PanelTargetRegressor : Sales that are cleaned, transformed and scaled.
    ReductionRegressor : Covariates and lags in one regressor.

    Notes
    -----
    - Factors multiply. Returns (sales below zero) count as no sales while they are
      learned, and are divided like all others. A series whose returns are more than a
      tenth of its sales teaches nothing; if all are like that, nothing is adjusted.
    - The factor of a row follows from its covariates alone. ``observe`` and
      ``partial_fit`` adjust new sales by the factors of fit.
    - A covariate that is constant within every series only tells the series apart:
      useful where a promotion works better for some products than for others.

    References
    ----------
    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: principles and practice",
       3rd edition, chapter 10, OTexts, 2021.

    Examples
    --------
    Twice the sales on promotion, which theta alone knows nothing of:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import CovariateAdjustedRegressor, ThetaRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2024-03-04", periods=120)})
    >>> X["promotion"] = np.arange(120) // 5 % 3 == 0
    >>> y = 10.0 * np.where(X["promotion"], 2, 1)
    >>> model = CovariateAdjustedRegressor(ThetaRegressor(None))
    >>> model.fit(X[:110], y[:110]).predict(X[110:]).round()
    array([10., 10., 10., 10., 10., 10., 10., 10., 10., 10.])
    """

    _parameter_constraints: dict = {
        "regressor": [HasMethods(["fit", "predict"])],
        "adjuster": [HasMethods(["fit", "predict"]), None],
        "columns": [StrOptions({"auto"}), str, Integral, list, tuple],
        "max_factor": [Interval(Real, 1, None, closed="left")],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        regressor,
        adjuster=None,
        *,
        columns="auto",
        max_factor=20.0,
        max_samples=None,
        series=None,
        time="auto",
        freq=None,
    ):
        self.regressor = regressor
        self.adjuster = adjuster
        self.columns = columns
        self.max_factor = max_factor
        self.max_samples = max_samples
        self.series = series
        self.time = time
        self.freq = freq

    # the inner regressors are validated by their own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Learn the effect of the covariates, and fit the forecaster on the rest.

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
        self._indices = self._choose_columns(table)
        self.columns_ = [str(table.names[i]) for i in self._indices]
        self.adjuster_ = None
        ratios, known = _ratios(y, rows.codes)
        if self._indices and known.size:
            if self.max_samples is not None:
                known = draw_rows(known, rows, self.max_samples)
            adjuster = _default_adjuster() if self.adjuster is None else self.adjuster
            columns = self._covariates(table).iloc[known]
            self.adjuster_ = clone(adjuster).fit(columns, ratios[known])
        inner = prepare_regressor(
            self.regressor,
            keys={"series": self.series, "time": self.time, "freq": self.freq},
            anchor=None,
            owner=type(self).__name__,
        )
        self.regressor_ = fit_rows(inner, table, y / self._factors(table))
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, y, update = self._update(X, y, overwrite)
        adjusted = y / self._factors(table)
        take_in(
            self.regressor_, table.native, adjusted, overwrite=overwrite, learn=learn
        )
        self.panel_ = update.panel

    def predict(self, X, return_std=False):
        """Forecast rows by their series, time and covariates.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.
        return_std : bool, default=False
            Whether to return the standard deviation of the forecast error as well,
            for forecasters that know it.

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
        table, _ = self._read(X, warn=warn)
        factors = self._factors(table)
        if not return_std:
            return factors * self.regressor_.predict(table.native)
        adjusted, sizes = forecasts_and_sizes(self.regressor_, table.native)
        return factors * adjusted, factors * sizes

    def _gives_std(self):
        return gives_std(self.regressor)

    def _choose_columns(self, table):
        if isinstance(self.columns, str) and self.columns == "auto":
            return [
                index
                for index in self.panel_.schema.covariates
                if not table.is_frame or is_numeric(table.column(index).dtype)
            ]
        alone = isinstance(self.columns, (str, Integral))
        columns = [self.columns] if alone else list(self.columns)
        indices = [column_index(table, column, "columns") for column in columns]
        schema = self.panel_.schema
        for column, index in zip(columns, indices, strict=True):
            if index not in schema.covariates:
                raise ValueError(
                    f"columns={self.columns!r} names {column!r}, which is a key or the "
                    "time. Name covariates, such as a price."
                )
        return indices

    def _covariates(self, table):
        """What the adjuster reads, as a data frame of floats."""
        owner = f"The adjuster of {type(self).__name__}"
        values = table.float_columns(self._indices, owner=owner, allow_nan=True)
        return pd.DataFrame(values, columns=self.columns_)

    def _factors(self, table):
        """How much more each row sells by its covariates, shape (n_rows,)."""
        if self.adjuster_ is None:
            return np.ones(table.n_rows)
        answers = np.ravel(self.adjuster_.predict(self._covariates(table)))
        return np.clip(answers, 1 / self.max_factor, self.max_factor)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.regressor)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags


def _default_adjuster():
    # boosting of the package never validates on rows drawn at random
    return HistGradientBoostingRegressor(
        loss=TweedieLoss(),
        max_iter=50,
        learning_rate=0.2,
        early_stopping=False,
        random_state=0,
    )


def _ratios(y, codes):
    """Sales over the mean of their series, and the rows where that says something."""
    observed = ~np.isnan(y)
    sales = np.where(observed, np.maximum(y, 0.0), 0.0)
    returns = np.where(observed, np.maximum(-y, 0.0), 0.0)
    sold, returned, counts = (np.bincount(codes, v) for v in (sales, returns, observed))
    tells = (sold > 0) & (returned <= _MOST_RETURNS * sold)
    known = np.flatnonzero(observed & tells[codes])
    level = (sold / np.maximum(counts, 1))[codes[known]]
    ratios = np.zeros(len(y))
    ratios[known] = np.minimum(sales[known] / level, _LARGEST_RATIO)
    return ratios, known
