# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""ThetaRegressor: laws, a slow reference, and another library."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from statsmodels.tsa.api import SimpleExpSmoothing
from statsmodels.tsa.forecasting.theta import ThetaModel

from sklearn_sales.exponential_smoothing import (
    ThetaRegressor,
    _seasonal_indices,
    _theta_kernels,
)
from sklearn_sales.exponential_smoothing._theta_kernels import fit_theta


def single(values, start="2021-01-04"):
    dates = pd.date_range(start, periods=len(values))
    return pd.DataFrame({"date": dates}), np.asarray(values, dtype=float)


def future(X, horizon):
    start = X["date"].max() + pd.Timedelta(days=1)
    return pd.DataFrame({"date": pd.date_range(start, periods=horizon)})


def walk(seed, n=120, drift=0.3):
    rng = np.random.default_rng(seed)
    return 50 + np.cumsum(rng.normal(drift, 1, n)) + rng.normal(0, 2, n)


def slow_errors(values, alpha, initial, weight):
    """One-step errors of a theta model, one time after the other."""
    seen = ~np.isnan(values)
    times = np.arange(1, len(values) + 1)
    slope, intercept = np.polyfit(times[seen], values[seen], 1)
    level, smooth, errors = initial, 0.0, []
    for t, value in zip(times, values, strict=True):
        lag = intercept + slope * t - smooth
        if not np.isnan(value):
            errors.append(value - level - weight * lag)
            level += alpha * (value - level)
            smooth += alpha * lag
    return np.array(errors)


@pytest.mark.parametrize("theta", [2.0, None])
@pytest.mark.parametrize("gaps", [False, True])
def test_least_squares_equals_a_slow_numerical_search(theta, gaps):
    values = walk(1)
    if gaps:
        values[[5, 6, 40, 90]] = np.nan
    fit, fitted = fit_theta(values[:, None], np.array([len(values)]), theta)

    def loss(parameters):
        alpha, initial = parameters[:2]
        weight = 0.5 if theta else parameters[2]
        return np.sum(slow_errors(values, alpha, initial, weight) ** 2)

    best = min(
        (
            minimize(
                loss,
                (alpha, values[0], 0.5),
                bounds=[(0.01, 0.99), (None, None), (0, 1)],
            )
            for alpha in (0.1, 0.4, 0.8)
        ),
        key=lambda found: found.fun,
    )
    n_seen = np.sum(~np.isnan(values))
    assert fit.sigma[0] == pytest.approx(np.sqrt(best.fun / n_seen), rel=1e-4)
    assert fit.alpha[0] == pytest.approx(best.x[0], abs=0.01)
    errors = values - fitted[:, 0]
    assert np.nanmean(errors**2) == pytest.approx(fit.sigma[0] ** 2)


@pytest.mark.parametrize("seed", range(5))
def test_theta_one_equals_the_exponential_smoothing_of_statsmodels(seed):
    values = walk(seed)
    X, y = single(values)
    ours = ThetaRegressor(season=None, theta=1.0).fit(X, y)
    theirs = SimpleExpSmoothing(values, initialization_method="estimated").fit()
    assert ours.sigma_[0] == pytest.approx(np.sqrt(theirs.sse / len(values)), rel=1e-4)
    assert ours.alpha_[0] == pytest.approx(theirs.params["smoothing_level"], abs=0.01)
    np.testing.assert_allclose(
        ours.predict(future(X, 3)), theirs.forecast(3), atol=0.02 * ours.sigma_[0]
    )


@pytest.mark.parametrize("seed", range(5))
def test_classical_theta_is_near_that_of_statsmodels(seed):
    values = walk(seed)
    X, y = single(values)
    ours = ThetaRegressor(season=None, theta=2.0).fit(X, y)
    theirs = ThetaModel(values, period=1, deseasonalize=False).fit()
    expected = np.asarray(theirs.forecast(12, theta=2))
    forecasts = ours.predict(future(X, 12))
    # theirs takes the alpha of simple exponential smoothing, ours that of the model
    np.testing.assert_allclose(forecasts, expected, atol=0.3 * ours.sigma_[0])
    # the growth does not depend on it
    np.testing.assert_allclose(np.diff(forecasts), np.diff(expected), rtol=1e-6)


