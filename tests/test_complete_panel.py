# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Completed panels against pandas' reindex, series by series."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales import complete_panel
from sklearn_sales.panel import History, read_keys, read_table

START = pd.Timestamp("2024-02-26")
LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


def to_pandas(frame):
    if isinstance(frame, pd.DataFrame):
        return frame
    columns = frame.to_pydict() if isinstance(frame, pa.Table) else frame.to_dict()
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def small_panel():
    """Item a on days 0 and 3, item b on days 1, 2 and 5."""
    days = [START + pd.Timedelta(days=d) for d in (0, 3, 1, 2, 5)]
    return {
        "item": ["a", "a", "b", "b", "b"],
        "date": [day.to_pydatetime() for day in days],
        "brand": ["x", "x", "y", "y", "y"],
        "price": [1.0, 2.0, 3.0, None, 5.0],
        "promo": [True, False, True, False, False],
        "stock": [10, 20, 30, 40, 50],
        "units": [5, 4, 3, 2, 1],
    }


@st.composite
def panels(draw):
    """Rows of up to three items, in any order, with missing prices and sales."""
    cells = draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.integers(0, 15)),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    maybe = st.one_of(st.none(), st.integers(0, 9).map(float))
    size = {"min_size": len(cells), "max_size": len(cells)}
    return pd.DataFrame(
        {
            "units": np.array(draw(st.lists(maybe, **size)), dtype=np.float64),
            "item": [item for item, _ in cells],
            "date": [START + pd.Timedelta(days=day) for _, day in cells],
            "price": np.array(draw(st.lists(maybe, **size)), dtype=np.float64),
            "size": [{"a": 1, "b": 2, "c": 3}[item] for item, _ in cells],
        }
    )


def reindexed(X, *, fill, start, end, price):
    """The slow reference: every series on a date range of its own."""
    parts = []
    for item, rows in X.groupby("item"):
        first = (X if start == "common" else rows)["date"].min()
        last = (X if end == "common" else rows)["date"].max()
        full = rows.set_index("date").reindex(pd.date_range(first, last, name="date"))
        added = ~full.index.isin(rows["date"])
        full["item"] = item
        full["size"] = rows["size"].iloc[0]
        full.loc[added, "units"] = fill
        if price == "carry":
            full.loc[added, "price"] = full["price"].ffill().bfill()[added]
        elif price != "missing":
            full.loc[added, "price"] = price
        parts.append(full.assign(added=added).reset_index())
    return pd.concat(parts, ignore_index=True)


@given(
    X=panels(),
    fill=st.sampled_from(["zero", "missing", 7.0]),
    start=st.sampled_from(["own", "common"]),
    end=st.sampled_from(["own", "common"]),
    price=st.sampled_from(["carry", "missing", 2.5]),
)
def test_a_completed_panel_equals_pandas_reindex(X, fill, start, end, price):
    completed, added = complete_panel(
        X,
        series="item",
        freq="D",
        target="units",
        fill=fill,
        start=start,
        end=end,
        covariates={"price": price},
        return_added=True,
    )
    value = {"zero": 0.0, "missing": np.nan}.get(fill, fill)
    expected = reindexed(X, fill=value, start=start, end=end, price=price)
    np.testing.assert_array_equal(added, expected["added"])
    pd.testing.assert_frame_equal(
        completed, expected[list(X.columns)], check_dtype=False
    )
    pd.testing.assert_series_equal(completed.dtypes, X.dtypes)


@given(X=panels(), seed=st.integers(0, 1000))
def test_completing_keeps_what_is_there_and_is_done_once(X, seed):
    rule = {"series": "item", "freq": "D", "target": "units", "covariates": "carry"}
    completed, added = complete_panel(X, return_added=True, **rule)
    there = completed[~added].reset_index(drop=True)
    sorted_rows = X.sort_values(["item", "date"], ignore_index=True)
    pd.testing.assert_frame_equal(there, sorted_rows)
    again, none = complete_panel(completed, return_added=True, **rule)
    pd.testing.assert_frame_equal(again, completed)
    assert not none.any()
    shuffled = X.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(complete_panel(shuffled, **rule), completed)


@given(X=panels())
def test_rows_completed_as_missing_are_no_news_to_a_panel(X):
    completed = complete_panel(
        X, series="item", freq="D", target="units", fill="missing", covariates="carry"
    )
    histories = []
    for frame in (X, completed):
        _, keys, _, codes, positions = read_keys(
            read_table(frame), series="item", time="date", freq="D"
        )
        histories.append(
            History.from_rows(
                codes, positions, frame["units"].to_numpy(float), keys.n_series
            )
        )
    np.testing.assert_array_equal(histories[0].data, histories[1].data)
    np.testing.assert_array_equal(histories[0].start, histories[1].start)


