# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds of a TimeSeriesStackingRegressor, and weights of groups of rows."""

import numpy as np
import pandas as pd
import pytest
from plain_stacks import (
    DATES,
    KEYS,
    make_panel,
    members,
    single_series,
    two_members,
)
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    SimplexRegressor,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    future_frame,
    observe,
)
from sklearn_sales.ensemble._stack_weights import combination_weights, pooled_weights
from sklearn_sales.model_selection import default_split, longest_horizon


@pytest.fixture
def panel():
    return make_panel()


def folds_of(stack):
    """Rows that each fold tests."""
    oof = stack.oof_predictions_
    return [part["row"].tolist() for _, part in oof.groupby("fold")]


# folds


@pytest.mark.parametrize(
    ("n_times", "rules", "n_splits", "test_size"),
    [
        (143, {"horizon": 13}, 5, 13),
        (143, {"horizon": 13, "season": 52}, 3, 13),
        (130, {"horizon": 13, "season": 52}, 2, 13),
        (260, {"horizon": 13, "season": 52}, 5, 13),
        (143, {"horizon": 52, "season": 52}, 1, 39),
        (143, {"season": 52}, 2, 14),
        (1941, {"horizon": 28, "season": 7}, 5, 28),
        (1941, {"season": 7}, 5, 7),
        (60, {"season": 12}, 5, 6),
        (100, {}, 5, 10),
        (2, {"season": 7}, 1, 1),
        (3, {"horizon": 9}, 1, 1),
        (4, {"horizon": 9, "season": 7}, 1, 1),
        (100, {"n_splits": 3}, 3, 16),
        (100, {"n_splits": 3, "horizon": 7}, 3, 7),
        (100, {"n_splits": 4, "horizon": 60}, 4, 20),
        (10, {"n_splits": 9, "horizon": 2}, 9, 1),
    ],
)
def test_default_folds(n_times, rules, n_splits, test_size):
    split = default_split(n_times, **rules)
    assert (split.n_splits, split.test_size) == (n_splits, test_size)
    times = np.arange(n_times)[:, None]
    folds = list(split.split(times))
    assert folds[-1][1][-1] == n_times - 1
    if "n_splits" not in rules:
        assert len(folds[0][0]) >= n_times / 2
        two_seasons = 2 * rules.get("season", 1)
        assert len(folds[0][0]) >= min(two_seasons, n_times * 3 // 4)


def test_one_time_makes_no_fold():
    message = "need rows of at least 2 distinct times, but X holds 1 sample"
    with pytest.raises(ValueError, match=message):
        default_split(1)


def test_horizon_is_looked_for_inside_members():
    inside = make_pipeline(LagFeatures(horizon=6), Ridge())
    assert longest_horizon([ARRegressor(), SeasonalNaiveRegressor(horizon=4)]) == 4
    assert longest_horizon([inside, SeasonalNaiveRegressor(horizon=4)]) == 6
    stack = TimeSeriesStackingRegressor([("inside", inside)])
    assert longest_horizon([stack]) == 6
    assert longest_horizon([LinearRegression()]) == 1


def test_folds_are_as_long_as_the_horizon(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), series=KEYS).fit(X, y)
    found = folds_of(stack)
    # 42 days hold two folds of the 8 days of the tree in their newest half
    assert [X["date"].iloc[rows].nunique() for rows in found] == [8, 8]
    stack = TimeSeriesStackingRegressor(members()[:2], series=KEYS).fit(X, y)
    assert [X["date"].iloc[rows].nunique() for rows in folds_of(stack)] == [4] * 5


