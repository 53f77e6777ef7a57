# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics of windows, by merging windows of 1, 2, 4, 8, ... times.

A window of any length is put together from such blocks, the newest first: 28 times are
the newest 4, the 8 before them and the 16 before those. :func:`sliding_windows` does so
for every time of many series at once and :func:`newest_windows` for single windows.
Both merge the same blocks in the same order, by the same functions, so that they agree
to the last bit: a row has the same features in every batch.

References
----------
.. [1] Chan, Golub and LeVeque, "Algorithms for computing the sample variance: analysis
   and recommendations", The American Statistician 37 (1983), 242-247 (the merge of
   counts, means and sums of squared deviations).
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

__all__ = ["STATISTICS", "newest_windows", "sliding_windows", "window_length"]

# Values that the sorted windows of a median may take up at once.
_MEDIAN_VALUES = 1 << 19

# Weights of an exponential mean below this one are left out: less than one bit.
_LEAST_WEIGHT = 1e-17


class _Kind(NamedTuple):
    """How a statistic is computed: values to state, state and state, state to values.

    A state is a tuple of arrays. Empty windows have a neutral state: merged with
    another, they leave every bit of it as it is.
    """

    begin: Any
    merge: Any
    finish: Any


def _begin_sum(values, filled, count):
    return filled, count


def _begin_zeros(values, filled, count):
    return (values == 0).astype(np.float64), count


def _begin_moments(values, filled, count):
    return filled, np.zeros_like(filled), count


def _begin_extreme(values, filled, count):
    return (values + 0.0,)


def _merge_sum(older, newer, out, shift):
    for a, b, merged in zip(older, newer, out, strict=True):
        np.add(a, b, out=merged)


def _merge_decayed(older, newer, out, shift, *, decay):
    weight = decay**shift
    for a, b, merged in zip(older, newer, out, strict=True):
        np.multiply(a, weight, out=merged)
        merged += b


def _merge_moments(older, newer, out, shift):
    # mean = mean_a + delta n_b / n and M2 = M2_a + M2_b + delta^2 n_a n_b / n [1]_
    (mean_a, square_a, n_a), (mean_b, square_b, n_b) = older, newer
    mean, square, n = out
    np.add(n_a, n_b, out=n)
    share = n_b / np.maximum(n, 1.0)
    delta = mean_b - mean_a
    np.multiply(delta, share, out=mean)
    mean += mean_a
    delta *= delta
    delta *= n_a * share
    np.add(square_a, square_b, out=square)
    square += delta


def _merge_min(older, newer, out, shift):
    np.fmin(older[0], newer[0], out=out[0])


def _merge_max(older, newer, out, shift):
    np.fmax(older[0], newer[0], out=out[0])


def _finish_ratio(state):
    return state[0] / state[1]


def _finish_std(state):
    _, square, n = state
    return np.sqrt(square / np.where(n >= 2, n - 1, np.nan))


def _finish_extreme(state):
    return state[0]


_KINDS = {
    "mean": _Kind(_begin_sum, _merge_sum, _finish_ratio),
    "std": _Kind(_begin_moments, _merge_moments, _finish_std),
    "min": _Kind(_begin_extreme, _merge_min, _finish_extreme),
    "max": _Kind(_begin_extreme, _merge_max, _finish_extreme),
    "zero_share": _Kind(_begin_zeros, _merge_sum, _finish_ratio),
}

STATISTICS = ("mean", "std", "min", "max", "median", "zero_share", "ewm")


def _kind(statistic, length):
    if statistic == "ewm":
        merge = partial(_merge_decayed, decay=_decay(length))
        return _Kind(_begin_sum, merge, _finish_ratio)
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


def sliding_windows(values, windows):
    """Statistics of the windows that end at each time of each series.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_times)
        NaN where not observed.
    windows : sequence of (statistic, length)

    Returns
    -------
    list of ndarray of shape (n_series, n_times)
        One for each window, over its observed values. Windows that reach before the
        first time use what there is.
    """
    states = _make_states(values)
    levels = {}
    return [_slide(states, levels, *window) for window in windows]


