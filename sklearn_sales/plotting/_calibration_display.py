# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nominal against actual coverage."""

import re

import numpy as np

from sklearn_sales.metrics._validation import as_float, as_vector, refuse_infinity
from sklearn_sales.plotting._calibration_tables import (
    interval_table,
    pit_table,
    quantile_table,
)
from sklearn_sales.plotting._style import (
    DARK,
    LIGHT,
    estimator_colors,
    make_axes,
    percent_format,
    tidy,
)

__all__ = ["CalibrationDisplay"]

TABLES = {"coverage": interval_table, "quantile": quantile_table, "pit": pit_table}
# Of a forecast that is asked for nothing else.
LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)


class CalibrationDisplay:
    """Whether quantile forecasts are what they say.

    Of intervals that are to hold 80 % of the sales, how many hold them? Points on the
    diagonal are right; below it intervals are too narrow. The grey band is where 95 %
    of the points of a right forecast would lie if all rows were independent of each
    other; sales of one series are not, so that the band is the least to allow for.

    Use :meth:`from_estimator`, :meth:`from_backtest` or :meth:`from_predictions` to
    make one.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        By estimator. "nominal", "actual" and "n_rows"; for ``kind="pit"`` "left",
        "right", "density" and "n_rows".
    kind : {"coverage", "quantile", "pit"}
        Coverage of central intervals; share of sales at or below each quantile; or
        the histogram of the probability integral transform, which is flat at 1 where
        the quantiles are right.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each estimator.
    ideal_ : matplotlib Line2D
        Where a right forecast would lie.
    band_ : matplotlib PolyCollection or None
        What chance alone does to it; None for ``kind="pit"``.

    See Also
    --------
    sklearn_sales.metrics.coverage : Coverage as a number.

    Notes
    -----
    A sale that equals a quantile counts as at or below it, and as within an interval
    that ends there. Where many sales are zero and so is the quantile, the actual share
    lies above the nominal one, and no forecast can help it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_sales import CalibrationDisplay
    >>> y_true = np.arange(10.0)
    >>> quantiles = np.tile([0.5, 8.5], (10, 1))
    >>> display = CalibrationDisplay.from_predictions(y_true, quantiles, [0.1, 0.9])
    >>> display.tables["forecast"]
       nominal  actual  n_rows
    0      0.8     0.8      10
    """

    def __init__(self, *, tables, kind="coverage"):
        self.tables = tables
        self.kind = kind

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, quantiles=LEVELS, kind="coverage", name=None, ax=None
    ):
        """Draw the calibration of a fitted estimator on rows that it has not seen.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with ``predict_quantiles``.
        X : dataframe or array of shape (n_rows, n_columns)
            Rows after the training span.
        y : array-like of shape (n_rows,)
            Their sales; rows with NaN are left out.
        quantiles : sequence of float, default=LEVELS
            Levels to ask for.
        kind : {"coverage", "quantile", "pit"}, default="coverage"
            What is drawn.
        name : str, default=None
            Of the estimator; None is its class.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : CalibrationDisplay
        """
        if not hasattr(estimator, "predict_quantiles"):
            raise TypeError(
                f"{type(estimator).__name__} has no predict_quantiles. Put it into a "
                "ConformalRegressor, which gives every forecaster quantiles."
            )
        answers = estimator.predict_quantiles(X, list(quantiles))
        name = type(estimator).__name__ if name is None else name
        return cls.from_predictions(y, answers, quantiles, kind=kind, name=name, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_quantiles,
        quantiles,
        *,
        kind="coverage",
        name="forecast",
        ax=None,
    ):
        """Draw the calibration of quantiles that were forecast before.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
            Sales; rows with NaN are left out.
        y_quantiles : array-like of shape (n_rows, n_levels)
            Forecast quantiles.
        quantiles : sequence of float of length n_levels
            Their levels, between 0 and 1 and rising.
        kind : {"coverage", "quantile", "pit"}, default="coverage"
            What is drawn.
        name : str, default="forecast"
            Of the forecast, for the legend.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : CalibrationDisplay
        """
        table = _table(y_true, y_quantiles, quantiles, kind)
        return cls(tables={name: table}, kind=kind).plot(ax=ax)

    @classmethod
    def from_backtest(cls, backtest, *, kind="coverage", ax=None):
        """Draw the calibration of all estimators of a back-test.

        Parameters
        ----------
        backtest : Backtest
            Of :func:`sklearn_sales.model_selection.backtest`, made with quantiles.
        kind : {"coverage", "quantile", "pit"}, default="coverage"
            What is drawn.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : CalibrationDisplay
        """
        frame = backtest.forecasts
        columns = [name for name in frame if re.fullmatch(r"q0\.\d+", str(name))]
        columns.sort(key=lambda name: float(name[1:]))
        if not columns:
            raise ValueError(
                "The forecasts of this back-test hold no quantiles, such as a column "
                "'q0.1'. Run it with quantiles=[0.1, 0.5, 0.9]."
            )
        levels = [float(name[1:]) for name in columns]
        tables = {}
        for name, rows in frame.groupby("estimator", sort=False):
            # the baseline and others may have points alone
            rows = rows.dropna(subset=columns, how="all")
            if len(rows):
                tables[name] = _table(rows["y_true"], rows[columns], levels, kind)
        return cls(tables=tables, kind=kind).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : CalibrationDisplay
        """
        axes, _ = make_axes(ax, height=3.6, width=4.6)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        tidy(self.ax_, grid="both")
        self._colors = estimator_colors(self.tables)
        if self.kind == "pit":
            self._draw_pit()
        else:
            self._draw_shares()
        self.ax_.xaxis.set_major_formatter(percent_format())
        self.ax_.legend(frameon=False, fontsize=8)
        return self

    def _draw_shares(self):
        grid = np.linspace(0, 1, 101)
        n_rows = min(table["n_rows"].iloc[0] for table in self.tables.values())
        width = 1.96 * np.sqrt(grid * (1 - grid) / n_rows)
        self.band_ = self.ax_.fill_between(
            grid, grid - width, grid + width, color=LIGHT, lw=0, label="chance alone"
        )
        (self.ideal_,) = self.ax_.plot([0, 1], [0, 1], color=DARK, lw=0.8, ls="--")
        self.lines_ = []
        for name, table in self.tables.items():
            self.lines_ += self.ax_.plot(
                table["nominal"],
                table["actual"],
                "o-",
                color=self._colors[name],
                ms=4,
                lw=1.4,
                label=name,
            )
        self.ax_.yaxis.set_major_formatter(percent_format())
        intervals = self.kind == "coverage"
        self.ax_.set(
            xlabel="nominal coverage" if intervals else "quantile",
            ylabel="sales within" if intervals else "sales at or below",
            xlim=(0, 1),
            ylim=(0, 1),
            aspect="equal",
        )

    def _draw_pit(self):
        self.band_ = None
        self.ideal_ = self.ax_.axhline(1, color=DARK, lw=0.8, ls="--")
        self.lines_ = []
        for name, table in self.tables.items():
            x = np.append(table["left"], 1.0)
            y = np.append(table["density"], table["density"].iloc[-1])
            self.lines_ += self.ax_.step(
                x, y, where="post", color=self._colors[name], lw=1.6, label=name
            )
        self.ax_.set(
            xlabel="between which quantiles the sales lie",
            ylabel="sales, relative to a right forecast",
            xlim=(0, 1),
        )
        self.ax_.set_ylim(bottom=0)


def _table(y_true, y_quantiles, quantiles, kind):
    if kind not in TABLES:
        raise ValueError(
            f"kind={kind!r} must be one of {', '.join(map(repr, TABLES))}."
        )
    y = as_vector(y_true, "y_true")
    refuse_infinity(y, "y_true")
    answers = as_float(y_quantiles, "y_quantiles")
    levels = np.asarray(quantiles, dtype=np.float64)
    _check_levels(levels)
    if answers.shape != (len(y), len(levels)):
        raise ValueError(
            f"y_quantiles must be of shape ({len(y)}, {len(levels)}), a column for "
            f"each level and a row for each of y_true; got {answers.shape}."
        )
    known = ~np.isnan(y) & ~np.isnan(answers).any(axis=1)
    if not known.any():
        raise ValueError("y_true and y_quantiles have no row in which both are known.")
    table = TABLES[kind](y[known], answers[known], levels)
    if not len(table):
        raise ValueError(
            f"quantiles={levels.tolist()} hold no pair q and 1 - q, so there is no "
            "interval. Add one, such as 0.1 and 0.9, or take kind='quantile'."
        )
    return table


def _check_levels(levels):
    inside = levels.ndim == 1 and levels.size and np.all((levels > 0) & (levels < 1))
    if not inside or np.any(np.diff(levels) <= 0):
        raise ValueError(
            f"quantiles={levels.tolist()} must be levels between 0 and 1, each larger "
            "than the one before."
        )
