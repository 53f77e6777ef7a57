# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing after a row's origin moves its answer, in pipelines and searches too."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    CalendarFeatures,
    ConformalRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    neg_wape_scorer,
)
from sklearn_sales.datasets import make_sales_panel

KEYS = {"series": ["store", "product"], "time": "date"}
HORIZON = 7


def boosting():
    return HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=5)


def features(**options):
    return LagFeatures([1, 2, 7], windows=[("mean", 7)], season=7, **options)


def reduction(strategy):
    return ReductionRegressor(
        boosting(),
        features=features(time_since=True),
        strategy=strategy,
        horizon=HORIZON,
        n_origins=2,
        **KEYS,
    )


REGRESSORS = {
    "ar": ARRegressor([1, 7], trend="ct", **KEYS),
    "ar pooled": ARRegressor(7, pooled=True, seasonal=7, alpha=0.1, **KEYS),
    "ar aic": ARRegressor("aic", max_lags=5, **KEYS),
    "theta": ThetaRegressor(**KEYS),
    "conformal": ConformalRegressor(ARRegressor([1, 7]), **KEYS),
    "stack": TimeSeriesStackingRegressor(
        [
            ("ar", ARRegressor([1, 7], **KEYS)),
            ("lags", make_pipeline(features(horizon=HORIZON, **KEYS), boosting())),
        ],
        weights_by="step",
        **KEYS,
    ),
    "naive": SeasonalNaiveRegressor(horizon=HORIZON, **KEYS),
    "direct": reduction("direct"),
    "recursive": reduction("recursive"),
    "rectify": reduction("rectify"),
}

PIPELINES = {
    "lags": make_pipeline(features(horizon=HORIZON, **KEYS), boosting()),
    "calendar and lags": make_pipeline(
        CalendarFeatures(["weekday", "month"], **KEYS),
        features(horizon=HORIZON, by="store", **KEYS),
        boosting(),
    ),
    "calendar and ar": make_pipeline(
        CalendarFeatures(["is_weekend"], **KEYS), ARRegressor([1, 7], **KEYS)
    ),
}

every_model = pytest.mark.parametrize("name", [*REGRESSORS, *PIPELINES])
every_regressor = pytest.mark.parametrize("name", REGRESSORS)


def model(name):
    return clone({**REGRESSORS, **PIPELINES}[name])


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(
        n_series=6, n_periods=90, n_stores=2, missing_share=0.05, random_state=0
    )
    return X.drop(columns="category"), y


def days(X, first, last=None):
    """Rows from one day of the panel (until before another)."""
    start = X["date"].min()
    number = (X["date"] - start).dt.days
    return ((number >= first) & (number < (last or 10**6))).to_numpy()


@every_model
def test_sales_after_a_fold_move_none_of_its_forecasts(name, panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=HORIZON)
    changed = y.copy()
    changed[days(X, 83)] = 1e6
    for fold, (train, test) in enumerate(cv.split(X)):
        here, there = (
            model(name).fit(X.iloc[train], target[train]).predict(X.iloc[test])
            for target in (y, changed)
        )
        # only the last fold is tested on the changed days, and none learns from them
        np.testing.assert_array_equal(here, there, err_msg=f"fold {fold}")


@every_model
def test_a_search_scores_early_folds_without_later_sales(name, panel):
    X, y = panel
    changed = y.copy()
    changed[days(X, 83)] = 1e6
    cv = PanelTimeSeriesSplit(3, test_size=HORIZON)
    scores = []
    for target in (y, changed):
        search = GridSearchCV(model(name), {}, scoring=neg_wape_scorer, cv=cv)
        results = search.fit(X, target).cv_results_
        scores.append([results[f"split{k}_test_score"][0] for k in range(3)])
    assert scores[0][:2] == scores[1][:2]
    assert scores[0][2] != scores[1][2]


@every_regressor
def test_rows_that_are_not_observed_yet_tell_nothing(name, panel):
    X, y = panel
    later = days(X, 83)
    expected = model(name).fit(X[~later], y[~later]).predict(X[later])
    # the rows to forecast are often in the table already, without sales
    unknown = np.where(later, np.nan, y)
    answers = model(name).fit(X, unknown).predict(X[later])
    np.testing.assert_allclose(answers, expected, rtol=1e-9)


@every_model
def test_later_covariates_move_no_answer_of_earlier_rows(name, panel):
    X, y = panel
    later = days(X, 83)
    fitted = model(name).fit(X[~later], y[~later])
    expected = fitted.predict(X)
    for day in (40, 82, 83, 86):
        changed, after = X.copy(), days(X, day)
        changed.loc[after, "price"] = 99.0
        answers = fitted.predict(changed)
        np.testing.assert_array_equal(answers[~after], expected[~after], err_msg=day)
        assert name in ("theta", "naive") or (answers[after] != expected[after]).any()


@every_model
def test_other_rows_of_the_span_move_no_answer(name, panel):
    X, y = panel
    later = days(X, 83)
    fitted = model(name).fit(X[~later], y[~later])
    span = X[~later]
    expected = fitted.predict(span)
    order = np.random.default_rng(0).permutation(len(span))[: len(span) // 2]
    np.testing.assert_array_equal(fitted.predict(span.iloc[order]), expected[order])
    np.testing.assert_array_equal(fitted.predict(span.iloc[[5]]), expected[[5]])


@pytest.mark.parametrize("horizon", [1, HORIZON])
def test_each_sale_moves_only_features_whose_origin_is_not_before_it(horizon, panel):
    X, y = panel
    X, y = X[days(X, 0, 30)], y[days(X, 0, 30)]
    number = (X["date"] - X["date"].min()).dt.days.to_numpy()
    maker = features(horizon=horizon, time_since=True, by="store", **KEYS)
    expected = maker.fit_transform(X, y)
    step = maker.get_feature_names_out().tolist().index("step") if horizon > 1 else None
    steps = 1 if step is None else expected[:, step]
    origins = number - steps
    for day in range(0, 30, 3):
        changed = np.where(number == day, y + 100, y)
        moved = (maker.fit_transform(X, changed) != expected) & ~np.isnan(expected)
        assert not moved[origins < day].any()
        assert moved[origins >= day].any()


def test_the_check_sees_a_leak(panel):
    """A global mean of all sales as a feature is what these tests must refuse."""
    X, y = panel

    class Leaky(LinearRegression):
        def fit(self, X, y):
            return super().fit(X[["price"]], y)

        def predict(self, X):
            return np.full(len(X), X["price"].mean())

    fitted = Leaky().fit(X, y)
    expected = fitted.predict(X)
    changed = X.copy()
    changed.loc[days(X, 83), "price"] = 99.0
    assert (fitted.predict(changed)[: len(X) // 2] != expected[: len(X) // 2]).all()
