# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Processes of ray answer what this process answers (`make test-ray`)."""

import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import ray
from ray.util.joblib import register_ray
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

# what ray warns of while it starts and stops is not ours
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module", autouse=True)
def on_ray():
    """Two processes, which find the modules of the tests as this one does."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, paths))}},
    )
    register_ray()
    with joblib.parallel_config(backend="ray", n_jobs=2):
        yield
    ray.shutdown()


def table():
    table = sales()
    return table.drop(columns="sales"), table["sales"].to_numpy()


def test_workers_are_other_processes():
    pids = joblib.Parallel()(joblib.delayed(os.getpid)() for _ in range(4))
    assert os.getpid() not in pids


def test_groups_in_memory():
    X, y = table()
    model = PartitionedRegressor(ARRegressor(2, pooled=True, **KEYS), "store")
    found = model.fit(X, y).predict(X)
    with joblib.parallel_config(backend="sequential"):
        np.testing.assert_array_equal(found, model.fit(X, y).predict(X))


def test_groups_in_a_folder(tmp_path):
    sales().to_parquet(tmp_path / "panel", partition_cols=["store"])
    model = PartitionedRegressor(ARRegressor(2, pooled=True, **KEYS), "store")

    def forecasts(place):
        models = tmp_path / place / "models"
        model.fit_partitions(tmp_path / "panel", target="sales", models=models)
        return model.predict_partitions(tmp_path / "panel", tmp_path / place / "out")

    files = forecasts("ray")
    with joblib.parallel_config(backend="sequential"):
        own = forecasts("own")
    for file, other in zip(files, own, strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(file), pd.read_parquet(other))


def test_a_search():
    X, y = table()
    trees = ExtraTreesRegressor(5, random_state=0)
    search = GridSearchCV(
        make_pipeline(LagFeatures(2, fill=0.0, horizon=3, **KEYS), trees),
        {"lagfeatures__lags": [1, 3]},
        cv=PanelTimeSeriesSplit(2, test_size=3, **KEYS),
        scoring=neg_wape_scorer,
    )
    found = search.fit(X, y).cv_results_["split1_test_score"]
    with joblib.parallel_config(backend="sequential"):
        expected = search.fit(X, y).cv_results_["split1_test_score"]
    np.testing.assert_allclose(found, expected, rtol=1e-10)
