# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What compact drops is missed by no forecast."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    compact,
    load,
    make_sales_panel,
    save,
)

KEYS = {"series": ["store", "product"], "time": "date"}
LAGS = LagFeatures([1, 7], windows=[("mean", 14)], season=7, horizon=7, fill=0.0)


def members(**keys):
    return [("ar", ARRegressor(7, **keys)), ("naive", SeasonalNaiveRegressor(**keys))]


CUT = {
    "ar": ARRegressor([1, 7], trend="ct", seasonal=7, **KEYS),
    "ar without lags": ARRegressor(None, **KEYS),
    "ar pooled": ARRegressor(3, pooled=True, alpha=0.1, **KEYS),
    "theta": ThetaRegressor(**KEYS),
    "naive": SeasonalNaiveRegressor(7, **KEYS),
    "lags": make_pipeline(clone(LAGS).set_params(**KEYS), Ridge()),
    "direct": ReductionRegressor(Ridge(), features=LAGS, horizon=7, **KEYS),
    "target": PanelTargetRegressor(
        ARRegressor(7, **KEYS), transformer="log1p", scale="mean", **KEYS
    ),
    "stack": TimeSeriesStackingRegressor(members(**KEYS), **KEYS),
    "search": GridSearchCV(
        ARRegressor(**KEYS), {"lags": [2, 3]}, cv=PanelTimeSeriesSplit(2, time="date")
    ),
}
KEPT = {
    "time since": make_pipeline(
        LagFeatures([1], time_since=True, fill=0.0, **KEYS), LinearRegression()
    ),
    "fill last": make_pipeline(
        LagFeatures([1], fill="last", **KEYS), HistGradientBoostingRegressor(max_iter=5)
    ),
    "recursive": ReductionRegressor(
        Ridge(), features=LagFeatures([1, 7], fill=0.0), strategy="recursive", **KEYS
    ),
    "anchor": ReductionRegressor(Ridge(), features=LAGS, anchor="last", **KEYS),
}


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(
        n_series=6, n_periods=200, n_stores=2, missing_share=0.1, random_state=0
    )
    X = X.drop(columns="category")
    # the last series has a single sale, and many end early
    number = (X["date"] - X["date"].min()).dt.days
    past = (number < 190).to_numpy() & ~((X["product"] == 0) & (number > 150))
    return X[past], y[past], X[~past]


@pytest.fixture(scope="module")
def fitted(panel):
    X, y, _ = panel
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {n: clone(model).fit(X, y) for n, model in {**CUT, **KEPT}.items()}


@pytest.mark.filterwarnings("ignore:X holds rows up to:UserWarning")
@pytest.mark.parametrize("name", [*CUT, *KEPT])
def test_forecasts_are_those_of_the_whole_history(name, fitted, panel):
    _, _, future = panel
    model = fitted[name]
    small = compact(model)
    expected = model.predict(future)
    np.testing.assert_allclose(small.estimator.predict(future), expected, rtol=1e-9)
    if hasattr(model, "predict") and name in ("ar", "theta"):
        _, deviations = model.predict(future, return_std=True)
        _, again = small.estimator.predict(future, return_std=True)
        np.testing.assert_allclose(again, deviations, rtol=1e-9)


@pytest.mark.parametrize("name", CUT)
def test_the_sizes_are_those_of_pickles(name, fitted):
    small = compact(fitted[name])
    assert small.n_bytes_before == len(pickle.dumps(fitted[name], protocol=5))
    assert small.n_bytes_after == pytest.approx(
        len(pickle.dumps(small.estimator, protocol=5)), rel=0.05
    )
    assert small.n_bytes_saved > 1000
    assert str(small).startswith(f"{type(small.estimator).__name__}: ")


@pytest.mark.parametrize("name", CUT)
def test_rows_of_the_training_span_are_refused(name, fitted, panel):
    X, _, _ = panel
    small = compact(fitted[name]).estimator
    with pytest.raises(ValueError, match="but the estimator was compacted"):
        small.predict(X[:3])


@pytest.mark.parametrize("name", KEPT)
def test_what_reads_back_to_the_start_keeps_its_history(name, fitted, panel):
    X, _, _ = panel
    small = compact(fitted[name])
    assert small.n_bytes_saved == 0
    np.testing.assert_array_equal(small.estimator.predict(X), fitted[name].predict(X))


def test_the_given_estimator_is_left_as_it_is(fitted, panel):
    X, _, _ = panel
    model = fitted["stack"]
    before = model.predict(X)
    compact(model)
    np.testing.assert_array_equal(model.predict(X), before)


def test_compacting_twice_changes_nothing(fitted, panel):
    _, _, future = panel
    once = compact(fitted["naive"])
    twice = compact(once.estimator)
    np.testing.assert_array_equal(
        twice.estimator.predict(future), once.estimator.predict(future)
    )


def test_new_series_are_answered_alike(fitted, panel):
    _, _, future = panel
    ahead = future[future["date"] >= "2021-07-10"]
    unknown = ahead.assign(product=99).drop_duplicates(["store", "date"])
    for name in ("ar", "theta", "naive", "direct"):
        with pytest.warns(UserWarning, match="belong to series without sales in fit"):
            expected = fitted[name].predict(unknown)
        with pytest.warns(UserWarning, match="belong to series without sales in fit"):
            answers = compact(fitted[name]).estimator.predict(unknown)
        np.testing.assert_allclose(answers, expected, rtol=1e-9)


def test_only_estimators_are_compacted():
    with pytest.raises(ValueError, match="The 'estimator' parameter of compact"):
        compact([1, 2])


def test_compacted_estimators_are_saved_as_others(fitted, panel, tmp_path):
    pytest.importorskip("skops.io")
    _, _, future = panel
    small = compact(fitted["stack"]).estimator
    save(small, tmp_path / "model", format="skops")
    again = load(tmp_path / "model").predict(future)
    np.testing.assert_array_equal(again, small.predict(future))


def test_an_autoregression_keeps_no_covariates_for_updates_that_it_refuses(panel):
    X, y, _ = panel
    model = ARRegressor(2, series=KEYS["series"], time=KEYS["time"]).fit(X, y)
    assert model._memory is not None
    small = compact(model).estimator
    assert small._memory is None
    with pytest.raises(ValueError, match="^This estimator was compacted"):
        small.partial_fit(X, y)
