# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A file of one estimator: a line that names it, a stamp in JSON, then the content."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version

from sklearn_sales._files import replacing

__all__ = ["FORMAT", "parse", "read_header", "write"]

# Raised by one whenever older releases could not read new files.
FORMAT = 1
OLDEST = 1
_MAGIC = b"sklearn-sales estimator\n"
_LONGEST_HEADER = 1 << 16
_LIBRARIES = ("sklearn-sales", "scikit-learn", "numpy", "pandas", "torch", "skops")


def write(path, estimator, content, payload, seal=None):
    """Write a file aside, bring it to the disk, and let it take its place.

    Parameters
    ----------
    path : Path
    estimator : estimator
    content : {"joblib", "skops"}
    payload : bytes
    seal : callable, default=None
        Encrypts: takes the payload and the stamp, both as bytes.
    """
    stamp = {
        "format": FORMAT,
        "content": content,
        "encrypted": seal is not None,
        "estimator": type(estimator).__name__,
        "versions": _versions(),
        "sha256": hashlib.sha256(payload).hexdigest(),
    }
    header = json.dumps(stamp, sort_keys=True).encode("ascii") + b"\n"
    if seal is not None:
        payload = seal(payload, header)
    with replacing(path) as aside, open(aside, "wb") as file:
        file.write(_MAGIC)
        file.write(header)
        file.write(payload)


def _versions():
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def read_header(path):
    """Stamp of a file, its bytes, and where the payload starts.

    Raises
    ------
    ValueError
        Where the file is none of ours, or of a format that cannot be read.
    """
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(
                f"{path} is no file that sklearn_sales.save has written. A file of "
                "joblib is read by joblib.load, which runs whatever is in it."
            )
        header = file.readline(_LONGEST_HEADER)
    stamp = _parse_stamp(header)
    if stamp is None:
        raise ValueError(f"{path} is damaged: its stamp cannot be read. Save it anew.")
    written = stamp["versions"].get("sklearn-sales", "unknown")
    if stamp["format"] > FORMAT:
        raise ValueError(
            f"{path} has format {stamp['format']}, written by sklearn-sales {written}; "
            f"this is sklearn-sales {version('sklearn-sales')}, which reads formats up "
            f"to {FORMAT}. Update it: pip install -U sklearn-sales"
        )
    if stamp["format"] < OLDEST:
        raise ValueError(
            f"{path} has format {stamp['format']}, written by sklearn-sales {written}; "
            f"this is sklearn-sales {version('sklearn-sales')}, which reads formats "
            f"from {OLDEST} on. Fit the estimator again, or load and save it with a "
            "release that reads both."
        )
    return stamp, header, len(_MAGIC) + len(header)


def _parse_stamp(header):
    """The stamp as a dict of the right types, or None."""
    try:
        stamp = json.loads(header)
        types = {"format": int, "content": str, "encrypted": bool, "sha256": str}
        right = all(type(stamp[name]) is kind for name, kind in types.items())
        versions = stamp["versions"]
        right &= isinstance(versions, dict) and isinstance(stamp["estimator"], str)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return stamp if right else None


def parse(path, unseal=None):
    """Stamp and payload of a file; what was damaged is refused.

    Parameters
    ----------
    path : Path
    unseal : callable, default=None
        Decrypts: takes what was sealed, and the stamp as bytes.

    Returns
    -------
    stamp : dict
    payload : bytes
    """
    stamp, header, start = read_header(path)
    if stamp["encrypted"] and unseal is None:
        raise ValueError(
            f"{path} is encrypted: name the environment variable that holds its key in "
            "key=."
        )
    if unseal is not None and not stamp["encrypted"]:
        raise ValueError(
            f"{path} is not encrypted, but key= was given: whoever can write there can "
            "have replaced it. Load it without key= if you trust it."
        )
    with open(path, "rb") as file:
        file.seek(start)
        payload = file.read()
    if unseal is not None:
        payload = unseal(payload, header)
    if hashlib.sha256(payload).hexdigest() != stamp["sha256"]:
        raise ValueError(
            f"{path} is damaged: its content does not match its checksum. Take a copy "
            "that was saved before, or save it anew."
        )
    return stamp, payload
