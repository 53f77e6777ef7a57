# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""ReductionRegressor: laws, slow references, and what the inner regressor is told."""

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    neg_wape_scorer,
)
from sklearn_sales.compose._known_rows import future_rows, span_rows
from sklearn_sales.panel import History

KEYS = {"series": "item", "time": "date"}
START = pd.Timestamp("2024-01-01")
FEATURES = LagFeatures(
    [1, 2, 7],
    windows=[("mean", 3), ("std", 4, 2), ("ewm", 3), ("max", 5)],
    season=7,
    seasonal_lags=2,
    time_since=True,
)


def frame(item, first, last, rng):
    days = np.arange(first, last)
    price = rng.uniform(1, 2, len(days)).round(2)
    dates = START + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"item": item, "date": dates, "price": price})


def panel(seed=0, n_days=60, gaps=True):
    """Three items with gaps, of which one starts late and one ends early."""
    rng = np.random.default_rng(seed)
    spans = {"rice": (0, n_days), "salt": (9, n_days), "tea": (0, n_days - 4)}
    X = pd.concat([frame(i, *span, rng) for i, span in spans.items()])
    day = (X["date"] - START).dt.days
    y = 20 + 5 * (day % 7 > 4) - 6 * X["price"] + rng.normal(0, 1, len(X))
    kept = rng.random(len(X)) > (0.07 if gaps else 0)
    ends = X["date"].isin([START + pd.Timedelta(days=n_days - k) for k in (1, 5)])
    kept |= (ends | (day == 0)).to_numpy()
    X, y = X[kept].reset_index(drop=True), y[kept].to_numpy()
    order = rng.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), y[order]


def future(X, horizon, seed=1):
    """The next rows of each item after its own last one."""
    rng = np.random.default_rng(seed)
    ends = (X.groupby("item")["date"].max() - START).dt.days + 1
    parts = [frame(item, end, end + horizon, rng) for item, end in ends.items()]
    return pd.concat(parts, ignore_index=True)


class Recorder(RegressorMixin, BaseEstimator):
    """Answers the mean, and keeps what it was given."""

    def __init__(self, takes_nan=True):
        self.takes_nan = takes_nan

    def fit(self, X, y):
        self.X_, self.y_ = X, np.asarray(y)
        self.seen_ = []
        return self

    def predict(self, X):
        self.seen_.append(X)
        return np.full(len(X), self.y_.mean())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.takes_nan
        return tags


def reduction(regressor, strategy="recursive", features=FEATURES, **options):
    return ReductionRegressor(
        regressor, features=clone(features), strategy=strategy, **KEYS, **options
    )


@pytest.mark.parametrize("covariates", [False, True])
def test_recursive_least_squares_equals_the_pooled_autoregression(covariates):
    X, y = panel(gaps=False)
    ahead = future(X, 14)
    if not covariates:
        X, ahead = X.drop(columns="price"), ahead.drop(columns="price")
    ar = ARRegressor([1, 2, 7], pooled=True, scaling=None, **KEYS).fit(X, y)
    ours = reduction(LinearRegression(), features=LagFeatures([1, 2, 7])).fit(X, y)
    assert_allclose(ours.predict(ahead), ar.predict(ahead), rtol=1e-8)


def test_direct_one_step_ahead_equals_recursive_one_step_ahead():
    X, y = panel()
    booster = HistGradientBoostingRegressor(max_iter=20, early_stopping=False)
    direct = reduction(booster, "direct").fit(X, y)
    recursive = reduction(booster, "recursive").fit(X, y)
    rows = pd.concat([X, future(X, 1)])
    assert_array_equal(direct.predict(rows), recursive.predict(rows))


def slow_recursion(features, regressor, X, y, ahead):
    """Step by step: forecast a day of all items, append it, and fit features again."""
    X, y = X.copy(), np.asarray(y)
    answers = pd.Series(np.nan, ahead.index)
    step = ahead.groupby("item").cumcount()
    for number in range(step.max() + 1):
        now = ahead[step == number]
        made = clone(features).fit(X, y).transform(now)
        answers[now.index] = np.maximum(regressor.predict(made), 0)
        X, y = pd.concat([X, now]), np.append(y, answers[now.index])
    return answers.to_numpy()


