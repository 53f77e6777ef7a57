# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of lags and windows from a sales history, for any rows in any order.

A row is a series and an origin: the position of the last value that it may use.
Origins lie at or before the last cell of their series. Nothing here looks further.
"""

import numpy as np

from sklearn_sales.preprocessing._sliding_kernels import SlidingWindows
from sklearn_sales.preprocessing._window_kernels import newest_windows, window_length

__all__ = [
    "fill_lags",
    "fill_next_lags",
    "fill_next_windows",
    "fill_windows",
    "steps_since",
]

# Cells that are worked on at once: their temporary arrays stay in the cache.
_BLOCK = 1 << 13


def fill_lags(history, codes, origins, backs, out):
    """Write the value that lies some steps before the origin of each row.

    Parameters
    ----------
    history : History
    codes, origins : ndarray of shape (n_rows,)
    backs : list of int or ndarray of shape (n_rows,)
        Steps before the origin, 0 or more, for each column.
    out : ndarray of shape (n_rows, len(backs))
        Filled; NaN where not observed or outside the span.
    """
    for first in range(0, len(codes), _BLOCK):
        rows = slice(first, first + _BLOCK)
        series = codes[rows]
        age = origins[rows] - history.start[series]
        cell = history.indptr[series] + age
        for column, back in enumerate(backs):
            if not isinstance(back, int):
                back = back[rows]
            _take(history.data, cell - back, age < back, out[rows, column])


def _take(values, cells, outside, out):
    """Write values at cells, and NaN where a cell is outside its series."""
    if out.dtype == values.dtype and out.flags.c_contiguous:
        values.take(cells, mode="clip", out=out)
    else:
        out[:] = values.take(cells, mode="clip")
    np.copyto(out, np.nan, where=outside)


def steps_since(history, codes, origins, mark, *, whole=None):
    """Steps from the last marked cell at or before the origin of each row.

    Parameters
    ----------
    history : History
    codes, origins : ndarray of shape (n_rows,)
    mark : callable
        Which values count: an array of values to an array of booleans.
    whole : bool, default=None
        Look once through the whole history, or back from each row; by default
        whichever is less work.

    Returns
    -------
    ndarray of shape (n_rows,)
        int64, -1 where there is no such cell.
    """
    age = origins - history.start[codes]
    cell = history.indptr[codes] + age
    age = np.where(history.lengths_of(codes) > 0, age, -1)
    if whole is None:
        whole = 8 * len(codes) >= len(history.data)
    if whole:
        numbers = np.arange(len(history.data))
        numbers[~mark(history.data)] = -1
        marked = np.maximum.accumulate(numbers, out=numbers)
        back = cell - marked.take(cell, mode="clip")
    else:
        back = _search_back(history.data, cell, age, mark)
    return np.where((back > age) | (age < 0), -1, back)


def _search_back(data, cell, age, mark):
    """Steps to the last marked cell, by looking twice as far back each time."""
    back = age + 1
    left = np.flatnonzero(age >= 0)
    done, width = 0, 8
    while len(left):
        for first in range(0, len(left), _BLOCK):
            rows = left[first : first + _BLOCK]
            steps = np.arange(done, done + width)[:, None]
            found = mark(data.take(cell[rows] - steps, mode="clip"))
            nearest = done + np.argmax(found, axis=0)
            back[rows] = np.where(found.any(axis=0), nearest, back[rows])
        done += width
        width = min(2 * width, 256)
        left = left[(back[left] >= done) & (age[left] >= done)]
    return back


def fill_windows(history, codes, origins, windows, out, *, whole=None):
    """Write statistics of windows that end at, or some lags before, the origin.

    Parameters
    ----------
    history : History
    codes, origins : ndarray of shape (n_rows,)
    windows : sequence of (statistic, length, lag)
        A window of length L at lag j covers the positions origin - (j - 1) - (L - 1)
        to origin - (j - 1).
    out : ndarray of shape (n_rows, len(windows))
        Filled; NaN where nothing that counts was observed.
    whole : bool, default=None
        Slide over the whole history of the series that the rows name, or gather the
        windows of each row; by default whichever is less work. The answers are the
        same to the last bit.
    """
    if not len(windows):
        return
    counts = np.bincount(codes, minlength=history.n_series)
    if whole is None:
        whole = _sliding_is_less(history.lengths[counts > 0].sum(), len(codes), windows)
    if whole:
        _slide_over_series(history, codes, origins, counts, windows, out)
    else:
        _gather_rows(history, codes, origins, windows, out)


def _sliding_is_less(n_cells, n_rows, windows):
    lengths = [window_length(statistic, length) for statistic, length, _ in windows]
    slide = sum(2 + length.bit_length() for length in lengths)
    return n_cells * slide <= n_rows * sum(lengths)


def _by_lag(windows):
    """Columns and (statistic, length) of the windows that share a lag."""
    groups = {}
    for column, (statistic, length, lag) in enumerate(windows):
        columns, shapes = groups.setdefault(lag, ([], []))
        columns.append(column)
        shapes.append((statistic, length))
    return groups.items()


def _gather_rows(history, codes, origins, windows, out):
    longest = int(history.lengths.max())
    for lag, (columns, shapes) in _by_lag(windows):
        n_times = max(window_length(*shape, longest) for shape in shapes)
        step = max(1, _BLOCK * 4 // n_times)
        for first in range(0, len(codes), step):
            rows = slice(first, first + step)
            newest = origins[rows] - (lag - 1)
            values = _newest_first(history, codes[rows], newest, n_times)
            found = newest_windows(values, shapes, longest)
            for column, value in zip(columns, found, strict=True):
                out[rows, column] = value


def _newest_first(history, codes, newest, n_times):
    """Values at and before some cells, of shape (n_times, n_rows), newest first."""
    back = np.arange(n_times)[:, None]
    age = newest - history.start[codes]
    values = history.data.take(history.indptr[codes] + age - back, mode="clip")
    values[(age < back) | (age - back >= history.lengths_of(codes))] = np.nan
    return values


def _slide_over_series(history, codes, origins, counts, windows, out):
    order = _order_by_series(codes)
    ends = np.cumsum(counts)
    empty = (history.lengths == 0) & (counts > 0)
    if empty.any():
        out[empty[codes]] = np.nan
    present = np.flatnonzero((counts > 0) & ~empty)
    for members, first, found in _slide(history, present, windows):
        n_rows = counts[members]
        if _is_range(members):
            rows = slice(ends[members[0]] - n_rows[0], ends[members[-1]])
        else:
            rows = _ranges(ends[members] - n_rows, n_rows)
        if order is not None:
            rows = order[rows]
        age = origins[rows] - np.repeat(history.start[members], n_rows)
        cell = np.repeat(first, n_rows) + age
        for column, (window, value) in enumerate(zip(windows, found, strict=True)):
            back = window[2] - 1
            if isinstance(rows, slice):
                _take(value, cell - back, age < back, out[rows, column])
            else:
                taken = value.take(cell - back, mode="clip")
                taken[age < back] = np.nan
                out[rows, column] = taken


def fill_next_windows(history, n_series, windows, out):
    """Write the windows known one time before each cell.

    The same as :func:`fill_windows` for all cells of the first series in their order,
    each with the cell before it as its origin, by copies in place of searches.

    Parameters
    ----------
    history : History
    n_series : int
    windows : sequence of (statistic, length, lag)
    out : ndarray of shape (n_cells, len(windows))
        Filled; NaN where nothing that counts was observed.
    """
    if not len(windows):
        return
    lengths = history.lengths[:n_series]
    for members, first, found in _slide(history, np.flatnonzero(lengths), windows):
        n_cells = lengths[members]
        begin = history.indptr[members]
        alike = _is_range(members) and n_cells.min() == n_cells.max()
        shape = len(members), int(n_cells[0])
        for column, (window, value) in enumerate(zip(windows, found, strict=True)):
            lag = min(window[2], shape[1])
            if alike:
                rows = slice(begin[0], begin[-1] + shape[1])
                made = out[rows, column].reshape(shape)
                known = value.reshape(len(members), -1)[:, first[0] :]
                made[:, :lag] = np.nan
                made[:, lag:] = known[:, : shape[1] - lag]
            else:
                age = _ranges(np.zeros_like(n_cells), n_cells)
                cell = np.repeat(first, n_cells) + age - window[2]
                taken = value.take(cell, mode="clip")
                taken[age < window[2]] = np.nan
                out[_ranges(begin, n_cells), column] = taken


def fill_next_lags(history, n_series, lags, out):
    """Write the values some times before each cell.

    The same as :func:`fill_lags` for all cells of the first series in their order, each
    with the cell before it as its origin.

    Parameters
    ----------
    history : History
    n_series : int
    lags : list of int
        Steps before the cell, 1 or more, for each column.
    out : ndarray of shape (n_cells, len(lags))
        Filled; NaN before the first cell of a series.
    """
    lengths, indptr = history.lengths[:n_series], history.indptr[:n_series]
    for column, lag in enumerate(lags):
        made = out[:, column]
        made[lag:] = history.data[: max(len(made) - lag, 0)]
        made[_ranges(indptr, np.minimum(lengths, lag))] = np.nan


def _slide(history, present, windows):
    """Windows at each cell of some series, a block of them at a time.

    Yields
    ------
    members : ndarray of shape (n_members,)
    first : ndarray of shape (n_members,)
        Where the first cell of each stands in the arrays that follow.
    found : list of ndarray of shape (n_cells_and_gaps,)
        One for each window, without its lag.
    """
    # windows that differ in their lag alone are made once
    shapes = [(statistic, length) for statistic, length, _ in windows]
    distinct = list(dict.fromkeys(shapes))
    lengths, sliding = history.lengths, None
    for members in _blocks(lengths, present):
        longest = int(lengths[members].max())
        if sliding is None or 2 * longest <= sliding.longest:
            # the gaps before short series are no longer than those need
            sliding = SlidingWindows(distinct, longest)
        first = sliding.gap * np.arange(1, len(members) + 1)
        first[1:] += np.cumsum(lengths[members])[:-1]
        values = _block_values(history, members, lengths[members], first)
        made = dict(zip(distinct, sliding.slide(values), strict=True))
        yield members, first, [made[shape] for shape in shapes]


def _order_by_series(codes):
    """Rows in the order of their series; None where they are in it already."""
    if not np.any(codes[1:] < codes[:-1]):
        return None
    # small integers are sorted by counting
    small = codes.astype(np.uint16) if codes.max() < 1 << 16 else codes
    return np.argsort(small, kind="stable")


def _blocks(lengths, present):
    """Series in blocks of some cells, no series twice as long as one of its block.

    Flat arrays are worked on at once: more of them than of tables pay for the calls.
    """
    lengths = lengths[present]
    order = np.argsort(-lengths, kind="stable")
    present, lengths = present[order], lengths[order]
    first = 0
    while first < len(present):
        longest = max(int(lengths[first]), 1)
        size = max(1, 2 * _BLOCK // longest)
        similar = np.searchsorted(-lengths, -((longest + 1) // 2), side="right")
        last = min(first + size, max(similar, first + 1))
        yield present[first:last]
        first = last


def _is_range(members):
    return bool(np.all(np.diff(members) == 1))


def _block_values(history, members, lengths, first):
    """Values of some series, each from its place on, and NaN between them."""
    gap = first[0]
    begin, longest = history.indptr[members], lengths[0]
    if _is_range(members) and lengths.min() == lengths.max():
        values = np.empty((len(members), gap + longest))
        values[:, :gap] = np.nan
        cells = history.data[begin[0] : begin[-1] + longest]
        values[:, gap:] = cells.reshape(-1, longest)
        return values.ravel()
    values = np.full(first[-1] + lengths[-1], np.nan)
    values[_ranges(first, lengths)] = history.data[_ranges(begin, lengths)]
    return values


def _ranges(starts, counts):
    """The numbers from each start on, as many as its count, one after the other."""
    shift = np.repeat(starts - np.cumsum(counts) + counts, counts)
    return shift + np.arange(counts.sum())
