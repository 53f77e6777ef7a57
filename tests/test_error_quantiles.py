# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of errors keep what conformal prediction promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sklearn_sales.compose._error_quantiles import ErrorQuantiles, conformal_quantiles
from sklearn_sales.compose._level_adaptation import adapt_level, shift_levels


def pool(values, steps=None, codes=None, by=("step",)):
    n = len(values)
    return ErrorQuantiles(
        np.asarray(values, dtype=float),
        np.ones(n, int) if steps is None else np.asarray(steps),
        np.zeros(n, int) if codes is None else np.asarray(codes),
        by_step="step" in by,
        by_series="series" in by,
    )


def slow_quantile(values, weights, level):
    """By the definition, one candidate after the other."""
    total = sum(weights) + 1
    ordered = sorted(zip(values, weights, strict=True), key=lambda pair: pair[0])
    low, high, below = ordered[0][0], None, 0.0
    for value, weight in ordered:
        below += weight
        if below <= level * total + 1e-9:
            low = value
        if high is None and below >= level * total - 1e-9:
            high = value
    high = ordered[-1][0] if high is None else high
    return low if level < 0.5 else high if level > 0.5 else (low + high) / 2


@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=30),
    st.lists(st.sampled_from([0.05, 0.2, 0.5, 0.75, 0.9, 0.99]), min_size=1),
    st.integers(0, 100),
)
def test_quantiles_are_those_of_the_definition(values, levels, seed):
    values = np.sort(np.array(values, dtype=float))
    # eighths add up without rounding
    weights = np.random.default_rng(seed).integers(1, 9, len(values)) / 8
    found, _ = conformal_quantiles(values, weights, np.array(levels))
    expected = [slow_quantile(values, weights, level) for level in levels]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("share", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_t"])
def test_exchangeable_values_are_covered_as_promised(share, draw):
    # 39 values: (n + 1) times each tail is a whole number, and coverage exact
    rng = np.random.default_rng(0)
    options = {"df": 2} if draw == "standard_t" else {}
    runs = getattr(rng, draw)(size=(1000, 40), **options)
    levels = np.array([(1 - share) / 2, (1 + share) / 2])
    hits = 0
    for *seen, new in runs:
        ((low, high),), short = pool(seen).of(np.array([1]), np.array([0]), levels)
        assert not short.any()
        hits += low <= new <= high
    assert binomtest(hits, 1000, share).pvalue > 0.001


def test_levels_that_ask_for_too_many_values_are_told():
    levels = np.array([0.025, 0.05, 0.5, 0.95, 0.975])
    found, short = conformal_quantiles(np.arange(19.0), np.ones(19), levels)
    assert found.tolist() == [0, 0, 9, 18, 18]
    assert short.tolist() == [True, False, False, False, True]


def test_few_errors_are_shared_with_steps_around():
    rng = np.random.default_rng(0)
    steps = np.repeat(np.arange(1, 9), 50)
    values = rng.normal(size=400) * steps
    levels = np.array([0.1, 0.9])
    found, _ = pool(values, steps).of(np.array([3, 8, 20]), np.zeros(3, int), levels)
    for row, step in enumerate((3, 8, 8)):
        reach = 0
        while np.count_nonzero(np.abs(steps - step) <= reach) < 200:
            reach += 1
        weights = np.maximum(1 - np.abs(steps - step) / (reach + 1), 0)
        near = weights > 0
        expected = [slow_quantile(values[near], weights[near], q) for q in levels]
        np.testing.assert_allclose(found[row], expected)
    # errors that grow have wider bounds further ahead
    assert np.diff(found[0]) < np.diff(found[1])


def test_many_errors_of_a_step_are_its_own():
    values = np.concatenate([np.linspace(-1, 1, 200), np.linspace(-9, 9, 200)])
    steps = np.repeat([1, 2], 200)
    found, _ = pool(values, steps).of(
        np.array([1, 2]), np.zeros(2, int), np.array([0.1, 0.9])
    )
    for row, part in enumerate((values[:200], values[200:])):
        alone, _ = conformal_quantiles(part, np.ones(200), np.array([0.1, 0.9]))
        np.testing.assert_array_equal(found[row], alone)
    same, _ = pool(values, steps, by=()).of(
        np.array([1, 2]), np.zeros(2, int), np.array([0.1, 0.9])
    )
    np.testing.assert_array_equal(same[0], same[1])


def test_series_are_drawn_to_the_pool_by_their_number_of_errors():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [4000, 20, 4000])
    values = np.where(codes == 2, rng.normal(size=8020), rng.exponential(size=8020) - 1)
    errors = pool(values, codes=codes, by=("step", "series"))
    levels = np.array([0.05, 0.95])
    found, _ = errors.of(np.ones(4, int), np.arange(4), levels)
    shared, _ = pool(values).of(np.ones(1, int), np.zeros(1, int), levels)
    exact = np.quantile(values[codes == 0], levels)
    weight = 4000 / 4100
    np.testing.assert_allclose(
        found[0], weight * exact + (1 - weight) * shared[0], rtol=1e-9
    )
    # few errors of its own, or none, leave the shape of the pool
    np.testing.assert_array_less(np.abs(found[1] - shared[0]), 0.25)
    np.testing.assert_array_equal(found[3], shared[0])


