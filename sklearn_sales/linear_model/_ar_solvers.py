# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Least squares for the autoregressions of many series at once.

The normal equations of a block of series are solved together. Where they may have
cost digits, the regression rows are laid out and the solution is corrected by the
least squares of its own residuals (corrected seminormal equations, [1]_).

References
----------
.. [1] A. Bjorck, "Stability analysis of the method of seminormal equations for linear
   least squares problems", Linear Algebra and its Applications 88/89, 1987, 31-48.
"""

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from sklearn_sales.linear_model._ar_blocks import (
    SharedCentre,
    design,
    iterate_blocks,
    own_centre,
    to_data_units,
)
from sklearn_sales.linear_model._ar_moments import design_products, iterate_moments

__all__ = [
    "fit_pooled",
    "fit_separate",
    "residual_squares",
    "ridge_penalty",
    "solve",
    "solve_moments",
]

# A column is collinear with those before it where less than this share of it is new.
_COLLINEAR = 1e-11
# Below this share the eigenvalues are looked at, and what is zero but for rounding.
_DOUBTFUL = 1e-7
_ROUNDING = 4 * np.finfo(np.float64).eps

# Normal equations are trusted alone where every column brings this share of news ...
_INDEPENDENT = 1e-4

# ... and this share of the target is left unexplained.
_UNEXPLAINED = 1e-4

# Each correction gains as many digits as the normal equations hold: five or more.
_N_CORRECTIONS = 2


def fit_separate(history, covariates, terms, alpha, orders, *, n_jobs=None, made=None):
    """Coefficients of each series by its own least squares.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    alpha : float
    orders : ndarray of shape (n_series,)
        How many of ``terms.lags`` each series uses; -1 where it is not wanted.
    n_jobs : int, default=None
        Number of threads, each for a part of the series.
    made : list, default=None
        Takes the Moments of all blocks, where someone asks for them.

    Returns
    -------
    coef : ndarray of shape (n_series, n_columns)
        In the units of the data.
    sigma : ndarray of shape (n_series,)
        Root mean squared residual.
    short : ndarray of shape (n_series,)
        True for series with too few rows for their terms, answered by their mean.
    """
    coef = np.zeros((history.n_series, terms.n_columns))
    sigma = np.zeros(history.n_series)
    short = history.lengths == 0
    for order in np.unique(orders[orders >= 0]):
        used = terms.with_order(order)
        wanted = np.flatnonzero(orders == order)
        # where gaps leave too few complete rows, lags read the last known value
        for fill in (False, True):
            few = Parallel(n_jobs=n_jobs, require="sharedmem")(
                delayed(_fit_codes)(
                    history, covariates, used, alpha, codes, fill, coef, sigma, made
                )
                for codes in np.array_split(wanted, effective_n_jobs(n_jobs))
                if len(codes)
            )
            wanted = np.concatenate([wanted[:0], *few])
        short[wanted] = True
        _level_only(history, used, wanted, coef, sigma)
    return coef, sigma, short


def _fit_codes(history, covariates, terms, alpha, codes, fill, coef, sigma, made):
    """Solve series into coef and sigma; return those with too few rows."""
    few, delicate = [codes[:0]], [codes[:0]]
    width = terms.n_columns
    for m in iterate_moments(history, covariates, terms, own_centre, codes, fill=fill):
        if made is not None and not fill:
            made.append(m)
        enough = m.n_rows > width
        few.append(m.codes[~enough])
        solution, variance, sure = solve_moments(m, terms, alpha)
        delicate.append(m.codes[enough & ~sure])
        done = m.codes[enough]
        coef[done, :width], sigma[done] = solution[enough], np.sqrt(variance[enough])
    for block in iterate_blocks(
        history, covariates, np.concatenate(delicate), n_columns=width + 1, fill=fill
    ):
        centre = own_centre(block, terms)
        solution, variance = _solve_carefully(block, terms, centre, alpha)
        coef[block.codes, :width] = to_data_units(solution, terms, centre)
        sigma[block.codes] = np.sqrt(variance)
    return np.concatenate(few)


def solve_moments(moments, terms, alpha):
    """Solve normal equations.

    Returns
    -------
    coef : ndarray of shape (n, n_columns)
        In the units of the data.
    variance : ndarray of shape (n,)
        Mean squared residual.
    sure : ndarray of shape (n,)
        False where the normal equations may have cost digits.
    """
    penalty = ridge_penalty(moments.gram, terms, alpha)
    solution, news = solve(moments.gram, moments.moment, penalty)
    squares = residual_squares(moments.products, solution)
    sure = (news >= _INDEPENDENT) & (squares >= _UNEXPLAINED * moments.squares)
    coef = to_data_units(solution, terms, moments.centre)
    return coef, squares / np.maximum(moments.n_rows, 1), sure


def _solve_carefully(block, terms, centre, alpha):
    """Coefficients and residual variance, corrected by the residuals."""
    columns, rows = design(block, terms, centre)
    products = design_products(columns)
    gram, target = products[:, :-1, :-1], columns[:, -1]
    penalty = ridge_penalty(gram, terms, alpha)
    solution = np.zeros(gram.shape[:2])
    for _ in range(1 + _N_CORRECTIONS):
        residual = target - np.matmul(solution[:, None, :], columns[:, :-1])[:, 0]
        missed = np.matmul(columns[:, :-1], residual[:, :, None])[:, :, 0]
        solution = solution + solve(gram, missed - penalty * solution, penalty)[0]
    residual = target - np.matmul(solution[:, None, :], columns[:, :-1])[:, 0]
    return solution, np.sum(residual**2, axis=1) / rows.sum(axis=1)


def _level_only(history, terms, codes, coef, sigma):
    """Series too short for their terms: their mean, and nothing else.

    Without a constant or a season, the mean of what the lags read stands for it.
    """
    if not len(codes):
        return
    placed = np.full(history.n_series, -1)
    placed[codes] = np.arange(len(codes))
    owner = np.repeat(placed, history.lengths)
    kept = (owner >= 0) & ~np.isnan(history.data)
    owner, values = owner[kept], history.data[kept]
    counts = np.maximum(np.bincount(owner, minlength=len(codes)), 1)
    mean = np.bincount(owner, weights=values, minlength=len(codes)) / counts
    squares = np.bincount(
        owner, weights=(values - mean[owner]) ** 2, minlength=len(codes)
    )
    sigma[codes] = np.sqrt(squares / counts)
    if terms.has_constant:
        coef[codes, 0] = mean
    elif terms.season:
        coef[codes, terms.seasonal_columns] = mean[:, None]
    elif terms.lags:
        coef[codes, terms.lag_columns] = 1.0 / len(terms.lags)


def fit_pooled(
    history,
    covariates,
    terms,
    alpha,
    scale,
    codes,
    *,
    centre=None,
    kept=None,
    made=None,
):
    """One set of coefficients for all series, after division by ``scale``.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
    terms : ARTerms
    alpha : float
    scale : ndarray of shape (n_series,)
    codes : ndarray
        The series to learn from.
    centre : SharedCentre, default=None
        Of all series; None finds it.
    kept : Moments, default=None
        Of further series to learn from, about the same centre.
    made : list, default=None
        Takes the Moments of the series in ``codes``, where someone asks for them.

    Returns
    -------
    coef : ndarray of shape (n_series, n_columns)
        The shared coefficients in the units of each series' data.
    sigma : ndarray of shape (n_series,)
        Root mean squared residual.
    short : ndarray of shape (n_series,)
        True for all where too few rows leave each series its mean.
    """
    n_series = history.n_series
    if centre is None:
        centre = SharedCentre.of(history, covariates, terms, scale)
    # lags read across gaps only where that leaves too few complete rows
    for fill in (False, True):
        how = (history, covariates, terms, centre, codes)
        total, n_rows = _summed_products(*how, fill, kept, made)
        if n_rows > terms.n_columns:
            break
        if made is not None:
            made.clear()
    else:
        coef, sigma = np.zeros((n_series, terms.n_columns)), np.zeros(n_series)
        _level_only(history, terms, np.arange(n_series), coef, sigma)
        return coef, sigma, np.ones(n_series, dtype=bool)
    gram, moment = total[None, :-1, :-1], total[None, :-1, -1]
    penalty = ridge_penalty(gram, terms, alpha)
    solution, news = solve(gram, moment, penalty)
    squares = residual_squares(total[None], solution)[0]
    unsure = news[0] < _INDEPENDENT or squares < _UNEXPLAINED * total[-1, -1]
    if unsure and kept is None:
        for _ in range(_N_CORRECTIONS):
            missed, _ = _pooled_residuals(*how, solution, fill=fill)
            missed = missed - penalty * solution
            solution = solution + solve(gram, missed, penalty)[0]
        _, squares = _pooled_residuals(*how, solution, fill=fill)
    everyone = np.broadcast_to(solution, (n_series, terms.n_columns))
    coef = to_data_units(everyone, terms, centre.at(np.arange(n_series)))
    return coef, scale * np.sqrt(squares / n_rows), np.zeros(n_series, dtype=bool)


def _summed_products(history, covariates, terms, centre, codes, fill, kept, made):
    size = terms.n_columns + 1
    total, n_rows = np.zeros((size, size)), 0
    if kept is not None:
        total, n_rows = kept.products.sum(axis=0), int(kept.n_rows.sum())
    for m in iterate_moments(history, covariates, terms, centre, codes, fill=fill):
        total += m.products.sum(axis=0)
        n_rows += int(m.n_rows.sum())
        if made is not None and not fill:
            made.append(m)
    return total, n_rows


def _pooled_residuals(history, covariates, terms, centre, codes, solution, *, fill):
    """What residuals still say about each column, and their sum of squares."""
    missed, squares = np.zeros(terms.n_columns), 0.0
    for block in iterate_blocks(
        history, covariates, codes, n_columns=terms.n_columns + 1, fill=fill
    ):
        columns, _ = design(block, terms, centre(block, terms))
        residual = columns[:, -1] - np.matmul(solution, columns[:, :-1])[:, 0]
        missed += np.einsum("nkt,nt->k", columns[:, :-1], residual)
        squares += np.sum(residual**2)
    return missed, squares


def ridge_penalty(gram, terms, alpha):
    """Ridge penalty of each column: alpha times its sum of squares about its mean.

    That is ridge regression on standardised columns, hence free of units. Without a
    constant, squares are taken about zero. The constant, trend and season are not
    penalised.
    """
    squares = np.diagonal(gram, axis1=1, axis2=2).copy()
    if terms.has_constant:
        squares -= gram[:, 0] ** 2 / np.maximum(gram[:, 0, :1], 1.0)
    squares[:, : terms.covariate_columns.start] = 0.0
    return alpha * np.maximum(squares, 0.0)


def residual_squares(products, solution):
    """Sum of squared residuals of coefficients.

    Parameters
    ----------
    products : ndarray of shape (n, k + 1, k + 1)
        Products of the columns and, last, the target.
    solution : ndarray of shape (n, k)

    Returns
    -------
    ndarray of shape (n,)
    """
    weights = np.concatenate([-solution, np.ones((len(solution), 1))], axis=1)
    squares = np.matmul(weights[:, None, :], products)[:, 0] * weights
    return np.maximum(squares.sum(axis=1), 0.0)


def solve(gram, moment, penalty):
    """Solve symmetric positive semi-definite systems, all at once.

    Collinear columns get the solution of least norm on standardised columns.

    Parameters
    ----------
    gram : ndarray of shape (n, k, k)
    moment, penalty : ndarray of shape (n, k)
        The penalty is added to the diagonal.

    Returns
    -------
    solution : ndarray of shape (n, k)
    news : ndarray of shape (n,)
        Least share of a column that the columns before it do not explain: near 1
        for independent columns, 0 for collinear ones.
    """
    n, k = moment.shape
    if k == 0:
        return np.zeros((n, 0)), np.ones(n)
    diagonal = np.arange(k)
    system = gram.copy()
    system[:, diagonal, diagonal] += penalty
    scale = np.sqrt(system[:, diagonal, diagonal])
    empty = scale == 0
    scale[empty] = 1.0
    system /= scale[:, :, None] * scale[:, None, :]
    # empty columns stand alone, with a coefficient of zero
    system[:, diagonal, diagonal] += empty
    right = moment / scale
    news = _news(system)
    singular = _singular(system, news)
    solution = np.empty((n, k))
    solution[~singular] = np.linalg.solve(system[~singular], right[~singular, :, None])[
        :, :, 0
    ]
    if singular.any():
        solution[singular] = _least_norm(system[singular], right[singular])
    return solution / scale, news


def _singular(system, news):
    """Which correlation matrices cannot be solved.

    Of a collinear column the lift leaves a pivot of its own size times one and the
    squared coefficients on the columns before: where news are few, eigenvalues tell.
    """
    singular = news < _COLLINEAR
    doubtful = np.flatnonzero(~singular & (news < _DOUBTFUL))
    if len(doubtful):
        values = np.linalg.eigvalsh(system[doubtful])
        smallest = system.shape[1] * _ROUNDING * values[:, -1]
        singular[doubtful] = values[:, 0] < smallest
    return singular


def _news(system):
    """Least squared pivot of the Cholesky factor of each correlation matrix."""
    k = system.shape[1]
    lifted = system.copy()
    # the lift keeps exactly singular systems factorable
    lifted[:, np.arange(k), np.arange(k)] += _COLLINEAR / 10
    try:
        pivots = np.diagonal(np.linalg.cholesky(lifted), axis1=1, axis2=2)
    except np.linalg.LinAlgError:
        # products near the end of floats have lost their digits
        return np.maximum(np.linalg.eigvalsh(lifted)[:, 0], 0.0)
    return np.min(pivots**2, axis=1)


def _least_norm(system, right):
    values, vectors = np.linalg.eigh(system)
    small = values < 10 * _COLLINEAR * values[:, -1:]
    inverse = np.where(small, 0.0, 1.0 / np.where(small, 1.0, values))
    rotated = np.matmul(vectors.transpose(0, 2, 1), right[:, :, None])[:, :, 0]
    return np.matmul(vectors, (inverse * rotated)[:, :, None])[:, :, 0]
