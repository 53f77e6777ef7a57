# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transforms of sales that make their noise more even, and their inverses.

References
----------
.. [1] G. E. P. Box and D. R. Cox, "An analysis of transformations", Journal of the
   Royal Statistical Society B 26(2), 1964.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import clone

from sklearn_sales.compose._grouped_statistics import group_means

__all__ = ["TRANSFORMS", "BoxCox", "FittedTransformer", "Root", "learn_transform"]

TRANSFORMS = ("log1p", "sqrt", "boxcox")


@dataclass(frozen=True)
class BoxCox:
    """Box-Cox of the sales plus one, so that zero sales have a value: zero.

    ``((y + 1)^power - 1) / power``, and ``log(y + 1)`` for a power of zero.

    Attributes
    ----------
    power : float
        From 0 to 1.
    odd : bool
        Whether negative sales are mirrored, -f(-y), because there are some. Otherwise
        the inverse goes on smoothly below zero, as the mean over errors wants it.
    """

    power: float
    odd: bool

    def forward(self, y):
        """Transformed sales."""
        return np.sign(y) * self._bend(np.abs(y)) if self.odd else self._bend(y)

    def inverse(self, z):
        """Sales, of any number."""
        with np.errstate(over="ignore"):
            return np.sign(z) * self._unbend(np.abs(z)) if self.odd else self._unbend(z)

    def _bend(self, y):
        if self.power == 0:
            return np.log1p(y)
        return np.expm1(self.power * np.log1p(y)) / self.power

    def _unbend(self, z):
        if self.power == 0:
            return np.expm1(z)
        # below -1 / power there are no sales
        base = np.maximum(self.power * z, -1.0)
        with np.errstate(divide="ignore"):
            return np.expm1(np.log1p(base) / self.power)


@dataclass(frozen=True)
class Root:
    """Square root.

    Attributes
    ----------
    odd : bool
        Whether negative sales are mirrored, -f(-y), because there are some. Otherwise
        numbers below zero are no sales.
    """

    odd: bool

    def forward(self, y):
        """Transformed sales."""
        return np.sign(y) * np.sqrt(np.abs(y))

    def inverse(self, z):
        """Sales, of any number."""
        return np.sign(z) * z**2 if self.odd else np.maximum(z, 0.0) ** 2


@dataclass(frozen=True)
class FittedTransformer:
    """A scikit-learn transformer of one column."""

    transformer: Any

    def forward(self, y):
        """Transformed sales; NaN stays NaN."""
        return self._apply(self.transformer.transform, y)

    def inverse(self, z):
        """Sales."""
        return self._apply(self.transformer.inverse_transform, z)

    @staticmethod
    def _apply(function, values):
        out = np.full(values.shape, np.nan)
        known = ~np.isnan(values)
        if known.any():
            out[known] = np.ravel(function(values[known].reshape(-1, 1)))
        return out


def learn_transform(transform, y, codes, n_series):
    """The transform that a parameter names, fitted on observed sales.

    Parameters
    ----------
    transform : {"log1p", "sqrt", "boxcox"} or transformer
    y : ndarray of shape (n,)
        Observed sales.
    codes : ndarray of shape (n,)
        Their series.
    n_series : int

    Returns
    -------
    BoxCox, Root or FittedTransformer
    """
    odd = bool((y < 0).any())
    if isinstance(transform, str):
        if transform == "sqrt":
            return Root(odd)
        boxcox = transform == "boxcox"
        return BoxCox(likeliest_power(y, codes, n_series) if boxcox else 0.0, odd)
    return FittedTransformer(clone(transform).fit(y.reshape(-1, 1)))


def likeliest_power(y, codes, n_series):
    """The power from 0 to 1 under which the series are most likely normal.

    The profile log-likelihood [1]_ of one power and one variance for all series and a
    mean for each,

        -n/2 log(mean square about the series' mean) + (power - 1) sum log(y + 1).
    """
    logs = np.log1p(np.abs(y)).sum()

    def loss(power):
        z = BoxCox(power, True).forward(y)
        squares = np.mean((z - group_means(z, codes, n_series)[codes]) ** 2)
        # a panel of constant series has no likeliest power
        squares = max(squares, np.finfo(float).tiny)
        return len(y) / 2 * np.log(squares) - (power - 1) * logs

    inner = minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded").x
    return float(min((0.0, float(inner), 1.0), key=loss))
