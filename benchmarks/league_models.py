# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Our models in the league: their defaults, and what the data say."""

import pandas as pd
from league_results import Model

__all__ = ["OURS", "SLOW"]


def keys_of(fold):
    return {"series": fold.spec.series, "time": "date"}


def numeric(fold):
    """Both tables of a fold with text as numbers, for models that read no text."""
    both = pd.concat([fold.X, fold.ahead], ignore_index=True)
    for name in both.columns.drop([*fold.spec.series, "date"]):
        if not pd.api.types.is_numeric_dtype(both[name]):
            both[name] = pd.Categorical(both[name].astype("string")).codes
    return both[: len(fold.X)], both[len(fold.X) :]


def ours_naive(fold):
    from sklearn_sales import SeasonalNaiveRegressor

    columns = [*fold.spec.series, "date"]
    model = SeasonalNaiveRegressor(fold.spec.season, **keys_of(fold))
    return model.fit(fold.X[columns], fold.y).predict(fold.ahead[columns])


def ours_theta(fold):
    from sklearn_sales import ThetaRegressor

    columns = [*fold.spec.series, "date"]
    model = ThetaRegressor((fold.spec.season,), **keys_of(fold))
    return model.fit(fold.X[columns], fold.y).predict(fold.ahead[columns])


def ours_ar(fold):
    """Autoregression of each series on its lags, its season and what varies."""
    from sklearn_sales import ARRegressor

    lags = sorted({*fold.spec.lags, fold.spec.season})
    X, ahead = numeric(fold)
    groups = X.groupby(fold.spec.series, observed=True)
    varies = (groups[fold.spec.known].nunique() > 1).any()
    columns = [*fold.spec.series, "date", *varies.index[varies]]
    model = ARRegressor(lags, alpha=0.1, **keys_of(fold))
    return model.fit(X[columns], fold.y).predict(ahead[columns])


def ours_boosting(fold):
    """Histogram gradient boosting on lag features, one model for all steps."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    from sklearn_sales import LagFeatures, ReductionRegressor

    spec = fold.spec
    features = LagFeatures(spec.lags, windows=spec.windows, season=spec.seasons)
    model = ReductionRegressor(
        HistGradientBoostingRegressor(early_stopping=False, random_state=0),
        features=features,
        horizon=spec.horizon,
        **keys_of(fold),
    )
    X, ahead = numeric(fold)
    return model.fit(X, fold.y).predict(ahead)


def ours_lstm(fold):
    from sklearn_sales import LSTMRegressor

    static = [
        *fold.spec.codes,
        *(fold.spec.series if len(fold.spec.series) > 1 else []),
    ]
    X, ahead = numeric(fold)
    model = LSTMRegressor(
        horizon=fold.spec.horizon, static=static, random_state=0, **keys_of(fold)
    )
    return model.fit(X, fold.y).predict(ahead)


def sales_median(fold):
    return _default_stack(fold, "median")


def sales_mean(fold):
    return _default_stack(fold, "mean")


def _default_stack(fold, statistic):
    """Forecasts, and a function that tells those of the members."""
    from sklearn_sales import SalesRegressor

    model = SalesRegressor(fold.spec.horizon, statistic=statistic, **keys_of(fold))
    forecasts = model.fit(fold.X, fold.y).predict(fold.ahead)

    def members():
        table, _ = model._read(fold.ahead)
        design = model._design.transform(table, model.panel_.schema)
        made = pd.DataFrame(model.stack_.transform(design), columns=[*model.weights_])
        return made, {"weights": model.weights_}

    return forecasts, members


_LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")
_STACK = {
    "uses": (_default_stack, keys_of),
    "libraries": _LIBRARIES,
    "module": "sklearn_sales.ensemble._sales_regressor",
}


def _plain(name, forecast, module, *libraries):
    return Model(
        name,
        forecast,
        (keys_of, numeric),
        (*_LIBRARIES, *libraries),
        f"sklearn_sales.{module}",
    )


OURS = [
    _plain("ours_naive", ours_naive, "dummy"),
    _plain("ours_theta", ours_theta, "exponential_smoothing._theta_regressor"),
    _plain("ours_ar", ours_ar, "linear_model._ar_regressor"),
    _plain("ours_boosting", ours_boosting, "compose._reduction_regressor"),
    Model("sales_median", sales_median, **_STACK),
    Model("sales_mean", sales_mean, **_STACK),
]

# Minutes a fit: run where they are named.
SLOW = [
    _plain("ours_lstm", ours_lstm, "neural_network._lstm_regressor", "torch", "skorch"),
]
