# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a cache of panels remembers never changes an answer."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GridSearchCV

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    panel_cache,
)

KEYS = {"series": ["shop", "item"], "time": "day"}


def make_panel(n_items=3, n_days=40, seed=0):
    rng = np.random.default_rng(seed)
    items = [f"item {i}" for i in range(n_items)]
    index = pd.MultiIndex.from_product(
        [["north", "south"], items, pd.date_range("2024-01-01", periods=n_days)],
        names=["shop", "item", "day"],
    )
    X = index.to_frame(index=False).assign(price=rng.uniform(1, 2, len(index)))
    return X, rng.poisson(9, len(index)).astype(float)


def forecasts(X, y):
    return ARRegressor(lags=2, **KEYS).fit(X, y).predict(X)


AS_TYPES = {
    "text": lambda X: X,
    "categories": lambda X: X.astype({"shop": "category", "item": "category"}),
    "objects": lambda X: X.astype({"shop": object, "item": object}),
    "zoned": lambda X: X.assign(day=X["day"].dt.tz_localize("Europe/Berlin")),
    "periods": lambda X: X.assign(day=X["day"].dt.to_period("D")),
    "polars": pl.from_pandas,
    "array": lambda X: X.assign(
        shop=X["shop"].eq("north"),
        item=X["item"].str[-1].astype(float),
        day=X["day"].dt.day_of_year,
    ).to_numpy(float),
}


@pytest.mark.parametrize("as_type", AS_TYPES.values(), ids=AS_TYPES)
def test_the_same_content_is_read_once(as_type):
    X, y = make_panel()
    X = as_type(X)
    keys = {"series": [0, 1], "time": 2} if isinstance(X, np.ndarray) else KEYS
    model = ARRegressor(lags=2, **keys)
    expected = model.fit(X, y).predict(X)
    with panel_cache() as cache:
        for _ in range(3):
            copy = X.clone() if isinstance(X, pl.DataFrame) else X.copy()
            np.testing.assert_array_equal(
                model.fit(copy, y.copy()).predict(copy), expected
            )
    assert (cache.hits, cache.misses) == (4, 2)


def one_sale(X, y):
    y[57] += 1


def not_observed(X, y):
    y[57] = np.nan


def one_key(X, y):
    X.loc[57, "item"] = "item 7"


def one_time(X, y):
    X.loc[39, "day"] += pd.Timedelta(days=3)


@pytest.mark.parametrize("change", [one_sale, not_observed, one_key, one_time])
def test_what_was_changed_in_place_is_read_anew(change):
    X, y = make_panel()
    with panel_cache():
        before = forecasts(X, y)
        change(X, y)
        after = forecasts(X, y)
    np.testing.assert_array_equal(after, forecasts(X, y))
    assert not np.array_equal(after, before)


def test_parameters_that_change_the_reading_are_told_apart():
    X, y = make_panel(1)
    X, y = X.iloc[::2], y[::2]
    with panel_cache() as cache:
        two = ARRegressor(lags=1, **KEYS).fit(X, y)
        daily = ARRegressor(lags=1, freq="D", **KEYS).fit(X, y)
    assert (two.panel_.calendar.freq, daily.panel_.calendar.freq) == ("2D", "D")
    assert cache.hits == 0


def test_a_search_reads_each_fold_once_and_finds_the_same():
    X, y = make_panel()
    search = GridSearchCV(
        ARRegressor(**KEYS),
        {"lags": [1, 2, 3], "alpha": [0.0, 1.0]},
        cv=PanelTimeSeriesSplit(2),
    )
    plain = search.fit(X, y).cv_results_["mean_test_score"]
    with panel_cache() as cache:
        remembered = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(remembered, plain)
    # both folds are read for fit and for predict, and all rows for the best
    assert (cache.misses, cache.hits) == (2 + 2 + 1, 5 * 4)


def test_new_series_are_warned_of_each_time():
    X, y = make_panel(2)
    new = X.iloc[:3].assign(item="new")
    with panel_cache() as cache:
        model = SeasonalNaiveRegressor(**KEYS).fit(X, y)
        for _ in range(2):
            with pytest.warns(UserWarning, match="without sales in fit"):
                model.predict(new)
    assert cache.hits == 1


def test_it_stays_within_its_bytes_and_forgets_what_is_oldest():
    tables = [make_panel(n_days=n) for n in (30, 31, 32)]
    with panel_cache() as cache:
        LagFeatures(2, **KEYS).fit(*tables[0])
    with panel_cache(3 * cache.size) as bounded:
        for X, y in [*tables, tables[2], tables[0]]:
            LagFeatures(2, **KEYS).fit(X, y)
            assert bounded.size <= 3 * cache.size
    assert (bounded.hits, bounded.misses) == (1, 4)
    with panel_cache(10) as tiny:
        LagFeatures(2, **KEYS).fit(*tables[0])
    assert tiny.size == 0


def test_threads_share_it():
    tables = [make_panel(seed=seed) for seed in range(4)] * 8
    expected = [forecasts(X, y) for X, y in tables[:4]] * 8
    with panel_cache() as cache, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda table: forecasts(*table), tables))
    np.testing.assert_array_equal(found, expected)
    assert cache.hits + cache.misses == 2 * len(tables)


def test_it_ends_with_its_block_and_the_inner_one_counts():
    X, y = make_panel()
    with panel_cache() as outer:
        with panel_cache() as inner:
            forecasts(X, y)
        forecasts(X, y)
    forecasts(X, y)
    assert (outer.misses, outer.hits) == (inner.misses, inner.hits) == (2, 0)


def test_what_is_shared_cannot_be_written():
    X, y = make_panel()
    with panel_cache():
        panel = LagFeatures(2, **KEYS).fit(X, y).panel_
    with pytest.raises(ValueError, match="read-only"):
        panel.history.data[0] = 1.0


@pytest.mark.parametrize("max_bytes", [0, -1, "2GB", None, True])
def test_max_bytes_is_a_number_above_zero(max_bytes):
    with pytest.raises(ValueError) as error, panel_cache(max_bytes):
        pass
    assert str(error.value) == (
        f"max_bytes={max_bytes!r} must be a number above 0: how many bytes of tables "
        "the cache may remember, such as 2e9."
    )
