# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==========================
One model, or one for each
==========================

A panel that no memory holds is fitted group by group, with
:class:`~sklearn_sales.compose.PartitionedRegressor`. Groups learn nothing from each
other. What does that cost?
"""

# %%
# A panel in files
# ----------------
# Simulated daily sales of 40 products in 4 stores, half a year of them. Each store is
# a folder of Parquet files.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    PartitionedRegressor,
    make_sales_panel,
    wape,
)

HORIZON = 14
keys = {"series": ["store", "product"], "time": "date"}
X, y = make_sales_panel(n_series=40, n_periods=180, n_stores=4, random_state=0)
X = X[["store", "product", "date", "price", "promotion"]]
past = X["date"] <= X["date"].max() - pd.Timedelta(days=HORIZON)
place = tempfile.TemporaryDirectory()
folder = Path(place.name)
sales = X.assign(sales=y)
sales[past].to_parquet(folder / "past", partition_cols=["store"])
sales[~past].to_parquet(folder / "future", partition_cols=["store"])

# %%
# Fitted where it lies
# --------------------
# Workers read a partition each, and write a model and then forecasts. Nothing but paths
# passes through this process. The second call finds the models and fits none.

lags = LagFeatures(
    [1, 2, 7], windows=[("mean", 7), ("mean", 28)], season=7, horizon=HORIZON, **keys
)
pipeline = make_pipeline(lags, HistGradientBoostingRegressor(max_iter=50))
by_store = PartitionedRegressor(pipeline, by="store")
for _ in range(2):
    by_store.fit_partitions(folder / "past", target="sales", models=folder / "models")
print([f"{file.parent.name}/{file.name[:9]}..." for file in by_store.model_files_])
by_store.predict_partitions(folder / "future", folder / "forecasts")
forecasts = pd.read_parquet(folder / "forecasts")
print(forecasts.head(3))

# %%
# What the groups miss
# --------------------
# The same pipeline fitted once on all stores, and once for each product in a store.

by_series = PartitionedRegressor(pipeline, by=keys["series"])
errors = {
    "one model": wape(y[~past], pipeline.fit(X[past], y[past]).predict(X[~past])),
    "one for each store": wape(forecasts["sales"], forecasts["forecast"]),
    "one for each series": wape(
        y[~past], by_series.fit(X[past], y[past]).predict(X[~past])
    ),
}
print({name: round(error, 3) for name, error in errors.items()})
place.cleanup()

# %%
# Here it costs nothing: half a year is enough for a store, and for a series, to learn
# from alone. Where series are short or sell little, a model of all has more to gain.
# Compare both on a part of the panel that fits the memory before you choose.

fig, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
ax.barh(list(errors), list(errors.values()), color=["C0", "C1", "C2"])
ax.invert_yaxis()
ax.set(xlabel="WAPE of 14 days", title="Here groups lose nothing by learning alone")
plt.show()
