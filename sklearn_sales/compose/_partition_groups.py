# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which group of series each row of a table and each partition of a folder is of."""

import warnings

import numpy as np
import pandas as pd
from sklearn.utils.parallel import delayed

from sklearn_sales.compose._partition_files import (
    find_partitions,
    folder_name,
    read_group,
)
from sklearn_sales.compose._partition_jobs import attempt
from sklearn_sales.model_selection import take_rows
from sklearn_sales.panel import take_in
from sklearn_sales.panel._keys import SeriesKeys, show_key

__all__ = [
    "check_in_memory",
    "check_same_columns",
    "check_series",
    "columns_of",
    "group_folders",
    "observe_groups",
    "partition_groups",
    "refuse_moved",
    "rows_of_groups",
    "run_all",
    "tell_unknown",
]

# How many failures a message spells out.
_SHOWN = 5


def columns_of(table, index):
    """Columns of a table, and what messages call them."""
    return [table.column(i) for i in index], [table.label(i) for i in index]


def rows_of_groups(codes):
    """The rows of each group: (code, row numbers), by code."""
    order = np.argsort(codes, kind="stable")
    found, first = np.unique(codes[order], return_index=True)
    return zip(found.tolist(), np.split(order, first[1:]), strict=True)


def check_series(panel, series, groups, codes):
    """Group of each series; an error where the rows of one are of several groups.

    Parameters
    ----------
    panel : Panel
    series : ndarray of shape (n_rows,)
        Series of each row.
    groups : SeriesKeys
    codes : ndarray of shape (n_rows,)
        Group of each row.

    Returns
    -------
    ndarray of shape (n_series,)
    """
    group_of_series = np.zeros(panel.n_series, dtype=np.int64)
    group_of_series[series] = codes
    other = np.flatnonzero(group_of_series[series] != codes)
    if len(other):
        row = other[0]
        first, second = sorted([codes[row], group_of_series[series[row]]])
        which = panel.keys.show(series[row]) if panel.keys.names else "the only series"
        raise ValueError(
            f"{which} has rows in more than one group of by={groups.names}: "
            f"{groups.show(first)} and {groups.show(second)}. A group holds whole "
            f"series: name {groups.names} in series= too, or group by other columns."
        )
    return group_of_series


def tell_unknown(groups, codes, columns, what, *, refuse):
    """Warn of groups that fit did not see, or refuse them.

    Parameters
    ----------
    groups : SeriesKeys
        Those of fit.
    codes : ndarray of shape (n_rows,)
        Group of each row, -1 where there is none.
    columns : list of column
        The keys of the rows.
    what : str
        What the rows are, for the message.
    refuse : bool
    """
    unknown = codes < 0
    if not unknown.any():
        return
    first = int(np.argmax(unknown))
    shown = show_key(groups.names, [np.asarray(c)[first] for c in columns])
    text = (
        f"{np.count_nonzero(unknown)} {what} belong to groups that fit did not see "
        f"(first: {shown})"
    )
    if refuse:
        raise ValueError(
            f"{text}. Fit them too, or take handle_unknown='mean', which answers by "
            "the mean of all groups."
        )
    warnings.warn(
        f"{text}; they are answered by the mean of what the models of all "
        f"{groups.n_series} groups forecast.",
        UserWarning,
        stacklevel=4,
    )


def partition_groups(folder, by, parallel, known=None):
    """Partitions of a folder, and the group that each holds.

    Parameters
    ----------
    folder : Path
    by : list of str
    parallel : Parallel
    known : SeriesKeys, default=None
        Groups of fit: names of folders are read as its values where they agree.

    Returns
    -------
    groups : SeriesKeys
    partitions : list of Partition
        One for each group, in their order.
    """
    parts = find_partitions(folder, by)
    keys = dict(zip(map(str, parts), _path_keys(parts, by, known), strict=True))
    unnamed = [part for part in parts if not part.named]
    tasks = (delayed(attempt)(read_group, part, by) for part in unnamed)
    found = run_all(parallel, "read", list(map(str, unnamed)), tasks)
    keys.update(zip(map(str, unnamed), found, strict=True))
    # a file without rows is of no group
    parts = [part for part in parts if keys[str(part)] is not None]
    if not parts:
        raise ValueError(f"The files of {folder} hold no row.")
    table = pd.DataFrame([keys[str(part)] for part in parts])
    groups = SeriesKeys(by)
    codes = groups.fit_encode([table[i] for i in table], [f"column {n!r}" for n in by])
    _check_distinct(groups, codes, parts)
    parts = [parts[i].with_key(by, keys[str(parts[i])]) for i in np.argsort(codes)]
    return groups, parts


def _path_keys(parts, by, known):
    """Groups by the names of folders; None where those tell none."""
    named = [part.named for part in parts if part.named]
    levels = [None] * len(by) if known is None else known.levels
    columns = [
        _typed([values[name] for values in named], name, level)
        for name, level in zip(by, levels, strict=True)
    ]
    keys = iter(zip(*columns, strict=True))
    return [next(keys) if part.named else None for part in parts]


