# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""CalibrationDisplay against counts by hand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plain_forecasts import KnownQuantiles, make_rows

from sklearn_sales import (
    ARRegressor,
    CalibrationDisplay,
    ConformalRegressor,
    ForecastDisplay,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    backtest,
)

KEYS = {"series": "store", "time": "date"}
LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def uniform():
    """Sales that are uniform between 0 and 100, and their true quantiles."""
    y = np.random.default_rng(0).uniform(0, 100, 20_000)
    return y, np.tile(100 * np.array(LEVELS), (len(y), 1))


def test_right_quantiles_lie_on_the_diagonal(uniform):
    for kind in ("coverage", "quantile"):
        display = CalibrationDisplay.from_predictions(*uniform, LEVELS, kind=kind)
        (line,) = display.lines_
        np.testing.assert_allclose(line.get_xdata(), line.get_ydata(), atol=0.01)
    assert list(line.get_xdata()) == LEVELS
    narrow = CalibrationDisplay.from_predictions(
        uniform[0], uniform[1] / 2 + 25, LEVELS
    )
    assert (narrow.lines_[0].get_ydata() < narrow.lines_[0].get_xdata() - 0.1).all()


def test_pit_of_right_quantiles_is_flat_and_its_area_is_one(uniform):
    y, quantiles = uniform
    display = CalibrationDisplay.from_predictions(y, quantiles, LEVELS, kind="pit")
    table = display.tables["forecast"]
    np.testing.assert_allclose(table["density"], 1, atol=0.06)
    shifted = CalibrationDisplay.from_predictions(y + 20, quantiles, LEVELS, kind="pit")
    table = shifted.tables["forecast"]
    assert table["density"].iloc[0] == 0
    area = table["density"] * (table["right"] - table["left"])
    assert area.sum() == pytest.approx(1)


def test_pit_counts_ranges_by_hand():
    y = np.array([0.0, 0.0, 5.0, 9.0])
    quantiles = np.array([[0.0, 4.0], [1.0, 4.0], [1.0, 4.0], [1.0, 9.0]])
    display = CalibrationDisplay.from_predictions(y, quantiles, [0.2, 0.8], kind="pit")
    # halves where a sale equals the bound of two ranges
    expected = np.array([1.5, 1.0, 1.5]) / 4 / [0.2, 0.6, 0.2]
    np.testing.assert_allclose(display.tables["forecast"]["density"], expected)


def test_band_of_chance_holds_right_forecasts():
    rng = np.random.default_rng(0)
    levels = np.linspace(0.05, 0.95, 19)
    inside = []
    for _ in range(25):
        y = rng.uniform(0, 1, 200)
        display = CalibrationDisplay.from_predictions(
            y, np.tile(levels, (200, 1)), levels, kind="quantile"
        )
        (path,) = display.band_.get_paths()
        at_half = path.vertices[np.isclose(path.vertices[:, 0], 0.5), 1]
        actual = display.lines_[0].get_ydata()[9]
        inside.append(at_half.min() <= actual <= at_half.max())
        plt.close("all")
    # 95 % of 25, less than 20 in one of ten thousand draws
    assert sum(inside) >= 20


def test_estimator_is_asked_for_its_quantiles():
    X, y = make_rows()
    model = KnownQuantiles(ARRegressor(1, **KEYS).fit(X[KEYS.values()], y))
    display = CalibrationDisplay.from_estimator(model, X, y, quantiles=LEVELS)
    table = display.tables["KnownQuantiles"]
    expected = [np.mean((y >= 25) & (y <= 75)), np.mean((y >= 10) & (y <= 90))]
    np.testing.assert_allclose(table["actual"], expected)
    np.testing.assert_allclose(table["nominal"], [0.5, 0.8])


