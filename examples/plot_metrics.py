# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
=====================
What an error rewards
=====================

A metric decides what a good forecast is. On slow, skewed sales WAPE and MASE reward
forecasts of the median, which lies below the mean; RMSSE and the bias reward the mean.
This example takes forecasts that are known to be right, scales them, and looks where
each error is smallest.
"""

# %%
# The true mean
# -------------
# A simulated panel of slow products comes with its truth: the expected sales of each
# row. No forecast of the mean can do better.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_sales import bias, make_sales_panel, mase, naive_scale, rmsse, wape

X, y, truth = make_sales_panel(
    n_series=100,
    n_periods=365,
    level=1.0,
    dispersion=0.5,
    noise=0.0,
    stockout_share=0.0,
    outlier_share=0.0,
    return_truth=True,
    random_state=0,
)
mean = truth.rows["expected"]
test = X["date"] >= "2021-12-01"
shares = y[test].value_counts(normalize=True).sort_index()
print(f"mean {y[test].mean():.2f}, median {y[test].median():.0f} units a day")
print(f"{shares[0]:.0%} of the days without a sale")

# %%
# Four errors
# -----------
# MASE and RMSSE divide the error of each series by that of its naive forecast in the
# training rows, so that all series count alike. ``naive_scale`` computes that once.

series = truth.rows["series"]
scales = {
    power: naive_scale(y[~test], series[~test], power=power, from_first_sale=True)
    for power in (1, 2)
}


def errors(forecast):
    sold, labels = y[test], series[test]
    return {
        "WAPE": wape(sold, forecast),
        "MASE": mase(sold, forecast, series=labels, scale=scales[1], zero_scale="drop"),
        "RMSSE": rmsse(
            sold, forecast, series=labels, scale=scales[2], zero_scale="drop"
        ),
        "bias": bias(sold, forecast),
    }


# %%
# The same forecast, smaller and larger
# -------------------------------------

factors = np.linspace(0, 1.5, 31)
curves = pd.DataFrame([errors(c * mean[test]) for c in factors], index=factors)
best = curves.abs().idxmin()
print(best.round(2))

# %%
# WAPE and MASE are smallest for forecasts well below what will be sold. RMSSE and the
# bias find the truth, as far as one month of sales can tell. So plan stock and totals
# by forecasts of the mean, judged by RMSSE and bias; where WAPE is the agreed figure,
# look at the bias beside it.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, style in zip(curves, ["C0-", "C1--", "C3-.", "C5:"], strict=True):
    ax.plot(curves[name], style, label=name)
    if name != "bias":
        ax.plot(best[name], curves[name].min(), style[:2] + "o")
ax.axhline(0, color="black", lw=0.8)
ax.axvline(1, color="C7", lw=5, alpha=0.4, zorder=0)
ax.set(
    title="Errors of the true mean times a factor; dots mark the least",
    xlabel="factor",
    ylabel="error",
)
ax.legend(loc="lower right")
plt.show()
