# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: fracast beats the naive on each set, its mean with theta is never the worse.

For each real panel, over the last horizons: the seasonal naive, the theta method,
``FoundationRegressor`` with fracast on the sales as they are, on their seasonal
differences, and as ``season_difference="auto"`` decides, and the mean of the last with
the theta method, which is what a stack with ``final_estimator="mean"`` answers. The
claim is about ``"auto"``: its WAPE is below that of the naive on each set, and that of
the mean is never above both of its members.

    python benchmarks/bench_foundation.py --data-dir FOLDER [--results FILE]

A series takes some hundredths of a second of a core, a set minutes. With ``--results``
each origin is written down when it is done, and a second run goes on from there.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from panels import load_panels, rolling_origins

from sklearn_sales import FoundationRegressor, SeasonalNaiveRegressor, ThetaRegressor

AUTO, STACK = "fracast, auto", "mean of theta and fracast"


def models(spec, n_jobs):
    keys = {"season": spec.season, "series": spec.series, "time": "date"}
    return {
        "seasonal naive": SeasonalNaiveRegressor(**keys),
        "theta": ThetaRegressor(**keys),
        "fracast": FoundationRegressor(season_difference=False, n_jobs=n_jobs, **keys),
        "fracast, differences": FoundationRegressor(
            season_difference=True, n_jobs=n_jobs, **keys
        ),
    }


def decides(spec, X, y, n_jobs):
    """Whether "auto" takes the seasonal differences."""
    model = FoundationRegressor(
        season=spec.season, n_jobs=n_jobs, series=spec.series, time="date"
    )
    return model.fit(X, y).season_difference_


def measure(spec, X, y, train, test, n_jobs):
    """Sums of each model that can be pooled over origins."""
    forecasts, seconds = {}, {}
    for name, model in models(spec, n_jobs).items():
        started = time.process_time()
        forecasts[name] = model.fit(X[train], y[train]).predict(X[test])
        seconds[name] = time.process_time() - started
    started = time.process_time()
    differs = decides(spec, X[train], y[train], n_jobs)
    chosen = "fracast, differences" if differs else "fracast"
    forecasts[AUTO] = forecasts[chosen]
    seconds[AUTO] = seconds[chosen] + time.process_time() - started
    forecasts[STACK] = (forecasts[AUTO] + forecasts["theta"]) / 2
    seconds[STACK] = seconds[AUTO] + seconds["theta"]
    return {
        name: {
            "absolute_error": float(np.abs(y[test] - forecast).sum()),
            "error": float((forecast - y[test]).sum()),
            "sales": float(np.abs(y[test]).sum()),
            "seconds": seconds[name],
            "differences": float(name == AUTO and differs),
        }
        for name, forecast in forecasts.items()
    }


class Results:
    """Figures of finished origins, kept as JSON lines where a path is given."""

    def __init__(self, path):
        self.path = None if path is None else Path(path)
        self.known = {}
        if self.path is not None and self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                self.known[tuple(record["key"])] = record["sums"]

    def add(self, key, sums):
        self.known[key] = sums
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "sums": sums}) + "\n")


def measure_set(spec, X, y, results, n_origins, n_jobs):
    """Sums of each model over the last origins of a set, the last one first."""
    folds = list(rolling_origins(X, spec, n_origins))
    records = []
    for back, (train, test) in enumerate(reversed(folds)):
        key = (spec.file, back)
        if key not in results.known:
            results.add(key, measure(spec, X, y, train, test, n_jobs))
        records.append(results.known[key])
    return {
        name: {
            part: sum(record[name][part] for record in records)
            for part in records[0][name]
        }
        for name in records[0]
    }


def claimed(tables):
    """Print what of the claim holds; return whether all of it does."""
    wape = {
        file: {n: sums["absolute_error"] / sums["sales"] for n, sums in table.items()}
        for file, table in tables.items()
    }
    lost = [f for f, error in wape.items() if error[AUTO] >= error["seasonal naive"]]
    best = [f for f, e in wape.items() if e[STACK] < min(e[AUTO], e["theta"])]
    worst = [f for f, e in wape.items() if e[STACK] > max(e[AUTO], e["theta"])]
    print(f"{AUTO} beats the naive on {len(wape) - len(lost)} of {len(wape)}")
    print(f"{STACK} beats both on {len(best)}, and is the worst on {len(worst)}")
    return not lost and not worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--results", help="file that keeps the figures of each origin")
    parser.add_argument("--sets", nargs="*", help="names of the sets (default: all)")
    parser.add_argument("--origins", type=int, default=2, help="last horizons forecast")
    parser.add_argument(
        "--n-jobs", type=int, default=None, help="threads of a forecast"
    )
    arguments = parser.parse_args()
    results, tables = Results(arguments.results), {}
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        table = measure_set(spec, X, y, results, arguments.origins, arguments.n_jobs)
        tables[spec.file] = table
        print(f"{spec.file:<27}{'WAPE':>9}{'bias':>9}{'CPU seconds':>13}")
        for name, sums in table.items():
            print(
                f"  {name:<25}{sums['absolute_error'] / sums['sales']:>9.4f}"
                f"{sums['error'] / sums['sales']:>9.3f}"
                f"{sums['seconds'] / arguments.origins:>13.1f}",
                flush=True,
            )
    return 0 if tables and claimed(tables) else 1


if __name__ == "__main__":
    sys.exit(main())
