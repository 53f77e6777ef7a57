# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Folds whose training rows are all older than their test rows."""

from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_sales.model_selection._sktime_split import (
    SktimeSplit,
    is_sktime_splitter,
)
from sklearn_sales.model_selection._split import PanelTimeSeriesSplit

__all__ = [
    "Fold",
    "check_growing",
    "default_split",
    "forward_folds",
    "longest_horizon",
    "make_folds",
]

# Folds of the default, which end with the newest time.
_N_FOLDS = 5


@dataclass(frozen=True)
class Fold:
    """Row numbers of one fold.

    Attributes
    ----------
    name : str
        How a message calls it.
    train, test : ndarray of int
    steps : ndarray of shape (n_test_rows,)
        Steps from the last observation of the series in the training rows (from the
        last of all series where a series has none) to each test row.
    newest : int
        Position of the newest training row on the calendar.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    steps: np.ndarray
    newest: int


def longest_horizon(estimators):
    """The largest parameter called ``horizon`` in estimators and all inside them."""
    told = [
        int(value)
        for estimator in estimators
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "horizon" and isinstance(value, Integral)
    ]
    return max(told, default=1)


def default_split(n_times, *, horizon=1, season=1, n_splits=None, advice=""):
    """Folds for a number of times, if no splitter is given.

    Parameters
    ----------
    n_times : int
        Distinct times of the panel.
    horizon : int, default=1
        Size of a test set where it is above 1, as far as the times to test hold one.
    season : int, default=1
        Else its largest size; the size is a tenth of the times if that is less.
    n_splits : int, default=None
        Number of folds. None is 5, or as many as leave half of the times, and two
        seasons as far as three quarters of the times hold them, before the first:
        what a member can learn of a season from less tells nothing of it in the end.
    advice : str, default=""
        What else than passing more times helps, for the message.

    Returns
    -------
    PanelTimeSeriesSplit
    """
    if n_times < 2:
        raise ValueError(
            f"Folds in time order need rows of at least 2 distinct times, but X holds "
            f"{n_times} sample(s) of time. Pass more times{advice}."
        )
    if horizon > 1:
        test_size = horizon
    else:
        test_size = max(n_times // (2 * (n_splits or _N_FOLDS)), 1)
        test_size = min(test_size, season) if season > 1 else test_size
    if n_splits is None:
        to_test = min(n_times // 2, n_times - min(2 * season, 3 * n_times // 4))
        test_size = min(test_size, to_test)
        n_splits = min(to_test // test_size, _N_FOLDS)
    else:
        test_size = min(test_size, max(n_times // (n_splits + 1), 1))
    return PanelTimeSeriesSplit(n_splits, test_size=test_size)


def make_folds(cv, estimators, table, y, panel, rows, *, params=None, advice=""):
    """Folds by ``cv`` as an estimator or a function takes it.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None
        None and numbers make those of :func:`default_split`. A splitter of sktime
        cuts the times at which something was observed.
    estimators : iterable of estimator
        Whose longest horizon the test sets have then.
    table : Table
    y : ndarray of shape (n_rows,)
    panel : Panel
    rows : Rows
    params : dict, default=None
        Further arguments of ``split``.
    advice : str, default=""
        As in :func:`default_split`.

    Returns
    -------
    list of Fold
    """
    if cv is None or isinstance(cv, Integral):
        split = default_split(
            len(np.unique(rows.positions[~np.isnan(y)])),
            horizon=longest_horizon(estimators),
            season=panel.calendar.season,
            n_splits=cv,
            advice=advice,
        )
    else:
        split = SktimeSplit(cv) if is_sktime_splitter(cv) else check_cv(cv)
    return forward_folds(split, table, y, panel, rows, params or {})


def forward_folds(split, table, y, panel, rows, params):
    """Folds of a splitter, refused where they look ahead.

    Parameters
    ----------
    split : splitter
        Has a method ``split``.
    table : Table
    y : ndarray of shape (n_rows,)
    panel : Panel
    rows : Rows
    params : dict
        Further arguments of ``split``.

    Returns
    -------
    list of Fold
    """
    if _reads_no_column(split) and not params:
        cut = _cut_by_sktime if isinstance(split, SktimeSplit) else _split_times
        pairs = list(cut(split, panel, rows.positions, ~np.isnan(y)))
    else:
        pairs = list(split.split(table.native, y, **params))
    if not pairs:
        raise ValueError(f"cv={split!r} makes no fold.")
    folds = []
    for number, (train, test) in enumerate(pairs, start=1):
        name = f"fold {number} of {len(pairs)}"
        train = _row_numbers(train, table.n_rows, f"the training rows of {name}")
        test = _row_numbers(test, table.n_rows, f"the test rows of {name}")
        _check_order(panel, rows.positions, train, test, name)
        steps = _steps(panel, rows, y, train, test)
        newest = int(rows.positions[train].max())
        folds.append(Fold(name, train, test, steps, newest))
    return folds


def check_growing(folds):
    """Refuse folds of which one knows less than the one before, for ``refit=False``.

    An estimator that has taken in newer sales cannot forget them.
    """
    for before, fold in pairwise(folds):
        if fold.newest < before.newest:
            raise ValueError(
                f"refit=False takes newer sales in from fold to fold, but {fold.name} "
                f"trains on older times than {before.name}. Put the folds of cv in the "
                "order of time, or give refit=True, which fits anew for each fold."
            )


def _reads_no_column(split):
    """Whether a splitter of ours was not told where the times are."""
    if not isinstance(split, (PanelTimeSeriesSplit, SktimeSplit)):
        return False
    return split.series is None and isinstance(split.time, str) and split.time == "auto"


def _split_times(split, panel, positions, observed):
    """Rows of each fold, cut at times at which something was observed.

    Rows that wait for their forecast, at the end of a table, make no fold.
    """
    times = np.unique(positions[observed])
    for train, test in split.split(times, groups=times):
        bounds = times[train[[0, -1]]], times[test[[0, -1]]]
        yield tuple(
            np.flatnonzero((positions >= first) & (positions <= last))
            for first, last in bounds
        )


def _cut_by_sktime(split, panel, positions, observed):
    """The same for windows that may leave times out, such as every second step."""
    rows = np.flatnonzero(np.isin(positions, positions[observed]))
    times = panel.calendar.times(positions[rows])
    for train, test in split.split(rows, groups=times):
        yield rows[train], rows[test]


def _row_numbers(rows, n_rows, what):
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.shape == (n_rows,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or not len(rows) or rows.dtype.kind not in "iu":
        raise ValueError(
            f"cv gives {rows!r} as {what}; it has to give row numbers, at least one."
        )
    if rows.min() < -n_rows or rows.max() >= n_rows:
        raise ValueError(
            f"cv gives row numbers from {rows.min()} to {rows.max()} as {what}, but X "
            f"has {n_rows} rows."
        )
    return rows % n_rows


def _check_order(panel, positions, train, test, name):
    last, first = positions[train].max(), positions[test].min()
    if last >= first:
        last, first = panel.calendar.times(np.array([last, first]))
        raise ValueError(
            f"cv looks ahead: {name} trains on rows up to {last} and tests rows from "
            f"{first} on. Every training row of a fold has to be older than every test "
            "row: use cv=None, a number of folds or a PanelTimeSeriesSplit, which cut "
            "the times rather than the rows."
        )


def _steps(panel, rows, y, train, test):
    train = train[~np.isnan(y[train])]
    if not len(train):
        # no member can be fitted, which each of them says better
        return np.ones(len(test), dtype=np.int64)
    none = np.iinfo(np.int64).min
    last = np.full(panel.n_series + 1, none)
    np.maximum.at(last, rows.codes[train], rows.positions[train])
    last[last == none] = last.max()
    return rows.positions[test] - last[rows.codes[test]]
