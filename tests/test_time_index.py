# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series and times in the index of a frame mean what they mean in its columns."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_common import ESTIMATORS, REQUIRED

from sklearn_sales import (
    ARRegressor,
    CalendarFeatures,
    ConformalRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    PartitionedRegressor,
    SeasonalNaiveRegressor,
    TimeSeriesStackingRegressor,
    observe,
)

KEYS = ["store", "item"]
LEVELS = [*KEYS, "day"]
COLUMNS = {"series": KEYS, "time": "day"}
INDEX = {"time": "index"}


def make_panel(n_days=24, n_ahead=3, seed=0):
    """Rows of three series in any order, one without its first days, and what follows.

    Returns
    -------
    X, y, future
    """
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-03-01", periods=n_days + n_ahead)
    parts = [
        pd.DataFrame({"store": s, "item": i, "day": days[first:]})
        for s, i, first in [("A", 1, 0), ("A", 2, 0), ("B", 1, 5)]
    ]
    X = pd.concat(parts, ignore_index=True)
    X["price"] = rng.uniform(1, 3, len(X))
    X["promo"] = rng.random(len(X)) < 0.3
    y = pd.Series(
        20 + 5 * X["promo"] + X["day"].dt.day_of_week + rng.normal(size=len(X))
    )
    known = (X["day"] < days[n_days]).to_numpy()
    order = rng.permutation(np.flatnonzero(known))
    return X.take(order), y.take(order), X[~known]


X, Y, FUTURE = make_panel()
X_INDEXED, FUTURE_INDEXED = (frame.set_index(LEVELS) for frame in (X, FUTURE))


def small_arguments(keys):
    """What makes each estimator quick, and tells those inside it the keys."""
    ar = ARRegressor(lags=2, **keys)
    members = [("ar", ar), ("naive", SeasonalNaiveRegressor(season=7, **keys))]
    return {
        "CalendarFeatures": {"parts": ["weekday"], "passthrough": False},
        "ConformalRegressor": {"regressor": ar, "cv": 2},
        "FoundationRegressor": {"season_difference": False},
        "LSTMRegressor": {"window": 4, "hidden_size": 2, "max_epochs": 1},
        "LagFeatures": {"lags": 2, "windows": [("mean", 3)], "horizon": 3},
        "PanelTargetRegressor": {"regressor": ar, "outliers": "hampel"},
        "ReductionRegressor": {
            "regressor": LinearRegression(),
            "features": LagFeatures([1, 7]),
            "strategy": "recursive",
        },
        "SalesRegressor": {"horizon": 2, "effort": "quick"},
        "TimeSeriesStackingRegressor": {"estimators": members, "cv": 2},
    }


def make(name, keys):
    estimator = ESTIMATORS[name](
        **{**REQUIRED.get(name, {}), **small_arguments(keys).get(name, {}), **keys}
    )
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    return estimator


READERS = [n for n, one in ESTIMATORS.items() if "time" in one._get_param_names()]


def answers(estimator, *tables):
    method = getattr(estimator, "predict", None) or estimator.transform
    return [np.asarray(method(table), dtype=float) for table in tables]


def check_same(name, keys, tables, index_keys, index_tables):
    """One estimator on columns and on the index: the same answers everywhere."""
    columns = make(name, keys).fit(tables[0], Y[: len(tables[0])])
    index = make(name, index_keys).fit(index_tables[0], Y[: len(tables[0])].to_numpy())
    expected = answers(columns, *tables)
    for want, got in zip(expected, answers(index, *index_tables), strict=True):
        np.testing.assert_array_equal(got, want)
    again = pickle.loads(pickle.dumps(index))
    np.testing.assert_array_equal(answers(again, index_tables[1])[0], expected[1])
    return index


@pytest.mark.parametrize("name", READERS)
def test_levels_of_a_multiindex_are_the_series_and_the_time(name):
    index = check_same(name, COLUMNS, (X, FUTURE), INDEX, (X_INDEXED, FUTURE_INDEXED))
    assert index.n_features_in_ == 2
    assert list(index.feature_names_in_) == ["price", "promo"]


@pytest.mark.parametrize("name", [n for n in READERS if n != "CalendarFeatures"])
def test_newer_sales_are_observed_by_their_levels(name):
    sales = 20 + np.arange(float(len(FUTURE)))
    columns = make(name, COLUMNS).fit(X, Y)
    index = make(name, INDEX).fit(X_INDEXED, Y)
    observe(columns, FUTURE, sales)
    observe(index, FUTURE_INDEXED, sales)
    for want, got in zip(
        answers(columns, X, FUTURE),
        answers(index, X_INDEXED, FUTURE_INDEXED),
        strict=True,
    ):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", READERS)
def test_a_plain_index_is_the_time(name):
    tables = [t[t["store"] == "B"][["day", "price"]] for t in (X, FUTURE)]
    indexed = [t.set_index(t["day"].dt.to_period("D").rename(None)) for t in tables]
    # the same times as periods in a column
    tables = [t.assign(day=t["day"].dt.to_period("D")) for t in tables]
    check_same(
        name,
        {"time": "day"},
        tables,
        INDEX,
        [t[["price"]] for t in indexed],
    )


@pytest.mark.parametrize(
    "as_times",
    [pd.Series, lambda t: t.dt.to_period("D"), lambda t: t.dt.tz_localize("UTC")],
)
def test_a_plain_index_of_many_series_leaves_their_keys_in_columns(as_times):
    tables = [t.set_index(as_times(t["day"]).rename("when")) for t in (X, FUTURE)]
    columns = [t.assign(day=t.index).reset_index(drop=True) for t in tables]
    indexed = [t.drop(columns="day") for t in tables]
    a = ARRegressor(lags=2, **COLUMNS).fit(columns[0], Y)
    b = ARRegressor(lags=2, series=KEYS, time="index").fit(indexed[0], Y)
    assert list(b.feature_names_in_) == [*KEYS, "price", "promo"]
    np.testing.assert_array_equal(b.predict(indexed[1]), a.predict(columns[1]))


