# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files whose doctests need a library that may be missing."""

from importlib.util import find_spec

collect_ignore_glob = []
if find_spec("torch") is None or find_spec("skorch") is None:
    collect_ignore_glob += [
        "sklearn_sales/neural_network/_lstm_*.py",
        "docs/user_guide/lstm.rst",
    ]
