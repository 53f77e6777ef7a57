# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Random histories for the tests of autoregressions."""

import numpy as np

from sklearn_sales.panel import History


def make_history(lengths, seed=0, gaps=0.0, start=None):
    """Series of normal sales; their ends are always observed."""
    rng = np.random.default_rng(seed)
    parts = []
    for length in lengths:
        values = 10 + 0.05 * np.arange(length) + rng.normal(size=length)
        if length > 2:
            values[1:-1][rng.random(length - 2) < gaps] = np.nan
        parts.append(values)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    start = np.zeros(len(lengths), dtype=np.int64) if start is None else start
    return History(np.concatenate(parts), indptr, np.asarray(start))


def no_covariates(history):
    return np.empty((len(history.data), 0))


def everyone(history):
    return np.arange(history.n_series)


def full_orders(history, terms):
    return np.full(history.n_series, len(terms.lags))
