# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known ahead, joined to future rows by any keys and the time."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales import future_frame

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
HORIZON = 3


def day(number):
    return datetime.datetime(2024, 2, 26) + datetime.timedelta(days=number)


def history():
    """Stores n and s, three series; the last ended two days before the others."""
    return {
        "store": ["n", "n", "n", "n", "s", "s", "s"],
        "item": [1, 1, 2, 2, 1, 1, 1],
        "date": [day(d) for d in (3, 4, 2, 4, 0, 1, 2)],
        "brand": ["x", "x", "y", "y", "x", "x", "x"],
        "price": [1.0, 1.5, 2.0, None, 3.0, 3.5, 4.0],
        "promo": [0, 1, 0, 0, 1, 1, 0],
        "units": [5, 4, 3, 2, 1, 0, 1],
    }


KEYS = {"series": ["store", "item"], "target": "units"}


def price_list(days=(5, 6, 7)):
    cells = [("n", 1), ("n", 2), ("s", 1)]
    rows = [(s, i, day(d)) for s, i in cells for d in days]
    return {
        "date": [d for _, _, d in rows],
        "item": [i for _, i, _ in rows],
        "store": [s for s, _, _ in rows],
        "price": [round(1 + 0.25 * k, 2) for k in range(len(rows))],
    }


def to_lists(frame):
    if isinstance(frame, pd.DataFrame):
        return {name: list(frame[name]) for name in frame}
    return (
        frame.to_pydict()
        if isinstance(frame, pa.Table)
        else frame.to_dict(as_series=False)
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_known_values_are_joined_by_keys_and_time(library):
    X, known = LIBRARIES[library](history()), price_list()
    order = np.random.default_rng(0).permutation(9)
    shuffled = {name: [values[i] for i in order] for name, values in known.items()}
    future = future_frame(
        X, HORIZON, known=LIBRARIES[library](shuffled), covariates={"promo": 0}, **KEYS
    )
    assert to_lists(future)["price"] == known["price"]
    assert to_lists(future)["promo"] == [0] * 9
    expected = pd.DataFrame(history()).drop(columns="units").columns
    assert list(to_lists(future)) == list(expected)


def test_a_price_list_may_reach_over_the_past_and_beyond():
    X = pd.DataFrame(history())
    known = pd.DataFrame(price_list(days=range(15)))
    future = future_frame(X, HORIZON, known=known, covariates={"promo": 0}, **KEYS)
    ahead = known[known["date"].isin([day(5), day(6), day(7)])]
    assert list(future["price"]) == list(ahead["price"])


@given(st.sets(st.sampled_from(["store", "item"])), st.integers(0, 2**16))
def test_known_values_equal_a_merge(keys, seed):
    rng = np.random.default_rng(seed)
    on = [*sorted(keys), "date"]
    X = pd.DataFrame(history())
    future = future_frame(X, HORIZON, covariates="carry", **KEYS)
    known = future[on].drop_duplicates()
    known["promo"] = rng.integers(0, 100, len(known))
    # rows of other times and series, which nobody asks for
    more = known.assign(date=known["date"] - pd.Timedelta("40D"))
    if keys:
        more = pd.concat(
            [more, known.assign(**{min(keys): known[min(keys)].max() * 3})]
        )
    known = pd.concat([known, more]).sample(frac=1, random_state=seed)
    joined = future_frame(X, HORIZON, known=known, covariates={"price": 1}, **KEYS)
    merged = future.drop(columns="promo").merge(known, on=on, how="left")
    np.testing.assert_array_equal(joined["promo"], merged["promo"])


def test_known_times_off_the_grid_are_passed_over():
    # holidays of all days, for a panel of business days
    dates = pd.bdate_range("2024-03-01", periods=20)
    holidays = pd.DataFrame({"date": pd.date_range("2024-03-20", periods=20)})
    holidays["holiday"] = holidays["date"].dt.day_of_week
    X = pd.DataFrame({"date": dates, "holiday": np.arange(20)})
    future = future_frame(X, 5, freq="B", known=holidays)
    assert list(future["holiday"]) == [4, 0, 1, 2, 3]


@pytest.mark.parametrize("form", [str, datetime.date.fromisoformat, pd.Timestamp])
def test_known_times_may_have_another_form(form):
    known = {"date": [form(str(day(d).date())) for d in (5, 6)], "promo": [7, 8]}
    X = pd.DataFrame(history())
    future = future_frame(
        X, 2, known=pd.DataFrame(known), covariates={"price": 1}, **KEYS
    )
    assert list(future["promo"]) == [7, 8] * 3


def test_known_keys_and_values_may_have_other_types():
    known = pd.DataFrame(price_list())
    known = known.astype({"item": float, "store": "category"}).assign(brand="x")
    X = pd.DataFrame(history()).astype({"brand": "category", "item": "category"})
    future = future_frame(X, HORIZON, known=known, covariates={"promo": 0}, **KEYS)
    assert list(future["price"]) == list(known["price"])
    assert future["brand"].dtype == X["brand"].dtype
    assert future["item"].dtype == X["item"].dtype
    grown = known.assign(brand="new")
    future = future_frame(X, HORIZON, known=grown, covariates={"promo": 0}, **KEYS)
    assert list(future["brand"].cat.categories) == ["x", "y", "new"]
    assert set(future["brand"]) == {"new"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_known_numbers_are_promoted(library):
    known = {"date": [day(5)], "promo": [0.5]}
    X = LIBRARIES[library](history())
    future = future_frame(
        X, 1, known=LIBRARIES[library](known), covariates={"price": 1}, **KEYS
    )
    assert to_lists(future)["promo"] == [0.5] * 3


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("carry", [7.0, 1.5, 7.0, 2.0, 7.0, 4.0]),
        ("missing", [7.0, None, 7.0, None, 7.0, None]),
        (9.0, [7.0, 9.0, 7.0, 9.0, 7.0, 9.0]),
    ],
)
def test_what_is_not_known_follows_the_rule(library, rule, expected):
    known = {"date": [day(5), day(6)], "price": [7.0, None]}
    X = LIBRARIES[library](history())
    future = future_frame(
        X,
        2,
        known=LIBRARIES[library](known),
        covariates={"price": rule, "promo": 0},
        **KEYS,
    )
    found = pd.Series(to_lists(future)["price"], dtype=float)
    pd.testing.assert_series_equal(found, pd.Series(expected, dtype=float))


