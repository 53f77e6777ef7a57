# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, PoissonRegressor

from sklearn_sales.datasets import make_sales_panel

# Poisson counts around a level, and nothing else: tests switch on what they look at.
PLAIN = {
    "trend": 0.0,
    "daily_season": 0.0,
    "weekly_season": 0.0,
    "yearly_season": 0.0,
    "price_elasticity": 0.0,
    "promotion_effect": 0.0,
    "holiday_effect": 0.0,
    "noise": 0.0,
    "dispersion": 0.0,
    "stockout_share": 0.0,
    "launch_share": 0.0,
    "end_share": 0.0,
    "intermittent_share": 0.0,
    "outlier_share": 0.0,
    "missing_share": 0.0,
}
EFFECTS = ["trend", "season", "price_effect", "promotion_effect", "holiday_effect"]
KEYS = ["store", "product"]


def make_truth(*args, random_state=0, **kwargs):
    return make_sales_panel(
        *args, **kwargs, return_truth=True, random_state=random_state
    )


def make_plain(*args, **kwargs):
    return make_truth(*args, **{**PLAIN, **kwargs})


def as_matrix(values, truth):
    """Unfold the rows of a panel without absent rows, one line for each series."""
    return np.asarray(values).reshape(len(truth.series), -1)


# What comes back


def test_tables_have_the_documented_columns():
    X, y, truth = make_truth()
    assert X.columns.tolist() == [
        *KEYS,
        "category",
        "date",
        "price",
        "promotion",
        "holiday",
    ]
    assert "".join(dtype.kind for dtype in X.dtypes) == "iiiMfbb"
    assert y.name == "units"
    assert y.dtype == np.float64
    assert truth.rows.columns.tolist() == [
        "series",
        "expected",
        *EFFECTS,
        "noise",
        "clean",
        "stockout",
        "outlier",
    ]
    assert truth.series.shape == (30, 13)


def test_without_truth_the_same_panel_comes_back():
    X, y, _ = make_truth()
    pair = make_sales_panel(random_state=0)
    assert len(pair) == 2
    pd.testing.assert_frame_equal(pair[0], X)
    pd.testing.assert_series_equal(pair[1], y)


def test_target_is_whole_and_non_negative_and_never_missing():
    _, y, _ = make_truth()
    assert (y >= 0).all()
    assert (y == y.round()).all()


def test_rows_are_unique_and_sorted_by_series_and_time():
    X, _, _ = make_truth()
    keys = ["product", "store", "date"]
    assert not X.duplicated(keys).any()
    pd.testing.assert_frame_equal(X, X.sort_values(keys, ignore_index=True))


def test_truth_is_aligned_with_the_rows():
    X, y, truth = make_truth(ids="str")
    assert X.index.equals(y.index)
    assert X.index.equals(truth.rows.index)
    own = truth.series.loc[truth.rows["series"]].reset_index(drop=True)
    for name in [*KEYS, "category"]:
        pd.testing.assert_series_equal(own[name], X[name])


def test_expected_demand_is_the_level_times_the_effects():
    _, _, truth = make_truth(price_elasticity=(-3.0, -0.5), noise=0.5)
    level = truth.series["level"].to_numpy()[truth.rows["series"]]
    product = level * truth.rows[EFFECTS].prod(axis=1)
    np.testing.assert_allclose(truth.rows["expected"], product, rtol=1e-12)


def test_effects_follow_from_the_columns_of_the_panel():
    X, _, truth = make_truth(
        price_elasticity=(-3.0, -0.5), promotion_effect=0.7, holiday_effect=-0.2
    )
    rows = truth.rows
    series = truth.series.loc[rows["series"]].reset_index(drop=True)
    years = (X["date"] - pd.Timestamp("2021-01-01")) / pd.Timedelta(days=365.25)
    np.testing.assert_allclose(rows["trend"], np.exp(series["growth"] * years))
    relative = X["price"] / series["base_price"]
    np.testing.assert_allclose(rows["price_effect"], relative ** series["elasticity"])
    np.testing.assert_allclose(rows["promotion_effect"], 1 + 0.7 * X["promotion"])
    np.testing.assert_allclose(rows["holiday_effect"], 1 - 0.2 * X["holiday"])


@pytest.mark.parametrize("ids", ["int", "str", "category"])
def test_ids_come_in_the_type_asked_for(ids):
    X, y, _ = make_truth(25, 10, n_stores=2, ids=ids)
    numbers, units, _ = make_truth(25, 10, n_stores=2, ids="int")
    pd.testing.assert_series_equal(y, units)
    for name, letter, width in [("store", "S", 1), ("product", "P", 2)]:
        if ids == "int":
            expected = numbers[name]
        else:
            expected = numbers[name].map(lambda i, a=letter, w=width: f"{a}{i:0{w}}")
        assert X[name].astype(object).tolist() == expected.tolist()
    assert isinstance(X["store"].dtype, pd.CategoricalDtype) == (ids == "category")