def smoothed(values, alpha, initial):
    """Simple exponential smoothing: the level before each value, and after the last."""
    levels = [initial]
    for value in values:
        levels.append(alpha * value + (1 - alpha) * levels[-1])
    return np.array(levels)


def theta_lines(values, alpha, initial, theta, horizon=1):
    """The theta method as it is told, with two theta lines: fits and forecasts.

    One line is the straight line through the series (theta = 0), the other bends its
    curvature by theta and is smoothed; the forecast is their mean with weights that
    give the series back.
    """
    n = len(values)
    times = np.arange(1.0, n + horizon + 1)
    slope, intercept = np.polyfit(times[:n], values, 1)
    straight = intercept + slope * times
    bent = theta * values + (1 - theta) * straight[:n]
    levels = smoothed(bent, alpha, theta * initial)
    levels = np.append(levels, np.full(horizon - 1, levels[-1]))
    answers = levels / theta + (1 - 1 / theta) * straight
    return answers[:n], answers[n:]


@pytest.mark.parametrize("theta", [2.0, "optimized"])
@pytest.mark.parametrize("seed", [0, 3, 4])
def test_forecasts_equal_those_of_two_theta_lines(theta, seed):
    values = walk(seed, n=80)

    def unpack(parameters):
        alpha, initial, theta_ = parameters
        return np.clip(alpha, 0.01, 0.99), initial, max(theta_, 1.0)

    def loss(parameters):
        if theta != "optimized":
            parameters = [*parameters[:2], theta]
        fitted, _ = theta_lines(values, *unpack(parameters))
        return np.sum((values - fitted) ** 2)

    found = [
        minimize(
            loss,
            (alpha, values[0], start),
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 1500, "maxfev": 1500},
        )
        for alpha, start in [(0.2, 1.5), (0.6, 3.0)]
    ]
    best = unpack(min(found, key=lambda one: one.fun).x)
    best = best if theta == "optimized" else (*best[:2], theta)
    _, expected = theta_lines(values, *best, horizon=10)
    X, y = single(values)
    ours = ThetaRegressor(season=None, theta=theta).fit(X, y)
    assert ours.alpha_[0] == pytest.approx(best[0], abs=0.01)
    np.testing.assert_allclose(
        ours.predict(future(X, 10)), expected, atol=0.01 * ours.sigma_[0]
    )


def test_sums_without_gaps_equal_those_of_the_slow_path():
    rng = np.random.default_rng(0)
    values = 50 + np.cumsum(rng.normal(0.1, 1, (60, 7)), axis=0)
    lengths = np.array([60, 60, 59, 50, 41, 30, 2])
    values[np.arange(60)[:, None] >= lengths] = np.nan
    line = (*_theta_kernels.straight_line(values), values[0])
    alpha = np.linspace(0.01, 0.99, 5)[:, None] + np.zeros(7)
    quick = _theta_kernels._error_sums_without_gaps(values, lengths, line, alpha)
    slow = _theta_kernels._error_sums(values, lengths, line, alpha)
    np.testing.assert_allclose(quick, slow, rtol=1e-8)


def test_a_straight_line_is_continued_by_its_whole_slope_or_half():
    X, y = single(np.arange(60.0) + 10)
    whole = ThetaRegressor(season=None, theta="optimized").fit(X, y)
    np.testing.assert_allclose(
        whole.predict(future(X, 5)), 70 + np.arange(5), rtol=1e-6
    )
    assert whole.sigma_[0] == pytest.approx(0, abs=1e-6)


def test_damping_slows_growth_step_by_step():
    X, y = single(np.arange(60.0) + 10)
    model = ThetaRegressor(season=None, theta="optimized", damping=0.5).fit(X, y)
    growth = np.diff(np.append(69, model.predict(future(X, 4))))
    np.testing.assert_allclose(growth, [0.5, 0.25, 0.125, 0.0625], rtol=1e-5)


