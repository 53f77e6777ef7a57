# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==============================
From order lines to a forecast
==============================

Shops keep orders, not panels. An order log has no row for a day on which nothing was
ordered, and a forecaster that never sees such days believes that there are none. This
example goes from order lines to a forecast, with those days and without them.
"""

# %%
# Order lines
# -----------
# A simulated log of 24 products over 400 days: one line for each unit at some time
# between 8 and 20 o'clock, and one line in fifty comes back a week later.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    CalendarFeatures,
    LagFeatures,
    bias,
    future_frame,
    make_sales_panel,
    panel_from_orders,
    wape,
)

cells, units = make_sales_panel(
    n_series=24,
    n_periods=400,
    n_stores=1,
    level=1.5,
    yearly_season=0,
    holiday_effect=0,
    missing_share=0,
    end_share=0,
    ids="str",
    random_state=0,
)
rng = np.random.RandomState(0)
orders = cells.loc[cells.index.repeat(units.astype(int)), ["product", "date", "price"]]
orders["at"] = orders.pop("date") + pd.to_timedelta(
    rng.uniform(8 * 3600, 20 * 3600, len(orders)).round(), unit="s"
)
orders["quantity"] = 1
returned = orders.sample(frac=0.02, random_state=0).assign(quantity=-1)
returned["at"] += pd.Timedelta(days=7)
orders = pd.concat([orders, returned]).sort_values("at", ignore_index=True)
orders = orders[orders["at"] < "2022-02-05"]
orders.head(3)

# %%
# A panel
# -------
# One row for each product and day. Days without an order are rows with quantity 0,
# from the first order of a product on. Returns are kept apart: they say what came
# back, not what was wanted. A day without a sale has no price of its own, and takes
# the last one that was paid.


def daily(complete):
    return panel_from_orders(
        orders,
        product="product",
        timestamp="at",
        quantity="quantity",
        price="price",
        returns="separate",
        complete=complete,
        carry_price=True,
    )


panel = daily(complete=True)
print(f"{len(panel)} rows, {len(daily(complete=False))} of them with an order")
panel.head(3)

# %%
# Fit and forecast
# ----------------
# Revenue, number of lines and returns are results of the day, as the quantity is: no
# future row can have them. They are named in ``target`` and left out. Prices are set
# by the shop, and the plan of the next weeks comes in as ``known``. The horizon of the
# lags is a week longer than the forecast: where empty days are absent, the last row of
# a product may lie some days back.

plan = cells[["product", "date", "price"]].rename(columns={"date": "at"})
results = ["quantity", "revenue", "order_lines", "returned"]
last_day = panel["at"].max() - pd.Timedelta(days=28)


def forecast(panel):
    past = panel[panel["at"] <= last_day]
    model = make_pipeline(
        CalendarFeatures(["weekday"], series="product"),
        LagFeatures(
            lags=[1, 7],
            windows=[("mean", 7), ("mean", 28), ("zero_share", 28)],
            horizon=35,
            series="product",
        ),
        HistGradientBoostingRegressor(max_iter=50, random_state=0),
    )
    model.fit(past.drop(columns=results), past["quantity"])
    future = future_frame(past, 28, series="product", target=results, known=plan)
    return future.assign(forecast=model.predict(future))


# %%
# With and without the empty days
# -------------------------------
# The last 28 days were put aside. Both forecasts are held against what was ordered in
# them, empty days included.

sold = panel.set_index(["product", "at"])["quantity"]
forecasts = {
    "days without orders are zero": forecast(panel),
    "days without orders are absent": forecast(daily(complete=False)),
}
totals = {}
for name, table in forecasts.items():
    table = table.set_index(["product", "at"])["forecast"]
    actual = sold.loc[table.index]
    totals[name] = table.groupby("at").sum()
    totals["ordered"] = actual.groupby("at").sum()
    print(f"{name:31} WAPE {wape(actual, table):.2f}, bias {bias(actual, table):+.0%}")

# %%
# Left out, the empty days are *not observed*, and the model forecasts what is ordered
# on days on which something is ordered: too much. Only who kept the log knows whether
# an absent row was a day without a sale or a day without a record, so the package asks.

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
week = panel.groupby("at")["quantity"].sum()[last_day - pd.Timedelta(days=28) :]
ax.plot(week, color="C3", lw=2, label="ordered")
ax.plot(totals["days without orders are zero"], "C0-", label="empty days are zero")
ax.plot(totals["days without orders are absent"], "C1--", label="empty days are absent")
ax.set(title="Units of all products", ylim=(0, None))
ax.xaxis.set_major_locator(mdates.DayLocator(interval=7))
ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
ax.legend(ncols=3, loc="lower left")
plt.show()
