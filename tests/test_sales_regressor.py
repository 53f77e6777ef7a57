# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""SalesRegressor: the default stack chooses, forecasts, and tells what it chose."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_sales import SalesRegressor, SeasonalNaiveRegressor, load_walmart_sample
from sklearn_sales.datasets import make_sales_panel
from sklearn_sales.ensemble._covariate_design import CovariateDesign
from sklearn_sales.ensemble._default_members import EFFORTS, choose_members, look_at
from sklearn_sales.metrics import bias, wape
from sklearn_sales.panel import Panel, read_table

KEYS = {"series": ["store", "dept"], "time": "date"}
HORIZON = 13


@pytest.fixture(scope="module")
def sample():
    X, y = load_walmart_sample(return_X_y=True)
    train = (X["date"] < "2012-08-01").to_numpy()
    return X, np.asarray(y), train


@pytest.fixture(scope="module")
def fitted(sample):
    X, y, train = sample
    return SalesRegressor(HORIZON, effort="quick", **KEYS).fit(X[train], y[train])


def test_it_beats_the_seasonal_naive_and_has_little_bias(sample, fitted):
    X, y, train = sample
    naive = SeasonalNaiveRegressor(**KEYS).fit(X[train], y[train])
    forecasts = fitted.predict(X[~train])
    expected = naive.predict(X[~train])
    assert wape(y[~train], forecasts) < 0.85 * wape(y[~train], expected)
    assert abs(bias(y[~train], forecasts)) < 0.05


def test_what_was_chosen_is_open_to_view(fitted):
    assert set(fitted.weights_) <= set(fitted.reasons_)
    assert sum(fitted.weights_.values()) == pytest.approx(1)
    assert fitted.situation_.rhythm.seasons == (52,)
    assert fitted.situation_.numbers == ["is_holiday"]
    oof = fitted.stack_.oof_predictions_
    assert set(fitted.weights_) <= set(oof.columns)
    # one fold of the last 13 weeks of seven series
    assert len(oof) == 7 * HORIZON


def test_the_median_is_chosen_by_absolute_errors(sample):
    X, y, train = sample
    model = SalesRegressor(HORIZON, statistic="median", effort="quick", **KEYS)
    model.fit(X[train], y[train])
    assert model.stack_.final_estimator_.loss == "absolute"
    assert model.stack_.final_estimator_.prior_loss == "absolute"
    boosting = dict(model.stack_.estimators)["boosting_level"]
    assert boosting.regressor.regressor.loss == "absolute_error"


@pytest.mark.parametrize("rare", [True, False])
def test_members_of_a_mean_are_weighed_by_absolute_errors_unless_sales_are_rare(rare):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=120)})
    y = rng.poisson(0.5 if rare else 5, size=120).astype(float)
    final = SalesRegressor(7, effort="quick").fit(X, y).stack_.final_estimator_
    assert (final.loss, final.prior_loss) == (
        "squared",
        "squared" if rare else "absolute",
    )


def test_same_seed_same_forecast_and_pickles_forecast_the_same(sample, fitted):
    X, y, train = sample
    again = SalesRegressor(HORIZON, effort="quick", **KEYS).fit(X[train], y[train])
    expected = fitted.predict(X)
    assert_array_equal(again.predict(X), expected)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), expected)


def test_order_and_company_of_rows_do_not_matter(sample, fitted):
    X, _, train = sample
    expected = fitted.predict(X)
    order = np.random.default_rng(0).permutation(len(X))
    assert_allclose(fitted.predict(X.iloc[order]), expected[order], rtol=1e-12)
    assert_allclose(fitted.predict(X[~train][:13]), expected[~train][:13], rtol=1e-12)


def test_polars_gives_the_same(sample, fitted):
    X, y, train = sample
    there = SalesRegressor(HORIZON, effort="quick", **KEYS)
    there.fit(pl.from_pandas(X[train]), y[train])
    assert_allclose(there.predict(pl.from_pandas(X)), fitted.predict(X), rtol=1e-12)


