# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: a recursive forecast of 28 days is as fast as mlforecast's, or faster.

A linear model behind four lags and four windows, 3,000 series of 1,000 days:
``ReductionRegressor(strategy="recursive").predict`` against ``MLForecast.predict(28)``,
equal to rtol 1e-6.

    python benchmarks/bench_recursive.py [--fraction 0.1]
"""

import sys

import numpy as np
from lag_models import fit_mlforecast, fit_recursive
from pairs import Bar, compare

from sklearn_sales import future_frame

N_SERIES, N_TIMES, HORIZON = 3000, 1000, 28


def ours(fraction):
    model, X = fit_recursive(int(N_SERIES * fraction), N_TIMES)
    rows = future_frame(X, HORIZON, series="item", time="date")
    return lambda: model.predict(rows)


def mlforecast(fraction):
    model = fit_mlforecast(int(N_SERIES * fraction), N_TIMES)
    return lambda: model.predict(HORIZON)["model"].to_numpy(dtype=np.float64)


CASES = {"sklearn-sales": ours, "mlforecast": mlforecast}
BARS = [Bar("wall", "sklearn-sales", "mlforecast", 1.0)]

if __name__ == "__main__":
    sys.exit(compare(__file__, CASES, BARS, libraries=["mlforecast"], rtol=1e-6))
