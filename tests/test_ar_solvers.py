# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The kernels that solve autoregressions, against slow and obvious references."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from random_histories import (
    everyone,
    full_orders,
    make_history,
    no_covariates,
)

from sklearn_sales import ARRegressor, ConformalRegressor
from sklearn_sales.linear_model._ar_blocks import SharedCentre
from sklearn_sales.linear_model._ar_orders import nested_residuals, select_orders
from sklearn_sales.linear_model._ar_solvers import (
    fit_pooled,
    fit_separate,
    residual_squares,
    ridge_penalty,
    solve,
)
from sklearn_sales.linear_model._ar_terms import ARTerms
from sklearn_sales.panel import History


def rows_of(history, covariates, terms, code, fill=False):
    """Regression rows of one series in units of the data: a loop, term by term."""
    values = history.data[history.indptr[code] : history.indptr[code + 1]]
    known = pd.Series(values).ffill().to_numpy() if fill else values
    rows, target = [], []
    for t in range(terms.max_lag, len(values)):
        lags = [known[t - lag] for lag in terms.lags]
        if np.isnan([values[t], *lags]).any():
            continue
        position = history.start[code] + t
        phases = range(terms.season - terms.n_dummies, terms.season)
        row = [1.0] * terms.has_constant + [t + 1.0] * terms.has_trend
        row += [float(position % terms.season == phase) for phase in phases]
        rows.append([*row, *covariates[history.indptr[code] + t], *lags])
        target.append(values[t])
    return np.array(rows).reshape(len(rows), terms.n_columns), np.array(target)


@pytest.mark.parametrize("n_covariates", [0, 2])
@pytest.mark.parametrize("season", [0, 4])
@pytest.mark.parametrize("trend", ["n", "c", "t", "ct"])
@pytest.mark.parametrize("lags", [(), (1, 2), (2, 5)])
def test_each_series_is_its_own_least_squares(lags, trend, season, n_covariates):
    history = make_history([50, 70, 0, 90], gaps=0.08, start=[0, 3, 0, 1])
    covariates = np.random.default_rng(1).normal(size=(len(history.data), n_covariates))
    terms = ARTerms(lags, trend, season, n_covariates)
    coef, sigma, short = fit_separate(
        history, covariates, terms, 0.0, full_orders(history, terms)
    )
    assert short.tolist() == [False, False, True, False]
    for code in (0, 1, 3):
        rows, target = rows_of(history, covariates, terms, code)
        expected = np.linalg.lstsq(rows, target, rcond=None)[0]
        np.testing.assert_allclose(coef[code], expected, rtol=1e-7, atol=1e-9)
        rms = np.sqrt(np.mean((target - rows @ expected) ** 2))
        np.testing.assert_allclose(sigma[code], rms, rtol=1e-9)


