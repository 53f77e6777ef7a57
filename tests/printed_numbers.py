# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Compare texts with numbers that differ a little between releases of scikit-learn."""

import re

import numpy as np

__all__ = ["assert_same_text"]

NUMBER = re.compile(r"(?<![\w-])[+-]?\d+(?:\.\d+)?(?![\w-])")


def assert_same_text(actual, expected, rtol=0.3):
    """The same words, and numbers that are near each other."""
    words = [" ".join(NUMBER.sub("#", text).split()) for text in (actual, expected)]
    assert words[0] == words[1], "the text that is shown is no longer printed so"
    numbers = [np.array(NUMBER.findall(t), dtype=float) for t in (actual, expected)]
    np.testing.assert_allclose(*numbers, rtol=rtol)
