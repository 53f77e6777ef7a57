# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Blocks of series and the sums of products that their least squares needs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_histories import (
    everyone,
    full_orders,
    make_history,
    no_covariates,
)

from sklearn_sales.linear_model import _ar_blocks, _ar_moments
from sklearn_sales.linear_model._ar_blocks import (
    design,
    forward_fill,
    iterate_blocks,
    own_centre,
)
from sklearn_sales.linear_model._ar_moments import design_products, lag_products
from sklearn_sales.linear_model._ar_solvers import fit_pooled, fit_separate
from sklearn_sales.linear_model._ar_terms import ARTerms

lag_lists = st.lists(st.integers(1, 12), unique=True, max_size=6).map(sorted).map(tuple)
trends = st.sampled_from(["n", "c", "t", "ct"])


@given(lag_lists, trends, st.lists(st.integers(30, 60), min_size=1, max_size=4))
def test_products_of_lags_are_those_of_the_design(lags, trend, lengths):
    history, terms = make_history(lengths), ARTerms(lags, trend, 0, 0)
    (block,) = iterate_blocks(
        history, no_covariates(history), everyone(history), n_columns=1
    )
    centre = own_centre(block, terms)
    products, n_rows = lag_products(block, terms, centre)
    columns, rows = design(block, terms, centre)
    expected = design_products(columns)
    size = np.sqrt(np.diagonal(expected, axis1=1, axis2=2)) + 1e-12
    error = (products - expected) / (size[:, :, None] * size[:, None, :])
    np.testing.assert_allclose(error, 0, atol=1e-13)
    np.testing.assert_array_equal(n_rows, rows.sum(axis=1))


@pytest.mark.parametrize("at", [0, 3, 45, 56, 59])
def test_products_of_lags_lose_no_digits_to_an_outlier(at):
    # sums that add an outlier at one end and take it off again would lose them
    history, terms = make_history([60]), ARTerms((1, 2, 4), "n", 0, 0)
    history.data[at] = 1e9
    (block,) = iterate_blocks(
        history, no_covariates(history), np.array([0]), n_columns=1
    )
    centre = own_centre(block, terms)
    products, _ = lag_products(block, terms, centre)
    columns, _ = design(block, terms, centre)
    np.testing.assert_allclose(products, design_products(columns), rtol=1e-13)


# Some are too short for the products of lags, some for any fit at all.
LENGTHS = [1, 2, 5, 9, 14, 20, 30, 30, 31, 45, 60, 61, 80, 90, 200, 400]


@pytest.mark.parametrize("trend", ["n", "c", "t", "ct"])
@pytest.mark.parametrize("lags", [(), (1,), (1, 2, 3), (2, 7), tuple(range(1, 15))])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_quick_and_general_paths_agree(monkeypatch, trend, lags, alpha):
    history, terms = make_history(LENGTHS), ARTerms(lags, trend, 0, 0)
    covariates, codes = no_covariates(history), everyone(history)
    scale = np.linspace(0.5, 2, history.n_series)

    def solved():
        orders = full_orders(history, terms)
        separate = fit_separate(history, covariates, terms, alpha, orders)
        return *separate, *fit_pooled(history, covariates, terms, alpha, scale, codes)

    quick = solved()
    assert _ar_moments._are_plain(history, terms).sum() >= 6
    monkeypatch.setattr(
        _ar_moments, "_are_plain", lambda h, _: np.zeros(h.n_series, dtype=bool)
    )
    for one, other in zip(quick, solved(), strict=True):
        size = np.max(np.abs(other), initial=0)
        np.testing.assert_allclose(one - other.astype(float), 0, atol=1e-10 * size)


def test_products_of_lags_are_taken_where_they_hold():
    history = make_history([4, 5, 6, 0, 40], gaps=0.0)
    history.data[-3] = np.nan
    plain = _ar_moments._are_plain
    assert plain(history, ARTerms((3,), "c", 0, 0)).tolist() == [0, 0, 1, 0, 0]
    assert not plain(history, ARTerms((3,), "c", 7, 0)).any()
    assert not plain(history, ARTerms((3,), "c", 0, 1)).any()


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(any),
    st.integers(1, 400),
)
def test_blocks_hold_each_series_once_and_stay_small(lengths, size):
    history = make_history(lengths, gaps=0.2)
    covariates = np.arange(2.0 * len(history.data)).reshape(-1, 2)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ar_blocks, "_BLOCK_SIZE", size)
        blocks = list(
            iterate_blocks(history, covariates, everyone(history), n_columns=3)
        )
    for block in blocks:
        n, n_times = block.values.shape
        assert n == 1 or n * n_times * 3 <= size
        assert n_times <= 2 * block.lengths.min()
        for code, values, beside, length in zip(
            block.codes, block.values, block.covariates, block.lengths, strict=True
        ):
            own = slice(history.indptr[code], history.indptr[code + 1])
            np.testing.assert_array_equal(values[:length], history.data[own])
            np.testing.assert_array_equal(beside[:length], covariates[own])
            assert np.isnan(values[length:]).all()
            seen.append(code)
    assert sorted(seen) == np.flatnonzero(lengths).tolist()


@given(st.lists(st.sampled_from([np.nan, 1.0, 2.0]), min_size=1, max_size=9))
def test_forward_fill_is_that_of_pandas(values):
    rows = np.array([values, values[::-1]])
    expected = pd.DataFrame(rows.T).ffill().to_numpy().T
    np.testing.assert_array_equal(forward_fill(rows), expected)
