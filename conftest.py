# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files whose tests need a library or a program that may be missing."""

import shutil
from importlib.util import find_spec

collect_ignore_glob = []
if find_spec("torch") is None or find_spec("skorch") is None:
    collect_ignore_glob += [
        "sklearn_sales/neural_network/_lstm_*.py",
        "docs/user_guide/lstm.rst",
    ]
if find_spec("fracast") is None:
    collect_ignore_glob += [
        "sklearn_sales/neural_network/_foundation_*.py",
        "tests/test_foundation_*.py",
        "docs/user_guide/foundation.rst",
    ]
if find_spec("chronos") is None or find_spec("fracast") is None:
    collect_ignore_glob += ["tests/test_foundation_chronos.py"]
if find_spec("ray") is None:
    collect_ignore_glob += ["tests/test_ray.py"]
if find_spec("sktime") is None:
    collect_ignore_glob += [
        "sklearn_sales/interop/_sktime_*.py",
        "sklearn_sales/interop/_to_sktime.py",
        "sklearn_sales/model_selection/_sktime_split.py",
        "tests/test_sktime_*.py",
        "docs/user_guide/sktime.rst",
    ]
if shutil.which("chromium") is None:
    collect_ignore_glob += ["tests/test_report_in_browser.py"]
