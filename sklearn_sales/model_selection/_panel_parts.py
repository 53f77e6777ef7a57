# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators of panels inside an estimator, and the keys that they share."""

from sklearn.base import clone

from sklearn_sales.panel import PanelEstimator

__all__ = ["common_keys", "fill_keys", "panel_parts"]

_DEFAULTS = (("series", None), ("time", "auto"), ("freq", None))


def panel_parts(estimator):
    """Estimators of panels in an estimator, with the prefix of their parameters.

    Returns
    -------
    list of (str, PanelEstimator)
    """
    nested = estimator.get_params(deep=True).items()
    found = [("", estimator), *((f"{path}__", value) for path, value in nested)]
    return [(prefix, one) for prefix, one in found if isinstance(one, PanelEstimator)]


def fill_keys(estimator, keys):
    """A clone whose parts have the keys where they name none themselves.

    Parameters
    ----------
    estimator : estimator
    keys : dict
        ``series``, ``time`` and ``freq``.
    """
    changes = {
        prefix + name: keys[name]
        for prefix, part in panel_parts(estimator)
        for name, default in _DEFAULTS
        if _is(getattr(part, name), default) and not _is(keys[name], default)
    }
    return clone(estimator).set_params(**changes)


def common_keys(estimators, keys):
    """Keys as told, else those of the first part of an estimator that names some.

    Parameters
    ----------
    estimators : iterable of estimator
    keys : dict
        ``series``, ``time`` and ``freq``.

    Returns
    -------
    dict
    """
    parts = [part for one in estimators for _, part in panel_parts(one)]
    found = {}
    for name, default in _DEFAULTS:
        values = [keys[name], *(getattr(part, name) for part in parts)]
        told = (value for value in values if not _is(value, default))
        found[name] = next(told, default)
    return found


def _is(value, default):
    # names are compared as text only: a key may be a list or an array
    return value is default or (isinstance(value, str) and value == default)
