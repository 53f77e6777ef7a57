# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
============================
Lag features and the horizon
============================

A regressor behind :class:`~sklearn_sales.preprocessing.LagFeatures` forecasts as many
steps ahead as it was trained for. With the default ``horizon=1`` it learns that
yesterday's sales are known, which is not so for a day in four weeks. This example
measures what that costs.
"""

# %%
# Lags as columns
# ---------------
# A simulated panel: 30 products in three stores, 500 days, with weekly and yearly
# seasons, promotions, and a noise that lasts for days.

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    make_sales_panel,
    wape,
)

X, y = make_sales_panel(
    n_series=30,
    n_periods=500,
    ar=0.9,
    noise=0.2,
    dispersion=0,
    missing_share=0,
    launch_share=0,
    random_state=0,
)
keys = ["store", "product"]

# %%
# Lags are counted from the last known value, windows cover the newest known values, and
# the seasonal lag is the last known sale of the same weekday. With ``horizon=28`` each
# training row has an origin between one and 28 days before it. The column ``step`` says
# how many.


def lags(horizon):
    return LagFeatures(
        lags=[1, 2, 7],
        windows=[("mean", 7), ("mean", 28)],
        season=7,
        horizon=horizon,
        series=keys,
    )


table = lags(28).set_output(transform="pandas").fit_transform(X, y)
table.tail(3).round(1)

# %%
# Two horizons, one regressor
# ---------------------------
# The same gradient boosting behind both, over four times 28 days. The first of the two
# is asked for what it has not seen in training, and the package warns of that:


def forecast(model, horizon_days=28):
    """Forecasts of four folds of 28 days, in one table."""
    folds = PanelTimeSeriesSplit(n_splits=4, test_size=horizon_days)
    parts = []
    for train, test in folds.split(X):
        model.fit(X.iloc[train], y.iloc[train])
        rows = X.iloc[test].assign(units=y.iloc[test])
        rows["forecast"] = model.predict(X.iloc[test])
        rows["week"] = (rows["date"] - rows["date"].min()).dt.days // 7 + 1
        parts.append(rows)
    return pd.concat(parts)


def boosting(horizon):
    booster = HistGradientBoostingRegressor(max_iter=60, random_state=0)
    return make_pipeline(lags(horizon), booster)


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", UserWarning)
    one_step = forecast(boosting(1))
print(caught[0].message)

results = {
    "seasonal naive": forecast(SeasonalNaiveRegressor(series=keys)),
    "horizon=1": one_step,
    "horizon=28": forecast(boosting(28)),
}
for name, rows in results.items():
    print(f"{name:15} WAPE {wape(rows['units'], rows['forecast']):.3f}")

# %%
# Week by week
# ------------
# Trained for one step, boosting trusts the newest sales at any distance, and gains
# little over last week's sales. Trained for 28 steps, it knows how much they are
# worth at each distance. No row was added, and nothing but ``horizon`` was changed.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
styles = {"seasonal naive": ("C3", "s:"), "horizon=1": ("C1", "^--")}
for name, rows in results.items():
    by_week = [wape(g["units"], g["forecast"]) for _, g in rows.groupby("week")]
    color, style = styles.get(name, ("C0", "o-"))
    ax.plot(range(1, 5), by_week, style, color=color, label=name)
ax.set(
    title="Error of boosting behind LagFeatures, by week ahead",
    xlabel="week ahead",
    ylabel="WAPE",
    xticks=range(1, 5),
    ylim=(0, None),
)
ax.legend(loc="lower left")
plt.show()
