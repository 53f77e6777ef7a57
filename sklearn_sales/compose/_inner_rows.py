# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the regressor inside a ReductionRegressor reads: features and covariates."""

from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from sklearn.utils import get_tags

from sklearn_sales.panel import Rows, Table, is_numeric
from sklearn_sales.panel._hashing import mix

__all__ = [
    "InnerRows",
    "Training",
    "draw_rows",
    "row_hashes",
    "stack_rows",
    "take_rows",
]


@dataclass(frozen=True)
class Training:
    """The training rows of a ReductionRegressor.

    Attributes
    ----------
    table : Table
    rows : Rows
    y : ndarray of shape (n_rows,)
    covariates : ndarray or data frame of n_rows rows
    max_samples : int or None
        The most rows to learn from, each at each of its origins.
    """

    table: Table
    rows: Rows
    y: np.ndarray
    covariates: object
    max_samples: int | None = None

    @property
    def observed(self):
        """Numbers of the rows whose target is known."""
        return np.flatnonzero(~np.isnan(self.y))

    def teaching(self, maker, origins, anchor, *, salt=0, n_origins=1):
        """Rows to learn from: their target and their anchor are known.

        Parameters
        ----------
        maker : LagMaker
        origins : ndarray of shape (n_rows,)
        anchor : Anchor or NoAnchor
        salt : int, default=0
            Another salt draws other rows, where there are too many.
        n_origins : int, default=1
            How often rows are drawn in all.

        Returns
        -------
        numbers : ndarray of int
        cells : Cells
            The same rows with their origins.
        """
        numbers = self.observed
        if self.max_samples is not None:
            most = max(self.max_samples // n_origins, 1)
            numbers = draw_rows(numbers, self.rows, most, salt)
        cells = maker.cells(self.table, self.rows, origins).take(numbers)
        teaching = anchor.teaching(cells)
        if teaching.all():
            return numbers, cells
        kept = np.flatnonzero(teaching)
        return numbers[kept], cells.take(kept)


class InnerRows:
    """Features and covariates of rows as the inner regressor reads them.

    A regressor that takes no NaN is spared it: rows whose lags are not known are left
    out of its fit, and its predictions read the mean of a feature instead.

    Parameters
    ----------
    maker : LagMaker
    library : {"default", "pandas", "polars"}
        An array, or a data frame of a library.
    names : list of str
        Of the features and the covariates.
    regressor : estimator
        The inner regressor.
    """

    def __init__(self, maker, library, names, regressor):
        self.maker = maker
        self.library = library
        self.names = names
        self.takes_nan = get_tags(regressor).input_tags.allow_nan
        self.means = None

    def training(self, made, covariates, target):
        """Rows for the inner fit: (X, y)."""
        if not self.takes_nan:
            known = np.flatnonzero(~np.isnan(made).any(axis=1))
            if not len(known):
                raise ValueError(
                    "No row of X has all its lags known, and the regressor takes no "
                    "NaN: ask for shorter lags and windows, give longer histories, or "
                    "take a regressor that accepts NaN, such as "
                    "HistGradientBoostingRegressor."
                )
            made, target = made[known], target[known]
            covariates = take_rows(covariates, known)
            self.means = made.mean(axis=0)
        return self._attach(made, covariates), target

    def answering(self, made, covariates):
        """Rows for the inner predict."""
        if self.means is not None:
            made = np.where(np.isnan(made), self.means, made)
        return self._attach(made, covariates)

    def _attach(self, made, covariates):
        return self.maker.attach(made, covariates, self.library, self.names)


def draw_rows(numbers, rows, most, salt=0):
    """At most so many of the rows, by a hash: the same whatever their order."""
    if len(numbers) <= most:
        return numbers
    # one mix more than the hashes of steps, so that rows and their steps are not tied
    hashes = mix(mix(rows.hashes[numbers]) ^ mix(np.array([salt], dtype=np.uint64)))
    return np.sort(numbers[np.argpartition(hashes, most - 1)[:most]])


def take_rows(block, rows):
    """Some rows of a block of covariates, by their numbers."""
    if block is None:
        return None
    if isinstance(block, pd.DataFrame):
        return block.take(rows).reset_index(drop=True)
    return block[rows]


def row_hashes(block):
    """A number for each row of a block of covariates; equal rows have equal ones."""
    frame = block.to_pandas() if hasattr(block, "to_pandas") else pd.DataFrame(block)
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def stack_rows(blocks):
    """Rows of several blocks of the same columns, one after another."""
    first = blocks[0]
    if first is None or len(blocks) == 1:
        return first
    if isinstance(first, np.ndarray):
        return np.concatenate(blocks)
    if isinstance(first, pd.DataFrame):
        return pd.concat(_alike(blocks), ignore_index=True)
    frames = [nw.from_native(block) for block in blocks]
    types = {name: _common(*(f.schema[name] for f in frames)) for name in first.columns}
    same = [f.with_columns(nw.col(n).cast(t) for n, t in types.items()) for f in frames]
    return nw.concat(same).to_native()


def _alike(blocks):
    """Pandas frames whose numbers have the same dtype in each, so that they join."""
    blocks = [block.copy(deep=False) for block in blocks]
    for place, dtypes in enumerate(zip(*(b.dtypes for b in blocks), strict=True)):
        if len(set(dtypes)) > 1 and all(map(is_numeric, dtypes)):
            for block in blocks:
                column = block.iloc[:, place]
                block.isetitem(place, column.to_numpy(np.float64, na_value=np.nan))
    return blocks


def _common(first, *others):
    """A dtype for the rows of polars frames: whole numbers may follow floats."""
    known = [dtype for dtype in (first, *others) if dtype != nw.Unknown]
    if len(set(known)) < 2:
        return known[0] if known else first
    if all(dtype.is_numeric() or dtype == nw.Boolean for dtype in known):
        return nw.Float64
    return first if first.is_temporal() else nw.String
