# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits of a panel from the rows that are known, and the sums that stand for others."""

import numpy as np

from sklearn_sales.linear_model._ar_solvers import (
    fit_pooled,
    fit_separate,
    solve_moments,
)

__all__ = ["fit_each", "fit_together"]


def fit_each(panel, cells, terms, alpha, orders, memory, *, forget, n_jobs):
    """Coefficients of each series by its own least squares.

    Parameters
    ----------
    panel : Panel
    cells : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    alpha : float
    orders : ndarray of shape (n_series,)
        How many of the lags each series uses.
    memory : ARMemory
    forget : bool
        Whether rows of long series may be dropped afterwards.
    n_jobs : int or None

    Returns
    -------
    coef, sigma, short
        As :func:`fit_separate` tells.
    memory : ARMemory or None
        For the next update; None where the history tells all that a fit needs.
    """
    sums, made = memory.own_sums(panel, cells, terms), _collector(terms, forget)
    wanted = orders.copy()
    wanted[sums.codes] = -1
    alone = len(sums.codes) > 0 and not panel.keys.names
    if alone:
        wanted[:] = -1
    coef, sigma, short = fit_separate(
        panel.history, cells, terms, alpha, wanted, n_jobs=n_jobs, made=made
    )
    if len(sums.codes):
        found = solve_moments(sums.moments(terms), terms, alpha)
        coef[sums.codes], sigma[sums.codes] = found[0], np.sqrt(found[1])
    if alone:
        # the pool of a single series is that series
        coef[1], sigma[1] = coef[0], sigma[0]
    return coef, sigma, short, _settled(memory, panel, terms, sums, made)


def fit_together(panel, cells, terms, alpha, scale, memory):
    """One set of coefficients for all series: the same, see :func:`fit_pooled`."""
    made = _collector(terms, forget=True)
    centre, sums = memory.shared_centre(panel, cells, terms, scale)
    known = np.setdiff1d(np.arange(panel.n_series), sums.codes)
    coef, sigma, short = fit_pooled(
        panel.history,
        cells,
        terms,
        alpha,
        scale,
        known,
        centre=centre,
        kept=sums.moments(terms) if len(sums.codes) else None,
        made=made,
    )
    return coef, sigma, short, _settled(memory, panel, terms, sums, made)


def _collector(terms, forget):
    """Where blocks are kept, if they stand for covariates later."""
    return [] if terms.n_covariates and forget else None


def _settled(memory, panel, terms, sums, made):
    if not terms.n_covariates:
        return None
    return memory.drop_rows(panel, terms, sums, made or [])
