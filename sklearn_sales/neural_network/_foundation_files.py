# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Directories of pretrained weights: what is opened, and what is refused."""

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from sklearn_sales._compat import import_optional

__all__ = ["CONFIG", "WEIGHTS", "check_directory", "find_directory", "read_checksums"]

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
# Reading one of these may run what somebody wrote into it.
_PICKLES = {".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}
# Keys of a configuration that make a library import code, or fetch it.
_CODE_KEYS = {"auto_map", "custom_pipelines", "quantization_config"}
_ATTENTION = {None, "eager", "sdpa"}
_BLOCK = 1 << 20
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_REVISION = re.compile(r"[0-9a-f]{40}")


def find_directory(model_path, *, allow_download, revision, cached=False):
    """The local directory that a path, or a pinned repository, stands for.

    Parameters
    ----------
    model_path : str or path-like
    allow_download : bool
    revision : str or None
    cached : bool, default=False
        Whether only what was downloaded before is looked for.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If it is no directory and no pinned download is allowed. A library that
        would take the text for the name of a repository never sees it.
    """
    directory = Path(model_path).expanduser()
    if directory.is_dir():
        return directory.resolve()
    if not allow_download:
        raise ValueError(
            f"model_path={str(model_path)!r} is no directory here, and nothing is "
            "downloaded. Give the directory that holds config.json and "
            "model.safetensors, or a repository of the Hugging Face hub with "
            "allow_download=True and its revision=."
        )
    if not _REPOSITORY.fullmatch(str(model_path)) or directory.exists():
        raise ValueError(
            f"model_path={str(model_path)!r} is neither a directory here nor a "
            "repository, which is written 'owner/name'."
        )
    if revision is None or not _REVISION.fullmatch(revision):
        raise ValueError(
            "allow_download=True needs revision=, the 40 hexadecimal digits of a "
            f"commit, so that what is loaded cannot change; got revision={revision!r}."
        )
    hub = import_optional("huggingface_hub", extra="foundation")
    found = hub.snapshot_download(
        repo_id=str(model_path),
        revision=revision,
        allow_patterns=[CONFIG, WEIGHTS],
        local_files_only=cached,
    )
    return Path(found).resolve()


def check_directory(directory):
    """Refuse a directory with pickles, code, adapters or without weights.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    config : dict
        What ``config.json`` holds.

    Raises
    ------
    ValueError
        That names the file and says what to do.
    """
    names = sorted(path.name for path in directory.iterdir())
    pickles = [name for name in names if Path(name).suffix.lower() in _PICKLES]
    if pickles:
        raise ValueError(
            f"{directory} holds pickled files {pickles}, which can run code when they "
            f"are read. Only {WEIGHTS} and {CONFIG} are loaded: convert the weights to "
            "safetensors and take the pickles away."
        )
    code = [name for name in names if name.endswith(".py")]
    if code:
        raise ValueError(
            f"{directory} holds code {code}, and code of a model is never run. Take it "
            "away if the model is one that the library knows."
        )
    adapters = [name for name in names if name.startswith("adapter_")]
    if adapters:
        raise ValueError(
            f"{directory} holds an adapter {adapters}, which would be applied to other "
            "weights. Merge it into the model and save that."
        )
    missing = [name for name in (CONFIG, WEIGHTS) if name not in names]
    if missing:
        raise ValueError(
            f"{directory} lacks {missing}. A model is a directory with {CONFIG} and "
            f"{WEIGHTS} (one file: sharded weights are not read)."
        )
    return _read_config(directory / CONFIG)


def _read_config(path):
    """Read a configuration, and refuse one that asks for code from elsewhere."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds {type(config).__name__}, not a JSON object.")
    for key, value in _items(config):
        attends = key.endswith("attn_implementation")
        if attends and isinstance(value, str | None) and value in _ATTENTION:
            continue
        if attends or key in _CODE_KEYS or (key == "trust_remote_code" and value):
            raise ValueError(
                f"{path} asks by {key!r} for code from elsewhere, which is never run. "
                "Take a model without it."
            )
    return config


def _items(config):
    """Keys and values of a configuration, of the objects inside it as well."""
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield from value.items()
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def read_checksums(directory, sha256=None):
    """Checksums of the files that are loaded: file name -> SHA-256.

    Parameters
    ----------
    directory : Path
    sha256 : str, default=None
        What the weights must have.
    """
    found = {}
    for name in (CONFIG, WEIGHTS):
        state = (directory / name).stat()
        found[name] = _digest(directory / name, state.st_size, state.st_mtime_ns)
    if sha256 is not None and found[WEIGHTS] != sha256.lower():
        raise ValueError(
            f"{directory / WEIGHTS} has the SHA-256 {found[WEIGHTS]}, not "
            f"sha256={sha256!r}: these are other weights. Fetch the file again, or "
            "correct sha256= if these are meant."
        )
    return found


@lru_cache(maxsize=8)
def _digest(path, size, changed):
    """SHA-256 of a file, read once in a process as long as the file stays the same."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
