# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Groups of rows that have combination weights of their own."""

import numpy as np
import pandas as pd

from sklearn_sales.ensemble._stack_weights import pooled_weights
from sklearn_sales.ensemble._trimmed_mean import trimmed_mean
from sklearn_sales.panel import column_index

__all__ = ["ColumnGroups", "GroupedWeights", "StepGroups"]


class GroupedWeights:
    """Weights of each group of rows, drawn to those of all rows.

    Parameters
    ----------
    weights_by : str or int
        ``"step"``, or a column of the table.
    table : Table
        The training table.
    steps, rows : ndarray of shape (n_rows,)
        Step ahead, and number in the table, of the rows to learn from.
    errors : ndarray of shape (n_rows, n_members)
    overall : SimplexRegressor
        Fitted on all these rows.
    pooling : float
        Rows that its weights count for in a group.
    row_weights : array-like of shape (n_rows,) or None
    """

    def __init__(
        self, weights_by, table, steps, rows, *, errors, overall, pooling, row_weights
    ):
        self._by_step = weights_by == "step"
        if not self._by_step:
            self._column = column_index(table, weights_by, "weights_by")
        values = self._values(table, steps, rows)
        if self._by_step:
            self._groups = StepGroups(values)
        else:
            self._groups = ColumnGroups(values, table.names[self._column])
        weights = pooled_weights(
            errors,
            self._groups.encode(values),
            len(self._groups.labels),
            overall=overall.coef_,
            row_weights=None if row_weights is None else np.asarray(row_weights),
            loss=overall.loss,
            shrinkage=pooling,
        )
        # rows of no group have code -1, which takes the last line
        self._weights = np.vstack([weights, overall.coef_])
        self._trim = overall.trim

    def combine(self, table, steps, forecasts):
        """Answers of the rows of a table from the forecasts of the members."""
        values = self._values(table, steps, slice(None))
        codes = self._groups.encode(values)
        return trimmed_mean(forecasts, self._weights[codes], self._trim)

    def _values(self, table, steps, rows):
        if self._by_step:
            return steps
        return np.asarray(table.column(self._column))[rows]

    def frame(self, names):
        """One row for each group, one column for each member."""
        return pd.DataFrame(self._weights[:-1], self._groups.labels, names)


class StepGroups:
    """Blocks of steps ahead that double in length: 1, 2-3, 4-7, 8-15 and so on.

    Parameters
    ----------
    steps : ndarray of shape (n_rows,)
        Steps of the training rows, 1 or more. Later steps belong to the last block.
    """

    def __init__(self, steps):
        self._last = int(_block(steps.max()))
        labels = [_block_label(block) for block in range(self._last + 1)]
        self.labels = pd.Index(labels, name="step")

    def encode(self, steps):
        """Block of each row; rows of the training span belong to the first."""
        return np.minimum(_block(np.maximum(steps, 1)), self._last)


def _block(steps):
    # the exponent of 2 in a whole number, exactly
    return np.frexp(steps)[1].astype(np.int64) - 1


def _block_label(block):
    first, last = 2**block, 2 ** (block + 1) - 1
    return str(first) if first == last else f"{first}-{last}"


class ColumnGroups:
    """The values of one column of X.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        The column in the training rows.
    name : object
        Its name.
    """

    def __init__(self, values, name):
        found = pd.Index(pd.unique(_plain(values)), name=name)
        found = found[~found.isna()]
        try:
            self.labels = found.sort_values()
        except TypeError:  # values of mixed types keep the order of their rows
            self.labels = found

    def encode(self, values):
        """Number of each row's value; -1 where it is missing or new."""
        values = _plain(values)
        codes = self.labels.get_indexer(pd.Index(values))
        return np.where(pd.isna(values), -1, codes)


def _plain(values):
    return pd.Series(np.asarray(values)).infer_objects()
