# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What each cell of a history would sell by its neighbours and its season.

Medians, so that the few cells that are to be judged by them do not move them.

References
----------
.. [1] R. B. Cleveland, W. S. Cleveland, J. E. McRae and I. Terpenning, "STL: a
   seasonal-trend decomposition procedure based on loess", Journal of Official
   Statistics 6(1), 1990 (the decomposition that medians replace here).
"""

from dataclasses import replace

import numpy as np

from sklearn_sales.compose._grouped_statistics import group_quantiles, observed_median
from sklearn_sales.panel._blocks import block_cells, length_blocks

__all__ = [
    "cell_phases",
    "cell_series",
    "interpolate",
    "level_and_season",
    "local_medians",
    "seasonal_effects",
    "series_range",
]

# Cells of the windows that are sorted at once.
_WINDOW_CELLS = 1 << 20


def cell_series(history):
    """Series of each cell, shape (n_cells,)."""
    return np.repeat(np.arange(history.n_series), history.lengths)


def cell_phases(history, season):
    """Phase of the season of each cell, 0..season - 1, shape (n_cells,)."""
    first = history.start - history.indptr[:-1]
    return (np.arange(len(history.data)) + np.repeat(first, history.lengths)) % season


def local_medians(history, window, *, spread=False):
    """Medians of the windows that are centred at each cell.

    Parameters
    ----------
    history : History
    window : int
        Odd. At the ends of a series a window holds what there is.
    spread : bool, default=False
        Whether to work out the median absolute deviations as well.

    Returns
    -------
    median : ndarray of shape (n_cells,)
        NaN where nothing in the window was observed.
    deviation : ndarray of shape (n_cells,)
        Only with ``spread=True``: the median distance of the values of a window from
        their median.
    """
    median = np.full(len(history.data), np.nan)
    deviation = np.full(len(history.data), np.nan)
    half = window // 2
    for codes in length_blocks(history.lengths, _WINDOW_CELLS // window):
        cells, inside = block_cells(history, codes)
        values = np.where(inside, history.data[cells], np.nan)
        values = np.pad(values, ((0, 0), (half, half)), constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=1)
        found = observed_median(windows)
        median[cells[inside]] = found[inside]
        if spread:
            distances = observed_median(np.abs(windows - found[..., None]))
            deviation[cells[inside]] = distances[inside]
    return (median, deviation) if spread else median


def level_and_season(history, window, season, *, least):
    """Level of each cell, and the effect of its phase.

    The level is the median of a moving window of sales without the effects, which are
    the median distances of the phases from the median of the window of all sales. A
    window that holds few phases, as before a gap, has its level all the same.

    Parameters
    ----------
    history : History
    window : int
        Odd.
    season : int
    least : int
        A phase of a series that was observed less often has no effect.

    Returns
    -------
    level, effects : ndarray of shape (n_cells,)
        The level is NaN where nothing in the window was observed.
    """
    first = local_medians(history, window)
    effects = seasonal_effects(history, first, season, least=least)
    level = local_medians(replace(history, data=history.data - effects), window)
    return level, effects


def seasonal_effects(history, level, season, *, least):
    """Median distance of the cells of each phase from the level of their series.

    Parameters
    ----------
    history : History
    level : ndarray of shape (n_cells,)
    season : int
    least : int
        A phase of a series that was observed less often has no effect.

    Returns
    -------
    ndarray of shape (n_cells,)
    """
    phases = cell_series(history) * season + cell_phases(history, season)
    known = ~(np.isnan(history.data) | np.isnan(level))
    n_phases = history.n_series * season
    distances = (history.data - level)[known]
    (effects,) = group_quantiles(distances, phases[known], n_phases, [0.5])
    counts = np.bincount(phases[known], minlength=n_phases)
    return np.where(counts >= max(least, 1), effects, 0.0)[phases]


def interpolate(history, values):
    """Values of cells, linear between those that are known of the same series.

    Parameters
    ----------
    history : History
        Of the same cells; a series without a known value stays NaN.
    values : ndarray of shape (n_cells,)
        NaN where not known. Beyond the first and the last known value of a series,
        that value.
    """
    series = cell_series(history)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values.copy()
    cells = np.arange(len(values))
    filled = np.interp(cells, known, values[known])
    # np.interp knows no series: outside of its own known cells each one is held
    after = np.minimum(np.searchsorted(known, cells), len(known) - 1)
    before = np.maximum(np.searchsorted(known, cells, side="right") - 1, 0)
    has_after = (known[after] >= cells) & (series[known[after]] == series)
    has_before = (known[before] <= cells) & (series[known[before]] == series)
    filled = np.where(has_before & ~has_after, values[known[before]], filled)
    filled = np.where(has_after & ~has_before, values[known[after]], filled)
    return np.where(has_before | has_after, filled, np.nan)


def series_range(history):
    """Smallest and largest value of the series of each cell: two (n_cells,) arrays."""
    known = ~np.isnan(history.data)
    series = cell_series(history)
    bounds = group_quantiles(
        history.data[known], series[known], history.n_series, [0.0, 1.0]
    )
    return [bound[series] for bound in bounds]
