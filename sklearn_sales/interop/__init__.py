# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters of other libraries as regressors, and regressors as their forecasters."""

from sklearn_sales.interop._sktime_regressor import SktimeRegressor
from sklearn_sales.interop._to_sktime import to_sktime

__all__ = ["SktimeRegressor", "to_sktime"]
