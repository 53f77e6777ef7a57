# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is odd in a table of sales, for a reader to check."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sklearn_sales.cli._report import day, plain_number
from sklearn_sales.compose._outliers import THRESHOLDS, limit_sales

__all__ = ["Finding", "find_oddities"]

MAX_EXAMPLES = 8
# Times in the moving window of what is expected of a cell, at least.
WINDOW = 15


@dataclass(frozen=True)
class Finding:
    """One kind of oddity.

    Attributes
    ----------
    name : str
        Such as "Gaps".
    text : str
        How many there are, and what it may mean.
    examples : list of (int, str)
        Codes of the series that show it most, and what is odd about each.
    n_series : int
        In how many series it is found.
    """

    name: str
    text: str
    examples: list = field(default_factory=list)
    n_series: int = 0


def find_oddities(sales, horizon):
    """All kinds of oddities, those that were found first.

    Parameters
    ----------
    sales : Sales
    horizon : int

    Returns
    -------
    list of Finding
        Those with ``n_series=0`` were looked for and not found.
    """
    panel = _Cells(sales)
    found = [
        _repeated(sales),
        _negative(panel),
        _outliers(panel),
        _gaps(panel),
        _launches(panel),
        _ended(panel, horizon),
        _faded(panel, horizon),
        _alike(panel),
        _constant(panel),
    ]
    return sorted(found, key=lambda one: one.n_series == 0)


class _Cells:
    """The cells of all series, one after the other."""

    def __init__(self, sales):
        self.sales, self.n_series = sales, sales.n_series
        whole, n = sales.panel.history, sales.n_series
        # the last series is the mean of all others
        self.history = replace(
            whole,
            data=whole.data[: whole.indptr[n]],
            indptr=whole.indptr[: n + 1],
            start=whole.start[:n],
        )
        self.codes = np.repeat(np.arange(n), self.history.lengths)
        offset = np.arange(len(self.codes)) - self.history.indptr[self.codes]
        self.positions = self.history.start[self.codes] + offset

    def count(self, cells):
        """How many of the marked cells each series has."""
        return np.bincount(self.codes[cells], minlength=self.n_series)

    def times(self, positions):
        """Times as text."""
        return [day(time) for time in self.sales.calendar.times(positions)]


def _most(values, tell):
    """Series with the largest values, and what to tell of each."""
    order = np.argsort(-values, kind="stable")[:MAX_EXAMPLES]
    return [(int(code), tell(code)) for code in order if values[code] > 0]


def _n(count, what):
    """A number of things: "1 row", "2 rows"."""
    plural = what if count == 1 or what.endswith("series") else f"{what}s"
    return f"{count} {plural}"


def _cell_finding(panel, cells, name, none, text, tell):
    """A finding about single cells; ``tell`` describes some cells of a series."""
    marked = np.flatnonzero(cells)
    counts = panel.count(marked)
    n_series = int(np.count_nonzero(counts))
    if not n_series:
        return Finding(name, none)
    codes = panel.codes[marked]
    examples = _most(counts, lambda code: tell(marked[codes == code]))
    told = f"{_n(len(marked), 'sale')} in {n_series} of {panel.n_series} series"
    return Finding(name, f"{told}{text}", examples, n_series)


def _repeated(sales):
    rows = np.flatnonzero(sales.n_added > 1)
    name = "Duplicated rows"
    if not len(rows):
        return Finding(name, "no series has two rows at the same time")
    counts = np.bincount(sales.codes[rows], minlength=sales.n_series)
    more = int(np.sum(sales.n_added[rows] - 1))

    def tell(code):
        row = rows[sales.codes[rows] == code][0]
        when = day(sales.calendar.times(sales.positions[[row]])[0])
        return f"{_n(counts[code], 'time')}, the first {when}"

    n_series = int(np.count_nonzero(counts))
    text = (
        f"{_n(more, 'row')} in {n_series} of {sales.n_series} series, added to "
        "another row of the same time. Is a key column missing?"
    )
    return Finding(name, text, _most(counts, tell), n_series)


def _negative(panel):
    data = panel.history.data

    def tell(cells):
        worst = cells[np.argmin(data[cells])]
        when = panel.times(panel.positions[[worst]])[0]
        return (
            f"{_n(len(cells), 'sale')}, the least {plain_number(data[worst])} at {when}"
        )

    return _cell_finding(
        panel,
        data < 0,
        "Negative sales",
        "no sale is below zero",
        ". Are they returns? Then forecasts may be below zero as well.",
        tell,
    )


def _outliers(panel):
    data, season = panel.history.data, panel.sales.calendar.season
    window = max(WINDOW, season + 1 - season % 2)
    limits = limit_sales(
        panel.history,
        "seasonal",
        threshold=THRESHOLDS["seasonal"],
        window=window,
        season=season,
    )
    with np.errstate(invalid="ignore"):
        far = (data < limits.low) | (data > limits.high)

    def tell(cells):
        worst = cells[np.argmax(np.abs(data[cells] - limits.expected[cells]))]
        when = panel.times(panel.positions[[worst]])[0]
        usual = plain_number(limits.expected[worst])
        return (
            f"{_n(len(cells), 'sale')}, the farthest {plain_number(data[worst])} at "
            f"{when}, where about {usual} is usual"
        )

    return _cell_finding(
        panel,
        far,
        "Outliers",
        "no sale lies far from those around it",
        ", far from those around them and from their season. A promotion, a "
        "holiday, or a slip of the keyboard?",
        tell,
    )


