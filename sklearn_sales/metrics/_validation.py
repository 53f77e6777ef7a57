# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every metric asks of its input: the observed rows, checked once."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import check_array

__all__ = [
    "Observed",
    "as_float",
    "as_vector",
    "check_option",
    "observed_rows",
    "ratio",
    "refuse_infinity",
]


class Observed(NamedTuple):
    """The rows that count: their target is observed and their weight is not zero.

    Attributes
    ----------
    y_true : ndarray of shape (n_observed,)
    y_pred : ndarray of shape (n_observed,) or (n_observed, n_columns)
    weight : ndarray of shape (n_observed,)
        Positive weights; ones where none were given.
    rows : ndarray of bool of shape (n,)
        Which rows of the input they are.
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    weight: np.ndarray
    rows: np.ndarray


def observed_rows(y_true, y_pred, sample_weight=None, *, n_columns=None, finite=True):
    """Check targets, forecasts and weights, and keep the rows that are observed.

    Parameters
    ----------
    y_true : array-like of shape (n,) or (n, 1)
        Targets; NaN where nothing was observed.
    y_pred : array-like of shape (n,) or (n, n_columns)
        Forecasts.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows.
    n_columns : int, default=None
        Columns of ``y_pred``; None for one forecast a row.
    finite : bool, default=True
        Whether an infinite forecast is an error.

    Returns
    -------
    Observed

    Raises
    ------
    ValueError
        Where shapes differ, a value is infinite, a forecast of an observed row is
        NaN, a weight is negative or no row is left.
    """
    y_true = as_vector(y_true, "y_true")
    refuse_infinity(y_true, "y_true")
    y_pred = _as_forecasts(y_pred, n_columns)
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true has {len(y_true)} rows and y_pred has {len(y_pred)}; give one "
            "forecast for each row of y_true."
        )
    if finite:
        refuse_infinity(y_pred, "y_pred")
    rows = ~np.isnan(y_true)
    if not rows.any():
        raise ValueError(
            f"y_true holds no observed value: all {len(y_true)} are NaN. A metric "
            "needs at least one observed target."
        )
    weight = np.ones(len(y_true))
    if sample_weight is not None:
        weight = _check_weights(sample_weight, rows)
        rows = rows & (weight > 0)
    _refuse_missing_forecasts(y_pred, rows)
    return Observed(y_true[rows], y_pred[rows], weight[rows], rows)


def as_float(values, name):
    """Numbers as a float64 array, NaN and infinity still in it."""
    try:
        values = check_array(
            values,
            ensure_2d=False,
            dtype="numeric",
            ensure_all_finite=False,
            ensure_min_samples=0,
            input_name=name,
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers: {error}") from error
    if values.ndim and not len(values):
        raise ValueError(f"{name} is empty; a metric needs at least one row.")
    return values.astype(np.float64, copy=False)


def as_vector(values, name):
    """Numbers of shape (n,) or (n, 1) as a float64 array of shape (n,)."""
    values = as_float(values, name)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{name} must hold one value a row, shape (n,) or (n, 1); got shape "
            f"{values.shape}."
        )
    return values


def refuse_infinity(values, name):
    """Refuse infinite values; NaN is left to the caller."""
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argwhere(infinite)[0, 0])
        raise ValueError(
            f"{name} holds infinity ({np.count_nonzero(infinite)} value(s), first at "
            f"row {row}); sales and their forecasts are finite numbers."
        )


def check_option(name, value, allowed):
    """Refuse a value that is none of the allowed ones."""
    # compared by type too: True and 1.0 equal 1, and are not what is meant
    if not any(type(value) is type(one) and value == one for one in allowed):
        shown = ", ".join(repr(one) for one in allowed)
        raise ValueError(f"{name} must be one of {shown}; got {name}={value!r}.")


def ratio(error, truth, weight):
    """Weighted sum of errors by that of the true sizes, finite whatever comes.

    Zero by zero is 0. Any other error by zero, or by a mean size below the machine
    epsilon, is the mean error divided by that epsilon, as in scikit-learn's
    ``mean_absolute_percentage_error``: absurdly large, so that nobody takes it for a
    small error, yet a search can average it over folds.

    Parameters
    ----------
    error, truth, weight : ndarray of shape (n,)

    Returns
    -------
    float
    """
    least = np.finfo(np.float64).eps * weight.sum()
    return float(np.dot(weight, error) / max(np.dot(weight, truth), least))


def _as_forecasts(y_pred, n_columns):
    if n_columns is None:
        return as_vector(y_pred, "y_pred")
    y_pred = as_float(y_pred, "y_pred")
    if y_pred.ndim == 1 and n_columns == 1:
        y_pred = y_pred[:, np.newaxis]
    if y_pred.ndim != 2 or y_pred.shape[1] != n_columns:
        raise ValueError(
            f"y_pred must have shape (n, {n_columns}), one column for each bound or "
            f"quantile; got shape {y_pred.shape}."
        )
    return y_pred


def _refuse_missing_forecasts(y_pred, rows):
    missing = np.isnan(y_pred) & (rows if y_pred.ndim == 1 else rows[:, np.newaxis])
    if missing.any():
        row = int(np.argwhere(missing)[0, 0])
        raise ValueError(
            f"y_pred is NaN where y_true is observed ({np.count_nonzero(missing)} "
            f"value(s), first at row {row}). A missing forecast cannot be judged: "
            "forecast those rows, or set their y_true to NaN to leave them out."
        )


def _check_weights(sample_weight, rows):
    """Weights of all rows; what stands at a row that is not observed is ignored."""
    weight = as_vector(sample_weight, "sample_weight")
    if len(weight) != len(rows):
        raise ValueError(
            f"sample_weight has {len(weight)} rows and y_true has {len(rows)}; give "
            "one weight for each row of y_true."
        )
    weight = np.where(rows, weight, 0.0)
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            "sample_weight must be finite and not negative; got "
            f"{weight[row]} at row {row} ({np.count_nonzero(wrong)} value(s))."
        )
    if not weight.any():
        raise ValueError(
            "sample_weight is zero for every observed row; nothing is left to average."
        )
    return weight
