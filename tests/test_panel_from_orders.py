# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Panels from order lines against pandas' resample and plain sums."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_sales import complete_panel, panel_from_orders
from sklearn_sales.panel import read_keys, read_table

LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
COLUMNS = {"product": "sku", "timestamp": "at", "quantity": "units", "price": "paid"}
ZONE = "Europe/Berlin"
FREQUENCIES = [
    *("h", "15min", "6h", "D", "B", "W-SUN", "W-WED", "MS", "ME"),
    *("QS-JAN", "QS-FEB", "QE-DEC", "QE-OCT", "YS-JAN", "YS-APR", "YE-DEC", "YE-JUN"),
]


def random_orders(n=400, seed=0, days=200, whole=True):
    rng = np.random.default_rng(seed)
    seconds = rng.integers(0, days * 86_400, n)
    units = rng.integers(-3, 8, n)
    return pd.DataFrame(
        {
            "store": rng.choice(["n", "s"], n),
            "sku": rng.choice([7, 5, 30], n),
            "at": pd.Timestamp("2023-11-20") + pd.to_timedelta(seconds, unit="s"),
            "units": units if whole else units / 4,
            "paid": rng.integers(1, 40, n) / 4,
        }
    )


def to_lists(frame):
    if isinstance(frame, pd.DataFrame):
        frame = frame.astype(object).where(frame.notna(), None)
        return {name: list(frame[name]) for name in frame}
    if isinstance(frame, pa.Table):
        return frame.to_pydict()
    return frame.to_dict(as_series=False)


def reference(orders, freq, *, returns, end, keys=("sku",)):
    """Slow: each series is resampled by pandas and summed by hand."""
    orders = orders.assign(revenue=orders["units"] * orders["paid"])
    bounds = orders.set_index("at")["units"].resample(freq).sum().index
    parts = []
    for key, lines in orders.groupby(list(keys)):
        own = lines.set_index("at")["units"].resample(freq).sum().index
        labels = bounds[bounds >= own[0]]
        if end == "own":
            labels = labels[labels <= own[-1]]
        kept = lines if returns == "net" else lines[lines["units"] >= 0]
        sold, back = lines[lines["units"] > 0], lines[lines["units"] < 0]

        def total(lines, column, labels=labels):
            sums = lines.set_index("at")[column].resample(freq).sum()
            return sums.reindex(labels, fill_value=0).to_numpy()

        units = total(sold, "units")
        part = pd.DataFrame(dict(zip(keys, key, strict=True)), index=range(len(labels)))
        part["at"] = labels
        part["units"] = total(kept, "units")
        with np.errstate(invalid="ignore", divide="ignore"):
            part["paid"] = np.where(units > 0, total(sold, "revenue") / units, np.nan)
        part["revenue"] = total(kept, "revenue")
        part["order_lines"] = total(kept.assign(one=1), "one")
        if returns == "separate":
            part["returned"] = -total(back, "units")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_sums_equal_pandas_resample(freq):
    orders = random_orders(days=30 if freq in ("h", "15min") else 900)
    panel = panel_from_orders(orders, freq=freq, returns="separate", **COLUMNS)
    expected = reference(orders, freq, returns="separate", end="common")
    pd.testing.assert_frame_equal(panel, expected, check_dtype=False)
    assert panel["units"].dtype == np.int64


@given(
    seed=st.integers(0, 2**16),
    n=st.integers(1, 40),
    freq=st.sampled_from(["6h", "D", "W-SUN", "MS"]),
    returns=st.sampled_from(["net", "drop", "separate"]),
    end=st.sampled_from(["own", "common"]),
    whole=st.booleans(),
)
def test_every_option_equals_plain_sums(seed, n, freq, returns, end, whole):
    orders = random_orders(n=n, seed=seed, days=60, whole=whole)
    panel = panel_from_orders(
        orders, series="store", freq=freq, returns=returns, end=end, **COLUMNS
    )
    expected = reference(orders, freq, returns=returns, end=end, keys=("store", "sku"))
    pd.testing.assert_frame_equal(panel, expected, check_dtype=False)


