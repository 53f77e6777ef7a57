# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Going on from a fitted network: newer rows, new series, fine-tuning."""

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import future_of, long_frame, make_panel, quick, split  # noqa: E402

from sklearn_sales import LSTMRegressor, observe  # noqa: E402


@pytest.fixture(scope="module")
def panel():
    return make_panel()


def test_partial_fit_knows_what_a_fit_on_everything_would_know(panel):
    X, y = panel
    past, ahead = split(X, 8)
    for columns in (list(X.columns), ["store", "product", "date", "category"]):
        model = quick().fit(X[past][columns], y[past])
        start = model.net_.module_.state_dict()["encoder.weight_hh_l0"].clone()
        model.partial_fit(X[ahead][columns], y[ahead])
        whole = quick().fit(X[columns], y)
        for name in ("data", "indptr", "start"):
            np.testing.assert_array_equal(
                getattr(model.panel_.history, name), getattr(whole.panel_.history, name)
            )
        np.testing.assert_array_equal(
            model._model.arrays.static, whole._model.arrays.static
        )
        np.testing.assert_allclose(
            model._model.arrays.covariates * model._model.encoding.deviation
            + model._model.encoding.mean,
            whole._model.arrays.covariates * whole._model.encoding.deviation
            + whole._model.encoding.mean,
            atol=1e-5,
        )
        now = model.net_.module_.state_dict()["encoder.weight_hh_l0"]
        assert 0 < (now - start).abs().max() < 0.1
        assert list(model.feature_names_in_) == columns


def test_partial_fit_takes_new_series_and_categories():
    rng = np.random.default_rng(0)
    X, y = long_frame(rng.poisson(20, size=(4, 40)).astype(float))
    X["kind"] = X["item"].map({0: "a", 1: "a", 2: "b", 3: "c"})
    first = X["item"] < 3
    model = quick(series="item", static="kind", embed_series=True)
    model.partial_fit(X[first], y[first])
    assert model.net_.module_.embeddings[0].num_embeddings == 3
    model.partial_fit(X[~first], y[~first])
    assert model.panel_.n_series == 4
    assert model.net_.module_.embeddings[0].num_embeddings == 4
    assert model.net_.module_.embeddings[1].num_embeddings == 5
    assert np.isfinite(model.predict(X)).all()
    with pytest.raises(ValueError, match="have another value than the one known"):
        model.partial_fit(X[first], y[first] + 1.0)


def test_partial_fit_of_arrays_and_of_dates_as_text():
    rng = np.random.default_rng(0)
    X, y = long_frame(rng.poisson(20, size=(3, 40)).astype(float))
    matrix = np.column_stack([X["item"], np.tile(np.arange(40), 3), rng.random(120)])
    past = matrix[:, 1] < 30
    options = {"static": None, "max_epochs": 1}
    model = quick(series=0, time=1, **options).fit(matrix[past], y[past])
    model.partial_fit(matrix[~past], y[~past])
    whole = quick(series=0, time=1, **options).fit(matrix, y)
    np.testing.assert_array_equal(model.panel_.history.data, whole.panel_.history.data)
    X["date"] = X["date"].dt.strftime("%Y-%m-%d")
    model = quick(series="item", **options).fit(X[past], y[past])
    model.partial_fit(X[~past], y[~past])
    np.testing.assert_array_equal(model.panel_.history.data, whole.panel_.history.data)


