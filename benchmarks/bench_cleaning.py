# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: forecasts of sales with outliers have a lower WAPE when those are cleaned.

First a simulated panel whose outliers and gaps are known: recall and precision of the
outliers that ``PanelTargetRegressor`` finds, and the error of forecasts with and
without cleaning. Then, with a folder, the last two horizons of the UCI Online Retail
II set, whose outliers are real (74,215 pieces of one item on one day, cancelled the
same day).

WAPE rewards the median, and forecasts of cleaned sales are lower in total. So the bias
is printed too, and, as "same total", the WAPE of the forecasts without cleaning when
they are multiplied by a number that brings them to the total of those with it.

    python benchmarks/bench_cleaning.py [--data-dir FOLDER]
"""

import argparse
import sys
import time

import numpy as np
from panels import DAILY, load_panels, rolling_origins
from sklearn.ensemble import HistGradientBoostingRegressor

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    ThetaRegressor,
    bias,
    make_sales_panel,
    wape,
)

UCI = "uci_online_retail_daily"
METHODS = ("hampel", "seasonal", "iqr")
CLEANINGS = {
    "as they are": {},
    **{name: {"outliers": name} for name in METHODS},
    "hampel, to the limit": {"outliers": "hampel", "replacement": "limit"},
    "hampel, extremes only": {"outliers": "hampel", "threshold": 50.0},
}


def models(horizon, windows):
    features = LagFeatures(DAILY["lags"], windows=windows, season=7)
    return {
        "AR": ARRegressor(lags=28, alpha=1e-3, pooled=True),
        "theta": ThetaRegressor(),
        "boosting": ReductionRegressor(
            HistGradientBoostingRegressor(
                max_iter=50, early_stopping=False, random_state=0
            ),
            features=features,
            horizon=horizon,
        ),
    }


def forecast(model, folds, X, y, keys, **cleaning):
    """Forecasts of all folds, the numbers of changed rows, and seconds."""
    started = time.perf_counter()
    forecasts, n_changed = [], []
    for train, test in folds:
        cleaned = PanelTargetRegressor(model, **cleaning, **keys)
        cleaned.fit(X[train], y[train])
        forecasts.append(cleaned.predict(X[test]))
        n_changed.append(len(cleaned.cleaned_))
    return np.concatenate(forecasts), n_changed, time.perf_counter() - started


def compare(name, folds, X, y, keys, models, **common):
    """Print a table; return for each model its errors, the first one not cleaned."""
    truth = np.concatenate([y[test] for _, test in folds])
    print(
        f"\n{name + ', sales':<36}{'WAPE':>9}{'same total':>12}{'bias':>8}"
        f"{'changed':>9}{'seconds':>9}"
    )
    errors = {}
    for model_name, model in models.items():
        errors[model_name] = []
        plain = None
        for cleaning_name, cleaning in CLEANINGS.items():
            settings = {**common, **cleaning} if cleaning else {}
            answers, n_changed, seconds = forecast(model, folds, X, y, keys, **settings)
            plain = answers if plain is None else plain
            error = wape(truth, answers)
            same_total = wape(truth, plain * (answers.sum() / plain.sum()))
            errors[model_name].append((error, same_total))
            print(
                f"  {model_name:<10}{cleaning_name:<24}{error:>9.4f}{same_total:>12.4f}"
                f"{bias(truth, answers):>8.3f}{n_changed[-1]:>9}{seconds:>9.1f}",
                flush=True,
            )
    return errors


def simulated(horizon=14):
    """Find planted outliers, and forecast with and without them."""
    X, y, truth = make_sales_panel(
        100,
        730,
        outlier_share=0.005,
        missing_share=0.03,
        missing="nan",
        return_truth=True,
        random_state=0,
    )
    planted = truth.rows["outlier"].to_numpy() & y.notna().to_numpy()
    y = y.to_numpy()
    X = X.drop(columns="category").astype({"promotion": float, "holiday": float})
    keys = {"series": ["store", "product"], "time": "date"}
    protect = ["promotion", "holiday"]
    marked = X[protect].to_numpy().any(axis=1)
    print(f"simulated: {planted.sum()} outliers, {np.isnan(y).sum()} gaps")
    print(
        f"  {'method':<12}{'protected':>10}{'found':>8}{'recall':>8}{'precision':>11}"
    )
    for method in METHODS:
        for protected in (None, protect):
            model = PanelTargetRegressor(
                ThetaRegressor(), outliers=method, protect=protected, **keys
            )
            found = np.zeros(len(y), dtype=bool)
            found[model.fit(X, y).cleaned_.index] = True
            findable = planted if protected is None else planted & ~marked
            hits = (found & findable).sum()
            print(
                f"  {method:<12}{'yes' if protected else 'no':>10}{found.sum():>8}"
                f"{hits / findable.sum():>8.3f}{hits / found.sum():>11.3f}"
            )
    folds = PanelTimeSeriesSplit(8, test_size=horizon, step=2 * horizon, time="date")
    masks = [
        tuple(np.isin(np.arange(len(y)), rows) for rows in fold)
        for fold in folds.split(X)
    ]
    return compare(
        "simulated",
        masks,
        X,
        y,
        keys,
        models(horizon, [("mean", 7), ("mean", 28)]),
        protect=protect,
        missing="seasonal",
    )


def real(data_dir):
    for spec, X, y in load_panels(data_dir, [UCI]):
        keys = {"series": spec.series, "time": "date"}
        folds = list(rolling_origins(X, spec))
        return compare(spec.file, folds, X, y, keys, models(spec.horizon, spec.windows))
    return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of the Parquet files")
    arguments = parser.parse_args()
    tables = [simulated()]
    if arguments.data_dir:
        tables.append(real(arguments.data_dir))
    results = [errors for table in tables for errors in table.values()]
    methods = slice(1, 1 + len(METHODS))
    better = sum(
        min(error for error, _ in errors[methods]) < errors[0][0] for errors in results
    )
    beyond = sum(
        any(error < same_total for error, same_total in errors[methods])
        for errors in results
    )
    print(f"\ncleaning is better in {better} of {len(results)} (claim: all)")
    print(f"and better than a smaller total in {beyond} of {len(results)}")
    return 0 if better == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
