# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an estimator knows after further sales: what a fit on all would have known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    ReductionRegressor,
    SalesRegressor,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    observe,
)

KEYS = {"series": "item"}


@pytest.fixture
def panel():
    """Daily sales of three series, one that begins late; a promotion; gaps."""
    rng = np.random.default_rng(3)
    days = pd.date_range("2024-01-01", periods=90)
    X = pd.DataFrame(
        {
            "item": np.repeat(["rice", "bread", "tea"], 90),
            "date": np.tile(days, 3),
            "promo": rng.integers(0, 2, 270).astype(float),
        }
    )
    y = 20 + 5 * np.tile(np.arange(90) % 7, 3) + 8 * X["promo"].to_numpy()
    y = y + rng.normal(0, 2, 270)
    kept = (rng.random(270) > 0.05) & ~((X["item"] == "tea") & (X["date"] < days[50]))
    # the first rows of the others are kept, so that the calendar begins there
    kept[[0, 90]] = True
    return X[kept].reset_index(drop=True), y[kept]


def future(X, n_days=10):
    days = pd.date_range(X["date"].max() + pd.Timedelta(days=1), periods=n_days)
    items = X["item"].unique()
    table = {"item": np.repeat(items, n_days), "date": np.tile(days, len(items))}
    return pd.DataFrame({**table, "promo": 1.0})


def in_chunks(estimator, X, y, n_chunks=10):
    model = clone(estimator)
    order = np.argsort(X["date"], kind="stable")
    for rows in np.array_split(order.to_numpy(), n_chunks):
        assert model.partial_fit(X.iloc[rows], y[rows]) is model
    return model


@pytest.mark.parametrize(
    "estimator",
    [
        ARRegressor(7, **KEYS),
        ARRegressor(3, trend="ct", seasonal=7, alpha=0.1, **KEYS),
        ARRegressor(7, pooled=True, **KEYS),
        ARRegressor("aic", **KEYS),
        SeasonalNaiveRegressor(**KEYS),
        ThetaRegressor(**KEYS),
    ],
    ids=str,
)
@pytest.mark.parametrize("n_chunks", [2, 10])
def test_chunks_equal_one_fit(panel, estimator, n_chunks):
    X, y = panel
    whole = clone(estimator).fit(X, y)
    parts = in_chunks(estimator, X, y, n_chunks)
    for rows in (X, future(X)):
        np.testing.assert_allclose(
            parts.predict(rows), whole.predict(rows), rtol=1e-8, atol=1e-8
        )


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_equals_one_fit(panel, seed):
    X, y = panel[0].drop(columns="promo"), panel[1]
    whole = ARRegressor(3, **KEYS).fit(X, y)
    parts = ARRegressor(3, **KEYS)
    rows = np.random.default_rng(seed).permutation(len(y))
    for some in np.array_split(rows, 4):
        parts.partial_fit(X.iloc[some], y[some])
    rows = future(X).drop(columns="promo")
    found, expected = parts.predict(rows), whole.predict(rows)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("by", [None, "item"])
@pytest.mark.parametrize("horizon", [1, 7])
def test_lag_features_equal_one_fit(panel, by, horizon):
    X, y = panel
    features = LagFeatures(
        [1, 7], windows=[("mean", 7)], horizon=horizon, by=by, **KEYS
    )
    whole = clone(features).fit(X, y)
    parts = in_chunks(features, X, y, 2)
    for rows in (X, future(X, horizon)):
        np.testing.assert_allclose(parts.transform(rows), whole.transform(rows))


