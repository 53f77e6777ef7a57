# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==============================
A job that knows when to learn
==============================

Each week a job compares the last forecasts with what was sold, and writes the next.
:class:`~sklearn_sales.monitoring.ForecastMonitor` tells it when the model has to be
fitted anew, and why.
"""

# %%
# A shop whose customers double
# -----------------------------
# Simulated daily sales of ten products. In May a competitor closes, and sales double.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from sklearn_sales import (
    ForecastMonitor,
    ThetaRegressor,
    load,
    make_sales_panel,
    save,
)

X, y = make_sales_panel(n_series=10, n_periods=240, trend=0.0, random_state=0)
X = X[["product", "store", "date", "price"]]
begins = X.groupby(["store", "product"])["date"].transform("min")
X, y = X[begins == X["date"].min()], y[begins == X["date"].min()]
y = y.where(X["date"] < "2021-05-10", 2.0 * y)
keys = {"series": ["store", "product"], "time": "date"}
folder = tempfile.TemporaryDirectory()
files = {
    name: Path(folder.name) / name for name in ("model", "forecasts.csv", "monitor")
}

# %%
# The job
# -------
# It starts from files and ends with files, so it can be killed and run again: a week
# that was counted is not counted twice. The model is fitted anew on alarm alone.


def learn(today):
    past = X["date"] < today
    model = ThetaRegressor(**keys).fit(X[past], y[past])
    save(model, files["model"])
    ForecastMonitor(model, files["monitor"], window=14, bias=0.2).start(X[past])


def store(today):
    ahead = (X["date"] >= today) & (X["date"] < today + pd.Timedelta(days=7))
    model = load(files["model"], allow_pickle=True)
    X[ahead].assign(forecast=model.predict(X[ahead])).to_csv(files["forecasts.csv"])


def weekly_job(today):
    model = load(files["model"], allow_pickle=True)
    monitor = ForecastMonitor(model, files["monitor"], window=14, bias=0.2)
    told = pd.read_csv(files["forecasts.csv"], index_col=0, parse_dates=["date"])
    monitor.update(told.drop(columns="forecast"), y[told.index], told["forecast"])
    verdict = monitor.verdict()
    errors = monitor.errors().tail(7)
    if verdict.refit:
        print(f"{today:%Y-%m-%d} {verdict}")
        learn(today)
    store(today)
    return errors["wape"], verdict.refit


# %%
# Twenty weeks
# ------------
# The monitor has no back-test to compare with, so its first two weeks are the measure.

first = pd.Timestamp("2021-03-01")
learn(first)
store(first)
weeks = pd.date_range(first + pd.Timedelta(days=7), periods=20, freq="7D")
results = {today: weekly_job(today) for today in weeks}

# %%
# What it would be without
# ------------------------
# The same weeks by the model of March.

start = X["date"] >= first
frozen = ThetaRegressor(**keys).fit(X[~start], y[~start])
later = start & (X["date"] < weeks[-1])
daily = pd.DataFrame(
    {
        "error": (frozen.predict(X[later]) - y[later]).abs(),
        "sales": y[later],
        "date": X["date"][later],
    }
)
sums = daily.groupby("date").sum()
never = (sums["error"] / sums["sales"]).rolling(7).mean()

# %%
# The alarm comes one week after the change, and the error falls back.

watched = pd.concat([errors for errors, _ in results.values()])
watched.index = pd.to_datetime(watched.index)
fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
ax.plot(never.index, never, color="0.6", label="never fitted anew")
ax.plot(watched.index, watched.rolling(7).mean(), color="C0", label="on alarm")
for today, (_, refit) in results.items():
    if refit:
        ax.axvline(today, color="C3", lw=1, ls="--")
ax.set(ylabel="WAPE, mean of 7 days", title="Fitted anew where the monitor says so")
ax.legend()
folder.cleanup()
plt.show()
