# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of windows, by merging windows of 1, 2, 4, 8, ... times.

A window of any length is put together from such blocks, the newest first: 28 times are
the newest 4, the 8 before them and the 16 before those. :func:`newest_windows` does so
for single windows, ``RunningWindows`` for histories to which one time after the other
is added, and ``SlidingWindows`` for every time of many series at once. They merge the
same blocks in the same order, by the functions here, so that they agree to the last
bit: a row has the same features in every batch.

References
----------
.. [1] Chan, Golub and LeVeque, "Algorithms for computing the sample variance: analysis
   and recommendations", The American Statistician 37 (1983), 242-247 (the merge of
   counts, means and sums of squared deviations).
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "STATISTICS",
    "blocks_of",
    "finished",
    "join",
    "kind_of",
    "median",
    "merge_weights",
    "newest_windows",
    "share_blocks",
    "split",
    "window_length",
]

# Weights of an exponential mean below this one are left out: less than one bit.
_LEAST_WEIGHT = 1e-17


class _Kind(NamedTuple):
    """How a statistic is computed: values to state, state and state, state to values.

    A state is a tuple of arrays; how many values each window holds is counted beside
    it. Empty windows have a neutral state: merged with another, they leave every bit
    of it as it is.

    Attributes
    ----------
    begin : callable
        Values, values with zero where not observed, and the number observed, 0 or 1,
        to the state of windows of one time.
    merge : callable
        States of older and of newer windows, ``shift`` times later, to that of both,
        in arrays that are given.
    finish : callable
        A state and its count to the statistic, in an array that is given.
    weighs : bool
        Whether a merge takes the weights of :func:`merge_weights`.
    """

    begin: Any
    merge: Any
    finish: Any
    weighs: bool = False


def merge_weights(older, newer, both):
    """Weights of a merge of moments: n_b / n and n_a n_b / n, for counts of windows."""
    share = newer / np.maximum(both, 1.0)
    return share, older * share


def _begin_sum(values, filled, observed):
    return (filled,)


def _begin_zeros(values, filled, observed):
    return ((values == 0).astype(np.float64),)


def _begin_moments(values, filled, observed):
    return filled, np.broadcast_to(np.zeros(1), filled.shape)


def _begin_extreme(values, filled, observed):
    return (values + 0.0,)


def _begin_decayed(values, filled, observed):
    return filled, observed


def _merge_sum(older, newer, out, weights, shift):
    np.add(older[0], newer[0], out=out[0])


def _merge_decayed(older, newer, out, weights, shift, *, decay):
    weight = decay**shift
    for a, b, merged in zip(older, newer, out, strict=True):
        np.multiply(a, weight, out=merged)
        merged += b


def _merge_moments(older, newer, out, weights, shift):
    # mean = mean_a + delta n_b / n and M2 = M2_a + M2_b + delta^2 n_a n_b / n [1]_
    (mean_a, square_a), (mean_b, square_b) = older, newer
    mean, square = out
    share, weight = weights
    np.subtract(mean_b, mean_a, out=square)
    np.multiply(square, share, out=mean)
    mean += mean_a
    square *= square
    square *= weight
    square += square_a
    square += square_b


def _merge_min(older, newer, out, weights, shift):
    np.fmin(older[0], newer[0], out=out[0])


def _merge_max(older, newer, out, weights, shift):
    np.fmax(older[0], newer[0], out=out[0])


def _finish_mean(state, count, out):
    np.divide(state[0], count, out=out)


def _finish_std(state, count, out):
    np.divide(state[1], np.where(count >= 2, count - 1, np.nan), out=out)
    np.sqrt(out, out=out)


def _finish_extreme(state, count, out):
    np.copyto(out, state[0])


def _finish_decayed(state, count, out):
    np.divide(state[0], state[1], out=out)


_KINDS = {
    "mean": _Kind(_begin_sum, _merge_sum, _finish_mean),
    "std": _Kind(_begin_moments, _merge_moments, _finish_std, weighs=True),
    "min": _Kind(_begin_extreme, _merge_min, _finish_extreme),
    "max": _Kind(_begin_extreme, _merge_max, _finish_extreme),
    "zero_share": _Kind(_begin_zeros, _merge_sum, _finish_mean),
}

