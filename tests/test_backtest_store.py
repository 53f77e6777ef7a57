# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A back-test that is killed goes on where it stopped."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_sales import PanelTimeSeriesSplit, backtest, make_sales_panel
from sklearn_sales.model_selection._result_store import ResultStore, data_digest
from sklearn_sales.panel import Table
from tests.plain_forecasters import Mortal, RunningMean

KEYS = ["store", "product"]
CV = PanelTimeSeriesSplit(4, test_size=5)

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tests.test_backtest_store import run
run({folder!r}).forecasts.to_pickle({out!r})
"""


def panel():
    X, y = make_sales_panel(
        n_series=2, n_periods=40, missing_share=0, launch_share=0, random_state=0
    )
    return X[[*KEYS, "date"]], y


def run(folder):
    X, y = panel()
    # the third fold has 2 x 30 training rows
    models = {"mortal": Mortal(folder, deadly=60), "mean": RunningMean()}
    store = Path(folder) / "store"
    return backtest(models, X, y, cv=CV, series=KEYS, store=store)


def test_a_killed_run_goes_on_and_gives_the_same(tmp_path):
    script = SCRIPT.format(
        root=str(Path(__file__).parents[1]),
        folder=str(tmp_path),
        out=str(tmp_path / "forecasts.pkl"),
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, check=False).returncode == -9
    log = tmp_path / "fits.txt"
    assert log.read_text().split() == ["40", "50"]
    assert len(list((tmp_path / "store").glob("*.npy"))) == 2
    subprocess.run(command, check=True)
    # the folds that were done are not fitted again
    assert log.read_text().split() == ["40", "50", "60", "70"]
    X, y = panel()
    models = {"mortal": Mortal(str(tmp_path)), "mean": RunningMean()}
    expected = backtest(models, X, y, cv=CV, series=KEYS).forecasts
    found = pd.read_pickle(tmp_path / "forecasts.pkl")
    pd.testing.assert_frame_equal(found, expected)
    assert not list((tmp_path / "store").glob(".*"))


@pytest.fixture
def log(tmp_path):
    return tmp_path / "fits.txt"


def result(tmp_path, X, y, **options):
    arguments = {"cv": CV, "series": KEYS, "baseline": False, **options}
    return backtest(
        Mortal(str(tmp_path)), X, y, store=tmp_path / "store", **arguments
    ).forecasts


def test_only_the_same_estimator_data_and_fold_are_the_same(tmp_path, log):
    X, y = panel()
    first = result(tmp_path, X, y)
    pd.testing.assert_frame_equal(result(tmp_path, X, y), first)
    assert len(log.read_text().split()) == 4
    changed = y.copy()
    changed.iloc[0] += 1
    assert not result(tmp_path, X, changed)["y_pred"].equals(first["y_pred"])
    assert len(log.read_text().split()) == 8
    result(tmp_path, X, y, cv=PanelTimeSeriesSplit(2, test_size=5))
    # the last two folds are there already
    assert len(log.read_text().split()) == 8
    backtest(Mortal(str(tmp_path), 7), X, y, cv=CV, series=KEYS, store=tmp_path / "s")
    assert len(log.read_text().split()) == 12


def test_a_broken_file_is_made_again(tmp_path, log):
    X, y = panel()
    first = result(tmp_path, X, y)
    for path in (tmp_path / "store").glob("*.npy"):
        path.write_bytes(path.read_bytes()[:-9])
    pd.testing.assert_frame_equal(result(tmp_path, X, y), first)
    assert len(log.read_text().split()) == 8


def test_updates_go_on_from_what_is_there(tmp_path):
    X, y = panel()
    options = {"cv": CV, "series": KEYS, "refit": False, "store": tmp_path}
    first = backtest(RunningMean(), X, y, **options).forecasts
    files = sorted(tmp_path.glob("*.npy"))
    files[0].unlink()
    pd.testing.assert_frame_equal(
        backtest(RunningMean(), X, y, **options).forecasts, first
    )
    assert sorted(tmp_path.glob("*.npy")) == files


def test_digest_tells_values_names_and_types_apart():
    X, y = panel()
    y = y.to_numpy()
    digests = {
        data_digest(Table(X), y),
        data_digest(Table(X.rename(columns={"store": "shop"})), y),
        data_digest(Table(X.astype({"store": float})), y),
        data_digest(Table(X.iloc[::-1]), y),
        data_digest(Table(X), np.where(np.arange(len(y)) == 3, np.nan, y)),
    }
    assert len(digests) == 5
    assert data_digest(Table(X.set_index(X.index + 7)), y) in digests


def test_estimators_that_cannot_be_pickled_are_refused(tmp_path):
    store = ResultStore(tmp_path)
    with pytest.raises(ValueError) as caught:
        store.path("mean", RunningMean(factor=lambda: 1))
    assert str(caught.value).startswith(
        f"store={str(tmp_path)!r} needs estimators that can be pickled, to tell their "
        "results apart, and 'mean' cannot: "
    )
