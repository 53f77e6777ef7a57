# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""ARRegressor against statsmodels' AutoReg, series by series."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.ar_model import AutoReg, ar_select_order

from sklearn_sales import load_walmart_sample
from sklearn_sales.linear_model import ARRegressor

HORIZON = 28
PERIOD = 7


def simulate(seed, n=200):
    """Sales with memory, a trend, a weekly season and two covariates."""
    rng = np.random.default_rng(seed)
    times = np.arange(n + HORIZON)
    exog = np.column_stack([rng.normal(size=len(times)), times % 11 == 0])
    season = 8.0 * np.sin(2 * np.pi * times / PERIOD)
    level = 20 + 0.1 * times + season + exog @ [3.0, 6.0]
    y = np.empty(len(times))
    y[:3] = 60
    for t in range(3, len(times)):
        memory = 0.45 * y[t - 1] - 0.2 * y[t - 2] + 0.3 * y[t - 3]
        y[t] = level[t] + memory + rng.normal(scale=4)
    return y[:n], exog


def table(y, exog=None, start="2022-01-03", freq="D"):
    """Rows of the training span and of the horizon."""
    n = len(y) + HORIZON
    X = pd.DataFrame({"date": pd.date_range(start, periods=n, freq=freq)})
    if exog is not None:
        X[[f"x{j}" for j in range(exog.shape[1])]] = exog
    return X[: len(y)], X[len(y) :]


def assert_close(actual, expected):
    """Equal to six digits of the largest value."""
    expected = np.asarray(expected)
    tolerance = 1e-6 * np.max(np.abs(expected), initial=1e-300)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


def coefficients(model, trend, code=0):
    """Coefficients of a series in the order of statsmodels."""
    parts = [[model.intercept_[code]] if "c" in trend else []]
    parts += [[model.trend_coef_[code]] if "t" in trend else []]
    parts += [model.seasonal_coef_[code, int("c" in trend) :]]
    return np.concatenate([*parts, model.lag_coef_[code], model.covariate_coef_[code]])


def check_forecasts(model, reference, train, future, exog):
    """Fitted values, forecasts and their deviations; reference knows no clipping."""
    n, deepest = len(train), len(train) - len(reference.fittedvalues)
    assert_close(model.predict(train)[deepest:], reference.fittedvalues)
    oos = None if exog is None else exog[n:]
    expected = reference.get_prediction(n, n + HORIZON - 1, exog_oos=oos)
    forecast, std = model.predict(future, return_std=True)
    assert_close(forecast, expected.predicted_mean)
    assert_close(std, expected.se_mean)


@pytest.mark.parametrize("with_exog", [False, True], ids=["alone", "covariates"])
@pytest.mark.parametrize("seasonal", [None, PERIOD])
@pytest.mark.parametrize("lags", [None, 1, 3, [1, 3], [2, 7, 14]], ids=str)
@pytest.mark.parametrize("trend", ["n", "c", "t", "ct"])
def test_every_kind_of_terms(trend, lags, seasonal, with_exog):
    y, exog = simulate(seed=0)
    exog = exog if with_exog else None
    train, future = table(y, exog)
    model = ARRegressor(lags=lags, trend=trend, seasonal=seasonal, clip=False)
    model.fit(train, y)
    reference = AutoReg(
        y,
        0 if lags is None else lags,
        trend=trend,
        seasonal=seasonal is not None,
        period=seasonal,
        exog=None if exog is None else exog[: len(y)],
    ).fit()
    assert_close(coefficients(model, trend), reference.params)
    assert_close(model.sigma_, [np.sqrt(reference.sigma2)])
    check_forecasts(model, reference, train, future, exog)


@pytest.mark.parametrize("offset", [1, 3, 6])
def test_phases_follow_the_calendar_and_forecasts_the_series(offset):
    # an earlier series moves the phases of the second one off its own start
    y, _ = simulate(seed=1)
    train, future = table(y)
    early = pd.DataFrame({"date": train["date"] - pd.Timedelta(days=offset)})
    panel = pd.concat([early.assign(item="a"), train.assign(item="b")])
    model = ARRegressor(lags=3, trend="ct", seasonal=PERIOD, series="item", clip=False)
    model.fit(panel, np.concatenate([y, y]))
    reference = AutoReg(y, 3, trend="ct", seasonal=True, period=PERIOD).fit()
    assert_close(model.lag_coef_[1], reference.params[-3:])
    check = future.assign(item="b")
    forecast = model.predict(check)
    assert_close(forecast, reference.predict(len(y), len(y) + HORIZON - 1))
    # statsmodels counts phases from the series' own start, and ours are moved on
    own = coefficients(model, "ct", code=0)
    moved = np.append(0, coefficients(model, "ct", code=1)[2:8])
    np.testing.assert_allclose(
        np.diff(np.roll(moved, -offset)), np.diff(np.append(0, own[2:8])), rtol=1e-6
    )


@pytest.mark.parametrize("trend", ["n", "c", "t", "ct"])
@pytest.mark.parametrize("exponent", [-9, -6, 6, 9])
def test_units_of_any_size(trend, exponent):
    y, exog = simulate(seed=2)
    y, exog = y * 10.0**exponent, exog * 10.0**-exponent
    train, future = table(y, exog)
    model = ARRegressor(lags=3, trend=trend, clip=False).fit(train, y)
    # statsmodels' own solver asks for columns of one size
    scaled = AutoReg(
        y * 10.0**-exponent, 3, trend=trend, exog=exog[: len(y)] * 10.0**exponent
    )
    reference = scaled.fit()
    expected = reference.predict(
        len(y), len(y) + HORIZON - 1, exog_oos=exog[len(y) :] * 10.0**exponent
    )
    assert_close(model.predict(future), expected * 10.0**exponent)


