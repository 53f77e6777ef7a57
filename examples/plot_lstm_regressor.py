# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==================================
A small shop learns from a big one
==================================

A network needs many series to learn from, and a new shop has few.
:class:`~sklearn_sales.neural_network.LSTMRegressor` goes on from what it has learned
elsewhere: here a shop of five products takes over the encoder of one with forty, and
trains the rest on a few weeks of its own.
"""

# %%
# Two shops
# ---------
# Customers of both buy by the same week, and watch prices more at the end of it than
# at its beginning, which no linear model of the sales says. Those of the new shop mind
# prices half as much.

import copy

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone

from sklearn_sales import LSTMRegressor, wape

WEEK = np.array([0.6, 0.7, 0.9, 1.0, 1.3, 1.8, 0.7])
HORIZON = 7


def make_shop(n_items, n_days, level, mind, seed):
    rng = np.random.default_rng(seed)
    price = rng.uniform(0.7, 1.3, size=(n_items, n_days))
    weekday = np.arange(n_days) % 7
    elasticity = mind * np.where(weekday >= 4, -3.0, -0.5)
    sales = rng.poisson(level * WEEK[weekday] * price**elasticity)
    X = pd.DataFrame(
        {
            "item": np.repeat(np.arange(n_items), n_days),
            "date": np.tile(pd.date_range("2024-01-01", periods=n_days), n_items),
            "price": price.ravel(),
        }
    )
    return X, sales.ravel().astype(float)


X_big, y_big = make_shop(n_items=40, n_days=140, level=30, mind=1.0, seed=0)
X_new, y_new = make_shop(n_items=5, n_days=91, level=30, mind=0.5, seed=1)

# %%
# The big shop
# ------------
# ``history_`` holds the losses of each pass: those of the windows that the net learns
# from, and those of the last times, which are held out.

big = LSTMRegressor(
    window=14,
    horizon=HORIZON,
    max_epochs=12,
    epoch_size=1024,
    lr=5e-3,
    series="item",
    random_state=0,
).fit(X_big, y_big)
curve = pd.DataFrame(
    {name: big.history_[:, name] for name in ("train_loss", "valid_loss")},
    index=big.history_[:, "epoch"],
)
print(curve.iloc[[0, 1, 4, -1]].round(3).to_string())

# %%
# The new shop
# ------------
# ``warm_start=True`` lets ``fit`` go on from the weights that are there, on the rows
# that it is given. ``freeze_encoder=True`` leaves the part that reads the past as it
# is. After three, five and eight weeks of sales, the next four are forecast by
#
# - a net that starts anew,
# - that of the big shop, which only reads the new history (``max_epochs=0``),
# - and the same, fine-tuned in ten passes. With so few rows none is held out.

week = (X_new["date"] - X_new["date"].min()).dt.days.to_numpy() // 7


def error(model, n_weeks):
    """WAPE of the four weeks after `n_weeks`."""
    known, ahead = week < n_weeks, (week >= n_weeks) & (week < n_weeks + 4)
    model.fit(X_new[known], y_new[known])
    return wape(y_new[ahead], model.predict(X_new[ahead]))


def from_big(**options):
    return copy.deepcopy(big).set_params(warm_start=True, **options)


tuning = {"freeze_encoder": True, "early_stopping": False, "max_epochs": 10}
models = {
    "net of its own": lambda: clone(big),
    "net of the big shop": lambda: from_big(max_epochs=0),
    "the same, fine-tuned": lambda: from_big(lr=2e-3, **tuning),
}
weeks = [3, 5, 8]
errors = pd.DataFrame(
    {name: [error(make(), n) for n in weeks] for name, make in models.items()},
    index=pd.Index(weeks, name="weeks"),
)
print(errors.round(3).to_string())

# %%
# Taken as it is, the net of the big shop makes too much of prices. Ten passes correct
# that. With three weeks of its own the new shop gains most by what the net has learned
# elsewhere.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
curve.plot(ax=left, marker=".", title="The big shop learns")
left.set(xlabel="pass", ylabel="loss")
errors.plot.bar(ax=right, rot=0, title="The new shop")
right.set(xlabel="weeks of sales", ylabel="WAPE of the next four weeks")
plt.show()
