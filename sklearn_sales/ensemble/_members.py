# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits and forecasts of the members of an ensemble, by folds and on all rows."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_sales._compat import check_method_params
from sklearn_sales.model_selection import (
    quiet_about_new_series,
    rows_to_fit,
    take_rows,
)
from sklearn_sales.panel import take_in

__all__ = [
    "OOF_COLUMNS",
    "Failure",
    "FittedMembers",
    "fit_members",
    "forecast",
    "oof_frame",
    "with_later",
]

# Columns of forecasts out of fold beside those of the members.
OOF_COLUMNS = ("row", "fold", "step", "y_true")

ALL_ROWS = "the fit on all rows"


@dataclass(frozen=True)
class Failure:
    """Why a member could not be fitted, or not forecast."""

    text: str


@dataclass(frozen=True)
class FittedMembers:
    """Members fitted on all rows, and what they forecast out of fold.

    Attributes
    ----------
    estimators : dict
        Member by its name.
    forecasts : ndarray of shape (n_test_rows, n_members) or None
        Of the test rows, fold after fold; None without folds.
    failures : dict
        Why members were left out, by their names.
    """

    estimators: dict
    forecasts: np.ndarray | None
    failures: dict


def fit_members(members, X, y, folds, params, *, refit, on_failure, n_jobs, verbose):
    """Forecast the test rows of each fold by every member, and fit it on all rows.

    Parameters
    ----------
    members : dict
        Unfitted estimators by their names.
    X : dataframe or array of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
    folds : list of Fold
    params : dict
        Arguments of each member's fit, by its name.
    refit : bool
        Whether members are fitted on the training rows of each fold, or on those of
        the first and only told the sales up to each other one.
    on_failure : {"raise", "drop"}
    n_jobs, verbose
        As in joblib.

    Returns
    -------
    FittedMembers
    """
    chains = [[fold] for fold in folds] if refit else [folds] * bool(folds)
    results = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_run)(name, estimator, X, y, chain, params[name], on_failure)
        for chain in (*chains, ALL_ROWS)
        for name, estimator in members.items()
    )
    n_members = len(members)
    by_member = {name: results[i::n_members] for i, name in enumerate(members)}
    failures = {}
    for name, found in by_member.items():
        failed = [result for result in found if isinstance(result, Failure)]
        if failed:
            failures[name] = failed[0].text
    _report(failures, members)
    kept = {name: found for name, found in by_member.items() if name not in failures}
    forecasts = None
    if folds:
        columns = [np.concatenate(found[:-1]) for found in kept.values()]
        forecasts = np.column_stack(columns)
    estimators = {name: found[-1] for name, found in kept.items()}
    return FittedMembers(estimators, forecasts, failures)


def oof_frame(folds, forecasts, names, y):
    """Forecasts out of fold with what tells the rows apart, as a DataFrame."""
    tested = np.concatenate([fold.test for fold in folds])
    frame = pd.DataFrame(forecasts, columns=names)
    sizes = [len(fold.test) for fold in folds]
    numbers = np.repeat(np.arange(1, len(folds) + 1), sizes)
    steps = np.concatenate([fold.steps for fold in folds])
    for place, values in enumerate((tested, numbers, steps, y[tested])):
        frame.insert(place, OOF_COLUMNS[place], values)
    return frame


def with_later(frame, forecasts, steps, y):
    """The forecasts out of fold and those of rows that came later, as a fold more.

    Only rows after the last sale of their series count: others were known.
    """
    later = np.flatnonzero((steps > 0) & ~np.isnan(y))
    new = pd.DataFrame(forecasts[later], columns=frame.columns[len(OOF_COLUMNS) :])
    values = (-1, frame["fold"].max() + 1, steps[later], y[later])
    for place, value in enumerate(values):
        new.insert(place, OOF_COLUMNS[place], value)
    return pd.concat([frame, new], ignore_index=True)


def _report(failures, members):
    if len(failures) == len(members):
        raise ValueError("No member is left: " + "; ".join(failures.values()))
    for text in failures.values():
        warnings.warn(
            f"{text} It is left out, as on_failure='drop'.", UserWarning, stacklevel=5
        )


def _run(name, estimator, X, y, chain, params, on_failure):
    """One task of one worker: a fitted member, forecasts of a chain, or a Failure."""
    try:
        if chain == ALL_ROWS:
            return _fit(name, estimator, X, y, np.arange(len(y)), params, ALL_ROWS)
        return _forecast_chain(name, estimator, X, y, chain, params)
    except (TypeError, ValueError, RuntimeError) as error:
        if on_failure == "raise":
            raise
        return Failure(str(error))


def _forecast_chain(name, estimator, X, y, chain, params):
    """Forecasts of folds, the member fitted on the first and told what came later."""
    first = chain[0]
    fitted = _fit(name, estimator, X, y, first.train, params, first.name)
    answers = [forecast(name, fitted, take_rows(X, first.test), first.name)]
    for before, fold in pairwise(chain):
        rows = np.setdiff1d(fold.train, before.train)
        rows = rows_to_fit(estimator, y, rows)
        if len(rows):
            with _named(name, estimator, fold.name):
                take_in(fitted, take_rows(X, rows), y[rows])
        answers.append(forecast(name, fitted, take_rows(X, fold.test), fold.name))
    return np.concatenate(answers)


def _fit(name, estimator, X, y, rows, params, where):
    rows = rows_to_fit(estimator, y, rows)
    estimator = clone(estimator)
    params = check_method_params(X, params, indices=rows)
    with _named(name, estimator, where):
        if not len(rows):
            raise ValueError("no training row has an observed target.")
        estimator.fit(take_rows(X, rows), y[rows], **params)
    return estimator


def forecast(name, estimator, X, where="predict"):
    """Forecasts of one member, checked.

    Returns
    -------
    ndarray of shape (n_rows,), float64
    """
    with _named(name, estimator, where):
        with quiet_about_new_series():
            answers = np.asarray(estimator.predict(X), dtype=np.float64)
        n_rows = X.shape[0]
        if answers.shape == (n_rows, 1):
            answers = answers[:, 0]
        if answers.shape != (n_rows,):
            raise ValueError(
                f"its forecasts have shape {answers.shape}; {n_rows} rows need as many "
                "numbers."
            )
        wrong = ~np.isfinite(answers)
        if wrong.any():
            raise ValueError(
                f"it forecasts NaN or infinity for {np.count_nonzero(wrong)} of "
                f"{n_rows} rows, first for row {np.argmax(wrong)} of them."
            )
    return answers


@contextmanager
def _named(name, estimator, where):
    """Say which member an error comes from; its kind stays as far as it matters."""
    try:
        yield
    except Exception as error:
        kinds = (ValueError, TypeError)
        kind = next((k for k in kinds if isinstance(error, k)), RuntimeError)
        raise kind(
            f"Member {name!r} ({type(estimator).__name__}) failed in {where} with "
            f"{type(error).__name__}: {error}"
        ) from error
