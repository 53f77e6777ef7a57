# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small panels, forecasts and estimators for the tests of pictures."""

import numpy as np
import pandas as pd

__all__ = ["KnownQuantiles", "make_rows"]


def make_rows(n_stores=3, n_days=30, start="2024-03-01"):
    """Keys and a promotion, and sales that are a plain function of both."""
    days = pd.date_range(start, periods=n_days)
    keys = pd.MultiIndex.from_product(
        [[f"s{i}" for i in range(n_stores)], days], names=["store", "date"]
    )
    X = keys.to_frame(index=False)
    X["promotion"] = X["date"].dt.day % 10 == 0
    store = X["store"].str[1:].astype(int)
    y = 10.0 * (store + 1) + X["date"].dt.day_of_week + 5 * X["promotion"]
    return X, y.to_numpy()


class KnownQuantiles:
    """Answers of a uniform distribution between zero and 100, around a forecaster.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; its panel and its forecasts are used.
    """

    def __init__(self, estimator):
        self.estimator_ = estimator

    def predict(self, X):
        return self.estimator_.predict(X)

    def predict_interval(self, X, coverage):
        half = 50 * coverage
        return np.tile([50 - half, 50 + half], (len(X), 1))

    def predict_quantiles(self, X, q):
        return np.tile(100 * np.asarray(q), (len(X), 1))
