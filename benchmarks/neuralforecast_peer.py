# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""neuralforecast's LSTM on the panels of the benchmarks, for those who have it."""

import logging
import time
import warnings

import numpy as np
import pandas as pd

__all__ = ["categories", "forecast_by_peer", "make_peer", "peer_frame"]


def categories(spec):
    """Static columns of a set: its codes and, where there are several, its keys."""
    return [*spec.codes, *(spec.series if len(spec.series) > 1 else [])]


def peer_frame(spec, X, y, ahead):
    """Train and future rows as neuralforecast reads them, and the static ones.

    Every series runs from its first row to the common end; what was not observed is
    masked, its covariates carried forward, before the first row back.
    """
    rows = pd.concat([X, ahead], ignore_index=True)
    sales = np.append(y, np.full(len(ahead), np.nan))
    times = np.sort(rows["date"].unique())
    codes = rows.groupby(spec.series, sort=False, observed=True).ngroup().to_numpy()
    positions = np.searchsorted(times, rows["date"])
    first = pd.Series(positions).groupby(codes).min().to_numpy()
    # it refuses series that are shorter than two horizons
    n_train = np.searchsorted(times, X["date"].max()) + 1
    first = np.minimum(first, max(0, n_train - 2 * spec.horizon - 1))
    lengths = len(times) - first
    frame = pd.DataFrame({"unique_id": np.repeat(np.arange(len(first)), lengths)})
    offsets = np.cumsum(lengths) - lengths
    place = np.arange(len(frame)) - np.repeat(offsets - first, lengths)
    frame["ds"] = times[place]
    cells = offsets[codes] + positions - first[codes]
    frame["y"] = np.nan
    frame.loc[cells, "y"] = sales
    frame["available_mask"] = frame["y"].notna().astype(float)
    frame["y"] = frame["y"].fillna(0.0)
    for name in spec.known:
        frame.loc[cells, name] = rows[name].to_numpy(dtype=float)
        frame[name] = frame.groupby("unique_id")[name].ffill()
        frame[name] = frame.groupby("unique_id")[name].bfill()
    static = pd.DataFrame({"unique_id": np.arange(len(first))})
    for name in categories(spec):
        static[name] = rows.groupby(codes)[name].first().to_numpy()
    future = frame["ds"] > X["date"].max()
    return frame[~future], frame[future], static, cells[len(X) :]


def make_peer(
    horizon, known, cardinalities, *, window, hidden_size, callbacks=(), **options
):
    """Its LSTM, as large as ours, on the CPU and silent."""
    from neuralforecast.models import LSTM

    for name in ("lightning_fabric", "pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return LSTM(
        h=horizon,
        input_size=window,
        encoder_n_layers=1,
        encoder_hidden_size=hidden_size,
        decoder_hidden_size=hidden_size,
        futr_exog_list=list(known),
        stat_exog_list=list(cardinalities),
        cat_exog_list=list(cardinalities),
        categorical_cardinalities=dict(cardinalities),
        start_padding_enabled=True,
        random_seed=0,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
        **options,
    )


def _budget(seconds):
    """Ends training when the process has used so many CPU seconds from now on."""
    from pytorch_lightning.callbacks import Callback

    class Budget(Callback):
        stop, n_steps = time.process_time() + seconds, 0

        def on_train_batch_end(self, trainer, *args, **kwargs):
            # the net trains with a copy of this
            type(self).n_steps += 1
            if time.process_time() > self.stop:
                trainer.should_stop = True

    return Budget()


def forecast_by_peer(spec, X, y, ahead, loss, *, window, hidden_size, seconds):
    """Forecasts of the rows of `ahead`, and the number of its training steps.

    `loss` is "squared error" or "absolute error", the default of the peer.

    It trains until its own early stopping, on a held-out horizon, or the budget ends.
    """
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MAE, MSE

    train, future, static, cells = peer_frame(spec, X, y, ahead)
    cardinalities = {name: static[name].nunique() for name in categories(spec)}
    budget = _budget(seconds)
    model = make_peer(
        spec.horizon,
        spec.known,
        cardinalities,
        window=window,
        hidden_size=hidden_size,
        callbacks=[budget],
        loss={"squared error": MSE, "absolute error": MAE}[loss](),
        max_steps=20_000,
        val_check_steps=100,
        early_stop_patience_steps=5,
    )
    freq = pd.infer_freq(pd.DatetimeIndex(np.sort(train["ds"].unique())))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = NeuralForecast([model], freq=freq)
        net.fit(
            train, static_df=static if cardinalities else None, val_size=spec.horizon
        )
        answers = net.predict(futr_df=future.drop(columns=["y", "available_mask"]))
    answers = future[["unique_id", "ds"]].merge(answers, on=["unique_id", "ds"])
    # cells count train and future rows together
    column = pd.Series(answers["LSTM"].to_numpy(), index=future.index)
    return column.loc[cells].to_numpy(), {"steps": budget.n_steps}
