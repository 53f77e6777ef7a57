# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Covariates of predict are of the kind of fit, or the column is named."""

from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ConformalRegressor,
    LagFeatures,
    ReductionRegressor,
    SalesRegressor,
    TimeSeriesStackingRegressor,
)

N = 40
KEYS = {"series": "shop", "time": "day"}
LIBRARIES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}
every_library = pytest.mark.parametrize("library", LIBRARIES)


def reduction(strategy, regressor=None):
    return ReductionRegressor(
        regressor or LinearRegression(),
        features=LagFeatures(2),
        strategy=strategy,
        horizon=2,
        **KEYS,
    )


MODELS = {
    **{name: reduction(name) for name in ("direct", "recursive", "rectify")},
    "trees": reduction("recursive", HistGradientBoostingRegressor(max_iter=3)),
    "pipeline": make_pipeline(
        LagFeatures(2, horizon=20, fill=0.0, **KEYS).set_output(transform="pandas"),
        LinearRegression(),
    ),
    "arrays": make_pipeline(
        LagFeatures(2, horizon=20, fill=0.0, **KEYS), LinearRegression()
    ),
    "stack": TimeSeriesStackingRegressor([("one", reduction("direct"))], cv=2, **KEYS),
    "conformal": ConformalRegressor(reduction("direct"), cv=2, **KEYS),
    "sales": SalesRegressor(2, effort="quick", **KEYS),
}
every_model = pytest.mark.parametrize("name", MODELS)


def rows(price, first="2024-01-01"):
    days = pd.date_range(first, periods=N // 2)
    table = {"shop": np.repeat(["a", "b"], N // 2), "day": np.tile(days, 2)}
    return pd.DataFrame({**table, "price": price})


SALES = np.arange(N) % 7 + 2.0 + np.arange(N) % 3


@cache
def fitted(name, library):
    return clone(MODELS[name]).fit(LIBRARIES[library](rows(NUMBERS)), SALES)


def ahead(price, library):
    return LIBRARIES[library](rows(price, first="2024-01-21"))


NUMBERS = 1.0 + np.arange(N) % 3
SAME = {
    "whole numbers": NUMBERS.astype(int),
    "small numbers": NUMBERS.astype(np.int8),
    "nullable": pd.array(NUMBERS, dtype="Float64"),
    "decimals": [Decimal(int(value)) for value in NUMBERS],
    "categories": pd.Categorical(NUMBERS),
    "objects": NUMBERS.astype(object),
}


@every_model
@every_library
@pytest.mark.parametrize("kind", SAME)
def test_numbers_of_any_type_are_the_same_numbers(name, library, kind):
    model = fitted(name, library)
    expected = model.predict(ahead(NUMBERS, library))
    np.testing.assert_allclose(model.predict(ahead(SAME[kind], library)), expected)


@pytest.mark.filterwarnings("ignore:X has no value")
@pytest.mark.parametrize("name", ["trees", "sales"])
@every_library
def test_what_is_missing_among_numbers_is_nan(name, library):
    model = fitted(name, library)
    gaps = np.where(np.arange(N) % 2, NUMBERS, np.nan)
    objects = [None if np.isnan(value) else value for value in gaps]
    expected = model.predict(ahead(gaps, library))
    found = model.predict(ahead(pd.Series(objects, dtype=object), library))
    np.testing.assert_allclose(found, expected)
    none = model.predict(ahead(pd.Series([None] * N, dtype=object), library))
    np.testing.assert_allclose(none, model.predict(ahead(np.full(N, np.nan), library)))


@every_model
@pytest.mark.parametrize(
    ("price", "first"),
    [
        (["low"] * N, "'low'"),
        (["1"] * N, "'1'"),
        (pd.Categorical(["low"] * N), "'low'"),
        ([*NUMBERS[1:], "low"], "'low'"),
        ([[1]] * N, r"\[1\]"),
        ([pd.Timestamp("2024-01-01")] * N, "Timestamp"),
    ],
    ids=["text", "digits", "categories", "mixed", "lists", "times"],
)
def test_a_column_that_holds_no_numbers_any_more_is_named(name, price, first):
    model = fitted(name, "pandas")
    row = N - 1 if len(set(map(str, price))) > 1 else 0
    text = rf"The column 'price' of X held numbers in fit, but row {row} holds {first}"
    with pytest.raises(ValueError, match=text):
        model.predict(ahead(price, "pandas"))


@pytest.mark.parametrize("strategy", ["direct", "recursive", "rectify"])
@every_library
def test_categories_stay_text(strategy, library):
    text = np.array(["low", "mid", "high"])[np.arange(N) % 3]
    trees = HistGradientBoostingRegressor(max_iter=3)
    X = LIBRARIES[library](rows(pd.Categorical(text)))
    model = reduction(strategy, trees).fit(X, SALES)
    expected = model.predict(ahead(pd.Categorical(text), library))
    # fewer, more and other categories, and none
    more = pd.Categorical(text, categories=["low", "mid", "high", "never"])
    for same in (more, text):
        np.testing.assert_array_equal(model.predict(ahead(same, library)), expected)
    with pytest.raises(ValueError) as error:
        model.predict(ahead(np.arange(N), library))
    assert str(error.value) == (
        "The column 'price' of X held text in fit, but here it holds numbers, such as "
        f"{np.int64(0)!r}. Pass it as in fit."
    )


def test_numbers_beyond_all_bounds_are_refused():
    model = fitted("direct", "pandas")
    with pytest.raises(ValueError, match="The column 'price' of X holds inf: numbers"):
        model.predict(ahead(pd.Series([10**400] * N, dtype=object), "pandas"))
