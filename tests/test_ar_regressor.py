# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Laws that ARRegressor keeps: least squares, units, order, attributes."""

import pickle
import time

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_sales import PanelTimeSeriesSplit, load_walmart_sample
from sklearn_sales.linear_model import ARRegressor


def simulate(n, phi, *, seed=0, constant=10.0, scale=1.0, burn_in=50):
    """Sales of an autoregression with known coefficients."""
    rng = np.random.default_rng(seed)
    y = np.full(n + burn_in, constant / (1 - sum(phi)))
    for t in range(len(phi), len(y)):
        memory = sum(c * y[t - i - 1] for i, c in enumerate(phi))
        y[t] = constant + memory + rng.normal(scale=scale)
    return y[burn_in:]


def daily(n, *, start="2021-01-01", **columns):
    return pd.DataFrame({"date": pd.date_range(start, periods=n), **columns})


def lag_matrix(y, lags):
    """Targets and their lags, from the first target whose lags are all known."""
    y, depth = np.asarray(y), max(lags)
    columns = [y[depth - lag : len(y) - lag] for lag in lags]
    return np.column_stack(columns), y[depth:]


def make_panel(n_series=4, n=60, seed=0):
    """A panel of autoregressions of different levels, its rows shuffled."""
    rng = np.random.default_rng(seed)
    parts = []
    for item in range(n_series):
        y = simulate(n, (0.5, -0.3), seed=[seed, item], constant=5.0 + 10 * item)
        parts.append(daily(n, item=f"item {item}", price=rng.normal(size=n), y=y))
    return pd.concat(parts).sample(frac=1, random_state=seed, ignore_index=True)


def future_of(panel, horizon, seed=1):
    """Rows of the next days of every series, with their covariates."""
    rng = np.random.default_rng(seed)
    last = panel["date"].max() + pd.Timedelta(days=1)
    ahead = [
        daily(horizon, start=last, item=item, price=rng.normal(size=horizon))
        for item in sorted(panel["item"].unique())
    ]
    return pd.concat(ahead, ignore_index=True)


@pytest.fixture
def panel():
    return make_panel()


def test_worked_example_is_answered_by_least_squares():
    y = np.array([100.0, 200.0, 150.0, 250.0, 300.0])
    model = ARRegressor(lags=2, trend="n").fit(daily(5), y)
    phi = np.linalg.lstsq(*lag_matrix(y, [1, 2]), rcond=None)[0]
    np.testing.assert_allclose(model.lag_coef_, [phi])
    (forecast,) = model.predict(daily(1, start="2021-01-06"))
    np.testing.assert_allclose(forecast, phi @ [300, 250])
    # neither the coefficients stated beside these sales nor the forecast fits them
    assert abs(forecast - 260) > 50
    assert np.abs(phi - [0.7, -0.3]).max() > 0.1


@pytest.mark.parametrize("trend", ["n", "c"])
@pytest.mark.parametrize("lags", [1, 4, [1, 3], [2, 5, 7]], ids=str)
def test_equals_linear_regression_on_the_lag_matrix(lags, trend):
    y = simulate(80, (0.6, -0.2))
    model = ARRegressor(lags=lags, trend=trend).fit(daily(80), y)
    rows, target = lag_matrix(y, model.lags_)
    reference = LinearRegression(fit_intercept=trend == "c").fit(rows, target)
    np.testing.assert_allclose(model.lag_coef_[0], reference.coef_, rtol=1e-8)
    np.testing.assert_allclose(
        model.intercept_[0], reference.intercept_, rtol=1e-8, atol=1e-8
    )
    fitted = model.predict(daily(80))[max(model.lags_) :]
    np.testing.assert_allclose(fitted, reference.predict(rows), rtol=1e-8)


def scale_of(y, scaling):
    return {"mean": np.mean(np.abs(y)), "std": np.std(y), None: 1.0}[scaling]


