# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows that are all cells of a panel in their order are told by their spans alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_sales import LagFeatures
from sklearn_sales.panel import Panel, PanelRows, read_table

FREQUENCIES = ("D", "B", "MS", "W-SUN", "h")


def panel_table(lengths, starts, freq, kind):
    """A panel in the order of its series and times, some rows long for each series."""
    grid = pd.date_range("2024-01-01", periods=60, freq=freq)
    names = [f"item {number:02d}" for number in range(len(lengths))]
    item = np.repeat(np.array(names, dtype=object), lengths)
    parts = [grid[a : a + n] for a, n in zip(starts, lengths, strict=True)]
    date = np.concatenate([part.to_numpy() for part in parts])
    table = pd.DataFrame({"item": item, "date": date})
    return table.astype({"item": "category"}) if kind == "category" else table


@st.composite
def tables(draw):
    n_series = draw(st.integers(1, 5))
    sizes = st.lists(st.integers(9, 25), min_size=n_series, max_size=n_series)
    starts = st.lists(st.integers(0, 30), min_size=n_series, max_size=n_series)
    lengths, starts = np.array(draw(sizes)), draw(starts)
    if draw(st.booleans()):
        lengths[:] = lengths[0]
        starts = [starts[0]] * n_series
    # the calendar has to be that of the union of all series
    starts[0] = 0
    kinds = st.sampled_from(["category", "string"])
    return panel_table(lengths, starts, draw(st.sampled_from(FREQUENCIES)), draw(kinds))


def read(X):
    table = read_table(X)
    y = np.arange(len(X), dtype=float)
    return table, *Panel.from_table(table, y, series="item", time="date")


@given(tables())
def test_rows_in_order_are_those_of_any_table(X):
    table, panel, rows = read(X)
    # months and business days are too uneven to be told by stretches
    steps = X["date"].diff()[X["item"] == X["item"].shift()]
    assert isinstance(rows, PanelRows) or steps.nunique() > 1
    located = panel.locate(table)
    np.testing.assert_array_equal(rows.codes, located.codes)
    np.testing.assert_array_equal(rows.positions, located.positions)
    np.testing.assert_array_equal(rows.hashes, located.hashes)


@settings(max_examples=40)
@given(tables(), st.randoms(use_true_random=False))
def test_rows_in_another_order_are_read_alike(X, random):
    order = list(range(len(X)))
    random.shuffle(order)
    _, panel, rows = read(X)
    _, _, shuffled = read(X.iloc[order])
    np.testing.assert_array_equal(shuffled.codes, rows.codes[order])
    np.testing.assert_array_equal(shuffled.positions, rows.positions[order])


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X.drop(index=5),
        lambda X: X.iloc[::-1],
        lambda X: X.sort_values("date", kind="stable"),
        lambda X: X.sort_values("item", ascending=False, kind="stable"),
        lambda X: pd.concat([X.iloc[20:], X.iloc[:20]]),
    ],
    ids=["gap", "backwards", "by time", "series backwards", "a series in two parts"],
)
def test_other_rows_are_not_taken_for_a_panel_in_order(change):
    X = change(panel_table([30, 30], [0, 0], "D", "category"))
    _, panel, rows = read(X)
    assert not isinstance(rows, PanelRows)
    located = panel.locate(read_table(X))
    np.testing.assert_array_equal(rows.positions, located.positions)


# sales that are missing at the end lie beyond the horizon, which is told
@pytest.mark.filterwarnings("ignore:X holds rows up to")
@settings(max_examples=40)
@given(tables(), st.sampled_from([0.0, 0.2]), st.sampled_from([1, 3]))
def test_features_do_not_depend_on_the_order_of_rows(X, missing, horizon):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(len(X)) < missing, np.nan, rng.poisson(3.0, len(X)))
    order = rng.permutation(len(X))
    features = LagFeatures(
        2,
        windows=[("mean", 7), ("std", 3, 2), ("median", 5), ("ewm", 4)],
        season=3,
        seasonal_lags=2,
        horizon=horizon,
        time_since=True,
        series="item",
        fill=-1.0,
    )
    made = features.fit_transform(X, y)
    shuffled = features.fit_transform(X.iloc[order], y[order])
    np.testing.assert_array_equal(shuffled, made[order])
    np.testing.assert_array_equal(features.transform(X), made)


def test_sales_are_a_copy():
    X = panel_table([30, 30], [0, 0], "D", "category")
    y = np.arange(60.0)
    features = LagFeatures(1, series="item").fit(X, y)
    before = features.transform(X)
    y[:] = -1.0
    np.testing.assert_array_equal(features.transform(X), before)
