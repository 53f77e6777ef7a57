# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the fuzz: estimators and functions, and the hostile tables they get."""

from importlib.util import find_spec

import hostile_tables
from fuzz_acts import (
    call,
    command,
    fit_and_answer,
    fit_and_observe,
    monitor,
    n_rows_of,
    picture,
    round_trip,
    score,
    split,
)
from hostile_tables import mostly, quantiles, tables, targets
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

import sklearn_sales as ss

USUAL = {"series": "shop", "time": "day"}
KEYS = mostly(
    st.just({"series": "shop", "time": "day"}),
    st.sampled_from(
        [
            {"series": ["shop", "item"], "time": "day"},
            {"series": "shop"},
            {"series": 0, "time": 1},
            {"time": "day"},
            {},
            {"series": ["shop", "shop"]},
            {"series": "nothing"},
            {"time": -1},
            {"time": "index"},
            {"series": "shop", "time": "index"},
        ]
    ),
)
FREQS = mostly(st.none(), st.sampled_from(["D", "W", "MS", "h", 1, 7, "nonsense"]))


def estimators(keys):
    """One of each kind, in a small configuration."""
    return [
        lambda: ss.ARRegressor(1, **keys),
        lambda: ss.ARRegressor(2, pooled=True, trend="ct", **keys),
        lambda: ss.SeasonalNaiveRegressor(horizon=3, **keys),
        lambda: ss.ThetaRegressor(**keys),
        lambda: ss.LagFeatures(2, windows=[("mean", 3)], horizon=2, **keys),
        lambda: ss.LagFeatures([1, 7], fill="last", time_since=True, **keys),
        lambda: ss.CalendarFeatures(**keys),
        lambda: ss.ReductionRegressor(
            LinearRegression(), features=ss.LagFeatures(2), **keys
        ),
        lambda: ss.CovariateAdjustedRegressor(ss.ThetaRegressor(), **keys),
        lambda: ss.PanelTargetRegressor(
            ss.ARRegressor(1), transformer="log1p", scale="mean", **keys
        ),
        lambda: ss.PartitionedRegressor(ss.ARRegressor(1), keys.get("series"), **keys),
        lambda: ss.ReductionRegressor(
            LinearRegression(),
            features=ss.LagFeatures(2),
            strategy="recursive",
            anchor="last",
            **keys,
        ),
        lambda: ss.ReductionRegressor(
            HistGradientBoostingRegressor(max_iter=2),
            features=ss.LagFeatures(2),
            strategy="rectify",
            horizon=2,
            **keys,
        ),
        lambda: ss.ConformalRegressor(ss.ARRegressor(1), cv=2, **keys),
        lambda: ss.TimeSeriesStackingRegressor(
            [
                ("ar", ss.ARRegressor(1, **keys)),
                ("naive", ss.SeasonalNaiveRegressor(**keys)),
            ],
            cv=2,
            weights_by="step",
            **keys,
        ),
        lambda: make_pipeline(
            ss.CalendarFeatures(["weekday"], **keys),
            ss.LagFeatures(2, fill=0.0, **keys).set_output(transform="pandas"),
            LinearRegression(),
        ),
    ]


SLOW = [
    lambda keys: ss.SalesRegressor(2, effort="quick", **keys),
    lambda keys: ss.LSTMRegressor(window=3, hidden_size=2, max_epochs=1, **keys),
]
# with libraries that may be missing
if find_spec("fracast"):
    SLOW.append(lambda keys: ss.FoundationRegressor(horizon=4, **keys))
FORECASTERS = []
if find_spec("sktime"):
    from sktime.forecasting.compose import YfromX
    from sktime.forecasting.naive import NaiveForecaster

    FORECASTERS = [NaiveForecaster(), YfromX(LinearRegression())]


# what the command line is told beside the file: columns, and how it is written
ROLES = mostly(
    st.just(["--time", "day", "--series", "shop"]),
    st.sampled_from(
        [
            ["--time", "day"],
            ["--time", "day", "--series", "shop", "price"],
            ["--time", "price", "--series", "shop"],
            ["--time", "day", "--series", "shop", "--add-duplicates"],
            ["--time", "day", "--freq", "W"],
            ["--time", "day", "--decimal", ","],
            ["--time", "day", "--time-format", "%d.%m.%Y"],
        ]
    ),
)
ENDINGS = st.sampled_from([".csv", ".csv.gz", ".parquet"])
MODEL = st.sampled_from(["naive", "naive", "naive", "ar", "theta"])
METRICS = [ss.wape, ss.bias, ss.smape, ss.rmsle, ss.pinball_loss]
SCALED = [ss.mase, ss.rmsse, ss.scaled_pinball_loss]
LEVELS = [["shop"], [[], ["shop"]], [["shop", "item"], "shop"], ["price"], []]
N_ESTIMATORS = len(estimators({}))


# a slow fit now and then: most of what can go wrong does so before it
KINDS = ["fit"] * 60 + ["observe"] * 20 + ["backtest", "monitor", "leakage"] * 2
KINDS += ["split", "future", "complete", "score", "orders", "scaled"] * 4 + ["slow"]
KINDS += ["combine", "command", "round trip"] * 4 + ["draw", "hierarchy"] * 2
KINDS += ["sktime"] * (4 * bool(FORECASTERS))


