# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How many lags each series needs, by an information criterion."""

import numpy as np

from sklearn_sales.linear_model._ar_blocks import own_centre
from sklearn_sales.linear_model._ar_moments import iterate_moments

__all__ = ["nested_residuals", "select_orders"]


def select_orders(history, covariates, terms, criterion):
    """Number of lags of each series by an information criterion.

    All orders 0..len(lags) of a series are compared on the same rows, those for
    which every lag is known.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    criterion : {"aic", "bic"}

    Returns
    -------
    ndarray of shape (n_series,)
        0 for series with too few rows for any lag.
    """
    orders = np.zeros(history.n_series, dtype=np.int64)
    codes = np.arange(history.n_series)
    # where gaps leave too few complete rows, lags read the last known value
    for fill in (False, True):
        few = [codes[:0]]
        for m in iterate_moments(
            history, covariates, terms, own_centre, codes, fill=fill
        ):
            orders[m.codes] = _best_orders(m, terms, criterion)
            few.append(m.codes[m.n_rows <= terms.n_columns + 1])
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
    # a residual of zero (a constant series) needs no lag, too few rows allow none
    score[(residual <= 0) | (n_rows <= counts + 1)] = np.inf
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
