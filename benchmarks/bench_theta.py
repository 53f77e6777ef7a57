# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: theta for all series at once takes a fortieth of statsforecast's CPU time.

``ThetaRegressor(theta="optimized")`` against ``DynamicOptimizedTheta``, series by
series, on 200 plain series of 400 days, fit and a forecast of 28 days. Both work on
one core: forty times there is twenty times if statsforecast shares two cores without
any loss. Before that, on 100 of the series: at the parameters that ``OptimizedTheta``
finds the forecasts are its own to rtol 1e-9, and the squared error at our own
parameters is no larger than at those (which leave out the first three times).

    python benchmarks/bench_theta.py [--fraction 0.1]
"""

import sys

import numpy as np
import pandas as pd
from pairs import Bar, compare

from sklearn_sales import ThetaRegressor, future_frame
from sklearn_sales.exponential_smoothing import _theta_kernels as kernels

N_SERIES, N_TIMES, HORIZON = 200, 400, 28


def plain_series(n_series, seed=0):
    """Levels that wander and drift, seen with noise: (n_times, n_series)."""
    rng = np.random.default_rng(seed)
    size = N_TIMES, n_series
    levels = np.cumsum(rng.normal(0.05, 1.0, size) * rng.uniform(0, 1, n_series), 0)
    return 100 + levels + rng.normal(0, 2, size)


def ours(fraction):
    y = plain_series(int(N_SERIES * fraction)).T
    dates = pd.date_range("2018-01-01", periods=N_TIMES).to_numpy()
    items = np.repeat(np.arange(len(y)), N_TIMES)
    X = pd.DataFrame({"item": items, "date": np.tile(dates, len(y))})
    keys = {"series": "item", "time": "date"}
    rows = future_frame(X, HORIZON, **keys)
    model = ThetaRegressor(season=None, theta="optimized", **keys)
    return lambda: model.fit(X, y.ravel()).predict(rows)


def theirs(fraction):
    from statsforecast.models import DynamicOptimizedTheta

    y = plain_series(int(N_SERIES * fraction))
    model = DynamicOptimizedTheta(season_length=1)
    return lambda: np.array([model.forecast(s, HORIZON)["mean"] for s in y.T])


def print_equality(n_series=100):
    """Forecasts at the parameters of OptimizedTheta, and errors at both parameters."""
    from statsforecast.models import OptimizedTheta

    values = plain_series(n_series)
    lengths = np.full(n_series, N_TIMES)
    models = [OptimizedTheta(season_length=1).fit(y) for y in values.T]
    expected = np.array([model.predict(HORIZON)["mean"] for model in models]).T
    initial, alpha, theta = (
        np.array([model.model_["par"][name] for model in models])
        for name in ("initial_smoothed", "alpha", "theta")
    )
    line = (*kernels.straight_line(values), values[0])
    same, fitted = kernels._run(
        values, lengths, line, alpha, initial - values[0], 1 - 1 / theta
    )
    steps, codes = np.indices(expected.shape)
    forecasts, _ = kernels.forecast_theta(same, codes, steps + 1)
    np.testing.assert_allclose(forecasts, expected, rtol=1e-9)
    apart = np.abs(forecasts / expected - 1).max()
    print(f"  at the same parameters the forecasts differ by {apart:.1e} at most")
    own, own_fitted = kernels.fit_theta(values, lengths)
    ratio = np.mean((values - own_fitted) ** 2, axis=0)
    ratio /= np.mean((values - fitted) ** 2, axis=0)
    print(
        f"  squared error at own parameters to that at theirs: median "
        f"{np.median(ratio):.5f}, {ratio.min():.5f} to {ratio.max():.5f}"
    )
    forecasts, _ = kernels.forecast_theta(own, codes, steps + 1)
    apart = np.abs(forecasts - expected).max(axis=0) / own.sigma
    print(
        f"  forecasts at own parameters differ by {np.median(apart):.3f} in the median "
        f"series and {apart.max():.3f} at most, in standard deviations of one step"
    )
    return ratio.max() <= 1.001


CASES = {"sklearn-sales": ours, "statsforecast": theirs}
BARS = [Bar("cpu", "statsforecast", "sklearn-sales", 40.0, at_least=True)]

if __name__ == "__main__":
    equal = "--case" in sys.argv or print_equality()
    missed = compare(__file__, CASES, BARS, libraries=["statsforecast"], rounds=2)
    sys.exit(missed if equal else 1)
