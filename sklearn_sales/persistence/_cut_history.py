# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Histories that are cut to their newest cells, and panels that know it."""

from dataclasses import dataclass

import numpy as np

from sklearn_sales.panel import History, Panel

__all__ = ["CutHistory", "ForecastPanel", "cut_history", "newest_cells"]


@dataclass(frozen=True)
class CutHistory(History):
    """A history that lacks its oldest cells, but tells how long its series were.

    Trends and the reach of a recursion count from the first observation.

    Attributes
    ----------
    full_lengths : ndarray of shape (n_series,)
    """

    full_lengths: np.ndarray

    @property
    def lengths(self):
        return self.full_lengths

    def lengths_of(self, series):
        return self.full_lengths[series]

    @property
    def last(self):
        return self.start + np.diff(self.indptr) - 1

    def cells(self, codes, positions):
        """Index into ``data`` of each (series, position); -1 where it was cut off."""
        offset = positions - self.start[codes]
        inside = (offset >= 0) & (offset < super().lengths_of(codes))
        return np.where(inside, self.indptr[codes] + offset, -1)


class ForecastPanel(Panel):
    """A panel whose histories were cut: it answers rows after them alone."""

    def locate(self, table, **options):
        """Read the rows of a table; those of the training span are refused."""
        rows = super().locate(table, **options)
        inside = rows.positions <= self.history.last[rows.codes]
        if inside.any():
            first = int(np.argmax(inside))
            when = self.calendar.times(rows.positions[[first]])[0]
            raise ValueError(
                f"{int(inside.sum())} row(s) of X lie in the training span (first: row "
                f"{first}, at {when}), but the estimator was compacted and has only "
                "kept what forecasts need. Ask the estimator that compact() was given."
            )
        return rows


def newest_cells(history, n_cells):
    """Which cells of a history are among the newest of their series, as a mask."""
    ends = np.repeat(history.indptr[1:], np.diff(history.indptr))
    return ends - np.arange(len(history.data)) <= n_cells


def cut_history(history, n_cells):
    """The newest cells of each series as a history of its own."""
    lengths = np.diff(history.indptr)
    kept = np.minimum(lengths, n_cells)
    return History(
        history.data[newest_cells(history, n_cells)],
        np.concatenate([[0], np.cumsum(kept)]),
        history.start + lengths - kept,
    )
