# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The members of the default stack, and why each is in it."""

from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales.compose import PanelTargetRegressor, ReductionRegressor
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.exponential_smoothing import ThetaRegressor
from sklearn_sales.linear_model import ARRegressor
from sklearn_sales.panel import Rhythm, rhythm_of
from sklearn_sales.preprocessing import LagFeatures

__all__ = ["EFFORTS", "Situation", "choose_members", "look_at"]

# Fewer observed rows than these teach trees nothing that a line does not know.
_ROWS_FOR_TREES = 500

# Above this share of zeros sales are counts of rare events.
_INTERMITTENT = 0.3


@dataclass(frozen=True)
class Effort:
    """How much work the stack takes on.

    Attributes
    ----------
    n_trees : int
    n_origins : int
        Steps at which each row is used by direct boosting.
    n_folds : int
        Forward folds from which the weights are learned.
    forms : int
        In how many forms of the target boosting is fitted.
    recursive : bool
        Whether boosting is fitted recursively too.
    """

    n_trees: int
    n_origins: int
    n_folds: int
    forms: int
    recursive: bool


EFFORTS = {
    "quick": Effort(100, 1, 1, 1, False),
    "default": Effort(200, 2, 2, 2, False),
    "thorough": Effort(400, 3, 3, 3, True),
}


@dataclass(frozen=True)
class Situation:
    """What the training span tells before any model is fitted.

    Attributes
    ----------
    rhythm : Rhythm
        Lags, windows and seasons that most series can fill before the folds.
    n_observed : int
    zero_share : float
    negative : bool
    numbers, categories, keys : list of str
        Columns of the design, see CovariateDesign.
    time : str
    freq : str or float
    """

    rhythm: Rhythm
    n_observed: int
    zero_share: float
    negative: bool
    numbers: list
    categories: list
    keys: list
    time: str
    freq: object


def look_at(panel, design, y, n_held_out):
    """Describe a training span whose last ``n_held_out`` times serve as folds."""
    observed = y[~np.isnan(y)]
    lengths = panel.history.lengths[: panel.n_series]
    length = float(np.median(lengths)) - n_held_out
    freq = panel.calendar.freq
    return Situation(
        rhythm=rhythm_of(freq).within(length),
        n_observed=len(observed),
        zero_share=float(np.mean(observed == 0)),
        negative=bool(observed.min() < 0),
        numbers=design.numbers,
        categories=design.categories,
        keys=design.keys,
        time=design.time,
        freq=freq,
    )


def choose_members(situation, *, horizon, statistic, effort, random_state):
    """Members of the stack.

    Returns
    -------
    members : list of (str, estimator)
    reasons : dict
        Why each is in, or why a kind of member is not.
    """
    keys = {
        "series": situation.keys or None,
        "time": situation.time,
        "freq": situation.freq,
    }
    rhythm = situation.rhythm
    season = rhythm.seasons[0] if rhythm.seasons else None
    members = [
        ("naive", SeasonalNaiveRegressor(season or 1, horizon=horizon, **keys)),
        ("theta", ThetaRegressor(rhythm.seasons or None, **keys)),
    ]
    reasons = {
        "naive": "the baseline",
        "theta": f"level, trend and season {rhythm.seasons} of each series",
    }
    lags = sorted({*(rhythm.lags or (1,)), *rhythm.seasons})
    only = _only_columns([*situation.keys, situation.time, *situation.numbers])
    for name, pooled in (("ar", False), ("ar_pooled", True)):
        model = ARRegressor(lags, alpha=0.1, pooled=pooled, **keys)
        members.append((name, make_pipeline(only, model)))
        reasons[name] = f"lags {lags} and covariates {situation.numbers}, linear"
    if situation.n_observed < _ROWS_FOR_TREES:
        reasons["boosting"] = (
            f"left out: {situation.n_observed} observed rows are fewer than "
            f"{_ROWS_FOR_TREES}"
        )
        return members, reasons
    forms = _forms(situation, statistic)[: effort.forms]
    for form, loss, target, why in forms:
        model = _boosting(situation, loss, horizon, effort, random_state)
        model = PanelTargetRegressor(model, statistic=statistic, **target, **keys)
        members.append((f"boosting_{form}", model))
        reasons[f"boosting_{form}"] = why
    if effort.recursive:
        _, loss, target, why = forms[0]
        model = _boosting(situation, loss, horizon, effort, random_state)
        model.set_params(strategy="recursive")
        model = PanelTargetRegressor(model, statistic=statistic, **target, **keys)
        members.append(("boosting_recursive", model))
        reasons["boosting_recursive"] = f"{why}, fed its own forecasts"
    return members, reasons


def _forms(situation, statistic):
    """Forms of the target for boosting, the most promising first.

    Each is (name, loss, parameters of PanelTargetRegressor, why).
    """
    level = {"scale": "mean"}
    if statistic == "median":
        absolute = ("level", "absolute_error", level, "each series over its level")
        log = ("log", "squared_error", {"transformer": "log1p"}, "logarithm of sales")
        squared = ("mean", "squared_error", level, "each series over its level, mean")
        forms = [absolute, log, squared]
    else:
        squared = ("level", "squared_error", level, "each series over its level")
        log = ("log", "squared_error", {"transformer": "log1p"}, "logarithm of sales")
        counts = ("counts", "poisson", level, "over its level, Poisson loss")
        rare = situation.zero_share > _INTERMITTENT
        forms = [counts, squared, log] if rare else [squared, log, counts]
    if situation.negative:
        # logarithms and counts know no returns
        forms = [form for form in forms if form[0] not in ("log", "counts")]
    return forms


def _boosting(situation, loss, horizon, effort, random_state):
    rhythm = situation.rhythm
    windows = [("mean", n) for n in rhythm.windows]
    rare = situation.zero_share > _INTERMITTENT
    if rare and rhythm.windows:
        windows += [("zero_share", n) for n in rhythm.windows[-1:]]
    features = LagFeatures(
        list(rhythm.lags or (1,)),
        windows=windows,
        season=list(rhythm.seasons) or None,
        time_since=rare,
    )
    booster = HistGradientBoostingRegressor(
        loss=loss,
        learning_rate=0.06,
        max_iter=effort.n_trees,
        categorical_features=situation.categories or None,
        # the package validates on later rows only, never on rows drawn at random
        early_stopping=False,
        random_state=random_state,
    )
    return ReductionRegressor(
        booster,
        features=features,
        horizon=horizon,
        n_origins=effort.n_origins if horizon > 1 else 1,
        series=situation.keys or None,
        time=situation.time,
        freq=situation.freq,
    )


def _only_columns(names):
    """Keep some columns of the design, in a data frame."""
    keep = ColumnTransformer(
        [("keep", "passthrough", names)],
        remainder="drop",
        verbose_feature_names_out=False,
    )
    return keep.set_output(transform="pandas")
