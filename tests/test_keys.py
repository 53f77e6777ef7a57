# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series keys: whatever library or type holds them, equal keys are one series."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales.panel import Panel, read_table
from sklearn_sales.panel._keys import SeriesKeys

WHOLE = [30, 1, 2, 30, 100, 2, 1]
TEXT = ["item c", "a", "b", "item c", "ü", "b", "a"]
FLAGS = [True, False, False, True, True, False, True]
DAYS = [datetime.date(2024, 1, d) for d in (7, 1, 2, 7, 9, 2, 1)]
HALVES = [2.5, -1.0, 0.0, 2.5, 1e300, 0.0, -1.0]


def panel_of(table, series="key"):
    table = read_table(table)
    y = np.arange(table.n_rows, dtype=np.float64)
    return Panel.from_table(table, y, series=series, time="day")


def pandas_table(key):
    return pd.DataFrame({"key": key, "day": np.arange(len(key))})


def polars_table(key):
    return pl.DataFrame({"key": key, "day": np.arange(len(key))})


def arrow_table(key):
    return pa.table({"key": key, "day": pa.array(np.arange(len(key)))})


def arrow_dtype(kind):
    return pd.ArrowDtype(kind)


VERSIONS = {
    "int64": lambda: pandas_table(WHOLE),
    "int8": lambda: pandas_table(np.array(WHOLE, dtype=np.int8)),
    "uint64": lambda: pandas_table(np.array(WHOLE, dtype=np.uint64)),
    "float64": lambda: pandas_table(np.array(WHOLE, dtype=np.float64)),
    "float32": lambda: pandas_table(np.array(WHOLE, dtype=np.float32)),
    "Int64": lambda: pandas_table(pd.array(WHOLE, dtype="Int64")),
    "object": lambda: pandas_table(np.array(WHOLE, dtype=object)),
    "category": lambda: pandas_table(pd.Categorical(WHOLE)),
    "more categories": lambda: pandas_table(
        pd.Categorical(WHOLE, categories=range(200, -1, -1), ordered=True)
    ),
    "float category": lambda: pandas_table(pd.Categorical(np.array(WHOLE, float))),
    "arrow dtype": lambda: pandas_table(pd.array(WHOLE, dtype=arrow_dtype(pa.int32()))),
    "polars int": lambda: polars_table(WHOLE),
    "polars float": lambda: polars_table(np.array(WHOLE, dtype=np.float64)),
    "pyarrow int": lambda: arrow_table(WHOLE),
    "pyarrow float": lambda: arrow_table(pa.array(WHOLE, type=pa.float64())),
    "pyarrow dictionary": lambda: arrow_table(pa.array(WHOLE).dictionary_encode()),
}
TEXT_VERSIONS = {
    "str": lambda: pandas_table(TEXT),
    "object": lambda: pandas_table(pd.Series(TEXT, dtype=object)),
    "string": lambda: pandas_table(pd.Series(TEXT, dtype="string")),
    "arrow dtype": lambda: pandas_table(pd.array(TEXT, dtype=arrow_dtype(pa.string()))),
    "category": lambda: pandas_table(pd.Categorical(TEXT)),
    "more categories": lambda: pandas_table(
        pd.Categorical(TEXT, categories=["z", *sorted(set(TEXT))[::-1]], ordered=True)
    ),
    "polars": lambda: polars_table(TEXT),
    "polars categorical": lambda: polars_table(pl.Series(TEXT, dtype=pl.Categorical)),
    "polars enum": lambda: polars_table(
        pl.Series(TEXT, dtype=pl.Enum(["z", *sorted(set(TEXT))[::-1]]))
    ),
    "pyarrow": lambda: arrow_table(TEXT),
    "pyarrow large": lambda: arrow_table(pa.array(TEXT, type=pa.large_string())),
    "pyarrow dictionary": lambda: arrow_table(pa.array(TEXT).dictionary_encode()),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_numbers_of_every_type_are_the_same_series(version):
    panel, rows = panel_of(VERSIONS[version]())
    reference, expected = panel_of(pandas_table(WHOLE))
    assert list(rows.codes) == [2, 0, 1, 2, 3, 1, 0]
    np.testing.assert_array_equal(rows.hashes, expected.hashes)
    assert [int(k) for k in panel.keys.frame()["key"]] == [1, 2, 30, 100]
    # and each is known to a panel that was fitted on any other
    np.testing.assert_array_equal(
        reference.locate(read_table(VERSIONS[version]())).codes, expected.codes
    )
    located = panel.locate(read_table(pandas_table(WHOLE)))
    np.testing.assert_array_equal(located.codes, expected.codes)
    np.testing.assert_array_equal(located.hashes, expected.hashes)


@pytest.mark.parametrize("version", TEXT_VERSIONS)
def test_text_of_every_type_is_the_same_series(version):
    panel, rows = panel_of(TEXT_VERSIONS[version]())
    reference, expected = panel_of(pandas_table(TEXT))
    assert list(rows.codes) == [2, 0, 1, 2, 3, 1, 0]
    np.testing.assert_array_equal(rows.hashes, expected.hashes)
    assert list(panel.keys.frame()["key"]) == ["a", "b", "item c", "ü"]
    np.testing.assert_array_equal(
        reference.locate(read_table(TEXT_VERSIONS[version]())).codes, expected.codes
    )
    np.testing.assert_array_equal(
        panel.locate(read_table(pandas_table(TEXT))).codes, expected.codes
    )


def test_arrays_hold_the_same_series_as_frames():
    _, expected = panel_of(pandas_table(WHOLE))
    array = np.column_stack([WHOLE, np.arange(len(WHOLE))])
    for X in (array, array.astype(float), array.astype(object), array.tolist()):
        table = read_table(X)
        panel, rows = Panel.from_table(table, np.ones(len(array)), series=0, time=1)
        np.testing.assert_array_equal(rows.codes, expected.codes)
        np.testing.assert_array_equal(rows.hashes, expected.hashes)
        assert panel.keys.names == ["x0"]


def test_arrays_of_text_hold_the_same_series_as_frames():
    _, expected = panel_of(pandas_table(TEXT))
    X = np.array([TEXT, list(range(len(TEXT)))], dtype=object).T
    table = read_table(X)
    _, rows = Panel.from_table(table, np.ones(len(TEXT)), series=0, time=1)
    np.testing.assert_array_equal(rows.codes, expected.codes)
    np.testing.assert_array_equal(rows.hashes, expected.hashes)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (FLAGS, [1, 0, 0, 1, 1, 0, 1]),
        (DAYS, [2, 0, 1, 2, 3, 1, 0]),
        (pd.to_datetime(DAYS), [2, 0, 1, 2, 3, 1, 0]),
        (pd.PeriodIndex(DAYS, freq="D"), [2, 0, 1, 2, 3, 1, 0]),
        (HALVES, [2, 0, 1, 2, 3, 1, 0]),
        ([Decimal(v) for v in WHOLE], [2, 0, 1, 2, 3, 1, 0]),
        ([(v, "x") for v in WHOLE], [2, 0, 1, 2, 3, 1, 0]),
        ([3, "1", 2.5, 3, "1", "a", 2.5], [1, 2, 0, 1, 2, 3, 0]),
    ],
    ids=["bool", "date", "datetime", "period", "float", "decimal", "tuple", "mixed"],
)
def test_any_other_type_can_be_a_key(values, codes):
    table = pandas_table(values)
    panel, rows = panel_of(table)
    assert list(rows.codes) == codes
    assert len(set(panel.keys.hashes)) == panel.n_series
    np.testing.assert_array_equal(panel.locate(read_table(table)).codes, codes)


