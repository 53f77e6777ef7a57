# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: a stack of sktime's AutoETS, boosting and autoregression beats each of them.

Weekly sales of Walmart's departments. AutoETS of sktime, on sales less their yearly
seasonal indices and with a level alone (barely two cycles tell no trend), is a member
through ``SktimeRegressor``, beside gradient boosting behind ``ReductionRegressor`` and
``ARRegressor``. The stack learns its weights from the 13 weeks before each origin. All
forecast the last two times 13 weeks, each from the weeks before. The WAPE of the stack
over both has to be below that of each member. A series too short for seasonal indices
is forecast by the seasonal naive method in place of AutoETS.

    python benchmarks/bench_sktime_stack.py --data-dir FOLDER [--stores 10]

needs sktime and statsmodels. All 45 stores take several minutes.
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd
from panels import load_panels, rolling_origins
from sklearn.ensemble import HistGradientBoostingRegressor
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.ets import AutoETS
from sktime.transformations.detrend import Deseasonalizer

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    SktimeRegressor,
    TimeSeriesStackingRegressor,
    wape,
)


def stack_of(spec, n_jobs):
    keys = {"series": spec.series, "time": "date"}
    ets = TransformedTargetForecaster(
        [("season", Deseasonalizer(sp=spec.season)), ("ets", AutoETS())]
    )
    boosting = HistGradientBoostingRegressor(random_state=0)
    features = LagFeatures(spec.lags, windows=spec.windows, season=spec.seasons)
    members = [
        ("AutoETS", SktimeRegressor(ets, fallback="naive", n_jobs=n_jobs, **keys)),
        (
            "boosting",
            ReductionRegressor(
                boosting, features=features, horizon=spec.horizon, **keys
            ),
        ),
        ("AR", ARRegressor([1, 2, 3, 4, spec.season], **keys)),
    ]
    folds = PanelTimeSeriesSplit(1, test_size=spec.horizon)
    return TimeSeriesStackingRegressor(members, cv=folds, **keys)


def measure(spec, X, y, n_jobs):
    """Sales and the forecasts of all, over both origins."""
    parts = []
    for train, test in rolling_origins(X, spec):
        stack = stack_of(spec, n_jobs).fit(X[train], y[train])
        part = pd.DataFrame(stack.transform(X[test]), columns=list(stack.weights_))
        part["stack"] = stack.predict(X[test])
        naive = SeasonalNaiveRegressor(spec.season, series=spec.series, time="date")
        part["seasonal naive"] = naive.fit(X[train], y[train]).predict(X[test])
        weights = ", ".join(f"{k} {w:.2f}" for k, w in stack.weights_.items())
        fallen = len(stack.named_estimators_["AutoETS"].failures_)
        print(f"weights: {weights}; {fallen} series without AutoETS", flush=True)
        parts.append(part.assign(sales=y[test]))
    return pd.concat(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--stores", type=int, help="the first so many only")
    parser.add_argument("--n-jobs", type=int, help="processes for AutoETS")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = list(load_panels(args.data_dir, ["walmart_weekly"]))
    if not found:
        return 0
    [(spec, X, y)] = found
    if args.stores:
        chosen = X["store"].isin(np.sort(X["store"].unique())[: args.stores]).to_numpy()
        X, y = X[chosen].reset_index(drop=True), y[chosen]
    start = time.perf_counter()
    forecasts = measure(spec, X, y, args.n_jobs)
    sales = forecasts.pop("sales")
    errors = forecasts.apply(lambda forecast: wape(sales, forecast))
    print(f"WAPE of {len(sales)} rows of {spec.file}")
    print(errors.round(4).to_string())
    print(f"{time.perf_counter() - start:.0f} s")
    members = errors.drop(["stack", "seasonal naive"])
    ratio = errors["stack"] / members.min()
    print(f"stack / best member: {ratio:.3f}, has to be below 1")
    return int(ratio >= 1)


if __name__ == "__main__":
    sys.exit(main())
