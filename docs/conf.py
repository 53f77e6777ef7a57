# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx configuration; `make docs` builds with warnings as errors."""

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

# Sphinx finds what lies beside this file by the name it is imported under.
sys.path.insert(0, str(Path(__file__).parent))
os.environ["MPLBACKEND"] = "Agg"
# The examples are small: threads would cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from api_reference import write_api_reference

import sklearn_sales

DOCS = Path(__file__).parent
write_api_reference(DOCS / "generated" / "api.rst")

project = "sklearn-sales"
author = "The sklearn-sales developers"
copyright = author
release = version = sklearn_sales.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "auto_examples/*.ipynb"]
default_role = "py:obj"
toc_object_entries = False

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
# Every parameter of a public signature is described, under its own name and in order.
numpydoc_validation_checks = {"PR01", "PR02", "PR03"}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    # shown without its output where the build has no sktime, which holds pandas back
    "filename_pattern": r"/plot_" if find_spec("sktime") else r"/plot_(?!sktime)",
    "within_subsection_order": "gallery_order.StoryOrder",
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "reset_modules": ("matplotlib", "gallery_style.apply_style"),
    "image_scrapers": ("matplotlib",),
    "default_thumb_file": str(DOCS / "_static" / "forecast.png"),
}

html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme = "pydata_sphinx_theme"
html_title = "sklearn-sales"
html_show_sourcelink = False
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}


def skip_request_setters(app, what, name, obj, skip, options):
    """Leave out `set_fit_request` and its kin, which scikit-learn adds itself."""
    if name.startswith("set_") and name.endswith("_request"):
        return True
    return None


def quote_trailing_underscores(app, what, name, obj, options, lines):
    """Keep "of shape (n_features_in_,)" from being read as a link."""
    lines[:] = [re.sub(r"(?<![\w`])(\w+_)(?=[,)])", r"``\1``", line) for line in lines]


def setup(app):
    app.connect("autodoc-skip-member", skip_request_setters)
    # before numpydoc, which turns the docstring into markup
    app.connect("autodoc-process-docstring", quote_trailing_underscores, priority=100)