def test_theta_one_is_simple_exponential_smoothing():
    X, y = single(walk(3))
    forecasts = ThetaRegressor(season=None, theta=1.0).fit(X, y).predict(future(X, 9))
    np.testing.assert_allclose(forecasts, forecasts[0])


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.01, 1000), seed=st.integers(0, 100))
def test_scaling_sales_scales_forecasts(scale, seed):
    rng = np.random.default_rng(seed)
    X, y = single(rng.poisson(20, 70) + 1.0)
    model = ThetaRegressor(theta="optimized")
    mean, std = model.fit(X, y).predict(future(X, 9), return_std=True)
    scaled, scaled_std = model.fit(X, scale * y).predict(future(X, 9), return_std=True)
    np.testing.assert_allclose(scaled, scale * mean, rtol=1e-6)
    np.testing.assert_allclose(scaled_std, scale * std, rtol=1e-6)


def panel(seed=0, n_series=6, n_days=100):
    """Ragged series with a weekly season, gaps and shuffled rows."""
    rng = np.random.default_rng(seed)
    weekday = np.array([1, 1, 1, 1, 1.5, 2, 0.5])
    parts = []
    for item in range(n_series):
        first, last = rng.integers(0, 20), n_days - rng.integers(0, 20)
        days = np.arange(first, last)
        level = 10.0 * (item + 1)
        sales = rng.poisson(level * weekday[days % 7]).astype(float)
        dates = pd.Timestamp("2021-01-04") + pd.to_timedelta(days, unit="D")
        frame = pd.DataFrame({"item": item, "date": dates, "sales": sales})
        parts.append(frame[rng.random(len(frame)) > 0.05])
    frame = pd.concat(parts).sample(frac=1, random_state=seed)
    return frame[["item", "date"]], frame["sales"].to_numpy()


