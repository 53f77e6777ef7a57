# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A small panel and cheap members, for tests of ensembles."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from sklearn_sales import ARRegressor, LagFeatures, SeasonalNaiveRegressor

KEYS = ["item"]
DATES = pd.date_range("2024-01-01", periods=42)


def make_panel(seed=0):
    """Six weeks of two series with a price: (X, y)."""
    rng = np.random.default_rng(seed)
    keys = pd.DataFrame({"item": ["a", "b"]})
    X = keys.merge(pd.DataFrame({"date": DATES}), how="cross")
    X["price"] = rng.choice([1.0, 1.5, 2.0], size=len(X))
    level = np.where(X["item"] == "a", 10.0, 30.0) / X["price"]
    week = 1 + 0.5 * (X["date"].dt.day_of_week >= 5)
    return X, np.array(level * week + rng.normal(size=len(X)))


def members():
    """An autoregression, a seasonal naive forecast, and a tree on lags."""
    features = LagFeatures(3, horizon=8, fill=0.0, series=KEYS)
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    return [
        ("ar", ARRegressor(1, series=KEYS)),
        ("naive", SeasonalNaiveRegressor(series=KEYS)),
        ("trees", make_pipeline(features, tree)),
    ]


class Column(RegressorMixin, BaseEstimator):
    """Forecasts by one column of X."""

    def __init__(self, column):
        self.column = column

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.asarray(X)[:, self.column]


def single_series(n=30):
    """One series on plain numbers, with a covariate: (X, y)."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(n), rng.normal(size=n)])
    return X, 10 + X[:, 1] + rng.normal(size=n) * 0.1


def two_members():
    """A forecaster of the package, and a regressor that knows no time."""
    return [("ar", ARRegressor(1)), ("line", LinearRegression())]
