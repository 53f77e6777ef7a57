# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Center and scale of every series."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import MaxAbsScaler, RobustScaler, StandardScaler

from sklearn_sales.compose._target_scaling import SCALES, TargetScale, learn_scales

every_scale = pytest.mark.parametrize("method", sorted(SCALES))


def panel(seed=0, n_series=6, n=200):
    rng = np.random.default_rng(seed)
    codes = rng.integers(n_series, size=n)
    return rng.gamma(2, 5, n) * (1 + codes), codes


@pytest.mark.parametrize(
    ("method", "scaler"),
    [
        ("std", StandardScaler()),
        ("robust", RobustScaler()),
        ("max", MaxAbsScaler()),
    ],
)
def test_each_series_is_scaled_as_scikit_learn_would(method, scaler):
    y, codes = panel()
    y[codes == 2] *= -1
    center, scale = learn_scales(y, codes, 6, method)
    z = (y - center[codes]) / scale[codes]
    for code in range(6):
        column = y[codes == code].reshape(-1, 1)
        assert_allclose(z[codes == code], scaler.fit_transform(column).ravel())


def test_mean_is_the_mean_size_and_moves_no_zero():
    center, scale = learn_scales(
        np.array([2.0, -4, 3, 3]), np.array([0, 0, 1, 1]), 2, "mean"
    )
    assert_array_equal(center, [0, 0, 0])
    assert_array_equal(scale, [3, 3, 3])


def test_no_scale_is_one():
    center, scale = learn_scales(np.array([2.0]), np.array([0]), 1, None)
    assert_array_equal([center, scale], [[0, 0], [1, 1]])


@every_scale
def test_series_without_a_scale_share_that_of_the_others(method):
    y, codes = panel(n_series=4)
    # 4 never moves, 5 has one sale, 6 has none
    y = np.concatenate([y, np.zeros(10), [80.0]])
    codes = np.concatenate([codes, np.full(10, 4), [5]])
    center, scale = learn_scales(y, codes, 7, method)
    plain = learn_scales(y[codes < 4], codes[codes < 4], 4, method)[1]
    assert_array_equal(scale[:4], plain[:4])
    assert scale[4] == scale[6] == scale[7]
    assert (scale > 0).all()
    assert np.isfinite(center).all()
    if method in ("std", "robust"):
        assert scale[5] == scale[7] == plain[4]
        assert center[5] == 80.0
        assert_allclose(center[7], center[:6].mean())
    else:
        assert scale[5] == 80.0
        assert_allclose(scale[7], np.append(scale[:4], 80.0).mean())


@every_scale
def test_a_panel_that_never_sells_has_scale_one(method):
    y, codes = np.zeros(9), np.repeat([0, 1, 2], 3)
    center, scale = learn_scales(y, codes, 3, method)
    assert_array_equal([center, scale], [np.zeros(4), np.ones(4)])


def test_a_constant_of_rounded_numbers_has_no_standard_deviation():
    y = np.concatenate([[0.1 + 0.2, 0.3, 0.3, 0.3], [1.0, 2, 3, 4]])
    scale = learn_scales(y, np.repeat([0, 1], 4), 2, "std")[1]
    assert scale[0] == scale[1]


def test_robust_takes_the_standard_deviation_of_a_slow_seller():
    y = np.zeros(20)
    y[[3, 9]] = 4.0
    scale = learn_scales(y, np.zeros(20, dtype=np.int64), 1, "robust")[1]
    assert_allclose(scale[0], y.std())


@every_scale
@pytest.mark.parametrize("transformer", [None, "log1p", "sqrt", "boxcox"])
def test_inverse_undoes_forward(method, transformer):
    y, codes = panel()
    y[::7] = np.nan
    target = TargetScale.learn(y, codes, 6, transformer=transformer, scale=method)
    z = target.forward(y, codes)
    assert_array_equal(np.isnan(z), np.isnan(y))
    assert_allclose(target.inverse(z, codes), y)


def test_no_inverse_is_beyond_five_times_the_largest_sales():
    y, codes = np.array([1.0, 8, 2, 90]), np.array([0, 0, 1, 1])
    target = TargetScale.learn(y, codes, 2, transformer="log1p", scale=None)
    far = np.array([50.0, 1e5, 3.0])
    assert_allclose(
        target.inverse(far, np.array([0, 1, 2])), [40.0, 450.0, np.expm1(3.0)]
    )
    plain = TargetScale.learn(y, codes, 2, transformer=None, scale="max")
    assert_array_equal(plain.inverse(far[:1], codes[:1]), [400.0])
