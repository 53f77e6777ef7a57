# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Writing the cells and the series of a simulated panel as tables."""

import numpy as np
import pandas as pd

from sklearn_sales.datasets._sales_calendar import SalesCalendar
from sklearn_sales.datasets._sales_traits import SeriesTraits

__all__ = ["long_tables", "truth_of_rows", "truth_of_series"]


def long_tables(
    rows: np.ndarray,
    traits: SeriesTraits,
    calendar: SalesCalendar,
    price: np.ndarray,
    promotion: np.ndarray,
    units: np.ndarray,
    ids: str,
) -> tuple[pd.DataFrame, pd.Series]:
    """Write the chosen cells as a long table and its target.

    Parameters
    ----------
    rows : ndarray of bool of shape (n_series, n_periods)
        The cells that get a row.
    traits : SeriesTraits
        The series.
    calendar : SalesCalendar
        The periods.
    price, promotion, units : ndarray of shape (n_series, n_periods)
        What to write.
    ids : {"int", "str", "category"}
        Type of the id columns.

    Returns
    -------
    X : DataFrame of shape (n_rows, 7)
        Keys, date and covariates.
    y : Series of shape (n_rows,)
        Units sold.
    """
    series, position = np.nonzero(rows)
    X = pd.DataFrame(
        {
            **_id_columns(traits, series, ids),
            "date": calendar.dates[position],
            "price": price[rows],
            "promotion": promotion[rows],
            "holiday": calendar.holiday[position],
        }
    )
    return X, pd.Series(units[rows], name="units")


def truth_of_rows(rows: np.ndarray, cells: dict[str, np.ndarray]) -> pd.DataFrame:
    """Write what lies behind the chosen cells as a table.

    Parameters
    ----------
    rows : ndarray of bool of shape (n_series, n_periods)
        The cells that get a row.
    cells : dict of ndarray
        Columns, of a shape that broadcasts to that of `rows`.

    Returns
    -------
    truth : DataFrame of shape (n_rows, 1 + len(cells))
        The number of the series and the columns.
    """
    truth = {"series": np.nonzero(rows)[0]}
    for name, values in cells.items():
        truth[name] = np.broadcast_to(values, rows.shape)[rows]
    return pd.DataFrame(truth)


def truth_of_series(
    traits: SeriesTraits, calendar: SalesCalendar, ids: str
) -> pd.DataFrame:
    """Write the traits of the series as a table.

    Parameters
    ----------
    traits : SeriesTraits
        The series.
    calendar : SalesCalendar
        The periods.
    ids : {"int", "str", "category"}
        Type of the id columns.

    Returns
    -------
    truth : DataFrame of shape (n_series, 13)
        The series in order.
    """
    names = "level", "growth", "elasticity", "base_price", "intermittent", "chance"
    first, last = traits.first[:, 0], traits.last[:, 0]
    return pd.DataFrame(
        {
            **_id_columns(traits, slice(None), ids),
            **{name: getattr(traits, name)[:, 0] for name in names},
            "first": calendar.dates[first],
            "last": calendar.dates[last],
            "launched": first > 0,
            "ended": last < len(calendar.dates) - 1,
        }
    )


def _as_ids(codes: np.ndarray, letter: str, ids: str):
    """Name the stores, products or categories of some codes."""
    if ids == "int":
        return codes
    width = len(str(codes.max()))
    names = pd.Index([f"{letter}{code:0{width}}" for code in range(codes.max() + 1)])
    if ids == "category":
        return pd.Categorical.from_codes(codes, categories=names)
    return names.take(codes)


def _id_columns(traits: SeriesTraits, row, ids: str) -> dict:
    """Return the columns that say whose rows they are, for some rows of the traits."""
    names = ("store", "S"), ("product", "P"), ("category", "C")
    return {
        name: _as_ids(getattr(traits, name)[row, 0], letter, ids)
        for name, letter in names
    }
