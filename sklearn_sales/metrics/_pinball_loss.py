# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pinball loss of quantile forecasts."""

import numpy as np

from sklearn_sales.metrics._validation import as_float, check_option, observed_rows

__all__ = ["check_quantiles", "pinball_loss", "pinball_terms"]


def pinball_loss(y_true, y_pred, *, quantile=0.5, sample_weight=None, average="mean"):
    r"""Mean pinball loss of forecasts of one or several quantiles.

    .. math::

        L_q = \frac{1}{\sum_t w_t} \sum_t w_t \,
        \max\bigl(q \, (y_t - \hat y_t), \; (q - 1) \, (y_t - \hat y_t)\bigr)

    A unit too few costs :math:`q`, a unit too many :math:`1 - q`: with
    :math:`q = c_u / (c_u + c_o)` it is the newsvendor's cost of understocking
    (:math:`c_u`) and overstocking (:math:`c_o`), up to a factor. It is in the unit of
    the sales. Lower is better.

    It rewards the **quantile** q (at 0.5 the median, and then it is half of the mean
    absolute error). It misleads in comparisons: losses of different quantiles are not
    on one scale (those near 0 and 1 are small by nature), and neither are
    losses of large and small series; :func:`scaled_pinball_loss` mends the latter.

    Equal to :func:`sklearn.metrics.mean_pinball_loss` for one quantile where nothing
    is missing.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        forecast and weight.
    y_pred : array-like of shape (n,) or (n, n_quantiles)
        Forecasts of the quantile, or one column for each of several.
    quantile : float or array-like of shape (n_quantiles,), default=0.5
        The quantile or quantiles, between 0 and 1.
    sample_weight : array-like of shape (n,), default=None
        Non-negative weights of the rows. Rows of weight zero are left out.
    average : {"mean", None}, default="mean"
        Over the quantiles. None returns the loss of each one.

    Returns
    -------
    float, or ndarray of shape (n_quantiles,) if ``average=None``

    Raises
    ------
    ValueError
        If a quantile lies outside of 0 to 1, a value is infinite, an observed row has
        a NaN forecast, shapes differ or no row is observed.

    References
    ----------
    .. [1] Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica,
       46(1), 33-50.
    .. [2] Gneiting, T. (2011). Making and evaluating point forecasts. Journal of the
       American Statistical Association, 106(494), 746-762.

    Examples
    --------
    >>> from sklearn_sales.metrics import pinball_loss
    >>> pinball_loss([10, 20], [8, 24], quantile=0.75)
    1.25
    >>> pinball_loss([10, 20], [[8, 12], [20, 24]], quantile=[0.25, 0.75], average=None)
    array([0.25, 0.75])
    """
    check_option("average", average, ("mean", None))
    quantiles = check_quantiles(quantile)
    seen = observed_rows(y_true, y_pred, sample_weight, n_columns=len(quantiles))
    terms = pinball_terms(seen.y_true, seen.y_pred, quantiles)
    losses = np.average(terms, axis=0, weights=seen.weight)
    return losses if average is None else float(losses.mean())


def check_quantiles(quantile):
    """One or several quantiles as an array of shape (n_quantiles,)."""
    quantiles = np.atleast_1d(as_float(np.asarray(quantile), "quantile"))
    if quantiles.ndim != 1 or not np.all((quantiles >= 0) & (quantiles <= 1)):
        raise ValueError(
            "quantile must be a number between 0 and 1 or a list of such numbers; got "
            f"quantile={quantile!r}."
        )
    return quantiles


def pinball_terms(y_true, y_pred, quantiles):
    """Pinball loss of each row and quantile.

    Parameters
    ----------
    y_true : ndarray of shape (n,)
    y_pred : ndarray of shape (n, n_quantiles)
    quantiles : ndarray of shape (n_quantiles,)

    Returns
    -------
    ndarray of shape (n, n_quantiles)
    """
    short = y_true[:, np.newaxis] - y_pred
    return np.maximum(quantiles * short, (quantiles - 1.0) * short)