@pytest.mark.parametrize("noise", [1e-1, 1e-2, 1e-3])
@pytest.mark.parametrize("trend", ["c", "ct"])
def test_smooth_series_whose_lags_nearly_repeat_each_other(noise, trend):
    rng = np.random.default_rng(3)
    t = np.arange(300)
    y = 1000 + 2 * t + 50 * np.sin(t / 20) + rng.normal(scale=noise, size=len(t))
    train, future = table(y)
    model = ARRegressor(lags=3, trend=trend, clip=False).fit(train, y)
    reference = AutoReg(y, 3, trend=trend).fit()
    assert_close(model.lag_coef_[0], reference.params[-3:])
    assert_close(model.sigma_, [np.sqrt(reference.sigma2)])
    check_forecasts(model, reference, train, future, None)


def simulate_order(order, n, rng):
    """Sales with as many lags as told and one covariate."""
    exog = rng.normal(size=(n, 1))
    y = np.full(n, 50.0)
    for t in range(order, n):
        memory = sum(
            (-0.6) ** (i % 2) * 0.7 / order * y[t - i] for i in range(1, order + 1)
        )
        y[t] = 30 + memory + 2 * exog[t, 0] + rng.normal(scale=3)
    return y, exog


@pytest.mark.parametrize("criterion", ["aic", "bic"])
@pytest.mark.parametrize("trend", ["n", "c", "ct"])
@pytest.mark.parametrize("with_exog", [False, True], ids=["alone", "covariates"])
def test_chosen_orders(criterion, trend, with_exog):
    rng = np.random.default_rng(5)
    frames, sales, orders = [], [], []
    for item in range(12):
        y, exog = simulate_order(order=item % 5, n=100 + 10 * item, rng=rng)
        exog = exog if with_exog else None
        frames.append(table(y)[0].assign(item=item))
        if with_exog:
            frames[-1]["x"] = exog
        sales.append(y)
        chosen = ar_select_order(y, 12, ic=criterion, trend=trend, exog=exog)
        orders.append(len(chosen.ar_lags or []))
    model = ARRegressor(lags=criterion, max_lags=12, trend=trend, series="item")
    model.fit(pd.concat(frames), np.concatenate(sales))
    assert model.order_.tolist() == orders
    assert len(set(orders)) > 2


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_chosen_models_are_fitted_on_all_their_rows(criterion):
    y, _ = simulate(seed=4)
    train, future = table(y)
    model = ARRegressor(lags=criterion, max_lags=14, clip=False).fit(train, y)
    reference = AutoReg(y, int(model.order_[0])).fit()
    used = model.lag_coef_[0, : model.order_[0]]
    assert_close(used, reference.params[1:])
    assert (model.lag_coef_[0, model.order_[0] :] == 0).all()
    check_forecasts(model, reference, train, future, None)


@pytest.fixture(scope="module")
def walmart():
    X, y = load_walmart_sample(return_X_y=True)
    return X.drop(columns="store"), y


WALMART = [(4, "c"), ([1, 2, 52], "ct"), ([1, 52], "n")]


def fit_walmart(X, y, **parameters):
    """Fit all but the last weeks; yield a reference for each department."""
    past = X["date"] <= X["date"].unique()[-HORIZON - 1]
    model = ARRegressor(series="dept", clip=False, **parameters).fit(X[past], y[past])
    names = X.columns.difference(["dept", "date"])
    lags, season = parameters["lags"], parameters.get("seasonal")
    for code, dept in enumerate(model.series_["dept"]):
        rows = X["dept"] == dept
        exog = X.loc[rows, names].to_numpy(dtype=float) if len(names) else None
        sales = y[rows & past].to_numpy()
        reference = AutoReg(
            sales,
            0 if lags is None else lags,
            trend=parameters["trend"],
            seasonal=season is not None,
            period=season,
            exog=None if exog is None else exog[: len(sales)],
        ).fit()
        parts = X[rows & past], X[rows & ~past], exog
        yield model, code, reference, parts


@pytest.mark.parametrize(("lags", "trend"), WALMART, ids=str)
def test_walmart_with_holidays(walmart, lags, trend):
    fitted = fit_walmart(*walmart, lags=lags, trend=trend)
    for model, code, reference, parts in fitted:
        assert_close(coefficients(model, trend, code), reference.params)
        assert_close(model.sigma_[code], np.sqrt(reference.sigma2))
        check_forecasts(model, reference, *parts)


@pytest.mark.parametrize(("lags", "trend"), [(2, "ct"), (None, "t")], ids=str)
def test_walmart_with_a_year_of_phases(walmart, lags, trend):
    X, y = walmart
    X = X.drop(columns="is_holiday")
    fitted = fit_walmart(X, y, lags=lags, trend=trend, seasonal=52)
    for model, code, reference, parts in fitted:
        assert_close(coefficients(model, trend, code), reference.params)
        check_forecasts(model, reference, *parts)


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
def test_holidays_that_phases_explain_move_no_forecast(walmart):
    # a holiday falls on the same week of each year: season and flag say the same
    fitted = fit_walmart(*walmart, lags=2, trend="ct", seasonal=52)
    for model, _, reference, parts in fitted:
        check_forecasts(model, reference, *parts)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_walmart_orders(walmart, criterion):
    X, y = walmart
    model = ARRegressor(lags=criterion, max_lags=10, series="dept").fit(X, y)
    expected = []
    for _, rows in X.groupby("dept"):
        chosen = ar_select_order(
            y[rows.index].to_numpy(),
            10,
            ic=criterion,
            exog=rows[["is_holiday"]].to_numpy(float),
        )
        expected.append(len(chosen.ar_lags or []))
    assert model.order_.tolist() == expected
