# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of errors keep what conformal prediction promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sklearn_sales.compose._error_quantiles import (
    ErrorQuantiles,
    conformal_quantiles,
    shared_period,
    step_growth,
)
from sklearn_sales.compose._level_adaptation import adapt_level, shift_levels


def pool(values, steps=None, codes=None, by=("step",), times=None, period=1):
    n = len(values)
    return ErrorQuantiles(
        np.asarray(values, dtype=float),
        np.ones(n, int) if steps is None else np.asarray(steps),
        # each at a time of its own
        np.arange(n) if times is None else np.asarray(times),
        np.zeros(n, int) if codes is None else np.asarray(codes),
        by_step="step" in by,
        by_series="series" in by,
        period=period,
    )


def ask(errors, steps, levels, codes=None, times=None):
    """Quantiles of rows, at time 0 and of series 0 unless told otherwise."""
    steps = np.asarray(steps)
    zeros = np.zeros(len(steps), int)
    codes = zeros if codes is None else np.asarray(codes)
    times = zeros if times is None else np.asarray(times)
    return errors.of(steps, times, codes, np.asarray(levels))


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
        ((low, high),), short = ask(pool(seen), [1], levels)
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
    errors = pool(values, steps)
    found, _ = ask(errors, [3, 8, 20], levels)
    for row, step in enumerate((3, 8, 8)):
        reach = 0
        while np.count_nonzero(np.abs(steps - step) <= reach) < 200:
            reach += 1
        weights = np.maximum(1 - np.abs(steps - step) / (reach + 1), 0)
        near = weights > 0
        grown = values[near] * (step / steps[near]) ** errors.growth
        expected = [slow_quantile(grown, weights[near], q) for q in levels]
        np.testing.assert_allclose(found[row], expected)
    # errors that grow have wider bounds further ahead
    assert np.diff(found[0]) < np.diff(found[1])


def test_many_errors_of_a_step_are_its_own():
    values = np.concatenate([np.linspace(-1, 1, 200), np.linspace(-9, 9, 200)])
    steps = np.repeat([1, 2], 200)
    found, _ = ask(pool(values, steps), [1, 2], [0.1, 0.9])
    for row, part in enumerate((values[:200], values[200:])):
        alone, _ = conformal_quantiles(part, np.ones(200), np.array([0.1, 0.9]))
        np.testing.assert_array_equal(found[row], alone)
    same, _ = ask(pool(values, steps, by=()), [1, 2], [0.1, 0.9])
    np.testing.assert_array_equal(same[0], same[1])


def test_errors_of_few_times_are_shared_with_steps_around():
    """All series of a time are lucky together, so that it counts once."""
    rng = np.random.default_rng(0)
    # 3 folds of 14 steps, a fortnight apart, and 300 series
    fold, step, _ = np.indices((3, 14, 300)).reshape(3, -1)
    step += 1
    values, times = rng.normal(size=len(step)) * step, 14 * fold + step
    levels = np.array([0.1, 0.9])
    errors = pool(values, step, times=times)
    found, _ = ask(errors, [1, 9], levels)
    # 20 times of 3 folds are 7 steps
    for row, (at, reach) in enumerate([(1, 6), (9, 3)]):
        weights = np.maximum(1 - np.abs(step - at) / (reach + 1), 0)
        near = weights > 0
        grown = values[near] * (at / step[near]) ** errors.growth
        order = np.argsort(grown)
        expected, _ = conformal_quantiles(grown[order], weights[near][order], levels)
        np.testing.assert_array_equal(found[row], expected)
    assert errors.growth == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("period", [1, 7])
def test_growth_with_the_step_comes_back_where_it_is_sure(period):
    rng = np.random.default_rng(0)
    fold, step, _ = np.indices((4, 14, 100)).reshape(3, -1)
    step, times = step + 1, 14 * fold + step
    # each weekday has errors of its own size
    noise = rng.normal(size=len(step)) * rng.lognormal(size=7)[times % 7]
    for power in (0.5, 1.0):
        found = step_growth(noise * step**power, step, times, period)
        assert found == pytest.approx(power, abs=0.03 if period == 7 else 0.5)
    # errors that shrink are luck, and so is growth in a single fold of wild times
    assert step_growth(noise / step, step, times, period) == 0
    wild = rng.lognormal(0, 2, (200, 14, 1)) * rng.normal(size=(200, 14, 20))
    cells = np.indices((14, 20)).reshape(2, -1)[0] + 1
    drawn = [step_growth(one.ravel(), cells, cells, 1) for one in wild]
    logs = np.log(np.abs(wild).mean(axis=2))
    plain = [np.polyfit(np.log(np.arange(1, 15)), one, 1)[0] for one in logs]
    assert np.square(drawn).mean() < 0.5 * np.square(plain).mean()


