# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Lag features one step after the other, each reading the forecasts before it."""

from dataclasses import replace

import numpy as np

from sklearn_sales.panel import History
from sklearn_sales.preprocessing._feature_matrix import Cells
from sklearn_sales.preprocessing._lag_kernels import fill_lags
from sklearn_sales.preprocessing._running_windows import RunningWindows

__all__ = ["LagRecursion", "recursion_depth"]


def recursion_depth(maker):
    """How many values before its first step a recursion may read of each history."""
    longest = int(maker.panel.history.lengths.max())
    # the last known value may lie anywhere
    return longest if maker.fill == "last" else min(maker.plan.reach, longest)


class LagRecursion:
    """The features of the next step of many histories at once.

    Every row is a history of its own: a series up to an origin. Its newest values lie
    in one line of a matrix, wide enough for the longest lag and for the steps to come,
    and its windows are carried on from step to step, so that the cost of one grows
    neither with the panel nor with the length of the windows.

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
        self._depth = max(min(recursion_depth(maker), longest), 1)
        back = np.arange(self._depth - 1, -1, -1)
        values = np.full((len(codes), self._depth + n_steps), np.nan)
        values[:, : self._depth] = history.values(
            codes[:, None], cells.origins[:, None] - back
        )
        self._values = values
        history = History(
            values.reshape(-1),
            np.arange(len(codes) + 1) * values.shape[1],
            cells.origins - self._depth + 1,
        )
        known = values[:, : self._depth]
        self._newest = _Newest(self._plan, history, known, values.shape[1])

    def features(self):
        """Features of the next step, shape (n_rows, n_features)."""
        if self._step == 0:
            return self._first.copy()
        newest = self._cells.origins + self._step
        source = (self._newest.history, np.arange(len(newest)))
        cells = Cells(newest + 1, newest, (source,))
        made = self._first.copy()
        own = self._maker.make(cells, self._plan, self._newest)
        made[:, : own.shape[1]] = own
        if self._since:
            made[:, self._since["time_since_sale"]] = self._since_sale
            start = self._since["time_since_start"]
            made[:, start] = self._first[:, start] + self._step
        return made

    def append(self, values):
        """Take the forecasts of the step as the newest values."""
        self._values[:, self._depth + self._step] = values
        self._newest.append(values)
        if self._since:
            column = self._since["time_since_sale"]
            before = self._first[:, column] if self._step == 0 else self._since_sale
            self._since_sale = np.where(values > 0, 0.0, before + 1)
        self._step += 1


class _Newest:
    """What ``fill_features`` reads in place of searches: features of the newest times.

    Parameters
    ----------
    plan : FeaturePlan
    history : History
        With room for the steps to come.
    values : ndarray of shape (n_rows, n_times)
        The times that it holds to begin with.
    reach : int
        How many it holds in the end.
    """

    def __init__(self, plan, history, values, reach):
        self.history = history
        self._backs = [lag - 1 for lag in plan.lags]
        self._origins = history.start + values.shape[1] - 1
        self._windows = RunningWindows(values, plan.windows, reach)

    def append(self, values):
        self._windows.append(values)
        self._origins += 1

    def answers(self, cells):
        return True

    def fill(self, codes, lags, windows):
        fill_lags(self.history, codes, self._origins, self._backs, lags)
        for column, statistic in enumerate(self._windows.newest()):
            windows[:, column] = statistic
