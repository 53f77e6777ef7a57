# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: the next day of 3,000 series takes a fifth of mlforecast's ``predict(1)``.

A linear model behind four lags and four windows, fitted on 3,000 series of 1,000 days:
``pipeline.predict`` of one row a series, and of a single row, against
``MLForecast.predict(1)``. The forecasts of all series are equal to rtol 1e-6. Both have
answered before: a pipeline that serves keeps what is known at the last observations.

    python benchmarks/bench_one_row.py [--fraction 0.1]
"""

import sys

import numpy as np
from lag_models import fit_mlforecast, fit_pipeline
from pairs import Bar, compare

from sklearn_sales import future_frame

N_SERIES, N_TIMES = 3000, 1000


def pipeline(only_first):
    def prepare(fraction):
        model, X = fit_pipeline(int(N_SERIES * fraction), N_TIMES)
        rows = future_frame(X, 1, series="item", time="date")
        if only_first:
            rows = rows.iloc[:1]
        return lambda: model.predict(rows)

    return prepare


def mlforecast(fraction):
    model = fit_mlforecast(int(N_SERIES * fraction), N_TIMES)
    return lambda: model.predict(1)["model"].to_numpy(dtype=np.float64)


CASES = {
    "one row a series": pipeline(only_first=False),
    "a single row": pipeline(only_first=True),
    "mlforecast": mlforecast,
}
BARS = [
    Bar("wall", "one row a series", "mlforecast", 0.2),
    Bar("wall", "a single row", "mlforecast", 0.2),
]

if __name__ == "__main__":
    same = ["one row a series", "mlforecast"]
    sys.exit(
        compare(__file__, CASES, BARS, libraries=["mlforecast"], same=same, rtol=1e-6)
    )
