# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts combined from those of several forecasters."""

from sklearn_sales.ensemble._sales_regressor import SalesRegressor
from sklearn_sales.ensemble._simplex_regressor import SimplexRegressor
from sklearn_sales.ensemble._time_series_stacking import TimeSeriesStackingRegressor

__all__ = ["SalesRegressor", "SimplexRegressor", "TimeSeriesStackingRegressor"]
