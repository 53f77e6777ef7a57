# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The members of the default stack, and why each is in it."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from sklearn_sales.compose import (
    CovariateAdjustedRegressor,
    PanelTargetRegressor,
    ReductionRegressor,
    TweedieLoss,
)
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.exponential_smoothing import ThetaRegressor
from sklearn_sales.linear_model import ARRegressor
from sklearn_sales.neural_network import LSTMRegressor
from sklearn_sales.panel import Rhythm, rhythm_of
from sklearn_sales.preprocessing import LagFeatures

__all__ = ["EFFORTS", "Situation", "choose_members", "look_at", "times_needed"]

# Fewer observed rows than these teach trees nothing that a line does not know.
_ROWS_FOR_TREES = 500

# A season is worth more than it costs long before it has been seen twice: so often its
# length must fit into a history.
_SEEN = 1.25

# Phases of a season that is not seen often, such as months or weeks of a year.
_LONG_SEASON = 12
_WEEKS_OF_A_YEAR = 52

# Above this share of zeros sales are counts of rare events.
_INTERMITTENT = 0.3

# Above this one their logarithms tell whether something is sold, and not how much.
_MOSTLY_ZERO = 0.75

# Learning rate times the number of trees: few trees take longer steps.
_LEARNED = 12.0


@dataclass(frozen=True)
class Effort:
    """How much work the stack takes on.

    Attributes
    ----------
    n_trees : int
    n_rows : int
        The most rows that a booster is fitted on, each at each of its origins.
    n_origins : int
        Steps at which each row is used by direct boosting.
    n_folds : int
        Forward folds from which the weights are learned.
    n_boosters : int
        In how many ways boosting is fitted, see ``_boosters``.
    """

    n_trees: int
    n_rows: int
    n_origins: int
    n_folds: int
    n_boosters: int


EFFORTS = {
    "quick": Effort(100, 50_000, 1, 1, 1),
    "default": Effort(100, 80_000, 2, 2, 2),
    "thorough": Effort(400, 600_000, 3, 3, 5),
}


@dataclass(frozen=True)
class Situation:
    """What the training span tells before any model is fitted.

    Attributes
    ----------
    rhythm : Rhythm
        Lags and windows that most series fill twice before the folds, and seasons
        that they fill one and a quarter times.
    length : float
        Times of the median series before the folds.
    n_observed : int
    zero_share : float
    negative : bool
    numbers, categories, keys : list of str
        Columns of the design, see CovariateDesign.
    effects : list of str
        Columns of the design that tell the effect of covariates; empty where none
        varies within a series.
    time : str
    freq : str or float
    """

    rhythm: Rhythm
    length: float
    n_observed: int
    zero_share: float
    negative: bool
    numbers: list
    categories: list
    keys: list
    effects: list
    time: str
    freq: object

    @property
    def rare(self):
        """Whether sales are counts of rare events."""
        return self.zero_share > _INTERMITTENT


def look_at(panel, design, y, n_held_out, effects):
    """Describe a training span whose last ``n_held_out`` times serve as folds."""
    observed = y[~np.isnan(y)]
    lengths = panel.history.lengths[: panel.n_series]
    length = float(np.median(lengths)) - n_held_out
    freq = panel.calendar.freq
    return Situation(
        rhythm=_rhythm(freq, length),
        length=length,
        n_observed=len(observed),
        zero_share=float(np.mean(observed == 0)),
        negative=bool(observed.min() < 0),
        numbers=design.numbers,
        categories=design.categories,
        keys=design.keys,
        effects=effects,
        time=design.time,
        freq=freq,
    )


def _rhythm(freq, length):
    whole = rhythm_of(freq)
    seasons = tuple(season for season in whole.seasons if _SEEN * season <= length)
    return replace(whole.within(length), seasons=seasons)


def times_needed(freq, n_times):
    """Times that folds must leave, so that no season is lost to them.

    Members that need two seasons to learn one are not judged by less where there is
    more.
    """
    longest = max(_rhythm(freq, n_times).seasons, default=0)
    return 2 * longest if 2 * longest <= n_times else _SEEN * longest


def choose_members(situation, *, horizon, statistic, effort, deep, random_state):
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
    theta = ThetaRegressor(rhythm.seasons or None, **keys)
    lags = sorted({*(rhythm.lags or (1,)), *rhythm.seasons})
    only = _only_columns([*situation.keys, situation.time], situation.numbers)
    ar = make_pipeline(only, ARRegressor(lags, alpha=0.1, **keys))
    members = {
        "naive": SeasonalNaiveRegressor(season or 1, horizon=horizon, **keys),
        "theta": theta,
    }
    reasons = {
        "naive": "the baseline",
        "theta": f"level, trend and season {rhythm.seasons} of each series",
    }

    def on(regressor, target):
        return PanelTargetRegressor(regressor, statistic=statistic, **target, **keys)

    few = situation.n_observed < _ROWS_FOR_TREES
    if situation.effects and not few:
        members["theta_adjusted"] = _adjusted(theta, situation, effort.n_rows)
        reasons["theta_adjusted"] = "the same, without the effect of covariates"
    if statistic == "median" and not situation.negative:
        # on skewed sales the mean of logarithms is nearer to the median
        members["ar_log"] = on(ar, _LOG)
        reasons["ar_log"] = f"logarithms on {_terms(lags, situation)}"
    else:
        members["ar"] = ar
        reasons["ar"] = _terms(lags, situation)
    if deep:
        loss = _deep_loss(situation, statistic)
        network = LSTMRegressor(
            horizon=horizon, loss=loss, random_state=random_state, **keys
        )
        members["lstm"] = make_pipeline(clone(only), network)
        reasons["lstm"] = f"one network for all series, {loss} loss"
    if few:
        reasons["boosting"] = (
            f"left out: {situation.n_observed} observed rows are fewer than "
            f"{_ROWS_FOR_TREES}"
        )
        return list(members.items()), reasons
    boosters = _boosters(situation, statistic, horizon)
    for form, strategy in boosters[: effort.n_boosters]:
        booster = _boosting(situation, form, horizon, effort, random_state)
        name, why = f"boosting_{form.name}", form.why
        if strategy == "recursive":
            booster.set_params(strategy=strategy, n_origins=1)
            name, why = f"{name}_recursive", f"{why}, fed its own forecasts"
        members[name] = on(booster, form.target)
        reasons[name] = why
    return list(members.items()), reasons


