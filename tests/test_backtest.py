# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A back-test is the loop over folds that one would write, with all it kept."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    ConformalRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    backtest,
    make_sales_panel,
)
from tests.plain_forecasters import Constant, RunningMean

KEYS = ["store", "product"]
CV = PanelTimeSeriesSplit(3, test_size=7)


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(
        n_series=4, n_periods=70, n_stores=2, missing_share=0.05, random_state=0
    )
    return X[[*KEYS, "date", "price", "category"]], y


def numbers(X):
    return X.drop(columns="category")


ESTIMATORS = {
    "ar": ARRegressor([1, 7], series=KEYS),
    "theta": ThetaRegressor(series=KEYS),
}


def slow_loop(X, y, estimators, cv):
    """The forecasts, row after row."""
    found = []
    start = X["date"].min()
    for name, estimator in estimators.items():
        for fold, (train, test) in enumerate(cv.split(X), start=1):
            model = clone(estimator).fit(X.iloc[train], y.iloc[train])
            answers = model.predict(X.iloc[test])
            origin = X["date"].iloc[train].max()
            for row, answer in zip(test, answers, strict=True):
                step = (X["date"].iloc[row] - origin).days
                key = X.iloc[row][KEYS].tolist()
                when = (X["date"].iloc[row] - start).days
                found.append(
                    (*key, when, fold, origin, step, name, y.iloc[row], answer)
                )
    return found


def test_forecasts_are_those_of_a_slow_loop(panel):
    X, y = numbers(panel[0]), panel[1]
    result = backtest(ESTIMATORS, X, y, cv=CV)
    naive = SeasonalNaiveRegressor(series=KEYS)
    expected = slow_loop(X, y, {**ESTIMATORS, "naive": naive}, CV)
    columns = [*KEYS, "date", "fold", "origin", "step", "estimator", "y_true", "y_pred"]
    expected = pd.DataFrame(expected, columns=columns)
    found = result.forecasts.copy()
    assert list(found) == columns
    assert pd.api.types.is_integer_dtype(found["fold"])
    assert pd.api.types.is_integer_dtype(found["step"])
    found["date"] = (found["date"] - X["date"].min()).dt.days
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert result.series_columns == KEYS
    assert result.time_column == "date"
    assert result.estimator_names == ["ar", "theta", "naive"]


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"verbose": 1}])
def test_jobs_and_progress_change_nothing(panel, options):
    X, y = numbers(panel[0]), panel[1]
    plain = backtest(ESTIMATORS, X, y, cv=CV).forecasts
    pd.testing.assert_frame_equal(
        backtest(ESTIMATORS, X, y, cv=CV, **options).forecasts, plain
    )


def test_order_of_rows_changes_nothing(panel):
    X, y = numbers(panel[0]), panel[1]
    order = np.random.default_rng(0).permutation(len(y))
    plain, mixed = (
        backtest(ESTIMATORS, X.iloc[o], y.iloc[o], cv=CV) for o in (slice(None), order)
    )
    sort = ["estimator", "fold", *KEYS, "date"]
    pd.testing.assert_frame_equal(
        mixed.forecasts.sort_values(sort, ignore_index=True),
        plain.forecasts.sort_values(sort, ignore_index=True),
    )
    pd.testing.assert_frame_equal(mixed.errors(), plain.errors())


@pytest.mark.parametrize("refit", [True, False])
def test_sales_after_an_origin_move_no_forecast(panel, refit):
    X, y = numbers(panel[0]), panel[1]
    estimator = RunningMean() if not refit else ESTIMATORS
    changed = y.where(X["date"] < X["date"].max() - pd.Timedelta(days=6), 1e6)
    changed = changed.where(y.notna())
    here, there = (
        backtest(estimator, X, target, cv=CV, refit=refit, series=KEYS).forecasts
        for target in (y, changed)
    )
    pd.testing.assert_series_equal(here["y_pred"], there["y_pred"])


