# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of sales forecasts: functions of arrays, and scorers for searches."""

from sklearn_sales.metrics._bias import bias
from sklearn_sales.metrics._coverage import coverage
from sklearn_sales.metrics._mase import mase
from sklearn_sales.metrics._naive_scale import naive_scale
from sklearn_sales.metrics._pinball_loss import pinball_loss
from sklearn_sales.metrics._rmsle import rmsle
from sklearn_sales.metrics._rmsse import rmsse
from sklearn_sales.metrics._sales_scorer import SalesScorer, make_sales_scorer
from sklearn_sales.metrics._scaled_pinball_loss import scaled_pinball_loss
from sklearn_sales.metrics._scorers import (
    neg_abs_bias_scorer,
    neg_mase_scorer,
    neg_pinball_scorer,
    neg_rmsle_scorer,
    neg_rmsse_scorer,
    neg_smape_scorer,
    neg_wape_scorer,
)
from sklearn_sales.metrics._smape import smape
from sklearn_sales.metrics._wape import wape
from sklearn_sales.metrics._wrmsse import M5_LEVELS, wrmsse

__all__ = [
    "M5_LEVELS",
    "SalesScorer",
    "bias",
    "coverage",
    "make_sales_scorer",
    "mase",
    "naive_scale",
    "neg_abs_bias_scorer",
    "neg_mase_scorer",
    "neg_pinball_scorer",
    "neg_rmsle_scorer",
    "neg_rmsse_scorer",
    "neg_smape_scorer",
    "neg_wape_scorer",
    "pinball_loss",
    "rmsle",
    "rmsse",
    "scaled_pinball_loss",
    "smape",
    "wape",
    "wrmsse",
]
