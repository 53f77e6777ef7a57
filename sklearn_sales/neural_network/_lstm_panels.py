# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables as an LSTMRegressor reads them: to learn from, to answer, to go on with."""

import numpy as np
import pandas as pd

from sklearn_sales.neural_network._lstm_forecast import Requests
from sklearn_sales.neural_network._lstm_inputs import (
    Encoding,
    PanelArrays,
    append_pools,
    learn_scales,
    running_level,
    series_values,
    values_on_grid,
)
from sklearn_sales.panel import column_index
from sklearn_sales.panel._index_levels import make_frame

__all__ = [
    "ColumnRoles",
    "joined_table",
    "make_requests",
    "number_new_series",
    "read_panel",
]

_LARGEST_SHARE = 10.0


class ColumnRoles:
    """Which columns of a table are covariates, and which static categories.

    Parameters
    ----------
    table : Table
    schema : Schema
    static : str, int, list of them, or None
    """

    def __init__(self, table, schema, static):
        listed = [] if static is None else static
        listed = [listed] if isinstance(listed, (str, int)) else listed
        self.static = [column_index(table, c, "static") for c in listed]
        if schema.time in self.static:
            raise ValueError(
                f"static={static!r} names the time column; a static category is the "
                "same in every row of a series."
            )
        if len(set(self.static)) < len(self.static):
            raise ValueError(f"static={static!r} names a column twice.")
        self.covariates = [i for i in schema.covariates if i not in self.static]

    def floats(self, table, owner):
        """Covariates as an array of shape (n_rows, n_covariates)."""
        return table.float_columns(self.covariates, owner=owner, allow_nan=False)

    def categories(self, table):
        """Static columns as arrays of objects."""
        return [np.asarray(table.column(i), dtype=object) for i in self.static]


def read_panel(
    panel, table, rows, roles, *, owner, embed_series, cut, previous=None, grow=True
):
    """Read a training table.

    Parameters
    ----------
    panel : Panel
    table : Table
    rows : Rows
    roles : ColumnRoles
    owner : str
        Name of the estimator, for messages.
    embed_series : bool
    cut : int
        The level of sales is taken up to this position.
    previous : Encoding, default=None
        That of a fitted net which learns on.
    grow : bool, default=True
        Whether categories that it has not seen get a code.

    Returns
    -------
    encoding : Encoding
    arrays : PanelArrays
    """
    values = roles.floats(table, owner)
    columns = _static_of_series(panel, table, rows, roles)
    if embed_series:
        columns.append(_labels(panel))
    if previous is None:
        scales = learn_scales(values, rows.codes)
        encoding = Encoding(*scales, [pd.Index([], dtype=object)] * len(columns))
    else:
        encoding = _checked(previous, values.shape[1], len(columns))
    if grow:
        encoding = encoding.extended(columns)
    static = encoding.codes(columns).reshape(panel.n_series, len(columns))
    shared = static[:, : len(roles.static)]
    history, groups, combinations = append_pools(panel.history, shared)
    everywhere = np.full(table.n_rows, panel.n_series)
    pools = [everywhere, groups[rows.codes]] if roles.static else [everywhere]
    covariates, has_row = values_on_grid(
        history, rows.codes, rows.positions, encoding.standardised(values), pools
    )
    non_negative = not np.any(history.data < 0)
    arrays = PanelArrays(
        history=history,
        running=running_level(history),
        covariates=covariates,
        has_row=has_row,
        static=_with_pools(static, combinations),
        pools=_known_pools(history, combinations, panel.n_series),
        level=_level(panel, cut),
        non_negative=non_negative,
        empty=float(non_negative and np.any(history.data > 0)),
    )
    return encoding, arrays


def _static_of_series(panel, table, rows, roles):
    return [
        series_values(
            column,
            rows,
            panel.n_series,
            name=table.names[index],
            show=panel.keys.show,
        )
        for index, column in zip(roles.static, roles.categories(table), strict=True)
    ]


def _labels(panel):
    """The key of each series as one object."""
    frame = panel.keys.frame()
    labels = np.empty(len(frame), dtype=object)
    labels[:] = list(frame.itertuples(index=False, name=None))
    return labels


def _checked(previous, n_covariates, n_static):
    if len(previous.mean) != n_covariates or len(previous.categories) != n_static:
        raise ValueError(
            f"X has {n_covariates} covariates and {n_static} static categories, but "
            f"the fitted net has learned from {len(previous.mean)} and "
            f"{len(previous.categories)}. Training goes on with the same columns; "
            "fit with warm_start=False to begin anew."
        )
    return previous


def _with_pools(static, combinations):
    """Codes of the series, of the pool of all (unknown), and of each pool."""
    n_more = static.shape[1] - combinations.shape[1]
    of_pools = np.pad(combinations, ((0, 0), (0, n_more)))
    nobody = np.zeros((1, static.shape[1]), dtype=np.int64)
    return np.concatenate([static, nobody, of_pools])