def test_recursion_equals_a_slow_loop_that_fits_features_at_every_step():
    X, y = panel()
    ahead = future(X, 12)
    model = reduction(
        HistGradientBoostingRegressor(max_iter=20, early_stopping=False),
        features=clone(FEATURES).set_output(transform="default"),
    ).fit(X, y)
    features = clone(FEATURES).set_params(**KEYS).set_output(transform="pandas")
    expected = slow_recursion(features, model.regressor_, X, y, ahead)
    assert_allclose(model.predict(ahead), expected, rtol=1e-12)


@pytest.mark.parametrize("fill", [None, "last", 0.0])
def test_recursion_reads_what_a_fill_says(fill):
    X, y = panel()
    ahead = future(X, 9)
    features = LagFeatures([1, 5], windows=[("mean", 2)], fill=fill)
    booster = HistGradientBoostingRegressor(max_iter=20, early_stopping=False)
    model = reduction(booster, features=features).fit(X, y)
    expected = slow_recursion(
        clone(features).set_params(**KEYS).set_output(transform="pandas"),
        model.regressor_,
        X,
        y,
        ahead,
    )
    assert_allclose(model.predict(ahead), expected, rtol=1e-12)


def test_steps_that_X_lacks_carry_the_last_known_covariates_forward():
    X, y = panel()
    model = reduction(LinearRegression(), features=LagFeatures(2)).fit(X, y)
    ahead = future(X, 6)
    step = ahead.groupby("item").cumcount() + 1
    last = X.sort_values("date").groupby("item")["price"].last()
    filled = ahead.copy()
    # of steps 1..6 only 2 and 5 are asked for
    filled["price"] = filled["price"].where(step.isin([2, 5]))
    filled["price"] = filled["price"].mask(step == 1, filled["item"].map(last))
    filled["price"] = filled.groupby("item")["price"].ffill()
    asked = step.isin([2, 5]).to_numpy()
    expected = model.predict(filled)[asked]
    assert_allclose(model.predict(ahead[asked]), expected, rtol=1e-12)


def test_windows_of_a_group_stay_as_the_origin_knows_them():
    X, y = panel()
    X["shop"] = "north"
    features = LagFeatures(1, windows=[("mean", 3)], by="shop", passthrough=False)
    model = reduction(Recorder(), features=features).fit(X, y)
    ahead = future(X, 5).assign(shop="north")
    model.predict(ahead)
    steps = [seen["mean_3_by_shop"].to_numpy() for seen in model.regressor_.seen_[-5:]]
    for step in steps[1:]:
        assert_array_equal(step, steps[0])


@pytest.mark.parametrize("strategy", ["direct", "recursive", "rectify"])
def test_names_reach_the_regressor_in_every_step(strategy):
    X, y = panel()
    model = reduction(Recorder(), strategy, horizon=3).fit(X, y)
    model.predict(future(X, 3))
    expected = list(model.features_.get_feature_names_out())
    if strategy == "rectify":
        expected.remove("step")
    for seen in model.regressor_.seen_:
        assert isinstance(seen, pd.DataFrame)
        assert list(seen.columns) == expected


def test_arrays_stay_arrays_and_polars_stays_polars():
    X, y = panel()
    numbers = X.assign(
        item=X["item"].map({"rice": 0, "salt": 1, "tea": 2}),
        date=(X["date"] - START).dt.days,
    ).to_numpy(float)
    model = ReductionRegressor(Recorder(), series=0, time=1).fit(numbers, y)
    assert isinstance(model.regressor_.X_, np.ndarray)
    model = reduction(Recorder()).fit(pl.from_pandas(X), y)
    assert isinstance(model.regressor_.X_, pl.DataFrame)


def test_polars_and_pandas_forecast_the_same():
    X, y = panel()
    ahead = future(X, 5)
    booster = HistGradientBoostingRegressor(max_iter=10, early_stopping=False)
    for strategy in ("direct", "recursive", "rectify"):
        model = reduction(booster, strategy, horizon=5)
        expected = model.fit(X, y).predict(ahead)
        model.fit(pl.from_pandas(X), y)
        assert_array_equal(model.predict(pl.from_pandas(ahead)), expected)