@given(seed=st.integers(0, 2**16), n=st.integers(1, 40))
def test_nothing_is_lost_and_order_does_not_matter(seed, n):
    orders = random_orders(n=n, seed=seed, days=60)
    panel = panel_from_orders(orders, freq="W-SUN", returns="separate", **COLUMNS)
    units = orders["units"]
    assert panel["units"].sum() == units[units > 0].sum()
    assert panel["returned"].sum() == -units[units < 0].sum()
    assert panel["order_lines"].sum() == (units >= 0).sum()
    net = panel_from_orders(orders, freq="W-SUN", **COLUMNS)
    np.testing.assert_array_equal(net["units"], panel["units"] - panel["returned"])
    assert net["revenue"].sum() == pytest.approx((units * orders["paid"]).sum())
    shuffled = panel_from_orders(
        orders.sample(frac=1, random_state=seed),
        freq="W-SUN",
        returns="separate",
        **COLUMNS,
    )
    pd.testing.assert_frame_equal(panel, shuffled)


@given(seed=st.integers(0, 2**16))
def test_without_completion_the_same_rows_are_those_with_lines(seed):
    orders = random_orders(n=25, seed=seed, days=40)
    lean = panel_from_orders(orders, complete=False, **COLUMNS)
    full = panel_from_orders(orders, **COLUMNS)
    pd.testing.assert_frame_equal(
        lean, full[full["order_lines"] > 0].reset_index(drop=True)
    )
    targets = ["units", "revenue", "order_lines"]
    completed = complete_panel(
        lean,
        series="sku",
        freq="D",
        target=targets,
        end="common",
        covariates={"paid": "missing"},
    )
    pd.testing.assert_frame_equal(completed, full)


def test_the_price_may_be_carried():
    orders = random_orders(n=30)
    bare = panel_from_orders(orders, **COLUMNS)
    carried = panel_from_orders(orders, carry_price=True, **COLUMNS)
    expected = bare.groupby("sku")["paid"].transform(lambda p: p.ffill().bfill())
    np.testing.assert_array_equal(carried["paid"], expected)
    pd.testing.assert_frame_equal(
        carried.drop(columns="paid"), bare.drop(columns="paid")
    )


def test_without_prices_there_is_no_money():
    orders = random_orders().drop(columns="paid")
    panel = panel_from_orders(orders, product="sku", timestamp="at", quantity="units")
    assert list(panel.columns) == ["sku", "at", "units", "order_lines"]


def test_a_product_that_was_only_returned_stays():
    orders = pd.DataFrame(
        {
            "sku": ["tea", "mug"],
            "at": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "units": [-2, 3],
            "paid": [1.0, 2.0],
        }
    )
    dropped = panel_from_orders(orders, returns="drop", **COLUMNS)
    assert dropped.groupby("sku")["units"].sum().to_dict() == {"tea": 0, "mug": 3}
    net = panel_from_orders(orders, **COLUMNS)
    assert net.groupby("sku")["units"].sum().to_dict() == {"tea": -2, "mug": 3}
    assert net["revenue"].sum() == 4.0
    assert net.loc[net["sku"] == "tea", "paid"].isna().all()


def test_the_realised_price_is_that_of_the_lines_that_sold():
    orders = pd.DataFrame(
        {
            "sku": "tea",
            "at": pd.Timestamp("2024-01-01"),
            "units": [3, 1, 0, -2],
            "paid": [2.0, 4.0, 99.0, 77.0],
        }
    )
    (row,) = panel_from_orders(orders, **COLUMNS).to_dict("records")
    assert (row["units"], row["paid"], row["order_lines"]) == (2, 2.5, 4)
    assert row["revenue"] == 10.0 - 154.0


# Libraries and types