@pytest.mark.parametrize("n_covariates", [0, 2])
@pytest.mark.parametrize("season", [0, 4])
@pytest.mark.parametrize("trend", ["n", "c", "t", "ct"])
def test_pooled_is_least_squares_on_the_stacked_rows(trend, season, n_covariates):
    history = make_history([50, 70, 90], gaps=0.05, start=[0, 3, 1])
    covariates = np.random.default_rng(2).normal(size=(len(history.data), n_covariates))
    terms = ARTerms((1, 3), trend, season, n_covariates)
    scale = np.array([2.0, 5.0, 0.1])
    coef, sigma, short = fit_pooled(
        history, covariates, terms, 0.0, scale, np.array([0, 2])
    )
    stacked, targets = [], []
    for code in (0, 2):
        rows, target = rows_of(history, covariates, terms, code)
        rows[:, terms.lag_columns] /= scale[code]
        stacked.append(rows)
        targets.append(target / scale[code])
    stacked, targets = np.concatenate(stacked), np.concatenate(targets)
    expected = np.linalg.lstsq(stacked, targets, rcond=None)[0]
    rms = np.sqrt(np.mean((targets - stacked @ expected) ** 2))
    first = terms.lag_columns.start
    for code in range(3):
        own = expected * np.where(np.arange(terms.n_columns) < first, scale[code], 1)
        np.testing.assert_allclose(coef[code], own, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(sigma[code], scale[code] * rms, rtol=1e-9)
    assert not short.any()


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("trend", ["n", "c", "ct"])
@pytest.mark.parametrize("noise", [1e-2, 1e-4])
def test_delicate_fits_keep_their_digits(pooled, trend, noise):
    # normal equations alone would lose four digits and more here
    rng = np.random.default_rng(0)
    t = np.arange(250)
    values = 500 + 60 * np.sin(t / 30) + rng.normal(scale=noise, size=len(t))
    history = History(values, np.array([0, len(t)]), np.zeros(1, dtype=np.int64))
    terms, covariates = ARTerms((1, 2, 3), trend, 0, 0), np.empty((len(t), 0))
    if pooled:
        coef, sigma, _ = fit_pooled(
            history, covariates, terms, 0.0, np.ones(1), np.array([0])
        )
    else:
        coef, sigma, _ = fit_separate(history, covariates, terms, 0.0, np.array([3]))
    rows, target = rows_of(history, covariates, terms, 0)
    # long doubles, because the reference must be better than what it judges
    middle = rows.mean(axis=0) * (np.ptp(rows, axis=0) > 0) * terms.has_constant
    scaled = (rows - middle).astype(np.longdouble)
    shift = target.mean() * terms.has_constant
    solution = np.linalg.lstsq(scaled.astype(float), target - shift, rcond=None)[0]
    for _ in range(3):
        residual = target - shift - scaled @ solution.astype(np.longdouble)
        solution = (
            solution
            + np.linalg.lstsq(scaled.astype(float), residual.astype(float), rcond=None)[
                0
            ]
        )
    np.testing.assert_allclose(
        coef[0, terms.lag_columns], solution[terms.lag_columns], rtol=1e-8
    )
    residual = target - shift - scaled @ solution.astype(np.longdouble)
    np.testing.assert_allclose(sigma[0], np.sqrt(np.mean(residual**2)), rtol=1e-8)


def test_lags_read_across_gaps_only_where_rows_are_too_few():
    # every third value is missing: no row has both of its lags
    history = make_history([40, 40])
    history.data[:40][2::3] = np.nan
    terms, covariates = ARTerms((1, 2), "c", 0, 0), no_covariates(history)
    coef, _, short = fit_separate(history, covariates, terms, 0.0, np.array([2, 2]))
    for code, fill in ((0, True), (1, False)):
        rows, target = rows_of(history, covariates, terms, code, fill=fill)
        expected = np.linalg.lstsq(rows, target, rcond=None)[0]
        np.testing.assert_allclose(coef[code], expected, rtol=1e-8)
    assert rows_of(history, covariates, terms, 0)[0].shape[0] == 0
    pooled, _, _ = fit_pooled(
        history, covariates, terms, 0.0, np.ones(2), np.array([0])
    )
    np.testing.assert_allclose(pooled[0], coef[0], rtol=1e-8)
    assert not short.any()


@pytest.mark.parametrize(
    ("trend", "season", "expected"),
    [
        ("c", 0, [4.0, 0.0, 0.0]),
        ("ct", 0, [4.0, 0.0, 0.0, 0.0]),
        ("n", 2, [4.0, 4.0, 0.0, 0.0]),
        ("n", 0, [0.5, 0.5]),
        ("t", 0, [0.0, 0.5, 0.5]),
    ],
)
def test_short_series_are_their_mean(trend, season, expected):
    history = History(np.array([2.0, 6.0]), np.array([0, 2]), np.zeros(1, dtype=int))
    terms, covariates = ARTerms((1, 2), trend, season, 0), np.empty((2, 0))
    for coef, sigma, short in (
        fit_separate(history, covariates, terms, 0.0, np.array([2])),
        fit_pooled(history, covariates, terms, 0.0, np.ones(1), np.array([0])),
    ):
        np.testing.assert_array_equal(coef, [expected])
        np.testing.assert_array_equal(sigma, [2.0])
        assert short.all()


def test_a_series_needs_one_row_more_than_terms():
    terms = ARTerms((1, 2), "c", 0, 0)
    history = make_history([5, 6])
    coef, _, short = fit_separate(
        history, no_covariates(history), terms, 0.0, np.array([2, 2])
    )
    assert short.tolist() == [True, False]
    assert (coef[0, 1:] == 0).all()
    assert (coef[1, 1:] != 0).all()


@pytest.mark.parametrize(("n", "short"), [(5, True), (6, False)])
def test_a_panel_needs_one_row_more_than_terms(n, short):
    terms, history = ARTerms((1, 2), "c", 0, 0), make_history([n, 2])
    covariates, scale = no_covariates(history), np.ones(2)
    found = fit_pooled(history, covariates, terms, 0.0, scale, everyone(history))
    assert found[2].tolist() == [short, short]
    assert (found[0][:, 1:] == 0).all() == short


@pytest.mark.parametrize("constant", [0.0, 0.1, -7.3, 1e9 / 3])
@pytest.mark.parametrize("trend", ["c", "ct"])
def test_a_constant_is_all_there_is_of_a_constant_series(constant, trend):
    history = History(np.full(97, constant), np.array([0, 97]), np.zeros(1, dtype=int))
    terms = ARTerms((1, 2, 3), trend, 4, 0)
    coef, sigma, _ = fit_separate(history, np.empty((97, 0)), terms, 0.0, np.array([3]))
    np.testing.assert_array_equal(coef, [[constant, *[0.0] * (terms.n_columns - 1)]])
    assert sigma == 0


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e6])
def test_a_covariate_that_never_moves_gets_no_coefficient(pooled, value):
    history = make_history([60, 61])
    covariates = np.random.default_rng(3).normal(size=(len(history.data), 2))
    covariates[:, 0] = value * (1 + 1e-16 * np.arange(len(covariates)))
    terms, codes = ARTerms((1, 2), "c", 0, 2), everyone(history)
    alone, without = ARTerms((1, 2), "c", 0, 1), covariates[:, 1:]
    if pooled:
        coef, _, _ = fit_pooled(history, covariates, terms, 0.0, np.ones(2), codes)
        other, _, _ = fit_pooled(history, without, alone, 0.0, np.ones(2), codes)
    else:
        orders = np.array([2, 2])
        coef, _, _ = fit_separate(history, covariates, terms, 0.0, orders)
        other, _, _ = fit_separate(history, without, alone, 0.0, orders)
    assert (coef[:, 1] == 0).all()
    np.testing.assert_allclose(np.delete(coef, 1, axis=1), other, rtol=1e-9)


