# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Splitters of sktime cut the times of a panel, wherever cv is taken."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sktime.split import (
    CutoffSplitter,
    ExpandingWindowSplitter,
    SingleWindowSplitter,
    SlidingWindowSplitter,
)

from sklearn_sales import (
    ConformalRegressor,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    SktimeSplit,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    backtest,
    load_walmart_sample,
    to_sktime,
)

# sktime tells of future releases, its own and those of pandas.
pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning"
)
KEYS = ["store", "dept"]
# 143 weeks: trained on 117, then on 130
THEIRS = ExpandingWindowSplitter(
    fh=np.arange(1, 14), initial_window=117, step_length=13
)
OURS = PanelTimeSeriesSplit(2, test_size=13)


@pytest.fixture(scope="module")
def sales():
    """Rows in random order."""
    X, y = load_walmart_sample(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X.iloc[order].reset_index(drop=True), np.asarray(y)[order]


def as_lists(folds):
    return [tuple(map(list, fold)) for fold in folds]


def test_folds_are_those_of_the_panel_split(sales):
    X, y = sales
    theirs = SktimeSplit(THEIRS)
    assert as_lists(theirs.split(X, y)) == as_lists(OURS.split(X, y))
    assert theirs.get_n_splits(X) == 2


TIMES = {
    "dates": pd.date_range("2024-01-01", periods=9),
    "zoned dates": pd.date_range("2024-01-01", periods=9, tz="Europe/Rome"),
    "periods": pd.period_range("2024-01", periods=9, freq="M"),
    "numbers": np.arange(9) + 5,
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize(
    "splitter",
    [
        SlidingWindowSplitter(fh=[1, 3], window_length=2, step_length=2),
        SingleWindowSplitter(fh=[2], window_length=3),
    ],
    ids=["sliding", "single"],
)
def test_one_series_is_cut_as_by_sktime(splitter, times):
    X = pd.DataFrame({"time": times})
    expected = as_lists(splitter.split(pd.Index(times)))
    assert as_lists(SktimeSplit(splitter).split(X)) == expected


def test_windows_may_be_spans_of_dates():
    X = pd.DataFrame({"date": pd.date_range("2024-01-05", periods=30, freq="W")})
    span = SlidingWindowSplitter(
        fh=pd.timedelta_range("7D", periods=2, freq="7D"),
        window_length=pd.Timedelta(70, "D"),
        step_length=pd.Timedelta(56, "D"),
    )
    expected = as_lists(span.split(pd.DatetimeIndex(X["date"])))
    assert as_lists(SktimeSplit(span).split(X)) == expected
    assert [len(train) for train, _ in expected] == [10, 10]


def test_fractions_are_numbered():
    splitter = SingleWindowSplitter(fh=[2], window_length=3)
    X = pd.DataFrame({"time": np.arange(9) / 2})
    expected = as_lists(splitter.split(X.index))
    assert as_lists(SktimeSplit(splitter).split(X)) == expected


def test_a_grid_search_takes_it(sales):
    X, y = sales
    best = [
        GridSearchCV(
            SeasonalNaiveRegressor(series=KEYS),
            {"season": [1, 52]},
            cv=cv,
            scoring="neg_mean_absolute_error",
        )
        .fit(X, y)
        .best_score_
        for cv in (SktimeSplit(THEIRS, time="date"), OURS)
    ]
    assert best[0] == best[1]


def test_a_backtest_takes_splitters_of_sktime(sales):
    X, y = sales
    theirs, ours = (
        backtest(ThetaRegressor(season=None), X, y, cv=cv, series=KEYS).errors()
        for cv in (THEIRS, OURS)
    )
    pd.testing.assert_frame_equal(theirs, ours)


@pytest.mark.parametrize(
    "make",
    [
        lambda cv: ConformalRegressor(ThetaRegressor(season=None), cv=cv, series=KEYS),
        lambda cv: TimeSeriesStackingRegressor(
            [
                ("theta", ThetaRegressor(season=None, series=KEYS)),
                ("naive", SeasonalNaiveRegressor(series=KEYS)),
            ],
            cv=cv,
            series=KEYS,
        ),
    ],
    ids=["ConformalRegressor", "TimeSeriesStackingRegressor"],
)
def test_estimators_take_splitters_of_sktime(make, sales):
    X, y = sales
    theirs, ours = (clone(make(cv)).fit(X, y) for cv in (THEIRS, OURS))
    np.testing.assert_array_equal(theirs.predict(X), ours.predict(X))


def test_rows_that_wait_for_their_forecast_make_no_fold(sales):
    X, y = sales
    waits = X["date"] > "2012-10-01"
    y = np.where(waits, np.nan, y)
    cv = SlidingWindowSplitter(fh=[1, 3], window_length=120, step_length=8)
    result = backtest(SeasonalNaiveRegressor(), X, y, cv=cv, series=KEYS)
    known = backtest(SeasonalNaiveRegressor(), X[~waits], y[~waits], cv=cv, series=KEYS)
    pd.testing.assert_frame_equal(result.errors(), known.errors())


def test_a_splitter_that_looks_ahead_is_refused(sales):
    X, y = sales
    cv = CutoffSplitter(np.array([100]), fh=[-2, 1], window_length=20)
    with pytest.raises(ValueError, match="cv looks ahead: fold 1 of 1 trains on rows"):
        backtest(SeasonalNaiveRegressor(), X, y, cv=cv, series=KEYS)


def test_another_splitter_is_refused():
    with pytest.raises(TypeError) as raised:
        next(SktimeSplit(OURS).split([[1.0], [2.0]]))
    assert str(raised.value).startswith(
        "SktimeSplit takes a splitter of sktime, such as ExpandingWindowSplitter; got "
    )


def test_ours_cut_panels_of_sktime_at_the_same_times():
    index = pd.MultiIndex.from_tuples(
        [("a", t) for t in range(6)] + [("b", t) for t in range(2, 8)],
        names=["store", "week"],
    )
    y = pd.DataFrame({"sales": np.arange(12.0)}, index)
    splitter = to_sktime(PanelTimeSeriesSplit(2, test_size=2))
    folds = list(splitter.split_series(y))
    assert splitter.get_n_splits(y) == len(folds) == 2
    for (train, test), first in zip(folds, [4, 6], strict=True):
        assert train.index.get_level_values("week").max() == first - 1
        assert set(test.index.get_level_values("week")) == {first, first + 1}
