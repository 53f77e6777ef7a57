# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts watched as actual sales arrive, and when to fit anew."""

from sklearn_sales.monitoring._forecast_monitor import ForecastMonitor
from sklearn_sales.monitoring._verdict import Verdict

__all__ = ["ForecastMonitor", "Verdict"]
