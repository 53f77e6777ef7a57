# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known ahead, found for each future row by its keys and its time."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel._index_levels import has_time_index, to_columns
from sklearn_sales.panel._keys import SeriesKeys, show_key
from sklearn_sales.panel._table import Table
from sklearn_sales.panel._times import parse_times

__all__ = ["KnownFuture", "match_known"]


class KnownFuture:
    """A table of known-future covariates beside the future rows of a panel.

    Parameters
    ----------
    table : Table or None
    columns : dict
        Position of a covariate in X -> its position in ``table``.
    rows : ndarray of shape (n_future_rows,)
        The row of ``table`` for each future row, -1 where it has none.
    """

    def __init__(self, table, columns, rows):
        self.table = table
        self.columns = columns
        self.rows = rows

    def told(self, i):
        """Rows of the table that tell a covariate, -1 where it is not told."""
        if i not in self.columns:
            return np.full(len(self.rows), -1)
        missing = np.asarray(pd.isna(self.table.column(self.columns[i])))
        return np.where(missing[self.rows], -1, self.rows)


def match_known(known, panel, future):
    """Find the rows of a table for the future rows of a panel.

    Parameters
    ----------
    known : dataframe or None
    panel : KeyedTable
    future : object with ``codes``, ``positions`` and ``rows``
        Series, calendar position and some row of the series, of each future row.

    Returns
    -------
    KnownFuture
    """
    if known is None:
        return KnownFuture(None, {}, np.full(len(future.codes), -1))
    table = _open(known, panel)
    columns = _columns(table, panel)
    names = [n for n in panel.schema.series_names if n in table.names]
    own, theirs = _group_codes(table, panel, names)
    positions, usable = _positions(table, panel)
    # of times ahead alone, series and time make one number; keys that X lacks have
    # the code -1 and a negative one, which no future row has
    first, last = future.positions.min(), future.positions.max()
    usable &= (positions >= first) & (positions <= last)
    span = last - first + 1
    candidates = np.flatnonzero(usable)
    have = theirs[candidates] * span + positions[candidates] - first
    want = own[future.rows] * span + future.positions - first
    needed = np.isin(have, want)
    have, candidates = have[needed], candidates[needed]
    index = pd.Index(have)
    if not index.is_unique:
        repeated = candidates[index.duplicated()]
        when = panel.calendar.times(positions[repeated[:1]])[0]
        _refuse_repeated(table, names, repeated, when)
    found = index.get_indexer(want)
    rows = np.where(found >= 0, np.append(candidates, -1)[found], -1)
    return KnownFuture(table, columns, rows)


def _open(known, panel):
    X = panel.table.native
    if not nw.dependencies.is_into_dataframe(known):
        raise TypeError(
            f"known= must be a data frame with named columns, got "
            f"{type(known).__name__}."
        )
    if not panel.table.is_frame:
        raise TypeError(
            "known= is joined by the names of its columns, and X is an array: pass X "
            "as a data frame too."
        )
    mine, theirs = (nw.get_native_namespace(t).__name__ for t in (X, known))
    if mine != theirs:
        raise TypeError(
            f"known= is a table of {theirs} and X one of {mine}; convert one of them."
        )
    indexed = panel.schema.levels and has_time_index(known)
    return Table(to_columns(known) if indexed else known)


def _columns(table, panel):
    schema, names = panel.schema, panel.table.names
    if schema.time_name not in table.names:
        raise ValueError(
            f"known= has no column {schema.time_name!r}, the time of X; its columns "
            f"are {table.names}."
        )
    targets = [names[i] for i in panel.targets]
    joined = {schema.time_name, *schema.series_names, *targets}
    covariates = {names[i]: i for i in panel.covariates}
    extra = [n for n in table.names if n not in joined and n not in covariates]
    if extra:
        raise ValueError(
            f"known= has column(s) {extra} that X lacks; add them to X, rename or drop "
            f"them. The covariates of X are {list(covariates)}."
        )
    return {covariates[n]: j for j, n in enumerate(table.names) if n in covariates}


def _group_codes(table, panel, names):
    """Codes of the keys that both tables have: rows of X, rows of known."""
    X = panel.table
    keys = SeriesKeys(names)
    columns = [X.column(X.names.index(n)) for n in names]
    own = keys.fit_encode(columns, names)
    if own is None:
        own = np.zeros(X.n_rows, dtype=np.int64)
    columns = [table.column(table.names.index(n)) for n in names]
    labels = [f"column {n!r} of known=" for n in names]
    return own, keys.encode(columns, labels, table.n_rows)


def _positions(table, panel):
    calendar, name = panel.calendar, panel.schema.time_name
    label = f"the time column {name!r} of known="
    times = parse_times(table.column(table.names.index(name)), label)
    theirs = _describe(times)
    if theirs != _describe(calendar):
        raise ValueError(f"{label} holds {theirs}, but X holds {_describe(calendar)}.")
    positions, off = calendar.find(times)
    return positions, ~off


def _describe(times):
    if times.kind == "period":
        return f"periods of frequency {times.unit!r}"
    return f"{times.kind}s" + (f" in time zone {times.zone}" if times.zone else "")


def _refuse_repeated(table, names, rows, when):
    cells = [table.column(table.names.index(n)) for n in names]
    shown = show_key(names, [np.asarray(c)[rows[0]] for c in cells])
    raise ValueError(
        f"known= holds {len(rows)} duplicated row(s), the first "
        f"{f'for {shown} ' if names else ''}at {when}. It has one row for each time "
        "and, where it has key columns of X, for each key."
    )
