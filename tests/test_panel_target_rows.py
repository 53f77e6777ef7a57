# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""PanelTargetRegressor: what does not matter, odd series, and mistakes."""

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from plain_targets import (
    AR,
    ITEMS,
    START,
    Recorder,
    faulty,
    future,
    panel,
    target,
)
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTargetRegressor,
    PanelTimeSeriesSplit,
    ReductionRegressor,
)


def rich():
    return target(
        outliers="seasonal",
        missing="seasonal",
        transformer="boxcox",
        scale="robust",
        protect="promotion",
    )


def test_order_and_company_of_rows_do_not_matter():
    X, y = faulty()
    model, ahead = rich().fit(X, y), future()
    order = np.random.default_rng(1).permutation(len(X))
    other = rich().fit(X.iloc[order], y[order])
    assert_allclose(other.predict(ahead), model.predict(ahead))
    frame = other.cleaned_.reset_index(drop=True)
    pd.testing.assert_frame_equal(frame, model.cleaned_.reset_index(drop=True))
    own = X[X["date"] < START + pd.Timedelta(days=50)]
    together = model.predict(pd.concat([own, ahead])[::-1])[::-1]
    apart = np.concatenate([model.predict(own), model.predict(ahead)])
    assert_allclose(together, apart)


def test_later_sales_move_nothing():
    X, y = faulty()
    early = (X["date"] < START + pd.Timedelta(days=45)).to_numpy()
    changed = np.where(early, y, 1e6)
    for train, test in PanelTimeSeriesSplit(2, test_size=8).split(X[early]):
        here, there = (
            rich().fit(X[early].iloc[train], v[early][train]) for v in (y, changed)
        )
        rows = X[early].iloc[test]
        assert_array_equal(here.predict(rows), there.predict(rows))
        assert here.cleaned_["date"].max() < X[early]["date"].iloc[test].min()


@pytest.mark.parametrize("kind", ["polars", "array"])
def test_the_library_of_the_table_does_not_matter(kind):
    X, y = faulty()
    model, ahead = rich().fit(X, y), future()
    if kind == "polars":
        other = rich().fit(pl.from_pandas(X), y)
        got = other.predict(pl.from_pandas(ahead))
    else:
        settings = {"series": 0, "time": 1, "protect": 2}
        other = rich().set_params(**settings).fit(X.to_numpy(), y)
        got = other.predict(ahead.to_numpy())
    assert_allclose(got, model.predict(ahead))
    assert_allclose(other.cleaned_["now"], model.cleaned_["now"])


def test_pickled_it_forecasts_the_same():
    X, y = faulty()
    model = rich().fit(X, y)
    assert_array_equal(
        pickle.loads(pickle.dumps(model)).predict(future()), model.predict(future())
    )


def test_new_series_get_one_warning_and_the_scale_of_all():
    X, y = panel()
    new = future().iloc[:2].assign(item="oil")
    for inner in (AR, Recorder()):
        columns = ["item", "date"] if inner is AR else ["number", "date"]
        X_all, new_all = (frame.assign(number=0.0)[columns] for frame in (X, new))
        model = target(inner, scale="mean")
        if inner is not AR:
            X_all = X_all.assign(number=np.searchsorted(ITEMS, X["item"]), date=1.0)
            X_all["date"] = (X["date"] - START).dt.days.astype(float)
            new_all = new_all.assign(number=9.0, date=[60.0, 61.0])
            model.set_params(series="number")
        model.fit(X_all, y)
        with pytest.warns(UserWarning, match="series without sales in fit") as caught:
            forecast = model.predict(new_all)
        assert len(caught) == 1
        if inner is AR:
            assert (forecast > 50).all()
            assert (forecast < 500).all()


def test_a_series_that_never_sold_is_answered():
    X, y = panel()
    y[(X["item"] == "salt").to_numpy()] = np.nan
    model = target(
        outliers="hampel",
        protect="promotion",
        missing="seasonal",
        transformer="log1p",
        scale="std",
    )
    model.fit(X, y)
    assert model.cleaned_.empty
    with pytest.warns(UserWarning, match="series without sales in fit"):
        assert np.isfinite(model.predict(future())).all()


