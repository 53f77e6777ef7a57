# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a worker does with one group of series.

Jobs are functions of small arguments at the top of a module, so that joblib can send
them to threads, processes or the workers of a cluster. Those of folders return paths,
never rows.
"""

import hashlib
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone

from sklearn_sales._files import replacing
from sklearn_sales.compose._partition_files import (
    content_digest,
    read_columns,
    read_partition,
    write_partition,
    written_digest,
)
from sklearn_sales.model_selection import quiet_about_new_series, rows_to_fit, take_rows

__all__ = [
    "Outcome",
    "attempt",
    "delete_older_models",
    "fit_group",
    "fit_partition",
    "predict_group",
    "predict_partition",
    "releases",
]


@dataclass(frozen=True)
class Outcome:
    """What came of one partition: a failure stops none of the others.

    Attributes
    ----------
    result : object
        None after an error.
    error : str or None
    warnings : tuple of str
    """

    result: Any = None
    error: str | None = None
    warnings: tuple = ()


def attempt(job, *args, **kwargs):
    """Run a job; tell its error and its warnings instead of raising them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = job(*args, **kwargs), None
        except Exception as raised:
            result, error = None, f"{type(raised).__name__}: {raised}"
    texts = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return Outcome(result, error, texts)


def fit_group(name, estimator, X, y):
    """Fit a clone on the rows of one group.

    Parameters
    ----------
    name : str or None
        What an error calls the group; None leaves the error as it is.
    estimator : estimator
    X : dataframe or array of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        NaN where not observed.
    """
    try:
        return _fit(estimator, X, y)
    except Exception as error:
        if name is None:
            raise
        raise _named(error, name, "fitted") from error


def predict_group(name, models, X):
    """Forecasts of rows by one model, or the mean of those of several.

    Parameters
    ----------
    name : str or None
    models : list of estimator or Path
    X : dataframe or array of shape (n_rows, n_columns)

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    try:
        with quiet_about_new_series():
            return _forecast(models, X)
    except Exception as error:
        if name is None:
            raise
        raise _named(error, name, "forecast") from error


def fit_partition(estimator, partition, *, target, folder, stamp):
    """Fit a clone on the rows of a partition, and write it to a file.

    A file that was made of the same is kept as it is.

    Parameters
    ----------
    estimator : estimator
    partition : Partition
    target : str
        Column of the sales.
    folder : Path
        Of the model.
    stamp : str
        Digest of whatever else the model depends on.

    Returns
    -------
    columns : list of str
        Names of the columns of X.
    path : Path
        Of the model.
    """
    columns = read_columns(partition)
    if target not in columns:
        raise ValueError(
            f"target={target!r} is not a column of {partition}; its columns are "
            f"{columns}."
        )
    columns.remove(target)
    path = folder / f"model-{_joint_digest(stamp, partition)}.joblib"
    if not path.exists():
        frame = read_partition(partition)
        y = frame.pop(target).to_numpy(dtype=np.float64, na_value=np.nan)
        model = _fit(estimator, frame, y)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside:
            joblib.dump(model, aside)
    return columns, path


def delete_older_models(files):
    """Delete the models that these files have replaced."""
    for file in files:
        for older in set(file.parent.glob("model-*.joblib")) - {file}:
            older.unlink(missing_ok=True)


def predict_partition(models, partition, *, columns, by, path, column, stamp):
    """Forecast the rows of a partition, and write them to a file.

    A file that was made of the same is kept as it is.

    Parameters
    ----------
    models : list of estimator or Path
        More than one for a group that was not fitted.
    partition : Partition
    columns : list of str
        Names of the columns that the models were fitted on.
    by : list of str
        Grouping columns, which the path tells.
    path : Path
        The file to write.
    column : str
        Name of the new column.
    stamp : str
        Digest of whatever else the forecasts depend on.

    Returns
    -------
    Path
    """
    digest = _joint_digest(stamp, partition)
    if written_digest(path) == digest:
        return path
    frame = read_partition(partition)
    absent = [name for name in columns if name not in frame]
    if absent:
        raise ValueError(f"{partition} lacks column(s) {absent}, which fit saw.")
    if column in frame:
        raise ValueError(
            f"{partition} has a column {column!r} already: give another name in "
            "column=."
        )
    known = len(models) == 1
    X = frame[columns]
    frame[column] = _forecast(models, X) if known else predict_group(None, models, X)
    write_partition(frame.drop(columns=by), path, digest)
    return path


def _fit(estimator, X, y):
    rows = rows_to_fit(estimator, y, np.arange(len(y)))
    if not len(rows):
        raise ValueError("no row has an observed target.")
    return clone(estimator).fit(take_rows(X, rows), y[rows])


def _forecast(models, X):
    total = np.zeros(X.shape[0])
    for model in models:
        fitted = joblib.load(model) if isinstance(model, Path) else model
        answers = np.asarray(fitted.predict(X), dtype=np.float64)
        if answers.shape != total.shape:
            raise ValueError(
                f"the forecasts have shape {answers.shape}; {len(total)} rows need as "
                "many numbers."
            )
        total += answers
    return total / len(models)


def _named(error, name, done):
    """An error that says which group it comes from; its kind stays where it matters."""
    kinds = (ValueError, TypeError)
    kind = next((k for k in kinds if isinstance(error, k)), RuntimeError)
    return kind(f"The group {name} cannot be {done}: {type(error).__name__}: {error}")


def _joint_digest(stamp, partition):
    parts = f"{stamp} {content_digest(partition)}"
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def releases():
    """Versions of what writes the models."""
    return [version(name) for name in ("sklearn-sales", "scikit-learn")]
