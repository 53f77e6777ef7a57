# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
=========================
Autoregression of a panel
=========================

:class:`~sklearn_sales.linear_model.ARRegressor` fits an autoregression to every series
of a panel, all at once. On weekly sales one lag matters more than all others: the same
week of the last year.
"""

# %%
# Which lags?
# -----------
# Seven departments of a Walmart store. Three models are compared by the sales of three
# times 13 weeks that they have not seen: lags of the last seven weeks, as many lags as
# the Bayesian information criterion picks for each series, and a short list that holds
# lag 52.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.model_selection import cross_val_score

from sklearn_sales import (
    ARRegressor,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    coverage,
    load_walmart_sample,
    neg_wape_scorer,
)

X, y = load_walmart_sample(return_X_y=True)
keys = ["store", "dept"]
yearly = [1, 2, 3, 4, 8, 52]
candidates = {
    "seasonal naive": SeasonalNaiveRegressor(series=keys),
    "lags 1 to 7": ARRegressor(7, series=keys),
    "lags by BIC": ARRegressor("bic", series=keys),
    "lags 1, 2, 3, 4, 8, 52": ARRegressor(yearly, series=keys),
}
folds = PanelTimeSeriesSplit(n_splits=3, test_size=13)
wape = {
    name: -cross_val_score(model, X, y, cv=folds, scoring=neg_wape_scorer).mean()
    for name, model in candidates.items()
}
print(pd.Series(wape).round(3))

# %%
# Without lag 52 the autoregression loses against last year's sales. Neither criterion
# nor cross-validation can find a lag that it was not given: think of the season first.
#
# What was learned
# ----------------
# Every series has its own coefficients, in the order of ``series_`` and ``lags_``.

train, test = list(folds.split(X))[-1]
model = ARRegressor(yearly, series=keys).fit(X.iloc[train], y.iloc[train])
coefficients = pd.DataFrame(model.lag_coef_, columns=[f"lag {k}" for k in model.lags_])
model.series_.join(coefficients).round(2)

# %%
# The covariate of this sample is a flag for holidays. Its coefficient is in units of
# sales, here dollars for each holiday week:

model.series_.assign(holiday=model.covariate_coef_[:, 0]).round()

# %%
# How sure is it?
# ---------------
# ``return_std=True`` adds the standard deviation of the forecast error, from the
# residuals and the recursion. With normal errors, a band of 1.28 standard deviations
# to each side is to hold 80 % of the sales.

X_test, y_test = X.iloc[test], y.iloc[test]
forecast, std = model.predict(X_test, return_std=True)
width = norm.ppf(0.9) * std
band = np.column_stack([forecast - width, forecast + width])
print(f"The 80 % band holds {coverage(y_test, band):.0%} of the last 13 weeks.")

# %%
# The deviations are those of the errors in training, which flatter a model of eight
# coefficients. Where the level of a band matters, measure it on held-out sales.

fig, axes = plt.subplots(2, figsize=(8, 5), sharex=True, layout="constrained")
for ax, dept in zip(axes, [38, 95], strict=True):
    rows = ((X["dept"] == dept) & (X["date"] >= "2012-01")).to_numpy()
    ahead = (X_test["dept"] == dept).to_numpy()
    dates = X_test["date"][ahead]
    ax.fill_between(dates, *band[ahead].T / 1000, color="C0", alpha=0.25, label="80 %")
    ax.plot(X["date"][rows], y[rows] / 1000, color="C3", label="sales")
    ax.plot(dates, forecast[ahead] / 1000, "C0.-", label="forecast")
    ax.set(title=f"Department {dept}", ylabel="thousand $", ylim=(0, None))
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(mdates.MonthLocator()))
axes[0].legend(ncols=3, loc="lower left")
plt.show()
