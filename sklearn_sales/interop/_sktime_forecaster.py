# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regressors of rows as forecasters of sktime; all of this module needs sktime."""

from inspect import signature

import numpy as np
import pandas as pd
from scipy.stats import norm
from sktime.forecasting.base import BaseForecaster

from sklearn_sales.compose import gives_std
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.interop._sktime_calls import without_notices
from sklearn_sales.interop._sktime_rows import (
    index_of_forecasts,
    key_names,
    places_in,
    rows_of,
    steps_between,
)
from sklearn_sales.linear_model import ARRegressor
from sklearn_sales.model_selection import fill_keys, panel_parts
from sklearn_sales.panel import find_panel
from sklearn_sales.panel._times import parse_times

__all__ = ["RegressorForecaster"]


class RegressorForecaster(BaseForecaster):
    """A regressor of rows of a panel as a forecaster of sktime.

    All series are fitted together, so that what the regressor shares between series
    is shared here. See :func:`~sklearn_sales.interop.to_sktime`.

    Parameters
    ----------
    estimator : estimator
        Regressor or pipeline, with at least one estimator of panels in it. Never
        changed. Its parameters are reached as ``estimator__lags`` and the like.

    Attributes
    ----------
    estimator_ : estimator
        The fitted clone, with the index levels of y as its keys.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import ARRegressor, to_sktime
    >>> y = pd.Series([3.0, 5.0, 3.0, 5.0, 3.0, 5.0])
    >>> forecaster = to_sktime(ARRegressor(lags=2)).fit(y)
    >>> bool(forecaster.predict(fh=[2]).round(2).item() == 5)
    True
    """

    _tags = {
        "authors": "The sklearn-sales developers",
        "maintainers": "The sklearn-sales developers",
        "y_inner_mtype": ["pd.Series", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:exogenous": True,
        "capability:missing_values": True,
        "capability:pred_int": True,
        "requires-fh-in-fit": False,
        "X-y-must-have-same-index": False,
    }
    # an update of sktime fits anew on all that came, from what was remembered
    _config = {"remember_data": True}

    def __init__(self, estimator):
        self.estimator = estimator
        with without_notices():
            super().__init__()
        self.set_tags(**{"capability:pred_int": _distribution(estimator) is not None})

    def _fit(self, y, X, fh):
        if not panel_parts(self.estimator):
            raise TypeError(
                f"{self.estimator!r} holds no estimator that reads series and times. "
                "Put a LagFeatures before it in a pipeline, or take sktime's YfromX."
            )
        covariates = [] if X is None else list(map(str, X.columns))
        names = key_names(y.index, covariates)
        self._key_names, self._reads_covariates = names, X is not None
        self._time_name = y.index.names[-1]
        self._instances = None
        if y.index.nlevels > 1:
            self._instances = y.index.droplevel(-1).unique()
        self._target_name = getattr(y, "name", None)
        places = None if X is None else places_in(X, y.index)
        values = np.asarray(y, dtype=np.float64).ravel()
        # to the estimator a missing row and a missing target are the same
        observed = ~np.isnan(values)
        rows = rows_of(y.index, X, places, names)[observed]
        keys = {"series": names[:-1] or None, "time": names[-1], "freq": None}
        self.estimator_ = fill_keys(self.estimator, keys).fit(rows, values[observed])
        return self

    def _predict(self, fh, X):
        index, answers = self._ask(fh, X, "predict")
        if self._instances is None:
            return pd.Series(answers, index, name=self._target_name)
        return pd.DataFrame(answers[:, None], index, self._get_varnames())

    def _predict_quantiles(self, fh, X, alpha):
        index, answers = self._quantiles(fh, X, np.asarray(alpha, dtype=np.float64))
        columns = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        return pd.DataFrame(answers, index, columns)

    def _predict_interval(self, fh, X, coverage):
        bounds = []
        for share in coverage:
            if _distribution(self.estimator) == "return_std":
                tails = np.array([(1 - share) / 2, (1 + share) / 2])
                index, answers = self._quantiles(fh, X, tails)
            else:
                index, answers = self._ask(fh, X, "predict_interval", coverage=share)
            bounds.append(answers)
        columns = pd.MultiIndex.from_product(
            [self._get_varnames(), coverage, ["lower", "upper"]]
        )
        return pd.DataFrame(np.hstack(bounds), index, columns)

    def _quantiles(self, fh, X, levels):
        """Quantiles of the estimator, or of the normal distribution that it gives."""
        if _distribution(self.estimator) != "return_std":
            return self._ask(fh, X, "predict_quantiles", q=levels)
        index, (mean, std) = self._ask(fh, X, "predict", return_std=True)
        return index, mean[:, None] + std[:, None] * norm.ppf(levels)

    def _ask(self, fh, X, method, **arguments):
        """Index of the forecasts, and what a method of the estimator answers."""
        times = self._times(fh).rename(self._time_name)
        index = index_of_forecasts(self._instances, times)
        rows = self._rows(index, X)
        answers = getattr(self.estimator_, method)(rows, **arguments)
        if isinstance(answers, tuple):
            return index, tuple(part[: len(index)] for part in answers)
        return index, answers[: len(index)]

    def _times(self, fh):
        """Times of the horizon, by the calendar where sktime knows no frequency."""
        dated = isinstance(self.cutoff, pd.DatetimeIndex)
        if not fh.is_relative or not dated or fh.freq is not None:
            return fh.to_absolute_index(self.cutoff)
        calendar = find_panel(self.estimator_).calendar
        [end] = calendar.positions(parse_times(pd.Series(self.cutoff), "the cutoff"))
        return calendar.times(end + fh.to_numpy()).as_unit(self.cutoff.unit)

    def _rows(self, index, X):
        """Rows of the forecasts, and after them the steps on the way there."""
        if not self._reads_covariates:
            return rows_of(index, None, None, self._key_names)
        if X is None:
            raise ValueError(
                "fit was given covariates X, so predict needs those of the times that "
                "are forecast: predict(fh, X=X)."
            )
        way = steps_between(X.index, self.cutoff[0], index, self._instances)
        places = np.concatenate([places_in(X, index), places_in(X, way)])
        return rows_of(X.index[places], X, places, self._key_names)

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Two sets of parameters for the checks of sktime."""
        return [
            {"estimator": SeasonalNaiveRegressor()},
            {"estimator": ARRegressor(lags=2)},
        ]


def _distribution(estimator):
    """How an estimator tells of the distribution of sales, or None."""
    method = getattr(estimator, "predict_quantiles", None)
    if method is not None and "q" in signature(method).parameters:
        return "predict_quantiles"
    return "return_std" if gives_std(estimator) else None
