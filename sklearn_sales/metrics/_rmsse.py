# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Root mean squared scaled error."""

import numpy as np

from sklearn_sales.metrics._per_series import average_over_series, scaled_by_series
from sklearn_sales.metrics._validation import observed_rows

__all__ = ["rmsse"]


def rmsse(
    y_true,
    y_pred,
    *,
    series=None,
    scale=None,
    y_train=None,
    series_train=None,
    time_train=None,
    freq=None,
    season=1,
    from_first_sale=True,
    sample_weight=None,
    average="mean",
    zero_scale="warn",
):
    r"""Root mean squared scaled error, averaged over series.

    .. math::

        \mathrm{RMSSE}_i =
        \sqrt{\frac{\frac{1}{h} \sum_t (y_t - \hat y_t)^2}{s_i}},
        \qquad \mathrm{RMSSE} = \frac{1}{n} \sum_i \mathrm{RMSSE}_i

    where :math:`s_i` is the mean squared error of the naive forecast over the training
    rows of the series, from its first sale on: the measure of the M5 competition. It
    has no unit, so series of every size count alike. Lower is better: 1 is as wrong as
    the naive forecast was in-sample, one step ahead.

    It rewards the **mean** of each row, which is what stock and staff are planned by,
    also where sales are intermittent. It misleads where a single peak decides:
    squares make one bad day outweigh a month, in the errors as in the scale. Series
    that hardly ever move have a tiny scale and dominate the average;
    :func:`wrmsse` weights them by their value.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        forecast and weight.
    y_pred : array-like of shape (n,)
        Forecasts, in the same order.
    series : array-like or dataframe of shape (n,) or (n, n_keys), default=None
        The series of each row: labels, or several key columns. None is one series.
    scale : mapping, pandas.Series, array-like of shape (n,) or float, default=None
        The scale of each series, a mean **squared** error: a mapping or Series from
        labels to scales, such as ``naive_scale(..., power=2)`` returns, one value for
        each row, or one for all series. Give this or ``y_train``.
    y_train : array-like of shape (n_train,), default=None
        Sales of the training rows, from which :func:`naive_scale` takes the scale.
    series_train : array-like or dataframe, default=None
        Labels of the rows of ``y_train``.
    time_train : array-like of shape (n_train,), default=None
        Times of the rows of ``y_train``. With None they are in time order.
    freq : str or number, default=None
        Frequency of ``time_train``, inferred by default.
    season : int, default=1
        Season of the naive forecast, in steps; 1 in M5.
    from_first_sale : bool, default=True
        Whether the scale leaves out the zeros before the first sale, as in M5.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows within their series; series count alike
        whatever their weights. Rows of weight zero are left out.
    average : {"mean", None}, default="mean"
        None returns the value of each series, for averages of another kind.
    zero_scale : {"warn", "drop", "error"}, default="warn"
        What happens to series whose scale is zero (they never moved) or unknown (new,
        or too short): left out of the average with a warning that counts them, left
        out silently, or an error. With ``average=None`` they are NaN.

    Returns
    -------
    float, or pandas.Series indexed by series if ``average=None`` and series is given

    Raises
    ------
    ValueError
        If no series has a scale, a value is infinite, an observed row has a NaN
        forecast, lengths differ or no row is observed.

    Warns
    -----
    UndefinedMetricWarning
        If series are left out because they have no scale.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of
       forecast accuracy. International Journal of Forecasting, 22(4), 679-688.
    .. [2] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022). M5 accuracy
       competition: Results, findings, and conclusions. International Journal of
       Forecasting, 38(4), 1346-1364.

    Examples
    --------
    >>> from sklearn_sales.metrics import rmsse
    >>> rmsse([5, 9], [8, 5], y_train=[0, 0, 2, 5, 1])  # sqrt(12.5 / 12.5)
    1.0
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    values, labels = scaled_by_series(
        seen,
        (seen.y_true - seen.y_pred) ** 2,
        power=2,
        series=series,
        scale=scale,
        y_train=y_train,
        series_train=series_train,
        time_train=time_train,
        freq=freq,
        season=season,
        from_first_sale=from_first_sale,
    )
    return average_over_series(
        np.sqrt(values), labels, metric="rmsse", average=average, zero_scale=zero_scale
    )
