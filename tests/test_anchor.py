# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The anchor of ReductionRegressor: a known value that the regressor corrects."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from sklearn_sales import LagFeatures, ReductionRegressor, SeasonalNaiveRegressor
from sklearn_sales.compose._anchor import Anchor, make_anchor
from sklearn_sales.panel import History
from sklearn_sales.preprocessing._feature_matrix import Cells

KEYS = {"series": "item", "time": "day"}
FEATURES = LagFeatures([1, 2], season=7)
STRATEGIES = ["direct", "recursive", "rectify"]


def panel(n_days=80, gaps=0.05, trend=0.0, weekend=5.0, seed=0):
    """Two items; the last day is there."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"item": np.repeat(["rice", "tea"], n_days), "day": [*range(n_days)] * 2}
    )
    y = 30 + trend * X["day"] + weekend * (X["day"] % 7 > 4) + rng.normal(size=len(X))
    kept = (rng.random(len(X)) > gaps) | (X["day"] == n_days - 1)
    return X[kept].reset_index(drop=True), y[kept].to_numpy()


def future(first, n_days):
    days = np.arange(first, first + n_days)
    return pd.DataFrame(
        {"item": np.repeat(["rice", "tea"], n_days), "day": [*days] * 2}
    )


def slow_anchor(history, code, position, origin, season, default):
    """One row, by a walk through the positions of its series."""
    start, stop = history.indptr[code], history.indptr[code + 1]
    known = {
        history.start[code] + i: value
        for i, value in enumerate(history.data[start:stop])
        if not np.isnan(value)
    }
    for places in (
        range(position - season, history.start[code] - 1, -season),
        range(origin, history.start[code] - 1, -1),
    ):
        for place in places:
            if place <= origin and place in known:
                return known[place]
    return default


@pytest.mark.parametrize("season", [1, 3, 7])
def test_anchor_equals_a_walk_back_from_the_origin(season):
    rng = np.random.default_rng(season)
    lengths, start = np.array([30, 12, 1, 5]), np.array([0, 7, 20, 25])
    data = rng.normal(size=lengths.sum()).round(3)
    data[rng.random(len(data)) < 0.5] = np.nan
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    data[indptr[:-1]] = data[indptr[1:] - 1] = 5.0
    history = History(data, indptr, start)
    codes = rng.integers(4, size=400)
    origins = rng.integers(start[codes] - 3, history.last[codes] + 1)
    positions = origins + rng.integers(1, 20, size=400)
    cells = Cells(positions, origins, ((history, codes),))
    expected = [
        slow_anchor(history, *row, season, -1.0)
        for row in zip(codes, positions, origins, strict=True)
    ]
    assert -1.0 in expected
    assert_array_equal(Anchor(season, -1.0).known(cells), expected)


def test_rows_without_a_past_are_anchored_at_the_mean_of_all_sales():
    assert make_anchor("last", 7, np.array([1.0, np.nan, 5.0])) == Anchor(1, 3.0)
    assert make_anchor("seasonal", 7, np.array([2.0])) == Anchor(7, 2.0)


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("anchor", ["last", "seasonal"])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_least_squares_that_see_the_anchor_do_not_need_it(strategy, anchor, horizon):
    # y - a on (a, ...) has the same residuals as y on (a, ...)
    X, y = panel()
    settings = {
        "features": FEATURES,
        "strategy": strategy,
        "horizon": horizon,
        "n_origins": 2,
        "clip": False,
        **KEYS,
    }
    plain = ReductionRegressor(LinearRegression(), **settings).fit(X, y)
    anchored = ReductionRegressor(LinearRegression(), anchor=anchor, **settings)
    ahead = future(80, 20)
    assert_allclose(anchored.fit(X, y).predict(ahead), plain.predict(ahead), rtol=1e-9)


@pytest.mark.parametrize("horizon", [1, 9])
@pytest.mark.parametrize("season", [1, 7])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_a_correction_of_zero_leaves_the_naive_forecast(strategy, season, horizon):
    X, y = panel(gaps=0.2)
    model = ReductionRegressor(
        DummyRegressor(strategy="constant", constant=0.0),
        features=LagFeatures(1, season=7),
        strategy=strategy,
        horizon=horizon,
        anchor="last" if season == 1 else "seasonal",
        **KEYS,
    ).fit(X, y)
    naive = SeasonalNaiveRegressor(season, horizon=1, **KEYS).fit(X, y)
    ahead = future(80, 20)
    assert_array_equal(model.predict(ahead), naive.predict(ahead))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_trees_follow_a_trend_from_an_anchor_only(strategy):
    X, y = panel(n_days=120, trend=1.0, weekend=0.0, gaps=0.0)
    ahead = future(120, 14)
    truth = 30 + ahead["day"]
    errors = {}
    for anchor in (None, "last", "seasonal"):
        model = ReductionRegressor(
            DecisionTreeRegressor(min_samples_leaf=20),
            features=FEATURES,
            strategy=strategy,
            horizon=14,
            anchor=anchor,
            **KEYS,
        ).fit(X, y)
        errors[anchor] = np.abs(model.predict(ahead) - truth).mean()
    assert errors["last"] < 0.5 * errors[None]
    assert errors["seasonal"] < 0.5 * errors[None]


class Recorder(RegressorMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return self

    def predict(self, X):
        return np.zeros(len(X))


def test_the_target_is_a_difference_and_the_lags_are_sales():
    X = pd.DataFrame({"day": range(8)})
    y = np.array([3.0, 8, 4, 9, 5, 10, 6, 11])
    model = ReductionRegressor(
        Recorder(), features=LagFeatures(1), anchor="last", time="day"
    ).fit(X, y)
    # the first row has no difference to learn from
    assert_array_equal(model.regressor_.X_["lag_1"], y[:-1])
    assert_array_equal(model.regressor_.y_, np.diff(y))


def test_a_single_row_is_learned_from_all_the_same():
    X, y = pd.DataFrame({"day": [3]}), np.array([5.0])
    model = ReductionRegressor(
        Recorder(), features=LagFeatures(1, fill=0.0), anchor="last", time="day"
    )
    with pytest.warns(UserWarning, match="No training row has a value"):
        model.fit(X, y)
    assert_array_equal(model.regressor_.y_, [0.0])
    assert_array_equal(model.predict(pd.DataFrame({"day": [3, 4]})), [5.0, 5.0])


def test_season_of_the_anchor_is_the_shortest_of_the_features():
    dates = pd.date_range("2024-01-01", periods=20)
    X, y = pd.DataFrame({"date": dates}), np.arange(20.0) % 7
    tomorrow = pd.DataFrame({"date": [dates[-1] + pd.Timedelta(days=1)]})
    for season, last in ((None, 13), ([5, 9], 15), (9, 11)):
        model = ReductionRegressor(
            DummyRegressor(strategy="constant", constant=0.0),
            features=LagFeatures(1, season=season),
            anchor="seasonal",
        ).fit(X, y)
        assert model.predict(tomorrow) == y[last]


def test_paths_go_on_from_the_anchor():
    X, y = panel()
    model = ReductionRegressor(
        LinearRegression(),
        features=LagFeatures(1),
        strategy="recursive",
        anchor="last",
        **KEYS,
    ).fit(X, y)
    plain = ReductionRegressor(**{**model.get_params(deep=False), "anchor": None})
    ahead = future(80, 6)
    assert_allclose(
        model.sample_paths(ahead, 20, random_state=0).mean(axis=1),
        plain.fit(X, y).sample_paths(ahead, 20, random_state=0).mean(axis=1),
        rtol=0.1,
    )


def test_an_unknown_anchor_is_refused():
    X, y = panel()
    with pytest.raises(ValueError, match="'anchor' parameter of ReductionRegressor"):
        ReductionRegressor(anchor="first", **KEYS).fit(X, y)
