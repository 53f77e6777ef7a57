# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""MASE, RMSSE and the naive scale that they divide by."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_sales.metrics import mase, naive_scale, rmsse, scaled_pinball_loss

SCALED = [mase, rmsse, scaled_pinball_loss]


def slow_scale(values, *, season, power, from_first_sale):
    """The definition of the naive scale, one value after the other."""
    values = list(values)
    if from_first_sale:
        while values and (values[0] == 0 or np.isnan(values[0])):
            values.pop(0)
    steps = [
        abs(values[t] - values[t - season]) ** power
        for t in range(season, len(values))
        if not np.isnan(values[t]) and not np.isnan(values[t - season])
    ]
    return np.mean(steps) if steps else np.nan


@st.composite
def panels(draw):
    """A panel of small whole sales with zeros and gaps, and a rule."""
    cell = st.sampled_from([0.0, 0.0, 1.0, 2.0, 7.0, np.nan])
    panel = draw(st.lists(st.lists(cell, min_size=1, max_size=12), min_size=1))
    rule = dict(
        season=draw(st.integers(1, 4)),
        power=draw(st.sampled_from([1, 2])),
        from_first_sale=draw(st.booleans()),
    )
    return panel, rule


def as_table(panel):
    return pd.DataFrame(
        [
            (f"s{s}", t, value)
            for s, values in enumerate(panel)
            for t, value in enumerate(values)
        ],
        columns=["series", "time", "sales"],
    )


@settings(max_examples=50)
@given(panels())
def test_naive_scale_equals_its_definition(case):
    panel, rule = case
    table = as_table(panel)
    expected = [slow_scale(values, **rule) for values in panel]
    scale = naive_scale(table["sales"], table["series"], **rule)
    assert list(scale.index) == [f"s{s}" for s in range(len(panel))]
    np.testing.assert_allclose(scale, expected)
    # interleaved by time, each series still in order
    by_time = table.sort_values("time", kind="stable")
    again = naive_scale(by_time["sales"], by_time["series"], **rule)
    np.testing.assert_allclose(again.reindex(scale.index), expected)


@settings(max_examples=50)
@given(panels())
def test_with_times_a_missing_row_is_a_missing_value(case):
    panel, rule = case
    # a last row that is always there, so that every case has an observed one
    table = as_table([*panel, [1.0] * 12])
    expected = naive_scale(table["sales"], table["series"], **rule)
    shuffled = table.sample(frac=1, random_state=0).dropna()
    scale = naive_scale(
        shuffled["sales"], shuffled["series"], time_train=shuffled["time"], **rule
    )
    np.testing.assert_allclose(scale, expected.reindex(scale.index))
    assert expected.drop(scale.index).isna().all()


def test_naive_scale_reads_dates_and_finds_the_gap():
    dates = ["2024-03-03", "2024-03-01", "2024-03-02", "2024-03-05"]
    # 1, 4, 9 on the first three days, 99 after a day without a row
    scale = naive_scale([9, 1, 4, 99], time_train=dates)
    assert scale == (3 + 5) / 2
    assert naive_scale([9, 1, 4, 99], time_train=dates, season=2) == (8 + 90) / 2


def test_without_times_consecutive_rows_are_consecutive_times():
    assert naive_scale([1, 4, 9, 99]) == (3 + 5 + 90) / 3


def test_naive_scale_begins_at_the_first_sale():
    assert naive_scale([0, 0, 0, 4, 6]) == 2.0
    assert naive_scale([0, 0, 0, 4, 6], from_first_sale=False) == 1.5
    assert naive_scale([0, 0, 0, 4, 6], power=2) == 4.0


def test_naive_scale_of_one_series_is_a_float():
    assert type(naive_scale([1, 3])) is float
    assert np.isnan(naive_scale([5]))
    assert np.isnan(naive_scale([1, 2, 3], season=3))


def test_several_key_columns_make_the_series():
    keys = pd.DataFrame({"shop": list("aabb"), "item": [1, 1, 1, 1]})
    scale = naive_scale([1, 3, 2, 7], keys)
    assert scale.index.names == ["shop", "item"]
    assert scale.to_dict() == {("a", 1): 2.0, ("b", 1): 5.0}
    later = pd.DataFrame({"shop": ["b", "a"], "item": [1, 1]})
    params = dict(series=later, average=None)
    each = mase([5, 5], [10, 10], scale=scale, **params)
    assert each.to_dict() == {("b", 1): 1.0, ("a", 1): 2.5}
    again = mase([5, 5], [10, 10], y_train=[1, 3, 2, 7], series_train=keys, **params)
    pd.testing.assert_series_equal(again, each)
    # tuples are the rows of the same table
    tuples = mase([5, 5], [10, 10], series=[("b", 1), ("a", 1)], scale=scale)
    assert tuples == each.mean()


