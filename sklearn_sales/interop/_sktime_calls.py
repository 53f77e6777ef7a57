# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits and forecasts of sktime's forecasters, in one process or in many."""

import copy
import warnings
from contextlib import contextmanager

import numpy as np

from sklearn_sales._compat import import_optional

__all__ = [
    "fit_unit",
    "forecast_unit",
    "in_sample_unit",
    "reads_panels",
    "update_unit",
    "without_notices",
]


def reads_panels(forecaster):
    """Whether a forecaster learns from all series of a panel at once.

    A composite may say so and still hand single series to the forecaster inside it.
    """
    if "pd-multiindex" not in _as_list(forecaster.get_tag("y_inner_mtype")):
        return False
    parts = forecaster.get_params(deep=True).values()
    parts = [part for part in parts if _is_forecaster(part)]
    return not parts or any(map(reads_panels, parts))


def _is_forecaster(part):
    if not hasattr(part, "get_tag") or isinstance(part, type):
        return False
    kinds = part.get_tag("object_type", None, raise_error=False)
    return "forecaster" in _as_list(kinds)


def _as_list(tag):
    return tag if isinstance(tag, list) else [tag]


def fit_unit(forecaster, y, X, fh):
    """A fitted clone, or the error that its fit raised; None where y is None."""
    if y is None:
        return None
    try:
        with without_notices():
            return forecaster.clone().fit(y, X=X, fh=fh)
    except Exception as error:  # any library may be behind a forecaster
        return error


def update_unit(fitted, y, X):
    """A fitted forecaster that read newer sales, or the error that it raised."""
    try:
        # another one may refuse its sales, and then this one has read none either
        fitted = copy.deepcopy(fitted)
        with without_notices():
            return fitted.update(y, X=X, update_params=False)
    except Exception as error:  # any library may be behind a forecaster
        return error


def forecast_unit(fitted, n_series, n_steps, X, method, argument):
    """Answers after the span, shape (n_series, n_steps, n_answers), or an error."""
    fh = np.arange(1, n_steps + 1)
    answers = _ask(fitted, fh, X, method, argument)
    if isinstance(answers, Exception):
        return answers
    return answers.reshape(n_series, n_steps, -1)


def in_sample_unit(fitted, length, X, method, argument):
    """Answers of the training span of one series, (length, n_answers), or an error."""
    return _ask(fitted, np.arange(1 - length, 1), X, method, argument)


def _ask(fitted, steps, X, method, argument):
    base = import_optional("sktime.forecasting.base", extra="sktime")
    try:
        fh = base.ForecastingHorizon(steps, is_relative=True)
        with without_notices():
            frame = getattr(fitted, method)(fh=fh, X=X, **argument)
    except Exception as error:  # any library may be behind a forecaster
        return error
    values = np.asarray(frame, dtype=np.float64)
    return values.reshape(len(values), -1)


@contextmanager
def without_notices():
    """Leave out notices of future releases, by sktime and by pandas, at every call.

    sktime resets the filters of warnings on its way, so a filter alone is not enough.
    """
    notices = (FutureWarning, DeprecationWarning)
    with warnings.catch_warnings(record=True) as caught:
        for category in notices:
            warnings.simplefilter("ignore", category)
        yield
    for one in caught:
        if not issubclass(one.category, notices):
            warnings.warn(one.message, one.category, stacklevel=3)
