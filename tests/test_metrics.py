# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Laws that all metrics obey, and the input that all of them refuse."""

from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_sales.metrics import (
    bias,
    coverage,
    mase,
    pinball_loss,
    rmsle,
    rmsse,
    scaled_pinball_loss,
    smape,
    wape,
)


def interval_coverage(y_true, y_pred, **params):
    """Coverage of intervals of width 2 around the point forecasts."""
    y_pred = np.asarray(y_pred, dtype=float)
    return coverage(y_true, np.column_stack([y_pred - 1, y_pred + 1]), **params)


SCALELESS = {
    "wape": wape,
    "bias": bias,
    "smape": smape,
    "rmsle": rmsle,
    "pinball_loss": partial(pinball_loss, quantile=0.8),
}
SCALED = {
    "mase": partial(mase, scale=2.0),
    "rmsse": partial(rmsse, scale=2.0),
    "scaled_pinball_loss": partial(scaled_pinball_loss, quantile=0.8, scale=2.0),
}
POINT = {**SCALELESS, **SCALED}
ALL = {**POINT, "coverage": interval_coverage}
# those that do not change when sales and forecasts are counted in another unit
UNITLESS = {name: SCALELESS[name] for name in ("wape", "bias", "smape")}

every_metric = pytest.mark.parametrize("metric", ALL.values(), ids=ALL)
# every law runs over every metric
few = settings(max_examples=25)
point_metric = pytest.mark.parametrize("metric", POINT.values(), ids=POINT)


@st.composite
def sales_and_forecasts(draw, min_size=2):
    n = draw(st.integers(min_size, 30))
    units = st.floats(0, 1e4, allow_subnormal=False)
    y_true = draw(arrays(float, n, elements=units))
    y_pred = draw(arrays(float, n, elements=units))
    weight = draw(arrays(float, n, elements=st.integers(0, 4).map(float)))
    y_true[0] += 1.0
    weight[0] += 1.0
    return y_true, y_pred, weight


@every_metric
@few
@given(data=sales_and_forecasts())
def test_order_of_the_rows_does_not_matter(metric, data):
    y_true, y_pred, weight = data
    order = np.random.default_rng(0).permutation(len(y_true))
    expected = metric(y_true, y_pred, sample_weight=weight)
    shuffled = metric(y_true[order], y_pred[order], sample_weight=weight[order])
    assert shuffled == pytest.approx(expected, rel=1e-9, abs=1e-12)


@every_metric
@few
@given(data=sales_and_forecasts(), gaps=st.data())
def test_nan_targets_equal_dropped_rows(metric, data, gaps):
    y_true, y_pred, weight = data
    missing = gaps.draw(arrays(bool, len(y_true)))
    missing[0] = False
    expected = metric(
        y_true[~missing], y_pred[~missing], sample_weight=weight[~missing]
    )
    # what stands beside a missing target counts for nothing, whatever it is
    y_true, y_pred, weight = (
        np.where(missing, np.nan, column) for column in (y_true, y_pred, weight)
    )
    assert metric(y_true, y_pred, sample_weight=weight) == expected


@every_metric
@few
@given(data=sales_and_forecasts())
def test_whole_weights_equal_repeated_rows(metric, data):
    y_true, y_pred, weight = data
    times = weight.astype(int)
    repeated = metric(np.repeat(y_true, times), np.repeat(y_pred, times))
    weighted = metric(y_true, y_pred, sample_weight=weight)
    assert weighted == pytest.approx(repeated, rel=1e-9, abs=1e-12)


@every_metric
@few
@given(data=sales_and_forecasts(), factor=st.floats(1e-3, 1e3))
def test_only_the_proportions_of_the_weights_matter(metric, data, factor):
    y_true, y_pred, weight = data
    expected = metric(y_true, y_pred, sample_weight=weight)
    scaled = metric(y_true, y_pred, sample_weight=factor * weight)
    assert scaled == pytest.approx(expected, rel=1e-9, abs=1e-12)


@point_metric
@few
@given(data=sales_and_forecasts())
def test_a_perfect_forecast_has_no_error(metric, data):
    y_true, _, _ = data
    assert metric(y_true, y_true) == 0.0


