# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Linear models of sales."""

from sklearn_sales.linear_model._ar_regressor import ARRegressor

__all__ = ["ARRegressor"]