def random_systems(rng, n=6, k=4):
    rows = rng.normal(size=(n, 30, k)) * 10.0 ** rng.integers(-4, 5, size=k)
    return rows, rng.normal(size=(n, 30))


def normal_equations(rows, target):
    gram = np.matmul(rows.transpose(0, 2, 1), rows)
    return gram, np.matmul(rows.transpose(0, 2, 1), target[:, :, None])[:, :, 0]


def test_solve_is_least_squares():
    rows, target = random_systems(np.random.default_rng(0))
    gram, moment = normal_equations(rows, target)
    solution, news = solve(gram, moment, np.zeros_like(moment))
    for i in range(len(rows)):
        expected = np.linalg.lstsq(rows[i], target[i], rcond=None)[0]
        np.testing.assert_allclose(solution[i], expected, rtol=1e-9)
    assert ((news > 0.3) & (news <= 1 + 1e-9)).all()


def test_solve_takes_the_least_norm_of_standardised_columns():
    rows, target = random_systems(np.random.default_rng(1))
    rows[2, :, 3] = 3 * rows[2, :, 1] - rows[2, :, 0]
    rows[4, :, 2] = 0
    gram, moment = normal_equations(rows, target)
    solution, news = solve(gram, moment, np.zeros_like(moment))
    for i in range(len(rows)):
        scale = np.linalg.norm(rows[i], axis=0)
        scale[scale == 0] = 1
        standardised = np.linalg.pinv(rows[i] / scale, rcond=1e-7) @ target[i]
        np.testing.assert_allclose(solution[i], standardised / scale, rtol=1e-6)
    assert solution[4, 2] == 0
    assert news[2] < 1e-11
    assert (np.delete(news, 2) > 0.3).all()


@pytest.mark.parametrize("share", [1e-2, 1e-5, 1e-8])
def test_news_is_the_share_that_other_columns_do_not_explain(share):
    rng = np.random.default_rng(2)
    rows = np.linalg.qr(rng.normal(size=(30, 3)))[0]
    rows[:, 2] = np.sqrt(share) * rows[:, 2] + np.sqrt(1 - share) * rows[:, 1]
    gram, moment = normal_equations(rows[None], rng.normal(size=(1, 30)))
    _, news = solve(gram, moment, np.zeros_like(moment))
    np.testing.assert_allclose(news, share, rtol=1e-3)