# Series: who they are, how popular, when they live


def test_series_are_products_in_stores():
    _, _, truth = make_truth(23, 5, n_stores=4, n_categories=3)
    series = truth.series
    i = np.arange(23)
    assert series["product"].tolist() == (i // 4).tolist()
    assert series["store"].tolist() == (i % 4).tolist()
    assert series["category"].tolist() == (i // 4 % 3).tolist()


def test_price_is_that_of_the_product():
    _, _, truth = make_truth(40, 5, n_stores=4)
    assert (truth.series.groupby("product")["base_price"].nunique() == 1).all()
    assert truth.series["base_price"].nunique() > 5


def test_level_has_the_median_and_spread_asked_for():
    _, _, truth = make_plain(4000, 3, n_stores=20, level=50.0, level_spread=1.5)
    logs = np.log(truth.series["level"])
    assert np.median(logs) == pytest.approx(np.log(50.0), abs=0.4)
    assert np.std(logs) == pytest.approx(1.5, rel=0.15)


def test_few_products_sell_most_unless_there_is_no_spread():
    _, y, truth = make_plain(400, 20, level_spread=1.5)
    sold = y.groupby(truth.rows["series"]).sum().sort_values()
    assert sold.tail(40).sum() > 0.4 * sold.sum()
    _, _, equal = make_plain(400, 3, level_spread=0.0)
    assert (equal.series["level"] == 20.0).all()


@pytest.mark.parametrize("trend", [-0.1, 0.0, 0.3])
def test_growth_lies_between_zero_and_twice_the_trend(trend):
    _, _, truth = make_plain(2000, 3, trend=trend)
    growth = truth.series["growth"] / (2 * trend or 1.0)
    assert growth.between(0, 1).all()
    if trend:
        assert growth.mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.5, 1.0])
def test_shares_of_series_are_exact(share):
    _, _, truth = make_truth(
        40, 50, launch_share=share, end_share=share, intermittent_share=share
    )
    assert truth.series["launched"].sum() == round(share * 40)
    assert truth.series["ended"].sum() == round(share * 40)
    assert truth.series["intermittent"].sum() == round(share * 40)


def test_launches_and_ends_are_chosen_independently():
    _, _, truth = make_truth(
        4000, 4, launch_share=0.5, end_share=0.5, intermittent_share=0.5
    )
    chosen = truth.series[["launched", "ended", "intermittent"]].astype(float)
    correlation = chosen.corr().to_numpy()
    assert np.abs(correlation[np.triu_indices(3, 1)]).max() < 0.06


