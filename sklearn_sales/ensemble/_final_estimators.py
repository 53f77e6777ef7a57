# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The last step of a stack: which estimator it is, and votes, which learn nothing."""

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor

from sklearn_sales.ensemble._simplex_regressor import SimplexRegressor

__all__ = ["Vote", "new_final_estimator"]


class Vote(RegressorMixin, BaseEstimator):
    """Mean or median of the columns of X."""

    def __init__(self, statistic):
        self.statistic = statistic

    def fit(self, X, y=None):
        """Learn nothing."""
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        """Combine the columns."""
        return (np.mean if self.statistic == "mean" else np.median)(X, axis=1)


def new_final_estimator(final_estimator):
    """An unfitted last step, from what the parameter ``final_estimator`` says."""
    if final_estimator is None:
        final = SimplexRegressor()
        if get_config()["enable_metadata_routing"]:
            final.set_fit_request(sample_weight=True)
        return final
    if isinstance(final_estimator, str):
        return Vote(final_estimator)
    if isinstance(final_estimator, type) or not is_regressor(final_estimator):
        raise ValueError(
            "final_estimator must be None, 'mean', 'median' or a regressor, got "
            f"{final_estimator!r}."
        )
    return clone(final_estimator)
