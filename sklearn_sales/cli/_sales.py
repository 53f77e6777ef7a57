# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A file of sales as keys, times and numbers, each checked."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_sales.cli._errors import InputError, near_names
from sklearn_sales.cli._read import open_source
from sklearn_sales.panel import Panel, Table
from sklearn_sales.panel._table import refuse_huge

__all__ = [
    "Sales",
    "check_names",
    "fill_text",
    "in_options",
    "read_sales",
    "read_times",
]


@dataclass(frozen=True)
class Sales:
    """The observed rows of a file of sales.

    Attributes
    ----------
    path : Path
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Keys, times and all other columns but the target; its index counts the rows.
    y : ndarray of shape (n_rows,)
        Sales, never NaN.
    target, time : str
    series : list of str
    panel : Panel
    codes, positions : ndarray of shape (n_rows,)
        Series and calendar position of each row.
    notes : list of str
        What was done that the user should know.
    n_added : ndarray of int of shape (n_rows,)
        How many rows of the file were added up to each row.
    """

    path: Path
    frame: pd.DataFrame
    y: np.ndarray
    target: str
    time: str
    series: list
    panel: Panel
    codes: np.ndarray
    positions: np.ndarray
    notes: list
    n_added: np.ndarray

    @property
    def calendar(self):
        return self.panel.calendar

    @property
    def n_series(self):
        return self.panel.n_series

    @cached_property
    def names(self):
        """Each series as a reader would call it: "store 1, dept 3"."""
        keys = self.panel.keys.frame()
        if not self.series:
            return [self.target]
        parts = [f"{name} " + keys[name].astype(str) for name in keys]
        return [", ".join(row) for row in zip(*parts, strict=True)]

    @property
    def others(self):
        """Columns that are neither keys nor the time."""
        return [n for n in self.frame.columns if n not in {*self.series, self.time}]


def read_sales(
    path, *, target, time, series, freq=None, spelling, add_duplicates=False
):
    """Read and check a file of sales.

    Parameters
    ----------
    path : str
    target, time : str
        Columns.
    series : list of str
        Key columns; empty for one series.
    freq : str, default=None
        Frequency of the times; None infers it.
    spelling : Spelling
    add_duplicates : bool, default=False
        Whether rows of one series and time are added up; else they are refused.

    Returns
    -------
    Sales

    Raises
    ------
    InputError
        Where the file or a column of it is not as it should be.
    """
    source = open_source(path)
    series = _split_commas(series, source.names)
    wanted = {"--target": [target], "--time": [time], "--series": series}
    check_names(source, wanted)
    frame = source.read(keys=series, time=time, spelling=spelling)
    for name in series:
        _check_filled(frame[name], f"--series {name!r} of {source.path}", "its keys")
    y = _target(frame[target], source.path)
    frame = frame.drop(columns=target).assign(
        **{time: read_times(frame[time], source.path, spelling)}
    )
    frame, y, notes = _observed(frame, y, target)
    others = [name for name in frame.columns if name not in {*series, time}]
    notes += _comma_notes(frame[others])
    frame = frame.assign(**{name: fill_text(frame[name]) for name in others})
    n_added = np.ones(len(y), dtype=np.int64)
    if add_duplicates:
        frame, y, n_added = _add_up(frame, y, [*series, time], notes)
    _refuse_huge(y, target, source.path)
    _check_unique(frame, series, time, source.path)
    panel, rows = _make_panel(frame, y, series, time, freq)
    frame = frame.assign(**{time: panel.calendar.times(rows.positions)})
    return Sales(
        source.path,
        frame,
        y,
        target,
        time,
        series,
        panel,
        rows.codes,
        rows.positions,
        notes,
        n_added,
    )


def check_names(source, wanted):
    """Refuse columns that a file does not have, and columns with two roles.

    Parameters
    ----------
    source : Source
    wanted : dict of str to list of str
        Columns by the option that names them.
    """
    role = {}
    for option, names in wanted.items():
        for name in names:
            if name not in source.names:
                shown = ", ".join(map(str, source.names[:30]))
                raise InputError(
                    f"{option} {name!r} is not a column of {source.path}."
                    f"{near_names(name, source.names)} Its columns are: {shown}."
                )
            if name in role:
                other = "" if role[name] == option else f", once in {role[name]}"
                raise InputError(
                    f"{option} {name!r} is named twice{other}; a column is the "
                    "target, the time, or a key of the series."
                )
            role[name] = option


def read_times(column, path, spelling):
    """Dates of a text column, and any other time column as it is.

    Parameters
    ----------
    column : pandas.Series of shape (n_rows,)
    path : Path
        For messages.
    spelling : Spelling

    Returns
    -------
    pandas.Series of shape (n_rows,)
    """
    label = f"--time {column.name!r} of {path}"
    time_format = spelling.time_format
    _check_filled(column, label, "its time")
    if time_format is None:
        if not _is_text(column):
            return column
        text = pd.Series(pd.unique(column))
        bad = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).isna()
        rule = "no ISO 8601 dates, such as 2024-01-31; if they are dates, say with "
        rule += "--time-format how they are written, such as %d.%m.%Y"
        times = column
    else:
        text = column.astype("string").str.strip()
        times = pd.to_datetime(text, format=time_format, errors="coerce")
        bad = times.isna()
        rule = f"not written as --time-format {time_format!r}"
    if bad.any():
        raise InputError(
            f"{label} holds {int(bad.sum())} value(s) that are {rule}. The first is "
            f"{text[bad].iloc[0]!r}."
        )
    return times


