# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Least squares for the autoregressions of many series at once.

Series are taken in blocks of similar length. A block's regression rows are laid out
as one array of shape (n_series, n_times, n_columns); its normal equations are one
batched product and one batched solve.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["Block", "fit_pooled", "fit_separate", "select_orders"]

# Number of floats of one block's design: it stays in the cache of one core's level
# and bounds the memory of a fit, however many series there are.
_BLOCK_SIZE = 2_000_000

# A column is collinear with those before it where less than this share of it is new.
_COLLINEAR = 1e-11


@dataclass(frozen=True)
class Block:
    """Some series, left-aligned and padded to the longest.

    Attributes
    ----------
    codes : ndarray of shape (n,)
    values : ndarray of shape (n, n_times)
        Sales, NaN where not observed and in the padding.
    lagged : ndarray of shape (n, n_times)
        Values that lags read: ``values``, or ``values`` with gaps filled.
    covariates : ndarray of shape (n, n_times, n_covariates)
    positions : ndarray of shape (n, n_times)
    lengths : ndarray of shape (n,)
    """

    codes: np.ndarray
    values: np.ndarray
    lagged: np.ndarray
    covariates: np.ndarray
    positions: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class Centre:
    """What is subtracted and divided before solving, each of shape (n,) or (n, k).

    Centred columns keep the normal equations well-conditioned; the coefficients
    are brought back to the units of the data by :func:`_to_data_units`.
    """

    shift: np.ndarray
    scale: np.ndarray
    middle: np.ndarray
    span: np.ndarray
    covariates: np.ndarray


def iterate_blocks(history, covariates, n_columns, *, fill=False, codes=None):
    """Blocks of series of similar length.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
        Covariates of each cell of the history.
    n_columns : int
        Columns of the design, to bound its size.
    fill : bool, default=False
        Whether lags that fall on a gap read the last known value.
    codes : ndarray, default=None
        The series wanted; None for all.
    """
    lengths = history.lengths
    codes = np.arange(len(lengths)) if codes is None else codes
    codes = codes[lengths[codes] > 0]
    codes = codes[np.argsort(lengths[codes], kind="stable")]
    first = 0
    while first < len(codes):
        last = _block_end(lengths[codes], first, n_columns)
        yield _make_block(history, covariates, codes[first:last], fill)
        first = last


def _block_end(lengths, first, n_columns):
    """How far a block reaches: up to its size, and to twice its shortest series."""
    last = np.searchsorted(lengths, 2 * lengths[first], side="right")
    sizes = np.arange(1, last - first + 1) * lengths[first:last] * n_columns
    return first + max(int(np.searchsorted(sizes, _BLOCK_SIZE)), 1)


def _make_block(history, covariates, codes, fill):
    lengths = history.lengths[codes]
    times = np.arange(lengths[-1])
    cells = np.minimum(history.indptr[codes][:, None] + times, len(history.data) - 1)
    values = np.where(times < lengths[:, None], history.data[cells], np.nan)
    lagged = forward_fill(values) if fill else values
    positions = history.start[codes][:, None] + times
    return Block(codes, values, lagged, covariates[cells], positions, lengths)


def forward_fill(values):
    """Last known value along the last axis."""
    known = np.where(np.isnan(values), -1, np.arange(values.shape[-1]))
    last = np.maximum.accumulate(known, axis=-1)
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=-1)
    return np.where(last >= 0, filled, np.nan)


def own_centre(block, terms):
    """Each series about its own mean (about zero where there is no constant)."""
    n = len(block.codes)
    shift, means = np.zeros(n), np.zeros((n, terms.n_covariates))
    middle = np.zeros(n)
    if terms.has_constant:
        shift = np.nanmean(block.values, axis=1)
        inside = np.arange(block.values.shape[1]) < block.lengths[:, None]
        means = np.mean(block.covariates, axis=1, where=inside[:, :, None])
        middle = (block.lengths + 1) / 2
    return Centre(shift, np.ones(n), middle, block.lengths.astype(float), means)


