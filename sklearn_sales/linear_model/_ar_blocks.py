# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regression rows of many autoregressions, block by block.

Series are taken in blocks of similar length. A block's regression rows are laid out
as one array of shape (n_series, n_columns + 1, n_times), the target last, so that
its normal equations are one batched product.
"""

from dataclasses import dataclass, fields

import numpy as np

__all__ = [
    "Block",
    "Centre",
    "SharedCentre",
    "block_end",
    "design",
    "iterate_blocks",
    "never_moves",
    "own_centre",
    "standardise",
    "time_index",
    "to_data_units",
]

# Number of floats of one block's design: bounds the memory of a fit, however many
# series there are.
_BLOCK_SIZE = 2_000_000

# A covariate that moves less than this share of its mean is rounding noise.
_FLAT = 1e-10


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
    start, lengths : ndarray of shape (n,)
    """

    codes: np.ndarray
    values: np.ndarray
    lagged: np.ndarray
    covariates: np.ndarray
    start: np.ndarray
    lengths: np.ndarray

    @property
    def is_full(self):
        """Whether no series has padding."""
        return self.lengths.min() == self.values.shape[1]

    @property
    def inside(self):
        """True for the cells of a series, False in its padding."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]


@dataclass(frozen=True)
class Centre:
    """What is subtracted and divided before solving.

    Centred columns keep the normal equations well-conditioned; the coefficients
    are brought back to the units of the data by :func:`to_data_units`.

    Attributes
    ----------
    shift, scale : ndarray of shape (n,)
        Of sales.
    middle, span : ndarray of shape (n,)
        Of the linear trend.
    covariates : ndarray of shape (n, n_covariates)
        Means of the covariates.
    flat : ndarray of shape (n, n_covariates)
        Covariates that never move where a constant says the same: they get no
        coefficient.
    """

    shift: np.ndarray
    scale: np.ndarray
    middle: np.ndarray
    span: np.ndarray
    covariates: np.ndarray
    flat: np.ndarray

    def take(self, which):
        """The centre of some of the series."""
        return Centre(*(getattr(self, f.name)[which] for f in fields(self)))

    @classmethod
    def concatenate(cls, parts):
        """The centres of several blocks as one."""
        names = [f.name for f in fields(cls)]
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def iterate_blocks(history, covariates, codes, *, n_columns, fill=False):
    """Blocks of series of similar length.

    Parameters
    ----------
    history : History
    covariates : ndarray of shape (n_cells, n_covariates)
        Covariates of each cell of the history.
    codes : ndarray
        The series wanted; those without an observation are left out.
    n_columns : int
        Columns of the design, to bound its size.
    fill : bool, default=False
        Whether lags that fall on a gap read the last known value.
    """
    lengths = history.lengths
    codes = codes[lengths[codes] > 0]
    codes = codes[np.argsort(lengths[codes], kind="stable")]
    first = 0
    while first < len(codes):
        last = block_end(lengths[codes], first, n_columns)
        yield _make_block(history, covariates, codes[first:last], fill)
        first = last


def block_end(lengths, first, n_columns):
    """How far a block reaches: up to its size, and to twice its shortest series."""
    last = np.searchsorted(lengths, 2 * lengths[first], side="right")
    sizes = np.arange(1, last - first + 1) * lengths[first:last] * n_columns
    return first + max(int(np.searchsorted(sizes, _BLOCK_SIZE)), 1)


def _make_block(history, covariates, codes, fill):
    lengths = history.lengths[codes]
    if lengths[0] == lengths[-1] and np.all(np.diff(codes) == 1):
        # side by side in the history: nothing is copied
        cells = slice(history.indptr[codes[0]], history.indptr[codes[-1] + 1])
    else:
        times = np.arange(lengths[-1])
        cells = history.indptr[codes][:, None] + times
        np.minimum(cells, len(history.data) - 1, out=cells)
    shape = len(codes), lengths[-1]
    values = history.data[cells].reshape(shape)
    if lengths[0] < lengths[-1]:
        values[times >= lengths[:, None]] = np.nan
    lagged = forward_fill(values) if fill else values
    start = history.start[codes]
    covariates = covariates[cells].reshape(*shape, covariates.shape[1])
    return Block(codes, values, lagged, covariates, start, lengths)


def forward_fill(values):
    """Last known value along the last axis."""
    known = np.where(np.isnan(values), -1, np.arange(values.shape[-1]))
    last = np.maximum.accumulate(known, axis=-1)
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=-1)
    return np.where(last >= 0, filled, np.nan)


def own_centre(block, terms):
    """Each series about its own mean (about zero where there is no constant)."""
    n, k = len(block.codes), terms.n_covariates
    shift, middle = np.zeros(n), np.zeros(n)
    means, flat = np.zeros((n, k)), np.zeros((n, k), dtype=bool)
    if terms.has_constant:
        # measured from the first value, so that a constant is centred to zero exactly
        first = block.values[:, :1]
        shift = first[:, 0] + _row_means(block.values - first)
        means, flat = _covariate_means(block.covariates, block.inside)
        middle = (block.lengths + 1) / 2
    span = block.lengths.astype(float)
    return Centre(shift, np.ones(n), middle, span, means, flat)


def _row_means(values):
    """Means of the observed values of each row."""
    sums = values.sum(axis=1)
    if not np.isnan(sums).any():
        return sums / values.shape[1]
    return np.nanmean(values, axis=1)


def _covariate_means(covariates, inside):
    """Means of covariates over time, and which of them never move."""
    inside = inside[:, :, None]
    means = np.mean(covariates, axis=1, where=inside)
    lowest = np.min(covariates, axis=1, where=inside, initial=np.inf)
    highest = np.max(covariates, axis=1, where=inside, initial=-np.inf)
    return means, never_moves(means, lowest, highest)


def never_moves(means, lowest, highest):
    """Whether covariates of these means and ranges are constant but for rounding."""
    return highest - lowest <= _FLAT * np.abs(means)


@dataclass(frozen=True)
class SharedCentre:
    """One centre for all series of a pooled regression, each in its own units.

    Attributes
    ----------
    series_scale : ndarray of shape (n_series,)
        What each series is divided by.
    shift, middle, span : float
        Of sales after that division, and of the linear trend.
    covariates, flat : ndarray of shape (n_covariates,)
    """

    series_scale: np.ndarray
    shift: float
    middle: float
    span: float
    covariates: np.ndarray
    flat: np.ndarray

    @classmethod
    def of(cls, history, covariates, terms, series_scale):
        """The centre of all series of a history together."""
        everywhere = np.ones((1, 1), dtype=bool)
        means, flat = _covariate_means(covariates[None], everywhere)
        return cls.about(history, means[0], flat[0], terms, series_scale)

    @classmethod
    def about(cls, history, means, flat, terms, series_scale):
        """The same, with the means of the covariates and which never move as told."""
        k, span = terms.n_covariates, float(history.lengths.max())
        if not terms.has_constant:
            return cls(series_scale, 0.0, 0.0, span, np.zeros(k), np.zeros(k, bool))
        scaled = history.data / np.repeat(series_scale, history.lengths)
        middle = (span + 1) / 2
        return cls(series_scale, np.nanmean(scaled), middle, span, means, flat)

    def at(self, codes):
        """The centre of some series."""
        scale, shape = self.series_scale[codes], (len(codes), len(self.flat))
        return Centre(
            self.shift * scale,
            scale,
            np.full(len(codes), self.middle),
            np.full(len(codes), self.span),
            np.broadcast_to(self.covariates, shape),
            np.broadcast_to(self.flat, shape),
        )

    def __call__(self, block, terms):
        return self.at(block.codes)


def design(block, terms, centre):
    """Regression rows of a block.

    Returns
    -------
    columns : ndarray of shape (n, n_columns + 1, n_times)
        The terms and, last, the target; zero in rows that are no regression rows.
    rows : ndarray of shape (n, n_times)
        True where the target and all lags are known.
    """
    n, n_times = block.values.shape
    columns = np.zeros((n, terms.n_columns + 1, n_times))
    columns[:, terms.constant_columns] = 1.0
    if terms.has_trend:
        columns[:, terms.trend_columns.start] = time_index(n_times, centre)
    if terms.season:
        positions = block.start[:, None] + np.arange(n_times)
        dummies = terms.dummies(positions)
        columns[:, terms.seasonal_columns] = dummies.transpose(0, 2, 1)
    if terms.n_covariates:
        centred = block.covariates - centre.covariates[:, None, :]
        centred[np.broadcast_to(centre.flat[:, None, :], centred.shape)] = 0.0
        columns[:, terms.covariate_columns] = centred.transpose(0, 2, 1)
    rows = ~np.isnan(block.values)
    columns[:, -1] = np.where(rows, standardise(block.values, centre), 0.0)
    known = ~np.isnan(block.lagged)
    lagged = np.where(known, standardise(block.lagged, centre), 0.0)
    for column, lag in enumerate(terms.lags, terms.lag_columns.start):
        columns[:, column, lag:] = lagged[:, : max(n_times - lag, 0)]
        rows[:, lag:] &= known[:, : max(n_times - lag, 0)]
    rows[:, : terms.max_lag] = False
    columns *= rows[:, None, :]
    return columns, rows


def standardise(values, centre):
    """Sales of a block, centred and scaled."""
    values = values - centre.shift[:, None]
    values /= centre.scale[:, None]
    return values


def time_index(n_times, centre):
    """The linear trend, centred and scaled, shape (n, n_times)."""
    return (np.arange(1, n_times + 1) - centre.middle[:, None]) / centre.span[:, None]


def to_data_units(solution, terms, centre):
    """Coefficients of centred and scaled columns as those of the data."""
    coef = solution.copy()
    coef[:, : terms.lag_columns.start] *= centre.scale[:, None]
    offset = centre.shift * (1.0 - coef[:, terms.lag_columns].sum(axis=1))
    offset -= np.sum(coef[:, terms.covariate_columns] * centre.covariates, axis=1)
    if terms.has_trend:
        column = terms.trend_columns.start
        coef[:, column] /= centre.span
        offset -= coef[:, column] * centre.middle
    if terms.has_constant:
        coef[:, 0] += offset
    return coef
