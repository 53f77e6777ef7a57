# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""ARRegressor on panels as they come: gaps, ragged ends, covariates, odd series."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_sales.linear_model import ARRegressor


def daily(n, *, start="2021-01-01", **columns):
    return pd.DataFrame({"date": pd.date_range(start, periods=n), **columns})


def messy_panel(seed, n_series=5, days=90):
    """Series that start and end on their own days, with gaps, in no order."""
    rng = np.random.default_rng(seed)
    parts = []
    for item in range(n_series):
        first, last = rng.integers(0, 20), rng.integers(days - 20, days)
        t = np.arange(first, last)
        y = 20 + 5 * item + 3 * (t % 7 == 5) + rng.normal(size=len(t)).cumsum() / 3
        part = daily(days)[first:last].assign(
            item=item, price=rng.normal(size=len(t)), y=y
        )
        kept = rng.random(len(t)) > 0.05
        kept[[0, -1]] = True
        parts.append(part[kept])
    panel = pd.concat(parts, ignore_index=True)
    return panel.sample(frac=1, random_state=seed, ignore_index=True)


def split(panel):
    return panel.drop(columns="y"), panel["y"].to_numpy(copy=True)


def ahead(panel, horizon, start=None):
    """Rows of the days after a panel, the same for every series."""
    start = panel["date"].max() + pd.Timedelta(days=1) if start is None else start
    rng = np.random.default_rng(99)
    parts = [
        daily(horizon, start=start, item=item, price=rng.normal(size=horizon))
        for item in sorted(panel["item"].unique())
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    "parameters",
    [
        {"lags": 3},
        {"lags": [1, 7], "trend": "ct", "seasonal": 7, "alpha": 0.01},
        {"lags": "bic", "max_lags": 6, "trend": "n"},
        {"lags": None, "trend": "t"},
    ],
    ids=str,
)
@pytest.mark.parametrize("covariates", [["price"], []], ids=["price", "alone"])
@pytest.mark.parametrize("seed", [0, 1])
def test_each_series_of_a_panel_is_its_own_fit(parameters, covariates, seed):
    panel, columns = messy_panel(seed), ["date", "item", *covariates]
    future = ahead(panel, 10)
    model = ARRegressor(**parameters, clip=False, series="item")
    model.fit(panel[columns], panel["y"])
    for code, (item, own) in enumerate(panel.groupby("item")):
        alone = ARRegressor(**parameters, clip=False)
        bare = ["date", *covariates]
        alone.fit(own[bare], own["y"])
        for name in ("lag_coef_", "covariate_coef_", "sigma_", "order_"):
            np.testing.assert_allclose(
                getattr(model, name)[code],
                getattr(alone, name)[0],
                rtol=1e-7,
                atol=1e-9,
            )
        for rows in (own, future[future["item"] == item]):
            found = model.predict(rows[columns], return_std=True)
            expected = alone.predict(rows[bare], return_std=True)
            np.testing.assert_allclose(found, expected, rtol=1e-7)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 4), st.booleans())
