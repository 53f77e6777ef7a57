# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds over times: equal to TimeSeriesSplit on one series, right on any panel."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TimeSeriesSplit,
    check_cv,
    cross_val_predict,
    cross_validate,
)

from sklearn_sales.model_selection import PanelTimeSeriesSplit

DAYS = pd.date_range("2024-02-26", periods=12)


def folds_or_error(splitter, X, **kwargs):
    try:
        return [tuple(map(list, fold)) for fold in splitter.split(X, **kwargs)]
    except ValueError:
        return "error"


def make_panel(n_series=3, days=DAYS, seed=0):
    """All series at all times, in random order."""
    rows = [(f"s{i}", day) for i in range(n_series) for day in days]
    frame = pd.DataFrame(rows, columns=["store", "date"])
    frame["price"] = np.arange(len(frame), dtype=float)
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


@given(
    n_times=st.integers(1, 40),
    n_splits=st.integers(2, 8),
    test_size=st.none() | st.integers(1, 8),
    gap=st.integers(0, 8),
    max_train_size=st.none() | st.integers(1, 12),
)
def test_one_sorted_series_has_the_folds_of_time_series_split(
    n_times, n_splits, test_size, gap, max_train_size
):
    X = np.column_stack([np.arange(n_times), np.zeros(n_times)])
    params = {"test_size": test_size, "gap": gap, "max_train_size": max_train_size}
    ours = folds_or_error(PanelTimeSeriesSplit(n_splits, **params), X)
    assert ours == folds_or_error(TimeSeriesSplit(n_splits, **params), X)


def reference_folds(times, *, n_splits, test_size, gap, max_train_size, step):
    """The folds by sets of times, newest fold first."""
    distinct = sorted(set(times))
    folds = []
    for back in range(n_splits):
        start = len(distinct) - test_size - back * step
        tested = distinct[start : start + test_size]
        known = distinct[: start - gap]
        if max_train_size is not None:
            known = known[-max_train_size:]
        train = [i for i, time in enumerate(times) if time in known]
        test = [i for i, time in enumerate(times) if time in tested]
        folds.append((train, test))
    return folds[::-1]


@given(
    times=st.lists(st.integers(0, 60), min_size=60, max_size=150),
    n_splits=st.integers(1, 4),
    test_size=st.integers(1, 4),
    gap=st.integers(0, 3),
    max_train_size=st.none() | st.integers(1, 8),
    step=st.none() | st.integers(1, 5),
)
def test_folds_of_a_panel_equal_a_slow_reference(
    times, n_splits, test_size, gap, max_train_size, step
):
    if len(set(times)) < test_size + 3 * (step or test_size) + gap + 1:
        times = [*times, *range(61)]
    params = {"n_splits": n_splits, "test_size": test_size, "gap": gap}
    splitter = PanelTimeSeriesSplit(**params, max_train_size=max_train_size, step=step)
    X = np.array(times, dtype=float)[:, np.newaxis]
    expected = reference_folds(
        times, **params, max_train_size=max_train_size, step=step or test_size
    )
    assert folds_or_error(splitter, X) == expected


def test_train_is_older_than_test_and_every_test_is_newer():
    X = make_panel()
    start = X["date"].min()
    for gap, step in [(0, None), (2, 1), (1, 3)]:
        splitter = PanelTimeSeriesSplit(3, test_size=2, gap=gap, step=step)
        for train, test in splitter.split(X):
            assert train.dtype.kind == test.dtype.kind == "i"
            between = X["date"][test].min() - X["date"][train].max()
            assert between == pd.Timedelta(days=gap + 1)
            assert X["date"][test].min() > start
            start = X["date"][test].min()
            for rows in (train, test):
                assert_array_equal(rows, np.sort(rows))
                assert X.loc[rows].groupby("date").size().eq(3).all()
        start = X["date"].min()


