# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
================================
A stack and the trust it gives
================================

Which forecaster is best is known afterwards. A
:class:`~sklearn_sales.ensemble.TimeSeriesStackingRegressor` lets each of its members
forecast quarters that it has not seen, learns from their errors how much to trust each,
and forecasts the next quarter by their weighted average.
"""

# %%
# Five members
# ------------
# Weekly sales of seven departments. The last 13 weeks are put aside. Lag features make
# a forecaster of any regressor: here of a linear regression, a random forest, and
# AdaBoost.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import AdaBoostRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    TimeSeriesStackingRegressor,
    load_walmart_sample,
    wape,
)

X, y = load_walmart_sample(return_X_y=True)
keys = {"series": ["store", "dept"]}
past = X["date"] < "2012-08-01"


def reduced(regressor):
    lags = LagFeatures([1, 2, 4], season=52)
    return ReductionRegressor(regressor, features=lags, horizon=13, **keys)


trees = DecisionTreeRegressor(max_depth=5)
members = [
    ("seasonal naive", SeasonalNaiveRegressor(**keys)),
    ("autoregression", ARRegressor([1, 2, 3, 4, 52], **keys)),
    ("linear", reduced(LinearRegression())),
    ("forest", reduced(RandomForestRegressor(20, random_state=0))),
    ("AdaBoost", reduced(AdaBoostRegressor(trees, n_estimators=20, random_state=0))),
]

# %%
# The stack
# ---------
# Its folds are two quarters, each forecast by members that were fitted on the weeks
# before. The diagram shows the members side by side, and what combines them.

stack = TimeSeriesStackingRegressor(members, **keys).fit(X[past], y[past])
stack

# %%
# Errors out of fold, which the weights are learned from, beside those of the quarter
# that was put aside. The average is better than its best member.

oof = stack.oof_predictions_
ahead = pd.DataFrame(stack.transform(X[~past]), columns=list(stack.weights_))
ahead["stack"] = stack.predict(X[~past])

errors = pd.DataFrame(
    {
        "out of fold": {name: wape(oof["y_true"], oof[name]) for name, _ in members},
        "weight": stack.weights_,
        "last quarter": {name: wape(y[~past], ahead[name]) for name in ahead},
    }
).loc[list(ahead)]
print(errors.round(3).to_string(na_rep=""))

# %%
# Trust by department
# -------------------
# With ``weights_by="dept"`` each department has weights of its own. They are drawn to
# the weights of all rows, as a department has few rows to learn from.

by_department = TimeSeriesStackingRegressor(members, weights_by="dept", **keys)
by_department.fit(X[past], y[past])
weights = by_department.group_weights_
forecast = by_department.predict(X[~past])
print(f"weights by department: {wape(y[~past], forecast):.3f}")

# %%
# All departments lean on the autoregression; who shares the rest differs.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
order = errors["last quarter"].sort_values(ascending=False).index
colors = ["C0" if name == "stack" else "0.75" for name in order]
axes[0].barh(order, errors.loc[order, "last quarter"], color=colors)
axes[0].set(title="Error in the last quarter", xlabel="WAPE")
# colours that can be told apart without seeing red and green
palette = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"]
weights.plot.bar(stacked=True, ax=axes[1], rot=0, width=0.8, color=palette)
axes[1].set(title="Weights", xlabel="department")
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
