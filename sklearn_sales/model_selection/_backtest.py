# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of the past, from what was known before it."""

import warnings
from numbers import Real

import numpy as np

from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.model_selection._backtest_frame import (
    TAKEN_NAMES,
    forecast_frame,
    judging_rows,
)
from sklearn_sales.model_selection._backtest_result import Backtest, check_metrics
from sklearn_sales.model_selection._backtest_runs import (
    check_can_update,
    gives_quantiles,
    run_folds,
)
from sklearn_sales.model_selection._forward_folds import check_growing, make_folds
from sklearn_sales.model_selection._panel_parts import common_keys, fill_keys
from sklearn_sales.model_selection._result_store import ResultStore, data_digest
from sklearn_sales.panel import Panel, check_target, read_table

__all__ = ["backtest"]

NAIVE = "naive"


def backtest(
    estimator,
    X,
    y,
    *,
    cv=None,
    metrics=None,
    refit=True,
    quantiles=None,
    baseline=True,
    n_jobs=None,
    verbose=0,
    store=None,
    series=None,
    time="auto",
    freq=None,
):
    """Forecast past sales from what was known before them, fold by fold.

    What :func:`~sklearn.model_selection.cross_val_predict` cannot do for folds in time
    order: every forecast of every fold is kept, with its origin and its step, beside
    those of the seasonal naive forecast.

    Parameters
    ----------
    estimator : estimator, dict of str to estimator, or list of (str, estimator)
        One or several forecasters, which are compared on the same folds. One that
        comes without a name is called by its class, in lower case.
    X : dataframe or array of shape (n_rows, n_columns)
        One row for each series and time, in any order: keys, time, covariates.
    y : array-like of shape (n_rows,)
        Sales; NaN where not observed.
    cv : int, splitter or iterable of (train, test), default=None
        Folds in time order. None tests the newest times, as long at once as the
        longest ``horizon`` of an estimator (else a tenth of the times, at most a
        season), in 5 folds or as many as leave half of the times, and two seasons,
        before the first. A number is that of the folds.
    metrics : list of str, or dict of str to callable, default=None
        What :meth:`Backtest.errors` shows. None is WAPE, bias, MASE and RMSSE, and with
        ``quantiles`` the scaled pinball loss and, of two or more, the coverage.
    refit : bool, default=True
        Whether to fit anew at each origin. Otherwise the first training rows are
        fitted, and each later fold gives its newer rows to ``partial_fit``, or to
        :func:`~sklearn_sales.observe` where an estimator, such as a pipeline, has none.
    quantiles : list of float, default=None
        Quantiles to forecast, by ``predict_quantiles`` of the estimators that have it,
        such as :class:`~sklearn_sales.compose.ConformalRegressor`.
    baseline : bool, default=True
        Whether to add :class:`~sklearn_sales.dummy.SeasonalNaiveRegressor`, as
        ``"naive"``.
    n_jobs : int, default=None
        How many fits run at once, each on its own core.
    verbose : int, default=0
        Above 0, progress is printed, as by joblib.
    store : str or Path, default=None
        Folder that keeps the forecasts of each estimator and fold as soon as they are
        made, in a file named by a digest of the estimator, the data and the fold. A
        back-test that was interrupted and is run again takes what is there. With
        ``refit=False`` the fits are repeated from the first fold that is missing on.
    series : str, int or list of them, default=None
        Key column(s) of X. None takes those of the first estimator that names some.
    time : str or int, default="auto"
        Time column of X, likewise.
    freq : str or float, default=None
        Frequency of the times, likewise; None infers it.

    Returns
    -------
    Backtest

    Raises
    ------
    ValueError
        Where the folds look ahead, ``refit=False`` meets an estimator that can take in
        no newer sales, or no estimator forecasts the quantiles, among others.

    See Also
    --------
    PanelTimeSeriesSplit : The folds.
    sklearn.model_selection.cross_validate : One score for each fold.

    References
    ----------
    .. [1] L. J. Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and
       review", International Journal of Forecasting 16(4), 2000.

    Examples
    --------
    >>> from sklearn_sales import (
    ...     PanelTimeSeriesSplit, ThetaRegressor, backtest, load_walmart_sample
    ... )
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> keys = ["store", "dept"]
    >>> folds = PanelTimeSeriesSplit(n_splits=3, test_size=13)
    >>> result = backtest({"theta": ThetaRegressor()}, X, y, cv=folds, series=keys)
    >>> result.errors(metrics=["wape", "bias"]).round(3)
                wape   bias
    estimator
    theta      0.063 -0.016
    naive      0.081 -0.045
    """
    named = _named_estimators(estimator, baseline)
    table = read_table(X)
    y = check_target(y, X, estimator=next(iter(named.values())))
    keys = {"series": series, "time": time, "freq": freq}
    keys = common_keys(named.values(), keys)
    named = {name: fill_keys(one, keys) for name, one in named.items()}
    if not refit:
        check_can_update(named)
    if baseline:
        named[NAIVE] = SeasonalNaiveRegressor(**keys)
    levels = _check_quantiles(quantiles, named)
    metrics = _default_metrics(levels) if metrics is None else metrics
    check_metrics(metrics, levels)
    panel, rows = Panel.from_table(table, y, **keys)
    _check_names(panel.schema)
    folds = make_folds(cv, list(named.values()), table, y, panel, rows)
    if not refit:
        check_growing(folds)
    answers = run_folds(
        named,
        table.native,
        y,
        folds,
        quantiles=np.array(levels),
        # what the naive forecast learns is the history alone
        refit={name: refit or name == NAIVE for name in named},
        store=ResultStore(store, data_digest(table, y) if store else ""),
        n_jobs=n_jobs,
        verbose=verbose,
    )
    _warn_of_new_series(rows, y, folds)
    frame = forecast_frame(table, panel, rows, y, folds, answers, levels)
    return Backtest(
        frame,
        series_columns=panel.schema.series_names,
        time_column=panel.schema.time_name,
        quantiles=levels,
        metrics=metrics,
        rows=judging_rows(table, panel, rows, y, folds, len(named)),
    )