def _typed(texts, name, level):
    """Values that texts stand for: those of fit, else whole numbers if all are."""
    if "__HIVE_DEFAULT_PARTITION__" in texts:
        raise ValueError(
            f"a folder is called {name}=__HIVE_DEFAULT_PARTITION__: rows there have no "
            f"{name}. Every row needs its keys; drop such rows or name their group."
        )
    known = {} if level is None else {str(value): value for value in level}
    other = [text for text in texts if text not in known]
    kind = int if all(map(_is_whole, other)) else str
    return [known[text] if text in known else kind(text) for text in texts]


def _is_whole(text):
    # 007 is a name, not the number 7
    return len(text) < 19 and text.isdecimal() and str(int(text)) == text


def _check_distinct(groups, codes, parts):
    first = {}
    for code, part in zip(codes, parts, strict=True):
        if code in first:
            raise ValueError(
                f"{groups.show(code)} is in two partitions, {first[code]} and {part}: "
                "put the rows of a group into one file, or into one folder "
                f"{groups.names[0]}=VALUE."
            )
        first[code] = part
    folders = group_folders(groups)
    if len(set(folders)) < len(folders):
        raise ValueError(
            f"by={groups.names} holds values that only their type tells apart, such as "
            "1 and '1': bring the column to one type in all files."
        )


def group_folders(groups):
    """A folder for each group: ``store=1/dept=2``."""
    keys = groups.frame().itertuples(index=False, name=None)
    return [folder_name(groups.names, key) for key in keys]


def check_same_columns(columns, names):
    """Refuse partitions whose columns differ from those of the first."""
    for found, name in zip(columns, names, strict=True):
        if found != columns[0]:
            raise ValueError(
                f"Partitions differ in their columns: {names[0]} has {columns[0]}, and "
                f"{name} has {found}."
            )


def run_all(parallel, done, names, tasks):
    """Run tasks of ``attempt``; then tell what failed, or what was warned of.

    Parameters
    ----------
    parallel : Parallel
    done : str
        What is done to a partition, for messages.
    names : list of str
        Of the partitions.
    tasks : iterable of delayed calls

    Returns
    -------
    list
        Results of the tasks.
    """
    outcomes = parallel(tasks)
    named = list(zip(names, outcomes, strict=True))
    failed = [f"{name}: {one.error}" for name, one in named if one.error is not None]
    if failed:
        told = [text.rstrip(".") for text in failed[:_SHOWN]]
        if len(failed) > _SHOWN:
            told.append(f"And {len(failed) - _SHOWN} more")
        raise ValueError(
            f"{len(failed)} of {len(names)} partition(s) cannot be {done}. "
            + ". ".join(told)
            + ". The others are done and kept: mend these and call again."
        )
    warned = [(name, text) for name, one in named for text in one.warnings[:1]]
    if warned:
        warnings.warn(
            f"{len(warned)} of {len(names)} partition(s) warn, first "
            f"{warned[0][0]}: {warned[0][1]}",
            UserWarning,
            stacklevel=3,
        )
    return [outcome.result for outcome in outcomes]


def check_in_memory(estimator):
    """Refuse new sales for models that were fitted from a folder."""
    if not hasattr(estimator, "panel_"):
        raise ValueError(
            "This PartitionedRegressor was fitted from a folder: put the new rows into "
            "its partitions and fit them again."
        )


def observe_groups(estimators, codes, table, y, overwrite, learn):
    """Give rows to the estimators of their groups.

    Parameters
    ----------
    estimators : list of estimator
    codes : ndarray of shape (n_rows,)
        Group of each row.
    table : Table
    y : ndarray of shape (n_rows,)
    overwrite, learn : bool
    """
    for code, rows in rows_of_groups(codes):
        part = take_rows(table.native, rows)
        take_in(estimators[code], part, y[rows], overwrite=overwrite, learn=learn)


def refuse_moved(groups, panel, group_of_series, rows, codes):
    """Refuse rows that say another group of their series than fit saw.

    Parameters
    ----------
    groups : SeriesKeys
    panel : Panel
    group_of_series : ndarray of shape (n_series,)
    rows : Rows
    codes : ndarray of shape (n_rows,)
        Group of each row; -1 for one that fit did not see.
    """
    known = np.flatnonzero((codes >= 0) & (rows.codes < panel.n_series))
    moved = known[group_of_series[rows.codes[known]] != codes[known]]
    if len(moved):
        row = moved[0]
        was = group_of_series[rows.codes[row]]
        raise ValueError(
            f"row {row} of X says {groups.show(codes[row])} of "
            f"{panel.keys.show(rows.codes[row])}, which was of {groups.show(was)} in "
            "fit: fit again, or correct the row."
        )
