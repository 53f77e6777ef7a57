# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the command line cannot do for its user, in one line."""

from difflib import get_close_matches

__all__ = ["InputError", "near_names"]


class InputError(Exception):
    """A mistake that the user can mend: shown as one line, without a traceback."""


def near_names(name, known, n=2):
    """Names much like a given one, as the end of a message.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    n : int, default=2
        How many are suggested at most.

    Returns
    -------
    str
        Such as " Did you mean 'sales'?"; empty where nothing is near.

    Examples
    --------
    >>> from sklearn_sales.cli._errors import near_names
    >>> near_names("Saels", ["store", "sales"])
    " Did you mean 'sales'?"
    """
    by_lower = {str(one).lower(): str(one) for one in known}
    near = get_close_matches(name.lower(), by_lower, n=n, cutoff=0.6)
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(by_lower[one]) for one in near)}?"
