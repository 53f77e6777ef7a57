# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weighted absolute percentage error."""

import numpy as np

from sklearn_sales.metrics._validation import observed_rows, ratio

__all__ = ["wape"]


def wape(y_true, y_pred, *, sample_weight=None):
    r"""Weighted absolute percentage error, pooled over all rows.

    .. math::

        \mathrm{WAPE} = \frac{\sum_t w_t \, |y_t - \hat y_t|}{\sum_t w_t \, |y_t|}

    The absolute error as a share of what was sold; 0.2 means that the errors add up
    to 20 % of the units. Also known as the MAD/mean ratio or weighted MAPE. It is
    unitless, and lower is better: 0 is perfect, a forecast of zero everywhere gives 1.

    It rewards the **median** of each row: on skewed or intermittent sales the best
    WAPE belongs to forecasts below the mean, and with more than half of the rows at
    zero a forecast of zero everywhere can win. Do not plan total stock by it alone;
    look at :func:`bias` beside it. Pooling lets the large series decide; where every
    series is to count alike use :func:`mase`.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        forecast and weight.
    y_pred : array-like of shape (n,)
        Forecasts, in the same order.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows, for example prices: the result is then the
        share of the turnover. Rows of weight zero are left out.

    Returns
    -------
    float
        Where all observed sales are zero: 0.0 if all forecasts are too, else the mean
        error divided by the machine epsilon, a number so large that nobody
        mistakes it, and finite as in
        :func:`sklearn.metrics.mean_absolute_percentage_error`.

    Raises
    ------
    ValueError
        If a value is infinite, an observed row has a NaN forecast, lengths differ or
        no row is observed.

    See Also
    --------
    bias : The signed counterpart.

    References
    ----------
    .. [1] Kolassa, S. and Schütz, W. (2007). Advantages of the MAD/mean ratio over
       the MAPE. Foresight, 6, 40-43.
    .. [2] Kolassa, S. (2020). Why the "best" point forecast depends on the error or
       accuracy measure. International Journal of Forecasting, 36(1), 208-211.

    Examples
    --------
    >>> from sklearn_sales.metrics import wape
    >>> wape([10, 0, 30], [12, 1, 25])
    0.2
    >>> wape([10, float("nan"), 30], [12, 1, 28])
    0.1
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    return ratio(np.abs(seen.y_true - seen.y_pred), np.abs(seen.y_true), seen.weight)
