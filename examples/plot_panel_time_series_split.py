# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
================
Folds of a panel
================

scikit-learn's ``TimeSeriesSplit`` cuts the rows of a table. In a panel, sorted by
series as it mostly is, that cuts between series: the folds test departments that
training has never seen. :class:`~sklearn_sales.model_selection.PanelTimeSeriesSplit`
cuts between times, in whichever order the rows come.
"""

# %%
# Two splitters, one table
# ------------------------
# Seven departments of a Walmart store, in rows sorted by department and date.

import warnings

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    PanelTimeSeriesSplit,
    load_walmart_sample,
    neg_wape_scorer,
)

X, y = load_walmart_sample(return_X_y=True)
splitters = {
    "TimeSeriesSplit": TimeSeriesSplit(n_splits=3),
    "PanelTimeSeriesSplit": PanelTimeSeriesSplit(n_splits=3, test_size=13),
}

# %%
# The folds as a picture, one line for each department. With 13 test weeks in each of
# three folds, the second splitter keeps the newest 39 weeks for testing.

weeks, departments = X["date"].unique(), X["dept"].unique()
colors = ListedColormap(["#ebebeb", "C0", "C1"])
labels = ["not used", "training", "test"]
fig, axes = plt.subplots(
    3, 2, figsize=(8, 5), sharex=True, sharey=True, layout="constrained"
)
for column, (name, splitter) in zip(axes.T, splitters.items(), strict=True):
    for fold, (train, test) in enumerate(splitter.split(X)):
        use = np.zeros(len(X))
        use[train], use[test] = 1, 2
        # rows are sorted by department and week
        grid = use.reshape(len(departments), len(weeks))
        ax = column[fold]
        ax.pcolormesh(weeks, range(len(departments)), grid, cmap=colors, vmin=0, vmax=2)
        ax.set(title=f"{name}, fold {fold + 1}")
        ax.set(yticks=range(len(departments)), yticklabels=departments)
        ax.tick_params(left=False, labelsize="small")
        ax.hlines(np.arange(6) + 0.5, weeks[0], weeks[-1], color="white", lw=2)
        ax.xaxis.set_major_locator(mdates.YearLocator())
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
fig.supylabel("department")
patches = [plt.Rectangle((0, 0), 1, 1, color=c) for c in colors.colors]
fig.legend(patches, labels, loc="outside lower center", ncols=3)
plt.show()

# %%
# What the search would believe
# -----------------------------
# The same model, scored by both. The first figure is about departments without a
# history, and says nothing about the next 13 weeks of those that have one. The package
# answers such rows from the mean of all series, and warns.

model = make_pipeline(
    LagFeatures(lags=13, season=52, horizon=13, series=["store", "dept"]),
    ExtraTreesRegressor(n_estimators=50, random_state=0),
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", UserWarning)
    for name, splitter in splitters.items():
        scores = cross_val_score(model, X, y, cv=splitter, scoring=neg_wape_scorer)
        print(f"{name:21} WAPE {-scores.mean():.3f}")
print("\nThe first of the warnings:", caught[0].message)
