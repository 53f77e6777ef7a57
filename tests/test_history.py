# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Flat histories against one dictionary of cells and pandas' groupby."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales.panel import History

N_SERIES = 5


@st.composite
def cells_of_a_panel(draw):
    """Distinct (series, position) cells with sales, some not observed."""
    cells = draw(
        st.lists(
            st.tuples(st.integers(0, N_SERIES - 1), st.integers(-30, 30)),
            unique=True,
            max_size=40,
        )
    )
    sales = draw(
        st.lists(
            st.one_of(st.just(np.nan), st.integers(0, 100).map(float)),
            min_size=len(cells),
            max_size=len(cells),
        )
    )
    codes = np.array([c for c, _ in cells], dtype=np.int64)
    positions = np.array([p for _, p in cells], dtype=np.int64)
    return codes, positions, np.array(sales, dtype=np.float64)


def history_of(panel):
    return History.from_rows(*panel, N_SERIES)


def observed(panel):
    """The slow reference: a dictionary of what was observed."""
    return {
        (c, p): v
        for c, p, v in zip(*map(np.ndarray.tolist, panel), strict=True)
        if v == v
    }


def everywhere():
    codes, positions = np.meshgrid(np.arange(N_SERIES), np.arange(-35, 36))
    return codes.ravel(), positions.ravel()


def lookup(known):
    codes, positions = everywhere()
    return np.array(
        [known.get(key, np.nan) for key in zip(codes, positions, strict=True)]
    )


@given(cells_of_a_panel())
def test_every_cell_holds_what_was_observed(panel):
    history = history_of(panel)
    np.testing.assert_array_equal(
        history.values(*everywhere()), lookup(observed(panel))
    )


@given(cells_of_a_panel())
def test_spans_run_from_the_first_to_the_last_observation(panel):
    history = history_of(panel)
    known = observed(panel)
    assert history.n_series == N_SERIES
    for series in range(N_SERIES):
        positions = [p for c, p in known if c == series]
        if positions:
            assert history.start[series] == min(positions)
            assert history.last[series] == max(positions)
            first, end = history.indptr[series : series + 2]
            assert not np.isnan(history.data[[first, end - 1]]).any()
        else:
            assert (history.start[series], history.last[series]) == (0, -1)
        length = max(positions) - min(positions) + 1 if positions else 0
        assert history.lengths[series] == length


@given(cells_of_a_panel())
def test_cells_point_into_the_data_or_nowhere(panel):
    history = history_of(panel)
    codes, positions = everywhere()
    cells = history.cells(codes, positions)
    inside = cells >= 0
    assert sorted(cells[inside]) == list(range(len(history.data)))
    assert (cells[~inside] == -1).all()
    assert (positions[inside] >= history.start[codes[inside]]).all()
    assert (positions[inside] <= history.last[codes[inside]]).all()


@given(cells_of_a_panel(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(panel, random):
    order = list(range(len(panel[0])))
    random.shuffle(order)
    first = history_of(panel)
    second = history_of(tuple(part[order] for part in panel))
    for name in ("data", "indptr", "start"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@given(cells_of_a_panel())
def test_rows_not_observed_are_as_good_as_absent(panel):
    seen = ~np.isnan(panel[2])
    first = history_of(panel)
    second = history_of(tuple(part[seen] for part in panel))
    for name in ("data", "indptr", "start"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@given(cells_of_a_panel(), st.integers(-1000, 1000))
def test_a_later_calendar_moves_the_start_alone(panel, shift):
    codes, positions, sales = panel
    first = history_of(panel)
    second = history_of((codes, positions + shift, sales))
    np.testing.assert_array_equal(first.data, second.data)
    filled = first.lengths > 0
    np.testing.assert_array_equal(first.start[filled] + shift, second.start[filled])


@given(
    cells_of_a_panel(),
    st.lists(st.integers(-1, 2), min_size=N_SERIES, max_size=N_SERIES),
)
def test_pooled_histories_equal_the_mean_by_group(panel, groups):
    groups = np.array(groups)
    pooled = history_of(panel).pooled(groups, 3)
    codes, positions, sales = panel
    frame = pd.DataFrame(
        {"group": groups[codes], "position": positions, "sales": sales}
    )
    means = frame.dropna().groupby(["group", "position"])["sales"].mean().to_dict()
    spots = np.arange(-35, 36)
    for group in range(3):
        expected = [means.get((group, p), np.nan) for p in spots]
        found = pooled.values(np.full(len(spots), group), spots)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        edges = [p for g, p in means if g == group]
        if edges:
            assert (pooled.start[group], pooled.last[group]) == (min(edges), max(edges))
        else:
            assert pooled.lengths[group] == 0


@given(cells_of_a_panel())
def test_pooling_each_series_alone_changes_nothing(panel):
    history = history_of(panel)
    same = history.pooled(np.arange(N_SERIES), N_SERIES)
    for name in ("data", "indptr", "start"):
        np.testing.assert_array_equal(getattr(history, name), getattr(same, name))


@given(cells_of_a_panel(), cells_of_a_panel())
def test_appended_series_follow_ones_own(panel, other):
    both = history_of(panel).append(history_of(other))
    assert both.n_series == 2 * N_SERIES
    codes, positions = everywhere()
    np.testing.assert_array_equal(
        both.values(codes, positions), lookup(observed(panel))
    )
    np.testing.assert_array_equal(
        both.values(codes + N_SERIES, positions), lookup(observed(other))
    )


def test_rows_that_share_a_cell_are_averaged():
    codes = np.array([0, 0, 1, 0, 0])
    positions = np.array([5, 5, 5, 6, 6])
    sales = np.array([1.0, 4.0, 9.0, np.nan, 3.0])
    history = History.from_rows(codes, positions, sales, 2)
    np.testing.assert_array_equal(history.data, [2.5, 3.0, 9.0])


def test_a_panel_without_one_sale_has_empty_histories():
    history = History.from_rows(np.array([0]), np.array([3]), np.array([np.nan]), 2)
    assert list(history.lengths) == [0, 0]
    found = history.values(np.array([0, 1]), np.array([3, 0]))
    assert np.isnan(found).all()


@pytest.mark.parametrize("far", [10**6, -(10**6)])
def test_far_positions_are_outside(far):
    history = History.from_rows(np.zeros(2, int), np.arange(2), np.ones(2), 1)
    assert history.cells(np.array([0]), np.array([far])) == [-1]


@pytest.mark.parametrize(
    ("values", "gaps"),
    [
        ([1.0, 2.0, 3.0], False),
        ([1.0, np.nan, 3.0], True),
        ([], False),
        ([1e308, 1e308, -1e308, -1e308], False),
    ],
    ids=["none", "one", "empty", "overflow"],
)
def test_gaps_are_seen_without_a_mistake(values, gaps):
    data = np.array(values)
    history = History(data, np.array([0, len(data)]), np.array([0]))
    assert history.has_gaps is gaps
