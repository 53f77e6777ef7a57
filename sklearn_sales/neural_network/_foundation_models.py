# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pretrained models behind one interface, loaded at their first use."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from sklearn_sales._compat import import_optional
from sklearn_sales.neural_network._foundation_cards import CARDS
from sklearn_sales.neural_network._foundation_files import (
    check_directory,
    find_directory,
    read_checksums,
)
from sklearn_sales.neural_network._lstm_device import shared_threads

__all__ = ["FracastForecaster", "open_model"]


class FracastForecaster:
    """A fracast model.

    Attributes
    ----------
    levels : ndarray of shape (n_levels,)
        Quantiles that it answers, ascending.
    context : int
        Past times that it reads.
    horizon : int
        Steps ahead that it answers in one pass.
    smallest : int
        Observations that it needs.
    """

    smallest = 8

    def __init__(self, directory, device):
        fracast = _library("fracast")
        # in single precision: the eight-bit weights have a manifest beside them
        self._model = fracast.FracastModel.from_pretrained(
            directory, weights="fp32", device=device
        )
        self.levels = np.asarray(self._model.quantiles)
        self.context = self._model.context_length
        self.horizon = self._model.horizon

    def forecast(self, contexts, n_steps):
        """Quantiles of the next steps of each context.

        Parameters
        ----------
        contexts : ndarray of shape (n, width)
            NaN where not observed.
        n_steps : int
            Beyond `horizon`, medians are fed back.

        Returns
        -------
        ndarray of shape (n, n_steps, n_levels)
        """
        return self._model.forecast_batch(contexts, horizon=n_steps)


_FORECASTERS = {"fracast": FracastForecaster}


def _library(name):
    """The library of a model, or how to install it."""
    return import_optional(CARDS[name].library, extra=CARDS[name].extra)


def open_model(estimator, device, known=None):
    """The model of an estimator, checked before anything of it is read.

    Parameters
    ----------
    estimator : FoundationRegressor
        Its parameters say which model, and where.
    device : torch.device
    known : dict, default=None
        Checksums that the files had in fit.

    Returns
    -------
    forecaster : FracastForecaster
    checksums : dict
        File name -> SHA-256.
    """
    directory = _checked_directory(estimator, fitted=known is not None)
    checksums = read_checksums(directory, estimator.sha256)
    changed = [name for name in known or {} if checksums[name] != known[name]]
    if changed:
        raise ValueError(
            f"{changed} in {directory} is not what fit has read: the SHA-256 differs. "
            "Put the files of then back (model_path= may point to them), or fit anew."
        )
    stamp = tuple(checksums.items())
    return _load(estimator.model, str(directory), str(device), stamp), checksums


def _checked_directory(estimator, *, fitted):
    library = _library(estimator.model)
    if estimator.model_path is None:
        return Path(library.__file__).parent / "weights"
    directory = find_directory(
        estimator.model_path,
        allow_download=estimator.allow_download,
        revision=estimator.revision,
        # a file may come from anybody: opening one and forecasting fetches nothing
        cached=fitted,
    )
    check_directory(directory)
    return directory


@lru_cache(maxsize=2)
def _load(model, directory, device, stamp):
    """Load a model once in a process, as long as its files stay the same."""
    with shared_threads(0, 0):
        return _FORECASTERS[model](directory, device)
