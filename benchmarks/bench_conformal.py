# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: conformal intervals cover what they promise on four of five sets.

For each real panel, gradient boosting behind ``ReductionRegressor`` in a
``ConformalRegressor`` with its default settings, and the same boosting with a Gaussian
interval from the residuals of its training rows (a standard deviation for each
series). Both forecast the last two horizons, each from the rows before it. Coverage at
80, 90 and 95 % over both horizons has to lie within 3 points of nominal on four of
five sets, and the scaled pinball loss of nine quantiles to be below that of the
Gaussian on each. Coverage in four blocks of steps is printed and counted, but nothing
is claimed of it: two origins are too few. Days on which a shop is closed count overall
and not by step: nothing is sold, as the forecaster knows, and intervals of any coverage
hold it.

    python benchmarks/bench_conformal.py --data-dir FOLDER

`--origins 12` forecasts from as many origins (fewer where that leaves less than half of
the times) and prints the noise: by how much, as a standard deviation, the coverage of
a block over two origins moves from chance, taken from the origins before the last two.
"""

import argparse
import sys
import time
from typing import ClassVar

import numpy as np
import pandas as pd
from panels import load_panels, rolling_origins
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin, clone
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


class Remembered(RegressorMixin, BaseEstimator):
    """A regressor that is fitted once on the rows up to each origin.

    The newest fold of one origin is trained on what the origin before it knows.
    """

    fitted: ClassVar = {}

    def __init__(self, regressor, name):
        self.regressor = regressor
        self.name = name

    def fit(self, X, y):
        key = self.name, len(X), X["date"].max()
        if key not in self.fitted:
            self.fitted[key] = clone(self.regressor).fit(X, y)
        self.regressor_ = self.fitted[key]
        return self

    def predict(self, X):
        return self.regressor_.predict(X)


def conformal(spec):
    boosting = HistGradientBoostingRegressor(
        max_iter=60, early_stopping=False, random_state=0
    )
    features = LagFeatures(spec.lags, windows=spec.windows, season=spec.seasons)
    reduction = ReductionRegressor(
        boosting,
        features=features,
        horizon=spec.horizon,
        series=spec.series,
        time="date",
    )
    return ConformalRegressor(
        Remembered(reduction, spec.name), series=spec.series, time="date"
    )


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


def measure(spec, X, y, n_origins):
    """Quantiles of both methods for each origin, with what they are judged by."""
    parts = []
    most = max(2, X["date"].nunique() // (2 * spec.horizon))
    for train, test in rolling_origins(X, spec, min(n_origins, most)):
        X_train, X_test = X[train], X[test]
        model = conformal(spec).fit(X_train, y[train])
        scale = naive_scale(y[train], X_train[spec.series], time_train=X_train["date"])
        times = X_test["date"].to_numpy()
        steps = 1 + np.searchsorted(np.unique(times), times)
        opened = np.ones(len(X_test), dtype=bool)
        if "open" in spec.known:
            opened = X_test["open"].to_numpy() > 0
        parts.append(
            {
                "y": y[test],
                "steps": steps,
                "open": opened,
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


def coverages(parts, method, steps=None):
    """Coverage of each share over the rows of all origins, or those of some steps."""
    y = np.concatenate([part["y"] for part in parts])
    bounds = np.concatenate([part[method] for part in parts])
    rows = np.ones(len(y), dtype=bool)
    if steps is not None:
        rows = np.concatenate(
            [np.isin(part["steps"], steps) & part["open"] for part in parts]
        )
    return np.array(
        [coverage(y[rows], bounds[rows][:, BOUNDS[share]]) for share in SHARES]
    )


def noise(parts, blocks):
    """Standard deviation of the coverage of a block over two origins, by share.

    That of single origins, over the square root of two, averaged over the blocks.
    """
    single = [[coverages([part], "conformal", b) for b in blocks] for part in parts]
    variances = np.var(single, axis=0, ddof=1) / 2
    return np.sqrt(variances.mean(axis=0))


def show(name, label, shares, more=""):
    shown = "".join(f"{share:>8.3f}" for share in shares)
    print(f"{name:<26}{label:<12}{shown}{more}", flush=True)


def report(spec, parts, seconds):
    """Print the lines of one set; return which of the claims hold."""
    judged, earlier = parts[-2:], parts[:-2]
    found = {name: coverages(judged, name) for name in ("conformal", "gaussian")}
    losses = {name: pinball(judged, name) for name in found}
    for name, shares in found.items():
        show(spec.file, name, shares, f"{losses[name]:>10.4f}")
    blocks = np.array_split(np.arange(1, spec.horizon + 1), min(4, spec.horizon))
    by_block = [coverages(judged, "conformal", block) for block in blocks]
    for block, shares in zip(blocks, by_block, strict=True):
        show("", f"  {block[0]}-{block[-1]} ahead", shares)
    if len(earlier) > 1:
        show("", "  noise", noise(earlier, blocks), f"  of {len(earlier)} origins")
    print(f"{'':<26}  {seconds:.0f} s", flush=True)
    return (
        np.abs(found["conformal"] - SHARES).max() <= TOLERANCE,
        np.abs(np.array(by_block) - SHARES).max() <= TOLERANCE,
        losses["conformal"] < losses["gaussian"],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--sets", nargs="*", help="names of the sets (default: all)")
    parser.add_argument("--origins", type=int, default=2, help="default: 2")
    arguments = parser.parse_args()
    verdicts = []
    heads = "".join(f"{share:>8.0%}" for share in SHARES)
    print(f"{'set':<26}{'':<12}{heads}{'pinball':>10}")
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        started = time.process_time()
        parts = measure(spec, X, y, arguments.origins)
        Remembered.fitted.clear()
        verdicts.append(report(spec, parts, time.process_time() - started))
    overall, by_step, sharper = (
        sum(verdict) for verdict in zip(*verdicts, strict=True)
    )
    needed = int(np.ceil(0.8 * len(verdicts)))
    print(
        f"coverage within {TOLERANCE:.0%} of nominal on {overall} of {len(verdicts)} "
        f"sets (claim: {needed}), and in each block of steps on {by_step}; pinball "
        f"loss below the Gaussian on {sharper}"
    )
    return 0 if overall >= needed and sharper == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
