# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a row of X means: its series, its time, and the sales known at its origin."""

from sklearn_sales.panel._cache import panel_cache
from sklearn_sales.panel._calendar import Calendar
from sklearn_sales.panel._column_kinds import ColumnKinds, as_numbers
from sklearn_sales.panel._complete_panel import complete_panel
from sklearn_sales.panel._estimator import PanelEstimator, check_target
from sklearn_sales.panel._find_panel import find_panel
from sklearn_sales.panel._future_frame import future_frame
from sklearn_sales.panel._history import History
from sklearn_sales.panel._long_horizon import warn_of_long_horizon
from sklearn_sales.panel._new_series import series_of
from sklearn_sales.panel._observe import (
    UpdateMixin,
    holds_history,
    observe,
    take_in,
)
from sklearn_sales.panel._panel import Panel, read_keys
from sklearn_sales.panel._panel_from_orders import panel_from_orders
from sklearn_sales.panel._reach import check_reach
from sklearn_sales.panel._rhythm import Rhythm, rhythm_of
from sklearn_sales.panel._rows import PanelRows, Rows
from sklearn_sales.panel._schema import column_index, resolve_schema
from sklearn_sales.panel._table import Table, is_numeric, read_table
from sklearn_sales.panel._update import observed_cells

__all__ = [
    "Calendar",
    "ColumnKinds",
    "History",
    "Panel",
    "PanelEstimator",
    "PanelRows",
    "Rhythm",
    "Rows",
    "Table",
    "UpdateMixin",
    "as_numbers",
    "check_reach",
    "check_target",
    "column_index",
    "complete_panel",
    "find_panel",
    "future_frame",
    "holds_history",
    "is_numeric",
    "observe",
    "observed_cells",
    "panel_cache",
    "panel_from_orders",
    "read_keys",
    "read_table",
    "resolve_schema",
    "rhythm_of",
    "series_of",
    "take_in",
    "warn_of_long_horizon",
]
