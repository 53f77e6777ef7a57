# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weighted root mean squared scaled error over a hierarchy."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd

from sklearn_sales.metrics._hierarchy import read_hierarchy, read_levels
from sklearn_sales.metrics._naive_scale import scale_kernel
from sklearn_sales.metrics._per_series import settle_undefined
from sklearn_sales.metrics._validation import check_option, observed_rows

__all__ = ["M5_LEVELS", "wrmsse"]

#: The twelve levels of the M5 competition, from the total to each item in each store.
M5_LEVELS = (
    (),
    ("state_id",),
    ("store_id",),
    ("cat_id",),
    ("dept_id",),
    ("state_id", "cat_id"),
    ("state_id", "dept_id"),
    ("store_id", "cat_id"),
    ("store_id", "dept_id"),
    ("item_id",),
    ("item_id", "state_id"),
    ("item_id", "store_id"),
)


def wrmsse(
    y_true,
    y_pred,
    *,
    X,
    X_train,
    y_train,
    levels,
    time="auto",
    freq=None,
    price=None,
    window=28,
    from_first_sale=True,
    average="mean",
    zero_scale="warn",
):
    r"""Weighted root mean squared scaled error over the levels of a hierarchy.

    .. math::

        \mathrm{WRMSSE} = \frac{1}{|L|} \sum_{l \in L} \sum_{i \in l} w_i \,
        \mathrm{RMSSE}_i, \qquad
        w_i = \frac{v_i}{\sum_{j \in l} v_j}

    The measure of the M5 accuracy competition. Sales and forecasts are added up to
    every group i of every level l (all stores, each state, each department, ...);
    each group has its own :func:`rmsse`, with the scale of its own summed training
    sales; :math:`v_i` is the turnover, units times price, of the group in the last
    ``window`` times of the training rows. Groups of one level share the weight one,
    and levels count alike. It has no unit. Lower is better.

    With ``levels=M5_LEVELS``, the price column ``sell_price`` and ``window=28`` it is
    the figure of the competition.

    It rewards the **mean**, and forecasts that add up: errors that cancel within a
    group cost nothing at its level. It misleads by its mixture. The few groups of the
    upper levels weigh as much as all items together, so a wrong trend of the total
    outweighs better item forecasts; compare the levels with ``average=None``. The
    weights are those of the last weeks: a season that ends there bends them.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out of every sum
        together with its forecast.
    y_pred : array-like of shape (n,)
        Forecasts, in the same order.
    X : dataframe or array of shape (n, n_columns)
        The rows of ``y_true``: the key columns that ``levels`` names and the time.
    X_train : dataframe or array of shape (n_train, n_columns_train)
        The training rows, in any order: the same columns and the price.
    y_train : array-like of shape (n_train,)
        Sales of the training rows. A row that is missing or NaN adds nothing to the
        sums of its time; a time without any observed row of a group is not observed.
    levels : list of list of str or int
        Key columns of each level, by name or, for arrays, position; the empty list is
        the total. See ``M5_LEVELS``.
    time : str or int, default="auto"
        The time column; unless told, the one column of dates or periods, else the
        first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str or number, default=None
        Frequency of the training times, inferred by default.
    price : str, int or array-like of shape (n_train,), default=None
        Column of ``X_train``, or an array, with the prices of the training rows. With
        None the weights are units.
    window : int, default=28
        How many of the last times make the weights.
    from_first_sale : bool, default=True
        Whether the scale leaves out the zeros before the first sale, as in M5.
    average : {"mean", None}, default="mean"
        None returns the value of each level.
    zero_scale : {"warn", "drop", "error"}, default="warn"
        What happens to groups that have a weight but a scale that is zero or unknown:
        left out with a warning that counts them, left out silently, or an error. The
        others of their level then share the weight one.

    Returns
    -------
    float, or pandas.Series indexed by level if ``average=None``
        The groups of a level are those that have an observed row in ``X``; those
        without turnover in the window (items sold out or new) have the weight zero. A
        turnover below zero, more returns than sales, counts as zero.

    Raises
    ------
    ValueError
        If a level names an unknown column, a series has two rows at one time, no group
        of a level has a weight and a scale, a price of sold units is missing, a value
        is infinite, an observed row has a NaN forecast or lengths differ.

    Warns
    -----
    UndefinedMetricWarning
        If groups are left out because they have no scale.

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). M5 accuracy
       competition: Results, findings, and conclusions. International Journal of
       Forecasting, 38(4), 1346-1364.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales.metrics import wrmsse
    >>> X_train = pd.DataFrame({
    ...     "item": ["tea", "tea", "tea", "jam", "jam", "jam"],
    ...     "week": [0, 1, 2, 0, 1, 2],
    ...     "price": [3, 3, 3, 1, 1, 1],
    ... })
    >>> X = pd.DataFrame({"item": ["tea", "jam"], "week": [3, 3]})
    >>> wrmsse(
    ...     [5, 7], [3, 8], X=X, X_train=X_train, y_train=[2, 4, 6, 9, 7, 9],
    ...     levels=[["item"], []], time="week", price="price", window=1, average=None,
    ... ).round(4)
    item     0.8333
    total    0.3536
    Name: wrmsse, dtype: float64
    """
    check_option("average", average, ("mean", None))
    check_window(window)
    seen = observed_rows(y_true, y_pred)
    levels, keys = read_levels(levels)
    tree = read_hierarchy(
        X,
        X_train,
        y_train,
        seen.rows,
        keys,
        time=time,
        freq=freq,
        price=price,
        window=window,
    )
    error = seen.y_pred - seen.y_true
    scores = [_score_level(tree, level, error, from_first_sale) for level in levels]
    _settle_levels(tree, levels, scores, zero_scale)
    if average is None:
        names = [" x ".join(map(str, level)) or "total" for level in levels]
        return pd.Series([s.value for s in scores], index=names, name="wrmsse")
    return float(np.mean([s.value for s in scores]))