def stacked(panel, lags, scaling):
    """Scaled lag matrices of all series, one under the other."""
    rows, targets, scales = [], [], []
    for _, own in panel.sort_values("date").groupby("item"):
        scales.append(scale_of(own["y"], scaling))
        columns, target = lag_matrix(own["y"] / scales[-1], lags)
        rows.append(np.column_stack([own["price"].iloc[max(lags) :], columns]))
        targets.append(target)
    return np.concatenate(rows), np.concatenate(targets), np.array(scales)


@pytest.mark.parametrize("scaling", ["mean", "std", None])
@pytest.mark.parametrize("trend", ["n", "c"])
def test_pooled_equals_linear_regression_on_the_stacked_rows(panel, scaling, trend):
    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor(
        [1, 2], trend=trend, pooled=True, scaling=scaling, series="item"
    )
    model.fit(X, y)
    rows, target, scales = stacked(panel, [1, 2], scaling)
    reference = LinearRegression(fit_intercept=trend == "c").fit(rows, target)
    np.testing.assert_allclose(model.lag_coef_, np.tile(reference.coef_[1:], (4, 1)))
    np.testing.assert_allclose(model.covariate_coef_[:, 0], scales * reference.coef_[0])
    np.testing.assert_allclose(model.intercept_, scales * reference.intercept_)
    rms = np.sqrt(np.mean((target - reference.predict(rows)) ** 2))
    np.testing.assert_allclose(model.sigma_, scales * rms)


@pytest.mark.parametrize("alpha", [1e-4, 0.01, 1.0, 30.0])
def test_alpha_is_ridge_on_standardised_columns(alpha):
    y, price = simulate(90, (0.6, -0.2)), np.random.default_rng(1).normal(3, 2, size=90)
    model = ARRegressor([1, 2], alpha=alpha).fit(daily(90, price=price), y)
    columns, target = lag_matrix(y, [1, 2])
    rows = np.column_stack([price[2:], columns])
    reference = make_pipeline(StandardScaler(), Ridge(alpha=alpha * len(target)))
    reference.fit(rows, target)
    coef = reference[-1].coef_ / reference[0].scale_
    np.testing.assert_allclose(model.covariate_coef_[0], coef[:1], rtol=1e-8)
    np.testing.assert_allclose(model.lag_coef_[0], coef[1:], rtol=1e-8)
    fitted = model.predict(daily(90, price=price))[2:]
    np.testing.assert_allclose(fitted, reference.predict(rows), rtol=1e-8)


@pytest.mark.parametrize(("constant", "alpha"), [(10.0, 0.05), (1000.0, 1e-6)])
def test_alpha_without_a_constant_is_a_share_of_squares_about_zero(constant, alpha):
    y = simulate(90, (0.6, -0.2), constant=constant)
    model = ARRegressor([1, 2], trend="n", alpha=alpha).fit(daily(90), y)
    rows, target = lag_matrix(y, [1, 2])
    size = np.sqrt(np.mean(rows**2, axis=0))
    ridge = Ridge(alpha=alpha * len(target), fit_intercept=False)
    expected = ridge.fit(rows / size, target).coef_ / size
    np.testing.assert_allclose(model.lag_coef_[0], expected, rtol=1e-8)


@pytest.mark.parametrize("alpha", [0.01, 1.0])
def test_pooled_alpha_is_ridge_on_standardised_columns(panel, alpha):
    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor([1, 2], pooled=True, alpha=alpha, series="item").fit(X, y)
    rows, target, scales = stacked(panel, [1, 2], "mean")
    reference = make_pipeline(StandardScaler(), Ridge(alpha=alpha * len(target)))
    reference.fit(rows, target)
    coef = reference[-1].coef_ / reference[0].scale_
    np.testing.assert_allclose(model.lag_coef_[2], coef[1:], rtol=1e-8)
    np.testing.assert_allclose(model.covariate_coef_[:, 0], scales * coef[0], rtol=1e-8)


