# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Mean absolute scaled error."""

import numpy as np

from sklearn_sales.metrics._per_series import average_over_series, scaled_by_series
from sklearn_sales.metrics._validation import observed_rows

__all__ = ["mase"]


def mase(
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
    r"""Mean absolute scaled error, averaged over series.

    .. math::

        \mathrm{MASE}_i = \frac{\frac{1}{h} \sum_t |y_t - \hat y_t|}{s_i},
        \qquad \mathrm{MASE} = \frac{1}{n} \sum_i \mathrm{MASE}_i

    where :math:`s_i` is the mean absolute error of the (seasonal) naive forecast over
    the training rows of the series, see :func:`naive_scale`. It has no unit, so series
    of every size count alike. Lower is better: 1 is as wrong as the naive forecast was
    in-sample, one step ahead.

    It rewards the **median** of each row, as :func:`wape` does. It misleads where
    sales are intermittent: with more than half of the rows at zero a forecast of zero
    can win, and series that hardly ever move have a tiny scale and dominate the
    average. A horizon of many steps is held against errors of one step, so
    values above 1 are no proof of a poor forecast.

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
        The scale of each series: a mapping or Series from labels to scales, such as
        ``naive_scale(..., power=1)`` returns, one value for each row, or one for all
        series. Give this or ``y_train``.
    y_train : array-like of shape (n_train,), default=None
        Sales of the training rows, from which :func:`naive_scale` takes the scale.
    series_train : array-like or dataframe, default=None
        Labels of the rows of ``y_train``.
    time_train : array-like of shape (n_train,), default=None
        Times of the rows of ``y_train``. With None they are in time order.
    freq : str or number, default=None
        Frequency of ``time_train``, inferred by default.
    season : int, default=1
        Season of the naive forecast, in steps.
    from_first_sale : bool, default=True
        Whether the scale leaves out the zeros before the first sale.
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
    .. [2] Kolassa, S. (2016). Evaluating predictive count data distributions in
       retail sales forecasting. International Journal of Forecasting, 32(3), 788-803.

    Examples
    --------
    >>> from sklearn_sales.metrics import mase, naive_scale
    >>> y_train, shops = [4, 1, 6, 1, 3, 5], ["a", "b", "a", "b", "a", "b"]
    >>> mase([5, 4], [10, 5], series=["a", "b"], y_train=y_train, series_train=shops)
    1.25
    >>> scale = naive_scale(y_train, shops)
    >>> mase([5, 4], [10, 5], series=["a", "b"], scale=scale, average=None)
    a    2.0
    b    0.5
    Name: mase, dtype: float64
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    values, labels = scaled_by_series(
        seen,
        np.abs(seen.y_true - seen.y_pred),
        power=1,
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
        values, labels, metric="mase", average=average, zero_scale=zero_scale
    )
