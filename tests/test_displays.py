# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of folds, back-tests, losses and weights show what they are made from."""

from types import SimpleNamespace

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plain_forecasts import make_rows
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_sales import (
    ARRegressor,
    BacktestDisplay,
    LossCurveDisplay,
    PanelTimeSeriesSplit,
    SalesRegressor,
    SeasonalNaiveRegressor,
    SplitDisplay,
    StackWeightsDisplay,
    ThetaRegressor,
    TimeSeriesStackingRegressor,
    backtest,
)

KEYS = {"series": "store", "time": "date"}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


# folds


def test_split_cells_are_the_rows_of_each_fold():
    X, _ = make_rows(n_stores=3, n_days=20)
    X = X.drop(index=[4, 25]).sample(frac=1, random_state=0).reset_index(drop=True)
    cv = PanelTimeSeriesSplit(3, test_size=4, gap=2, time="date")
    display = SplitDisplay.from_splitter(cv, X, **KEYS)
    day = (X["date"] - X["date"].min()).dt.days.to_numpy()
    store = X["store"].str[1:].astype(int).to_numpy()
    expected = np.zeros((3, 3, 20), dtype=int)
    for fold, (train, test) in enumerate(cv.split(X)):
        expected[fold][store, day] = 1
        expected[fold][store[train], day[train]] = 2
        expected[fold][store[test], day[test]] = 3
    assert np.array_equal(display.cells, expected)
    for fold, mesh in enumerate(display.meshes_):
        assert np.array_equal(np.asarray(mesh.get_array()), expected[fold])
    assert not display.looks_ahead.any()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["fold 1", "fold 2", "fold 3"]
    formatter = display.ax_.xaxis.get_major_formatter()
    assert isinstance(formatter, mdates.ConciseDateFormatter)


def test_folds_that_look_ahead_are_marked():
    X, y = make_rows(n_stores=1, n_days=20)
    shuffled = SplitDisplay.from_splitter(
        KFold(4, shuffle=True, random_state=0), X, y, time="date"
    )
    assert shuffled.looks_ahead.all()
    label = shuffled.ax_.get_yticklabels()[0]
    assert label.get_text() == "fold 1\nlooks ahead"
    assert label.get_color() != "black"
    ordered = SplitDisplay.from_splitter(TimeSeriesSplit(3), X, time="date")
    assert not ordered.looks_ahead.any()
    legend = [text.get_text() for text in ordered.ax_.get_legend().get_texts()]
    assert legend == ["not used", "training", "test"]


def test_a_row_on_both_sides_of_a_fold_is_told():
    X, _ = make_rows(n_stores=1, n_days=6)
    folds = [(np.arange(4), np.array([3, 4]))]
    display = SplitDisplay.from_splitter(folds, X, time="date")
    assert display.cells[0, 0].tolist() == [2, 2, 2, 4, 3, 1]
    assert display.looks_ahead.tolist() == [True]


def test_splits_of_many_series_are_sampled_and_counted():
    X, _ = make_rows(n_stores=50, n_days=12)
    cv = PanelTimeSeriesSplit(2, time="date")
    display = SplitDisplay.from_splitter(cv, X, series_to_plot=8, **KEYS)
    assert display.cells.shape == (2, 8, 12)
    assert display.figure_._supxlabel.get_text() == "8 of 50 series, drawn at random"


# back-tests


@pytest.fixture(scope="module")
def result():
    X, y = make_rows(n_stores=4, n_days=60)
    noise = np.random.default_rng(0).normal(0, 3, len(y))
    estimators = {"ar": ARRegressor(2, **KEYS), "theta": ThetaRegressor([7], **KEYS)}
    cv = PanelTimeSeriesSplit(3, test_size=7, time="date")
    return backtest(estimators, X.drop(columns="promotion"), y + noise, cv=cv, **KEYS)


def wape_by_hand(result, by, name):
    rows = result.forecasts[result.forecasts["estimator"] == name]
    error = (rows["y_pred"] - rows["y_true"]).abs()
    return error.groupby(rows[by]).sum() / rows["y_true"].groupby(rows[by]).sum()


