# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Symmetric mean absolute percentage error."""

import numpy as np

from sklearn_sales.metrics._validation import observed_rows

__all__ = ["smape"]


def smape(y_true, y_pred, *, sample_weight=None):
    r"""Symmetric mean absolute percentage error, between 0 and 2.

    .. math::

        \mathrm{sMAPE} = \frac{1}{\sum_t w_t}
        \sum_t w_t \, \frac{2 \, |y_t - \hat y_t|}{|y_t| + |\hat y_t|}

    A row where both are zero counts as 0. Lower is better. As scikit-learn's MAPE, it
    is a ratio and no percentage: multiply by 100 for the figures of the M
    competitions.

    It rewards **neither mean nor median**, and in spite of its name it is not
    symmetric: the same error costs less above the truth than below it, so it favours
    forecasts that are too high. Wherever nothing was sold every non-zero forecast
    costs 2, be it 0.01 or 1000, so on intermittent sales it mostly counts zeros. It is
    here to compare with published figures; prefer :func:`wape` or :func:`mase`.

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

    Raises
    ------
    ValueError
        If a value is infinite, an observed row has a NaN forecast, lengths differ or
        no row is observed.

    References
    ----------
    .. [1] Makridakis, S. (1993). Accuracy measures: theoretical and practical
       concerns. International Journal of Forecasting, 9(4), 527-529.
    .. [2] Goodwin, P. and Lawton, R. (1999). On the asymmetry of the symmetric MAPE.
       International Journal of Forecasting, 15(4), 405-408.

    Examples
    --------
    >>> from sklearn_sales.metrics import smape
    >>> smape([10, 0, 0], [30, 0, 5])
    1.0
    """
    seen = observed_rows(y_true, y_pred, sample_weight)
    error = 2.0 * np.abs(seen.y_true - seen.y_pred)
    size = np.abs(seen.y_true) + np.abs(seen.y_pred)
    # where both are zero so is the error: zero by one is the zero that is meant
    terms = error / np.where(size > 0, size, 1.0)
    return float(np.average(terms, weights=seen.weight))
