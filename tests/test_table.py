# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The one door for tables: which column means what, and its values as numbers."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_sales import ARRegressor, SeasonalNaiveRegressor
from sklearn_sales.panel import read_table, resolve_schema

DAYS = pd.date_range("2024-01-01", periods=3)
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        ([1.5, None, 2.0], [1.5, np.nan, 2.0]),
        ([True, False, True], [1.0, 0.0, 1.0]),
    ],
)
def test_numbers_of_every_library_are_floats(library, values, expected):
    table = read_table(FRAMES[library]({"price": values}))
    block = table.float_columns([0], owner="Owner", allow_nan=True)
    np.testing.assert_array_equal(block[:, 0], expected)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
@pytest.mark.parametrize(
    "values", [[True, None, False], [Decimal("1"), None, Decimal("0")]]
)
def test_flags_with_gaps_and_decimals_are_floats(library, values):
    table = read_table(FRAMES[library]({"promo": values}))
    block = table.float_columns([0], owner="Owner", allow_nan=True)
    np.testing.assert_array_equal(block[:, 0], [1.0, np.nan, 0.0])


def test_nullable_numbers_of_pandas_are_floats():
    frame = pd.DataFrame(
        {
            "promo": pd.array([True, None, False], dtype="boolean"),
            "price": pd.array([3, None, 1], dtype="Int8"),
        }
    )
    block = read_table(frame).float_columns([0, 1], owner="Owner", allow_nan=True)
    np.testing.assert_array_equal(block, [[1, 3], [np.nan, np.nan], [0, 1]])


def test_text_covariates_are_named():
    table = read_table(pd.DataFrame({"price": [1.0], "brand": ["a"], "kind": ["b"]}))
    message = (
        r"^ARRegressor needs numeric covariates; column\(s\) \['brand', 'kind'\] of X "
        r"are not\. Encode them before, for instance with OrdinalEncoder"
    )
    with pytest.raises(ValueError, match=message):
        table.float_columns([0, 1, 2], owner="ARRegressor", allow_nan=True)


def test_missing_covariates_are_refused_on_demand():
    table = read_table(pd.DataFrame({"price": [1.0, np.nan]}))
    message = (
        r"^Input X contains NaN: column\(s\) \['price'\] in 1 row\(s\), first at row "
        r"1\. ARRegressor needs every covariate of every row: fill them in before"
    )
    with pytest.raises(ValueError, match=message):
        table.float_columns([0], owner="ARRegressor", allow_nan=False)


@pytest.mark.parametrize(
    ("value", "how"),
    [
        ("1.5", "pandas.to_numeric"),
        ("1,5", "decimal=',' in read_csv"),
        (True, "astype"),
    ],
)
def test_numbers_of_another_type_are_told_from_text(value, how):
    table = read_table(pd.DataFrame({"price": [None, value]}, dtype=object))
    with pytest.raises(ValueError, match="needs numeric covariates") as caught:
        table.float_columns([0], owner="ARRegressor", allow_nan=True)
    hint = "Column 'price' holds numbers that are no numbers by their type, such as "
    assert f"{hint}{value!r}: convert them with {how}" in str(caught.value)


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("days", [list(DAYS.date), list(DAYS.to_pydatetime())])
def test_the_column_of_dates_is_the_time(library, days):
    frame = FRAMES[library]({"item": [1, 2, 3], "price": [1.0, 2.0, 3.0], "on": days})
    schema = resolve_schema(read_table(frame), "item", "auto")
    assert (schema.series, schema.time, schema.covariates) == ((0,), 2, (1,))
    assert schema.series_names == ["item"]
    assert schema.time_name == "on"
    assert schema.covariate_names == ["price"]


