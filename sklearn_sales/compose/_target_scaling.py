# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sales, and the transformed and scaled numbers that stand for them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_sales.compose._grouped_statistics import (
    group_means,
    group_quantiles,
    group_stds,
)
from sklearn_sales.compose._target_transforms import learn_transform

__all__ = ["SCALES", "TargetScale", "learn_scales"]

_TINY = 1e-100
# Fewest observations from which a series has a scale of its own.
_LEAST = {"mean": 1, "max": 1, "std": 3, "robust": 4}
# Standard deviations below this share of the size of the sales are rounding.
_ROUNDING = 1e-12
# Times the largest training sales of a series, beyond which no inverse is believed.
_LIMIT = 5.0


@dataclass(frozen=True)
class TargetScale:
    """A transform of all sales, and center and scale of each series after it.

    Attributes
    ----------
    transform : object or None
        With ``forward`` and ``inverse``.
    center, scale : ndarray of shape (n_series + 1,)
    limit : ndarray of shape (n_series + 1,)
        With a transform: the size that no forecast exceeds.
    """

    transform: Any
    center: np.ndarray
    scale: np.ndarray
    limit: np.ndarray

    @classmethod
    def learn(cls, y, codes, n_series, *, transformer, scale):
        """Learn from the rows that have a value.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            NaN where not observed.
        codes : ndarray of shape (n_rows,)
        n_series : int
        transformer : {"log1p", "sqrt", "boxcox"}, transformer or None
        scale : {"mean", "std", "robust", "max"} or None
        """
        known = ~np.isnan(y)
        values, codes = y[known], codes[known]
        limit = _LIMIT * learn_scales(values, codes, n_series, "max")[1]
        transform = None
        if transformer is not None:
            transform = learn_transform(transformer, values, codes, n_series)
            values = transform.forward(values)
        return cls(transform, *learn_scales(values, codes, n_series, scale), limit)

    def renumbered(self, parents):
        """The same for the series of an updated panel."""
        center, scale = self.center[parents], self.scale[parents]
        return TargetScale(self.transform, center, scale, self.limit[parents])

    def forward(self, y, codes):
        """Numbers that stand for the sales of series; NaN stays NaN."""
        z = y if self.transform is None else self.transform.forward(y)
        return (z - self.center[codes]) / self.scale[codes]

    def inverse(self, z, codes):
        """Sales of series."""
        y = z * self.scale[codes] + self.center[codes]
        if self.transform is None:
            return y
        # a trend of logarithms is soon beyond all bounds
        limit = self.limit[codes]
        return np.clip(self.transform.inverse(y), -limit, limit)


def learn_scales(values, codes, n_series, method):
    """Center and scale of each series and, at last, of series that are not known.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Observed sales, transformed.
    codes : ndarray of shape (n,)
    n_series : int
    method : {"mean", "std", "robust", "max"} or None
        - ``"mean"``, ``"max"``: the mean, the largest absolute value; no center.
        - ``"std"``: mean and standard deviation.
        - ``"robust"``: median and interquartile range, or standard deviation where
          that range is zero, as in series that rarely sell.
        - None: zero and one.

    Returns
    -------
    center, scale : ndarray of shape (n_series + 1,)
        A series with too few values, or whose scale is zero, has the mean scale of
        the others; one without any has the mean center as well. These are also the
        last entries. Where no series has a scale, it is one.
    """
    center, scale = np.zeros(n_series), np.ones(n_series)
    if method is not None:
        center, scale = SCALES[method](values, codes, n_series)
        counts = np.bincount(codes, minlength=n_series)
        size = group_means(np.abs(values), codes, n_series)
        scale[(counts < _LEAST[method]) | ~(scale > _ROUNDING * size)] = np.nan
        # numbers near the end of floats, by which others would overflow
        scale[scale < _TINY] = np.nan
    return _with_pooled(center, 0.0), _with_pooled(scale, 1.0)


def _with_pooled(values, default):
    known = ~np.isnan(values)
    pooled = values[known].mean() if known.any() else default
    return np.append(np.where(known, values, pooled), pooled)


def _mean(values, codes, n):
    return np.zeros(n), group_means(np.abs(values), codes, n)


def _std(values, codes, n):
    return group_means(values, codes, n), group_stds(values, codes, n)


def _robust(values, codes, n):
    first, median, third = group_quantiles(values, codes, n, [0.25, 0.5, 0.75])
    spread = third - first
    return median, np.where(spread > 0, spread, group_stds(values, codes, n))


def _max(values, codes, n):
    return np.zeros(n), group_quantiles(np.abs(values), codes, n, [1.0])[0]


SCALES = {"mean": _mean, "std": _std, "robust": _robust, "max": _max}
