# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Newer sales move intervals as adaptive conformal inference does."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import RegressorMixin, clone

from sklearn_sales import (
    ConformalRegressor,
    PanelTimeSeriesSplit,
    ThetaRegressor,
    make_sales_panel,
)
from sklearn_sales.panel import PanelEstimator
from tests.plain_forecasters import Constant

KEYS = ["store", "product"]


class Latest(RegressorMixin, PanelEstimator):
    """The last sales of each series; `partial_fit` takes newer ones."""

    def __init__(self, series=None, time="auto", freq=None):
        self.series = series
        self.time = time
        self.freq = freq

    def fit(self, X, y):
        self.X_, self.y_ = X, np.asarray(y, dtype=float)
        self._remember(X, self.y_)
        return self

    def partial_fit(self, X, y):
        return self.fit(pd.concat([self.X_, X]), np.concatenate([self.y_, y]))

    def predict(self, X):
        _, rows = self._read(X)
        origins, _ = self.panel_.origins(rows)
        return np.nan_to_num(self.panel_.history.values(rows.codes, origins))


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(
        n_series=6,
        n_periods=100,
        n_stores=2,
        missing_share=0,
        launch_share=0,
        end_share=0,
        random_state=0,
    )
    return X[[*KEYS, "date"]], y


def split_at(X, y, day):
    past = ((X["date"] - X["date"].min()).dt.days < day).to_numpy()
    return X[past], y[past], X[~past], y[~past]


def model(regressor, **options):
    cv = PanelTimeSeriesSplit(5, test_size=7)
    return ConformalRegressor(regressor, cv=cv, series=KEYS, **options)


def test_without_a_fit_before_it_is_a_fit(panel):
    X, y = panel
    expected = model(ThetaRegressor()).fit(X, y).predict_interval(X)
    found = model(ThetaRegressor()).partial_fit(X, y).predict_interval(X)
    np.testing.assert_array_equal(found, expected)


def test_errors_of_newer_sales_join_the_others(panel):
    X, y, X_new, y_new = split_at(*panel, 93)
    fitted = model(Constant(10), scale=None, adaptation=0).fit(X, y)
    before, pool = fitted.n_errors_, fitted._pool.values
    fitted.partial_fit(X_new, y_new.where(X_new["store"] == 0))
    new = (y_new[X_new["store"] == 0] - 10).to_numpy()
    assert fitted.n_errors_ == before + len(new)
    np.testing.assert_array_equal(
        fitted._pool.values, np.sort(np.concatenate([pool, new]))
    )
    assert fitted.level_ == pytest.approx(0.1)


def test_rows_that_are_known_already_tell_nothing(panel):
    X, y, _, _ = split_at(*panel, 93)
    fitted = model(Constant(10)).fit(X, y)
    expected, n = fitted.predict_interval(X), fitted.n_errors_
    fitted.partial_fit(X[-20:], y[-20:])
    assert fitted.n_errors_ == n
    np.testing.assert_array_equal(fitted.predict_interval(X), expected)


def test_level_falls_by_misses_and_rises_by_hits(panel):
    X, y, X_new, _ = split_at(*panel, 99)
    base = model(Constant(10), adaptation=0.05).fit(X, y)
    intervals = base.predict_interval(X_new)
    for sales, level in (
        (intervals.mean(axis=1), 0.1 + 0.05 * 0.1),
        (intervals[:, 1] + 1, 0.1 - 0.05 * 0.9),
    ):
        fitted = clone(base).fit(X, y).partial_fit(X_new, sales)
        assert fitted.level_ == pytest.approx(level)
    wider = fitted.predict_interval(X_new)
    assert (np.diff(wider) > np.diff(intervals)).all()
    # other shares and the quantiles follow
    np.testing.assert_allclose(fitted.predict_quantiles(X_new, [0.05, 0.95]), wider)
    assert (
        np.diff(fitted.predict_interval(X_new, 0.5))
        >= np.diff(base.predict_interval(X_new, 0.5))
    ).all()


def test_one_call_is_as_good_as_one_for_each_time(panel):
    X, y, X_new, y_new = split_at(*panel, 93)
    whole = model(Constant(10), adaptation=0).fit(X, y)
    parts = clone(whole).fit(X, y)
    whole.partial_fit(X_new, y_new)
    for day in X_new["date"].unique():
        here = X_new["date"] == day
        parts.partial_fit(X_new[here], y_new[here])
    assert parts.n_errors_ == whole.n_errors_