@pytest.mark.parametrize(
    "labels",
    [
        list("abab"),
        np.array(list("abab")),
        pd.Series(list("abab"), index=[3, 3, 1, 0]),
        pd.Categorical(list("abab"), categories=list("zba")),
        pl.Series(list("abab")),
        pl.Series(list("abab"), dtype=pl.Categorical),
        pl.DataFrame({"shop": list("abab")}),
    ],
    ids=["list", "numpy", "pandas", "category", "polars", "enum", "frame"],
)
def test_labels_of_every_library_are_read(labels):
    scale = naive_scale([1, 5, 3, 4], labels)
    assert scale.to_dict() == {"a": 2.0, "b": 1.0}
    assert (
        rmsse([1, 5, 3, 4], [2, 5, 4, 4], series=labels, scale=scale) == 0.25 * 2**0.5
    )


@pytest.mark.parametrize("metric", SCALED)
def test_the_average_is_that_of_each_series_alone(metric):
    rng = np.random.default_rng(0)
    y_train, y_true, y_pred = rng.poisson(4.0, (3, 40)).astype(float)
    series = rng.choice(list("abcd"), 40)
    alone = {}
    for name in "abcd":
        rows = series == name
        alone[name] = metric(y_true[rows], y_pred[rows], y_train=y_train[rows])
    params = dict(series=series, y_train=y_train, series_train=series)
    each = metric(y_true, y_pred, average=None, **params)
    assert each.name == metric.__name__
    assert each.to_dict() == pytest.approx(alone)
    assert metric(y_true, y_pred, **params) == pytest.approx(each.mean())


def test_mase_by_hand():
    # naive errors |6 - 4|, |3 - 6| -> 2.5; errors 1, 4 -> 2.5
    assert mase([5, 9], [6, 5], y_train=[4, 6, 3]) == 1.0
    # seasonal: |3 - 4|, |8 - 6| -> 1.5
    assert mase([5, 9], [6, 5], y_train=[4, 6, 3, 8], season=2) == 2.5 / 1.5


def test_rmsse_by_hand():
    # squared naive errors 4, 9 -> 6.5; squared errors 1, 25 -> 13
    assert rmsse([5, 9], [6, 4], y_train=[4, 6, 3]) == pytest.approx(2**0.5)


@pytest.mark.parametrize("metric", SCALED)
def test_the_unit_of_each_series_does_not_matter(metric):
    rng = np.random.default_rng(0)
    y_train, y_true, y_pred = rng.poisson(4.0, (3, 40)).astype(float)
    series = np.repeat(list("abcd"), 10)
    factor = np.repeat([1.0, 10.0, 0.01, 1e6], 10)
    params = dict(series=series, series_train=series)
    expected = metric(y_true, y_pred, y_train=y_train, **params)
    scaled = metric(
        factor * y_true, factor * y_pred, y_train=factor * y_train, **params
    )
    assert scaled == pytest.approx(expected)


@pytest.mark.parametrize("metric", SCALED)
def test_every_way_to_give_the_scale_is_the_same(metric):
    y_true, y_pred, series = [3, 8, 2, 6], [4, 5, 2, 9], ["a", "b", "a", "b"]
    y_train, series_train = [1, 2, 5, 7, 4, 9], list("aabbab")
    power = 2 if metric is rmsse else 1
    scale = naive_scale(y_train, series_train, power=power)
    expected = metric(
        y_true, y_pred, series=series, y_train=y_train, series_train=series_train
    )
    for same in (scale, scale.to_dict(), scale[series].to_numpy(), list(scale[series])):
        assert metric(y_true, y_pred, series=series, scale=same) == expected
    alone = metric([3, 2], [4, 2], scale=float(scale["a"]))
    assert alone == metric([3, 2], [4, 2], series=["a", "a"], scale=scale)


def test_weights_count_within_a_series_only():
    y_true, y_pred, series = [2, 2, 2, 2], [3, 5, 4, 4], list("aabb")
    params = dict(series=series, scale=1.0, average=None)
    each = mase(y_true, y_pred, sample_weight=[3, 1, 9, 9], **params)
    assert each.to_dict() == {"a": 1.5, "b": 2.0}
    # a series without weight is not there
    assert mase(y_true, y_pred, sample_weight=[1, 1, 0, 0], **params).to_dict() == {
        "a": 2.0
    }


UNDEFINED = dict(
    y_true=[4, 4, 4, 4],
    y_pred=[5, 5, 5, 5],
    series=["a", "still", "new", "short"],
    y_train=[1, 3, 2, 2, 2, 9],
    series_train=["a", "a", "still", "still", "still", "short"],
)