def test_later_sales_move_no_forecast(sample, fitted):
    X, y, train = sample
    unknown = np.where(train, y, np.nan)
    model = SalesRegressor(HORIZON, effort="quick", **KEYS).fit(X, unknown)
    assert_allclose(model.predict(X[~train]), fitted.predict(X[~train]), rtol=1e-9)


def test_covariates_of_any_type_are_taken():
    X, y = make_sales_panel(n_series=8, n_periods=120, ids="str", random_state=0)
    X["brand"] = np.where(X["product"] < "P0004", "house", "other")
    X["price"] = X["price"].mask(X.index % 50 == 0)
    X["opened"] = pd.Timestamp("2020-01-01")
    keys = {"series": ["store", "product"], "time": "date"}
    model = SalesRegressor(7, effort="quick", **keys).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    # a line cannot read a price that is missing; trees can
    assert "price" not in model.situation_.numbers
    assert "promotion" in model.situation_.numbers
    assert "brand" in model.situation_.categories
    new = X[-7:].assign(brand="unheard of")
    assert np.isfinite(model.predict(new)).all()


def test_text_becomes_codes_that_do_not_depend_on_the_rows():
    X = pd.DataFrame(
        {"item": ["b", "a", "b"], "week": [1, 1, 2], "kind": ["y", "x", "z"]}
    )
    panel, rows = Panel.from_table(
        read_table(X), np.ones(3), series="item", time="week"
    )
    design = CovariateDesign()
    frame = design.fit(read_table(X), panel, rows.codes)
    assert_array_equal(frame["kind"], [1, 0, 2])
    assert_array_equal(frame["item_code"], [1, 0, 1])
    other = X[:2].assign(kind=["z", "new"])
    assert_array_equal(
        design.transform(read_table(other), panel.schema)["kind"], [2, -1]
    )


def test_few_rows_get_no_trees_and_no_folds():
    X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=3)})
    with pytest.warns(UserWarning, match="horizon=2 is more than half of the 3 time"):
        model = SalesRegressor(2).fit(X, [1.0, 2.0, 3.0])
    assert np.isfinite(model.predict(X)).all()
    assert model.stack_.final_estimator == "mean"
    assert model.reasons_["boosting"] == (
        "left out: 3 observed rows are fewer than 500"
    )


def test_a_horizon_that_no_fold_can_test_is_told_of_once():
    days = pd.date_range("2024-01-01", periods=21)
    X = pd.DataFrame({"date": days, "copy": np.arange(21) % 5})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SalesRegressor(30, effort="quick").fit(X, np.arange(21) % 5)
    assert [str(one.message).split(":")[0] for one in caught] == [
        "The column(s) ['copy'] of X equal y",
        "horizon=30 is more than half of the 21 time(s) with sales",
    ]
    assert str(caught[1].message).endswith(
        "so the members get equal weights. Set horizon=10 or less, or give a longer "
        "history."
    )
    assert {one.filename for one in caught} == {__file__}


def test_negative_sales_leave_logarithms_and_counts_out():
    X, y = make_sales_panel(n_series=8, n_periods=100, random_state=0)
    y = np.where(np.arange(len(y)) == 5, -3.0, y)
    keys = {"series": ["store", "product"], "time": "date"}
    model = SalesRegressor(7, **keys).fit(X, y)
    boosting = [name for name in model.weights_ if name.startswith("boosting")]
    assert boosting == ["boosting_level", "boosting_level_recursive"]
    members = dict(model.stack_.estimators)
    assert [members[name].regressor.strategy for name in boosting] == [
        "direct",
        "recursive",
    ]


@pytest.mark.parametrize("horizon", [0, -1, 2.5])
def test_bad_horizon(horizon):
    with pytest.raises(ValueError, match="The 'horizon' parameter of SalesRegressor"):
        SalesRegressor(horizon).fit([[1.0], [2.0]], [1.0, 2.0])


