# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""LagFeatures: tables of every library, and columns that it cannot fill."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from sklearn_sales import CalendarFeatures, LagFeatures

KEYS = {"series": "item", "time": "date"}


def numeric_table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"item": np.repeat(["tea", "rice"], 8)})
    X["date"] = np.tile(pd.date_range("2024-01-01", periods=8), 2)
    X["price"] = rng.uniform(1, 2, 16)
    X["promotion"] = rng.random(16) < 0.3
    X["stock"] = rng.integers(0, 9, 16)
    return X, rng.poisson(3, 16).astype(float)


def mixed_table():
    X, y = numeric_table()
    X["group"] = pd.Categorical(np.repeat(["drink", "food"], 8))
    X["town"] = np.tile(["Ulm", "Bonn"], 8)
    X["since"] = pd.Timestamp("2020-02-02")
    X["seen"] = X["stock"].astype("Int64").where(X["stock"] > 2)
    X["small"] = X["price"].astype("float32")
    X.index = pd.Index(np.arange(100, 116), name="row")
    return X, y


def made(**params):
    return LagFeatures(**{"lags": 2, "windows": [("mean", 3)], **KEYS, **params})


def calendar():
    return CalendarFeatures(["weekday"], **KEYS)


def test_a_data_frame_gives_an_array_unless_told():
    X, y = numeric_table()
    found = made().fit_transform(X, y)
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    assert_array_equal(found[:, 3:], X[["price", "promotion", "stock"]].to_numpy(float))
    small = made(dtype=np.float32).fit_transform(X, y)
    assert small.dtype == np.float32
    assert_array_equal(small, found.astype(np.float32))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_polars_and_pyarrow_give_what_pandas_gives(library):
    X, y = numeric_table()
    open_table = pl.from_pandas if library == "polars" else pa.Table.from_pandas
    features = made(horizon=2, season=7, time_since=True, by="item")
    expected = features.fit_transform(X, y)
    foreign = made(horizon=2, season=7, time_since=True, by="item")
    found = foreign.fit_transform(open_table(X), open_table(X.assign(y=y))["y"])
    assert_array_equal(found, expected)
    assert_array_equal(foreign.transform(open_table(X)), expected)
    assert_array_equal(features.transform(open_table(X)), expected)
    assert_array_equal(foreign.transform(X), expected)


def test_an_array_gives_what_a_data_frame_gives():
    X, y = numeric_table()
    numbers = X.assign(item=X["item"] == "tea", date=X["date"].dt.day).astype(float)
    named = made().fit(numbers, y)
    placed = made(series=0, time=1).fit(numbers.to_numpy(), y)
    assert_array_equal(placed.transform(numbers.to_numpy()), named.transform(numbers))
    names = placed.get_feature_names_out().tolist()
    assert names == ["lag_1", "lag_2", "mean_3", "x2", "x3", "x4"]
    frame = placed.set_output(transform="pandas").transform(numbers.to_numpy())
    assert list(frame) == names


COVARIATES = "price promotion stock group town since seen small".split()


def test_covariates_of_any_type_survive_in_pandas():
    X, y = mixed_table()
    found = made().set_output(transform="pandas").fit_transform(X, y)
    assert list(found) == ["lag_1", "lag_2", "mean_3", *COVARIATES]
    assert_frame_equal(found[COVARIATES], X[COVARIATES])
    assert_array_equal(found.index, X.index)
    assert found.index.name == "row"
    plain = made(passthrough=False).fit_transform(X, y)
    assert_array_equal(found.iloc[:, :3], plain)


def test_covariates_of_any_type_survive_in_polars():
    X, y = mixed_table()
    table = pl.from_pandas(X).with_columns(
        town=pl.col("town").cast(pl.Enum(["Bonn", "Ulm"])),
        parts=pl.lit([1, 2]),
    )
    features = made().set_output(transform="polars").fit(table, y)
    found = features.transform(table)
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["lag_1", "lag_2", "mean_3", *COVARIATES, "parts"]
    assert found[:, 3:].equals(table[:, 2:])
    assert found[:, 3:].schema == table[:, 2:].schema


