# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A plain table of sales for the tests of the command line."""

import numpy as np
import pandas as pd

__all__ = ["COLUMNS", "QUICK", "make_sales"]

COLUMNS = ["--target", "units", "--time", "date", "--series", "shop", "item"]
QUICK = ["--model", "naive", "--no-plot", "--horizon", "7"]


def make_sales(n_days=90, **columns):
    """Two shops, two items, a weekly rhythm; every number is a whole one."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=n_days)
    keys = pd.MultiIndex.from_product(
        [["A", "B"], [1, 2], days], names=["shop", "item", "date"]
    )
    frame = keys.to_frame(index=False)
    rhythm = 20 + 10 * (frame["date"].dt.day_of_week >= 5) + 5 * frame["item"]
    return frame.assign(units=rhythm + rng.poisson(5, len(frame)), **columns)
