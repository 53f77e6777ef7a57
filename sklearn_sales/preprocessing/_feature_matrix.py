# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The matrix of a FeaturePlan: each column from the sales up to each row's origin."""

from functools import cached_property

import numpy as np

from sklearn_sales.preprocessing._lag_kernels import (
    fill_lags,
    fill_next_lags,
    fill_next_windows,
    fill_windows,
    steps_since,
)

__all__ = ["Cells", "PanelCells", "all_nan", "fill_features", "fill_unknown"]

# Rows that are looked at together: most columns are done with after the first ones.
_BLOCK = 1 << 13


class Cells:
    """Rows as what the features are made from.

    Parameters
    ----------
    positions, origins : ndarray of shape (n_rows,)
        Calendar positions of the rows and of their origins.
    sources : tuple of (History, ndarray of shape (n_rows,))
        The history of the series with the series of each row and, for each column of
        ``by``, the histories of its groups with the group of each row.
    """

    def __init__(self, positions, origins, sources):
        self.positions = positions
        self.origins = origins
        self.sources = sources

    @property
    def steps(self):
        return self.positions - self.origins

    def move(self, positions, origins):
        """The same series at other positions and origins."""
        return Cells(positions, origins, self.sources)

    def take(self, rows):
        """Some of the rows."""
        sources = tuple((history, codes[rows]) for history, codes in self.sources)
        return Cells(self.positions[rows], self.origins[rows], sources)

    def latest(self):
        """The last row of each series that has rows."""
        history, codes = self.sources[0]
        last = np.full(history.n_series, np.iinfo(np.int64).min)
        np.maximum.at(last, codes, self.positions)
        return self.take(self.positions == last[codes])


class PanelCells(Cells):
    """All cells of a panel in their order, each with the cell before it as its origin.

    Parameters
    ----------
    rows : PanelRows
    history : History
        Its first series have these rows as their cells.
    """

    def __init__(self, rows, history):
        self.rows = rows
        self.history = history

    @property
    def positions(self):
        return self.rows.positions

    @cached_property
    def origins(self):
        return self.rows.positions - 1

    @property
    def sources(self):
        return ((self.history, self.rows.codes),)

    def latest(self):
        """The last row of each series."""
        ends = self.rows.start + self.rows.lengths - 1
        codes = np.arange(len(ends))
        return Cells(ends, ends - 1, ((self.history, codes),))


def fill_features(plan, cells, out, newest=None):
    """Write the features of rows; NaN where nothing is known.

    Parameters
    ----------
    plan : FeaturePlan
    cells : Cells
    out : ndarray of shape (n_rows, len(plan.names))
        Filled.
    newest : NewestFeatures, default=None
        Or another holder of ready features; it is read where it answers the rows.
    """
    n_lags, n_windows = len(plan.lags), len(plan.windows)
    n_seasonal = len(plan.seasonal)
    lags, windows, seasonal, others, pooled = np.split(
        out,
        np.cumsum([n_lags, n_windows, n_seasonal, plan.step + 2 * plan.time_since]),
        axis=1,
    )
    if isinstance(cells, PanelCells):
        # the next time of a season is the whole season after the last one
        seasons = [season * back for season, back in plan.seasonal]
        n_series = len(cells.rows.lengths)
        fill_next_lags(cells.history, n_series, plan.lags, lags)
        fill_next_lags(cells.history, n_series, seasons, seasonal)
        fill_next_windows(cells.history, n_series, plan.windows, windows)
    else:
        _fill_from_origins(plan, cells, lags, windows, newest)
        _fill_seasonal(plan, cells, seasonal)
    if plan.step:
        others[:, 0] = cells.steps
    if plan.time_since:
        history, codes = cells.sources[0]
        others[:, -2] = _since_sale(history, codes, cells.origins)
        others[:, -1] = cells.positions - history.start[codes]
    for number, (history, group) in enumerate(cells.sources[1:] if plan.by else ()):
        columns = pooled[:, number * n_windows : (number + 1) * n_windows]
        fill_windows(history, group, cells.origins, plan.windows, columns)


def _fill_from_origins(plan, cells, lags, windows, newest):
    history, codes = cells.sources[0]
    if newest is not None and newest.answers(cells):
        newest.fill(codes, lags, windows)
        return
    fill_lags(history, codes, cells.origins, [lag - 1 for lag in plan.lags], lags)
    fill_windows(history, codes, cells.origins, plan.windows, windows)


def _fill_seasonal(plan, cells, out):
    history, codes = cells.sources[0]
    for column, (season, back) in enumerate(plan.seasonal):
        steps = _seasonal_back(cells.steps, season, back)
        fill_lags(history, codes, cells.origins, [steps], out[:, column : column + 1])


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


def all_nan(column):
    """Whether nothing in a column is known; later rows mostly know more."""
    ends = range(len(column), 0, -_BLOCK)
    return all(np.isnan(column[max(end - _BLOCK, 0) : end]).all() for end in ends)
