# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What people get wrong, and what every estimator tells them.

Each case is a table with one thing wrong and the whole message that names it.
"""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    ReductionRegressor,
    SeasonalNaiveRegressor,
    ThetaRegressor,
)

KEYS = {"series": "item", "time": "date"}

ESTIMATORS = {
    "ARRegressor": ARRegressor(2, **KEYS),
    "LagFeatures": LagFeatures(2, **KEYS),
    "ReductionRegressor": ReductionRegressor(
        LinearRegression(), features=LagFeatures(2), **KEYS
    ),
    "SeasonalNaiveRegressor": SeasonalNaiveRegressor(2, **KEYS),
    "ThetaRegressor": ThetaRegressor(None, **KEYS),
}

every_estimator = pytest.mark.parametrize(
    "estimator", ESTIMATORS.values(), ids=ESTIMATORS.keys()
)


def table(n_days=20):
    """Two items on the same days, and sales."""
    dates = pd.date_range("2024-01-01", periods=n_days)
    X = pd.DataFrame(
        {
            "item": np.repeat(["rice", "tea"], n_days),
            "date": [*dates, *dates],
            "price": np.linspace(1, 2, 2 * n_days),
        }
    )
    return X, 10 + np.arange(2.0 * n_days) % 7


def answer(estimator, X):
    return (
        estimator.predict(X)
        if hasattr(estimator, "predict")
        else estimator.transform(X)
    )


def is_answered(estimator, X):
    answers = np.asarray(answer(estimator, X), dtype=float)
    assert len(answers) == len(X)
    return np.isfinite(answers).all()


def with_values(column, rows, value):
    def change(X, y):
        X = X.astype({column: object}) if isinstance(value, str) else X.copy()
        X.loc[rows, column] = value
        return X, y

    return change


def drop_rows(kept):
    return lambda X, y: (X[:kept], y[:kept])


WRONG_IN_FIT = {
    "no rows": (
        drop_rows(0),
        ValueError,
        "Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required: "
        "X has columns but no rows.",
    ),
    "duplicated keys": (
        lambda X, y: (pd.concat([X, X[:1]]), np.append(y, 1)),
        ValueError,
        "X holds 1 duplicated row(s): item='rice' has more than one row at 2024-01-01 "
        "00:00:00. A series has one row for each time: add the missing key column to "
        "series=, or aggregate the rows first, for instance with panel_from_orders.",
    ),
    "a key is missing": (
        with_values("item", [3], None),
        ValueError,
        "column 'item' is a key of the series and holds NaN in 1 row(s), first at row "
        "3. Every row of X needs its keys; drop such rows or give them a name of their "
        "own.",
    ),
    "a time is missing": (
        with_values("date", [5], pd.NaT),
        ValueError,
        "the time column 'date' holds NaN: 1 row(s) have no time (first at row 5). "
        "Every row of X needs a time; drop such rows or fill them in before.",
    ),
    "no date at all": (
        lambda X, y: (X.assign(date="next week"), y),
        ValueError,
        "the time column 'date' holds text that is no ISO 8601 date such as "
        "2024-01-31, first 'next week'. Convert it with pandas.to_datetime, for "
        "instance with format='%d.%m.%Y', or name the time column with time=.",
    ),
    "dates and text": (
        with_values("date", [2], "next week"),
        TypeError,
        "the time column 'date' holds values of the types ['Timestamp', 'str']; a time "
        "is a date, a period, an ISO 8601 string or a number, all of one type",
    ),
    "only NaN in y": (
        lambda X, y: (X, np.full(len(y), np.nan)),
        ValueError,
        "y holds only NaN: no sale was observed. Pass the sales of the rows of X; NaN "
        "marks single rows that were not observed.",
    ),
    "infinity in y": (
        lambda X, y: (X, np.where(np.arange(len(y)) == 3, np.inf, y)),
        ValueError,
        "Input y contains infinity or a value too large for dtype('float64').",
    ),
    "numbers whose squares overflow": (
        lambda X, y: (X, np.where(np.arange(len(y)) == 3, 1e200, y)),
        ValueError,
        "y holds 1e+200: numbers above 1e+100 in size overflow when they are squared. "
        "Correct them, or give them in a larger unit.",
    ),
    "text in y": (
        lambda X, y: (X, np.array(["many"] * len(y))),
        ValueError,
        "y holds text that is no number, such as 'many'. Convert it with "
        "pandas.to_numeric, or read the file with decimal=',' where its numbers have a "
        "comma.",
    ),
    "the name of a column as y": (
        lambda X, y: (X.assign(sales=y), "sales"),
        TypeError,
        "y='sales' is text. Pass the sales themselves, such as table['sales'], and "
        "keep them out of X.",
    ),
    "a dict as X": (
        lambda X, y: (X.to_dict("list"), y),
        TypeError,
        "X is a dict. Pass its rows as a pandas or polars DataFrame, a pyarrow Table "
        "or an array; future_frame makes the rows of the next times.",
    ),
    "a list of dicts as X": (
        lambda X, y: (X.to_dict("records"), y),
        TypeError,
        "X is a list of dict. Pass its rows as a pandas or polars DataFrame, a pyarrow "
        "Table or an array; future_frame makes the rows of the next times.",
    ),
    "groups as X": (
        lambda X, y: (X.groupby("item"), y),
        TypeError,
        "X is a DataFrameGroupBy. Pass its rows as a pandas or polars DataFrame, a "
        "pyarrow Table or an array; future_frame makes the rows of the next times.",
    ),
    "lengths differ": (
        lambda X, y: (X, y[:-1]),
        ValueError,
        "Found input variables with inconsistent numbers of samples: [40, 39]",
    ),
    "unknown column": (
        lambda X, y: (X.rename(columns={"item": "sku"}), y),
        ValueError,
        "series='item' is not a column of X; its columns are ['sku', 'date', 'price'].",
    ),
    "weeks among days": (
        lambda X, y: (
            X.assign(date=X["date"].where(X["item"] == "rice", weeks(X))),
            y,
        ),
        ValueError,
        "the time column 'date' mixes frequencies: all times together lie on the grid "
        "'D', but item='tea' has a row only every 7 steps",
    ),
    "mixed time zones": (
        lambda X, y: (X.assign(date=zones(X)), y),
        ValueError,
        "the time column 'date' mixes time zones; bring all times to one zone, for "
        "instance with pandas.to_datetime(..., utc=True).",
    ),
    "times without a grid": (
        lambda X, y: (X.assign(date=moments(X)), y),
        ValueError,
        "the time column 'date' has no regular grid: 40 distinct times from ",
    ),
    "keys that cannot be compared": (
        lambda X, y: (X.assign(item=[[1]] * len(X)), y),
        TypeError,
        "column 'item' is a key of the series and holds values of the types ['list'], "
        "which cannot be told apart (unhashable type: 'list'). Make them text or "
        "numbers.",
    ),
    "complex times": (
        lambda X, y: (X.assign(date=np.arange(len(X)) * 1j), y),
        TypeError,
        "the time column 'date' holds complex numbers; times are real numbers.",
    ),
    "numbers and text as times": (
        lambda X, y: (X.assign(date=[1, "a"] * 20), y),
        TypeError,
        "the time column 'date' holds values of the types ['int', 'str']; a time is a "
        "date, a period, an ISO 8601 string or a number, all of one type",
    ),
    "two columns of one name": (
        lambda X, y: (X.set_axis(["item", "date", "date"], axis=1), y),
        ValueError,
        "X has more than one column of the name(s) ['date']. Give each column a name "
        "of its own, or drop those that are not needed.",
    ),
    "an empty list": (
        lambda X, y: ([], y),
        ValueError,
        "Found array with 0 sample(s) (shape=(0,)) while a minimum of 1 is required: X "
        "is an empty list.",
    ),
    "dates as whole numbers": (
        lambda X, y: (X.assign(date=X["date"].dt.strftime("%Y%m%d").astype(int)), y),
        ValueError,
        "the time column 'date' holds whole numbers that read as dates, such as "
        "20240101. Convert them with pandas.to_datetime(x.astype(str), "
        "format='%Y%m%d').",
    ),
}


def weeks(X):
    return pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * np.arange(len(X)), unit="D")


def zones(X):
    local = [d.tz_localize("Europe/Berlin") for d in X["date"][:20]]
    return [*local, *(d.tz_localize("Asia/Tokyo") for d in X["date"][20:])]


def moments(X):
    rng = np.random.default_rng(0)
    return X["date"] + pd.to_timedelta(rng.integers(1, 86400, len(X)), unit="s")


@every_estimator
@pytest.mark.parametrize("case", WRONG_IN_FIT)
def test_wrong_in_fit(estimator, case):
    change, error, message = WRONG_IN_FIT[case]
    X, y = change(*table())
    with pytest.raises(error, match=re.escape(message)):
        estimator.fit(X, y)


WRONG_IN_PREDICT = {
    "time off the grid": (
        with_values("date", [0], pd.Timestamp("2024-02-01 06:00")),
        "the time column 'date' holds 1 distinct time(s) off the grid freq='D' "
        "(2024-01-01, 2024-01-02, 2024-01-03, ...), first 2024-02-01 06:00:00. Correct "
        "them, or give the freq= that the times really have.",
    ),
    "numbers for dates": (
        lambda X, y: (X.assign(date=np.arange(len(X))), y),
        "the time column 'date' holds numbers, but fit saw datetimes; give times of "
        "the same type.",
    ),
    "another time zone": (
        lambda X, y: (X.assign(date=X["date"].dt.tz_localize("UTC")), y),
        "the time column 'date' is in time zone UTC, but fit saw None; convert it with "
        "dt.tz_convert or dt.tz_localize.",
    ),
    "a column less": (
        lambda X, y: (X.drop(columns="price"), y),
        "The feature names should match those that were passed during fit.\n"
        "Feature names seen at fit time, yet now missing:\n- price\n",
    ),
    "columns in another order": (
        lambda X, y: (X[["date", "item", "price"]], y),
        "The feature names should match those that were passed during fit.\n"
        "Feature names must be in the same order as they were in fit.\n",
    ),
    "a key is missing": (
        with_values("item", [0], None),
        "column 'item' is a key of the series and holds NaN in 1 row(s), first at row "
        "0.",
    ),
    "no rows": (drop_rows(0), "Found array with 0 sample(s) (shape=(0, 3))"),
}


@every_estimator
@pytest.mark.parametrize("case", WRONG_IN_PREDICT)
def test_wrong_in_predict(estimator, case):
    change, message = WRONG_IN_PREDICT[case]
    estimator.fit(*table())
    X, _ = change(*table())
    with pytest.raises(ValueError, match=re.escape(message)):
        answer(estimator, X)


TEXT = {
    "ARRegressor": "ARRegressor needs numeric covariates; column(s) ['price'] of X are "
    "not. Encode them before, for instance with OrdinalEncoder or OneHotEncoder in a "
    "ColumnTransformer, drop them, or name them in series= if they are keys.",
    "LagFeatures": "LagFeatures passes covariates on in an array of numbers, but "
    "column(s) ['price'] of X hold none.",
}


@pytest.mark.parametrize("name", TEXT)
def test_text_among_the_covariates(name):
    X, y = table()
    with pytest.raises(ValueError, match=re.escape(TEXT[name])):
        ESTIMATORS[name].fit(X.assign(price="cheap"), y)


def test_missing_covariates_are_refused_where_they_enter_a_linear_model():
    X, y = table()
    X.loc[7, "price"] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        ESTIMATORS["ARRegressor"].fit(X, y)
    features = ESTIMATORS["LagFeatures"].fit_transform(X, y)
    assert np.isnan(features[7, -1])
    assert np.isnan(features[:, -1]).sum() == 1


BAD_PARAMETERS = {
    "negative horizon": (
        LagFeatures(horizon=-1),
        "The 'horizon' parameter of LagFeatures must be an int in the range [1, inf). "
        "Got -1 instead.",
    ),
    "lag 0": (
        LagFeatures([0, 1]),
        "lags=[0, 1] holds 0: a lag counts back from the last known value, which is "
        "lag 1. Give whole numbers of at least 1.",
    ),
    "lag 0 in the autoregression": (ARRegressor([0, 1]), "lags=[0, 1]"),
    "window 0": (
        LagFeatures(windows=[("mean", 0)]),
        "windows holds ('mean', 0): its length is a whole number of times, at least 1.",
    ),
    "unknown statistic": (
        LagFeatures(windows=[("average", 7)]),
        "windows holds ('average', 7): the statistic 'average' is unknown. Choose one "
        "of mean, std, min, max, median, zero_share, ewm.",
    ),
    "unknown frequency": (ARRegressor(freq="fortnight"), "freq='fortnight'"),
    "theta below 1": (
        ThetaRegressor(theta=0.5),
        "The 'theta' parameter of ThetaRegressor must be",
    ),
    "keys named twice": (
        ReductionRegressor(features=LagFeatures(series="item")),
        "features has series='item', but ReductionRegressor has series=None. Keys are "
        "named once: give series='item' to ReductionRegressor and leave it out of the "
        "features.",
    ),
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameters(case):
    estimator, message = BAD_PARAMETERS[case]
    X, y = table()
    rice = X["item"] == "rice"
    with pytest.raises(ValueError, match=re.escape(message)):
        estimator.fit(X.loc[rice, ["date"]], y[rice])


@every_estimator
def test_unsorted_rows_are_fine(estimator):
    X, y = table()
    order = np.random.default_rng(0).permutation(len(X))
    expected = np.asarray(answer(estimator.fit(X, y), X))
    shuffled = np.asarray(answer(estimator.fit(X.iloc[order], y[order]), X))
    np.testing.assert_allclose(shuffled, expected, rtol=1e-9)


@every_estimator
@pytest.mark.filterwarnings("ignore:No training row has a value:UserWarning")
def test_one_row_is_answered(estimator):
    X, y = table()
    estimator.fit(X[:1], y[:1])
    assert is_answered(estimator, X[:1])


@every_estimator
def test_a_new_series_is_answered_with_one_warning(estimator):
    X, y = table()
    estimator.fit(X, y)
    new = X.assign(item="coffee")
    with pytest.warns(UserWarning, match="series without sales in fit") as caught:
        finite = is_answered(estimator, new[5:20])
    assert finite
    assert [str(w.message) for w in caught] == [
        "15 row(s) of X belong to series without sales in fit (first: item='coffee'); "
        "they are answered from the mean of all series."
    ]


@every_estimator
def test_rows_before_the_start_of_a_series(estimator):
    X, y = table()
    estimator.fit(X, y)
    early = X[:2].assign(date=pd.to_datetime(["2023-12-30", "2023-06-01"]))
    finite = is_answered(estimator, early)
    # nothing is known there: features say so, regressors answer by what they have
    assert finite is not hasattr(estimator, "transform")


@every_estimator
@pytest.mark.filterwarnings("ignore:X holds rows up to:UserWarning")
def test_ten_thousand_steps_ahead(estimator):
    X, y = table()
    estimator.fit(X, y)
    far = X[19:20].assign(date=pd.Timestamp("2024-01-20") + pd.Timedelta(days=10_000))
    assert is_answered(estimator, far)


@pytest.mark.parametrize("horizon", [1, 5])
def test_farther_ahead_than_the_horizon_is_told(horizon):
    X, y = table()
    features = LagFeatures(2, horizon=horizon, **KEYS).fit(X, y)
    ahead = X[19:20].assign(date=pd.Timestamp("2024-01-27"))
    message = (
        "X holds rows up to 7 steps after the last observation, but "
        f"horizon={horizon}: whatever was fitted on these features saw steps "
        f"1..{horizon} only. Set horizon=7 and fit again."
    )
    with pytest.warns(UserWarning, match=re.escape(message)):
        features.transform(ahead)


def test_horizon_longer_than_the_history():
    X, y = table(6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        features = LagFeatures([1, 9], horizon=50, **KEYS).fit(X, y)
    assert [str(one.message).split(":")[0] for one in caught] == [
        "horizon=50, but the longest series has 6 time(s)",
        "No training row has a value for ['lag_9']",
    ]
    assert features.constant_features_ == ["lag_9"]
    assert (features.transform(X)[:, 1] == 0).all()


@pytest.mark.parametrize("horizon", [6, 7])
def test_steps_that_no_row_of_the_history_reaches_are_told_of(horizon):
    X, y = table(6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LagFeatures([1], horizon=horizon, **KEYS).fit(X, y)
    assert [str(one.message) for one in caught] == [
        "horizon=7, but the longest series has 6 time(s): no row of the history lies "
        "more than 5 step(s) after a known sale, and nothing is learned of farther "
        "steps. Lower horizon=, or give longer histories."
    ] * (horizon - 6)