def test_solve_adds_the_penalty_and_answers_systems_without_columns():
    rows, target = random_systems(np.random.default_rng(3))
    gram, moment = normal_equations(rows, target)
    penalty = np.random.default_rng(4).uniform(1, 9, size=moment.shape)
    kept = gram.copy()
    solution, _ = solve(gram, moment, penalty)
    np.testing.assert_array_equal(gram, kept)
    for i in range(len(rows)):
        expected = np.linalg.solve(gram[i] + np.diag(penalty[i]), moment[i])
        np.testing.assert_allclose(solution[i], expected, rtol=1e-8)
    nothing, news = solve(np.empty((3, 0, 0)), np.empty((3, 0)), np.empty((3, 0)))
    assert nothing.shape == (3, 0)
    assert (news == 1).all()


def test_ridge_penalty_is_a_share_of_the_squares_about_the_mean():
    rng = np.random.default_rng(5)
    rows = np.concatenate([np.ones((1, 40, 1)), rng.normal(2, 3, (1, 40, 4))], axis=2)
    gram, _ = normal_equations(rows, np.zeros((1, 40)))
    terms = ARTerms((1, 2), "ct", 0, 1)
    expected = 0.3 * 40 * rows[0].var(axis=0)
    expected[:2] = 0
    np.testing.assert_allclose(ridge_penalty(gram, terms, 0.3)[0], expected)
    # without a constant: about zero, and nothing but covariates and lags pays
    terms = ARTerms((1, 2), "n", 2, 1)
    about_zero = 0.3 * np.sum(rows[0] ** 2, axis=0)
    about_zero[:2] = 0
    np.testing.assert_allclose(ridge_penalty(gram, terms, 0.3)[0], about_zero)


def test_residual_squares_of_any_coefficients():
    rows, target = random_systems(np.random.default_rng(6))
    solution = np.random.default_rng(7).normal(size=(6, 4))
    whole = np.concatenate([rows, target[:, :, None]], axis=2)
    products = np.matmul(whole.transpose(0, 2, 1), whole)
    residual = target - np.matmul(rows, solution[:, :, None])[:, :, 0]
    np.testing.assert_allclose(
        residual_squares(products, solution), np.sum(residual**2, axis=1), rtol=1e-9
    )


def test_nested_residuals_are_those_of_each_order():
    rows, target = random_systems(np.random.default_rng(8), k=5)
    whole = np.concatenate([rows, target[:, :, None]], axis=2)
    products = np.matmul(whole.transpose(0, 2, 1), whole)
    found = nested_residuals(products, 2)
    assert found.shape == (6, 4)
    for i in range(6):
        for order in range(4):
            left = rows[i, :, : 2 + order]
            fitted = left @ np.linalg.lstsq(left, target[i], rcond=None)[0]
            expected = np.sum((target[i] - fitted) ** 2)
            np.testing.assert_allclose(found[i, order], expected, rtol=1e-9)


def autoregression(n, seed=9):
    memory, rng = np.zeros(n), np.random.default_rng(seed)
    for t in range(1, n):
        memory[t] = 0.9 * memory[t - 1] + rng.normal()
    return memory


def test_orders_of_series_with_few_rows():
    constant, short = np.full(50, 3.0), np.arange(4.0)
    # no window of lags is free of gaps
    gaps = autoregression(200)
    gaps[3:-1:4] = np.nan
    data = np.concatenate([constant, short, gaps])
    history = History(data, np.array([0, 50, 54, 254]), np.zeros(3, dtype=int))
    terms = ARTerms(tuple(range(1, 9)), "c", 0, 0)
    orders = select_orders(history, no_covariates(history), terms, "bic", np.full(3, 8))
    assert orders[:2].tolist() == [0, 0]
    assert orders[2:].min() >= 1