def test_trend_and_season_go_free_of_the_penalty():
    t = np.arange(140)
    y = 50 + 0.5 * t + 10 * (t % 7 == 5) + np.random.default_rng(2).normal(size=140)
    X = daily(140)
    free = ARRegressor(lags=None, trend="ct", seasonal=7).fit(X, y)
    bound = ARRegressor(lags=3, trend="ct", seasonal=7, alpha=1e9).fit(X, y)
    assert np.abs(bound.lag_coef_).max() < 1e-6
    np.testing.assert_allclose(bound.trend_coef_, free.trend_coef_, rtol=0.05)
    np.testing.assert_allclose(
        bound.seasonal_coef_[0], free.seasonal_coef_[0], atol=0.5
    )


def test_known_coefficients_come_back():
    phi = (0.6, -0.35)
    sales = [simulate(1500, phi, seed=[7, item], scale=2.0) for item in range(3)]
    X = pd.concat([daily(1500, item=item) for item in range(3)])
    y = np.concatenate(sales)
    separate = ARRegressor(lags=2, series="item").fit(X, y)
    np.testing.assert_allclose(separate.lag_coef_, [phi] * 3, atol=0.08)
    np.testing.assert_allclose(separate.sigma_, 2.0, rtol=0.06)
    pooled = ARRegressor(lags=2, pooled=True, series="item").fit(X, y)
    np.testing.assert_allclose(pooled.lag_coef_, [phi] * 3, atol=0.04)
    chosen = ARRegressor(lags="bic", max_lags=8, series="item").fit(X, y)
    assert chosen.order_.tolist() == [2, 2, 2]
    # far ahead the forecast is the mean, and its spread that of the sales
    far = pd.concat([daily(1, start="2045-01-01", item=item) for item in range(3)])
    forecast, std = separate.predict(far, return_std=True)
    np.testing.assert_allclose(forecast, [s.mean() for s in sales], rtol=0.01)
    np.testing.assert_allclose(std, [s.std() for s in sales], rtol=0.03)


@pytest.mark.parametrize("pooled", [False, True])
def test_order_and_names_of_series_do_not_matter(panel, pooled):
    future = future_of(panel, 5)
    model = ARRegressor(lags=3, trend="ct", pooled=pooled, series="item")
    expected = model.fit(panel.drop(columns="y"), panel["y"]).predict(future)
    # other names turn the order of the series round, another shuffle that of rows
    names = {name: f"renamed {9 - int(name[-1])}" for name in panel["item"].unique()}
    moved = panel.replace({"item": names}).sample(frac=1, random_state=3)
    model.fit(moved.drop(columns="y"), moved["y"])
    order = np.random.default_rng(4).permutation(len(future))
    rows = future.replace({"item": names}).iloc[order]
    np.testing.assert_allclose(model.predict(rows), expected[order], rtol=1e-8)


@pytest.mark.parametrize("pooled", [False, True])
@settings(max_examples=25)
@given(factor=st.sampled_from([1e-6, 0.3, 7.0, 1e7]), shift=st.floats(-1e3, 1e3))
def test_units_of_sales_carry_over(pooled, factor, shift):
    panel = make_panel(n_series=2, n=40)
    X, y, future = panel.drop(columns="y"), panel["y"], future_of(panel, 12)
    scaling = None if pooled else "mean"
    model = ARRegressor(
        lags=3, pooled=pooled, scaling=scaling, alpha=0.01, clip=False, series="item"
    )
    forecast, std = model.fit(X, y).predict(future, return_std=True)
    moved, spread = model.fit(X, factor * (y + shift)).predict(future, return_std=True)
    size = factor * (np.abs(forecast) + abs(shift)).max()
    np.testing.assert_allclose(
        moved / size, factor * (forecast + shift) / size, atol=1e-9
    )
    np.testing.assert_allclose(spread, factor * std, rtol=1e-7)


@pytest.mark.parametrize("scaling", ["mean", "std"])
def test_scaling_frees_pooled_coefficients_of_the_units_of_each_series(panel, scaling):
    X, y = panel.drop(columns="y"), panel["y"]
    factor = panel["item"].map({f"item {i}": 10.0**i for i in range(4)}).to_numpy()
    model = ARRegressor(lags=3, pooled=True, scaling=scaling, series="item").fit(X, y)
    other = clone(model).fit(X, factor * y)
    np.testing.assert_allclose(model.lag_coef_, other.lag_coef_, rtol=1e-7)
    np.testing.assert_allclose(model.sigma_ * [1, 10, 100, 1000], other.sigma_)


