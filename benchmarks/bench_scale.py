# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: the size of M5, 59 million rows, within 14 GiB, in time that grows linearly.

30,490 series of 1,941 days, float32 sales, categorical ids: lag features as float32, an
autoregression of every series and its forecast of 28 days. Before it smaller panels,
1/16 to 1/2 of a quarter of it in days, and of all of it in series: the exponents of the
CPU time of each part, fitted to five sizes, are at most 1.1. At every size features and
coefficients of sampled series are compared with pandas and with least squares. With
``--fraction 0.1`` all of that on a tenth of the series.

    python benchmarks/bench_scale.py [--fraction 0.1]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from pairs import daily_sales

from sklearn_sales import ARRegressor, LagFeatures, future_frame

N_SERIES, N_TIMES, HORIZON = 30_490, 1941, 28
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
LAGS = [1, 7, 14, 28]
N_LAGS = 28
WINDOWS = [("mean", 7), ("mean", 28), ("std", 28), ("max", 7)]
KEYS = {"series": "item", "time": "date"}
PARTS = ("features", "fit", "forecast")
MOST_GIB, STEEPEST = 14.0, 1.1


def run_parts(n_series, n_times):
    """Wall and CPU seconds of each part, and the peak memory of this process in GiB."""
    X, y = daily_sales(n_series, n_times, ids="category", dtype=np.float32)
    # imports, and memory that the system has to provide for the first time, are no part
    # of the growth: of two runs the quicker one counts, part by part
    runs = [_clocks(X, y, n_times) for _ in range(2)]
    wall, cpu = (np.min(clocks, axis=0).tolist() for clocks in zip(*runs, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gib = peak / (2**30 if sys.platform == "darwin" else 2**20)
    return {"wall": wall, "cpu": cpu, "memory": gib}


def _clocks(X, y, n_times):
    clocks = [(time.perf_counter(), time.process_time())]
    features = LagFeatures(LAGS, windows=WINDOWS, dtype=np.float32, **KEYS)
    made = features.fit_transform(X, y)
    clocks.append((time.perf_counter(), time.process_time()))
    check_features(made, y, n_times)
    del made, features
    clocks.append((time.perf_counter(), time.process_time()))
    model = ARRegressor(lags=N_LAGS, **KEYS).fit(X, y)
    clocks.append((time.perf_counter(), time.process_time()))
    forecast = model.predict(future_frame(X, HORIZON, **KEYS))
    clocks.append((time.perf_counter(), time.process_time()))
    assert np.isfinite(forecast).all()
    check_coefficients(model, y, n_times)
    # between features and fit lies the check of the features
    return np.delete(np.diff(clocks, axis=0), 1, axis=0).T.tolist()


def sampled(y, n_times):
    """Rows and sales of a few series."""
    n_series = len(y) // n_times
    for series in {0, n_series // 2, n_series - 1}:
        rows = slice(series * n_times, (series + 1) * n_times)
        yield series, rows, y[rows].astype(np.float64)


def check_features(made, y, n_times):
    """Features of sampled series equal those of pandas."""
    for _, rows, sales in sampled(y, n_times):
        now = pd.Series(sales)
        columns = [now.shift(lag) for lag in LAGS]
        columns += [getattr(now.shift().rolling(n), name)() for name, n in WINDOWS]
        expected = np.column_stack(columns)
        known = ~np.isnan(expected)
        np.testing.assert_allclose(made[rows][known], expected[known], rtol=1e-3)


def check_coefficients(model, y, n_times):
    """Coefficients of sampled series equal those of least squares."""
    for series, _, sales in sampled(y, n_times):
        lagged = np.lib.stride_tricks.sliding_window_view(sales, N_LAGS + 1)
        design = np.column_stack([np.ones(len(lagged)), lagged[:, -2::-1]])
        expected = np.linalg.lstsq(design, lagged[:, -1])[0]
        found = np.append(model.intercept_[series], model.lag_coef_[series])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def in_child(n_series, n_times):
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--child", str(n_series), str(n_times)]
    # memory that one run frees is kept for the next
    kept = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
    run = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **kept},
    )
    return json.loads(run.stdout.splitlines()[-1])


def show(n_series, n_times, found):
    parts = "   ".join(
        f"{name} {wall:8.2f} s ({cpu:.2f})"
        for name, wall, cpu in zip(PARTS, found["wall"], found["cpu"], strict=True)
    )
    size = f"{n_series:>6} x {n_times:<5} {n_series * n_times / 1e6:6.1f} M rows"
    print(f"  {size}   {parts}   peak {found['memory']:5.2f} GiB", flush=True)


def growth(sizes, what):
    """Run panels of several sizes.

    Returns
    -------
    holds : bool
        Whether no part grows too steeply.
    found : dict
        What was measured on the last one.
    """
    print(f"growth in the {what}, wall (CPU) seconds:")
    clocks = []
    for n_series, n_times in sizes:
        found = in_child(n_series, n_times)
        show(n_series, n_times, found)
        clocks.append(found["cpu"])
    rows = [n_series * n_times for n_series, n_times in sizes]
    slopes = np.polyfit(np.log(rows), np.log(clocks), 1)[0]
    holds = bool((slopes <= STEEPEST).all())
    shown = ", ".join(f"{n} {s:.2f}" for n, s in zip(PARTS, slopes, strict=True))
    print(f"  exponents of CPU time: {shown} (<= {STEEPEST}) {_word(holds)}")
    return holds, found


def _word(holds):
    return "holds" if holds else "MISSED"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fraction", type=float, default=1.0, help="of the series")
    parser.add_argument("--child", nargs=2, type=int, help="run one size, print JSON")
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run_parts(*options.child)))
        return 0
    print(__doc__.splitlines()[0])
    n_series = max(int(N_SERIES * options.fraction), 16)
    quarter = max(n_series // 4, 16)
    lengths = [(quarter, int(N_TIMES * share)) for share in SHARES]
    longer, _ = growth(lengths, "length")
    wider, whole = growth([(int(n_series * s), N_TIMES) for s in SHARES], "series")
    fits = whole["memory"] <= MOST_GIB
    print(f"  peak {whole['memory']:.2f} GiB (<= {MOST_GIB:g}) {_word(fits)}")
    return 0 if longer and wider and fits else 1


if __name__ == "__main__":
    sys.exit(main())
