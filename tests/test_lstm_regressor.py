# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""LSTMRegressor: it learns, keeps to the contract, and says what is wrong."""

import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sklearn_sales import LSTMRegressor  # noqa: E402

KEYS = {"series": "item", "time": "date"}
SMALL = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}


def weekly(n_items=4, n_days=120, seed=0):
    """Counts with a weekly season, and a price that moves them."""
    rng = np.random.default_rng(seed)
    days = np.arange(n_days)
    parts = []
    for item in range(n_items):
        price = rng.choice([1.0, 1.5, 2.0], n_days)
        season = 1 + (days % 7 >= 5)
        mean = 20 * (item + 1) * season * price**-1.5
        dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
        frame = pd.DataFrame({"item": item, "date": dates, "price": price})
        parts.append(frame.assign(sales=rng.poisson(mean).astype(float)))
    frame = pd.concat(parts, ignore_index=True)
    return frame[["item", "date", "price"]], frame["sales"].to_numpy()


def cut(X, n_days):
    return (
        X["date"] < pd.Timestamp("2024-01-01") + pd.Timedelta(days=n_days)
    ).to_numpy()


def test_it_finds_the_best_forecast_of_an_autoregression():
    rng = np.random.default_rng(0)
    y = np.zeros(900)
    for t in range(2, 900):
        y[t] = 0.5 * y[t - 1] + 0.3 * y[t - 2] + rng.normal()
    X = pd.DataFrame({"week": np.arange(900)})
    model = LSTMRegressor(8, scaling="std", season=None, **SMALL)
    model.fit(X[:600], y[:600])
    errors = []
    for t in range(600, 900, 3):
        known = np.where(np.arange(900) < t, y, np.nan)
        # weights stay as they are: only the history becomes newer
        model.max_epochs, model.warm_start = 0, True
        model.fit(X[:t], known[:t])
        errors.append(y[t] - model.predict(X[t : t + 1])[0])
    best = 1.0
    assert np.sqrt(np.mean(np.square(errors))) < 1.2 * best


@pytest.mark.parametrize("decoder", ["direct", "seq2seq"])
def test_it_learns_season_and_price(decoder):
    X, y = weekly()
    train = cut(X, 106)
    model = LSTMRegressor(
        horizon=14,
        decoder=decoder,
        loss="poisson",
        random_state=0,
        max_epochs=10,
        **KEYS,
    )
    forecasts = model.fit(X[train], y[train]).predict(X[~train])
    error = np.abs(y[~train] - forecasts).sum() / y[~train].sum()
    last_week = y.reshape(4, -1)[:, 99:106]
    naive = np.tile(last_week, 2).ravel()
    assert error < 0.5 * np.abs(y[~train] - naive).sum() / y[~train].sum()
    # a higher price sells less
    dear = model.predict(X[~train].assign(price=2.0))
    cheap = model.predict(X[~train].assign(price=1.0))
    assert (dear < cheap).all()


def test_same_seed_same_forecast_and_global_states_stay():
    X, y = weekly(n_days=60)
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = LSTMRegressor(horizon=3, **SMALL, **KEYS).fit(X, y).predict(X)
    second = LSTMRegressor(horizon=3, **SMALL, **KEYS).fit(X, y).predict(X)
    assert_array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    other = LSTMRegressor(horizon=3, **{**SMALL, "random_state": 1}, **KEYS)
    assert (other.fit(X, y).predict(X) != first).any()


def test_order_and_company_of_rows_do_not_matter():
    X, y = weekly(n_days=60)
    train = cut(X, 53)
    model = LSTMRegressor(horizon=7, **SMALL, **KEYS).fit(X[train], y[train])
    expected = model.predict(X)
    order = np.random.default_rng(0).permutation(len(X))
    assert_allclose(model.predict(X.iloc[order]), expected[order], rtol=1e-9)
    assert_allclose(model.predict(X[X["item"] == 2]), expected[X["item"] == 2])


def test_nothing_after_the_origin_is_read():
    X, y = weekly(n_days=60)
    train = cut(X, 53)
    model = LSTMRegressor(horizon=7, **SMALL, **KEYS)
    expected = model.fit(X[train], y[train]).predict(X[~train])
    unknown = np.where(train, y, np.nan)
    # prices of the rows to forecast count in the means that prices are scaled by
    assert_allclose(model.fit(X, unknown).predict(X[~train]), expected, rtol=2e-3)
    changed = X.copy()
    late = ~cut(X, 57)
    changed.loc[late, "price"] = 9.0
    answers = model.fit(X[train], y[train]).predict(changed)
    assert_array_equal(answers[~late], model.predict(X)[~late])


def test_attention_weights_add_up_and_quantiles_do_not_cross():
    X, y = weekly(n_days=60)
    model = LSTMRegressor(
        14,
        3,
        attention=True,
        loss="pinball",
        quantiles=[0.1, 0.5, 0.9],
        **SMALL,
        **KEYS,
    ).fit(X, y)
    assert_allclose(model.attention_weights(X).sum(axis=-1), 1, rtol=1e-5)
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (len(X), 3)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert_allclose(model.predict(X), quantiles[:, 1])


def test_a_saved_model_forecasts_the_same_in_a_fresh_process(tmp_path):
    X, y = weekly(n_days=60)
    model = LSTMRegressor(horizon=3, **SMALL, **KEYS).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    X.to_pickle(tmp_path / "X.pickle")
    script = (
        "import sys, joblib, numpy, pandas\n"
        "model = joblib.load(sys.argv[1] + '/model.joblib')\n"
        "X = pandas.read_pickle(sys.argv[1] + '/X.pickle')\n"
        "numpy.save(sys.argv[1] + '/forecast.npy', model.predict(X))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    assert_allclose(np.load(tmp_path / "forecast.npy"), model.predict(X), rtol=1e-6)


def test_new_rows_are_learned_on():
    X, y = weekly(n_days=60)
    train = cut(X, 50)
    model = LSTMRegressor(horizon=3, **SMALL, **KEYS).fit(X[train], y[train])
    model.partial_fit(X[~train], y[~train])
    assert model.panel_.history.lengths[:4].tolist() == [60] * 4
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("values", [np.zeros(40), np.full(40, 7.0)])
def test_constant_sales_are_forecast_by_their_constant(values):
    X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=40)})
    model = LSTMRegressor(horizon=2, **SMALL).fit(X, values)
    # the first rows have no history to be answered from
    assert_allclose(model.predict(X)[2:], values[2:], atol=0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "The 'horizon' parameter of LSTMRegressor must be"),
        ({"loss": "best"}, "The 'loss' parameter of LSTMRegressor must be a str among"),
        ({"max_epochs": -1}, "The 'max_epochs' parameter of LSTMRegressor must be"),
        ({"static": "brand"}, "static='brand' is not a column of X"),
    ],
)
def test_bad_parameters(options, message):
    X, y = weekly(n_days=30)
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**options, **KEYS).fit(X, y)


def test_missing_covariates_are_refused():
    X, y = weekly(n_days=30)
    X.loc[3, "price"] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        LSTMRegressor(**SMALL, **KEYS).fit(X, y)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_of_a_gpu_is_pickled_from_the_cpu(tmp_path):
    X, y = weekly(n_days=60)
    model = LSTMRegressor(device="cuda", **SMALL, **KEYS).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert_allclose(loaded.predict(X), model.predict(X), rtol=1e-4)
