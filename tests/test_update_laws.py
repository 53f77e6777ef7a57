# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every estimator that remembers sales promises of newer ones, by discovery."""

import numpy as np
import pandas as pd
import pytest
from test_time_index import COLUMNS, READERS, answers, make, make_panel

from sklearn_sales import observe

# CalendarFeatures remembers no sales.
REMEMBER = [name for name in READERS if name != "CalendarFeatures"]
# What they learn is a function of the history alone, so that parts equal the whole.
EXACT = {"ARRegressor", "LagFeatures", "SeasonalNaiveRegressor", "ThetaRegressor"}

X, y, FUTURE = make_panel(n_days=30)
DAYS = np.sort(X["day"].unique())
# each day of the last nine is a chunk
OLD = (X["day"] < DAYS[-9]).to_numpy()

pytestmark = [
    pytest.mark.filterwarnings("ignore:No training row has a value"),
    pytest.mark.filterwarnings("ignore:X holds rows up to"),
]


def chunks():
    for days in np.array_split(DAYS[-9:], 3):
        here = X["day"].isin(days)
        yield X[here], y[here]


def assert_same_history(found, expected):
    for part in ("data", "indptr", "start"):
        np.testing.assert_array_equal(
            getattr(found.panel_.history, part), getattr(expected.panel_.history, part)
        )


@pytest.mark.parametrize("name", REMEMBER)
def test_after_chunks_the_history_is_that_of_a_fit_on_all(name):
    parts, whole = (
        make(name, COLUMNS).fit(X[rows], y[rows]) for rows in (OLD, slice(None))
    )
    for newer in chunks():
        assert parts.partial_fit(*newer) is parts
    assert_same_history(parts, whole)
    if name in EXACT:
        for found, expected in zip(
            answers(parts, X, FUTURE), answers(whole, X, FUTURE), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", REMEMBER)
def test_observed_in_any_order_the_answers_are_the_same(name):
    first, second, whole = (make(name, COLUMNS).fit(X[OLD], y[OLD]) for _ in range(3))
    for newer in chunks():
        observe(first, *newer)
    for newer in reversed(list(chunks())):
        observe(second, *newer)
    observe(whole, X, y)
    expected = answers(whole, X, FUTURE)
    for model in (first, second):
        assert_same_history(model, whole)
        if name != "PanelTargetRegressor":  # cleans what comes beside what is known
            for found, wanted in zip(answers(model, X, FUTURE), expected, strict=True):
                np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


# the theta method works its seasons out anew, from all sales that it knows
@pytest.mark.parametrize(
    "name", [n for n in REMEMBER if n not in ("ThetaRegressor", "SalesRegressor")]
)
def test_sales_that_come_later_move_no_earlier_forecast(name):
    here, there = (make(name, COLUMNS).fit(X[OLD], y[OLD]) for _ in range(2))
    past = X[OLD][X[OLD]["day"] > DAYS[12]]
    (rows, sales), *_ = chunks()
    observe(here, rows, sales)
    observe(there, rows, sales + 50.0)
    np.testing.assert_allclose(
        answers(here, past)[0], answers(there, past)[0], rtol=1e-6, atol=1e-6
    )
    assert not np.array_equal(answers(here, FUTURE)[0], answers(there, FUTURE)[0])


@pytest.mark.parametrize("name", REMEMBER)
def test_other_values_are_refused_and_corrected_where_told(name):
    model = make(name, COLUMNS).fit(X[OLD], y[OLD])
    rows, sales = X[OLD][-2:], y[OLD][-2:]
    with pytest.raises(ValueError, match="have another value than the one known"):
        observe(model, rows, sales + 3.0)
    with pytest.raises(ValueError, match="have another value than the one known"):
        model.partial_fit(rows, sales + 3.0)
    observe(model, rows, sales + 3.0, overwrite=True)
    corrected = pd.concat([y[OLD][:-2], sales + 3.0])
    assert_same_history(model, make(name, COLUMNS).fit(X[OLD], corrected))
