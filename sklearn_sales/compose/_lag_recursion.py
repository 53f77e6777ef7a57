# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lag features one step after the other, each reading the forecasts before it."""

from dataclasses import replace

import numpy as np

from sklearn_sales.panel import History
from sklearn_sales.preprocessing._feature_matrix import Cells

__all__ = ["LagRecursion"]


class LagRecursion:
    """The features of the next step of many histories at once.

    Every row is a history of its own: a series up to an origin. Its newest values lie
    in one line of a matrix, wide enough for the longest window and for the steps to
    come; a step reads the windows that end there and nothing else, so its cost does
    not grow with the panel.

    Windows that are pooled over groups stay as they are known at the origin: what
    other series will sell is not forecast here, and a forecast must not depend on
    which series are asked for together.

    Parameters
    ----------
    maker : LagMaker
        Of features with ``horizon=1``.
    cells : Cells
        Rows one step after their origins.
    n_steps : int
        How many steps will follow.
    """

    def __init__(self, maker, cells, n_steps):
        self._maker, self._cells = maker, cells
        self._plan = replace(maker.plan, by=())
        self._since = maker.plan.since_columns
        self._first = maker.make(cells)
        self._step = 0
        history, codes = cells.sources[0]
        longest = int((cells.origins - history.start[codes]).max()) + 1
        self._depth = max(min(self._reach(), longest), 1)
        back = np.arange(self._depth - 1, -1, -1)
        values = np.full((len(codes), self._depth + n_steps), np.nan)
        values[:, : self._depth] = history.values(
            codes[:, None], cells.origins[:, None] - back
        )
        self._values = values
        self._window = History(
            values.reshape(-1),
            np.arange(len(codes) + 1) * values.shape[1],
            cells.origins - self._depth + 1,
        )

    def _reach(self):
        # the last known value may lie anywhere
        whole = self._maker.fill == "last"
        return np.iinfo(np.int64).max if whole else self._plan.reach

    def features(self):
        """Features of the next step, shape (n_rows, n_features)."""
        if self._step == 0:
            return self._first.copy()
        newest = self._cells.origins + self._step
        source = (self._window, np.arange(len(newest)))
        cells = Cells(newest + 1, newest, (source,))
        made = self._first.copy()
        own = self._maker.make(cells, self._plan)
        made[:, : own.shape[1]] = own
        if self._since:
            made[:, self._since["time_since_sale"]] = self._since_sale
            start = self._since["time_since_start"]
            made[:, start] = self._first[:, start] + self._step
        return made

    def append(self, values):
        """Take the forecasts of the step as the newest values."""
        self._values[:, self._depth + self._step] = values
        if self._since:
            column = self._since["time_since_sale"]
            before = self._first[:, column] if self._step == 0 else self._since_sale
            self._since_sale = np.where(values > 0, 0.0, before + 1)
        self._step += 1
