# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the parameters of CalendarFeatures may hold."""

from collections.abc import Mapping
from numbers import Integral, Real

from sklearn_sales.preprocessing._calendar_parts import CYCLES, PARTS

__all__ = ["check_days", "check_fourier", "check_parts", "cycle_pairs"]


def cycle_pairs(fourier):
    """(period, order) of each cycle."""
    return list(fourier.items() if isinstance(fourier, Mapping) else fourier or ())


def check_parts(parts):
    if parts is None or isinstance(parts, str):
        return
    allowed = [*PARTS, "position"]
    unknown = [part for part in parts if part not in allowed]
    if unknown:
        raise ValueError(f"parts holds {unknown}; allowed are {allowed}.")
    if len(set(parts)) < len(parts):
        raise ValueError(f"parts={parts!r} names a part twice.")


def check_fourier(fourier):
    pairs = cycle_pairs(fourier)
    if any(not isinstance(pair, (tuple, list)) or len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"fourier={fourier!r} is neither a mapping of periods to orders nor a list "
            "of (period, order)."
        )
    for period, order in pairs:
        if isinstance(period, str) and period not in CYCLES:
            raise ValueError(
                f"fourier holds the period {period!r}; allowed are {list(CYCLES)} and "
                "numbers of times."
            )
        if not isinstance(order, Integral) or order < 1:
            raise ValueError(
                f"fourier holds the order {order!r} for the period {period!r}; an "
                "order is a whole number, 1 or more."
            )
        number = isinstance(period, Real)
        if not isinstance(period, str) and (not number or not 2 * order <= period):
            raise ValueError(
                f"fourier holds the period {period!r} with order {order}; a period of "
                "times is a number at least twice the order: faster cycles cannot be "
                "told from slower ones."
            )
    if len({period for period, _ in pairs}) < len(pairs):
        raise ValueError(f"fourier={fourier!r} names a period twice.")


def check_days(window, paydays):
    if len(window) != 2 or not all(isinstance(n, Integral) and n >= 0 for n in window):
        raise ValueError(
            f"holiday_window={window!r} is no pair (days before, days after) of whole "
            "numbers, 0 or more."
        )
    for day in paydays or ():
        if not isinstance(day, Integral) or not 1 <= abs(day) <= 31:
            raise ValueError(
                f"paydays holds {day!r}; a payday is a day of the month, 1 to 31, or "
                "-1 to -31 counted from its last day."
            )
