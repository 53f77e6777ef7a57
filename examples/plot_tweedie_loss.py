# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==============================
A loss for sales of slow items
==============================

Most days of a slow seller are zero, and now and then somebody buys ten. The squared
error is ruled by those ten; :class:`~sklearn_sales.compose.TweedieLoss` weighs an error
by what sales of that size are known to spread.
"""

# %%
# The data
# --------
# Simulated sales, half of the products intermittent. The last four weeks are to be
# forecast.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from sklearn_sales import (
    LagFeatures,
    PanelTargetRegressor,
    ReductionRegressor,
    TweedieLoss,
    bias,
    make_sales_panel,
    rmsse,
)

X, y = make_sales_panel(
    60, 500, level=2.0, intermittent_share=0.5, dispersion=1.0, random_state=0
)
keys = {"series": ["store", "product"], "time": "date"}
first = X["date"].max() - np.timedelta64(27, "D")
past = X["date"] < first
print(f"{np.mean(y == 0):.0%} of the rows sold nothing")

# %%
# Three losses
# ------------
# The same trees on the same features; sales are divided by the mean of their series, so
# that one model serves fast and slow items. All three losses are least at the mean.
# Look at the bias too: large sales rule the total, and they count less under Tweedie.

losses = {
    "squared error": "squared_error",
    "Poisson": "poisson",
    "Tweedie, 1.5": TweedieLoss(1.5),
}
features = LagFeatures(7, windows=[("mean", 28), ("zero_share", 28)], season=7)
errors = {}
for name, loss in losses.items():
    boosting = HistGradientBoostingRegressor(
        loss=loss, early_stopping=False, random_state=0
    )
    forecaster = ReductionRegressor(boosting, features=features, horizon=28)
    model = PanelTargetRegressor(forecaster, scale="mean", **keys)
    forecast = model.fit(X[past], y[past]).predict(X[~past])
    errors[name] = rmsse(
        y[~past],
        forecast,
        series=X.loc[~past, keys["series"]],
        y_train=y[past],
        series_train=X.loc[past, keys["series"]],
        time_train=X.loc[past, "date"],
    )
    print(f"{name:14} RMSSE {errors[name]:.3f}  bias {bias(y[~past], forecast):+.3f}")

# %%
# The errors
# ----------

fig, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
bars = ax.barh(list(errors), list(errors.values()), color=["0.7", "0.7", "C0"])
ax.bar_label(bars, fmt="%.3f", padding=3)
ax.set(title="28 days ahead", xlabel="RMSSE")
ax.set_xlim(0, 1.15 * max(errors.values()))
plt.show()
