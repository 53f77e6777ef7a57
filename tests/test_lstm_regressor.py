# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The LSTM by the row-key contract, and what it learns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import (
    HORIZON,
    KEYS,
    future_of,
    long_frame,
    make_panel,
    quick,
    split,
)

from sklearn_sales import (
    LSTMRegressor,
    PanelTimeSeriesSplit,
    make_sales_panel,
    neg_wape_scorer,
)
from sklearn_sales.panel import read_table

DECODERS = pytest.mark.parametrize("decoder", ["direct", "seq2seq"])


@pytest.fixture(scope="module", params=["direct", "seq2seq"])
def fitted(request):
    X, y = make_panel()
    past, ahead = split(X, 9)
    # a known series without a row among those of the past is a new one
    model = quick(decoder=request.param).fit(X[past], y[past])
    return model, X[past], y[past], X[ahead]


@pytest.mark.filterwarnings("ignore:.*series without sales in fit")
def test_rows_are_answered_by_their_key(fitted):
    model, past, _, ahead = fitted
    X = pd.concat([past, ahead])
    whole = pd.Series(model.predict(X), index=X.index)
    shuffled = X.sample(frac=1, random_state=0)
    found = pd.Series(model.predict(shuffled), index=shuffled.index)
    np.testing.assert_allclose(found.reindex(X.index), whole, rtol=1e-9)
    # rows of the training span need no other row
    some = past.iloc[::7]
    np.testing.assert_allclose(model.predict(some), whole[some.index], rtol=1e-9)


@pytest.mark.filterwarnings("ignore:.*series without sales in fit")
def test_direct_rows_up_to_the_horizon_need_no_other_row(fitted):
    model, past, _, ahead = fitted
    near = ahead[ahead["date"] <= past["date"].max() + pd.Timedelta(days=HORIZON)]
    last = past.groupby(KEYS)["date"].max().rename("last")
    steps = near.join(last, on=KEYS)
    near = near[(steps["date"] - steps["last"]).dt.days <= HORIZON]
    assert len(near) > 5
    whole = model.predict(ahead)[ahead.index.isin(near.index)]
    if model.decoder == "direct":
        alone = [model.predict(near.iloc[[i]])[0] for i in range(len(near))]
        np.testing.assert_allclose(alone, whole, rtol=1e-9)


def test_future_rows_are_the_steps_of_one_pass():
    # rows after the span, and the same rows inside the span of more sales
    matrix = np.random.default_rng(0).poisson(20, size=(12, 40)).astype(float)
    X, y = long_frame(matrix)
    past = (X["date"] < "2024-02-01").to_numpy()
    for decoder in ("direct", "seq2seq"):
        options = {"static": None, "series": "item", "decoder": decoder}
        model = quick(**options).fit(X[past], y[past])
        ahead = model.predict(X[~past])
        seen = quick(**options, warm_start=True).fit(X[past], y[past])
        weights = model.net_.module_.state_dict()
        seen.set_params(max_epochs=0).fit(X, y)
        seen.net_.module_.load_state_dict(weights)
        seen._model.arrays.level = model._model.arrays.level
        rows = seen.panel_.locate(read_table(X[~past], estimator=seen, reset=False))
        origins, _ = seen.panel_.origins(rows, HORIZON)
        same = origins == 30
        assert same.sum() >= 5
        inside = seen.predict(X[~past])
        np.testing.assert_allclose(inside[same], ahead[same], rtol=1e-5)


def test_far_rows_are_rolled_forward():
    matrix = np.random.default_rng(0).poisson(20, size=(3, 40)).astype(float)
    X, y = long_frame(matrix)
    model = quick(static=None, series="item").fit(X, y)
    future = future_of(X, 3 * HORIZON)
    forecasts = model.predict(future).reshape(3, -1)
    # feeding the first block back by hand gives the second
    first = future["date"] <= X["date"].max() + pd.Timedelta(days=HORIZON)
    weights = model.net_.module_.state_dict()
    longer = quick(static=None, series="item", warm_start=True, max_epochs=0)
    longer.fit(X, y)
    longer.fit(
        pd.concat([X, future[first]]), np.append(y, forecasts[:, :HORIZON].ravel())
    )
    longer.net_.module_.load_state_dict(weights)
    longer._model.arrays.level = model._model.arrays.level
    second = longer.predict(future[~first]).reshape(3, -1)
    np.testing.assert_allclose(second, forecasts[:, HORIZON:], rtol=1e-4)


