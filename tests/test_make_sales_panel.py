# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
import re

import numpy as np
import pandas as pd
import pytest
from plain_panels import EFFECTS, KEYS, PLAIN, make_plain, make_truth

from sklearn_sales.datasets import make_sales_panel

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
