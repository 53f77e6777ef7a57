# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasters of sktime take newer sales."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression
from sktime.forecasting.compose import YfromX, make_reduction
from sktime.forecasting.exp_smoothing import ExponentialSmoothing
from sktime.forecasting.naive import NaiveForecaster

from sklearn_sales import SktimeRegressor, future_frame, observe

# sktime tells of future releases, its own and those of pandas.
pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning"
)
KEYS = {"series": "item", "time": "date"}
N_TIMES = 40


@pytest.fixture
def sales():
    """Three series of different lengths, one that is new after time 30."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=N_TIMES)
    parts = [
        pd.DataFrame({"item": item, "date": days[first:]})
        for item, first in (("a", 0), ("c", 5), ("b", 32))
    ]
    X = pd.concat(parts, ignore_index=True)
    X["price"] = rng.uniform(1, 2, len(X))
    y = 20 - 5 * X["price"].to_numpy() + rng.normal(0, 1, len(X))
    return X, y, (X["date"] < days[30]).to_numpy()


def ahead(X):
    return future_frame(X, 3, covariates={"price": 1.5}, **KEYS)


@pytest.mark.parametrize(
    "forecaster",
    [
        NaiveForecaster(sp=7),
        ExponentialSmoothing(),
        YfromX(LinearRegression()),
        make_reduction(LinearRegression(), window_length=3),
    ],
    ids=lambda forecaster: type(forecaster).__name__,
)
@pytest.mark.filterwarnings("ignore:.*The seasonal naive forecast answers")
def test_after_partial_fit_forecasts_are_those_of_a_fit_on_all(forecaster, sales):
    X, y, past = sales
    # the new series is too short for some on its first days
    chunks = SktimeRegressor(forecaster, fallback="naive", **KEYS)
    chunks.fit(X[past], y[past])
    for day in sorted(X["date"][~past].unique()):
        now = (X["date"] == day).to_numpy()
        chunks.partial_fit(X[now], y[now])
    whole = SktimeRegressor(forecaster, **KEYS).fit(X, y)
    assert chunks.failures_ == {}
    assert_allclose(chunks.predict(ahead(X)), whole.predict(ahead(X)), rtol=1e-8)


def test_gaps_that_were_carried_are_no_rows_of_covariates(sales):
    X, y, past = sales
    kept = past & ~((X["item"] == "a") & (X["date"] == "2024-01-20")).to_numpy()
    forecaster = YfromX(LinearRegression())
    late = SktimeRegressor(forecaster, **KEYS).fit(X[kept], y[kept])
    late.partial_fit(X[~kept], y[~kept])
    whole = SktimeRegressor(forecaster, **KEYS).fit(X, y)
    assert_allclose(late.predict(ahead(X)), whole.predict(ahead(X)), rtol=1e-8)


def test_observed_sales_are_read_with_the_parameters_of_fit(sales):
    X, y, past = sales
    old = (X["item"] != "b").to_numpy()
    forecaster = NaiveForecaster(sp=7)
    model = SktimeRegressor(forecaster, **KEYS).fit(X[past], y[past])
    observe(model, X[~past & old], y[~past & old])
    found = model.predict(ahead(X[old]))
    for item in ("a", "c"):
        own = (X["item"] == item).to_numpy()
        # the last season again
        expected = y[own][-7:-4]
        assert_allclose(found[ahead(X[old])["item"] == item], expected)


def test_a_series_that_is_new_gets_a_forecaster(sales):
    X, y, past = sales
    model = SktimeRegressor(NaiveForecaster(), **KEYS).fit(X[past], y[past])
    observe(model, X[~past], y[~past])
    future = ahead(X)
    new = (future["item"] == "b").to_numpy()
    assert_allclose(model.predict(future)[new], y[X["item"] == "b"][-1])
    assert len(model.forecasters_) == 4


def test_one_forecaster_of_all_takes_no_new_series(sales):
    X, y, past = sales
    forecaster = make_reduction(LinearRegression(), window_length=3, pooling="global")
    model = SktimeRegressor(forecaster, **KEYS).fit(X[past], y[past])
    rows = ahead(X[past])
    before = model.predict(rows)
    with pytest.raises(ValueError, match="take partial_fit, which fits it anew"):
        observe(model, X[~past], y[~past])
    # nothing was taken in
    assert_allclose(model.predict(rows), before)


class Refuses(NaiveForecaster):
    """Takes no sales above a thousand."""

    def _update(self, y, X=None, update_params=True):
        if y.max() > 1000:
            raise ValueError("too many")
        return super()._update(y, X, update_params)


def test_what_one_forecaster_refuses_is_read_by_none(sales):
    X, y, past = sales
    model = SktimeRegressor(Refuses(), **KEYS).fit(X[past], y[past])
    rows, known = ahead(X[past]), list(model.panel_.history.last)
    before = model.predict(rows)
    later, changed = X[~past & (X["item"] != "b")], y[~past & (X["item"] != "b")]
    changed = np.where(later["item"] == "c", 2000.0, changed)
    with pytest.raises(ValueError, match="too many"):
        observe(model, later, changed)
    assert list(model.panel_.history.last) == known
    assert_allclose(model.predict(rows), before)
