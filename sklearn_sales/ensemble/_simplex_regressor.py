# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Regression whose coefficients are the weights of a weighted average."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_sales._compat import (
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
)
from sklearn_sales.ensemble._stack_weights import (
    combination_weights,
    effective_rows,
    prior_weights,
)
from sklearn_sales.ensemble._trimmed_mean import trimmed_mean
from sklearn_sales.panel._table import refuse_huge

__all__ = ["SimplexRegressor"]


class SimplexRegressor(RegressorMixin, BaseEstimator):
    r"""Weighted average of the columns of X, with weights learned from y.

    The coefficients are not negative, sum to one, and there is no intercept:

    .. math:: \hat y = X w, \qquad w_j \ge 0, \quad \sum_j w_j = 1 .

    Where the columns of X are forecasts, the answer is a combination of forecasts that
    never leaves their range, and its units are theirs. It is the default last step of
    :class:`TimeSeriesStackingRegressor`.

    Parameters
    ----------
    loss : {"squared", "absolute"}, default="squared"
        ``"squared"`` weights for a forecast of the mean, ``"absolute"`` for one of
        the median, which is what WAPE and MAE reward.
    shrinkage : float, default=3.0
        Number of effective rows that the prior weights count for, zero or more. With
        0 the data alone decide; columns that are equal then share their weight.
    prior_power : float, default=0.0
        Prior weights are proportional to the size of the columns' errors to minus this
        power: 0 is equal weights, 2 is close to Bates and Granger [4]_, a high power
        leaves the best columns only.
    prior_loss : {"squared", "absolute"} or None, default=None
        Whether that size is the root mean squared or the mean absolute error; None
        takes what ``loss`` says. Absolute errors tell columns apart by all rows where
        squared ones do by the few largest.
    trim : float, default=0.0
        Share of the weight that is cut at each end of a row's forecasts before they
        are averaged, from 0 to below 0.5: one member that goes astray in a row then
        hardly moves its answer. The nearer to 0.5, the nearer to the weighted median.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        The weights.
    n_effective_rows_ : float
        Number of rows of equal error that would tell as much as those of fit, by the
        errors of the best column.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where all are strings.

    See Also
    --------
    TimeSeriesStackingRegressor : Learns the weights from forecasts out of fold.

    Notes
    -----
    As the weights sum to one, the error of the combination is the same combination of
    the columns' errors :math:`e_{ij} = y_i - x_{ij}`. With k columns and equal weights
    :math:`p = 1/k`, the weights minimise

    .. math:: \frac 1n \sum_i (e_i' w)^2 + \frac{s}{m} \, v \, \lVert w - p \rVert^2
       \quad\text{or}\quad
       \frac 1n \sum_i |e_i' w|
       + \frac{s}{m} \, v \, \sqrt{\lVert w - p \rVert^2 + \tfrac 1k} ,

    where v is the mean squared (absolute) error of the best column. The second term is
    what ``shrinkage`` = s more rows would add in which all columns err independently
    of each other and by this size. m is the effective number of rows [2]_,
    :math:`(\sum_i l_i)^2 / \sum_i l_i^2` with the loss :math:`l_i` of the best column
    in row i: where a few large errors outweigh all others, there is less to learn
    from, and on skewed sales m may be a hundredth of n for the squared loss. Similar
    forecasts err alike, so that many rows are needed to prefer one of them; equal
    weights are hard to beat [1]_.

    The squared loss is solved exactly as one non-negative least squares problem; the
    absolute loss by a sequence of them [3]_, to within 1e-5 of the least loss.
    ``sample_weight`` says how often a row counts: weight 2 is the row given twice.

    ``trim`` takes no part in fit. In each row the forecasts are sorted, each holding a
    stretch of [0, 1] as long as its weight; what lies below ``trim`` or above
    ``1 - trim`` is cut. Means that are trimmed forecast as well as plain ones where
    all members are sound, and better where some are not [5]_.

    References
    ----------
    .. [1] R. T. Clemen, "Combining forecasts: a review and annotated bibliography",
       International Journal of Forecasting 5 (1989), 559-583.
    .. [2] L. Kish, "Survey Sampling", Wiley, 1965.
    .. [3] D. R. Hunter and K. Lange, "Quantile regression via an MM algorithm",
       Journal of Computational and Graphical Statistics 9 (2000), 60-77.
    .. [4] J. M. Bates and C. W. J. Granger, "The combination of forecasts", Operational
       Research Quarterly 20 (1969), 451-468.
    .. [5] V. R. R. Jose and R. L. Winkler, "Simple robust averages of forecasts: some
       empirical results", International Journal of Forecasting 24 (2008), 163-169.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_sales import SimplexRegressor
    >>> forecasts = np.array([[10.0, 14.0], [20.0, 22.0], [30.0, 26.0]])
    >>> sold = [11.0, 20.5, 29.0]
    >>> SimplexRegressor(shrinkage=0).fit(forecasts, sold).coef_.round(3)
    array([0.75, 0.25])
    >>> SimplexRegressor(shrinkage=3).fit(forecasts, sold).coef_.round(3)
    array([0.717, 0.283])
    """

    _parameter_constraints: dict = {
        "loss": [StrOptions({"squared", "absolute"})],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "prior_power": [Interval(Real, 0, None, closed="left")],
        "prior_loss": [StrOptions({"squared", "absolute"}), None],
        "trim": [Interval(Real, 0, 0.5, closed="left")],
    }

    def __init__(
        self,
        *,
        loss="squared",
        shrinkage=3.0,
        prior_power=0.0,
        prior_loss=None,
        trim=0.0,
    ):
        self.loss = loss
        self.shrinkage = shrinkage
        self.prior_power = prior_power
        self.prior_loss = prior_loss
        self.trim = trim

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Learn the weights.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Forecasts, one column for each member.
        y : array-like of shape (n_rows,)
            What was observed.
        sample_weight : array-like of shape (n_rows,), default=None
            How often each row counts.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        X, y = _validated(self, X, y, y_numeric=True)
        row_weights = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        errors = y[:, None] - X
        sizes = self.prior_loss or self.loss
        self.coef_ = combination_weights(
            errors,
            prior=prior_weights(errors, row_weights, sizes, self.prior_power),
            row_weights=row_weights,
            loss=self.loss,
            shrinkage=self.shrinkage,
        )
        self.n_effective_rows_ = effective_rows(errors, row_weights, self.loss)
        return self

    def predict(self, X):
        """Weighted average of the columns.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Forecasts, one column for each member.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        check_is_fitted(self)
        X = _validated(self, X, reset=False)
        return trimmed_mean(X, self.coef_, self.trim)


def _validated(estimator, *data, **params):
    try:
        # infinities of both signs are refused, without a warning before
        with np.errstate(invalid="ignore"):
            checked = validate_data(estimator, *data, dtype=np.float64, **params)
    except OverflowError as error:
        raise ValueError(
            "X or y holds a whole number that is too large for float64 "
            f"({error}). Forecasts and sales are below 1e308."
        ) from error
    for name, values in zip("Xy", checked if data[1:] else [checked], strict=False):
        refuse_huge(values, f"{name} holds")
    return checked
