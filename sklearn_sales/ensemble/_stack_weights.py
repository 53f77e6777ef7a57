# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights of a convex combination of forecasts, from the errors of its members.

The weights w are not negative and sum to one, so the error of the combination is the
same combination of the members' errors, E w. Everything here reads errors only.

Weights are drawn to a prior p (equal weights, or those of all rows together) as if
``shrinkage`` more rows had been seen in which the members err independently of each
other and all by the mean size v of the best member's errors:

    squared   mean_i (E w)_i^2  +  (shrinkage / n) v |w - p|^2
    absolute  mean_i |E w|_i    +  (shrinkage / n) v sqrt(|w - p|^2 + 1 / k)

where n is the effective number of rows and k the number of members. Both v and n are
read from the member with the least loss, so that a useless one cannot blur the choice
among the others.
"""

import numpy as np
from scipy.optimize import nnls

__all__ = ["combination_weights", "effective_rows", "pooled_weights", "prior_weights"]

# Share of each member's mean squared error that breaks ties: members with the same
# errors get the same weight.
_TIES = 1e-10

# Members err nowhere whose errors are smaller than this, or than this share of those of
# the worst member: in their units the squares of the others would overflow.
_TINY = 1e-200
_TINY_SHARE = 1e-100

# The absolute loss by majorisation: bounds of its iterations.
_MAX_ITER = 500
_TOLERANCE = 1e-7
# Errors below this share of the best member's mean absolute error count as zero. It
# shrinks by a factor in each iteration, so that no row holds the weights too early.
_SMALLEST = 1e-7
_NARROWING = 0.7


def combination_weights(
    errors, *, prior=None, row_weights=None, loss="squared", shrinkage=0.0
):
    """Weights of the convex combination with the least error.

    Parameters
    ----------
    errors : ndarray of shape (n_rows, n_members)
        What was sold less the forecast of each member.
    prior : ndarray of shape (n_members,), default=None
        Weights that few rows are drawn to; None is equal weights.
    row_weights : ndarray of shape (n_rows,), default=None
        How often each row counts; None is once.
    loss : {"squared", "absolute"}, default="squared"
    shrinkage : float, default=0.0
        Rows that the prior counts for.

    Returns
    -------
    ndarray of shape (n_members,)
        Not negative; their sum is one.
    """
    n_rows, n_members = errors.shape
    if prior is None:
        prior = np.full(n_members, 1.0 / n_members)
    if row_weights is None:
        row_weights = np.ones(n_rows)
    sizes = row_weights @ np.abs(errors)
    # without rows, or without an error, there is nothing to choose by
    err = sizes > max(_TINY, _TINY_SHARE * sizes.max(initial=0.0))
    if n_members == 1 or not err.any():
        return prior
    # in units of the mean absolute error of the best member that errs
    count = row_weights.sum()
    share, scaled = row_weights / count, errors * (count / sizes[err].min())
    n_effective = effective_rows(scaled, row_weights, loss)
    pull = 0.0
    if n_effective > 0:
        best = share @ _best_losses(scaled, share, loss)
        pull = best * shrinkage / n_effective
    solve = _least_squares if loss == "squared" else _least_absolute
    return solve(scaled, share, prior, pull)


def prior_weights(errors, row_weights, loss, power):
    """Weights by the size of each member's errors to minus a power.

    Parameters
    ----------
    errors : ndarray of shape (n_rows, n_members)
    row_weights : ndarray of shape (n_rows,)
    loss : {"squared", "absolute"}
        Sizes are root mean squared or mean absolute errors.
    power : float
        0 is equal weights.

    Returns
    -------
    ndarray of shape (n_members,)
        Their sum is one. Members that err nowhere share all of it, if power > 0.
    """
    largest = np.abs(errors).max(initial=0.0)
    sizes = np.zeros(errors.shape[1])
    if largest > 0:
        scaled = np.abs(errors) / largest
        sizes = row_weights @ (scaled if loss == "absolute" else scaled**2)
    if power == 0 or not sizes.any():
        return np.full(len(sizes), 1.0 / len(sizes))
    least = sizes.min()
    share = (sizes == 0).astype(float)
    if least > 0:
        share = (least / sizes) ** (power if loss == "absolute" else power / 2)
    return share / share.sum()


def effective_rows(errors, row_weights=None, loss="squared"):
    """Number of rows of equal loss that would tell as much as these (Kish).

    Parameters
    ----------
    errors : ndarray of shape (n_rows, n_members)
    row_weights : ndarray of shape (n_rows,), default=None
    loss : {"squared", "absolute"}, default="squared"

    Returns
    -------
    float
        ``(sum l)^2 / sum l^2`` over the losses l of the best member: at most the
        number of rows, and few where few large errors outweigh all others; 0 where
        that member errs nowhere.
    """
    if row_weights is None:
        row_weights = np.ones(len(errors))
    largest = np.abs(errors).max(initial=0.0)
    if largest == 0:
        return 0.0
    losses = _best_losses(errors / largest, row_weights, loss)
    spread = row_weights @ losses**2
    return float((row_weights @ losses) ** 2 / spread) if spread > 0 else 0.0


def _best_losses(errors, row_weights, loss):
    """Losses of the rows by the member with the least."""
    losses = errors**2 if loss == "squared" else np.abs(errors)
    return losses[:, np.argmin(row_weights @ losses)]


def pooled_weights(
    errors, groups, n_groups, *, overall, row_weights=None, loss, shrinkage
):
    """Weights of each group of rows, drawn to those of all rows together.

    Parameters
    ----------
    errors : ndarray of shape (n_rows, n_members)
    groups : ndarray of shape (n_rows,)
        Group of each row in 0..n_groups - 1; rows of -1 belong to none.
    n_groups : int
    overall : ndarray of shape (n_members,)
        Weights of all rows: what a group without rows gets.
    row_weights, loss, shrinkage
        As in :func:`combination_weights`.

    Returns
    -------
    ndarray of shape (n_groups, n_members)
    """
    if row_weights is None:
        row_weights = np.ones(len(errors))
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(n_groups + 1))
    weights = np.tile(overall, (n_groups, 1))
    for group in range(n_groups):
        rows = order[bounds[group] : bounds[group + 1]]
        weights[group] = combination_weights(
            errors[rows],
            prior=overall,
            row_weights=row_weights[rows],
            loss=loss,
            shrinkage=shrinkage,
        )
    return weights


def _least_squares(errors, share, prior, pull):
    """Minimise sum_i a_i (E w)_i^2 + pull |w - p|^2 with shares a."""
    return _on_simplex((errors * share[:, None]).T @ errors, prior, pull)


def _least_absolute(errors, share, prior, pull):
    """Minimise sum_i a_i |E w|_i + pull sqrt(|w - p|^2 + 1 / k) under a majorant.

    Each term |e| lies under e^2 / (2 |e_0|) + |e_0| / 2 and touches it at the current
    error e_0, so every step lowers the objective (Hunter and Lange, 2000).
    """
    weights, smallest = prior, 1.0
    for _ in range(_MAX_ITER):
        smallest = max(smallest * _NARROWING, _SMALLEST)
        now = np.maximum(np.abs(errors @ weights), smallest)
        apart = np.sqrt(np.sum((weights - prior) ** 2) + 1.0 / len(prior))
        gram = (errors * (share / now)[:, None]).T @ errors
        previous = weights
        weights = _on_simplex(gram, prior, pull / apart)
        settled = np.abs(weights - previous).max() < _TOLERANCE
        if settled and smallest == _SMALLEST:
            break
    return weights


def _on_simplex(gram, prior, pull):
    """Minimise w'G w + pull |w - p|^2 on the simplex, exactly.

    As w sums to one, w - p is (I - p 1') w and the objective is |R w|^2 for one
    triangular R. Non-negative least squares of |R z|^2 + (1'z - 1)^2 then has z = s w
    with the wanted w: for given w the best s leaves q / (1 + q), q = |R w|^2, which
    grows with q.
    """
    n_members = len(prior)
    apart = np.eye(n_members) - prior[:, None]
    gram = gram + pull * apart.T @ apart
    # in units of the best member q is about one, so that s is not tiny
    sizes = gram.diagonal()
    unit = sizes[sizes > 0].min()
    ties = _TIES * np.diag(np.maximum(sizes / unit, 1.0))
    triangle = np.linalg.cholesky(gram / unit + ties).T
    target = np.append(np.zeros(n_members), 1.0)
    solution, _ = nnls(np.vstack([triangle, np.ones(n_members)]), target)
    return solution / solution.sum()
