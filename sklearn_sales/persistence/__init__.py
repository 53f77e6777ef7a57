# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted estimators in files: stamped, safe to load, encrypted, small."""

from sklearn_sales.persistence._compact import Compacted, compact
from sklearn_sales.persistence._encryption import new_key
from sklearn_sales.persistence._save import load, read_stamp, save

__all__ = ["Compacted", "compact", "load", "new_key", "read_stamp", "save"]