def _make_states(values):
    """Values with zero where not observed, and the number observed: 0 or 1."""
    missing = np.isnan(values)
    # adding zero makes -0.0 a 0.0, so that no order of merging can be seen
    if missing.any():
        return values, np.where(missing, 0.0, values) + 0.0, (~missing).astype(float)
    # the counts of a full block are the same for every series
    return values, values + 0.0, np.ones((1, values.shape[1]))


def _slide(states, levels, statistic, length):
    if statistic == "median":
        return _sliding_median(states[0], length)
    kind = _kind(statistic, length)
    # all lengths of one statistic share their blocks; each decay has its own
    key = (statistic, length if statistic == "ewm" else 0)
    blocks = levels.setdefault(key, [kind.begin(*states)])
    covered = window_length(statistic, length)
    done, window = 0, None
    for level in range(covered.bit_length()):
        if level == len(blocks):
            last = blocks[-1]
            blocks.append(_extend(last, last, 1 << (level - 1), kind.merge))
        if covered >> level & 1:
            block = blocks[level]
            if window is None:
                window = block
            else:
                window = _extend(window, block, done, kind.merge)
            done += 1 << level
    with np.errstate(invalid="ignore", divide="ignore"):
        return kind.finish(window)


def _extend(newer, older, shift, merge):
    """Merge each window with the one that ends ``shift`` times before it."""
    n_times = newer[0].shape[1]
    if shift >= n_times:
        return newer
    out = tuple(np.empty_like(a) for a in newer)
    for merged, a in zip(out, newer, strict=True):
        merged[:, :shift] = a[:, :shift]
    with np.errstate(over="ignore", invalid="ignore"):
        merge(
            tuple(a[:, : n_times - shift] for a in older),
            tuple(a[:, shift:] for a in newer),
            tuple(a[:, shift:] for a in out),
            shift,
        )
    return out


def _sliding_median(values, length):
    n_series, n_times = values.shape
    length = min(length, n_times)
    padded = np.full((n_series, n_times + length - 1), np.nan)
    padded[:, length - 1 :] = values + 0.0
    views = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
    out = np.empty((n_series, n_times))
    step = max(1, _MEDIAN_VALUES // (n_series * length))
    for first in range(0, n_times, step):
        out[:, first : first + step] = _median(views[:, first : first + step])
    return out


def _median(values):
    """Median of what is observed along the last axis, NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.count_nonzero(~np.isnan(ordered), axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, count - 1), axis=-1)
    return ((low + high) / 2)[..., 0]


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
        Bit for bit what :func:`sliding_windows` has at the newest times.
    """
    missing = np.isnan(values)
    filled = np.where(missing, 0.0, values) + 0.0
    states = values, filled, (~missing).astype(np.float64)
    return [_newest(states, reach, *window) for window in windows]


def _newest(states, reach, statistic, length):
    if statistic == "median":
        return _median(states[0][:length].T + 0.0)
    kind = _kind(statistic, length)
    covered = window_length(statistic, length, reach)
    state = kind.begin(*(a[:covered] for a in states))
    done, window = 0, None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for level in range(covered.bit_length()):
            if covered >> level & 1:
                size = 1 << level
                block = _fold(tuple(a[done : done + size] for a in state), kind.merge)
                window = block if window is None else _pair(block, window, done, kind)
                done += size
        return kind.finish(window)


def _fold(state, merge):
    """Merge neighbours until one is left: blocks of 2, of 4, of 8, ... times."""
    shift = 1
    while len(state[0]) > 1:
        out = tuple(np.empty((len(a) // 2, a.shape[1])) for a in state)
        older, newer = tuple(a[1::2] for a in state), tuple(a[::2] for a in state)
        merge(older, newer, out, shift)
        state, shift = out, 2 * shift
    return tuple(a[0] for a in state)


def _pair(older, newer, shift, kind):
    out = tuple(np.empty_like(a) for a in newer)
    kind.merge(older, newer, out, shift)
    return out