@pytest.mark.parametrize(("by", "column"), [("step", "step"), ("fold", "origin")])
def test_backtest_lines_are_the_errors(by, column, result):
    display = BacktestDisplay.from_backtest(result, by=by)
    assert [line.get_label() for line in display.lines_] == ["ar", "theta", "naive"]
    for line in display.lines_:
        expected = wape_by_hand(result, column, line.get_label())
        assert list(line.get_xdata(orig=True)) == list(expected.index)
        np.testing.assert_allclose(line.get_ydata(), expected)
    styles = {line.get_label(): line.get_linestyle() for line in display.lines_}
    assert styles == {"ar": "-", "theta": "-", "naive": "--"}
    assert len({line.get_color() for line in display.lines_}) == 3
    assert display.ax_.get_ylim()[0] == 0


def test_origins_are_written_as_dates(result):
    display = BacktestDisplay.from_backtest(result, by="fold")
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["2024-04-08", "2024-04-15", "2024-04-22"]


def test_each_series_is_a_dot_against_the_naive(result):
    display = BacktestDisplay.from_backtest(result, by="series")
    naive = wape_by_hand(result, "store", "naive")
    for line in display.lines_:
        own = wape_by_hand(result, "store", line.get_label().split(":")[0])
        np.testing.assert_allclose(line.get_xdata(), naive)
        np.testing.assert_allclose(line.get_ydata(), own)
        name = line.get_label().split(":")[0]
        assert display.better_[name] == np.mean(own < naive)
        assert f"better in {np.mean(own < naive):.0%}" in line.get_label()
    ends = np.asarray(display.diagonal_.get_data())
    assert np.array_equal(ends[0], ends[1])


def test_backtest_is_run_for_an_estimator():
    X, y = make_rows(n_stores=2, n_days=40)
    model = SeasonalNaiveRegressor(**KEYS)
    display = BacktestDisplay.from_estimator(
        {"again": model}, X, y, cv=2, metric="mae", by="step"
    )
    # the same forecasts under two names
    again, naive = display.lines_
    np.testing.assert_array_equal(again.get_ydata(), naive.get_ydata())
    alone = BacktestDisplay.from_estimator(
        {"again": model}, X, y, cv=2, metric="bias", baseline=False
    )
    assert list(alone.errors) == ["again"]


def test_far_worse_series_do_not_hide_the_others():
    errors = pd.DataFrame({"ar": [0.1, 0.12, 5.0], "naive": [0.2, 0.2, 6.0]})
    display = BacktestDisplay(errors=errors, by="series", metric="wape").plot()
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "store"}, "by='store' must be one of 'step', 'fold', 'series'."),
        (
            {"metric": "coverage"},
            "metric='coverage' is no error: CalibrationDisplay draws it beside what it "
            "should be.",
        ),
        (
            {"by": "series", "baseline": "snail"},
            "baseline='snail' is none of the estimators ['ar', 'theta', 'naive']; by="
            "'series' draws the others against it. Run the back-test with "
            "baseline=True, or name another estimator.",
        ),
    ],
)
def test_mistakes_about_backtests_are_told(options, message, result):
    with pytest.raises(ValueError) as caught:
        BacktestDisplay.from_backtest(result, **options)
    assert str(caught.value) == message


def test_a_single_series_has_no_dots():
    X, y = make_rows(n_stores=1, n_days=40)
    model = SeasonalNaiveRegressor(time="date")
    with pytest.raises(ValueError) as caught:
        BacktestDisplay.from_estimator(
            {"own": model}, X[["date"]], y, cv=2, by="series"
        )
    assert str(caught.value) == (
        "by='series' needs several series, but this back-test is of one: take "
        "by='step' or by='fold'."
    )


# losses


def test_losses_are_drawn_by_pass_and_the_best_is_marked():
    history = [
        {"train_loss": loss, "valid_loss": valid}
        for loss, valid in [(3.0, 4.0), (2.0, 2.5), (1.0, 3.0)]
    ]
    display = LossCurveDisplay.from_history(history)
    assert list(display.train_line_.get_xdata()) == [1, 2, 3]
    assert list(display.train_line_.get_ydata()) == [3.0, 2.0, 1.0]
    assert list(display.valid_line_.get_ydata()) == [4.0, 2.5, 3.0]
    assert (display.best_.get_xdata()[0], display.best_.get_ydata()[0]) == (2, 2.5)


