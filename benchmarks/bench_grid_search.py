# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: a search over a lag pipeline on a real panel works unchanged.

GridSearchCV over lags, with PanelTimeSeriesSplit and with scikit-learn's
TimeSeriesSplit on rows in time order; from pandas and from polars; saved, loaded in a
fresh process, same forecasts. The script fails where two of them differ.

    python benchmarks/bench_grid_search.py --data-dir FOLDER --sets stallion_monthly
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import polars as pl
from panels import load_panels, rolling_origins
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklearn_sales import LagFeatures, PanelTimeSeriesSplit, neg_wape_scorer

LOAD = """
import sys, joblib, numpy, pandas
found = joblib.load(sys.argv[1] + "/search.joblib")
X = pandas.read_parquet(sys.argv[1] + "/future.parquet")
numpy.save(sys.argv[1] + "/forecast.npy", found.predict(X))
"""


def search(spec, cv):
    features = LagFeatures(
        windows=spec.windows, horizon=spec.horizon, series=spec.series, time="date"
    )
    model = HistGradientBoostingRegressor(max_iter=50, early_stopping=False)
    grid = {
        "lagfeatures__lags": [[1], spec.lags],
        "lagfeatures__season": [None, spec.season],
    }
    pipeline = make_pipeline(features, model)
    return GridSearchCV(pipeline, grid, cv=cv, scoring=neg_wape_scorer)


def loaded_elsewhere(found, X):
    """Forecasts of a fresh process that loads the search."""
    with tempfile.TemporaryDirectory() as folder:
        joblib.dump(found, Path(folder) / "search.joblib")
        X.to_parquet(Path(folder) / "future.parquet")
        subprocess.run([sys.executable, "-c", LOAD, folder], check=True)
        return np.load(Path(folder) / "forecast.npy")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--sets", nargs="*", default=["stallion_monthly"])
    arguments = parser.parse_args()
    n_sets = 0
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        order = np.argsort(X["date"], kind="stable")
        X, y = X.iloc[order].reset_index(drop=True), y[order]
        *_, (train, test) = rolling_origins(X, spec)
        per_time = int(train.sum() / X.loc[train, "date"].nunique())
        splitters = {
            "PanelTimeSeriesSplit": PanelTimeSeriesSplit(2, test_size=spec.horizon),
            "TimeSeriesSplit": TimeSeriesSplit(2, test_size=spec.horizon * per_time),
        }
        for name, cv in splitters.items():
            started = time.perf_counter()
            found = search(spec, cv).fit(X[train], y[train])
            seconds = time.perf_counter() - started
            print(
                f"{spec.file} {name}: WAPE {-found.best_score_:.4f}, {seconds:.1f} s, "
                f"{found.best_params_}"
            )
        forecast = found.predict(X[test])
        other = search(spec, cv).fit(pl.from_pandas(X[train]), y[train])
        np.testing.assert_array_equal(other.predict(pl.from_pandas(X[test])), forecast)
        np.testing.assert_array_equal(loaded_elsewhere(found, X[test]), forecast)
        print("polars and a fresh process forecast the same")
        n_sets += 1
    return 0 if n_sets else 1


if __name__ == "__main__":
    sys.exit(main())
