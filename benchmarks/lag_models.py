# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same linear model behind the same lags, of this package and of mlforecast."""

import numpy as np
from pairs import daily_sales
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import LagFeatures, ReductionRegressor

__all__ = ["fit_mlforecast", "fit_pipeline", "fit_recursive"]

LAGS = [1, 7, 14, 28]
WINDOWS = [("mean", 7), ("mean", 28), ("std", 28), ("max", 7)]
# rows before this day have not all their lags and are left out
FIRST = 28


def fit_pipeline(n_series, n_times):
    """Fitted pipeline, and X. It answers each row from what was known before it."""
    X, y = daily_sales(n_series, n_times, ids="category")
    lags = LagFeatures(LAGS, windows=WINDOWS, series="item", time="date")
    made = lags.fit_transform(X, y)
    known = np.tile(np.arange(n_times) >= FIRST, n_series)
    model = LinearRegression().fit(made[known], y[known])
    return make_pipeline(lags, model), X


def fit_recursive(n_series, n_times):
    """Fitted recursive forecaster, and X."""
    X, y = daily_sales(n_series, n_times, ids="category")
    model = ReductionRegressor(
        LinearRegression(),
        features=LagFeatures(LAGS, windows=WINDOWS),
        strategy="recursive",
        clip=False,
        series="item",
        time="date",
    )
    return model.fit(X, y), X


def fit_mlforecast(n_series, n_times):
    """Fitted MLForecast with a model named "model"."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMax, RollingMean, RollingStd

    X, y = daily_sales(n_series, n_times, ids="category")
    windows = [RollingMean(7), RollingMean(28), RollingStd(28), RollingMax(7)]
    model = MLForecast(
        models={"model": LinearRegression()},
        freq="D",
        lags=LAGS,
        lag_transforms={1: windows},
        num_threads=2,
    )
    X = X.rename(columns={"item": "unique_id", "date": "ds"}).assign(y=y)
    return model.fit(X, static_features=[])