def design(block, terms, centre, orders=None):
    """Regression rows of a block.

    Parameters
    ----------
    orders : ndarray of shape (n,), default=None
        How many of ``terms.lags`` each series uses; None for all.

    Returns
    -------
    columns : ndarray of shape (n, n_times, n_columns)
        Zero in rows that are no regression rows.
    target : ndarray of shape (n, n_times)
    rows : ndarray of shape (n, n_times)
        True where the target and all lags in use are known.
    """
    n, n_times = block.values.shape
    scale = centre.scale[:, None]
    columns = np.empty((n, n_times, terms.n_columns))
    columns[:, :, terms.constant_columns] = 1.0
    if "t" in terms.trend:
        index = np.arange(1, n_times + 1) - centre.middle[:, None]
        columns[:, :, terms.trend_columns.start] = index / centre.span[:, None]
    columns[:, :, terms.seasonal_columns] = terms.dummies(block.positions)
    columns[:, :, terms.covariate_columns] = (
        block.covariates - centre.covariates[:, None, :]
    )
    target = (block.values - centre.shift[:, None]) / scale
    lagged = (block.lagged - centre.shift[:, None]) / scale
    lags = _lag_matrix(lagged, terms)
    rows = ~np.isnan(target) & _lags_known(lags, orders)
    if orders is not None:
        lags = np.where(np.arange(lags.shape[2]) < orders[:, None, None], lags, 0.0)
    columns[:, :, terms.lag_columns] = lags
    columns[~rows] = 0.0
    return columns, np.where(rows, target, 0.0), rows


def _lag_matrix(values, terms):
    """Lags of each time, shape (n, n_times, n_lags); a view of padded values."""
    if not terms.lags:
        return np.empty((*values.shape, 0))
    depth = terms.max_lag
    padded = np.pad(values, ((0, 0), (depth, 0)), constant_values=np.nan)
    windows = sliding_window_view(padded, depth + 1, axis=1)
    return windows[:, :, depth - np.asarray(terms.lags)]


def _lags_known(lags, orders):
    known = ~np.isnan(lags)
    if orders is not None:
        known |= np.arange(lags.shape[2]) >= orders[:, None, None]
    return known.all(axis=2)


def fit_separate(history, covariates, terms, alpha, orders=None):
    """Coefficients of each series by its own least squares.

    Returns
    -------
    coef : ndarray of shape (n_series, n_columns)
        In the units of the data.
    sigma : ndarray of shape (n_series,)
        Root mean squared residual.
    """
    coef = np.zeros((history.n_series, terms.n_columns))
    sigma = np.zeros(history.n_series)
    missing = _solve_blocks(history, covariates, terms, alpha, orders, coef, sigma)
    if len(missing):
        # gaps leave too few complete rows: let lags read the last known value
        missing = _solve_blocks(
            history, covariates, terms, alpha, orders, coef, sigma, codes=missing
        )
    _level_only(history, terms, missing, coef, sigma)
    return coef, sigma


def _solve_blocks(
    history, covariates, terms, alpha, orders, coef, sigma, *, codes=None
):
    """Solve block by block into coef and sigma; return the series with too few rows."""
    missing = []
    fill = codes is not None
    for block in iterate_blocks(
        history, covariates, terms.n_columns + 1, fill=fill, codes=codes
    ):
        centre = own_centre(block, terms)
        used = None if orders is None else orders[block.codes]
        columns, target, rows = design(block, terms, centre, used)
        gram, moment = _moments(columns, target)
        solution = solve(gram, moment, _penalty(gram, terms, alpha))
        residual = target - np.matmul(columns, solution[:, :, None])[:, :, 0]
        n_rows = rows.sum(axis=1)
        n_terms = np.count_nonzero(np.diagonal(gram, axis1=1, axis2=2) > 0, axis=1)
        enough = n_rows > np.maximum(n_terms, _min_terms(terms, used))
        variance = np.sum(residual**2, axis=1) / np.maximum(n_rows, 1)
        kept = block.codes[enough]
        coef[kept] = _to_data_units(solution, terms, centre)[enough]
        sigma[kept] = np.sqrt(variance[enough])
        missing.append(block.codes[~enough])
    return np.concatenate(missing) if missing else np.empty(0, dtype=np.int64)


def _min_terms(terms, orders):
    """Terms that need a row each, collinear or not."""
    if orders is None:
        return terms.n_columns
    return terms.n_columns - len(terms.lags) + orders


def _level_only(history, terms, codes, coef, sigma):
    """Series too short for their terms: their mean, and nothing else."""
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
    coef[codes] = 0.0
    if terms.has_constant:
        coef[codes, 0] = mean
    elif terms.season:
        coef[codes, terms.seasonal_columns] = mean[:, None]


