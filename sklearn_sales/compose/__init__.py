# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters made of other estimators."""

from sklearn_sales.compose._conformal_regressor import ConformalRegressor
from sklearn_sales.compose._covariate_adjusted_regressor import (
    CovariateAdjustedRegressor,
)
from sklearn_sales.compose._inner_regressor import gives_std
from sklearn_sales.compose._panel_target_regressor import PanelTargetRegressor
from sklearn_sales.compose._partitioned_regressor import PartitionedRegressor
from sklearn_sales.compose._reduction_regressor import ReductionRegressor
from sklearn_sales.compose._tweedie_loss import TweedieLoss

__all__ = [
    "ConformalRegressor",
    "CovariateAdjustedRegressor",
    "PanelTargetRegressor",
    "PartitionedRegressor",
    "ReductionRegressor",
    "TweedieLoss",
    "gives_std",
]