@pytest.mark.parametrize("target", ["pandas", "polars"])
@pytest.mark.parametrize("source", [lambda X: X, pl.from_pandas, pa.Table.from_pandas])
def test_the_library_of_the_result_is_free(source, target):
    X, y = numeric_table()
    X["town"] = np.tile(["Ulm", "Bonn"], 8)
    found = made().set_output(transform=target).fit_transform(source(X), y)
    assert type(found).__module__.split(".")[0] == target
    assert list(found.columns)[:3] == ["lag_1", "lag_2", "mean_3"]
    for name in ("price", "promotion", "stock", "town"):
        assert list(found[name]) == list(X[name])
    plain = made(passthrough=False).fit_transform(X, y)
    assert_array_equal(np.asarray(found)[:, :3].astype(float), plain)


def test_an_array_of_objects_keeps_its_text_in_a_frame():
    X, y = numeric_table()
    town = np.tile(["Ulm", "Bonn"], 8)
    table = np.column_stack([X[["item", "date", "price"]].to_numpy(object), town])
    features = LagFeatures(1, series=0, time=1)
    for target in ("pandas", "polars"):
        found = features.set_output(transform=target).fit_transform(table, y)
        assert list(found.columns) == ["lag_1", "x2", "x3"]
        assert list(found["x2"]) == list(X["price"])
        assert list(found["x3"]) == list(town)


def test_covariates_are_chosen_by_name_or_position():
    X, y = mixed_table()
    for chosen in (["stock", "price"], [4, 2], (4, "price")):
        features = made(passthrough=chosen)
        found = features.fit_transform(X, y)
        assert features.get_feature_names_out()[3:].tolist() == ["stock", "price"]
        assert_array_equal(found[:, 3:], X[["stock", "price"]].to_numpy())


def test_nan_in_a_covariate_passes():
    X, y = numeric_table()
    X.loc[3, "price"] = np.nan
    features = made().fit(X, y)
    assert_array_equal(features.transform(X)[:, 3], X["price"])
    frame = features.set_output(transform="pandas").transform(X)
    assert_array_equal(frame["price"], X["price"])


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_infinity_in_a_covariate_is_refused(output):
    X, y = numeric_table()
    features = made().set_output(transform=output).fit(X, y)
    bad = X.assign(price=np.inf)
    for call in (features.transform, lambda X: made().fit(X, y)):
        with pytest.raises(ValueError, match="Input X contains infinity"):
            call(bad)


@pytest.mark.parametrize("fill", [None, 3.5, "last"])
def test_a_feature_that_no_training_row_can_fill_stays_constant(fill):
    X, y = numeric_table()
    features = made(lags=[1, 8, 9], windows=[("mean", 3, 9), ("std", 2)], fill=fill)
    constant = fill if fill == 3.5 else 0
    message = (
        r"^No training row has a value for \['lag_8', 'lag_9', 'mean_3_lag_9'\]: the "
        rf"longest series has 8 time\(s\)\. These columns are kept, as the constant "
        rf"{constant}\. Ask for shorter lags and windows, or give longer histories\.$"
    )
    for fit in (features.fit, features.fit_transform):
        with pytest.warns(UserWarning, match=message):
            fit(X, y)
    assert features.constant_features_ == ["lag_8", "lag_9", "mean_3_lag_9"]
    # the day after, lag 8 is known, but no model has seen it
    tomorrow = X.iloc[[7, 15]].assign(date=pd.Timestamp("2024-01-09"))
    found = features.transform(tomorrow)
    assert_array_equal(found[:, 1:4], np.full((2, 3), constant))
    assert_array_equal(found[:, 0], y[[7, 15]])


def test_a_feature_that_one_row_can_fill_is_no_constant():
    X, y = numeric_table()
    # the last row of the longer series, in any order, is the only one
    rows = np.random.default_rng(0).permutation(15)
    features = made(lags=[7]).fit(X.iloc[rows], y[rows])
    assert features.constant_features_ == []
    # only the first of the two gaps leaves a row with a lag of 4
    X, y = X[:8], np.array([1.0, np.nan, np.nan, np.nan, 5.0, 6.0, 7.0, 8.0])
    features = LagFeatures([4, 7], windows=[("mean", 2, 7)], passthrough=False, **KEYS)
    assert features.fit(X, y).constant_features_ == []
    assert_array_equal(features.transform(X)[4], [1.0, np.nan, np.nan])


def test_boosting_bears_a_lag_longer_than_every_series():
    X, y = numeric_table()
    features = made(lags=[1, 30], horizon=2)
    model = make_pipeline(features, HistGradientBoostingRegressor(max_iter=2))
    with (
        threadpool_limits(1),
        pytest.warns(
            UserWarning, match=r"No training row has a value for \['lag_30'\]"
        ),
    ):
        model.fit(X, y)
    assert np.all(np.isfinite(model.predict(X)))


