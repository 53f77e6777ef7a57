# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A small panel with known faults, and the estimators that clean its target."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin

from sklearn_sales import ARRegressor, PanelTargetRegressor

KEYS = {"series": "item", "time": "date"}
START = pd.Timestamp("2024-01-01")
AR = ARRegressor(lags=2)
ITEMS = ["rice", "salt", "tea"]


def panel(n_days=60, seed=0):
    """Three items of very different size; every seventh day is a promotion."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "item": np.repeat(ITEMS, n_days),
            "date": np.tile(pd.date_range(START, periods=n_days), 3),
            "promotion": np.tile(np.arange(n_days) % 7 == 3, 3).astype(float),
        }
    )
    size = np.repeat([5.0, 50.0, 500.0], n_days)
    y = size * (1 + X["promotion"]) * rng.gamma(30, 1 / 30, len(X))
    order = rng.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), y.to_numpy()[order]


def future(n_days=5, first=60):
    days = pd.date_range(START + pd.Timedelta(days=first), periods=n_days)
    X = pd.DataFrame({"item": np.repeat(ITEMS, n_days), "date": np.tile(days, 3)})
    return X.assign(promotion=0.0)


def row_of(X, item, day):
    date = START + pd.Timedelta(days=day)
    return int(np.flatnonzero((X["item"] == item) & (X["date"] == date))[0])


def target(regressor=AR, **params):
    return PanelTargetRegressor(regressor, **{**KEYS, **params})


class Recorder(RegressorMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return self

    def predict(self, X):
        return np.zeros(len(X))


def faulty():
    """A panel with two jumps, a gap, and NaN before a start and after an end."""
    X, y = panel()
    y[row_of(X, "salt", 25)] = 5000.0
    y[row_of(X, "tea", 40)] = 60000.0
    y[row_of(X, "rice", 30)] = np.nan
    for day in (0, 1, 59):
        y[row_of(X, "tea", day)] = np.nan
    return X, y


def simulated(seed=0, n_series=200, n_times=150, horizon=8):
    """Autoregressive logarithms around levels; the mean of their future is known."""
    rng = np.random.default_rng(seed)
    n_all, phi, sigma = n_times + horizon, 0.6, 0.5
    noise = rng.normal(0, sigma, (n_series, n_all + 50))
    z = np.zeros_like(noise)
    for t in range(1, n_all + 50):
        z[:, t] = phi * z[:, t - 1] + noise[:, t]
    level = rng.normal(4, 0.5, (n_series, 1))
    z = z[:, 50:] + level
    X = pd.DataFrame(
        {
            "item": np.repeat(np.arange(n_series), n_all),
            "date": np.tile(np.arange(n_all), n_series),
        }
    )
    steps = np.arange(1, horizon + 1)
    last = z[:, n_times - 1 : n_times]
    variance = sigma**2 * (1 - phi ** (2 * steps)) / (1 - phi**2)
    center = level + phi**steps * (last - level)
    truth = np.exp(center + variance / 2) - 1
    train = X["date"] < n_times
    y = np.expm1(z).ravel()
    return X[train], y[train], X[~train], truth, np.exp(center) - 1