@given(
    st.integers(1, 60),
    st.integers(0, 1000),
    st.sets(st.floats(0.001, 0.999), min_size=2, max_size=9),
    st.sampled_from([(), ("step",), ("series",), ("step", "series")]),
)
def test_quantiles_never_cross(n, seed, levels, by):
    rng = np.random.default_rng(seed)
    errors = pool(rng.normal(size=n), rng.integers(1, 9, n), rng.integers(0, 4, n), by)
    levels = np.sort(list(levels))
    rows = rng.integers(1, 12, 20), rng.integers(0, 6, 20)
    found, _ = errors.of(*rows, levels)
    assert (np.diff(found, axis=1) >= 0).all()


def test_adding_errors_is_having_them_all():
    rng = np.random.default_rng(0)
    values, steps, codes = (
        rng.normal(size=90),
        rng.integers(1, 4, 90),
        np.arange(90) % 3,
    )
    whole = pool(values, steps, codes)
    parts = pool(values[:60], steps[:60], codes[:60])
    parts = parts.add(values[60:], steps[60:], codes[60:])
    rows = np.arange(1, 5), np.zeros(4, int)
    levels = np.array([0.1, 0.6])
    np.testing.assert_array_equal(
        parts.of(*rows, levels)[0], whole.of(*rows, levels)[0]
    )


@given(
    st.sets(st.floats(0.001, 0.999), min_size=2, max_size=9),
    st.floats(0.01, 0.5),
    st.floats(0.0001, 0.9999),
)
def test_shifted_levels_keep_their_order_and_the_median(levels, goal, level):
    levels = np.sort(list(levels))
    found = shift_levels(levels, goal, level)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()
    assert shift_levels(np.array([0.5]), goal, level) == 0.5
    low, high = shift_levels(np.array([goal / 2, 1 - goal / 2]), goal, level)
    assert (low, high) == pytest.approx((level / 2, 1 - level / 2))
    # the fewer misses are to be made, the wider
    wider = shift_levels(levels, goal, level / 2)
    below = levels <= 0.5
    assert (wider[below] <= found[below]).all()
    assert (wider[~below] >= found[~below]).all()


def test_level_moves_by_the_rule_of_gibbs_and_candes():
    rng = np.random.default_rng(0)
    errors = pool(rng.normal(size=499), by=())
    # errors grow threefold in the middle
    new = rng.normal(size=2000) * np.repeat([1, 3], 1000)
    times = np.arange(2000)
    ones, zeros = np.ones(2000, int), np.zeros(2000, int)
    order = rng.permutation(2000)
    found = adapt_level(
        errors, new[order], ones, zeros, times[order], goal=0.1, level=0.1, rate=0.02
    )
    level, misses = 0.1, 0
    for value in new:
        tails = np.array([level / 2, 1 - level / 2])
        (bounds,), _ = errors.of(np.array([1]), np.array([0]), tails)
        missed = not bounds[0] <= value <= bounds[1]
        misses += missed
        level = min(max(level + 0.02 * (0.1 - missed), 1e-4), 1 - 1e-4)
    assert found == pytest.approx(level)
    # without adaptation some 30 % would be missed
    assert misses / 2000 < 0.2


def test_level_counts_a_time_once_however_many_series_it_has():
    errors = pool(np.arange(-49.5, 50), by=())
    new = np.array([0.0, 0.0, 99.0, 0.0])
    level = adapt_level(
        errors,
        new,
        np.ones(4, int),
        np.zeros(4, int),
        np.array([7, 7, 7, 7]),
        goal=0.1,
        level=0.1,
        rate=0.1,
    )
    assert level == pytest.approx(0.1 + 0.1 * (0.1 - 0.25))
