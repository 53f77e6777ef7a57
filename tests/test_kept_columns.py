# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns that stay as they are: a write to the result is none to X."""

import numpy as np
import pandas as pd
import pytest

from sklearn_sales import CalendarFeatures, LagFeatures
from sklearn_sales.preprocessing._kept_columns import keep_columns


def table():
    return pd.DataFrame(
        {
            "item": pd.Categorical(["rice"] * 9 + ["tea"] * 9),
            "date": np.tile(pd.date_range("2024-01-01", periods=9), 2),
            "price": np.arange(18.0),
        },
        index=np.arange(18)[::-1],
    )


MAKERS = {
    "calendar": CalendarFeatures(["weekday"], time="date"),
    "lags": LagFeatures(2, series="item").set_output(transform="pandas"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_write_to_the_result_leaves_the_table(name):
    X = table()
    made = MAKERS[name].fit_transform(X, np.arange(18.0) % 5)
    made["price"] *= 2.0
    made.loc[:, "price"] += 1.0
    pd.testing.assert_frame_equal(X, table())
    np.testing.assert_array_equal(made["price"], 2.0 * X["price"] + 1.0)


@pytest.mark.parametrize("name", MAKERS)
def test_shared_columns_are_equal(name):
    y = np.arange(18.0) % 5
    copied = MAKERS[name].set_params(copy=True).fit_transform(table(), y)
    shared = MAKERS[name].set_params(copy=False).fit_transform(table(), y)
    pd.testing.assert_frame_equal(shared, copied)


@pytest.mark.parametrize("copy", [True, False])
def test_names_types_and_index_stay(copy):
    X = table()
    X.columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    for indices in ([2, 0], [1], []):
        kept = keep_columns(X, indices, copy=copy)
        pd.testing.assert_frame_equal(kept, X.iloc[:, indices])
