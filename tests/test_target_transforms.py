# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transforms of sales: inverses, scipy's Box-Cox, negative sales."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import boxcox, inv_boxcox
from sklearn.preprocessing import FunctionTransformer, PowerTransformer

from sklearn_sales.compose._target_transforms import (
    BoxCox,
    FittedTransformer,
    Root,
    learn_transform,
    likeliest_power,
)

POWERS = [0.0, 0.2, 0.5, 1.0]
SALES = np.array([0.0, 0.5, 1, 7, 300, 1e6])


@pytest.mark.parametrize("power", POWERS)
def test_box_cox_of_sales_plus_one_equals_scipy(power):
    z = BoxCox(power, False).forward(SALES)
    assert_allclose(z, boxcox(SALES + 1, power))
    assert_allclose(BoxCox(power, False).inverse(z), inv_boxcox(z, power) - 1)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("transform", [*(BoxCox(p, True) for p in POWERS), Root(True)])
def test_inverse_undoes_and_negative_sales_are_mirrored(transform, odd):
    transform = type(transform)(**{**vars(transform), "odd": odd})
    y = np.append(SALES, np.nan)
    assert_allclose(transform.inverse(transform.forward(y)), y, rtol=1e-9)
    if odd:
        assert_allclose(transform.forward(-y), -transform.forward(y))
        assert_allclose(transform.inverse(transform.forward(-y)), -y, rtol=1e-9)


@pytest.mark.parametrize("transform", [BoxCox(p, o) for p in POWERS for o in (0, 1)])
def test_inverse_rises_and_is_defined_for_every_number(transform):
    y = transform.inverse(np.linspace(-2000, 2000, 4001))
    assert not np.isnan(y).any()
    assert (np.diff(y[np.isfinite(y)]) >= 0).all()


def test_without_negative_sales_numbers_below_zero_are_not_mirrored():
    # the mean over errors is then unbiased: E[exp(z + e)] - 1, whatever the sign
    assert_allclose(BoxCox(0.0, False).inverse(-2.0), np.expm1(-2.0))
    assert BoxCox(0.0, True).inverse(-2.0) == -np.expm1(2.0)
    assert_array_equal(Root(False).inverse(np.array([-2.0, 2.0])), [0.0, 4.0])
    assert_array_equal(Root(True).inverse(np.array([-2.0, 2.0])), [-4.0, 4.0])


@pytest.mark.parametrize("name", ["log1p", "sqrt", "boxcox"])
def test_negative_sales_are_noticed(name):
    codes = np.zeros(4, dtype=np.int64)
    y = np.array([1.0, 4, 2, 9])
    assert not learn_transform(name, y, codes, 1).odd
    assert learn_transform(name, y - 3, codes, 1).odd


@pytest.mark.parametrize("power", [0.0, 0.4, 1.0])
def test_the_power_of_normal_noise_is_found(power):
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(20), 300)
    level = boxcox(rng.uniform(20, 300, 20), power)
    spread = 0.15 * (boxcox(150.0, power) - boxcox(100.0, power))
    z = rng.normal(level[codes], max(spread, 0.05))
    y = inv_boxcox(z, power) - 1
    assert abs(likeliest_power(y, codes, 20) - power) < 0.15


def test_a_power_for_series_that_never_move():
    assert 0 <= likeliest_power(np.full(5, 3.0), np.zeros(5, dtype=np.int64), 1) <= 1


def test_a_transformer_is_cloned_and_fitted_on_one_column():
    given = PowerTransformer()
    y = np.random.default_rng(0).gamma(1, 5, 50)
    fitted = learn_transform(given, y, np.zeros(50, dtype=np.int64), 1)
    assert not hasattr(given, "lambdas_")
    own = PowerTransformer().fit(y.reshape(-1, 1))
    assert_allclose(fitted.forward(y), own.transform(y.reshape(-1, 1)).ravel())
    with_gap = np.array([np.nan, 2.0])
    assert_array_equal(np.isnan(fitted.forward(with_gap)), [True, False])
    assert_allclose(fitted.inverse(fitted.forward(with_gap)), with_gap)
    nothing = FittedTransformer(FunctionTransformer()).forward(np.array([np.nan]))
    assert np.isnan(nothing).all()
