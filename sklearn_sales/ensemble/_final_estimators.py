# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The last step of a stack: which estimator it is, and votes, which learn nothing."""

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor

from sklearn_sales.ensemble._simplex_regressor import SimplexRegressor

__all__ = ["Vote", "check_final", "new_final_estimator", "weights_of"]


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


def check_final(final_estimator, *, weights_by, passthrough, update_weights):
    """An unfitted last step that goes with the other parameters of a stack."""
    final = new_final_estimator(final_estimator)
    weighs = isinstance(final, SimplexRegressor)
    if weights_by is not None and not weighs:
        raise ValueError(
            f"weights_by={weights_by!r} makes weights of groups, which "
            f"final_estimator={final_estimator!r} has not: take None or a "
            "SimplexRegressor, or weights_by=None."
        )
    if passthrough and (weighs or isinstance(final, Vote)):
        raise ValueError(
            f"passthrough=True gives covariates to the final estimator, but "
            f"final_estimator={final_estimator!r} only averages forecasts: "
            "take a regressor, or passthrough=False."
        )
    if update_weights and (passthrough or weights_by not in (None, "step")):
        raise ValueError(
            "update_weights=True learns from forecasts alone, but passthrough= or "
            f"weights_by={weights_by!r} reads columns of X, which are not "
            "kept. Leave these, or take update_weights=False."
        )
    return final


def weights_of(final, names, final_estimator):
    """Weight of each member by its name, from a fitted last step."""
    if isinstance(final, SimplexRegressor):
        weights = final.coef_
    elif isinstance(final, Vote) and final.statistic == "mean":
        weights = np.full(len(names), 1.0 / len(names))
    else:
        raise AttributeError(
            f"final_estimator={final_estimator!r} has no weights; None, "
            "'mean' and SimplexRegressor have."
        )
    return dict(zip(names, weights.tolist(), strict=True))
