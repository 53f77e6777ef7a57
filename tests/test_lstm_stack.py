# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A linear, a boosted and a deep forecaster in one stack, and that in one file."""

import os
import subprocess
import sys

import joblib
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import HORIZON, KEYS, make_panel, quick, split

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    TimeSeriesStackingRegressor,
    wape,
)

COVARIATES = ["price", "promotion", "holiday"]


@pytest.fixture(scope="module")
def panel():
    X, y = make_panel(n_series=5, n_periods=60)
    return X[[*KEYS, "date", *COVARIATES]], y


@pytest.fixture(scope="module")
def stack(panel):
    X, y = panel
    past, _ = split(X, HORIZON)
    keys = {"series": KEYS, "time": "date"}
    boosting = ReductionRegressor(
        HistGradientBoostingRegressor(max_iter=20, random_state=0),
        features=LagFeatures([1, 2, 7]),
        horizon=HORIZON,
        **keys,
    )
    members = [
        ("ar", ARRegressor(7, alpha=0.1, **keys)),
        ("boosting", boosting),
        ("lstm", quick(static=None)),
    ]
    folds = PanelTimeSeriesSplit(n_splits=2, test_size=HORIZON, time="date")
    model = TimeSeriesStackingRegressor(members, cv=folds, **keys)
    return model.fit(X[past], y[past])


def test_every_member_is_weighed_and_the_stack_is_no_worse_than_the_worst(stack, panel):
    X, y = panel
    _, ahead = split(X, HORIZON)
    assert set(stack.weights_) == {"ar", "boosting", "lstm"}
    assert sum(stack.weights_.values()) == pytest.approx(1)
    errors = [wape(y[ahead], m.predict(X[ahead])) for m in stack.estimators_]
    assert wape(y[ahead], stack.predict(X[ahead])) <= max(errors)


FRESH = """
import joblib, numpy as np, torch
assert not torch.cuda.is_available()
X, forecasts = joblib.load("rows.joblib")
stack = joblib.load("stack.joblib")
np.testing.assert_allclose(stack.predict(X), forecasts, rtol=1e-9)
lstm = stack.named_estimators_["lstm"]
assert {p.device.type for p in lstm.net_.module_.parameters()} == {"cpu"}
"""


def test_one_file_forecasts_the_same_where_cuda_is_hidden(stack, panel, tmp_path):
    X, _ = panel
    joblib.dump(stack, tmp_path / "stack.joblib")
    joblib.dump((X, stack.predict(X)), tmp_path / "rows.joblib")
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", FRESH],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