def _terms(lags, situation):
    return f"lags {lags} and covariates {situation.numbers}, linear"


def _adjusted(theta, situation, n_rows):
    categories = [n for n in situation.effects if n in situation.categories]
    adjuster = HistGradientBoostingRegressor(
        # Tweedie loss errs less alone, but not beside the other members
        loss="poisson",
        max_iter=50,
        learning_rate=0.2,
        categorical_features=categories or None,
        early_stopping=False,
        random_state=0,
    )
    return CovariateAdjustedRegressor(
        theta,
        adjuster,
        columns=situation.effects,
        max_samples=n_rows,
        series=situation.keys or None,
        time=situation.time,
        freq=situation.freq,
    )


def _deep_loss(situation, statistic):
    if statistic == "median":
        return "absolute_error"
    rare = situation.rare and not situation.negative
    return "tweedie" if rare else "squared_error"


@dataclass(frozen=True, eq=False)
class Form:
    """A form of the target for boosting, and what goes with it.

    Attributes
    ----------
    name, why : str
    loss : str or TweedieLoss
    target : dict
        Parameters of PanelTargetRegressor.
    seasonal_lags : bool
        Whether trees read several seasons back and the phases beside, or one lag:
        members that read different things err differently.
    """

    name: str
    loss: str | TweedieLoss
    target: dict
    seasonal_lags: bool
    why: str


_LOG, _LEVEL = {"transformer": "log1p"}, {"scale": "mean"}


def _forms(situation, statistic):
    """Forms of the target for boosting, the most promising first."""
    if statistic == "median":
        log = Form(
            "log_absolute", "absolute_error", _LOG, False, "median of logarithms"
        )
        level = Form("level", "absolute_error", _LEVEL, True, "over its level, median")
        mean = Form("log", "squared_error", _LOG, False, "logarithms of sales")
        forms = [level, log, mean]
        if situation.negative:
            squared = Form(
                "mean", "squared_error", _LEVEL, False, "over its level, mean"
            )
            forms = [level, squared]
        return forms
    level = Form("level", "squared_error", _LEVEL, True, "each series over its level")
    if situation.negative:
        # logarithms and counts know no returns
        return [level]
    log = Form("log", "squared_error", _LOG, False, "logarithms of sales")
    why = "over its level, Tweedie loss"
    tweedie = Form("tweedie", TweedieLoss(), _LEVEL, True, why)
    if situation.zero_share > _MOSTLY_ZERO:
        return [tweedie, level]
    return [tweedie, log, level]


def _boosters(situation, statistic, horizon):
    """Forms of the target, each with a strategy, the most promising pairs first.

    A direct and a recursive forecaster err in different ways, and so do those of
    different forms. Further ahead than a season the errors of a recursion add up: all
    forms are fitted directly before one is fitted recursively too.
    """
    forms = _forms(situation, statistic)
    direct = [(form, "direct") for form in forms]
    if horizon == 1:
        return direct
    seasons = rhythm_of(situation.freq).seasons
    if not seasons or horizon > seasons[0]:
        return [*direct, (forms[0], "recursive")]
    second = (forms[min(1, len(forms) - 1)], "recursive")
    boosters = [direct[0], second, *direct[1:], (forms[0], "recursive")]
    return list(dict.fromkeys(boosters))


def _boosting(situation, form, horizon, effort, random_state):
    rhythm = situation.rhythm
    windows = [("mean", n) for n in rhythm.windows]
    if situation.rare and rhythm.windows:
        windows += [("zero_share", n) for n in rhythm.windows[-1:]]
    seasons, seasonal_lags = _seasonal(situation, form.seasonal_lags)
    features = LagFeatures(
        list(rhythm.lags or (1,)),
        windows=windows,
        season=seasons or None,
        seasonal_lags=seasonal_lags,
        time_since=situation.rare,
    )
    booster = HistGradientBoostingRegressor(
        loss=form.loss,
        learning_rate=_LEARNED / effort.n_trees,
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
        max_samples=effort.n_rows,
        series=situation.keys or None,
        time=situation.time,
        freq=situation.freq,
    )


def _seasonal(situation, several):
    """Seasons and how many of them back trees read."""
    seasons = list(situation.rhythm.seasons)
    if not several or not seasons:
        return seasons, 1
    longest = max(seasons)
    back = 4 if longest < _LONG_SEASON else 2
    if longest == _WEEKS_OF_A_YEAR:
        # a holiday moves by a week from year to year
        seasons = sorted({*seasons, longest - 1, longest + 1})
    return seasons, max(min(back, int(situation.length // longest)), 1)


def _only_columns(keys, numbers):
    """Keep the keys, the time and some numbers of the design, in a data frame.

    Numbers are complete in training rows; one that is missing in a later row is read
    as its median, as lines know nothing missing.
    """
    keep = ColumnTransformer(
        [
            ("keys", "passthrough", keys),
            ("numbers", SimpleImputer(strategy="median"), numbers),
        ],
        remainder="drop",
        verbose_feature_names_out=False,
    )
    return keep.set_output(transform="pandas")
