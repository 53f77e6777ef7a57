# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A stack of forecasters against a slow loop, and the laws it keeps."""

import io

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from plain_stacks import DATES, KEYS, Column, make_panel, members
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import (
    AdaBoostRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
)
from sklearn.linear_model import BayesianRidge, LinearRegression, Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SimplexRegressor,
    TimeSeriesStackingRegressor,
    future_frame,
    neg_mase_scorer,
    neg_wape_scorer,
)
from sklearn_sales.ensemble._stack_weights import combination_weights

SPLIT = PanelTimeSeriesSplit(3, test_size=5)


@pytest.fixture
def panel():
    return make_panel()


def reference(stack, X, y, folds):
    """Forecasts out of fold, and the final inputs, one member and fold at a time."""
    parts = []
    for number, (train, test) in enumerate(folds, start=1):
        part = pd.DataFrame({"row": test, "fold": number, "y_true": y[test]})
        for name, member in stack.estimators:
            fitted = clone(member).fit(X.iloc[train], y[train])
            part[name] = fitted.predict(X.iloc[test])
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def test_equals_a_slow_loop(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), cv=SPLIT, series=KEYS).fit(X, y)
    folds = PanelTimeSeriesSplit(3, test_size=5, series=KEYS).split(X)
    expected = reference(stack, X, y, folds)
    found = stack.oof_predictions_
    pd.testing.assert_frame_equal(found.drop(columns="step"), expected)
    errors = expected["y_true"].to_numpy()[:, None] - expected[["ar", "naive", "trees"]]
    weights = combination_weights(errors.to_numpy(), shrinkage=3.0)
    assert list(stack.weights_) == ["ar", "naive", "trees"]
    np.testing.assert_allclose(list(stack.weights_.values()), weights)
    future = future_frame(X, 4, series=KEYS, covariates="carry")
    forecasts = [clone(m).fit(X, y).predict(future) for _, m in members()]
    np.testing.assert_allclose(stack.transform(future), np.column_stack(forecasts))
    np.testing.assert_allclose(
        stack.predict(future), np.column_stack(forecasts) @ weights
    )


def test_steps_count_from_the_last_observation(panel):
    X, y = panel
    cut = DATES[-8]
    # the second series was not observed in the three days before the fold
    y[(X["item"] == "b") & (X["date"] < cut) & (X["date"] >= DATES[-11])] = np.nan
    cv = [(np.flatnonzero(X["date"] < cut), np.flatnonzero(X["date"] >= cut))]
    stack = TimeSeriesStackingRegressor(members()[:2], cv=cv, series=KEYS).fit(X, y)
    oof = stack.oof_predictions_.join(X, on="row")
    ahead = (oof["date"] - cut).dt.days + 1
    np.testing.assert_array_equal(oof["step"], ahead + 3 * (oof["item"] == "b"))


def test_later_sales_change_no_earlier_forecast_out_of_fold(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), cv=SPLIT, series=KEYS)
    before = stack.fit(X, y).oof_predictions_.set_index(["fold", "row"])
    for fold in (1, 2, 3):
        first = X["date"].iloc[before.loc[fold].index].min()
        changed = np.where(X["date"] >= first, y * 3 + 7, y)
        after = stack.fit(X, changed).oof_predictions_.set_index(["fold", "row"])
        columns = ["step", "ar", "naive", "trees"]
        pd.testing.assert_frame_equal(
            after.loc[1:fold, columns], before.loc[1:fold, columns]
        )
        if fold < 3:
            assert not np.allclose(after.loc[3, "ar"], before.loc[3, "ar"])


class Memory(RegressorMixin, BaseEstimator):
    """Knows every row that it has seen, and nothing else."""

    def fit(self, X, y):
        self.known_ = dict(zip(map(tuple, X.to_numpy()), y, strict=True))
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.array([self.known_.get(row, 0.0) for row in map(tuple, X.to_numpy())])


def test_a_member_that_memorises_gets_no_weight(panel):
    X, y = panel
    assert Memory().fit(X, y).score(X, y) == 1
    honest, naive = members()[:2]
    stack = TimeSeriesStackingRegressor(
        [honest, naive, ("memory", Memory())], cv=SPLIT, series=KEYS
    ).fit(X, y)
    assert stack.weights_["memory"] == 0
    assert stack.weights_["ar"] > 0.3


