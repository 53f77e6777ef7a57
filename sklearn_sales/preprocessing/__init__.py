# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known at a forecast origin as columns: past sales and the calendar."""

from sklearn_sales.preprocessing._calendar_features import CalendarFeatures
from sklearn_sales.preprocessing._lag_features import LagFeatures

__all__ = ["CalendarFeatures", "LagFeatures"]