# the level falls until it asks for larger errors than were seen
@pytest.mark.filterwarnings("ignore:The quantile:UserWarning")
def test_adaptation_reaches_its_goal_where_sales_change():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=400)
    X = pd.DataFrame({"date": days})
    y = rng.normal(size=400) * np.where(np.arange(400) < 150, 1, 4)
    misses = {}
    for rate in (0.0, 0.05):
        fitted = ConformalRegressor(
            Constant(0),
            cv=PanelTimeSeriesSplit(5, test_size=20),
            scale=None,
            by=None,
            coverage=0.8,
            adaptation=rate,
        ).fit(X[:150], y[:150])
        missed = []
        for row in range(150, 400):
            ((low, high),) = fitted.predict_interval(X[row : row + 1])
            missed.append(not low <= y[row] <= high)
            fitted.partial_fit(X[row : row + 1], y[row : row + 1])
        misses[rate] = np.mean(missed)
    # the errors that join the pool widen intervals as well, but slowly
    assert misses[0.05] < misses[0.0] - 0.03
    assert misses[0.05] == pytest.approx(0.2, abs=0.06)


def test_a_regressor_that_takes_newer_sales_forecasts_from_them(panel):
    X, y, X_new, y_new = split_at(*panel, 93)
    soon = ((X_new["date"] - X["date"].max()).dt.days <= 3).to_numpy()
    fitted = model(Latest(), adaptation=0).fit(X, y)
    fitted.partial_fit(X_new[soon], y_new[soon])
    later = X_new[~soon]
    rows = fitted.panel_.locate(fitted._read(later)[0])
    assert fitted.panel_.origins(rows)[1].min() == 1
    last = pd.concat([X_new[soon], y_new[soon]], axis=1).groupby(KEYS).last()["units"]
    expected = last.reindex(pd.MultiIndex.from_frame(later[KEYS])).to_numpy()
    np.testing.assert_array_equal(fitted.predict(later), expected)
    bounds = fitted.predict_quantiles(later, [0.1, 0.9])
    assert (bounds[:, 0] <= expected).all()
    assert (expected <= bounds[:, 1]).all()


def test_new_series_leave_the_intervals_of_the_others(panel):
    X, y, X_new, _ = split_at(*panel, 93)
    fitted = model(Latest(), adaptation=0, by=["step", "series"]).fit(X, y)
    expected = fitted.predict_interval(X_new)
    # they sort before all others, so that each of those has another number
    new = X[X["date"] > X["date"].max() - pd.Timedelta(days=5)].assign(
        store=lambda d: -1 - d["store"]
    )
    fitted.partial_fit(new, np.full(len(new), 5.0))
    np.testing.assert_allclose(fitted.predict_interval(X_new), expected)
    assert fitted.predict_interval(new.tail(1)).shape == (1, 2)


MESSAGES = [
    (
        lambda m, X: m.predict_interval(X, 1.0),
        "coverage must be a number between 0 and 1; got coverage=1.0.",
    ),
    (
        lambda m, X: m.predict_quantiles(X, [0.1, 1.2]),
        "q must be a number between 0 and 1 or a list of them; got q=[0.1, 1.2].",
    ),
    (
        lambda m, X: clone(m).set_params(by=["store"]).fit(X, np.ones(len(X))),
        "by=['store'] must be 'step', 'series', both in a list, or None.",
    ),
    (
        lambda m, X: (
            clone(m)
            .set_params(cv=[(np.arange(50), np.arange(600 - 7, 600 - 4))])
            .fit(X, np.r_[np.ones(len(X) - 10), np.full(10, np.nan)])
        ),
        "cv=[(array([",
    ),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_errors_say_what_to_do(panel, call, message):
    X, y = panel
    fitted = model(Constant(10)).fit(X, y)
    with pytest.raises(ValueError) as caught:
        call(fitted, X)
    assert str(caught.value).startswith(message)


def test_levels_with_too_few_errors_are_warned_of():
    X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=30)})
    y = np.random.default_rng(0).normal(size=30)
    fitted = ConformalRegressor(
        Constant(0), cv=PanelTimeSeriesSplit(2, test_size=9), scale=None, by=None
    ).fit(X, y)
    with pytest.warns(UserWarning, match="The quantile") as caught:
        (bounds,) = fitted.predict_interval(X[:1])
    assert [str(w.message) for w in caught] == [
        "The quantile(s) 0.05, 0.95 need more errors than the folds have for some "
        "step; the largest error seen stands in. Give cv= more folds or longer test "
        "sets."
    ]
    assert bounds.tolist() == [y[12:].min(), y[12:].max()]
    assert np.isfinite(fitted.predict_interval(X, 0.8)).all()
