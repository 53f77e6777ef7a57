# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Recursive forecasts with a direct correction of what they miss.

References
----------
.. [1] S. Ben Taieb and R. J. Hyndman, "Recursive and direct multi-step forecasting:
   the best of both worlds", Monash University, working paper 19/12, 2012.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from sklearn_sales.compose._inner_rows import InnerRows, stack_rows, take_rows
from sklearn_sales.compose._recursive import Recursive
from sklearn_sales.panel import series_of

__all__ = ["RECURSIVE_FORECAST", "Rectified"]

# Name of the column by which the correction reads the forecast that it corrects.
RECURSIVE_FORECAST = "recursive_forecast"


@dataclass
class Rectified:
    """A recursion, and a regressor of its errors on what the origin knows.

    Attributes
    ----------
    recursive : Recursive
    inner : InnerRows
    regressor : estimator
    """

    recursive: Recursive
    inner: InnerRows
    regressor: object

    @classmethod
    def fit(cls, recursive, inner, regressor, training, n_origins):
        """Fit the correction on the observed training rows."""
        maker, anchor = inner.maker, recursive.anchor
        made, covariates, targets = [], [], []
        for salt in range(n_origins):
            origins, _ = maker.panel.origins(training.rows, maker.horizon, salt=salt)
            rows, cells = training.teaching(
                maker, origins, anchor, salt=salt, n_origins=n_origins
            )
            forecast = recursive.span_forecasts(cells)
            made.append(_with_forecast(maker.make(cells), forecast))
            covariates.append(take_rows(training.covariates, rows))
            targets.append(training.y[rows] - forecast)
        X, y = inner.training(
            np.concatenate(made), stack_rows(covariates), np.concatenate(targets)
        )
        return cls(recursive, inner, clone(regressor).fit(X, y))

    def predict(self, table, rows, covariates):
        """Answers of rows, shape (n_rows,)."""
        maker = self.inner.maker
        cells = maker.cells(table, rows)
        forecast = np.empty(len(rows.codes))
        last = maker.panel.history.last[cells.sources[0][1]]
        inside = np.flatnonzero(rows.positions <= last)
        ahead = np.flatnonzero(rows.positions > last)
        if len(inside):
            forecast[inside] = self.recursive.span_forecasts(cells.take(inside))
        if len(ahead):
            series = series_of(table, maker.panel, rows.codes)[ahead]
            paths = self.recursive.future_paths(
                cells.take(ahead), series, take_rows(covariates, ahead), 1
            )
            forecast[ahead] = paths[:, 0]
        made = _with_forecast(maker.make(cells), forecast)
        return forecast + self.regressor.predict(self.inner.answering(made, covariates))


def _with_forecast(made, forecast):
    return np.column_stack([made, forecast])
