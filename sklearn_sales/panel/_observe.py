# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""New sales for every part of a nested estimator that remembers sales."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import fit_context, safe_indexing, validate_params
from sklearn_sales.panel._all_or_nothing import all_or_nothing
from sklearn_sales.panel._estimator import PanelEstimator
from sklearn_sales.panel._find_panel import find_panel
from sklearn_sales.panel._panel import Panel

__all__ = ["UpdateMixin", "holds_history", "observe", "take_in"]

_INNER = ("best_estimator_", "estimator_", "regressor_")


class UpdateMixin:
    """``partial_fit`` of estimators that remember a panel.

    Subclasses define ``_observe(X, y, *, overwrite, learn)``: with ``learn`` they
    know afterwards what a fit would know, without it only their history goes on.
    """

    @fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y):
        """Learn from further sales: newer rows, new series, late arrivals.

        Without a fit before, this is ``fit``. Parts that are regressors of tables
        stay as they were fitted; what they read of the sales is brought up to date.
        An error, whichever part raises it, leaves the estimator as it was.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the same columns as in fit.
        y : array-like of shape (n_rows,)
            Their sales; NaN where not observed. A value other than the one known is
            an error; :func:`~sklearn_sales.observe` has ``overwrite=True``.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        with all_or_nothing(self):
            try:
                check_is_fitted(self)
            except NotFittedError:
                return self.fit(X, y)
            self._observe(X, y, overwrite=False, learn=True)
        return self


@validate_params(
    {"estimator": [BaseEstimator], "overwrite": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def observe(estimator, X, y, *, overwrite=False):
    """Add sales to the history of a fitted estimator, without fitting it again.

    Every part that remembers sales takes them in, in any nesting of pipelines, column
    transformers, searches, stacks and the composed estimators of this package.
    Coefficients, trees, weights and networks stay as they are. Where one part refuses
    the rows, none has taken them in.

    Parameters
    ----------
    estimator : estimator
        Fitted. It is changed in place, or not at all where there is an error.
    X : dataframe or array of shape (n_rows, n_columns)
        Rows of the columns of fit: newer rows, new series, late arrivals for times
        that were not observed, or corrections.
    y : array-like of shape (n_rows,)
        Their sales; NaN where not observed.
    overwrite : bool, default=False
        Whether a row may correct a sale that is known, or by NaN withdraw it. Without
        it, another value is an error; the same value again is none.

    Returns
    -------
    estimator
        The same object.

    Raises
    ------
    ValueError
        Where a row has another value than the one known, without ``overwrite``, or
        nothing inside the estimator remembers sales.

    Notes
    -----
    While an estimator takes in sales, another thread must not forecast with it:
    update a deep copy, then put it in the place of the first.

    ``ThetaRegressor`` works its states out anew, as it has no other parameters; a
    ``ConformalRegressor`` learns the errors of its forecasts of the new rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import ARRegressor, observe
    >>> X = pd.DataFrame({"date": pd.date_range("2024-03-04", periods=8)})
    >>> y = [5.0, 6, 4, 7, 9, 8, 6, 7]
    >>> model = ARRegressor(lags=1).fit(X[:6], y[:6])
    >>> before = model.lag_coef_.copy()
    >>> model = observe(model, X[6:], y[6:])
    >>> bool((model.lag_coef_ == before).all()), int(model.panel_.history.last[0])
    (True, 7)
    """
    if not holds_history(estimator):
        raise ValueError(
            f"{type(estimator).__name__} holds no fitted estimator that remembers a "
            "sales history, such as LagFeatures or ARRegressor, so there is nothing "
            "that could observe sales. Fit it first."
        )
    with all_or_nothing(estimator):
        take_in(estimator, X, y, overwrite=overwrite)
    return estimator


def holds_history(estimator):
    """Whether something inside a fitted estimator remembers sales."""
    try:
        return isinstance(find_panel(estimator), Panel)
    except ValueError:
        return False


def take_in(estimator, X, y, *, overwrite=False, learn=False):
    """Give sales to all parts of an estimator that remember some.

    Parameters
    ----------
    estimator : estimator
    X, y
        As in :func:`observe`.
    overwrite : bool
    learn : bool
        Whether parts that can learn from sales alone do so.
    """
    if hasattr(estimator, "_observe"):
        estimator._observe(X, y, overwrite=overwrite, learn=learn)
        return
    if isinstance(estimator, PanelEstimator):
        if not (learn and hasattr(estimator, "partial_fit")):
            raise ValueError(
                f"{type(estimator).__name__} remembers sales, but can take in no "
                "others: fit it anew."
            )
        estimator.partial_fit(X, y)
        return
    # linear models come with it, which most readers of a panel do without
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor

    settings = {"overwrite": overwrite, "learn": learn}
    if isinstance(estimator, Pipeline):
        _take_into_steps([step for _, step in estimator.steps], X, y, settings)
    elif isinstance(estimator, ColumnTransformer):
        for _, part, columns in estimator.transformers_:
            if holds_history(part):
                take_in(part, safe_indexing(X, columns, axis=1), y, **settings)
    elif isinstance(estimator, TransformedTargetRegressor):
        target = np.asarray(y, dtype=np.float64).reshape(-1, 1)
        target = estimator.transformer_.transform(target)
        take_in(estimator.regressor_, X, np.ravel(target), **settings)
    else:
        for part in _parts(estimator):
            if holds_history(part):
                take_in(part, X, y, **settings)


def _take_into_steps(steps, X, y, settings):
    """Each step sees the rows as the steps before it leave them."""
    while any(holds_history(step) for step in steps):
        step, *steps = steps
        if holds_history(step):
            take_in(step, X, y, **settings)
        if any(holds_history(later) for later in steps) and hasattr(step, "transform"):
            X = step.transform(X)


def _parts(estimator):
    """Fitted estimators one floor down."""
    found = [getattr(estimator, name, None) for name in _INNER]
    if isinstance(estimator, FeatureUnion):
        found += [part for _, part in estimator.transformer_list]
    members = getattr(estimator, "estimators_", ())
    if isinstance(members, (list, tuple)):
        found += members
    return [part for part in found if part is not None]
