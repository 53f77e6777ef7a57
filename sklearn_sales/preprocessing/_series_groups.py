# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Groups of series that share a value of one column, and their pooled histories."""

import numpy as np
import pandas as pd

from sklearn_sales.panel import History, column_index
from sklearn_sales.panel._keys import SeriesKeys

__all__ = ["SeriesGroups", "learn_groups"]


def learn_groups(by, table, panel, rows):
    """Groups of the series of a panel, one kind for each column of ``by``.

    Parameters
    ----------
    by : str, int, list of them or None
    table : Table
        The training table.
    panel : Panel
    rows : Rows
        The training rows.

    Returns
    -------
    list of SeriesGroups
    """
    columns = list(by) if isinstance(by, (list, tuple)) else [by]
    groups = []
    for column in columns if by is not None else ():
        index = column_index(table, column, "by")
        if index == panel.schema.time:
            raise ValueError(
                f"by={column!r} is the time column of X; name a column that is "
                "constant in each series."
            )
        name = str(table.names[index]) if table.is_frame else f"x{index}"
        groups.append(SeriesGroups(index, name).fit(table, panel, rows.codes))
    return groups


class SeriesGroups:
    """The groups that one column of X makes of the series of a panel.

    Parameters
    ----------
    index : int
        Position of the column.
    name : str
        Its name.

    Attributes
    ----------
    of_series : ndarray of shape (n_series,)
        Group of each series of the panel.
    history : History
        Mean of what the series of each group sold at each time and, after the groups,
        the mean of all series. All go on to the last time of the panel.
    """

    def __init__(self, index, name):
        self.index = index
        self.name = name

    def fit(self, table, panel, codes):
        """Learn the group of each series, ``codes`` being the series of each row."""
        column, label = self._column(table)
        self._keys = SeriesKeys([self.name])
        groups = self._keys.fit_encode([column], [label])
        self.of_series = np.zeros(panel.n_series, dtype=np.int64)
        self.of_series[codes] = groups
        self._check_constant(table, panel, codes, groups)
        self._pool(panel)
        return self

    def _pool(self, panel):
        pooled_last = np.append(self.of_series, -1)
        history = panel.history.pooled(pooled_last, self.n_groups)
        self.history = _to_common_end(history).append(_series(panel, panel.n_series))

    def take_in(self, update, table):
        """Know the groups of the series of an updated panel."""
        panel, before = update.panel, self._keys
        column, label = self._column(table)
        keys = SeriesKeys([self.name])
        known = before.levels[0]
        joined = pd.Series(known.append(pd.Index(pd.Series(column).astype(object))))
        groups = keys.fit_encode([joined.infer_objects()], [label])
        of_series = np.zeros(panel.n_series, dtype=np.int64)
        of_series[update.moved[:-1]] = groups[self.of_series]
        new = update.parents[update.rows.codes] == update.before.n_series
        of_series[update.rows.codes[new]] = groups[len(known) :][new]
        self._keys, self.of_series = keys, of_series
        self._check_constant(table, panel, update.rows.codes, groups[len(known) :])
        self._pool(panel)

    @property
    def n_groups(self):
        return self._keys.n_series

    def encode(self, table, panel, codes):
        """Group of each row; ``n_groups``, all series, where fit saw none.

        A series that fit did not see has the group that its rows name.
        """
        column, label = self._column(table)
        groups = self._keys.encode([column], [label], len(codes))
        known = codes < panel.n_series
        self._check_constant(table, panel, codes[known], groups[known], known)
        unseen = (groups < 0) | (self.history.lengths[groups] == 0)
        return np.where(unseen, self.n_groups, groups)

    def _column(self, table):
        column, label = table.column(self.index), table.label(self.index)
        n_missing = int(np.count_nonzero(pd.isna(column)))
        if n_missing:
            raise ValueError(
                f"{label} is named in by= and holds NaN in {n_missing} row(s). Every "
                "series belongs to a group; give those rows a group of their own."
            )
        return column, label

    def _check_constant(self, table, panel, codes, groups, rows=slice(None)):
        differs = self.of_series[codes] != groups
        if differs.any():
            first = int(np.argmax(differs))
            values = pd.Series(self._column(table)[0])[rows]
            found = pd.unique(values[codes == codes[first]].astype(object))
            known = self._keys.levels[0][self.of_series[codes[first]]]
            shown = sorted({str(value) for value in (known, *found)})
            raise ValueError(
                f"{table.label(self.index)} is named in by=, but it changes within a "
                f"series: {panel.keys.show(codes[first])} has "
                f"{' and '.join(shown[:3])}. A series belongs to one group for good; "
                "name a column that is constant in each series."
            )


def _series(panel, code):
    """One series of a panel as a history of its own."""
    history = panel.history
    cells = slice(history.indptr[code], history.indptr[code + 1])
    return History(
        history.data[cells],
        np.array([0, history.lengths[code]]),
        history.start[code : code + 1],
    )


def _to_common_end(history):
    """Let all series go on, unobserved, to the last time of any of them."""
    lengths = history.lengths
    missing = np.where(lengths > 0, history.last.max() - history.last, 0)
    indptr = np.concatenate([[0], np.cumsum(lengths + missing)])
    data = np.full(indptr[-1], np.nan)
    shift = np.repeat(indptr[:-1] - history.indptr[:-1], lengths)
    data[np.arange(len(history.data)) + shift] = history.data
    return History(data, indptr, history.start)