@pytest.mark.parametrize("criterion", ["aic", "bic"])
@pytest.mark.parametrize("seed", range(5))
def test_orders_of_a_series_that_is_mostly_gaps(criterion, seed):
    # eight sales in forty days: no more than six rows, however lags are filled
    data = np.full(40, np.nan)
    at = np.append(np.random.default_rng(seed).permutation(38)[:6] + 1, [0, 39])
    data[at] = autoregression(8, seed)
    history = History(data, np.array([0, 40]), np.zeros(1, dtype=int))
    terms = ARTerms(tuple(range(1, 9)), "c", 0, 0)
    (found,) = select_orders(
        history, no_covariates(history), terms, criterion, np.array([8])
    )
    n_rows = np.count_nonzero(at >= 8)
    assert found + 2 < n_rows or found == 0


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_orders_leave_two_rows_for_each_term(criterion):
    # 19 values leave 14 rows for five lags, a constant and the variance
    terms, data = ARTerms(tuple(range(1, 9)), "c", 0, 0), autoregression(19)
    history = History(data, np.array([0, 19]), np.zeros(1, dtype=int))
    covariates = no_covariates(history)
    (found,) = select_orders(history, covariates, terms, criterion, np.array([8]))
    scores = []
    for order in range(6):
        used = ARTerms(tuple(range(1, order + 1)), "c", 0, 0)
        rows, target = rows_of(history, covariates, used, 0)
        rows, target = rows[5 - order :], target[5 - order :]
        residual = target - rows @ np.linalg.lstsq(rows, target, rcond=None)[0]
        cost = {"aic": 2, "bic": np.log(14)}[criterion] * (order + 2)
        scores.append(14 * np.log(np.mean(residual**2)) + cost)
    assert found == np.argmin(scores)
    (none,) = select_orders(history, covariates, terms, criterion, np.array([0]))
    assert none == 0


@pytest.mark.parametrize(
    ("n", "longest"), [(18, 4), (19, 5), (27, 7), (28, 8), (90, 8)]
)
def test_room_for_orders(monkeypatch, n, longest):
    terms, data = ARTerms(tuple(range(1, 9)), "c", 0, 0), autoregression(n)
    history = History(data, np.array([0, n]), np.zeros(1, dtype=int))
    monkeypatch.setattr(
        "sklearn_sales.linear_model._ar_orders._best_orders",
        lambda moments, used, _: len(used.lags),
    )
    found = select_orders(history, no_covariates(history), terms, "aic", np.array([20]))
    assert found == longest


def test_a_shared_centre_is_in_the_units_of_each_series():
    history = make_history([30, 40])
    terms, scale = ARTerms((1,), "ct", 0, 1), np.array([2.0, 8.0])
    covariates = np.arange(70.0)[:, None]
    centre = SharedCentre.of(history, covariates, terms, scale)
    at = centre.at(np.array([1, 0, 1]))
    mean = np.mean(history.data / np.repeat(scale, [30, 40]))
    np.testing.assert_allclose(at.shift, mean * np.array([8.0, 2.0, 8.0]))
    np.testing.assert_array_equal(at.scale, [8.0, 2.0, 8.0])
    np.testing.assert_array_equal(at.covariates, np.full((3, 1), 34.5))
    np.testing.assert_array_equal(at.middle, [20.5] * 3)
    np.testing.assert_array_equal(at.span, [40.0] * 3)


def test_fewer_rows_than_columns_give_the_least_solution_that_fits():
    rng = np.random.default_rng(0)
    columns, target = rng.normal(size=(3000, 8, 9)), rng.normal(size=(3000, 8))
    turned = columns.transpose(0, 2, 1)
    gram, moment = turned @ columns, np.matmul(turned, target[:, :, None])[:, :, 0]
    # one by one: what a system is must not depend on those beside it
    solutions = np.concatenate(
        [solve(gram[[i]], moment[[i]], np.zeros((1, 9)))[0] for i in range(3000)]
    )
    fitted = np.matmul(columns, solutions[:, :, None])[:, :, 0]
    assert_allclose(fitted, target, atol=1e-6)
    # a solution of least norm is small; one of rounding errors is anything
    assert np.abs(solutions).max() < 200


def test_few_times_and_many_columns_are_forecast():
    for seed in (102, 112):
        rng = np.random.default_rng(seed)
        frame = {"a": rng.normal(size=22)}
        binary = seed % 2
        frame["b"] = rng.integers(0, 2, 22) * 1.0 if binary else rng.normal(size=22)
        X = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=22), **frame})
        y = rng.normal(size=22) + 10
        lags = int(rng.integers(1, 9))
        model = ConformalRegressor(ARRegressor(lags)).fit(X, y)
        assert np.isfinite(model.predict(X)).all()