@pytest.mark.parametrize("final", [None, "mean", "median"])
def test_one_member_is_the_stack(panel, final):
    X, y = panel
    name, member = members()[0]
    stack = TimeSeriesStackingRegressor([(name, member)], final, series=KEYS)
    stack.fit(X, y)
    future = future_frame(X, 7, series=KEYS, covariates="carry")
    alone = clone(member).fit(X, y)
    np.testing.assert_allclose(stack.predict(future), alone.predict(future))
    np.testing.assert_allclose(stack.predict(X), alone.predict(X))


@pytest.mark.parametrize("loss", ["squared", "absolute"])
@pytest.mark.parametrize("shrinkage", [0.0, 10.0])
def test_identical_members_have_equal_weights(panel, loss, shrinkage):
    X, y = panel
    _, member = members()[0]
    stack = TimeSeriesStackingRegressor(
        [(name, member) for name in "abc"],
        SimplexRegressor(loss=loss, shrinkage=shrinkage),
        cv=SPLIT,
        series=KEYS,
    ).fit(X, y)
    np.testing.assert_allclose(list(stack.weights_.values()), 1 / 3, atol=1e-5)


@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_planted_weights_come_back(loss):
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(60), rng.normal(size=(60, 3)) + 5])
    y = X[:, 1:] @ [0.6, 0.4, 0.0]
    stack = TimeSeriesStackingRegressor(
        [(f"column{i}", Column(i)) for i in (1, 2, 3)],
        SimplexRegressor(loss=loss, shrinkage=0),
    ).fit(X, y)
    np.testing.assert_allclose(list(stack.weights_.values()), [0.6, 0.4, 0], atol=1e-6)
    np.testing.assert_allclose(stack.predict(X), y, atol=1e-5)


def test_votes_learn_nothing(panel):
    X, y = panel
    future = future_frame(X, 3, series=KEYS, covariates="carry")
    for final, vote in (("mean", np.mean), ("median", np.median)):
        stack = TimeSeriesStackingRegressor(members(), final, series=KEYS).fit(X, y)
        assert stack.oof_predictions_ is None
        expected = vote(stack.transform(future), axis=1)
        np.testing.assert_array_equal(stack.predict(future), expected)
        stack.set_params(cv=2).fit(X, y)
        assert set(stack.oof_predictions_["fold"]) == {1, 2}
        np.testing.assert_array_equal(stack.predict(future), expected)
    assert not hasattr(stack, "weights_")
    assert stack.set_params(final_estimator="mean", cv=None).fit(X, y).weights_ == {
        name: 1 / 3 for name in ("ar", "naive", "trees")
    }


@pytest.mark.parametrize(
    "final",
    [
        Ridge(alpha=2.0),
        RandomForestRegressor(10, random_state=0),
        AdaBoostRegressor(n_estimators=5, random_state=0),
    ],
)
def test_any_regressor_combines(panel, final):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), final, cv=SPLIT, series=KEYS)
    stack.fit(X, y)
    oof, names = stack.oof_predictions_, ["ar", "naive", "trees"]
    expected = clone(final).fit(oof[names].to_numpy(), oof["y_true"])
    future = future_frame(X, 3, series=KEYS, covariates="carry")
    forecasts = stack.transform(future)
    np.testing.assert_allclose(
        stack.predict(future), np.maximum(expected.predict(forecasts), 0)
    )
    with pytest.raises(AttributeError, match="has no weights; None, 'mean' and Simp"):
        _ = stack.weights_


def test_final_estimator_may_return_a_deviation(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), BayesianRidge(), series=KEYS)
    answers, deviations = stack.fit(X, y).predict(X, return_std=True)
    np.testing.assert_array_equal(answers, stack.predict(X))
    assert (deviations > 0).all()