def test_permuting_rows_permutes_the_folds():
    X = make_panel()
    order = np.random.default_rng(1).permutation(len(X))
    splitter = PanelTimeSeriesSplit(3)
    folds = zip(splitter.split(X), splitter.split(X.iloc[order]), strict=True)
    for here, there in folds:
        for rows, permuted in zip(here, there, strict=True):
            assert_array_equal(rows, np.sort(order[permuted]))


def test_times_that_no_row_has_are_not_counted():
    closed = DAYS.delete([3, 4, 10])
    train, test = list(
        PanelTimeSeriesSplit(2, test_size=3).split(make_panel(2, closed))
    )[0]
    assert (len(train), len(test)) == (2 * 3, 2 * 3)


ZONED = DAYS.tz_localize("Europe/Berlin")
SAME_TIMES = {
    "datetimes": DAYS,
    "zoned": ZONED,
    "series": pd.Series(DAYS, index=range(5, 17)),
    "array": DAYS.to_numpy(),
    "periods": DAYS.to_period("D"),
    "strings": DAYS.strftime("%Y-%m-%d"),
    "list of dates": [day.date() for day in DAYS],
    "datetime objects": np.array(DAYS.to_pydatetime(), dtype=object),
    "category": pd.Series(DAYS.strftime("%Y-%m-%d")).astype("category"),
    "numbers": list(range(len(DAYS))),
    "floats": np.arange(len(DAYS)) / 8,
    "polars": pl.Series(DAYS.to_numpy()),
    "polars zoned": pl.Series(DAYS.to_numpy()).dt.replace_time_zone("Asia/Tokyo"),
    "polars dates": pl.Series([day.date() for day in DAYS]),
    "pyarrow": pa.chunked_array([pa.array(DAYS.to_numpy())]),
}


@pytest.mark.parametrize("kind", SAME_TIMES)
def test_groups_are_taken_as_times(kind):
    X = make_panel()
    columns = pd.Index(DAYS).get_indexer(X["date"])
    times = SAME_TIMES[kind]
    if isinstance(times, list):
        groups = [times[i] for i in columns]
    elif isinstance(times, pd.Series):
        groups = times.iloc[columns]
    else:
        groups = times.take(columns) if hasattr(times, "take") else times[columns]
    splitter = PanelTimeSeriesSplit(3, gap=1)
    expected = folds_or_error(splitter, X)
    anything = [object()] * len(X)
    assert folds_or_error(splitter, anything, groups=groups) == expected
    assert folds_or_error(splitter, None, groups=groups) == expected
    assert len(expected) == 3


def test_groups_go_before_the_times_of_x():
    X = pd.DataFrame({"date": DAYS})
    backwards = np.arange(len(X))[::-1]
    _, test = next(PanelTimeSeriesSplit(1, test_size=2).split(X, groups=backwards))
    assert_array_equal(test, [0, 1])


@pytest.mark.parametrize(
    "table",
    [
        lambda frame: frame,
        pl.from_pandas,
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
        lambda frame: frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")),
        lambda frame: frame.to_numpy(dtype=object),
    ],
    ids=["pandas", "polars", "pyarrow", "strings", "array"],
)
def test_the_time_column_is_found_in_every_table(table):
    frame = make_panel()
    expected = folds_or_error(PanelTimeSeriesSplit(), frame)
    by_name = PanelTimeSeriesSplit(series=[0], time="auto")
    assert folds_or_error(by_name, table(frame)) == expected


def test_time_names_the_column():
    X = make_panel().assign(ordered=lambda frame: -frame["price"])
    by_price = folds_or_error(PanelTimeSeriesSplit(3, time="price"), X)
    by_place = folds_or_error(PanelTimeSeriesSplit(3, time=2), X)
    backwards = folds_or_error(PanelTimeSeriesSplit(3, time="ordered"), X)
    assert by_price == by_place != backwards