def fill_text(column):
    """Text whose empty cells are the empty text, a value like any other."""
    return column.fillna("") if _is_text(column) else column


def _is_text(column):
    return pd.api.types.infer_dtype(column, skipna=True) == "string"


def _comma_notes(frame):
    """What to say of columns whose numbers were read as text for their commas."""
    written = re.compile(r"-?[0-9.]*[0-9],[0-9]+")
    names = [
        name
        for name in frame
        if _is_text(frame[name])
        and all(written.fullmatch(one) for one in frame[name].dropna().unique())
    ]
    if not names:
        return []
    return [
        f"{', '.join(names)}: numbers with a comma, read as text. If that is a decimal "
        "comma, say so with --decimal ,"
    ]


def _check_filled(column, label, what):
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(
            f"{label} is empty in {int(missing.sum())} row(s), the first is row "
            f"{int(np.argmax(missing)) + 1}. Every row needs {what}."
        )


def _split_commas(series, names):
    """Also take ``--series store,item``."""
    split = []
    for name in series:
        parts = [part.strip() for part in name.split(",")]
        split += parts if name not in names and len(parts) > 1 else [name]
    return split


def _target(column, path):
    """Sales as floats, NaN where the cell is empty."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(
        np.float64, na_value=np.nan
    )
    label = f"--target {column.name!r} of {path}"
    bad = np.isnan(numbers) & column.notna().to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        value = str(column.iloc[row])
        hint = ""
        if re.search("[0-9],[0-9]", value):
            hint = " If that is a decimal comma, say so with --decimal ,"
        raise InputError(
            f"{label} holds {int(bad.sum())} value(s) that are no numbers, the first "
            f"{value!r} in row {row + 1}.{hint}"
        )
    if np.isinf(numbers).any():
        row = int(np.argmax(np.isinf(numbers)))
        raise InputError(f"{label} is infinite in row {row + 1}.")
    if np.isnan(numbers).all():
        raise InputError(f"{label} is empty in every row.")
    return numbers


def _refuse_huge(y, target, path):
    try:
        refuse_huge(y, f"--target {target!r} of {path} holds")
    except ValueError as error:
        raise InputError(str(error)) from error


def _observed(frame, y, target):
    """The rows with sales; those without count as not observed, and are told of."""
    seen = ~np.isnan(y)
    notes = []
    if not seen.all():
        notes.append(
            f"{np.count_nonzero(~seen)} of {len(y)} rows have no value in {target!r}: "
            "taken as not observed. If they lie ahead and hold covariates, name the "
            "same file in --covariates as well."
        )
    return frame[seen].reset_index(drop=True), y[seen], notes


def _add_up(frame, y, keys, notes):
    """One row for each series and time, with the sum of its sales."""
    codes = frame.groupby(keys, sort=False).ngroup().to_numpy()
    n_added = np.bincount(codes)
    if len(n_added) == len(y):
        return frame, y, n_added
    n_more = len(y) - len(n_added)
    others = [name for name in frame.columns if name not in keys]
    kept = f"; {', '.join(others)}: as in the first of them" if others else ""
    notes.append(
        f"{n_more} row(s) were added to others of the same series and time{kept}."
    )
    first = ~frame.duplicated(keys).to_numpy()
    return frame[first].reset_index(drop=True), np.bincount(codes, y), n_added


def _check_unique(frame, series, time, path):
    keys = [*series, time]
    repeated = frame.duplicated(keys).to_numpy()
    if not repeated.any():
        return
    row = frame.iloc[int(np.argmax(repeated))]
    which = ", ".join(f"{name}={row[name]}" for name in keys)
    others = [name for name in frame.columns if name not in keys]
    missing = f" (other columns: {', '.join(others[:20])})" if others else ""
    raise InputError(
        f"{path} has {int(repeated.sum())} duplicated row(s): more than one for "
        f"{which}. Name the missing key column in --series{missing}, or let "
        "such rows be added up with --add-duplicates."
    )


def _make_panel(frame, y, series, time, freq):
    if freq is not None and pd.api.types.is_numeric_dtype(frame[time]):
        freq = _as_number(freq)
    table = Table(frame[[*series, time]])
    try:
        return Panel.from_table(table, y, series=series or None, time=time, freq=freq)
    except (ValueError, TypeError) as error:
        raise InputError(in_options(error)) from error


def _as_number(freq):
    try:
        return float(freq)
    except ValueError:
        return freq


def in_options(error):
    """The message of an estimator in the words of the command line."""
    message = " ".join(str(error).split())
    written = r"Convert them with pandas.to_datetime\(x.astype\(str\), format='(\S+)'\)"
    message = re.sub(written, r"Say so with --time-format \1", message)
    return re.sub(r"\b(series|time|freq)= ?", r"--\1 ", message)