def panel_future(X, horizon=14):
    days = pd.date_range("2021-01-04", periods=120 + horizon)
    last = X.groupby("item")["date"].max()
    parts = [
        pd.DataFrame({"item": item, "date": days[days > end][:horizon]})
        for item, end in last.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_without_a_season_each_series_equals_its_own_fit():
    X, y = panel()
    together = ThetaRegressor(season=None, series="item").fit(X, y)
    ahead = panel_future(X)
    for item in X["item"].unique():
        own, rows = (X["item"] == item).to_numpy(), ahead["item"] == item
        alone = ThetaRegressor(season=None, series="item").fit(X[own], y[own])
        np.testing.assert_allclose(
            together.predict(ahead[rows]), alone.predict(ahead[rows]), rtol=1e-9
        )
        np.testing.assert_allclose(
            together.predict(X[own]), alone.predict(X[own]), rtol=1e-9
        )


def test_order_of_rows_and_other_rows_do_not_matter():
    X, y = panel()
    model = ThetaRegressor(series="item").fit(X, y)
    rows = pd.concat([X, panel_future(X)], ignore_index=True)
    answers = model.predict(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(model.predict(rows.iloc[order]), answers[order])
    np.testing.assert_array_equal(model.predict(rows[::7]), answers[::7])
    again = ThetaRegressor(series="item").fit(X[::-1], y[::-1])
    np.testing.assert_allclose(again.predict(rows), answers, rtol=1e-9)


def test_rows_of_the_span_are_answered_by_earlier_sales_alone():
    X, y = single(walk(2, n=60))
    model = ThetaRegressor(season=None).fit(X, y)
    fitted = model.predict(X)
    # with the parameters held, the slow loop reads nothing after a row
    slope, intercept = np.polyfit(np.arange(1, 61), y, 1)
    initial = fitted[0] - 0.5 * (intercept + slope)
    errors = slow_errors(y, model.alpha_[0], initial, 0.5)
    np.testing.assert_allclose(y - fitted, errors, atol=1e-8)


def test_a_weekly_season_is_recovered_and_shared():
    X, y = panel(n_series=20, n_days=140)
    model = ThetaRegressor(series="item").fit(X, y)
    assert model.season_ == (7,)
    weekday = np.array([1, 1, 1, 1, 1.5, 2, 0.5])
    indices = model.seasonal_indices_[0]
    # position 0 is the first training day
    shift = X["date"].min().weekday()
    expected = np.roll(weekday / weekday.mean(), -shift)
    np.testing.assert_allclose(indices.mean(axis=0), expected, atol=0.05)
    # shrunk towards each other: closer than the noise of a series of its own
    assert np.abs(indices - indices.mean(axis=0)).max() < 0.1


def test_noise_has_no_season():
    rng = np.random.default_rng(5)
    X, y = single(rng.normal(100, 10, 210))
    indices = ThetaRegressor(season=7).fit(X, y).seasonal_indices_[0]
    assert np.abs(indices - 1).max() < 0.03


def test_closed_days_are_forecast_as_closed():
    pattern = [30.0, 31, 29, 30, 32, 45, 0]
    X, y = single(np.tile(pattern, 12))
    forecasts = ThetaRegressor().fit(X, y).predict(future(X, 7))
    np.testing.assert_allclose(forecasts, pattern, rtol=0.02, atol=1e-6)


def test_series_of_both_signs_are_not_adjusted():
    X, y = single(np.tile([-5.0, 5, -5, 5, -5, 5, 0], 12))
    model = ThetaRegressor().fit(X, y)
    np.testing.assert_array_equal(model.seasonal_indices_[0], np.ones((1, 7)))
    assert (model.predict(future(X, 3)) < 1).all()


def test_clip_follows_the_training_sales():
    X, y = single(np.linspace(50, 1, 60))
    down = {"season": None, "theta": "optimized"}
    assert ThetaRegressor(**down).fit(X, y).predict(future(X, 60)).min() == 0.0
    free = ThetaRegressor(clip=False, **down).fit(X, y)
    assert free.predict(future(X, 60)).min() < -40


@pytest.mark.parametrize("values", [[5.0], [3.0, 4.0], [7.0] * 30, [0.0] * 30])
def test_short_and_constant_series_get_a_finite_answer(values):
    X, y = single(values)
    mean, std = ThetaRegressor().fit(X, y).predict(future(X, 10_000), return_std=True)
    assert np.isfinite(mean).all()
    assert np.isfinite(std).all()
    if len(set(values)) == 1:
        np.testing.assert_allclose(mean, values[0])


def test_new_series_are_answered_from_the_mean_with_one_warning():
    X, y = panel()
    model = ThetaRegressor(series="item").fit(X, y)
    rows = pd.DataFrame({"item": 99, "date": pd.date_range("2021-05-01", periods=3)})
    with pytest.warns(UserWarning, match="series without sales in fit") as caught:
        answers = model.predict(rows)
    assert len(caught) == 1
    assert (answers > 0).all()


def test_uncertainty_grows_with_the_step():
    X, y = single(walk(4))
    _, std = (
        ThetaRegressor(season=None).fit(X, y).predict(future(X, 9), return_std=True)
    )
    assert (np.diff(std) > 0).all()


@pytest.mark.parametrize("season", [[7, 1], [3.5], [[7]]])
def test_bad_season(season):
    X, y = single(walk(0))
    message = f"season={season!r} must be a whole number of time steps >= 2"
    if season == [[7]]:
        message = f"season={season!r} must be a whole number"
    with pytest.raises(ValueError, match=re.escape(message)):
        ThetaRegressor(season=season).fit(X, y)


@pytest.mark.parametrize("n_times", [90, 104, 130])
def test_seasons_are_learned_from_both_ends_of_a_history(n_times, monkeypatch):
    rng = np.random.default_rng(0)
    season = np.exp(0.4 * rng.normal(size=52))
    season /= season.mean()
    levels = rng.uniform(50, 500, 20)
    times = np.arange(n_times)
    y = levels[:, None] * (1 + 0.002 * times) * season[times % 52]
    y *= np.exp(0.05 * rng.normal(size=y.shape))
    dates = pd.date_range("2020-01-03", periods=n_times, freq="W-FRI")
    X = pd.DataFrame({"item": np.repeat(np.arange(20), n_times), "date": [*dates] * 20})

    def error():
        model = ThetaRegressor(52, series="item").fit(X, y.ravel())
        return np.abs(model.seasonal_indices_[0] - season).mean()

    learned = error()
    monkeypatch.setattr(_seasonal_indices, "_ROUNDS", 0)
    centred_only = error()
    assert learned < 0.06
    assert learned < 0.9 * centred_only
