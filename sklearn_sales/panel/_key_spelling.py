# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Keys that a later table writes otherwise than that of fit: '7' or '007' for 7."""

from numbers import Real

import numpy as np
import pandas as pd

__all__ = ["tell_spelling"]


def tell_spelling(name, levels, value):
    """What a warning says where a new key looks like one of fit, or an empty text.

    Parameters
    ----------
    name : str
        The key column.
    levels : pandas.Index
        Distinct keys of fit.
    value : object
        The key that fit did not see.
    """
    value = value.item() if isinstance(value, np.generic) else value
    kind = pd.api.types.infer_dtype(levels, skipna=False)
    if kind not in ("string", "integer", "floating", "mixed-integer", "mixed"):
        return ""
    for spelling in _spellings(value, width=len(str(levels[0]))):
        # by the hash table of the levels, which is made once
        if spelling in levels:
            known = levels[levels.get_loc(spelling)]
            known = known.item() if isinstance(known, np.generic) else known
            return (
                f" {name}={value!r} ({type(value).__name__}) looks like {known!r} "
                f"({type(known).__name__}) of fit: write keys as they were there."
            )
    return ""


def _spellings(value, width):
    """Other ways to write a key, as text or as a number."""
    if isinstance(value, str):
        text = value.strip()
        yield from (text, text.lower(), text.upper(), text.title(), text.capitalize())
        yield from (text.lstrip("0"), text.zfill(width))
        try:
            number = float(text)
        except ValueError:
            return
    elif isinstance(value, Real):
        number = float(value)
        yield from (str(value), str(number))
    else:
        return
    if number.is_integer():
        whole = str(int(number))
        yield from (whole, whole.zfill(width))
        yield int(number)
    yield number
