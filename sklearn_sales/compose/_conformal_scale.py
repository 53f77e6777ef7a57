# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Units in which a ConformalRegressor measures errors."""

import numpy as np

from sklearn_sales.compose._error_scale import (
    PowerLaw,
    SeriesFactors,
    history_traits,
)
from sklearn_sales.compose._inner_regressor import gives_std

__all__ = ["ConformalScale", "inner_forecasts"]

# Times that tell the level of a series, where its season is shorter.
_LEAST_WINDOW = 28
# The least part of the expected size that a regressor's own quantiles may be.
_LEAST_SHARE = 0.05


def inner_forecasts(regressor, X):
    """Forecasts of a fitted regressor, and what it says of the sizes of its errors.

    Returns
    -------
    forecasts : ndarray of shape (n_rows,)
    sizes : ndarray of shape (n_rows, n_sizes)
        The distances to its lowest and its highest quantile; or its standard
        deviation; or no column.
    """
    if hasattr(regressor, "predict_quantiles") and hasattr(regressor, "quantiles"):
        forecasts = np.asarray(regressor.predict(X), dtype=np.float64)
        quantiles = np.sort(regressor.predict_quantiles(X), axis=1)
        below, above = forecasts - quantiles[:, 0], quantiles[:, -1] - forecasts
        return forecasts, np.maximum(np.column_stack([below, above]), 0.0)
    if gives_std(regressor):
        forecasts, std = regressor.predict(X, return_std=True)
        return forecasts, np.asarray(std, dtype=np.float64)[:, None]
    forecasts = np.asarray(regressor.predict(X), dtype=np.float64).reshape(len(X))
    return forecasts, np.empty((len(forecasts), 0))


class ConformalScale:
    """Expected sizes of errors, learned by :meth:`learn`.

    Parameters
    ----------
    scale : {"learned", "level"} or None
    pooling : float or None
    calendar : Calendar
    """

    def __init__(self, scale, pooling, calendar):
        self.scale = scale
        self.pooling = pooling
        self.window = max(calendar.season, _LEAST_WINDOW)
        self.law = None
        self.factors = None

    def learn(self, panel, codes, rows, y, errors):
        """Learn from errors out of fold; return them in units of their sizes.

        Parameters
        ----------
        panel : Panel
        codes : ndarray of shape (n,)
            Series of each error.
        rows : Rows
        y : ndarray of shape (n_rows,)
        errors : Errors

        Returns
        -------
        ndarray of shape (n,)
        """
        if not errors.values.any():
            self.scale = None
        positive = errors.sizes[errors.sizes > 0]
        # a regressor that is sure of itself is not taken by its word
        self.least = 1e-6 * (positive.mean() if len(positive) else 1.0)
        if self.scale is None:
            return self.ratios(errors.values, self._plain(errors.sizes))
        origins = rows.positions[errors.rows] - errors.steps
        history = history_traits(panel.history, codes, origins, self.window)
        traits = self._traits(history, y[errors.rows] - errors.values, errors.sizes)
        if self.scale == "level":
            self.law = PowerLaw.proportional(traits)
        else:
            # so few coefficients that an error hardly moves the law it is measured by
            self.law = PowerLaw.learn(traits, np.abs(errors.values))
        sizes = self._both_sides(self.law.sizes(traits), errors.sizes)
        ratios = self.ratios(errors.values, sizes)
        self.factors = SeriesFactors(
            np.abs(ratios),
            codes,
            errors.folds,
            panel.n_series,
            int(errors.folds.max()) + 1,
            self.pooling,
        )
        return ratios / self.factors.without_own_fold(codes, errors.folds)

    def remember(self, panel):
        """Keep the traits of each series at its last sale, for forecasts from there."""
        codes = np.arange(panel.n_series + 1)
        self.latest = history_traits(
            panel.history, codes, panel.history.last, self.window
        )

    def sizes(self, codes, forecasts, own):
        """Expected sizes of the errors of rows, below and above: shape (n, 2)."""
        if self.scale is None:
            return self._plain(own)
        traits = self._traits(self.latest[codes], forecasts, own)
        sizes = self._both_sides(self.law.sizes(traits), own)
        return sizes * self.factors.of(codes)[:, None]

    def _traits(self, history, forecasts, own):
        """What tells how far off forecasts may be, all in units of sales."""
        if self.scale == "level":
            return history[:, [0]]
        return np.column_stack([np.abs(forecasts), history, own])

    def _plain(self, own):
        """The regressor's own sizes, or one."""
        if own.shape[1] == 0:
            return np.ones((len(own), 2))
        return np.maximum(np.broadcast_to(own, (len(own), 2)), self.least)

    @staticmethod
    def _both_sides(expected, own):
        if own.shape[1] < 2:
            return np.repeat(expected[:, None], 2, axis=1)
        return np.maximum(own, _LEAST_SHARE * expected[:, None])

    @staticmethod
    def ratios(values, sizes):
        """Errors in units of the size on their side."""
        return values / np.where(values < 0, sizes[:, 0], sizes[:, 1])

    @staticmethod
    def apply(forecasts, sizes, ratios):
        """Sales at errors in units of their sizes: shape (n, n_levels)."""
        errors = ratios * np.where(ratios < 0, sizes[:, [0]], sizes[:, [1]])
        return forecasts[:, None] + errors

    def add(self, ratios, codes):
        """Take further errors, in units of their sizes, into account."""
        if self.factors is not None:
            self.factors.add(np.abs(ratios) * self.factors.of(codes), codes)

    def renumber(self, codes, n_series):
        """Give the series other numbers.

        Parameters
        ----------
        codes : ndarray of shape (n_series_so_far,)
            The new number of each series.
        n_series : int
            How many there are now.
        """
        if self.factors is not None:
            self.factors.renumber(codes, n_series)
