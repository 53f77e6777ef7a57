# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ready-made scorers, named as scikit-learn names its own: greater is better."""

from sklearn_sales.metrics._sales_scorer import make_sales_scorer

__all__ = [
    "neg_abs_bias_scorer",
    "neg_mase_scorer",
    "neg_pinball_scorer",
    "neg_rmsle_scorer",
    "neg_rmsse_scorer",
    "neg_smape_scorer",
    "neg_wape_scorer",
]

# for forecasts of the median
neg_wape_scorer = make_sales_scorer("wape")
# never choose a model by it alone: errors of opposite sign cancel
neg_abs_bias_scorer = make_sales_scorer("abs_bias")
# for forecasts of the median; series count alike
neg_mase_scorer = make_sales_scorer("mase")
# for forecasts of the mean; series count alike
neg_rmsse_scorer = make_sales_scorer("rmsse")
# to compare with published figures
neg_smape_scorer = make_sales_scorer("smape")
# forecasts must be greater than -1
neg_rmsle_scorer = make_sales_scorer("rmsle")


def neg_pinball_scorer(quantile=0.5, *, scaled=False, **params):
    """Scorer of estimators whose ``predict`` forecasts a quantile.

    Parameters
    ----------
    quantile : float or list of float, default=0.5
        The quantile that ``predict`` forecasts, or one for each of its columns.
    scaled : bool, default=False
        Whether series count alike: :func:`scaled_pinball_loss` in place of
        :func:`pinball_loss`.
    **params
        As :func:`make_sales_scorer` takes them.

    Returns
    -------
    SalesScorer

    Examples
    --------
    >>> from sklearn_sales.metrics import neg_pinball_scorer
    >>> neg_pinball_scorer(0.9)
    make_sales_scorer('pinball_loss', quantile=0.9)
    """
    metric = "scaled_pinball_loss" if scaled else "pinball_loss"
    return make_sales_scorer(metric, quantile=quantile, **params)
