# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Residuals drawn for sample paths, the same whichever series are asked for."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_sales.panel._hashing import mix

__all__ = ["ResidualShocks", "Residuals"]


class Residuals:
    """Residuals of training rows, by series.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        NaN where not observed.
    codes : ndarray of shape (n_rows,)
    n_series : int
        Series without residuals, and new ones, share those of all.
    """

    def __init__(self, values, codes, n_series):
        known = np.flatnonzero(~np.isnan(values))
        known = known[np.argsort(codes[known], kind="stable")]
        self.values = values[known]
        self.counts = np.bincount(codes[known], minlength=n_series + 1)
        self.starts = np.cumsum(self.counts) - self.counts
        none = self.counts == 0
        self.starts[none], self.counts[none] = 0, len(self.values)

    def renumber(self, parents):
        """Follow the series to their numbers in an updated panel."""
        self.starts, self.counts = self.starts[parents], self.counts[parents]

    def draw(self, codes, hashes):
        """One residual of each series, as uint64 hashes choose."""
        return self.values[
            self.starts[codes]
            + (hashes % self.counts[codes].astype(np.uint64)).astype(int)
        ]


class ResidualShocks:
    """Shocks of a recursion with several paths for each series.

    A draw is a fixed function of the seed, the series, the step and the path, so that
    a path does not depend on what else is asked for.
    """

    def __init__(self, residuals, series_hashes, n_paths, random_state):
        seed = check_random_state(random_state).randint(2**31)
        self._residuals = residuals
        self._hashes = mix(series_hashes ^ np.uint64(seed))
        self._n_paths = n_paths

    def __call__(self, codes, step):
        """Shocks of a step for codes that hold every series n_paths times in turn."""
        paths = np.arange(self._n_paths, dtype=np.uint64)
        path = np.repeat(paths, len(codes) // self._n_paths)
        hashes = mix(mix(self._hashes[codes] ^ np.uint64(step)) ^ path)
        return self._residuals.draw(codes, hashes)
