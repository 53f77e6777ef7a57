# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exponential smoothing of sales."""

from sklearn_sales.exponential_smoothing._theta_regressor import ThetaRegressor

__all__ = ["ThetaRegressor"]
