# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sales forecasting as ordinary scikit-learn estimators."""

from importlib import import_module as _import_module
from typing import Any as _Any

# Where each public name lives. A name is loaded at its first use, so that importing
# the package costs next to nothing and pulls in no optional library.
_PUBLIC: dict[str, str] = {
    "ARRegressor": "sklearn_sales.linear_model",
    "BacktestDisplay": "sklearn_sales.plotting",
    "Backtest": "sklearn_sales.model_selection",
    "CalendarFeatures": "sklearn_sales.preprocessing",
    "CalibrationDisplay": "sklearn_sales.plotting",
    "ForecastMonitor": "sklearn_sales.monitoring",
    "ForecastDisplay": "sklearn_sales.plotting",
    "ConformalRegressor": "sklearn_sales.compose",
    "FoundationRegressor": "sklearn_sales.neural_network",
    "LSTMRegressor": "sklearn_sales.neural_network",
    "LagFeatures": "sklearn_sales.preprocessing",
    "LagImportanceDisplay": "sklearn_sales.plotting",
    "LossCurveDisplay": "sklearn_sales.plotting",
    "CovariateAdjustedRegressor": "sklearn_sales.compose",
    "PanelTargetRegressor": "sklearn_sales.compose",
    "PartitionedRegressor": "sklearn_sales.compose",
    "PanelTimeSeriesSplit": "sklearn_sales.model_selection",
    "ReductionRegressor": "sklearn_sales.compose",
    "SalesRegressor": "sklearn_sales.ensemble",
    "SalesScorer": "sklearn_sales.metrics",
    "SeasonalNaiveRegressor": "sklearn_sales.dummy",
    "SimplexRegressor": "sklearn_sales.ensemble",
    "SktimeRegressor": "sklearn_sales.interop",
    "SktimeSplit": "sklearn_sales.model_selection",
    "SplitDisplay": "sklearn_sales.plotting",
    "StackWeightsDisplay": "sklearn_sales.plotting",
    "ThetaRegressor": "sklearn_sales.exponential_smoothing",
    "TimeSeriesStackingRegressor": "sklearn_sales.ensemble",
    "TweedieLoss": "sklearn_sales.compose",
    "backtest": "sklearn_sales.model_selection",
    "bias": "sklearn_sales.metrics",
    "check_no_leakage": "sklearn_sales.testing",
    "compact": "sklearn_sales.persistence",
    "complete_panel": "sklearn_sales.panel",
    "coverage": "sklearn_sales.metrics",
    "load": "sklearn_sales.persistence",
    "load_walmart_sample": "sklearn_sales.datasets",
    "make_sales_panel": "sklearn_sales.datasets",
    "future_frame": "sklearn_sales.panel",
    "make_sales_scorer": "sklearn_sales.metrics",
    "mase": "sklearn_sales.metrics",
    "naive_scale": "sklearn_sales.metrics",
    "neg_abs_bias_scorer": "sklearn_sales.metrics",
    "neg_mase_scorer": "sklearn_sales.metrics",
    "neg_pinball_scorer": "sklearn_sales.metrics",
    "neg_rmsle_scorer": "sklearn_sales.metrics",
    "neg_rmsse_scorer": "sklearn_sales.metrics",
    "neg_smape_scorer": "sklearn_sales.metrics",
    "neg_wape_scorer": "sklearn_sales.metrics",
    "observe": "sklearn_sales.panel",
    "panel_cache": "sklearn_sales.panel",
    "panel_from_orders": "sklearn_sales.panel",
    "pinball_loss": "sklearn_sales.metrics",
    "rmsle": "sklearn_sales.metrics",
    "rmsse": "sklearn_sales.metrics",
    "save": "sklearn_sales.persistence",
    "scaled_pinball_loss": "sklearn_sales.metrics",
    "smape": "sklearn_sales.metrics",
    "to_sktime": "sklearn_sales.interop",
    "wape": "sklearn_sales.metrics",
    "wrmsse": "sklearn_sales.metrics",
}

_FAMILIES = frozenset(module.split(".")[1] for module in _PUBLIC.values())

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> _Any:
    if name in _PUBLIC:
        value = getattr(_import_module(_PUBLIC[name]), name)
    elif name in _FAMILIES:
        value = _import_module(f"{__name__}.{name}")
    elif name == "__version__":
        from importlib.metadata import version

        value = version("sklearn-sales")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_FAMILIES})
