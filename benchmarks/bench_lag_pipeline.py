# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: boosting behind LagFeatures beats the seasonal naive on four of five sets.

For each real panel, ``make_pipeline(LagFeatures(horizon=H, ...),
HistGradientBoostingRegressor())`` against ``SeasonalNaiveRegressor``, WAPE over the
last two horizons, each forecast from the rows before it. Nothing is tuned: lags and
windows are those that the frequency suggests.

    python benchmarks/bench_lag_pipeline.py --data-dir FOLDER
"""

import argparse
import sys
import time

import numpy as np
from panels import load_panels, rolling_origins
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import ARRegressor, LagFeatures, SeasonalNaiveRegressor, wape


def models(spec):
    boosting = make_pipeline(
        LagFeatures(
            spec.lags,
            windows=spec.windows,
            season=spec.seasons,
            horizon=spec.horizon,
            series=spec.series,
            time="date",
        ),
        HistGradientBoostingRegressor(random_state=0),
    )
    longest = min(spec.season, 28)
    keys = {"series": spec.series, "time": "date"}
    return {
        "naive": SeasonalNaiveRegressor(season=spec.season, **keys),
        "AR": ARRegressor(lags=longest, alpha=1e-3, pooled=True, **keys),
        "boosting": boosting,
    }


def measure(spec, X, y):
    """WAPE over the pooled forecasts of all origins, and seconds, of each model."""
    folds = list(rolling_origins(X, spec))
    truth = np.concatenate([y[test] for _, test in folds])
    results = {}
    for name, model in models(spec).items():
        started = time.perf_counter()
        forecasts = [
            model.fit(X[train], y[train]).predict(X[test]) for train, test in folds
        ]
        seconds = time.perf_counter() - started
        results[name] = wape(truth, np.maximum(np.concatenate(forecasts), 0)), seconds
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--sets", nargs="*", help="names of the sets (default: all)")
    arguments = parser.parse_args()
    wins, n_sets = 0, 0
    print(f"{'set':<26}{'naive':>9}{'AR':>9}{'boosting':>10}{'ratio':>8}{'seconds':>9}")
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        results = measure(spec, X, y)
        naive, boosting = results["naive"][0], results["boosting"][0]
        wins += boosting < naive
        n_sets += 1
        print(
            f"{spec.file:<26}{naive:>9.4f}{results['AR'][0]:>9.4f}{boosting:>10.4f}"
            f"{boosting / naive:>8.3f}{results['boosting'][1]:>9.1f}",
            flush=True,
        )
    needed = int(np.ceil(0.8 * n_sets))
    print(f"boosting beats the seasonal naive on {wins} of {n_sets} (claim: {needed})")
    return 0 if n_sets and wins >= needed else 1


if __name__ == "__main__":
    sys.exit(main())
