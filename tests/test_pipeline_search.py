# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A pipeline of lag features and boosting: searched, saved, and loaded elsewhere."""

import subprocess
import sys

import joblib
import numpy as np
import polars as pl
import pytest
import sklearn
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    future_frame,
    neg_rmsse_scorer,
    neg_wape_scorer,
    wape,
)
from sklearn_sales.datasets import load_walmart_sample

HORIZON = 8
KEYS = {"series": ["store", "dept"], "time": "date"}
GRID = {
    "lagfeatures__lags": [[1], [1, 2, 3, 4]],
    "lagfeatures__season": [None, 52],
}


@pytest.fixture(scope="module")
def sample():
    X, y = load_walmart_sample(return_X_y=True)
    # by time, so that splitters of rows split in time as well
    order = np.argsort(X["date"], kind="stable")
    return X.iloc[order].reset_index(drop=True), np.asarray(y)[order]


def pipeline():
    return make_pipeline(
        LagFeatures(horizon=HORIZON, **KEYS),
        HistGradientBoostingRegressor(max_iter=30, early_stopping=False),
    )


def search(cv, **options):
    return GridSearchCV(pipeline(), GRID, cv=cv, scoring=neg_wape_scorer, **options)


@pytest.mark.parametrize(
    "cv",
    [
        PanelTimeSeriesSplit(2, test_size=HORIZON),
        TimeSeriesSplit(2, test_size=7 * HORIZON),
    ],
    ids=["panel", "rows"],
)
def test_a_search_finds_the_yearly_season(cv, sample):
    X, y = sample
    found = search(cv).fit(X, y)
    assert found.best_params_["lagfeatures__season"] == 52
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    ahead = future_frame(X, HORIZON, known=holidays(X), **KEYS)
    assert np.isfinite(found.predict(ahead)).all()


def holidays(X):
    """Holidays of the weeks to come, which a calendar knows."""
    dates = X["date"].max() + np.timedelta64(7, "D") * np.arange(1, HORIZON + 1)
    return X[["date"]].head(0).reindex(range(HORIZON)).assign(date=dates, is_holiday=0)


def test_both_splitters_agree_where_every_week_has_every_series(sample):
    X, y = sample
    panel, rows = (
        search(cv).fit(X, y).cv_results_["mean_test_score"]
        for cv in (
            PanelTimeSeriesSplit(2, test_size=HORIZON),
            TimeSeriesSplit(2, test_size=7 * HORIZON),
        )
    )
    np.testing.assert_allclose(panel, rows)


def test_polars_gives_the_same_search(sample):
    X, y = sample
    cv = PanelTimeSeriesSplit(2, test_size=HORIZON)
    here = search(cv).fit(X, y)
    there = search(cv).fit(pl.from_pandas(X), pl.Series(y))
    np.testing.assert_array_equal(
        here.cv_results_["mean_test_score"], there.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(here.predict(X), there.predict(pl.from_pandas(X)))


def test_two_workers_give_the_same_search(sample):
    X, y = sample
    cv = PanelTimeSeriesSplit(2, test_size=HORIZON)
    alone, together = (search(cv, n_jobs=n).fit(X, y) for n in (1, 2))
    assert alone.best_params_ == together.best_params_
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"]
    )


def test_a_saved_search_forecasts_the_same_in_a_fresh_process(sample, tmp_path):
    X, y = sample
    found = search(PanelTimeSeriesSplit(2, test_size=HORIZON)).fit(X, y)
    ahead = future_frame(X, HORIZON, known=holidays(X), **KEYS)
    joblib.dump(found, tmp_path / "search.joblib")
    ahead.to_pickle(tmp_path / "ahead.pickle")
    script = (
        "import sys, joblib, numpy, pandas\n"
        "folder = sys.argv[1]\n"
        "found = joblib.load(folder + '/search.joblib')\n"
        "ahead = pandas.read_pickle(folder + '/ahead.pickle')\n"
        "numpy.save(folder + '/forecast.npy', found.predict(ahead))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    np.testing.assert_array_equal(
        np.load(tmp_path / "forecast.npy"), found.predict(ahead)
    )


def test_a_halving_search_and_several_scores(sample):
    X, y = sample
    cv = PanelTimeSeriesSplit(2, test_size=HORIZON)
    halving = HalvingGridSearchCV(
        ARRegressor(**KEYS),
        {"lags": [1, 2, 4], "alpha": [0, 0.01]},
        cv=cv,
        resource="max_lags",
        max_resources=4,
        min_resources=1,
        scoring=neg_rmsse_scorer,
    )
    assert halving.fit(X, y).best_score_ < 0
    scores = cross_validate(
        ARRegressor(4, **KEYS),
        X,
        y,
        cv=cv,
        scoring={"wape": neg_wape_scorer, "rmsse": neg_rmsse_scorer},
    )
    assert (scores["test_wape"] < 0).all()
    assert (scores["test_rmsse"] < 0).all()


@pytest.mark.parametrize("routing", [False, True])
def test_folds_by_a_column_of_times_with_routing_on_and_off(routing, sample):
    X, y = sample
    cv = PanelTimeSeriesSplit(2, test_size=HORIZON)
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            options = {"params": {"groups": X["date"]}}
            cv.set_split_request(groups=True)
        else:
            options = {"groups": X["date"]}
        scores = cross_validate(
            ARRegressor(4, **KEYS), X, y, cv=cv, scoring=neg_wape_scorer, **options
        )
    train, test = list(PanelTimeSeriesSplit(2, test_size=HORIZON).split(X))[-1]
    model = ARRegressor(4, **KEYS).fit(X.iloc[train], y[train])
    expected = -wape(y[test], model.predict(X.iloc[test]))
    assert scores["test_score"][-1] == pytest.approx(expected)
