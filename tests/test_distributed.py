# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A cluster of several processes answers what this process answers."""

import os

import joblib
import numpy as np
import pandas as pd
import pytest
from plain_forecasters import Mortal
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from test_partition_folders import KEYS, sales

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    PartitionedRegressor,
    neg_wape_scorer,
)

distributed = pytest.importorskip("distributed")

# what the libraries of the cluster warn of while they start and stop is not ours
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning"
)


@pytest.fixture(scope="module")
def client():
    """Two worker processes, each with a nurse that starts it again when it dies."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def on_cluster(client):
    with joblib.parallel_config(backend="dask", wait_for_workers_timeout=60):
        yield client


def table():
    table = sales()
    return table.drop(columns="sales"), table["sales"].to_numpy()


def test_workers_are_other_processes(client):
    pids = client.run(os.getpid).values()
    assert len({*pids, os.getpid()}) == 3


def test_groups_in_memory(on_cluster):
    X, y = table()
    model = PartitionedRegressor(ARRegressor(2, pooled=True, **KEYS), "store")
    found = model.fit(X, y).predict(X)
    with joblib.parallel_config(backend="sequential"):
        np.testing.assert_array_equal(found, model.fit(X, y).predict(X))


def test_groups_in_a_folder(on_cluster, tmp_path):
    sales().to_parquet(tmp_path / "panel", partition_cols=["store"])
    model = PartitionedRegressor(ARRegressor(2, pooled=True, **KEYS), "store")
    model.fit_partitions(tmp_path / "panel", target="sales", models=tmp_path / "models")
    files = model.predict_partitions(tmp_path / "panel", tmp_path / "out")
    with joblib.parallel_config(backend="sequential"):
        model.fit_partitions(
            tmp_path / "panel", target="sales", models=tmp_path / "own"
        )
        own = model.predict_partitions(tmp_path / "panel", tmp_path / "own-out")
    for file, other in zip(files, own, strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(file), pd.read_parquet(other))


def test_a_worker_that_dies_in_a_fit_is_replaced(on_cluster, tmp_path):
    rows = sales()
    rows = rows[(rows["store"] != "north") | (rows["item"] == 1)]
    rows.to_parquet(tmp_path / "panel", partition_cols=["store"])
    before = set(on_cluster.run(os.getpid).values())
    model = PartitionedRegressor(Mortal(str(tmp_path), deadly=30), "store")
    model.fit_partitions(tmp_path / "panel", target="sales", models=tmp_path / "models")
    model.predict_partitions(tmp_path / "panel", tmp_path / "out")
    assert (tmp_path / "died").exists()
    on_cluster.wait_for_workers(2, timeout=60)
    assert len(set(on_cluster.run(os.getpid).values()) - before) == 1
    found = pd.read_parquet(tmp_path / "out")
    expected = rows.groupby("store")["sales"].mean()
    means = found.groupby("store", observed=True)["forecast"].mean()
    np.testing.assert_allclose(means[expected.index], expected)


def test_a_search(on_cluster):
    X, y = table()
    trees = ExtraTreesRegressor(5, random_state=0)
    model = make_pipeline(LagFeatures(2, fill=0.0, horizon=3, **KEYS), trees)
    search = GridSearchCV(
        model,
        {"lagfeatures__lags": [1, 3]},
        cv=PanelTimeSeriesSplit(2, test_size=3, **KEYS),
        scoring=neg_wape_scorer,
    )
    found = search.fit(X, y).cv_results_["split1_test_score"]
    with joblib.parallel_config(backend="sequential"):
        expected = search.fit(X, y).cv_results_["split1_test_score"]
    np.testing.assert_allclose(found, expected, rtol=1e-10)
