# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""WRMSSE against a worked example, its definition and the rules of M5."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_sales.metrics import M5_LEVELS, rmsse, wrmsse

LEVELS = [[], ["shop"], ["item", "shop"]]


@pytest.fixture
def worked():
    """Two shops, two items, four training days and two days to forecast.

    ====  ====  ==================  =====  ==========  ==========
    shop  item  training sales      price  sales       forecasts
    ====  ====  ==================  =====  ==========  ==========
    N     tea   2 4 2 4             5      3 5         4 5
    N     jam   0 0 3 5             2      4 6         6 6
    S     tea   1 1 4 1             5      2 2         2 5
    ====  ====  ==================  =====  ==========  ==========
    """
    train = pd.DataFrame(
        {
            "shop": np.repeat(["N", "N", "S"], 4),
            "item": np.repeat(["tea", "jam", "tea"], 4),
            "day": np.tile([1, 2, 3, 4], 3),
            "price": np.repeat([5.0, 2.0, 5.0], 4),
        }
    )
    later = pd.DataFrame(
        {
            "shop": np.repeat(["N", "N", "S"], 2),
            "item": np.repeat(["tea", "jam", "tea"], 2),
            "day": np.tile([5, 6], 3),
        }
    )
    return dict(
        y_true=np.array([3.0, 5, 4, 6, 2, 2]),
        y_pred=np.array([4.0, 5, 6, 6, 2, 5]),
        X=later,
        X_train=train,
        y_train=np.array([2.0, 4, 2, 4, 0, 0, 3, 5, 1, 1, 4, 1]),
        levels=LEVELS,
        time="day",
        price="price",
        window=2,
    )


def test_worked_example(worked):
    # Turnover of days 3 and 4: N tea (2 + 4) * 5 = 30, N jam (3 + 5) * 2 = 16,
    # S tea (4 + 1) * 5 = 25; shop N 46, shop S 25; together 71.
    #
    # Total: training sums 3 5 9 10, squared steps 4 16 1, mean 7;
    # errors of the sums 1 + 2 + 0 = 3 and 0 + 0 + 3 = 3, mean square 9.
    total = np.sqrt(9 / 7)
    # Shop N: sums 2 4 5 9, steps 4 1 16, mean 7; errors 3 and 0, mean square 4.5.
    # Shop S: steps 0 9 9, mean 6; errors 0 and 3, mean square 4.5.
    shops = (46 * np.sqrt(4.5 / 7) + 25 * np.sqrt(4.5 / 6)) / 71
    # N tea: steps 4 4 4, mean 4; errors 1 and 0, mean square 0.5.
    # N jam begins at its first sale, day 3: step 4; errors 2 and 0, mean square 2.
    # S tea is shop S.
    items = 30 * np.sqrt(0.5 / 4) + 16 * np.sqrt(2 / 4) + 25 * np.sqrt(4.5 / 6)
    expected = [total, shops, items / 71]
    each = wrmsse(**worked, average=None)
    assert list(each.index) == ["total", "shop", "item x shop"]
    np.testing.assert_allclose(each, expected)
    assert wrmsse(**worked) == pytest.approx(np.mean(expected))


def test_worked_example_without_prices_and_with_leading_zeros(worked):
    # Units of days 3 and 4: 6, 8 and 5. N jam from day 1: steps 0 9 4, mean 13 / 3.
    items = 6 * np.sqrt(0.5 / 4) + 8 * np.sqrt(2 / (13 / 3)) + 5 * np.sqrt(4.5 / 6)
    worked.update(price=None, levels=[["item", "shop"]], from_first_sale=False)
    assert wrmsse(**worked) == pytest.approx(items / 19)


def test_the_bottom_level_is_the_weighted_rmsse(worked):
    keys = ["item", "shop"]
    each = rmsse(
        worked["y_true"],
        worked["y_pred"],
        series=worked["X"][keys],
        y_train=worked["y_train"],
        series_train=worked["X_train"][keys],
        average=None,
    )
    weight = pd.Series({("tea", "N"): 30, ("jam", "N"): 16, ("tea", "S"): 25})
    worked["levels"] = [keys]
    expected = np.average(each, weights=weight[each.index])
    assert wrmsse(**worked) == pytest.approx(expected)


def test_order_of_the_rows_does_not_matter(worked):
    expected = wrmsse(**worked)
    order = np.random.default_rng(0).permutation(12)
    worked["X_train"] = worked["X_train"].iloc[order]
    worked["y_train"] = worked["y_train"][order]
    order = np.random.default_rng(1).permutation(6)
    worked["X"] = worked["X"].iloc[order]
    worked["y_true"] = worked["y_true"][order]
    worked["y_pred"] = worked["y_pred"][order]
    assert wrmsse(**worked) == pytest.approx(expected)


