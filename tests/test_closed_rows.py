# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows in which nothing can be sold are found, not learned from, and answered by 0."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklearn_sales import SalesRegressor, observe
from sklearn_sales.ensemble._closed_rows import ClosedRows

KEYS = {"series": "shop", "time": "date"}


def shops(closed_days=(20, 48, 77, 103), n_days=140):
    """Three shops, of which all are closed on some weekdays and all sold about 50."""
    dates = pd.date_range("2024-01-01", periods=n_days)
    X = pd.DataFrame(
        {
            "shop": np.repeat(["a", "b", "c"], n_days),
            "date": np.tile(dates, 3),
            "open": np.tile(~np.isin(np.arange(n_days), closed_days), 3).astype(int),
        }
    )
    noise = np.random.default_rng(0).normal(0, 2, len(X))
    return X, np.where(X["open"] == 1, 50 + noise, 0.0)


def found(values, y, codes=None, positions=None):
    n_rows = len(y)
    codes = np.zeros(n_rows, dtype=int) if codes is None else codes
    positions = np.arange(n_rows) if positions is None else positions
    columns = pd.DataFrame({"open": np.asarray(values, dtype=float)})
    return ClosedRows().fit(columns, np.asarray(y, dtype=float), codes, positions)


def test_a_value_without_sales_is_closed():
    rows = found([1, 0] * 20, [5, 0] * 20)
    assert rows.values == {"open": [0.0]}
    other = pd.DataFrame({"open": [0.0, 1.0, np.nan, 2.0]})
    assert_array_equal(rows.find(other), [True, False, False, False])


def test_one_sale_is_enough_to_be_open():
    assert found([1, 0] * 20, [5, 0] * 19 + [5, 1]).values == {}


def test_rows_without_sales_known_say_nothing():
    y = np.array([5.0, 0] * 20)
    y[1:35:2] = np.nan
    # three rows are left, and three zeros among 23 sales happen by chance
    assert found([1, 0] * 20, y).values == {}


def test_a_value_on_two_times_may_have_met_bad_days():
    codes = np.repeat(np.arange(30), 6)
    positions = np.tile(np.arange(6), 30)
    for n_times, values in ((2, {}), (3, {"open": [0.0]})):
        is_open = positions >= n_times
        assert found(is_open, is_open * 5, codes, positions).values == values


def test_zeros_of_rare_sales_are_no_closed_days():
    # 90 % of all days have no sale, so 40 without any are nothing special
    y = (np.arange(400) % 10 == 0) * 1.0
    promotion = (np.arange(400) % 10 == 5) * 1.0
    assert found(promotion, y).values == {}


@pytest.mark.parametrize("n_sold", [0, 3])
def test_many_series_that_hardly_sell_have_no_closed_days(n_sold):
    codes = np.repeat(np.arange(1000), 20)
    positions = np.tile(np.arange(20), 1000)
    promotion = (positions >= 16).astype(float)
    y = np.zeros(len(codes))
    y[:n_sold] = 1
    assert found(promotion, y, codes, positions).values == {}


def test_a_series_that_never_sold_tells_nothing_of_a_value():
    codes = np.repeat([0, 1], 100)
    never = np.zeros(100)
    assert found(codes, np.append(np.ones(100), never), codes).values == {}


def test_closed_days_are_answered_by_zero_and_lower_no_open_day():
    X, y = shops()
    is_open = X["open"].to_numpy() == 1
    train = (X["date"] < "2024-04-29").to_numpy()
    ahead = X[~train].assign(open=np.tile([1, 0, 1] * 7, 3))
    model = SalesRegressor(21, effort="quick", **KEYS).fit(X[train], y[train])
    forecasts = model.predict(ahead)
    assert_array_equal(forecasts == 0, ahead["open"] == 0)
    # as if the closed days had no record at all
    seen = train & is_open
    other = SalesRegressor(21, effort="quick", **KEYS).fit(X[seen], y[seen])
    expected = other.predict(ahead[ahead["open"] == 1])
    np.testing.assert_allclose(forecasts[forecasts > 0], expected, rtol=0.03)


@pytest.mark.parametrize("late", [False, True])
def test_new_sales_of_closed_days_are_left_aside_too(late):
    X, y = shops()
    cut = "2024-04-12" if late else "2024-05-06"
    train = (X["date"] < cut).to_numpy()
    model = SalesRegressor(7, effort="quick", **KEYS).fit(X[train], y[train])
    observe(model, X[~train], y[~train])
    ahead = X[X["date"] >= "2024-05-13"].assign(
        date=lambda x: x["date"] + pd.Timedelta(7, "D")
    )
    assert (model.predict(ahead) > 45).all()


def test_missing_text_is_no_closed_value():
    X, y = shops()
    state = np.where(X["open"] == 1, "open", None).astype(object)
    X = X.drop(columns="open").assign(state=state)
    model = SalesRegressor(7, effort="quick", **KEYS).fit(X, y)
    assert model._closed.values == {}
