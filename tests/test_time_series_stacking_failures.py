# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Members of a TimeSeriesStackingRegressor that fail, and who says so."""

import pickle

import numpy as np
import pytest
from plain_stacks import KEYS, Column, make_panel, single_series, two_members
from sklearn.base import BaseEstimator, RegressorMixin

from sklearn_sales import ARRegressor, TimeSeriesStackingRegressor


def _message(stack, X, y):
    with pytest.raises(ValueError) as caught:
        stack.fit(X, y)
    return str(caught.value)


class Fragile(RegressorMixin, BaseEstimator):
    """Fails, or forecasts no number, when asked to."""

    def __init__(self, failure=None, at_size=None):
        self.failure = failure
        self.at_size = at_size

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        self._fails = self.at_size in (None, len(X))
        if self._fails and self.failure is not None and self.failure != "nan":
            raise self.failure
        return self

    def predict(self, X):
        answers = np.ones(len(X))
        if self.failure == "nan" and self._fails:
            answers[2:4] = np.nan
        return answers


FAILURES = {
    "value": (
        Fragile(ValueError("too few rows"), at_size=20),
        ValueError,
        "Member 'bad' (Fragile) failed in fold 2 of 3 with ValueError: too few rows",
    ),
    "type": (
        Fragile(TypeError("no such thing")),
        TypeError,
        "Member 'bad' (Fragile) failed in fold 1 of 3 with TypeError: no such thing",
    ),
    "other": (
        Fragile(KeyError("price"), at_size=30),
        RuntimeError,
        "Member 'bad' (Fragile) failed in the fit on all rows with KeyError: 'price'",
    ),
    "nan": (
        Fragile("nan", at_size=15),
        ValueError,
        "Member 'bad' (Fragile) failed in fold 1 of 3 with ValueError: it forecasts "
        "NaN or infinity for 2 of 5 rows, first for row 2 of them.",
    ),
}
FIXED = [(np.arange(n), np.arange(n, n + 5)) for n in (15, 20, 25)]
fails = pytest.mark.parametrize(
    ("member", "error", "message"), FAILURES.values(), ids=FAILURES
)


@fails
def test_error_names_member_and_fold(member, error, message):
    X, y = single_series()
    stack = TimeSeriesStackingRegressor([*two_members(), ("bad", member)], cv=FIXED)
    with pytest.raises(error) as caught:
        stack.fit(X, y)
    assert str(caught.value) == message
    # as it comes from another process
    assert str(pickle.loads(pickle.dumps(caught.value))) == message


@fails
def test_member_that_fails_is_left_out_by_choice(member, error, message):
    X, y = single_series()
    stack = TimeSeriesStackingRegressor(
        [("bad", member), *two_members()], cv=FIXED, on_failure="drop"
    )
    with pytest.warns(UserWarning, match="on_failure='drop'") as caught:
        stack.fit(X, y)
    assert [str(w.message) for w in caught] == [
        f"{message} It is left out, as on_failure='drop'."
    ]
    assert stack.failures_ == {"bad": message}
    assert stack.named_estimators_["bad"] == "drop"
    without = TimeSeriesStackingRegressor(two_members(), cv=FIXED).fit(X, y)
    assert stack.weights_ == without.weights_
    np.testing.assert_array_equal(stack.predict(X), without.predict(X))
    assert list(stack.get_feature_names_out()) == list(without.get_feature_names_out())
    assert len(stack.estimators_) == 2


def test_all_members_fail():
    X, y = single_series()
    stack = TimeSeriesStackingRegressor(
        [("one", Fragile(ValueError("a"))), ("two", Fragile("nan"))],
        cv=FIXED,
        on_failure="drop",
    )
    message = (
        "No member is left: Member 'one' (Fragile) failed in fold 1 of 3 with "
        "ValueError: a; Member 'two' (Fragile) failed in fold 1 of 3"
    )
    assert _message(stack, X, y).startswith(message)


def test_failure_of_a_forecast_names_the_member():
    X, y = single_series()
    stack = TimeSeriesStackingRegressor([("column", Column(1))]).fit(X, y)
    X[3, 1] = np.nan
    message = (
        r"^Member 'column' \(Column\) failed in predict with ValueError: it forecasts "
        r"NaN or infinity for 1 of 30 rows, first for row 3 of them\.$"
    )
    with pytest.raises(ValueError, match=message):
        stack.predict(X)


def test_forecasts_of_another_shape_are_refused():
    class Two(Column):
        def predict(self, X):
            return X

    class One(Column):
        def predict(self, X):
            return X[:, [1]]

    X, y = single_series()
    with pytest.raises(ValueError, match=r"have shape \(3, 2\); 3 rows need as many"):
        TimeSeriesStackingRegressor([("two", Two(1))]).fit(X, y)
    stack = TimeSeriesStackingRegressor([("one", One(1))], clip=False).fit(X, y)
    np.testing.assert_array_equal(stack.predict(X), X[:, 1])


def test_error_of_a_member_tells_what_its_keys_lack():
    X, y = make_panel()
    stack = TimeSeriesStackingRegressor([("ar", ARRegressor(2))], series=KEYS)
    found = _message(stack, X, y)
    assert found.startswith("Member 'ar' (ARRegressor) failed in fold 1 of 5 with Val")
    assert "name the key columns in series=" in found
