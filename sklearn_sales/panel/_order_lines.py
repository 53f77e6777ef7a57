# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Raw order lines, checked."""

from dataclasses import replace

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from sklearn_sales.panel._keys import SeriesKeys
from sklearn_sales.panel._table import Table
from sklearn_sales.panel._times import parse_times

__all__ = ["OrderLines"]


class OrderLines:
    """Checked columns of order lines.

    Attributes
    ----------
    codes : ndarray of shape (n_lines,)
        Series of each line, in the sorted order of the keys.
    quantity, price : ndarray of shape (n_lines,), float64
        ``price`` is None where there is none.
    """

    def __init__(self, orders, keys, timestamp, quantity, price):
        if not nw.dependencies.is_into_dataframe(orders):
            raise TypeError(
                "orders must be a pandas or polars DataFrame or a pyarrow Table, got "
                f"{type(orders).__name__}."
            )
        self.table = Table(orders)
        if not self.table.n_rows:
            raise ValueError("orders has no line: there is nothing to add up.")
        self.key_names = keys
        self.names = {"timestamp": timestamp, "quantity": quantity, "price": price}
        key_columns = [self._column(n, "series") for n in keys[:-1]]
        key_columns.append(self._column(keys[-1], "product"))
        self.keys = SeriesKeys(keys)
        self.codes = self.keys.fit_encode(key_columns, keys)
        self.stamps = self._column(timestamp, "timestamp")
        self.quantity = self._numbers(quantity, "quantity")
        self._quantity_dtype = self._column(quantity, "quantity").dtype
        self.price = None if price is None else self._numbers(price, "price")

    def native(self, name):
        """A column as its library holds it."""
        return self.table.native_column(self.table.names.index(name))

    def _column(self, name, parameter):
        if name not in self.table.names:
            raise ValueError(
                f"{parameter}={name!r} is not a column of orders; its columns are "
                f"{self.table.names}."
            )
        column = self.table.column(self.table.names.index(name))
        missing = np.asarray(pd.isna(column))
        if missing.any():
            raise ValueError(
                f"{parameter}={name!r} is missing in {int(missing.sum())} line(s) of "
                f"orders, first at line {int(np.argmax(missing))}. Drop such lines or "
                "fill them in before."
            )
        return column

    def _numbers(self, name, parameter):
        column = self._column(name, parameter)
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise TypeError(
                f"{parameter}={name!r} holds values of type {column.dtype}, not "
                "numbers; convert them before, for instance with pandas.to_numeric."
            )
        values = np.asarray(column, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"{parameter}={name!r} of orders holds infinity.")
        return values

    def times(self, zone):
        """Times of the lines, by the clock of a zone."""
        name = self.names["timestamp"]
        times = parse_times(self.stamps, f"timestamp={name!r} of orders")
        if times.kind != "datetime":
            raise TypeError(
                f"{times.label} holds {times.kind}s, not datetimes; convert them "
                "before, for instance with pandas.to_datetime or .dt.to_timestamp."
            )
        if zone is None:
            return times
        if times.zone is None:
            raise ValueError(
                f"zone={zone!r} converts zoned timestamps, and {times.label} is naive: "
                "say where its clock stands with dt.tz_localize before."
            )
        try:
            pd.Timestamp(0, tz=zone)
        except Exception as error:  # the libraries of time zones raise their own
            raise ValueError(f"zone={zone!r} is not a known time zone.") from error
        return replace(times, zone=zone)

    def as_counted(self, units):
        """Sums of units: whole numbers where the quantities of the lines are."""
        whole = pd.api.types.is_integer_dtype(self._quantity_dtype)
        return np.rint(units).astype(np.int64) if whole else units
