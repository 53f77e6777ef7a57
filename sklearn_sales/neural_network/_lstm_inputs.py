# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the LSTM is told of a panel, as arrays on the host.

`Encoding` is what a net keeps of the panel that it learned on, so that it reads another
panel, or new rows, alike. `PanelArrays` is one panel that was read with it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_sales.panel import History

__all__ = [
    "Encoding",
    "PanelArrays",
    "append_pools",
    "learn_scales",
    "running_level",
    "series_values",
    "values_on_grid",
]


@dataclass
class Encoding:
    """How covariates and categories become numbers.

    Attributes
    ----------
    mean, deviation : ndarray of shape (n_covariates,)
        Of each covariate over the training rows.
    spread : ndarray of shape (n_covariates,)
        Deviation of a covariate within its series, in units of `deviation`; of its
        ratio to the mean of the series where `as_ratio`. Infinite for a covariate that
        never changes within a series.
    as_ratio : ndarray of shape (n_covariates,)
        Whether a covariate, such as a price, is positive everywhere.
    categories : list of pandas.Index
        Known categories of each static column and, if it is embedded, of the series.
    """

    mean: np.ndarray
    deviation: np.ndarray
    spread: np.ndarray
    as_ratio: np.ndarray
    categories: list

    def standardised(self, values):
        """Covariates of shape (n, n_covariates) in units of their deviation."""
        return (values - self.mean) / self.deviation

    def codes(self, columns):
        """Category codes of static columns, shape (n, n_static); 0 is unknown."""
        if not columns:
            return np.zeros((0, 0), dtype=np.int64)
        return np.stack(
            [
                known.get_indexer(_index(column)) + 1
                for known, column in zip(self.categories, columns, strict=True)
            ],
            axis=1,
        )

    def extended(self, columns):
        """The same with the categories of new columns added after the known ones."""
        grown = [
            known.append(_index(column).dropna().unique().difference(known, sort=False))
            for known, column in zip(self.categories, columns, strict=True)
        ]
        return Encoding(self.mean, self.deviation, self.spread, self.as_ratio, grown)


@dataclass
class PanelArrays:
    """One panel as the windows are cut from it.

    Attributes
    ----------
    history : History
        The series, the pool of all series and one pool for each combination of
        static categories.
    running : ndarray of shape (n_cells,), float32
        Mean absolute sales of a series up to and including each cell.
    covariates : ndarray of shape (n_cells, n_covariates), float32
        Standardised.
    has_row : ndarray of shape (n_cells,)
        Whether a cell of a series had a row, observed or not.
    static : ndarray of shape (n_series_and_pools, n_static), int64
        Category codes, 0 for unknown.
    pools : dict
        Position of the pool of each combination of static codes, for series that fit
        did not see.
    level : float
        What a series sells at a time, in the mean over series.
    non_negative : bool
        Whether no training sale is negative.
    empty : float
        Sales that a window without any stands for, in units of its scale: 1, or 0
        where sales may be negative or are all zero.
    known_from : ndarray of shape (n_series_and_pools,), default=None
        First position that counts; None is the start of the history.
    """

    history: History
    running: np.ndarray
    covariates: np.ndarray
    has_row: np.ndarray
    static: np.ndarray
    pools: dict
    level: float
    non_negative: bool
    empty: float
    known_from: np.ndarray | None = None


def _index(values):
    # the key of a series may be a tuple, which is one value here
    return pd.Index(values, dtype=object, tupleize_cols=False)


def learn_scales(values, codes):
    """Mean, deviation, spread within series and sign of covariates.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_covariates)
    codes : ndarray of shape (n_rows,)
        Series of each row.

    Returns
    -------
    mean, deviation, spread, as_ratio : ndarray of shape (n_covariates,)
    """
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    # a constant would be divided by its own rounding error
    deviation = np.where(deviation > 1e-9 * np.abs(mean), deviation, 1.0)
    as_ratio = (values > 0).all(axis=0)
    counts = np.maximum(np.bincount(codes), 1)
    spread = np.full(values.shape[1], np.inf)
    for j, column in enumerate(values.T):
        centre = (np.bincount(codes, weights=column) / counts)[codes]
        if as_ratio[j]:
            within = column / centre - 1.0
        else:
            within = (column - centre) / deviation[j]
        width = np.sqrt(np.mean(within**2))
        if width > 1e-9:
            spread[j] = width
    return mean, deviation, spread, as_ratio


