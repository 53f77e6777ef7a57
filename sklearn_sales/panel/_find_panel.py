# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Find the panel that a nested estimator remembers."""

from sklearn_sales.panel._panel import Panel

__all__ = ["find_panel"]

# where scikit-learn's estimators keep the fitted ones inside them
_INNER = ("best_estimator_", "estimator_", "regressor_", "transformer_")
_INNER_LISTS = ("steps", "estimators_", "transformers_", "transformer_list")


def find_panel(estimator):
    """The first panel that a fitted estimator, pipeline or search remembers.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; may be a Pipeline, a search, a stack or any nesting of them.

    Returns
    -------
    Panel

    Raises
    ------
    ValueError
        Where none inside it remembers sales.
    """
    panel = _search(estimator, depth=8)
    if panel is None:
        raise ValueError(
            f"{type(estimator).__name__} holds no fitted estimator that remembers a "
            "sales history, such as LagFeatures or ARRegressor. Fit it first, or build "
            "the scorer from a history with make_sales_scorer."
        )
    return panel


def _search(estimator, depth):
    panel = getattr(estimator, "panel_", None)
    if isinstance(panel, Panel) or depth == 0:
        return panel
    for name in _INNER:
        inner = getattr(estimator, name, None)
        if inner is not None and (found := _search(inner, depth - 1)) is not None:
            return found
    for name in _INNER_LISTS:
        items = getattr(estimator, name, None)
        # gradient boosting holds its trees in an array: no panel lies in there
        for item in items if isinstance(items, (list, tuple)) else ():
            inner = item[1] if isinstance(item, tuple) else item
            if inner is not None and (found := _search(inner, depth - 1)) is not None:
                return found
    return None
