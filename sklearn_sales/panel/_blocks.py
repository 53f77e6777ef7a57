# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series of similar length side by side, for work that is vectorised over series."""

import numpy as np

__all__ = ["block_cells", "length_blocks"]


def length_blocks(lengths, size, codes=None):
    """Yield codes of series, the shortest first, in blocks of bounded size.

    Parameters
    ----------
    lengths : ndarray of shape (n_series,)
        Series without a cell are in no block.
    size : int
        Greatest number of cells of a block, padding included (a single longer series
        is a block of its own). No series is padded to more than twice its length.
    codes : ndarray, default=None
        The series wanted; None for all.
    """
    codes = np.arange(len(lengths)) if codes is None else codes
    codes = codes[lengths[codes] > 0]
    codes = codes[np.argsort(lengths[codes], kind="stable")]
    ordered = lengths[codes]
    first = 0
    while first < len(codes):
        reach = np.searchsorted(ordered, 2 * ordered[first], side="right")
        sizes = np.arange(1, reach - first + 1) * ordered[first:reach]
        last = first + max(int(np.searchsorted(sizes, size, side="right")), 1)
        yield codes[first:last]
        first = last


def block_cells(history, codes):
    """Cells of a block of series, left-aligned.

    Returns
    -------
    cells : ndarray of shape (n, n_times)
        Indices into the history's flat arrays; those of the padding are valid but
        belong to other series.
    inside : ndarray of shape (n, n_times)
        False in the padding.
    """
    lengths = history.lengths_of(codes)
    times = np.arange(lengths.max())
    cells = np.minimum(history.indptr[codes][:, None] + times, len(history.data) - 1)
    return cells, times < lengths[:, None]
