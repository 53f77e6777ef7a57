# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The folds of a splitter over a panel."""

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv

from sklearn_sales._compat import import_optional
from sklearn_sales.panel import read_keys, read_table
from sklearn_sales.plotting._choose_series import choose_series, shown_note
from sklearn_sales.plotting._style import (
    LIGHT,
    PALETTE,
    add_note,
    as_plotted,
    format_times,
    make_axes,
)

__all__ = ["SplitDisplay"]

# What a cell of the picture is.
NO_ROW, UNUSED, TRAIN, TEST, BOTH = range(5)
NAMES = {UNUSED: "not used", TRAIN: "training", TEST: "test", BOTH: "both"}
COLORS = {UNUSED: LIGHT, TRAIN: PALETTE[0], TEST: PALETTE[5], BOTH: PALETTE[3]}


class SplitDisplay:
    """Which rows of a panel each fold of a splitter trains on, and which it tests.

    A line is a series, a band of lines is a fold. A fold that trains on a row which is
    not older than all its test rows is marked: it looks ahead.

    Use :meth:`from_splitter` to make one.

    Parameters
    ----------
    cells : ndarray of int of shape (n_folds, n_shown, n_times)
        0 no row, 1 a row that the fold does not use, 2 training, 3 test, 4 both.
    times : pandas.Index of shape (n_times,)
    looks_ahead : ndarray of bool of shape (n_folds,)
    n_series : int
        How many series there are; the cells may hold fewer.
    note : str, default=""
        Small print below the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    meshes_ : list of matplotlib QuadMesh
        The cells of each fold.

    See Also
    --------
    sklearn_sales.model_selection.PanelTimeSeriesSplit : Folds in time order.

    Examples
    --------
    >>> from sklearn_sales import PanelTimeSeriesSplit, SplitDisplay
    >>> from sklearn_sales import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> folds = PanelTimeSeriesSplit(n_splits=3, test_size=13)
    >>> display = SplitDisplay.from_splitter(folds, X, series=["store", "dept"])
    >>> display.cells.shape
    (3, 7, 143)
    >>> display.looks_ahead
    array([False, False, False])
    """

    def __init__(self, *, cells, times, looks_ahead, n_series, note=""):
        self.cells = cells
        self.times = times
        self.looks_ahead = looks_ahead
        self.n_series = n_series
        self.note = note

    @classmethod
    def from_splitter(
        cls,
        cv,
        X,
        y=None,
        *,
        groups=None,
        series=None,
        time="auto",
        freq=None,
        series_to_plot=12,
        random_state=0,
        ax=None,
    ):
        """Draw the folds that a splitter makes of a panel.

        Parameters
        ----------
        cv : splitter, iterable of (train, test), or int
            Any of scikit-learn's or of this package; a number is that of the folds of
            :class:`~sklearn.model_selection.KFold`.
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of a panel.
        y : array-like of shape (n_rows,), default=None
            Passed on to the splitter.
        groups : array-like of shape (n_rows,), default=None
            Passed on to the splitter.
        series : str, int, list of them, or None, default=None
            Key column(s) of X: names or positions. None is a single series.
        time : str, int or "auto", default="auto"
            Time column of X.
        freq : str, float or None, default=None
            Frequency of the times; None infers it.
        series_to_plot : int, list of keys, or None, default=12
            How many series are drawn at random, or which: values of the key column,
            tuples where there are several. None draws all.
        random_state : int, RandomState instance or None, default=0
            Of the drawing of series.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : SplitDisplay
        """
        table = read_table(X)
        _, keys, calendar, codes, positions = read_keys(
            table, series=series, time=time, freq=freq
        )
        folds = list(check_cv(cv).split(X, y, groups))
        shown = choose_series(
            keys.frame(), np.unique(codes), series_to_plot, random_state
        )
        line = pd.Index(shown).get_indexer(codes)
        n_times = int(positions.max()) + 1
        cells = np.zeros((len(folds), len(shown), n_times), dtype=np.int8)
        ahead = np.zeros(len(folds), dtype=bool)
        for fold, (train, test) in enumerate(folds):
            state = _states(len(codes), train, test)
            ahead[fold] = positions[train].max() >= positions[test].min()
            cells[fold][line[line >= 0], positions[line >= 0]] = state[line >= 0]
        return cls(
            cells=cells,
            times=calendar.times(np.arange(n_times + 1)),
            looks_ahead=ahead,
            n_series=keys.n_series,
            note=shown_note(len(shown), keys.n_series, series_to_plot),
        ).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : SplitDisplay
        """
        colors = import_optional("matplotlib.colors", extra="plot")
        n_folds, n_shown, _ = self.cells.shape
        height = 0.5 + n_folds * min(0.3 + 0.05 * n_shown, 0.9)
        axes, is_new = make_axes(ax, height=height, width=8.0)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        palette = colors.ListedColormap(["none", *COLORS.values()])
        edges = as_plotted(self.times)
        self.meshes_ = [
            self.ax_.pcolormesh(
                edges,
                np.linspace(fold + 0.08, fold + 0.92, n_shown + 1),
                lines,
                cmap=palette,
                vmin=-0.5,
                vmax=len(COLORS) + 0.5,
            )
            for fold, lines in enumerate(self.cells)
        ]
        self._label_folds()
        format_times(self.ax_, self.times)
        self._add_legend()
        add_note(axes, self.note, is_new=is_new)
        return self

    def _label_folds(self):
        n_folds = len(self.cells)
        labels = [
            f"fold {fold + 1}" + ("\nlooks ahead" if ahead else "")
            for fold, ahead in enumerate(self.looks_ahead)
        ]
        self.ax_.set_ylim(n_folds, 0)
        self.ax_.set_yticks(np.arange(n_folds) + 0.5, labels)
        for label, ahead in zip(
            self.ax_.get_yticklabels(), self.looks_ahead, strict=True
        ):
            label.set_color(PALETTE[1] if ahead else "black")
        self.ax_.spines[["top", "right", "left"]].set_visible(False)
        self.ax_.tick_params(labelsize=8)
        self.ax_.tick_params(axis="y", length=0)

    def _add_legend(self):
        patches = import_optional("matplotlib.patches", extra="plot")
        present = np.unique(self.cells)
        self.ax_.legend(
            handles=[
                patches.Patch(color=COLORS[state], label=name)
                for state, name in NAMES.items()
                if state in present
            ],
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=4,
            frameon=False,
            fontsize=8,
        )


def _states(n_rows, train, test):
    """What each row is in one fold."""
    state = np.full(n_rows, UNUSED, dtype=np.int8)
    state[train] = TRAIN
    twice = np.intersect1d(train, test)
    state[test] = TEST
    state[twice] = BOTH
    return state
