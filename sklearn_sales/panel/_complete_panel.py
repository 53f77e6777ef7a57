# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The rows that a table of sales lacks."""

from numbers import Real

import numpy as np
import pandas as pd

from sklearn_sales._compat import StrOptions, validate_params
from sklearn_sales.panel._columns import assemble, gather
from sklearn_sales.panel._covariate_rules import (
    ADVICE,
    RULES,
    carried,
    covariate_rules,
    with_value,
)
from sklearn_sales.panel._keyed_table import KeyedTable
from sklearn_sales.panel._time_columns import times_like

__all__ = ["complete_panel"]


@validate_params(
    {
        "X": "no_validation",
        "series": [str, int, list, tuple, None],
        "time": [str, int],
        "freq": "no_validation",
        "target": [str, int, list, tuple, None],
        "fill": [StrOptions({"zero", "missing"}), Real],
        "start": [StrOptions({"own", "common"})],
        "end": [StrOptions({"own", "common"})],
        "covariates": [StrOptions(set(RULES)), dict],
        "return_added": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def complete_panel(
    X,
    *,
    series=None,
    time="auto",
    freq=None,
    target=None,
    fill="zero",
    start="own",
    end="own",
    covariates="raise",
    return_added=False,
):
    """Add the rows that the series of a panel lack.

    Sales logs often hold no row for a day without a sale. For a forecaster of this
    package an absent row was *not observed*, which is not the same as *nothing was
    sold*: this function says which of the two it was.

    Parameters
    ----------
    X : dataframe or array of shape (n_rows, n_columns)
        Keys, times, sales and covariates, in any order of rows: pandas, polars,
        pyarrow or a numpy array.
    series : str, int, list of them, or None, default=None
        Key columns, by name or position; None is a single series.
    time : str or int, default="auto"
        The time column; ``"auto"`` is the one column of dates, else the first that is
        no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float, timedelta or None, default=None
        The grid of times; None infers it from all times together.
    target : str, int, list of them, or None, default=None
        Columns of sales, filled by `fill`.
    fill : {"zero", "missing"} or float, default="zero"
        Sales of the added rows: none, not observed (NaN), or a number.
    start, end : {"own", "common"}, default="own"
        From where to where a series is completed: its own first (last) row, or the
        first (last) time of the whole panel. Before its own first row a product may
        not have existed; think twice before you say that it sold nothing.
    covariates : {"raise", "carry", "missing"} or dict, default="raise"
        How all other columns of the added rows are filled. A column that is constant
        within each series is static and keeps its value under every rule.

        - ``"raise"``: a column that changes within a series is an error.
        - ``"carry"``: the latest known value of the series up to that time; before
          the first known one, that one.
        - ``"missing"``: NaN or null.
        - dict: column -> rule or value, such as ``{"price": "carry", "promo": 0}``;
          columns that it does not name follow ``"raise"``.
    return_added : bool, default=False
        Whether to return which rows were added.

    Returns
    -------
    completed : dataframe or array of shape (n_completed_rows, n_columns)
        Of the same library, sorted by series and time. Rows of `X` are in it
        unchanged, with NaN where they held NaN. Types are kept where they can hold
        what is added: where NaN enters, whole numbers and flags of pandas and numpy
        become floats.
    added : ndarray of shape (n_completed_rows,), bool
        Only if ``return_added=True``: True for added rows.

    Raises
    ------
    ValueError
        Where a key or time is missing, a row is duplicated, a time lies off the
        grid, or a changing covariate has no rule.

    See Also
    --------
    future_frame : The rows after the last ones.
    panel_from_orders : From order lines to a panel.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import complete_panel
    >>> X = pd.DataFrame(
    ...     {
    ...         "item": ["a", "a", "b"],
    ...         "date": pd.to_datetime(["2024-01-01", "2024-01-04", "2024-01-02"]),
    ...         "price": [2.0, 2.5, 9.0],
    ...         "units": [5, 3, 1],
    ...     }
    ... )
    >>> complete_panel(X, series="item", target="units", covariates="carry")
      item       date  price  units
    0    a 2024-01-01    2.0      5
    1    a 2024-01-02    2.0      0
    2    a 2024-01-03    2.0      0
    3    a 2024-01-04    2.5      3
    4    b 2024-01-02    9.0      1
    """
    panel = KeyedTable.read(X, series=series, time=time, freq=freq, target=target)
    table = panel.table
    cells = _Cells(panel, start, end)
    rules = covariate_rules(table, panel.covariates, panel.codes, covariates)
    _refuse_changing(table, cells, rules)
    sales = {"zero": 0, "missing": np.nan}.get(fill, fill)
    columns = []
    for i in range(len(table.names)):
        column = table.native_column(i)
        if i == panel.schema.time:
            columns.append(_times(column, panel.calendar, cells))
        elif i in panel.schema.series:
            columns.append(gather([column], cells.key_rows))
        elif i in panel.targets:
            columns.append(with_value([column], cells.rows, sales, "fill"))
        else:
            columns.append(_covariate(table, i, rules[i], cells))
    completed = assemble(table, columns, table.names)
    return (completed, cells.added) if return_added else completed


class _Cells:
    """All cells of the completed panel, by series and time.

    Attributes
    ----------
    rows : ndarray of shape (n_cells,)
        The row of X in each cell, -1 where it is added.
    key_rows : ndarray of shape (n_cells,)
        Some row of the series of each cell.
    first : ndarray of shape (n_cells,)
        The first cell of its series.
    positions : ndarray of shape (n_cells,)
        Calendar positions.
    """

    def __init__(self, panel, start, end):
        codes, positions = panel.codes, panel.positions
        last_rows = panel.order[panel.last]
        last = positions[last_rows]
        begin = positions[panel.order[np.append(0, panel.last[:-1] + 1)]]
        if start == "common":
            begin[:] = begin.min()
        if end == "common":
            last[:] = last.max()
        lengths = last - begin + 1
        offset = np.cumsum(lengths) - lengths
        self.first = np.repeat(offset, lengths)
        self.positions = np.arange(len(self.first)) - np.repeat(offset - begin, lengths)
        self.rows = np.full(len(self.first), -1)
        self.rows[offset[codes] + positions - begin[codes]] = np.arange(len(codes))
        self.key_rows = np.repeat(last_rows, lengths)

    @property
    def added(self):
        return self.rows < 0


def _refuse_changing(table, cells, rules):
    changing = [table.names[i] for i, rule in rules.items() if rule == "raise"]
    n_added = int(np.count_nonzero(cells.added))
    if n_added and changing:
        raise ValueError(
            f"{n_added} row(s) are added, and nothing says what the column(s) "
            f"{changing}, which change within a series, hold in them: {ADVICE}; or "
            "name columns of sales in target=."
        )


def _times(column, calendar, cells):
    n_rows = len(column)
    distinct, codes = np.unique(cells.positions[cells.added], return_inverse=True)
    index = cells.rows.copy()
    index[cells.added] = n_rows + codes
    parts = [column]
    if len(distinct):
        parts.append(times_like(calendar.times(distinct), column))
    return gather(parts, index)


def _covariate(table, i, rule, cells):
    column = table.native_column(i)
    if isinstance(rule, tuple):
        label = f"covariates[{table.names[i]!r}]"
        return with_value([column], cells.rows, rule[1], label)
    if rule == "missing":
        return gather([column], cells.rows)
    known = ~np.asarray(pd.isna(table.column(i)))
    seen = np.where(cells.added, False, known[cells.rows])
    source = carried(seen, cells.first)
    source = np.where(source >= 0, cells.rows[source], -1)
    return gather([column], np.where(cells.added, source, cells.rows))
