# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns told by few values: nothing is lost, and little is kept."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales.panel import _repeats
from sklearn_sales.panel._repeats import compress, find_runs
from sklearn_sales.panel._times import Times

WHOLE = st.integers(-(2**63), 2**63 - 1)


def spread(few, index):
    return Times("number", few, index=index).values


@given(
    st.lists(WHOLE, max_size=30)
    | st.lists(st.integers(-2, 2), max_size=60)
    | st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=9).map(
        lambda spans: [a + 3 * k for a, n in spans for k in range(n)]
    )
)
def test_few_values_give_every_row_back(values):
    values = np.array(values, dtype=np.int64)
    few, index = compress(values)
    for block in (3, 1 << 15):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_repeats, "_BLOCK", block)
            np.testing.assert_array_equal(spread(few, index), values)
    assert set(few.tolist()) == set(values.tolist())
    assert len(few) <= len(values)


@pytest.mark.parametrize("order", ["series", "time", "mixed"])
def test_a_panel_keeps_each_of_its_times_once(order):
    times = np.tile(np.arange(100, 170), 50)
    if order == "time":
        times = np.sort(times)
    if order == "mixed":
        times = np.random.default_rng(0).permutation(times)
    few, index = compress(times)
    assert sorted(few) == list(range(100, 170))
    np.testing.assert_array_equal(spread(few, index), times)


def test_ragged_series_share_their_times():
    starts = np.repeat([0, 30], 40)
    lengths = np.arange(80) % 7 + 20
    times = np.concatenate(
        [a + np.arange(n) for a, n in zip(starts, lengths, strict=True)]
    )
    few, index = compress(times)
    assert len(few) == 52
    np.testing.assert_array_equal(spread(few, index), times)


def test_runs_follow_all_columns():
    store = pd.Series(pd.Categorical([*"aaaabbbb", *"bbbb"]))
    item = np.array([1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 1, 1])
    runs = find_runs([store, item])
    assert runs.heads.tolist() == [0, 2, 4, 6, 10]
    assert runs.lengths.tolist() == [2, 2, 2, 4, 2]
    np.testing.assert_array_equal(runs.expand(item[runs.heads]), item)


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [np.array([1, 2, 3, 4])],
        [np.full(9, "a", dtype=object)],
        [np.full(9, np.nan)],
        [np.zeros(9), np.full(9, "a", dtype=object)],
    ],
    ids=["none", "no runs", "text", "NaN", "one of text"],
)
def test_columns_without_runs_that_pay(columns):
    assert find_runs(columns) is None
