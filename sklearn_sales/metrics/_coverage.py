# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Coverage of prediction intervals."""

import numpy as np

from sklearn_sales.metrics._validation import observed_rows

__all__ = ["coverage"]


def coverage(y_true, y_pred, *, sample_weight=None):
    r"""Share of the observed sales that lie within their prediction interval.

    .. math::

        \mathrm{coverage} = \frac{1}{\sum_t w_t}
        \sum_t w_t \, \mathbb{1}\{l_t \le y_t \le u_t\}

    Both bounds belong to the interval. **Nearest to the nominal level is best**, not
    highest: 90 % intervals should cover 0.9.

    It misleads alone, because endless intervals cover everything; :func:`pinball_loss`
    of the two bounds judges the width as well. It is an average: intervals that
    cover all slow items and few fast ones can still have the right mean. Where
    many sales are exactly zero, intervals that begin at zero cover more than their
    level, and cannot help it.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        interval and weight.
    y_pred : array-like of shape (n, 2)
        Lower and upper bound of each row. A bound may be infinite: that side is open.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows. Rows of weight zero are left out.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If a lower bound is above its upper bound, a target is infinite, an observed
        row has a NaN bound, shapes differ or no row is observed.

    References
    ----------
    .. [1] Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules,
       prediction, and estimation. Journal of the American Statistical Association,
       102(477), 359-378.

    Examples
    --------
    >>> from sklearn_sales.metrics import coverage
    >>> coverage([3, 8, 12, 4], [[0, 5], [5, 10], [5, 10], [4, 9]])
    0.75
    """
    seen = observed_rows(y_true, y_pred, sample_weight, n_columns=2, finite=False)
    lower, upper = seen.y_pred.T
    crossed = lower > upper
    if crossed.any():
        row = int(np.flatnonzero(seen.rows)[np.argmax(crossed)])
        raise ValueError(
            "y_pred must hold the lower bound in its first column and the upper bound "
            f"in its second; {np.count_nonzero(crossed)} interval(s) have lower > "
            f"upper, first at row {row}."
        )
    inside = (lower <= seen.y_true) & (seen.y_true <= upper)
    return float(np.average(inside, weights=seen.weight))
