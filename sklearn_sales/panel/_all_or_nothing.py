# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""An update that fails half-way leaves every part of an estimator as it was."""

from contextlib import contextmanager

from sklearn.base import BaseEstimator

__all__ = ["all_or_nothing"]


@contextmanager
def all_or_nothing(estimator):
    """Where an error leaves the block, put back what the block has replaced.

    Updates put new arrays into attributes and leave the old arrays as they are. So it
    is enough to know which objects were where: no sale is copied.

    Parameters
    ----------
    estimator : estimator
        With all estimators and parts of this package inside it.
    """
    before = _contents(estimator)
    try:
        yield
    except BaseException:
        for holder, content in before:
            holder.clear()
            if isinstance(holder, list):
                holder.extend(content)
            else:
                holder.update(content)
        raise


def _contents(estimator):
    """Pairs of what holds parts (attributes, lists, dicts) and a copy of it."""
    found, seen, waiting = [], set(), [estimator]
    while waiting:
        one = waiting.pop()
        parts = _parts_of(one)
        if parts is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(parts, tuple):
            waiting.extend(parts)
            continue
        found.append((parts, parts.copy()))
        waiting.extend(parts.values() if isinstance(parts, dict) else parts)
    return found


def _parts_of(one):
    """The dict, list or tuple that holds the parts of something, or None."""
    if isinstance(one, (list, dict, tuple)):
        return one
    ours = type(one).__module__.startswith("sklearn_sales.")
    if ours or isinstance(one, BaseEstimator):
        return getattr(one, "__dict__", None)
    return None
