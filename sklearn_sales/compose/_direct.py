# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Direct forecasting: each row from what is known some steps before it."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from sklearn_sales.compose._inner_rows import stack_rows, take_rows

__all__ = ["Direct", "step_blocks"]


@dataclass
class Direct:
    """One regressor for all steps, or one for each block of steps.

    Attributes
    ----------
    maker : LagMaker
    inner : list of InnerRows
    regressors : list of estimator
    bounds : list of (int, int)
        First and last step of each block.
    anchor : Anchor or NoAnchor
    """

    maker: object
    inner: list
    regressors: list
    bounds: list
    anchor: object

    @classmethod
    def fit(cls, make_inner, regressor, training, anchor, *, bounds, n_origins, n_jobs):
        """Fit on the observed training rows, each at several steps.

        Parameters
        ----------
        make_inner : callable
            Returns a new InnerRows.
        regressor : estimator
        training : Training
        anchor : Anchor or NoAnchor
            What the regressors correct.
        bounds : list of (int, int)
        n_origins : int
            At how many different steps each row is used.
        n_jobs : int or None
        """
        inner = [make_inner() for _ in bounds]
        maker = inner[0].maker
        tables = (
            rows.training(*_training_rows(maker, training, anchor, bound, n_origins))
            for rows, bound in zip(inner, bounds, strict=True)
        )
        regressors = Parallel(n_jobs=n_jobs if len(bounds) > 1 else None)(
            delayed(_fit_one)(clone(regressor), X, y) for X, y in tables
        )
        return cls(maker, inner, regressors, bounds, anchor)

    def predict(self, table, rows, covariates):
        """Answers of rows, shape (n_rows,)."""
        cells = self.maker.cells(table, rows)
        return self._correct(cells, covariates) + self.anchor.known(cells)

    def _correct(self, cells, covariates):
        made = self.maker.make(cells)
        if len(self.bounds) == 1:
            inner = self.inner[0].answering(made, covariates)
            return self.regressors[0].predict(inner)
        ends = np.array([last for _, last in self.bounds])
        block = np.minimum(np.searchsorted(ends, cells.steps), len(ends) - 1)
        answers = np.empty(len(block))
        for number in np.unique(block):
            here = np.flatnonzero(block == number)
            inner = self.inner[number].answering(
                made[here], take_rows(covariates, here)
            )
            answers[here] = self.regressors[number].predict(inner)
        return answers


def _training_rows(maker, training, anchor, bound, n_origins):
    """Features, covariates and target of the observed rows at n_origins steps each."""
    first, last = bound
    made, covariates, targets = [], [], []
    for salt in range(n_origins):
        origins, _ = maker.panel.origins(training.rows, last - first + 1, salt=salt)
        rows, cells = training.teaching(
            maker, origins - (first - 1), anchor, salt=salt, n_origins=n_origins
        )
        made.append(maker.make(cells))
        covariates.append(take_rows(training.covariates, rows))
        targets.append(training.y[rows] - anchor.known(cells))
    return np.concatenate(made), stack_rows(covariates), np.concatenate(targets)


def _fit_one(regressor, X, y):
    return regressor.fit(X, y)


def step_blocks(size, horizon):
    """First and last steps of the blocks of a horizon; None is one block."""
    size = horizon if size is None else size
    return [(s, min(s + size - 1, horizon)) for s in range(1, horizon + 1, size)]
