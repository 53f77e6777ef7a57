# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""CovariateAdjustedRegressor: factors by hand, and what they are good for."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from sklearn_sales import (
    ARRegressor,
    CovariateAdjustedRegressor,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    make_sales_panel,
    observe,
    wape,
)
from sklearn_sales.testing import check_no_leakage

KEYS = {"series": ["store", "product"], "time": "date"}


def adjusted(regressor=None, **params):
    regressor = (
        SeasonalNaiveRegressor(7, horizon=14) if regressor is None else regressor
    )
    return CovariateAdjustedRegressor(regressor, **{**KEYS, **params})


def panel(n_series=12, n_times=140, **options):
    """Sales with promotions and prices: (X, y, the last 14 days)."""
    X, y = make_sales_panel(n_series, n_times, random_state=0, **options)
    X = X.astype({"price": float})
    return X, y.to_numpy(), (X["date"] >= X["date"].max() - pd.Timedelta(days=13))


def factors_of(model, X):
    made = model.adjuster_.predict(X[model.columns_].astype(float))
    return np.clip(made, 1 / model.max_factor, model.max_factor)


class Lookup(RegressorMixin, BaseEstimator):
    """The mean target of each value of the first column."""

    def fit(self, X, y):
        self.means_ = pd.Series(y).groupby(np.asarray(X)[:, 0]).mean()
        return self

    def predict(self, X):
        return self.means_[np.asarray(X)[:, 0]].to_numpy()


def test_factors_by_hand():
    X, y, last = panel()
    past = ~last
    means = X[past].assign(y=y[past]).groupby(KEYS["series"])["y"].transform("mean")
    ratio = y[past] / means.to_numpy()
    promoted = X["promotion"].to_numpy().astype(float)
    mean_of = pd.Series(ratio).groupby(promoted[past]).mean()
    factors = mean_of[promoted].to_numpy()

    model = adjusted(adjuster=Lookup(), columns="promotion").fit(X[past], y[past])
    plain = SeasonalNaiveRegressor(7, horizon=14, **KEYS)
    plain.fit(X[past], y[past] / factors[past])
    assert_allclose(model.predict(X), factors * plain.predict(X))
    assert model.columns_ == ["promotion"]
    assert mean_of[1.0] > 1.2


def test_a_known_effect_is_recovered_where_the_forecaster_sees_none():
    days = pd.date_range("2024-01-01", periods=300)
    rng = np.random.default_rng(0)
    X = pd.concat(
        [
            pd.DataFrame({"item": i, "date": days, "deal": rng.random(300) < 0.3})
            for i in range(5)
        ],
        ignore_index=True,
    )
    level = 20.0 * (1 + X["item"])
    y = level * np.where(X["deal"], 3.0, 1.0) * rng.normal(1, 0.05, len(X))
    last = X["date"] >= days[-20]
    keys = {"series": "item", "time": "date"}
    theta = ThetaRegressor(None, **keys).fit(X[~last], y[~last])
    model = CovariateAdjustedRegressor(theta, **keys).fit(X[~last], y[~last])
    assert wape(y[last], theta.predict(X[last])) > 0.3
    assert wape(y[last], model.predict(X[last])) < 0.07
    ratio = factors_of(model, X[last])
    deal = X.loc[last, "deal"].to_numpy()
    assert_allclose(ratio[deal].mean() / ratio[~deal].mean(), 3.0, rtol=0.03)


def test_without_covariates_it_is_the_forecaster_alone():
    X, y, last = panel()
    bare = X[[*KEYS["series"], "date"]]
    model = adjusted().fit(bare[~last], y[~last])
    alone = SeasonalNaiveRegressor(7, horizon=14, **KEYS).fit(bare[~last], y[~last])
    assert_array_equal(model.predict(bare), alone.predict(bare))
    assert model.adjuster_ is None
    assert model.columns_ == []


def test_nothing_sold_is_no_effect():
    X, _, last = panel()
    model = adjusted().fit(X, np.zeros(len(X)))
    assert model.adjuster_ is None
    assert_array_equal(model.predict(X[last]), 0.0)


