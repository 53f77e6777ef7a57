# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of many groups of forecasts at once.

Each is what the function of that name in :mod:`sklearn_sales.metrics` returns for the
rows of a group, without a loop over the groups.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["GROUPED_ERRORS", "Judged", "row_losses"]


@dataclass(frozen=True)
class Judged:
    """Forecasts of observed rows, and what they are judged by.

    Attributes
    ----------
    y_true, y_pred : ndarray of shape (n,)
    quantiles : ndarray of shape (n, n_quantiles)
        Forecasts of the quantiles; NaN where an estimator has none.
    levels : ndarray of shape (n_quantiles,)
    scales : ndarray of shape (n, 2)
        Mean absolute and mean squared naive error of the row's series in the training
        rows of the row's fold; NaN where there is none.
    histories : ndarray of int of shape (n,)
        Fold and series as one number: rows that share a scale.
    groups : ndarray of int of shape (n,)
    n_groups : int
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    quantiles: np.ndarray
    levels: np.ndarray
    scales: np.ndarray
    histories: np.ndarray
    groups: np.ndarray
    n_groups: int

    def total(self, values):
        """Sum over each group."""
        return np.bincount(self.groups, weights=values, minlength=self.n_groups)

    def mean(self, values):
        """Mean over each group; NaN where it has no row."""
        return _divide(self.total(values), self.total(np.ones(len(values))))


def _divide(numerator, denominator):
    out = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _ratio(judged, error):
    """Sums of errors by sums of sales, by zero as the metrics have it."""
    rows = judged.total(np.ones(len(error)))
    truth = judged.total(np.abs(judged.y_true))
    truth = np.where((truth == 0) & (rows > 0), np.finfo(float).eps * rows, truth)
    return _divide(judged.total(error), truth)


def _wape(judged):
    return _ratio(judged, np.abs(judged.y_true - judged.y_pred))


def _bias(judged):
    return _ratio(judged, judged.y_pred - judged.y_true)


def _scaled(judged, loss, scale):
    """Mean loss of each group and history by its scale; with the group of each."""
    usable = scale > 0
    groups = judged.groups[usable]
    n = int(judged.histories.max(initial=0)) + 1
    pairs, at = np.unique(groups * n + judged.histories[usable], return_inverse=True)
    ratios = loss[usable] / scale[usable]
    means = _divide(np.bincount(at, weights=ratios), np.bincount(at))
    return means, pairs // n


def _mean_of_histories(judged, values, groups):
    sums = np.bincount(groups, weights=values, minlength=judged.n_groups)
    return _divide(sums, np.bincount(groups, minlength=judged.n_groups))


def _mase(judged):
    loss = np.abs(judged.y_true - judged.y_pred)
    return _mean_of_histories(judged, *_scaled(judged, loss, judged.scales[:, 0]))


def _rmsse(judged):
    loss = (judged.y_true - judged.y_pred) ** 2
    values, groups = _scaled(judged, loss, judged.scales[:, 1])
    return _mean_of_histories(judged, np.sqrt(values), groups)


def _mae(judged):
    return judged.mean(np.abs(judged.y_true - judged.y_pred))


def _rmse(judged):
    return np.sqrt(judged.mean((judged.y_true - judged.y_pred) ** 2))


def _pinball_rows(judged):
    short = judged.y_true[:, None] - judged.quantiles
    return np.maximum(judged.levels * short, (judged.levels - 1) * short).mean(axis=1)


def _pinball(judged):
    return judged.mean(_pinball_rows(judged))


def _scaled_pinball(judged):
    values = _scaled(judged, _pinball_rows(judged), judged.scales[:, 0])
    return _mean_of_histories(judged, *values)


def _coverage(judged):
    lower, upper = judged.quantiles[:, 0], judged.quantiles[:, -1]
    inside = (lower <= judged.y_true) & (judged.y_true <= upper)
    # an estimator without quantiles has no coverage, rather than a poor one
    return judged.mean(np.where(np.isnan(lower), np.nan, inside))


GROUPED_ERRORS = {
    "wape": _wape,
    "bias": _bias,
    "mase": _mase,
    "rmsse": _rmsse,
    "mae": _mae,
    "rmse": _rmse,
    "pinball_loss": _pinball,
    "scaled_pinball_loss": _scaled_pinball,
    "coverage": _coverage,
}


def row_losses(metric, judged):
    """Loss of each row whose mean a metric compares; NaN without a scale."""
    error = judged.y_true - judged.y_pred
    absolute = np.where(judged.scales[:, 0] > 0, judged.scales[:, 0], np.nan)
    squared = np.where(judged.scales[:, 1] > 0, judged.scales[:, 1], np.nan)
    losses = {
        "mae": lambda: np.abs(error),
        "mse": lambda: error**2,
        "mase": lambda: np.abs(error) / absolute,
        "msse": lambda: error**2 / squared,
        "pinball_loss": lambda: _pinball_rows(judged),
        "scaled_pinball_loss": lambda: _pinball_rows(judged) / absolute,
    }
    if metric not in losses:
        raise ValueError(
            f"metric={metric!r} must be one of {', '.join(map(repr, losses))}: a "
            "paired test needs the loss of each row."
        )
    return losses[metric]()
