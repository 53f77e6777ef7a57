# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real sales to start with, and simulated sales whose truth is known."""

from sklearn_sales.datasets._load_walmart_sample import load_walmart_sample
from sklearn_sales.datasets._make_sales_panel import make_sales_panel

__all__ = ["load_walmart_sample", "make_sales_panel"]
