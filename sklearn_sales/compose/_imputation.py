# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values for the cells of a history that were not observed."""

import numpy as np

from sklearn_sales.compose._expected_sales import (
    cell_series,
    interpolate,
    level_and_season,
    series_range,
)
from sklearn_sales.compose._grouped_statistics import group_means, group_quantiles

__all__ = ["FILLS", "fill_gaps"]


def fill_gaps(history, method, *, window, season):
    """The data of a history with its gaps filled.

    Parameters
    ----------
    history : History
    method : {"zero", "interpolate", "mean", "median", "seasonal"}
        - ``"zero"``: zero.
        - ``"interpolate"``: linear between the observed cells on both sides.
        - ``"mean"``, ``"median"``: of the observed cells of the series.
        - ``"seasonal"``: the median of a moving window, linear across gaps that are
          longer, and the median distance of the phase from it; not beyond the range
          of the series.
    window : int
        Odd.
    season : int

    Returns
    -------
    ndarray of shape (n_cells,)
        NaN where a series has no observed cell.
    """
    known = ~np.isnan(history.data)
    return np.where(known, history.data, FILLS[method](history, window, season))


def _zero(history, window, season):
    return np.zeros(len(history.data))


def _interpolate(history, window, season):
    return interpolate(history, history.data)


def _mean(history, window, season):
    known = ~np.isnan(history.data)
    series = cell_series(history)
    means = group_means(history.data[known], series[known], history.n_series)
    return means[series]


def _median(history, window, season):
    known = ~np.isnan(history.data)
    series = cell_series(history)
    (medians,) = group_quantiles(
        history.data[known], series[known], history.n_series, [0.5]
    )
    return medians[series]


def _seasonal(history, window, season):
    level, effects = level_and_season(history, window, season, least=1)
    return np.clip(interpolate(history, level) + effects, *series_range(history))


FILLS = {
    "zero": _zero,
    "interpolate": _interpolate,
    "mean": _mean,
    "median": _median,
    "seasonal": _seasonal,
}
