# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from plain_panels import as_matrix, make_plain, make_truth
from sklearn.linear_model import LinearRegression, PoissonRegressor

# Prices, promotions, holidays


def test_regular_prices_are_whole_cents_and_move_once_a_quarter():
    X, _, truth = make_plain(50, 910, promotion_share=0.0)
    price = as_matrix(X["price"], truth)
    np.testing.assert_allclose(price * 100, np.round(price * 100), atol=1e-9)
    moved = np.diff(price, axis=1) != 0
    assert moved.sum(axis=1).max() <= 10
    assert moved.any(axis=0).sum() > 50  # not all on one day
    for line in moved:
        assert (np.diff(np.flatnonzero(line)) % 91 == 0).all()


def test_promotions_are_discounts_of_ten_to_thirty_per_cent():
    never, _, truth = make_plain(50, 200, promotion_share=0.0)
    always, _, _ = make_plain(50, 200, promotion_share=1.0)
    some, _, _ = make_plain(50, 200, promotion_share=0.3)
    assert not never["promotion"].any()
    assert always["promotion"].all()
    depth = 1 - always["price"] / never["price"]
    assert set(depth.round(1)) == {0.1, 0.2, 0.3}
    # Both prices are rounded, each by half a cent at most.
    assert ((depth - depth.round(1)).abs() * never["price"] < 0.01).all()
    either = np.where(some["promotion"], always["price"], never["price"])
    np.testing.assert_array_equal(some["price"], either)
    promoted = as_matrix(some["promotion"], truth)
    begins = np.flatnonzero(np.diff(promoted[0].astype(int)))
    assert (np.diff(begins) % 7 == 0).all()


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_shares_of_periods_hold_on_average(share):
    X, y, truth = make_plain(
        300,
        500,
        promotion_share=share,
        stockout_share=share,
        outlier_share=share,
        missing_share=share,
    )
    rows = truth.rows
    assert X["promotion"].mean() == pytest.approx(share, rel=0.12)
    assert rows["stockout"].mean() == pytest.approx(share, rel=0.12)
    in_stock = rows.loc[~rows["stockout"], "outlier"]
    assert in_stock.mean() == pytest.approx(share, rel=0.12)
    assert 1 - len(y) / (300 * 500) == pytest.approx(share, rel=0.12)


def is_holiday(day):
    if (day.month, day.day) in [(1, 1), (5, 1), (12, 24), (12, 25)]:
        return True
    first = date(day.year, 11, 1)
    first_thursday = first + timedelta(days=(3 - first.weekday()) % 7)
    return day == first_thursday + timedelta(days=22)


@pytest.mark.parametrize(
    ("freq", "n_periods"),
    [
        ("D", 1500),
        ("B", 1000),
        ("W-FRI", 300),
        ("W", 300),
        ("2W-TUE", 100),
        ("MS", 60),
        ("ME", 60),
        ("QS", 12),
        ("h", 900),
        ("36h", 900),
    ],
)
def test_periods_and_holidays_at_each_frequency(freq, n_periods):
    X, y, truth = make_plain(2, n_periods, freq=freq, start="2017-11-10")
    edges = pd.date_range("2017-11-10", periods=n_periods + 1, freq=freq)
    first = X[truth.rows["series"] == 0]
    assert (first["date"].to_numpy() == edges[:-1].to_numpy()).all()
    assert len(y) == 2 * n_periods
    for begin, end, flag in zip(edges[:-1], edges[1:], first["holiday"], strict=True):
        days = pd.date_range(begin.floor("D"), end - pd.Timedelta("1us"), freq="D")
        assert flag == any(is_holiday(day.date()) for day in days), begin
    assert first["holiday"].any()


@pytest.mark.parametrize(
    "start",
    [
        "2021-01-01",
        date(2021, 1, 1),
        pd.Timestamp("2021-01-01"),
        np.datetime64("2021-01-01"),
    ],
)
def test_start_may_be_any_date(start):
    X, y, _ = make_truth(start=start)
    same, units, _ = make_truth()
    assert (X["date"] == same["date"]).all()
    pd.testing.assert_series_equal(y, units)


def test_zoned_start_keeps_local_days():
    start = pd.Timestamp("2021-03-20", tz="Europe/Berlin")
    X, y, _ = make_truth(start=start, n_periods=300, trend=0.0)
    local, units, _ = make_truth(start="2021-03-20", n_periods=300, trend=0.0)
    assert str(X["date"].dt.tz) == "Europe/Berlin"
    assert (X["date"].dt.tz_localize(None) == local["date"]).all()
    assert (X["holiday"] == local["holiday"]).all()
    pd.testing.assert_series_equal(y, units)


# Demand: what was planted comes back


