# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scorers that find the series and their scale by themselves."""

from inspect import signature

from sklearn_sales._compat import BaseScorer
from sklearn_sales.metrics._bias import bias
from sklearn_sales.metrics._known_scale import KnownScale, reach_panel
from sklearn_sales.metrics._mase import mase
from sklearn_sales.metrics._naive_scale import check_season
from sklearn_sales.metrics._pinball_loss import pinball_loss
from sklearn_sales.metrics._rmsle import rmsle
from sklearn_sales.metrics._rmsse import rmsse
from sklearn_sales.metrics._scaled_pinball_loss import scaled_pinball_loss
from sklearn_sales.metrics._smape import smape
from sklearn_sales.metrics._validation import as_vector, check_option, refuse_infinity
from sklearn_sales.metrics._wape import wape
from sklearn_sales.metrics._wrmsse import wrmsse
from sklearn_sales.panel import Panel, read_table

__all__ = ["SalesScorer", "abs_bias", "make_sales_scorer"]


def abs_bias(y_true, y_pred, *, sample_weight=None):
    """Size of the relative bias, see :func:`bias`; lower is better."""
    return abs(bias(y_true, y_pred, sample_weight=sample_weight))


# errors of the rows alone
_PLAIN = {f.__name__: f for f in (wape, abs_bias, smape, rmsle, pinball_loss)}
# errors of series by their scale
_SCALED = {f.__name__: f for f in (mase, rmsse, scaled_pinball_loss)}
# errors of groups, from the training rows
_GROUPED = {"wrmsse": wrmsse}
_METRICS = {**_PLAIN, **_SCALED, **_GROUPED}

# what a scorer finds out itself or gets with the call, and what would not be a number
_FOUND = {"y_true", "y_pred", "X", "X_train", "y_train", "time", "freq"}
_FOUND |= {"series", "scale", "series_train", "time_train", "sample_weight", "average"}


# what help() says of a scorer: it is called like a function
_CALL_DOC = """Score forecasts by the negative of ``{metric}``; greater is better.

Parameters
----------
estimator : estimator instance
    Fitted; its ``predict`` forecasts the rows of X.
X : dataframe or array of shape (n, n_columns)
    Rows to forecast.
y_true : array-like of shape (n,)
    What was sold; NaN where nothing was observed.
sample_weight : array-like of shape (n,), default=None
    Non-negative weights of the rows.
**kwargs
    Other metadata, as requested by ``set_score_request``.

Returns
-------
float
"""


class SalesScorer(BaseScorer):
    """A scorer ``(estimator, X, y, sample_weight=None)``; greater is better.

    Made by :func:`make_sales_scorer`. It can be pickled, shares the predictions of an
    estimator with other scorers of the same call, and takes part in metadata routing
    by ``set_score_request(sample_weight=True)``.

    Parameters
    ----------
    metric : str
        Name of the error; its negative is the score.
    params : dict
        Parameters of the error.
    rule : dict, default=None
        ``season``, ``power`` and ``from_first_sale`` of the naive scale, for errors
        that have one.
    known : KnownScale, default=None
        Scales from an explicit history. With None they are taken at each call from
        the history that the estimator remembers.

    See Also
    --------
    make_sales_scorer : Makes one, and shows how it is used.
    """

    def __init__(self, metric, *, params, rule=None, known=None):
        super().__init__(_METRICS[metric], -1, params, "predict")
        self._rule = rule
        self._known = known
        self.__doc__ = _CALL_DOC.format(metric=metric)

    def __repr__(self):
        shown = {**self._kwargs, **(self._rule or {})}
        # the history would fill pages, and the power belongs to the metric
        for hidden in ("X_train", "y_train", "power"):
            shown.pop(hidden, None)
        params = "".join(f", {name}={value!r}" for name, value in shown.items())
        return f"make_sales_scorer({self._score_func.__name__!r}{params})"

    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        y_pred = method_caller(estimator, "predict", X, pos_label=None)
        params = {**self._kwargs, **kwargs, **self._look_up(estimator, X)}
        return self._sign * self._score_func(y_true, y_pred, **params)

    def _look_up(self, estimator, X):
        """What the metric has to know about the rows of X."""
        if self._score_func is wrmsse:
            return {"X": X}
        if self._rule is None:
            return {}
        if self._known is not None:
            return self._known.params(X)
        panel, X = reach_panel(estimator, X)
        return KnownScale.from_panel(panel, **self._rule).params(X)