def test_static_columns_that_are_known_are_not_carried_on_the_quiet():
    X = pd.DataFrame(history())
    known = pd.DataFrame({"date": [day(5)], "brand": ["z"]})
    rules = {"price": 0, "promo": 0}
    with pytest.raises(ValueError, match=r"3 of 6 future row\(s\): 'brand' \(3 row"):
        future_frame(X, 2, known=known, covariates=rules, **KEYS)
    rules["brand"] = "carry"
    future = future_frame(X, 2, known=known, covariates=rules, **KEYS)
    assert list(future["brand"]) == ["z", "x", "z", "y", "z", "x"]


# What is missing or wrong


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_missing_is_named(library):
    known = price_list()
    known = {name: values[:4] + values[5:8] for name, values in known.items()}
    known["price"][6] = None
    known["promo"] = [0, 0, 1, 1, 1, None, 1]
    message = (
        r"^known= has no value for 4 of 9 future row\(s\): 'price' \(3 row\(s\)\), "
        r"'promo' \(3 row\(s\)\)\. The first is store='n', item=2 at 2024-03-03 "
        r"00:00:00\. Add them to known=, or say in covariates= how to fill them: 'carr"
    )
    with pytest.raises(ValueError, match=message):
        future_frame(
            LIBRARIES[library](history()),
            HORIZON,
            known=LIBRARIES[library](known),
            **KEYS,
        )


def known_frame(**changes):
    known = pd.DataFrame(price_list()).assign(promo=0)
    return known.assign(**changes)


@pytest.mark.parametrize(
    ("known", "error", "message"),
    [
        (
            known_frame(Price=1),
            ValueError,
            r"^known= has column\(s\) \['Price'\] that X lacks; add them to X, rename "
            r"or drop them\. The covariates of X are \['brand', 'price', 'promo'\]",
        ),
        (
            known_frame().drop(columns="date"),
            ValueError,
            r"^known= has no column 'date', the time of X; its columns are \['item'",
        ),
        (
            pd.concat([known_frame(), known_frame()[4:6]]),
            ValueError,
            r"^known= holds 2 duplicated row\(s\), the first for store='n', item=2 "
            r"at 2024-03-03 00:00:00\. It has one row for each time and, where it has",
        ),
        (
            known_frame(date=np.arange(9)),
            ValueError,
            r"^the time column 'date' of known= holds numbers, but X holds datetimes",
        ),
        (
            known_frame(date=pd.date_range("2024-03-01", periods=9, tz="UTC")),
            ValueError,
            r"of known= holds datetimes in time zone UTC, but X holds datetimes\.",
        ),
        (
            known_frame(price=list("abcdefghi")),
            TypeError,
            r"^column 'price' of known=: values of type .* do not fit a column of type",
        ),
        (
            known_frame(store=None),
            ValueError,
            r"^column 'store' of known= is a key of the series and holds NaN in 9 row",
        ),
        (
            pl.DataFrame(price_list()),
            TypeError,
            r"^known= is a table of polars and X one of pandas; convert one of them",
        ),
        (
            known_frame().to_numpy(),
            TypeError,
            r"^known= must be a data frame with named columns, got ndarray",
        ),
    ],
)
def test_wrong_tables_of_known_values_are_refused(known, error, message):
    with pytest.raises(error, match=message):
        future_frame(pd.DataFrame(history()), HORIZON, known=known, **KEYS)


def test_arrays_have_no_names_to_join_by():
    message = r"^known= is joined by the names of its columns, and X is an array: pass"
    with pytest.raises(TypeError, match=message):
        future_frame(np.array([[1, 2.0], [2, 3.0]]), 1, known=known_frame())
