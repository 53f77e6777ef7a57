# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
r"""Seasonal indices of many series, each as far from its group as it can show.

A series of sales has few cycles of its season: two Christmases in a weekly history.
Its own index of a phase, sales over trend summed over the cycles, is therefore noisy.
The trend is a moving average over whole seasons at first, then of the adjusted sales,
which reaches to both ends: a season more to learn from.
It is shrunk towards the index of its group by the empirical Bayes rule

.. math:: f = \mu_g + \frac{\tau^2}{\tau^2 + v} (f_\text{own} - \mu_g)

with v the sampling variance of the own index and :math:`\tau^2` the variance between
series that is more than sampling explains. A group that shows no season has indices
near one, and so has a series with nothing but noise.

References
----------
.. [1] B. Efron and C. Morris, "Data analysis using Stein's estimator and its
   generalizations", Journal of the American Statistical Association 70 (1975),
   311-319.
.. [2] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice",
   3rd ed., OTexts, 2021, section 3.4 (classical decomposition).
"""

from dataclasses import replace

import numpy as np

__all__ = ["centred_trend", "seasonal_indices"]

# How often the trend is learned again from sales without their season.
_ROUNDS = 2

# Phases below this share of the trend are closed days: they tell nothing of the level.
CLOSED = 0.02


def centred_trend(history, season):
    """Moving average over one season around each cell, NaN near the ends.

    Returns
    -------
    ndarray of shape (n_cells,)
    """
    half, odd = season // 2, season % 2
    data = history.data
    observed = ~np.isnan(data)
    offset = np.arange(len(data)) - np.repeat(history.indptr[:-1], history.lengths)
    to_end = np.repeat(history.lengths, history.lengths) - 1 - offset
    inner = np.flatnonzero((offset >= half) & (to_end >= half))
    sums = _window_sums(np.where(observed, data, 0.0), inner, half, odd)
    counts = _window_sums(observed.astype(float), inner, half, odd)
    trend = np.full(len(data), np.nan)
    trend[inner] = sums / np.where(counts > 0, counts, np.nan)
    return trend


def _adjusted_trend(history, indices):
    """Moving average of the adjusted sales over one season, shorter near the ends.

    Without their season, sales are averaged over any window: the half seasons at both
    ends, which a centred average over whole seasons cannot reach, tell too.

    Returns
    -------
    ndarray of shape (n_cells,)
        NaN where nothing around was observed.
    """
    season = indices.shape[1]
    half = season // 2
    offset, phase = _offsets(history, season)
    factor = indices[np.repeat(np.arange(history.n_series), history.lengths), phase]
    # closed days tell nothing of the level
    seen = ~np.isnan(history.data) & (factor >= CLOSED)
    adjusted = np.where(seen, history.data / np.where(seen, factor, 1.0), 0.0)
    to_end = np.repeat(history.lengths, history.lengths) - 1 - offset
    cells = np.arange(len(offset))
    first, stop = cells - np.minimum(offset, half), cells + np.minimum(to_end, half) + 1

    def total(values):
        totals = np.concatenate([[0.0], np.cumsum(values)])
        return totals[stop] - totals[first]

    counts = total(seen.astype(float))
    return total(adjusted) / np.where(counts > 0, counts, np.nan)


def _offsets(history, season):
    """How far each cell is from the start of its series, and its phase."""
    offset = np.arange(len(history.data)) - np.repeat(
        history.indptr[:-1], history.lengths
    )
    return offset, (offset + np.repeat(history.start, history.lengths)) % season


