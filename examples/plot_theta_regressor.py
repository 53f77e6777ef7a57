# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
========================
Seasons learned together
========================

Three years of monthly sales hold three Decembers: too few to tell a season from luck.
:class:`~sklearn_sales.exponential_smoothing.ThetaRegressor` learns the seasonal indices
of all series together, each as far from the others as its own sales show. A simulated
panel knows the truth.
"""

# %%
# Four years of noisy months
# --------------------------
# 30 products in two categories, with a season that is shared within a category but for
# small deviations. The last year is put aside.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_sales import (
    SeasonalNaiveRegressor,
    ThetaRegressor,
    make_sales_panel,
    wape,
)

X, y, truth = make_sales_panel(
    n_series=30,
    n_periods=48,
    freq="MS",
    n_stores=5,
    n_categories=2,
    level=100,
    level_spread=0.7,
    trend=0.1,
    yearly_season=0.4,
    noise=0.25,
    dispersion=0.01,
    promotion_share=0,
    holiday_effect=0,
    launch_share=0,
    end_share=0,
    missing_share=0,
    intermittent_share=0,
    return_truth=True,
    random_state=0,
)
keys = ["store", "product"]
past = X["date"] < "2024-01-01"

# %%
# Together and alone
# ------------------
# The same method, once for the panel and once for every series by itself.

together = ThetaRegressor(series=keys).fit(X[past], y[past])
forecasts = pd.DataFrame({"together": together.predict(X[~past])}, index=X.index[~past])
naive = SeasonalNaiveRegressor(series=keys).fit(X[past], y[past])
forecasts["seasonal naive"] = naive.predict(X[~past])

indices = []
for _, rows in X.groupby(keys):
    history = rows.index[past[rows.index]]
    ahead = rows.index[~past[rows.index]]
    alone = ThetaRegressor().fit(X.loc[history, ["date"]], y[history])
    forecasts.loc[ahead, "alone"] = alone.predict(X.loc[ahead, ["date"]])
    indices.append(alone.seasonal_indices_[0][0])

print(forecasts.apply(lambda forecast: wape(y[~past], forecast)).round(3).to_string())

# %%
# The indices
# -----------
# What sales are multiplied by in each month. The panel starts in January, so index 0
# is January. The true season comes with the simulation.

year = X.assign(season=truth.rows["season"])[X["date"].dt.year == 2023]
true = np.stack([rows["season"] for _, rows in year.groupby(keys)])
true /= true.mean(axis=1, keepdims=True)
learned = {"alone": np.stack(indices), "together": together.seasonal_indices_[0]}
for name, values in learned.items():
    print(f"{name:9} mean distance from the truth {np.abs(values - true).mean():.3f}")

# %%
# Two products, one of each category. Alone, every lucky month becomes a season of its
# own, and is forecast again.

months = pd.date_range("2024-01-01", periods=12, freq="MS").strftime("%b")
fig, axes = plt.subplots(2, figsize=(7, 5), sharex=True, layout="constrained")
for ax, row in zip(axes, [0, 1], strict=True):
    ax.plot(months, true[row], color="C3", lw=2.5, label="truth")
    ax.plot(months, learned["alone"][row], "C1^--", label="alone")
    ax.plot(months, learned["together"][row], "C0o-", label="together")
    store, product = together.series_.loc[row]
    ax.set(title=f"Product {product} in store {store}", ylabel="index", ylim=(0, None))
axes[0].legend(ncols=3, loc="lower left")
plt.show()
