# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Updates are taken in by all parts of an estimator or by none."""

import inspect
import pickle
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from test_time_index import COLUMNS, answers, make, make_panel
from test_update_laws import REMEMBER

import sklearn_sales
from sklearn_sales import (
    ARRegressor,
    ConformalRegressor,
    LagFeatures,
    SeasonalNaiveRegressor,
    TimeSeriesStackingRegressor,
    observe,
)

OURS = str(Path(sklearn_sales.__file__).parent)
X, y, FUTURE = make_panel()
SALES = 20.0 + np.arange(len(FUTURE))

pytestmark = [
    pytest.mark.filterwarnings("ignore:No training row has a value"),
    pytest.mark.filterwarnings("ignore:X holds rows up to"),
]


class Fault(BaseException):
    """What no part of an estimator expects."""


def with_fault(act, number):
    """Run with a fault in the call of that number of a function of this package.

    Returns the number of calls, where there were fewer.
    """
    count = 0

    def trace(frame, event, _):
        nonlocal count
        code = frame.f_code
        # a generator is called again when it is thrown away, at any time
        starts = event == "call" and not code.co_flags & inspect.CO_GENERATOR
        if starts and code.co_filename.startswith(OURS):
            count += 1
            if count == number:
                raise Fault

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", REMEMBER)
@pytest.mark.parametrize("update", ["observe", "partial_fit"])
def test_a_fault_at_any_call_changes_nothing(name, update):
    model = make(name, COLUMNS).fit(X, y)
    answers(model, X, FUTURE)

    def act(model):
        if update == "observe":
            observe(model, FUTURE, SALES)
        else:
            model.partial_fit(FUTURE, SALES)

    # copies without what is kept from call to call, so that all make the same calls
    copies = [pickle.loads(pickle.dumps(model)) for _ in range(10)]
    before = joblib.hash(copies[0])
    n_calls = with_fault(lambda: act(copies[0]), 10**9)
    assert joblib.hash(copies[0]) != before
    numbers = np.linspace(1, n_calls, 9).astype(int)
    for number, copy in zip(numbers, copies[1:], strict=True):
        with pytest.raises(Fault):
            with_fault(lambda copy=copy: act(copy), number)
        assert joblib.hash(copy) == before, f"changed by a fault at call {number}"


class Cautious(TransformerMixin, BaseEstimator):
    """A step that refuses prices above those that it was fitted on."""

    def fit(self, X, y=None):
        self.highest_ = np.asarray(X)[:, -1].max()
        return self

    def transform(self, X):
        if np.asarray(X)[:, -1].max() > self.highest_:
            raise ValueError("no such price")
        return X


def late_refusal(**keys):
    """A pipeline whose first step takes rows in that its second step refuses."""
    lags = LagFeatures(2, fill=0.0, **keys).set_output(transform="pandas")
    return make_pipeline(lags, Cautious(), ARRegressor(1, time="number"))


SGD = SGDRegressor(eta0=1e-5, max_iter=5, tol=None, random_state=0)
NAIVE = ("naive", SeasonalNaiveRegressor(season=7, time="day"))
REFUSES = ("refuses", late_refusal(time="day"))
NESTED = {
    "pipeline": late_refusal(time="day"),
    "search": GridSearchCV(
        late_refusal(time="day"), {"arregressor__trend": ["c"]}, cv=2
    ),
    "vote": VotingRegressor([NAIVE, REFUSES]),
    "stack": TimeSeriesStackingRegressor(
        [
            NAIVE,
            # learns from new rows in place
            ("line", ConformalRegressor(SGD, cv=2, time="day")),
            REFUSES,
        ],
        cv=2,
        time="day",
    ),
}


def numbers(first, last):
    day = np.arange(first, last)
    X = pd.DataFrame({"day": day, "number": day, "price": 1.0 + day % 3})
    return X, 20.0 + day % 7 + X["price"]


@pytest.mark.parametrize("name", NESTED)
def test_rows_that_the_last_part_refuses_are_taken_in_by_none(name):
    model = clone(NESTED[name]).fit(*numbers(0, 60))
    rows, sales = numbers(60, 66)
    before = joblib.hash(model)
    with pytest.raises(ValueError, match="no such price"):
        observe(model, rows.assign(price=9.0), sales)
    assert joblib.hash(model) == before
    if hasattr(model, "_observe"):
        with pytest.raises(ValueError, match="no such price"):
            model.partial_fit(rows.assign(price=9.0), sales)
        assert joblib.hash(model) == before
    # the same rows, once they are right
    observe(model, rows, sales)
    assert joblib.hash(model) != before


def test_a_first_fit_that_is_refused_leaves_nothing_fitted():
    model = ARRegressor(1, **COLUMNS)
    with pytest.raises(ValueError, match="needs numeric covariates"):
        model.partial_fit(X.assign(price="low"), y)
    assert not hasattr(model, "panel_")
    whole = clone(model).fit(X, y)
    found = model.partial_fit(X, y).predict(FUTURE)
    np.testing.assert_array_equal(found, whole.predict(FUTURE))
