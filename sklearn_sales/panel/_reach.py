# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far ahead a recursion goes, one step after the other."""

__all__ = ["check_reach"]

# Two months of minutes; a row beyond is a wrong time more often than a wish.
_MOST_STEPS = 100_000


def check_reach(steps):
    """Refuse rows that lie too many steps after the last observation."""
    farthest = int(steps.max())
    if farthest > _MOST_STEPS:
        raise ValueError(
            f"X holds a row {farthest:,} steps after the last observation of its "
            f"series; a recursion goes at most {_MOST_STEPS:,} steps. Look for a wrong "
            "time, or name the freq= that is meant."
        )