@pytest.mark.parametrize(
    "cv",
    [
        TimeSeriesSplit(3),
        PanelTimeSeriesSplit(3),
        list(TimeSeriesSplit(3).split(np.arange(30))),
        [
            (np.arange(30) < test[0], np.isin(np.arange(30), test))
            for _, test in TimeSeriesSplit(3).split(np.arange(30))
        ],
        [(train - 30, test) for train, test in TimeSeriesSplit(3).split(range(30))],
    ],
    ids=["rows", "times", "numbers", "masks", "negative"],
)
def test_every_kind_of_splitter(cv):
    X, y = single_series()
    stack = TimeSeriesStackingRegressor(two_members(), cv=cv).fit(X, y)
    expected = [test.tolist() for _, test in TimeSeriesSplit(3).split(X)]
    assert folds_of(stack) == expected
    again = TimeSeriesStackingRegressor(two_members(), cv=TimeSeriesSplit(3)).fit(X, y)
    np.testing.assert_array_equal(stack.predict(X), again.predict(X))


def test_folds_of_rows_that_look_ahead_are_refused(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(two_members(), series=KEYS)
    assert _message(stack.set_params(cv=KFold(3)), X, y).startswith("cv looks ahead")
    # sorted by series: trained on the first series, tested on the second
    found = _message(stack.set_params(cv=TimeSeriesSplit(2, test_size=21)), X, y)
    assert found == (
        "cv looks ahead: fold 1 of 2 trains on rows up to 2024-02-11 00:00:00 and "
        "tests rows from 2024-01-01 00:00:00 on. Every training row of a fold has to "
        "be older than every test row: use cv=None, a number of folds or a "
        "PanelTimeSeriesSplit, which cut the times rather than the rows."
    )
    # sorted by time, but cut inside a day
    order = np.argsort(X["date"], kind="stable").to_numpy()
    cut = [(np.arange(41), np.arange(41, 84))]
    found = _message(stack.set_params(cv=cut), X.iloc[order], y[order])
    assert found.startswith(
        "cv looks ahead: fold 1 of 1 trains on rows up to 2024-01-21 00:00:00 and "
        "tests rows from 2024-01-21 00:00:00 on."
    )


def _message(stack, X, y):
    with pytest.raises(ValueError) as caught:
        stack.fit(X, y)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([], "cv=.* makes no fold"),
        ([([0, 1], [])], "as the test rows of fold 1 of 1; it has to give row numbers"),
        ([([], [3])], "as the training rows of fold 1 of 1; it has to give row numb"),
        ([([0.5], [3])], "as the training rows of fold 1 of 1; it has to give row nu"),
        ([([0, 1], [2, 30])], "row numbers from 2 to 30 as the test rows of fold 1"),
        (29, None),
        (30, "needs at least 31 distinct times, but groups holds 30"),
        (0, "The 'cv' parameter of TimeSeriesStackingRegressor must be an"),
    ],
)
def test_folds_are_checked(cv, message):
    X, y = single_series()
    stack = TimeSeriesStackingRegressor([("line", LinearRegression())], cv=cv)
    if message is None:
        assert len(folds_of(stack.fit(X, y))) == cv
        return
    with pytest.raises(ValueError, match=message):
        stack.fit(X, y)


def test_folds_without_a_known_target_teach_nothing():
    X, y = single_series()
    y[-8:] = np.nan
    stack = TimeSeriesStackingRegressor(
        two_members(), cv=[(np.arange(22), np.arange(22, 30))]
    )
    with pytest.raises(ValueError, match="No row that a fold tests has an observed ta"):
        stack.fit(X, y)
    assert stack.set_params(final_estimator="mean").fit(X, y).weights_["ar"] == 0.5


@pytest.mark.parametrize("cv", [None, 3, PanelTimeSeriesSplit(2, test_size=6)])
def test_rows_that_wait_for_their_forecast_make_no_fold(panel, cv):
    X, y = panel
    later = (X["date"] >= DATES[-8]).to_numpy()
    stack = TimeSeriesStackingRegressor(members(), cv=cv, series=KEYS)
    answers = stack.fit(X[~later], y[~later]).predict(X[later])
    expected = stack.oof_predictions_
    stack.fit(X, np.where(later, np.nan, y))
    np.testing.assert_allclose(stack.predict(X[later]), answers)
    found = stack.oof_predictions_
    np.testing.assert_array_equal(X.index[~later][expected["row"]], found["row"])
    pd.testing.assert_frame_equal(
        found.drop(columns="row"), expected.drop(columns="row")
    )