def test_a_constant_series_is_pooled_by_its_size(panel):
    # the mean of equal values may be off by one bit: no scale to divide by
    constant = daily(60, item="item 9", price=0.0, y=0.1)
    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor([1, 2], pooled=True, scaling="std", series="item")
    model.fit(pd.concat([X, constant.drop(columns="y")]), [*y, *constant["y"]])
    rows, target, scales = stacked(panel, [1, 2], "std")
    rows = np.concatenate([rows, np.tile([0.0, 1.0, 1.0], (58, 1))])
    reference = LinearRegression().fit(rows, np.append(target, np.ones(58)))
    np.testing.assert_allclose(model.lag_coef_[4], reference.coef_[1:], rtol=1e-8)
    np.testing.assert_allclose(
        model.intercept_, reference.intercept_ * np.append(scales, 0.1), rtol=1e-8
    )


def test_deviations_grow_from_sigma(panel):
    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor(lags=2, series="item").fit(X, y)
    answers, std = model.predict(X, return_std=True)
    code = X["item"].map({f"item {i}": i for i in range(4)})
    np.testing.assert_allclose(std, model.sigma_[code])
    np.testing.assert_array_equal(answers, model.predict(X))
    future = future_of(panel, 6)
    std = model.predict(future, return_std=True)[1].reshape(4, 6)
    np.testing.assert_allclose(std[:, 0], model.sigma_)
    assert (np.diff(std, axis=1) >= 0).all()


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas, pd.DataFrame])
def test_every_kind_of_table_gets_the_same_answers(panel, make):
    X, y, future = panel.drop(columns="y"), panel["y"], future_of(panel, 4)
    model = ARRegressor(lags=2, series="item").fit(X, y)
    other = clone(model).fit(make(X), make(panel[["y"]])["y"])
    np.testing.assert_allclose(other.predict(make(future)), model.predict(future))
    np.testing.assert_allclose(other.lag_coef_, model.lag_coef_)


def test_an_array_is_read_by_position(panel):
    future = future_of(panel, 4)

    def as_array(X):
        days = (X["date"] - pd.Timestamp("2021-01-01")).dt.days
        item = X["item"].str[-1].astype(int)
        return np.column_stack([item, days, X["price"]]).astype(float)

    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor(lags=2, series="item").fit(X, y)
    other = ARRegressor(lags=2, series=0, time=1).fit(as_array(X), y)
    np.testing.assert_allclose(other.predict(as_array(future)), model.predict(future))


@pytest.mark.parametrize(
    "cv",
    [PanelTimeSeriesSplit(4, test_size=3), TimeSeriesSplit(4, test_size=36)],
    ids=repr,
)
def test_search_finds_the_planted_order(cv):
    sales = [simulate(120, (0.1, 0.85), seed=[8, item]) for item in range(12)]
    X = pd.concat([daily(120, item=item) for item in range(12)], ignore_index=True)
    panel = X.assign(y=np.concatenate(sales)).sort_values(["date", "item"])
    search = GridSearchCV(
        ARRegressor(series="item"),
        {"lags": [1, 2, 9], "alpha": [0.0, 1.0]},
        cv=cv,
        scoring="neg_mean_squared_error",
    )
    search.fit(panel[["date", "item"]], panel["y"])
    assert search.best_params_ == {"lags": 2, "alpha": 0.0}


def test_clone_pickle_and_joblib_keep_the_forecast(panel, tmp_path):
    X, y, future = panel.drop(columns="y"), panel["y"], future_of(panel, 4)
    model = ARRegressor("aic", max_lags=4, trend="ct", seasonal=7, series="item")
    expected = model.fit(X, y).predict(future)
    joblib.dump(model, tmp_path / "model.joblib")
    for copy in (
        pickle.loads(pickle.dumps(model)),
        joblib.load(tmp_path / "model.joblib"),
        clone(model).fit(X, y),
    ):
        np.testing.assert_array_equal(copy.predict(future), expected)


