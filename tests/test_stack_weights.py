# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights of a convex combination against scipy's general solvers and known answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from sklearn_sales.ensemble._stack_weights import (
    combination_weights,
    effective_rows,
    pooled_weights,
)

LOSSES = ["squared", "absolute"]
both_losses = pytest.mark.parametrize("loss", LOSSES)


def draw_errors(n_rows, n_members, seed=0):
    """Errors of members that share much of them, as forecasts of sales do."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n_rows, 1))
    own = rng.normal(size=(n_rows, n_members)) * rng.uniform(0.3, 2, n_members)
    return 7 * (common + own + rng.normal(size=n_members) * 0.2)


def objective(weights, errors, *, prior=None, loss="squared", shrinkage=0.0):
    """What the module says that the weights minimise, term by term."""
    n_members = errors.shape[1]
    prior = np.full(n_members, 1 / n_members) if prior is None else prior
    apart = np.sum((weights - prior) ** 2)
    strength = shrinkage / effective_rows(errors, loss=loss)
    if loss == "squared":
        drawn = np.mean(errors**2, axis=0).min() * apart
        return np.mean((errors @ weights) ** 2) + strength * drawn
    drawn = np.mean(np.abs(errors), axis=0).min() * np.sqrt(apart + 1 / n_members)
    return np.mean(np.abs(errors @ weights)) + strength * drawn


def solve_by_scipy(stated, n_members):
    return minimize(
        stated,
        np.full(n_members, 1 / n_members),
        method="SLSQP",
        bounds=[(0, 1)] * n_members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 1000},
    )


def solve_by_linear_program(errors):
    """Least absolute error: w, and each error as the difference of two numbers."""
    n_rows, n_members = errors.shape
    cost = np.r_[np.zeros(n_members), np.ones(2 * n_rows) / n_rows]
    split = np.hstack([errors, -np.eye(n_rows), np.eye(n_rows)])
    total = np.r_[np.ones(n_members), np.zeros(2 * n_rows)]
    return linprog(
        cost, A_eq=np.vstack([split, total]), b_eq=np.r_[np.zeros(n_rows), 1.0]
    )


@pytest.mark.parametrize("shrinkage", [0.0, 4.0])
@pytest.mark.parametrize(
    ("n_rows", "n_members"), [(30, 2), (30, 3), (200, 5), (500, 8), (3, 6)]
)
def test_squared_loss_equals_a_general_solver(n_rows, n_members, shrinkage):
    errors = draw_errors(n_rows, n_members, seed=n_rows)
    errors /= np.abs(errors).mean()
    weights = combination_weights(errors, shrinkage=shrinkage)

    def stated(w):
        return objective(w, errors, shrinkage=shrinkage)

    result = solve_by_scipy(stated, n_members)
    assert stated(weights) <= result.fun + 1e-9
    np.testing.assert_allclose(weights, result.x, atol=2e-6)


@pytest.mark.parametrize(("n_rows", "n_members"), [(30, 3), (200, 5), (300, 8)])
def test_absolute_loss_equals_a_linear_program(n_rows, n_members):
    errors = draw_errors(n_rows, n_members, seed=n_members)
    weights = combination_weights(errors, loss="absolute")
    result = solve_by_linear_program(errors)
    assert np.mean(np.abs(errors @ weights)) <= result.fun * (1 + 1e-5)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(1, 40),
    n_members=st.integers(2, 6),
    shrinkage=st.sampled_from([0.0, 0.5, 20.0]),
    loss=st.sampled_from(LOSSES),
)
def test_no_other_weights_are_better(seed, n_rows, n_members, shrinkage, loss):
    errors = draw_errors(n_rows, n_members, seed)
    rng = np.random.default_rng(seed)
    prior = rng.dirichlet(np.ones(n_members))
    rules = {"prior": prior, "loss": loss, "shrinkage": shrinkage}
    weights = combination_weights(errors, **rules)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    least = objective(weights, errors, **rules)
    # the problem is convex: what no small step betters is the best
    for size in (1.0, 0.1, 0.001):
        for other in rng.dirichlet(np.ones(n_members), size=30):
            stepped = weights + size * (other - weights)
            assert objective(stepped, errors, **rules) >= least * (1 - 2e-5) - 1e-12


@both_losses
def test_planted_weights_come_back(loss):
    rng = np.random.default_rng(3)
    planted = np.array([0.5, 0.3, 0.2, 0.0])
    forecasts = 500 + 100 * rng.normal(size=(60, 4))
    errors = (forecasts @ planted)[:, None] - forecasts
    found = combination_weights(errors, loss=loss)
    np.testing.assert_allclose(found, planted, atol=1e-6)


@both_losses
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
def test_members_that_err_alike_share_their_weight(loss, shrinkage):
    rng = np.random.default_rng(0)
    errors = np.repeat(rng.normal(size=(50, 1)), 3, axis=1)
    weights = combination_weights(errors, loss=loss, shrinkage=shrinkage)
    np.testing.assert_allclose(weights, 1 / 3, atol=1e-5)
    errors = np.column_stack([errors[:, :2], rng.normal(size=50)])
    weights = combination_weights(errors, loss=loss, shrinkage=shrinkage)
    assert weights[0] == pytest.approx(weights[1], abs=1e-5)
    assert weights[2] > weights[0]


@both_losses
@pytest.mark.parametrize("scale", [1e-160, 1e-3, 1e9, 1e140])
def test_weights_have_no_units(loss, scale):
    errors = draw_errors(80, 4)
    weights = combination_weights(errors, loss=loss, shrinkage=5)
    scaled = combination_weights(errors * scale, loss=loss, shrinkage=5)
    np.testing.assert_allclose(scaled, weights, atol=1e-6)


@both_losses
def test_weights_follow_their_members(loss):
    errors, order = draw_errors(80, 5), np.array([3, 1, 4, 0, 2])
    weights = combination_weights(errors, loss=loss, shrinkage=1)
    permuted = combination_weights(errors[:, order], loss=loss, shrinkage=1)
    np.testing.assert_allclose(permuted, weights[order], atol=1e-6)


@both_losses
def test_row_weights_count_rows(loss):
    errors = draw_errors(40, 3)
    counts = np.random.default_rng(0).integers(0, 4, size=40)
    rules = {"loss": loss, "shrinkage": 2.0}
    weighted = combination_weights(errors, row_weights=counts.astype(float), **rules)
    repeated = combination_weights(np.repeat(errors, counts, axis=0), **rules)
    np.testing.assert_allclose(weighted, repeated, atol=1e-6)


@both_losses
def test_shrinkage_leads_from_the_data_to_the_prior(loss):
    errors = draw_errors(60, 4)
    prior = np.array([0.1, 0.2, 0.3, 0.4])
    distances = [
        np.abs(
            combination_weights(errors, prior=prior, loss=loss, shrinkage=s) - prior
        ).sum()
        for s in (0, 1, 10, 100, 1e6)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 0.1
    assert distances[-1] < 1e-3


def test_shrinkage_is_a_number_of_rows_with_independent_errors():
    errors = draw_errors(50, 3)
    # each such row adds v w_j^2 for every member j: three rows of one error each
    size = np.sqrt(np.mean(errors**2, axis=0).min())
    n_effective = effective_rows(errors)
    extra = np.eye(3) * size
    counts = np.r_[np.full(50, n_effective / 50), np.full(3, 6.0)]
    longer = combination_weights(np.vstack([errors, extra]), row_weights=counts)
    shrunk = combination_weights(errors, shrinkage=6.0)
    np.testing.assert_allclose(longer, shrunk, atol=1e-8)


@both_losses
def test_more_rows_shrink_less(loss):
    errors = draw_errors(30, 3)
    few = combination_weights(errors, loss=loss, shrinkage=5)
    many = combination_weights(np.tile(errors, (50, 1)), loss=loss, shrinkage=5)
    free = combination_weights(errors, loss=loss)
    assert np.abs(many - free).max() < np.abs(few - free).max() / 5


@both_losses
def test_without_an_error_or_a_choice_the_prior_stands(loss):
    equal = combination_weights(np.zeros((9, 4)), loss=loss)
    np.testing.assert_array_equal(equal, np.full(4, 0.25))
    alone = combination_weights(draw_errors(9, 1), loss=loss)
    np.testing.assert_array_equal(alone, [1.0])
    no_rows = combination_weights(np.empty((0, 2)), loss=loss, shrinkage=1)
    np.testing.assert_array_equal(no_rows, [0.5, 0.5])
    prior = np.array([0.2, 0.8])
    no_count = combination_weights(
        draw_errors(9, 2), prior=prior, row_weights=np.zeros(9), loss=loss
    )
    np.testing.assert_array_equal(no_count, prior)


@both_losses
def test_effective_rows(loss):
    alike = np.where(np.arange(12) % 2, 3.0, -3.0)[:, None]
    assert effective_rows(alike, loss=loss) == pytest.approx(12)
    outlier = np.r_[np.ones(50), 1e6][:, None]
    assert effective_rows(outlier, loss=loss) == pytest.approx(1, rel=1e-3)
    assert effective_rows(np.zeros((5, 2)), loss=loss) == 0
    twice = effective_rows(alike, np.full(12, 2.0), loss=loss)
    assert twice == pytest.approx(24)


def test_effective_rows_by_hand():
    errors = np.array([[3.0, 1.0], [5.0, -2.0]])
    assert effective_rows(errors) == pytest.approx(25 / 17)
    assert effective_rows(errors, loss="absolute") == pytest.approx(9 / 5)


@both_losses
@pytest.mark.parametrize("size", [10.0, 1e4, 1e9])
def test_a_useless_member_leaves_the_choice_among_the_others(loss, size):
    errors = draw_errors(40, 3)
    rules = {"loss": loss, "shrinkage": 2.0}
    expected = combination_weights(errors, prior=np.full(3, 0.25), **rules)
    useless = size * (30 + draw_errors(40, 1, seed=1))
    found = combination_weights(np.hstack([errors, useless]), **rules)
    assert found[3] < 1e-3
    assert np.abs(found[:3] - expected).max() < 0.02


@both_losses
def test_groups_are_solved_apart_and_drawn_to_all(loss):
    rng = np.random.default_rng(5)
    errors = draw_errors(90, 3)
    groups = rng.permutation(np.repeat([0, 1, 3, -1], [60, 20, 5, 5]))
    overall = np.array([0.6, 0.1, 0.3])
    rules = {"loss": loss, "shrinkage": 3.0}
    found = pooled_weights(errors, groups, 4, overall=overall, **rules)
    for group in (0, 1, 3):
        own = combination_weights(errors[groups == group], prior=overall, **rules)
        np.testing.assert_allclose(found[group], own)
    np.testing.assert_array_equal(found[2], overall)


def test_groups_with_more_rows_go_further_from_all():
    rng = np.random.default_rng(0)
    # the first member errs less everywhere, while all together prefer the second
    pattern = rng.normal(size=(400, 2)) * [0.5, 2.0]
    groups = np.repeat([0, 1, 2], [300, 90, 10])
    found = pooled_weights(
        pattern, groups, 3, overall=np.array([0.0, 1.0]), loss="squared", shrinkage=10.0
    )
    assert found[0, 0] > found[1, 0] > found[2, 0] > 0.05
    assert found[0, 0] > 0.7


def test_groups_take_row_weights():
    errors, groups = draw_errors(20, 2), np.repeat([0, 1], 10)
    counts = np.random.default_rng(1).integers(1, 4, size=20)
    rules = {"overall": np.array([0.5, 0.5]), "loss": "squared", "shrinkage": 2.0}
    weighted = pooled_weights(errors, groups, 2, row_weights=counts, **rules)
    repeated = pooled_weights(
        np.repeat(errors, counts, axis=0), np.repeat(groups, counts), 2, **rules
    )
    np.testing.assert_allclose(weighted, repeated, atol=1e-8)
