# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The peers of the league and their settings, for all to see.

Each is what a competent user makes of the library in an hour. The form of the target
of the trees is the one of each set that earlier measurements had chosen inside the
training part; it counts as known, so its search is not in the peers' seconds.
"""

import warnings

import numpy as np
import pandas as pd
from league_grid import Grid, _numbers, grid_of, with_features
from league_networks import fracast, lstm, nets, nhits
from league_results import Model

__all__ = ["MEANS", "PEERS", "QUOTED", "SLOW_PEERS"]

# The target and the loss of the trees: log1p and squares; over the level of the series
# (mean of its sales) and squares; Tweedie, plainly or over the level.
FORMS = {
    "orange_juice": "log1p",
    "walmart": "level",
    "uci_online_retail": "level_tweedie",
    "m5_subset": "level_tweedie",
    "stallion": "tweedie",
}

# Days, weeks and months whose mean is a forecast, by the season.
RECENT = {7: 28, 52: 13, 12: 12}


def seasonal_naive(fold):
    """The record of a season ago, of two seasons where there is none; then the last."""
    grid = grid_of(fold)
    ids, sales = grid.rows["unique_id"], grid.rows["y"].where(grid.rows["recorded"])
    found = sales.groupby(ids).shift(fold.spec.season)
    for age in range(2, ids.value_counts().max() // fold.spec.season + 1):
        found = found.fillna(sales.groupby(ids).shift(age * fold.spec.season))
    last = sales.groupby(ids).ffill()
    return found.fillna(last).to_numpy()[grid.cells]


def recent_mean(fold):
    """Mean of the recent records, of all where there are none; of open days alone."""
    sales = fold.X.assign(sales=fold.y)
    if "open" in sales:
        sales = sales[sales["open"] == 1]
    times = np.sort(fold.X["date"].unique())[-RECENT[fold.spec.season] :]
    recent = sales[sales["date"].isin(times)]
    asked = fold.ahead[fold.spec.series]
    for rows, name in ((recent, "recent"), (sales, "all")):
        means = rows.groupby(fold.spec.series, observed=True)["sales"].mean()
        asked = asked.merge(means.rename(name).reset_index(), how="left")
    return asked["recent"].fillna(asked["all"]).to_numpy()


def window_average(fold):
    """The same by statsforecast, which counts the zeros of closed days."""
    from statsforecast.models import WindowAverage

    return _by_statsforecast(fold, [WindowAverage(RECENT[fold.spec.season])])


def stats(fold):
    """Mean of AutoETS and the optimised theta, which read no covariates."""
    from statsforecast.models import AutoETS, DynamicOptimizedTheta

    season = fold.spec.season
    # a season of 52 has too many states for exponential smoothing
    ets = AutoETS(season_length=season if season <= 24 else 1)
    return _by_statsforecast(fold, [ets, DynamicOptimizedTheta(season_length=season)])


def stats_stl(fold):
    """STL of the year and AutoETS of the rest, for weekly sales."""
    from statsforecast.models import MSTL, AutoETS

    rest = AutoETS(model="ZZN")
    model = MSTL(season_length=fold.spec.season, trend_forecaster=rest)
    return _by_statsforecast(fold, [model])


def _by_statsforecast(fold, models):
    """Mean of the forecasts of models of each series; short ones get their mean."""
    from statsforecast import StatsForecast
    from statsforecast.models import HistoricAverage

    grid = grid_of(fold)
    forecaster = StatsForecast(
        models, freq=grid.freq, n_jobs=1, fallback_model=HistoricAverage()
    )
    rows = grid.train[["unique_id", "ds", "y"]]
    made = forecaster.forecast(h=fold.spec.horizon, df=rows)
    columns = made.columns.drop(["unique_id", "ds"])
    made["forecast"] = made[columns].mean(axis=1)
    return grid.asked(made[["unique_id", "ds", "forecast"]])


def lgb_recursive(fold):
    """mlforecast: one LightGBM of 400 trees for the next step, fed its forecasts."""
    return _by_mlforecast(fold, n_trees=400)


def lgb_direct(fold):
    """mlforecast: a LightGBM of 150 trees for each step."""
    return _by_mlforecast(fold, n_trees=150, max_horizon=fold.spec.horizon)


def _by_mlforecast(fold, n_trees, **options):
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    grid = grid_of(fold)
    rows, varying = with_features(fold, grid)
    rows, undo = _target(fold, rows)
    windows = [RollingMean(n, min_samples=1) for kind, n in fold.spec.windows]
    forecaster = MLForecast(
        {"lgb": _lightgbm(fold, n_trees)},
        freq=grid.freq,
        lags=fold.spec.lags,
        lag_transforms={1: windows},
    )
    columns = ["unique_id", "ds", *varying, *grid.static]
    forecaster.fit(
        rows.loc[~grid.ahead, [*columns, "y"]],
        static_features=grid.static,
        dropna=False,
        models_fit_kwargs={"lgb": {"categorical_feature": grid.categories}},
        **options,
    )
    future = rows.loc[grid.ahead, ["unique_id", "ds", *varying]]
    made = forecaster.predict(fold.spec.horizon, X_df=future)
    made["forecast"] = undo(made["unique_id"], made["lgb"])
    return grid.asked(made[["unique_id", "ds", "forecast"]])


def _lightgbm(fold, n_trees):
    from lightgbm import LGBMRegressor

    tweedie = FORMS[fold.spec.name].endswith("tweedie")
    return LGBMRegressor(
        n_estimators=n_trees,
        learning_rate=0.05,
        num_leaves=63,
        min_child_samples=30,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.8,
        objective="tweedie" if tweedie else "regression",
        n_jobs=1,
        random_state=0,
        verbosity=-1,
    )


def _target(fold, rows):
    """The rows with sales in the form of the set, and the way back."""
    form = FORMS[fold.spec.name]
    if form == "log1p":
        forms = {name: np.log1p(rows[name].clip(lower=0)) for name in ("y", "year_ago")}
        return rows.assign(**forms), lambda ids, made: np.expm1(made)
    if form == "tweedie":
        return rows.assign(y=rows["y"].clip(lower=0)), lambda ids, made: made
    levels = rows[rows["recorded"]].groupby("unique_id")["y"].mean()
    levels = levels.where(levels > 0, 1.0)
    of_rows = rows["unique_id"].map(levels)
    forms = {name: rows[name] / of_rows for name in ("y", "year_ago")}
    if form == "level_tweedie":
        forms["y"] = forms["y"].clip(lower=0)
    return rows.assign(**forms), lambda ids, made: made * ids.map(levels)


def skforecast(fold):
    """skforecast: one LightGBM over all series, recursive, scaled by series."""
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    grid = grid_of(fold)
    rows, varying = with_features(fold, grid)
    rows, undo = _target(fold, rows)
    series, exog, exog_ahead = {}, {}, {}
    columns = [*varying, *grid.static]
    for key, table in rows.astype({name: float for name in columns}).groupby(
        "unique_id"
    ):
        table = table.set_index("ds").asfreq(grid.freq)
        past, ahead = table[: -fold.spec.horizon], table[-fold.spec.horizon :]
        series[str(key)] = past["y"]
        exog[str(key)], exog_ahead[str(key)] = past[columns], ahead[columns]
    lengths = [n for kind, n in fold.spec.windows if kind == "mean"]
    forecaster = ForecasterRecursiveMultiSeries(
        _lightgbm(fold, 400),
        lags=fold.spec.lags,
        window_features=RollingFeatures(["mean"] * len(lengths), lengths),
        transformer_series=None,
        fit_kwargs={"categorical_feature": grid.categories},
        categorical_features=None,
    )
    with warnings.catch_warnings():
        # missing values in the exogenous columns, which the trees take
        warnings.simplefilter("ignore")
        forecaster.fit(series, exog=exog)
        made = forecaster.predict(fold.spec.horizon, exog=exog_ahead)
    made = made.rename_axis("ds").reset_index()
    made["unique_id"] = made["level"].astype(int)
    made["forecast"] = undo(made["unique_id"], made["pred"])
    return grid.asked(made[["unique_id", "ds", "forecast"]])


def sktime_ensemble(fold):
    """sktime: mean of seasonal naive, recent mean and theta of each series."""
    from sktime.forecasting.compose import EnsembleForecaster
    from sktime.forecasting.naive import NaiveForecaster
    from sktime.forecasting.theta import ThetaForecaster

    grid = grid_of(fold)
    season, steps = fold.spec.season, np.arange(1, fold.spec.horizon + 1)
    made = []
    for key, rows in grid.train.groupby("unique_id"):
        sales = rows["y"].to_numpy()
        members = [
            ("recent", NaiveForecaster("mean", window_length=RECENT[season])),
            ("naive", NaiveForecaster("last", sp=season)),
            ("theta", ThetaForecaster(sp=season, deseasonalize_model="additive")),
        ]
        if len(sales) < 2 * season + 1:
            members = [("naive", NaiveForecaster("last"))]
        forecaster = EnsembleForecaster(members)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = forecaster.fit(pd.Series(sales)).predict(fh=steps)
        made.append(
            pd.DataFrame(
                {
                    "unique_id": key,
                    "ds": np.sort(grid.future["ds"].unique()),
                    "forecast": answers.to_numpy().ravel(),
                }
            )
        )
    return grid.asked(pd.concat(made))


_TREES = (_lightgbm, _target, Grid, grid_of, _numbers, with_features, FORMS)
_MLFORECAST = ("mlforecast", "lightgbm", "pandas")
_NETWORKS = ("neuralforecast", "torch", "pandas")
_STATS = {
    "uses": (_by_statsforecast, grid_of, _numbers, RECENT),
    "libraries": ("statsforecast", "numba"),
}

PEERS = [
    Model("seasonal_naive", seasonal_naive, (Grid, grid_of, _numbers), ("pandas",)),
    Model("recent_mean", recent_mean, (RECENT,), ("pandas",)),
    Model("window_average", window_average, **_STATS),
    Model("stats", stats, **_STATS),
    Model("stats_stl", stats_stl, **_STATS, only=("weekly",)),
    Model("lgb_recursive", lgb_recursive, (_by_mlforecast, *_TREES), _MLFORECAST),
    Model("lgb_direct", lgb_direct, (_by_mlforecast, *_TREES), _MLFORECAST),
    Model("skforecast", skforecast, _TREES, ("skforecast", "lightgbm", "pandas")),
    Model("sktime_ensemble", sktime_ensemble, (grid_of, RECENT), ("sktime",)),
]

# Minutes a fit: run where they are named, else quoted.
SLOW_PEERS = [
    Model("fracast", fracast, (Grid, grid_of, _numbers), ("fracast", "torch")),
    Model("nf_lstm", lstm, nets, ("neuralforecast", "torch")),
    Model("nf_nhits", nhits, nets, ("neuralforecast", "torch")),
]

# Means of the forecasts of two peers, which cost what both cost.
MEANS = {"mean_stats_lgb": ("stats", "lgb_recursive")}

# WAPE and mean RMSSE over two origins that were measured before, with settings like
# those above, in the same protocol on two cores: bars that peers here may not lower.
QUOTED = {
    "stats": {
        "orange_juice": (0.6930, 0.379),
        "walmart": (0.1060, 0.742),
        "uci_online_retail": (0.8738, 0.543),
        "m5_subset": (0.4778, 0.749),
        "stallion": (0.1670, 1.341),
    },
    "stats_stl": {"orange_juice": (0.6738, 0.455), "walmart": (0.0821, 0.636)},
    "lgb_recursive": {
        "orange_juice": (0.3717, 0.250),
        "walmart": (0.0883, 0.641),
        "uci_online_retail": (0.9401, 0.550),
        "m5_subset": (0.4632, 0.730),
        "stallion": (0.1664, 1.636),
    },
    "lgb_direct": {
        "orange_juice": (0.3701, 0.249),
        "walmart": (0.0862, 0.635),
        "uci_online_retail": (0.8993, 0.543),
        "m5_subset": (0.4465, 0.720),
        "stallion": (0.1605, 1.755),
    },
    "mean_stats_lgb": {
        "orange_juice": (0.4948, 0.284),
        "walmart": (0.0898, 0.650),
        "uci_online_retail": (0.8937, 0.540),
        "m5_subset": (0.4623, 0.729),
        "stallion": (0.1574, 1.409),
    },
    "nf_lstm": {
        "orange_juice": (0.4164, 0.283),
        "walmart": (0.1092, 0.763),
        "uci_online_retail": (0.9247, 0.558),
        "m5_subset": (0.4803, 0.750),
        "stallion": (0.2325, 1.513),
    },
}
