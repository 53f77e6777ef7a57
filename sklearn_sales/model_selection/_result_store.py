# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Results of a back-test on disk, found again by what they were made from."""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import joblib
import numpy as np
import pandas as pd

__all__ = ["ResultStore", "data_digest"]


def data_digest(table, y):
    """Digest of a table and its target, the same in every process.

    Parameters
    ----------
    table : Table
    y : ndarray of shape (n_rows,)

    Returns
    -------
    str
    """
    digest = hashlib.sha256(np.ascontiguousarray(y).tobytes())
    for index, name in enumerate(table.names):
        column = pd.Series(table.column(index)).reset_index(drop=True)
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        hashes = pd.util.hash_pandas_object(column, index=False, categorize=False)
        digest.update(repr((name, str(column.dtype))).encode())
        digest.update(hashes.to_numpy().tobytes())
    return digest.hexdigest()


class ResultStore:
    """A folder of arrays, each in a file named by a digest of what it came from.

    Parameters
    ----------
    folder : str or Path or None
        Made where it does not exist. With None nothing is kept.
    data : str
        Digest of the data.
    """

    def __init__(self, folder, data=""):
        self.folder = None if folder is None else Path(folder)
        self.data = data
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, name, estimator, *parts):
        """Where the result of an estimator is kept; None if nothing is.

        Parameters
        ----------
        name : str
            What messages call the estimator.
        estimator : estimator
            Not fitted.
        *parts
            Whatever else the result depends on.
        """
        if self.folder is None:
            return None
        releases = [version(name) for name in ("sklearn-sales", "scikit-learn")]
        try:
            digest = joblib.hash((estimator, self.data, parts, releases), "sha1")
        except Exception as error:
            raise ValueError(
                f"store={str(self.folder)!r} needs estimators that can be pickled, to "
                f"tell their results apart, and {name!r} cannot: {error}. Give store="
                "None, or define its functions at the top of a module."
            ) from error
        return self.folder / f"{digest}.npy"

    @staticmethod
    def load(path, shape):
        """A kept array; None where there is none that can be read."""
        if path is None or not path.exists():
            return None
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return values if values.shape == shape else None

    @staticmethod
    def save(path, values):
        """Keep an array; a file is whole or not there at all."""
        if path is None:
            return
        aside = path.with_name(f".{path.stem}-{uuid4().hex}.tmp")
        try:
            with aside.open("wb") as file:
                np.save(file, values, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
