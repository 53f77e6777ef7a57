# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Root mean squared logarithmic error."""

import numpy as np

from sklearn_sales.metrics._validation import observed_rows

__all__ = ["rmsle"]


def rmsle(y_true, y_pred, *, sample_weight=None):
    r"""Root mean squared logarithmic error.

    .. math::

        \mathrm{RMSLE} = \sqrt{\frac{1}{\sum_t w_t}
        \sum_t w_t \, \bigl(\log(1 + \hat y_t) - \log(1 + y_t)\bigr)^2}

    For large sales it is about the relative error, for small ones the absolute error.
    Lower is better; it depends on the unit in which sales are counted. With the
    weights 1.25 for perishable items and 1 for others it is the NWRMSLE of the
    Corporación Favorita competition.

    It rewards the **mean of the logarithm**, :math:`\exp(E[\log(1 + y)]) - 1`, which
    lies below the mean of skewed sales. It costs more to forecast too little than too
    much by the same number of units, and it plays down the peaks that fill a
    warehouse.

    Equal to :func:`sklearn.metrics.root_mean_squared_log_error` where nothing is
    missing.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold, greater than -1. NaN means *not observed*: the row is left out
        together with its forecast and weight.
    y_pred : array-like of shape (n,)
        Forecasts greater than -1, in the same order.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows. Rows of weight zero are left out.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a value is infinite or not greater than -1, an observed row has a NaN
        forecast, lengths differ or no row is observed.

    References
    ----------
    .. [1] Corporación Favorita grocery sales forecasting (2017). Kaggle.
       https://www.kaggle.com/c/favorita-grocery-sales-forecasting
    .. [2] Kolassa, S. (2020). Why the "best" point forecast depends on the error or
       accuracy measure. International Journal of Forecasting, 36(1), 208-211.

    Examples
    --------
    >>> from sklearn_sales.metrics import rmsle
    >>> round(rmsle([9, 99], [99, 9]), 6)  # each off by a factor of ten
    2.302585
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    _refuse_no_logarithm(seen.y_true, "y_true")
    _refuse_no_logarithm(seen.y_pred, "y_pred")
    error = np.log1p(seen.y_pred) - np.log1p(seen.y_true)
    return float(np.sqrt(np.average(error**2, weights=seen.weight)))


def _refuse_no_logarithm(values, name):
    if values.min() <= -1:
        raise ValueError(
            f"{name} holds {np.count_nonzero(values <= -1)} value(s) that are not "
            f"greater than -1 (lowest {values.min():g}); rmsle takes log(1 + y). Clip "
            f"{name} at zero, or use a metric that allows negative values."
        )