def make_sales_scorer(
    metric,
    *,
    X_train=None,
    y_train=None,
    series=None,
    time="auto",
    freq=None,
    **params,
):
    """Make a scorer of an error, for ``scoring=`` of searches and cross-validation.

    The score is the negative error. Errors that are scaled by the training sales
    (``"mase"``, ``"rmsse"``, ``"scaled_pinball_loss"``) find the series of each row and
    its scale in the fitted estimator, also inside a Pipeline, a search or a
    ``TransformedTargetRegressor``: in cross-validation the scale is that of the
    training rows of each fold. For estimators that remember no sales, pass the history
    as ``X_train`` and ``y_train``; the scale is then the same in every fold.

    Parameters
    ----------
    metric : str
        ``"wape"``, ``"abs_bias"``, ``"mase"``, ``"rmsse"``, ``"wrmsse"``, ``"smape"``,
        ``"rmsle"``, ``"pinball_loss"`` or ``"scaled_pinball_loss"``.
    X_train : dataframe or array of shape (n_train, n_columns), default=None
        Rows of a history with the key columns, by the names (or, in arrays, the
        places) that they have in the X to be scored.
    y_train : array-like of shape (n_train,), default=None
        Sales of the rows of ``X_train``; NaN where not observed.
    series : str, int or list of them, default=None
        Key columns of ``X_train``; None is a single series.
    time : str or int, default="auto"
        Time column of ``X_train``.
    freq : str, number or timedelta, default=None
        Frequency of the times; None infers it.
    **params
        Parameters of the metric, such as ``quantile=0.9``, ``zero_scale="error"`` or,
        for ``"wrmsse"``, ``levels`` and ``price``. ``season`` may also be ``"auto"``,
        the shortest season of the calendar. Quantiles are those of ``predict``.

    Returns
    -------
    SalesScorer

    Raises
    ------
    ValueError
        If the metric or a parameter is unknown, or a history is missing or needless.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales.dummy import SeasonalNaiveRegressor
    >>> from sklearn_sales.metrics import make_sales_scorer
    >>> X = pd.DataFrame({"day": range(6), "shop": "N"})
    >>> y = [3, 5, 3, 5, 4, 4]
    >>> naive = SeasonalNaiveRegressor(2, series="shop").fit(X[:4], y[:4])
    >>> make_sales_scorer("mase")(naive, X[4:], y[4:])
    -0.5
    """
    check_option("metric", metric, tuple(_METRICS))
    history = {"X_train": X_train, "y_train": y_train, "time": time, "freq": freq}
    if metric in _GROUPED:
        return _make_grouped(metric, history, series, params)
    given = X_train is not None or y_train is not None
    if metric in _PLAIN:
        if given or series is not None:
            raise ValueError(
                f"{metric} needs no history; leave out X_train=, y_train= and series=."
            )
        _check_params(metric, params, _allowed(metric))
        return SalesScorer(metric, params=params)
    _check_params(metric, params, _allowed(metric))
    rule = _take_rule(metric, params)
    known = _read_history(history, series, rule) if given else None
    if not given and series is not None:
        raise ValueError(
            "series= names key columns of X_train=; without a history the scorer takes "
            "them from the estimator."
        )
    return SalesScorer(metric, params=params, rule=rule, known=known)


def _allowed(metric):
    return [
        name for name in signature(_METRICS[metric]).parameters if name not in _FOUND
    ]


def _check_params(metric, params, allowed):
    unknown = sorted(set(params) - set(allowed))
    if unknown:
        raise ValueError(
            f"{metric} has no parameter {', '.join(unknown)} that a scorer takes; "
            f"allowed are {', '.join(allowed) or 'none'}."
        )


def _take_rule(metric, params):
    """Move what makes the scale from the parameters of the metric to a rule."""
    season = params.pop("season", 1)
    if season != "auto":
        check_season(season)
    return {
        "season": season,
        "power": 2 if metric == "rmsse" else 1,
        "from_first_sale": params.pop("from_first_sale", True),
    }


def _read_history(history, series, rule):
    if history["X_train"] is None or history["y_train"] is None:
        raise ValueError(
            "A history has rows and sales: give both X_train= and y_train=, or neither "
            "to take them from the estimator."
        )
    table = read_table(history["X_train"])
    y_train = as_vector(history["y_train"], "y_train")
    refuse_infinity(y_train, "y_train")
    if table.n_rows != len(y_train):
        raise ValueError(
            f"X_train has {table.n_rows} rows and y_train has {len(y_train)}; they "
            "must be the same rows."
        )
    panel, _ = Panel.from_table(
        table, y_train, series=series, time=history["time"], freq=history["freq"]
    )
    return KnownScale.from_panel(panel, **rule)


def _make_grouped(metric, history, series, params):
    _check_params(metric, params, _allowed(metric))
    missing = [name for name in ("X_train", "y_train") if history[name] is None]
    missing += [] if "levels" in params else ["levels"]
    if missing:
        raise ValueError(
            f"{metric} adds up sales by the columns of X: give {', '.join(missing)}."
        )
    if series is not None:
        raise ValueError(f"{metric} reads the keys from levels=; leave out series=.")
    return SalesScorer(metric, params={**history, **params})
