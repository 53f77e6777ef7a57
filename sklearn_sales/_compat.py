# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The one door to private scikit-learn names and to optional libraries."""

from importlib import import_module
from types import ModuleType
from typing import Any

import pandas as pd
from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config as get_output_config
from sklearn.utils.metaestimators import _BaseComposition as BaseComposition
from sklearn.utils.parallel import (
    _get_threadpool_controller as get_threadpool_controller,
)
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

try:
    from sklearn.utils._repr_html.estimator import _VisualBlock as VisualBlock
except ImportError:  # scikit-learn < 1.7
    from sklearn.utils._estimator_html_repr import _VisualBlock as VisualBlock

__all__ = [
    "BaseComposition",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "VisualBlock",
    "check_feature_names_in",
    "check_method_params",
    "check_sample_weight",
    "copies_on_write",
    "fit_context",
    "get_output_config",
    "get_threadpool_controller",
    "import_optional",
    "num_samples",
    "safe_indexing",
    "validate_parameter_constraints",
    "validate_params",
]


# Private names of parts of scikit-learn that are loaded where they are needed.
_LATER = {
    "BaseScorer": ("sklearn.metrics._scorer", "_BaseScorer"),
    "GroupsConsumerMixin": ("sklearn.model_selection._split", "GroupsConsumerMixin"),
    "HalfTweedieLoss": ("sklearn._loss.loss", "HalfTweedieLoss"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, private = _LATER[name]
    return getattr(import_module(module), private)


def copies_on_write() -> bool:
    """Whether a write to a frame of pandas never reaches another that shares with it.

    From pandas 3 on that is always so; before, it is an option of pandas.
    """
    if int(pd.__version__.split(".")[0]) >= 3:
        return True
    return pd.get_option("mode.copy_on_write") is True


def import_optional(module: str, extra: str) -> ModuleType:
    """Import a module of an optional library, or say how to install it.

    Parameters
    ----------
    module : str
        Dotted name of the module, for instance ``"matplotlib.pyplot"``.
    extra : str
        The extra of sklearn-sales that brings the library, for instance ``"plot"``.

    Returns
    -------
    module : module
        The imported module.

    Raises
    ------
    ImportError
        If the library, or one that it needs itself, is not installed.

    Examples
    --------
    >>> from sklearn_sales._compat import import_optional
    >>> import_optional("json", extra="plot").dumps([1, 2])
    '[1, 2]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{module} cannot be imported, because {error.name} is not installed. "
            f'Install it with: pip install "sklearn-sales[{extra}]"'
        ) from error
