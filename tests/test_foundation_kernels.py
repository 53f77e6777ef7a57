# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic around a pretrained model, against loops."""

import numpy as np
import pytest

from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.neural_network._foundation_kernels import (
    at_levels,
    gather_contexts,
    hold_beyond,
    last_season,
    observed_before,
    scale_contexts,
    seasonal_base,
)

NAN = np.nan


def test_contexts_end_at_their_origin_and_stay_inside_their_series():
    data = np.array([1.0, 2, 3, NAN, 5, 6, 7])
    first, stop = np.array([0, 2, 2]), np.array([2, 7, 3])
    np.testing.assert_array_equal(
        gather_contexts(data, first, stop, 4),
        [[NAN, NAN, 1, 2], [NAN, 5, 6, 7], [NAN, NAN, NAN, 3]],
    )
    np.testing.assert_array_equal(observed_before(data, first, stop), [2, 4, 1])


def test_no_observation_before_a_series_begins():
    data = np.array([1.0, 2, 3])
    assert observed_before(data, np.array([2]), np.array([1])) == [0]


@pytest.mark.parametrize("season", [1, 3, 7, 30])
def test_last_season_is_what_the_seasonal_naive_forecasts(season):
    rng = np.random.default_rng(season)
    context = rng.normal(size=20)
    context[rng.random(20) < 0.4] = NAN
    # the history of an estimator begins and ends with an observation
    context[0] = context[-1] = 1.0
    naive = SeasonalNaiveRegressor(season, freq=1)
    naive.fit(np.arange(20.0)[:, None], context)
    ahead = naive.predict(np.arange(20.0, 20 + season)[:, None])
    np.testing.assert_array_equal(last_season(context[None], season)[0], ahead)


def test_last_season_of_a_context_that_ends_in_a_gap():
    context = np.array([[NAN, 4.0, NAN, 6.0, NAN]])
    np.testing.assert_array_equal(last_season(context, 2), [[6, 6]])
    np.testing.assert_array_equal(last_season(context, 4), [[4, 6, 6, 6]])


@pytest.mark.parametrize(("season", "n_steps"), [(3, 8), (4, 4), (5, 2), (1, 6)])
def test_differences_are_added_to_the_season_before(season, n_steps):
    rng = np.random.default_rng(0)
    past, changes = rng.normal(size=season), rng.normal(size=n_steps)
    path = list(past)
    for step in range(n_steps):
        path.append(path[step] + changes[step])
    base = seasonal_base(past[None], changes[None])[0]
    np.testing.assert_allclose(base + changes, path[season:])


def test_scaled_contexts_lie_between_zero_and_one():
    contexts = np.array([[2.0, NAN, 6, 4], [5, 5, 5, 5]])
    scaled, location, span = scale_contexts(contexts)
    np.testing.assert_array_equal(scaled, [[0, NAN, 1, 0.5], [0, 0, 0, 0]])
    np.testing.assert_array_equal(location, [2, 5])
    np.testing.assert_array_equal(span, [4, 0])


def test_levels_between_known_ones_are_linear():
    known = np.array([0.1, 0.5, 0.9])
    found = at_levels(np.array([[0.0, 4.0, 12.0]]), known, np.array([0.9, 0.3, 0.1]))
    np.testing.assert_allclose(found, [[12, 2, 0]])


def test_steps_beyond_the_furthest_repeat_the_last_season():
    steps = np.arange(1, 15)
    np.testing.assert_array_equal(
        hold_beyond(steps, 6, 4), [1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 3, 4, 5, 6]
    )
    assert hold_beyond(np.array([9]), 2, 5) == [1]
