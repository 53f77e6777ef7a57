# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Displays: pictures of forecasts, folds, errors, calibration, lags and weights."""

from sklearn_sales.plotting._backtest_display import BacktestDisplay
from sklearn_sales.plotting._calibration_display import CalibrationDisplay
from sklearn_sales.plotting._forecast_display import ForecastDisplay
from sklearn_sales.plotting._lag_importance_display import LagImportanceDisplay
from sklearn_sales.plotting._loss_curve_display import LossCurveDisplay
from sklearn_sales.plotting._split_display import SplitDisplay
from sklearn_sales.plotting._stack_weights_display import StackWeightsDisplay

__all__ = [
    "BacktestDisplay",
    "CalibrationDisplay",
    "ForecastDisplay",
    "LagImportanceDisplay",
    "LossCurveDisplay",
    "SplitDisplay",
    "StackWeightsDisplay",
]
