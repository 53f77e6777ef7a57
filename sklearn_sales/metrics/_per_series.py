# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses averaged within each series, scaled, then averaged over the series."""

import warnings
from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_sales.metrics._naive_scale import naive_scale
from sklearn_sales.metrics._series_labels import encode_labels, label_columns
from sklearn_sales.metrics._validation import as_vector, check_option

__all__ = [
    "average_over_series",
    "mean_by_series",
    "scaled_by_series",
    "settle_undefined",
]


def scaled_by_series(
    seen,
    terms,
    *,
    power,
    series,
    scale,
    y_train,
    series_train,
    time_train,
    freq,
    season,
    from_first_sale,
):
    """Mean loss of each series divided by its scale.

    Parameters
    ----------
    seen : Observed
    terms : ndarray of shape (n_observed,)
        Loss of each observed row.
    power : {1, 2}
        Of the naive scale.
    series, scale, y_train, series_train, time_train, freq, season, from_first_sale
        As in :func:`mase`.

    Returns
    -------
    values : ndarray of shape (n_series,)
        NaN for a series whose scale is zero or undefined.
    labels : pandas.Index, or None for a single series
    """
    codes, labels = _series_of_rows(seen, series)
    if (scale is None) == (y_train is None):
        raise ValueError(
            "The scale of the series is needed once: give scale= (for instance from "
            "naive_scale), or y_train= with series_train= for the training rows."
        )
    if y_train is not None:
        if (series is None) != (series_train is None):
            raise ValueError(
                "series= labels the rows of y_true and series_train= those of y_train; "
                "give both, or neither for a single series."
            )
        scale = naive_scale(
            y_train,
            series_train,
            time_train=time_train,
            freq=freq,
            season=season,
            power=power,
            from_first_sale=from_first_sale,
        )
    scales = _scale_of_series(scale, seen.rows, codes, labels)
    n_series = len(scales)
    means = mean_by_series(terms, codes, seen.weight, n_series)
    out = np.full(n_series, np.nan)
    return np.divide(means, scales, out=out, where=scales > 0), labels


def mean_by_series(terms, codes, weight, n_series):
    """Weighted mean of the terms of each series; every series has a row."""
    sums = np.bincount(codes, weights=weight * terms, minlength=n_series)
    return sums / np.bincount(codes, weights=weight, minlength=n_series)


def average_over_series(values, labels, *, metric, average, zero_scale):
    """The mean over the series, or all of them.

    Parameters
    ----------
    values : ndarray of shape (n_series,)
        NaN where undefined.
    labels : pandas.Index, or None for a single series
    metric : str
        Its name, for messages.
    average : {"mean", None}
    zero_scale : {"warn", "drop", "error"}

    Returns
    -------
    float, or pandas.Series if ``average=None`` and there are labels
    """
    check_option("average", average, ("mean", None))
    undefined = np.isnan(values)
    if undefined.all() and (average is not None or labels is None):
        raise ValueError(
            f"{metric} is undefined: none of {len(values)} series has a naive error "
            "over the training rows that is known and not zero. Give longer or other "
            "training rows, or take a metric without a scale, such as wape."
        )
    first = None if labels is None else labels[int(np.argmax(undefined))]
    settle_undefined(
        np.count_nonzero(undefined), len(values), first, metric, zero_scale
    )
    if average is None and labels is not None:
        return pd.Series(values, index=labels, name=metric)
    return float(values[~undefined].mean())


def settle_undefined(n_undefined, n_series, first, metric, zero_scale):
    """Warn of series without a scale, leave them out silently, or refuse them."""
    check_option("zero_scale", zero_scale, ("warn", "drop", "error"))
    if not n_undefined or zero_scale == "drop":
        return
    shown = ", ".join(map(str, first)) if isinstance(first, tuple) else first
    message = (
        f"{metric}: {n_undefined} of {n_series} series have a naive error over the "
        f"training rows that is zero or unknown (first: {shown})"
    )
    if zero_scale == "error":
        raise ValueError(
            f"{message}. Leave them out with zero_scale='warn' or 'drop', or take a "
            "metric without a scale, such as wape."
        )
    warnings.warn(
        f"{message}; they are left out of the average.",
        UndefinedMetricWarning,
        stacklevel=4,
    )


def _series_of_rows(seen, series):
    """Codes of the observed rows and the labels of the codes."""
    if series is None:
        return np.zeros(len(seen.y_true), dtype=np.int64), None
    frame = label_columns(series, "series", len(seen.rows), "y_true")
    return encode_labels(frame[seen.rows])


def _scale_of_series(scale, rows, codes, labels):
    """The scale of each series, whichever way it was given; NaN where unknown."""
    n_series = 1 if labels is None else len(labels)
    if isinstance(scale, Real):
        scales = np.full(n_series, float(scale))
    elif isinstance(scale, (Mapping, pd.Series)):
        if labels is None:
            raise ValueError(
                "scale= maps labels to scales, so series= must label the rows of "
                "y_true; for a single series give a number."
            )
        scales = pd.Series(scale, dtype=np.float64).reindex(labels).to_numpy()
    else:
        scales = _scale_of_rows(scale, rows, codes, n_series)
    if np.isinf(scales).any() or (scales < 0).any():
        raise ValueError("scale must be finite and not negative for every series.")
    return scales


def _scale_of_rows(scale, rows, codes, n_series):
    scale = as_vector(scale, "scale")
    if len(scale) != len(rows):
        raise ValueError(
            f"scale has {len(scale)} values and y_true has {len(rows)} rows; give one "
            "for each row, a mapping from labels to scales, or one number."
        )
    scale = scale[rows]
    scales = np.full(n_series, np.nan)
    scales[codes] = scale
    if not np.array_equal(scales[codes], scale, equal_nan=True):
        raise ValueError(
            "scale differs between rows of the same series; a series has one scale."
        )
    return scales