def test_each_row_is_used_at_as_many_steps_as_origins():
    X, y = panel()
    model = reduction(Recorder(), "direct", horizon=7, n_origins=3).fit(X, y)
    inner = model.regressor_
    assert len(inner.y_) == 3 * len(y)
    assert_array_equal(inner.y_.reshape(3, -1), np.tile(y, (3, 1)))
    steps = inner.X_["step"].to_numpy().reshape(3, -1)
    assert set(np.unique(steps)) == set(range(1, 8))
    assert not (steps[0] == steps[1]).all()
    # the first draw is that of LagFeatures itself
    features = LagFeatures(1, horizon=7, **KEYS).set_output(transform="pandas")
    assert_array_equal(features.fit_transform(X, y)["step"], steps[0])


@pytest.mark.parametrize("strategy", ["direct", "recursive", "rectify"])
def test_max_samples_bounds_the_rows_whatever_their_order(strategy):
    X, y = panel()
    options = {"horizon": 7, "n_origins": 2, "max_samples": 60}
    model = reduction(Recorder(), strategy, **options).fit(X, y)
    inner = model.correction_ if strategy == "rectify" else model.regressor_
    # a recursion has one origin a row
    per_origin = 60 if strategy == "recursive" else 30
    assert len(inner.y_) == 60
    first, *others = inner.y_.reshape(-1, per_origin)
    for other in others:
        assert len(np.intersect1d(first, other)) < per_origin
    order = np.random.default_rng(0).permutation(len(y))
    again = reduction(Recorder(), strategy, **options).fit(X.iloc[order], y[order])
    inner = again.correction_ if strategy == "rectify" else again.regressor_
    assert_allclose(np.sort(inner.y_.reshape(-1, per_origin)[0]), np.sort(first))


def test_max_samples_above_the_rows_takes_all_of_them():
    X, y = panel()
    options = {"horizon": 7, "n_origins": 2}
    every = reduction(Recorder(), "direct", **options).fit(X, y)
    most = reduction(Recorder(), "direct", max_samples=2 * len(y), **options).fit(X, y)
    assert_array_equal(most.regressor_.y_, every.regressor_.y_)


def test_a_model_for_each_block_of_steps_learns_from_its_own_steps():
    X, y = panel()
    model = reduction(Recorder(), "direct", horizon=7, steps_per_model=3).fit(X, y)
    found = [set(np.unique(inner.X_["step"])) for inner in model.regressor_]
    assert found == [{1, 2, 3}, {4, 5, 6}, {7}]
    model.predict(future(X, 9))
    answered = [set(np.unique(inner.seen_[-1]["step"])) for inner in model.regressor_]
    # beyond the horizon the last one answers
    assert answered == [{1, 2, 3}, {4, 5, 6}, {7, 8, 9}]


def test_one_model_a_step_equals_lags_shifted_by_the_step():
    X, y = panel(gaps=False)
    lags = LagFeatures([1, 2], passthrough=False)
    model = reduction(LinearRegression(), "direct", lags, horizon=4, steps_per_model=1)
    model.fit(X, y)
    third = model.regressor_[2]
    ordered = X.assign(y=y).sort_values(["item", "date"])
    shifted = {f"lag_{k}": ordered.groupby("item")["y"].shift(k + 2) for k in (1, 2)}
    table = pd.DataFrame(shifted).dropna()
    expected = LinearRegression().fit(table, ordered.loc[table.index, "y"])
    assert_allclose(third.coef_[:2], expected.coef_)


def test_unknown_lags_stay_for_those_who_take_nan_and_go_for_others():
    X, y = panel()
    takes = reduction(Recorder(), "direct", LagFeatures(3)).fit(X, y).regressor_
    assert len(takes.X_) == len(X)
    assert np.isnan(takes.X_["lag_3"]).any()
    spared = reduction(Recorder(takes_nan=False), "direct", LagFeatures(3)).fit(X, y)
    inner = spared.regressor_
    assert 0 < len(inner.X_) < len(X)
    assert not np.isnan(inner.X_.to_numpy()).any()
    spared.predict(X)
    means = inner.X_[["lag_1", "lag_2", "lag_3"]].mean()
    first = np.isnan(takes.X_["lag_3"].to_numpy())
    assert_allclose(inner.seen_[-1].loc[first, "lag_3"], means["lag_3"])