def test_missing_targets_equal_dropped_rows(worked):
    keep = np.array([True, True, False, True, True, True])
    dropped = {**worked, "X": worked["X"][keep]}
    dropped.update(y_true=worked["y_true"][keep], y_pred=worked["y_pred"][keep])
    worked["y_true"][2] = np.nan
    assert wrmsse(**worked) == wrmsse(**dropped)
    # in training too: absent, or there without a value
    absent = {**worked, "X_train": worked["X_train"].drop(index=1)}
    absent["y_train"] = np.delete(worked["y_train"], 1)
    worked["y_train"][1] = np.nan
    assert wrmsse(**worked) == wrmsse(**absent)


def test_units_and_currency_do_not_matter(worked):
    expected = wrmsse(**worked)
    worked["X_train"]["price"] *= 100
    for name in ("y_true", "y_pred", "y_train"):
        worked[name] = worked[name] * 12
    assert wrmsse(**worked) == pytest.approx(expected)


@pytest.mark.parametrize("library", ["polars", "pyarrow", "numpy", "category", "dates"])
def test_tables_of_every_library_are_read(worked, library):
    expected = wrmsse(**worked)
    for name in ("X", "X_train"):
        table = worked[name]
        if library == "polars":
            worked[name] = pl.from_pandas(table)
        elif library == "pyarrow":
            worked[name] = pl.from_pandas(table).to_arrow()
        elif library == "category":
            worked[name] = table.astype({"shop": "category", "item": "category"})
        elif library == "dates":
            day = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"], "D")
            worked[name] = table.assign(day=day)
        else:
            codes = table.assign(shop=table["shop"] == "S", item=table["item"] == "jam")
            worked[name] = codes.to_numpy(dtype=float)
    if library == "numpy":
        worked.update(levels=[[], [0], [1, 0]], time=2, price=3)
    assert wrmsse(**worked) == pytest.approx(expected)


def test_prices_may_come_as_an_array(worked):
    expected = wrmsse(**worked)
    worked["price"] = worked["X_train"].pop("price").to_numpy()
    assert wrmsse(**worked) == expected


def slow_wrmsse(case):
    """The definition, group by group."""
    train = case["X_train"].assign(y=case["y_train"], all=0)
    later = case["X"].assign(error=case["y_pred"] - case["y_true"], all=0)
    days = np.sort(train["day"].unique())
    levels = []
    for level in case["levels"]:
        score = weights = 0.0
        # a constant column makes the total a group like any other
        groups = dict(list(train.groupby([*level, "all"])))
        for name, rows in later.groupby([*level, "all"]):
            past = groups[name].groupby("day")["y"].sum().reindex(days).to_numpy()
            past = past[np.flatnonzero(past)[0] :]
            scale = np.mean(np.diff(past) ** 2)
            recent = groups[name][groups[name]["day"] > days[-1] - case["window"]]
            weight = (recent["y"] * recent["price"]).sum()
            square = np.mean(rows.groupby("day")["error"].sum() ** 2)
            score += weight * np.sqrt(square / scale)
            weights += weight
        levels.append(score / weights)
    return np.mean(levels)


@pytest.mark.parametrize("seed", range(3))
def test_the_twelve_levels_of_m5_equal_their_definition(seed):
    rng = np.random.default_rng(seed)
    stores = [("CA", "CA_1"), ("CA", "CA_2"), ("TX", "TX_1")]
    items = [("FOODS", "F_1", f"F_1_{i}") for i in range(3)]
    items += [("HOBBIES", "H_1", "H_1_0"), ("HOBBIES", "H_2", "H_2_0")]
    keys = pd.DataFrame(
        [(*store, *item) for store in stores for item in items],
        columns=["state_id", "store_id", "cat_id", "dept_id", "item_id"],
    )
    table = keys.merge(pd.DataFrame({"day": range(1, 50)}), how="cross")
    table["price"] = rng.uniform(1, 9, len(table))
    sales = rng.poisson(1.5, len(table)).astype(float)
    # items are launched one after the other
    sales[table["day"] < 3 * table["item_id"].str[-1].astype(int)] = 0.0
    known = (table["day"] <= 42).to_numpy()
    case = dict(
        y_true=sales[~known],
        y_pred=rng.gamma(1.5, 1.0, np.count_nonzero(~known)),
        X=table[~known].drop(columns="price"),
        X_train=table[known],
        y_train=sales[known],
        levels=[list(level) for level in M5_LEVELS],
        time="day",
        price="price",
        window=28,
    )
    assert wrmsse(**case) == pytest.approx(slow_wrmsse(case))