def fit_pooled(history, covariates, terms, alpha, scale, codes):
    """One set of coefficients for all series, after division by ``scale``.

    Parameters
    ----------
    scale : ndarray of shape (n_series,)
    codes : ndarray
        The series to learn from.

    Returns
    -------
    coef : ndarray of shape (n_series, n_columns)
        The shared coefficients in the units of each series' data.
    sigma : ndarray of shape (n_series,)
    """
    n_columns = terms.n_columns
    shared = _shared_centre(history, covariates, terms, scale)
    for fill in (False, True):
        # lags read across gaps only where that leaves too few complete rows
        blocks = iterate_blocks(
            history, covariates, n_columns + 1, fill=fill, codes=codes
        )
        gram, moment, squares, n_rows = _summed_moments(blocks, terms, shared)
        if n_rows > n_columns:
            break
    coef = np.zeros((history.n_series, n_columns))
    sigma = np.zeros(history.n_series)
    if n_rows <= n_columns:
        _level_only(history, terms, np.arange(history.n_series), coef, sigma)
        return coef, sigma
    solution = solve(gram[None], moment[None], _penalty(gram[None], terms, alpha))[0]
    residual = squares - 2 * solution @ moment + solution @ gram @ solution
    everyone = _everyone(history, scale, shared)
    shape = (history.n_series, n_columns)
    coef = _to_data_units(np.broadcast_to(solution, shape), terms, everyone)
    return coef, scale * np.sqrt(max(residual, 0.0) / n_rows)


def _summed_moments(blocks, terms, shared):
    gram = np.zeros((terms.n_columns, terms.n_columns))
    moment, squares, n_rows = np.zeros(terms.n_columns), 0.0, 0
    for block in blocks:
        columns, target, rows = design(block, terms, shared(block))
        block_gram, block_moment = _moments(columns, target)
        gram += block_gram.sum(axis=0)
        moment += block_moment.sum(axis=0)
        squares += np.sum(target**2)
        n_rows += int(rows.sum())
    return gram, moment, squares, n_rows


def _shared_centre(history, covariates, terms, scale):
    """One centre for all series, as a function of the block."""
    shift, means, middle = 0.0, np.zeros(terms.n_covariates), 0.0
    if terms.has_constant:
        shift = np.nanmean(history.data / np.repeat(scale, history.lengths))
        means = covariates.mean(axis=0)
        middle = (history.lengths.max() + 1) / 2
    span = float(history.lengths.max())

    def centre(block):
        n, own = len(block.codes), scale[block.codes]
        return Centre(
            shift * own,
            own,
            np.full(n, middle),
            np.full(n, span),
            np.broadcast_to(means, (n, len(means))),
        )

    return centre


def _everyone(history, scale, shared):
    codes = np.arange(history.n_series)
    none = np.empty((len(codes), 0))
    return shared(Block(codes, none, none, none, none, history.lengths))


