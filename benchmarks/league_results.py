# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts that are kept by what they were made from.

The key of a result is a hash of the rows that the model read, of the source of its
settings, of the versions of its libraries and, for a model of this project, of every
file of the package that it can import. What has the same key is never run again, what
differs in any of these always is.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

__all__ = ["Model", "Results"]


@dataclass(frozen=True)
class Model:
    """A model of the league.

    Attributes
    ----------
    name : str
    forecast : callable
        From a Fold to the forecasts of its rows ahead.
    uses : tuple of functions, classes and plain values
        What the function calls in the benchmarks: their source is part of the key.
    libraries : tuple of str
        Distributions whose versions are part of the key, and what must be installed.
    module : str or None
        For a model of this project the module that it lives in.
    only : tuple of str
        Frequencies that it is for; empty for all.
    """

    name: str
    forecast: object
    uses: tuple = ()
    libraries: tuple = ()
    module: str | None = None
    only: tuple = ()

    @property
    def missing(self):
        """The library that is not installed, or None."""
        for name in self.libraries:
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                return name
        return None

    def serves(self, spec):
        return not self.only or spec.file.rsplit("_", 1)[1] in self.only

    def identity(self):
        """What decides the forecasts, but for the rows."""
        versions = {name: importlib.metadata.version(name) for name in self.libraries}
        used = [_source(part) for part in (self.forecast, *self.uses)]
        files = () if self.module is None else _imported_from(self.module)
        return {
            "name": self.name,
            "python": list(sys.version_info[:2]),
            "versions": versions,
            "settings": _digest(*used),
            "package": _digest(*(_code(path) for path in sorted(files))),
        }


def _source(part):
    if inspect.isfunction(part) or inspect.isclass(part):
        return inspect.getsource(part)
    return repr(part)


def _digest(*texts):
    found = hashlib.sha256()
    for text in texts:
        found.update(hashlib.sha256(text.encode()).digest())
    return found.hexdigest()


@cache
def _code(path):
    """A source file without its comments and docstrings, which decide nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:]
    return ast.dump(tree)


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def _imported_from(module):
    """Files of the package that a module can import, itself included."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None or path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                waiting += [node.module]
                waiting += [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
    return frozenset(found)


@cache
def _file_of(module):
    """The file of a module of the package, or None for all else."""
    first, *rest = module.split(".")
    if first != "sklearn_sales":
        return None
    root = Path(importlib.util.find_spec("sklearn_sales").origin).parent
    path = root.joinpath(*rest)
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if rest and candidate.exists():
            return candidate
    return None


class Results:
    """A folder of forecasts (Parquet) and what they cost (JSON).

    Parameters
    ----------
    folder : str or Path
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def stem(self, model, fold):
        """Name of the files of a result, readable and unique."""
        key = _digest(fold.rows_hash, json.dumps(model.identity(), sort_keys=True))
        origin = f"{fold.X['date'].max():%Y-%m-%d}"
        return f"{fold.spec.name}-{origin}-{model.name}-{key[:20]}"

    def find(self, stem):
        """(forecasts, costs), or None where they were never made."""
        costs = self.folder / f"{stem}.json"
        if not costs.exists():
            return None
        forecasts = pd.read_parquet(self.folder / f"{stem}.parquet")
        return forecasts, json.loads(costs.read_text(encoding="utf-8"))

    def keep(self, stem, forecasts, costs):
        """Write a result; the costs come last, so that none is half there."""
        aside = self.folder / f"{stem}.{os.getpid()}.tmp"
        forecasts.to_parquet(aside)
        aside.replace(self.folder / f"{stem}.parquet")
        aside.write_text(json.dumps(costs, indent=1), encoding="utf-8")
        aside.replace(self.folder / f"{stem}.json")
