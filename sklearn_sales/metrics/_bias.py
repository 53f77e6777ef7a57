# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Relative bias."""

import numpy as np

from sklearn_sales.metrics._validation import observed_rows, ratio

__all__ = ["bias"]


def bias(y_true, y_pred, *, sample_weight=None):
    r"""Relative bias: by which share the forecasts add up to too much.

    .. math::

        \mathrm{bias} = \frac{\sum_t w_t \, (\hat y_t - y_t)}{\sum_t w_t \, |y_t|}

    Positive where too much was forecast, negative where too little; -0.1 means that a
    tenth of the units sold was missing from the forecast. It is unitless. **Nearest
    to zero is best**, so a search must rank its absolute value (``neg_abs_bias_scorer``
    does). Its size never exceeds :func:`wape`.

    Zero bias is what a forecast of the **mean** has. A good WAPE with a negative bias
    is the mark of a forecast of the median.

    It misleads alone: errors of opposite sign cancel, over time and between series,
    so a bias of zero says nothing about the accuracy. With returns (negative sales)
    the divisor is the turnover of units in both directions, not their balance.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        forecast and weight.
    y_pred : array-like of shape (n,)
        Forecasts, in the same order.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows. Rows of weight zero are left out.

    Returns
    -------
    float
        Where all observed sales are zero: 0.0 if the forecasts add up to zero, else
        the mean error divided by the machine epsilon, as for :func:`wape`.

    Raises
    ------
    ValueError
        If a value is infinite, an observed row has a NaN forecast, lengths differ or
        no row is observed.

    References
    ----------
    .. [1] Kolassa, S. (2020). Why the "best" point forecast depends on the error or
       accuracy measure. International Journal of Forecasting, 36(1), 208-211.

    Examples
    --------
    >>> from sklearn_sales.metrics import bias
    >>> bias([10, 0, 30], [12, 1, 25])
    -0.05
    >>> bias([10, 30], [20, 20])
    0.0
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    return ratio(seen.y_pred - seen.y_true, np.abs(seen.y_true), seen.weight)