def _named_estimators(estimator, baseline):
    """Estimators by name."""
    if isinstance(estimator, dict):
        named = dict(estimator)
    elif isinstance(estimator, (list, tuple)) and all(map(_is_named, estimator)):
        named = dict(estimator)
        if len(named) < len(estimator):
            raise ValueError(
                f"estimator names {[name for name, _ in estimator]}; each name has to "
                "be there once."
            )
    else:
        named = {type(estimator).__name__.lower(): estimator}
    wrong = [name for name, one in named.items() if not hasattr(one, "predict")]
    if wrong or not named:
        raise TypeError(
            "estimator must be a forecaster, or several of them by name, such as "
            f"{{'ar': ARRegressor()}}; got {estimator!r}."
        )
    if baseline and NAIVE in named:
        raise ValueError(
            f"{NAIVE!r} is the name of the baseline: give the estimator another one, "
            "or baseline=False."
        )
    return named


def _is_named(pair):
    return isinstance(pair, (list, tuple)) and len(pair) == 2


def _check_quantiles(quantiles, named):
    """Quantiles as an ascending list."""
    if quantiles is None:
        return []
    levels = [quantiles] if isinstance(quantiles, Real) else list(quantiles)
    wrong = [q for q in levels if not isinstance(q, Real) or not 0 < q < 1]
    if wrong or len(set(levels)) < len(levels):
        raise ValueError(
            "quantiles must be distinct numbers between 0 and 1; got "
            f"quantiles={quantiles!r}."
        )
    if not any(gives_quantiles(one) for one in named.values()):
        raise ValueError(
            f"quantiles={quantiles!r}, but no estimator has predict_quantiles: wrap "
            "one in a ConformalRegressor, or leave quantiles out."
        )
    return sorted(float(q) for q in levels)


def _default_metrics(levels):
    metrics = ["wape", "bias", "mase", "rmsse"]
    metrics += ["scaled_pinball_loss"] if levels else []
    return metrics + (["coverage"] if len(levels) > 1 else [])


def _check_names(schema):
    taken = [c for c in (*schema.series_names, schema.time_name) if c in TAKEN_NAMES]
    if taken:
        raise ValueError(
            f"X has the key column(s) {taken}, which a back-test needs for itself "
            f"({', '.join(TAKEN_NAMES)}): rename them."
        )


def _warn_of_new_series(rows, y, folds):
    n_new = 0
    for fold in folds:
        known = np.unique(rows.codes[fold.train[~np.isnan(y[fold.train])]])
        n_new += np.count_nonzero(~np.isin(rows.codes[fold.test], known))
    if n_new:
        warnings.warn(
            f"{n_new} test row(s) belong to series without sales in the training rows "
            "of their fold; forecasters of this package answer them from the mean of "
            "all series.",
            UserWarning,
            stacklevel=3,
        )