def test_without_dates_the_first_column_that_is_no_key_is_the_time():
    frame = pd.DataFrame({"item": [1], "on": ["2024-01-01"], "price": [1.0]})
    assert resolve_schema(read_table(frame), ["item"], "auto").time == 1
    array = read_table(np.ones((2, 3)))
    schema = resolve_schema(array, [-1], "auto")
    assert (schema.series, schema.time, schema.covariates) == ((2,), 0, (1,))
    assert schema.covariate_names == ["x1"]


def test_columns_may_be_called_by_number_or_auto():
    frame = pd.DataFrame({1: [5], 0: [6], "auto": [7]})
    schema = resolve_schema(read_table(frame), 0, "auto")
    assert (schema.series, schema.time) == ((1,), 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shop", "auto"), r"^series='shop' is not a column of X; its columns are \["),
        (("item", "when"), r"^time='when' is not a column of X; its columns are \['it"),
        (
            (["item", "item"], "auto"),
            r"^series=\['item', 'item'\] names a column twice",
        ),
        (("on", "on"), r"^time='on' is also named in series='on'; a column is either"),
        ((9, "on"), r"^series=9 is not a column of X"),
        ((["item", "on", "to"], "auto"), r"^X has no column left for the time: every"),
        (
            (None, "auto"),
            r"^time='auto' found 2 columns of dates: \['on', 'to'\]\. Name",
        ),
    ],
)
def test_schemas_that_do_not_fit_say_so(arguments, message):
    frame = pd.DataFrame({"item": [1, 2, 3], "on": DAYS, "to": DAYS})
    with pytest.raises(ValueError, match=message):
        resolve_schema(read_table(frame), *arguments)


@pytest.mark.parametrize("library", FRAMES)
def test_empty_frames_are_refused(library):
    frame = FRAMES[library]({"item": [1], "on": [2]})
    empty = frame.iloc[:0] if library == "pandas" else frame[:0]
    message = r"Found array with 0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1"
    with pytest.raises(ValueError, match=message):
        read_table(empty)
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        read_table(FRAMES[library]({}))


def test_lazy_frames_must_be_collected():
    message = r"^X is a polars LazyFrame; forecasting needs its rows: pass X\.collect"
    with pytest.raises(TypeError, match=message):
        read_table(pl.LazyFrame({"on": ["2024-01-01"]}))


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("price", [[1.0], [2.0]], dtype=pl.List(pl.Float64)),
        pl.Series("price", [[1.0], [2.0]], dtype=pl.Array(pl.Float64, 1)),
    ],
    ids=["list", "array"],
)
def test_nested_values_are_one_column(column):
    table = read_table(pl.DataFrame([column]))
    values = table.column(0)
    assert values.shape == (2,)
    assert [float(value[0]) for value in values] == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"column\(s\) \['price'\] of X are not"):
        table.float_columns([0], owner="This", allow_nan=True)


@pytest.mark.parametrize(
    "value",
    [1j, 10**400, np.complex128(2), b"1"],
    ids=["j", "huge", "complex", "bytes"],
)
def test_objects_that_no_number_can_hold_get_no_hint(value):
    X = pd.DataFrame({"day": [1, 2], "price": pd.Series([value, value], dtype=object)})
    with pytest.raises(
        ValueError, match=r"column\(s\) \['price'\] of X are not"
    ) as caught:
        ARRegressor(1, time="day").fit(X, [1.0, 2.0])
    assert "convert them" not in str(caught.value)


def test_complex_keys_are_told_apart_by_both_their_parts():
    keys = np.array([1 + 2j, 1 - 2j, 3, "x", 2j], dtype=object)
    X = pd.DataFrame({"key": np.repeat(keys, 2), "day": np.tile([1, 2], 5)})
    model = SeasonalNaiveRegressor(1, series="key", time="day").fit(X, np.arange(10.0))
    ahead = pd.DataFrame({"key": [*keys, 3 + 0j], "day": 3}).astype({"key": object})
    np.testing.assert_array_equal(model.predict(ahead), [1, 3, 5, 7, 9, 5])
