# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The history of our own speed, commit by commit: ``asv run`` in benchmarks/.

A thousand series of a year, rows in the order of series and time or shuffled, ids as
categories or as text.
"""

import numpy as np
import pandas as pd

from sklearn_sales import ARRegressor, LagFeatures, future_frame

KEYS = {"series": "item", "time": "date"}


class Panel:
    """A table of sales; the rows and the ids are what asv varies."""

    params = [["sorted", "shuffled"], ["category", "text"]]
    param_names = ["rows", "ids"]

    def setup(self, rows, ids):
        n_series, n_times = 1000, 365
        rng = np.random.default_rng(0)
        names = np.array([f"item_{number:04d}" for number in range(n_series)], object)
        days = pd.date_range("2024-01-01", periods=n_times)
        X = pd.DataFrame(
            {"item": np.repeat(names, n_times), "date": np.tile(days, n_series)}
        )
        if ids == "category":
            X["item"] = X["item"].astype("category")
        if rows == "shuffled":
            X = X.iloc[rng.permutation(len(X))].reset_index(drop=True)
        self.X, self.y = X, rng.poisson(5.0, len(X)).astype(float)
        self.prepare()

    def prepare(self):
        """What a class needs before its time is taken."""


class Features(Panel):
    def features(self):
        windows = [("mean", 28), ("std", 28), ("max", 7)]
        return LagFeatures([1, 7, 28], windows=windows, **KEYS)

    def time_fit_transform(self, rows, ids):
        self.features().fit_transform(self.X, self.y)

    def peakmem_fit_transform(self, rows, ids):
        self.features().fit_transform(self.X, self.y)


class Autoregression(Panel):
    def prepare(self):
        self.model = ARRegressor(lags=14, **KEYS).fit(self.X, self.y)
        self.future = future_frame(self.X, 28, **KEYS)

    def time_fit(self, rows, ids):
        ARRegressor(lags=14, **KEYS).fit(self.X, self.y)

    def time_predict_28_days(self, rows, ids):
        self.model.predict(self.future)
