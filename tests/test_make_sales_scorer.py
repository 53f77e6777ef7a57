# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scorers built from an explicit history, and what cannot be built."""

import copy
import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_val_score

from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.metrics import (
    make_sales_scorer,
    neg_mase_scorer,
    neg_wape_scorer,
    rmsse,
    wrmsse,
)
from sklearn_sales.model_selection import PanelTimeSeriesSplit


@pytest.fixture
def split():
    """Four weeks of two series and, in random order, a fifth one."""
    rng = np.random.default_rng(0)
    keys = pd.DataFrame({"shop": ["N", "S"], "item": [1, 1]})
    days = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=35)})
    X = keys.merge(days, how="cross").sample(frac=1, random_state=0)
    y = rng.poisson(np.where(X["shop"] == "N", 3.0, 40.0)).astype(float)
    known = (X["date"] < "2024-01-29").to_numpy()
    return X[known], y[known], X[~known], y[~known]


@pytest.fixture
def naive():
    return SeasonalNaiveRegressor(series=["shop", "item"], time="date")


def test_an_explicit_history_scores_estimators_that_remember_none(split):
    X, y, X_test, y_test = split
    model = DummyRegressor().fit(X, y)
    scorer = make_sales_scorer(
        "rmsse", X_train=X, y_train=y, series=["shop", "item"], time="date"
    )
    keys = ["shop", "item"]
    history = dict(y_train=y, series_train=X[keys], time_train=X["date"])
    forecast = model.predict(X_test)
    expected = rmsse(y_test, forecast, series=X_test[keys], **history)
    for twin in (scorer, pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert twin(model, X_test, y_test) == pytest.approx(-expected)
    # by the names of the columns, wherever they stand and whatever is beside them
    moved = X_test[["date", "item", "shop"]].assign(price=1.0)
    assert scorer(model, moved, y_test) == pytest.approx(-expected)


def test_an_explicit_history_wins_over_the_remembered_one(split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    scorer = make_sales_scorer(
        "mase", X_train=X, y_train=10 * y, series=["shop", "item"]
    )
    tenth = neg_mase_scorer(naive, X_test, y_test) / 10
    assert scorer(naive, X_test, y_test) == pytest.approx(tenth)


def test_keys_that_cannot_be_told_are_an_error(split):
    X, y, X_test, y_test = split
    model = DummyRegressor().fit(X, y)
    scorer = make_sales_scorer("mase", X_train=X, y_train=y, series=["shop", "item"])
    with pytest.raises(ValueError, match=r"X lacks the key column\(s\) \['shop'\]"):
        scorer(model, X_test.drop(columns="shop"), y_test)
    with pytest.raises(ValueError, match="a table with 3 columns, X has 2, and one"):
        scorer(model, X_test[["shop", "item"]].to_numpy(), y_test)


def test_wrmsse_as_a_scorer(split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    params = dict(X_train=X, y_train=y, levels=[[], ["shop"], ["shop", "item"]])
    scorer = make_sales_scorer("wrmsse", window=7, **params)
    expected = wrmsse(y_test, naive.predict(X_test), X=X_test, window=7, **params)
    assert scorer(naive, X_test, y_test) == -expected
    scores = cross_val_score(
        naive, X, y, scoring=scorer, cv=PanelTimeSeriesSplit(2, time="date")
    )
    assert np.all(scores < 0)


BAD_SCORERS = {
    "unknown metric": (dict(metric="mae"), "metric must be one of 'wape', 'abs_bias'"),
    "unknown parameter": (
        dict(metric="wape", season=7),
        "wape has no parameter season that a scorer takes; allowed are none",
    ),
    "parameter that is found": (
        dict(metric="mase", average=None),
        "mase has no parameter average that a scorer takes; allowed are season, "
        "from_first_sale, zero_scale",
    ),
    "needless history": (
        dict(metric="wape", y_train=[1, 2]),
        "wape needs no history; leave out X_train=, y_train= and series=",
    ),
    "half a history": (
        dict(metric="mase", y_train=[1, 2]),
        "A history has rows and sales: give both X_train= and y_train=",
    ),
    "series without a history": (
        dict(metric="mase", series="shop"),
        "series= names key columns of X_train=; without a history",
    ),
    "history of other rows": (
        dict(metric="mase", X_train=[[1], [2], [3]], y_train=[1, 2]),
        "X_train has 3 rows and y_train has 2; they must be the same rows",
    ),
    "season": (dict(metric="mase", season=0), "season must be a whole number of steps"),
    "wrmsse without a history": (
        dict(metric="wrmsse", levels=[[]]),
        "wrmsse adds up sales by the columns of X: give X_train, y_train",
    ),
    "wrmsse without levels": (
        dict(metric="wrmsse", X_train=[[1], [2]], y_train=[1, 2]),
        "wrmsse adds up sales by the columns of X: give levels",
    ),
    "wrmsse with series": (
        dict(metric="wrmsse", X_train=[[1]], y_train=[1], levels=[[]], series="shop"),
        "wrmsse reads the keys from levels=; leave out series=",
    ),
}


@pytest.mark.parametrize(("params", "message"), BAD_SCORERS.values(), ids=BAD_SCORERS)
def test_bad_scorers_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        make_sales_scorer(**params)


def test_a_scorer_shows_how_it_is_made():
    assert repr(neg_wape_scorer) == "make_sales_scorer('wape')"
    assert (
        repr(make_sales_scorer("mase", season=7))
        == "make_sales_scorer('mase', season=7, from_first_sale=True)"
    )


def test_help_on_a_scorer_tells_what_it_scores():
    assert inspect.getdoc(neg_wape_scorer).startswith(
        "Score forecasts by the negative of ``wape``; greater is better."
    )
