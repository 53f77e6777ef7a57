# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
===================
What a row looks at
===================

Every row of ``X`` is one cell of a sales panel: a series and a time. The answer for it
is made from the sales up to its *origin*, the last time that it may look at. This
example draws where the origins of some rows lie, as
:class:`~sklearn_sales.preprocessing.LagFeatures` places them. The
:ref:`user guide <contract>` says why they lie there.
"""

# %%
# One product, ten days of sales, and four days ahead that we want to forecast. A
# helper draws the days as a line of discs, with arrows from the origin of a row to the
# row.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch

from sklearn_sales import LagFeatures

past = pd.DataFrame({"date": pd.date_range("2024-06-01", periods=10)})
units = np.array([5.0, 7, 6, 9, 4, 8, 6, 7, 5, 9])
future = pd.DataFrame({"date": pd.date_range("2024-06-11", periods=4)})


def draw(ax, title, units, dates, steps):
    days = [*past["date"], *future["date"]]
    shown = [*("gap" if np.isnan(n) else f"{n:.0f}" for n in units), *"????"]
    colors = ["none" if text in ("gap", "?") else "C7" for text in shown]
    lines = [":" if text == "gap" else "-" for text in shown]
    ax.scatter(days, [0] * 14, s=420, c=colors, edgecolors="black", ls=lines)
    for day, text in zip(days, shown, strict=True):
        ax.text(day, 0, text, ha="center", va="center", size="small")
    for day, step in zip(dates, steps, strict=True):
        start, end = mdates.date2num([day - pd.Timedelta(days=int(step)), day])
        arc = {"connectionstyle": "arc3,rad=-0.55", "arrowstyle": "-|>"}
        arrow = FancyArrowPatch((start, 0.3), (end, 0.3), mutation_scale=14, **arc)
        arrow.set(color="C5")
        ax.add_patch(arrow)
        ax.text(day, -0.55, f"h = {step:.0f}", ha="center", va="center", color="C5")
    ax.set(title=title, ylim=(-0.8, 1.7), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(mdates.DayLocator(interval=2))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))


# %%
# After the last observation
# --------------------------
# The origin of all rows ahead is the last observation. The distance from there is the
# *step* h of a row, and becomes a feature where ``horizon`` is above 1.

features = LagFeatures(lags=2, horizon=4).set_output(transform="pandas")
features.fit(past, units)
ahead = features.transform(future)
print(future.join(ahead))

fig, ax = plt.subplots(figsize=(8, 2.3), layout="constrained")
draw(ax, "Rows ahead look at the last observation", units, future["date"], ahead.step)
plt.show()

# %%
# Inside the history
# ------------------
# A row of the history looks back from before itself, never at its own sales. With
# ``horizon=1`` its origin is the time before it: the classic matrix of lags. With
# ``horizon=4`` each row draws a step from 1 to 4, by a hash of its series and time.
# So the training rows show a regressor what rows ahead will look like: their lags are
# one to four days old.

inside = past[4:]
steps = features.transform(inside)["step"]

fig, axes = plt.subplots(2, figsize=(8, 4.6), sharex=True, layout="constrained")
draw(axes[0], "Rows inside, horizon=1", units, inside["date"], [1] * len(inside))
draw(axes[1], "Rows inside, horizon=4", units, inside["date"], steps)
plt.show()

# %%
# Gaps, and series that end
# -------------------------
# A day without a row, or with NaN as its sales, is *not observed*. It is no day of
# zero sales, and the calendar does not close over it: lag 2 of 8 June stays 6 June,
# of which nothing is known. Windows take what they find: the mean over three days is
# here one over two. Where the last days of a series are missing, the rows ahead start
# from further back.

with_gap, ended = units.copy(), units.copy()
with_gap[5] = ended[8:] = np.nan
both = LagFeatures(3, windows=[("mean", 3)], horizon=4).set_output(transform="pandas")

row = past.loc[[7]]
one_step = LagFeatures(3, windows=[("mean", 3)]).set_output(transform="pandas")
print(one_step.fit(past, with_gap).transform(row))
late = both.fit(past, ended).transform(future[:2])
print(late)

fig, axes = plt.subplots(2, figsize=(8, 4.6), sharex=True, layout="constrained")
draw(axes[0], "A gap inside the history, horizon=1", with_gap, row["date"], [1])
draw(axes[1], "Sales that end early", ended, future["date"][:2], late["step"])
plt.show()
