# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
========================
Sales that were no sales
========================

A wrong booking stays in every lag and mean that covers it.
:class:`~sklearn_sales.compose.PanelTargetRegressor` finds such days among the training
sales, says which they were, and lets any forecaster learn from the rest. A simulated
panel knows which days were wrong.
"""

# %%
# Two years with faults
# ---------------------
# 60 products in four stores. One day in 100 is booked with 3 to 10 times the usual
# sales too many. Promotions and holidays sell more as well, but are known ahead.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_sales import (
    ARRegressor,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ThetaRegressor,
    make_sales_panel,
    wape,
)

X, y, truth = make_sales_panel(
    n_series=60,
    n_periods=730,
    outlier_share=0.01,
    intermittent_share=0,
    return_truth=True,
    random_state=0,
)
X = X.drop(columns="category").astype({"promotion": float, "holiday": float})
keys = {"series": ["store", "product"], "time": "date"}
wrong = truth.rows["outlier"].to_numpy()

# %%
# What is found
# -------------
# ``protect`` names the columns whose days are never taken for outliers: wrong bookings
# on such days stay, but no good business is thrown away.

for protect in (None, ["promotion", "holiday"]):
    model = PanelTargetRegressor(
        ThetaRegressor(), outliers="seasonal", protect=protect, **keys
    ).fit(X, y)
    found = np.zeros(len(X), dtype=bool)
    found[model.cleaned_.index] = True
    print(
        f"protect={protect}: found {found.sum()}, of which {wrong[found].mean():.0%} "
        f"were wrong; {found[wrong].mean():.0%} of all wrong days"
    )

# %%
# Each change can be looked up, with the number of the training row as its index:

model.cleaned_.head()

# %%
# What it is worth
# ----------------
# Two forecasters over six times 14 days, with and without cleaning. What is scored are
# the days that were booked right.

folds = PanelTimeSeriesSplit(n_splits=6, test_size=14, step=28)


def error(regressor, **settings):
    """WAPE of the days that were booked right, over all folds."""
    cleaned = PanelTargetRegressor(regressor, **settings, **keys)
    actual, forecast = [], []
    for train, test in folds.split(X):
        right = test[~wrong[test]]
        cleaned.fit(X.iloc[train], y.iloc[train])
        forecast.append(cleaned.predict(X.iloc[right]))
        actual.append(y.iloc[right])
    return wape(np.concatenate(actual), np.concatenate(forecast))


cleaning = {"outliers": "seasonal", "protect": ["promotion", "holiday"]}
regressors = {
    "theta": ThetaRegressor(),
    "autoregression": ARRegressor(lags=14, pooled=True, alpha=1e-3),
}
errors = {
    name: (error(regressor), error(regressor, **cleaning))
    for name, regressor in regressors.items()
}
for name, (plain, cleaned) in errors.items():
    print(f"{name:15} WAPE {plain:.3f} as booked, {cleaned:.3f} cleaned")

# %%
# One product
# -----------
# Crosses were found. The last one lies right before the forecast: as booked, it draws
# up the level that theta starts from; cleaned, the level is that of the days around.

product = (X["store"] == 0) & (X["product"] == 11)
first = X["date"].max() - np.timedelta64(27, "D")
past = X["date"] < first
forecasts = {
    "as booked": PanelTargetRegressor(ThetaRegressor(), **keys),
    "cleaned": PanelTargetRegressor(ThetaRegressor(), **cleaning, **keys),
}
shown = product & (X["date"] > first - np.timedelta64(60, "D"))

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(X["date"][shown], y[shown], color="0.7", label="sales")
for (name, regressor), style in zip(forecasts.items(), ("C3--", "C0-"), strict=True):
    regressor.fit(X[past], y[past])
    ahead = X[product & ~past]
    ax.plot(ahead["date"], regressor.predict(ahead), style, label=f"forecast, {name}")
changed = forecasts["cleaned"].cleaned_
changed = changed[(changed["store"] == 0) & (changed["product"] == 11)]
changed = changed[changed["date"] >= X["date"][shown].min()]
ax.plot(changed["date"], changed["was"], "kx", label="found")
ax.plot(changed["date"], changed["now"], "k.", label="learned from instead")
ax.axvline(first, color="0.5", linewidth=0.8)
ax.set(title="A forecast with and without wrong bookings", ylabel="units a day")
ax.legend(loc="upper left", ncols=3, fontsize="small")
ax.set_ylim(0, 1.25 * y[shown].max())
plt.show()
