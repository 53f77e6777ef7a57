# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an autoregression keeps of its covariates, to learn from further rows.

The history of the sales is kept anyway; covariates would be many times its size. Of a
long series only the normal equations stay, and the covariates of those rows that later
changes come to as a rule: the newest times, and times that were not observed. Of a
short series, whose rows take less room than its normal equations, all rows stay.
"""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_sales.linear_model._ar_blocks import Centre, SharedCentre, never_moves
from sklearn_sales.linear_model._ar_rows import (
    CovariateRows,
    DroppedTotals,
    covariates_on_grid,
)
from sklearn_sales.linear_model._ar_series import series_ranges
from sklearn_sales.linear_model._ar_sums import KeptSums

__all__ = ["ARMemory"]

# Late sales and corrections come within so many times, as a rule.
_NEWEST = 30


@dataclass(frozen=True)
class ARMemory:
    """Rows that are kept, and what stands for the others.

    Attributes
    ----------
    rows : CovariateRows
    kept : KeptSums
        Of the series that have rows which are not kept.
    totals : DroppedTotals
    """

    rows: CovariateRows
    kept: KeptSums
    totals: DroppedTotals

    @classmethod
    def of_rows(cls, rows, terms):
        """With all rows kept."""
        return cls(rows, KeptSums.none(terms), DroppedTotals.none(terms.n_covariates))

    def update(self, update, covariates, terms):
        """Take in the covariates of further rows; nothing is dropped yet."""
        before = self.rows.moved(update)
        given = CovariateRows(update.rows.codes, update.rows.positions, covariates)
        if not len(self.kept.codes):
            return replace(self, rows=before.join(given))
        if not update.same_calendar:
            raise ValueError(
                f"The new rows change the calendar from {update.before.calendar.freq!r}"
                f" to {update.panel.calendar.freq!r}, and the covariates of past rows "
                "are not kept. Fit anew on all rows, or give freq= to the first fit."
            )
        old = update.before.history
        parents = update.parents[given.codes]
        known = np.where(
            parents < update.before.n_series,
            old.values(parents, given.positions),
            np.nan,
        )
        kept = replace(self.kept, codes=update.moved[self.kept.codes]).join([])
        # rows that are known no more, and that X brings once again
        again = ~np.isnan(known) & (kept.index(given.codes) >= 0)
        again &= before.find(given.codes, given.positions) < 0
        again = given.take(again)
        kept, totals = kept.drop(again, -1), self._totals(update.panel, again, -1)
        before = before.join(again)
        rows = before.join(given)
        kept = _revise(kept, update, before, rows, known, terms)
        return ARMemory(rows, kept, totals)

    def check_nothing_lost(self, panel, terms):
        """Refuse to learn from what covariates were missing for."""
        lost = np.flatnonzero(self.kept.lost)
        if not len(lost):
            return
        code = self.kept.codes[lost[0]]
        newest = max(_NEWEST, terms.max_lag)
        raise ValueError(
            f"{len(lost)} series (first: {panel.keys.show(code)}) had sales added or "
            f"corrected before their newest {newest} times, and the covariates of the "
            "rows that read them are not kept. Give these rows, up to the longest lag "
            "after such a sale, in the same X, or fit anew; observe() takes such "
            "sales without learning from them."
        )

    def grid(self, panel):
        """Covariates of each cell of the history; without meaning where not kept."""
        grid = covariates_on_grid(panel, self.rows, self.totals)
        if not panel.keys.names and grid.shape[1]:
            # the pool of a single series is that series
            grid[panel.history.indptr[1] :] = grid[: panel.history.indptr[1]]
        return grid

    def own_sums(self, panel, grid, terms):
        """Normal equations of series with rows not kept, about their own means."""
        codes, history = self.kept.codes, panel.history
        n = len(codes)
        if not n:
            return self.kept
        lengths = history.lengths[codes].astype(float)
        shift, middle = np.zeros(n), np.zeros(n)
        means = np.zeros((n, terms.n_covariates))
        flat = np.zeros((n, terms.n_covariates), dtype=bool)
        if terms.has_constant:
            shift, middle = series_ranges(history)[0][codes], (lengths + 1) / 2
            sums, lowest, highest = self._totals_of_cells(panel, grid)
            means = sums[codes] / lengths[:, None]
            flat = never_moves(means, lowest[codes], highest[codes])
        centre = Centre(shift, np.ones(n), middle, lengths, means, flat)
        return self.kept.about(centre, history.start[codes], terms)

    def shared_centre(self, panel, grid, terms, scale):
        """The centre of a pooled regression, and the normal equations about it."""
        history = panel.history
        sums, lowest, highest = self._totals_of_cells(panel, grid)
        means = sums.sum(axis=0) / len(history.data)
        flat = never_moves(means, lowest.min(axis=0), highest.max(axis=0))
        centre = SharedCentre.about(history, means, flat, terms, scale)
        codes = self.kept.codes
        return centre, self.kept.about(centre.at(codes), history.start[codes], terms)

    def _totals_of_cells(self, panel, grid):
        """Sums, least and greatest of the covariates over the cells of each series."""
        history = panel.history
        shape = history.n_series, grid.shape[1]
        sums, low, high = np.zeros(shape), np.full(shape, np.inf), np.zeros(shape)
        high -= np.inf
        filled = history.lengths > 0
        starts = history.indptr[:-1][filled]
        gone = self._dropped_cells(panel)[:, None]
        sums[filled] = np.add.reduceat(np.where(gone, 0.0, grid), starts)
        low[filled] = np.minimum.reduceat(np.where(gone, np.inf, grid), starts)
        high[filled] = np.maximum.reduceat(np.where(gone, -np.inf, grid), starts)
        codes = self.kept.codes
        sums[codes] += self.kept.sums
        low[codes] = np.minimum(low[codes], self.kept.lowest)
        high[codes] = np.maximum(high[codes], self.kept.highest)
        if not panel.keys.names:
            sums[1], low[1], high[1] = sums[0], low[0], high[0]
        return sums, low, high

    def _dropped_cells(self, panel):
        """Cells that were observed in rows which are not kept."""
        history = panel.history
        has_row = np.zeros(len(history.data), dtype=bool)
        cells = history.cells(self.rows.codes, self.rows.positions)
        has_row[cells[cells >= 0]] = True
        series = np.zeros(history.n_series, dtype=bool)
        series[self.kept.codes] = True
        return np.repeat(series, history.lengths) & ~np.isnan(history.data) & ~has_row

    def drop_rows(self, panel, terms, sums, moments=()):
        """Drop the rows that normal equations stand for.

        Parameters
        ----------
        panel : Panel
        terms : ARTerms
        sums : KeptSums
            Of series with rows that are not kept.
        moments : list of Moments
            Of series whose rows are all kept; long ones need not keep them.
        """
        size, lengths = terms.n_columns + 1, panel.history.lengths
        long = lengths * terms.n_covariates > size**2
        long[panel.n_series] = False
        made = [
            KeptSums.of_moments(
                m, long[m.codes] & (m.n_rows > terms.n_columns), panel.history
            )
            for m in moments
        ]
        kept = sums.join(made)
        rows = self.rows
        cells = panel.history.cells(rows.codes, rows.positions)
        stay = _worth_keeping(panel.history, rows, cells, terms)
        stay |= kept.index(rows.codes) < 0
        gone = rows.take(~stay)
        totals = self._totals(panel, gone, 1)
        return ARMemory(rows.take(stay), kept.drop(gone, 1), totals)

    def _totals(self, panel, rows, sign):
        """What dropped rows add to the pool; that of a single series is the series."""
        return self.totals.add(rows, sign) if panel.keys.names else self.totals


def _worth_keeping(history, rows, cells, terms):
    """Rows of gaps, before gaps, of the newest times, and outside the history."""
    if not len(history.data):
        return np.ones(len(cells), dtype=bool)
    inside = cells >= 0
    newest = max(_NEWEST, terms.max_lag)
    stay = ~inside | (rows.positions > history.last[rows.codes] - newest)
    gap = np.isnan(np.append(history.data, 0.0))
    stay |= gap[cells] | gap[np.where(inside, cells + 1, -1)]
    return stay


def _revise(kept, update, before, rows, known, terms):
    """Normal equations after a change of the sales or the covariates of some cells.

    Parameters
    ----------
    kept : KeptSums
    update : Update
    before, rows : CovariateRows
        Known before and after it.
    known : ndarray of shape (n_new_rows,)
        Sales of the cells of the new rows before.
    terms : ARTerms
    """
    new, history = update.rows, update.panel.history
    at = kept.index(new.codes)
    now = history.values(new.codes, new.positions)
    other = ~((known == now) | (np.isnan(known) & np.isnan(now)))
    other |= ~np.isnan(now) & _moved_covariates(before, rows, new)
    changed = (at >= 0) & other
    if not changed.any():
        return kept
    at, positions = _reached(at[changed], new.positions[changed], terms)
    old = update.before.history
    parents = update.parents[kept.codes]
    lost = kept.lost.copy()
    for sales, own, sign in ((old, parents[at], -1), (history, kept.codes[at], 1)):
        complete = np.ones(len(at), dtype=bool)
        for lag in (0, *terms.lags):
            complete &= ~np.isnan(sales.values(own, positions - lag))
        source = before if sign < 0 else rows
        found = source.find(kept.codes[at], positions)
        lost[at[complete & (found < 0)]] = True
        use = complete & (found >= 0)
        lines = CovariateRows(own[use], positions[use], source.covariates[found[use]])
        kept = kept.add(at[use], lines, sales, terms, sign)
    lost |= kept.n_rows <= terms.n_columns
    if terms.has_trend and not terms.has_constant:
        # nothing could follow a trend that counts from another time
        lost |= history.start[kept.codes] != old.start[parents]
    return replace(kept, lost=lost)


def _moved_covariates(before, rows, cells):
    """Cells whose covariates were known and are others now."""
    old = before.find(cells.codes, cells.positions)
    new = rows.find(cells.codes, cells.positions)
    return (old >= 0) & (before.covariates[old] != rows.covariates[new]).any(axis=1)


def _reached(at, positions, terms):
    """Regression rows that read changed cells, by series and time, each once."""
    first = positions.min()
    n_times = positions.max() - first + 1 + terms.max_lag
    read = np.zeros((at.max() + 1, n_times), dtype=bool)
    for lag in (0, *terms.lags):
        read[at, positions - first + lag] = True
    at, times = np.nonzero(read)
    return at, times + first