def test_one_fit_takes_in_newer_sales(panel):
    X, y = panel[0], panel[1].fillna(1.0)
    result = backtest(RunningMean(), X, y, cv=CV, refit=False, series=KEYS)
    forecasts = result.forecasts.query("estimator == 'runningmean'")
    for fold, (train, _) in enumerate(CV.split(X), start=1):
        found = forecasts.loc[forecasts["fold"] == fold, "y_pred"]
        np.testing.assert_allclose(found, y.iloc[train].mean())
    again = backtest(RunningMean(), X, y, cv=CV, series=KEYS)
    np.testing.assert_allclose(again.forecasts["y_pred"], result.forecasts["y_pred"])


def test_without_refit_folds_have_to_grow(panel):
    X, y = panel
    folds = list(CV.split(X))[::-1]
    with pytest.raises(ValueError, match="refit=False takes newer sales in from fold"):
        backtest(RunningMean(), X, y, cv=folds, refit=False, series=KEYS)


def test_update_of_what_remembers_no_sales_is_refused(panel):
    X, y = panel
    with pytest.raises(ValueError) as caught:
        backtest({"ar": ARRegressor(1), "ridge": Ridge()}, X, y, refit=False)
    assert str(caught.value) == (
        "refit=False fits once and then gives newer sales to partial_fit or to observe,"
        " but 'ridge' has no partial_fit and nothing in it remembers sales. Give "
        "refit=True, which fits anew at each origin, or leave such estimators out."
    )


@pytest.mark.filterwarnings("ignore:No training row has a value")
def test_without_refit_a_pipeline_reads_newer_sales_by_the_same_regressor(panel):
    X, y = numbers(panel[0]), panel[1]
    lags = LagFeatures([1, 7], horizon=7, fill=0.0, series=KEYS)
    model = make_pipeline(lags, LinearRegression())
    options = {"cv": CV, "series": KEYS, "baseline": False}
    found = backtest(model, X, y, refit=False, **options).forecasts
    folds = list(CV.split(X))
    fitted = clone(model).fit(X.iloc[folds[0][0]], y.iloc[folds[0][0]])
    for number, (train, test) in enumerate(folds, start=1):
        features = clone(lags).fit(X.iloc[train], y.iloc[train])
        expected = fitted[-1].predict(features.transform(X.iloc[test]))
        answers = found.loc[found["fold"] == number, "y_pred"]
        np.testing.assert_allclose(np.sort(answers), np.sort(expected))


def test_quantiles_are_those_of_the_estimator(panel):
    X, y = numbers(panel[0]), panel[1]
    conformal = ConformalRegressor(
        ThetaRegressor(), cv=PanelTimeSeriesSplit(3, test_size=7), series=KEYS
    )
    result = backtest(
        {"theta": conformal}, X, y, cv=CV, quantiles=[0.9, 0.1, 0.5], series=KEYS
    )
    found = result.forecasts
    assert list(found)[-3:] == ["q0.1", "q0.5", "q0.9"]
    train, test = list(CV.split(X))[1]
    model = clone(conformal).fit(X.iloc[train], y.iloc[train])
    expected = model.predict_quantiles(X.iloc[test], [0.1, 0.5, 0.9])
    second = found.query("fold == 2 and estimator == 'theta'")
    np.testing.assert_allclose(second[["q0.1", "q0.5", "q0.9"]], expected)
    naive = found.query("estimator == 'naive'")
    assert naive[["q0.1", "q0.5", "q0.9"]].isna().all(axis=None)
    errors = result.errors()
    assert list(errors)[-2:] == ["scaled_pinball_loss", "coverage"]
    assert errors.loc["naive"].isna().sum() == 2
    assert 0.6 < errors.loc["theta", "coverage"] < 1


def test_every_kind_of_table_gives_the_same_forecasts(panel):
    pl = pytest.importorskip("polars")
    X, y = numbers(panel[0]), panel[1]
    expected = backtest(ThetaRegressor(), X, y, cv=CV, series=KEYS).forecasts["y_pred"]
    frame = pl.from_pandas(X)
    found = backtest(ThetaRegressor(), frame, y, cv=CV, series=KEYS).forecasts
    np.testing.assert_allclose(found["y_pred"], expected)
    assert list(found)[:3] == [*KEYS, "date"]
    days = (X["date"] - X["date"].min()).dt.days
    keys = pd.factorize(pd.MultiIndex.from_frame(X[KEYS]))[0]
    array = np.column_stack([keys, days, X["price"]]).astype(float)
    result = backtest(
        {"mean": DummyRegressor()}, array, y, cv=CV, series=0, time=1, baseline=False
    )
    assert result.series_columns == ["x0"]
    assert result.time_column == "x1"
    assert result.estimator_names == ["mean"]