def test_growth_needs_more_than_one_step_and_time():
    assert step_growth(np.ones(9), np.ones(9, int), np.arange(9), 1) == 0
    assert step_growth(np.zeros(9), np.arange(1, 10), np.arange(9), 1) == 0
    assert step_growth(np.ones(2), np.arange(1, 3), np.arange(2), 1) == 0


@pytest.mark.parametrize("shift", [0, 3])
def test_steps_share_errors_of_their_place_in_the_season(shift):
    rng = np.random.default_rng(0)
    fold, step, _ = np.indices((3, 14, 300)).reshape(3, -1)
    step += 1
    # the origins of the folds need not be a season apart
    times = (14 + shift) * fold + step
    closed = times % 7 == 5
    values = np.where(closed, 0.0, rng.normal(size=len(step)))
    errors = pool(values, step, times=times, period=7)
    found, _ = ask(errors, [5, 5, 4], [0.1, 0.9], times=[54, 55, 54])
    assert found[0].tolist() == [0, 0]
    np.testing.assert_array_less(found[1], [-1, 9])
    np.testing.assert_array_less([-9, 1], found[1])
    np.testing.assert_array_equal(found[2], [0, 0])
    # a place that was never seen shares those of all others
    open_days = pool(values[~closed], step[~closed], times=times[~closed], period=7)
    found, _ = ask(open_days, [5], [0.1, 0.9], times=[54])
    assert found[0] == pytest.approx([-1.28, 1.28], abs=0.15)


def test_a_season_is_shared_where_test_sets_are_as_long():
    times = np.arange(30)
    assert shared_period(7, times // 10, times) == 7
    assert shared_period(12, times // 10, times) == 1
    # many series of few times are no longer
    assert shared_period(7, times // 10, times // 2) == 1


def test_sharing_steps_makes_up_for_the_luck_of_single_times():
    rng = np.random.default_rng(0)
    fold, step, series = np.indices((5, 8, 300)).reshape(3, -1)
    levels = np.array([0.1, 0.9])
    rows = np.arange(1, 9), np.zeros(8, int), np.zeros(8, int)
    away = {"shared": [], "alone": []}
    for _ in range(20):
        shocks = rng.lognormal(0, 0.5, (5, 8))
        values = shocks[fold, step] * rng.normal(size=len(step))
        new = rng.lognormal(0, 0.5, 2000) * rng.normal(size=2000)
        # told that each error was of a time of its own, steps stay alone
        for name, times in (("shared", 8 * fold + step), ("alone", None)):
            found, _ = pool(values, step + 1, times=times).of(*rows, levels)
            inside = (found[:, [0]] <= new) & (new <= found[:, [1]])
            away[name].append(np.abs(inside.mean(axis=1) - 0.8).mean())
    assert np.mean(away["shared"]) < 0.8 * np.mean(away["alone"])


def test_series_are_drawn_to_the_pool_by_their_number_of_errors():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [4000, 20, 4000])
    values = np.where(codes == 2, rng.normal(size=8020), rng.exponential(size=8020) - 1)
    errors = pool(values, codes=codes, by=("step", "series"))
    levels = np.array([0.05, 0.95])
    found, _ = ask(errors, np.ones(4, int), levels, np.arange(4))
    shared, _ = ask(pool(values), [1], levels)
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
    st.sampled_from([1, 3]),
)
def test_quantiles_never_cross(n, seed, levels, by, period):
    rng = np.random.default_rng(seed)
    errors = pool(
        rng.normal(size=n),
        rng.integers(1, 9, n),
        rng.integers(0, 4, n),
        by,
        times=rng.integers(0, 12, n),
        period=period,
    )
    levels = np.sort(list(levels))
    rows = rng.integers(1, 12, 20), rng.integers(0, 20, 20), rng.integers(0, 6, 20)
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
    parts = parts.add(values[60:], steps[60:], np.arange(60, 90), codes[60:])
    rows = np.arange(1, 5), np.arange(4), np.zeros(4, int)
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
        (bounds,), _ = ask(errors, [1], tails)
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
