# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""History, forecast and what came of it."""

from dataclasses import replace

import numpy as np

from sklearn_sales.metrics._validation import as_float
from sklearn_sales.panel import Panel, find_panel, read_table
from sklearn_sales.panel._table import refuse_huge
from sklearn_sales.plotting._choose_series import shown_note
from sklearn_sales.plotting._forecast_cells import forecast_cells, panel_of_names
from sklearn_sales.plotting._style import (
    DARK,
    PALETTE,
    add_note,
    format_times,
    make_axes,
    short_numbers,
    tidy,
)

__all__ = ["ForecastDisplay"]


class ForecastDisplay:
    """Sales of some series, their forecast, its interval, and what came of it.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one. Each series
    has axes of its own.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each shown series and time: "series" (its label), "time", "history",
        "forecast", "promotion" and, where there are, "lower", "upper" and "actual".
    n_series : int
        How many series there are; the frame may hold fewer.
    note : str, default=""
        Small print below the axes.

    Attributes
    ----------
    axes_ : ndarray of shape (n_shown,)
        Axes of each series.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
    history_, forecast_ : list of matplotlib Line2D
        Lines of each series.
    actual_ : list of matplotlib Line2D
        Dots of what came, empty where nothing is known of it.
    interval_ : list of matplotlib PolyCollection
        Bands of each series, empty without intervals.
    promotion_ : list of matplotlib Line2D
        Triangles above the times with a promotion, empty without promotions.

    See Also
    --------
    BacktestDisplay : Errors of many forecasts.

    Examples
    --------
    >>> from sklearn_sales import ARRegressor, ForecastDisplay, load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> past = X["date"] < "2012-08-01"
    >>> model = ARRegressor([1, 2, 52], series=["store", "dept"]).fit(X[past], y[past])
    >>> display = ForecastDisplay.from_estimator(
    ...     model, X[~past], y[~past], series_to_plot=[(1, 1), (1, 3)]
    ... )
    >>> [ax.get_title(loc="left") for ax in display.axes_]
    ['store 1, dept 1', 'store 1, dept 3']
    """

    def __init__(self, *, frame, n_series, note=""):
        self.frame = frame
        self.n_series = n_series
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        coverage=0.8,
        X_history=None,
        promotion=None,
        n_history="auto",
        series_to_plot=6,
        random_state=0,
        ax=None,
    ):
        """Draw what a fitted forecaster answers, after the sales that it remembers.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, a forecaster of this package or a pipeline with one in it.
        X : dataframe or array of shape (n_rows, n_columns)
            The rows to forecast.
        y : array-like of shape (n_rows,), default=None
            What was sold, where it is known by now; NaN where not.
        coverage : float or None, default=0.8
            Of the interval, where the estimator has ``predict_interval``.
        X_history : dataframe or array, default=None
            Rows of the past, read for their promotions alone.
        promotion : str, int or None, default=None
            Column that is true, or not zero, where there is a promotion.
        n_history : int, "auto" or None, default="auto"
            How many times of the past are shown. ``"auto"`` is four times the length
            of the forecast or a season, None all.
        series_to_plot : int, list of keys, or None, default=6
            How many series are drawn at random, or which: values of the key column,
            tuples where there are several. None draws all.
        random_state : int, RandomState instance or None, default=0
            Of the drawing of series.
        ax : matplotlib Axes or sequence of them, default=None
            One for each series. None makes a figure.

        Returns
        -------
        display : ForecastDisplay
        """
        panel = find_panel(estimator)
        y_pred = estimator.predict(X)
        interval = None
        if coverage is not None and hasattr(estimator, "predict_interval"):
            interval = estimator.predict_interval(X, coverage)
        table = read_table(X)
        return cls._assemble(
            panel_of_names(panel, table),
            table,
            _columns(table, y_pred, y, interval),
            past=None if X_history is None else read_table(X_history),
            promotion=promotion,
            n_history=n_history,
            series_to_plot=series_to_plot,
            random_state=random_state,
        ).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        X,
        y_pred,
        *,
        y_true=None,
        interval=None,
        X_history=None,
        y_history=None,
        series=None,
        time="auto",
        freq=None,
        promotion=None,
        n_history="auto",
        series_to_plot=6,
        random_state=0,
        ax=None,
    ):
        """Draw forecasts that were made before, by whatever model.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            The rows that were forecast.
        y_pred : array-like of shape (n_rows,)
            Their forecasts.
        y_true : array-like of shape (n_rows,), default=None
            What was sold, NaN where not known.
        interval : array-like of shape (n_rows, 2), default=None
            Lower and upper bound of each forecast.
        X_history : dataframe or array, default=None
            Rows of the past, with the columns of X.
        y_history : array-like, default=None
            Their sales.
        series : str, int, list of them, or None, default=None
            Key column(s) of X: names or positions. None is a single series.
        time : str, int or "auto", default="auto"
            Time column of X.
        freq : str, float or None, default=None
            Frequency of the times; None infers it.
        promotion : str, int or None, default=None
            Column that is true, or not zero, where there is a promotion.
        n_history : int, "auto" or None, default="auto"
            How many times of the past are shown, see :meth:`from_estimator`.
        series_to_plot : int, list of keys, or None, default=6
            How many series are drawn at random, or which.
        random_state : int, RandomState instance or None, default=0
            Of the drawing of series.
        ax : matplotlib Axes or sequence of them, default=None
            One for each series. None makes a figure.

        Returns
        -------
        display : ForecastDisplay
        """
        if (X_history is None) != (y_history is None):
            raise ValueError(
                "X_history and y_history belong together: give both, or neither."
            )
        table = read_table(X)
        columns = _columns(table, y_pred, y_true, interval)
        keys = {"series": series, "time": time, "freq": freq}
        past = None
        if X_history is None:
            panel = _panel_without_history(table, keys)
        else:
            past = read_table(X_history)
            sales = _numbers(y_history, past.n_rows, "y_history")
            panel, _ = Panel.from_table(past, sales, **keys)
            panel = panel_of_names(panel, table)
        return cls._assemble(
            panel,
            table,
            columns,
            past=past,
            promotion=promotion,
            n_history=n_history,
            series_to_plot=series_to_plot,
            random_state=random_state,
        ).plot(ax=ax)

    @classmethod
    def _assemble(cls, panel, table, columns, *, series_to_plot, **options):
        frame, n_series = forecast_cells(
            panel, table, columns, series_to_plot=series_to_plot, **options
        )
        n_shown = frame["series"].nunique()
        return cls(
            frame=frame,
            n_series=n_series,
            note=shown_note(n_shown, n_series, series_to_plot),
        )

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of them, default=None
            One for each series of ``frame``. None makes a figure.

        Returns
        -------
        display : ForecastDisplay
        """
        groups = list(self.frame.groupby("series", sort=False))
        self.axes_, is_new = make_axes(ax, len(groups))
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.history_, self.forecast_, self.actual_ = [], [], []
        self.interval_, self.promotion_ = [], []
        for axis, (label, cells) in zip(self.axes_, groups, strict=True):
            self._draw_series(axis, cells)
            axis.set_title(label, loc="left", fontsize=9)
            tidy(axis)
            format_times(axis, cells["time"])
            self._set_height(axis, cells)
        self._add_legend(is_new)
        add_note(self.axes_, self.note, is_new=is_new)
        return self

    def _set_height(self, axis, cells):
        """From zero, unless sales were negative, with room for the promotions."""
        axis.yaxis.set_major_formatter(short_numbers())
        bottom, top = axis.get_ylim()
        shown = cells.drop(columns=["series", "time", "promotion"])
        if np.nanmin(shown.to_numpy()) >= 0:
            bottom = 0.0
        axis.set_ylim(bottom, top + 0.08 * (top - bottom))

    def _draw_series(self, axis, cells):
        time = cells["time"].to_numpy()
        marker = "." if has_lone_cells(cells["history"]) else None
        self.history_ += axis.plot(
            time,
            cells["history"],
            color=DARK,
            lw=1.1,
            marker=marker,
            ms=3,
            label="sales",
        )
        if "lower" in cells:
            band = axis.fill_between(
                time,
                cells["lower"].to_numpy(),
                cells["upper"].to_numpy(),
                color=PALETTE[0],
                alpha=0.2,
                lw=0,
                label="interval",
            )
            self.interval_.append(band)
        marker = "o" if has_lone_cells(cells["forecast"]) else None
        self.forecast_ += axis.plot(
            time,
            cells["forecast"],
            color=PALETTE[0],
            lw=1.8,
            marker=marker,
            ms=4,
            label="forecast",
        )
        if "actual" in cells:
            self.actual_ += axis.plot(
                time, cells["actual"], ".", color=DARK, ms=5, label="what came"
            )
        marked = time[cells["promotion"].to_numpy()]
        if len(marked):
            self._mark_promotions(axis, marked)

    def _mark_promotions(self, axis, times):
        self.promotion_ += axis.plot(
            times,
            np.full(len(times), 0.96),
            "v",
            color=PALETTE[1],
            ms=4,
            transform=axis.get_xaxis_transform(),
            label="promotion",
        )

    def _add_legend(self, is_new):
        handles = {}
        for axis in self.axes_:
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, handle)
        style = {"frameon": False, "fontsize": 8}
        if is_new:
            self.figure_.legend(
                handles.values(),
                handles,
                loc="outside upper right",
                ncols=len(handles),
                **style,
            )
        else:
            self.ax_.legend(handles.values(), handles, **style)


def has_lone_cells(values):
    """Whether a value stands between two gaps, where a line would not show it."""
    known = np.concatenate([[False], ~np.isnan(np.asarray(values)), [False]])
    return bool(np.any(known[1:-1] & ~known[:-2] & ~known[2:]))


def _panel_without_history(table, keys):
    panel, _ = Panel.from_table(table, np.zeros(table.n_rows), **keys)
    history = replace(panel.history, data=np.full_like(panel.history.data, np.nan))
    return Panel(panel.schema, panel.keys, panel.calendar, history)


def _columns(table, y_pred, y_true, interval):
    """What is known of the rows, each with as many numbers as there are rows."""
    n_rows = table.n_rows
    columns = {"forecast": _numbers(y_pred, n_rows, "y_pred")}
    if interval is not None:
        bounds = as_float(interval, "interval")
        if bounds.shape != (n_rows, 2):
            raise ValueError(
                f"interval must be of shape ({n_rows}, 2), a lower and an upper bound "
                f"for each row of X; got {bounds.shape}."
            )
        columns["lower"], columns["upper"] = bounds.T
    if y_true is not None:
        columns["actual"] = _numbers(y_true, n_rows, "y_true")
    return columns


def _numbers(values, n_rows, name):
    numbers = as_float(values, name)
    refuse_huge(numbers, f"{name} holds")
    if numbers.shape != (n_rows,):
        raise ValueError(
            f"{name} must hold one number for each of the {n_rows} rows of its table; "
            f"got shape {numbers.shape}."
        )
    return numbers