def test_m5_has_twelve_levels():
    assert len(M5_LEVELS) == len(set(M5_LEVELS)) == 12
    assert M5_LEVELS[0] == ()


def test_groups_without_a_scale_are_left_out_and_counted(worked):
    worked["y_train"][:4] = 4.0  # N tea never moves
    items = (16 * np.sqrt(2 / 4) + 25 * np.sqrt(4.5 / 6)) / 41
    message = r"wrmsse: 1 of 6 series .* \(first: item=tea, shop=N\); they are left out"
    with pytest.warns(UndefinedMetricWarning, match=message) as record:
        each = wrmsse(**worked, average=None)
    assert record[0].filename == __file__
    assert each["item x shop"] == pytest.approx(items)
    pd.testing.assert_series_equal(
        wrmsse(**worked, average=None, zero_scale="drop"), each
    )
    with pytest.raises(ValueError, match="Leave them out with zero_scale="):
        wrmsse(**worked, zero_scale="error")


def test_groups_without_turnover_have_no_weight(worked):
    worked["y_train"][10:] = 0.0  # S tea is sold out in the window
    items = (30 * np.sqrt(0.5 / 4) + 16 * np.sqrt(2 / 4)) / 46
    each = wrmsse(**worked, average=None)
    assert each["item x shop"] == pytest.approx(items)
    assert each["shop"] == pytest.approx(np.sqrt(4.5 / 7))


def test_more_returns_than_sales_weigh_nothing(worked):
    worked["y_train"][10:] = [-9.0, 1.0]
    each = wrmsse(**worked, average=None)
    assert each["shop"] == pytest.approx(np.sqrt(4.5 / 7))


def change(table, column, row, value):
    table = table.copy()
    table.loc[table.index[row], column] = value
    return table


BAD_INPUT = {
    "no levels": (dict(levels=[]), r"levels must be a list of lists of key columns"),
    "one name": (
        dict(levels="shop"),
        r"levels must be a list of lists of key columns, .* got levels='shop'",
    ),
    "unknown key": (
        dict(levels=[["state"]]),
        r"levels names the column\(s\) \['state'\], which X_train does not have",
    ),
    "unknown price": (
        dict(price="cost"),
        r"price names the column\(s\) \['cost'\], which X_train does not have",
    ),
    "window": (dict(window=0), "window must be a whole number of times, 1 or more"),
    "average": (dict(average="sum"), "average must be one of 'mean', None"),
    "training lengths": (
        dict(y_train=[1.0, 2]),
        "X_train has 12 rows and y_train has 2",
    ),
    "price lengths": (dict(price=[1.0, 2]), "X_train has 12 rows and price has 2"),
    "lengths": (
        dict(y_true=np.ones(5), y_pred=np.ones(5)),
        "X has 6 rows and y_true has 5",
    ),
    "no turnover": (
        dict(price=np.zeros(12)),
        r"wrmsse is undefined at the level \[\]: no group in X has both a turnover",
    ),
    "bottom key missing": (
        dict(levels=[["shop"]]),
        r"duplicated row\(s\): shop='N' has more than one row",
    ),
}


@pytest.mark.parametrize(("params", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_refused_by_name(worked, params, message):
    with pytest.raises(ValueError, match=message):
        wrmsse(**{**worked, **params})


BAD_TABLES = {
    "repeated row": (
        "X",
        dict(column="day", row=1, value=5),
        r"X holds 1 duplicated row\(s\): a series has more than one row at one time",
    ),
    "NaN key": (
        "X",
        dict(column="shop", row=0, value=None),
        r"The key column 'shop' holds NaN in 1 row\(s\)",
    ),
    "NaN training key": (
        "X_train",
        dict(column="shop", row=0, value=None),
        r"column 'shop' is a key of the series and holds NaN in 1 row\(s\)",
    ),
    "unknown price of what was sold": (
        "X_train",
        dict(column="price", row=3, value=np.nan),
        r"price is missing or infinite in 1 row\(s\) of X_train with sales \(first at "
        r"row 3\)",
    ),
}


@pytest.mark.parametrize(
    ("name", "cell", "message"), BAD_TABLES.values(), ids=BAD_TABLES
)
def test_bad_cells_are_refused_by_name(worked, name, cell, message):
    worked[name] = change(worked[name], **cell)
    with pytest.raises(ValueError, match=message):
        wrmsse(**worked)


def test_a_price_may_be_unknown_where_nothing_was_sold_or_long_ago(worked):
    expected = wrmsse(**worked)
    worked["X_train"].loc[[0, 4, 5], "price"] = np.nan
    assert wrmsse(**worked) == expected