@pytest.mark.parametrize("n_periods", [3, 4, 5, 60])
def test_no_row_lies_outside_a_lifespan(n_periods):
    X, _, truth = make_truth(50, n_periods, launch_share=0.5, end_share=0.5)
    dates = X["date"].groupby(truth.rows["series"]).agg(["min", "max"])
    series = truth.series
    assert (dates["min"] == series["first"]).all()
    assert (dates["max"] == series["last"]).all()
    calendar = pd.date_range("2021-01-01", periods=n_periods)
    half = calendar[n_periods // 2]
    late, early = series[series["launched"]], series[series["ended"]]
    assert late["first"].between(calendar[1], half).all()
    assert early["last"].between(half, calendar[-2]).all()
    assert (series.loc[~series["launched"], "first"] == calendar[0]).all()
    assert (series.loc[~series["ended"], "last"] == calendar[-1]).all()


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


# Randomness


def test_seed_determines_the_panel():
    X, y, truth = make_truth(random_state=3)
    same_X, same_y, same_truth = make_truth(random_state=3)
    pd.testing.assert_frame_equal(X, same_X)
    pd.testing.assert_series_equal(y, same_y)
    pd.testing.assert_frame_equal(truth.rows, same_truth.rows)
    pd.testing.assert_frame_equal(truth.series, same_truth.series)
    _, other_y, _ = make_truth(random_state=4)
    assert not y.equals(other_y)


def test_random_state_instance_moves_on():
    state = np.random.RandomState(0)
    _, first = make_sales_panel(5, 20, random_state=state)
    _, second = make_sales_panel(5, 20, random_state=state)
    _, again = make_sales_panel(5, 20, random_state=np.random.RandomState(0))
    _, by_seed = make_sales_panel(5, 20, random_state=0)
    assert not first.equals(second)
    pd.testing.assert_series_equal(first, again)
    pd.testing.assert_series_equal(first, by_seed)


@pytest.mark.parametrize("random_state", [None, 7])
def test_global_random_state_is_neither_used_nor_changed(random_state):
    panels = []
    for _ in range(2):
        before = np.random.RandomState(5).get_state()
        np.random.set_state(before)  # noqa: NPY002
        panels.append(make_sales_panel(5, 20, random_state=random_state)[1])
        after = np.random.get_state()  # noqa: NPY002
        assert after[2:] == before[2:]
        np.testing.assert_array_equal(after[1], before[1])
    assert panels[0].equals(panels[1]) == (random_state is not None)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_adding_series_leaves_the_first_ones_as_they_are(share):
    options = {
        "n_stores": 3,
        "ar": 0.5,
        "launch_share": share,
        "end_share": share,
        "intermittent_share": share,
        "price_elasticity": (-2.0, -1.0),
        "outlier_share": 0.05,
        "missing_share": 0.1,
    }
    X, y, truth = make_truth(7, 120, **options)
    more_X, more_y, more_truth = make_truth(40, 120, **options)
    pd.testing.assert_frame_equal(more_X[: len(X)], X)
    pd.testing.assert_series_equal(more_y[: len(y)], y)
    pd.testing.assert_frame_equal(more_truth.rows[: len(X)], truth.rows)
    pd.testing.assert_frame_equal(more_truth.series[:7], truth.series)


def test_demand_does_not_move_the_prices():
    X, y, _ = make_plain(12, 100)
    moved, units, _ = make_plain(
        12, 100, level=90.0, trend=0.5, weekly_season=1.0, noise=1.0, dispersion=2.0
    )
    pd.testing.assert_frame_equal(X, moved)
    assert not y.equals(units)


# Bad input


def test_smallest_panel():
    X, y, truth = make_truth(1, 3, launch_share=1.0, end_share=1.0)
    assert len(X) == len(y) == 1
    assert X["date"][0] == pd.Timestamp("2021-01-02")
    assert truth.series.shape == (1, 13)


SHARES = [name for name in PLAIN if name.endswith("_share")] + ["promotion_share"]
BAD = [
    *[
        (
            {name: value},
            f"The '{name}' parameter of make_sales_panel must be a float in the range "
            f"[0.0, 1.0]. Got {value} instead.",
        )
        for name in SHARES
        for value in (-0.1, 1.5)
    ],
    (
        {"n_series": 0},
        "The 'n_series' parameter of make_sales_panel must be an int in the range "
        "[1, inf). Got 0 instead.",
    ),
    (
        {"n_periods": 2},
        "The 'n_periods' parameter of make_sales_panel must be an int in the range "
        "[3, inf). Got 2 instead.",
    ),
    (
        {"promotion_effect": -1.1},
        "The 'promotion_effect' parameter of make_sales_panel must be a float in the "
        "range [-1.0, inf). Got -1.1 instead.",
    ),
    *[
        (
            {"freq": freq},
            "freq must be a frequency of pandas that runs forward, such as 'D', "
            f"'W-FRI', 'MS' or 'h'; got {freq!r}.",
        )
        for freq in ("fortnight", "", "-1D", "0D")
    ],
    *[
        (
            {"start": start},
            f"start must be a date, or a string that pandas reads as one; "
            f"got {start!r}.",
        )
        for start in ("some day", pd.NaT)
    ],
    (
        {"n_series": 3, "n_stores": 5},
        "n_stores must be at most n_series=3, because each store sells something; "
        "got 5.",
    ),
    *[
        (
            {"price_elasticity": value},
            "price_elasticity must be a number or a tuple (low, high) of two finite "
            f"numbers, the lower one first; got {value!r}.",
        )
        for value in ((-1.0, -2.0), (-1.0,), (), ("low", "high"), (-np.inf, 0.0))
    ],
    *[
        (
            {"ar": ar},
            "ar must hold the coefficients of a stationary autoregression, whose roots "
            f"are at most 0.999 in size, such as 0.7 or (0.5, 0.2); got {ar!r}. Lower "
            "them until their magnitudes sum to less than one.",
        )
        for ar in (1.0, [0.6, 0.5], [[0.5]], [np.nan])
    ],
    *[
        (
            options,
            "The expected demand reaches inf units in a period; at most 1e+15 can be "
            "drawn. Lower level, level_spread, trend, n_periods, a season or the size "
            "of price_elasticity.",
        )
        for options in ({"trend": 5000.0}, {"price_elasticity": -1e6})
    ],
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make_sales_panel(**options, random_state=0)


@pytest.mark.parametrize("name", ["ids", "missing"])
def test_unknown_option_is_named(name):
    message = f"^The '{name}' parameter of make_sales_panel must be a str among "
    with pytest.raises(ValueError, match=message):
        make_sales_panel(**{name: "zero"})


def test_demand_at_the_limit_is_drawn():
    _, y = make_sales_panel(
        2, 5, **{**PLAIN, "level": 9e14, "level_spread": 0.0}, random_state=0
    )
    np.testing.assert_allclose(y, 9e14, rtol=1e-6)