def test_rows_that_were_not_observed_are_no_rows_of_the_regression():
    X, y = panel()
    y[::5] = np.nan
    inner = reduction(Recorder(), "direct", LagFeatures(1)).fit(X, y).regressor_
    assert_array_equal(inner.y_, y[~np.isnan(y)])


def test_a_correction_mends_what_the_recursion_misses():
    """A recursion of one lag cannot know a weekly season; its correction can."""
    days = np.arange(140)
    X = pd.DataFrame({"item": "rice", "date": START + pd.to_timedelta(days, unit="D")})
    y = 10.0 + 5 * (days % 7 == 0)
    features = LagFeatures([1, 7, 8])
    booster = HistGradientBoostingRegressor(
        max_iter=50, min_samples_leaf=3, early_stopping=False
    )

    class OneLag(LinearRegression):
        def fit(self, X, y):
            super().fit(X[["lag_1"]], y)
            return self

        def predict(self, X):
            return super().predict(X[["lag_1"]])

    class Either(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            inner = booster if "recursive_forecast" in X else OneLag()
            known = X.notna().all(axis=1)
            self.inner_ = clone(inner).fit(X[known], y[known])
            return self

        def predict(self, X):
            return self.inner_.predict(X.fillna(0))

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.allow_nan = True
            return tags

    ahead = X.assign(date=X["date"] + pd.Timedelta(days=140))[:7]
    truth = y[:7]
    plain = reduction(Either(), "recursive", features).fit(X, y).predict(ahead)
    mended = reduction(Either(), "rectify", features, horizon=7, n_origins=3)
    mended = mended.fit(X, y).predict(ahead)
    assert np.abs(plain - truth).mean() > 1.0
    assert np.abs(mended - truth).mean() < 0.5


@pytest.mark.parametrize("strategy", ["direct", "recursive", "rectify"])
def test_order_and_company_of_rows_do_not_matter(strategy):
    X, y = panel()
    booster = HistGradientBoostingRegressor(max_iter=10, early_stopping=False)
    model = reduction(booster, strategy, horizon=5, n_origins=2).fit(X, y)
    rows = pd.concat([X, future(X, 5)], ignore_index=True)
    answers = model.predict(rows)
    order = np.random.default_rng(3).permutation(len(rows))
    assert_array_equal(model.predict(rows.iloc[order]), answers[order])
    for item in ("rice", "tea"):
        own = (rows["item"] == item).to_numpy()
        assert_array_equal(model.predict(rows[own]), answers[own])
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(rows), answers)


def test_paths_without_residuals_are_the_forecast():
    days = np.arange(40)
    X = pd.DataFrame({"item": "rice", "date": START + pd.to_timedelta(days, unit="D")})
    y = 10.0 + days % 2
    model = reduction(LinearRegression(), features=LagFeatures(2)).fit(X, y)
    ahead = X.assign(date=X["date"] + pd.Timedelta(days=40))[:6]
    paths = model.sample_paths(ahead, 3, random_state=0)
    assert_allclose(paths, np.tile(model.predict(ahead)[:, None], 3), rtol=1e-9)


def test_paths_spread_like_the_residuals_and_add_up_over_steps():
    rng = np.random.default_rng(0)
    days = np.arange(600)
    X = pd.DataFrame({"item": "rice", "date": START + pd.to_timedelta(days, unit="D")})
    y = np.empty(600)
    level = 100.0
    for t in days:
        level = 40 + 0.6 * level + rng.normal(0, 2)
        y[t] = level
    model = reduction(LinearRegression(), features=LagFeatures(1)).fit(X, y)
    ahead = X.assign(date=X["date"] + pd.Timedelta(days=600))[:5]
    paths = model.sample_paths(ahead, 4000, random_state=0)
    variance = 4 * np.cumsum(0.36 ** np.arange(5))
    assert_allclose(paths.var(axis=1), variance, rtol=0.1)
    assert_allclose(paths.mean(axis=1), model.predict(ahead), rtol=0.01)
    assert np.corrcoef(paths)[0, 1] == pytest.approx(0.6 / np.sqrt(1.36), abs=0.05)


