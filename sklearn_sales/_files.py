# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all."""

import os
import secrets
from contextlib import contextmanager

__all__ = ["replacing"]


@contextmanager
def replacing(path, *, keep=True):
    """A file beside ``path`` that takes its place once it is complete.

    Parameters
    ----------
    path : Path
    keep : bool, default=True
        Whether it takes the place at all.

    Yields
    ------
    Path
        Where to write. After an error nothing of it is left, and an older file at
        ``path`` is as it was.
    """
    # the ending stays last: writers read the kind of a file off it
    aside = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        yield aside
        if keep:
            _sync(aside)
            os.replace(aside, path)
            _sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _sync(path):
    """Bring what was written from the memory of the machine to its disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder):
    """Bring the new name to the disk as well, where folders can be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