def test_returns_have_no_level_to_be_a_multiple_of():
    X, y, last = panel()
    shelf = X["product"] == X["product"].iloc[0]
    sales = np.where(shelf, y - y[shelf].mean(), y)
    model = adjusted(adjuster=Lookup(), columns="promotion").fit(X, sales)
    others = adjusted(adjuster=Lookup(), columns="promotion").fit(X[~shelf], y[~shelf])
    assert_allclose(factors_of(model, X), factors_of(others, X))
    assert adjusted().fit(X[shelf], sales[shelf]).adjuster_ is None


def test_forecasts_scale_with_the_sales_of_each_series():
    X, y, last = panel()
    factor = np.where(X["store"] == X["store"].iloc[0], 100.0, 0.1)
    here = adjusted().fit(X[~last], y[~last])
    there = adjusted().fit(X[~last], (y * factor)[~last])
    assert_allclose(there.predict(X), here.predict(X) * factor)


def test_order_of_rows_and_libraries_change_nothing():
    X, y, last = panel()
    model = adjusted(max_samples=200).fit(X[~last], y[~last])
    expected = model.predict(X[last])
    order = np.random.default_rng(0).permutation(np.flatnonzero(~last))
    shuffled = clone(model).fit(X.iloc[order], y[order])
    assert_allclose(shuffled.predict(X[last]), expected)
    frame = pl.from_pandas(X)
    other = clone(model).fit(frame.filter(~last.to_numpy()), y[~last])
    assert_allclose(other.predict(frame.filter(last.to_numpy())), expected)
    assert not np.allclose(
        adjusted().fit(X[~last], y[~last]).predict(X[last]), expected
    )


def test_a_row_alone_is_answered_as_in_its_batch():
    X, y, last = panel()
    model = adjusted().fit(X[~last], y[~last])
    ahead = X[last]
    alone = [model.predict(ahead.iloc[[i]])[0] for i in range(0, len(ahead), 17)]
    assert_allclose(alone, model.predict(ahead)[::17])


def test_no_leak():
    X, y, _ = panel(4, 90)
    check_no_leakage(adjusted(SeasonalNaiveRegressor(7, horizon=7)), X, y, cv=2)


def test_new_sales_are_adjusted_by_the_factors_of_fit():
    X, y, last = panel()
    model = adjusted(ARRegressor(lags=2)).fit(X[~last], y[~last])
    trees = model.adjuster_
    factors = factors_of(model, X)
    inner = ARRegressor(lags=2, **KEYS).fit(X[~last], (y / factors)[~last])
    observe(inner, X[last], (y / factors)[last])
    observe(model, X[last], y[last])
    ahead = X[last].assign(date=X.loc[last, "date"] + pd.Timedelta(days=14))
    assert_allclose(
        model.predict(ahead), factors_of(model, ahead) * inner.predict(ahead)
    )
    assert model.adjuster_ is trees


def test_deviations_are_multiplied_too():
    X, y, last = panel()
    model = adjusted(ARRegressor(lags=2)).fit(X[~last], y[~last])
    forecasts, std = model.predict(X[last], return_std=True)
    factors = factors_of(model, X[last])
    inner = model.regressor_.predict(X[last], return_std=True)
    assert_allclose(forecasts, factors * inner[0])
    assert_allclose(std, factors * inner[1])
    with pytest.raises(TypeError, match="SeasonalNaiveRegressor does not"):
        adjusted().fit(X, y).predict(X, return_std=True)


@pytest.mark.parametrize("most", [1.0, 2.0])
def test_factors_have_bounds(most):
    X, y, _ = panel()
    adjuster = make_pipeline(PolynomialFeatures(2), LinearRegression())
    model = adjusted(adjuster=adjuster, columns=["price"], max_factor=most).fit(X, y)
    far = X.assign(price=np.where(np.arange(len(X)) % 2, -1e3, 1e3))
    assert set(np.round(factors_of(model, far), 9)) <= {1 / most, most}


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"columns": "prize"}, ValueError, "columns='prize'"),
        ({"columns": ["date"]}, ValueError, "which is a key or the time"),
        ({"columns": "category"}, ValueError, "category.*of X are not"),
        ({"max_factor": 0.5}, ValueError, "max_factor"),
        ({"max_samples": 0}, ValueError, "max_samples"),
        ({"adjuster": "trees"}, ValueError, "adjuster"),
    ],
)
def test_bad_parameters(params, error, message):
    X, y, _ = panel(3, 60)
    X["category"] = X["category"].map("kind {}".format)
    with pytest.raises(error, match=message):
        adjusted(**params).fit(X, y)