def test_planted_effects_come_back_from_a_poisson_regression():
    X, y, truth = make_plain(
        12,
        1461,
        price_elasticity=-2.0,
        promotion_effect=0.5,
        promotion_share=0.2,
        holiday_effect=0.8,
        level_spread=0.5,
    )
    features = pd.get_dummies(truth.rows["series"], drop_first=True, dtype=float)
    features = features.assign(
        price=np.log(X["price"]),
        promotion=X["promotion"].astype(float),
        holiday=X["holiday"].astype(float),
    )
    features.columns = features.columns.astype(str)
    model = PoissonRegressor(alpha=0, solver="newton-cholesky").fit(features, y)
    elasticity, promotion, holiday = model.coef_[-3:]
    assert elasticity == pytest.approx(-2.0, abs=0.05)
    assert np.exp(promotion) - 1 == pytest.approx(0.5, abs=0.02)
    assert np.exp(holiday) - 1 == pytest.approx(0.8, abs=0.05)


def test_elasticities_of_single_series_come_back():
    X, y, truth = make_plain(
        20, 1500, price_elasticity=(-4.0, 0.0), level=500.0, level_spread=0.0
    )
    planted = truth.series["elasticity"]
    assert planted.between(-4.0, 0.0).all()
    assert planted.nunique() == 20
    price, units = as_matrix(np.log(X["price"]), truth), as_matrix(y, truth)
    for i in range(20):
        model = PoissonRegressor(alpha=0, solver="newton-cholesky")
        model.fit(price[i, :, None], units[i])
        assert model.coef_[0] == pytest.approx(planted[i], abs=0.1)


def test_weekly_season_comes_back_from_weekday_means():
    X, y, truth = make_plain(10, 7 * 200, weekly_season=0.5, level_spread=0.0)
    weekday = X["date"].dt.day_of_week
    by_day = y.groupby([truth.rows["series"], weekday]).mean().unstack()
    recovered = by_day.div(by_day.mean(axis=1), axis=0)
    planted = truth.rows["season"].groupby([truth.rows["series"], weekday])
    np.testing.assert_allclose(recovered, planted.first().unstack(), rtol=0.1)
    assert (recovered[5] > recovered[1]).all()  # Saturdays beat Tuesdays


@pytest.mark.parametrize(
    ("freq", "name", "length", "n_periods"),
    [
        ("h", "daily_season", 24, 72),
        ("D", "weekly_season", 7, 35),
        ("h", "weekly_season", 168, 504),
        ("MS", "yearly_season", 12, 36),
    ],
)
def test_seasons_repeat_and_have_mean_one(freq, name, length, n_periods):
    _, _, truth = make_plain(9, n_periods, freq=freq, **{name: 0.8})
    season = as_matrix(truth.rows["season"], truth)
    # Leap years shift the day of the year by one from March on.
    tolerance = 0.03 if name == "yearly_season" else 1e-9
    np.testing.assert_allclose(season[:, length:], season[:, :-length], rtol=tolerance)
    np.testing.assert_allclose(season[:, :length].mean(axis=1), 1.0, rtol=2 * tolerance)
    assert (season.max(axis=1) / season.min(axis=1) > 1.5).all()


def test_yearly_season_has_mean_one_over_a_year_of_days():
    _, _, truth = make_plain(20, 366, start="2024-01-01", yearly_season=0.8)
    season = as_matrix(truth.rows["season"], truth)
    np.testing.assert_allclose(season.mean(axis=1), 1.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("freq", "name"),
    [("D", "daily_season"), ("W-MON", "weekly_season"), ("YS", "yearly_season")],
)
def test_season_within_one_period_has_no_effect(freq, name):
    _, y, truth = make_plain(4, 30, freq=freq, **{name: 5.0})
    assert (truth.rows["season"] == 1.0).all()
    pd.testing.assert_series_equal(y, make_plain(4, 30, freq=freq)[1])


def test_series_of_a_category_share_their_season():
    _, _, truth = make_plain(60, 7, n_categories=2, n_stores=1, weekly_season=1.0)
    logs = np.log(as_matrix(truth.rows["season"], truth))
    category = truth.series["category"].to_numpy()
    centre = np.stack([logs[category == c].mean(axis=0) for c in (0, 1)])
    within = np.abs(logs - centre[category]).mean()
    assert within < 0.5 * np.abs(centre[0] - centre[1]).mean()


@pytest.mark.parametrize("dispersion", [0.0, 0.1, 0.5])
def test_counts_have_the_variance_of_a_negative_binomial(dispersion):
    _, y, _ = make_plain(200, 1000, dispersion=dispersion, level_spread=0.0)
    assert y.mean() == pytest.approx(20.0, rel=0.01)
    assert y.var() == pytest.approx(20.0 + dispersion * 20.0**2, rel=0.03)


def test_without_counts_units_are_the_noisy_mean():
    _, y, truth = make_plain(counts=False, noise=0.3, weekly_season=0.3)
    mean = truth.rows["expected"] * truth.rows["noise"]
    np.testing.assert_allclose(y, mean, rtol=1e-12)
    assert (y != y.round()).all()


def test_without_noise_and_counts_units_are_the_expected_ones():
    _, y, truth = make_plain(counts=False, price_elasticity=-1.0)
    np.testing.assert_array_equal(y, truth.rows["expected"])
    assert (truth.rows["noise"] == 1.0).all()


