# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pretrained models behind one interface, loaded at their first use."""

from contextlib import contextmanager
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

__all__ = ["Chronos2Forecaster", "FracastForecaster", "open_model"]


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
    passes : int
        Passes that are chained to reach further steps.
    causal : bool
        Whether the answer of a step stays the same when later ones are asked for.
    """

    smallest = 8
    passes = 10
    causal = True

    def __init__(self, directory, device):
        fracast = import_optional("fracast", extra="foundation")
        # in single precision: the eight-bit weights have a manifest beside them
        self._model = fracast.FracastModel.from_pretrained(
            directory, weights="fp32", device=device
        )
        self.levels = np.asarray(self._model.quantiles)
        self.context = self._model.context_length
        self.horizon = self._model.horizon

    @staticmethod
    def knows(config):
        """Whether a configuration is that of such a model."""
        return {"model", "pyramid"} <= set(config)

    def reach(self, steps, exact):
        """Steps to ask for: whole passes."""
        return -(-steps // self.horizon) * self.horizon

    def forecast(self, contexts, n_steps, covariates=None):
        """Quantiles of the next steps of each context.

        Parameters
        ----------
        contexts : ndarray of shape (n, width)
            NaN where not observed.
        n_steps : int
            Beyond `horizon`, medians are fed back.
        covariates : None
            It reads none.

        Returns
        -------
        ndarray of shape (n, n_steps, n_levels)
        """
        return self._model.forecast_batch(contexts, horizon=n_steps)


class Chronos2Forecaster:
    """A Chronos-2 model; attributes as those of FracastForecaster."""

    smallest = 1
    passes = 1
    causal = False

    def __init__(self, directory, device):
        chronos = import_optional("chronos", extra="chronos")
        with _no_progress_bar():
            self._pipeline = chronos.Chronos2Pipeline.from_pretrained(
                directory, local_files_only=True, use_safetensors=True
            )
        self._pipeline.model.float().to(device).eval()
        self.levels = np.asarray(self._pipeline.quantiles)
        self.context = self._pipeline.model_context_length
        self.horizon = self._pipeline.model_prediction_length
        self._patch = self._pipeline.model_output_patch_size

    @staticmethod
    def knows(config):
        """Whether a configuration is that of such a model."""
        known = config.get("architectures") == ["Chronos2Model"]
        return known and "chronos_config" in config

    def reach(self, steps, exact):
        """Steps to ask for, so that the answer of a row depends on itself alone.

        All steps look at each other, in patches: a row is asked for with the steps of
        its own patch and, where covariates are read, with none after its own.
        """
        return steps if exact else -(-steps // self._patch) * self._patch

    def forecast(self, contexts, n_steps, covariates=None):
        """Quantiles of the next steps of each context.

        Parameters
        ----------
        contexts : ndarray of shape (n, width)
            NaN where not observed.
        n_steps : int
        covariates : tuple of ndarrays, default=None
            Of the past, shape (n, width, n_covariates), and of the steps, shape
            (n, n_steps, n_covariates).

        Returns
        -------
        ndarray of shape (n, n_steps, n_levels)
        """
        torch = import_optional("torch", extra="chronos")
        unknown = np.full((len(contexts), 1, n_steps), np.nan)
        past, ahead = contexts[:, None], unknown
        if covariates is not None:
            known = [np.swapaxes(part, 1, 2) for part in covariates]
            past = np.concatenate([past, known[0]], axis=1)
            ahead = np.concatenate([ahead, known[1]], axis=1)
        past, ahead = (torch.from_numpy(a).float() for a in (past, ahead))
        n_covariates = past.shape[1] - 1
        inputs = [
            {
                "context": past[i],
                "future_covariates": ahead[i],
                "n_targets": 1,
                "n_covariates": n_covariates,
                "n_future_covariates": n_covariates,
            }
            for i in range(len(contexts))
        ]
        answers = self._pipeline.predict(
            inputs,
            prediction_length=n_steps,
            batch_size=len(inputs) * (1 + n_covariates),
        )
        return torch.stack(answers)[:, 0].transpose(1, 2).numpy()


@contextmanager
def _no_progress_bar():
    """Keep transformers from drawing a bar while it loads."""
    logging = import_optional("transformers.utils.logging", extra="chronos")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


_FORECASTERS = {"chronos-2": Chronos2Forecaster, "fracast": FracastForecaster}
# The libraries, as they are imported.
_MODULES = {"chronos-2": "chronos", "fracast": "fracast"}


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
    card, module = CARDS[estimator.model], _MODULES[estimator.model]
    library = import_optional(module, extra=card.extra)
    if estimator.model_path is None:
        if estimator.model != "fracast":
            raise ValueError(
                f"model={card.name!r} brings no weights ({card.weights}): give "
                "model_path=, the directory that holds config.json and "
                "model.safetensors."
            )
        return Path(library.__file__).parent / "weights"
    directory = find_directory(
        estimator.model_path,
        allow_download=estimator.allow_download,
        revision=estimator.revision,
        # a file may come from anybody: opening one and forecasting fetches nothing
        cached=fitted,
    )
    config = check_directory(directory)
    if not _FORECASTERS[estimator.model].knows(config):
        raise ValueError(
            f"{directory} holds no {card.name} model: its config.json is another's. "
            "Give the directory of one, or the model= that this is."
        )
    return directory


@lru_cache(maxsize=2)
def _load(model, directory, device, stamp):
    """Load a model once in a process, as long as its files stay the same."""
    with shared_threads(0, 0):
        return _FORECASTERS[model](directory, device)
