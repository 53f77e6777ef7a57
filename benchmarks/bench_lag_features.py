# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: lag features take half the time and 0.6 of the memory of mlforecast's.

Four lags, four windows, weekday and month of 3,000 series of 1,000 days, every row
kept: ``CalendarFeatures`` and ``LagFeatures`` against mlforecast's ``preprocess``, and
against sktime's ``WindowSummarizer`` and skforecast's ``RollingFeatures`` on a tenth of
the series, without a bar. The values of mlforecast are equal to rtol 1e-6.

    python benchmarks/bench_lag_features.py [--fraction 0.1]
"""

import sys
import warnings

import numpy as np
import pandas as pd
from pairs import Bar, compare, daily_sales
from sklearn.pipeline import make_pipeline

from sklearn_sales import CalendarFeatures, LagFeatures

N_SERIES, N_TIMES = 3000, 1000
LAGS = [1, 7, 14, 28]
WINDOWS = [("mean", 7), ("mean", 28), ("std", 28), ("max", 7)]
# the slow ones work on fewer series; their time tells the rest
SHARE = 10


def table(fraction, share=1):
    n_series = max(int(N_SERIES * fraction) // share, 1)
    return daily_sales(n_series, N_TIMES, ids="category")


def ours(fraction):
    X, y = table(fraction)
    keys = {"series": "item", "time": "date", "copy": False}

    def work():
        calendar = CalendarFeatures(["weekday", "month"], **keys)
        lags = LagFeatures(LAGS, windows=WINDOWS, **keys)
        pipeline = make_pipeline(calendar, lags.set_output(transform="pandas"))
        return sample(pipeline.fit_transform(X, y))

    return work


def mlforecast(fraction):
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMax, RollingMean, RollingStd

    X, y = table(fraction)
    X = X.rename(columns={"item": "unique_id", "date": "ds"}).assign(y=y)
    windows = [
        RollingMean(7, min_samples=1),
        RollingMean(28, min_samples=1),
        RollingStd(28, min_samples=1),
        RollingMax(7, min_samples=1),
    ]

    def work():
        model = MLForecast(
            models=[],
            freq="D",
            lags=LAGS,
            lag_transforms={1: windows},
            date_features=["dayofweek", "month"],
            num_threads=2,
        )
        made = model.preprocess(X, static_features=[], dropna=False)
        return sample(made.iloc[:, 3:])

    return work


def sample(made):
    """A thousandth of the rows, to compare; the rest is freed like a result."""
    return made.iloc[::997].to_numpy(dtype=float)


def sktime(fraction):
    from sktime.transformations.series.summarize import WindowSummarizer

    X, y = table(fraction, SHARE)
    index = pd.MultiIndex.from_frame(X.astype({"item": str}))
    sales = pd.DataFrame({"y": y}, index=index)
    summarizer = WindowSummarizer(
        lag_feature={
            "lag": LAGS,
            "mean": [[1, 7], [1, 28]],
            "std": [[1, 28]],
            "max": [[1, 7]],
        }
    )

    def work():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            summarizer.fit_transform(sales)

    return work


def skforecast(fraction):
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries
    from sklearn.linear_model import LinearRegression

    X, y = table(fraction, SHARE)
    sales = pd.Series(y, index=pd.MultiIndex.from_frame(X.astype({"item": str})))
    series = sales.unstack(level=0).asfreq("D")
    windows = RollingFeatures(
        stats=["mean", "mean", "std", "max"], window_sizes=[7, 28, 28, 7]
    )
    model = ForecasterRecursiveMultiSeries(
        LinearRegression(), lags=LAGS, window_features=windows, encoding=None
    )

    def work():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.create_train_X_y(series=series)

    return work


CASES = {
    "sklearn-sales": ours,
    "mlforecast": mlforecast,
    "sktime (a tenth)": sktime,
    "skforecast (a tenth)": skforecast,
}
BARS = [
    Bar("wall", "sklearn-sales", "mlforecast", 0.5),
    Bar("memory", "sklearn-sales", "mlforecast", 0.6),
]

if __name__ == "__main__":
    np.set_printoptions(precision=3)
    libraries = ["mlforecast", "coreforecast", "sktime", "skforecast"]
    same = ["sklearn-sales", "mlforecast"]
    sys.exit(compare(__file__, CASES, BARS, libraries=libraries, same=same, rtol=1e-6))
