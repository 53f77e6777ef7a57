# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much a cell of a history may sell before it is taken for an outlier.

References
----------
.. [1] F. R. Hampel, "The influence curve and its role in robust estimation", Journal
   of the American Statistical Association 69, 1974.
.. [2] J. W. Tukey, "Exploratory Data Analysis", Addison-Wesley, 1977 (the fences).
"""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_sales.compose._expected_sales import (
    cell_series,
    level_and_season,
    local_medians,
    series_range,
)
from sklearn_sales.compose._grouped_statistics import group_quantiles

__all__ = ["THRESHOLDS", "SalesLimits", "limit_sales"]

# Standard deviations of "hampel" and "seasonal", interquartile ranges of "iqr".
THRESHOLDS = {"hampel": 6.0, "seasonal": 6.0, "iqr": 4.0}

# A standard normal has a median absolute deviation of 1 / 1.4826 [1]_.
_NORMAL_MAD = 1.4826
# ... and an interquartile range of 1.349.
_NORMAL_IQR = 1.349
# Fewer values of a phase tell no season from an outlier in it.
_LEAST_CYCLES = 3


@dataclass(frozen=True)
class SalesLimits:
    """What is expected of each cell, and from where on it is an outlier.

    Attributes
    ----------
    expected, low, high : ndarray of shape (n_cells,)
        Sales below ``low`` or above ``high`` are outliers.
    """

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray


def limit_sales(history, method, *, threshold, window, season):
    """Limits of all cells.

    Parameters
    ----------
    history : History
        NaN where not observed, or not to be used.
    method : {"hampel", "iqr", "seasonal"}
        - ``"hampel"``: the median of a moving window, and its median absolute
          deviation as the standard deviation [1]_.
        - ``"seasonal"``: that median and the median distance of the phase from it; the
          standard deviation is that of the distances from both.
        - ``"iqr"``: fences some interquartile ranges outside the quartiles of the
          series [2]_.
    threshold : float
        Number of standard deviations, or of interquartile ranges.
    window : int
        Odd.
    season : int

    Returns
    -------
    SalesLimits

    Notes
    -----
    A standard deviation is never less than that of the whole series, see
    :func:`least_spread`: among the zeros of a slow seller every sale would be an
    outlier.
    """
    return _METHODS[method](history, threshold, window, season)


def _hampel(history, threshold, window, season):
    expected, deviation = local_medians(history, window, spread=True)
    spread = np.fmax(_NORMAL_MAD * deviation, least_spread(history, expected))
    return _around(expected, threshold * spread)


def _seasonal(history, threshold, window, season):
    level, effects = level_and_season(history, window, season, least=_LEAST_CYCLES)
    expected = np.clip(level + effects, *series_range(history))
    distances = replace(history, data=np.abs(history.data - expected))
    spread = np.fmax(
        _NORMAL_MAD * local_medians(distances, window),
        least_spread(history, expected),
    )
    return _around(expected, threshold * spread)


def _tukey(history, threshold, window, season):
    known = ~np.isnan(history.data)
    series = cell_series(history)
    first, median, third = (
        quartile[series]
        for quartile in group_quantiles(
            history.data[known], series[known], history.n_series, [0.25, 0.5, 0.75]
        )
    )
    spread = np.fmax(third - first, _NORMAL_IQR * least_spread(history, median))
    return SalesLimits(
        local_medians(history, window),
        first - threshold * spread,
        third + threshold * spread,
    )


_METHODS = {"hampel": _hampel, "seasonal": _seasonal, "iqr": _tukey}


def _around(expected, width):
    return SalesLimits(expected, expected - width, expected + width)


def least_spread(history, expected):
    """Standard deviation that each series has at least, at each of its cells.

    The smaller one of two: 1.4826 times the median distance of its cells from what is
    expected of them, of those that are not zero; and the median size of its sales, of
    those that are not zero. The first is the usual one of a series that sells every
    day. In a series of many equal cells, which have no distance, the first would be
    made of the outliers themselves: there the second holds.

    Returns
    -------
    ndarray of shape (n_cells,)
        NaN where a series has nothing but zeros.
    """
    series = cell_series(history)
    sizes = _median_nonzero(np.abs(history.data), series, history.n_series)
    distances = np.abs(history.data - expected)
    spread = _NORMAL_MAD * _median_nonzero(distances, series, history.n_series)
    return np.fmin(spread, sizes)[series]


def _median_nonzero(values, groups, n_groups):
    used = values > 0
    (median,) = group_quantiles(values[used], groups[used], n_groups, [0.5])
    return median
