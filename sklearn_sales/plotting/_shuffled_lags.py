# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a forecast loses when a lag feature is shuffled.

References
----------
.. [1] L. Breiman, "Random forests", Machine Learning 45, 2001 (section 10).
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from sklearn_sales.compose import ReductionRegressor
from sklearn_sales.preprocessing import LagFeatures

__all__ = ["shuffled_errors"]


def shuffled_errors(estimator, X, y, *, n_repeats, random_state):
    """WAPE as it is, and with each lag feature shuffled among the rows [1]_.

    Parameters
    ----------
    estimator : Pipeline with LagFeatures, or ReductionRegressor
        Fitted.
    X : dataframe or array of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
    n_repeats : int
    random_state : int, RandomState instance or None

    Returns
    -------
    error : float
    shuffled : pandas.DataFrame of shape (n_features, n_repeats)
    """
    random = check_random_state(random_state)
    names, answer = _opened(estimator, X)
    known = ~np.isnan(y)
    total = np.abs(y[known]).sum()
    if not total > 0:
        raise ValueError(
            "y holds no sales other than zero, so that errors have nothing to be a "
            "share of. Pass rows with sales."
        )

    def error_of(column=None, order=None):
        return np.abs(answer(column, order)[known] - y[known]).sum() / total

    shuffled = np.array(
        [
            [error_of(j, random.permutation(len(y))) for _ in range(n_repeats)]
            for j in range(len(names))
        ]
    )
    return error_of(), pd.DataFrame(shuffled, index=names)


def _opened(estimator, X):
    """Names of the lag features, and a predict that shuffles one of them."""
    if isinstance(estimator, Pipeline):
        return _open_pipeline(estimator, X)
    if isinstance(estimator, ReductionRegressor):
        return _open_reduction(estimator, X)
    raise TypeError(
        f"{type(estimator).__name__} has no lag features that could be shuffled. Pass "
        "a fitted ARRegressor, ReductionRegressor, or a pipeline with LagFeatures; of "
        "a stack one of its estimators_."
    )


def _open_pipeline(pipeline, X):
    steps = [step for _, step in pipeline.steps]
    places = [i for i, step in enumerate(steps) if isinstance(step, LagFeatures)]
    if not places:
        raise TypeError(
            f"The pipeline {list(pipeline.named_steps)} has no step that is a "
            "LagFeatures, whose features could be shuffled."
        )
    lags = steps[places[-1]]
    features = pipeline[: places[-1] + 1].transform(X)
    rest = pipeline[places[-1] + 1 :]

    def answer(column, order):
        table = features if column is None else _shuffle(features, column, order)
        return rest.predict(table)

    return list(lags._maker.names), answer


def _shuffle(features, column, order):
    """A copy of a table with one column in another order of rows."""
    if isinstance(features, pd.DataFrame):
        values = features.iloc[order, column].array
        return features.assign(**{features.columns[column]: values})
    if isinstance(features, np.ndarray):
        table = features.copy()
        table[:, column] = features[order, column]
        return table
    # polars
    name = features.columns[column]
    return features.with_columns(features[name].gather(order).alias(name))


def _open_reduction(estimator, X):
    if estimator.strategy != "direct":
        raise ValueError(
            f"strategy={estimator.strategy!r} feeds forecasts back into the lags, so "
            "that none can be shuffled on its own; take strategy='direct'."
        )
    table, rows = estimator._read(X)
    covariates, model = estimator._covariates(table), estimator._model

    def answer(column, order):
        maker = _ShuffledMaker(model.maker, column, order)
        answers = replace(model, maker=maker).predict(table, rows, covariates)
        return np.maximum(answers, estimator._floor)

    return list(model.maker.names), answer


class _ShuffledMaker:
    """A maker of features that shuffles one of them; none where column is None."""

    def __init__(self, maker, column, order):
        self.cells, self._make = maker.cells, maker.make
        self._column, self._order = column, order

    def make(self, cells):
        made = self._make(cells)
        if self._column is not None:
            made = np.array(made)
            made[:, self._column] = made[self._order, self._column]
        return made
