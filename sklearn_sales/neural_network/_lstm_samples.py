# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which origins a net learns from, and which judge it."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Samples", "choose_samples"]

# Observations that a validation tail should hold, where the span can spare them.
_ENOUGH_TARGETS = 100
_LARGEST_TAIL_SHARE = 5
_SECOND_HORIZON_SHARE = 10
_MOST_VALIDATION_WINDOWS = 2048


@dataclass
class Samples:
    """Origins of the training and the validation windows.

    Attributes
    ----------
    train, valid : tuple of ndarray
        Codes and positions of the origins; `valid` is None without a validation tail.
    cut : int
        Last position whose sales are learned from.
    last : int
        Last position of the panel.
    """

    train: tuple
    valid: tuple | None
    cut: int
    last: int


def choose_samples(history, n_series, horizon, validation_steps, hold_out, seed):
    """Split a panel in time.

    The sales after `cut` judge: they are no target of a training window. The windows
    that judge forecast each of them from every step that lies before it.

    Parameters
    ----------
    history : History
    n_series : int
        Series are the first ones of the history; pools after them are not learned from.
    horizon : int
    validation_steps : int or None
    hold_out : bool
        Whether to hold out the tail, if the span is long enough.
    seed : int
        Draws the validation windows of a large panel.

    Returns
    -------
    Samples
    """
    lengths, start = history.lengths[:n_series], history.start[:n_series]
    alive = lengths > 0
    first, last = int(start[alive].min()), int(history.last[:n_series][alive].max())
    span = last - first + 1
    tail = validation_steps or _tail(span, horizon, int(np.count_nonzero(alive)))
    cut = last - tail
    if hold_out and span >= 2 * tail + 2:
        train = _origins(history, n_series, horizon, first, cut)
        valid = _origins(history, n_series, horizon, cut + 1, last)
        if len(train[0]) and len(valid[0]):
            return Samples(train, _some(valid, seed), cut, last)
    everything = _origins(history, n_series, horizon, first, last)
    return Samples(everything, None, last, last)


def _tail(span, horizon, n_series):
    """Steps held out by default: one horizon, or two where the span is long.

    All series share what befalls the weeks of one horizon, so that it says little about
    the next one, however many there are; in a short span the latest sales are missed.
    Few series hold out more.
    """
    n_horizons = 2 if 2 * horizon <= span // _SECOND_HORIZON_SHARE else 1
    enough = min(-(-_ENOUGH_TARGETS // n_series), span // _LARGEST_TAIL_SHARE)
    return max(n_horizons * horizon, enough)


def _origins(history, n_series, horizon, first, last):
    """Origins from which an observation in first..last is 1..horizon steps ahead."""
    n_cells = history.indptr[n_series]
    cells = np.arange(n_cells)
    codes = np.repeat(np.arange(n_series), history.lengths[:n_series])
    positions = cells + (history.start - history.indptr[:-1])[codes]
    observed = np.zeros(n_cells + 1, dtype=np.int64)
    within = (positions >= first) & (positions <= last)
    np.cumsum(~np.isnan(history.data[:n_cells]) & within, out=observed[1:])
    stop = np.minimum(cells + horizon, history.indptr[1:][codes] - 1)
    chosen = observed[stop + 1] > observed[cells + 1]
    return codes[chosen], positions[chosen]


def _some(origins, seed):
    codes, positions = origins
    if len(codes) <= _MOST_VALIDATION_WINDOWS:
        return origins
    random = np.random.default_rng(seed)
    kept = random.choice(len(codes), _MOST_VALIDATION_WINDOWS, replace=False)
    return codes[np.sort(kept)], positions[np.sort(kept)]
