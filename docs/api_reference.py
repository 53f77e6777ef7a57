# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The API reference, written from the table of public names."""

import importlib
import inspect

import sklearn_sales

HEAD = """\
.. The build writes this page from the table of public names.

=============
API reference
=============

Every name can be imported from ``sklearn_sales``; each family has its own module,
named as scikit-learn names its own.
"""


def _title(text, line):
    return f"\n{text}\n{line * len(text)}\n"


def _family(module, names):
    summary = (inspect.getdoc(importlib.import_module(module)) or "").split("\n\n")[0]
    entries = "".join(f"   {name}\n" for name in names)
    return (
        _title(module.split(".")[1], "=")
        + f"\n``{module}``: {summary[0].lower()}{summary[1:]}\n"
        + f"\n.. currentmodule:: {module}\n"
        + "\n.. autosummary::\n   :toctree: .\n   :nosignatures:\n\n"
        + entries
    )


def api_reference():
    """Text of the page: one section for each family, names in alphabetical order."""
    families = {}
    for name, module in sorted(sklearn_sales._PUBLIC.items()):
        families.setdefault(module, []).append(name)
    return HEAD + "".join(_family(*item) for item in sorted(families.items()))


def write_api_reference(path):
    """Write the page if it changed, so that a second build has less to do."""
    path.parent.mkdir(exist_ok=True)
    text = api_reference()
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8")
