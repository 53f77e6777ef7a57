# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: forecasts from a file of sales, without a line of Python."""

from sklearn_sales.cli._main import main

__all__ = ["main"]