def test_covariates_pass_through(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(
        members(), LinearRegression(), cv=SPLIT, passthrough=True, series=KEYS
    ).fit(X, y)
    oof = stack.oof_predictions_
    inputs = np.column_stack(
        [oof[["ar", "naive", "trees"]], X["price"].to_numpy()[oof["row"]]]
    )
    expected = LinearRegression().fit(inputs, oof["y_true"])
    np.testing.assert_allclose(stack.final_estimator_.coef_, expected.coef_)
    columns = stack.set_output(transform="pandas").transform(X)
    prefix = "timeseriesstackingregressor_"
    assert list(columns) == [prefix + "ar", prefix + "naive", prefix + "trees", "price"]
    np.testing.assert_array_equal(columns["price"], X["price"])
    np.testing.assert_allclose(
        stack.predict(X), np.maximum(expected.predict(columns.to_numpy()), 0)
    )


def test_transform_and_its_names(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), series=KEYS)
    forecasts = stack.fit_transform(X, y)
    assert forecasts.shape == (len(X), 3)
    np.testing.assert_array_equal(forecasts[:, 1], stack.estimators_[1].predict(X))
    assert list(stack.get_feature_names_out()) == [
        f"timeseriesstackingregressor_{name}" for name in ("ar", "naive", "trees")
    ]
    weights = list(stack.weights_.values())
    np.testing.assert_allclose(stack.predict(X), np.maximum(forecasts @ weights, 0))


def test_unknown_targets_are_left_out(panel):
    X, y = panel
    gone = np.random.default_rng(0).random(len(y)) < 0.2
    y[gone] = np.nan
    plain = make_pipeline(
        LagFeatures(3, horizon=5, series=KEYS),
        HistGradientBoostingRegressor(max_iter=5),
    )
    stack = TimeSeriesStackingRegressor(
        [("ar", ARRegressor(2, series=KEYS)), ("trees", plain)], cv=SPLIT, series=KEYS
    ).fit(X, y)
    oof = stack.oof_predictions_
    assert oof["y_true"].isna().sum() == gone[oof["row"]].sum() > 0
    assert oof[["ar", "trees"]].notna().all(axis=None)
    known = oof.dropna()
    errors = known["y_true"].to_numpy()[:, None] - known[["ar", "trees"]].to_numpy()
    weights = combination_weights(errors, shrinkage=3.0)
    np.testing.assert_allclose(list(stack.weights_.values()), weights)
    seen = np.flatnonzero(~gone)
    expected = clone(plain).fit(X.iloc[seen], y[seen]).predict(X)
    np.testing.assert_array_equal(stack.transform(X)[:, 1], expected)
    # a forecaster of ours knows the rows that were not observed, and their covariates
    expected = ARRegressor(2, series=KEYS).fit(X, y).predict(X)
    np.testing.assert_array_equal(stack.transform(X)[:, 0], expected)


def test_a_row_that_two_folds_test_counts_twice(panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=6, step=3)
    stack = TimeSeriesStackingRegressor(members(), LinearRegression(), cv=cv)
    stack.set_params(series=KEYS).fit(X, y)
    oof = stack.oof_predictions_
    assert oof["row"].value_counts().max() == 2
    expected = LinearRegression().fit(oof[["ar", "naive", "trees"]], oof["y_true"])
    np.testing.assert_allclose(stack.final_estimator_.coef_, expected.coef_)


def test_negative_forecasts_are_clipped_unless_sales_were_negative():
    X = np.arange(20.0)[:, None]
    y = np.maximum(19 - 1.5 * X[:, 0], 0)
    future = np.arange(20.0, 25)[:, None]
    stack = TimeSeriesStackingRegressor([("line", LinearRegression())])
    line = LinearRegression().fit(X, y).predict(future)
    assert (line < 0).all()
    np.testing.assert_array_equal(stack.fit(X, y).predict(future), 0)
    np.testing.assert_array_equal(stack.transform(future)[:, 0], line)
    stack.set_params(clip=False)
    np.testing.assert_allclose(stack.fit(X, y).predict(future), line)
    stack.set_params(clip="auto")
    np.testing.assert_allclose(stack.fit(X, y - 5).predict(future), line - 5)
    stack.set_params(clip=True)
    np.testing.assert_array_equal(stack.fit(X, y - 5).predict(future), 0)