# Libraries and types


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("rule", ["carry", "missing", {"price": 0, "promo": False}])
def test_every_library_gives_the_same_panel_of_its_own(library, rule):
    if isinstance(rule, dict):
        rule = {**rule, "stock": "carry"}
    X = LIBRARIES[library](small_panel())
    parameters = {"series": "item", "target": "units", "covariates": rule}
    completed, added = complete_panel(X, return_added=True, **parameters)
    assert type(completed) is type(X)
    expected = complete_panel(pd.DataFrame(small_panel()), **parameters)
    assert list(np.flatnonzero(added)) == [1, 2, 6, 7]
    found = to_pandas(completed)
    assert list(found.columns) == list(expected.columns)
    for name in found:
        mine = found[name].astype(object).where(found[name].notna(), None)
        theirs = expected[name].astype(object).where(expected[name].notna(), None)
        assert list(mine) == list(theirs), name
    if library == "polars":
        assert completed.schema == X.schema
    if library == "pyarrow":
        assert completed.schema.equals(X.schema)


def test_categories_are_kept_and_may_grow():
    X = pd.DataFrame(small_panel())
    X["brand"] = pd.Categorical(X["brand"], categories=["z", "y", "x"], ordered=True)
    X["mood"] = pd.Categorical(["good", "bad", "good", "bad", "bad"])
    rule = {"mood": "none", "price": "carry", "promo": "carry", "stock": "carry"}
    parameters = {"series": "item", "target": "units"}
    completed = complete_panel(X, covariates=rule, **parameters)
    assert completed["brand"].dtype == X["brand"].dtype
    assert list(completed["mood"].cat.categories) == ["bad", "good", "none"]
    assert list(completed["mood"][:4]) == ["good", "none", "none", "bad"]
    carried = complete_panel(X, covariates="carry", **parameters)
    assert carried["mood"].dtype == X["mood"].dtype


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["x", "y", "none"])])
def test_categories_of_polars_are_kept(dtype):
    X = pl.DataFrame(small_panel()).with_columns(pl.col("brand").cast(dtype))
    rules = {"brand": "none", "price": 0, "promo": False, "stock": -1}
    completed = complete_panel(X, series="item", target="units", covariates=rules)
    assert completed["brand"].dtype == dtype
    assert completed["brand"].to_list()[:4] == ["x", "none", "none", "x"]


def test_dictionaries_of_arrow_are_kept():
    X = pa.table(small_panel())
    brand = X["brand"].dictionary_encode()
    X = X.set_column(2, "brand", brand)
    rules = {"brand": "none", "price": 0, "promo": False, "stock": -1}
    for covariates in ("carry", rules):
        completed = complete_panel(
            X, series="item", target="units", covariates=covariates
        )
        assert pa.types.is_dictionary(completed["brand"].type)
    assert completed["brand"].to_pylist()[:4] == ["x", "none", "none", "x"]


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "string", "float32", "int8"])
def test_nullable_types_hold_what_is_missing(dtype):
    column = pd.Series([1, 0, 1, 0, 1]).astype(dtype)
    X = pd.DataFrame(small_panel())[["item", "date"]].assign(extra=column)
    completed = complete_panel(X, series="item", covariates="missing")
    expected = np.dtype("float64") if dtype == "int8" else column.dtype
    assert completed["extra"].dtype == expected
    assert list(np.flatnonzero(completed["extra"].isna())) == [1, 2, 6, 7]


def test_flags_with_gaps_are_numbers_in_pandas():
    X = pd.DataFrame(small_panel())[["item", "date", "promo"]]
    completed = complete_panel(X, series="item", covariates="missing")
    np.testing.assert_array_equal(
        completed["promo"], [1, np.nan, np.nan, 0, 1, 0, np.nan, np.nan, 0]
    )


def test_whole_numbers_grow_only_where_they_must():
    X = pd.DataFrame(small_panel())[["item", "date", "stock", "units"]]
    X = X.astype({"stock": "int8", "units": "int8"})
    parameters = {"series": "item", "target": "units"}
    kept = complete_panel(X, covariates={"stock": 7}, **parameters)
    assert (kept.dtypes[["stock", "units"]] == np.int8).all()
    wide = complete_panel(X, covariates={"stock": 1000}, fill=0.5, **parameters)
    assert wide["stock"].max() == 1000
    assert wide["units"].dtype == np.float64


@pytest.mark.parametrize("dtype", [float, int, object, np.float32])
def test_arrays_come_back_as_arrays(dtype):
    X = np.array([[0, 5, 8], [0, 7, 9], [1, 6, 4]], dtype=dtype)
    completed, added = complete_panel(
        X, series=0, time=1, freq=1, target=2, return_added=True
    )
    assert completed.dtype == dtype
    expected = [[0, 5, 8], [0, 6, 0], [0, 7, 9], [1, 6, 4]]
    np.testing.assert_array_equal(completed.astype(float), expected)
    assert list(added) == [False, True, False, False]
    missing = complete_panel(X, series=0, time=1, freq=1, target=2, fill="missing")
    assert missing.dtype == (np.float64 if dtype is int else dtype)
    assert np.isnan(float(missing[1, 2]))


