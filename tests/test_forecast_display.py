# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""ForecastDisplay draws what is known and what is forecast, where and when it is."""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from plain_forecasts import KnownQuantiles, make_rows
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_sales import ForecastDisplay, SeasonalNaiveRegressor


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def split():
    """Rows of 30 days, those of the last seven apart: (X, y, X ahead, y ahead)."""
    X, y = make_rows()
    past = (X["date"] < "2024-03-24").to_numpy()
    return X[past], y[past], X[~past], y[~past]


@pytest.fixture
def naive(split):
    X, y, _, _ = split
    return SeasonalNaiveRegressor(series="store", time="date").fit(X, y)


def drawn(line):
    """Values of a line by date, without the gaps."""
    x = line.get_xdata(orig=True)
    values = pd.Series(np.asarray(line.get_ydata(), dtype=float), pd.DatetimeIndex(x))
    return values.dropna()


def sales_of(X, y, store):
    here = (X["store"] == store).to_numpy()
    return pd.Series(np.asarray(y)[here], pd.DatetimeIndex(X["date"][here]))


def check_equal(line, expected):
    pd.testing.assert_series_equal(
        drawn(line), expected.sort_index(), check_freq=False, check_index=False
    )
    assert list(drawn(line).index) == list(expected.sort_index().index)


def test_lines_hold_history_forecast_and_actuals(split, naive):
    X, y, ahead, actual = split
    display = ForecastDisplay.from_estimator(naive, ahead, actual, n_history=None)
    forecasts = naive.predict(ahead)
    assert len(display.axes_) == 3
    for number, store in enumerate(["s0", "s1", "s2"]):
        assert display.axes_[number].get_title(loc="left") == f"store {store}"
        check_equal(display.history_[number], sales_of(X, y, store))
        check_equal(display.forecast_[number], sales_of(ahead, forecasts, store))
        check_equal(display.actual_[number], sales_of(ahead, actual, store))
    assert display.interval_ == []
    assert display.note == ""
    assert display.ax_ is display.axes_[0]
    assert display.figure_ is display.ax_.figure


def test_order_of_rows_and_library_change_nothing(split, naive):
    _, _, ahead, actual = split
    expected = ForecastDisplay.from_estimator(naive, ahead, actual).frame
    order = np.random.default_rng(0).permutation(len(ahead))
    mixed = ForecastDisplay.from_estimator(naive, ahead.iloc[order], actual[order])
    pd.testing.assert_frame_equal(mixed.frame, expected)
    foreign = pl.DataFrame({name: ahead[name].to_numpy() for name in ahead})
    naive_pl = SeasonalNaiveRegressor(series="store", time="date")
    X, y, _, _ = split
    naive_pl.fit(pl.DataFrame({name: X[name].to_numpy() for name in X}), y)
    other = ForecastDisplay.from_estimator(naive_pl, foreign, actual)
    pd.testing.assert_frame_equal(other.frame, expected, check_dtype=False)


def test_predictions_draw_the_same_as_the_estimator(split, naive):
    X, y, ahead, actual = split
    one = ForecastDisplay.from_estimator(
        naive, ahead, actual, X_history=X, promotion="promotion"
    )
    two = ForecastDisplay.from_predictions(
        ahead,
        naive.predict(ahead),
        y_true=actual,
        X_history=X,
        y_history=y,
        series="store",
        time="date",
        promotion="promotion",
    )
    pd.testing.assert_frame_equal(one.frame, two.frame)


def test_interval_is_asked_of_the_estimator(split, naive):
    _, _, ahead, _ = split
    display = ForecastDisplay.from_estimator(
        KnownQuantiles(naive), ahead, coverage=0.6, series_to_plot=["s1"]
    )
    (band,) = display.interval_
    corners = band.get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == (20.0, 80.0)
    without = ForecastDisplay.from_estimator(
        KnownQuantiles(naive), ahead, coverage=None
    )
    assert without.interval_ == []


def test_promotions_of_past_and_future_are_marked(split, naive):
    X, _, ahead, _ = split
    display = ForecastDisplay.from_estimator(
        naive,
        ahead,
        X_history=X,
        promotion="promotion",
        series_to_plot=["s2"],
        n_history=None,
    )
    (marks,) = display.promotion_
    days = pd.DatetimeIndex(marks.get_xdata(orig=True))
    assert list(days.day) == [10, 20, 30]
    ahead_only = ForecastDisplay.from_estimator(naive, ahead, promotion="promotion")
    assert [len(line.get_xdata()) for line in ahead_only.promotion_] == [1, 1, 1]


def test_dates_are_formatted_and_sales_start_at_zero(split, naive):
    display = ForecastDisplay.from_estimator(naive, split[2])
    for axis in display.axes_:
        formatter = axis.xaxis.get_major_formatter()
        assert isinstance(formatter, mdates.ConciseDateFormatter)
        assert axis.get_ylim()[0] == 0


def test_negative_sales_are_not_cut(split):
    X, y, ahead, _ = split
    model = SeasonalNaiveRegressor(series="store", time="date").fit(X, y - 30)
    display = ForecastDisplay.from_estimator(model, ahead)
    assert display.axes_[0].get_ylim()[0] < (y - 30).min()