def test_observed_sales_move_the_history_and_no_weight(panel):
    X, y = panel
    past, ahead = split(X, 8)
    model = quick().fit(X[past], y[past])
    refit = quick().fit(X[past], y[past])
    before = {k: v.clone() for k, v in model.net_.module_.state_dict().items()}
    assert observe(model, X[ahead], y[ahead]) is model
    for name, weights in model.net_.module_.state_dict().items():
        assert (weights == before[name]).all()
    whole = quick().fit(X, y)
    for name in ("data", "indptr", "start"):
        np.testing.assert_array_equal(
            getattr(model.panel_.history, name), getattr(whole.panel_.history, name)
        )
        np.testing.assert_array_equal(
            getattr(model._model.arrays.history, name),
            getattr(whole._model.arrays.history, name),
        )
    # a correction of a past sale is what the whole panel with it would be read as
    at = np.flatnonzero(past & ~np.isnan(y))[5]
    corrected = y.copy()
    corrected[at] = 99.0
    observe(model, X.iloc[[at]], corrected[[at]], overwrite=True)
    observe(refit, X, corrected, overwrite=True)
    future = X[ahead].assign(date=X["date"][ahead] + pd.Timedelta(days=8))
    np.testing.assert_allclose(
        model.predict(future), refit.predict(future), rtol=1e-4, atol=1e-4
    )
    assert np.abs(model.predict(future) - whole.predict(future)).max() > 0


def make_shops(seed=0):
    """A big shop and a small one that buys by the same season and price."""
    rng = np.random.default_rng(seed)
    n_times, week = 140, np.array([0.6, 0.7, 0.9, 1.0, 1.3, 1.8, 0.7])
    price = rng.uniform(0.7, 1.3, size=(40, n_times))
    season = week[np.arange(n_times) % 7]
    # a price acts more on week-ends, which no linear model says
    elasticity = np.where(np.arange(n_times) % 7 >= 4, -3.0, -0.5)
    sales = rng.poisson(30 * season * price**elasticity)
    X, y = long_frame(sales.astype(float))
    X["price"] = price.ravel()
    return X, y


def test_fine_tuning_a_frozen_encoder_gains_on_few_data():
    X, y = make_shops()
    small = (X["item"] >= 35).to_numpy()
    few = small & (X["date"] >= "2024-04-01").to_numpy()
    known = few & (X["date"] < "2024-05-13").to_numpy()
    ahead = few & ~known
    options = {
        "horizon": 7,
        "series": "item",
        "random_state": 0,
        "epoch_size": 2048,
        "window": 14,
    }
    big = LSTMRegressor(max_epochs=15, lr=5e-3, warm_start=True, **options)
    big.fit(X[~small], y[~small])
    encoder = {k: v.clone() for k, v in big.net_.module_.encoder.state_dict().items()}
    tuned = big.set_params(freeze_encoder=True, max_epochs=3, lr=1e-3)
    tuned.fit(X[known], y[known])
    for name, tensor in tuned.net_.module_.encoder.state_dict().items():
        assert torch.equal(tensor, encoder[name])
    alone = LSTMRegressor(max_epochs=15, lr=5e-3, **options).fit(X[known], y[known])
    error = {
        name: np.abs(model.predict(X[ahead]) - y[ahead]).mean()
        for name, model in (("tuned", tuned), ("alone", alone))
    }
    assert error["tuned"] < 0.9 * error["alone"]


def test_warm_start_goes_on_or_says_why_not(panel):
    X, y = panel
    model = quick(warm_start=True, max_epochs=1).fit(X, y)
    first = model.net_.module_.state_dict()["shortcut.weight"].clone()
    model.set_params(max_epochs=0).fit(X, y)
    assert torch.equal(model.net_.module_.state_dict()["shortcut.weight"], first)
    cold = quick(max_epochs=1, random_state=5).fit(X, y)
    assert not torch.equal(cold.net_.module_.state_dict()["from_step.weight"], first)
    model.set_params(hidden_size=9)
    with pytest.raises(ValueError, match="cannot go on from the fitted net"):
        model.fit(X, y)
    model.set_params(hidden_size=8)
    with pytest.raises(ValueError, match="X has 2 covariates and 1 static categories"):
        model.fit(X.drop(columns="holiday"), y)


def test_future_frames_of_keys_alone():
    X, y = long_frame(np.random.default_rng(0).poisson(9, size=(3, 30)).astype(float))
    model = quick(series="item", static=None).fit(X, y)
    assert model.predict(future_of(X, 2)).shape == (6,)
