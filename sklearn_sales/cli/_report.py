# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the command line says, and the same as JSON."""

import json
import sys

import numpy as np

__all__ = [
    "Log",
    "by_reason",
    "day",
    "describe",
    "error_table",
    "periods",
    "plain_number",
    "report_json",
    "verdict",
]

PERIODS = {
    "h": "hours",
    "D": "days",
    "B": "business days",
    "W": "weeks",
    "M": "months",
    "Q": "quarters",
    "Y": "years",
}


class Log:
    """Lines for the user.

    Parameters
    ----------
    quiet : bool
        Whether to keep to warnings, which then go to stderr.
    """

    def __init__(self, quiet):
        self.quiet = quiet
        self.notes = []
        self.n_shown = 0

    def say(self, line=""):
        """One line of the report."""
        if not self.quiet:
            print(line, flush=True)

    def note(self, line):
        """Something that the user should know, shown by :meth:`show_notes`."""
        self.notes.append(line)

    def show_notes(self):
        """The notes that have not been shown yet."""
        stream = sys.stderr if self.quiet else sys.stdout
        for line in self.notes[self.n_shown :]:
            print(f"Note: {line}", file=stream, flush=True)
        self.n_shown = len(self.notes)


def by_reason(reasons):
    """Columns that have a reason in common, as (reason, their names)."""
    grouped = {}
    for name, why in reasons.items():
        grouped.setdefault(why, []).append(str(name))
    return [(why, ", ".join(names)) for why, names in grouped.items()]


def periods(n, unit):
    """A number of periods in words: "13 weeks"."""
    name = PERIODS.get(unit, "periods")
    return f"{n} {name.removesuffix('s') if n == 1 else name}"


def plain_number(value):
    """Five digits, and no power of ten: "1,234,600" and "0.0012"."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    digits = 4 - int(np.floor(np.log10(abs(value))))
    rounded = round(float(value), digits)
    text = f"{rounded:,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if digits > 0 else text


def day(time):
    """A time as short as it can be written."""
    return str(time).removesuffix(" 00:00:00")


def describe(sales):
    """The sales table in one line."""
    calendar = sales.calendar
    times = calendar.times(np.array([sales.positions.min(), sales.positions.max()]))
    n = sales.n_series
    keys = f" ({', '.join(sales.series)})" if sales.series else ""
    return (
        f"{sales.path}: {len(sales.y)} rows, {n} series{keys}, frequency "
        f"{calendar.freq}, {day(times[0])} to {day(times[1])}"
    )


def error_table(summary, chosen):
    """Errors of the models, a line each."""
    lines = [
        f"{'model':<12}{'WAPE':>9}{'bias':>9}{'RMSSE':>8}{'MASE':>8}{'seconds':>9}"
    ]
    for name, row in summary.iterrows():
        mark = "  <- chosen" if name == chosen else ""
        lines.append(
            f"{name:<12}{row['wape']:>9.1%}{row['bias']:>+9.1%}{row['rmsse']:>8.3f}"
            f"{row['mase']:>8.3f}{row['seconds']:>9.1f}{mark}"
        )
    return lines


def verdict(summary, chosen):
    """What the back-test says about the chosen model, in one line."""
    naive, own = summary["wape"]["naive"], summary["wape"][chosen]
    if chosen == "naive":
        rest = summary["wape"].drop("naive")
        if len(rest) and rest.min() >= naive:
            return "No model beat the seasonal naive: its forecast is used."
        return "The seasonal naive forecast is used, as asked for."
    share = own / naive - 1 if naive > 0 else np.nan
    more = f"{abs(share):.0%} {'less' if share < 0 else 'more'} WAPE than"
    advice = "" if share < 0 else " Consider --model auto or naive."
    return f"{chosen} has {more} the seasonal naive.{advice}"


def report_json(report):
    """A report as JSON text; times are written as text, NaN as null."""
    return json.dumps(_plain(report), indent=2) + "\n"


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return day(value)