@pytest.mark.parametrize("metric", SCALED)
def test_series_without_a_scale_are_left_out_and_counted(metric):
    message = (
        rf"{metric.__name__}: 3 of 4 series have a naive error over the training rows "
        r"that is zero or unknown \(first: still\); they are left out of the average"
    )
    with pytest.warns(UndefinedMetricWarning, match=message) as record:
        value = metric(**UNDEFINED)
    assert record[0].filename == __file__
    assert value == metric([4], [5], y_train=[1, 3])
    assert metric(**UNDEFINED, zero_scale="drop") == value
    each = metric(**UNDEFINED, zero_scale="drop", average=None)
    assert each["a"] == value
    assert each.drop("a").isna().all()
    assert list(each.index) == UNDEFINED["series"]


@pytest.mark.parametrize("metric", SCALED)
def test_series_without_a_scale_can_be_an_error(metric):
    message = r"3 of 4 series .* \(first: still\)\. Leave them out with zero_scale="
    with pytest.raises(ValueError, match=message):
        metric(**UNDEFINED, zero_scale="error")


@pytest.mark.parametrize("metric", SCALED)
@pytest.mark.parametrize("y_train", [[2, 2, 2], [5], [np.nan, 5.0, np.nan]])
def test_no_scale_at_all_is_an_error(metric, y_train):
    message = rf"{metric.__name__} is undefined: none of 1 series has a naive error"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            metric([1, 2], [1, 2], y_train=y_train)


def test_a_series_of_missing_targets_is_not_a_series_without_a_scale():
    each = mase(
        [1, np.nan], [2, 2], series=["a", "new"], scale={"a": 1.0}, average=None
    )
    assert each.to_dict() == {"a": 1.0}


BAD_ARGUMENTS = {
    "no scale": (dict(), "The scale of the series is needed once: give scale="),
    "two scales": (
        dict(scale=1.0, y_train=[1, 2]),
        "The scale of the series is needed once: give scale=",
    ),
    "series only": (
        dict(series=["a", "b"], y_train=[1, 2]),
        "series= labels the rows of y_true and series_train= those of y_train",
    ),
    "series_train only": (
        dict(y_train=[1, 2], series_train=["a", "a"]),
        "series= labels the rows of y_true and series_train= those of y_train",
    ),
    "mapping without series": (
        dict(scale={"a": 1.0}),
        "scale= maps labels to scales, so series= must label the rows",
    ),
    "negative scale": (
        dict(scale=-1.0),
        "scale must be finite and not negative for every series",
    ),
    "infinite scale": (
        dict(series=["a", "b"], scale={"a": 1.0, "b": np.inf}),
        "scale must be finite and not negative for every series",
    ),
    "scale lengths": (
        dict(scale=[1.0, 1.0, 1.0]),
        "scale has 3 values and y_true has 2 rows",
    ),
    "scale varies": (
        dict(series=["a", "a"], scale=[1.0, 2.0]),
        "scale differs between rows of the same series",
    ),
    "series lengths": (
        dict(series=["a"], scale=1.0),
        "series has 1 rows and y_true has 2; give one label for each row of y_true",
    ),
    "NaN label": (
        dict(series=["a", None], scale=1.0),
        r"series holds NaN: 1 row\(s\) belong to no series \(first at row 1\)",
    ),
    "season": (
        dict(y_train=[1, 2], season=0),
        "season must be a whole number of steps, 1 or more; got season=0",
    ),
    "average": (
        dict(scale=1.0, average="median"),
        "average must be one of 'mean', None; got average='median'",
    ),
    "zero_scale": (
        dict(scale=1.0, zero_scale="skip"),
        "zero_scale must be one of 'warn', 'drop', 'error'; got zero_scale='skip'",
    ),
    "infinite sales": (
        dict(y_train=[1, np.inf]),
        r"y_train holds infinity \(1 value\(s\), first at row 1\)",
    ),
    "training lengths": (
        dict(series=["a", "b"], y_train=[1, 2, 3], series_train=["a", "b"]),
        "series_train has 2 rows and y_train has 3",
    ),
    "two rows at one time": (
        dict(y_train=[1, 2, 3], time_train=[0, 1, 1]),
        r"1 duplicated row\(s\).* has more than one row at 1",
    ),
}


@pytest.mark.parametrize("metric", SCALED)
@pytest.mark.parametrize(
    ("params", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS
)
def test_bad_arguments_are_refused_by_name(metric, params, message):
    with pytest.raises(ValueError, match=message):
        metric([1, 2], [1, 2], **params)


@pytest.mark.parametrize("power", [0, 3, 1.0, True])
def test_power_is_one_or_two(power):
    with pytest.raises(ValueError, match="power must be one of 1, 2; got power="):
        naive_scale([1, 2], power=power)