def test_paths_depend_on_the_seed_and_on_nothing_else_in_X():
    X, y = panel()
    model = reduction(LinearRegression(), features=LagFeatures(2)).fit(X, y)
    ahead = future(X, 4)
    paths = model.sample_paths(ahead, 7, random_state=5)
    own = (ahead["item"] == "tea").to_numpy()
    alone = model.sample_paths(ahead[own], 7, random_state=5)
    assert_allclose(alone, paths[own], rtol=1e-12)
    assert (model.sample_paths(ahead, 7, random_state=6) != paths).any()


def test_a_search_chooses_strategy_and_lags():
    X, y = panel(n_days=90)
    model = reduction(LinearRegression(), features=LagFeatures(1), horizon=7)
    grid = {"strategy": ["direct", "recursive"], "features__lags": [[1], [1, 7]]}
    cv = PanelTimeSeriesSplit(2, test_size=7)
    search = GridSearchCV(model, grid, scoring=neg_wape_scorer, cv=cv).fit(X, y)
    assert search.best_params_["features__lags"] == [1, 7]


def test_n_jobs_changes_nothing():
    X, y = panel()
    options = {"horizon": 4, "steps_per_model": 1}
    booster = HistGradientBoostingRegressor(max_iter=5, early_stopping=False)
    alone = reduction(booster, "direct", **options).fit(X, y)
    together = reduction(booster, "direct", n_jobs=2, **options).fit(X, y)
    ahead = future(X, 4)
    assert_array_equal(alone.predict(ahead), together.predict(ahead))


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (
            ReductionRegressor(features=StandardScaler(), **KEYS),
            TypeError,
            "must be a LagFeatures. Other transformers go before this estimator",
        ),
        (
            ReductionRegressor(strategy="direkt", **KEYS),
            ValueError,
            "The 'strategy' parameter of ReductionRegressor must be a str among",
        ),
        (
            ReductionRegressor(features=LagFeatures(time="day"), **KEYS),
            ValueError,
            "features has time='day', but ReductionRegressor has time='date'.",
        ),
        (
            ReductionRegressor(Recorder(False), features=LagFeatures(58), **KEYS),
            ValueError,
            "No row of X has all its lags known, and the regressor takes no NaN",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:No training row has a value:UserWarning")
def test_bad_parameters(model, error, message):
    X, y = panel()
    with pytest.raises(error, match=re.escape(message)):
        model.fit(X, y)


def test_paths_are_refused_where_there_are_none():
    X, y = panel()
    model = reduction(LinearRegression(), "direct").fit(X, y)
    with pytest.raises(ValueError, match="sample_paths needs strategy='recursive'"):
        model.sample_paths(future(X, 2))
    model = reduction(LinearRegression()).fit(X, y)
    with pytest.raises(ValueError, match="X holds rows of the training span"):
        model.sample_paths(X)


def test_rows_with_covariates_of_a_time():
    """Which row tells the covariates of a cell, by hand."""
    history = History(
        np.array([1.0, np.nan, 3, 4, 5]), np.array([0, 3, 5]), np.array([10, 20])
    )
    codes, positions = np.array([1, 0, 0, 1, 0]), np.array([20, 12, 10, 21, 14])
    # cells: series 0 at 10, 11 (no row: that of 10), 12; series 1 at 20, 21
    assert_array_equal(span_rows(history, codes, positions), [2, 2, 1, 0, 3])
    found = future_rows(
        np.array([0, 1, 1]), np.array([2, 1, 3]), np.array([7, 8, 9]), [5, -1], 3
    )
    # series 0: the last known row 5, then 7; series 1: 8, carried, then 9
    assert_array_equal(found, [[5, 8], [7, 8], [7, 9]])