@pytest.mark.parametrize("freq", FREQUENCIES)
@pytest.mark.parametrize("zone", [None, ZONE, "America/Santiago"])
def test_the_result_is_a_panel_of_its_frequency(freq, zone):
    orders = random_orders(days=40 if freq in ("h", "15min") else 3000)
    orders["at"] = orders["at"].dt.tz_localize("UTC")
    orders["at"] = orders["at"].dt.tz_convert(zone)
    panel = panel_from_orders(orders, series="store", freq=freq, **COLUMNS)
    assert panel["at"].dtype == orders["at"].dtype
    _, _, calendar, codes, positions = read_keys(
        read_table(panel), series=["store", "sku"], time="at", freq=freq
    )
    assert calendar.freq == freq
    steps = np.diff(positions)[np.diff(codes) == 0]
    assert (steps == 1).all()


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_gives_the_same_panel_of_its_own(library):
    orders = random_orders(n=50)
    orders["at"] = orders["at"].dt.as_unit("us")
    held = {name: orders[name].tolist() for name in orders}
    held["at"] = list(pd.DatetimeIndex(orders["at"]).to_pydatetime())
    held = LIBRARIES[library](held)
    options = {"series": ["store"], "freq": "W-SUN", "returns": "separate"}
    panel = panel_from_orders(held, **options, **COLUMNS)
    assert type(panel) is type(held)
    expected = panel_from_orders(orders, **options, **COLUMNS)
    assert to_lists(panel) == to_lists(expected)


@pytest.mark.parametrize(
    ("at", "dtype"),
    [
        (pl.Series(["2024-01-01T10:00:00", "2024-01-03T11:00:00"]), pl.Datetime("us")),
        (pl.Series([datetime.date(2024, 1, 1), datetime.date(2024, 1, 3)]), pl.Date),
        (
            pl.Series(
                [datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 3)]
            ).cast(pl.Datetime("ms")),
            pl.Datetime("ms"),
        ),
    ],
)
def test_times_of_polars_keep_their_type(at, dtype):
    orders = pl.DataFrame({"sku": ["a", "a"], "at": at, "units": [1, 2], "paid": 1})
    panel = panel_from_orders(orders, **COLUMNS)
    assert panel["at"].dtype == dtype
    assert [str(t)[:10] for t in panel["at"]] == [f"2024-01-0{d}" for d in (1, 2, 3)]


def test_a_zone_of_polars_is_converted():
    at = pl.Series([datetime.datetime(2024, 1, 1, 23, 30)]).dt.replace_time_zone("UTC")
    orders = pl.DataFrame({"sku": ["a"], "at": at, "units": [1], "paid": [1]})
    panel = panel_from_orders(orders, zone=ZONE, **COLUMNS)
    assert panel["at"].dtype == pl.Datetime("us", ZONE)
    assert str(panel["at"][0]) == "2024-01-02 00:00:00+01:00"


