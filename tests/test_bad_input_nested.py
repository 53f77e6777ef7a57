# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators made of estimators say the same of bad input, and name the member."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from test_bad_input import KEYS, WRONG_IN_FIT, WRONG_IN_PREDICT, is_answered, table

from sklearn_sales import (
    ARRegressor,
    ConformalRegressor,
    LagFeatures,
    PanelTargetRegressor,
    SalesRegressor,
    SeasonalNaiveRegressor,
    TimeSeriesStackingRegressor,
)

AR, NAIVE = ARRegressor(1, **KEYS), SeasonalNaiveRegressor(2, **KEYS)


def stack(*members, **params):
    """A stack of the given members and a seasonal naive forecast."""
    members = [*members, ("naive", NAIVE)]
    return TimeSeriesStackingRegressor(members, cv=2, **KEYS, **params)


COMPOSED = {
    "ConformalRegressor": ConformalRegressor(AR, cv=2, **KEYS),
    "PanelTargetRegressor": PanelTargetRegressor(AR, outliers="hampel", **KEYS),
    "SalesRegressor": SalesRegressor(2, effort="quick", **KEYS),
    "TimeSeriesStackingRegressor": stack(("ar", AR)),
    "three levels": stack(
        ("inner", stack(("target", PanelTargetRegressor(AR, **KEYS))))
    ),
}
every_level = pytest.mark.parametrize("name", COMPOSED)


@every_level
@pytest.mark.parametrize("case", WRONG_IN_FIT)
def test_wrong_in_fit(name, case):
    change, error, message = WRONG_IN_FIT[case]
    X, y = change(*table())
    with pytest.raises(error, match=re.escape(message)):
        clone(COMPOSED[name]).fit(X, y)


@pytest.fixture(scope="module")
def fitted():
    return {name: clone(model).fit(*table()) for name, model in COMPOSED.items()}


@every_level
@pytest.mark.parametrize("case", WRONG_IN_PREDICT)
def test_wrong_in_predict(name, case, fitted):
    change, message = WRONG_IN_PREDICT[case]
    X, _ = change(*table())
    with pytest.raises(ValueError, match=re.escape(message)):
        fitted[name].predict(X)


@every_level
def test_a_new_series_is_told_once(name, fitted):
    X, _ = table()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert is_answered(fitted[name], X[5:20].assign(item="coffee"))
    assert [str(w.message) for w in caught] == [
        "15 row(s) of X belong to series without sales in fit (first: item='coffee'); "
        "they are answered from the mean of all series."
    ]


@every_level
def test_order_of_rows_is_free(name, fitted):
    X, y = table()
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = clone(COMPOSED[name]).fit(X.iloc[order], y[order])
    np.testing.assert_allclose(
        shuffled.predict(X), fitted[name].predict(X), rtol=1e-6, atol=1e-9
    )


@every_level
def test_rows_far_from_the_history_are_answered(name, fitted):
    days = ["2023-06-01", "2023-12-30", "2024-06-01"]
    X = pd.DataFrame({"item": "tea", "date": pd.to_datetime(days), "price": 1.5})
    assert is_answered(fitted[name], X)


# what is wrong inside a member

LAG_0 = (
    "lags=[0, 1] holds 0: a lag counts back from the last known value, which is lag 1. "
    "Give whole numbers of at least 1."
)
WRONG_MEMBERS = {
    "bad": (ARRegressor([0, 1], **KEYS), "Member 'bad' (ARRegressor)", "lags=[0, 1]"),
    "lags": (
        make_pipeline(LagFeatures([0, 1], **KEYS), LinearRegression()),
        "Member 'lags' (Pipeline)",
        LAG_0,
    ),
    "target": (
        PanelTargetRegressor(ARRegressor(freq="fortnight"), **KEYS),
        "Member 'target' (PanelTargetRegressor)",
        "freq='fortnight'",
    ),
}


@pytest.mark.parametrize("name", WRONG_MEMBERS)
def test_a_wrong_member_is_named_at_every_level(name):
    member, who, what = WRONG_MEMBERS[name]
    inner = stack((name, member))
    outer = stack(("inner", inner))
    around = PanelTargetRegressor(outer, transformer="log1p", **KEYS)
    for model in (inner, outer, around):
        with pytest.raises(ValueError, match=re.escape(what)) as caught:
            model.fit(*table())
        assert who in str(caught.value)
        if model is not inner:
            assert "Member 'inner' (TimeSeriesStackingRegressor)" in str(caught.value)


def test_text_is_refused_with_the_name_of_the_member_that_cannot_read_it():
    X, y = table()
    text = (
        "ARRegressor needs numeric covariates; column(s) ['price'] of X are not. "
        "Encode them before, for instance with OrdinalEncoder or OneHotEncoder in a "
        "ColumnTransformer, drop them, or name them in series= if they are keys."
    )
    model = stack(("inner", stack(("ar", AR))))
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        model.fit(X.assign(price="cheap"), y)
    message = str(caught.value)
    assert message.index("Member 'inner'") < message.index("Member 'ar' (ARRegressor)")
