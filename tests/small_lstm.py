# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small panels and quick networks for the tests of the LSTM."""

import numpy as np
import pandas as pd

from sklearn_sales import LSTMRegressor, make_sales_panel

KEYS = ["store", "product"]
HORIZON = 4


def make_panel(n_series=6, n_periods=60, seed=0):
    """Sales with gaps, late starts, early ends, and a covariate of each kind."""
    X, y = make_sales_panel(
        n_series=n_series,
        n_periods=n_periods,
        n_stores=2,
        n_categories=2,
        ids="str",
        launch_share=0.3,
        end_share=0.2,
        missing_share=0.05,
        random_state=seed,
    )
    X = X.astype({"promotion": float, "holiday": float})
    return X, y.to_numpy()


def quick(**options):
    """A network that is fitted in less than a second."""
    settings = {
        "horizon": HORIZON,
        "hidden_size": 8,
        "max_epochs": 2,
        "static": "category",
        "series": KEYS,
        "time": "date",
        "random_state": 0,
    }
    return LSTMRegressor(**{**settings, **options})


def split(X, n_last):
    """Masks of the rows before and within the last times."""
    ahead = X["date"] > X["date"].max() - pd.Timedelta(days=n_last)
    return (~ahead).to_numpy(), ahead.to_numpy()


def long_frame(matrix, start="2024-01-01"):
    """Keys of a matrix (n_series, n_times), and its values row by row."""
    n_series, n_times = matrix.shape
    X = pd.DataFrame(
        {
            "item": np.repeat(np.arange(n_series), n_times),
            "date": np.tile(pd.date_range(start, periods=n_times), n_series),
        }
    )
    return X, matrix.ravel()


def future_of(X, n_steps):
    """The next rows of every item of a frame without covariates."""
    dates = pd.date_range(
        X["date"].max() + pd.Timedelta(days=1), periods=n_steps, name="date"
    )
    items = pd.Index(X["item"].unique(), name="item")
    return pd.MultiIndex.from_product([items, dates]).to_frame(index=False)
