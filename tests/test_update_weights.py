# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights of a stack that are learned anew as sales arrive."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge

from sklearn_sales import (
    SeasonalNaiveRegressor,
    SimplexRegressor,
    TimeSeriesStackingRegressor,
    observe,
)

HORIZON = 4


@pytest.fixture
def sales():
    """A season of three until time 60, of four after it."""
    rng = np.random.default_rng(0)
    at = np.arange(120)
    season = np.where(
        at < 60, np.array([5, 20, 9])[at % 3], np.array([2, 30, 8, 14])[at % 4]
    )
    return at[:, None].astype(float), season + rng.normal(0, 0.5, 120)


def make_stack(**options):
    members = [(f"lag_{m}", SeasonalNaiveRegressor(m, horizon=HORIZON)) for m in (3, 4)]
    return TimeSeriesStackingRegressor(members, **options)


def in_chunks(stack, X, y):
    for first in range(60, 120, HORIZON):
        stack.partial_fit(X[first : first + HORIZON], y[first : first + HORIZON])
    return stack


def test_weights_follow_what_sells_now(sales):
    X, y = sales
    fixed = in_chunks(make_stack().fit(X[:60], y[:60]), X, y)
    moved = in_chunks(make_stack(update_weights=True).fit(X[:60], y[:60]), X, y)
    assert fixed.weights_["lag_3"] > 0.9
    assert moved.weights_["lag_3"] < 0.5


def test_the_new_rows_are_forecast_before_members_know_them(sales):
    X, y = sales
    stack = make_stack(update_weights=True).fit(X[:60], y[:60])
    before, known = stack.transform(X[60:64]), stack.oof_predictions_
    stack.partial_fit(X[60:64], y[60:64])
    added = stack.oof_predictions_.iloc[len(known) :]
    assert_array_equal(added[["lag_3", "lag_4"]], before)
    assert_array_equal(added["y_true"], y[60:64])
    assert_array_equal(added["step"], [1, 2, 3, 4])
    assert set(added["row"]) == {-1}
    assert set(added["fold"]) == {known["fold"].max() + 1}


def test_weights_are_those_of_a_fit_on_all_forecasts_out_of_fold(sales):
    X, y = sales
    stack = in_chunks(make_stack(update_weights=True).fit(X[:60], y[:60]), X, y)
    oof = stack.oof_predictions_
    again = SimplexRegressor().fit(oof[["lag_3", "lag_4"]].to_numpy(), oof["y_true"])
    assert_allclose(list(stack.weights_.values()), again.coef_)


def test_weights_of_steps_move_too(sales):
    X, y = sales
    stack = make_stack(update_weights=True, weights_by="step").fit(X[:60], y[:60])
    before = stack.group_weights_
    after = in_chunks(stack, X, y).group_weights_
    assert (after["lag_3"] < before["lag_3"]).all()


def test_rows_that_were_known_teach_nothing(sales):
    X, y = sales
    stack = make_stack(update_weights=True).fit(X[:60], y[:60])
    before = stack.oof_predictions_
    stack.partial_fit(X[50:60], y[50:60])
    assert len(stack.oof_predictions_) == len(before)


def test_observe_leaves_the_weights(sales):
    X, y = sales
    stack = make_stack(update_weights=True).fit(X[:60], y[:60])
    before = stack.weights_
    observe(stack, X[60:], y[60:])
    assert stack.weights_ == before


def test_votes_have_nothing_to_learn(sales):
    X, y = sales
    stack = make_stack(final_estimator="mean", update_weights=True).fit(X[:60], y[:60])
    assert stack.partial_fit(X[60:], y[60:]).weights_ == {"lag_3": 0.5, "lag_4": 0.5}


@pytest.mark.parametrize(
    "options", [{"weights_by": 0}, {"passthrough": True, "final_estimator": Ridge()}]
)
def test_columns_of_rows_that_are_gone_are_refused(sales, options):
    X, y = sales
    stack = clone(make_stack(update_weights=True, **options))
    with pytest.raises(ValueError, match="update_weights=True learns from forecasts"):
        stack.fit(X, y)