def test_folds_are_made_where_none_are_given(panel):
    X, y = panel
    result = backtest(Constant(1), X, y, series=KEYS)
    assert result.forecasts["fold"].max() == 5
    assert result.forecasts["step"].max() == 7
    assert backtest(Constant(1), X, y, cv=2, series=KEYS).forecasts["fold"].max() == 2


def test_new_series_are_told_of_once(panel):
    X, y = numbers(panel[0]), panel[1]
    late = (X["product"] == X["product"].iloc[0]) & (X["store"] == X["store"].iloc[0])
    kept = ~late | (X["date"] > X["date"].max() - pd.Timedelta(days=4))
    with pytest.warns(UserWarning, match="test row") as caught:
        result = backtest(ThetaRegressor(), X[kept], y[kept], cv=CV, series=KEYS)
    (message,) = (str(w.message) for w in caught)
    assert message == (
        "4 test row(s) belong to series without sales in the training rows of their "
        "fold; forecasters of this package answer them from the mean of all series."
    )
    assert result.forecasts["y_pred"].notna().all()


BAD = [
    (
        {"cv": KFold(3)},
        ValueError,
        "cv looks ahead: fold 1 of 3 trains on rows up to",
    ),
    (
        {"quantiles": [0.5]},
        ValueError,
        "quantiles=[0.5], but no estimator has predict_quantiles: wrap one in a "
        "ConformalRegressor, or leave quantiles out.",
    ),
    (
        {"quantiles": [0.5, 1.0]},
        ValueError,
        "quantiles must be distinct numbers between 0 and 1; got quantiles=[0.5, 1.0].",
    ),
    (
        {"metrics": ["wap"]},
        ValueError,
        "metrics names ['wap']; allowed are wape, bias, mase, rmsse, mae, rmse, "
        "pinball_loss, scaled_pinball_loss, coverage, or functions (y_true, y_pred) by "
        "name in a dict.",
    ),
    (
        {"metrics": ["coverage"]},
        ValueError,
        "metrics names ['coverage'], but there are quantiles=[]: ask for them with "
        "quantiles= of backtest (two for coverage).",
    ),
    (
        {"estimator": {"naive": Constant()}},
        ValueError,
        "'naive' is the name of the baseline: give the estimator another one, or "
        "baseline=False.",
    ),
    (
        {"estimator": "theta"},
        TypeError,
        "estimator must be a forecaster, or several of them by name, such as "
        "{'ar': ARRegressor()}; got 'theta'.",
    ),
    (
        {"estimator": [Constant()]},
        TypeError,
        "estimator must be a forecaster, or several of them by name, such as "
        "{'ar': ARRegressor()}; got [Constant()].",
    ),
    (
        {"estimator": [("a", Constant()), ("a", Constant(1))]},
        ValueError,
        "estimator names ['a', 'a']; each name has to be there once.",
    ),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), BAD)
def test_errors_say_what_to_do(panel, arguments, kind, message):
    X, y = panel
    arguments = {"estimator": Constant(), "series": KEYS, **arguments}
    with pytest.raises(kind) as caught:
        backtest(arguments.pop("estimator"), X, y, **arguments)
    assert str(caught.value).startswith(message)


def test_forecasts_that_are_no_numbers_are_refused(panel):
    X, y = panel
    with pytest.raises(ValueError, match="'nan' answers fold 1 of 3 with an array of"):
        backtest({"nan": Constant(np.nan)}, X, y, cv=CV, series=KEYS)


def test_names_that_a_backtest_needs_are_refused(panel):
    X, y = panel
    X = X.rename(columns={"store": "fold"})
    with pytest.raises(ValueError) as caught:
        backtest(Constant(), X, y, series=["fold", "product"])
    assert str(caught.value) == (
        "X has the key column(s) ['fold'], which a back-test needs for itself (fold, "
        "origin, step, estimator, y_true, y_pred, series): rename them."
    )
