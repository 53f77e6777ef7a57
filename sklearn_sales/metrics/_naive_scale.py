# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""In-sample error of the naive forecast, by which scaled metrics divide."""

from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales.metrics._series_labels import (
    encode_labels,
    label_columns,
    label_index,
)
from sklearn_sales.metrics._validation import as_vector, check_option, refuse_infinity
from sklearn_sales.panel import Panel, Table

__all__ = ["check_season", "history_scale", "naive_scale", "scale_kernel"]


def naive_scale(
    y_train,
    series_train=None,
    *,
    time_train=None,
    freq=None,
    season=1,
    power=1,
    from_first_sale=True,
):
    r"""Mean error of the seasonal naive forecast over the training rows.

    .. math::

        s = \frac{1}{|P|} \sum_{t \in P} |y_t - y_{t-m}|^p

    P are the times of a series at which both :math:`y_t` and :math:`y_{t-m}` are
    observed, m is the season and p the power. :func:`mase` and
    :func:`scaled_pinball_loss` divide by it with p = 1, :func:`rmsse` with p = 2.

    Parameters
    ----------
    y_train : array-like of shape (n,)
        Sales of the training rows; NaN where nothing was observed.
    series_train : array-like or dataframe of shape (n,) or (n, n_keys), default=None
        The series of each row: labels, or several key columns. None is one series.
    time_train : array-like of shape (n,), default=None
        The time of each row, of any type that a time column may have. Rows may then
        come in any order, and a time without a row counts as not observed. With None
        the rows of each series must be in time order, and consecutive rows are taken
        as consecutive times.
    freq : str or number, default=None
        Frequency of ``time_train``, inferred by default.
    season : int, default=1
        Distance m in steps: 1 is the last value, 7 the same weekday in daily data.
    power : {1, 2}, default=1
        1 for the mean absolute, 2 for the mean squared error.
    from_first_sale : bool, default=True
        Whether a series begins at its first value that is not zero, as in the M5
        competition: zeros before it mostly mean that the item was not on sale yet,
        and would make the scale too small.

    Returns
    -------
    float, or pandas.Series indexed by the labels of the series
        NaN for a series without a single pair of observed values.

    Raises
    ------
    ValueError
        If a value is infinite, a label is missing, lengths differ or a series has two
        rows at one time.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of
       forecast accuracy. International Journal of Forecasting, 22(4), 679-688.
    .. [2] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). M5 accuracy
       competition: Results, findings, and conclusions. International Journal of
       Forecasting, 38(4), 1346-1364.

    Examples
    --------
    >>> from sklearn_sales.metrics import naive_scale
    >>> naive_scale([0, 0, 4, 6, 3])
    2.5
    >>> naive_scale([4, 1, 6, 1, 3, 5], ["a", "b", "a", "b", "a", "b"])
    a    2.5
    b    2.0
    Name: naive_scale, dtype: float64
    """
    check_season(season)
    check_option("power", power, (1, 2))
    y_train = as_vector(y_train, "y_train")
    refuse_infinity(y_train, "y_train")
    rule = {"season": season, "power": power, "from_first_sale": from_first_sale}
    frame = pd.DataFrame(index=range(len(y_train)))
    if series_train is not None:
        frame = label_columns(series_train, "series_train", len(y_train), "y_train")
    if time_train is not None:
        labels, scale = _scale_by_time(y_train, frame, time_train, freq, rule)
    else:
        labels, scale = _scale_by_order(y_train, frame, rule)
    if series_train is None:
        return float(scale[0])
    return pd.Series(scale, index=labels, name="naive_scale")


def check_season(season):
    """Refuse a season that is no positive whole number."""
    if isinstance(season, bool) or not isinstance(season, Integral) or season < 1:
        raise ValueError(
            f"season must be a whole number of steps, 1 or more; got season={season!r}."
        )


def _scale_by_order(y_train, frame, rule):
    if not frame.shape[1]:
        return None, scale_kernel(y_train, np.zeros(len(y_train), int), 1, **rule)
    codes, labels = encode_labels(frame)
    # a stable sort keeps the rows of each series in the order in which they came
    order = np.argsort(codes, kind="stable")
    return labels, scale_kernel(y_train[order], codes[order], len(labels), **rule)


def _scale_by_time(y_train, frame, time_train, freq, rule):
    times = label_columns(time_train, "time_train", len(y_train), "y_train")
    table = pd.concat([frame, times], axis=1)
    # names that no other column has, and that tell a reader of an error where to look
    series = [f"series_train[{j}]" for j in range(frame.shape[1])]
    table.columns = [*series, "time_train"]
    panel, _ = Panel.from_table(
        Table(table), y_train, series=series, time="time_train", freq=freq
    )
    scale = history_scale(panel.history, panel.n_series, **rule)
    if not series:
        return None, scale
    keys = panel.keys.frame()
    keys.columns = frame.columns
    return label_index(keys), scale


def history_scale(history, n_series, **rule):
    """Scale of the first ``n_series`` series of a :class:`History`.

    Parameters
    ----------
    history : History
    n_series : int
    **rule
        ``season``, ``power`` and ``from_first_sale``.

    Returns
    -------
    ndarray of shape (n_series,)
    """
    codes = np.repeat(np.arange(n_series), history.lengths[:n_series])
    return scale_kernel(history.data[: len(codes)], codes, n_series, **rule)


def scale_kernel(values, codes, n_series, *, season, power, from_first_sale):
    """Mean power of the seasonal differences of each series.

    Parameters
    ----------
    values : ndarray of shape (n,)
        One series after the other, each in time order; NaN where not observed.
    codes : ndarray of shape (n,)
        Series of each value, ascending.
    n_series : int
    season, power : int
    from_first_sale : bool

    Returns
    -------
    ndarray of shape (n_series,)
        NaN where a series has no pair of observed values.
    """
    later, earlier = values[season:], values[:-season]
    series = codes[season:]
    # NaN - NaN is NaN: one test finds the pairs that are observed at both ends
    steps = np.abs(later - earlier)
    pair = (series == codes[:-season]) & ~np.isnan(steps)
    if from_first_sale:
        first = _first_sales(values, codes, n_series)
        pair &= np.arange(len(later)) >= first[series]
    counts = np.bincount(series[pair], minlength=n_series)
    sums = np.bincount(series[pair], weights=steps[pair] ** power, minlength=n_series)
    return np.divide(sums, counts, out=np.full(n_series, np.nan), where=counts > 0)


def _first_sales(values, codes, n_series):
    """Index of the first non-zero value of each series; beyond the end if none."""
    sold = np.flatnonzero((values != 0) & ~np.isnan(values))
    series, at = np.unique(codes[sold], return_index=True)
    first = np.full(n_series, len(values))
    first[series] = sold[at]
    return first
