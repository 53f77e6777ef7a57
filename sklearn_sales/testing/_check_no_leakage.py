# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether an estimator, or what is done before it, sees the future."""

import warnings
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length

from sklearn_sales._compat import HasMethods, Interval, StrOptions, validate_params
from sklearn_sales.model_selection import (
    PanelTimeSeriesSplit,
    default_split,
    longest_horizon,
)
from sklearn_sales.panel import check_target
from sklearn_sales.testing._inner_folds import folds_that_look_ahead
from sklearn_sales.testing._known_columns import columns_made_of_sales
from sklearn_sales.testing._leak_checks import (
    Case,
    Moves,
    check_answers,
    check_features,
    check_prepared,
)
from sklearn_sales.testing._leakage_report import Leak, LeakageError, LeakageReport
from sklearn_sales.testing._panel_rows import PanelRows, named_keys

__all__ = ["check_no_leakage"]


@validate_params(
    {
        "estimator": [HasMethods(["fit", "get_params"])],
        "X": "no_validation",
        "y": ["array-like"],
        "cv": ["cv_object", Interval(Integral, 1, None, closed="left")],
        "prepare": [callable, None],
        "horizon": [Interval(Integral, 1, None, closed="left"), None],
        "series": [str, int, list, tuple, None],
        "time": [str, int],
        "rtol": [Interval(Real, 0, None, closed="neither")],
        "on_fail": [StrOptions({"raise", "warn"}), None],
    },
    prefer_skip_nested_validation=True,
)
def check_no_leakage(
    estimator,
    X,
    y,
    *,
    cv=None,
    prepare=None,
    horizon=None,
    series="auto",
    time="auto",
    rtol=1e-6,
    on_fail="raise",
):
    """Check that no forecast knows what lies after its origin.

    For any regressor, transformer or pipeline of scikit-learn's kind, in the spirit of
    :func:`~sklearn.utils.estimator_checks.check_estimator`: what must make no
    difference is changed, and nothing may move. Everything is tried on folds in time
    order, whose test rows play the future.

    - *later targets*, *later covariates*: sales or covariates after the last training
      time are changed. Training rows, as ``prepare`` returns them, may not move.
    - *later covariates* again: covariates of the later half of a batch are changed.
      The answers of its earlier half may not move.
    - *row order*, *dropped rows*, *shifted batch*: the test rows come in another order,
      without the later times, without half of the series, behind the last training
      rows. No answer may move.
    - *training features*: sales from a training time on are changed. What the
      transformers of a pipeline make of the rows up to that time may not move.
    - *inner folds*: the folds of stacks, searches and encoders inside have to train on
      older rows than they test.
    - *columns*: a column that is made of sales has to be known as far ahead as it is
      used.

    Parameters
    ----------
    estimator : estimator
        Not fitted; it is cloned. With ``random_state=None`` inside it is seeded.
    X : dataframe or array of shape (n_rows, n_columns)
        The rows with their times, and with their keys if there are several series.
    y : array-like of shape (n_rows,)
        Sales; NaN where not observed, if the estimator takes that.
    cv : int, splitter or iterable, default=None
        Folds. A number is that many folds of `horizon` times each; None is two. Folds
        that are not in time order are reported, and replaced by the default.
    prepare : callable, default=None
        What is done to the whole table before it is split: takes ``(X, y)`` and
        returns ``(X, y)`` with the same rows in the same order, without changing its
        arguments. Most leaks happen here, out of the sight of every estimator.
    horizon : int, default=None
        Times ahead that are forecast. None is the longest ``horizon`` of an estimator
        inside, else up to seven times.
    series, time : str, int, or list of them, default="auto"
        Key columns and time column of X. ``"auto"`` takes what the estimator, or one
        inside it, names; else a single series, and the one column of dates.
    rtol : float, default=1e-6
        A value has moved if it differs by more than this share of the largest value
        of its column. Forecasts of a GPU need 1e-3 or so.
    on_fail : {"raise", "warn"} or None, default="raise"
        What follows a leak: a LeakageError, a UserWarning, or the report alone.

    Returns
    -------
    LeakageReport
        ``passed``, ``leaks`` (each with ``check``, ``what`` and ``why``) and
        ``columns``; printed, it reads as text.

    Raises
    ------
    LeakageError
        An AssertionError whose message is the report.

    Notes
    -----
    A recursive forecaster reads the covariates between origin and row from the same
    call, so answers are asked for with all earlier rows of their series.

    An estimator that was given later sales in its constructor, a dictionary of means
    say, is beyond the reach of this check; what computes them belongs into `prepare`.

    Examples
    --------
    A rolling mean that is centred on its day, so that it knows the next day:

    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_sales import check_no_leakage, make_sales_panel
    >>> X, y = make_sales_panel(n_series=2, n_periods=60, random_state=0)
    >>> X = X[["store", "date"]].assign(store=X["product"])
    >>> def prepare(X, y):
    ...     means = y.groupby(X["store"]).rolling(3, center=True).mean()
    ...     return X.assign(mean=means.droplevel(0).fillna(0))[["mean"]], y
    >>> report = check_no_leakage(
    ...     LinearRegression(), X, y, prepare=prepare, series="store", on_fail=None
    ... )
    >>> report.passed
    False
    >>> report.columns
      column  known_to      found_by
    0   mean         0  perturbation
    """
    check_consistent_length(X, y)
    y = _as_target(y, X, estimator)
    series, time = named_keys(estimator, series, time)
    rows = PanelRows(X, series, time)
    moves, leaks = Moves(), []
    folds = _folds(cv, X, y, rows, estimator, horizon, leaks)
    known, last = {}, None
    rng = np.random.default_rng(0)
    for train, test in folds:
        case = Case(estimator, prepare, X, y, rows, train, test, rtol, rng)
        Xp, yp, moved = check_prepared(case, moves)
        known = {k: min(v, known.get(k, v)) for k, v in {**known, **moved}.items()}
        check_answers(case, Xp, yp, moves)
        last = case, Xp, yp
    check_features(*last, moves)
    report = LeakageReport(type(estimator).__name__, n_folds=len(folds))
    steps = [rows.ranks[test].max() - rows.ranks[train].max() for train, test in folds]
    report.horizon = int(max(steps))
    report.columns = _columns(report, known, rows, last[1], y)
    report.leaks = [
        *leaks,
        *(_moved_leak(*item) for item in moves.found.items()),
        *_inner_leaks(*last),
        *_column_leaks(report),
    ]
    return _tell(report, on_fail)


