# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own checks over every public estimator, found in the public table.

A new estimator is tested by being listed in `sklearn_sales._PUBLIC`.
"""

import importlib.util
import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklearn_sales
from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    ReductionRegressor,
    SimplexRegressor,
)

# Arguments that a constructor cannot do without, by the name of the class.
REQUIRED = {
    "ConformalRegressor": {"regressor": ARRegressor(lags=2)},
    # the trees of the default are told apart below: they take their time row by row
    "CovariateAdjustedRegressor": {
        "regressor": ARRegressor(lags=2),
        "adjuster": LinearRegression(),
    },
    "PanelTargetRegressor": {"regressor": ARRegressor(lags=2)},
    "PartitionedRegressor": {"estimator": ARRegressor(lags=2)},
    "TimeSeriesStackingRegressor": {
        "estimators": [("ar", ARRegressor(lags=1)), ("linear", LinearRegression())]
    },
}

# Rich configurations of each estimator, checked beside its default arguments.
CONFIGURATIONS = {
    "ARRegressor": [
        {
            "lags": [1, 3],
            "trend": "ct",
            "seasonal": 4,
            "alpha": 0.01,
            "pooled": True,
            "scaling": "std",
            "clip": False,
        },
        {"lags": "bic", "max_lags": 5, "trend": "t", "seasonal": "auto"},
    ],
    "CalendarFeatures": [
        {"parts": ["position"], "fourier": {7: 3, 365.25: 2}, "encoding": "cyclic"},
        {"parts": None, "fourier": [(12, 6)], "passthrough": False},
    ],
    "ConformalRegressor": [
        {
            "regressor": ReductionRegressor(
                LinearRegression(), features=LagFeatures([1]), strategy="recursive"
            ),
            "cv": 2,
            "coverage": 0.8,
            "by": ["step", "series"],
            "pooling": 5.0,
            "clip": False,
        },
        {"by": None, "scale": None},
        {"by": "series", "scale": "level", "cv": 2},
    ],
    "CovariateAdjustedRegressor": [
        {
            "regressor": make_pipeline(LagFeatures(2, fill=0.0), LinearRegression()),
            "adjuster": None,
            "max_factor": 5.0,
            "max_samples": 50,
        },
    ],
    "FoundationRegressor": [
        {"season": 3, "season_difference": True, "horizon": 9, "clip": False}
    ],
    "LagFeatures": [
        {
            "lags": [1, 3],
            "windows": [
                *(("mean", 3), ("std", 4, 2), ("ewm", 3), ("median", 3)),
                *(("zero_share", 5), ("min", 2), ("max", 9)),
            ],
            "season": [2, 3],
            "seasonal_lags": 2,
            "horizon": 3,
            "time_since": True,
            "fill": "last",
        },
        {
            "lags": None,
            "windows": [("mean", 5)],
            "season": 4,
            "fill": 0.0,
            "passthrough": False,
            "dtype": np.float32,
        },
    ],
    # fewer passes, so that the checks of one configuration take half a minute
    "LSTMRegressor": [
        {
            "window": 6,
            "horizon": 3,
            "hidden_size": 8,
            "num_layers": 2,
            "decoder": "seq2seq",
            "attention": True,
            "loss": "pinball",
            "quantiles": [0.2, 0.8],
            "scaling": "std",
            "season": [3],
            "n_members": 2,
            "max_epochs": 5,
            "lr_schedule": "plateau",
            "augment_scale": 0.1,
            "augment_jitter": 0.05,
            "augment_mask": 0.05,
            "clip": False,
        },
    ],
    "PanelTargetRegressor": [
        {
            "outliers": "hampel",
            "missing": "interpolate",
            "transformer": "log1p",
            "scale": "mean",
        },
        {
            "regressor": make_pipeline(LagFeatures(2, fill=0.0), LinearRegression()),
            "outliers": "iqr",
            "replacement": "missing",
            "missing": "seasonal",
            "transformer": PowerTransformer(),
            "scale": "std",
            "statistic": "median",
            "season": 4,
        },
        {
            "regressor": ReductionRegressor(
                LinearRegression(), features=LagFeatures([1])
            ),
            "outliers": "seasonal",
            "season": 3,
            "replacement": "limit",
            "missing": "model",
            "transformer": "boxcox",
            "scale": "robust",
            "anchor": "last",
            "cv": 2,
        },
    ],
    "PartitionedRegressor": [
        {
            "estimator": make_pipeline(LagFeatures(2, fill=0.0), LinearRegression()),
            "handle_unknown": "error",
            "n_jobs": 2,
        },
    ],
    "ReductionRegressor": [
        {
            "regressor": LinearRegression(),
            "features": LagFeatures([1, 3], windows=[("mean", 4)], time_since=True),
            "strategy": strategy,
            "horizon": 3,
            "n_origins": 2,
            "anchor": anchor,
        }
        for strategy, anchor in [
            ("direct", "seasonal"),
            ("recursive", "last"),
            ("rectify", None),
        ]
    ],
    "SalesRegressor": [{"horizon": 3, "statistic": "median", "effort": "quick"}],
    "SeasonalNaiveRegressor": [{"season": 3, "horizon": 4}],
    "SimplexRegressor": [
        {"loss": "absolute", "shrinkage": 0.5},
        {"shrinkage": 0.0},
    ],
    "ThetaRegressor": [
        {"season": [3, 5], "theta": "optimized", "damping": 0.9, "clip": False}
    ],
    "TimeSeriesStackingRegressor": [
        {
            "final_estimator": SimplexRegressor(loss="absolute"),
            "weights_by": "step",
            "on_failure": "drop",
            "clip": False,
        },
        {"final_estimator": LinearRegression(), "passthrough": True, "cv": 2},
        {"final_estimator": "median"},
        {"weights_by": -1, "cv": 2},
    ],
}

# Baselines that see no covariate cannot fit the data of `check_regressors_train`.
BASELINES = {"FoundationRegressor", "SeasonalNaiveRegressor", "ThetaRegressor"}


# Estimators that cannot be fitted without a library that a user may lack.
NEEDS = {
    "FoundationRegressor": "fracast",
    "LSTMRegressor": "skorch",
    "SktimeRegressor": "sktime",
}


if importlib.util.find_spec("sktime"):
    from sktime.forecasting.compose import YfromX
    from sktime.forecasting.naive import NaiveForecaster

    REQUIRED["SktimeRegressor"] = {"forecaster": YfromX(LinearRegression())}
    # sees no covariate, as the baselines above
    CONFIGURATIONS["SktimeRegressor"] = [
        {"forecaster": NaiveForecaster(), "fallback": "naive", "clip": False}
    ]
    BASELINES.add("SktimeRegressor")


def public_estimators():
    found = {
        name: getattr(sklearn_sales, name)
        for name in sklearn_sales._PUBLIC
        if name not in NEEDS or importlib.util.find_spec(NEEDS[name])
    }
    return {
        name: value
        for name, value in found.items()
        if inspect.isclass(value) and issubclass(value, BaseEstimator)
    }


ESTIMATORS = public_estimators()


def instances():
    return [
        estimator(**{**REQUIRED.get(name, {}), **arguments})
        for name, estimator in ESTIMATORS.items()
        for arguments in ({}, *CONFIGURATIONS.get(name, ()))
    ]


# The checks draw times at random, so an array without keys may hold one time twice.
@pytest.mark.filterwarnings("ignore:X repeats:UserWarning")
@parametrize_with_checks(instances())
def test_scikit_learn_check(estimator, check):
    check(estimator)


def dodges(estimator):
    """Tags by which an estimator would be spared some of the checks."""
    tags = get_tags(estimator)
    found = {
        name for name in ("non_deterministic", "no_validation") if getattr(tags, name)
    }
    if tags._skip_test:
        found.add("_skip_test")
    for part in (tags.regressor_tags, tags.classifier_tags):
        if part is not None and part.poor_score:
            found.add("poor_score")
    return found


@pytest.mark.parametrize("estimator", instances(), ids=repr)
def test_no_tag_dodges_a_check(estimator):
    allowed = {"poor_score"} if type(estimator).__name__ in BASELINES else set()
    assert dodges(estimator) <= allowed


class _Dodger(BaseEstimator):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = tags.no_validation = tags._skip_test = True
        return tags


def test_dodging_tags_are_seen():
    assert dodges(_Dodger()) == {"non_deterministic", "no_validation", "_skip_test"}
    assert dodges(DummyRegressor()) == {"no_validation", "poor_score"}
    assert dodges(BaseEstimator()) == set()


def test_every_estimator_has_a_rich_configuration():
    assert set(CONFIGURATIONS) - set(NEEDS) == set(ESTIMATORS) - set(NEEDS)
    assert all(CONFIGURATIONS.values())


def test_only_public_estimators_are_configured():
    assert set(REQUIRED) <= set(ESTIMATORS)
