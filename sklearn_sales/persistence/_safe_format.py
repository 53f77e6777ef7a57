# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators as files of skops, which hold data and names of types but no code."""

from importlib import import_module

from sklearn_sales._compat import import_optional
from sklearn_sales.persistence._cut_history import CutHistory, ForecastPanel
from sklearn_sales.persistence._pandas_boxes import Box, boxed, unboxed

__all__ = ["TRUSTED", "dumps", "loads", "refused_types"]

# Types beside those of this package, and those that skops trusts by itself.
TRUSTED = (
    # gradient boosting encodes its categories by check_array with fixed arguments; a
    # partial calls nothing when it is made, and its function has to be trusted too
    "functools.partial",
    "numpy.dtype",
    "numpy.random._generator.Generator",
    # what columns remain, until scikit-learn 1.8
    "sklearn.compose._column_transformer._RemainderColsList",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    # parts of gradient boosting, which skops 0.13 does not trust by itself
    *(
        f"sklearn._loss.loss.{name}"
        for name in (
            "AbsoluteError",
            "HalfGammaLoss",
            "HalfPoissonLoss",
            "HalfSquaredError",
            "PinballLoss",
        )
    ),
    *(f"sklearn._loss.link.{name}" for name in ("IdentityLink", "Interval", "LogLink")),
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    # which skops trusts by itself since 0.14
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
    "types.SimpleNamespace",
)
# Folders whose classes hold what was fitted. They open no file and run no command.
_FOLDERS = frozenset(
    "panel preprocessing linear_model exponential_smoothing neural_network metrics "
    "model_selection compose ensemble dummy".split()
)
_OWN = {f"{t.__module__}.{t.__qualname__}" for t in (Box, CutHistory, ForecastPanel)}


def dumps(estimator):
    """Bytes of a file of skops."""
    return _skops().dumps(boxed(estimator))


def loads(data, trusted=()):
    """The estimator of such a file.

    Parameters
    ----------
    data : bytes
    trusted : iterable of str, default=()
        Further types that may be made, as ``"module.Name"``.

    Raises
    ------
    ValueError
        Where the file names other types, or is none of skops.
    """
    skops = _skops()
    named = _read(skops.get_untrusted_types, data=data)
    refused = _refused(named, trusted)
    if refused:
        raise ValueError(
            f"the file wants to make or call {refused}, which are not trusted. Nothing "
            "of it was loaded. If you know what they are, name them in trusted=."
        )
    return _read(lambda: unboxed(skops.loads(data, trusted=named)))


def _read(reader, **arguments):
    try:
        return reader(**arguments)
    except Exception as error:  # whatever a hostile file brings it to
        raise ValueError(
            f"the content is no readable file of skops ({type(error).__name__}: "
            f"{error})."
        ) from error


def refused_types(data):
    """Names in bytes of :func:`dumps` that :func:`loads` has to be told to trust."""
    return _refused(_skops().get_untrusted_types(data=data))


def _refused(named, trusted=()):
    allowed = {*TRUSTED, *trusted}
    return [name for name in named if name not in allowed and not _is_ours(name)]


def _is_ours(name):
    """Whether a name is that of a class of this package that holds what was fitted."""
    if name in _OWN:
        return True
    module, _, attribute = name.rpartition(".")
    parts = module.split(".")
    if parts[0] != "sklearn_sales" or len(parts) < 2 or parts[1] not in _FOLDERS:
        return False
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError):
        return False
    # functions, and what a module has imported itself, are not meant
    return isinstance(found, type) and found.__module__ == module


def _skops():
    return import_optional("skops.io", extra="skops")