def test_flags_of_every_library_are_the_same_series():
    _, expected = panel_of(pandas_table(FLAGS))
    for table in (
        polars_table(FLAGS),
        arrow_table(FLAGS),
        pandas_table(pd.array(FLAGS, dtype="boolean")),
        pandas_table(np.array(FLAGS, dtype=object)),
    ):
        _, rows = panel_of(table)
        np.testing.assert_array_equal(rows.codes, expected.codes)
        np.testing.assert_array_equal(rows.hashes, expected.hashes)


def test_both_zeros_are_one_series():
    _, rows = panel_of(pandas_table([0.0, -0.0, 1.5]))
    assert list(rows.codes) == [0, 0, 1]


# Several key columns


def sales(store, item):
    return pd.DataFrame({"store": store, "item": item, "day": np.arange(len(store))})


def test_several_columns_are_sorted_from_the_left():
    table = sales(["b", "a", "b", "a", "b"], [1, 10, 1, 2, 0])
    panel, rows = panel_of(table, series=["store", "item"])
    expected = pd.MultiIndex.from_frame(table[["store", "item"]])
    known = expected.drop_duplicates().sort_values()
    pd.testing.assert_frame_equal(
        panel.keys.frame(), known.to_frame(index=False), check_index_type=False
    )
    np.testing.assert_array_equal(rows.codes, known.get_indexer(expected))
    assert panel.keys.show(0) == "store='a', item=2"


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-2, 2), st.booleans()),
        min_size=1,
        max_size=40,
    )
)
def test_codes_equal_a_sorted_multiindex(keys):
    table = pd.DataFrame(keys, columns=["x", "y", "z"]).assign(day=np.arange(len(keys)))
    panel, rows = panel_of(table, series=["x", "y", "z"])
    index = pd.MultiIndex.from_tuples(keys)
    known = index.drop_duplicates().sort_values()
    np.testing.assert_array_equal(rows.codes, known.get_indexer(index))
    assert panel.n_series == len(known)
    assert [tuple(row) for row in panel.keys.frame().to_numpy()] == list(known)


