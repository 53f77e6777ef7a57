# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How many lags each series needs, by an information criterion."""

import numpy as np

from sklearn_sales.linear_model._ar_blocks import own_centre
from sklearn_sales.linear_model._ar_moments import iterate_moments

__all__ = ["customary_order", "nested_residuals", "select_orders"]


def customary_order(lengths):
    """Longest lag worth a look in series of these lengths: ten for each power of ten.

    References
    ----------
    .. [1] R Core Team, "R: A Language and Environment for Statistical Computing",
       function ``ar`` of package ``stats``, which takes the same default.
    """
    return (10 * np.log10(np.maximum(lengths, 1))).astype(np.int64)


def select_orders(history, covariates, terms, criterion, longest):
    """Number of lags of each series by an information criterion.

    The orders of a series are compared on the same rows: those for which the lags of
    the longest order are known.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    criterion : {"aic", "bic"}
    longest : ndarray of shape (n_series,)
        Longest order to compare. A series too short for it stops at the last order
        that leaves two rows for each term: with fewer, a criterion mistakes noise
        that the terms happen to meet for news.

    Returns
    -------
    ndarray of shape (n_series,)
    """
    orders = np.zeros(history.n_series, dtype=np.int64)
    # the variance is a term, too: n - order >= 2 * (n_fixed + order + 1)
    room = (history.lengths - 2 * terms.lag_columns.start - 2) // 3
    longest = np.clip(np.minimum(longest, room), 0, len(terms.lags))
    for limit in np.unique(longest):
        used, codes = terms.with_order(limit), np.flatnonzero(longest == limit)
        # where gaps leave too few complete rows, lags read the last known value
        for fill in (False, True):
            few = [codes[:0]]
            for m in iterate_moments(
                history, covariates, used, own_centre, codes, fill=fill
            ):
                orders[m.codes] = _best_orders(m, used, criterion)
                few.append(m.codes[m.n_rows <= used.n_columns + 1])
            codes = np.concatenate(few)
    return orders


def _best_orders(moments, terms, criterion):
    n_fixed = terms.lag_columns.start
    counts = n_fixed + np.arange(len(terms.lags) + 1)
    n_rows = moments.n_rows[:, None]
    residual = nested_residuals(moments.products, n_fixed)
    cost = 2.0 if criterion == "aic" else np.log(np.maximum(n_rows, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = n_rows * np.log(residual / n_rows) + cost * (1 + counts)
    # gaps may have left fewer rows than the length allows
    score[n_rows <= counts + 1] = np.inf
    return np.argmin(score, axis=1)


def nested_residuals(products, n_fixed):
    """Residual sums of squares with the first 0, 1, ... lags.

    One Cholesky factor holds them all: the residual sum of squares with the first p
    lags is the target's last pivot plus what the later lags explain.

    Parameters
    ----------
    products : ndarray of shape (n, k + 1, k + 1)
        Products of the columns and, last, the target.
    n_fixed : int
        Number of columns before the lags.

    Returns
    -------
    ndarray of shape (n, k - n_fixed + 1)
    """
    k = products.shape[1] - 1
    scale = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    scale = np.where(scale == 0, 1.0, scale)
    scaled = products / (scale[:, :, None] * scale[:, None, :])
    # the least that makes collinear columns factorable moves no comparison of orders
    scaled[:, np.arange(k + 1), np.arange(k + 1)] += 1e-12
    factor = np.linalg.cholesky(scaled)
    explained = factor[:, k, n_fixed:] ** 2
    residual = np.cumsum(explained[:, ::-1], axis=1)[:, ::-1]
    return residual * scale[:, k, None] ** 2
