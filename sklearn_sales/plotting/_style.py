# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What all displays share: colours, axes, dates."""

import numpy as np
import pandas as pd

from sklearn_sales._compat import import_optional

__all__ = [
    "DARK",
    "LIGHT",
    "PALETTE",
    "add_note",
    "as_plotted",
    "estimator_colors",
    "format_times",
    "make_axes",
    "percent_format",
    "short_numbers",
    "tidy",
]

# Colours of Okabe and Ito, which the colour-blind can tell apart; black and yellow
# are left out, since text is black and yellow lines are hardly seen on white.
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
)
DARK, LIGHT = "#444444", "#DDDDDD"


def make_axes(ax, n=1, *, height=2.3, width=6.0):
    """Axes to draw on: those that were passed, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib Axes, sequence of n Axes, or None
    n : int, default=1
        How many are needed.
    height, width : float
        Of each new one, in inches.

    Returns
    -------
    axes : ndarray of shape (n,)
    is_new : bool
        Whether the figure was made here.
    """
    if ax is not None:
        return _passed_axes(ax, n), False
    pyplot = import_optional("matplotlib.pyplot", extra="plot")
    n_columns = 2 if n > 1 else 1
    n_rows = -(-n // n_columns)
    figure, axes = pyplot.subplots(
        n_rows,
        n_columns,
        figsize=(width * n_columns, 0.9 + height * n_rows),
        squeeze=False,
        layout="constrained",
    )
    axes = axes.ravel()
    for unused in axes[n:]:
        unused.remove()
    return axes[:n], True


def _passed_axes(ax, n):
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    wrong = [one for one in axes if not hasattr(one, "get_xaxis_transform")]
    if wrong:
        raise TypeError(
            f"ax must be matplotlib Axes, or {n} of them; got "
            f"{type(wrong[0]).__name__}."
        )
    if len(axes) != n:
        raise ValueError(
            f"ax holds {len(axes)} Axes, but {n} series are drawn, each on its own. "
            f"Pass {n} Axes, or choose fewer series with series_to_plot=."
        )
    return axes


def tidy(ax, *, grid="y"):
    """Take away what says nothing: the frame above and to the right."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=grid, color=LIGHT, lw=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8)


def as_plotted(times):
    """Times as matplotlib places them on an axis: dates on the clock of the shop."""
    index = pd.Index(times)
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        # whatever zone the machine of the reader is in
        return index.tz_localize(None).to_numpy()
    return index.to_numpy()


def format_times(ax, times):
    """Short labels of dates, each part written once; numbers are left as they are."""
    if as_plotted(times).dtype.kind != "M":
        return
    dates = import_optional("matplotlib.dates", extra="plot")
    locator = dates.AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    ax.xaxis.get_offset_text().set_fontsize(8)


def percent_format():
    """A formatter of shares: 0.125 is 12.5%, and 0.1 is 10%."""
    ticker = import_optional("matplotlib.ticker", extra="plot")
    return ticker.FuncFormatter(lambda value, _: f"{100 * value:.4g}%")


def short_numbers():
    """A formatter of sales: 12000 is 12k."""
    return import_optional("matplotlib.ticker", extra="plot").EngFormatter(sep="")


def estimator_colors(names, baseline="naive"):
    """A colour for each estimator; the baseline is grey."""
    others = [name for name in names if name != baseline]
    colors = {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(others)}
    return {**colors, baseline: "#777777"}


def add_note(axes, note, *, is_new):
    """A line of small print below the axes; nothing where it is empty."""
    if not note:
        return None
    style = {"fontsize": 8, "color": DARK, "ha": "left"}
    if is_new:
        return axes[-1].figure.supxlabel(note, x=0.01, **style)
    return axes[-1].set_xlabel(note, x=0.0, **style)