def test_row_order_does_not_matter(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), weights_by="step", series=KEYS)
    expected = stack.fit(X, y).predict(X)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = clone(stack).fit(X.iloc[order], y[order])
    np.testing.assert_allclose(shuffled.predict(X), expected)


def test_two_processes_give_what_one_gives(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), weights_by="step", series=KEYS)
    one = stack.fit(X, y)
    two = clone(stack).set_params(n_jobs=2).fit(X, y)
    pd.testing.assert_frame_equal(two.oof_predictions_, one.oof_predictions_)
    assert two.weights_ == one.weights_
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


def test_joblib_file_forecasts_the_same(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), weights_by="item", series=KEYS)
    file = io.BytesIO()
    joblib.dump(stack.fit(X, y), file)
    file.seek(0)
    loaded = joblib.load(file)
    np.testing.assert_array_equal(loaded.predict(X), stack.predict(X))
    pd.testing.assert_frame_equal(loaded.group_weights_, stack.group_weights_)


@pytest.mark.parametrize("library", ["polars", "pyarrow", "array"])
def test_every_kind_of_table(panel, library):
    X, y = panel
    keyed = {"series": KEYS, "time": "date"}
    if library == "array":
        X = X.assign(item=(X["item"] == "a") * 1.0, date=(X["date"] - DATES[0]).dt.days)
        keyed = {"series": [0], "time": 1}
        other = X.to_numpy()
    elif library == "polars":
        other = pl.from_pandas(X)
    else:
        other = pa.Table.from_pandas(X)
    stack = TimeSeriesStackingRegressor(
        [
            ("ar", ARRegressor(2, **keyed)),
            (
                "lags",
                make_pipeline(LagFeatures(2, horizon=5, fill=0.0, **keyed), Ridge()),
            ),
        ],
        weights_by="price" if library != "array" else 2,
        cv=2,
        **keyed,
    )
    expected = clone(stack)
    if library == "array":
        keyed = {"series": KEYS, "time": "date"}
        expected.set_params(
            weights_by="price",
            **{
                f"{at}{name}": value
                for at in ("", "ar__", "lags__lagfeatures__")
                for name, value in keyed.items()
            },
        )
    expected.fit(X, y)
    np.testing.assert_allclose(stack.fit(other, y).predict(other), expected.predict(X))
    assert stack.weights_ == pytest.approx(expected.weights_)


def test_new_series_are_told_of_once(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members()[:2], series=KEYS).fit(X, y)
    future = future_frame(X, 2, series=KEYS, covariates="carry").assign(item="new")
    with pytest.warns(UserWarning, match="belong to series without sales") as caught:
        answers = stack.predict(future)
    assert len(caught) == 1
    assert np.isfinite(answers).all()


def test_series_that_begin_in_a_fold_are_quiet(panel):
    X, y = panel
    late = (X["item"] == "a") & (X["date"] < DATES[-4])
    X, y = X[~late].reset_index(drop=True), y[~late]
    stack = TimeSeriesStackingRegressor(members()[:2], cv=SPLIT, series=KEYS)
    oof = stack.fit(X, y).oof_predictions_.join(X[["item"]], on="row")
    assert (oof["item"] == "a").sum() == 4


def test_sales_scorers_find_the_history(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members()[:2], series=KEYS)
    stack.fit(X[X["date"] < DATES[-7]], y[X["date"] < DATES[-7]])
    test = (X["date"] >= DATES[-7]).to_numpy()
    for scorer in (neg_mase_scorer, neg_wape_scorer):
        assert -5 < scorer(stack, X[test], y[test]) < 0


def test_scikit_learns_own_stack_refuses_what_this_is_for(panel):
    X, y = panel
    numbers = X.drop(columns="item").assign(date=(X["date"] - DATES[0]).dt.days)
    order = np.argsort(numbers["date"], kind="stable")
    with pytest.raises(ValueError, match="cross_val_predict only works for partitions"):
        StackingRegressor([("a", Ridge())], cv=TimeSeriesSplit(3)).fit(
            numbers.iloc[order], y[order]
        )
