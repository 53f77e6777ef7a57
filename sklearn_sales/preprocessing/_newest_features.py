# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Features at the last observation of each series, made once for all forecasts."""

import numpy as np

from sklearn_sales.preprocessing._lag_kernels import fill_lags, fill_windows

__all__ = ["NewestFeatures"]


class NewestFeatures:
    """Lags and windows up to the last observation of each series.

    They are what every row after the training span reads, whatever its step and
    however often it is asked for. Those of a series are made when a row of it first
    comes, and kept.

    Parameters
    ----------
    history : History
    plan : FeaturePlan
    """

    def __init__(self, history, plan):
        self.history = history
        self._plan = plan
        self._last = history.last
        self._known = np.zeros(history.n_series, dtype=bool)
        n_columns = len(plan.lags) + len(plan.windows)
        self._made = np.empty((history.n_series, n_columns), order="F")

    def answers(self, cells):
        """Whether the origin of every row is the last observation of its series."""
        history, codes = cells.sources[0]
        origins = cells.origins
        if history is not self.history or origins[0] != self._last[codes[0]]:
            return False
        return np.array_equal(origins, self._last[codes])

    def fill(self, codes, lags, windows):
        """Write the features of rows, of shape (n_rows, n_lags) and (.., n_windows)."""
        if not self._known[codes].all():
            self._learn(np.unique(codes))
        n_lags = lags.shape[1]
        for column in range(n_lags):
            lags[:, column] = self._made[codes, column]
        for column in range(windows.shape[1]):
            windows[:, column] = self._made[codes, n_lags + column]

    def _learn(self, series):
        series = series[~self._known[series]]
        last, n_lags = self._last[series], len(self._plan.lags)
        made = np.empty((len(series), self._made.shape[1]), order="F")
        backs = [lag - 1 for lag in self._plan.lags]
        fill_lags(self.history, series, last, backs, made[:, :n_lags])
        fill_windows(self.history, series, last, self._plan.windows, made[:, n_lags:])
        self._made[series] = made
        # last: other threads may read what is known
        self._known[series] = True
