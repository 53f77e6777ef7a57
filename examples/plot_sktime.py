# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
=========================
A forecaster from outside
=========================

sktime has exponential smoothing, scikit-learn has boosting, this package has
autoregressions and a stack that weighs its members. With
:class:`~sklearn_sales.interop.SktimeRegressor` all of them forecast the same rows, so
that the three can be combined; with :func:`~sklearn_sales.interop.to_sktime` the
combination goes back to sktime.
"""

# %%
# One forecaster of sktime for each series
# ----------------------------------------
# Weekly sales of seven departments. sktime's AutoETS follows the level of sales less
# their yearly seasonal indices. It sees one series at a time, so each gets a clone.

import warnings

import matplotlib.pyplot as plt
from sklearn.ensemble import HistGradientBoostingRegressor
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.ets import AutoETS
from sktime.transformations.detrend import Deseasonalizer

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    SktimeRegressor,
    TimeSeriesStackingRegressor,
    backtest,
    load_walmart_sample,
    to_sktime,
)

# sktime tells of its next release whenever a forecaster is made
warnings.filterwarnings("ignore", category=FutureWarning)

X, y = load_walmart_sample(return_X_y=True)
keys = {"series": ["store", "dept"]}
ets = SktimeRegressor(
    TransformedTargetForecaster([Deseasonalizer(sp=52), AutoETS()]), **keys
)

# %%
# In a stack with others
# ----------------------
# The stack lets its members forecast the 13 weeks before its origin, and learns from
# their errors how much to trust each.

boosting = ReductionRegressor(
    HistGradientBoostingRegressor(max_iter=50, random_state=0),
    features=LagFeatures([1, 2, 3, 4, 13], season=52),
    horizon=13,
    **keys,
)
members = {
    "AutoETS": ets,
    "boosting": boosting,
    "AR": ARRegressor([1, 2, 3, 4, 52], **keys),
}
quarter = PanelTimeSeriesSplit(1, test_size=13)
stack = TimeSeriesStackingRegressor(list(members.items()), cv=quarter, **keys)

# %%
# The last quarter is forecast from the weeks before it.

everyone = {**members, "stack": stack}
result = backtest(everyone, X, y, cv=quarter, baseline=False, **keys)
errors = result.errors(metrics=["wape", "bias"])
print(errors.round(4).to_string())

# %%
# Back to sktime
# --------------
# There the whole stack is a forecaster of a panel, with an index of series and times.

sales = X.assign(sales=y).set_index(["store", "dept", "date"])[["sales"]].sort_index()
forecaster = to_sktime(stack).fit(sales, fh=range(1, 14))
future = forecaster.predict()
print(future.head(3).round().to_string())

# %%
# The average of the three is better than each. On the right one department, its last
# year and the quarter to come.

fig, axes = plt.subplots(
    1, 2, figsize=(9, 3.5), width_ratios=[1, 2], layout="constrained"
)
order = errors["wape"].sort_values(ascending=False)
colors = ["C0" if name == "stack" else "0.75" for name in order.index]
axes[0].barh(order.index, order, color=colors)
axes[0].set(xlabel="WAPE", title="Error in the last quarter")
store, dept = 1, 38
past = sales.loc[(store, dept), "sales"].iloc[-60:]
axes[1].plot(past.index, past, color="0.6", label="sales")
ahead = future.loc[(store, dept), "sales"]
axes[1].plot(ahead.index, ahead, "C0--", label="next quarter")
axes[1].set(title=f"Department {dept}", ylim=(0, None))
axes[1].tick_params(axis="x", rotation=30)
axes[1].legend()
plt.show()