def test_a_fitted_model_keeps_the_history_once_and_no_covariates(tmp_path):
    n, file = 20_000, tmp_path / "model.joblib"
    covariates = np.random.default_rng(0).normal(size=(n, 8))
    X = np.column_stack([np.arange(n), covariates])
    y = np.random.default_rng(1).normal(size=n)
    joblib.dump(ARRegressor(lags=2).fit(X, y), file)
    # the history and, for new series, the mean of all series
    assert file.stat().st_size < 2.2 * y.nbytes


def test_attributes_have_their_documented_shapes(panel):
    X, y = panel.drop(columns="y"), panel["y"]
    model = ARRegressor([5, 1], trend="ct", seasonal=7, series="item").fit(X, y)
    assert model.lags_.tolist() == [1, 5]
    assert model.lag_coef_.shape == (4, 2)
    assert model.covariate_coef_.shape == (4, 1)
    assert model.seasonal_coef_.shape == (4, 7)
    assert (model.seasonal_coef_[:, 0] == 0).all()
    for name in ("intercept_", "trend_coef_", "sigma_", "order_"):
        assert getattr(model, name).shape == (4,)
    assert model.series_["item"].tolist() == [f"item {i}" for i in range(4)]
    assert model.feature_names_in_.tolist() == ["date", "item", "price"]
    bare = ARRegressor(lags=None, trend="n", series="item").fit(X, y)
    assert (bare.intercept_ == 0).all()
    assert (bare.trend_coef_ == 0).all()
    assert bare.lag_coef_.shape == (4, 0)
    assert bare.seasonal_coef_.shape == (4, 0)
    assert (bare.order_ == 0).all()


@pytest.mark.parametrize(
    ("freq", "season"), [("D", 7), ("W-FRI", 52), ("MS", 12), ("h", 24), ("YS", 0)]
)
def test_auto_season_is_that_of_the_frequency(freq, season):
    X = pd.DataFrame({"when": pd.date_range("2000-01-01", periods=130, freq=freq)})
    y = np.random.default_rng(3).normal(size=130)
    model = ARRegressor(lags=1, seasonal="auto").fit(X, y)
    assert model.seasonal_coef_.shape == (1, season)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_a_criterion_looks_as_far_as_each_series_allows(criterion):
    # a lag of 16 days is there to be found, where the series is long enough
    lengths = [500, 60, 20, 3]
    sales = [simulate(n, (0.0,) * 15 + (0.9,), seed=n, burn_in=900) for n in lengths]
    X = pd.concat([daily(n, item=item) for item, n in enumerate(lengths)])
    model = ARRegressor(lags=criterion, series="item").fit(X, np.concatenate(sales))
    # 10 * log10(500) = 26
    assert model.lags_.tolist() == list(range(1, 27))
    assert 16 <= model.order_[0] <= 20
    assert model.order_[1] <= 17
    assert model.order_[2] <= 5
    assert model.order_[3] == 0
    for item, y in enumerate(sales):
        alone = ARRegressor(lags=criterion).fit(daily(len(y)), y)
        assert alone.order_ == model.order_[item]
    bounded = ARRegressor(lags=criterion, max_lags=9, series="item")
    bounded.fit(X, np.concatenate(sales))
    assert bounded.lags_.tolist() == list(range(1, 10))
    assert bounded.order_.max() <= 9


def test_ten_thousand_steps_are_finite_and_quick():
    X, y = load_walmart_sample(return_X_y=True)
    model = ARRegressor(lags=52, trend="ct", series=["store", "dept"]).fit(X, y)
    far = (
        X.groupby("dept")
        .tail(1)
        .assign(date=X["date"].max() + pd.Timedelta(weeks=10_000))
    )
    before = time.process_time()
    forecast, std = model.predict(far, return_std=True)
    assert time.process_time() - before < 10
    assert np.isfinite(forecast).all()
    assert np.isfinite(std).all()
