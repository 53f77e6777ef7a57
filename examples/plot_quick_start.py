# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
===========
Quick start
===========

Seven departments of a Walmart store, 143 weeks of real sales: what will the next 13
weeks bring? A forest from scikit-learn answers, behind a transformer that makes lags.
"""

# %%
# The table
# ---------
# One row for each department and week. ``store`` and ``dept`` say which series a row
# belongs to, ``date`` when it was. All other columns are *covariates known ahead*: what
# can be written down for a future week. Here that is one, whether the week counts as a
# holiday.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    future_frame,
    load_walmart_sample,
    neg_wape_scorer,
)

X, y = load_walmart_sample(return_X_y=True)
X.join(y).tail(3)

# %%
# The model
# ---------
# :class:`~sklearn_sales.preprocessing.LagFeatures` makes the columns from which a
# regressor learns: the last 13 weeks and the same week of the last year, as they were
# known up to 13 weeks before. The keys are used up by it, and the covariates follow the
# lags.

keys = ["store", "dept"]
model = make_pipeline(
    LagFeatures(lags=13, season=52, horizon=13, series=keys),
    ExtraTreesRegressor(random_state=0),
)

# %%
# Is it any good?
# ---------------
# Three times, the model forecasts 13 weeks that it has not seen, from the weeks before
# them. WAPE is the sum of the absolute errors as a share of the sales. The baseline
# repeats the same week of the last year.

folds = PanelTimeSeriesSplit(n_splits=3, test_size=13)
candidates = {"seasonal naive": SeasonalNaiveRegressor(series=keys), "lags": model}
errors = {
    name: -cross_val_score(candidate, X, y, cv=folds, scoring=neg_wape_scorer)
    for name, candidate in candidates.items()
}
wape = pd.DataFrame(errors, index=["fold 1", "fold 2", "fold 3"])
wape.round(3)

# %%
# The forecast wins on average, if not in every fold:

print(wape.mean().round(3))

# %%
# The forecast
# ------------
# :func:`~sklearn_sales.panel.future_frame` makes the rows of the next 13 weeks. It asks
# for the covariates of these weeks: the two holiday weeks come from a small table, and
# all others are none.

model.fit(X, y)
holidays = pd.DataFrame(
    {"date": pd.to_datetime(["2012-11-23", "2012-12-28"]), "is_holiday": True}
)
future = future_frame(
    X, 13, series=keys, known=holidays, covariates={"is_holiday": False}
)
future["sales"] = model.predict(future)
future.head(3)

# %%

departments = [1, 38, 93]
fig, axes = plt.subplots(3, figsize=(8, 6), sharex=True, layout="constrained")
for ax, dept in zip(axes, departments, strict=True):
    rows = (X["dept"] == dept) & (X["date"] >= "2011-09")
    ahead = future[future["dept"] == dept]
    ax.plot(X["date"][rows], y[rows] / 1000, color="C3", label="sales")
    ax.plot(ahead["date"], ahead["sales"] / 1000, "C0.-", label="forecast")
    ax.set(title=f"Department {dept}", ylabel="thousand $", ylim=(0, None))
    ax.xaxis.set_major_locator(mdates.MonthLocator(interval=2))
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(mdates.MonthLocator()))
axes[0].legend(ncols=2)
plt.show()
