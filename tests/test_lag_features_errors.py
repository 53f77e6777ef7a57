# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""LagFeatures: what it says about parameters and tables that it cannot work with."""

import numpy as np
import pandas as pd
import pytest

from sklearn_sales import LagFeatures

KEYS = {"series": "item", "time": "date"}
LAG = (
    "a lag counts back from the last known value, which is lag 1. Give whole numbers "
    "of at least 1."
)
TWICE = "more than once. Name each lag, window, season and group once."
WINDOW = "(statistic, length) or (statistic, length, lag)"
LENGTH = "its length is a whole number of times, at least"


def sales_table():
    X = pd.DataFrame({"item": np.repeat(["tea", "rice"], 8)})
    X["date"] = np.tile(pd.date_range("2024-01-01", periods=8), 2)
    X["kind"] = np.repeat(["drink", "food"], 8)
    X["promotion"] = np.arange(16) % 3 == 0
    return X, np.arange(16.0)


def features(**params):
    return LagFeatures(**{"passthrough": ["promotion"], **KEYS, **params})


BAD_PARAMETERS = {
    "lag 0": (
        {"lags": 0},
        "The 'lags' parameter of LagFeatures must be an int in the range [1, inf), an "
        "array-like or None. Got 0 instead.",
    ),
    "lag 0 in a list": ({"lags": [0, 1]}, f"lags=[0, 1] holds 0: {LAG}"),
    "negative lag": ({"lags": np.array([3, -1])}, f"lags=[3, -1] holds -1: {LAG}"),
    "half a lag": ({"lags": [1.5]}, f"lags=[1.5] holds 1.5: {LAG}"),
    "lag that is a flag": ({"lags": [True]}, f"lags=[True] holds True: {LAG}"),
    "lag twice": (
        {"lags": [1, 2, 1]},
        f"lags, windows, season, seasonal_lags and by ask for ['lag_1'] {TWICE}",
    ),
    "window twice": (
        {"windows": [("mean", 7), ("mean", 7, 1)]},
        f"lags, windows, season, seasonal_lags and by ask for ['mean_7'] {TWICE}",
    ),
    "group twice": (
        {"windows": [("mean", 7)], "by": ["kind", 2]},
        "lags, windows, season, seasonal_lags and by ask for ['mean_7_by_kind'] "
        f"{TWICE}",
    ),
    "window 0": (
        {"windows": [("mean", 0)]},
        f"windows holds ('mean', 0): {LENGTH} 1.",
    ),
    "spread of one value": (
        {"windows": [("std", 1)]},
        f"windows holds ('std', 1): {LENGTH} 2.",
    ),
    "window at lag 0": (
        {"windows": [("mean", 7, 0)]},
        f"windows holds ('mean', 7, 0): {LAG}",
    ),
    "unknown statistic": (
        {"windows": [("sum", 7)]},
        "windows holds ('sum', 7): the statistic 'sum' is unknown. Choose one of mean, "
        "std, min, max, median, zero_share, ewm.",
    ),
    "window of one part": (
        {"windows": [("mean",)]},
        f"windows holds ('mean',), which has 1 part(s); a window is {WINDOW}.",
    ),
    "window without a list": (
        {"windows": ("mean", 7)},
        f"windows=('mean', 7) holds 'mean'; give a list of windows, each as {WINDOW}, "
        "such as windows=[('mean', 28)].",
    ),
    "season 1": (
        {"season": 1},
        "The 'season' parameter of LagFeatures must be an int in the range [2, inf), "
        "an array-like, a str among {'auto'} or None. Got 1 instead.",
    ),
    "season 1 in a list": (
        {"season": [7, 1]},
        "season=[7, 1] holds 1: a season spans several times. Give whole numbers of at "
        "least 2.",
    ),
    "seasonal lag 0": (
        {"season": 7, "seasonal_lags": [0]},
        f"seasonal_lags=[0] holds 0: {LAG}",
    ),
    "horizon 0": (
        {"horizon": 0},
        "The 'horizon' parameter of LagFeatures must be an int in the range [1, inf). "
        "Got 0 instead.",
    ),
    "negative horizon": (
        {"horizon": -3},
        "The 'horizon' parameter of LagFeatures must be an int in the range [1, inf). "
        "Got -3 instead.",
    ),
    "NaN as fill": (
        {"fill": np.nan},
        "The 'fill' parameter of LagFeatures must be a float in the range (-inf, inf), "
        "a str among {'last'} or None. Got nan instead.",
    ),
    "unknown group": (
        {"windows": [("mean", 3)], "by": "shop"},
        "by='shop' is not a column of X; its columns are ['item', 'date', 'kind', "
        "'promotion'].",
    ),
    "groups by time": (
        {"windows": [("mean", 3)], "by": "date"},
        "by='date' is the time column of X; name a column that is constant in each "
        "series.",
    ),
    "groups that change": (
        {"windows": [("mean", 3)], "by": "promotion"},
        "column 'promotion' is named in by=, but it changes within a series: "
        "item='tea' has False and True. A series belongs to one group for good; name a "
        "column that is constant in each series.",
    ),
    "groups without windows": (
        {"by": "item"},
        "by='item' pools the windows over groups, but windows is empty; give "
        "windows=[('mean', 28)], for instance.",
    ),
    "unknown covariate": (
        {"passthrough": ["weather"]},
        "passthrough='weather' is not a column of X; its columns are ['item', 'date', "
        "'kind', 'promotion'].",
    ),
    "key as covariate": (
        {"passthrough": ["kind", "date"]},
        "passthrough=['kind', 'date'] names ['date'], which are keys or the time; the "
        "covariates are ['kind', 'promotion'].",
    ),
    "text in an array": (
        {"passthrough": True},
        "LagFeatures passes covariates on in an array of numbers, but column(s) "
        "['kind'] of X hold none. Keep them as they are by "
        "set_output(transform='pandas') or 'polars', encode them before, name the "
        "covariates to pass on in passthrough=[...], or set passthrough=False.",
    ),
    "nothing to make": (
        {"lags": None, "passthrough": False},
        "LagFeatures has nothing to make: lags, windows and season are empty, "
        "horizon=1, time_since=False, and no covariate is passed on. Ask for at least "
        "one feature.",
    ),
}


