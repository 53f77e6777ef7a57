# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Recursive forecasting: each step from the forecasts of the steps before it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from sklearn_sales.compose._inner_rows import (
    InnerRows,
    row_hashes,
    stack_rows,
    take_rows,
)
from sklearn_sales.compose._known_rows import future_rows, span_rows
from sklearn_sales.compose._lag_recursion import LagRecursion, recursion_depth
from sklearn_sales.panel import check_reach, series_of

__all__ = ["Recursive"]

# Values of histories that go forward together: 64 MiB of them.
_CELLS = 1 << 23


@dataclass
class Recursive:
    """A one-step regressor that is fed its own forecasts.

    Attributes
    ----------
    inner : InnerRows
    regressor : estimator
    covariates : ndarray or data frame
        Covariates of the training rows that a recursion may need.
    known : ndarray of shape (n_cells,) or (n_series + 1,)
        The row of ``covariates`` of each cell of the history or, without
        ``whole_span``, of the last cell of each series; -1 where there is none.
    whole_span : bool
    floor : float
        Least value that is fed back.
    anchor : Anchor or NoAnchor
        What the regressor corrects.
    """

    inner: InnerRows
    regressor: object
    covariates: object
    known: np.ndarray
    whole_span: bool
    floor: float
    anchor: object

    @classmethod
    def fit(cls, inner, regressor, training, floor, anchor, *, whole_span=False):
        """Fit on the observed training rows, one step ahead.

        Parameters
        ----------
        whole_span : bool, default=False
            Whether recursions are to start inside the span too, so that all training
            covariates are remembered and not only the last of each series.
        """
        maker, rows = inner.maker, training.rows
        origins, _ = maker.panel.origins(rows, 1)
        used, cells = training.teaching(maker, origins, anchor)
        X, y = inner.training(
            maker.make(cells),
            take_rows(training.covariates, used),
            training.y[used] - anchor.known(cells),
        )
        regressor = clone(regressor).fit(X, y)
        history = maker.panel.history
        known = span_rows(history, rows.codes, rows.positions)
        covariates = training.covariates
        made = cls(inner, regressor, covariates, known, whole_span, floor, anchor)
        if not whole_span:
            made._keep_last(history)
        return made

    def take_in(self, update, covariates):
        """Carry on from the history and the covariates of an updated panel.

        ``inner.maker`` has taken it in; ``covariates`` are those of the new rows.
        """
        before, history = update.before.history, update.panel.history
        cells = self.known
        if self.whole_span:
            # a row that was carried forward counts where it first stands
            kept = np.flatnonzero((cells >= 0) & (np.diff(cells, prepend=-1) != 0))
            codes = np.searchsorted(before.indptr, kept, side="right") - 1
            positions = kept - before.indptr[codes] + before.start[codes]
        else:
            kept = codes = np.flatnonzero(cells >= 0)
            positions = before.last[codes]
        n_new = len(update.rows.codes)
        n_old = int(cells.max(initial=-1)) + 1 if covariates is None else None
        if n_old is None:
            n_old = len(self.covariates)
        numbers = np.append(cells[kept], [*range(n_old, n_old + n_new), -1])
        joined = stack_rows([self.covariates, covariates])
        known = numbers[
            span_rows(
                history,
                np.concatenate([update.moved[codes], update.rows.codes]),
                np.concatenate([update.positions(positions), update.rows.positions]),
            )
        ]
        self.covariates, self.known = joined, known
        if not self.whole_span:
            self._keep_last(history)

    def _keep_last(self, history):
        """Keep the covariates of the last cell of each series only."""
        ends = np.maximum(history.indptr[1:] - 1, 0)
        last = np.where(history.lengths > 0, self.known[ends], -1)
        kept = np.flatnonzero(last >= 0)
        self.covariates = take_rows(self.covariates, last[kept])
        self.known = np.full(len(last), -1)
        self.known[kept] = np.arange(len(kept))

    @property
    def _panel(self):
        return self.inner.maker.panel

    def predict(self, table, rows, covariates):
        """Answers of rows: of the span one step ahead, later ones by recursion."""
        maker = self.inner.maker
        origins, steps = self._panel.origins(rows, 1)
        cells = maker.cells(table, rows, origins)
        answers = np.empty(len(steps))
        # a series without an observation goes on from the mean of all
        past = rows.positions <= self._last(cells.sources[0][1])
        at_once = np.flatnonzero(past)
        if len(at_once):
            here = cells.take(at_once)
            inner = self.inner.answering(
                maker.make(here), take_rows(covariates, at_once)
            )
            answers[at_once] = self.regressor.predict(inner) + self.anchor.known(here)
        ahead = np.flatnonzero(~past)
        if len(ahead):
            series = series_of(table, self._panel, rows.codes)[ahead]
            paths = self.future_paths(
                cells.take(ahead), series, take_rows(covariates, ahead), 1
            )
            answers[ahead] = paths[:, 0]
        return answers

    def _last(self, codes):
        return self._panel.history.last[codes]

    def future_paths(self, cells, series, covariates, n_paths, shocks=None):
        """Values of rows after the last observation of their series.

        Parameters
        ----------
        cells : Cells
        series : ndarray of shape (n_rows,)
            Series of each row: rows of the same one share their way, but for steps
            that rows tell with other covariates, which go ways of their own from there.
        covariates : ndarray or data frame
            Of the same rows.
        n_paths : int
        shocks : callable, default=None
            What is added to a step before it is fed back, as a function of the codes
            of the histories, which hold every series n_paths times, and the step.

        Returns
        -------
        ndarray of shape (n_rows, n_paths)
        """
        _, first, local = np.unique(series, return_index=True, return_inverse=True)
        codes = cells.sources[0][1][first]
        steps = cells.positions - self._last(cells.sources[0][1])
        check_reach(steps)
        last_known = self._last_known(codes)
        n_known = 0 if self.covariates is None else len(self.covariates)
        source = stack_rows([self.covariates, covariates])
        numbers = n_known + np.arange(len(steps))
        futures = _futures(local, steps, covariates)
        one = futures == 0
        known = future_rows(
            local[one], steps[one], numbers[one], last_known, int(steps.max())
        )
        if not one.all():
            others = np.column_stack([local, futures])[~one]
            others, own = np.unique(others, axis=0, return_inverse=True)
            ways = known[:, others[:, 0]]
            ways[steps[~one] - 1, own] = numbers[~one]
            known = np.hstack([known, ways])
            codes = np.append(codes, codes[others[:, 0]])
            local[~one] = len(first) + own
            first = np.append(first, first[others[:, 0]])
        last = self._last(codes)
        start = cells.take(first).move(last + 1, last)
        answers = np.empty((len(steps), n_paths))
        for some in _chunks(len(codes), self._n_together(steps.max()) // n_paths):
            here = np.flatnonzero((local >= some[0]) & (local <= some[-1]))
            here = here[np.argsort(steps[here], kind="stable")]
            n_steps = steps[here[-1]]
            ends = np.searchsorted(steps[here], np.arange(1, n_steps + 2))
            tiled = np.tile(some, n_paths)
            run = self._run(start.take(tiled), source, known[:n_steps, tiled], shocks)
            for step, values in enumerate(run, 1):
                now = here[ends[step - 1] : ends[step]]
                by_path = values.reshape(n_paths, len(some))
                answers[now] = by_path[:, local[now] - some[0]].T
        return answers

    def _n_together(self, n_steps):
        """How many histories go forward at once."""
        return _CELLS // (recursion_depth(self.inner.maker) + int(n_steps))

    def _last_known(self, codes):
        if not self.whole_span:
            return self.known[codes]
        history = self._panel.history
        ends = np.maximum(history.indptr[codes + 1] - 1, 0)
        return np.where(history.lengths[codes] > 0, self.known[ends], -1)

    def span_forecasts(self, cells):
        """Forecasts of training rows from their own origins, some steps before them.

        They read the covariates that the training rows told.
        """
        history, codes = cells.sources[0]
        steps = cells.steps
        answers = np.empty(len(steps))
        order = np.argsort(steps, kind="stable")
        for some in _chunks(len(steps), self._n_together(steps.max())):
            rows = order[some]
            start = cells.take(rows).move(cells.origins[rows] + 1, cells.origins[rows])
            ahead = np.arange(1, int(steps[rows].max()) + 1)[:, None]
            # before the start of a series its first row stands in
            positions = np.clip(
                cells.origins[rows] + ahead,
                history.start[codes[rows]],
                self._last(codes[rows]),
            )
            known = self.known[history.cells(codes[rows], positions)]
            run = self._run(start, self.covariates, known, None)
            for step, values in enumerate(run, 1):
                now = steps[rows] == step
                answers[rows[now]] = values[now]
        return answers

    def _run(self, start, source, known, shocks):
        """Yield the values of each step of histories that go forward together."""
        codes = start.sources[0][1]
        recursion = LagRecursion(self.inner.maker, start, len(known))
        before = []
        for step, rows in enumerate(known, 1):
            inner = self.inner.answering(recursion.features(), take_rows(source, rows))
            values = self.regressor.predict(inner) + self.anchor.ahead(start, before)
            if shocks is not None:
                values = values + shocks(codes, step)
            values = np.maximum(values, self.floor)
            recursion.append(values)
            before.append(values)
            yield values


def _futures(series, steps, covariates):
    """Number of the future that each row tells: 0 but where rows of a cell differ.

    They are numbered by a hash of their covariates, so that their order is nothing.
    """
    futures = np.zeros(len(series), dtype=np.int64)
    cells = series * int(steps.max()) + steps - 1
    counts = np.bincount(cells)
    if covariates is None or counts.max() < 2:
        return futures
    rows = np.flatnonzero(counts[cells] > 1)
    told = row_hashes(take_rows(covariates, rows))
    ranks = pd.Series(told).groupby(cells[rows]).rank("dense")
    futures[rows] = ranks.to_numpy(dtype=np.int64) - 1
    return futures


def _chunks(n, size):
    size = max(size, 1)
    return [np.arange(k, min(k + size, n)) for k in range(0, n, size)]
