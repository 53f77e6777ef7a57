# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Validation in time order: folds over the times of a panel."""

from sklearn_sales.model_selection._split import PanelTimeSeriesSplit

__all__ = ["PanelTimeSeriesSplit"]