def nested():
    keys = {"horizon": 8, **KEYS}
    pipeline = make_pipeline(
        LagFeatures([1, 7], **keys), HistGradientBoostingRegressor(max_iter=5)
    )
    linear = LinearRegression()
    return {
        "pipeline": pipeline,
        "search": GridSearchCV(
            pipeline, {"histgradientboostingregressor__max_depth": [2]}, cv=2
        ),
        "direct": ReductionRegressor(
            HistGradientBoostingRegressor(max_iter=5), features=LagFeatures(7), **keys
        ),
        "recursive": ReductionRegressor(
            linear, features=LagFeatures(7), strategy="recursive", **keys
        ),
        "rectify": ReductionRegressor(
            linear, features=LagFeatures(7), strategy="rectify", **keys
        ),
        "target": PanelTargetRegressor(
            ARRegressor(2), transformer="log1p", scale="mean", **KEYS
        ),
        "stack": TimeSeriesStackingRegressor(
            [("ar", ARRegressor(2, **KEYS)), ("pipe", pipeline)], cv=2, **KEYS
        ),
        "sales": SalesRegressor(3, effort="quick", **KEYS),
    }


@pytest.mark.filterwarnings("ignore:.*belong to series without sales in fit")
@pytest.mark.parametrize("name", list(nested()))
def test_days_one_by_one_equal_all_at_once(panel, name):
    X, y = panel
    old = X["date"] < X["date"].max() - pd.Timedelta(days=4)
    first, second = (clone(nested()[name]).fit(X[old], y[old]) for _ in range(2))
    before = first.predict(future(X, 3))
    assert observe(first, X[~old], y[~old]) is first
    for _, day in X[~old].groupby("date"):
        observe(second, day, y[day.index])
    found = first.predict(future(X, 3))
    assert np.abs(found - before).max() > 0.01
    np.testing.assert_allclose(second.predict(future(X, 3)), found, rtol=1e-9)


def test_a_pipeline_reads_the_features_of_a_refit(panel):
    X, y = panel
    old = X["date"] < X["date"].max() - pd.Timedelta(days=4)
    model = clone(nested()["pipeline"]).fit(X[old], y[old])
    features = clone(model[0]).fit(X, y)
    observe(model, X[~old], y[~old])
    expected = model[-1].predict(features.transform(future(X, 3)))
    np.testing.assert_array_equal(model.predict(future(X, 3)), expected)


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_new_series_is_known_afterwards(panel, strategy):
    X, y = panel
    new = X["item"] == "bread"  # sorted before the others: their numbers move
    model = ReductionRegressor(
        LinearRegression(),
        features=LagFeatures([1, 7]),
        strategy=strategy,
        horizon=3,
        **KEYS,
    ).fit(X[~new], y[~new])
    rows = future(X, 3)
    others = rows[rows["item"] != "bread"]
    before = model.predict(others)
    observe(model, X[new], y[new])
    np.testing.assert_allclose(model.predict(others), before)
    assert list(model.panel_.keys.frame()["item"]) == ["bread", "rice", "tea"]


def test_other_values_are_refused_unless_told(panel):
    X, y = panel
    model = SeasonalNaiveRegressor(**KEYS).fit(X, y)
    changed = y[-2:] + [0.0, 5.0]
    when = X["date"].iloc[-1]
    with pytest.raises(ValueError) as error:
        observe(model, X[-2:], changed)
    assert str(error.value) == (
        "1 row(s) of X have another value than the one known. The first is "
        f"item='tea' at {when}: {y[-1]:g} is known, y says {changed[-1]:g}. Leave such "
        "rows out, or correct what is known by observe(estimator, X, y, "
        "overwrite=True)."
    )
    observe(model, X[-2:], changed, overwrite=True)
    corrected = np.append(y[:-1], changed[-1])
    whole = SeasonalNaiveRegressor(**KEYS).fit(X, corrected)
    np.testing.assert_array_equal(model.predict(future(X)), whole.predict(future(X)))


def test_what_remembers_nothing_observes_nothing(panel):
    X, y = panel
    model = LinearRegression().fit(X[["promo"]], y)
    with pytest.raises(ValueError, match="there is nothing that could observe sales"):
        observe(model, X, y)
