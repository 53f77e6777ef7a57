# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the next times of every series."""

from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales._compat import Interval, StrOptions, validate_params
from sklearn_sales.panel._columns import assemble, gather
from sklearn_sales.panel._covariate_rules import (
    ADVICE,
    RULES,
    carried,
    covariate_rules,
    with_value,
)
from sklearn_sales.panel._keyed_table import KeyedTable
from sklearn_sales.panel._known_future import match_known
from sklearn_sales.panel._time_columns import times_like

__all__ = ["future_frame"]


@validate_params(
    {
        "X": "no_validation",
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "series": [str, int, list, tuple, None],
        "time": [str, int],
        "freq": "no_validation",
        "target": [str, int, list, tuple, None],
        "known": "no_validation",
        "covariates": [StrOptions(set(RULES)), dict],
        "end": [StrOptions({"own", "common"})],
        "active_within": [Interval(Integral, 0, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def future_frame(
    X,
    horizon,
    *,
    series=None,
    time="auto",
    freq=None,
    target=None,
    known=None,
    covariates="raise",
    end="common",
    active_within=None,
):
    """The rows of the next times of every series: the X to predict.

    Parameters
    ----------
    X : dataframe or array of shape (n_rows, n_columns)
        Keys, times and covariates of the past, in any order of rows: pandas, polars,
        pyarrow or a numpy array.
    horizon : int
        Number of times ahead, H.
    series : str, int, list of them, or None, default=None
        Key columns, by name or position; None is a single series.
    time : str or int, default="auto"
        The time column; ``"auto"`` is the one column of dates, else the first that is
        no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float, timedelta or None, default=None
        The grid of times; None infers it from all times together. An irregular grid
        goes on by its median step.
    target : str, int, list of them, or None, default=None
        Columns of sales in `X`; they are left out of the result.
    known : dataframe, default=None
        What is known ahead, a table of the library of `X`: a price list, a calendar
        of promotions, holidays. It holds the time column and any of the key columns,
        under their names in `X`: with all of them it has one value for each series and
        time, without one for all series, with some (a store, say) one for each of
        those. Its other columns are covariates of `X`. Rows that are not needed are
        passed over.
    covariates : {"raise", "carry", "missing"} or dict, default="raise"
        How covariates are filled where `known` does not tell them. A column that is
        constant within each series, and that `known` does not have, is static and
        keeps its value under every rule.

        - ``"raise"``: an error names the columns and the first row.
        - ``"carry"``: the last known value of the series.
        - ``"missing"``: NaN or null.
        - dict: column -> rule or value, such as ``{"price": "carry", "promo": 0}``;
          columns that it does not name follow ``"raise"``.
    end : {"common", "own"}, default="common"
        The time after which a series goes on: the last one of the whole panel, or its
        own. A shop forecasts all of its products for the same next days: a product
        without a row for the last days was mostly just not sold.
    active_within : int, default=None
        Series whose last row lies more than this many steps before the last time of
        the panel have ended and are left out. None keeps all.

    Returns
    -------
    future : dataframe or array of shape (n_series * horizon, n_columns)
        Of the same library, with the columns of `X` in their order, without `target`,
        sorted by series and time. Times have the form that they have in `X`.

    Raises
    ------
    ValueError
        Where a changing covariate has neither a known value nor a rule, `known` has
        columns that `X` lacks or two rows for one time, or `X` is no panel.

    See Also
    --------
    complete_panel : The rows that are absent before the end.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import future_frame
    >>> X = pd.DataFrame(
    ...     {
    ...         "item": ["a", "a", "b", "b"],
    ...         "date": pd.to_datetime(["2024-01-01", "2024-01-02"] * 2),
    ...         "brand": ["x", "x", "y", "y"],
    ...         "promo": [0, 1, 0, 0],
    ...     }
    ... )
    >>> promotions = pd.DataFrame(
    ...     {"date": pd.to_datetime(["2024-01-03", "2024-01-04"]), "promo": [0, 1]}
    ... )
    >>> future_frame(X, 2, series="item", known=promotions)
      item       date brand  promo
    0    a 2024-01-03     x      0
    1    a 2024-01-04     x      1
    2    b 2024-01-03     y      0
    3    b 2024-01-04     y      1
    """
    panel = KeyedTable.read(X, series=series, time=time, freq=freq, target=target)
    table = panel.table
    future = _FutureRows(panel, horizon, end, active_within)
    ahead = match_known(known, panel, future)
    rules = covariate_rules(
        table, panel.covariates, panel.codes, covariates, given=ahead.columns
    )
    _refuse_untold(panel, future, ahead, rules)
    kept = [i for i in range(len(table.names)) if i not in panel.targets]
    columns = []
    for i in kept:
        column = table.native_column(i)
        if i == panel.schema.time:
            columns.append(_times(column, panel.calendar, future.positions))
        elif i in panel.schema.series:
            columns.append(gather([column], future.rows))
        else:
            columns.append(_covariate(panel, i, future, ahead, rules[i]))
    return assemble(table, columns, [table.names[i] for i in kept])


class _FutureRows:
    """The cells of the result.

    Attributes
    ----------
    codes, positions : ndarray of shape (n_future_rows,)
        Series and calendar position.
    rows : ndarray of shape (n_future_rows,)
        The last row of X of the same series.
    """

    def __init__(self, panel, horizon, end, active_within):
        last_rows = panel.order[panel.last]
        own = panel.positions[last_rows]
        common = own.max()
        series = np.arange(panel.n_series)
        if active_within is not None:
            series = series[common - own <= active_within]
        origins = own if end == "own" else np.full(panel.n_series, common)
        self.codes = np.repeat(series, horizon)
        steps = np.tile(np.arange(1, horizon + 1), len(series))
        self.positions = origins[self.codes] + steps
        self.rows = last_rows[self.codes]


def _refuse_untold(panel, future, ahead, rules):
    names = panel.table.names
    strict = [i for i, rule in rules.items() if rule == "raise"]
    silent = [names[i] for i in strict if i not in ahead.columns]
    if silent:
        raise ValueError(
            f"nothing says what the column(s) {silent} of X, which change within a "
            "series, hold in the future rows: pass a table of their future values in "
            f"known=, or {ADVICE}; name columns of sales in target= to leave them out."
        )
    holes = {names[i]: ahead.told(i) < 0 for i in strict}
    holes = {name: missing for name, missing in holes.items() if missing.any()}
    if holes:
        anywhere = np.logical_or.reduce(list(holes.values()))
        first = int(np.argmax(anywhere))
        when = panel.calendar.times(future.positions[[first]])[0]
        counts = ", ".join(f"{n!r} ({m.sum()} row(s))" for n, m in holes.items())
        raise ValueError(
            f"known= has no value for {int(anywhere.sum())} of {len(anywhere)} future "
            f"row(s): {counts}. The first is {panel.keys.show(future.codes[first])} at "
            f"{when}. Add them to known=, or {ADVICE}."
        )


def _times(column, calendar, positions):
    distinct, index = np.unique(positions, return_inverse=True)
    return gather([times_like(calendar.times(distinct), column)], index)


def _covariate(panel, i, future, ahead, rule):
    table = panel.table
    column = table.native_column(i)
    name = table.names[i]
    told = ahead.told(i)
    rows = np.full(len(told), -1)
    if rule == "carry":
        rows = _last_known(panel, i)[future.codes]
    parts = [column]
    if i in ahead.columns:
        rows = np.where(told >= 0, len(column) + told, rows)
        parts.append(ahead.table.native_column(ahead.columns[i]))
    value = rule[1] if isinstance(rule, tuple) else np.nan
    try:
        return with_value(parts, rows, value, f"covariates[{name!r}]")
    except TypeError as error:
        raise TypeError(f"column {name!r} of known=: {error}.") from error


def _last_known(panel, i):
    """The row of X with the last known value of each series, -1 where it has none."""
    known = ~np.asarray(pd.isna(panel.table.column(i)))[panel.order]
    counts = np.diff(panel.last, prepend=-1)
    first = np.repeat(panel.last + 1 - counts, counts)
    cells = carried(known, first)[panel.last]
    return np.where(cells >= 0, panel.order[cells], -1)