def test_losses_without_held_out_rows_have_no_best_pass():
    net = SimpleNamespace(history_=[{"train_loss": 1.0}])
    display = LossCurveDisplay.from_estimator(net)
    assert display.valid_line_ is display.best_ is display.best_pass is None
    # one pass alone makes no line
    assert display.train_line_.get_marker() == "o"


def test_mistakes_about_losses_are_told():
    with pytest.raises(TypeError, match="ARRegressor has no history_ of losses"):
        LossCurveDisplay.from_estimator(make_pipeline(ARRegressor()))
    with pytest.raises(ValueError, match=r"history holds 0 pass\(es\)"):
        LossCurveDisplay.from_history([])


# weights


@pytest.fixture(scope="module")
def panel():
    X, y = make_rows(n_stores=3, n_days=70)
    noise = np.random.default_rng(1).normal(0, 2, len(y))
    return X.drop(columns="promotion"), y + noise


def make_stack(**options):
    members = [
        ("naive", SeasonalNaiveRegressor(**KEYS)),
        ("ar", ARRegressor(2, **KEYS)),
        ("theta", ThetaRegressor([7], **KEYS)),
    ]
    cv = PanelTimeSeriesSplit(2, test_size=7, time="date")
    return TimeSeriesStackingRegressor(members, cv=cv, **KEYS, **options)


def test_weights_are_bars_the_largest_first(panel):
    stack = make_stack().fit(*panel)
    display = StackWeightsDisplay.from_estimator(stack)
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    widths = [bar.get_width() for bar in display.bars_[0]]
    assert widths == sorted(stack.weights_.values(), reverse=True)
    assert dict(zip(names, widths, strict=True)) == stack.weights_


@pytest.mark.parametrize("by", ["step", "store"])
def test_weights_of_groups_share_a_bar(by, panel):
    stack = make_stack(weights_by=by).fit(*panel)
    display = StackWeightsDisplay.from_estimator(stack)
    assert display.ax_.get_xlabel() == ("step ahead" if by == "step" else "store")
    for bars in display.bars_:
        expected = stack.group_weights_[bars.get_label()]
        heights = [bar.get_height() for bar in bars]
        np.testing.assert_allclose(heights, expected)
    tops = [bar.get_y() + bar.get_height() for bar in display.bars_[-1]]
    np.testing.assert_allclose(tops, 1.0)


def test_weights_of_the_default_stack_and_of_a_pipeline(panel):
    X, y = panel
    same = FunctionTransformer()
    model = make_pipeline(same, SalesRegressor(7, effort="quick", **KEYS)).fit(X, y)
    display = StackWeightsDisplay.from_estimator(model)
    assert display.shown.to_dict() == model[-1].weights_


def test_many_members_and_groups_are_drawn_as_few():
    rng = np.random.default_rng(0)
    weights = pd.DataFrame(rng.dirichlet(np.ones(10), 40)).rename(columns="m{}".format)
    display = StackWeightsDisplay.from_weights(weights, max_groups=5)
    assert list(display.shown.index) == [0, 10, 20, 29, 39]
    assert list(display.shown)[-1] == "all others"
    assert display.shown.shape == (5, 6)
    np.testing.assert_allclose(display.shown.sum(axis=1), 1)
    assert display.figure_._supxlabel.get_text() == "5 of 40 groups"


def test_mistakes_about_weights_are_told(panel):
    with pytest.raises(TypeError, match="ARRegressor has no weights_"):
        StackWeightsDisplay.from_estimator(ARRegressor())
    ridge = make_stack(final_estimator="median").fit(*panel)
    with pytest.raises(TypeError, match="TimeSeriesStackingRegressor has no weights_"):
        StackWeightsDisplay.from_estimator(ridge)
    with pytest.raises(ValueError, match="weights are empty"):
        StackWeightsDisplay.from_weights({})
    with pytest.raises(ValueError, match="got 2 numbers, some of them NaN"):
        StackWeightsDisplay.from_weights({"ar": np.nan, "naive": 1.0})
    with pytest.raises(ValueError, match="max_groups=0 must be a whole number"):
        StackWeightsDisplay.from_weights({"ar": 1.0}, max_groups=0)