@pytest.mark.filterwarnings("ignore:horizon=.* but the longest series has")
def test_ten_thousand_steps_ahead_are_finite():
    matrix = np.random.default_rng(0).poisson(20, size=(2, 30)).astype(float)
    X, y = long_frame(matrix)
    model = quick(static=None, series="item", horizon=100).fit(X, y)
    far = pd.DataFrame({"item": [0], "date": X["date"].max() + pd.Timedelta(days=1e4)})
    assert np.isfinite(model.predict(far)).all()


@DECODERS
def test_missing_covariates_between_are_carried_forward(decoder):
    X, y = make_panel()
    X["price"] = X["price"].round(2)
    past, ahead = split(X, HORIZON)
    ends = X[past].groupby(KEYS)["date"].transform("max") == X[past]["date"].max()
    alive = X[ahead].merge(X[past][ends][KEYS].drop_duplicates())
    model = quick(decoder=decoder, static=None).fit(
        X[past].drop(columns="category"), y[past]
    )
    alive = alive.drop(columns="category")
    step = (alive["date"] - X[past]["date"].max()).dt.days
    far = alive[step == 3]
    last = X[past].drop(columns="category").groupby(KEYS).last().reset_index()
    filled = [far]
    for h in (1, 2):
        held = last.merge(far[KEYS])
        held["date"] = X[past]["date"].max() + pd.Timedelta(days=h)
        filled.append(held[alive.columns])
    filled = pd.concat(filled)
    np.testing.assert_allclose(
        model.predict(far), model.predict(filled)[: len(far)], rtol=1e-9
    )


def test_rows_may_come_as_polars_or_arrays():
    polars = pytest.importorskip("polars")
    X, y = make_panel()
    past, ahead = split(X, HORIZON)
    options = {"max_epochs": 1}
    expected = quick(**options).fit(X[past], y[past]).predict(X[past])
    frame = polars.from_pandas(X[past])
    found = quick(**options).fit(frame, y[past]).predict(frame)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    matrix = np.column_stack(
        [
            X["store"].factorize()[0],
            X["product"].factorize()[0],
            (X["date"] - X["date"].min()).dt.days,
            X["price"],
        ]
    )[past]
    model = quick(series=[0, 1], time=2, static=0, **options).fit(matrix, y[past])
    assert np.isfinite(model.predict(matrix)).all()


def test_gaps_and_trailing_missing_sales_are_masked():
    X, y = make_panel()
    gappy = y.copy()
    gappy[::5] = np.nan
    with_nan = quick().fit(X, gappy).predict(X)
    dropped = quick().fit(X[~np.isnan(gappy)], gappy[~np.isnan(gappy)]).predict(X)
    # the same sales are known; only covariates of gaps may differ
    covariates = ["price", "promotion", "holiday"]
    bare = X.drop(columns=covariates)
    first = quick().fit(bare, gappy).predict(bare)
    kept = ~np.isnan(gappy)
    second = quick().fit(bare[kept], gappy[kept]).predict(bare)
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert np.isfinite(with_nan).all()
    assert np.isfinite(dropped).all()


def test_new_series_are_answered_from_those_alike():
    rng = np.random.default_rng(0)
    levels = np.array([5.0] * 5 + [50.0] * 5)
    X, y = long_frame(rng.poisson(levels[:, None], size=(10, 50)).astype(float))
    X["kind"] = np.where(X["item"] < 5, "small", "large")
    model = quick(series="item", static="kind", max_epochs=3).fit(X, y)
    new = future_of(X, HORIZON).query("item < 3")
    new["item"] += 100
    new["kind"] = np.select(
        [new["item"] == 100, new["item"] == 101], ["small", "large"], "?"
    )
    with pytest.warns(UserWarning, match="12 row.* series without sales in fit"):
        forecasts = model.predict(new).reshape(3, -1)
    np.testing.assert_allclose(forecasts[0], 5, rtol=0.3)
    np.testing.assert_allclose(forecasts[1], 50, rtol=0.3)
    np.testing.assert_allclose(forecasts[2], 27.5, rtol=0.3)
    # new series do not touch each other
    with pytest.warns(UserWarning, match="series without sales"):
        alone = model.predict(new[new["item"] == 101])
    np.testing.assert_allclose(alone, forecasts[1], rtol=1e-9)


