# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Keys that a later table writes otherwise than that of fit."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_sales import ARRegressor, observe


def table(keys, start="2024-01-01", n_days=12):
    days = pd.date_range(start, periods=n_days)
    X = pd.DataFrame({"shop": np.repeat(pd.Series(keys), n_days)})
    X = X.assign(item="tea", date=[*days] * len(keys)).reset_index(drop=True)
    return X, np.arange(len(X)) % 5.0


def told(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(one.message) for one in caught]


def fitted(keys):
    return ARRegressor(2, series=["shop", "item"]).fit(*table(keys))


SAME = {
    "text for whole numbers": ([7, 12], "7", "'7' (str) looks like 7 (int)"),
    "whole numbers for text": (["7", "12"], 7, "7 (int) looks like '7' (str)"),
    "text for floats": ([7.0, 1.5], "1.5", "'1.5' (str) looks like 1.5 (float)"),
    "floats for text": (["7", "12"], 7.0, "7.0 (float) looks like '7' (str)"),
    "no zeros in front": (["007", "012"], "7", "'7' (str) looks like '007' (str)"),
    "numbers for zeros": (["007", "012"], 12, "12 (int) looks like '012' (str)"),
    "zeros in front": ([7, 12], "007", "'007' (str) looks like 7 (int)"),
    "another case": (["Rome", "Bonn"], "ROME", "'ROME' (str) looks like 'Rome' (str)"),
    "spaces": (["rome", "bonn"], "rome ", "'rome ' (str) looks like 'rome' (str)"),
}


@pytest.mark.parametrize(("known", "new", "hint"), SAME.values(), ids=SAME.keys())
def test_a_key_that_looks_like_one_of_fit_is_told_of(known, new, hint):
    X, _ = table([new], start="2024-01-13", n_days=2)
    hint = f" shop={hint} of fit: write keys as they were there."
    assert told(lambda: fitted(known).predict(X)) == [
        f"2 row(s) of X belong to series without sales in fit (first: shop={new!r}, "
        f"item='tea'); they are answered from the mean of all series.{hint}"
    ]
    assert told(lambda: observe(fitted(known), X, [1.0, 2.0])) == [
        f"2 row(s) of X belong to series that are new (first: shop={new!r}, "
        f"item='tea').{hint}"
    ]


@pytest.mark.parametrize(
    ("known", "new"),
    [([7, 12], "8"), ([7, 12], 8), (["a"], "b"), (["a"], 7), ([7], "inf"), ([7], "")],
)
def test_a_new_key_is_not_likened_to_others(known, new):
    X, _ = table([new], start="2024-01-13", n_days=2)
    (message,) = told(lambda: fitted(known).predict(X))
    assert message.endswith("they are answered from the mean of all series.")
    assert told(lambda: observe(fitted(known), X, [1.0, 2.0])) == []


def test_keys_of_dates_are_not_likened():
    days = list(pd.to_datetime(["2023-01-01", "2023-02-01"]))
    model = ARRegressor(2, series=["shop", "item"], time="date").fit(*table(days))
    X, _ = table([20230101], start="2024-01-13", n_days=1)
    (message,) = told(lambda: model.predict(X))
    assert "looks like" not in message


def test_the_same_key_in_categories_or_as_a_float_is_known():
    X, _ = table([7], start="2024-01-13", n_days=2)
    model = fitted([7, 12])
    assert told(lambda: model.predict(X.astype({"shop": "category"}))) == []
    assert told(lambda: model.predict(X.astype({"shop": float}))) == []
