# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The target among the covariates, and a target in another order than X."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_sales import ARRegressor, PanelTimeSeriesSplit, backtest

KEYS = {"series": "item", "time": "date"}
EQUAL = (
    "The column(s) ['copy'] of X equal y: what is to be forecast is read as if it were "
    "known ahead. Drop them from X; past sales come from lags, which the estimators of "
    "this package make themselves."
)
ORDER = (
    "The index of y is that of X in another order. Rows of X and y are matched by "
    "their order, as everywhere in scikit-learn: pass y.loc[X.index] if the sales "
    "belong to the rows of that index, or y.to_numpy() if the order is right."
)


@pytest.fixture
def sales():
    """Two items in two hundred days, and sales with two decimals."""
    days = pd.date_range("2024-01-01", periods=200)
    X = pd.DataFrame({"item": np.repeat(["a", "b"], 200), "date": [*days, *days]})
    rng = np.random.default_rng(0)
    return X.assign(price=rng.uniform(1, 2, 400)), pd.Series(rng.gamma(9, 9, 400))


def told(X, y, model=None):
    """What a fit warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (model or ARRegressor(2, alpha=1.0, **KEYS)).fit(X, y)
    return [str(one.message) for one in caught]


@pytest.mark.parametrize("convert", [lambda X: X, pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("rounded", [lambda y: y, lambda y: y.round().astype(int)])
def test_a_copy_of_the_target_is_told_of_by_its_name(sales, convert, rounded):
    X, y = sales
    assert told(convert(X.assign(copy=rounded(y))), y) == [EQUAL]


def test_a_copy_in_an_array_is_told_of_by_its_place(sales):
    y = sales[1][:200].to_numpy()
    X = np.column_stack([np.arange(200), y])
    assert told(X, y, ARRegressor(2)) == [EQUAL.replace("'copy'", "1")]


def test_sales_that_are_not_observed_equal_nothing(sales):
    X, y = sales
    hidden = y.where(y > 70)
    assert told(X.assign(copy=y), hidden) == [EQUAL]
    assert told(X.assign(near=y.where(y > 75, 0.0)), hidden) == []


@pytest.mark.parametrize(
    "near",
    [
        pytest.param(lambda y: 1.05 * y, id="a twentieth more"),
        pytest.param(lambda y: y.where(y.index != 7, 0), id="one other value"),
        pytest.param(lambda y: y.shift(-1, fill_value=0), id="sales of the day after"),
        pytest.param(lambda y: y.mask(y.index == 7).fillna(0), id="one gap"),
    ],
)
def test_what_only_resembles_the_target_is_not_told_of(sales, near):
    X, y = sales
    assert told(X.assign(near=near(y)), y) == []


def test_constants_and_few_rows_may_be_equal_by_chance(sales):
    X, y = sales
    assert told(X.assign(flag=1), np.ones(400)) == []
    few = X[:9].assign(flag=np.arange(9) % 2)
    assert told(few, few["flag"]) == []


@pytest.mark.parametrize(
    "fit",
    [
        lambda X, y: ARRegressor(2, **KEYS).fit(X, y),
        lambda X, y: ARRegressor(2, **KEYS).fit(X[::-1], y[::-1]).partial_fit(X, y),
        lambda X, y: backtest(
            ARRegressor(2), X, y, cv=PanelTimeSeriesSplit(2, test_size=5), **KEYS
        ),
    ],
)
def test_another_order_of_the_index_is_told_of(sales, fit):
    X, y = sales
    with pytest.warns(UserWarning, match="The index of y is") as caught:
        fit(X, pd.Series(7.0, index=y.index[::-1]))
    assert [str(one.message) for one in caught] == [ORDER] * len(caught)


def test_warnings_name_the_line_of_the_fit(sales):
    X, y = sales
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ARRegressor(2, alpha=1.0, **KEYS).fit(X.assign(copy=y), y[::-1])
        ARRegressor(2, alpha=1.0, **KEYS).fit(X.assign(copy=y), y)
    assert [str(one.message) for one in caught] == [ORDER, EQUAL]
    assert {one.filename for one in caught} == {__file__}


def test_other_indexes_tell_no_order(sales):
    X, y = sales
    rows = np.random.default_rng(1).permutation(400)
    assert told(X.iloc[rows], y.iloc[rows]) == []
    assert told(X.iloc[rows], y.iloc[rows].to_numpy()) == []
    assert told(X.iloc[rows], y.iloc[rows].set_axis(range(1000, 1400))) == []
    repeated = [0] * 400
    assert told(X.set_axis(repeated), y.set_axis(repeated)) == []
