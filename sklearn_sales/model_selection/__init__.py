# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Validation in time order: folds over the times of a panel, and back-tests."""

from sklearn_sales.model_selection._backtest import backtest
from sklearn_sales.model_selection._backtest_result import Backtest
from sklearn_sales.model_selection._forward_folds import (
    Fold,
    check_growing,
    default_split,
    longest_horizon,
    make_folds,
)
from sklearn_sales.model_selection._panel_parts import fill_keys, panel_parts
from sklearn_sales.model_selection._row_fits import (
    quiet_about_new_series,
    rows_to_fit,
    take_rows,
)
from sklearn_sales.model_selection._sktime_split import SktimeSplit
from sklearn_sales.model_selection._split import PanelTimeSeriesSplit

__all__ = [
    "Backtest",
    "Fold",
    "PanelTimeSeriesSplit",
    "SktimeSplit",
    "backtest",
    "check_growing",
    "default_split",
    "fill_keys",
    "longest_horizon",
    "make_folds",
    "panel_parts",
    "quiet_about_new_series",
    "rows_to_fit",
    "take_rows",
]