def check_window(window):
    """Refuse a window that is no positive whole number."""
    if isinstance(window, bool) or not isinstance(window, Integral) or window < 1:
        raise ValueError(
            f"window must be a whole number of times, 1 or more; got window={window!r}."
        )


class _LevelScore(NamedTuple):
    value: float
    n_groups: int
    n_undefined: int
    undefined_row: int


def _score_level(tree, level, error, from_first_sale):
    """Weighted RMSSE of one level, over the groups with a weight and a scale."""
    train, scored, n_groups = tree.groups(level)
    weight = np.maximum(np.bincount(train, tree.value, minlength=n_groups), 0.0)
    squares = _mean_squares(error, scored, tree.times, n_groups)
    scale = _scale(tree.y_train, train, tree.positions, n_groups, from_first_sale)
    weighted = (weight > 0) & ~np.isnan(squares)
    defined = weighted & (scale > 0)
    if not defined.any():
        raise ValueError(
            f"wrmsse is undefined at the level {list(level)}: no group in X has both a "
            "turnover in the window and a naive error over the training rows that is "
            "not zero."
        )
    value = np.average(
        np.sqrt(squares[defined] / scale[defined]), weights=weight[defined]
    )
    undefined = weighted & ~defined
    return _LevelScore(
        value=float(value),
        n_groups=int(np.count_nonzero(weighted)),
        n_undefined=int(np.count_nonzero(undefined)),
        undefined_row=int(np.argmax(undefined[scored])),
    )


def _settle_levels(tree, levels, scores, zero_scale):
    first = None
    for level, score in zip(levels, scores, strict=True):
        if score.n_undefined:
            first = tree.show(level, score.undefined_row)
            break
    n_undefined = sum(score.n_undefined for score in scores)
    n_groups = sum(score.n_groups for score in scores)
    settle_undefined(n_undefined, n_groups, first, "wrmsse", zero_scale)


def _mean_squares(error, groups, times, n_groups):
    """Mean over the times of the squared summed error; NaN for groups without rows."""
    n_times = int(times.max()) + 1
    cells = groups * n_times + times
    size = n_groups * n_times
    sums = np.bincount(cells, weights=error, minlength=size).reshape(n_groups, n_times)
    seen = np.bincount(cells, minlength=size).reshape(n_groups, n_times) > 0
    counts = seen.sum(axis=1)
    out = np.full(n_groups, np.nan)
    return np.divide((sums**2).sum(axis=1), counts, out=out, where=counts > 0)


def _scale(y_train, groups, positions, n_groups, from_first_sale):
    """Mean squared naive error of the summed training sales of each group."""
    n_times = int(positions.max()) + 1
    seen = ~np.isnan(y_train)
    cells = (groups * n_times + positions)[seen]
    size = n_groups * n_times
    sums = np.bincount(cells, weights=y_train[seen], minlength=size)
    sums[np.bincount(cells, minlength=size) == 0] = np.nan
    codes = np.repeat(np.arange(n_groups), n_times)
    return scale_kernel(
        sums, codes, n_groups, season=1, power=2, from_first_sale=from_first_sale
    )
