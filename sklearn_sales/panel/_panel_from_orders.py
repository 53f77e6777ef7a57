# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A panel of sales from raw order lines."""

import numpy as np

from sklearn_sales._compat import StrOptions, validate_params
from sklearn_sales.panel._columns import assemble, column_of, gather
from sklearn_sales.panel._covariate_rules import carried
from sklearn_sales.panel._infer_calendar import make_calendar, parse_freq
from sklearn_sales.panel._order_lines import OrderLines
from sklearn_sales.panel._period_labels import period_labels
from sklearn_sales.panel._time_columns import times_like

__all__ = ["panel_from_orders"]


@validate_params(
    {
        "orders": "no_validation",
        "product": [str],
        "timestamp": [str],
        "quantity": [str],
        "price": [str, None],
        "series": [str, list, tuple, None],
        "freq": "no_validation",
        "zone": [str, None],
        "returns": [StrOptions({"net", "drop", "separate"})],
        "complete": ["boolean"],
        "end": [StrOptions({"own", "common"})],
        "carry_price": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def panel_from_orders(
    orders,
    *,
    product,
    timestamp,
    quantity,
    price=None,
    series=None,
    freq="D",
    zone=None,
    returns="net",
    complete=True,
    end="common",
    carry_price=False,
):
    """Add order lines up to a panel of sales: one row for each product and period.

    Parameters
    ----------
    orders : dataframe
        One row for each order line, in any order: pandas, polars or pyarrow.
    product : str
        Column that says what was sold.
    timestamp : str
        Column that says when: datetimes (naive or zoned), dates or ISO 8601 text.
    quantity : str
        Column of units sold. A negative quantity is a return.
    price : str, default=None
        Column of the price of one unit.
    series : str or list of str, default=None
        Further keys beside the product, such as the store or the channel.
    freq : str, timedelta or pandas offset, default="D"
        Period of a row: ``"h"``, ``"D"``, ``"B"``, ``"W-SUN"``, ``"MS"``, ``"ME"``,
        ``"QS-JAN"``, ... or a multiple of one. The label of a period is its first
        moment; weeks, and months, quarters and years by their end (``"ME"``), are
        labelled by their last day, as pandas does: ``"W-SUN"`` are weeks from Monday to
        Sunday, under the date of the Sunday. With ``"B"``, what is ordered on a weekend
        counts for the Friday before.
    zone : str, default=None
        Time zone to whose clock days and longer periods follow. Zoned timestamps are
        converted to it; None keeps their own. Naive timestamps are taken as they are
        and have none.
    returns : {"net", "drop", "separate"}, default="net"
        - ``"net"``: a return is subtracted from quantity and revenue of the period
          in which it is booked, which may turn negative.
        - ``"drop"``: lines of returns are left out of all sums.
        - ``"separate"``: the same, and a column ``returned`` holds the returned units.
    complete : bool, default=True
        Whether periods in which a product was not ordered are rows with quantity 0,
        from its own first period on; else they are absent.
    end : {"common", "own"}, default="common"
        Where the rows of a product end with ``complete=True``: at the last period of
        all orders, or at its own.
    carry_price : bool, default=False
        Whether the price of a period without a sale is the latest realised one, as a
        forecaster needs it. Else it is NaN, for nothing was paid.

    Returns
    -------
    panel : dataframe
        Of the same library, sorted by keys and time. Its columns: those of `series`,
        `product`, `timestamp` (the period, as datetimes or dates) and, under the names
        of their sources, `quantity` (sum of units) and `price` (the realised price:
        revenue over quantity of the lines that sold something); then ``revenue`` (only
        with `price`: sum of quantity times price), ``order_lines`` (number of lines)
        and, with ``returns="separate"``, ``returned``.

    Raises
    ------
    TypeError
        Where `orders` is no data frame, or a quantity or price is no number.
    ValueError
        Where a column is unknown, a value is missing or infinite, or there is no line.

    See Also
    --------
    complete_panel : The same for a table that is a panel already.

    Notes
    -----
    A return is not the opposite of demand: it comes later than its sale and says
    nothing about the day on which it comes. Forecast what is ordered
    (``returns="drop"`` or ``"separate"``) where stock must be on the shelf, and the
    net where the money counts.

    A cancelled order is a return if it is booked as a line with a negative quantity.
    Orders that are marked as cancelled in a column of their own were never sales:
    filter them out before.

    A last period that is not over yet holds too little. Cut the orders at the end of
    a period before.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import panel_from_orders
    >>> orders = pd.DataFrame(
    ...     {
    ...         "sku": ["tea", "tea", "mug", "tea", "tea"],
    ...         "at": pd.to_datetime(
    ...             [
    ...                 "2024-01-01 09:10",
    ...                 "2024-01-01 17:45",
    ...                 "2024-01-02 11:00",
    ...                 "2024-01-03 10:30",
    ...                 "2024-01-03 12:00",
    ...             ]
    ...         ),
    ...         "units": [2, 1, 4, 5, -1],
    ...         "paid": [3.0, 2.4, 8.0, 3.0, 3.0],
    ...     }
    ... )
    >>> panel_from_orders(
    ...     orders, product="sku", timestamp="at", quantity="units", price="paid"
    ... )
       sku         at  units  paid  revenue  order_lines
    0  mug 2024-01-02      4   8.0     32.0            1
    1  mug 2024-01-03      0   NaN      0.0            0
    2  tea 2024-01-01      3   2.8      8.4            2
    3  tea 2024-01-02      0   NaN      0.0            0
    4  tea 2024-01-03      4   3.0     12.0            2
    """
    keys = [series] if isinstance(series, str) else list(series or ())
    keys.append(product)
    _check_names([*keys, timestamp, quantity, price], price, returns)
    lines = OrderLines(orders, keys, timestamp, quantity, price)
    times = period_labels(lines.times(zone), freq)
    calendar = make_calendar(times, parse_freq(freq))
    cells = _Cells(lines.codes, calendar.positions(times), complete, end)
    sums = _sums(lines, cells, returns)
    if carry_price and price is not None:
        latest = carried(~np.isnan(sums["price"]), cells.first)
        sums["price"] = np.where(latest >= 0, sums["price"][latest], np.nan)
    return _assemble(lines, calendar, cells, sums)


class _Cells:
    """The rows of the panel.

    Attributes
    ----------
    codes, positions : ndarray of shape (n_cells,)
        Series and calendar position, sorted.
    of_line : ndarray of shape (n_lines,)
        The cell that each line falls into.
    first : ndarray of shape (n_cells,)
        The first cell of the series of each cell.
    """

    def __init__(self, codes, positions, complete, end):
        start = np.full(codes.max() + 1, positions.max())
        np.minimum.at(start, codes, positions)
        last = np.full(len(start), positions.max())
        if end == "own":
            last[:] = positions.min()
            np.maximum.at(last, codes, positions)
        lengths = last - start + 1
        offset = np.cumsum(lengths) - lengths
        self.of_line = offset[codes] + positions - start[codes]
        self.codes = np.repeat(np.arange(len(start)), lengths)
        self.positions = np.arange(len(self.codes)) - np.repeat(offset - start, lengths)
        self.first = np.repeat(offset, lengths)
        if not complete:
            self._keep_ordered()

    def _keep_ordered(self):
        kept, self.of_line = np.unique(self.of_line, return_inverse=True)
        self.codes, self.positions = self.codes[kept], self.positions[kept]
        self.first = np.searchsorted(self.codes, self.codes)


def _sums(lines, cells, returns):
    """The columns of numbers, by what they are."""
    quantity, n_cells = lines.quantity, len(cells.codes)
    sold = quantity > 0
    counted = np.ones(len(quantity), bool) if returns == "net" else quantity >= 0

    def total(values, which):
        of_line = cells.of_line[which]
        return np.bincount(of_line, weights=values[which], minlength=n_cells)

    sums = {"quantity": lines.as_counted(total(quantity, counted))}
    if lines.price is not None:
        paid = quantity * lines.price
        units = total(quantity, sold)
        revenue = total(paid, sold)
        price = np.full(n_cells, np.nan)
        np.divide(revenue, units, out=price, where=units > 0)
        sums |= {"price": price, "revenue": total(paid, counted)}
    sums["order_lines"] = np.bincount(cells.of_line[counted], minlength=n_cells)
    if returns == "separate":
        sums["returned"] = lines.as_counted(total(-quantity, quantity < 0))
    return sums


def _assemble(lines, calendar, cells, sums):
    rows = np.empty(lines.keys.n_series, dtype=np.int64)
    rows[lines.codes] = np.arange(len(lines.codes))
    names = list(lines.key_names)
    columns = [gather([lines.native(n)], rows[cells.codes]) for n in names]
    stamps = lines.native(lines.names["timestamp"])
    distinct, index = np.unique(cells.positions, return_inverse=True)
    labels = times_like(calendar.times(distinct), stamps, text=False)
    names.append(lines.names["timestamp"])
    columns.append(gather([labels], index))
    for what, values in sums.items():
        names.append(lines.names.get(what) or what)
        # a null, where the library tells it from NaN
        index = np.where(np.isnan(values), -1, np.arange(len(values)))
        columns.append(gather([column_of(values, stamps)], index))
    return assemble(lines.table, columns, names)


def _check_names(names, price, returns):
    """Refuse two columns of one name in the result."""
    names = [n for n in names if n is not None]
    names += ["order_lines"] + ["revenue"] * (price is not None)
    names += ["returned"] * (returns == "separate")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise ValueError(
            f"the panel would have two columns {repeated}: name each column of orders "
            "once, and rename those called revenue, order_lines or returned, which are "
            "names of the result."
        )