def series_values(column, rows, n_series, *, name, show):
    """The value of a static column for each series.

    Raises
    ------
    ValueError
        Where a series has two values.
    """
    column = pd.Series(np.asarray(column, dtype=object))
    codes, known = pd.factorize(column)
    lowest = np.full(n_series, len(known))
    highest = np.full(n_series, -1)
    np.minimum.at(lowest, rows.codes, codes)
    np.maximum.at(highest, rows.codes, codes)
    mixed = np.flatnonzero(lowest < highest)
    if len(mixed):
        raise ValueError(
            f"static names column {name!r}, but it changes within {len(mixed)} "
            f"series, first {show(mixed[0])}. A static category is the same in every "
            "row of a series; leave a column that changes among the covariates."
        )
    return pd.Series(known, dtype=object).reindex(highest).to_numpy()


def append_pools(history, static):
    """Add one history for each combination of static codes: the mean of its series.

    Parameters
    ----------
    history : History
        Series and, last, the pool of all of them.
    static : ndarray of shape (n_series, n_columns)

    Returns
    -------
    history : History
    groups : ndarray of shape (n_series,)
        The pool of each series, as a position in the new history.
    combinations : ndarray of shape (n_pools, n_columns)
    """
    n_series = len(static)
    if not static.shape[1]:
        nowhere = np.full(n_series, n_series)
        return history, nowhere, np.zeros((0, 0), dtype=np.int64)
    combinations, groups = np.unique(static, axis=0, return_inverse=True)
    groups = groups.reshape(-1)
    padded = np.append(groups, -1)
    pools = history.pooled(padded, len(combinations))
    return history.append(pools), n_series + 1 + groups, combinations


def values_on_grid(history, codes, positions, values, pools):
    """Covariates of each cell of a history.

    Cells without a row carry the last known values of their series forward.

    Parameters
    ----------
    history : History
        Series and pools.
    codes, positions : ndarray of shape (n_rows,)
    values : ndarray of shape (n_rows, n_covariates)
    pools : list of ndarray of shape (n_rows,)
        Pools that each row belongs to; they get the mean of their rows.

    Returns
    -------
    grid : ndarray of shape (n_cells, n_covariates), float32
    has_row : ndarray of shape (n_cells,)
        Whether a cell of a series has a row.
    """
    n_cells, n_columns = len(history.data), values.shape[1]
    grid = np.zeros((n_cells, n_columns), dtype=np.float32)
    own = history.cells(codes, positions)
    inside = own >= 0
    has_row = np.zeros(n_cells, dtype=bool)
    has_row[own[inside]] = True
    if not n_columns:
        return grid, has_row
    grid[own[inside]] = values[inside]
    known = has_row.copy()
    for pool in pools:
        cells = history.cells(pool, positions)
        # a row after the last sale of its series tells the pool nothing
        within = inside & (cells >= 0)
        counts = np.bincount(cells[within], minlength=n_cells)
        shared = counts > 0
        known |= shared
        for j in range(n_columns):
            sums = np.bincount(
                cells[within], weights=values[within, j], minlength=n_cells
            )
            grid[shared, j] = sums[shared] / counts[shared]
    # the first cell of a series always has a row, so nothing crosses series
    last_known = np.maximum.accumulate(np.where(known, np.arange(n_cells), 0))
    return grid[last_known], has_row


def running_level(history):
    """Mean absolute sales of each series up to and including each cell, float32."""
    observed = ~np.isnan(history.data)
    sums = np.cumsum(np.where(observed, np.abs(history.data), 0.0))
    counts = np.cumsum(observed)
    first = np.repeat(history.indptr[:-1], history.lengths)
    before = np.maximum(first - 1, 0)
    later = first > 0
    sums -= np.where(later, sums[before], 0.0)
    counts = counts - np.where(later, counts[before], 0)
    return (np.maximum(sums, 0.0) / np.maximum(counts, 1)).astype(np.float32)