def test_the_order_of_the_key_columns_matters_to_codes_alone():
    table = sales(["b", "a", "b"], [1, 2, 0])
    first, _ = panel_of(table, series=["store", "item"])
    second, _ = panel_of(table, series=["item", "store"])
    assert list(first.keys.frame()["item"]) == [2, 0, 1]
    assert list(second.keys.frame()["item"]) == [0, 1, 2]


def test_unseen_combinations_of_seen_values_are_new_series():
    panel, _ = panel_of(sales(["a", "a", "b"], [1, 2, 1]), series=["store", "item"])
    later = sales(["b", "a", "b", "c", "a"], [2, 1, 1, 1, 3])
    message = (
        r"^3 row\(s\) of X belong to series without sales in fit \(first: store='b', "
        r"item=2\); they are answered from the mean of all series\.$"
    )
    with pytest.warns(UserWarning, match=message):
        rows = panel.locate(read_table(later))
    assert list(rows.codes) == [3, 0, 2, 3, 3]


def test_numbers_and_their_text_are_different_series():
    panel, _ = panel_of(pandas_table([1, 2]))
    with pytest.warns(UserWarning, match=r"2 row\(s\) .* \(first: key='1'\)"):
        rows = panel.locate(read_table(pandas_table(["1", "2"])))
    assert list(rows.codes) == [2, 2]


def test_without_keys_all_rows_are_one_series():
    panel, rows = panel_of(pandas_table(WHOLE), series=None)
    assert panel.n_series == 1
    assert list(rows.codes) == [0] * len(WHOLE)
    assert panel.keys.show(0) == "the single series"


# Hashes


@given(st.sets(st.integers(-3, 200), min_size=2, max_size=20), st.data())
def test_a_hash_depends_on_its_own_key_alone(keys, data):
    keys = sorted(keys)
    halves = data.draw(st.booleans())
    everyone = [*keys, 0.5] if halves else keys
    some = data.draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    panel, _ = panel_of(pandas_table(everyone))
    fold, _ = panel_of(pandas_table(some))
    hashes = dict(zip(panel.keys.frame()["key"], panel.keys.hashes, strict=True))
    for key, found in zip(fold.keys.frame()["key"], fold.keys.hashes, strict=True):
        assert hashes[key] == found


def test_numbers_among_text_keep_their_hash():
    mixed, _ = panel_of(pandas_table([3, "a"]))
    numbers, _ = panel_of(pandas_table([3]))
    text, _ = panel_of(pandas_table(["a"]))
    assert mixed.keys.hashes[0] == numbers.keys.hashes[0]
    assert mixed.keys.hashes[1] == text.keys.hashes[0]


def test_hashes_of_many_keys_do_not_collide():
    store, item = np.divmod(np.arange(30_000), 300)
    panel, _ = panel_of(sales(store, item), series=["store", "item"])
    assert len(np.unique(panel.keys.hashes)) == 30_000
    # neither do swapped values of the columns hash alike
    swapped, _ = panel_of(sales(item, store), series=["store", "item"])
    equal = np.isin(swapped.keys.hashes, panel.keys.hashes).sum()
    known = pd.MultiIndex.from_arrays([store, item])
    assert equal == known.isin(pd.MultiIndex.from_arrays([item, store])).sum()


# Missing keys


@pytest.mark.parametrize(
    "table",
    [
        pandas_table([1.0, np.nan]),
        pandas_table(["a", None]),
        pandas_table(pd.Categorical(["a", None])),
        pandas_table(pd.array([1, None], dtype="Int64")),
        pandas_table([pd.Timestamp(0), pd.NaT]),
        polars_table([1, None]),
        polars_table(["a", None]),
        polars_table([1.0, float("nan")]),
        polars_table(pl.Series(["a", None], dtype=pl.Categorical)),
        arrow_table(["a", None]),
        arrow_table(pa.array([True, None])),
        arrow_table(pa.array([1, None]).dictionary_encode()),
    ],
)
def test_missing_keys_are_refused(table):
    message = (
        r"^column 'key' is a key of the series and holds NaN in 1 row\(s\), first at "
        r"row 1\. Every row of X needs its keys; drop such rows or give them a name"
    )
    with pytest.raises(ValueError, match=message):
        panel_of(table)
    panel, _ = panel_of(pandas_table(["a", "b"]))
    with pytest.raises(ValueError, match=message):
        panel.locate(read_table(table))


def test_hashes_of_mixed_keys_are_those_of_each_alone():
    values = [1, 2.0, 2.5, True, -(2**63), 2**63, "a", Decimal("1.5"), np.float32(2.5)]
    column = np.empty(len(values), dtype=object)
    column[:] = values
    mixed = SeriesKeys(["key"])
    codes = mixed.fit_encode([pd.Series(column)], ["key"])
    for value, code in zip(values, codes, strict=True):
        alone = SeriesKeys(["key"])
        alone.fit_encode([pd.Series([value], dtype=object)], ["key"])
        assert alone.hashes[0] == mixed.hashes[code]
