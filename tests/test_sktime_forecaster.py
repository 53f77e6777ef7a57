# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regressors of rows as forecasters of sktime answer what they answer here."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.reconcile import ReconcilerForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.hierarchical.aggregate import Aggregator
from sktime.utils.estimator_checks import check_estimator

from sklearn_sales import (
    ARRegressor,
    ConformalRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    load_walmart_sample,
    to_sktime,
)

# sktime tells of future releases, its own and those of pandas.
pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning"
)
KEYS = ["store", "dept"]
FH = [1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "estimator",
    [
        ARRegressor(),
        make_pipeline(LagFeatures(lags=2, fill=0.0), Ridge()),
        PanelTimeSeriesSplit(2),
    ],
    ids=["ARRegressor", "lag pipeline", "PanelTimeSeriesSplit"],
)
def test_every_check_of_sktime_passes(estimator):
    results = check_estimator(to_sktime(estimator), verbose=False)
    assert len(results) >= 30
    assert {
        name: result for name, result in results.items() if result != "PASSED"
    } == {}


@pytest.fixture(scope="module")
def rows():
    """Rows of three series that start at different weeks, and their sales."""
    X, y = load_walmart_sample(return_X_y=True)
    X = X.assign(is_holiday=X["is_holiday"].astype(float), y=np.asarray(y))
    number = X.groupby(KEYS).ngroup()
    X = X[(number < 3) & (X.groupby(KEYS).cumcount() >= 10 * number)]
    X = X.reset_index(drop=True)
    return X.drop(columns="y"), X["y"]


@pytest.fixture(scope="module")
def panel(rows):
    """The same in sktime's containers: y, X."""
    X, y = rows
    frame = X.assign(y=y).set_index([*KEYS, "date"]).sort_index()
    return frame[["y"]], frame[["is_holiday"]]


def parts(X, y):
    """Training rows, their sales, and rows of the last four weeks."""
    past = X["date"] <= np.sort(X["date"].unique())[-5]
    return X[past], y[past], X[~past]


def indexed(future, answers):
    named = future.assign(answer=answers).set_index([*KEYS, "date"])["answer"]
    return named.sort_index()


def train_of(frame, ends):
    return frame[frame.index.get_level_values(-1) <= ends]


@pytest.mark.parametrize(
    "regressor",
    [
        ARRegressor(lags=3, pooled=True),
        make_pipeline(LagFeatures(lags=2, horizon=4, fill=0.0), Ridge()),
    ],
    ids=["ARRegressor", "lag pipeline"],
)
def test_forecasts_are_those_of_the_regressor(regressor, rows, panel):
    train, target, future = parts(*rows)
    known = type(regressor) is ARRegressor
    keyed = (
        regressor.set_params(series=KEYS)
        if known
        else regressor.set_params(lagfeatures__series=KEYS)
    )
    expected = indexed(future, keyed.fit(train, target).predict(future))
    y, X = panel
    # keys that the estimator names are found among the levels
    forecaster = to_sktime(keyed).fit(train_of(y, train["date"].max()), X, fh=FH)
    found = forecaster.predict(X=X)
    pd.testing.assert_series_equal(
        found["y"],
        expected,
        check_names=False,
        check_freq=False,
        check_index_type=False,
    )
    assert found.index.names == y.index.names


def test_unnamed_keys_are_the_levels_of_the_index(panel):
    y, _ = panel
    named = to_sktime(ThetaRegressor(series=KEYS, time="date")).fit(y, fh=FH)
    bare = y.copy()
    bare.index.names = [None, None, None]
    found = to_sktime(ThetaRegressor()).fit(bare, fh=FH).predict()
    np.testing.assert_array_equal(found, named.predict())


def test_steps_on_the_way_are_read_from_X():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"price": rng.normal(size=40)})
    y = (5 + 3 * X["price"] + rng.normal(size=40)).cumsum()
    forecaster = to_sktime(ARRegressor(lags=1, clip=False)).fit(y[:36], X[:36])
    alone = forecaster.predict(fh=[4], X=X[36:])
    together = forecaster.predict(fh=FH, X=X[36:])
    assert alone.iloc[0] == pytest.approx(together.iloc[-1])
    carried = forecaster.predict(fh=[4], X=X[39:])
    assert carried.iloc[0] != pytest.approx(alone.iloc[0])


def test_intervals_and_quantiles_are_those_of_the_regressor(rows, panel):
    train, target, future = parts(*rows)
    y = train_of(panel[0], train["date"].max())
    drop = dict(columns="is_holiday")
    future = future.drop(**drop)
    keyed = ConformalRegressor(ThetaRegressor(), cv=3, series=KEYS)
    keyed.fit(train.drop(**drop), target)
    forecaster = to_sktime(keyed).fit(y, fh=FH)
    interval = forecaster.predict_interval(coverage=[0.5, 0.8])
    expected = keyed.predict_interval(future, coverage=0.8)
    for side, bound in zip(["lower", "upper"], expected.T, strict=True):
        found = interval["y", 0.8, side]
        np.testing.assert_allclose(found, indexed(future, bound))
    quantiles = forecaster.predict_quantiles(alpha=[0.1, 0.6])
    expected = keyed.predict_quantiles(future, [0.1, 0.6])
    np.testing.assert_allclose(
        quantiles["y", 0.6], indexed(future, expected[:, 1]), rtol=1e-9
    )


def test_a_standard_deviation_makes_normal_intervals(panel):
    y = panel[0].loc[(1, 1)]["y"]
    forecaster = to_sktime(ThetaRegressor()).fit(y, fh=FH)
    X = pd.DataFrame({"date": y.index})
    later = pd.DataFrame({"date": forecaster.predict().index})
    mean, std = ThetaRegressor().fit(X, y).predict(later, return_std=True)
    interval = forecaster.predict_interval(coverage=0.8)
    np.testing.assert_allclose(interval["y", 0.8, "upper"], mean + norm.ppf(0.9) * std)
    np.testing.assert_allclose(forecaster.predict_var()["y"], std**2)


