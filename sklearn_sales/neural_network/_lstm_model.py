# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The fitted state of an LSTMRegressor: nets, and how they read a panel."""

import copy
from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np

from sklearn_sales.neural_network._lstm_calendar import knows_the_year, resolve_seasons
from sklearn_sales.neural_network._lstm_device import (
    advice_when_memory_ends,
    check_precision,
    precision_of,
    resolve_device,
    shared_threads,
)
from sklearn_sales.neural_network._lstm_forecast import Reader, forecast_rows
from sklearn_sales.neural_network._lstm_panels import (
    ColumnRoles,
    joined_table,
    make_requests,
    read_panel,
)
from sklearn_sales.neural_network._lstm_samples import choose_samples
from sklearn_sales.neural_network._lstm_settings import (
    draw_seeds,
    embedding_shapes,
    quantile_levels,
    resolve_batch_size,
    resolve_loss,
    resolve_window,
)
from sklearn_sales.neural_network._lstm_training import (
    bare_module,
    plain_weights,
    rebuild_net,
    torch_part,
    train_member,
)

__all__ = ["LSTMModel"]


class LSTMModel:
    """Nets that were trained on a panel, and everything they need to read it.

    A pickle holds their weights as arrays of the host, so it opens where there is no
    GPU, whatever they were trained on.

    Attributes
    ----------
    settings : SimpleNamespace
        Parameters at the time of fit, the loss by its name.
    owner : str
        Name of the estimator, for messages.
    roles : ColumnRoles
    encoding : Encoding
    arrays : PanelArrays
    cut : int
        Calendar position up to which the level of sales was taken.
    windowing : Windowing
    levels : tuple of float
        Quantiles that are learned.
    architecture : dict
        Arguments of `LSTMForecaster`.
    floor, ceiling : float
        Forecasts are no lower, and no higher, than this.
    nets : list of skorch.NeuralNet
    """

    def __init__(self, settings, owner):
        self.settings = settings
        self.owner = owner

    @classmethod
    def learn(cls, estimator, table, rows, previous=None):
        """Train on the panel of an estimator.

        Parameters
        ----------
        estimator : LSTMRegressor
            Its ``panel_`` has been read.
        table : Table
        rows : Rows
        previous : LSTMModel, default=None
            One whose nets learn on.

        Returns
        -------
        LSTMModel
        """
        settings = SimpleNamespace(**estimator.get_params(deep=False))
        model = cls(settings, type(estimator).__name__)
        panel = estimator.panel_
        seeds = draw_seeds(settings.random_state, settings.n_members)
        device = resolve_device(settings.device)
        check_precision(settings.precision, device)
        samples = choose_samples(
            panel.history,
            panel.n_series,
            settings.horizon,
            settings.validation_steps,
            settings.early_stopping,
            seeds[0],
        )
        model._read(panel, table, rows, samples.cut, previous)
        settings.loss = resolve_loss(settings, model.arrays.non_negative)
        model._train(panel, samples, seeds, device, previous)
        # they are the user's, and may hold what no file can
        settings.callbacks = None
        return model

    def _read(self, panel, table, rows, cut, previous, grow=True):
        settings = self.settings
        self.levels = quantile_levels(settings.quantiles)
        self.roles = ColumnRoles(table, panel.schema, settings.static)
        self.encoding, self.arrays = read_panel(
            panel,
            table,
            rows,
            self.roles,
            owner=self.owner,
            embed_series=settings.embed_series,
            cut=cut,
            previous=None if previous is None else previous.encoding,
            grow=grow,
        )
        self.cut = cut
        self.windowing = self._windowing(panel, previous)
        clips = settings.clip
        if clips == "auto":
            clips = self.arrays.non_negative
        self.floor = 0.0 if clips else -np.inf
        # a net only comes near to zero where nothing was ever sold
        self.ceiling = np.inf if np.nanmax(np.abs(panel.history.data)) else 0.0

    def _windowing(self, panel, previous):
        settings, history = self.settings, panel.history
        seasons = resolve_seasons(settings.season, panel.calendar)
        if previous is None:
            longest = int(history.lengths.max())
            window = resolve_window(settings.window, seasons, longest)
            first, last = int(history.start.min()), int(history.last.max())
            yearly = knows_the_year(panel.calendar, first, last)
        else:
            window, yearly = previous.windowing.window, previous.windowing.yearly
            if settings.window != "auto":
                window = int(settings.window)
        return torch_part("windows").Windowing(
            window,
            settings.horizon,
            seasons,
            yearly,
            settings.scaling,
            settings.scale_power,
        )

    def _train(self, panel, samples, seeds, device, previous):
        history, windowing = self.arrays.history, self.windowing
        weights = [None]
        if previous is not None:
            weights = [plain_weights(net) for net in previous.nets]
        batch_size = resolve_batch_size(self.settings, len(samples.train[0]))
        with self._guarded(device, batch_size):
            reader = self._reader(panel.calendar, "point", device, training=True)
            tensors = reader.tensors(
                self.arrays,
                int(history.start.min()) - windowing.window,
                int(history.last.max()) + windowing.horizon,
            )
            self.architecture = self._architecture(tensors, reader.loss, previous)
            self.nets = [
                train_member(
                    self.settings,
                    tensors,
                    samples,
                    self.architecture,
                    reader.loss,
                    batch_size,
                    seed,
                    weights[i % len(weights)],
                )
                for i, seed in enumerate(seeds)
            ]

    def _architecture(self, tensors, loss, previous):
        before = () if previous is None else previous.architecture["embeddings"]
        settings, windowing = self.settings, self.windowing
        n_covariates = len(self.encoding.mean)
        n_calendar = tensors.calendar.shape[1]
        n_seasonal = 4 * len(windowing.seasons)
        copied = ("hidden_size", "num_layers", "dropout", "decoder", "attention")
        return {
            "n_past": 2 + n_covariates + n_calendar,
            "n_future": 2 * n_covariates + n_calendar + n_seasonal,
            "window": windowing.window,
            "horizon": windowing.horizon,
            "n_outputs": loss.n_outputs,
            "n_locations": loss.n_locations,
            "embeddings": embedding_shapes(self.encoding.categories, before),
            "shortcut": settings.shortcut,
            "precision": settings.precision,
            **{name: getattr(settings, name) for name in copied},
        }

    def _loss(self):
        return torch_part("losses").make_loss(
            self.settings.loss,
            huber_delta=self.settings.huber_delta,
            tweedie_power=self.settings.tweedie_power,
            levels=self.levels,
        )

    def _guarded(self, device, n_windows):
        hidden_size, batch_size = self.settings.hidden_size, self.settings.batch_size
        window = self.windowing.window
        stack = ExitStack()
        stack.enter_context(shared_threads(n_windows, hidden_size))
        stack.enter_context(advice_when_memory_ends(device, batch_size, window))
        return stack

    def answer(self, panel, table, rows, kind, device):
        """Answers of rows.

        Parameters
        ----------
        panel : Panel
        table : Table
        rows : Rows
        kind : {"point", "quantiles", "attention"}
        device : str

        Returns
        -------
        ndarray of shape (n,), (n, n_levels) or (n, window)
        """
        device = resolve_device(device, fitted=True)
        requests = make_requests(
            panel,
            table,
            rows,
            self.roles,
            self.arrays,
            self.encoding,
            owner=self.owner,
            horizon=self.windowing.horizon,
        )
        with self._guarded(device, len(requests.codes)):
            reader = self._reader(panel.calendar, kind, device)
            return forecast_rows(reader, requests)

    def _reader(self, calendar, kind, device, *, training=False):
        dtype = precision_of(device, training=training)
        modules = []
        if not training:
            modules = [
                copy.deepcopy(bare_module(net)).to(device, dtype).eval()
                for net in self.nets
            ]
        return Reader(
            modules=modules,
            loss=self._loss().to(device),
            panel=self.arrays,
            encoding=self.encoding,
            windowing=self.windowing,
            calendar=calendar,
            device=device,
            dtype=dtype,
            floor=self.floor,
            ceiling=self.ceiling,
            unrolled=self.settings.decoder == "seq2seq",
            kind=kind,
        )

    def joined(self, update, table, y):
        """What was learned from, and new rows, as one table: (X, y)."""
        return joined_table(update, table, y, self.roles, self.arrays, self.encoding)

    def carried(self, update, table):
        """The same nets with the history of an updated panel.

        ``table`` holds all its rows. New categories are unknown to the nets.
        """
        model, panel = copy.copy(self), update.panel
        model.cut = int(update.positions(np.array([self.cut]))[0])
        rows = panel.training_rows(table)
        model._read(panel, table, rows, model.cut, self, grow=False)
        return model

    def __getstate__(self):
        state = dict(self.__dict__)
        state["nets"] = [(plain_weights(net), list(net.history)) for net in self.nets]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        # opened in a forked worker, it must not wait for threads that are not there
        with shared_threads(0, 0):
            self.nets = [
                rebuild_net(self.settings, self.architecture, self._loss(), *stored)
                for stored in state["nets"]
            ]