def test_a_frame_without_a_column_is_enough():
    a = ARRegressor(lags=2, **COLUMNS).fit(X[LEVELS], Y)
    b = ARRegressor(lags=2, **INDEX).fit(X_INDEXED[[]], Y)
    assert b.n_features_in_ == 0
    assert not hasattr(b, "feature_names_in_")
    expected = a.predict(FUTURE[LEVELS])
    np.testing.assert_array_equal(b.predict(FUTURE_INDEXED[[]]), expected)


def test_sales_may_have_the_index_of_the_rows():
    sales = Y.set_axis(X_INDEXED.index)
    a = ARRegressor(lags=2, **INDEX).fit(X_INDEXED, Y.to_numpy())
    b = ARRegressor(lags=2, **INDEX).fit(X_INDEXED, sales)
    np.testing.assert_array_equal(a.predict(X_INDEXED), b.predict(X_INDEXED))


def test_levels_without_names_are_read_by_their_place():
    plain = X_INDEXED.rename_axis([None] * 3)
    model = ARRegressor(lags=2, **INDEX).fit(plain, Y)
    assert list(model.series_.columns) == ["level_0", "level_1"]
    expected = ARRegressor(lags=2, **INDEX).fit(X_INDEXED, Y).predict(FUTURE_INDEXED)
    np.testing.assert_array_equal(model.predict(FUTURE_INDEXED), expected)


def test_a_column_that_is_called_index_is_that_column():
    renamed = X.rename(columns={"day": "index"})
    a = ARRegressor(lags=2, series=KEYS, time="index").fit(renamed, Y)
    b = ARRegressor(lags=2, **COLUMNS).fit(X, Y)
    expected = b.predict(FUTURE)
    got = a.predict(FUTURE.rename(columns={"day": "index"}))
    np.testing.assert_array_equal(got, expected)


# inside scikit-learn's tools


def both(make_model, *, method="predict"):
    """Answers of a model with the keys in columns, and in the index."""
    a = make_model(COLUMNS).fit(X, Y)
    b = make_model(INDEX).fit(X_INDEXED, Y)
    return a, b, getattr(a, method)(FUTURE), getattr(b, method)(FUTURE_INDEXED)


def test_a_search_finds_the_same():
    def search(keys):
        return GridSearchCV(
            ARRegressor(**keys),
            {"lags": [1, 2, 7]},
            cv=PanelTimeSeriesSplit(3, test_size=3, **keys),
        )

    a, b, want, got = both(search)
    np.testing.assert_array_equal(
        a.cv_results_["mean_test_score"], b.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(got, want)


def test_transformers_ahead_may_hand_the_index_on():
    def pipeline(keys):
        scale = make_column_transformer(
            (StandardScaler(), ["price"]),
            remainder="passthrough",
            verbose_feature_names_out=False,
        ).set_output(transform="pandas")
        calendar = CalendarFeatures(parts=["weekday"], encoding="ordinal", **keys)
        return make_pipeline(scale, calendar, ARRegressor(lags=2, **keys))

    _, b, want, got = both(pipeline)
    assert list(b[-1].feature_names_in_) == ["price", "promo", "weekday"]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_lags_keep_the_index_and_group_by_a_level():
    lags = LagFeatures(2, windows=[("mean", 3)], by="item", **INDEX).set_output(
        transform="pandas"
    )
    made = lags.fit_transform(X_INDEXED, Y)
    columns = LagFeatures(2, windows=[("mean", 3)], by="item", **COLUMNS)
    np.testing.assert_array_equal(made.astype(float), columns.fit_transform(X, Y))
    pd.testing.assert_index_equal(made.index, X_INDEXED.index)
    assert list(made.columns) == list(lags.get_feature_names_out())


def test_stacks_weigh_by_a_level():
    def stack(keys):
        lags = LagFeatures(3, horizon=6, fill=0.0, **keys)
        members = [
            ("ar", ARRegressor(lags=2, **keys)),
            ("lags", make_pipeline(lags, LinearRegression())),
        ]
        return TimeSeriesStackingRegressor(members, cv=2, weights_by="item", **keys)

    a, b, want, got = both(stack)
    np.testing.assert_array_equal(got, want)
    assert a.weights_ == b.weights_


def test_groups_are_fitted_apart_by_a_level():
    def partitioned(keys):
        return PartitionedRegressor(ARRegressor(lags=2), by="item", **keys)

    _, b, want, got = both(partitioned)
    np.testing.assert_array_equal(got, want)
    assert list(b.groups_["item"]) == [1, 2]


def test_intervals_are_the_same_and_learn_on():
    def conformal(keys):
        return ConformalRegressor(ARRegressor(lags=2, **keys), cv=3, **keys)

    a, b, want, got = both(conformal, method="predict_interval")
    np.testing.assert_array_equal(got, want)
    sales = np.arange(float(len(FUTURE)))
    a.partial_fit(FUTURE, sales)
    b.partial_fit(FUTURE_INDEXED, sales)
    assert a.level_ == b.level_


def test_a_network_learns_on():
    pytest.importorskip("skorch")

    def network(keys):
        return make("LSTMRegressor", keys)

    a, b, _, _ = both(network)
    sales = np.arange(float(len(FUTURE)))
    a.partial_fit(FUTURE, sales)
    b.partial_fit(FUTURE_INDEXED, sales)
    np.testing.assert_array_equal(b.predict(FUTURE_INDEXED), a.predict(FUTURE))
