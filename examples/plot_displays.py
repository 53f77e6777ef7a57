# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""
==================================
One back-test, looked at four ways
==================================

Whether to trust a forecast is asked in several ways: how far off is it, does that grow
with the step, for which series is it worse than doing nothing clever, and do its
intervals hold what they say? One back-test,
:func:`~sklearn_sales.model_selection.backtest`, answers all of them, and the displays
of the package draw the answers.
"""

# %%
# The back-test
# -------------
# Weekly sales of seven departments, forecast one quarter ahead in four quarters. An
# autoregression with the same week of the year before gets intervals from a
# :class:`~sklearn_sales.compose.ConformalRegressor`; the seasonal naive forecast comes
# along by itself.

import matplotlib.pyplot as plt

from sklearn_sales import (
    ARRegressor,
    BacktestDisplay,
    CalibrationDisplay,
    ConformalRegressor,
    ForecastDisplay,
    PanelTimeSeriesSplit,
    SplitDisplay,
    backtest,
    load_walmart_sample,
)

X, y = load_walmart_sample(return_X_y=True)
keys = ["store", "dept"]
quarters = PanelTimeSeriesSplit(n_splits=4, test_size=13)
model = ConformalRegressor(
    ARRegressor([1, 2, 3, 52], alpha=0.1),
    cv=PanelTimeSeriesSplit(n_splits=2, test_size=13),
    series=keys,
)
levels = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
result = backtest({"ar": model}, X, y, cv=quarters, quantiles=levels, series=keys)

# %%
# Which weeks are learned from, and which are forecast:

SplitDisplay.from_splitter(quarters, X, series=keys)
plt.show()

# %%
# Four pictures
# -------------
# Every display draws on axes that it is given, so that they make one figure.

fig, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
BacktestDisplay.from_backtest(result, by="step", ax=axes[0, 0])
BacktestDisplay.from_backtest(result, by="fold", ax=axes[0, 1])
BacktestDisplay.from_backtest(result, by="series", ax=axes[1, 0])
CalibrationDisplay.from_backtest(result, ax=axes[1, 1])
plt.show()

errors = result.errors(by="series", metrics=["wape"])["wape"].unstack("estimator")
print(errors.round(3).sort_values("naive").to_string())

# %%
# The series that fails
# ---------------------
# The dot above the diagonal is a department with high peaks, one of them before Easter,
# which moves in the calendar. The interval knows how little is known: it is as wide as
# half of the forecast there, and narrow for the easiest department. The triangles mark
# weeks with a holiday.

past = X["date"] <= result.forecasts["origin"].max()
model.fit(X[past], y[past])
hardest = (errors["ar"] / errors["naive"]).idxmax()
easiest = errors["ar"].idxmin()
ForecastDisplay.from_estimator(
    model,
    X[~past],
    y[~past],
    X_history=X[past],
    promotion="is_holiday",
    series_to_plot=[hardest, easiest],
)
plt.show()
