# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""No false alarm on any estimator of this package: on panels, and after updates."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from test_time_index import COLUMNS, READERS, make, make_panel
from test_update_laws import REMEMBER

from sklearn_sales import ARRegressor, LagFeatures, check_no_leakage, observe

X, y, _ = make_panel(n_days=40)

pytestmark = [
    pytest.mark.filterwarnings("ignore:No training row has a value"),
    pytest.mark.filterwarnings("ignore:X holds rows up to"),
]


class Updated(RegressorMixin, BaseEstimator):
    """Fitted on the older rows, then told of the newest times, one after the other."""

    def __init__(self, estimator, learn):
        self.estimator = estimator
        self.learn = learn

    def fit(self, X, y):
        days = np.sort(X["day"].unique())
        old = (X["day"] < days[-4]).to_numpy()
        self.estimator_ = clone(self.estimator).fit(X[old], y[old])
        for day in days[-4:]:
            now = (X["day"] == day).to_numpy()
            if self.learn and hasattr(self.estimator_, "partial_fit"):
                self.estimator_.partial_fit(X[now], y[now])
            else:
                observe(self.estimator_, X[now], y[now])
        return self

    def predict(self, X):
        return self.estimator_.predict(X)


def regressor(name):
    """The estimator, or a regression behind it."""
    made = make(name, COLUMNS)
    if name == "LagFeatures":
        made.set_params(fill=0.0)
    return made if hasattr(made, "predict") else make_pipeline(made, LinearRegression())


@pytest.mark.parametrize("name", READERS)
def test_no_false_alarm_on_panels(name):
    check_no_leakage(make(name, COLUMNS), X, y, cv=1, **COLUMNS)


@pytest.mark.parametrize("name", REMEMBER)
@pytest.mark.parametrize("learn", [False, True], ids=["observed", "learned"])
def test_no_false_alarm_after_updates(name, learn):
    check_no_leakage(Updated(regressor(name), learn), X, y, cv=1, **COLUMNS)


def test_a_leak_of_what_is_updated_is_seen():
    class Leaky(LagFeatures):
        def transform(self, X):
            # how the sales of the whole batch stand to each other
            return super().transform(X) + len(X)

    leaky = make_pipeline(
        Leaky(2, fill=0.0, passthrough=False, **COLUMNS), LinearRegression()
    )
    report = check_no_leakage(
        Updated(leaky, learn=False), X, y, cv=1, on_fail=None, **COLUMNS
    )
    assert {leak.check for leak in report.leaks} >= {"dropped rows"}


@pytest.mark.parametrize("value", [{"a": 1}, [1.0, 2.0]], ids=["dict", "list"])
def test_covariates_that_have_no_hash_are_read_by_what_they_show(value):
    table = X.assign(note=[[value, type(value)()][i % 2] for i in range(len(X))])
    lags = LagFeatures(2, fill=0.0, passthrough=False, **COLUMNS)
    assert check_no_leakage(make_pipeline(lags, LinearRegression()), table, y).passed


@pytest.mark.parametrize(
    ("sales", "error", "message"),
    [
        (np.full(len(X), 1j), ValueError, "Complex data not supported"),
        (np.full(len(X), "many"), ValueError, "^y holds text .* such as 'many'"),
        (np.full(len(X), np.inf), ValueError, "^Input y contains infinity"),
        (np.full(len(X), np.nan), ValueError, "^y holds only NaN: no sale was"),
    ],
    ids=["complex", "text", "infinite", "missing"],
)
def test_sales_are_refused_as_the_estimators_refuse_them(sales, error, message):
    with pytest.raises(error, match=message):
        check_no_leakage(ARRegressor(1, **COLUMNS), X, sales)