def test_rows_beyond_the_horizon_are_warned_about():
    X, y = numeric_table()
    features = made(horizon=2).fit(X, y)
    row = X.iloc[[7]]
    features.transform(row.assign(date=pd.Timestamp("2024-01-10")))
    message = (
        r"^X holds rows up to 28 steps after the last observation, but "
        r"horizon=2: whatever was fitted on these features saw steps 1\.\.2 only\. Set "
        r"horizon=28 and fit again\.$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        features.transform(row.assign(date=pd.Timestamp("2024-02-05")))
    assert caught[0].filename == __file__


def test_training_rows_without_sales_are_not_warned_about():
    X, y = numeric_table()
    y[4:8] = np.nan
    features = made()
    found = features.fit(X, y).fit_transform(X, y)
    assert_array_equal(found[4:8, 0], np.full(4, y[3]))
    # nor is a series that ends before the others
    assert_array_equal(features.transform(X), found)


def test_a_series_without_one_sale_is_answered_from_all():
    X, y = numeric_table()
    y[:8] = np.nan
    features = made(by="item", passthrough=False)
    at_once = features.fit_transform(X, y)
    assert_array_equal(at_once[:8], at_once[8:])
    with pytest.warns(UserWarning, match="without sales in fit"):
        assert_array_equal(features.transform(X), at_once)


def test_the_season_is_that_of_the_calendar():
    y = np.arange(106.0)
    names = {}
    for freq in ("D", "MS", "W", "B"):
        X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=106, freq=freq)})
        features = LagFeatures(None, season="auto", seasonal_lags=[1, 2]).fit(X, y)
        names[freq] = features.get_feature_names_out().tolist()
    assert {freq: name[0] for freq, name in names.items()} == {
        "D": "seasonal_7_1",
        "MS": "seasonal_12_1",
        "W": "seasonal_52_1",
        "B": "seasonal_5_1",
    }
    assert names["D"] == ["seasonal_7_1", "seasonal_7_2"]


def test_an_unknown_season_is_warned_about():
    X, y = np.arange(9.0)[:, None], np.arange(9.0)
    message = (
        r"^season='auto' knows no season for times of freq=1\.0; no seasonal lag is "
        r"made\. Give the season as a number of steps, or season=None\.$"
    )
    with pytest.warns(UserWarning, match=message):
        features = LagFeatures(1, season="auto").fit(X, y)
    assert features.get_feature_names_out().tolist() == ["lag_1"]


def test_names_follow_the_columns():
    X, y = numeric_table()
    features = LagFeatures(
        lags=range(1, 3),
        windows=[("mean", 3), ("ewm", 2, 4), ["zero_share", np.int64(2)]],
        season=np.array([2, 3]),
        seasonal_lags=2,
        horizon=2,
        by=["item"],
        time_since=True,
        **KEYS,
    ).fit(X, y)
    assert features.get_feature_names_out().tolist() == [
        *("lag_1", "lag_2", "mean_3", "ewm_2_lag_4", "zero_share_2"),
        *("seasonal_2_1", "seasonal_2_2", "seasonal_3_1", "seasonal_3_2"),
        *("step", "time_since_sale", "time_since_start"),
        *("mean_3_by_item", "ewm_2_lag_4_by_item", "zero_share_2_by_item"),
        *("price", "promotion", "stock"),
    ]
    assert features.transform(X).shape[1] == 18


@pytest.mark.parametrize("make_features", [made, calendar], ids=["lags", "calendar"])
@pytest.mark.parametrize(
    "values",
    [[1j] * 16, [1, "a"] * 8, [10**30, 1] * 8, [object()] * 16],
    ids=["complex", "mixed", "huge", "objects"],
)
def test_what_polars_cannot_hold_is_named(make_features, values):
    X, y = numeric_table()
    X["odd"] = values
    features = make_features().set_output(transform="polars")
    message = r"^polars has no type for column\(s\) \['odd'\] of X \(.*\)\. Make them"
    with pytest.raises(ValueError, match=message):
        features.fit_transform(X, y)


@pytest.mark.parametrize("make_features", [made, calendar], ids=["lags", "calendar"])
def test_sparse_columns_are_written_out_for_polars(make_features):
    X, y = numeric_table()
    X["odd"] = pd.arrays.SparseArray([0, 1] * 8)
    found = make_features().set_output(transform="polars").fit_transform(X, y)
    assert list(found["odd"]) == [0, 1] * 8
