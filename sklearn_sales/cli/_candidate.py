# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A model together with the columns that it is given."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["Candidate", "given"]

# On a busy machine the threads of a booster wait for each other at every split of
# every tree; with few rows that was measured to take forty times as long as one thread.
MANY_ROWS = 100_000


def given(name):
    """The name under which a model sees a column of the user's.

    It is one that no feature has: a column called "month" does not hinder a model from
    making its own.
    """
    return f"{name} (given)"


@dataclass(frozen=True)
class Candidate:
    """An unfitted estimator and its columns of the sales table.

    Attributes
    ----------
    estimator : estimator instance
    columns : list of str
        Keys, time and covariates.
    """

    estimator: Any
    columns: list

    def fit(self, frame, y):
        """Fit on rows of a sales table; the same candidate, for chaining."""
        with _threads(len(y)):
            self.estimator.fit(self._rows(frame), y)
        return self

    def forecast(self, frame, *, floor):
        """Forecasts of rows, not below the floor."""
        with _threads(len(frame)), warnings.catch_warnings():
            # of series that ended before the others; the user is told once
            warnings.filterwarnings("ignore", message="X holds rows up to")
            # the notes tell of empty cells already
            warnings.filterwarnings("ignore", message="X has no value, of")
            answers = self.estimator.predict(self._rows(frame))
        return np.maximum(np.asarray(answers, dtype=np.float64), floor)

    def _rows(self, frame):
        return frame[self.columns].rename(columns=given)


def _threads(n_rows):
    return threadpool_limits(1 if n_rows < MANY_ROWS else None, user_api="openmp")
