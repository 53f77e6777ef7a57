# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: conformal intervals cover what they promise on four of five sets.

For each real panel, gradient boosting behind ``ReductionRegressor`` in a
``ConformalRegressor`` with its default settings, and the same boosting with a Gaussian
interval from the residuals of its training rows (a standard deviation for each
series). Both forecast the last two horizons, each from the rows before it. Coverage at
80, 90 and 95 % over both horizons has to lie within 3 points of nominal on four of
five sets, and the scaled pinball loss of nine quantiles to be below that of the
Gaussian on each. Coverage by step is shown in four blocks of steps, and its mean
distance from nominal over all steps.

    python benchmarks/bench_conformal.py --data-dir FOLDER
"""

import argparse
import sys
import time

import numpy as np
import pandas as pd
from panels import load_panels, rolling_origins
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingRegressor

from sklearn_sales import (
    ConformalRegressor,
    LagFeatures,
    ReductionRegressor,
    coverage,
    naive_scale,
    scaled_pinball_loss,
)

SHARES = (0.8, 0.9, 0.95)
QUANTILES = np.array([0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975])
# the columns of the bounds of each share
BOUNDS = {0.8: [2, 6], 0.9: [1, 7], 0.95: [0, 8]}
TOLERANCE = 0.03


def conformal(spec):
    boosting = HistGradientBoostingRegressor(
        max_iter=60, early_stopping=False, random_state=0
    )
    features = LagFeatures(spec.lags, windows=spec.windows, season=spec.seasons)
    reduction = ReductionRegressor(boosting, features=features, horizon=spec.horizon)
    return ConformalRegressor(reduction, series=spec.series, time="date")


def gaussian_quantiles(model, spec, X, y, X_test):
    """Forecasts and a normal distribution of the residuals of each series."""
    keys = pd.MultiIndex.from_frame(X[spec.series])
    residuals = pd.Series(y - model.predict(X), index=keys)
    spread = residuals.groupby(level=spec.series).std().fillna(residuals.std())
    keys = pd.MultiIndex.from_frame(X_test[spec.series])
    if len(spec.series) == 1:
        keys = keys.get_level_values(0)
    spread = spread.reindex(keys)
    errors = norm.ppf(QUANTILES) * spread.to_numpy()[:, None]
    return np.maximum(model.predict(X_test)[:, None] + errors, 0)


def measure(spec, X, y):
    """Quantiles of both methods for each origin, with what they are judged by."""
    parts = []
    for train, test in rolling_origins(X, spec):
        X_train, X_test = X[train], X[test]
        model = conformal(spec).fit(X_train, y[train])
        scale = naive_scale(y[train], X_train[spec.series], time_train=X_train["date"])
        times = X_test["date"].to_numpy()
        steps = 1 + np.searchsorted(np.unique(times), times)
        parts.append(
            {
                "y": y[test],
                "steps": steps,
                "series": X_test[spec.series],
                "scale": scale,
                "conformal": model.predict_quantiles(X_test, QUANTILES),
                "gaussian": gaussian_quantiles(model, spec, X_train, y[train], X_test),
            }
        )
    return parts


def pinball(parts, method):
    """Scaled pinball loss, averaged over the origins."""
    losses = [
        scaled_pinball_loss(
            part["y"],
            part[method],
            quantile=QUANTILES,
            series=part["series"],
            scale=part["scale"],
            zero_scale="drop",
        )
        for part in parts
    ]
    return float(np.mean(losses))


def coverages(parts, method, rows=None):
    """Coverage of each share over the rows of all origins."""
    y = np.concatenate([part["y"] for part in parts])
    bounds = np.concatenate([part[method] for part in parts])
    rows = slice(None) if rows is None else rows
    return [coverage(y[rows], bounds[rows][:, BOUNDS[share]]) for share in SHARES]


def report(spec, parts, seconds):
    """Print the lines of one set; return whether coverage and loss hold."""
    found = {name: coverages(parts, name) for name in ("conformal", "gaussian")}
    losses = {name: pinball(parts, name) for name in found}
    for name, shares in found.items():
        shown = "".join(f"{share:>8.3f}" for share in shares)
        print(f"{spec.file:<26}{name:<12}{shown}{losses[name]:>10.4f}")
    steps = np.concatenate([part["steps"] for part in parts])
    blocks = np.array_split(np.arange(1, spec.horizon + 1), min(4, spec.horizon))
    for block in blocks:
        shares = coverages(parts, "conformal", np.isin(steps, block))
        shown = "".join(f"{share:>8.3f}" for share in shares)
        print(f"{'':<26}{f'  {block[0]}-{block[-1]} ahead':<12}{shown}")
    by_step = [coverages(parts, "conformal", steps == h) for h in np.unique(steps)]
    away = np.abs(np.array(by_step) - SHARES).mean(axis=0)
    shown = "".join(f"{value:>8.3f}" for value in away)
    print(f"{'':<26}{'  off by step':<12}{shown}{'':>10}{seconds:>7.0f} s", flush=True)
    off = np.abs(np.array(found["conformal"]) - SHARES).max()
    return off <= TOLERANCE, losses["conformal"] < losses["gaussian"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--sets", nargs="*", help="names of the sets (default: all)")
    arguments = parser.parse_args()
    verdicts = []
    heads = "".join(f"{share:>8.0%}" for share in SHARES)
    print(f"{'set':<26}{'':<12}{heads}{'pinball':>10}")
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        started = time.process_time()
        parts = measure(spec, X, y)
        verdicts.append(report(spec, parts, time.process_time() - started))
    covered, sharper = (sum(verdict) for verdict in zip(*verdicts, strict=True))
    needed = int(np.ceil(0.8 * len(verdicts)))
    print(
        f"coverage within {TOLERANCE:.0%} of nominal on {covered} of {len(verdicts)} "
        f"sets (claim: {needed}); pinball loss below the Gaussian on {sharper}"
    )
    return 0 if covered >= needed and sharper == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
