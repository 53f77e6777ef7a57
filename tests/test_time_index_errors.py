# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""An index that cannot be read as series and times is refused, with the way out."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from test_time_index import FUTURE, FUTURE_INDEXED, INDEX, X_INDEXED, X, Y

from sklearn_sales import ARRegressor

NO_TIMES = (
    "time='index' takes a DatetimeIndex, a PeriodIndex, or a MultiIndex whose last "
    "level is one of them, but X has {}. Convert it with pandas.to_datetime, put the "
    "times last with reorder_levels, or name the time column in time=."
)
NO_FRAME = (
    "time='index' reads the times from the index of a pandas DataFrame, but X is of "
    "type {}, which has none. Where a transformer ahead made it, give that "
    "set_output(transform='pandas'), which keeps the index; else name the time column "
    "in time=."
)


def exactly(text):
    return f"^{re.escape(text)}$"


def refuses(table, text, kind=ValueError, **params):
    with pytest.raises(kind, match=exactly(text)):
        ARRegressor(lags=1, **{**INDEX, **params}).fit(table, Y.to_numpy())


def test_an_index_without_times():
    plain = NO_TIMES.format("a RangeIndex of type int64")
    refuses(X.reset_index(drop=True), plain)
    numbers = X_INDEXED.reorder_levels(["day", "store", "item"])
    refuses(numbers, NO_TIMES.format("a MultiIndex whose last level holds int64"))
    model = ARRegressor(lags=1, **INDEX).fit(X_INDEXED, Y)
    with pytest.raises(ValueError, match=exactly(plain)):
        model.predict(FUTURE_INDEXED.reset_index(drop=True))


@pytest.mark.parametrize("library", ["polars", "pyarrow", "numpy"])
def test_a_table_without_an_index(library):
    if library == "numpy":
        return refuses(np.ones((len(Y), 2)), NO_FRAME.format("ndarray"), TypeError)
    table = pytest.importorskip(library)
    make = table.DataFrame if library == "polars" else table.table
    frame = make({"price": X["price"].to_numpy()})
    refuses(frame, NO_FRAME.format(type(frame).__name__), TypeError)


def test_an_array_that_a_transformer_made():
    encode = make_column_transformer((OneHotEncoder(), ["promo"]))
    model = make_pipeline(encode, ARRegressor(lags=2, **INDEX))
    with pytest.raises(TypeError, match=exactly(NO_FRAME.format("ndarray"))):
        model.fit(X_INDEXED, Y)


def test_keys_that_are_told_twice():
    refuses(
        X_INDEXED,
        "series=['store'] is given together with time='index', but the index of X has "
        "the levels ['store', 'item', 'day']: all before the last name the series, and "
        "the last is the time. Leave out series=, or pass X.reset_index() and name the "
        "columns in series= and time=.",
        series=["store"],
    )


@pytest.mark.parametrize("taken", ["price", "day"])
def test_a_level_with_the_name_of_something_else(taken):
    refuses(
        X_INDEXED.rename_axis(["store", taken, "day"]),
        f"time='index' reads the levels ['store', '{taken}', 'day'] of the index of X, "
        f"but '{taken}' is also the name of a column or of another level: rename one "
        "of them.",
    )


def test_a_plain_index_that_holds_a_time_twice():
    message = (
        r"^X holds \d+ duplicated row\(s\): the single series \(series=None\) has more "
        r"than one row at 2024-03-01"
    )
    with pytest.raises(ValueError, match=message):
        ARRegressor(**INDEX).fit(X_INDEXED.droplevel([0, 1]), Y.to_numpy())


def test_a_missing_time_is_named():
    index = X.set_index(["store", "item", X["day"].where(np.arange(len(X)) > 0)])
    with pytest.raises(ValueError, match=r"time level 'day' of the index"):
        ARRegressor(**INDEX).fit(index[["price"]], Y.to_numpy())


@pytest.mark.parametrize(
    "other",
    [
        lambda t: t.droplevel("item"),
        lambda t: t.reorder_levels(["item", "store", "day"]),
    ],
)
def test_another_index_in_predict(other):
    model = ARRegressor(lags=1, **INDEX).fit(X_INDEXED, Y)
    table = other(FUTURE_INDEXED)
    text = (
        f"The index of X has the levels {list(table.index.names)}, but in fit it had "
        "['store', 'item', 'day']. Give X the same levels in the same order."
    )
    with pytest.raises(ValueError, match=exactly(text)):
        model.predict(table)


def test_another_kind_of_time_in_predict():
    model = ARRegressor(lags=1, **INDEX).fit(X_INDEXED, Y)
    days = FUTURE["day"].dt.to_period("D")
    index = pd.MultiIndex.from_arrays([FUTURE["store"], FUTURE["item"], days])
    with pytest.raises(ValueError, match="level 'day' of the index"):
        model.predict(FUTURE_INDEXED.set_axis(index, axis=0))


def test_sales_in_another_order():
    text = (
        "y has another index than X. Rows of X and y are matched by their order: pass "
        "y.reindex(X.index), or y.to_numpy() if the order is right as it is."
    )
    with pytest.raises(ValueError, match=exactly(text)):
        ARRegressor(**INDEX).fit(X_INDEXED, Y.set_axis(X_INDEXED.index)[::-1])


def test_times_in_the_index_that_nothing_points_at():
    single = X_INDEXED.sort_index().loc[("B", 1)]
    sales = np.arange(float(len(single)))
    text = (
        "time='auto' found no column of dates in X, but its index holds times: read "
        "them with time='index', or name the time column in time=."
    )
    with pytest.raises(ValueError, match=exactly(text)):
        ARRegressor(lags=1).fit(single, sales)
    text = "X has no column, but its index holds times: read them with time='index'."
    with pytest.raises(ValueError, match=exactly(text)):
        ARRegressor(lags=1).fit(single[[]], sales)