def test_backtest_draws_those_that_have_quantiles():
    frame = pd.DataFrame(
        {
            "estimator": ["one"] * 4 + ["naive"] * 4,
            "y_true": [1.0, 2.0, 3.0, np.nan] * 2,
            "q0.9": [2.5] * 4 + [np.nan] * 4,
            "q0.1": [1.5] * 4 + [np.nan] * 4,
        }
    )
    display = CalibrationDisplay.from_backtest(SimpleNamespace(forecasts=frame))
    assert list(display.tables) == ["one"]
    assert display.tables["one"]["actual"].tolist() == [1 / 3]
    assert display.tables["one"]["n_rows"].tolist() == [3]
    with pytest.raises(ValueError, match="hold no quantiles, such as a column 'q0.1'"):
        CalibrationDisplay.from_backtest(
            SimpleNamespace(forecasts=frame[["estimator", "y_true"]])
        )


MISTAKES = {
    "kind": (
        {"kind": "bars"},
        "kind='bars' must be one of 'coverage', 'quantile', 'pit'.",
    ),
    "levels": (
        {"quantiles": [0.9, 0.1]},
        "quantiles=[0.9, 0.1] must be levels between 0 and 1, each larger than the one "
        "before.",
    ),
    "shape": (
        {"quantiles": [0.1, 0.5, 0.9]},
        "y_quantiles must be of shape (2, 3), a column for each level and a row for "
        "each of y_true; got (2, 2).",
    ),
    "pairs": (
        {"quantiles": [0.1, 0.5]},
        "quantiles=[0.1, 0.5] hold no pair q and 1 - q, so there is no interval. Add "
        "one, such as 0.1 and 0.9, or take kind='quantile'.",
    ),
    "infinite": (
        {"y_true": [1.0, np.inf]},
        "y_true holds infinity (1 value(s), first at row 1); sales and their forecasts "
        "are finite numbers.",
    ),
    "unknown": (
        {"y_true": [np.nan, np.nan]},
        "y_true and y_quantiles have no row in which both are known.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_about_quantiles_are_told(name):
    options, message = MISTAKES[name]
    given = {"y_true": [1.0, 2.0], "y_quantiles": [[0, 1], [0, 1]]}
    given = {**given, "quantiles": [0.1, 0.9], **options}
    with pytest.raises(ValueError) as caught:
        CalibrationDisplay.from_predictions(**given)
    assert str(caught.value) == message


def test_text_is_no_sale():
    with pytest.raises(ValueError, match="^y_true must hold numbers: "):
        CalibrationDisplay.from_predictions(["1", "many"], [[0, 1]] * 2, [0.1, 0.9])
    with pytest.raises(ValueError, match="^y_quantiles must hold numbers: "):
        CalibrationDisplay.from_predictions([1.0], [["low", "high"]], [0.1, 0.9])


def test_forecasters_without_quantiles_are_refused():
    with pytest.raises(TypeError, match="Put it into a ConformalRegressor"):
        CalibrationDisplay.from_estimator(ARRegressor(), [[1]], [1.0])


def test_real_intervals_are_drawn_from_estimator_and_backtest():
    X, y = make_rows(n_stores=4, n_days=90)
    y = y + np.random.default_rng(0).normal(0, 3, len(y))
    X = X[list(KEYS.values())]
    folds = PanelTimeSeriesSplit(3, test_size=7, time="date")
    model = ConformalRegressor(SeasonalNaiveRegressor(), cv=folds, **KEYS)
    tested = PanelTimeSeriesSplit(2, test_size=7, time="date")
    result = backtest(
        {"naive with errors": model}, X, y, cv=tested, quantiles=[0.1, 0.9]
    )
    display = CalibrationDisplay.from_backtest(result)
    assert list(display.tables) == ["naive with errors"]
    own = result.forecasts[result.forecasts["estimator"] == "naive with errors"]
    inside = (own["y_true"] >= own["q0.1"]) & (own["y_true"] <= own["q0.9"])
    assert display.tables["naive with errors"]["actual"].tolist() == [inside.mean()]
    past = (X["date"] < "2024-05-20").to_numpy()
    model.fit(X[past], y[past])
    bounds = model.predict_interval(X[~past], 0.8)
    frame = ForecastDisplay.from_estimator(model, X[~past], y[~past]).frame
    cells = frame.dropna(subset="forecast")
    np.testing.assert_allclose(cells[["lower", "upper"]], bounds)
