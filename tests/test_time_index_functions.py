# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Functions, splitters, scorers and displays that read times from an index."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from test_time_index import (
    COLUMNS,
    FUTURE,
    FUTURE_INDEXED,
    INDEX,
    KEYS,
    LEVELS,
    X_INDEXED,
    X,
    Y,
)

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    backtest,
    check_no_leakage,
    complete_panel,
    future_frame,
    make_sales_scorer,
    neg_rmsse_scorer,
    wrmsse,
)

AR = {keys["time"]: ARRegressor(lags=2, **keys) for keys in (COLUMNS, INDEX)}
KNOWN = FUTURE[["store", "day", "promo"]].drop_duplicates(["store", "day"])


@pytest.mark.parametrize("names", [LEVELS, [None] * 3])
def test_future_frame_gives_the_index_back(names):
    known = KNOWN.set_index(["store", "day"])
    if names[0] is None:
        known = None
    fill = {"price": 1.0, "promo": "carry"}
    rows = X_INDEXED.rename_axis(names)
    got = future_frame(rows, 3, known=known, covariates=fill, **INDEX)
    known = known if known is None else KNOWN
    want = future_frame(X, 3, known=known, covariates=fill, **COLUMNS)
    pd.testing.assert_frame_equal(got, want.set_index(LEVELS).rename_axis(names))


def test_future_frame_of_a_plain_index():
    rows = X.loc[X["store"] == "B"]
    got = future_frame(rows.set_index("day")[[]], 3, **INDEX)
    assert got.shape == (3, 0)
    want = future_frame(rows[["day"]], 3, time="day")["day"]
    pd.testing.assert_index_equal(got.index, pd.DatetimeIndex(want))
    many = rows.set_index("day")[KEYS]
    got = future_frame(many, 3, series=KEYS, **INDEX)
    assert list(got.columns) == KEYS
    assert got.index.name == "day"


def test_complete_panel_keeps_the_index():
    rows = X[X["price"] < 2]
    params = {"covariates": {"price": "carry", "promo": 0}, "return_added": True}
    want, added = complete_panel(rows, **params, **COLUMNS)
    got, also_added = complete_panel(rows.set_index(LEVELS), **params, **INDEX)
    assert added.any()
    pd.testing.assert_frame_equal(got, want.set_index(LEVELS))
    np.testing.assert_array_equal(added, also_added)


def test_folds_cut_the_times_of_the_index():
    want = PanelTimeSeriesSplit(3, **COLUMNS).split(X)
    got = PanelTimeSeriesSplit(3, **INDEX).split(X_INDEXED)
    for one, other in zip(want, got, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def scores(make_scorer):
    sales = np.arange(float(len(FUTURE)))
    return [
        make_scorer(rows, keys)(AR[keys["time"]].fit(rows, Y), ahead, sales)
        for rows, ahead, keys in [
            (X, FUTURE, COLUMNS),
            (X_INDEXED, FUTURE_INDEXED, INDEX),
        ]
    ]


def test_scorers_find_the_scales_of_the_levels():
    first, second = scores(lambda rows, keys: neg_rmsse_scorer)
    assert first == second
    first, second = scores(
        lambda rows, keys: make_sales_scorer("mase", X_train=rows, y_train=Y, **keys)
    )
    assert first == second


def test_wrmsse_adds_up_levels():
    levels = [[], ["store"], KEYS]
    sales = np.arange(float(len(FUTURE)))
    params = {"y_train": Y, "levels": levels, "price": "price"}
    want = wrmsse(sales, sales + 1, X=FUTURE, X_train=X, time="day", **params)
    got = wrmsse(
        sales, sales + 1, X=FUTURE_INDEXED, X_train=X_INDEXED, time="index", **params
    )
    assert got == want
    plain = [t.set_index("day") for t in (FUTURE, X)]
    got = wrmsse(sales, sales + 1, X=plain[0], X_train=plain[1], time="index", **params)
    assert got == want


def test_backtest_tells_the_same(tmp_path):
    want = backtest(AR["day"], X, Y, cv=2, **COLUMNS)
    got = backtest(AR["index"], X_INDEXED, Y, cv=2, store=tmp_path, **INDEX)
    pd.testing.assert_frame_equal(got.forecasts, want.forecasts)
    for by in ("series", "item", "step", "promo"):
        pd.testing.assert_frame_equal(got.errors(by=by), want.errors(by=by))


def test_other_times_are_another_backtest(tmp_path):
    first = backtest(AR["index"], X_INDEXED, Y, cv=2, store=tmp_path)
    days = X["day"] + pd.Timedelta(days=100)
    index = pd.MultiIndex.from_arrays([X["store"], X["item"], days])
    moved = X_INDEXED.set_axis(index, axis=0)
    second = backtest(AR["index"], moved, Y, cv=2, store=tmp_path)
    assert (second.forecasts["day"] - first.forecasts["day"]).nunique() == 1


def test_leaks_are_looked_for():
    lags = LagFeatures(2, horizon=3, fill=0.0, **INDEX)
    report = check_no_leakage(make_pipeline(lags, LinearRegression()), X_INDEXED, Y)
    assert report.passed

    def prepare(X, y):
        ahead = y.groupby(X.index.droplevel(-1)).shift(-1).fillna(0)
        return X.assign(tomorrow=ahead), y

    ordered = X_INDEXED.assign(y=Y.to_numpy()).sort_index()
    report = check_no_leakage(
        AR["index"], ordered[["price"]], ordered["y"], prepare=prepare, on_fail=None
    )
    assert list(report.columns["column"]) == ["tomorrow"]


def test_displays_show_the_same_cells():
    pytest.importorskip("matplotlib").use("agg")
    from sklearn_sales import ForecastDisplay, SplitDisplay

    frames = [
        ForecastDisplay.from_estimator(AR[keys["time"]].fit(rows, Y), ahead).frame
        for rows, ahead, keys in [
            (X, FUTURE, COLUMNS),
            (X_INDEXED, FUTURE_INDEXED, INDEX),
        ]
    ]
    pd.testing.assert_frame_equal(*frames)
    shown = ForecastDisplay.from_predictions(
        FUTURE_INDEXED,
        np.ones(len(FUTURE)),
        X_history=X_INDEXED,
        y_history=Y,
        promotion="promo",
        **INDEX,
    )
    assert shown.frame["promotion"].any()
    folds = PanelTimeSeriesSplit(2, **INDEX)
    display = SplitDisplay.from_splitter(folds, X_INDEXED, **INDEX)
    assert display.n_series == 3