@point_metric
@few
@given(data=sales_and_forecasts())
def test_errors_are_finite_floats(metric, data):
    y_true, y_pred, _ = data
    for truth in (y_true, np.zeros_like(y_true)):
        value = metric(truth, y_pred)
        assert type(value) is float
        assert np.isfinite(value)


@pytest.mark.parametrize("metric", UNITLESS.values(), ids=UNITLESS)
@few
@given(data=sales_and_forecasts(), factor=st.floats(1e-3, 1e3))
def test_the_unit_of_the_sales_does_not_matter(metric, data, factor):
    y_true, y_pred, _ = data
    expected = metric(y_true, y_pred)
    assert metric(factor * y_true, factor * y_pred) == pytest.approx(expected)


@point_metric
def test_columns_of_every_library_are_read(metric):
    y_true, y_pred = [4.0, None, 7.0], [5.0, 1.0, 6.0]
    expected = metric([4, 7], [5, 6])
    assert metric(y_true, y_pred) == expected
    assert metric(pd.Series(y_true, index=[9, 9, 3]), pd.Series(y_pred)) == expected
    assert metric(pd.array([4, None, 7], dtype="Int64"), y_pred) == expected
    assert metric(pl.Series(y_true), pl.Series(y_pred)) == expected
    assert metric(pa.array(y_true), pa.chunked_array([y_pred])) == expected
    assert metric(np.array([[4.0], [np.nan], [7.0]]), y_pred) == expected


BAD_INPUT = {
    "lengths": (
        dict(y_true=[1, 2, 3], y_pred=[1, 2]),
        r"y_true has 3 rows and y_pred has 2; give one forecast for each row",
    ),
    "infinite target": (
        dict(y_true=[1, np.inf], y_pred=[1, 2]),
        r"y_true holds infinity \(1 value\(s\), first at row 1\)",
    ),
    "no target": (
        dict(y_true=[np.nan, np.nan], y_pred=[1, 2]),
        r"y_true holds no observed value: all 2 are NaN",
    ),
    "missing forecast": (
        dict(y_true=[np.nan, 1, 2], y_pred=[np.nan, 1, np.nan]),
        r"y_pred is NaN where y_true is observed \(. value\(s\), first at row 2\)",
    ),
    "empty": (dict(y_true=[], y_pred=[]), r"y_true is empty; a metric needs"),
    "two columns": (
        dict(y_true=[[1, 2], [3, 4]], y_pred=[1, 2]),
        r"y_true must hold one value a row, .*; got shape \(2, 2\)",
    ),
    "one number": (
        dict(y_true=3.0, y_pred=[2.0]),
        r"y_true must hold one value a row, .*; got shape \(\)",
    ),
    "text": (dict(y_true=["a", "b"], y_pred=[1, 2]), r"y_true must hold numbers: "),
    "weight lengths": (
        dict(y_true=[1, 2], y_pred=[1, 2], sample_weight=[1]),
        r"sample_weight has 1 rows and y_true has 2",
    ),
    "negative weight": (
        dict(y_true=[1, 2], y_pred=[1, 2], sample_weight=[1, -2]),
        r"sample_weight must be finite and not negative; got -2.0 at row 1",
    ),
    "NaN weight": (
        dict(y_true=[1, 2], y_pred=[1, 2], sample_weight=[np.nan, 1]),
        r"sample_weight must be finite and not negative; got nan at row 0",
    ),
    "no weight": (
        dict(y_true=[1, np.nan], y_pred=[1, 2], sample_weight=[0, 1]),
        r"sample_weight is zero for every observed row",
    ),
}


@every_metric
@pytest.mark.parametrize(("data", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_refused_by_name(metric, data, message):
    with pytest.raises(ValueError, match=message):
        metric(**data)


@point_metric
@pytest.mark.parametrize("y_true", [[1, 2], [1, np.nan]], ids=["observed", "missing"])
def test_an_infinite_forecast_is_refused_wherever_it_stands(metric, y_true):
    with pytest.raises(ValueError, match=r"y_pred holds infinity .* first at row 1\)"):
        metric(y_true, [1, -np.inf])


@point_metric
def test_forecasts_of_many_columns_are_refused(metric):
    with pytest.raises(ValueError, match=r"y_pred must .*; got shape \(2, 2\)"):
        metric([1, 2], [[1, 2], [3, 4]])
