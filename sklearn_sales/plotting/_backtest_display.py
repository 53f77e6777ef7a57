# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of a back-test: by step, by fold, by series."""

import numpy as np
import pandas as pd

from sklearn_sales._compat import import_optional
from sklearn_sales.model_selection import backtest
from sklearn_sales.plotting._style import (
    DARK,
    as_plotted,
    estimator_colors,
    format_times,
    make_axes,
    percent_format,
    short_numbers,
    tidy,
)

__all__ = ["BacktestDisplay"]

# What a back-test calls the groups, and how messages write the errors.
GROUPS = {"step": "step", "fold": "origin", "series": "series"}
SHARES = ("wape", "bias")


class BacktestDisplay:
    """Errors of forecasts out of fold, against the seasonal naive.

    By step ahead, by fold (at its origin), or by series: there a dot is a series, and
    the estimator is better than the baseline at the dots below the diagonal.

    Use :meth:`from_backtest` or :meth:`from_estimator` to make one.

    Parameters
    ----------
    errors : pandas.DataFrame of shape (n_groups, n_estimators)
        The index holds steps, origins or series.
    by : {"step", "fold", "series"}
    metric : str
        Such as "wape" or "bias", which are shares of the sales.
    baseline : str or None, default="naive"
        The estimator that the others are seen against.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each estimator; by series one for each but the baseline.
    diagonal_ : matplotlib Line2D or None
        By series: where both are equally good.
    better_ : pandas.Series or None
        By series: the share of series in which each estimator is better than the
        baseline, of those with an error of both.

    See Also
    --------
    CalibrationDisplay : Whether quantiles are what they say.

    Examples
    --------
    >>> from sklearn_sales import BacktestDisplay, ThetaRegressor
    >>> from sklearn_sales import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> display = BacktestDisplay.from_estimator(
    ...     {"theta": ThetaRegressor(series=["store", "dept"])}, X, y, cv=2, by="fold"
    ... )
    >>> display.errors.round(3)
                theta  naive
    origin
    2011-06-24  0.068  0.072
    2012-02-24  0.064  0.082
    """

    def __init__(self, *, errors, by, metric, baseline="naive"):
        self.errors = errors
        self.by = by
        self.metric = metric
        self.baseline = baseline

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        cv=None,
        by="step",
        metric="wape",
        ax=None,
        **options,
    ):
        """Back-test forecasters, and draw their errors.

        Parameters
        ----------
        estimator : estimator, dict of str to estimator, or list of (str, estimator)
            One or several forecasters.
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time: keys, time, covariates.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.
        cv : int, splitter or iterable of (train, test), default=None
            Folds in time order.
        by : {"step", "fold", "series"}, default="step"
            What the errors are grouped by.
        metric : str, default="wape"
            The error, one of those that a back-test knows by name.
        ax : matplotlib Axes, default=None
            None makes a figure.
        **options : dict
            Further arguments of :func:`sklearn_sales.model_selection.backtest`.

        Returns
        -------
        display : BacktestDisplay
        """
        result = backtest(estimator, X, y, cv=cv, **options)
        baseline = "naive" if options.get("baseline", True) else None
        return cls.from_backtest(result, by=by, metric=metric, baseline=baseline, ax=ax)

    @classmethod
    def from_backtest(
        cls, backtest, *, by="step", metric="wape", baseline="naive", ax=None
    ):
        """Draw the errors of a back-test.

        Parameters
        ----------
        backtest : Backtest
            Of :func:`sklearn_sales.model_selection.backtest`.
        by : {"step", "fold", "series"}, default="step"
            What the errors are grouped by.
        metric : str, default="wape"
            The error, one of those that a back-test knows by name.
        baseline : str or None, default="naive"
            The estimator that the others are seen against.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : BacktestDisplay
        """
        if by not in GROUPS:
            raise ValueError(
                f"by={by!r} must be one of {', '.join(map(repr, GROUPS))}."
            )
        if metric == "coverage":
            raise ValueError(
                "metric='coverage' is no error: CalibrationDisplay draws it beside "
                "what it should be."
            )
        if by == "series" and not backtest.series_columns:
            raise ValueError(
                "by='series' needs several series, but this back-test is of one: take "
                "by='step' or by='fold'."
            )
        errors = backtest.errors(by=GROUPS[by], metrics=[metric])[metric]
        errors = errors.unstack("estimator")[pd.unique(backtest.forecasts["estimator"])]
        errors = errors.rename_axis(columns=None)
        if by == "series":
            _check_baseline(errors, baseline)
        return cls(errors=errors, by=by, metric=metric, baseline=baseline).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : BacktestDisplay
        """
        # a square for the dots, on whose diagonal both are equal
        size = {"height": 3.7, "width": 4.6} if self.by == "series" else {"height": 2.9}
        axes, _ = make_axes(ax, **size)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        self.diagonal_, self.better_ = None, None
        if self.by == "series":
            self._draw_series()
        else:
            self._draw_lines()
        self.ax_.legend(frameon=False, fontsize=8)
        return self

    def _draw_lines(self):
        index = self.errors.index
        x = as_plotted(index)
        colors = estimator_colors(self.errors.columns, self.baseline)
        self.lines_ = []
        for name, values in self.errors.items():
            style = {"ls": "--", "lw": 1.2} if name == self.baseline else {"lw": 1.8}
            marker = "o" if len(index) <= 30 else None
            self.lines_ += self.ax_.plot(
                x, values, color=colors[name], marker=marker, ms=4, label=name, **style
            )
        tidy(self.ax_)
        self._format_errors(self.ax_.yaxis)
        if self.metric == "bias":
            self.ax_.axhline(0, color=DARK, lw=0.8)
        else:
            self.ax_.set_ylim(bottom=0)
        if self.by == "fold":
            self._label_origins(index)
        else:
            self._whole_steps()
        label = "origin of the fold" if self.by == "fold" else "step ahead"
        self.ax_.set(xlabel=label, ylabel=_written(self.metric))

    def _draw_series(self):
        naive = self.errors[self.baseline]
        others = self.errors.drop(columns=self.baseline)
        colors = estimator_colors(self.errors.columns, self.baseline)
        ends, is_log = self._ends()
        (self.diagonal_,) = self.ax_.plot(ends, ends, color=DARK, lw=0.8, ls="--")
        self.better_ = pd.Series(
            {name: _share_better(others[name], naive) for name in others}
        )
        self.lines_ = []
        for name, values in others.items():
            self.lines_ += self.ax_.plot(
                naive,
                values,
                "o",
                color=colors[name],
                ms=5 if len(values) <= 200 else 3,
                alpha=0.8 if len(values) <= 200 else 0.4,
                mew=0,
                label=f"{name}: better in {self.better_[name]:.0%} of the series",
            )
        tidy(self.ax_, grid="both")
        if is_log:
            self.ax_.set(xscale="log", yscale="log")
        for axis in (self.ax_.xaxis, self.ax_.yaxis):
            self._format_errors(axis)
            if is_log:
                self._label_decades(axis)
        name = _written(self.metric)
        self.ax_.set(
            xlabel=f"{name} of {self.baseline}, a dot for each series",
            ylabel=name,
            xlim=ends,
            ylim=ends,
            box_aspect=1,
        )

    def _ends(self):
        """Both ends of the axes, and whether few series are far worse than most."""
        values = self.errors.to_numpy()
        least, median, most = np.nanquantile(values, [0, 0.5, 1])
        if self.metric != "bias" and least > 0 and most > 4 * median:
            return np.array([least / 1.2, most * 1.2]), True
        # a little room, so that no dot is cut
        room = 0.04 * (most - least)
        bottom = least - room if self.metric == "bias" else 0.0
        return np.array([bottom, most + room]), False

    def _label_decades(self, axis):
        ticker = import_optional("matplotlib.ticker", extra="plot")
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.set_minor_locator(ticker.NullLocator())

    def _label_origins(self, origins):
        """Whole dates where there is room for them, else short ones."""
        x = as_plotted(origins)
        if x.dtype.kind != "M" or len(x) > 6:
            format_times(self.ax_, origins)
            return
        whole_days = (x == x.astype("datetime64[D]")).all()
        labels = np.datetime_as_string(x, unit="D" if whole_days else "m")
        self.ax_.set_xticks(x, [label.replace("T", " ") for label in labels])

    def _format_errors(self, axis):
        share = self.metric in SHARES
        axis.set_major_formatter(percent_format() if share else short_numbers())

    def _whole_steps(self):
        ticker = import_optional("matplotlib.ticker", extra="plot")
        self.ax_.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))


def _written(metric):
    """Acronyms in capitals: "WAPE", and "pinball loss"."""
    if "_" in metric or metric == "bias":
        return metric.replace("_", " ")
    return metric.upper()


def _check_baseline(errors, baseline):
    if baseline not in errors:
        raise ValueError(
            f"baseline={baseline!r} is none of the estimators {list(errors)}; by="
            "'series' draws the others against it. Run the back-test with "
            "baseline=True, or name another estimator."
        )
    if errors.shape[1] == 1:
        raise ValueError(
            f"forecasts hold no estimator but the baseline {baseline!r}: there is "
            "nothing to compare with it."
        )


def _share_better(own, naive):
    """Share of groups with a smaller error, whichever its sign."""
    known = own.notna() & naive.notna()
    return float((own[known].abs() < naive[known].abs()).mean())
