# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Intervals cover what they promise, and know nothing that comes later."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, RegressorMixin, clone

from sklearn_sales import (
    ARRegressor,
    ConformalRegressor,
    PanelTimeSeriesSplit,
    ThetaRegressor,
    coverage,
    make_sales_panel,
)
from tests.plain_forecasters import Constant

KEYS = ["store", "product"]
CV = PanelTimeSeriesSplit(4, test_size=7)


class OwnQuantiles(RegressorMixin, BaseEstimator):
    """Zero, with quantiles as far away as the second column says."""

    def __init__(self, quantiles=(0.1, 0.9)):
        self.quantiles = quantiles

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def predict_quantiles(self, X):
        width = np.asarray(X, dtype=float)[:, 1]
        return np.column_stack([-width, 2 * width])


class Memory(RegressorMixin, BaseEstimator):
    """The sales of a row that it was fitted on; zero for others."""

    def fit(self, X, y):
        self.seen_ = dict(zip(map(tuple, np.asarray(X)), y, strict=True))
        return self

    def predict(self, X):
        return np.array([self.seen_.get(tuple(row), 0.0) for row in np.asarray(X)])


def daily(n_series, n_times, draw):
    """A panel of plain numbers: (X, y), X an array of series and time."""
    codes, times = np.divmod(np.arange(n_series * n_times), n_times)
    return np.column_stack([codes, times]).astype(float), draw(len(codes))


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(
        n_series=8, n_periods=120, n_stores=2, missing_share=0.05, random_state=0
    )
    return X[[*KEYS, "date", "price"]], y


@pytest.fixture(scope="module")
def fitted(panel):
    X, y = panel
    past = past_of(X)
    return ConformalRegressor(ThetaRegressor(), cv=CV, series=KEYS).fit(
        X[past], y[past]
    )


def past_of(X):
    return (X["date"] < X["date"].max() - pd.Timedelta(days=13)).to_numpy()


@pytest.mark.parametrize("share", [0.8, 0.9])
@pytest.mark.parametrize(
    "settings", [{"scale": None, "by": None}, {"scale": None}, {}, {"scale": "level"}]
)
def test_exchangeable_sales_are_covered_as_promised(share, settings):
    rng = np.random.default_rng(1)
    X, y = daily(400, 24, lambda n: rng.gamma(2, 3, n))
    past = X[:, 1] < 20
    model = ConformalRegressor(
        Constant(5),
        cv=PanelTimeSeriesSplit(4, test_size=4),
        series=0,
        time=1,
        **settings,
    ).fit(X[past], y[past])
    intervals = model.predict_interval(X[~past], share)
    hits = np.count_nonzero(
        (intervals[:, 0] <= y[~past]) & (y[~past] <= intervals[:, 1])
    )
    # the errors that bounds are made of vary as well, about half as much
    assert binomtest(hits, len(intervals), share).pvalue > 0.001


def test_slow_and_fast_series_have_intervals_of_their_size():
    rng = np.random.default_rng(0)
    size = np.repeat(np.geomspace(1, 1000, 200), 40)
    X, y = daily(200, 40, lambda n: size * (3 + rng.normal(size=n)))
    past = X[:, 1] < 30
    base = ConformalRegressor(
        ARRegressor(1), cv=PanelTimeSeriesSplit(5, test_size=2), series=0, time=1
    )
    halves = (X[:, 0] < 100)[~past], (X[:, 0] >= 100)[~past]
    learned, none = (
        clone(base).set_params(scale=scale, pooling=None).fit(X[past], y[past])
        for scale in ("learned", "level")
    )
    for model in (learned, none):
        intervals = model.predict_interval(X[~past])
        for half in halves:
            assert 0.86 < coverage(y[~past][half], intervals[half]) < 0.94


def test_series_of_larger_errors_have_wider_intervals():
    rng = np.random.default_rng(0)
    wild = np.repeat(np.tile([1.0, 5.0], 20), 60)
    X, y = daily(40, 60, lambda n: 30 + wild * rng.normal(size=n))
    past = X[:, 1] < 50
    widths = {}
    for pooling in (20.0, None):
        model = ConformalRegressor(
            Constant(30),
            cv=PanelTimeSeriesSplit(8, test_size=5),
            pooling=pooling,
            scale="level",
            series=0,
            time=1,
        ).fit(X[past], y[past])
        width = np.diff(model.predict_interval(X[~past]))[:, 0]
        wide = wild[~past] > 1
        widths[pooling] = width[wide].mean() / width[~wide].mean()
    assert widths[None] < 1.1
    assert 2 < widths[20.0] < 5


@settings(max_examples=30)
@given(st.sets(st.floats(0.01, 0.99), min_size=2, max_size=6))
def test_intervals_grow_with_coverage_and_quantiles_never_cross(fitted, panel, shares):
    X = panel[0].iloc[-40:]
    shares = sorted(shares)
    lower, upper = np.array([few(fitted.predict_interval, X, s) for s in shares]).T
    assert (np.diff(lower, axis=-1) <= 0).all()
    assert (np.diff(upper, axis=-1) >= 0).all()
    assert (np.diff(few(fitted.predict_quantiles, X, shares), axis=1) >= 0).all()


