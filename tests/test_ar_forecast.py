# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of known autoregressions, against loops over single values."""

from dataclasses import replace

import numpy as np
import pytest
from random_histories import make_history

from sklearn_sales.linear_model._ar_forecast import (
    ARModel,
    bridge_gaps,
    one_step,
    recursion,
)
from sklearn_sales.linear_model._ar_series import series_ranges
from sklearn_sales.linear_model._ar_terms import ARTerms

LENGTHS, START = [30, 5, 80, 1, 41], [0, 7, 2, 20, 11]


def make_model(terms, *, gaps=0.0, seed=0, lag_size=0.25):
    """Series with random coefficients, lags stable enough to stay in their range."""
    history = make_history(LENGTHS, seed=seed, gaps=gaps, start=START)
    rng = np.random.default_rng(seed)
    coef = rng.normal(size=(len(LENGTHS), terms.n_columns))
    coef[:, terms.trend_columns] *= 0.02
    coef[:, terms.lag_columns] = lag_size * rng.uniform(
        -1, 1, coef[:, terms.lag_columns].shape
    )
    coef[:, terms.constant_columns] += 8
    sigma = rng.uniform(1, 2, len(LENGTHS))
    return ARModel(terms, coef, sigma, history, *series_ranges(history))


def values_of(model, code):
    """The values of a series by calendar position."""
    history = model.history
    own = model.values[history.indptr[code] : history.indptr[code + 1]]
    return dict(zip(history.start[code] + np.arange(len(own)), own, strict=True))


def slow_value(model, known, code, position, covariates):
    """One step of one series, term by term; unknown lags read the mean."""
    terms, coef = model.terms, list(model.coef[code])
    total = coef.pop(0) if terms.has_constant else 0.0
    if terms.has_trend:
        total += coef.pop(0) * (position - model.history.start[code] + 1)
    for phase in range(terms.season - terms.n_dummies, terms.season):
        total += coef.pop(0) * (position % terms.season == phase)
    for value in covariates:
        total += coef.pop(0) * value
    for lag in terms.lags:
        total += coef.pop(0) * known.get(position - lag, model.level[code])
    assert not coef
    return total


def slow_bounds(model, code, ahead):
    width = model.highest[code] - model.lowest[code]
    reach = width * (1 + ahead / model.history.lengths[code])
    return model.lowest[code] - reach, model.highest[code] + reach


TERMS = [
    ARTerms((), "c", 0, 0),
    ARTerms((1, 2, 3), "n", 0, 0),
    ARTerms((1, 4), "ct", 3, 2),
    ARTerms((2, 7, 12), "t", 4, 1),
    ARTerms((3,), "c", 5, 0),
]


@pytest.mark.parametrize("terms", TERMS, ids=str)
@pytest.mark.parametrize("chunk", [1, 7, 2_000_000])
def test_one_step_reads_lags_and_the_mean_before_the_start(monkeypatch, terms, chunk):
    monkeypatch.setattr("sklearn_sales.linear_model._ar_forecast._CHUNK", chunk)
    model, rng = make_model(terms), np.random.default_rng(1)
    codes, positions = np.meshgrid(np.arange(5), np.arange(-3, 83))
    inside = positions <= model.history.last[codes] + 1
    codes, positions = codes[inside], positions[inside]
    covariates = rng.normal(size=(len(codes), terms.n_covariates))
    effects = model.effects(codes, covariates)
    expected = [
        slow_value(model, values_of(model, code), code, position, row)
        for code, position, row in zip(codes, positions, covariates, strict=True)
    ]
    found = one_step(model, model.values, codes, positions, effects)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("terms", TERMS, ids=str)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gaps_are_bridged_step_by_step(terms, seed):
    model, rng = make_model(terms, gaps=0.4, seed=seed), np.random.default_rng(1)
    covariates = rng.normal(size=(len(model.values), terms.n_covariates))
    expected = []
    for code, (first, last) in enumerate(
        zip(model.history.indptr, model.history.indptr[1:], strict=False)
    ):
        known = {}
        for t, value in enumerate(model.values[first:last]):
            position = model.history.start[code] + t
            if np.isnan(value):
                value = slow_value(model, known, code, position, covariates[first + t])
                value = np.clip(value, *slow_bounds(model, code, 0))
            known[position] = value
        expected += known.values()
    before = model.values.copy()
    bridged = bridge_gaps(model, covariates).values
    np.testing.assert_allclose(bridged, expected, rtol=1e-10)
    np.testing.assert_array_equal(model.values, before)


def test_a_history_without_gaps_is_not_copied():
    model = make_model(TERMS[1])
    assert bridge_gaps(model, np.empty((len(model.values), 0))) is model