class TimeChecker(RegressorMixin, BaseEstimator):
    """Predicts the mean of y; refuses rows that are no newer than those of fit."""

    def __init__(self, shift=0.0, times=1):
        self.shift = shift
        self.times = times

    def fit(self, X, y):
        self.newest_ = X["date"].max()
        self.mean_ = np.mean(np.asarray(y)) + self.shift
        return self

    def predict(self, X):
        assert X["date"].min() > self.newest_
        return np.full(len(X), self.mean_)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.from_pandas])
def test_grid_search_and_cross_validate_never_look_ahead(library):
    X = make_panel()
    y = np.ones(len(X))
    cv = PanelTimeSeriesSplit(3, test_size=2)
    search = GridSearchCV(
        TimeChecker(), {"shift": [0.0, 5.0]}, cv=cv, error_score="raise",
        scoring="neg_mean_absolute_error", refit=False,
    ).fit(library(X), y)  # fmt: skip
    assert search.best_params_ == {"shift": 0.0}
    assert search.n_splits_ == 3
    scores = cross_validate(
        TimeChecker(1.5), library(X), y, cv=cv, scoring="neg_mean_absolute_error",
        error_score="raise", return_indices=True,
    )  # fmt: skip
    assert_array_equal(scores["test_score"], [-1.5] * 3)
    for ours, theirs in zip(cv.split(X), scores["indices"]["test"], strict=True):
        assert_array_equal(ours[1], theirs)


def test_halving_search():
    X = make_panel(20)
    y = np.ones(len(X))
    search = HalvingGridSearchCV(
        TimeChecker(), {"shift": [0.0, 1.0, 2.0, 3.0]}, cv=PanelTimeSeriesSplit(2),
        factor=2, error_score="raise", scoring="neg_mean_absolute_error",
        random_state=0, refit=False, return_train_score=False,
    )  # fmt: skip
    assert search.fit(X, y).best_params_ == {"shift": 0.0}
    assert search.n_iterations_ > 1


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_splitter_with_and_without_routing(routing):
    X = np.zeros((12, 1))
    times = np.arange(12)[::-1]
    cv = PanelTimeSeriesSplit(2, test_size=3)
    expected = [list(test) for _, test in cv.split(X, groups=times)]
    given = {"params": {"groups": times}} if routing else {"groups": times}
    with sklearn.config_context(enable_metadata_routing=routing):
        result = cross_validate(
            Constant(), X, np.ones(12), cv=cv, return_indices=True, **given
        )
        search = GridSearchCV(Constant(), {"value": [1.0]}, cv=cv)
        search.fit(X, np.ones(12), groups=times)
    assert (
        [list(test) for test in result["indices"]["test"]]
        == expected
        == [
            [3, 4, 5],
            [0, 1, 2],
        ]
    )


class Constant(RegressorMixin, BaseEstimator):
    def __init__(self, value=1.0):
        self.value = value

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.full(len(X), self.value)


def test_routing_request_can_be_set():
    with sklearn.config_context(enable_metadata_routing=True):
        requests = PanelTimeSeriesSplit().get_metadata_routing().split.requests
        assert requests == {"groups": True}
        declined = PanelTimeSeriesSplit(2).set_split_request(groups=False)
        assert declined.get_metadata_routing().split.requests == {"groups": False}
        X = np.arange(12.0)[:, np.newaxis]
        search = GridSearchCV(Constant(), {"value": [1.0]}, cv=declined)
        with pytest.raises(TypeError, match="groups"):
            search.fit(X, np.ones(12), groups=np.arange(12))


def test_out_of_fold_predictions_need_a_partition_as_in_scikit_learn():
    X = make_panel()
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(TimeChecker(), X, np.ones(len(X)), cv=PanelTimeSeriesSplit(2))


