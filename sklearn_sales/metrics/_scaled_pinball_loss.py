# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scaled pinball loss."""

from sklearn_sales.metrics._per_series import average_over_series, scaled_by_series
from sklearn_sales.metrics._pinball_loss import check_quantiles, pinball_terms
from sklearn_sales.metrics._validation import observed_rows

__all__ = ["scaled_pinball_loss"]


def scaled_pinball_loss(
    y_true,
    y_pred,
    *,
    quantile=0.5,
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
    r"""Scaled pinball loss of quantile forecasts, averaged over series.

    .. math::

        \mathrm{SPL}_i = \frac{1}{s_i} \; \frac{1}{|Q|} \sum_{q \in Q} \frac{1}{h}
        \sum_t \max\bigl(q \, (y_t - \hat y^q_t), \; (q - 1) \, (y_t - \hat y^q_t)\bigr)

    where :math:`s_i` is the mean absolute error of the naive forecast over the
    training rows of the series: the measure of the M5 uncertainty competition, there
    with nine quantiles and weighted by value. It has no unit, so series of every
    size count alike. Lower is better. At the quantile 0.5 it is half of :func:`mase`.

    It rewards the **quantiles** that were asked for. It misleads as
    :func:`pinball_loss` does between sets of quantiles, and as :func:`mase` does where
    series hardly ever move.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        What was sold. NaN means *not observed*: the row is left out together with its
        forecast and weight.
    y_pred : array-like of shape (n,) or (n, n_quantiles)
        Forecasts of the quantile, or one column for each of several.
    quantile : float or array-like of shape (n_quantiles,), default=0.5
        The quantile or quantiles, between 0 and 1.
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
        If a quantile lies outside of 0 to 1, no series has a scale, a value is
        infinite, an observed row has a NaN forecast, shapes differ or no row is
        observed.

    Warns
    -----
    UndefinedMetricWarning
        If series are left out because they have no scale.

    References
    ----------
    .. [1] Makridakis, S., Spiliotis, E., Assimakopoulos, V., Chen, Z., Gaba, A.,
       Tsetlin, I. and Winkler, R. L. (2022). The M5 uncertainty competition: Results,
       findings and conclusions. International Journal of Forecasting, 38(4),
       1365-1385.

    Examples
    --------
    >>> from sklearn_sales.metrics import scaled_pinball_loss
    >>> scaled_pinball_loss([10, 20], [8, 24], quantile=0.75, y_train=[4, 6, 3])
    0.5
    """
    quantiles = check_quantiles(quantile)
    seen = observed_rows(y_true, y_pred, sample_weight, n_columns=len(quantiles))
    values, labels = scaled_by_series(
        seen,
        pinball_terms(seen.y_true, seen.y_pred, quantiles).mean(axis=1),
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
        values,
        labels,
        metric="scaled_pinball_loss",
        average=average,
        zero_scale=zero_scale,
    )