def few(method, X, levels):
    """The answer, whether or not it warns of few errors."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The quantile")
        return method(X, levels)


def test_interval_is_two_quantiles_and_quantiles_keep_their_order(fitted, panel):
    X = panel[0].iloc[-40:]
    intervals = fitted.predict_interval(X, 0.8)
    quantiles = fitted.predict_quantiles(X, [0.9, 0.5, 0.1, 0.5])
    np.testing.assert_allclose(quantiles[:, [2, 0]], intervals)
    np.testing.assert_array_equal(quantiles[:, 1], quantiles[:, 3])
    np.testing.assert_array_equal(
        fitted.predict_interval(X), fitted.predict_interval(X, 0.9)
    )
    assert fitted.predict_quantiles(X, 0.3).shape == (40, 1)


def test_forecasts_are_those_of_the_regressor(fitted, panel):
    X, y = panel
    past = past_of(X)
    alone = ThetaRegressor(series=KEYS).fit(X[past], y[past])
    np.testing.assert_array_equal(fitted.predict(X), alone.predict(X))


def slow_interval(X, y, folds, value, share):
    """Plain split conformal prediction by a loop."""
    errors = []
    for _, test in folds:
        errors += [y[row] - value for row in test if not np.isnan(y[row])]
    errors.sort()
    n = len(errors)
    low = int(np.floor((n + 1) * (1 - share) / 2 + 1e-9))
    high = int(np.ceil((n + 1) * (1 + share) / 2 - 1e-9))
    return value + errors[low - 1], value + errors[high - 1]


def test_plain_intervals_are_those_of_a_slow_loop():
    rng = np.random.default_rng(0)
    X, y = daily(3, 40, lambda n: rng.normal(size=n))
    y[[3, 38, 77]] = np.nan
    split = PanelTimeSeriesSplit(4, test_size=5, series=0, time=1)
    model = ConformalRegressor(
        Constant(0.5), cv=split, by=None, scale=None, series=0, time=1
    ).fit(X, y)
    assert model.n_errors_ == np.count_nonzero(~np.isnan(y[X[:, 1] >= 20]))
    folds = list(split.split(X))
    for share in (0.5, 0.8, 0.93):
        expected = slow_interval(X, y, folds, 0.5, share)
        found = model.predict_interval([[1.0, 41.0]], share)
        np.testing.assert_allclose(found[0], expected)


def test_order_of_rows_and_unit_of_sales_do_not_matter(fitted, panel):
    X, y = panel
    past = past_of(X)
    expected = fitted.predict_quantiles(X, [0.1, 0.5, 0.8])
    order = np.random.default_rng(0).permutation(np.flatnonzero(past))
    mixed = clone(fitted).fit(X.iloc[order], y.iloc[order])
    np.testing.assert_allclose(
        mixed.predict_quantiles(X, [0.1, 0.5, 0.8]), expected, rtol=1e-6
    )
    large = clone(fitted).fit(X[past], 64 * y[past])
    np.testing.assert_allclose(
        large.predict_quantiles(X, [0.1, 0.5, 0.8]), 64 * expected, rtol=1e-5
    )


def test_jobs_change_nothing(fitted, panel):
    X, y = panel
    past = past_of(X)
    parallel = clone(fitted).set_params(n_jobs=2).fit(X[past], y[past])
    np.testing.assert_array_equal(
        parallel.predict_interval(X), fitted.predict_interval(X)
    )


def test_errors_are_of_rows_that_were_not_trained_on():
    rng = np.random.default_rng(0)
    X, y = daily(3, 40, lambda n: rng.uniform(1, 2, n))
    model = ConformalRegressor(
        Memory(), cv=PanelTimeSeriesSplit(4, test_size=5), scale=None, series=0, time=1
    ).fit(X, y)
    # a regressor that had seen the rows would make no error
    np.testing.assert_array_equal(model._pool.values, np.sort(y[X[:, 1] >= 20]))


@pytest.mark.parametrize("regressor", [ARRegressor([1, 7]), ThetaRegressor()])
def test_later_sales_move_no_error_of_earlier_folds(panel, regressor):
    X, y = panel
    first = X["date"].min()
    days = (X["date"] - first).dt.days
    train, test = np.flatnonzero(days < 60), np.flatnonzero((days >= 60) & (days < 74))
    changed = y.where(days < 74, 1000 + 3 * y)
    here, there = (
        ConformalRegressor(regressor, cv=[(train, test)], series=KEYS).fit(X, target)
        for target in (y, changed)
    )
    np.testing.assert_allclose(here._pool.values, there._pool.values, rtol=1e-9)
    # what lies before them does move them
    early = ConformalRegressor(regressor, cv=[(train, test)], series=KEYS)
    early.fit(X, y.where(days != 59, 1000.0))
    assert not np.allclose(early._pool.values, here._pool.values)


def test_future_rows_do_not_touch_each_other(fitted, panel):
    X = panel[0].iloc[-40:]
    whole = fitted.predict_quantiles(X, [0.1, 0.9])
    for row in (0, 17, 39):
        alone = fitted.predict_quantiles(X.iloc[[row]], [0.1, 0.9])
        np.testing.assert_allclose(alone[0], whole[row], rtol=1e-9)


def test_quantiles_of_the_regressor_tell_the_sizes():
    rng = np.random.default_rng(0)
    X, y = daily(1, 3000, lambda n: np.zeros(n))
    width = rng.choice([1.0, 10.0], 3000)
    y = width * np.where(rng.random(3000) < 0.5, -1, 2) * rng.exponential(size=3000)
    X = np.column_stack([X[:, 1], width])
    past = np.arange(3000) < 2500
    model = ConformalRegressor(
        OwnQuantiles(), cv=PanelTimeSeriesSplit(4, test_size=500), by=None, coverage=0.8
    ).fit(X[past], y[past])
    intervals = model.predict_interval(X[~past])
    for size in (1.0, 10.0):
        rows = width[~past] == size
        assert 0.74 < coverage(y[~past][rows], intervals[rows]) < 0.86
    # one size below and another above
    assert 1.5 < np.abs(intervals[:, 1] / intervals[:, 0]).mean() < 2.5


def test_deviations_of_the_regressor_tell_the_sizes(panel):
    X, y = panel
    past = past_of(X)
    model = ConformalRegressor(
        ARRegressor([1, 7]), cv=CV, by=None, scale=None, clip=False, series=KEYS
    ).fit(X[past], y[past])
    _, std = model.regressor_.predict(X[~past], return_std=True)
    width = np.diff(model.predict_interval(X[~past]))[:, 0]
    np.testing.assert_allclose(width / std, (width / std)[0])


def test_rows_without_deviation_are_answered_whatever_else_is_asked():
    X, y = daily(3, 40, lambda n: np.random.default_rng(0).gamma(3, 2, n))
    y[X[:, 0] == 1] = 0.0
    for scale in (None, "learned", "level"):
        model = ConformalRegressor(
            ThetaRegressor(),
            cv=PanelTimeSeriesSplit(4, test_size=5),
            scale=scale,
            series=0,
            time=1,
        ).fit(X, y)
        ahead = np.array([[0.0, 41.0], [1.0, 41.0], [2.0, 43.0]])
        whole = model.predict_interval(ahead, 0.6)
        for row in range(3):
            alone = model.predict_interval(ahead[[row]], 0.6)
            np.testing.assert_array_equal(alone[0], whole[row])


def test_bounds_of_sales_are_not_negative(panel):
    X, y = panel
    past = past_of(X)
    for shift, floor in ((0.0, 0.0), (-30.0, -np.inf)):
        model = ConformalRegressor(Constant(1.0), cv=CV, series=KEYS)
        model.fit(X[past], y[past] + shift)
        assert model.predict_interval(X).min() >= floor
    assert model.predict_interval(X).min() < 0
    model.set_params(clip=True).fit(X[past], y[past] - 30.0)
    assert model.predict_interval(X).min() == 0


def test_steps_further_ahead_are_less_sure():
    rng = np.random.default_rng(0)
    X, y = daily(300, 60, lambda n: rng.normal(size=n))
    y = y.reshape(300, 60).cumsum(axis=1).ravel()
    past = X[:, 1] < 50
    model = ConformalRegressor(
        ARRegressor(1, clip=False),
        cv=PanelTimeSeriesSplit(3, test_size=8),
        scale=None,
        series=0,
        time=1,
    )
    # without the deviations that the regressor tells
    model.set_params(regressor=LastValue())
    model.fit(X[past], y[past])
    ahead = np.column_stack([np.zeros(8), np.arange(50.0, 58.0)])
    width = np.diff(model.predict_interval(ahead, 0.8))[:, 0]
    expected = 2 * 1.2816 * np.sqrt(np.arange(1, 9))
    np.testing.assert_allclose(width, expected, rtol=0.12)


class LastValue(RegressorMixin, BaseEstimator):
    """The last value of each series; X is an array of series and time."""

    def fit(self, X, y):
        order = np.lexsort((X[:, 1], X[:, 0]))
        keys, first = np.unique(X[order, 0][::-1], return_index=True)
        self.last_ = dict(zip(keys, y[order][::-1][first], strict=True))
        return self

    def predict(self, X):
        return np.array([self.last_[key] for key in X[:, 0]])


def test_a_perfect_past_gives_intervals_of_no_width():
    X, y = daily(2, 30, lambda n: np.full(n, 4.0))
    model = ConformalRegressor(Constant(4.0), series=0, time=1).fit(X, y)
    np.testing.assert_array_equal(model.predict_interval([[0.0, 31.0]], 0.5), [[4, 4]])


def test_new_series_are_answered_with_one_warning(fitted, panel):
    X = panel[0].iloc[-3:].assign(store=99)
    with pytest.warns(UserWarning, match="without sales in fit") as caught:
        intervals = fitted.predict_interval(X)
    assert len(caught) == 1
    assert np.isfinite(intervals).all()
    assert (intervals[:, 0] < intervals[:, 1]).all()
