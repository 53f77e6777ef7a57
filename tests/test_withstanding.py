# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted estimators in threads, on read-only memory and with keys that are hostile."""

import tracemalloc
import warnings
from multiprocessing.pool import ThreadPool

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from test_common import instances

from sklearn_sales import ARRegressor, LagFeatures, SeasonalNaiveRegressor


def rows():
    rng = np.random.default_rng(0)
    price, promotion = rng.uniform(1, 2, 60), rng.integers(0, 2, 60)
    X = np.column_stack([np.arange(60.0), price, promotion])
    return X, rng.poisson(20, 60) + 5.0


def answers(estimator, X):
    method = getattr(estimator, "predict", None) or estimator.transform
    return np.asarray(method(X))


@pytest.fixture(scope="module")
def fitted():
    """The richest configuration of each public estimator, fitted on read-only rows."""
    richest = {type(estimator): estimator for estimator in instances()}
    X, y = rows()
    X.setflags(write=False)
    y.setflags(write=False)
    estimators = [clone(estimator) for estimator in richest.values()]
    for estimator in estimators:
        if "max_epochs" in estimator.get_params():
            estimator.set_params(max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [estimator.fit(X, y) for estimator in estimators]


@pytest.mark.filterwarnings("ignore:X holds rows up to:UserWarning")
def test_threads_get_the_answers_that_one_gets(fitted):
    X, _ = rows()
    rng = np.random.default_rng(0)
    parts = [rng.choice(60, size=30, replace=False) for _ in range(16)]
    with ThreadPool(8) as pool:
        for estimator in fitted:
            expected = answers(estimator, X)
            found = pool.map(lambda part, e=estimator: answers(e, X[part]), parts)
            for part, some in zip(parts, found, strict=True):
                np.testing.assert_allclose(some, expected[part], rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore:X holds rows up to:UserWarning")
def test_estimators_and_rows_in_mapped_files(fitted, tmp_path):
    X, y = rows()
    joblib.dump((X, y), tmp_path / "rows")
    X_mapped, y_mapped = joblib.load(tmp_path / "rows", mmap_mode="r")
    assert isinstance(X_mapped, np.memmap)
    for number, estimator in enumerate(fitted):
        joblib.dump(estimator, tmp_path / f"{number}")
        mapped = joblib.load(tmp_path / f"{number}", mmap_mode="r")
        expected = answers(estimator, X)
        np.testing.assert_array_equal(answers(mapped, X_mapped), expected)
    ar = ARRegressor(2).fit(X, y)
    again = ARRegressor(2).fit(X_mapped, y_mapped)
    np.testing.assert_array_equal(again.predict(X_mapped), ar.predict(X))
    np.testing.assert_array_equal(X_mapped, X)


# keys of so many rows, each of which is a series
HOSTILE = {
    "numbers": np.arange,
    # one bucket of a table whose size is a power of two
    "numbers that collide": lambda n: np.arange(n) << 32,
    "floats": lambda n: np.arange(n) + 0.5,
    "text": lambda n: pd.Series(np.arange(n)).astype(str).radd("product/" * 4),
    "mixed": lambda n: np.array([i if i % 2 else str(i) for i in range(n)], object),
    "categories": lambda n: pd.Categorical(np.arange(n).astype(str)),
}


@pytest.mark.filterwarnings("ignore:No training row has a value:UserWarning")
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_series_in_each_row_needs_memory_for_its_row_alone(kind):
    n_rows = 20_000
    X = pd.DataFrame({"key": HOSTILE[kind](n_rows), "time": np.arange(n_rows) % 7})
    y = np.arange(n_rows) % 11.0
    for model in (
        SeasonalNaiveRegressor(2, series="key", time="time"),
        LagFeatures(2, series="key", time="time", fill=0.0),
    ):
        tracemalloc.start()
        found = answers(model.fit(X, y), X)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found) == n_rows
        assert peak < 1500 * n_rows
