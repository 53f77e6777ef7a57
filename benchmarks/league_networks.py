# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of the league: neuralforecast's LSTM and NHITS, and fracast."""

import logging
import warnings

import numpy as np
import pandas as pd
from league_grid import _numbers, grid_of

__all__ = ["fracast", "lstm", "nets", "nhits"]

# Steps that a network looks back, and no less than two horizons.
LOOK_BACK = {7: 56, 52: 52, 12: 24}


def lstm(fold):
    """One layer of 64, 600 steps, sales over the level of their series."""
    from neuralforecast.models import LSTM

    return _by_neuralforecast(
        fold,
        LSTM,
        encoder_n_layers=1,
        encoder_hidden_size=64,
        decoder_hidden_size=64,
    )


def nhits(fold):
    """Its defaults, 600 steps, sales over the level of their series."""
    from neuralforecast.models import NHITS

    return _by_neuralforecast(fold, NHITS)


def _by_neuralforecast(fold, kind, **options):
    from neuralforecast import NeuralForecast

    for name in ("lightning_fabric", "pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    grid = grid_of(fold)
    covariates = [name for name in grid.varying if name not in grid.categories]
    rows = grid.rows.assign(available_mask=grid.rows["recorded"].astype(float))
    levels = rows[rows["recorded"]].groupby("unique_id")["y"].mean()
    levels = levels.where(levels > 0, 1.0)
    rows["y"] = rows["y"] / rows["unique_id"].map(levels)
    centre, spread = rows[covariates].mean(), rows[covariates].std().replace(0.0, 1.0)
    rows[covariates] = (rows[covariates] - centre) / spread
    model = kind(
        h=fold.spec.horizon,
        input_size=max(LOOK_BACK[fold.spec.season], 2 * fold.spec.horizon),
        futr_exog_list=covariates,
        max_steps=600,
        learning_rate=1e-3,
        windows_batch_size=256,
        start_padding_enabled=True,
        random_seed=0,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    columns = ["unique_id", "ds", *covariates]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = NeuralForecast([model], freq=grid.freq)
        net.fit(rows.loc[~grid.ahead, [*columns, "y", "available_mask"]])
        made = net.predict(futr_df=rows.loc[grid.ahead, columns])
    made["forecast"] = made[kind.__name__] * made["unique_id"].map(levels)
    return grid.asked(made[["unique_id", "ds", "forecast"]])


def fracast(fold):
    """Zero-shot medians of its bundled weights, which read no covariates."""
    from fracast import FracastModel

    grid = grid_of(fold)
    model = FracastModel.from_pretrained()
    sales = grid.train.assign(y=grid.train["y"].where(grid.train["recorded"]))
    table = sales.pivot(index="unique_id", columns="ds", values="y")
    made = np.repeat(table.mean(axis=1).to_numpy()[:, None], fold.spec.horizon, axis=1)
    recent = table.to_numpy()[:, -model.context_length :]
    # it refuses series with fewer records
    rows = np.flatnonzero(np.isfinite(recent).sum(axis=1) >= 8)
    median = model.quantiles.index(0.5)
    for part in np.array_split(rows, len(rows) // 128 + 1):
        answers = model.forecast(recent[part], horizon=fold.spec.horizon)
        made[part] = answers[..., median]
    times = np.sort(grid.future["ds"].unique())
    long = pd.DataFrame(made, index=table.index, columns=pd.Index(times, name="ds"))
    return grid.asked(long.stack().rename("forecast").reset_index())


nets = (_by_neuralforecast, LOOK_BACK, grid_of, _numbers)