def _window_sums(values, inner, half, odd):
    """Sums over 2 * half + 1 cells; of an even season the two ends count half."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    sums = totals[inner + half + 1] - totals[inner - half]
    if not odd:
        sums -= 0.5 * (values[inner - half] + values[inner + half])
    return sums


def seasonal_indices(history, season, groupings):
    """Multiplicative indices of each series and phase.

    Parameters
    ----------
    history : History
    season : int
        Number of phases; the phase is the calendar position modulo the season.
    groupings : list of ndarray of shape (n_series,)
        Group codes by which series may be alike; the one whose groups tell most about
        their members is taken.

    Returns
    -------
    ndarray of shape (n_series, season)
        Mean one over the phases. Ones for series whose sales are not positive on the
        whole, such as differences.
    """
    scaled, positive = _over_level(history)
    trend = centred_trend(scaled, season)
    for _ in range(_ROUNDS):
        indices = _learn_indices(scaled, trend, season, groupings, positive)
        trend = _adjusted_trend(scaled, indices)
    return _learn_indices(scaled, trend, season, groupings, positive)


def _learn_indices(scaled, trend, season, groupings, positive):
    """Indices for a known trend, each drawn to its group's and that to the panel's."""
    own, variance = _own_indices(scaled, trend, season)
    variance[~positive] = np.inf
    # whole panel about no season, group about the whole panel, series about its group
    everyone = np.zeros(len(own), dtype=np.int64)
    indices = np.ones_like(own)
    for groups in (everyone, *_most_telling(own, variance, groupings)):
        groups = np.where(positive, groups, -1)
        pool = scaled.pooled(groups, int(groups.max()) + 1)
        priors = np.ones((pool.n_series, season))
        priors[groups[positive]] = indices[positive]
        pool_trend = replace(scaled, data=trend).pooled(groups, pool.n_series).data
        shrunk = _shrink(*_own_indices(pool, pool_trend, season), priors)
        indices[positive] = shrunk[groups[positive]]
    indices = np.maximum(_shrink(own, variance, indices), 0.0)
    indices[~positive] = 1.0
    return indices / indices.mean(axis=1, keepdims=True)


def _over_level(history):
    """Each series over its mean, and which series have a level to speak of."""
    codes = np.repeat(np.arange(history.n_series), history.lengths)
    seen = ~np.isnan(history.data)

    def mean(values):
        sums = np.bincount(codes[seen], values[seen], minlength=history.n_series)
        counts = np.bincount(codes[seen], minlength=history.n_series)
        return sums / np.maximum(counts, 1)

    level = mean(history.data)
    # returns make single sales negative; a series of both signs has no level
    positive = (level > 0) & (mean(np.minimum(history.data, 0.0)) > -0.1 * level)
    scale = np.where(positive, level, 1.0)
    return replace(history, data=history.data / scale[codes]), positive


def _own_indices(history, trend, season):
    """Index of each series and phase, and its sampling variance (inf if unknown)."""
    shape = (history.n_series, season)
    codes = np.repeat(np.arange(history.n_series), history.lengths)
    _, phase = _offsets(history, season)
    kept = ~np.isnan(trend) & ~np.isnan(history.data)
    cell = (codes * season + phase)[kept]
    sales, level = history.data[kept], trend[kept]

    def total(values):
        return np.bincount(cell, weights=values, minlength=shape[0] * season)

    counts, levels = total(np.ones(len(cell))), total(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = total(sales) / levels
        squares = total((sales - own[cell] * level) ** 2).reshape(shape).sum(axis=1)
        spare = counts.reshape(shape).sum(axis=1) - season
        noise = np.where(spare > 0, squares / spare, np.inf)
        variance = noise[:, None] * (counts / levels**2).reshape(shape)
    own = own.reshape(shape)
    unknown = ~np.isfinite(own) | ~np.isfinite(variance)
    return np.where(unknown, 1.0, own), np.where(unknown, np.inf, variance)


def _most_telling(own, variance, groupings):
    """The grouping whose other members foretell a series best, if any beats all."""
    if not groupings:
        return []
    whole = np.zeros(len(own), dtype=np.int64)
    best, least = [], _foretold(own, variance, whole)
    for groups in groupings:
        error = _foretold(own, variance, groups)
        if error < least:
            best, least = [groups], error
    return best


def _foretold(own, variance, groups):
    """Mean squared distance of each index from the mean of its group's others."""
    known = np.isfinite(variance).all(axis=1)
    if not known.any():
        return 0.0
    own, groups, variance = own[known], groups[known], variance[known].mean(axis=1)
    sums = np.zeros((int(groups.max()) + 1, own.shape[1]))
    np.add.at(sums, groups, own)
    others = np.bincount(groups)[groups][:, None] - 1
    # a group of one foretells nothing: it is judged by the distance from one
    mean = (sums[groups] - own) / np.maximum(others, 1)
    error = (own - np.where(others > 0, mean, 1.0)) ** 2
    spread = variance + np.median(error)
    weight = 1.0 / np.maximum(spread, 1e-12)  # constants foretell each other exactly
    return np.average(error.mean(axis=1), weights=weight)


def _shrink(values, variances, prior):
    """Empirical Bayes: towards the prior where sampling explains the distance.

    The spread between series about the prior is that of their distances which is
    more than their sampling variances; rows of unknown variance stay at the prior.
    """
    known = np.isfinite(variances).all(axis=1)
    result = prior.copy()
    if not known.any():
        return result
    values, variances, prior = values[known], variances[known], prior[known]
    excess = (values - prior) ** 2 - variances
    overall = max(float(np.mean(excess)), 0.0)
    n = len(values)
    # each phase has a spread of its own (Christmas), known the better the more series
    between = np.maximum((excess.sum(axis=0) + 10 * overall) / (n + 10), 0.0)
    total = between + variances
    share = between / np.where(total > 0, total, 1.0)
    result[known] = prior + share * (values - prior)
    return result
