# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What ARRegressor refuses, and in which words."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_sales.linear_model import ARRegressor


def sales(n=30, **columns):
    X = pd.DataFrame({"date": pd.date_range("2021-01-01", periods=n), **columns})
    return X, np.random.default_rng(0).normal(20, 2, size=n)


WHOLE = (
    "must list whole numbers >= 1: lag 1 is the last known value, and lag 0 would be "
    "the value to forecast."
)
ALLOWED = (
    "must be an int in the range [1, inf), an array-like, a str among {'aic', 'bic'} "
    "or None. Got"
)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"lags": 0}, f"The 'lags' parameter of ARRegressor {ALLOWED} 0 instead."),
        ({"lags": -3}, f"The 'lags' parameter of ARRegressor {ALLOWED} -3 instead."),
        ({"lags": 2.5}, f"The 'lags' parameter of ARRegressor {ALLOWED} 2.5 instead."),
        (
            {"lags": "hqic"},
            f"The 'lags' parameter of ARRegressor {ALLOWED} 'hqic' instead.",
        ),
        ({"lags": [0, 1]}, f"lags=[0, 1] {WHOLE}"),
        ({"lags": [7, -1]}, f"lags=[7, -1] {WHOLE}"),
        ({"lags": [1.0, 2.5]}, f"lags=[1.0, 2.5] {WHOLE}"),
        ({"lags": [True]}, f"lags=[True] {WHOLE}"),
        ({"lags": ["1"]}, f"lags=['1'] {WHOLE}"),
        ({"lags": [[1, 2]]}, f"lags=[[1, 2]] {WHOLE}"),
        ({"lags": [1, 3, 1]}, "lags=[1, 3, 1] names a lag twice."),
        (
            {"lags": []},
            "lags=[] names no lag. Give lags=None for a model without lags.",
        ),
        (
            {"lags": "aic", "pooled": True},
            "lags='aic' chooses the lags of each series, but pooled=True shares them: "
            "give lags as a number or a list, or pooled=False.",
        ),
        (
            {"max_lags": 0},
            "The 'max_lags' parameter of ARRegressor must be an int in the range "
            "[1, inf) or None. Got 0 instead.",
        ),
        (
            {"trend": "ctt"},
            "The 'trend' parameter of ARRegressor must be a str among "
            "{'c', 'ct', 'n', 't'}. Got 'ctt' instead.",
        ),
        (
            {"seasonal": 1},
            "The 'seasonal' parameter of ARRegressor must be an int in the range "
            "[2, inf), a str among {'auto'} or None. Got 1 instead.",
        ),
        (
            {"alpha": -0.1},
            "The 'alpha' parameter of ARRegressor must be a float in the range "
            "[0.0, inf). Got -0.1 instead.",
        ),
        (
            {"scaling": "max"},
            "The 'scaling' parameter of ARRegressor must be a str among "
            "{'mean', 'std'} or None. Got 'max' instead.",
        ),
    ],
    ids=str,
)
def test_parameters(parameters, message):
    X, y = sales()
    # sets have no order
    found = re.compile(r"\{[^}]*\}")
    with pytest.raises(ValueError) as caught:
        ARRegressor(**parameters).fit(X, y)
    said = str(caught.value)
    assert found.sub("", said) == found.sub("", message)
    for mine, theirs in zip(found.findall(said), found.findall(message), strict=True):
        assert set(mine.strip("{}").split(", ")) == set(theirs.strip("{}").split(", "))


@pytest.mark.parametrize("fitted", [False, True])
def test_covariates_must_be_numbers(fitted):
    X, y = sales(store="north", price=1.0)
    message = (
        "ARRegressor needs numeric covariates; column(s) ['store'] of X are not. "
        "Encode them before, for instance with OrdinalEncoder or OneHotEncoder in a "
        "ColumnTransformer, drop them, or name them in series= if they are keys."
    )
    model = ARRegressor(lags=2)
    if fitted:
        model.fit(X.assign(store=1.0), y)
    with pytest.raises(ValueError, match=re.escape(message)):
        model.predict(X) if fitted else model.fit(X, y)


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "Input X contains NaN."), (np.inf, "Input X contains infinity")],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_covariates_must_be_finite(value, message, fitted):
    X, y = sales(price=1.0)
    model = ARRegressor(lags=2).fit(X, y)
    X.loc[3, "price"] = value
    with pytest.raises(ValueError, match=message):
        model.predict(X) if fitted else model.fit(X, y)


def test_columns_are_those_of_fit_in_their_order():
    X, y = sales(price=1.0, promo=0.0)
    model = ARRegressor(lags=2).fit(X, y)
    names = "The feature names should match those that were passed during fit."
    for columns in (["date", "promo", "price"], ["date", "price"]):
        with pytest.raises(ValueError, match=names):
            model.predict(X[columns])
    with pytest.raises(ValueError, match=names):
        model.predict(X.rename(columns={"promo": "promotion"}))
    number = "X has 2 features, but ARRegressor is expecting 3 features as input."
    with (
        pytest.warns(UserWarning, match="X does not have valid feature names"),
        pytest.raises(ValueError, match=number),
    ):
        model.predict(np.ones((2, 2)))


def test_targets():
    X, y = sales()
    with pytest.raises(ValueError, match="y holds only NaN: no sale was observed"):
        ARRegressor().fit(X, np.full(30, np.nan))
    y[3] = np.inf
    with pytest.raises(ValueError, match="Input y contains infinity"):
        ARRegressor().fit(X, y)


def test_predict_asks_for_fit():
    X, _ = sales()
    with pytest.raises(NotFittedError, match="This ARRegressor instance is not fitted"):
        ARRegressor().predict(X)
    assert not hasattr(ARRegressor(), "lag_coef_")