@st.composite
def cases(draw):
    """A case: a function and its arguments."""
    X, like = draw(tables())
    y = draw(targets(n_rows_of(X)))
    kind = draw(st.sampled_from(KINDS))
    for family in (_of_functions, _of_metrics, _of_displays):
        case = draw(family(kind, X, y))
        if case is not None:
            return case
    if kind == "combine":
        like = ["price", "promo"], like[1]
        X, _ = draw(tables(like))
        model = ss.SimplexRegressor(loss=draw(st.sampled_from(["squared", "absolute"])))
        y = draw(targets(n_rows_of(X)))
        return fit_and_answer, model, X, y, draw(tables(like))[0]
    keys = {**draw(KEYS), "freq": draw(FREQS)}
    X_new, _ = draw(tables(like))
    if kind == "slow":
        return fit_and_answer, draw(st.sampled_from(SLOW))(keys), X, y, X_new
    if kind == "sktime":
        model = ss.SktimeRegressor(draw(st.sampled_from(FORECASTERS)).clone(), **keys)
        return fit_and_answer, model, X, y, X_new
    estimator = estimators(keys)[draw(st.sampled_from(range(N_ESTIMATORS)))]()
    if kind == "observe":
        y_new = draw(targets(n_rows_of(X_new)))
        return fit_and_observe, estimator, X, y, X_new, y_new, draw(st.booleans())
    if kind == "backtest":
        return (lambda: call(ss.backtest, estimator, X, y, cv=2, **keys),)
    if kind == "monitor":
        return monitor, estimator, X, y, X_new, draw(targets(n_rows_of(X_new)))
    if kind == "leakage":
        return (lambda: call(ss.check_no_leakage, estimator, X, y, on_fail=None),)
    X_new = draw(st.sampled_from([X, X_new]))
    if kind == "round trip":
        return round_trip, estimator, X, y, X_new
    return fit_and_answer, estimator, X, y, X_new


@st.composite
def _of_functions(draw, kind, X, y):
    """Functions of tables, and the command line."""
    if kind == "orders":
        names = {"product": "shop", "timestamp": "day", "quantity": "price"}
        return (lambda: call(ss.panel_from_orders, X, **names),)
    if kind == "command":
        options = [*draw(ROLES), "--model", draw(MODEL), "--no-plot"]
        return command, X, y, draw(ENDINGS), [*options, "--horizon", "2"]
    if kind not in ("split", "future", "complete"):
        return None
    keys = draw(KEYS)
    if kind == "split":
        return split, ss.PanelTimeSeriesSplit(2, **keys), X, y
    if kind == "future":
        return (lambda: call(ss.future_frame, X, 2, **keys),)
    return (lambda: call(ss.complete_panel, X, **keys),)


@st.composite
def _of_metrics(draw, kind, X, y):
    """Errors of forecasts that are as odd as the sales."""
    if kind not in ("score", "scaled", "hierarchy"):
        return None
    n_rows = n_rows_of(X)
    y_pred = draw(targets(n_rows))
    if kind == "score":
        if draw(st.booleans()):
            return score, draw(st.sampled_from(METRICS)), y, y_pred
        return score, ss.coverage, y, draw(quantiles(n_rows, 2))
    y_train = draw(targets(n_rows))
    if kind == "hierarchy":
        names = {"levels": draw(st.sampled_from(LEVELS)), "time": "day"}
        names["price"] = draw(st.sampled_from([None, "price", "day"]))
        names |= {"X": X, "X_train": draw(tables())[0], "y_train": y_train}
        return (lambda: score(ss.wrmsse, y, y_pred, **names),)
    labels = hostile_tables.column("shop", n_rows)
    times = hostile_tables.column("day", n_rows)
    train = {"series_train": draw(labels), "time_train": draw(times)}
    if draw(st.booleans()):
        return (lambda: call(ss.naive_scale, y_train, **train),)
    train |= {"series": draw(labels), "y_train": y_train}
    metric = draw(st.sampled_from(SCALED))
    return (lambda: score(metric, y, y_pred, **train),)


@st.composite
def _of_displays(draw, kind, X, y):
    """Pictures of forecasts, of their quantiles and of folds."""
    if kind != "draw":
        return None
    keys, n_rows = draw(KEYS), n_rows_of(X)
    which = draw(st.sampled_from(["forecast", "calibration", "split"]))
    if which == "split":
        splitter = ss.PanelTimeSeriesSplit(2, **keys)
        made = ss.SplitDisplay.from_splitter
        return (lambda: picture(made, splitter, X, y, **keys),)
    if which == "calibration":
        shown = draw(st.sampled_from(["coverage", "quantile", "pit"]))
        levels = [0.1, 0.5, 0.9]
        forecasts = draw(quantiles(n_rows, 3))
        made = ss.CalibrationDisplay.from_predictions
        return (lambda: picture(made, y, forecasts, levels, kind=shown),)
    y_pred = draw(targets(n_rows))
    made = ss.ForecastDisplay.from_predictions
    return (lambda: picture(made, X, y_pred, y_true=y, **keys),)
