# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Checks for the estimators and pipelines of users: nothing may see the future."""

from sklearn_sales.testing._check_no_leakage import check_no_leakage
from sklearn_sales.testing._leakage_report import Leak, LeakageError, LeakageReport

__all__ = ["Leak", "LeakageError", "LeakageReport", "check_no_leakage"]