def test_a_price_is_read_over_its_mean_in_the_series():
    X = pd.DataFrame(
        {"item": ["a", "a", "b", "b"], "week": [1, 2, 1, 2], "price": [1.0, 3, 10, 30]}
    )
    panel, rows = Panel.from_table(
        read_table(X), np.ones(4), series="item", time="week"
    )
    design = CovariateDesign()
    frame = design.fit(read_table(X), panel, rows.codes)
    assert_allclose(frame["price_relative"], [0.5, 1.5, 0.5, 1.5])
    # an unknown item is compared with all: their mean price is 11
    new = pd.DataFrame({"item": ["c", "b"], "week": [3, 3], "price": [22.0, 40]})
    there = design.transform(read_table(new), panel.schema)
    assert_allclose(there["price_relative"], [2, 2])


def test_a_column_that_is_called_relative_stays_what_it_is():
    X = pd.DataFrame(
        {
            "item": ["a", "a"],
            "week": [1, 2],
            "price": [1.0, 3],
            "price_relative": [7, 8],
        }
    )
    panel, rows = Panel.from_table(
        read_table(X), np.ones(2), series="item", time="week"
    )
    frame = CovariateDesign().fit(read_table(X), panel, rows.codes)
    assert_array_equal(frame["price_relative"], [7, 8])


@pytest.mark.parametrize(
    ("freq", "length", "seasons", "back"),
    [
        ("W-FRI", 130, [51, 52, 53], 2),
        ("W-FRI", 90, [51, 52, 53], 1),
        ("W-FRI", 65, [51, 52, 53], 1),
        ("W-FRI", 64, [], 1),
        ("D", 400, [7], 4),
        ("h", 600, [24, 168], 2),
        ("MS", 40, [12], 2),
    ],
)
def test_trees_read_the_seasons_that_histories_fill(freq, length, seasons, back):
    X = pd.DataFrame({"time": pd.date_range("2020-01-03", periods=length, freq=freq)})
    table = read_table(X)
    y = np.arange(1.0, length + 1)
    panel, rows = Panel.from_table(table, y, freq=freq)
    design = CovariateDesign()
    design.fit(table, panel, rows.codes)
    situation = look_at(panel, design, y, 0, [])
    arguments = {"horizon": 2, "statistic": "mean", "deep": False, "random_state": 0}
    members, _ = choose_members(
        replace(situation, n_observed=10_000), effort=EFFORTS["quick"], **arguments
    )
    features = dict(members)["boosting_tweedie"].regressor.features
    assert (features.season or []) == seasons
    assert features.seasonal_lags == back


@pytest.mark.parametrize(
    ("weeks", "seasons", "n_folds"),
    [(77, (), 1), (78, (52,), 1), (91, (52,), 2), (117, (52,), 1), (130, (52,), 2)],
)
def test_folds_leave_the_season_that_a_short_history_has_seen(weeks, seasons, n_folds):
    table = pd.DataFrame(
        {"time": pd.date_range("2020-01-03", periods=weeks, freq="7D")}
    )
    y = 100.0 + 50.0 * np.sin(2 * np.pi * np.arange(weeks) / 52)
    model = SalesRegressor(13).fit(table, y)
    assert model.situation_.rhythm.seasons == seasons
    assert model.stack_.oof_predictions_["fold"].nunique() == n_folds


def test_logarithms_are_members_for_the_median_of_sales_that_are_never_negative():
    X, y = make_sales_panel(n_series=4, n_periods=100, random_state=0)
    keys = {"series": ["store", "product"], "time": "date"}
    for sales, statistic, name in (
        (y, "mean", "ar"),
        (y, "median", "ar_log"),
        (y - 1.0, "median", "ar"),
    ):
        model = SalesRegressor(7, statistic=statistic, effort="quick", **keys)
        assert set(model.fit(X, sales).weights_) & {"ar", "ar_log"} == {name}