def test_days_without_a_row_are_days_without_a_sale(panel):
    X, y = panel
    closed = X["date"].isin(DATES[[20, 35, 36]]).to_numpy()
    stack = TimeSeriesStackingRegressor(members()[:2], cv=3, series=KEYS)
    stack.fit(X.drop(columns="price")[~closed], y[~closed])
    expected = stack.oof_predictions_.drop(columns="row")
    stack.fit(X.drop(columns="price"), np.where(closed, np.nan, y))
    found = stack.oof_predictions_.dropna().drop(columns="row")
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)


# weights of groups


def test_weights_by_step_are_those_of_the_blocks(panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(2, test_size=9)
    stack = TimeSeriesStackingRegressor(
        members()[:2],
        SimplexRegressor(shrinkage=3),
        cv=cv,
        weights_by="step",
        pooling=4,
    )
    stack.set_params(series=KEYS).fit(X, y)
    oof = stack.oof_predictions_
    errors = oof["y_true"].to_numpy()[:, None] - oof[["ar", "naive"]].to_numpy()
    blocks = pd.cut(oof["step"], [0, 1, 3, 7, 15], labels=False).to_numpy()
    overall = combination_weights(errors, shrinkage=3)
    expected = pooled_weights(
        errors, blocks, 4, overall=overall, loss="squared", shrinkage=4
    )
    weights = stack.group_weights_
    assert list(weights.index) == ["1", "2-3", "4-7", "8-15"]
    np.testing.assert_allclose(weights, expected)
    np.testing.assert_allclose(list(stack.weights_.values()), overall)
    future = future_frame(X, 40, series=KEYS, covariates="carry")
    ahead = (future["date"] - DATES[-1]).dt.days
    used = expected[np.minimum(np.log2(ahead).astype(int), 3)]
    np.testing.assert_allclose(
        stack.predict(future), np.sum(stack.transform(future) * used, axis=1)
    )
    # rows of the training span are forecast one step ahead
    np.testing.assert_allclose(
        stack.predict(X), np.maximum(stack.transform(X) @ expected[0], 0)
    )


@pytest.mark.parametrize("as_category", [False, True])
def test_weights_by_a_column(panel, as_category):
    X, y = panel
    X["item"] = X["item"].astype("category") if as_category else X["item"]
    stack = TimeSeriesStackingRegressor(
        members()[:2], cv=3, weights_by="item", series=KEYS
    ).fit(X, y)
    oof = stack.oof_predictions_
    errors = oof["y_true"].to_numpy()[:, None] - oof[["ar", "naive"]].to_numpy()
    groups = (X["item"].to_numpy()[oof["row"]] == "b").astype(int)
    expected = pooled_weights(
        errors,
        groups,
        2,
        overall=combination_weights(errors, shrinkage=3.0),
        loss="squared",
        shrinkage=20.0,
    )
    pd.testing.assert_frame_equal(
        stack.group_weights_,
        pd.DataFrame(expected, pd.Index(["a", "b"], name="item"), ["ar", "naive"]),
        check_index_type=False,
    )
    assert not np.allclose(expected[0], expected[1])
    used = expected[(X["item"] == "b").to_numpy().astype(int)]
    forecasts = stack.transform(X)
    np.testing.assert_allclose(stack.predict(X), np.sum(forecasts * used, axis=1))


def test_values_that_no_fold_tests_have_the_weights_of_all(panel):
    X, y = panel
    X["kind"] = np.where(X["item"] == "a", 1.0, np.nan)
    stack = TimeSeriesStackingRegressor(
        [
            ("naive", SeasonalNaiveRegressor(series=KEYS)),
            ("t", ThetaRegressor(series=KEYS)),
        ],
        cv=3,
        weights_by="kind",
        series=KEYS,
    ).fit(X, y)
    assert list(stack.group_weights_.index) == [1.0]
    overall = list(stack.weights_.values())
    forecasts = stack.transform(X) @ overall
    missing = (X["item"] == "b").to_numpy()
    np.testing.assert_allclose(stack.predict(X)[missing], forecasts[missing])
    assert not np.allclose(stack.predict(X)[~missing], forecasts[~missing])
    np.testing.assert_allclose(stack.predict(X.assign(kind=7.0)), forecasts)


def test_weights_of_groups_take_no_arguments(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members()[:2], weights_by="step", series=KEYS)
    with pytest.raises(TypeError, match=r"predict got \['return_std'\], but the weig"):
        stack.fit(X, y).predict(X, return_std=True)


def test_weights_by_needs_a_column_and_weights(panel):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members()[:2], weights_by="kind", series=KEYS)
    message = (
        "weights_by='kind' is not a column of X; its columns are ['item', 'date', "
        "'price']."
    )
    assert _message(stack, X, y) == message
    stack.set_params(weights_by="step", final_estimator="median")
    assert "which final_estimator='median' has not" in _message(stack, X, y)
    with pytest.raises(AttributeError, match="weights_by=None makes no weights of gr"):
        _ = stack.set_params(weights_by=None).fit(X, y).group_weights_


