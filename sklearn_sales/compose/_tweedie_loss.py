# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The Tweedie deviance as a loss of histogram gradient boosting."""

from numbers import Real

import numpy as np

from sklearn_sales._compat import HalfTweedieLoss

__all__ = ["TweedieLoss"]


class TweedieLoss(HalfTweedieLoss):
    r"""Tweedie deviance: a loss for gradient boosting of sales with many zeros.

    Pass it as the ``loss`` of ``HistGradientBoostingRegressor``, which takes an object
    beside the names of its own losses. Like them it forecasts the mean, and like
    ``"poisson"`` it forecasts logarithms inside, so that the answer is positive; but
    large sales, which spread the most, count less.

    Parameters
    ----------
    power : float, default=1.5
        The variance of sales is taken to grow with this power of their mean, from 1
        to below 2. 1 is Poisson: units that are bought one by one. Towards 2 large
        sales spread in proportion to their size.

    See Also
    --------
    ReductionRegressor : A forecaster from boosting, or from any regressor.
    sklearn.linear_model.TweedieRegressor : The same loss for a linear model.

    Notes
    -----
    Up to what no forecast moves, the loss of a sale y and a forecast :math:`\mu` is

    .. math:: \frac{\mu^{2-p}}{2-p} - y \, \frac{\mu^{1-p}}{1-p} ,

    half the deviance of the Tweedie distribution [1]_, in its limit for p = 1. Whatever
    p, it is least in expectation where :math:`\mu` is the mean of y. With p between 1
    and 2 the distribution is that of a Poisson number of purchases, each of a gamma
    size: zero with a positive probability, and else of any positive size.

    The loss is that of scikit-learn's generalised linear models.

    References
    ----------
    .. [1] B. Jorgensen, "The Theory of Dispersion Models", Chapman & Hall, 1997.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sklearn_sales import ReductionRegressor, TweedieLoss, make_sales_panel
    >>> X, y = make_sales_panel(n_series=20, n_periods=200, random_state=0)
    >>> past = X["date"] < X["date"].max() - pd.Timedelta(days=6)
    >>> boosting = HistGradientBoostingRegressor(
    ...     loss=TweedieLoss(), early_stopping=False, random_state=0
    ... )
    >>> model = ReductionRegressor(boosting, horizon=7, series=["store", "product"])
    >>> columns = ["store", "product", "date", "price"]
    >>> model.fit(X.loc[past, columns], y[past]).predict(X.loc[~past, columns]).shape
    (130,)
    """

    def __init__(self, power=1.5):
        if not isinstance(power, Real) or isinstance(power, bool):
            raise TypeError(
                f"power={power!r} is no number; give one from 1 to below 2, such as "
                "1.5."
            )
        if not 1 <= power < 2:
            raise ValueError(
                f"power={power!r} is not from 1 to below 2. Give one in between, such "
                "as 1.5; 1 is the Poisson loss."
            )
        super().__init__(power=power)

    def fit_intercept_only(self, y_true, sample_weight=None):
        """Where boosting starts: the logarithm of the mean sales.

        Parameters
        ----------
        y_true : ndarray of shape (n_rows,)
            Sales; one below zero is an error.
        sample_weight : ndarray of shape (n_rows,), default=None

        Returns
        -------
        float
        """
        if not self.in_y_true_range(y_true):
            raise ValueError(
                f"y holds {np.min(y_true)}, and TweedieLoss describes sales of zero or "
                "more. Set returns to zero or NaN first, or take "
                "loss='squared_error'."
            )
        return super().fit_intercept_only(y_true, sample_weight=sample_weight)

    def __repr__(self):
        return f"{type(self).__name__}(power={self.closs.power})"
