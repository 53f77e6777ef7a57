# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits and forecasts of sktime's forecasters, in one process or in many."""

import warnings

import numpy as np

from sklearn_sales._compat import import_optional

__all__ = ["fit_unit", "forecast_unit", "in_sample_unit", "without_notices"]


def fit_unit(forecaster, y, X, fh):
    """A fitted clone, or the error that its fit raised."""
    try:
        with without_notices():
            return forecaster.clone().fit(y, X=X, fh=fh)
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


class without_notices(warnings.catch_warnings):
    """sktime tells of future releases, its own and those of pandas, at every call."""

    def __enter__(self):
        caught = super().__enter__()
        warnings.simplefilter("ignore", category=FutureWarning)
        warnings.simplefilter("ignore", category=DeprecationWarning)
        return caught
