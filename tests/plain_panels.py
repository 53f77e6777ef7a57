# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Simulated panels in which a test switches on what it looks at."""

import numpy as np

from sklearn_sales.datasets import make_sales_panel

# Poisson counts around a level, and nothing else.
PLAIN = {
    "trend": 0.0,
    "daily_season": 0.0,
    "weekly_season": 0.0,
    "yearly_season": 0.0,
    "price_elasticity": 0.0,
    "promotion_effect": 0.0,
    "holiday_effect": 0.0,
    "noise": 0.0,
    "dispersion": 0.0,
    "stockout_share": 0.0,
    "launch_share": 0.0,
    "end_share": 0.0,
    "intermittent_share": 0.0,
    "outlier_share": 0.0,
    "missing_share": 0.0,
}
EFFECTS = ["trend", "season", "price_effect", "promotion_effect", "holiday_effect"]
KEYS = ["store", "product"]


def make_truth(*args, random_state=0, **kwargs):
    return make_sales_panel(
        *args, **kwargs, return_truth=True, random_state=random_state
    )


def make_plain(*args, **kwargs):
    return make_truth(*args, **{**PLAIN, **kwargs})


def as_matrix(values, truth):
    """Unfold the rows of a panel without absent rows, one line for each series."""
    return np.asarray(values).reshape(len(truth.series), -1)
