# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bad input to the LSTM: a clear error, or the answer that the guide promises."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import HORIZON, future_of, long_frame, make_panel, quick

from sklearn_sales import LSTMRegressor


@pytest.fixture(scope="module")
def panel():
    return make_panel()


def counts(n_series=3, n_times=40, mean=9.0):
    rng = np.random.default_rng(0)
    return long_frame(rng.poisson(mean, size=(n_series, n_times)).astype(float))


def items(**options):
    return quick(series="item", static=None, **options)


REFUSED = {
    "horizon": ({"horizon": 0}, "The 'horizon' parameter of LSTMRegressor must be an"),
    "window": ({"window": 0}, "The 'window' parameter of LSTMRegressor must be an int"),
    "epochs": ({"max_epochs": -1}, "The 'max_epochs' parameter of LSTMRegressor"),
    "loss": ({"loss": "mae"}, "The 'loss' parameter of LSTMRegressor must be a str"),
    "season": (
        {"season": [1, 7]},
        "season=[1, 7] must be a whole number of time steps >= 2, a list of them, "
        "'auto' or None.",
    ),
    "quantiles alone": (
        {"quantiles": [0.5]},
        "quantiles=[0.5] are learned with loss='pinball' alone, but loss='auto'.",
    ),
    "quantile of one": (
        {"loss": "pinball", "quantiles": [0.1, 1.0]},
        "quantiles=[0.1, 1.0] must list numbers between 0 and 1, such as "
        "[0.1, 0.5, 0.9].",
    ),
    "quantile twice": (
        {"loss": "pinball", "quantiles": [0.1, 0.1]},
        "quantiles=[0.1, 0.1] names a quantile twice.",
    ),
    "positive about zero": (
        {"loss": "poisson", "scaling": "std"},
        "loss='poisson' forecasts a positive mean, which scaling='std' moves about "
        "zero: take scaling='mean' or None.",
    ),
    "no key to embed": (
        {"embed_series": True, "series": None},
        "embed_series=True needs the key columns in series=",
    ),
    "no such column": (
        {"static": "colour"},
        "static='colour' is not a column of X; its columns are",
    ),
    "time as a category": ({"static": "date"}, "static='date' names the time column"),
    "category twice": (
        {"static": ["category", "category"]},
        "static=['category', 'category'] names a column twice.",
    ),
    "category that changes": (
        {"static": ["category", "promotion"]},
        "static names column 'promotion', but it changes within ",
    ),
    "text as a number": (
        {"static": None},
        "LSTMRegressor needs numeric covariates; column(s) ['category'] of X are not.",
    ),
    "device": ({"device": "abacus"}, "device='abacus' is no device of torch"),
    "half precision": (
        {"precision": "fp16", "device": "cpu"},
        "precision='fp16' needs",
    ),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=list(REFUSED))
def test_settings_are_refused(panel, options, message):
    X, y = panel
    if options.get("series", 0) is None:
        X, y = X.iloc[:20], y[:20]
    with pytest.raises(ValueError) as caught:
        quick(**options).fit(X, y)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("loss", ["poisson", "tweedie", "negative_binomial"])
def test_losses_of_counts_refuse_returns(loss):
    X, y = counts()
    y[5] = -2
    with pytest.raises(ValueError) as caught:
        items(loss=loss).fit(X, y)
    assert str(caught.value).startswith(
        f"loss='{loss}' is for sales that are never negative, but y holds -2: "
    )