def test_static_categories_and_series_are_told_apart():
    rng = np.random.default_rng(0)
    # two kinds of opposite weekends, which no lag of the last two days tells
    week = np.array([1.0, 1, 1, 1, 1, 3, 3])
    pattern = np.stack([week, 4 - week])
    kinds = np.arange(16) % 2
    sales = np.tile(pattern[kinds], (1, 9)) * 10 + rng.normal(size=(16, 63))
    X, y = long_frame(sales)
    X["kind"] = np.where(kinds[X["item"]] == 0, "weekend", "week")
    past = X["date"] < X["date"].max() - pd.Timedelta(days=6)
    common = {
        "window": 2,
        "horizon": 7,
        "season": [7],
        "series": "item",
        "max_epochs": 8,
        "lr": 0.02,
        "shortcut": False,
        "random_state": 0,
    }
    errors = {}
    for name, options in (
        ("blind", {}),
        ("static", {"static": "kind"}),
        ("series", {"embed_series": True}),
    ):
        columns = ["item", "date", *(["kind"] if "static" in options else [])]
        model = LSTMRegressor(**common, **options).fit(X[past][columns], y[past])
        forecasts = model.predict(X[~past][columns])
        errors[name] = np.abs(forecasts - y[~past]).mean()
    assert errors["static"] < 5
    assert errors["series"] < 5


def test_forecasts_are_not_negative_unless_sales_are():
    rng = np.random.default_rng(0)
    X, y = long_frame(rng.poisson(0.3, size=(5, 40)).astype(float))
    options = {"static": None, "series": "item"}
    future = future_of(X, 3 * HORIZON)
    assert (quick(**options).fit(X, y).predict(future) >= 0).all()
    falling = y - 3 * np.tile(np.arange(40), 5)
    assert (quick(**options).fit(X, falling).predict(future) < 0).any()
    clipped = quick(clip=True, **options).fit(X, falling)
    assert (clipped.predict(future) >= 0).all()


def test_autoregression_is_recovered():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(40, 350))
    y = np.zeros_like(noise)
    for t in range(2, 350):
        y[:, t] = 0.6 * y[:, t - 1] - 0.3 * y[:, t - 2] + noise[:, t]
    y, noise = y[:, 50:] + 10, noise[:, 50:]
    X, flat = long_frame(y)
    model = LSTMRegressor(
        8, series="item", validation_steps=50, max_epochs=6, random_state=0
    )
    model.fit(X, flat)
    # the last 50 times were not learned from; each is forecast one step ahead
    error = (model.predict(X).reshape(y.shape) - y)[:, -50:]
    assert np.mean(error**2) <= 1.05 * np.mean(noise[:, -50:] ** 2)


def test_price_elasticity_is_recovered():
    X, y = make_sales_panel(
        n_series=40,
        n_periods=200,
        level=50,
        level_spread=0.5,
        noise=0.05,
        dispersion=0.0,
        yearly_season=0.0,
        promotion_effect=0.0,
        holiday_effect=0.0,
        stockout_share=0.0,
        launch_share=0.0,
        end_share=0.0,
        intermittent_share=0.0,
        outlier_share=0.0,
        price_elasticity=-1.5,
        random_state=0,
    )
    X = X.drop(columns=["category", "promotion", "holiday"])
    model = LSTMRegressor(
        horizon=7,
        series=KEYS,
        max_epochs=10,
        epoch_size=4096,
        lr=5e-3,
        random_state=0,
    ).fit(X, y)
    recent = X[X["date"] > X["date"].max() - pd.Timedelta(days=100)]
    dear = model.predict(recent.assign(price=recent["price"] * 1.05)).sum()
    cheap = model.predict(recent.assign(price=recent["price"] / 1.05)).sum()
    elasticity = np.log(dear / cheap) / np.log(1.05**2)
    assert abs(elasticity + 1.5) < 0.15


