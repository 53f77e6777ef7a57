# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: ARRegressor fits 3,000 series of 1,941 days 40 times as fast as AutoReg.

statsmodels' ``AutoReg(lags=28)`` series by series against one
``ARRegressor(lags=28, n_jobs=2).fit``, with integer or categorical ids; with strings,
which have to be hashed, 12 times as fast. The coefficients are equal to rtol 1e-6.
AutoReg is timed on a tenth of the series, and its time counted ten times.

    python benchmarks/bench_ar_fit.py [--fraction 0.1]
"""

import sys

import numpy as np
from pairs import Bar, compare, daily_sales

from sklearn_sales import ARRegressor

N_SERIES, N_TIMES, LAGS = 3000, 1941, 28
# AutoReg works series by series: a tenth of them tells the rest
SHARE = 10


def fit_ours(ids):
    def prepare(fraction):
        X, y = daily_sales(int(N_SERIES * fraction), N_TIMES, ids=ids)
        model = ARRegressor(lags=LAGS, n_jobs=2, series="item", time="date")

        def work():
            fitted = model.fit(X, y)
            coef = np.column_stack([fitted.intercept_, fitted.lag_coef_])
            return coef[: len(coef) // SHARE]

        return work

    return prepare


def fit_statsmodels(fraction):
    from statsmodels.tsa.ar_model import AutoReg

    n_series = int(N_SERIES * fraction)
    _, y = daily_sales(n_series, N_TIMES)
    some = y.reshape(n_series, N_TIMES)[: n_series // SHARE]
    return lambda: np.stack([AutoReg(values, LAGS).fit().params for values in some])


CASES = {
    "statsmodels (a tenth)": fit_statsmodels,
    "integer ids": fit_ours("integer"),
    "categorical ids": fit_ours("category"),
    "string ids": fit_ours("string"),
}
BARS = [
    Bar("wall", "statsmodels (a tenth)", case, limit / SHARE, at_least=True)
    for case, limit in (
        ("integer ids", 40),
        ("categorical ids", 40),
        ("string ids", 12),
    )
]

if __name__ == "__main__":
    sys.exit(compare(__file__, CASES, BARS, libraries=["statsmodels"], rtol=1e-6))
