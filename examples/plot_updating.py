# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
======================================
What a forecast gains from newer sales
======================================

A forecaster that was fitted half a year ago can still forecast well, if it reads the
sales of last week. :func:`~sklearn_sales.observe` brings its history up to date and
leaves all that was learned; ``partial_fit`` learns as well.
"""

# %%
# A model, and half a year after it
# ---------------------------------
# Seven departments of a shop by week. The model is a forest on lags: it forecasts one
# week ahead, for 26 weeks.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import ARRegressor, LagFeatures, load_walmart_sample, observe, wape

X, y = load_walmart_sample(return_X_y=True)
keys = {"series": ["store", "dept"], "time": "date"}
weeks = np.sort(X["date"].unique())[-26:]
past = X["date"] < weeks[0]


def make_forest(horizon=1):
    lags = LagFeatures([1, 2, 3, 4], season=52, horizon=horizon, **keys)
    return make_pipeline(lags, ExtraTreesRegressor(20, random_state=0))


def make_autoregression():
    return ARRegressor([1, 2, 3, 4, 52], alpha=0.1, **keys)


# %%
# Three ways to go on
# -------------------
# Each week is forecast, then its sales become known. One model is left as it was
# fitted, for up to 26 weeks ahead; one observes the rows of the week; and one is fitted
# on everything anew.


def leave(model, now):
    """The fit of half a year ago."""
    return model


def take_in(model, now):
    """The same forest, on newer lags."""
    return observe(model, X[now], y[now])


def fit_anew(model, now):
    """Everything, from the start."""
    seen = X["date"] <= X.loc[now, "date"].iloc[0]
    return model.fit(X[seen], y[seen])


def learn(model, now):
    """What a fit on everything gives, from the new rows alone."""
    return model.partial_fit(X[now], y[now])


def one_week_ahead(model, go_on):
    """Forecasts of each week by a model that goes on after it."""
    model, forecasts = model.fit(X[past], y[past]), []
    for week in weeks:
        now = X["date"] == week
        forecasts.append(pd.Series(model.predict(X[now]), index=X.index[now]))
        model = go_on(model, now)
    return pd.concat(forecasts)


runs = {
    "left as it was": one_week_ahead(make_forest(horizon=26), leave),
    "observes": one_week_ahead(make_forest(), take_in),
    "fitted anew": one_week_ahead(make_forest(), fit_anew),
}
for name, forecasts in runs.items():
    print(f"{name:15} WAPE {wape(y[forecasts.index], forecasts):.3f}")

# %%
# The autoregression learns from the new rows alone what a fit on all rows gives:

learned = one_week_ahead(make_autoregression(), learn)
anew = one_week_ahead(make_autoregression(), fit_anew)
print(f"largest difference: {np.abs(learned - anew).max():.1e} dollars")

# %%
# Newer sales matter, newer coefficients less
# -------------------------------------------
# The model that was left errs by more than half as much again. The one that observes
# errs no more than the one that is fitted anew each week.

fig, ax = plt.subplots(layout="constrained")
for name, forecasts in runs.items():
    sold = y[forecasts.index]
    errors = pd.DataFrame({"error": (sold - forecasts).abs(), "sold": sold})
    sums = errors.groupby(X.loc[forecasts.index, "date"]).sum().rolling(8).sum()
    ax.plot(sums.index, sums["error"] / sums["sold"], label=name)
ax.set(ylabel="WAPE of the last eight weeks", ylim=(0, None))
ax.legend()
ax.tick_params(axis="x", rotation=30)
plt.show()
