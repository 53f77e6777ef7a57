# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The terms of an autoregression and the columns that they give."""

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["ARTerms"]


@dataclass(frozen=True)
class ARTerms:
    """Terms of y_t = trend(t) + season(t) + beta' x_t + sum_i phi_i y_{t - lag_i}.

    Their columns come in this order: constant, linear trend, seasonal dummies,
    covariates, lags.

    Attributes
    ----------
    lags : tuple of int
        Increasing.
    trend : {"n", "c", "t", "ct"}
    season : int
        Number of phases of the seasonal dummies; 0 for none.
    n_covariates : int
    """

    lags: tuple
    trend: str
    season: int
    n_covariates: int

    @property
    def max_lag(self):
        return max(self.lags, default=0)

    @property
    def has_constant(self):
        return "c" in self.trend

    @property
    def has_trend(self):
        return "t" in self.trend

    @property
    def n_dummies(self):
        # with a constant, phase 0 is the reference
        return max(self.season - self.has_constant, 0)

    @property
    def constant_columns(self):
        return slice(0, int(self.has_constant))

    @property
    def trend_columns(self):
        first = int(self.has_constant)
        return slice(first, first + self.has_trend)

    @property
    def seasonal_columns(self):
        first = self.trend_columns.stop
        return slice(first, first + self.n_dummies)

    @property
    def covariate_columns(self):
        first = self.seasonal_columns.stop
        return slice(first, first + self.n_covariates)

    @property
    def lag_columns(self):
        first = self.covariate_columns.stop
        return slice(first, first + len(self.lags))

    @property
    def n_columns(self):
        return self.lag_columns.stop

    def with_order(self, order):
        """The same terms with the first lags only."""
        return replace(self, lags=self.lags[:order])

    def dummies(self, positions):
        """Seasonal dummies at calendar positions, shape (..., n_dummies)."""
        phases = np.arange(self.season - self.n_dummies, self.season)
        return positions[..., None] % max(self.season, 1) == phases

    def deterministic(self, coef, codes, index, positions):
        """Constant, trend and season of rows.

        Parameters
        ----------
        coef : ndarray of shape (n_series, n_columns)
        codes : ndarray of shape (n_rows,)
            Series of each row.
        index : ndarray of shape (n_rows,)
            1 at the first observation of the series.
        positions : ndarray of shape (n_rows,)
            Calendar positions.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        total = np.zeros(len(codes))
        if self.has_constant:
            total += coef[codes, 0]
        if self.has_trend:
            total += coef[codes, self.trend_columns.start] * index
        if self.season:
            phase = positions % self.season - (self.season - self.n_dummies)
            column = self.seasonal_columns.start + np.maximum(phase, 0)
            total += np.where(phase >= 0, coef[codes, column], 0.0)
        return total