def test_a_regressor_of_points_has_no_intervals(panel):
    forecaster = to_sktime(SeasonalNaiveRegressor()).fit(panel[0], fh=FH)
    assert not forecaster.get_tag("capability:pred_int")
    with pytest.raises(NotImplementedError, match="prediction intervals"):
        forecaster.predict_interval()


def test_evaluate_measures_what_cross_val_score_measures(rows, panel):
    X, y = rows
    X = X.drop(columns="is_holiday")
    folds = PanelTimeSeriesSplit(2, test_size=4)
    scores = cross_val_score(
        ThetaRegressor(series=KEYS), X, y, cv=folds, scoring="neg_mean_absolute_error"
    )
    table = evaluate(
        to_sktime(ThetaRegressor()),
        to_sktime(folds),
        panel[0],
        scoring=MeanAbsoluteError(),
        error_score="raise",
    )
    np.testing.assert_allclose(table["test_MeanAbsoluteError"], -scores)


@pytest.mark.parametrize(
    "cv",
    [
        to_sktime(PanelTimeSeriesSplit(3, test_size=3)),
        ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=51, step_length=3),
    ],
    ids=["ours", "sktime's"],
)
def test_parameters_are_searched_by_sktime(cv):
    y = pd.Series(np.tile([1.0, 9.0, 4.0], 20))
    search = ForecastingGridSearchCV(
        to_sktime(SeasonalNaiveRegressor()),
        cv=cv,
        param_grid={"estimator__season": [1, 2, 3]},
        scoring=MeanAbsoluteError(),
        error_score="raise",
    ).fit(y)
    assert search.best_params_ == {"estimator__season": 3}
    assert search.predict(fh=[1, 2]).tolist() == [1.0, 9.0]


# sktime's aggregator tells that it sums the leaves, whether or not sums are there
@pytest.mark.filterwarnings("ignore:Found elements in the index:UserWarning")
def test_nodes_of_a_hierarchy_are_forecast_and_can_be_reconciled(panel):
    y = Aggregator().fit_transform(panel[0])
    forecaster = to_sktime(ThetaRegressor(season=None))
    nodes = forecaster.clone().fit(y, fh=[1]).predict()["y"].droplevel(-1)
    assert len(nodes) == 4
    bottom = ReconcilerForecaster(forecaster, method="bu").fit(panel[0], fh=[1])
    sums = bottom.predict()["y"].droplevel(-1)
    leaves = [key for key in nodes.index if "__total" not in key]
    assert sums["__total", "__total"] == pytest.approx(nodes[leaves].sum())


def test_a_missing_target_is_a_missing_row(panel):
    y = panel[0].copy()
    y.iloc[20:24] = np.nan
    forecaster = to_sktime(ThetaRegressor(season=None))
    holed = forecaster.clone().fit(y, fh=FH).predict()
    np.testing.assert_array_equal(holed, forecaster.fit(y.dropna(), fh=FH).predict())


def test_parameters_and_pickles_pass_through(panel):
    regressor = ThetaRegressor(season=4)
    forecaster = to_sktime(regressor)
    assert forecaster.get_params()["estimator__season"] == 4
    other = forecaster.clone().set_params(estimator__season=2)
    assert other.estimator.season == 2
    assert regressor.season == 4
    assert not hasattr(regressor, "panel_")
    y = panel[0]
    other.fit(y, fh=FH)
    loaded = pickle.loads(pickle.dumps(other))
    np.testing.assert_array_equal(loaded.predict(), other.predict())


def test_an_update_knows_what_a_fit_on_everything_knows(panel):
    y = panel[0]
    end = y.index.get_level_values(-1).max()
    early = train_of(y, end - pd.Timedelta(weeks=3))
    late = y[~y.index.isin(early.index)]
    with pytest.warns(UserWarning, match="will be refit each time"):
        updated = to_sktime(ThetaRegressor()).fit(early, fh=FH).update(late)
    expected = to_sktime(ThetaRegressor()).fit(y, fh=FH).predict()
    pd.testing.assert_frame_equal(updated.predict(), expected)


def message_of(call, error=ValueError):
    with pytest.raises(error) as raised:
        call()
    return str(raised.value)


def test_covariates_that_lack_are_told(panel):
    y, X = panel
    forecaster = to_sktime(ARRegressor()).fit(y, X, fh=[1])
    assert message_of(forecaster.predict) == (
        "fit was given covariates X, so predict needs those of the times that are "
        "forecast: predict(fh, X=X)."
    )
    assert message_of(lambda: forecaster.predict(X=X)) == (
        "X lacks 3 of 3 row(s) that are asked for (first: 1, 1, 2012-11-02 00:00:00). "
        "Pass the covariates of every row, the future ones to predict."
    )


def test_names_that_clash_are_told(panel):
    y, X = panel
    X = X.rename(columns={"is_holiday": "dept"})
    assert message_of(lambda: to_sktime(ARRegressor()).fit(y, X)) == (
        "y has an index level 'dept' and X a column, or y another level, of the same "
        "name. Rename one of them."
    )


def test_an_estimator_that_reads_no_times_is_refused():
    forecaster = to_sktime(Ridge())
    message = message_of(lambda: forecaster.fit(pd.Series([1.0, 2.0])), TypeError)
    assert message == (
        "Ridge() holds no estimator that reads series and times. Put a LagFeatures "
        "before it in a pipeline, or take sktime's YfromX."
    )