# members fitted once


@pytest.mark.filterwarnings("ignore:No training row has a value")
def test_without_refit_members_of_the_first_fold_read_what_came_later(panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=7)
    options = {"cv": cv, "refit": False, "series": KEYS}
    oof = TimeSeriesStackingRegressor(members(), **options).fit(X, y).oof_predictions_
    folds = list(cv.split(X["date"], groups=X["date"]))
    for name, member in members():
        fitted = clone(member).fit(X.iloc[folds[0][0]], y[folds[0][0]])
        for number, (train, test) in enumerate(folds, start=1):
            observe(fitted, X.iloc[train], y[train])
            found = oof.loc[oof["fold"] == number].sort_values("row")
            assert found["row"].tolist() == sorted(test)
            expected = fitted.predict(X.iloc[np.sort(test)])
            np.testing.assert_allclose(found[name], expected)


@pytest.mark.filterwarnings("ignore:No training row has a value")
def test_without_refit_later_sales_move_no_earlier_forecast(panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=7)
    last = (X["date"] > DATES[-8]).to_numpy()
    here, there = (
        TimeSeriesStackingRegressor(members(), cv=cv, refit=False, series=KEYS)
        .fit(X, sales)
        .oof_predictions_.drop(columns="y_true")
        for sales in (y, np.where(last, 1e6, y))
    )
    pd.testing.assert_frame_equal(here, there)


def test_without_refit_regressors_of_tables_stay_as_they_were_fitted():
    X, y = single_series()
    cv = PanelTimeSeriesSplit(2, test_size=5)
    stack = TimeSeriesStackingRegressor(two_members(), cv=cv, refit=False).fit(X, y)
    expected = LinearRegression().fit(X[:20], y[:20]).predict(X[20:])
    np.testing.assert_allclose(stack.oof_predictions_["line"], expected)


def test_without_refit_folds_have_to_grow():
    X, y = single_series()
    folds = list(TimeSeriesSplit(2, test_size=5).split(X))
    stack = TimeSeriesStackingRegressor(two_members(), cv=folds[::-1], refit=False)
    with pytest.raises(ValueError) as caught:
        stack.fit(X, y)
    assert str(caught.value) == (
        "refit=False takes newer sales in from fold to fold, but fold 2 of 2 trains on "
        "older times than fold 1 of 2. Put the folds of cv in the order of time, or "
        "give refit=True, which fits anew for each fold."
    )
    stack.set_params(refit=True).fit(X, y)


def test_without_refit_folds_may_share_their_training_rows():
    X, y = single_series()
    past, rows = np.arange(20), np.arange(30)
    folds = [(past, rows[20:25]), (past, rows[25:])]
    stack = TimeSeriesStackingRegressor(two_members(), cv=folds, refit=False).fit(X, y)
    fitted = ARRegressor(1).fit(X[:20], y[:20])
    expected = [fitted.predict(X[test]) for _, test in folds]
    np.testing.assert_allclose(stack.oof_predictions_["ar"], np.concatenate(expected))