def _gaps(panel):
    missing = np.isnan(panel.history.data)

    def tell(cells):
        runs = np.split(cells, np.flatnonzero(np.diff(cells) > 1) + 1)
        longest = max(runs, key=len)
        when = panel.times(panel.positions[longest[:1]])[0]
        return f"{_n(len(cells), 'time')} missing, {len(longest)} in a row from {when}"

    found = _cell_finding(
        panel,
        missing,
        "Gaps",
        "every series has all times from its first to its last",
        "",
        tell,
    )
    if not found.n_series:
        return found
    share = missing.sum() / len(missing)
    text = (
        f"{found.n_series} of {panel.n_series} series lack times between their "
        f"first and their last, {share:.1%} of all these. They count as not observed; "
        "where nothing was sold, write zeros (complete_panel does)."
    )
    return replace(found, text=text)


def _launches(panel):
    start, season = panel.history.start, panel.sales.calendar.season
    late = start - start.min()
    n_late = int(np.count_nonzero(late))
    if not n_late:
        return Finding("Launches", "all series begin at the same time")
    short = panel.history.lengths <= season
    text = f"{n_late} of {panel.n_series} series, later than the first one"
    if season > 1 and short.any():
        text += f"; {int(short.sum())} have no more than one season of {season} times"
    times = panel.times(start)
    examples = _most(late, lambda code: f"begins {times[code]}")
    return Finding("Launches", f"{text}.", examples, n_late)


def _ended(panel, horizon):
    last = panel.history.last
    missing = np.maximum(last.max() - last - horizon + 1, 0)
    n_ended = int(np.count_nonzero(missing))
    if not n_ended:
        return Finding("Ends", f"every series has a row in the last {horizon} times")
    times = panel.times(last)
    text = (
        f"{n_ended} of {panel.n_series} series, without a row in the last "
        f"{horizon} times. If they were given up, leave out their forecasts."
    )
    examples = _most(missing, lambda code: f"last row {times[code]}")
    return Finding("Ends", text, examples, n_ended)


def _faded(panel, horizon):
    """Series with rows up to the end, but no sale in the last of them."""
    data = np.nan_to_num(panel.history.data)
    last_sale = np.full(panel.n_series, -1)
    sold = np.flatnonzero(data != 0)
    np.maximum.at(last_sale, panel.codes[sold], panel.positions[sold])
    newest = panel.history.last
    unsold = np.where(
        (newest > newest.max() - horizon) & (last_sale >= 0), newest - last_sale, 0
    )
    unsold[unsold < horizon] = 0
    n_faded = int(np.count_nonzero(unsold))
    name = "Sold nothing lately"
    if not n_faded:
        return Finding(name, f"no series has {horizon} zeros or more at its end")
    text = (
        f"{n_faded} of {panel.n_series} series, with {horizon} zeros or more at "
        "their end. Out of stock, or given up?"
    )
    times = panel.times(np.maximum(last_sale, 0))
    examples = _most(unsold, lambda code: f"last sale {times[code]}")
    return Finding(name, text, examples, n_faded)


def _alike(panel):
    """Series that hold the same sales at the same times, of more than one value."""
    data = np.nan_to_num(panel.history.data, nan=-1.2345e300)
    weight = pd.util.hash_array(panel.positions.astype(np.int64))
    marks = pd.util.hash_array(data) * (weight | np.uint64(1))
    bounds = panel.history.indptr[:-1]
    sums = np.add.reduceat(marks, bounds) if len(marks) else marks
    varied = ~_is_constant(panel)
    frame = pd.DataFrame({"sum": sums, "n": panel.history.lengths})[varied]
    first = frame.groupby(["sum", "n"]).cumcount() == 0
    original = frame.reset_index().groupby(["sum", "n"])["index"].transform("first")
    copies = frame.index[~first]
    name = "Series alike"
    if not len(copies):
        return Finding(name, "no two series hold the same sales")
    of = dict(zip(frame.index, original, strict=True))
    names = panel.sales.names
    examples = [
        (int(code), f"the same sales as {names[of[code]]}")
        for code in copies[:MAX_EXAMPLES]
    ]
    text = f"{len(copies)} series with the same sales as another. Copied by mistake?"
    return Finding(name, text, examples, len(copies))


def _is_constant(panel):
    low = _reduce(np.fmin, panel)
    return low == _reduce(np.fmax, panel)


def _reduce(function, panel):
    return function.reduceat(panel.history.data, panel.history.indptr[:-1])


def _constant(panel):
    constant = _is_constant(panel) & (panel.history.lengths > 1)
    codes = np.flatnonzero(constant)
    if not len(codes):
        return Finding("Constant series", "none")
    values = _reduce(np.fmax, panel)
    examples = [
        (int(code), f"always {plain_number(values[code])}")
        for code in codes[:MAX_EXAMPLES]
    ]
    text = f"{len(codes)} of {panel.n_series} series."
    return Finding("Constant series", text, examples, len(codes))
