# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Safe files of what encodes text: trees on categories, and the default stack."""

import functools
import os

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    SalesRegressor,
    SeasonalNaiveRegressor,
    load,
    save,
)

pytest.importorskip("skops.io")


def test_trees_on_categories_and_the_default_stack_load_safely(tmp_path):
    X, y = sales_with_text()
    keys = {"series": "item", "time": "day"}
    lags = LagFeatures(2, horizon=3, **keys).set_output(transform="pandas")
    trees = HistGradientBoostingRegressor(
        max_iter=2, categorical_features="from_dtype", min_samples_leaf=2
    )
    stack = SalesRegressor(3, effort="quick", **keys)
    for model in (make_pipeline(lags, trees), stack):
        save(model.fit(X, y), tmp_path / "model", format="skops")
        again = load(tmp_path / "model")
        np.testing.assert_array_equal(again.predict(X), model.predict(X))


def sales_with_text():
    X = pd.DataFrame(
        {
            "item": np.repeat(["a", "b"], 40),
            "day": np.tile(pd.date_range("2024-01-01", periods=40), 2),
            "event": pd.Categorical(np.array(["none", "sale"])[np.arange(80) % 2]),
        }
    )
    return X, np.arange(80) % 7 + 3.0


def test_a_partial_of_what_is_not_trusted_is_refused(tmp_path):
    X, y = np.arange(20.0)[:, None], np.arange(20.0)
    model = SeasonalNaiveRegressor(2).fit(X, y)
    model.extra_ = functools.partial(os.system, "true")
    with pytest.warns(UserWarning, match=r"names \['posix.system'\], which load"):
        save(model, tmp_path / "model", format="skops")
    with pytest.raises(ValueError, match=r"wants to make or call \['posix.system'\]"):
        load(tmp_path / "model")
