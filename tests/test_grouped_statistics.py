# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of many groups at once, against numpy on one group after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_sales.compose._grouped_statistics import (
    group_means,
    group_quantiles,
    group_stds,
    observed_median,
)

LEVELS = [0.0, 0.25, 0.5, 0.9, 1.0]


@given(st.integers(0, 10**6), st.integers(0, 40))
def test_groups_equal_numpy_on_each_of_them(seed, n):
    rng = np.random.default_rng(seed)
    values, groups = rng.normal(size=n).round(1), rng.integers(5, size=n)
    quantiles = group_quantiles(values, groups, 6, LEVELS)
    means, stds = group_means(values, groups, 6), group_stds(values, groups, 6)
    for group in range(6):
        mine = values[groups == group]
        got = [means[group], stds[group], *(q[group] for q in quantiles)]
        if len(mine):
            assert_allclose(
                got, [mine.mean(), mine.std(), *np.quantile(mine, LEVELS)], atol=1e-12
            )
        else:
            assert np.isnan(got).all()


def test_no_value_at_all():
    nothing = np.empty(0), np.empty(0, dtype=np.int64)
    assert np.isnan(group_quantiles(*nothing, 2, [0.5])[0]).all()
    assert np.isnan(group_means(*nothing, 2)).all()


@pytest.mark.filterwarnings("ignore:All-NaN slice")
def test_median_of_what_is_observed_equals_nanmedian():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 4, 9))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[3] = np.nan
    assert_array_equal(observed_median(values), np.nanmedian(values, axis=-1))
