# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of X as cells of a panel."""

from functools import cached_property

import numpy as np

from sklearn_sales.panel._hashing import mix
from sklearn_sales.panel._repeats import Stretches, find_runs

__all__ = ["PanelRows", "Rows", "span_of_series"]


class Rows:
    """Rows of X as cells of a panel.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        Series of each row; ``panel.n_series`` for a series that fit did not see.
    positions : ndarray of shape (n_rows,)
        Calendar position of each row.
    times : Times
    series_hashes : ndarray of shape (n_series + 1,)
    """

    def __init__(self, codes, positions, times, series_hashes):
        self.codes = codes
        self.positions = positions
        self.times = times
        self.series_hashes = series_hashes

    @property
    def hashes(self):
        """uint64, a fixed function of series and time, the same in every table."""
        of_times = self.times.spread(mix(self.times.bits()))
        return mix(self.series_hashes[self.codes] ^ of_times)

    def arrays(self):
        """All arrays, of which none is to be written to."""
        return [self.codes, self.positions, *self.times.arrays()]


class PanelRows(Rows):
    """Rows that are all cells of a panel in their order: series by series, in time.

    So they are told by where each series starts and ends. Nothing is kept for each row
    until somebody asks for it.

    Parameters
    ----------
    start, lengths : ndarray of shape (n_series,)
        Calendar position of the first row of each series, and its number of rows.
    times : Times
    series_hashes : ndarray of shape (n_series + 1,)
    """

    def __init__(self, start, lengths, times, series_hashes):
        self.start = start
        self.lengths = lengths
        self.times = times
        self.series_hashes = series_hashes

    @cached_property
    def codes(self):
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @cached_property
    def positions(self):
        ends = np.cumsum(self.lengths)
        positions = np.repeat(self.start - ends + self.lengths, self.lengths)
        positions += np.arange(len(positions))
        return positions


def span_of_series(runs, codes, times, positions):
    """Where each series starts and ends, if rows are its cells and nothing is between.

    Parameters
    ----------
    runs : Runs or None
        Rows with the same key, one after the other.
    codes : ndarray of shape (n_runs,)
        Series of each run; without runs, of each row.
    times : Times
    positions : ndarray of shape (len(times.few),)
        Calendar position of each of the few times.

    Returns
    -------
    start, lengths : ndarray of shape (n_series,)
        First position and number of rows of each series; None where rows are in
        another order, or lack times between others.
    """
    if runs is None:
        # text was hashed row by row: its codes tell the runs
        runs = find_runs([codes])
        if runs is None:
            return None
        codes = codes[runs.heads]
    if not np.array_equal(codes, np.arange(len(codes))):
        return None
    index = times.index
    jumps = np.flatnonzero(np.diff(positions) != 1) + 1
    if index is None:
        heads = np.concatenate([[0], jumps])
        index = Stretches(heads, heads, 1, len(positions))
    if not isinstance(index, Stretches) or not index.step:
        return None
    # the few times of a stretch follow each other on the calendar, too
    if not np.isin(jumps, index.first).all():
        return None
    goes_on = positions[index.first[1:]] == positions[index.last[:-1]] + 1
    if not np.isin(index.heads[1:][~goes_on], runs.heads).all():
        return None
    return positions[index.at(runs.heads)], runs.lengths
