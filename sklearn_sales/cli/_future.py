# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The table of future covariates that a user gives."""

import numpy as np
import pandas as pd

from sklearn_sales.cli._covariates import future_cells
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._read import open_source
from sklearn_sales.cli._report import day
from sklearn_sales.cli._sales import check_names, fill_text, in_options, read_times
from sklearn_sales.panel._times import parse_times

__all__ = ["read_future"]

POSITION = "the position of a row in the calendar"


def read_future(path, sales, horizon, spelling):
    """Read the future values of covariates.

    Parameters
    ----------
    path : str
        A table with the time column, the keys on which the covariates depend, and
        columns of the sales table. Rows of other times may be in it.
    sales : Sales
    horizon : int
    spelling : Spelling

    Returns
    -------
    values : pandas.DataFrame of shape (n_series * horizon, n_columns)
        Series by series in time order.
    notes : list of str

    Raises
    ------
    InputError
        Where the file is not as it should be, or has nothing for a whole period.
    """
    source = open_source(path)
    check_names(source, {"--time": [sales.time]})
    keys = [name for name in sales.series if name in source.names]
    names = [name for name in sales.others if name in source.names]
    if not names:
        shown = ", ".join(sales.others) or "none"
        raise InputError(
            f"--covariates {path} holds no column of {sales.path} beside keys and time "
            f"(there: {shown})."
        )
    frame = source.read(keys=keys, time=sales.time, spelling=spelling)
    table = frame[[*keys, *names]].assign(
        **{name: _like(frame[name], sales.frame[name], path) for name in keys},
        **{POSITION: _positions(frame, sales, path, spelling)},
    )
    ahead = table[POSITION] > sales.positions.max()
    table, frame = table[ahead], frame[ahead]
    _check_unique(table, [*keys, POSITION], frame, sales.time, path)
    cells = future_cells(sales, horizon)
    found, present = _at_future_cells(table, keys, sales, cells)
    _check_periods(present, cells, sales, horizon, path)
    alike = {n: _covariate_like(found[n], sales.frame[n], path) for n in names}
    notes = _notes(pd.DataFrame(alike)[present], source, sales)
    if not present.all():
        notes.insert(0, _missing_note(present, cells, sales, path))
    return _carry(pd.DataFrame(alike), present, cells, sales), notes


def _positions(frame, sales, path, spelling):
    """Calendar position of each row; -1 where it lies between two periods."""
    times = read_times(frame[sales.time], path, spelling)
    calendar = sales.calendar
    try:
        parsed = parse_times(times, f"column {sales.time!r} of {path}")
        if (parsed.kind, parsed.zone) != (calendar.kind, calendar.zone):
            # says how they differ
            return calendar.positions(parsed)
    except (ValueError, TypeError) as error:
        raise InputError(in_options(error)) from error
    positions, off_grid = calendar.find(parsed)
    return np.where(off_grid, -1, positions)


def _like(column, model, path):
    """A key column in the type that it has in the sales table."""
    try:
        return column.astype(str if model.dtype.kind == "O" else model.dtype)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Column {column.name!r} of {path} holds keys of another kind than the "
            f"sales table, such as {column.iloc[0]!r} beside {model.iloc[0]!r}."
        ) from error


def _covariate_like(column, model, path):
    """Numbers where the sales table has numbers, and text where it has text."""
    column = fill_text(column)
    numeric = pd.api.types.is_numeric_dtype(column)
    if numeric == pd.api.types.is_numeric_dtype(model):
        return column
    if numeric:
        return column.astype(str).where(column.notna(), "")
    numbers = pd.to_numeric(column, errors="coerce")
    bad = (numbers.isna() & column.notna()).to_numpy()
    if bad.any():
        raise InputError(
            f"Column {column.name!r} of {path} holds {column[bad].iloc[0]!r}, but "
            "numbers in the sales table."
        )
    return numbers


def _check_unique(table, keys, frame, time, path):
    repeated = table.duplicated(keys).to_numpy()
    if repeated.any():
        row = frame.iloc[int(np.argmax(repeated))]
        which = ", ".join(f"{name}={row[name]}" for name in [*keys[:-1], time])
        raise InputError(
            f"{path} has {int(repeated.sum())} duplicated row(s): more than one for "
            f"{which}."
        )


def _at_future_cells(table, keys, sales, cells):
    """Rows of the table at cells of the panel: (rows, which have one)."""
    wanted = sales.panel.keys.frame().iloc[cells.codes][keys]
    wanted = wanted.reset_index(drop=True).assign(**{POSITION: cells.positions})
    found = wanted.merge(
        table, how="left", on=[*keys, POSITION], indicator="found", validate="m:1"
    )
    return found, (found["found"] == "both").to_numpy()


def _check_periods(present, cells, sales, horizon, path):
    """Refuse a table that has no row at all for a period of the forecast."""
    periods = present.reshape(-1, horizon).any(axis=0)
    if periods.all():
        return
    first = cells.positions[int(np.argmin(periods))]
    raise InputError(
        f"--covariates {path} has no row that fits for {int(np.sum(~periods))} of the "
        f"next {horizon} periods, the first is {sales.time}="
        f"{day(sales.calendar.times([first])[0])}."
    )


def _carry(values, present, cells, sales):
    """Where the table has no row, the newest values of the series."""
    newest = np.lexsort((sales.positions, sales.codes))
    ends = np.searchsorted(sales.codes[newest], np.arange(sales.n_series), "right") - 1
    rows = newest[ends][cells.codes]
    return pd.DataFrame(
        {
            name: column.where(present, sales.frame[name].iloc[rows].to_numpy())
            for name, column in values.items()
        }
    )


def _missing_note(present, cells, sales, path):
    row = int(np.argmin(present))
    when = day(sales.calendar.times(cells.positions[[row]])[0])
    series = sales.panel.keys.show(cells.codes[row])
    return (
        f"{path} lacks {int(np.sum(~present))} of {len(present)} future rows, the "
        f"first is {series} at {when}; the newest values of the series stand in."
    )


def _notes(values, source, sales):
    empty = values.isna().sum()
    counts = ", ".join(f"{name} in {n}" for name, n in empty[empty > 0].items())
    notes = []
    if counts:
        notes.append(f"{source.path}, empty of {len(values)} future rows: {counts}.")
    known = {*sales.frame.columns, sales.target}
    extra = [name for name in source.names if name not in known]
    if extra:
        notes.append(
            f"{source.path}: {', '.join(extra)} left out, since {sales.path} does not "
            "have it and no model can learn from it."
        )
    return notes
