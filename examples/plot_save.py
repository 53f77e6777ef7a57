# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
=========================
What a saved model weighs
=========================

A fitted forecaster holds the history that it forecasts from.
:func:`~sklearn_sales.persistence.compact` drops what the next forecasts do not read,
and :func:`~sklearn_sales.persistence.save` writes the rest in three ways.
"""

# %%
# Three years of a shop
# ---------------------
# Simulated daily sales of 70 products, and three forecasters of the next week.

import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    ThetaRegressor,
    compact,
    load,
    make_sales_panel,
    save,
)
from sklearn_sales.persistence import new_key, read_stamp

X, y = make_sales_panel(n_series=70, n_periods=1000, random_state=0)
X = X[["store", "product", "date", "price"]]
keys = {"series": ["store", "product"], "time": "date"}
past = X["date"] < "2023-09-21"
future = X[~past]

lags = LagFeatures([1, 7, 14], season=7, horizon=7, fill=0.0, **keys)
models = {
    "autoregression": ARRegressor(14, **keys),
    "theta method": ThetaRegressor(**keys),
    "lags and ridge": make_pipeline(lags, Ridge()),
}
models = {name: model.fit(X[past], y[past]) for name, model in models.items()}

# %%
# Less history, the same forecasts
# --------------------------------
# The sales of a thousand days are in the file, and two weeks of them are read.

smaller = {name: compact(model) for name, model in models.items()}
for name, small in smaller.items():
    same = np.allclose(small.estimator.predict(future), models[name].predict(future))
    print(f"{name:15} {small}; same forecasts: {same}")

# %%
# Three files
# -----------
# A pickle by joblib; a file of skops, which can be loaded without trust in its writer;
# and an encrypted pickle, whose key comes from the environment.

os.environ["SALES_KEY"] = new_key()
kinds = {
    "joblib": {},
    "skops": {"format": "skops"},
    "encrypted": {"key": "SALES_KEY"},
}


def file_sizes(model, folder):
    sizes = {}
    for kind, options in kinds.items():
        path = Path(folder) / kind
        save(model, path, **options)
        loaded = load(path, allow_pickle=kind != "skops", key=options.get("key"))
        np.testing.assert_array_equal(loaded.predict(future), model.predict(future))
        sizes[kind] = path.stat().st_size / 1e6
    return sizes


with tempfile.TemporaryDirectory() as folder:
    whole = {name: file_sizes(model, folder) for name, model in models.items()}
    cut = {name: file_sizes(s.estimator, folder) for name, s in smaller.items()}
    print(read_stamp(Path(folder) / "encrypted"))

# %%
# Compacting makes the difference. Safe files cost little beside it, encryption nothing.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for ax, sizes, title in zip(axes, (whole, cut), ("whole", "compacted"), strict=True):
    pd.DataFrame(sizes).T.plot.barh(ax=ax, width=0.8)
    ax.set(title=title, xlabel="megabytes", xscale="log")
axes[0].invert_yaxis()
axes[1].get_legend().remove()
plt.show()
