# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
================================
What leaks of the future promise
================================

A leak makes a back-test look better than any forecast can be.
:func:`~sklearn_sales.testing.check_no_leakage` finds it before the forecasts do.
"""

# %%
# Five ways to make features
# --------------------------
# Weekly sales of seven departments, forecast four weeks ahead. Each function adds one
# column to the whole table, before it is split; four of them look ahead.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    PanelTimeSeriesSplit,
    check_no_leakage,
    load_walmart_sample,
    wape,
)

X, y = load_walmart_sample(return_X_y=True)
keys = ["store", "dept"]
HORIZON = 4


def by_series(y, X):
    return y.groupby([X["store"], X["dept"]])


def proper_lag(X, y):
    return X.assign(made=by_series(y, X).shift(HORIZON)), y


def encoded(X, y):
    """The mean of each department and week of the year, over all rows."""
    week = X["date"].dt.isocalendar().week
    return X.assign(made=y.groupby([X["dept"], week]).transform("mean")), y


def centred(X, y):
    windows = by_series(y, X).rolling(3, center=True, min_periods=1)
    return X.assign(made=windows.mean().droplevel([0, 1])), y


def short_lag(X, y):
    return X.assign(made=by_series(y, X).shift(1)), y


def same_week(X, y):
    """Sales of all departments of the store in the same week."""
    return X.assign(made=y.groupby([X["store"], X["date"]]).transform("sum")), y


FEATURES = {
    "lag of 4 weeks": proper_lag,
    "lag of 1 week": short_lag,
    "same week": same_week,
    "encoded on all rows": encoded,
    "centred window": centred,
}

# %%
# What the check says
# -------------------
# The same forest sees the column, the department and the holidays.

seen = make_column_transformer(("passthrough", ["dept", "is_holiday", "made"]))
forest = make_pipeline(seen, ExtraTreesRegressor(25, random_state=0))

reports = {
    name: check_no_leakage(
        forest, X, y, prepare=prepare, series=keys, horizon=HORIZON, on_fail=None
    )
    for name, prepare in FEATURES.items()
}
print(reports["centred window"])

# %%
# What the back-test says
# -----------------------
# Promised is the error when the column of the test rows is taken from the table. What
# it comes to is the error when, at each origin, the column is made from the sales that
# are known by then, and the last known value is carried forward.

folds = PanelTimeSeriesSplit(n_splits=4, test_size=HORIZON)


def errors(prepare):
    told, real, actual = [], [], []
    table, _ = prepare(X, y)
    for train, test in folds.split(X):
        model = forest.fit(table.iloc[train], y.iloc[train])
        told.append(model.predict(table.iloc[test]))
        known, _ = prepare(X, y.where(X.index.isin(train)))
        known["made"] = by_series(known["made"], X).ffill()
        real.append(model.predict(known.iloc[test]))
        actual.append(y.iloc[test])
    actual = np.concatenate(actual)
    return wape(actual, np.concatenate(told)), wape(actual, np.concatenate(real))


results = {name: errors(prepare) for name, prepare in FEATURES.items()}
for name, (told, real) in results.items():
    verdict = "no leak" if reports[name].passed else reports[name].leaks[0].check
    print(f"{name:20} promised {told:.3f}, real {real:.3f}   {verdict}")

# %%
# Where the check finds nothing, the back-test keeps its word.

fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
places = np.arange(len(results))
told, real = np.array(list(results.values())).T
ax.barh(places - 0.2, told, 0.4, color="0.75", label="promised by the back-test")
ax.barh(places + 0.2, real, 0.4, color="C0", label="of real forecasts")
ax.set_yticks(places, list(results))
ax.invert_yaxis()
ax.set(xlabel="WAPE, 4 weeks ahead", title="Only the first feature keeps its promise")
ax.legend()
plt.show()
