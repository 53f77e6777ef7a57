# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seven weekly series of real sales, embedded in the package."""

import gzip
from importlib.resources import files

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sklearn_sales._compat import validate_params

__all__ = ["load_walmart_sample"]

DATA_MODULE = "sklearn_sales.datasets.data"
FILENAME = "walmart_sample.csv.gz"
TARGET = "sales"
KNOWN_AHEAD = ["store", "dept", "date", "is_holiday"]


@validate_params(
    {
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
        "known_ahead_only": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_walmart_sample(*, as_frame=True, return_X_y=False, known_ahead_only=True):
    """Load the weekly sales of seven departments of one Walmart store.

    ================   ============================================
    Rows               1,001: 7 series of 143 weeks, none missing
    Series             store, dept
    Time               date, weekly on Fridays, 2010-02-05 to 2012-10-26
    Target             sales, in US dollars
    ================   ============================================

    Parameters
    ----------
    as_frame : bool, default=True
        If True, `data` is a pandas DataFrame and `target` a Series. If False, both
        are NumPy arrays of floats: the date is then counted in days since 1970-01-01,
        a flag is 0 or 1, and the store type is a code (A is 0).
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    known_ahead_only : bool, default=True
        If True, `data` holds the keys, the date and ``is_holiday``, the one covariate
        that is known for future weeks and not the same in every row. If False, it
        also holds the type and size of the store, and the columns that are measured
        only afterwards: temperature, fuel price, five markdowns, consumer price index
        and unemployment rate. A forecast that uses those reads the future.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : DataFrame or ndarray of shape (1001, 4) or (1001, 15)
            The rows, sorted by store, department and date.
        target : Series or ndarray of shape (1001,)
            Sales of the week, in US dollars.
        frame : DataFrame of shape (1001, 5) or (1001, 16), or None
            `data` and `target` in one table. None if ``as_frame=False``.
        feature_names : list of str
            Names of the columns of `data`.
        target_names : list of str
            Name of the target.
        DESCR : str
            What the columns mean, which are known ahead, source and licence.
        filename : str
            Name of the file with the data.
        data_module : str
            Package in which the file lies.

    (data, target) : tuple if ``return_X_y`` is True
        The rows and their sales.

    References
    ----------
    Kaggle (2014). Walmart Recruiting - Store Sales Forecasting.
    https://www.kaggle.com/c/walmart-recruiting-store-sales-forecasting

    Examples
    --------
    >>> from sklearn_sales.datasets import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> X.shape
    (1001, 4)
    >>> list(X.columns)
    ['store', 'dept', 'date', 'is_holiday']
    >>> float(y.iloc[0])
    24924.5
    """
    frame = _read_frame()
    names = [name for name in frame.columns if name != TARGET]
    if known_ahead_only:
        names = KNOWN_AHEAD
    frame = frame[[*names, TARGET]]
    data, target = frame[names].copy(), frame[TARGET].copy()
    if not as_frame:
        data, target, frame = _as_floats(data), target.to_numpy(), None
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=list(names),
        target_names=[TARGET],
        DESCR=(files(DATA_MODULE) / "walmart_sample.rst").read_text(encoding="utf-8"),
        filename=FILENAME,
        data_module=DATA_MODULE,
    )


def _read_frame() -> pd.DataFrame:
    """Read the embedded table, all columns."""
    with (files(DATA_MODULE) / FILENAME).open("rb") as raw, gzip.open(raw) as table:
        return pd.read_csv(
            table, parse_dates=["date"], dtype={"store_type": "category"}
        )


def _as_floats(data: pd.DataFrame) -> np.ndarray:
    """Write every column as a float: days, flags and letters included."""
    data = data.assign(
        date=(data["date"] - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    )
    if "store_type" in data:
        data["store_type"] = data["store_type"].cat.codes
    return data.to_numpy(dtype=float)
