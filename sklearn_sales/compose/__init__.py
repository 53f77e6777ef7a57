# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters made of other estimators."""

from sklearn_sales.compose._reduction_regressor import ReductionRegressor

__all__ = ["ReductionRegressor"]
