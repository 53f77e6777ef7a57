# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""FoundationRegressor with the weights of fracast: laws, and the library itself."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from fracast import FracastModel
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_sales import (
    FoundationRegressor,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    check_no_leakage,
    compact,
    load,
    neg_wape_scorer,
    observe,
    save,
)
from sklearn_sales.neural_network import _foundation_models

KEYS = {"series": "item", "time": "date", "freq": "D"}
START = pd.Timestamp("2024-01-01")


@pytest.fixture(scope="module")
def fracast():
    return FracastModel.from_pretrained(weights="fp32")


def panel(*series):
    """Rows of series, each of which begins at the same day."""
    parts = [
        pd.DataFrame(
            {"item": i, "date": pd.date_range(START, periods=len(sales)), "y": sales}
        )
        for i, sales in enumerate(series)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[["item", "date"]], table["y"].to_numpy(dtype=float).copy()


def ahead(X, horizon):
    last = X.groupby("item")["date"].max()
    parts = [
        pd.DataFrame(
            {"item": i, "date": pd.date_range(d, periods=horizon + 1, freq="D")[1:]}
        )
        for i, d in last.items()
    ]
    return pd.concat(parts, ignore_index=True)


def sales(seed, n, level=20.0):
    rng = np.random.default_rng(seed)
    week = np.array([0.6, 0.8, 0.9, 1.0, 1.2, 1.6, 0.9])
    return rng.poisson(level * np.tile(week, -(-n // 7))[:n]).astype(float)


def plain(**params):
    return FoundationRegressor(**{"season_difference": False, **KEYS, **params})


LEVELS = np.arange(1, 10) / 10


def test_series_of_different_lengths_equal_calling_the_library(fracast):
    series = [sales(0, 60), sales(1, 23), sales(2, 150)]
    X, y = panel(*series)
    model = plain().fit(X, y)
    found = model.predict_quantiles(ahead(X, 14), LEVELS).reshape(3, 14, 9)
    for own, forecasts in zip(series, found, strict=True):
        theirs = np.sort(fracast.forecast(own, horizon=14), axis=1)
        np.testing.assert_allclose(forecasts, np.maximum(theirs, 0), rtol=1e-4)
    np.testing.assert_array_equal(model.predict(ahead(X, 14)), found[..., 4].ravel())


@pytest.mark.parametrize("n_steps", [5, 12])
def test_seasonal_differences_equal_a_loop_over_the_library(fracast, n_steps):
    own = sales(3, 80)
    X, y = panel(own)
    model = FoundationRegressor(season_difference=True, season=7, clip=False, **KEYS)
    found = model.fit(X, y).predict(ahead(X, n_steps))
    changes = np.sort(fracast.forecast(own[7:] - own[:-7], horizon=n_steps), axis=1)
    path = list(own[-7:])
    for step, change in enumerate(changes[:, 4]):
        path.append(path[step] + change)
    np.testing.assert_allclose(found, path[7:], rtol=1e-4)


@pytest.mark.parametrize("horizon", [1, 6])
def test_rows_inside_the_span_are_forecast_from_their_origin(horizon):
    X, y = panel(sales(4, 30), sales(5, 40))
    model = plain(horizon=horizon).fit(X, y)
    asked = X.iloc[[25, 29, 50, 69]]
    _, rows = model._read(asked)
    origins, steps = model.panel_.origins(rows, horizon)
    assert steps.max() <= horizon
    for i, forecast in enumerate(model.predict(asked)):
        known = X["date"] <= START + pd.Timedelta(days=int(origins[i]))
        cut = plain(horizon=horizon).fit(X[known], y[known])
        np.testing.assert_allclose(cut.predict(asked.iloc[[i]]), forecast, rtol=1e-5)


def test_no_leakage():
    X, y = panel(sales(6, 60), sales(7, 60))
    model = FoundationRegressor(season_difference=True, horizon=5, **KEYS)
    check_no_leakage(model, X, y, series="item", time="date")


def test_missing_rows_are_gaps():
    own = sales(8, 60)
    X, y = panel(own)
    y[[10, 30, 31]] = np.nan
    found = plain().fit(X, y).predict(ahead(X, 5))
    seen = ~np.isnan(y)
    np.testing.assert_array_equal(
        plain().fit(X[seen], y[seen]).predict(ahead(X, 5)), found
    )
    assert np.any(found != plain().fit(X, own).predict(ahead(X, 5)))


@pytest.mark.parametrize("season", [1, 3])
def test_fewer_than_eight_points_are_answered_by_the_seasonal_naive(season):
    X, y = panel([3.0, 5, 4, 6, 2, 7, 9], sales(9, 30))
    future = ahead(X, 9).query("item == 0")
    model = FoundationRegressor(season=season, **KEYS).fit(X, y)
    naive = SeasonalNaiveRegressor(season, **KEYS).fit(X, y)
    np.testing.assert_array_equal(model.predict(future), naive.predict(future))
    inside = X.iloc[:7]
    np.testing.assert_array_equal(model.predict(inside), naive.predict(inside))
    quantiles = model.predict_quantiles(future, [0.1, 0.9])
    np.testing.assert_array_equal(quantiles[:, 0], quantiles[:, 1])


def test_eight_points_are_answered_by_the_model(fracast):
    own = np.array([3.0, 5, 4, 6, 2, 7, 9, 1])
    X, y = panel(own)
    theirs = np.sort(fracast.forecast(own, horizon=2), axis=1)[:, 4]
    np.testing.assert_allclose(plain().fit(X, y).predict(ahead(X, 2)), theirs, 1e-4)


def test_new_series_are_answered_from_the_mean_of_all_with_one_warning():
    X, y = panel(sales(10, 40), sales(11, 40))
    model = plain().fit(X, y)
    new = ahead(X, 4).query("item == 0").assign(item=99)
    with pytest.warns(UserWarning, match=r"^4 row\(s\) of X belong to series") as seen:
        found = model.predict(new)
    assert len(seen) == 1
    mean = y.reshape(2, 40).mean(axis=0)
    pooled = plain(series=None).fit(X.iloc[:40][["date"]], mean)
    np.testing.assert_allclose(found, pooled.predict(new[["date"]]), rtol=1e-5)


def test_beyond_the_horizon_of_the_model_medians_are_fed_back(fracast):
    own = sales(12, 60)
    X, y = panel(own)
    model = plain().fit(X, y)
    assert model.model_horizon_ == 48
    theirs = np.sort(fracast.forecast(own, horizon=100), axis=1)[:, 4]
    np.testing.assert_allclose(model.predict(ahead(X, 100)), theirs, rtol=1e-4)


def test_quantiles_beyond_the_horizon_warn():
    X, y = panel(sales(13, 60))
    model = plain().fit(X, y)
    with pytest.warns(UserWarning, match="^2 row") as seen:
        model.predict_quantiles(ahead(X, 50), [0.1])
    assert str(seen[0].message) == (
        "2 row(s) of X lie more than 48 steps ahead: their quantiles widen no further. "
        "ConformalRegressor widens them."
    )


def test_far_ahead_the_last_season_is_repeated():
    X, y = panel(sales(14, 40))
    model = plain(season=7).fit(X, y)
    days = [480, 474, 481, 487, 488, 10_000 * 7 + 480]
    asked = pd.DataFrame(
        {"item": 0, "date": X["date"].max() + pd.to_timedelta(days, "D")}
    )
    found = model.predict(asked)
    assert found[0] == found[3] == found[5]
    assert found[1] == found[2] == found[4]


def test_quantiles_are_sorted_and_not_negative():
    rng = np.random.default_rng(15)
    X, y = panel(*rng.poisson(0.3, size=(6, 40)))
    model = plain().fit(X, y)
    free = plain(clip=False).fit(X, y)
    quantiles = model.predict_quantiles(ahead(X, 10), LEVELS)
    assert np.all(np.diff(quantiles, axis=1) >= 0)
    assert quantiles.min() == 0
    unclipped = free.predict_quantiles(ahead(X, 10), LEVELS)
    assert unclipped.min() < 0
    np.testing.assert_array_equal(np.maximum(unclipped, 0), quantiles)
    signed = plain().fit(X, y - 0.5).predict_quantiles(ahead(X, 10), LEVELS)
    assert signed.min() < -0.5


@pytest.mark.parametrize("difference", [False, True])
def test_forecasts_follow_the_unit_of_the_sales(difference):
    X, y = panel(sales(16, 50), sales(17, 35))
    model = FoundationRegressor(season_difference=difference, clip=False, **KEYS)
    found = clone(model).fit(X, y).predict(ahead(X, 10))
    other = clone(model).fit(X, 1000 * y + 5).predict(ahead(X, 10))
    np.testing.assert_allclose(other, 1000 * found + 5, rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 12.0])
def test_a_constant_series_stays_constant(value):
    X, y = panel(np.full(40, value))
    assert np.all(plain().fit(X, y).predict(ahead(X, 10)) == value)


def test_order_of_rows_and_number_of_workers_change_nothing():
    rng = np.random.default_rng(18)
    X, y = panel(*(sales(i, 20 + 9 * i) for i in range(6)))
    asked = pd.concat([ahead(X, 5), X.iloc[::30]])
    found = plain().fit(X, y).predict(asked)
    order, way = rng.permutation(len(X)), rng.permutation(len(asked))
    shuffled = plain(n_jobs=2).fit(X.iloc[order], y[order])
    np.testing.assert_array_equal(shuffled.predict(asked.iloc[way]), found[way])


def test_batches_are_small_and_every_worker_has_one_thread(monkeypatch):
    calls = []
    forecast = _foundation_models.FracastForecaster.forecast

    def watched(self, contexts, *args):
        calls.append((len(contexts), torch.get_num_threads()))
        return forecast(self, contexts, *args)

    monkeypatch.setattr(_foundation_models.FracastForecaster, "forecast", watched)
    X, y = panel(*(sales(i, 20) for i in range(35)))
    before = torch.get_num_threads()
    plain(n_jobs=2).fit(X, y).predict(ahead(X, 2))
    assert sorted(calls) == [(3, 1), (16, 1), (16, 1)]
    assert torch.get_num_threads() == before


def yearly(seed, n_years, noise):
    """Weekly sales with a peak that no week before it tells of."""
    rng = np.random.default_rng(seed)
    shape = np.ones(52)
    shape[rng.choice(52, 6, replace=False)] = 3.0
    return 100 * np.tile(shape, n_years) + rng.normal(0, noise, 52 * n_years)


def test_differences_are_taken_where_they_were_better_in_the_training_span():
    X, y = panel(*(yearly(i, 4, 5.0) for i in range(3)))
    model = FoundationRegressor(season=52, **KEYS).fit(X, y)
    assert model.season_difference_ is True
    rng = np.random.default_rng(0)
    X, y = panel(*np.cumsum(rng.normal(size=(3, 208)), axis=1))
    model = FoundationRegressor(season=52, **KEYS).fit(X, y)
    assert model.season_difference_ is False


def test_too_short_a_history_takes_no_differences():
    X, y = panel(sales(0, 16))
    assert FoundationRegressor(season=7, **KEYS).fit(X, y).season_difference_ is False
    assert FoundationRegressor(season=1, **KEYS).fit(X, y).season_difference_ is False


def test_newer_sales_are_taken_in_without_a_fit():
    X, y = panel(sales(22, 60), sales(23, 45))
    old = (X["date"] < "2024-02-10").to_numpy()
    whole = FoundationRegressor(**KEYS).fit(X, y)
    parts = FoundationRegressor(**KEYS).partial_fit(X[old], y[old])
    assert parts.partial_fit(X[~old], y[~old]) is parts
    assert parts.season_difference_ == whole.season_difference_
    np.testing.assert_array_equal(
        parts.predict(ahead(X, 5)), whole.predict(ahead(X, 5))
    )
    fresh = observe(plain().fit(X[old], y[old]), X[~old], y[~old])
    np.testing.assert_array_equal(
        fresh.predict(ahead(X, 5)), plain().fit(X, y).predict(ahead(X, 5))
    )


def test_interval_is_a_pair_of_quantiles():
    X, y = panel(sales(19, 60))
    model = plain().fit(X, y)
    np.testing.assert_array_equal(
        model.predict_interval(ahead(X, 3)),
        model.predict_quantiles(ahead(X, 3), [0.1, 0.9]),
    )
    half = model.predict_quantiles(ahead(X, 3), [0.2, 0.3]).mean(axis=1)
    quarter = model.predict_interval(ahead(X, 3), coverage=0.5)[:, 0]
    np.testing.assert_allclose(quarter, half)


@pytest.mark.parametrize("q", [0.05, [0.5, 0.95], [[0.5]]])
def test_levels_that_the_model_does_not_answer_are_refused(q):
    X, y = panel(sales(20, 20))
    with pytest.raises(ValueError) as error:
        plain().fit(X, y).predict_quantiles(ahead(X, 1), q)
    assert str(error.value) == (
        "q must be a number, or a list of them, from 0.1 to 0.9, the levels of "
        f"model='fracast'; got q={q!r}. ConformalRegressor answers others."
    )


def test_a_pickle_holds_no_weights(tmp_path):
    X, y = panel(sales(21, 60))
    model = plain().fit(X, y)
    found = model.predict(ahead(X, 5))
    data = pickle.dumps(model)
    assert len(data) < 20_000
    assert b"fp32" not in data
    _foundation_models._load.cache_clear()
    again = pickle.loads(data)
    assert _foundation_models._load.cache_info().currsize == 0
    np.testing.assert_array_equal(again.predict(ahead(X, 5)), found)
    save(model, tmp_path / "model.skops", format="skops")
    np.testing.assert_array_equal(
        load(tmp_path / "model.skops").predict(ahead(X, 5)), found
    )
    small = compact(model).estimator
    np.testing.assert_array_equal(small.predict(ahead(X, 5)), found)


def test_repr_shows_licence_size_and_capabilities():
    model = FoundationRegressor(series="item")
    assert repr(model) == (
        "FoundationRegressor(series='item')\n"
        "# fracast: Apache-2.0, 85,001 parameters, past sales alone, 48 steps, "
        "quantiles 0.1 to 0.9 by 0.1"
    )
    assert repr(model.card).splitlines()[2] == "licence     Apache-2.0"
    assert repr(FoundationRegressor(["no"])) == "FoundationRegressor(model=['no'])"


def test_card_says_what_the_weights_are(fracast):
    card = FoundationRegressor().card
    n_parameters = sum(
        weight.numel()
        for module in (fracast.core, fracast.head)
        for weight in module.parameters()
    )
    assert card.n_parameters == n_parameters
    assert card.horizon == fracast.horizon
    assert card.context == fracast.context_length
    assert fracast.quantiles == LEVELS.tolist()


def test_it_is_searched_and_stacked():
    X, y = panel(*(sales(i, 50) for i in range(3)))
    cv = PanelTimeSeriesSplit(2, test_size=5, time="date")
    grid = {"season_difference": [True, False]}
    search = GridSearchCV(
        FoundationRegressor(**KEYS), grid, cv=cv, scoring=neg_wape_scorer
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    members = [
        ("pretrained", search.best_estimator_),
        ("theta", ThetaRegressor(**KEYS)),
    ]
    stack = TimeSeriesStackingRegressor(members, final_estimator="mean", **KEYS)
    np.testing.assert_allclose(
        stack.fit(X, y).predict(ahead(X, 5)),
        np.mean([m.fit(X, y).predict(ahead(X, 5)) for _, m in members], axis=0),
    )
