# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A model for each group of series, each of its own rows alone."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from plain_forecasters import Constant
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    PartitionedRegressor,
    SeasonalNaiveRegressor,
    neg_mase_scorer,
)

KEYS = {"series": ["store", "product"], "time": "date"}
AR = ARRegressor(2, pooled=True, **KEYS)


@pytest.fixture(scope="module")
def panel():
    """Three stores of two products, in no order."""
    days = pd.date_range("2024-01-01", periods=40)
    stores = ["east", "north", "west"]
    X = pd.MultiIndex.from_product(
        [stores, [1, 2], days], names=["store", "product", "date"]
    ).to_frame(index=False)
    rng = np.random.default_rng(0)
    X["price"] = rng.uniform(1, 2, len(X))
    X = X.iloc[rng.permutation(len(X))]
    level = X["store"].map({"east": 5, "north": 20, "west": 80})
    return X, rng.poisson(level * (1 + (X["date"].dt.day_of_week == 5))).astype(float)


def by_hand(estimator, X, y, rows):
    """Forecasts of models that are fitted on each store one after the other."""
    answers = pd.Series(np.nan, X.index)
    for store in X["store"].unique():
        mine = (X["store"] == store).to_numpy()
        model = clone(estimator).fit(X[mine], y[mine])
        answers[mine & rows] = model.predict(X[mine & rows])
    return answers[rows].to_numpy()


def test_each_group_is_answered_by_the_model_of_its_rows(panel):
    X, y = panel
    later = (X["date"] > X["date"].quantile(0.8)).to_numpy()
    model = PartitionedRegressor(AR, "store").fit(X[~later], y[~later])
    expected = by_hand(AR, X[~later], y[~later], np.ones(np.sum(~later), dtype=bool))
    np.testing.assert_array_equal(model.predict(X[~later]), expected)
    assert model.groups_["store"].tolist() == ["east", "north", "west"]
    north = (X["store"] == "north").to_numpy()
    alone = clone(AR).fit(X[north & ~later], y[north & ~later])
    mine = X[north & later]
    np.testing.assert_array_equal(model.predict(mine), alone.predict(mine))


def test_other_groups_change_nothing(panel):
    X, y = panel
    north = (X["store"] == "north").to_numpy()
    model = PartitionedRegressor(AR, "store")
    expected = model.fit(X, y).predict(X[north])
    changed = model.fit(X, np.where(north, y, 7 * y + 100)).predict(X[north])
    np.testing.assert_array_equal(changed, expected)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_one_model_a_series_is_the_unpooled_model(panel, n_jobs):
    X, y = panel
    model = ARRegressor(3, **KEYS)
    apart = PartitionedRegressor(ARRegressor(3), ["store", "product"], n_jobs=n_jobs)
    np.testing.assert_allclose(
        apart.fit(X, y).predict(X), model.fit(X, y).predict(X), rtol=1e-9
    )
    assert len(apart.estimators_) == 6


@pytest.mark.parametrize(
    "make", [pl.from_pandas, lambda X: pl.from_pandas(X).to_arrow()]
)
def test_tables_of_every_library_are_taken(panel, make):
    X, y = panel
    model = PartitionedRegressor(AR, "store")
    expected = model.fit(X, y).predict(X)
    np.testing.assert_allclose(model.fit(make(X), y).predict(make(X)), expected)


def test_groups_of_an_array_are_told_by_position(panel):
    X, y = panel
    codes = [pd.factorize(X[name], sort=True)[0] for name in ("store", "product")]
    days = (X["date"] - X["date"].min()).dt.days
    numbers = np.column_stack([*codes, days, X["price"]]).astype(float)
    model = PartitionedRegressor(ARRegressor(2, pooled=True, series=[0, 1]), 0)
    expected = PartitionedRegressor(AR, "store").fit(X, y).predict(X)
    np.testing.assert_allclose(model.fit(numbers, y).predict(numbers), expected)


def test_searches_and_scorers_of_panels_see_the_whole_panel(panel):
    X, y = panel
    lags = LagFeatures(2, horizon=5, fill=0.0, **KEYS)
    pipeline = make_pipeline(lags, LinearRegression())
    X = X.assign(store=X["store"].map({"east": 1, "north": 2, "west": 3}))
    model = PartitionedRegressor(pipeline, "store")
    folds = PanelTimeSeriesSplit(2, test_size=5, **KEYS)
    grid = {"estimator__lagfeatures__lags": [1, 2], "by": ["store", None]}
    search = GridSearchCV(model, grid, cv=folds, scoring=neg_mase_scorer).fit(X, y)
    best = search.cv_results_["mean_test_score"].max()
    again = cross_val_score(
        clone(model).set_params(**search.best_params_),
        X,
        y,
        cv=folds,
        scoring=neg_mase_scorer,
    )
    np.testing.assert_allclose(again.mean(), best)
    assert np.isfinite(best)


def test_groups_may_be_a_level_of_the_index(panel):
    X, y = panel
    expected = PartitionedRegressor(AR, "store").fit(X, y).predict(X)
    indexed = X.set_index(["store", "product", "date"])
    model = PartitionedRegressor(ARRegressor(2, pooled=True), "store", time="index")
    np.testing.assert_allclose(model.fit(indexed, y).predict(indexed), expected)


# groups and series that fit did not see


