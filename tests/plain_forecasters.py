# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters that a test can see through."""

import os
import signal
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class RunningMean(RegressorMixin, BaseEstimator):
    """The mean of all sales so far, times `factor`, with its number of fits."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        self.n_calls_ = self.total_ = self.count_ = 0
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        self.n_calls_ += 1
        self.total_ += float(np.sum(y))
        self.count_ += len(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.factor * self.total_ / self.count_)


class Constant(RegressorMixin, BaseEstimator):
    """A number, whatever it was fitted on."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.full(len(X), float(self.value))


class Mortal(RunningMean):
    """Writes each fit into `folder`, and dies in the fit on `deadly` rows.

    Only the first time: a file tells that it has died before.
    """

    def __init__(self, folder=".", deadly=0):
        self.folder = folder
        self.deadly = deadly

    def fit(self, X, y):
        self.factor = 1.0
        died = Path(self.folder) / "died"
        if len(y) == self.deadly and not died.exists():
            died.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        with (Path(self.folder) / "fits.txt").open("a") as log:
            log.write(f"{len(y)}\n")
        return super().fit(X, y)