@pytest.mark.parametrize("ar", [None, 0.7, [0.5, -0.3], (0.0, 0.9)])
def test_latent_noise_is_a_stationary_autoregression(ar):
    _, _, truth = make_plain(2000, 60, noise=0.4, ar=ar)
    multiplier = as_matrix(truth.rows["noise"], truth)
    z = np.log(multiplier) + 0.4**2 / 2
    assert multiplier.mean() == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(z.std(axis=0), 0.4, rtol=0.08)
    expected = np.zeros(3)
    expected[: np.size(ar) if ar is not None else 0] = 0.0 if ar is None else ar
    lags = np.stack([z[:, 3 - lag : -lag].ravel() for lag in (1, 2, 3)], axis=1)
    fitted = LinearRegression().fit(lags, z[:, 3:].ravel())
    np.testing.assert_allclose(fitted.coef_, expected, atol=0.02)


def test_intermittent_series_keep_their_mean_and_sell_by_the_unit():
    _, y, truth = make_plain(200, 1000, intermittent_share=1.0, dispersion=0.2)
    units = as_matrix(y, truth)
    series = truth.series
    assert series["chance"].between(0.05, 0.35).all()
    np.testing.assert_allclose((units > 0).mean(axis=1), series["chance"], atol=0.06)
    assert (units > 0).mean() == pytest.approx(series["chance"].mean(), rel=0.02)
    assert units.mean() == pytest.approx(series["level"].mean(), rel=0.03)
    assert set(np.unique(units)) >= {0.0, 1.0, 2.0}


def test_intermittent_series_keep_their_mean_when_demand_falls_below_a_unit():
    _, y, truth = make_plain(
        300, 1000, intermittent_share=1.0, weekly_season=2.0, holiday_effect=-1.0
    )
    assert y.sum() == pytest.approx(truth.rows["expected"].sum(), rel=0.02)
    assert (y[truth.rows["holiday_effect"] == 0] == 0).all()


def test_smooth_series_have_no_chance_of_their_own():
    _, _, truth = make_truth(intermittent_share=0.4)
    smooth = ~truth.series["intermittent"]
    assert (truth.series.loc[smooth, "chance"] == 1.0).all()
    assert (truth.series.loc[~smooth, "chance"] < 1.0).all()


# Faults: stock-outs, outliers, missing rows


def test_nothing_is_sold_without_stock_and_all_is_clean_elsewhere():
    _, y, truth = make_truth(stockout_share=0.1, outlier_share=0.05)
    rows = truth.rows
    assert rows["stockout"].any()
    assert rows["outlier"].any()
    assert not (rows["stockout"] & rows["outlier"]).any()
    assert (y[rows["stockout"]] == 0).all()
    assert (rows.loc[rows["stockout"], "clean"] > 0).any()
    plain = ~(rows["stockout"] | rows["outlier"])
    np.testing.assert_array_equal(y[plain], rows.loc[plain, "clean"])


@pytest.mark.parametrize("counts", [True, False])
def test_outliers_exceed_the_clean_value_by_three_to_ten_means(counts):
    _, y, truth = make_truth(100, 200, outlier_share=0.2, counts=counts)
    rows = truth.rows[truth.rows["outlier"]]
    spike = (y[rows.index] - rows["clean"]) / np.maximum(
        rows["expected"] * rows["noise"], 1
    )
    assert spike.min() >= 3 - 1e-9
    # A spike in whole units is rounded up, by less than one unit.
    assert spike.max() <= 10 + counts
    assert spike.mean() == pytest.approx(6.5, abs=0.5)


def test_stock_outs_come_three_days_at_a_time():
    _, _, truth = make_plain(100, 300, stockout_share=0.05)
    empty = as_matrix(truth.rows["stockout"], truth)
    inner = np.diff(empty.astype(int), axis=1)
    for line in inner:
        begins, ends = np.flatnonzero(line == 1), np.flatnonzero(line == -1)
        ends = ends[ends > begins[0]] if len(begins) else ends[:0]
        assert ((ends - begins[: len(ends)]) % 3 == 0).all()
    assert (inner == 1).any()


def test_missing_rows_are_absent_or_nan():
    absent, y_absent, truth = make_truth(missing_share=0.3)
    present, y_nan, truth_nan = make_truth(missing_share=0.3, missing="nan")
    whole, y_whole, _ = make_truth(missing_share=0.0)
    pd.testing.assert_frame_equal(present, whole)
    told = y_nan.notna().to_numpy()
    assert 0.25 < 1 - told.mean() < 0.35
    np.testing.assert_array_equal(y_nan[told], y_whole[told])
    np.testing.assert_array_equal(y_absent, y_whole[told])
    pd.testing.assert_frame_equal(absent, whole[told].reset_index(drop=True))
    assert truth_nan.rows.notna().all(axis=None)
    assert len(truth_nan.rows) == len(present)
    assert len(truth.rows) == len(absent)


def test_ends_of_a_series_are_never_missing():
    X, _, truth = make_truth(10, 50, missing_share=1.0)
    assert len(X) == 20
    dates = X["date"].groupby(truth.rows["series"]).agg(["min", "max"])
    assert (dates["min"] == truth.series["first"]).all()
    assert (dates["max"] == truth.series["last"]).all()
