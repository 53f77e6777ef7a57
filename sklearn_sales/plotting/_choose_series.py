# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of many series are drawn."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

__all__ = ["choose_series", "shown_note"]


def choose_series(keys, present, series_to_plot, random_state):
    """Codes of the series to draw.

    Parameters
    ----------
    keys : pandas.DataFrame of shape (n_series, n_key_columns)
    present : ndarray of int
        Codes of the series that have something to draw.
    series_to_plot : int, list of keys, or None
        How many to draw at random, or which: values of the one key column, tuples
        where there are several. None draws all.
    random_state : int, RandomState instance or None

    Returns
    -------
    codes : ndarray of int
        In the order of the keys where drawn at random, else as named.
    """
    if series_to_plot is None:
        return present
    if isinstance(series_to_plot, Integral) and not isinstance(series_to_plot, bool):
        if series_to_plot < 1:
            raise ValueError(
                f"series_to_plot={series_to_plot} draws nothing: give 1 or more, a "
                "list of keys, or None for all series."
            )
        n_shown = min(int(series_to_plot), len(present))
        random = check_random_state(random_state)
        return np.sort(random.choice(present, n_shown, replace=False))
    return _named_series(keys, present, series_to_plot)


def _named_series(keys, present, named):
    if not isinstance(named, (list, tuple, np.ndarray, pd.Index)) or not len(named):
        raise TypeError(
            f"series_to_plot={named!r} must be a number of series, a list of keys, or "
            "None."
        )
    n_columns = keys.shape[1]
    # compared as objects: 1 and "1" are different series
    known = [tuple(row) for row in keys.iloc[present].itertuples(index=False)]
    code_of = dict(zip(known, present, strict=True))
    codes = []
    for key in named:
        wanted = tuple(key) if isinstance(key, (tuple, list)) else (key,)
        if wanted not in code_of:
            raise ValueError(
                f"series_to_plot names {key!r}, which is no series here. A key is "
                f"{_shape_of_key(list(keys.columns))}, such as "
                f"{_as_named(known[0], n_columns)!r}."
            )
        codes.append(code_of[wanted])
    return np.array(codes, dtype=np.int64)


def _shape_of_key(names):
    if len(names) == 1:
        return f"a value of {names[0]!r}"
    return f"a tuple of {', '.join(repr(name) for name in names)}"


def _as_named(key, n_columns):
    plain = [value.item() if isinstance(value, np.generic) else value for value in key]
    return plain[0] if n_columns == 1 else tuple(plain)


def shown_note(n_shown, n_series, series_to_plot):
    """How many series are shown, where these are not all."""
    if n_shown == n_series:
        return ""
    how = ", drawn at random" if isinstance(series_to_plot, Integral) else ""
    return f"{n_shown} of {n_series} series{how}"