STATISTICS = ("mean", "std", "min", "max", "median", "zero_share", "ewm")


def kind_of(statistic, length):
    """How a statistic is computed; that of ``"ewm"`` depends on its length."""
    if statistic == "ewm":
        merge = partial(_merge_decayed, decay=_decay(length))
        return _Kind(_begin_decayed, merge, _finish_decayed)
    return _KINDS[statistic]


def _decay(span):
    return 1.0 - 2.0 / (span + 1.0)


def window_length(statistic, length, reach=None):
    """Number of times that a window covers.

    That is its length. An exponential mean of span ``length`` reaches back to the
    first power of two at which the weight (1 - alpha)^i is less than one bit, or which
    is not below ``reach``, the number of times that there are.
    """
    if statistic != "ewm":
        return length
    covered = 1
    while _decay(length) ** covered > _LEAST_WEIGHT:
        if reach is not None and covered >= reach:
            break
        covered *= 2
    return covered


def median(values):
    """Median of what is observed along the last axis, NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.count_nonzero(~np.isnan(ordered), axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, count - 1), axis=-1)
    return ((low + high) / 2)[..., 0]


def share_blocks(windows):
    """Windows that are put together from the same blocks, as lists of their numbers."""
    groups = {}
    for number, (statistic, length, *_) in enumerate(windows):
        # each decay has blocks of its own
        key = statistic, length if statistic == "ewm" else 0
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def blocks_of(covered):
    """The blocks of a window, newest first: level and number of newer times of each."""
    levels = [i for i in range(covered.bit_length()) if covered >> i & 1]
    return [(level, covered & ((1 << level) - 1)) for level in levels]


def split(values):
    """Values, the same with zero where not observed, and the number observed."""
    missing = np.isnan(values)
    # adding zero makes -0.0 a 0.0, so that no order of merging can be seen
    return values, np.where(missing, 0.0, values) + 0.0, (~missing).astype(np.float64)


def newest_windows(values, windows, reach=None):
    """Statistics of single windows.

    Parameters
    ----------
    values : ndarray of shape (n_times, n_windows)
        The newest value first; NaN where not observed or before the first time.
    windows : sequence of (statistic, length)
        None may cover more than ``n_times`` (see :func:`window_length`).
    reach : int, default=None
        All values beyond the newest ``reach`` are NaN.

    Returns
    -------
    list of ndarray of shape (n_windows,)
        Bit for bit what ``SlidingWindows`` has at the newest times.
    """
    parts = split(values)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return [_newest(parts, reach, *window) for window in windows]


def _newest(parts, reach, statistic, length):
    if statistic == "median":
        return median(parts[0][:length].T + 0.0)
    kind = kind_of(statistic, length)
    covered = window_length(statistic, length, reach)
    parts = tuple(a[:covered] for a in parts)
    state, count = kind.begin(*parts), parts[2]
    window = None
    for level, newer in blocks_of(covered):
        some = slice(newer, newer + (1 << level))
        block = _fold(tuple(a[some] for a in state), count[some], kind)
        window = block if window is None else join(block, window, newer, kind)
    return finished(window, kind)


def finished(window, kind):
    """The statistic of a state and its count."""
    out = np.empty(window[1].shape)
    kind.finish(*window, out)
    return out


def _fold(state, count, kind):
    """Merge neighbours until one is left: blocks of 2, of 4, of 8, ... times."""
    shift = 1
    while len(count) > 1:
        older = tuple(a[1::2] for a in state), count[1::2]
        newer = tuple(a[::2] for a in state), count[::2]
        state, count = join(older, newer, shift, kind)
        shift *= 2
    return tuple(a[0] for a in state), count[0]


def join(older, newer, shift, kind):
    """State and count of both of two windows."""
    (older, n_older), (newer, n_newer) = older, newer
    count = n_older + n_newer
    weights = merge_weights(n_older, n_newer, count) if kind.weighs else None
    out = tuple(np.empty(a.shape) for a in newer)
    kind.merge(older, newer, out, weights, shift)
    return out, count