def test_it_is_a_splitter_like_any_other():
    splitter = PanelTimeSeriesSplit(3, gap=1, series=["store"])
    assert repr(splitter) == (
        "PanelTimeSeriesSplit(gap=1, max_train_size=None, n_splits=3, "
        "series=['store'],\n           step=None, test_size=None, time='auto')"
    )
    assert splitter.get_n_splits() == 3
    assert check_cv(splitter) is splitter
    assert repr(clone(splitter, safe=False)) == repr(splitter)


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        ("n_splits", 0, "an int in the range [1, inf)"),
        ("n_splits", 2.5, "an int in the range [1, inf)"),
        ("test_size", 0, "an int in the range [1, inf) or None"),
        ("test_size", 0.2, "an int in the range [1, inf) or None"),
        ("gap", -1, "an int in the range [0, inf)"),
        ("max_train_size", 0, "an int in the range [1, inf) or None"),
        ("step", 0, "an int in the range [1, inf) or None"),
        ("time", None, "an instance of 'str' or an instance of 'int'"),
    ],
)
def test_bad_parameters(parameter, value, allowed):
    splitter = PanelTimeSeriesSplit(**{parameter: value})
    message = f"The '{parameter}' parameter of PanelTimeSeriesSplit must be {allowed}."
    for call in (splitter.get_n_splits, lambda: splitter.split(make_panel())):
        with pytest.raises(ValueError) as raised:
            call()
        assert str(raised.value) == f"{message} Got {value!r} instead."


@pytest.mark.parametrize(
    ("params", "shown", "needed", "advice"),
    [
        ({"n_splits": 12}, "n_splits=12, test_size=1, gap=0", 13, " (1 is its default"),
        ({"test_size": 3}, "n_splits=5, test_size=3, gap=0", 16, ", gap or step"),
        (
            {"n_splits": 2, "gap": 9, "step": 4},
            "n_splits=2, test_size=4, gap=9, step=4", 18, " (4 is its default here), ",
        ),
    ],
)  # fmt: skip
def test_too_few_times(params, shown, needed, advice):
    with pytest.raises(ValueError) as raised:
        PanelTimeSeriesSplit(**params).split(make_panel())
    message = str(raised.value)
    assert message.startswith(
        f"PanelTimeSeriesSplit with {shown} needs at least {needed} distinct times, "
        "but the time column 'date' holds 12. Lower n_splits, test_size"
    )
    assert advice in message
    assert message.endswith("gap or step, or pass more times.")


@pytest.mark.parametrize("n_times", [15, 16])
def test_the_number_of_times_that_is_asked_for_suffices(n_times):
    splitter = PanelTimeSeriesSplit(3, test_size=4, gap=3, step=4)
    folds = folds_or_error(splitter, np.arange(n_times)[:, np.newaxis])
    assert (folds == "error") == (n_times < 16)


def test_bad_times():
    X = make_panel()
    X.loc[4, "date"] = pd.NaT
    with pytest.raises(ValueError, match="column 'date' holds NaN: 1 row"):
        PanelTimeSeriesSplit().split(X)
    with pytest.raises(ValueError, match="groups holds NaN: 1 row"):
        PanelTimeSeriesSplit().split(X, groups=X["date"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PanelTimeSeriesSplit().split(X, groups=DAYS)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PanelTimeSeriesSplit().split(X, np.ones(3))
    with pytest.raises(ValueError, match="time='day' is not a column of X"):
        PanelTimeSeriesSplit(time="day").split(X)
    with pytest.raises(TypeError, match="groups holds booleans"):
        PanelTimeSeriesSplit().split(X, groups=np.ones(len(X), dtype=bool))


def test_an_hour_that_the_clock_repeats_is_two_times():
    hours = pd.date_range("2024-10-27", periods=6, freq="h", tz="Europe/Berlin")
    assert hours[2].hour == hours[3].hour
    X = pd.DataFrame({"time": hours})
    _, test = next(PanelTimeSeriesSplit(1, test_size=3).split(X))
    assert_array_equal(test, [3, 4, 5])


def test_dates_and_datetime_dates_are_the_same_times():
    dates = [datetime.date(2024, 1, day) for day in (3, 1, 2, 1)]
    train, test = next(PanelTimeSeriesSplit(1, test_size=1).split(dates, groups=dates))
    assert (list(train), list(test)) == ([1, 2, 3], [0])