def test_series_are_drawn_at_random_by_their_seed_and_counted():
    X, y = make_rows(n_stores=40, n_days=20)
    past = (X["date"] < "2024-03-15").to_numpy()
    model = SeasonalNaiveRegressor(series="store", time="date").fit(X[past], y[past])

    def shown(**options):
        display = ForecastDisplay.from_estimator(model, X[~past], **options)
        return display, list(display.frame["series"].unique())

    display, first = shown(series_to_plot=5)
    assert (len(first), display.n_series) == (5, 40)
    assert display.figure_._supxlabel.get_text() == "5 of 40 series, drawn at random"
    assert shown(series_to_plot=5)[1] == first
    assert shown(series_to_plot=5, random_state=1)[1] != first
    display, named = shown(series_to_plot=["s7", "s3"])
    assert named == ["store s7", "store s3"]
    assert display.note == "2 of 40 series"


def test_shown_history_is_as_long_as_asked_for(split, naive):
    ahead = split[2]
    for asked, expected in [(5, 5), (None, 23), (100, 23), ("auto", 23)]:
        display = ForecastDisplay.from_estimator(naive, ahead, n_history=asked)
        assert drawn(display.history_[0]).size == expected


def test_gaps_are_no_lines_and_lone_sales_are_dots(split):
    X, y, ahead, _ = split
    holes = y.copy()
    holes[[3, 5]] = np.nan
    model = SeasonalNaiveRegressor(series="store", time="date").fit(X, holes)
    display = ForecastDisplay.from_estimator(model, ahead, n_history=None)
    values = np.asarray(display.history_[0].get_ydata(), dtype=float)
    assert list(np.flatnonzero(np.isnan(values[:23]))) == [3, 5]
    assert display.history_[0].get_marker() == "."
    assert display.history_[1].get_marker() == "None"


def test_keys_may_stand_elsewhere_than_in_the_fitted_table(split):
    X, y, ahead, _ = split
    turned = FunctionTransformer(lambda frame: frame[["date", "store"]])
    model = make_pipeline(turned, SeasonalNaiveRegressor(series="store", time="date"))
    display = ForecastDisplay.from_estimator(model.fit(X, y), ahead, n_history=None)
    check_equal(display.history_[2], sales_of(X, y, "s2"))


def test_single_series_of_numbers_needs_no_keys():
    X = np.arange(12.0).reshape(-1, 1)
    display = ForecastDisplay.from_predictions(
        X[10:], [3.0, 4.0], X_history=X[:10], y_history=np.ones(10), n_history=None
    )
    assert list(display.forecast_[0].get_xdata()[-2:]) == [10.0, 11.0]
    alone = ForecastDisplay.from_predictions(X[10:11], [3.0])
    assert alone.forecast_[0].get_marker() == "o"
    assert np.isnan(np.asarray(alone.history_[0].get_ydata(), dtype=float)).all()


def test_axes_that_are_passed_are_drawn_on(split, naive):
    _, axes = plt.subplots(1, 2)
    display = ForecastDisplay.from_estimator(naive, split[2], series_to_plot=2, ax=axes)
    assert list(display.axes_) == list(axes)
    assert axes[-1].get_xlabel() == "2 of 3 series, drawn at random"
    figure, ax = plt.subplots()
    first = display.frame[display.frame["series"] == display.frame["series"].iloc[0]]
    assert ForecastDisplay(frame=first, n_series=1).plot(ax=ax).figure_ is figure


BAD = {
    "number of axes": (
        {"ax": True},
        ValueError,
        "ax holds 1 Axes, but 3 series are drawn, each on its own. Pass 3 Axes, or "
        "choose fewer series with series_to_plot=.",
    ),
    "no axes": (
        {"ax": "figure"},
        TypeError,
        "ax must be matplotlib Axes, or 3 of them; got str.",
    ),
    "none": (
        {"series_to_plot": 0},
        ValueError,
        "series_to_plot=0 draws nothing: give 1 or more, a list of keys, or None for "
        "all series.",
    ),
    "unknown": (
        {"series_to_plot": ["s9"]},
        ValueError,
        "series_to_plot names 's9', which is no series here. A key is a value of "
        "'store', such as 's0'.",
    ),
    "text": (
        {"series_to_plot": "s1"},
        TypeError,
        "series_to_plot='s1' must be a number of series, a list of keys, or None.",
    ),
    "promotion of text": (
        {"promotion": "store"},
        ValueError,
        "promotion='store' must be a column of flags or numbers, but it holds str.",
    ),
    "actuals": (
        {"y": [1.0]},
        ValueError,
        "y_true must hold one number for each of the 21 rows of its table; got shape "
        "(1,).",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_told(name, split, naive):
    options, kind, message = BAD[name]
    if options.get("ax") is True:
        options = {"ax": plt.subplots()[1]}
    with pytest.raises(kind) as caught:
        ForecastDisplay.from_estimator(naive, split[2], **options)
    # pandas 2 calls text object
    assert str(caught.value).replace("object", "str") == message


def test_mistakes_in_predictions_are_told(split):
    X, y, ahead, actual = split
    with pytest.raises(ValueError, match="X_history and y_history belong together"):
        ForecastDisplay.from_predictions(ahead, actual, X_history=X)
    with pytest.raises(ValueError) as caught:
        ForecastDisplay.from_predictions(ahead, actual, interval=actual, series="store")
    assert str(caught.value) == (
        "interval must be of shape (21, 2), a lower and an upper bound for each row of "
        "X; got (21,)."
    )
    for odd, message in (
        (["many"] * 21, "^y_pred must hold numbers: "),
        ([1e308] * 21, r"^y_pred holds 1e\+308: numbers above 1e\+100 in size"),
    ):
        with pytest.raises(ValueError, match=message):
            ForecastDisplay.from_predictions(ahead, odd, series="store")
