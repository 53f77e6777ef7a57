# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the pictures of the page are drawn from, as plain lists."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_sales.cli._backtest import floor_of
from sklearn_sales.cli._page_errors import DRAWN, interval_ahead
from sklearn_sales.cli._report import day

__all__ = ["choose_shown", "page_data"]

MAX_SERIES = 2000
# Cells of the past on one page: some five bytes each.
MAX_CELLS = 600_000
# Times of the past of one series that a screen can show.
MAX_TIMES = 1500


def choose_shown(n_series, linked):
    """Codes of the series on the page: all, or the linked ones and others at random.

    Parameters
    ----------
    n_series : int
    linked : iterable of int
        Codes that other parts of the page point at.

    Returns
    -------
    codes : ndarray of int
        In rising order.
    """
    if n_series <= MAX_SERIES:
        return np.arange(n_series)
    linked = np.unique(np.fromiter(linked, dtype=np.int64))
    others = np.setdiff1d(np.arange(n_series), linked)
    n_more = max(MAX_SERIES - len(linked), 0)
    drawn = check_random_state(0).choice(others, n_more, replace=False)
    return np.sort(np.concatenate([linked, drawn]))


def page_data(job, outcome, judged, shown):
    """Series and errors by step.

    Parameters
    ----------
    job : Job
    outcome : Outcome
    judged : Judged
    shown : ndarray of int
        Codes of the series.

    Returns
    -------
    dict
        Of numbers, text, None, lists and dicts.
    """
    sales = job.sales
    newest = int(sales.positions.max())
    first = _first_shown(job, newest, len(shown))
    times = sales.calendar.times(np.arange(first, newest + job.horizon + 1))
    steps = judged.by("step")
    sample = ""
    if len(shown) < sales.n_series:
        sample = (
            f"{len(shown)} of {sales.n_series} series are on this page: those it links "
            "to, and others drawn at random."
        )
    return {
        "target": sales.target,
        "model": outcome.chosen,
        "interval": f"{DRAWN:.0%} interval",
        "sample": sample,
        "times": [day(time) for time in times],
        "ahead": newest + 1 - first,
        "steps": {
            "step": steps.index.tolist(),
            "own": _plain(steps["own"]),
            "naive": _plain(steps["naive"]),
        },
        "series": _all_series(job, outcome, judged, shown, first, newest),
    }


def _first_shown(job, newest, n_shown):
    """Position of the oldest time on the page."""
    oldest = int(job.sales.positions.min())
    tested = job.horizon * job.folds
    least = tested + max(3 * job.horizon, job.sales.calendar.season)
    n_times = min(max(MAX_CELLS // n_shown, least), MAX_TIMES)
    return max(newest - n_times + 1, oldest)


def _all_series(job, outcome, judged, shown, first, newest):
    sales = job.sales
    floor = floor_of(sales.y)
    low, high = interval_ahead(judged, outcome.forecasts, newest, floor)
    n = len(shown)
    ahead = [
        np.asarray(values).reshape(sales.n_series, job.horizon)[shown]
        for values in (outcome.forecasts, low, high)
    ]
    n_past = newest - first + 1
    grid = np.repeat(shown, n_past), np.tile(np.arange(first, newest + 1), n)
    past = sales.panel.history.values(*grid).reshape(n, n_past)
    tested = _tested(judged, shown, first, n_past)
    names = [sales.names[code] for code in shown]
    return [
        {
            "name": name,
            **_trimmed("first", "sales", one),
            **_trimmed("testFirst", "test", test),
        }
        | {"forecast": _plain(f), "low": _plain(lo), "high": _plain(hi)}
        for name, one, test, f, lo, hi in zip(names, past, tested, *ahead, strict=True)
    ]


def _tested(judged, shown, first, n_past):
    """Back-test forecasts of the shown series on the grid of the page."""
    rows = judged.rows
    place = np.searchsorted(shown, rows["code"])
    place = np.minimum(place, len(shown) - 1)
    column = rows["position"].to_numpy() - first
    here = (shown[place] == rows["code"].to_numpy()) & (column >= 0)
    grid = np.full((len(shown), n_past), np.nan)
    grid[place[here], column[here]] = rows["own"].to_numpy()[here]
    return grid


def _trimmed(first_name, name, values):
    """Values without the unknown ones at both ends, and where they begin."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return {first_name: 0, name: []}
    start, stop = known[0], known[-1] + 1
    return {first_name: int(start), name: _plain(values[start:stop])}


def _plain(values):
    """Five digits of each number, None for NaN; whole ones without a point."""
    values = np.asarray(values, dtype=np.float64)
    size = np.abs(np.where(np.isnan(values) | (values == 0), 1.0, values))
    power = 10.0 ** (4 - np.floor(np.log10(size)))
    rounded = np.round(values * power) / power
    return [
        None if value != value else int(value) if value == int(value) else value
        for value in rounded.tolist()
    ]
