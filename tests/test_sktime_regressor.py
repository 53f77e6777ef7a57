# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""SktimeRegressor answers what sktime answers, by the keys of rows."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sktime.forecasting.compose import (
    TransformedTargetForecaster,
    YfromX,
    make_reduction,
)
from sktime.forecasting.ets import AutoETS
from sktime.forecasting.exp_smoothing import ExponentialSmoothing
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.theta import ThetaForecaster
from sktime.transformations.detrend import Detrender

from sklearn_sales import PanelTimeSeriesSplit, SktimeRegressor, load_walmart_sample
from sklearn_sales.interop._sktime_calls import reads_panels

# sktime tells of future releases, its own and those of pandas.
pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning"
)
KEYS = {"series": ["store", "dept"], "time": "date"}
HORIZON = 4


@pytest.fixture(scope="module")
def sales():
    """Three series of real sales of different lengths, and four later weeks."""
    X, y = load_walmart_sample(return_X_y=True)
    X = X.drop(columns="is_holiday").assign(y=np.asarray(y))
    X = pd.concat(list(dict(list(X.groupby(["store", "dept"]))).values())[:3])
    number = X.groupby(["store", "dept"]).ngroup()
    first = X.groupby(["store", "dept"]).cumcount()
    X = X[first >= 10 * number].reset_index(drop=True)
    last = X["date"].unique()
    future = X["date"] > np.sort(last)[-HORIZON - 1]
    return X[~future].reset_index(drop=True), X[future].reset_index(drop=True)


def direct(forecaster, train):
    """What sktime forecasts for each series, called by itself."""
    out = {}
    for key, part in train.groupby(["store", "dept"]):
        index = pd.PeriodIndex(part["date"], freq="W-FRI")
        y = pd.Series(part["y"].to_numpy(), index=index, name="y")
        answers = forecaster.clone().fit(y).predict(fh=np.arange(1, HORIZON + 1))
        for period, value in answers.items():
            out[(*key, period.end_time.normalize())] = value
    return out


def by_rows(answers, future):
    keys = future[["store", "dept", "date"]].itertuples(index=False, name=None)
    return np.array([answers[key] for key in keys])


