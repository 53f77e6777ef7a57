# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A picture of the largest series: history, back-test and forecast."""

import numpy as np
import pandas as pd

from sklearn_sales._compat import import_optional
from sklearn_sales._files import replacing

__all__ = ["draw_picture", "largest_series"]

# Colours of Okabe and Ito, which the colour-blind can tell apart.
HISTORY, BACK_TEST, FORECAST = "#444444", "#E69F00", "#0072B2"
MAX_PANELS = 6


def largest_series(codes, y, n):
    """Codes of the series with the largest sums of sales, the largest first."""
    totals = np.bincount(codes, weights=y)
    return np.argsort(-totals, kind="stable")[:n]


def draw_picture(path, sales, tested, ahead, *, horizon, title):
    """Draw history, back-test and forecast of the largest series, and save it.

    Parameters
    ----------
    path : Path
        A PNG file.
    sales : Sales
    tested : pandas.Series
        Back-test forecasts, by row number of the sales table.
    ahead : pandas.Series
        Forecasts by (code, position).
    horizon : int
    title : str
    """
    figure_module = import_optional("matplotlib.figure", extra="plot")
    shown = largest_series(sales.codes, sales.y, MAX_PANELS)
    n_columns = 2 if len(shown) > 1 else 1
    n_rows = -(-len(shown) // n_columns)
    figure = figure_module.Figure(
        figsize=(6 * n_columns, 1.2 + 2.3 * n_rows), dpi=120, layout="constrained"
    )
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True).ravel()
    first = _first_shown(sales, horizon)
    for axis, code in zip(axes, shown, strict=False):
        _draw_series(axis, sales, tested, ahead, code, first)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    _decorate(figure, axes, sales, title)
    with replacing(path) as aside:
        figure.savefig(aside)


def _first_shown(sales, horizon):
    """Enough of the past to see the season, and the forecast no mere speck."""
    n_shown = max(5 * horizon, horizon + sales.calendar.season)
    return max(sales.positions.max() - n_shown + 1, sales.positions.min())


def _draw_series(axis, sales, tested, ahead, code, first):
    positions = np.arange(first, sales.positions.max() + 1)
    history = sales.panel.history.values(np.full(len(positions), code), positions)
    x = _numbers(sales.calendar.times(positions))
    # a single value between two gaps makes no line
    marker = "." if np.isnan(history).any() else None
    axis.plot(x, history, color=HISTORY, lw=1.1, marker=marker, ms=3, label="sales")
    rows = tested.index[sales.codes[tested.index] == code]
    rows = rows[np.argsort(sales.positions[rows])]
    x = _numbers(sales.calendar.times(sales.positions[rows]))
    axis.plot(x, tested[rows], color=BACK_TEST, lw=1.6, ls="--", label="back-test")
    future = ahead.loc[code]
    x = _numbers(sales.calendar.times(future.index.to_numpy()))
    # one point alone makes no line
    marker = "o" if len(future) == 1 else None
    axis.plot(x, future, color=FORECAST, lw=1.8, marker=marker, label="forecast")
    axis.set_title(sales.names[code], loc="left", fontsize=9)


def _numbers(times):
    """Times that matplotlib can place on an axis."""
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if isinstance(times, pd.DatetimeIndex):
        # the clock of the shop, whatever zone the reader's machine is in
        return times.tz_localize(None).to_numpy()
    return times.to_numpy()


def _decorate(figure, axes, sales, title):
    ticker = import_optional("matplotlib.ticker", extra="plot")
    dates = import_optional("matplotlib.dates", extra="plot")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#dddddd", lw=0.6)
        axis.tick_params(labelsize=8)
        axis.yaxis.set_major_formatter(ticker.EngFormatter(sep=""))
        axis.yaxis.set_major_locator(ticker.MaxNLocator(4))
        if sales.calendar.kind != "number":
            locator = dates.AutoDateLocator(minticks=3)
            axis.xaxis.set_major_locator(locator)
            axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        if np.min(sales.y) >= 0:
            axis.set_ylim(bottom=0)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside upper right",
        ncols=3,
        frameon=False,
        fontsize=9,
    )
