# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How covariates of rows that a table lacks are filled: by a rule that is stated."""

import numpy as np
import pandas as pd

from sklearn_sales.panel._columns import column_of, gather, value_codes

__all__ = ["ADVICE", "RULES", "carried", "covariate_rules", "with_value"]

RULES = ("raise", "carry", "missing")
ADVICE = (
    "say in covariates= how to fill them: 'carry' (the last known value of the "
    "series), 'missing' (NaN), or a dict of column: rule or value"
)


def covariate_rules(table, indices, codes, covariates, *, given=()):
    """The rule of each covariate.

    Parameters
    ----------
    table : Table
    indices : list of int
        Positions of the covariates.
    codes : ndarray of shape (n_rows,)
        Series of each row.
    covariates : str or dict
        One rule for all, or a rule or a value for each column by its name.
    given : collection of int
        Covariates that come from elsewhere, whether they change or not.

    Returns
    -------
    rules : dict
        Position -> "raise", "carry", "missing", or ``("value", value)``. Static
        columns are carried, unless the dict names them.
    """
    explicit = covariates if isinstance(covariates, dict) else {}
    names = {table.names[i]: i for i in indices}
    unknown = [name for name in explicit if name not in names]
    if unknown:
        raise ValueError(
            f"covariates= names {unknown}, which are no covariates of X; those are "
            f"{list(names)}."
        )
    default = "raise" if isinstance(covariates, dict) else covariates
    rules = {}
    for name, i in names.items():
        if name in explicit:
            rules[i] = _rule(name, explicit[name])
        elif default == "carry" or i in given or varies(table.column(i), codes):
            rules[i] = default
        else:
            rules[i] = "carry"
    return rules


def _rule(name, given):
    if isinstance(given, str) and given in RULES:
        return given
    if given is not None and not pd.api.types.is_scalar(given):
        raise ValueError(
            f"covariates[{name!r}]={given!r} is neither a rule ({', '.join(RULES)}) "
            "nor one value."
        )
    return "missing" if pd.isna(given) else ("value", given)


def with_value(parts, rows, value, parameter):
    """Rows of stacked columns, with a value where the row is -1."""
    missing = rows < 0
    if not missing.any() or pd.isna(value):
        return gather(parts, rows)
    stack = gather(parts, np.arange(sum(map(len, parts)))) if parts[1:] else parts[0]
    try:
        filling = column_of([value], stack)
        return gather([stack, filling], np.where(missing, len(stack), rows))
    except TypeError as error:
        raise ValueError(f"{parameter}={value!r}: {error}.") from error


def varies(column, codes):
    """Whether a column changes within a series; missing values are left out."""
    values = value_codes(column)
    known = values >= 0
    # one known row of each series, against all of them
    sample = np.full(codes.max() + 1, -1)
    sample[codes[known]] = values[known]
    return bool(np.any(sample[codes[known]] != values[known]))


def carried(known, first):
    """The cell that each cell takes its value from: the latest known one up to it.

    Parameters
    ----------
    known : ndarray of shape (n_cells,), bool
        Cells of all series in time order, one series after the other.
    first : ndarray of shape (n_cells,)
        The first cell of the series of each cell.

    Returns
    -------
    ndarray of shape (n_cells,)
        Before the first known cell of a series, that one; -1 where a series has none.
    """
    cells = np.arange(len(known))
    latest = np.maximum.accumulate(np.where(known, cells, -1))
    latest[latest < first] = -1
    # backwards, for the cells before the first known one
    following = np.where(known, cells, len(known))
    following = np.minimum.accumulate(following[::-1])[::-1]
    inside = following < len(known)
    inside[inside] = first[following[inside]] == first[inside]
    return np.where(latest >= 0, latest, np.where(inside, following, -1))