@pytest.mark.parametrize(
    "forecaster",
    [
        NaiveForecaster(strategy="mean", window_length=5),
        ExponentialSmoothing(trend="add"),
        AutoETS(error="add"),
        ThetaForecaster(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_equals_sktime_called_series_by_series(forecaster, sales):
    train, future = sales
    model = SktimeRegressor(forecaster, clip=False, **KEYS)
    model.fit(train.drop(columns="y"), train["y"])
    shuffled = future.sample(frac=1, random_state=0)
    answers = model.predict(shuffled.drop(columns="y"))
    expected = by_rows(direct(forecaster, train), shuffled)
    np.testing.assert_allclose(answers, expected, rtol=1e-8)


def test_a_pooled_reduction_equals_sktime_on_the_panel(sales):
    train, future = sales
    forecaster = make_reduction(
        LinearRegression(), window_length=6, strategy="recursive", pooling="global"
    )
    X = train.drop(columns="y")
    model = SktimeRegressor(forecaster, clip=False, **KEYS).fit(X, train["y"])
    codes = train.groupby(["store", "dept"]).ngroup()
    index = pd.MultiIndex.from_arrays(
        [codes, pd.PeriodIndex(train["date"], freq="W-FRI")], names=["s", "date"]
    )
    panel = pd.DataFrame({"y": train["y"].to_numpy()}, index=index)
    answers = forecaster.clone().fit(panel).predict(fh=np.arange(1, HORIZON + 1))
    expected = answers["y"].to_numpy()
    ordered = future.sort_values(["store", "dept", "date"])
    found = model.predict(ordered.drop(columns="y"))
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert len(model.forecasters_) == 2
    with pytest.warns(UserWarning, match="has no forecasts of its training span"):
        assert np.isfinite(model.predict(X)).all()


def test_a_composite_of_single_series_has_a_clone_for_each(sales):
    train, future = sales
    forecaster = TransformedTargetForecaster([Detrender(), AutoETS()])
    X = train.drop(columns="y")
    model = SktimeRegressor(forecaster, clip=False, **KEYS).fit(X, train["y"])
    assert len(model.forecasters_) == 4
    expected = by_rows(direct(forecaster, train), future)
    np.testing.assert_allclose(model.predict(future.drop(columns="y")), expected)
    assert not reads_panels(forecaster)
    pooled = make_reduction(LinearRegression(), window_length=6, pooling="global")
    assert reads_panels(TransformedTargetForecaster([Detrender(), pooled]))


def test_intervals_and_quantiles_are_those_of_the_forecaster(sales):
    train, future = sales
    one = train[(train["store"] == 1) & (train["dept"] == train["dept"].iloc[0])]
    later = future[future["dept"] == one["dept"].iloc[0]]
    later = later[later["store"] == 1].drop(columns="y")
    model = SktimeRegressor(ThetaForecaster(), clip=False, **KEYS)
    model.fit(one.drop(columns="y"), one["y"])
    y = pd.Series(
        one["y"].to_numpy(), pd.PeriodIndex(one["date"], freq="W-FRI"), name="y"
    )
    theirs = ThetaForecaster().fit(y)
    fh = np.arange(1, HORIZON + 1)
    np.testing.assert_allclose(
        model.predict_interval(later, coverage=0.8),
        theirs.predict_interval(fh=fh, coverage=0.8),
    )
    np.testing.assert_allclose(
        model.predict_quantiles(later, [0.2, 0.5]),
        theirs.predict_quantiles(fh=fh, alpha=[0.2, 0.5]),
    )


def test_covariates_are_exogenous_and_carried_forward():
    X = pd.DataFrame({"week": np.arange(20), "price": np.arange(20) % 5 + 1.0})
    y = 30.0 - 4 * X["price"]
    model = SktimeRegressor(YfromX(LinearRegression())).fit(X[:16], y[:16])
    np.testing.assert_allclose(model.predict(X), y)
    carried = model.predict(X[18:19])
    np.testing.assert_allclose(carried, y[18:19])


def failing():
    X = pd.DataFrame({"item": ["a"] * 30 + ["b"] * 2, "week": [*range(30), 28, 29]})
    return X, np.arange(32.0) + 1, AutoETS(sp=4, seasonal="add")


def test_a_series_that_fails_is_named_or_answered_by_the_naive_forecast():
    X, y, forecaster = failing()
    model = SktimeRegressor(forecaster, series="item", time="week")
    with pytest.raises(ValueError, match="AutoETS cannot be fitted for item='b'"):
        model.fit(X, y)
    model.set_params(fallback="naive")
    with pytest.warns(UserWarning, match="The seasonal naive forecast answers"):
        model.fit(X, y)
    assert list(model.failures_) == ["item='b'"]
    assert model.predict(pd.DataFrame({"item": ["b"], "week": [30]})) == [y[-1]]


def test_nested_parameters_are_searched():
    X = pd.DataFrame({"week": np.arange(60)})
    y = np.tile([1.0, 9.0, 4.0], 20)
    search = GridSearchCV(
        SktimeRegressor(NaiveForecaster()),
        {"forecaster__sp": [1, 2, 3]},
        cv=PanelTimeSeriesSplit(3, time="week"),
        scoring="neg_mean_absolute_error",
    ).fit(X, y)
    assert search.best_params_ == {"forecaster__sp": 3}
    assert clone(search.best_estimator_).forecaster.sp == 3


def test_a_forecaster_without_intervals_says_so():
    X = pd.DataFrame({"week": np.arange(9), "price": 1.0})
    model = SktimeRegressor(YfromX(LinearRegression())).fit(X, np.arange(9.0))
    with pytest.raises(TypeError, match="YfromX has no intervals"):
        model.predict_interval(X)


class _Refuses(NaiveForecaster):
    """Learns from every series and forecasts none."""

    def _predict(self, fh=None, X=None):
        raise RuntimeError("no forecast today")


def test_a_forecast_that_fails_leaves_what_was_learned_as_it_is():
    X = pd.DataFrame({"week": np.arange(4)})
    model = SktimeRegressor(_Refuses(), fallback="naive").fit(X[:3], [1.0, 2.0, 3.0])
    with pytest.warns(UserWarning, match="_Refuses cannot be asked for X: RuntimeErr"):
        answers = model.predict(X[3:])
    assert answers == [3.0]
    assert model.failures_ == {}


class _Warns(NaiveForecaster):
    """Resets the filters of warnings as sktime does, and warns twice."""

    def _fit(self, y, X, fh):
        warnings.filterwarnings("default", category=FutureWarning)
        warnings.warn("of a release to come", FutureWarning, stacklevel=2)
        warnings.warn("of the data", UserWarning, stacklevel=2)
        return super()._fit(y, X, fh)


def test_notices_of_releases_are_left_out_and_warnings_are_not():
    X = pd.DataFrame({"week": np.arange(4)})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SktimeRegressor(_Warns()).fit(X, [1.0, 2.0, 3.0, 4.0])
    told = [str(one.message) for one in caught if "of " in str(one.message)]
    assert "of the data" in told
    assert "of a release to come" not in told