def test_text_becomes_dates_and_dates_stay_dates():
    orders = random_orders(n=20)
    expected = panel_from_orders(orders, **COLUMNS)
    text = orders.assign(at=orders["at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    panel = panel_from_orders(text, **COLUMNS)
    pd.testing.assert_frame_equal(panel, expected, check_dtype=False)
    dates = panel_from_orders(orders.assign(at=orders["at"].dt.date), **COLUMNS)
    assert list(dates["at"]) == list(expected["at"].dt.date)


def test_types_of_keys_and_quantities_are_kept():
    orders = random_orders().astype({"store": "category", "units": "int8"})
    panel = panel_from_orders(orders, series="store", **COLUMNS)
    assert panel["store"].dtype == orders["store"].dtype
    assert panel["units"].dtype == np.int64
    halves = panel_from_orders(random_orders(whole=False), **COLUMNS)
    assert halves["units"].dtype == np.float64


# Lines that make no panel


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("column", "parameter"),
    [
        ("sku", "product"),
        ("at", "timestamp"),
        ("units", "quantity"),
        ("paid", "price"),
        ("store", "series"),
    ],
)
def test_missing_values_are_named(library, column, parameter):
    orders = {
        "store": ["n", "s", "s"],
        "sku": ["a", "b", "b"],
        "at": [datetime.datetime(2024, 1, d) for d in (1, 2, 3)],
        "units": [1, 2, 3],
        "paid": [1.0, 2.0, 3.0],
    }
    orders[column][1] = None
    message = (
        rf"^{parameter}='{column}' is missing in 1 line\(s\) of orders, first at line 1"
        r"\. Drop such lines or fill them in before\.$"
    )
    with pytest.raises(ValueError, match=message):
        panel_from_orders(LIBRARIES[library](orders), series="store", **COLUMNS)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"units": "two"},
            TypeError,
            r"^quantity='units' holds values of type .*to_num",
        ),
        (
            {"paid": "cheap"},
            TypeError,
            r"^price='paid' holds values of type .*, not num",
        ),
        ({"paid": np.inf}, ValueError, r"^price='paid' of orders holds infinity"),
        (
            {"at": 1.5},
            TypeError,
            r"^timestamp='at' of orders holds numbers, not dateti",
        ),
        (
            {"at": 20240131},
            ValueError,
            r"whole numbers that read as dates, such as 2024",
        ),
        (
            {"at": "31.1.24"},
            ValueError,
            r"^timestamp='at' of orders holds text that is",
        ),
        (
            {"at": pd.Period("2024-01")},
            TypeError,
            r"^timestamp='at' of orders holds periods, not datetimes; convert them",
        ),
    ],
)
def test_wrong_values_say_what_to_do(changes, error, message):
    with pytest.raises(error, match=message):
        panel_from_orders(random_orders(n=5).assign(**changes), **COLUMNS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"product": "item"},
            r"^product='item' is not a column of orders; its columns",
        ),
        ({"series": ["shop"]}, r"^series='shop' is not a column of orders"),
        ({"timestamp": "when"}, r"^timestamp='when' is not a column of orders"),
        ({"quantity": "n"}, r"^quantity='n' is not a column of orders"),
        ({"price": "cost"}, r"^price='cost' is not a column of orders"),
        ({"series": "sku"}, r"^the panel would have two columns \['sku'\]"),
        ({"freq": "SMS"}, r"^freq='SMS' is not supported; allowed are 'h', 'min', 'D'"),
        ({"freq": "2B"}, r"^freq='2B' is not supported"),
        ({"freq": 7}, r"^freq=7 does not suit timestamp='at' of orders, which holds"),
        (
            {"zone": ZONE},
            r"^zone='Europe/Berlin' converts zoned timestamps, and timest",
        ),
        (
            {"returns": "keep"},
            r"The 'returns' parameter of panel_from_orders must be a",
        ),
        ({"product": None}, r"The 'product' parameter of panel_from_orders must be"),
    ],
)
def test_wrong_arguments_say_what_is_allowed(parameters, message):
    with pytest.raises(ValueError, match=message):
        panel_from_orders(random_orders(n=5), **{**COLUMNS, **parameters})


def test_an_unknown_zone_is_named():
    orders = random_orders(n=5)
    orders["at"] = orders["at"].dt.tz_localize("UTC")
    with pytest.raises(ValueError, match=r"^zone='Berlin' is not a known time zone"):
        panel_from_orders(orders, zone="Berlin", **COLUMNS)


def test_names_of_the_result_are_taken():
    orders = random_orders(n=5).rename(columns={"paid": "revenue"})
    message = r"^the panel would have two columns \['revenue'\]: name each column of"
    with pytest.raises(ValueError, match=message):
        panel_from_orders(orders, **{**COLUMNS, "price": "revenue"})


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_line_is_no_panel(library):
    empty = LIBRARIES[library]({"sku": [], "at": [], "units": [], "paid": []})
    with pytest.raises(ValueError, match=r"^orders has no line: there is nothing to"):
        panel_from_orders(empty, **COLUMNS)


@pytest.mark.parametrize("orders", [np.ones((3, 4)), [[1, 2]], None])
def test_lines_come_in_a_data_frame(orders):
    message = r"^orders must be a pandas or polars DataFrame or a pyarrow Table, got "
    with pytest.raises(TypeError, match=message):
        panel_from_orders(orders, **COLUMNS)