def slow_recursion(model, code, n_steps, covariates, last_covariates):
    """All steps of one series; covariates maps known steps to their values."""
    known, last = values_of(model, code), model.history.last[code]
    psi, current, forecasts, variances = [1.0], last_covariates, [], []
    for step in range(1, n_steps + 1):
        current = covariates.get(step, current)
        value = slow_value(model, known, code, last + step, current)
        known[last + step] = np.clip(value, *slow_bounds(model, code, step))
        forecasts.append(known[last + step])
        variances.append(model.sigma[code] ** 2 * np.sum(np.square(psi)))
        lags = zip(model.terms.lags, model.lag_coef[code], strict=True)
        psi.append(sum(c * psi[step - lag] for lag, c in lags if lag <= step))
    return forecasts, variances


@pytest.mark.parametrize("terms", TERMS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_recursion_takes_one_step_after_the_other(terms, seed):
    # rows ask for some steps of some series, in any order; each brings covariates
    model, rng = make_model(terms, seed=seed), np.random.default_rng(seed)
    cells = rng.permutation(5 * 30)[:60]
    codes, steps = cells // 30, cells % 30 + 1
    covariates = rng.normal(size=(60, terms.n_covariates))
    last = rng.normal(size=(5, terms.n_covariates))
    forecasts, variances = recursion(
        model,
        codes,
        steps,
        model.effects(codes, covariates),
        model.effects(np.arange(5), last),
        variances=True,
    )
    for code in range(5):
        rows = np.flatnonzero(codes == code)
        known = dict(zip(steps[rows], covariates[rows], strict=True))
        expected = slow_recursion(model, code, 30, known, last[code])
        for found, answer in zip((forecasts, variances), expected, strict=True):
            np.testing.assert_allclose(
                found[rows], np.array(answer)[steps[rows] - 1], rtol=1e-9
            )


def test_variances_are_made_on_request_only():
    model = make_model(TERMS[1])
    codes, steps, nothing = np.array([0, 2]), np.array([3, 1]), np.zeros(2)
    forecasts, none = recursion(model, codes, steps, nothing, np.zeros(5))
    assert none is None
    same, _ = recursion(model, codes, steps, nothing, np.zeros(5), variances=True)
    np.testing.assert_array_equal(forecasts, same)


def test_rows_that_repeat_a_step_get_their_own_answers():
    # the same week at three prices: later weeks go on with the mean of them
    model = make_model(TERMS[2])
    codes, steps = np.zeros(5, dtype=int), np.array([1, 2, 2, 2, 3])
    effects, last = np.array([0.5, 1.0, 2.0, 6.0, 0.0]), np.zeros(5)
    found, _ = recursion(model, codes, steps, effects, last)
    for row in (1, 2, 3):
        alone, _ = recursion(
            model, codes[[0, row]], steps[[0, row]], effects[[0, row]], last
        )
        np.testing.assert_allclose(found[row], alone[1], rtol=1e-12)
    mean = np.array([0.5, 3.0, 0.0])
    later, _ = recursion(model, codes[:3], np.array([1, 2, 3]), mean, last)
    np.testing.assert_allclose(found[4], later[2], rtol=1e-12)
    order = np.array([3, 1, 4, 2, 0])
    moved, _ = recursion(model, codes, steps[order], effects[order], last)
    np.testing.assert_allclose(moved, found[order], rtol=1e-12)


@pytest.mark.parametrize("factor", [1.0, 3.0, 1e6])
def test_explosive_coefficients_stay_bounded(factor):
    model = make_model(TERMS[1])
    model = replace(model, coef=factor * np.abs(model.coef) + 1)
    codes, steps = np.array([0, 2]), np.array([10_000, 10_000])
    forecasts, variances = recursion(
        model, codes, steps, np.zeros(2), np.zeros(5), variances=True
    )
    for code, value in zip(codes, forecasts, strict=True):
        low, high = slow_bounds(model, code, 10_000)
        assert low <= value <= high
    assert np.isfinite(variances).all()
    assert (variances >= model.sigma[codes] ** 2).all()


def test_what_lies_after_the_origin_moves_no_answer():
    model, rng = make_model(TERMS[2], gaps=0.2), np.random.default_rng(3)
    covariates = rng.normal(size=(len(model.values), 2))
    history = model.history
    codes = np.repeat(np.arange(5), LENGTHS)
    positions = np.concatenate(
        [start + np.arange(n) for start, n in zip(START, LENGTHS, strict=True)]
    )

    def answers(data):
        changed = replace(model, history=replace(history, data=data))
        bridged = bridge_gaps(changed, covariates)
        effects = model.effects(codes, covariates)
        return one_step(bridged, bridged.values, codes, positions, effects)

    before = answers(history.data)
    for cut in (4, 15, 40, 70):
        later = positions >= cut
        data = np.where(later, history.data + rng.normal(size=len(codes)), history.data)
        after = answers(data)
        # the value of a row itself lies after its origin
        np.testing.assert_array_equal(after[positions <= cut], before[positions <= cut])
        assert (after != before).any()