def _known_pools(history, combinations, n_series):
    """Position of the pool of each combination that has sales."""
    first = n_series + 1
    return {
        tuple(codes): first + i
        for i, codes in enumerate(combinations.tolist())
        if history.lengths[first + i]
    }


def _level(panel, cut):
    """What a series sells at a time, in the mean over series; 1 where that is zero.

    A series counts with no more than ten times the median one, so that an outlier does
    not make all others look empty. Sales after `cut` do not count.
    """
    history, n_series = panel.history, panel.n_series
    n_cells = history.indptr[n_series]
    codes = np.repeat(np.arange(n_series), history.lengths[:n_series])
    positions = np.arange(n_cells) + (history.start - history.indptr[:-1])[codes]
    sales = np.abs(history.data[:n_cells])
    counts = (positions <= cut) & ~np.isnan(sales)
    sizes = np.bincount(codes[counts], weights=sales[counts])
    sizes = sizes / np.maximum(np.bincount(codes[counts]), 1)
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return 1.0
    return float(np.minimum(sizes, _LARGEST_SHARE * np.median(sizes)).mean())


def make_requests(panel, table, rows, roles, arrays, encoding, *, owner, horizon):
    """The rows of a table as they are to be answered.

    Returns
    -------
    Requests
    """
    origins, steps = panel.origins(rows, horizon)
    codes, groups, static = rows.codes, rows.codes, arrays.static[rows.codes]
    new = np.flatnonzero(rows.codes == panel.n_series)
    if len(new):
        codes, groups = codes.copy(), groups.copy()
        shared = _static_of_rows(table, roles, encoding, new)
        static[new] = shared
        keys = shared[:, : len(roles.static)].tolist()
        codes[new] = [arrays.pools.get(tuple(key), panel.n_series) for key in keys]
        groups[new] = len(arrays.static) + number_new_series(panel, table, new)
    return Requests(
        codes=codes,
        groups=groups,
        origins=origins,
        steps=steps,
        covariates=encoding.standardised(roles.floats(table, owner)),
        static=static,
        ahead=rows.positions > panel.history.last[rows.codes],
    )


def _static_of_rows(table, roles, encoding, index):
    """Category codes of rows of new series, which have no embedding of their own."""
    columns = [column[index] for column in roles.categories(table)]
    nobody = np.full(len(index), None)
    columns += [nobody] * (len(encoding.categories) - len(columns))
    return encoding.codes(columns).reshape(len(index), len(columns))


def number_new_series(panel, table, index):
    """A number for each series that fit did not see."""
    keys = [
        np.asarray(table.column(i), dtype=object)[index] for i in panel.schema.series
    ]
    if not keys:
        return np.zeros(len(index), dtype=np.int64)
    return pd.MultiIndex.from_arrays(keys).factorize()[0]


def joined_table(update, table, y, roles, arrays, encoding):
    """The rows that a panel was read from, and new ones after them.

    Parameters
    ----------
    update : Update
        New rows stand in for old ones of the same cells.
    table : Table
        The new rows, of the same columns.
    y : ndarray of shape (n_rows,)
        Their sales.
    roles : ColumnRoles
    arrays : PanelArrays
    encoding : Encoding

    Returns
    -------
    X : DataFrame or ndarray of shape (n_old_rows + n_rows, n_columns)
    y : ndarray of shape (n_old_rows + n_rows,)
    """
    panel = update.before
    history, schema, n_series = panel.history, panel.schema, panel.n_series
    cells = np.flatnonzero(arrays.has_row[: history.indptr[n_series]])
    codes = np.repeat(np.arange(n_series), history.lengths[:n_series])[cells]
    positions = cells + (history.start - history.indptr[:-1])[codes]
    kept = ~update.replaces(codes, positions)
    cells, codes, positions = cells[kept], codes[kept], positions[kept]
    known = {schema.time: panel.calendar.times(positions)}
    keys = panel.keys.frame()
    for j, index in enumerate(schema.series):
        known[index] = keys.iloc[:, j].to_numpy()[codes]
    values = arrays.covariates[cells] * encoding.deviation + encoding.mean
    for j, index in enumerate(roles.covariates):
        known[index] = values[:, j]
    for j, index in enumerate(roles.static):
        if index in known:
            continue
        labels = np.append(encoding.categories[j].to_numpy(dtype=object), None)
        known[index] = labels[arrays.static[:n_series, j] - 1][codes]
    columns = []
    for index in range(len(table.names)):
        newer = pd.Series(table.column(index))
        if index == schema.time:
            newer = _as_times(newer)
        elif index in roles.covariates:
            # flags and numbers that may be missing would become objects beside floats
            newer = newer.astype(np.float64)
        older = pd.Series(known[index])
        columns.append(pd.concat([older, newer], ignore_index=True))
    X = make_frame(columns, table.names, table.index_names)
    return (X if table.is_frame else X.to_numpy()), np.append(history.data[cells], y)


def _as_times(column):
    """Times written as text as datetimes, which the calendar gives back."""
    if column.dtype == object or pd.api.types.is_string_dtype(column.dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind in ("string", "datetime", "date"):
            return pd.to_datetime(column, format="ISO8601")
    return column