def test_a_new_group_is_answered_by_the_mean_of_all_models(panel):
    X, y = panel
    model = PartitionedRegressor(AR, "store").fit(X, y)
    new = X[:10].assign(store="south")
    with pytest.warns(UserWarning, match="groups that fit did not see") as caught:
        answers = model.predict(pd.concat([new, X]))
    assert [str(warning.message) for warning in caught] == [
        "10 row(s) of X belong to groups that fit did not see (first: store='south'); "
        "they are answered by the mean of what the models of all 3 groups forecast."
    ]
    np.testing.assert_array_equal(answers[10:], model.predict(X))
    with pytest.warns(UserWarning, match="series without sales in fit"):
        parts = [one.predict(new) for one in model.estimators_]
    np.testing.assert_allclose(answers[:10], np.mean(parts, axis=0))


def test_a_new_group_is_an_error_where_that_is_wanted(panel):
    X, y = panel
    model = PartitionedRegressor(AR, "store", handle_unknown="error").fit(X, y)
    message = (
        r"^1 row\(s\) of X belong to groups that fit did not see \(first: "
        r"store='south'\)\. Fit them too, or take handle_unknown='mean', which answers "
        r"by the mean of all groups\.$"
    )
    with pytest.raises(ValueError, match=message):
        model.predict(X[:3].assign(store=["north", "south", "west"]))


def test_a_new_series_is_answered_in_its_group_with_one_warning(panel):
    X, y = panel
    model = PartitionedRegressor(AR, "store").fit(X, y)
    with pytest.warns(UserWarning, match="series without sales in fit") as caught:
        answers = model.predict(X.assign(product=99))
    assert len(caught) == 1
    assert np.isfinite(answers).all()


# what goes wrong


def test_a_group_that_cannot_be_fitted_is_named(panel):
    X, y = panel
    y = np.where(X["store"] == "north", np.nan, y)
    message = (
        "^The group store='north' cannot be fitted: ValueError: y holds only NaN: no "
        "sale was observed"
    )
    with pytest.raises(ValueError, match=message):
        PartitionedRegressor(AR, "store").fit(X, y)
    tables = PartitionedRegressor(Constant(), "store", **KEYS)
    message = "^The group store='north' cannot be fitted: ValueError: no row has an obs"
    with pytest.raises(ValueError, match=message):
        tables.fit(X, y)


class Failing(RegressorMixin, BaseEstimator):
    """Raises in its fit."""

    def __init__(self, error):
        self.error = error

    def fit(self, X, y):
        raise self.error("no")

    def predict(self, X):
        return np.zeros(X.shape[0])


def test_the_kind_of_an_error_stays_where_it_matters(panel):
    X, y = panel
    for error, kind in [(TypeError, TypeError), (KeyError, RuntimeError)]:
        model = PartitionedRegressor(Failing(error), "store", **KEYS)
        with pytest.raises(kind, match="^The group store='east' cannot be fitted: "):
            model.fit(X, y)


class OneShort(RegressorMixin, BaseEstimator):
    """Forgets a row."""

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(X.shape[0] - 1)


def test_forecasts_of_a_wrong_length_are_refused(panel):
    X, y = panel
    model = PartitionedRegressor(OneShort(), "store", **KEYS).fit(X, y)
    message = (
        "^The group store='east' cannot be forecast: ValueError: the forecasts have "
        r"shape \(79,\); 80 rows need as many numbers\.$"
    )
    with pytest.raises(ValueError, match=message):
        model.predict(X)


def test_a_group_holds_whole_series(panel):
    X, y = panel
    region = np.where(X["date"] > X["date"].median(), "b", "a")
    X = X[["store", "product", "date"]].assign(region=region)
    message = (
        r"^store='east', product=\d has rows in more than one group of by="
        r"\['region'\]: region='a' and region='b'\. A group holds whole series: name "
        r"\['region'\] in series= too, or group by other columns\.$"
    )
    with pytest.raises(ValueError, match=message):
        PartitionedRegressor(AR, "region").fit(X, y)


def test_a_series_stays_in_its_group(panel):
    X, y = panel
    X = X[["store", "product", "date"]].assign(region="a")
    X["region"] = X["region"].where(X["store"] == "north", "b")
    naive = SeasonalNaiveRegressor(7, **KEYS)
    model = PartitionedRegressor(naive, "region").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), clone(naive).fit(X, y).predict(X))
    first = X[X["store"] == "north"][:1].assign(region="b")
    message = re.compile(
        r"^row 0 of X says region='b' of store='north', product=\d, which was of "
        r"region='a' in fit: fit again, or correct the row\.$"
    )
    with pytest.raises(ValueError, match=message):
        model.predict(first)


def test_wrong_columns_are_named(panel):
    X, y = panel
    with pytest.raises(
        ValueError, match="^by='shop' is not a column of X; its columns"
    ):
        PartitionedRegressor(AR, "shop").fit(X, y)
    with pytest.raises(ValueError, match=r"^by=\['store', 0\] names a column twice"):
        PartitionedRegressor(AR, ["store", 0]).fit(X, y)
    message = "^column 'store' is a key of the series and holds NaN in 1 row"
    with pytest.raises(ValueError, match=message):
        PartitionedRegressor(AR, "store").fit(
            X.assign(store=[None, *X["store"][1:]]), y
        )