def test_missing_covariates_are_refused(panel):
    X, y = panel
    holes = X.assign(price=X["price"].where(X.index % 9 > 0))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        quick().fit(holes, y)
    model = quick().fit(X, y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(holes)
    with pytest.raises(ValueError, match=r"missing:\n- price"):
        model.predict(X.drop(columns="price"))


def test_window_longer_than_every_series_is_masked():
    X, y = counts(n_times=20)
    model = items(window=100, attention=True).fit(X, y)
    assert model.window_ == 100
    np.testing.assert_allclose(model.predict(future_of(X, HORIZON)), 9, rtol=0.6)
    # the 80 times before the series began are not looked at
    weights = model.attention_weights(future_of(X, 1))
    np.testing.assert_array_equal(weights[:, :80], 0)
    np.testing.assert_allclose(weights[:, 80:].sum(axis=1), 1)
    # nor do they move the forecast of a constant
    X, y = long_frame(np.repeat([[7.0], [400.0]], 20, axis=1))
    forecasts = items(window=100, max_epochs=0).fit(X, y).predict(future_of(X, 2))
    np.testing.assert_allclose(forecasts, [7, 7, 400, 400], rtol=0.01)


def test_window_of_its_own_is_at_most_half_the_longest_series():
    X, y = counts(n_times=20)
    assert items().fit(X, y).window_ == 10
    X, y = counts(n_times=70)
    assert items().fit(X, y).window_ == 28


def test_constant_series_are_forecast_by_their_constant():
    X, y = long_frame(np.repeat([[7.0], [400.0]], 40, axis=1))
    forecasts = items(max_epochs=4).fit(X, y).predict(future_of(X, HORIZON))
    np.testing.assert_allclose(forecasts.reshape(2, -1)[0], 7, rtol=0.01)
    np.testing.assert_allclose(forecasts.reshape(2, -1)[1], 400, rtol=0.01)


@pytest.mark.parametrize("clip", ["auto", False])
def test_nothing_but_zeros_is_forecast_by_zero(clip):
    X, y = long_frame(np.zeros((3, 40)))
    # the first row of each series has no history at all, nor has a new series
    future = future_of(X, 3 * HORIZON)
    new = future.assign(item=future["item"] + 10)
    losses = ("auto", "squared_error", "absolute_error", "poisson", "negative_binomial")
    for loss in losses:
        model = items(loss=loss, clip=clip, max_epochs=1).fit(X, y)
        for rows in (X, future):
            np.testing.assert_array_equal(model.predict(rows), 0)
        with pytest.warns(UserWarning, match="series without sales in fit"):
            np.testing.assert_array_equal(model.predict(new), 0)


@pytest.mark.parametrize("loss", ["auto", "squared_error", "huber", "absolute_error"])
def test_one_huge_outlier_leaves_the_other_series_alone(loss):
    X, y = counts(n_series=8)
    y[5 * 40 + 20] = 1e7
    forecasts = items(loss=loss, max_epochs=4).fit(X, y).predict(future_of(X, HORIZON))
    forecasts = forecasts.reshape(8, -1)
    assert np.isfinite(forecasts).all()
    others = np.delete(forecasts, 5, axis=0)
    np.testing.assert_allclose(others.mean(), 9, rtol=0.25)


def test_unknown_category_of_a_known_series_is_that_of_fit(panel):
    X, y = panel
    model = quick().fit(X, y)
    moved = X.assign(category="never seen")
    np.testing.assert_array_equal(model.predict(moved), model.predict(X))


def test_batches_may_be_larger_than_the_data():
    X, y = counts()
    model = items(batch_size=100_000).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert model.net_.batch_size == 100_000
    # one batch a pass to learn from, and one that judges
    for batches in model.history_[:, "batches"]:
        assert ["train_loss" in batch for batch in batches] == [True, False]
    as_many = items(batch_size=len(X)).fit(X, y)
    np.testing.assert_array_equal(as_many.predict(X), model.predict(X))


@pytest.mark.filterwarnings("ignore:horizon=30, but the longest series has 12")
def test_horizon_may_be_longer_than_the_history():
    X, y = counts(n_times=12)
    forecasts = items(horizon=30).fit(X, y).predict(future_of(X, 30))
    assert np.isfinite(forecasts).all()


def test_no_epoch_is_an_answer():
    X, y = counts()
    model = items(max_epochs=0).fit(X, y)
    assert len(model.history_) == 0
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.filterwarnings("ignore:horizon=.* but the longest series has")
def test_one_row_is_answered_by_itself():
    X, y = counts(n_series=1, n_times=1)
    model = items().fit(X, [6.0])
    assert len(model.history_) == 0
    np.testing.assert_allclose(model.predict(future_of(X, 2)), 6, rtol=1e-3)


def test_series_without_a_sale_and_rows_before_the_start():
    X, y = counts(n_series=4)
    y[X["item"] == 3] = np.nan
    late = X["date"] >= "2024-01-11"
    model = items().fit(X[late], y[late])
    with pytest.warns(UserWarning, match="series without sales in fit"):
        forecasts = model.predict(X)
    assert np.isfinite(forecasts).all()


def test_missing_libraries_are_named(monkeypatch):
    import sys

    X, y = counts()
    for name in [n for n in sys.modules if "neural_network._lstm_" in n]:
        monkeypatch.setitem(sys.modules, name, sys.modules[name])
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-sales\[deep\]"'):
        LSTMRegressor(series="item").fit(X, y)


def test_steps_that_no_row_of_the_history_reaches_are_told_of():
    X, y = counts(n_times=12)
    message = "horizon=20, but the longest series has 12 time.s.: no row of the history"
    with pytest.warns(UserWarning, match=message) as caught:
        items(horizon=20).fit(X, y)
    assert caught[0].filename == __file__
