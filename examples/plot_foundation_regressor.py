# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
========================================
A pretrained model and the yearly season
========================================

:class:`~sklearn_sales.neural_network.FoundationRegressor` forecasts without training:
a model that has seen many other series continues yours. Two years of weeks hold a
season that a small model does not find by itself. It forecasts the change against one
year ago instead, and finds out by itself that this is better here.
"""

# %%
# Real weekly sales
# -----------------
# Seven departments of a store. The last quarter of a year is put aside, twice.

import matplotlib.pyplot as plt
import pandas as pd

from sklearn_sales import (
    FoundationRegressor,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    load_walmart_sample,
    wape,
)

X, y = load_walmart_sample(return_X_y=True)
keys = ["store", "dept"]
folds = list(PanelTimeSeriesSplit(n_splits=2, test_size=13).split(X))

# %%
# The model as it is, and with differences
# ----------------------------------------
# ``season_difference="auto"`` tries both at the end of the training rows. The mean with
# the theta method is what a stack of the two with ``final_estimator="mean"`` answers.

models = {
    "seasonal naive": SeasonalNaiveRegressor(series=keys),
    "theta": ThetaRegressor(series=keys),
    "fracast": FoundationRegressor(season_difference=False, series=keys),
    "fracast, auto": FoundationRegressor(series=keys),
}
errors, forecasts = {}, {}
for fold, (past, ahead) in enumerate(folds):
    for name, model in models.items():
        forecasts[name] = model.fit(X.iloc[past], y.iloc[past]).predict(X.iloc[ahead])
    pair = forecasts["theta"] + forecasts["fracast, auto"]
    forecasts["theta and fracast, mean"] = pair / 2
    errors[f"fold {fold + 1}"] = {
        name: wape(y.iloc[ahead], forecast) for name, forecast in forecasts.items()
    }
print(pd.DataFrame(errors).assign(mean=lambda t: t.mean(axis=1)).round(3).to_string())

# %%
# What was decided, and the model behind it
# -----------------------------------------

print("differences:", models["fracast, auto"].season_difference_)
print(models["fracast, auto"].card)

# %%
# One department
# --------------
# The last fold of a department with a strong season. The band holds the sales of four
# weeks in five, as the model sees it.

past, ahead = folds[-1]
department = 1
shown = X.iloc[ahead][X.iloc[ahead]["dept"] == department]
history = X.iloc[past][X.iloc[past]["dept"] == department].index[-70:]
low, high = models["fracast, auto"].predict_interval(shown).T

fig, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
ax.plot(X.loc[history, "date"], y[history], color="0.4", label="sales")
ax.plot(shown["date"], y[shown.index], color="0.4", marker=".")
ax.fill_between(shown["date"], low, high, color="C0", alpha=0.2)
for name, style in {"fracast": "C1--", "fracast, auto": "C0-"}.items():
    ax.plot(shown["date"], models[name].predict(shown), style, label=name)
ax.set(title=f"Department {department}, 13 weeks ahead", ylabel="sales")
ax.set_ylim(0, None)
ax.legend()
plt.show()