def test_arrays_of_objects_hold_dates_and_text():
    day = datetime.date
    X = np.array(
        [["a", day(2024, 1, 1), "red"], ["a", day(2024, 1, 3), "red"]], dtype=object
    )
    completed = complete_panel(X, series=0, freq="D")
    assert completed[1].tolist() == ["a", day(2024, 1, 2), "red"]
    text = np.array([["a", "2024-01-01"], ["a", "2024-01-03"]])
    assert complete_panel(text, series=0, time=1, freq="D").tolist() == [
        ["a", "2024-01-01"],
        ["a", "2024-01-02"],
        ["a", "2024-01-03"],
    ]


def test_several_keys_and_column_order_are_kept():
    X = pd.DataFrame(
        {
            "units": [1, 2, 3],
            "item": [7, 7, 8],
            "date": [1, 3, 2],
            "store": ["n", "n", "s"],
        },
        index=[10, 20, 30],
    )
    completed = complete_panel(
        X, series=["store", "item"], time="date", target=["units"], freq=1
    )
    assert list(completed.columns) == list(X.columns)
    assert completed.to_numpy().tolist() == [
        [1, 7, 1, "n"],
        [0, 7, 2, "n"],
        [2, 7, 3, "n"],
        [3, 8, 2, "s"],
    ]
    assert list(completed.index) == [0, 1, 2, 3]


# Rules that do not fit


def test_changing_covariates_need_a_rule():
    message = (
        r"^4 row\(s\) are added, and nothing says what the column\(s\) \['price', "
        r"'promo', 'stock'\], which change within a series, hold in them: say in "
        r"covariates= how to fill them: 'carry' \(the last known value of the series\),"
        r" 'missing' \(NaN\), or a dict of column: rule or value; or name columns of "
        r"sales in target=\.$"
    )
    X = pd.DataFrame(small_panel())
    with pytest.raises(ValueError, match=message):
        complete_panel(X, series="item", target="units")
    # a forgotten target is never filled on the quiet
    with pytest.raises(ValueError, match="'units'"):
        complete_panel(X, series="item")
    with pytest.raises(ValueError, match=r"column\(s\) \['stock'\]"):
        complete_panel(
            X, series="item", target="units", covariates={"price": 1, "promo": True}
        )


def test_a_panel_without_gaps_needs_no_rule():
    X = pd.DataFrame(small_panel()).iloc[[2, 3]]
    completed = complete_panel(X, series="item")
    pd.testing.assert_frame_equal(completed, X.reset_index(drop=True))


def test_a_rule_for_a_static_column_is_obeyed():
    X = pd.DataFrame(small_panel())[["item", "date", "brand"]]
    kept = complete_panel(X, series="item", covariates="missing")
    assert list(kept["brand"]) == ["x"] * 4 + ["y"] * 5
    told = complete_panel(X, series="item", covariates={"brand": None})
    assert told["brand"].isna().sum() == 4


@pytest.mark.parametrize("library", LIBRARIES)
def test_values_that_do_not_fit_a_column_are_named(library):
    X = LIBRARIES[library](small_panel())
    rules = {"price": 0, "promo": False, "stock": "none"}
    message = r"^covariates\['stock'\]='none': values of type .* do not fit a column of"
    with pytest.raises(ValueError, match=message):
        complete_panel(X, series="item", target="units", covariates=rules)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"covariates": {"cost": 1}},
            r"^covariates= names \['cost'\], which are no cov",
        ),
        ({"covariates": {"date": 1}}, r"those are \['brand', 'price', 'promo', 'stoc"),
        (
            {"covariates": {"stock": [1]}},
            r"^covariates\['stock'\]=\[1\] is neither a r",
        ),
        ({"target": "date"}, r"^target='date' names \['date'\], which are keys or the"),
        ({"target": "cost"}, r"^target='cost' is not a column of X; its columns are"),
        ({"fill": "none"}, r"The 'fill' parameter of complete_panel must be"),
        ({"end": "last"}, r"The 'end' parameter of complete_panel must be a str among"),
    ],
)
def test_wrong_arguments_say_what_is_allowed(parameters, message):
    X = pd.DataFrame(small_panel())
    with pytest.raises(ValueError, match=message):
        complete_panel(X, **{"series": "item", "target": "units", **parameters})


def test_duplicated_rows_are_refused():
    X = pd.DataFrame(small_panel())
    with pytest.raises(ValueError, match=r"1 duplicated row\(s\): item='a' has more"):
        complete_panel(pd.concat([X, X[:1]]), series="item", target="units")
