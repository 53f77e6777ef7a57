# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==============================
Theta that knows of promotions
==============================

The theta method reads the sales of a series and nothing else: a promotion last week
looks like a new level to it, and of the next one it knows nothing.
:class:`~sklearn_sales.compose.CovariateAdjustedRegressor` takes the effect of price and
promotion out of the sales first, and puts that of the coming days back in.
"""

# %%
# The data
# --------
# Simulated sales of products with prices, promotions and holidays, which are all known
# ahead. The last four weeks are to be forecast.

import matplotlib.pyplot as plt
import numpy as np

from sklearn_sales import (
    CovariateAdjustedRegressor,
    ThetaRegressor,
    make_sales_panel,
    wape,
)

X, y = make_sales_panel(40, 400, random_state=1)
keys = {"series": ["store", "product"], "time": "date"}
first = X["date"].max() - np.timedelta64(27, "D")
past = X["date"] < first

# %%
# With and without
# ----------------
# The effect is learned from all series together. That of a promotion depends on the
# product, so the number of the product is a column that the adjuster reads as well.

X["kind"] = X["product"]
forecasters = {
    "theta": ThetaRegressor(7, **keys),
    "theta, adjusted": CovariateAdjustedRegressor(ThetaRegressor(7), **keys),
}
forecasts = {}
for name, forecaster in forecasters.items():
    forecaster.fit(X[past], y[past])
    forecasts[name] = forecaster.predict(X[~past])
    print(f"{name:16} WAPE {wape(y[~past], forecasts[name]):.3f}")

# %%
# What was learned
# ----------------
# ``adjuster_`` is a regressor like any other: asked for a row with and one without a
# promotion, it tells what a promotion is worth.

adjuster = forecasters["theta, adjusted"].adjuster_
columns = forecasters["theta, adjusted"].columns_
rows = X.loc[~past, columns].astype(float)
with_promotion = adjuster.predict(rows.assign(promotion=1.0))
without = adjuster.predict(rows.assign(promotion=0.0))
print(f"a promotion multiplies sales by {np.median(with_promotion / without):.2f}")

# %%
# One product
# -----------
# The product that was promoted most in these weeks. Theta alone draws its season
# through; adjusted, it goes up with the promotions, whose days are shaded.

ahead = X[~past]
promoted = ahead["promotion"].groupby([ahead[k] for k in keys["series"]]).sum()
store, product = promoted.idxmax()
one = ((ahead["store"] == store) & (ahead["product"] == product)).to_numpy()
days = ahead["date"][one]

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(days, y[~past][one], "k.-", linewidth=0.8, label="sales")
for (name, forecast), style in zip(forecasts.items(), ("C1--", "C0-"), strict=True):
    ax.plot(days, forecast[one], style, label=name)
for number, day in enumerate(days[ahead["promotion"][one]]):
    half = np.timedelta64(12, "h")
    label = None if number else "promotion"
    ax.axvspan(day - half, day + half, color="0.9", zorder=0, label=label)
ax.set(title="Four weeks ahead, promotions known", ylabel="units a day")
ax.set_ylim(0, 1.25 * y[~past][one].max())
ax.legend(loc="upper left", ncols=4, fontsize="small")
ax.tick_params(axis="x", rotation=30)
plt.show()
