# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sums over forecasts and sales: of a batch, or of all of them."""

import numpy as np

__all__ = ["SUMS", "add", "column_sums", "empty", "trimmed"]

# What is summed for each time, step and series.
SUMS = ("rows", "absolute_error", "error", "sales", "interval_rows", "covered")

# Tables of sums, and tables of histograms by time.
_TABLES = ("times", "steps", "series")
_HISTOGRAMS = ("inputs", "residuals")


def empty():
    """A tally of nothing."""
    tables = {name: {} for name in (*_TABLES, *_HISTOGRAMS)}
    return {**tables, "new_rows": {}, "batches": []}


def column_sums(labels, columns):
    """Sums of columns over rows with the same label: label -> list.

    Parameters
    ----------
    labels : ndarray of str of shape (n_rows,)
    columns : ndarray of shape (n_rows, n_columns)
    """
    distinct, index = np.unique(labels, return_inverse=True)
    sums = [
        np.bincount(index, weights=column, minlength=len(distinct))
        for column in columns.T
    ]
    return dict(zip(distinct.tolist(), np.transpose(sums).tolist(), strict=True))


def add(tally, batch):
    """Add a batch to a tally, in place."""
    for name in (*_TABLES, "residuals", "new_rows"):
        _add_rows(tally[name], batch[name])
    for time, columns in batch["inputs"].items():
        _add_rows(tally["inputs"].setdefault(time, {}), columns)
    tally["batches"] += batch["batches"]


def _add_rows(table, more):
    for label, values in more.items():
        before = table.get(label)
        both = values if before is None else np.add(before, values).tolist()
        table[label] = both


def trimmed(tally, n_times, n_recent, n_batches, order):
    """Forget old times: of the errors, and sooner of the histograms."""
    times = sorted(tally["times"], key=order)
    kept, recent = set(times[-n_times:]), set(times[-n_recent:])
    result = dict(tally)
    result["times"] = {t: v for t, v in tally["times"].items() if t in kept}
    for name in (*_HISTOGRAMS, "new_rows"):
        result[name] = {t: v for t, v in tally[name].items() if t in recent}
    result["batches"] = tally["batches"][-n_batches:]
    return result