def test_loss_of_the_mean_is_chosen_by_the_sales():
    X, y = make_panel()
    chosen = quick(max_epochs=1).fit(X, y)
    assert chosen.loss_ == "poisson"
    given = quick(max_epochs=1, loss="poisson").fit(X, y)
    np.testing.assert_array_equal(chosen.predict(X), given.predict(X))
    assert quick(max_epochs=0, scaling="std").fit(X, y).loss_ == "squared_error"
    returned = np.where(np.arange(len(y)) == 7, -1.0, y)
    assert chosen.set_params(warm_start=True).fit(X, returned).loss_ == "squared_error"


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "negative_binomial"])
def test_weekly_season_of_intermittent_counts_is_learned(loss):
    rate = np.array([0.1, 0.1, 0.2, 0.3, 0.5, 1.0, 0.0])
    counts = np.random.default_rng(1).poisson(np.tile(rate, (60, 20)))
    X, y = long_frame(counts.astype(float))
    model = LSTMRegressor(
        horizon=7,
        series="item",
        loss=loss,
        max_epochs=4,
        epoch_size=2048,
        random_state=0,
    ).fit(X, y)
    forecasts = model.predict(future_of(X, 7)).reshape(60, 7).mean(axis=0)
    np.testing.assert_allclose(forecasts, rate, atol=0.15)


def test_attention_peaks_at_the_lag_of_the_season():
    rng = np.random.default_rng(2)
    season = np.tile(rng.gamma(2, size=(150, 7)), (1, 10))
    X, y = long_frame(season * (1 + 0.05 * rng.normal(size=season.shape)))
    model = LSTMRegressor(
        10,
        series="item",
        season=None,
        attention=True,
        # the linear model would find the season first, and leave nothing to look for
        shortcut=False,
        hidden_size=16,
        dropout=0.0,
        lr=0.01,
        batch_size=64,
        epoch_size=4096,
        max_epochs=8,
        random_state=0,
    ).fit(X, y)
    recent = X[X["date"] > X["date"].max() - pd.Timedelta(days=20)]
    weights = model.attention_weights(recent)
    assert weights.shape == (len(recent), 10)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    mean = weights.mean(axis=0)
    assert mean[-7] > 0.8
    # steps after the span look from their own origin
    ahead = model.attention_weights(future_of(X, 1)).mean(axis=0)
    assert ahead[-7] > 0.8


def test_quantiles_are_ordered_and_cover():
    rng = np.random.default_rng(3)
    X, y = long_frame(100 + 10 * rng.normal(size=(40, 80)))
    past = (X["date"] < "2024-03-10").to_numpy()
    model = LSTMRegressor(
        horizon=5,
        series="item",
        loss="pinball",
        quantiles=[0.9, 0.1],
        max_epochs=4,
        random_state=0,
    ).fit(X[past], y[past])
    high, low = model.predict_quantiles(X[~past]).T
    median = model.predict(X[~past])
    assert (low < median).all()
    assert (median < high).all()
    covered = (y[~past] >= low) & (y[~past] <= high)
    assert 0.7 < covered.mean() < 0.9
    np.testing.assert_allclose(np.mean(high - low), 2 * 12.8, rtol=0.2)


def test_methods_exist_where_they_have_a_meaning():
    assert hasattr(LSTMRegressor(loss="pinball"), "predict_quantiles")
    assert not hasattr(LSTMRegressor(), "predict_quantiles")
    assert hasattr(LSTMRegressor(attention=True), "attention_weights")
    assert not hasattr(LSTMRegressor(), "attention_weights")


def test_search_with_folds_in_time_and_workers():
    X, y = make_panel(n_series=6, n_periods=50)
    encode = ColumnTransformer(
        [("category", OrdinalEncoder(), ["category"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    pipeline = make_pipeline(encode, quick(static=None, max_epochs=1))
    grid = {
        "lstmregressor__hidden_size": [4, 8],
        "lstmregressor__lr": [1e-3, 1e-2],
        "lstmregressor__decoder": ["direct", "seq2seq"],
    }
    folds = PanelTimeSeriesSplit(n_splits=2, test_size=HORIZON, time="date")
    search = GridSearchCV(
        pipeline,
        grid,
        cv=folds,
        scoring=neg_wape_scorer,
        n_jobs=2,
        error_score="raise",
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(np.unique(search.cv_results_["mean_test_score"])) > 2
    # the same settings in this process give the same score as in the workers
    train, test = list(folds.split(X, y))[0]
    model = clone(pipeline).set_params(**search.cv_results_["params"][0])
    model.fit(X.iloc[train], y[train])
    found = neg_wape_scorer(model, X.iloc[test], y[test])
    np.testing.assert_allclose(found, search.cv_results_["split0_test_score"][0], 1e-4)