def _as_target(y, X, estimator):
    numbers = check_target(y, X, estimator=estimator)
    if isinstance(y, pd.Series):
        return pd.Series(numbers, index=y.index, name=y.name)
    return numbers


def _folds(cv, X, y, rows, estimator, horizon, leaks):
    """Folds in time order; others are reported."""
    if horizon is None:
        horizon = longest_horizon([estimator])
    n_times = int(rows.ranks.max()) + 1
    default = default_split(n_times, horizon=horizon, season=7, n_splits=2)
    if isinstance(cv, Integral):
        default = PanelTimeSeriesSplit(cv, test_size=horizon)
    elif cv is not None:
        split = check_cv(cv)
        ours = isinstance(split, PanelTimeSeriesSplit)
        groups = {"groups": rows.ranks} if ours else {}
        folds = list(split.split(X, y, **groups))
        ranks = rows.ranks
        wrong = sum(ranks[a].max() >= ranks[b].min() for a, b in folds)
        if not wrong:
            return folds
        leaks.append(_fold_leak("folds", "this check", cv, len(folds), wrong))
    return list(default.split(rows.ranks, groups=rows.ranks))


def _fold_leak(check, owner, cv, n_folds, wrong):
    return Leak(
        check,
        f"cv={cv!r} of {owner} trains on rows of the time it tests, or later ones, in "
        f"{wrong} of {n_folds} fold(s)",
        "What is learned or chosen from such folds has seen the future of the rows it "
        "is judged by. Pass cv=PanelTimeSeriesSplit(...) or TimeSeriesSplit; to stack, "
        "take TimeSeriesStackingRegressor.",
    )


def _moved_leak(key, counts):
    check, subject = key
    moved, asked, why = counts
    return Leak(check, f"{subject}: {moved} of {asked} moved", why)


def _inner_leaks(case, X, y):
    rows = PanelRows.of_prepared(X, case.rows)
    found = folds_that_look_ahead(case.estimator, rows, y, case.train)
    return [_fold_leak("inner folds", *one) for one in found]


def _columns(report, known, rows, X, y):
    """Columns that follow the sales, as a table."""
    found = [(name, step, "perturbation") for name, step in known.items()]
    prepared = PanelRows.of_prepared(X, rows)
    try:
        made = columns_made_of_sales(rows, prepared, np.asarray(y), report.horizon)
    except ValueError as error:
        report.notes.append(f"columns were not compared with lags of y: {error}")
        made = []
    found += [(str(n), s, "values") for n, s in made if str(n) not in known]
    return pd.DataFrame(found, columns=["column", "known_to", "found_by"])


def _column_leaks(report):
    for name, step, _ in report.columns.itertuples(index=False):
        if step >= report.horizon:
            continue
        newest = "of their own time or later" if step == 0 else f"{step} step(s) before"
        yield Leak(
            "columns",
            f"column {name!r} is known up to step {step}, and used up to step "
            f"{report.horizon}",
            f"It is made of sales {newest}, which nobody has yet when a row "
            f"{step + 1} step(s) ahead is forecast. Shift it by {report.horizon} or "
            "more, make it by LagFeatures(horizon=...), or leave it out.",
        )


def _tell(report, on_fail):
    if not report.passed and on_fail == "raise":
        raise LeakageError(report)
    if not report.passed and on_fail == "warn":
        warnings.warn(str(report), UserWarning, stacklevel=4)
    return report
