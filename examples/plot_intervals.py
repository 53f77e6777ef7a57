# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
===============================
Intervals that keep promises
===============================

A forecaster's residuals in training look smaller than its errors to come, above all if
it is a flexible one. Intervals from the normal distribution of such residuals promise
too much. :class:`~sklearn_sales.compose.ConformalRegressor` makes intervals of errors
out of fold.
"""

# %%
# Forests that know their training rows
# -------------------------------------
# 40 products in four stores over two years; the last four weeks are to be forecast.

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.ensemble import ExtraTreesRegressor

from sklearn_sales import (
    ConformalRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    coverage,
    make_sales_panel,
)

X, y = make_sales_panel(n_series=40, n_periods=400, n_stores=4, random_state=0)
X = X[["store", "product", "date", "price"]]
keys = {"series": ["store", "product"], "time": "date"}
past = (X["date"] < X["date"].max() - np.timedelta64(27, "D")).to_numpy()

forest = ReductionRegressor(
    ExtraTreesRegressor(20, min_samples_leaf=2, random_state=0),
    features=LagFeatures(7, windows=[("mean", 28)], season=7),
    horizon=28,
)
model = ConformalRegressor(
    forest, cv=PanelTimeSeriesSplit(3, test_size=28), **keys
).fit(X[past], y[past])

# %%
# What is promised and what is kept
# ---------------------------------
# For the normal distribution, each series has the standard deviation of its residuals
# in training.

forecasts = model.predict(X)
known = past & y.notna().to_numpy()
residuals = (y - forecasts)[known]
names = [X["store"], X["product"]]
spread = residuals.groupby([name[known] for name in names]).transform("std")
by_series = spread.groupby([name[known] for name in names]).first()
future = X[~past].set_index(keys["series"]).index
std = by_series.reindex(future).to_numpy()


def gaussian(share):
    """Bounds from the normal distribution of the residuals in training."""
    away = norm.ppf((1 + share) / 2) * std
    center = forecasts[~past]
    return np.maximum(np.column_stack([center - away, center + away]), 0)


shares = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
kept = {
    "normal residuals": [coverage(y[~past], gaussian(s)) for s in shares],
    "conformal": [
        coverage(y[~past], model.predict_interval(X[~past], s)) for s in shares
    ],
}
for name, values in kept.items():
    shown = ", ".join(f"{s:.0%}: {v:.0%}" for s, v in zip(shares, values, strict=True))
    print(f"{name:18}{shown}")

# %%
# One product
# -----------
# The conformal interval is not symmetric, and may widen with the step.

shown = (X["store"] == 0) & (X["product"] == X["product"].iloc[0]) & ~past
recent = (X["store"] == 0) & (X["product"] == X["product"].iloc[0])
recent &= X["date"] > X["date"].max() - np.timedelta64(70, "D")
bounds = model.predict_interval(X[shown], 0.9)

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
left.plot([0.5, 1], [0.5, 1], color="0.6", linewidth=0.8, label="as promised")
for (name, values), style in zip(kept.items(), ("C1s--", "C0o-"), strict=True):
    left.plot(shares, values, style, label=name)
left.set(xlabel="promised coverage", ylabel="coverage over four weeks")
left.set_title("Promised and kept")
left.legend()
right.plot(X["date"][recent], y[recent], color="0.4", label="sales")
right.plot(X["date"][shown], forecasts[shown], "C0", label="forecast")
right.fill_between(X["date"][shown], *bounds.T, color="C0", alpha=0.2, label="90 %")
right.set(title="One product", ylabel="units a day")
right.tick_params(axis="x", rotation=30)
right.legend()
plt.show()