def test_negative_sales_are_no_problem():
    X, y = panel()
    y -= 40
    for transformer in ("log1p", "sqrt", "boxcox"):
        forecast = target(transformer=transformer).fit(X, y).predict(future())
        assert (forecast[:5] < 0).all()
        assert (forecast[10:] > 300).all()
        clipped = target(transformer=transformer, clip=True).fit(X, y)
        assert_array_equal(clipped.predict(future()), np.maximum(forecast, 0))


def test_forecasts_of_sales_are_not_negative():
    X = pd.DataFrame({"date": range(30)})
    y = np.linspace(30, 0, 30)
    falling = ARRegressor(lags=None, trend="ct", clip=False)
    ahead = pd.DataFrame({"date": [35, 40]})
    assert_array_equal(PanelTargetRegressor(falling).fit(X, y).predict(ahead), 0)
    free = PanelTargetRegressor(falling, clip=False).fit(X, y).predict(ahead)
    assert (free < 0).all()


BAD = {
    "window": (
        {"window": 8},
        "window=8 must be odd, so that it has a middle: take 9.",
    ),
    "protect": (
        {"outliers": "iqr", "protect": "promo"},
        "protect='promo' is not a column of X; its columns are ['item', 'date', "
        "'promotion'].",
    ),
    "anchor": (
        {"anchor": "last"},
        "anchor='last' needs a ReductionRegressor inside PanelTargetRegressor: only "
        "there can the target be a difference while the lags stay lags of the sales. "
        "ARRegressor holds none: wrap the last regressor as "
        "ReductionRegressor(regressor, features=LagFeatures(...)), or give "
        "anchor=None.",
    ),
    "two anchors": (
        {"anchor": "last", "regressor": ReductionRegressor(anchor="seasonal")},
        "PanelTargetRegressor has anchor='last', but a ReductionRegressor inside it "
        "has anchor='seasonal'. Name the anchor once.",
    ),
    "keys inside": (
        {"series": None, "regressor": ARRegressor(series="item")},
        "ARRegressor has series='item', but PanelTargetRegressor has none. Keys are "
        "named once, outside: give series='item' to PanelTargetRegressor.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_told(case):
    settings, message = BAD[case]
    X, y = panel()
    if case == "keys inside":
        X, y = X[X["item"] == "tea"], y[(X["item"] == "tea").to_numpy()]
    with pytest.raises(ValueError) as error:
        target().set_params(**settings).fit(X, y)
    assert str(error.value) == message


def test_folds_must_lie_in_time_order():
    X, y = panel()
    X = X.assign(item=np.searchsorted(ITEMS, X["item"]))
    folds = PanelTimeSeriesSplit(2, time="item")
    message = "tests no observed row that is later than those of its series"
    with pytest.raises(ValueError, match=message):
        target(transformer="log1p", cv=folds).fit(X, y)


def test_marks_must_be_numbers():
    X, y = panel()
    X["promotion"] = np.where(X["promotion"] > 0, "yes", "no")
    pipeline = make_pipeline(
        LagFeatures(1, fill=0.0, passthrough=False), LinearRegression()
    )
    with pytest.raises(ValueError, match=re.escape("column(s) ['promotion'] of X")):
        target(pipeline, outliers="iqr", protect="promotion").fit(X, y)


def test_a_regressor_without_a_spread_says_so():
    X, y = panel()
    model = target(ReductionRegressor(LinearRegression(), features=LagFeatures(1)))
    with pytest.raises(TypeError, match="that of ReductionRegressor does not"):
        model.fit(X, y).predict(future(), return_std=True)
    nested = target(target(scale="mean"), scale="max").fit(X, y)
    mean, std = nested.predict(future(), return_std=True)
    assert (std > 0).all()
    with pytest.raises(TypeError, match="that of PanelTargetRegressor does not"):
        target(model).fit(X, y).predict(future(), return_std=True)