def select_orders(history, covariates, terms, criterion):
    """Number of lags of each series by an information criterion.

    All orders 0..len(lags) of a series are compared on the same rows, those for
    which every lag is known. One Cholesky factor of the moments holds the residuals
    of all of them: the residual sum of squares with the first p lags is the target's
    last pivot plus what the later lags explain.

    Parameters
    ----------
    criterion : {"aic", "bic"}

    Returns
    -------
    ndarray of shape (n_series,)
    """
    orders = np.zeros(history.n_series, dtype=np.int64)
    n_lags, n_fixed = len(terms.lags), terms.lag_columns.start
    counts = n_fixed + np.arange(n_lags + 1)
    for block in iterate_blocks(history, covariates, terms.n_columns + 1):
        columns, target, rows = design(block, terms, own_centre(block, terms))
        n_rows = rows.sum(axis=1)[:, None]
        residual = _nested_residuals(*_moments(columns, target), target, n_fixed)
        cost = 2.0 if criterion == "aic" else np.log(np.maximum(n_rows, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            score = n_rows * np.log(residual / n_rows) + cost * (1 + counts)
        # a residual of zero (a constant series) needs no lag, too few rows allow none
        score[(residual <= 0) | (n_rows <= counts + 1)] = np.inf
        orders[block.codes] = np.argmin(score, axis=1)
    return orders


def _nested_residuals(gram, moment, target, n_fixed):
    """Residual sums of squares with the first 0, 1, ... lags, shape (n, n_lags + 1)."""
    n, k = moment.shape
    full = np.empty((n, k + 1, k + 1))
    full[:, :k, :k] = gram
    full[:, :k, k] = full[:, k, :k] = moment
    full[:, k, k] = np.sum(target**2, axis=1)
    scale = np.sqrt(np.diagonal(full, axis1=1, axis2=2))
    scale[scale == 0] = 1.0
    full /= scale[:, :, None] * scale[:, None, :]
    # the least that makes collinear columns factorable moves no comparison of orders
    full[:, np.arange(k + 1), np.arange(k + 1)] += 1e-12
    factor = np.linalg.cholesky(full)
    explained = factor[:, k, n_fixed:] ** 2
    residual = np.cumsum(explained[:, ::-1], axis=1)[:, ::-1]
    return residual * scale[:, k, None] ** 2


def _moments(columns, target):
    transposed = columns.transpose(0, 2, 1)
    gram = np.matmul(transposed, columns)
    return gram, np.matmul(transposed, target[:, :, None])[:, :, 0]


def _penalty(gram, terms, alpha):
    """Ridge penalty of each column: alpha times its sum of squares about its mean.

    That is ridge regression on standardised columns, hence free of units. The
    constant, trend and season are not penalised.
    """
    if alpha == 0:
        return None
    squares = np.diagonal(gram, axis1=1, axis2=2).copy()
    if terms.has_constant:
        squares -= gram[:, 0] ** 2 / np.maximum(gram[:, 0, :1], 1.0)
    squares[:, : terms.covariate_columns.start] = 0.0
    return alpha * np.maximum(squares, 0.0)


def solve(gram, moment, penalty=None):
    """Solve symmetric positive semi-definite systems, all at once.

    Collinear columns get the solution of least norm on standardised columns.

    Parameters
    ----------
    gram : ndarray of shape (n, k, k)
    moment : ndarray of shape (n, k)
    penalty : ndarray of shape (n, k), default=None
        Added to the diagonal.

    Returns
    -------
    ndarray of shape (n, k)
    """
    n, k = moment.shape
    if k == 0:
        return np.zeros((n, 0))
    diagonal = np.arange(k)
    if penalty is not None:
        gram = gram.copy()
        gram[:, diagonal, diagonal] += penalty
    scale = np.sqrt(gram[:, diagonal, diagonal])
    empty = scale == 0
    scale = np.where(empty, 1.0, scale)
    system = gram / (scale[:, :, None] * scale[:, None, :])
    right = moment / scale
    singular = _collinear(system, empty)
    solution = np.empty((n, k))
    regular = ~singular
    if regular.any():
        filled = system[regular]
        filled[:, diagonal, diagonal] += empty[regular]
        solution[regular] = np.linalg.solve(filled, right[regular][:, :, None])[:, :, 0]
    if singular.any():
        solution[singular] = _least_norm(system[singular], right[singular])
    return solution / scale


def _collinear(system, empty):
    """Which systems have a column that the columns before it explain."""
    k = system.shape[1]
    lifted = system.copy()
    # empty columns stand alone; the lift keeps exactly singular systems factorable
    lifted[:, np.arange(k), np.arange(k)] += empty + _COLLINEAR / 10
    pivots = np.diagonal(np.linalg.cholesky(lifted), axis1=1, axis2=2)
    return (pivots**2 < _COLLINEAR).any(axis=1)


def _least_norm(system, right):
    values, vectors = np.linalg.eigh(system)
    small = values < 1e-10 * values[:, -1:]
    inverse = np.where(small, 0.0, 1.0 / np.where(small, 1.0, values))
    rotated = np.matmul(vectors.transpose(0, 2, 1), right[:, :, None])[:, :, 0]
    return np.matmul(vectors, (inverse * rotated)[:, :, None])[:, :, 0]


def _to_data_units(solution, terms, centre):
    """Coefficients of centred and scaled columns as those of the data."""
    coef = solution.copy()
    scale = centre.scale[:, None]
    coef[:, : terms.lag_columns.start] *= scale
    lags = coef[:, terms.lag_columns]
    offset = centre.shift * (1.0 - lags.sum(axis=1))
    offset -= np.sum(coef[:, terms.covariate_columns] * centre.covariates, axis=1)
    if "t" in terms.trend:
        column = terms.trend_columns.start
        coef[:, column] /= centre.span
        offset -= coef[:, column] * centre.middle
    if terms.has_constant:
        coef[:, 0] += offset
    return coef
