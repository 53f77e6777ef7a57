# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What rows of one table have to do with each other in a recursion: nothing else."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression

from sklearn_sales import LagFeatures, ReductionRegressor

DAYS = pd.date_range("2024-01-01", periods=40)


def table(items, days, rng):
    X = pd.DataFrame(
        {"item": np.repeat(items, len(days)), "date": [*days] * len(items)}
    )
    return X.assign(price=rng.uniform(1, 2, len(X)))


@pytest.fixture(params=["recursive", "rectify"])
def model(request):
    return fitted(request.param)


def fitted(strategy):
    rng = np.random.default_rng(0)
    X = table(["rice", "salt", "tea"], DAYS, rng)
    y = 30 - 9 * X["price"] + np.sin(np.arange(len(X))) + rng.normal(0, 0.3, len(X))
    model = ReductionRegressor(
        LinearRegression(),
        features=LagFeatures([1, 2], fill=10.0),
        strategy=strategy,
        horizon=5,
        series="item",
        time="date",
    )
    return model.fit(X, y)


def ahead(items):
    days = pd.date_range(DAYS[-1], periods=6)[1:]
    return table(items, days, np.random.default_rng(1))


@pytest.mark.filterwarnings("ignore:.* belong to series without sales")
def test_new_series_do_not_read_the_covariates_of_each_other(model):
    X = ahead(["rye", "oats", 7, "rice"])
    together = model.predict(X)
    for item in X["item"].unique():
        one = (X["item"] == item).to_numpy()
        assert_allclose(together[one], model.predict(X[one]))
    assert len(np.unique(together.round(6))) == len(X)


def test_a_day_that_is_told_twice_has_two_answers(model):
    X = ahead(["rice", "tea"])
    other = X.iloc[[2, 2, 7]].assign(price=[1.3, 1.7, 1.1])
    both = pd.concat([X, other], ignore_index=True)
    answers = model.predict(both)
    for row, twin in ((10, 2), (11, 2), (12, 7)):
        changed = X.copy()
        changed.loc[twin, "price"] = both.loc[row, "price"]
        assert_allclose(answers[row], model.predict(changed)[twin])
    assert_allclose(answers[[2, 7]], model.predict(X)[[2, 7]])
    order = np.random.default_rng(2).permutation(len(both))
    assert_allclose(model.predict(both.iloc[order]), answers[order])


def test_a_row_that_is_there_twice_has_one_answer(model):
    X = ahead(["rice", "tea"])
    expected = model.predict(X)
    twice = pd.concat([X, X.iloc[::-1]])
    assert_array_equal(model.predict(twice), np.append(expected, expected[::-1]))


@pytest.mark.filterwarnings("ignore:.* belong to series without sales")
def test_paths_of_new_series_are_those_of_each_alone():
    model = fitted("recursive")
    X = ahead(["rye", "oats"])
    together = model.sample_paths(X, 3, random_state=0)
    for item in ("rye", "oats"):
        one = (X["item"] == item).to_numpy()
        assert_allclose(together[one], model.sample_paths(X[one], 3, random_state=0))


@pytest.mark.filterwarnings("ignore:.* belong to series without sales")
def test_histories_that_go_forward_in_parts_go_as_together(model, monkeypatch):
    X = ahead(["rice", "tea", "rye", "salt"])
    together = model.predict(X)
    module = "sklearn_sales.compose._recursive"
    # two lags and five steps are seven values a history, of which two go at once
    monkeypatch.setattr(f"{module}._CELLS", 14)
    assert_allclose(model.predict(X), together, rtol=1e-12)