@pytest.mark.parametrize(
    ("params", "message"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS
)
def test_a_bad_parameter_is_an_error_that_says_what_to_do(params, message):
    for fit in (features(**params).fit, features(**params).fit_transform):
        with pytest.raises(ValueError) as error:
            fit(*sales_table())
        assert str(error.value) == message


def test_only_float_types_are_offered():
    with pytest.raises(ValueError, match="'dtype' .* Got <class 'int'> instead"):
        features(dtype=int).fit(*sales_table())


def test_a_covariate_with_the_name_of_a_feature_is_refused():
    X, y = sales_table()
    X = X.rename(columns={"promotion": "lag_1"})
    with pytest.raises(ValueError) as error:
        features(passthrough=["lag_1"]).fit(X, y)
    assert str(error.value) == (
        "X has column(s) ['lag_1'], which LagFeatures makes itself; rename them, or "
        "leave them out in passthrough=[...]."
    )
    assert features(passthrough=False).fit_transform(X, y).shape == (16, 7)


def by_kind():
    X, y = sales_table()
    return X, features(lags=1, windows=[("mean", 3)], by="kind").fit(X, y)


def test_a_series_that_changes_its_group_later_is_refused():
    X, fitted = by_kind()
    with pytest.raises(ValueError) as error:
        fitted.transform(X.assign(kind="food"))
    assert str(error.value) == (
        "column 'kind' is named in by=, but it changes within a series: item='tea' has "
        "drink and food. A series belongs to one group for good; name a column that is "
        "constant in each series."
    )


def test_a_series_without_a_group_is_refused():
    X, fitted = by_kind()
    with pytest.raises(ValueError) as error:
        fitted.transform(X.assign(kind=X["kind"].where(X["kind"] != "food")))
    assert str(error.value) == (
        "column 'kind' is named in by= and holds NaN in 8 row(s). Every series belongs "
        "to a group; give those rows a group of their own."
    )


def test_a_transformer_that_is_not_fitted_says_so():
    X, _ = sales_table()
    for call in (lambda: features().transform(X), features().get_feature_names_out):
        with pytest.raises(ValueError, match="This LagFeatures instance is not fitted"):
            call()


def test_columns_in_another_order_are_refused():
    X, fitted = by_kind()
    with pytest.raises(ValueError, match="in the same order as they were in fit"):
        fitted.transform(X[X.columns[::-1]])


def test_names_of_other_columns_are_refused():
    _, fitted = by_kind()
    with pytest.raises(ValueError, match="input_features is not equal to"):
        fitted.get_feature_names_out(["a", "b", "c", "d"])
