# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The models of the command line: a further one is a line in ``MODELS``.

What a model is made of is imported when it is made, so that the command line answers
at once, and a model that needs an optional library hinders no other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["MODELS", "Model", "Setting"]


@dataclass(frozen=True)
class Setting:
    """What a model is made for.

    Attributes
    ----------
    keys : dict
        ``series``, ``time`` and ``freq``, as every estimator takes them.
    unit : str
        Of the frequency, such as "D" or "W".
    horizon : int
        Steps that will be forecast.
    length : int
        Times in the shortest training set.
    dated : bool
        Whether the times are dates, not numbers.
    numbers : list of str
        Covariates that are numbers, change in time and are never empty.
    covariates : list of str
        All covariates whose future is known.
    text : list of str
        Those that are text, as models see their names.
    """

    keys: dict
    unit: str
    horizon: int
    length: int
    dated: bool
    numbers: list = field(default_factory=list)
    covariates: list = field(default_factory=list)
    text: list = field(default_factory=list)

    def rhythm(self):
        """Lags, window lengths and seasons that the training rows can fill."""
        from sklearn_sales.panel import rhythm_of

        rhythm = rhythm_of(self.unit).within(self.length)
        return list(rhythm.lags), list(rhythm.windows), list(rhythm.seasons)


@dataclass(frozen=True)
class Model:
    """A line of the table of models.

    Attributes
    ----------
    about : str
        What it is, in a few words.
    make : callable
        From a ``Setting`` to an unfitted estimator.
    takes : {"covariates", "numbers", "nothing"}
        Which columns beside keys and time it is given.
    """

    about: str
    make: Callable[[Setting], Any]
    takes: str = "covariates"


def _naive(setting):
    from sklearn_sales.dummy import SeasonalNaiveRegressor

    return SeasonalNaiveRegressor(**setting.keys)


def _stack(setting):
    from sklearn_sales.ensemble import SalesRegressor

    return SalesRegressor(setting.horizon, effort="quick", **setting.keys)


def _theta(setting):
    from sklearn_sales.exponential_smoothing import ThetaRegressor

    _, _, seasons = setting.rhythm()
    return ThetaRegressor(seasons or None, **setting.keys)


def _ar(setting):
    from sklearn_sales.linear_model import ARRegressor

    lags, _, seasons = setting.rhythm()
    phases = "auto" if setting.unit in ("h", "D", "B") else None
    return ARRegressor(
        sorted({*(lags or [1]), *seasons}), seasonal=phases, alpha=0.1, **setting.keys
    )


def _boosting(setting):
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline

    from sklearn_sales.preprocessing import CalendarFeatures, LagFeatures

    lags, windows, seasons = setting.rhythm()
    features = LagFeatures(
        lags or [1],
        windows=[("mean", length) for length in windows],
        season=seasons or None,
        horizon=setting.horizon,
        **setting.keys,
    )
    booster = HistGradientBoostingRegressor(
        categorical_features=list(setting.text) or None,
        max_iter=200,
        learning_rate=0.06,
        # it would validate on rows drawn at random, not on later ones
        early_stopping=False,
        random_state=0,
    )
    before = [_encoder(setting)] if setting.text else []
    if setting.dated:
        before.append(CalendarFeatures(**setting.keys))
    pipeline = make_pipeline(*before, features, booster)
    return pipeline.set_output(transform="pandas")


def _encoder(setting):
    """Text as codes; what training has not seen counts as not given."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        # the booster takes 255 categories: rarer ones are pooled
        max_categories=200,
    )
    return make_column_transformer(
        (codes, list(setting.text)),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )


MODELS = {
    "stack": Model("the default stack: all of the others, weighted", _stack),
    "boosting": Model("gradient boosting over all series", _boosting),
    "ar": Model("autoregression of each series", _ar, takes="numbers"),
    "theta": Model("theta method on shared seasons", _theta, takes="nothing"),
    "naive": Model("the last season again", _naive, takes="nothing"),
}
