# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The matrix of a FeaturePlan: each column from the sales up to each row's origin."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_sales.preprocessing._lag_kernels import (
    fill_lags,
    fill_windows,
    steps_since,
)

__all__ = ["Cells", "fill_features", "fill_unknown", "latest_rows"]


@dataclass(frozen=True)
class Cells:
    """Rows as what the features are made from.

    Attributes
    ----------
    positions, origins : ndarray of shape (n_rows,)
        Calendar positions of the rows and of their origins.
    sources : tuple of (History, ndarray of shape (n_rows,))
        The history of the series with the series of each row and, for each column of
        ``by``, the histories of its groups with the group of each row.
    """

    positions: np.ndarray
    origins: np.ndarray
    sources: tuple

    @property
    def steps(self):
        return self.positions - self.origins

    def move(self, positions, origins):
        """The same series at other positions and origins."""
        return replace(self, positions=positions, origins=origins)

    def take(self, rows):
        """Some of the rows."""
        return replace(
            self,
            positions=self.positions[rows],
            origins=self.origins[rows],
            sources=tuple((history, codes[rows]) for history, codes in self.sources),
        )


def fill_features(plan, cells, out):
    """Write the features of rows; NaN where nothing is known.

    Parameters
    ----------
    plan : FeaturePlan
    cells : Cells
    out : ndarray of shape (n_rows, len(plan.names))
        Filled.
    """
    (history, codes), *groups = cells.sources
    origins = cells.origins
    n_lags, n_windows = len(plan.lags), len(plan.windows)
    n_seasonal = len(plan.seasonal)
    lags, windows, seasonal, others, pooled = np.split(
        out,
        np.cumsum([n_lags, n_windows, n_seasonal, plan.step + 2 * plan.time_since]),
        axis=1,
    )
    fill_lags(history, codes, origins, [lag - 1 for lag in plan.lags], lags)
    fill_windows(history, codes, origins, plan.windows, windows)
    for column, (season, back) in enumerate(plan.seasonal):
        steps = _seasonal_back(cells.steps, season, back)
        fill_lags(history, codes, origins, [steps], seasonal[:, column : column + 1])
    if plan.step:
        others[:, 0] = cells.steps
    if plan.time_since:
        others[:, -2] = _since_sale(history, codes, origins)
        others[:, -1] = cells.positions - history.start[codes]
    for number, (group_history, group) in enumerate(groups):
        columns = pooled[:, number * n_windows : (number + 1) * n_windows]
        fill_windows(group_history, group, origins, plan.windows, columns)


def _seasonal_back(steps, season, back):
    """Steps from the origin back to the phase of each row, some seasons ago.

    The position is t - m (j + k - 1), where j = ceil(step / m) is the least number of
    seasons that reaches the origin.
    """
    return season * (-(-steps // season) + back - 1) - steps


def _since_sale(history, codes, origins):
    back = steps_since(history, codes, origins, lambda values: values > 0)
    return np.where(back < 0, np.nan, back)


def fill_unknown(plan, cells, fill, out):
    """Replace NaN by a number, or by the last value known at the origin.

    Parameters
    ----------
    plan : FeaturePlan
    cells : Cells
    fill : float, "last" or None
    out : ndarray of shape (n_rows, len(plan.names))
        As :func:`fill_features` left it; filled in place.
    """
    if fill is None:
        return
    last = {}
    for column, (is_level, source) in enumerate(
        zip(plan.levels, plan.sources, strict=True)
    ):
        unknown = np.flatnonzero(np.isnan(out[:, column]))
        if not len(unknown):
            continue
        if fill != "last":
            out[unknown, column] = fill
        elif is_level:
            if source not in last:
                last[source] = _last_known(*cells.sources[source], cells.origins)
            out[unknown, column] = last[source][unknown]


def _last_known(history, codes, origins):
    back = steps_since(history, codes, origins, lambda values: ~np.isnan(values))
    cell = history.indptr[codes] + origins - history.start[codes] - back
    return np.where(back < 0, np.nan, history.data.take(cell, mode="clip"))


def latest_rows(codes, positions, n_series):
    """The last row of each series that has rows, as a boolean mask."""
    last = np.full(n_series, np.iinfo(np.int64).min)
    np.maximum.at(last, codes, positions)
    return positions == last[codes]