@pytest.mark.parametrize(
    ("share", "second"),
    [(0.5, "boosting_log_recursive"), (0.9, "boosting_level_recursive")],
)
def test_logarithms_are_left_where_hardly_anything_sells(share, second):
    X, y = make_sales_panel(n_series=6, n_periods=100, random_state=0)
    rare = y.where(np.random.default_rng(0).random(len(y)) > share, 0.0)
    keys = {"series": ["store", "product"], "time": "date"}
    model = SalesRegressor(7, **keys).fit(X, rare)
    boosting = [name for name in model.weights_ if name.startswith("boosting")]
    assert boosting == ["boosting_tweedie", second]


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        (1, ["boosting_tweedie", "boosting_log"]),
        (7, ["boosting_tweedie", "boosting_log_recursive"]),
        (8, ["boosting_tweedie", "boosting_log"]),
    ],
)
def test_trees_are_fed_their_own_forecasts_within_a_season(horizon, expected):
    X, y = make_sales_panel(n_series=6, n_periods=100, random_state=0)
    keys = {"series": ["store", "product"], "time": "date"}
    model = SalesRegressor(horizon, **keys).fit(X, y)
    boosting = {
        name: member.regressor.strategy
        for name, member in model.stack_.estimators
        if name.startswith("boosting")
    }
    assert list(boosting) == expected
    assert all(
        strategy == ("recursive" if name.endswith("_recursive") else "direct")
        for name, strategy in boosting.items()
    )


@pytest.mark.parametrize("horizon", [7, 8])
def test_a_single_form_is_fitted_directly_and_recursively(horizon):
    X, y = make_sales_panel(n_series=6, n_periods=100, random_state=0)
    keys = {"series": ["store", "product"], "time": "date"}
    model = SalesRegressor(horizon, **keys).fit(X, y - 5.0)
    boosting = [name for name in model.weights_ if name.startswith("boosting")]
    assert boosting == ["boosting_level", "boosting_level_recursive"]


def test_theta_is_adjusted_where_a_covariate_varies_in_open_rows():
    X, y = make_sales_panel(n_series=6, n_periods=100, random_state=0)
    keys = {"series": ["store", "product"], "time": "date"}
    closed = X[["store", "product", "date", "category"]].assign(
        open=(X["date"].dt.day_of_week != 6).astype(int)
    )
    sales = y.where(closed["open"] == 1, 0.0)
    for table, target, is_member in ((X, y, True), (closed, sales, False)):
        model = SalesRegressor(7, effort="quick", **keys).fit(table, target)
        assert ("theta_adjusted" in model.weights_) == is_member
        assert bool(model.situation_.effects) == is_member
    few = replace(model.situation_, effects=["category"], n_observed=400)
    arguments = {"horizon": 2, "statistic": "mean", "deep": False, "random_state": 0}
    members, _ = choose_members(few, effort=EFFORTS["quick"], **arguments)
    assert "theta_adjusted" not in dict(members)


@pytest.mark.parametrize(
    ("statistic", "share", "loss"),
    [
        ("median", 0.1, "absolute_error"),
        ("mean", 0.1, "squared_error"),
        ("mean", 0.6, "tweedie"),
    ],
)
def test_the_network_learns_what_the_forecast_is_of(fitted, statistic, share, loss):
    members, reasons = choose_members(
        replace(fitted.situation_, zero_share=share),
        horizon=HORIZON,
        statistic=statistic,
        effort=EFFORTS["quick"],
        deep=True,
        random_state=0,
    )
    network = dict(members)["lstm"][-1]
    assert (network.loss, network.horizon) == (loss, HORIZON)
    assert reasons["lstm"] == f"one network for all series, {loss} loss"


def test_a_network_is_a_member_where_it_is_asked_for(sample):
    pytest.importorskip("skorch")
    X, y, train = sample
    model = SalesRegressor(HORIZON, deep=True, effort="quick", **KEYS)
    model.fit(X[train], y[train])
    assert 0 <= model.weights_["lstm"] <= 1
    assert len(model.stack_.named_estimators_["lstm"][-1].history_) > 0
    assert wape(y[~train], model.predict(X[~train])) < 0.1


def test_a_number_missing_ahead_is_told_of_and_read_as_its_median(sample, fitted):
    X, _, train = sample
    ahead = X[~train].assign(is_holiday=X.loc[~train, "is_holiday"].astype(float))
    empty = ahead.copy()
    empty.iloc[:3, empty.columns.get_loc("is_holiday")] = np.nan
    message = f"X has no value, of {len(empty)} rows: is_holiday in 3. Training rows"
    with pytest.warns(UserWarning, match=message):
        forecasts = fitted.predict(empty)
    assert np.isfinite(forecasts).all()
    assert_array_equal(forecasts[3:], fitted.predict(ahead)[3:])
