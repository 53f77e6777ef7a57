# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Save a fitted estimator to one file, and load it."""

import io
import os
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path

import joblib
from sklearn.base import BaseEstimator

from sklearn_sales._compat import StrOptions, validate_params
from sklearn_sales.persistence._container import parse, read_header, write
from sklearn_sales.persistence._encryption import decrypt, encrypt
from sklearn_sales.persistence._safe_format import dumps, loads, refused_types

__all__ = ["load", "read_stamp", "save"]


@validate_params(
    {
        "estimator": [BaseEstimator],
        "path": [str, os.PathLike],
        "format": [StrOptions({"joblib", "skops"})],
        "key": [str, None],
    },
    prefer_skip_nested_validation=True,
)
def save(estimator, path, *, format="joblib", key=None):
    """Save a fitted estimator to one file.

    The file is written beside its place and brought to the disk before it takes it:
    whenever the process ends, the old file or the new one is there, whole.

    Parameters
    ----------
    estimator : estimator
        Any of scikit-learn's kind: of this package, a pipeline, a search, a stack.
    path : str or path-like
        The file; its folder must exist.
    format : {"joblib", "skops"}, default="joblib"
        ``"joblib"`` is a pickle: quick, small, takes anything, and runs whatever it
        holds when it is loaded. ``"skops"`` holds data and the names of types, which
        :func:`load` compares with those that it trusts; it needs skops
        (``pip install "sklearn-sales[skops]"``).
    key : str, default=None
        Name of an environment variable with a key of
        :func:`~sklearn_sales.persistence.new_key`: the content is encrypted by it
        (AES-256-GCM). It needs cryptography
        (``pip install "sklearn-sales[cryptography]"``). The stamp stays readable:
        format, versions of libraries, the name of the estimator's class, a checksum.

    Warns
    -----
    UserWarning
        Where a file of ``format="skops"`` names types that :func:`load` trusts only if
        it is told to, such as classes of your own.

    See Also
    --------
    load : The way back.
    compact : Drop what forecasts do not need.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_sales import ThetaRegressor, load, load_walmart_sample, save
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> model = ThetaRegressor(series=["store", "dept"]).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.skops")
    ...     save(model, path, format="skops")
    ...     loaded = load(path)
    >>> bool((loaded.predict(X) == model.predict(X)).all())
    True
    """
    if format == "skops":
        payload = dumps(estimator)
        _warn_of_refused(path, refused_types(payload))
    else:
        file = io.BytesIO()
        joblib.dump(estimator, file)
        payload = file.getbuffer()
    seal = None
    if key is not None:
        seal = partial(_seal, variable=key)
    write(Path(path), estimator, format, payload, seal)


def _warn_of_refused(path, names):
    if names:
        warnings.warn(
            f"{path} names {names}, which load does not trust by itself: it refuses "
            f"the file unless it is told load(path, trusted={names}). Take types of "
            "this package and of scikit-learn instead where you can.",
            UserWarning,
            stacklevel=4,
        )


def _seal(payload, header, variable):
    return encrypt(payload, variable, header)


@validate_params(
    {
        "path": [str, os.PathLike],
        "allow_pickle": ["boolean"],
        "trusted": [list, tuple, set],
        "key": [str, None],
    },
    prefer_skip_nested_validation=True,
)
def load(path, *, allow_pickle=False, trusted=(), key=None):
    """Load an estimator that :func:`save` has written.

    Without ``allow_pickle`` no code of the file can run: files of joblib are refused,
    and those of skops make objects of trusted types only. These are the classes of
    this package that hold what was fitted, the estimators of scikit-learn, what skops
    trusts of numpy and scipy, and
    ``sklearn_sales.persistence._safe_format.TRUSTED``.

    Parameters
    ----------
    path : str or path-like
    allow_pickle : bool, default=False
        Whether a file of ``format="joblib"`` may be loaded. That runs whatever its
        writer wanted: allow it only for files that nobody else can have written.
    trusted : list of str, default=()
        Further types that a file of ``format="skops"`` may make, as ``"module.Name"``,
        such as ``"lightgbm.sklearn.LGBMRegressor"``.
    key : str, default=None
        Name of the environment variable with the key of an encrypted file. With a key,
        files that are not encrypted are refused.

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        Where the file is none of ours, is damaged, has a newer or an older format, is
        encrypted by another key, or would have to be trusted first.

    Warns
    -----
    UserWarning
        Where another release of sklearn-sales has written the file. scikit-learn warns
        of its own.

    See Also
    --------
    save : Writes such files, and shows both ways.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_sales import SeasonalNaiveRegressor, load, save
    >>> X = [[1], [2], [3]]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model")
    ...     save(SeasonalNaiveRegressor(season=1).fit(X, [5, 6, 7]), path)
    ...     model = load(path, allow_pickle=True)
    >>> model.predict([[4]])
    array([7.])
    """
    path = Path(path)
    stamp = read_stamp(path)
    if stamp["content"] not in ("joblib", "skops"):
        raise ValueError(f"{path} is damaged: unknown content {stamp['content']!r}.")
    if stamp["content"] == "joblib" and not allow_pickle:
        raise ValueError(
            f"{path} holds a pickle, which can run any code when it is loaded. Pass "
            "allow_pickle=True if nobody but you can have written it; else ask for a "
            "file of format='skops', which cannot."
        )
    unseal = None
    if key is not None:
        unseal = partial(_unseal, variable=key)
    # what was read first may have been replaced since
    stamp, payload = parse(path, unseal)
    _warn_of_other_release(path, stamp)
    if stamp["content"] == "skops":
        return loads(payload, trusted)
    if not allow_pickle:
        raise ValueError(f"{path} was replaced while it was read. Load it again.")
    return joblib.load(io.BytesIO(payload))


def _unseal(payload, header, variable):
    return decrypt(payload, variable, header)


def read_stamp(path):
    """The stamp of a file, without loading what it holds.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    dict
        ``format``, ``content``, ``encrypted``, ``estimator``, ``versions`` (of python
        and of libraries) and ``sha256``. Nothing vouches for it: whoever can write the
        file can write that.
    """
    return read_header(Path(path))[0]


def _warn_of_other_release(path, stamp):
    written = stamp["versions"].get("sklearn-sales")
    here = version("sklearn-sales")
    if written != here:
        warnings.warn(
            f"{path} was saved by sklearn-sales {written}, and this is {here}: what a "
            "fitted estimator holds may have changed. Fit and save it again if a "
            "forecast fails or looks odd.",
            UserWarning,
            stacklevel=4,
        )
