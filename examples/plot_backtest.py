# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
===============================
When a model is worth its while
===============================

One number for a model hides where it helps.
:func:`~sklearn_sales.model_selection.backtest` keeps every forecast, so that errors can
be told apart by step, by series or by any column, beside the seasonal naive forecast.
"""

# %%
# Three forecasters over six origins
# ----------------------------------
# 60 products in four stores; each fold forecasts 28 days. The estimators need no keys
# of their own.

import matplotlib.pyplot as plt

from sklearn_sales import (
    ARRegressor,
    PanelTimeSeriesSplit,
    ThetaRegressor,
    backtest,
    make_sales_panel,
)

X, y = make_sales_panel(n_series=60, n_periods=500, n_stores=4, random_state=0)
X = X.astype({"promotion": float, "holiday": float})
result = backtest(
    {
        "AR": ARRegressor(lags=14, pooled=True, alpha=1e-3),
        "theta": ThetaRegressor(),
    },
    X.drop(columns="category"),
    y,
    cv=PanelTimeSeriesSplit(n_splits=6, test_size=28),
    series=["store", "product"],
    time="date",
)
result.errors().round(3)

# %%
# Better, or lucky?
# -----------------
# Both tests are of the same rows: over times, and over series.

result.compare("naive", random_state=0)[["ratio", "low", "high", "dm", "p_times"]]

# %%
# Where it helps
# --------------
# The autoregression knows of promotions, theta does not. On all other days there is
# little between them.

by_day = result.errors("promotion", ["wape"])["wape"].unstack()
print(by_day.round(3))

# %%
# Near or far
# -----------
# The naive forecast errs as much in the fourth week as in the first. The two models
# know the present level, and are at their best in the first week.

by_step = result.errors("step", ["wape"])["wape"].unstack()
by_fold = result.errors("fold", ["wape"])["wape"].unstack()
styles = {"AR": "C0-", "theta": "C1--", "naive": "0.5"}
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.6), sharey=True, layout="constrained"
)
for name in result.estimator_names:
    # weekdays differ: means of seven steps
    left.plot(by_step[name].rolling(7).mean(), styles[name], label=name)
    right.plot(by_fold[name], styles[name], marker="o", label=name)
left.set(xlabel="steps ahead (means of a week)", ylabel="WAPE", title="By step")
right.set(xlabel="fold", title="By fold")
left.legend()
plt.show()
