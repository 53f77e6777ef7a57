# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Features at the last observations are kept, and no answer depends on it."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_sales import LagFeatures, future_frame, make_sales_panel
from sklearn_sales.preprocessing import _newest_features

KEYS = ["store", "product"]


@pytest.fixture
def sales():
    X, y = make_sales_panel(6, 50, random_state=0)
    X = X[[*KEYS, "date"]].astype({key: "category" for key in KEYS})
    # series that end at different times
    kept = (X.groupby(KEYS, observed=True).cumcount() < 50 - 3 * X.index % 7).to_numpy()
    return X[kept], y[kept]


@pytest.fixture
def features():
    return LagFeatures(
        [1, 3],
        windows=[("mean", 7), ("std", 5, 2), ("median", 4)],
        season=7,
        horizon=9,
        time_since=True,
        series=KEYS,
    )


def ahead(X, n=9):
    return future_frame(X, n, series=KEYS, time="date")


def test_what_is_kept_is_what_each_row_reads(sales, features):
    X, y = sales
    rows = ahead(X)
    whole = features.fit(X, y).transform(rows)
    for part in (rows.iloc[::-1], rows.iloc[::5], rows.iloc[3:4], rows):
        fresh = clone(features).fit(X, y).transform(part)
        np.testing.assert_array_equal(features.transform(part), fresh)
        place = rows.index.get_indexer(part.index)
        np.testing.assert_array_equal(fresh, whole[place])


def test_rows_inside_the_span_have_their_own_origins(sales, features):
    X, y = sales
    rows = ahead(X)
    features.fit(X, y)
    alone = features.transform(rows), features.transform(X)
    both = features.transform(pd.concat([rows, X]))
    np.testing.assert_array_equal(both, np.vstack(alone))


def test_each_series_is_worked_out_once(sales, features, monkeypatch):
    X, y = sales
    seen = []
    fill_windows = _newest_features.fill_windows

    def recorded(history, codes, *args):
        seen.extend(codes)
        return fill_windows(history, codes, *args)

    monkeypatch.setattr(_newest_features, "fill_windows", recorded)
    features.fit(X, y)
    rows = ahead(X)
    for part in (rows.iloc[:1], rows, rows.iloc[::4]):
        features.transform(part)
    assert sorted(seen) == list(range(features.panel_.n_series))


def test_new_sales_replace_what_was_kept(sales, features):
    X, y = sales
    first = X["date"] < X["date"].max() - pd.Timedelta(days=5)
    features.fit(X[first], y[first])
    features.transform(ahead(X[first]))
    features.partial_fit(X[~first], y[~first])
    fresh = clone(features).fit(X, y)
    rows = ahead(X)
    np.testing.assert_array_equal(features.transform(rows), fresh.transform(rows))


def test_files_do_not_hold_it(sales, features):
    X, y = sales
    plain = pickle.dumps(features.fit(X, y))
    before = features.transform(ahead(X))
    assert pickle.dumps(features) == plain
    np.testing.assert_array_equal(pickle.loads(plain).transform(ahead(X)), before)
