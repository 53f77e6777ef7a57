# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
============================
A pipeline searched and kept
============================

How many lags, a seasonal one, with or without the calendar? ``GridSearchCV`` asks the
past: each candidate forecasts the same held-out weeks. The winner is saved by
``joblib``, as one file.
"""

# %%
# A pipeline and its choices
# --------------------------
# Seven departments of a Walmart store. The last 13 weeks are put aside until the end.

import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    CalendarFeatures,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    load_walmart_sample,
    neg_wape_scorer,
)

X, y = load_walmart_sample(return_X_y=True)
keys = ["store", "dept"]
past = X["date"] < X["date"].max() - pd.Timedelta(weeks=12)

pipeline = make_pipeline(
    CalendarFeatures(series=keys),
    LagFeatures(horizon=13, series=keys),
    ExtraTreesRegressor(n_estimators=30, random_state=0),
)

# %%
# Whole steps can be searched as well as parameters: ``"passthrough"`` leaves out a
# step.

grid = {
    "calendarfeatures": [CalendarFeatures(series=keys), "passthrough"],
    "lagfeatures__lags": [[1, 2, 4], 13],
    "lagfeatures__season": [None, 52],
}

# %%
# Folds in time order
# -------------------
# Each fold trains on the weeks before its 13 test weeks. ``neg_wape_scorer`` is the
# negative of WAPE, since a search looks for the greatest score.

search = GridSearchCV(
    pipeline,
    grid,
    cv=PanelTimeSeriesSplit(n_splits=3, test_size=13),
    scoring=neg_wape_scorer,
)
search.fit(X[past], y[past])
for name, choice in search.best_params_.items():
    print(f"{name}: {choice}")

# %%
# What paid?
# ----------
# All candidates, the best at the top, with the three folds behind their mean. The
# seasonal lag pays in every company. Calendar and further lags move the mean by less
# than the folds differ: there the choice is a matter of taste.

results = pd.DataFrame(search.cv_results_).sort_values("mean_test_score")
calendar = results["param_calendarfeatures"].astype(str) != "passthrough"
labels = (
    "lags "
    + results["param_lagfeatures__lags"].astype(str).replace("13", "1 to 13")
    + np.where(results["param_lagfeatures__season"].notna(), ", season", "")
    + np.where(calendar, ", calendar", "")
)
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for fold, marker in enumerate("os^"):
    wape = -results[f"split{fold}_test_score"]
    ax.plot(wape, labels, marker, color=f"C{fold}", label=f"fold {fold + 1}")
ax.plot(-results["mean_test_score"], labels, "k|", ms=18, mew=2.5, label="mean")
ax.set(title="Error of the candidates", xlabel="WAPE", xlim=(0, None))
ax.grid(axis="y", color="C9", lw=0.5)
ax.legend(loc="center left")
plt.show()

# %%
# The best candidate was chosen by these folds, so its error there is too good to be
# true. The weeks that were put aside tell the error of a forecast:

naive = SeasonalNaiveRegressor(series=keys).fit(X[past], y[past])
for name, model in {"searched": search, "seasonal naive": naive}.items():
    print(f"{name:15} WAPE {-neg_wape_scorer(model, X[~past], y[~past]):.3f}")

# %%
# Saved and loaded
# ----------------
# The history travels with the model: the file is all that a forecast needs.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.joblib"
    joblib.dump(search.best_estimator_, path)
    loaded = joblib.load(path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
print(np.array_equal(loaded.predict(X[~past]), search.predict(X[~past])))