def test_missing_sales_equal_missing_rows(seed, lags, pooled):
    panel = messy_panel(seed, n_series=2, days=50).drop(columns="price")
    X, y = split(panel)
    hidden = np.random.default_rng(seed).random(len(y)) < 0.2
    future = ahead(panel, 5).drop(columns="price")
    model = ARRegressor(lags=lags, pooled=pooled, series="item")
    expected = model.fit(X[~hidden], y[~hidden]).predict(pd.concat([X, future]))
    found = model.fit(X, np.where(hidden, np.nan, y)).predict(pd.concat([X, future]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_row_is_answered_by_itself(pooled):
    panel = messy_panel(2)
    X, y = split(panel)
    model = ARRegressor(lags=3, pooled=pooled, series="item").fit(X, y)
    together = model.predict(X)
    for row in (0, 7, 100):
        np.testing.assert_allclose(model.predict(X.iloc[[row]]), together[row])
    last = X.groupby("item")["date"].transform("max")
    first_ahead = X[X["date"] == last].assign(date=last + pd.Timedelta(days=1))
    together = model.predict(first_ahead)
    for row in range(5):
        np.testing.assert_allclose(
            model.predict(first_ahead.iloc[[row]]), together[row]
        )


def fit_price(lags=2):
    """One series whose price matters, and its model."""
    rng = np.random.default_rng(5)
    price = rng.uniform(1, 3, size=120)
    y = np.full(120, 20.0)
    for t in range(2, 120):
        y[t] = 30 + 0.4 * y[t - 1] - 5 * price[t] + rng.normal()
    model = ARRegressor(lags=lags).fit(daily(120, price=price), y)
    return model, price, y


def recursion(model, y, prices):
    """The model's equation, day by day."""
    known = list(y)
    for price in prices:
        lags = sum(
            c * known[-lag]
            for lag, c in zip(model.lags_, model.lag_coef_[0], strict=True)
        )
        known.append(model.intercept_[0] + lags + model.covariate_coef_[0, 0] * price)
    return np.array(known[len(y) :])


def test_a_recursion_reads_the_covariates_of_the_days_between():
    model, _, y = fit_price()
    prices = np.array([1.0, 3.0, 1.5, 2.0, 6.0, 1.2])
    future = daily(6, start="2021-05-01", price=prices)
    expected = recursion(model, y, prices)
    np.testing.assert_allclose(model.predict(future), expected)
    np.testing.assert_allclose(model.predict(future[::-1]), expected[::-1])
    without = model.predict(future.iloc[[5]])
    assert abs(without - expected[5]) > 1


def test_a_recursion_carries_the_last_known_covariates_forward():
    model, price, y = fit_price()
    future = daily(6, start="2021-05-01", price=[1.0, 3.0, 1.5, 2.0, 2.5, 1.2])
    some = future.iloc[[2, 5]]
    # days 1 and 2 at the last price of fit, days 4 and 5 at that of day 3
    prices = [price[-1], price[-1], 1.5, 1.5, 1.5, 1.2]
    np.testing.assert_allclose(model.predict(some), recursion(model, y, prices)[[2, 5]])


def test_several_prices_of_one_day_get_an_answer_each():
    model, _, _ = fit_price()
    prices = [1.0, 2.0, 3.0]
    offers = pd.concat([daily(1, start="2021-05-01", price=p) for p in prices])
    expected = [model.predict(daily(1, start="2021-05-01", price=p))[0] for p in prices]
    np.testing.assert_allclose(model.predict(offers), expected)
    assert np.ptp(expected) > 5


def test_covariates_of_days_without_sales_are_read_from_their_rows():
    rng = np.random.default_rng(6)
    price = rng.uniform(1, 3, size=80)
    y = 30 - 5 * price + rng.normal(scale=0.1, size=80)
    y[40] = np.nan
    model = ARRegressor(lags=1).fit(daily(80, price=price), y)
    # the bridged value of day 40 is what day 41 reads as its lag
    coef, beta = model.lag_coef_[0, 0], model.covariate_coef_[0, 0]
    bridged = model.intercept_[0] + coef * y[39] + beta * price[40]
    expected = model.intercept_[0] + coef * bridged + beta * price[41]
    found = model.predict(daily(80, price=price))
    np.testing.assert_allclose(found[[40, 41]], [bridged, expected])


def test_a_day_without_a_row_keeps_the_covariates_of_the_day_before():
    rng = np.random.default_rng(6)
    price = rng.uniform(1, 3, size=80)
    y = 30 - 5 * price + rng.normal(scale=0.1, size=80)
    X, absent = daily(80, price=price), [40, 41]
    model = ARRegressor(lags=1).fit(X.drop(index=absent), np.delete(y, absent))
    same = price.copy()
    same[absent] = price[39]
    other = ARRegressor(lags=1).fit(
        X.assign(price=same), np.where(X.index.isin(absent), np.nan, y)
    )
    day = X.iloc[[42]]
    np.testing.assert_allclose(model.predict(day), other.predict(day))
    assert abs(price[41] - price[39]) > 0.1


def test_rows_before_the_start_read_the_mean_for_their_lags():
    rng = np.random.default_rng(7)
    y = 20 + rng.normal(size=60)
    model = ARRegressor(lags=2).fit(daily(60), y)
    early = daily(4, start="2020-12-28")
    expected = model.intercept_ + model.lag_coef_.sum() * y.mean()
    np.testing.assert_allclose(model.predict(early), np.repeat(expected, 4))
    second = model.intercept_ + model.lag_coef_[0] @ [y[0], y.mean()]
    np.testing.assert_allclose(model.predict(daily(2))[1], second[0])


@pytest.mark.parametrize("pooled", [False, True])
def test_a_new_series_is_answered_from_the_mean_of_all_with_one_warning(pooled):
    panel = messy_panel(3)
    X, y = split(panel)
    model = ARRegressor(lags=3, pooled=pooled, series="item").fit(X, y)
    new = ahead(panel, 4).query("item == 0").assign(item=77)
    with pytest.warns(UserWarning, match="4 row.*item=77.*mean of all") as caught:
        found = model.predict(new)
    assert len(caught) == 1
    if not pooled:
        mean = panel.groupby("date")[["price", "y"]].mean().reset_index()
        alone = ARRegressor(lags=3).fit(mean[["date", "price"]], mean["y"])
        np.testing.assert_allclose(found, alone.predict(new[["date", "price"]]))
    assert (np.abs(found - y.mean()) < 4 * y.std()).all()


def test_a_series_that_was_never_observed_counts_as_new():
    panel = messy_panel(4)
    X, y = split(panel)
    y[X["item"] == 2] = np.nan
    model = ARRegressor(lags=3, series="item").fit(X, y)
    assert model.order_.tolist() == [3, 3, 0, 3, 3]
    unseen = ahead(panel, 2).query("item == 2")
    with pytest.warns(UserWarning, match="without sales in fit"):
        assert np.isfinite(model.predict(unseen)).all()


ODD = {
    "one row": [7.0],
    "two rows": [7.0, 9.0],
    "constant": [4.2] * 40,
    "zero": [0.0] * 40,
    "alternating": [1.0, 3.0] * 20,
    "one sale": [0.0] * 20 + [5.0] + [0.0] * 19,
    "ramp": np.arange(40.0),
    "explosive": 1.4 ** np.arange(40.0),
    "one observation": [np.nan] * 10 + [6.0] + [np.nan] * 10,
    "first and last": [3.0, *[np.nan] * 38, 5.0],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        {"lags": 7},
        {"lags": [1, 2], "trend": "n"},
        {"lags": 3, "trend": "ct", "seasonal": 7},
        {"lags": "aic", "max_lags": 5},
        {"lags": 2, "trend": "t", "alpha": 0.1},
    ],
    ids=str,
)
def test_odd_series_get_a_sensible_answer(name, parameters, pooled):
    if pooled and isinstance(parameters["lags"], str):
        parameters = {**parameters, "lags": 5}
    y = np.array(ODD[name])
    X = daily(len(y), price=np.ones(len(y)))
    model = ARRegressor(pooled=pooled, **parameters).fit(X, y)
    future = daily(30, start=X["date"].iloc[-1] + pd.Timedelta(days=1), price=1.0)
    answers, std = model.predict(pd.concat([X, future]), return_std=True)
    assert np.isfinite(answers).all()
    assert np.isfinite(std).all()
    low, high = np.nanmin(y), np.nanmax(y)
    width = high - low
    assert (answers >= 0).all()
    reach = width * (1 + 30 / max(len(y), 1)) if width else 1e-9
    assert (model.predict(future) <= high + reach * 1.0001).all()


@pytest.mark.parametrize("trend", ["n", "c", "ct"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 4.2, 1e8 / 3])
def test_a_constant_series_stays_constant(trend, constant):
    X = daily(50)
    model = ARRegressor(lags=3, trend=trend).fit(X, np.full(50, constant))
    rows = pd.concat([X, daily(40, start="2021-02-20")])
    answers, std = model.predict(rows, return_std=True)
    np.testing.assert_allclose(answers, constant, rtol=1e-9)
    np.testing.assert_allclose(std, 0, atol=1e-9 * (constant + 1))


def test_short_series_are_answered_by_their_mean():
    X = pd.concat([daily(60, item="long"), daily(4, item="short")])
    y = np.append(np.random.default_rng(8).normal(20, 2, size=60), [1.0, 5, 3, 7])
    model = ARRegressor(lags=5, series="item").fit(X, y)
    assert model.order_.tolist() == [5, 0]
    future = daily(3, start="2021-03-02", item="short")
    forecast, std = model.predict(future, return_std=True)
    np.testing.assert_allclose(forecast, 4)
    np.testing.assert_allclose(std, np.std([1, 5, 3, 7]))
    # without a constant the mean of its lags: what came before the start is the mean
    model = ARRegressor(lags=5, trend="n", series="item").fit(X, y)
    np.testing.assert_allclose(model.predict(future.assign(date="2021-01-05"))[:1], 4)
    assert model.order_.tolist() == [5, 5]


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("copies", [2, 3])
def test_collinear_covariates_share_their_effect(pooled, copies):
    rng = np.random.default_rng(9)
    price = rng.uniform(1, 3, size=120)
    y = 30 - 6 * price + rng.normal(size=120)
    single = ARRegressor(lags=1, pooled=pooled, scaling=None)
    single.fit(daily(120, price=price), y)
    columns = {f"price{i}": price for i in range(copies)}
    model = ARRegressor(lags=1, pooled=pooled, scaling=None)
    model.fit(daily(120, **columns), y)
    shares = single.covariate_coef_[0, 0] / copies
    np.testing.assert_allclose(model.covariate_coef_, [[shares] * copies], rtol=1e-6)
    future = daily(5, start="2021-05-01")
    np.testing.assert_allclose(
        model.predict(future.assign(**dict.fromkeys(columns, 2.0))),
        single.predict(future.assign(price=2.0)),
        rtol=1e-7,
    )


def test_a_covariate_without_news_moves_no_forecast():
    rng = np.random.default_rng(10)
    y = rng.normal(20, 2, size=80)
    plain = ARRegressor(lags=2).fit(daily(80), y)
    model = ARRegressor(lags=2).fit(daily(80, size=0.1), y)
    assert model.covariate_coef_ == 0
    future = daily(3, start="2021-03-22")
    np.testing.assert_allclose(
        model.predict(future.assign(size=0.2)), plain.predict(future)
    )


@pytest.mark.parametrize(
    ("clip", "lowest", "clipped"),
    [
        ("auto", 0.0, True),
        ("auto", -1.0, False),
        (True, 0.0, True),
        (True, -1.0, True),
        (False, 0.0, False),
    ],
)
def test_clip(clip, lowest, clipped):
    y = np.maximum(40 - 1.0 * np.arange(41), lowest)
    y[-1] = lowest
    model = ARRegressor(lags=None, trend="ct", clip=clip).fit(daily(41), y)
    forecast = model.predict(daily(20, start="2021-02-11"))
    assert (forecast.min() == 0) == clipped
    assert (forecast.min() < 0) != clipped


def test_no_warning_for_series_that_fit_saw():
    panel = messy_panel(6)
    X, y = split(panel)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = ARRegressor(lags=3, series="item").fit(X, y)
        model.predict(ahead(panel, 5))


def test_nothing_that_is_fitted_on_train_reads_the_test_span():
    panel = messy_panel(7)
    cut = panel["date"].max() - pd.Timedelta(days=25)
    X, y = split(panel)
    train = (panel["date"] <= cut).to_numpy()
    model = ARRegressor(lags=3, trend="ct", series="item").fit(X[train], y[train])
    # the span after the cut comes with missing sales: still the same model
    hidden = ARRegressor(lags=3, trend="ct", series="item")
    hidden.fit(X, np.where(train, y, np.nan))
    np.testing.assert_allclose(hidden.lag_coef_, model.lag_coef_)
    np.testing.assert_allclose(hidden.predict(X), model.predict(X))


@pytest.mark.parametrize("n_jobs", [2, -1, 9])
def test_threads_do_not_change_a_coefficient(n_jobs):
    X, y = split(messy_panel(3))
    one = ARRegressor(lags=3, series="item").fit(X, y)
    many = ARRegressor(lags=3, series="item", n_jobs=n_jobs).fit(X, y)
    for name in ("intercept_", "lag_coef_", "covariate_coef_", "sigma_", "order_"):
        np.testing.assert_allclose(
            getattr(many, name), getattr(one, name), rtol=1e-12, atol=1e-12
        )
