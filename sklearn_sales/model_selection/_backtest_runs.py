# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of estimators on the test rows of folds."""

from inspect import signature

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sklearn_sales.model_selection._panel_parts import panel_parts
from sklearn_sales.model_selection._row_fits import (
    quiet_about_new_series,
    rows_to_fit,
    take_rows,
)
from sklearn_sales.panel import observe

__all__ = ["check_can_update", "gives_quantiles", "run_folds"]


def gives_quantiles(estimator):
    """Whether an estimator, fitted or not, forecasts quantiles."""
    return hasattr(estimator, "predict_quantiles")


def check_can_update(estimators):
    """Refuse estimators that take newer sales only by a fit on all of them."""
    lacking = [
        name
        for name, one in estimators.items()
        if not (hasattr(one, "partial_fit") or panel_parts(one))
    ]
    if lacking:
        raise ValueError(
            f"refit=False fits once and then gives newer sales to partial_fit or to "
            f"observe, but {', '.join(map(repr, lacking))} has no partial_fit and "
            "nothing in it remembers sales. Give refit=True, which fits anew at each "
            "origin, or leave such estimators out."
        )


def run_folds(estimators, X, y, folds, *, quantiles, refit, store, n_jobs, verbose):
    """Forecasts of each estimator for the test rows of each fold.

    Parameters
    ----------
    estimators : dict of str to estimator
    X : dataframe or array of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
    folds : list of Fold
    quantiles : ndarray of shape (n_quantiles,)
    refit : dict of str to bool
        For each estimator, whether it is fitted anew for each fold.
    store : ResultStore
    n_jobs, verbose
        As in joblib.

    Returns
    -------
    dict of str to list of ndarray of shape (n_test_rows, 1 + n_quantiles)
        The point forecast, then the quantiles; NaN for those that an estimator does
        not forecast.
    """
    tasks = [
        (name, chain)
        for name in estimators
        for chain in ([[fold] for fold in folds] if refit[name] else [folds])
    ]
    results = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_run_chain)(name, estimators[name], X, y, chain, quantiles, store)
        for name, chain in tasks
    )
    found = {name: [] for name in estimators}
    for (name, _), answers in zip(tasks, results, strict=True):
        found[name] += answers
    return found


def _run_chain(name, estimator, X, y, chain, quantiles, store):
    """Fit on the first fold of a chain, take in the newer rows of each other one."""
    trains = [fold.train for fold in chain]
    paths = [
        store.path(name, estimator, quantiles, trains[: k + 1], fold.test)
        for k, fold in enumerate(chain)
    ]
    answers = [
        store.load(path, (len(fold.test), 1 + len(quantiles)))
        for path, fold in zip(paths, chain, strict=True)
    ]
    model, seen = None, np.zeros(len(y), dtype=bool)
    for k, fold in enumerate(chain):
        if all(answer is not None for answer in answers[k:]):
            break
        model = _learn(name, estimator, model, X, y, fold, seen)
        if answers[k] is None:
            rows = take_rows(X, fold.test)
            answers[k] = _forecast(name, model, rows, quantiles, fold)
            store.save(paths[k], answers[k])
    return answers


def _learn(name, estimator, model, X, y, fold, seen):
    """An estimator that knows the training rows of a fold."""
    new = fold.train[~seen[fold.train]]
    seen[new] = True
    rows = rows_to_fit(estimator, y, new)
    if not len(rows):
        if model is not None:
            return model
        raise ValueError(
            f"{name!r} has no observed sales to learn from in {fold.name}: test fewer "
            "times, or start the folds later."
        )
    if model is None:
        return clone(estimator).fit(take_rows(X, rows), y[rows])
    newer = take_rows(X, rows), y[rows]
    if hasattr(model, "partial_fit"):
        return model.partial_fit(*newer)
    return observe(model, *newer)


def _forecast(name, model, X, quantiles, fold):
    """Point forecast and quantiles as one array."""
    answers = np.full((X.shape[0], 1 + len(quantiles)), np.nan)
    with quiet_about_new_series():
        answers[:, 0] = _checked(model.predict(X), answers[:, 0].shape, name, fold)
        if len(quantiles) and gives_quantiles(model):
            found = _quantiles(name, model, X, quantiles)
            answers[:, 1:] = _checked(found, answers[:, 1:].shape, name, fold)
    return answers


def _quantiles(name, model, X, quantiles):
    if len(signature(model.predict_quantiles).parameters) > 1:
        return model.predict_quantiles(X, quantiles)
    # a network is trained for certain quantiles
    own = [0.1, 0.5, 0.9] if model.quantiles is None else list(model.quantiles)
    missing = sorted({float(q) for q in quantiles} - {float(q) for q in own})
    if missing:
        raise ValueError(
            f"{name!r} forecasts the quantiles {own} only, and not {missing}: give "
            "these to it, or wrap it in a ConformalRegressor, which forecasts any."
        )
    at = [own.index(q) for q in quantiles.tolist()]
    return model.predict_quantiles(X)[:, at]


def _checked(values, shape, name, fold):
    values = np.asarray(values, dtype=np.float64)
    if values.size == np.prod(shape) and values.ndim <= 2:
        values = values.reshape(shape)
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(
            f"{name!r} answers {fold.name} with an array of shape {values.shape} in "
            f"which {np.count_nonzero(~np.isfinite(values))} value(s) are not finite; "
            f"a back-test needs finite numbers of shape {shape}."
        )
    return values
