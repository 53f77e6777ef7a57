# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted LagFeatures makes its features with, for any rows and origins."""

from numbers import Real

import numpy as np

from sklearn_sales.panel import PanelRows, Rows, observed_cells
from sklearn_sales.preprocessing._feature_matrix import (
    Cells,
    PanelCells,
    fill_features,
    fill_unknown,
)
from sklearn_sales.preprocessing._join_covariates import (
    attach_covariates,
    covariate_block,
    read_covariates,
)
from sklearn_sales.preprocessing._newest_features import NewestFeatures

__all__ = ["LagMaker"]


class LagMaker:
    """Features of rows at given origins, from the history of a panel.

    Parameters
    ----------
    panel : Panel
    plan : FeaturePlan
    groups : list of SeriesGroups
        One for each column of ``by``.
    kinds : ColumnKinds
        Of the columns of X that follow the features.
    horizon : int
    fill : float, "last" or None
    dtype : type
    owner : str
        Name of the estimator, for messages.

    Attributes
    ----------
    constant : ndarray of int
        Features that no training row could fill, as column numbers.
    """

    def __init__(self, panel, plan, groups, kinds, *, horizon, fill, dtype, owner):
        self.panel = panel
        self.plan = plan
        self.groups = groups
        self.kinds = kinds
        self.horizon = horizon
        self.fill = fill
        self.dtype = dtype
        self.owner = owner
        self.constant = np.empty(0, dtype=np.int64)
        self._newest = None

    def __getstate__(self):
        # what was made for forecasts is made again where it is needed
        return {**self.__dict__, "_newest": None}

    @property
    def covariates(self):
        """Positions of the columns of X that follow the features."""
        return self.kinds.indices

    @property
    def names(self):
        """Names of the features, without the covariates."""
        return self.plan.names

    @property
    def constant_value(self):
        return float(self.fill) if isinstance(self.fill, Real) else 0.0

    def cells(self, table, rows, origins=None):
        """Rows of a table with their origins, by default those of the contract."""
        panel = self.panel
        # rows of a series without one sale are answered from the mean of all
        unsold = panel.history.lengths == 0
        if unsold.any():
            answered = np.where(unsold, panel.n_series, np.arange(len(unsold)))
            codes = answered[rows.codes]
            rows = Rows(codes, rows.positions, rows.times, rows.series_hashes)
        if origins is None:
            whole = isinstance(rows, PanelRows) and self.horizon == 1
            if whole and not self.groups and _are_cells(rows, panel.history):
                return PanelCells(rows, panel.history)
            origins, _ = panel.origins(rows, self.horizon)
        sources = [(panel.history, rows.codes)]
        for group in self.groups:
            sources.append((group.history, group.encode(table, panel, rows.codes)))
        return Cells(rows.positions, origins, tuple(sources))

    def take_in(self, update, table):
        """Read the history of an updated panel, ``table`` being its new rows."""
        for group in self.groups:
            group.take_in(update, table)
        self.panel = update.panel

    def observed_cells(self):
        """All cells that were observed, with their origins, as training rows."""
        panel = self.panel
        codes, positions, _ = observed_cells(panel)
        origins, _ = panel.origins(panel.rows_at(codes, positions), self.horizon)
        groups = [(group.history, group.of_series[codes]) for group in self.groups]
        return Cells(positions, origins, ((panel.history, codes), *groups))

    def make(self, cells, plan=None, newest=None):
        """Features of rows, shape (n_rows, n_features), of all or of another plan."""
        shape = len(cells.positions), len((plan or self.plan).names)
        out = np.empty(shape, self.dtype, order="F")
        if plan is None:
            self.write(cells, out)
        else:
            fill_features(plan, cells, out, newest)
        self.finish(cells, out, plan)
        return out

    def write(self, cells, out):
        """Write the features of rows; NaN where nothing is known."""
        history = self.panel.history
        if self._newest is None or self._newest.history is not history:
            self._newest = NewestFeatures(history, self.plan)
        fill_features(self.plan, cells, out, self._newest)

    def finish(self, cells, out, plan=None):
        """Fill what is not known in columns that :func:`fill_features` wrote."""
        fill_unknown(self.plan if plan is None else plan, cells, self.fill, out)
        constant = self.constant[self.constant < out.shape[1]]
        out[:, constant] = self.constant_value

    def never_filled(self, cells):
        """Features that are NaN in all training rows, as a boolean mask."""
        # the last rows see most; all rows are worked out only if those leave a doubt
        for some in (cells.latest(), cells):
            out = np.empty((len(some.positions), len(self.names)), order="F")
            fill_features(self.plan, some, out)
            empty = np.isnan(out).all(axis=0)
            if not empty.any():
                break
        return empty

    def read_covariates(self, table, library):
        """Covariates that are numbers, as floats; all must be for an array."""
        return read_covariates(
            table,
            self.covariates,
            self.kinds.check(table),
            as_array=library == "default",
            owner=self.owner,
        )

    def covariate_block(self, table, library):
        """Covariates of a table as an array, or as a data frame of a library."""
        numbers = self.read_covariates(table, library)
        if library == "default":
            return numbers.astype(self.dtype, copy=False)
        return self.covariate_frame(table, library)

    def covariate_frame(self, table, library, *, copy=True):
        """Covariates of a table as a data frame of a library."""
        kinds = self.kinds.check(table)
        return covariate_block(table, self.covariates, library, kinds, copy=copy)

    def attach(self, made, block, library, names):
        """Features and, after them, a block of covariates of the same rows."""
        if library == "default":
            return np.hstack([made, block])
        return attach_covariates(made, block, names, library)


def _are_cells(rows, history):
    """Whether the history of a panel holds its rows one by one: none was missing."""
    n_series = len(rows.lengths)
    return np.array_equal(rows.lengths, history.lengths[:n_series])
