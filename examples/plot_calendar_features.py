# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
============================
Calendar parts and holidays
============================

Sales jump on a few days of the year. Lags cannot know when: the last Black Friday lies
beyond every window. :class:`~sklearn_sales.preprocessing.CalendarFeatures` writes the
calendar beside each row, and this example measures what it is worth, on the whole and
on the holidays themselves.
"""

# %%
# Three years of daily sales
# --------------------------
# A simulated panel of 20 products whose sales rise by 60 % on New Year, 1 May, Black
# Friday, Christmas Eve and Christmas Day. The column that would say so is dropped: the
# calendar has to tell.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import CalendarFeatures, LagFeatures, make_sales_panel, wape

X, y = make_sales_panel(
    n_series=20,
    n_periods=3 * 365,
    holiday_effect=0.6,
    dispersion=0.02,
    missing_share=0,
    launch_share=0,
    end_share=0,
    random_state=0,
)
X = X.drop(columns="holiday")
past = X["date"] < "2023-11-15"

# %%
# A calendar of holidays
# ----------------------
# ``holidays`` takes the code of a country, such as ``"US"``, for the optional package
# of that name. A mapping of dates to names works without it, and holds the days that
# matter to the shop, such as Black Friday. It has to reach over the days to forecast.

days = {
    "01-01": "New Year",
    "05-01": "May Day",
    "12-24": "Christmas Eve",
    "12-25": "Christmas Day",
}
holidays = {
    f"{year}-{day}": name for year in range(2021, 2024) for day, name in days.items()
}
for friday in ["2021-11-26", "2022-11-25", "2023-11-24"]:
    holidays[friday] = "Black Friday"

keys = ["store", "product"]
calendar = CalendarFeatures(holidays=holidays, holiday_names=True, series=keys)
calendar.fit(X[past])
names = calendar.get_feature_names_out()
print(", ".join(names[X.shape[1] :]))

# %%
# Three pipelines
# ---------------
# CalendarFeatures keeps the keys, so that LagFeatures can follow. The models are
# fitted up to 14 November and forecast the 47 days to the end of the year.


def forecast(*before):
    lags = LagFeatures(
        lags=[1, 7],
        windows=[("mean", 7), ("mean", 28)],
        season=7,
        horizon=47,
        series=keys,
    )
    model = make_pipeline(*before, lags, HistGradientBoostingRegressor(random_state=0))
    return model.fit(X[past], y[past]).predict(X[~past])


results = {
    "lags": forecast(),
    "lags, calendar": forecast(CalendarFeatures(series=keys)),
    "lags, calendar, holidays": forecast(calendar),
}
test, sold = X[~past], y[~past]
special = test["date"].astype(str).isin(holidays).to_numpy()
for name, units in results.items():
    on_holidays = wape(sold[special], units[special])
    print(f"{name:25} WAPE {wape(sold, units):.3f}, on holidays {on_holidays:.3f}")

# %%
# All products together
# ---------------------
# Week of year and month catch the slow rise to the end of the year, and smear the
# holidays over their neighbours. The holidays themselves need columns of their own.

totals = test.assign(sold=sold, **results).groupby("date")[["sold", *results]].sum()
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(totals["sold"], color="C3", lw=2.5, label="sold")
for name, style in zip(results, ["C2:", "C1--", "C0-"], strict=True):
    ax.plot(totals[name], style, label=name)
for day in totals.index[totals.index.astype(str).isin(holidays)]:
    ax.axvline(day, color="C7", lw=6, alpha=0.3, zorder=0)
ax.set(title="Units of all products; holidays are shaded", ylim=(0, None))
ax.xaxis.set_major_locator(mdates.WeekdayLocator(mdates.FR))
ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
ax.legend(ncols=2, loc="lower left")
plt.show()
