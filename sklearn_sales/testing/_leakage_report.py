# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a check for leaks has found."""

import textwrap
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Leak", "LeakageError", "LeakageReport"]

_WIDTH = 88


@dataclass(frozen=True)
class Leak:
    """One way in which an answer knew what it may not know.

    Attributes
    ----------
    check : str
        Which check found it, such as ``"later targets"``.
    what : str
        The columns or forecasts that moved, and how many of them.
    why : str
        Why that is a leak, and what to do.
    """

    check: str
    what: str
    why: str

    def __str__(self):
        lines = textwrap.wrap(
            f"[{self.check}] {self.what}", _WIDTH, subsequent_indent="    "
        )
        why = textwrap.wrap(
            self.why, _WIDTH, initial_indent="    ", subsequent_indent="    "
        )
        return "\n".join([*lines, *why])


@dataclass
class LeakageReport:
    """Result of :func:`check_no_leakage`; printed, it reads as text.

    Attributes
    ----------
    estimator : str
        Name of the estimator.
    leaks : list of Leak
    columns : pandas.DataFrame
        One row for each column that the estimator gets and that follows the sales:
        ``column``; ``known_to``, the largest step ahead at which it is known (0: not
        even the time before); ``found_by``, ``"perturbation"`` or ``"values"``.
    n_folds, horizon : int
        Folds that were tried, and the longest step of their test rows.
    notes : list of str
        What could not be judged, and why.
    """

    estimator: str
    leaks: list = field(default_factory=list)
    columns: pd.DataFrame = field(default_factory=pd.DataFrame)
    n_folds: int = 0
    horizon: int = 0
    notes: list = field(default_factory=list)

    @property
    def passed(self):
        """Whether no leak was found."""
        return not self.leaks

    def __str__(self):
        tried = f"{self.n_folds} fold(s), steps 1 to {self.horizon}"
        count = "no leak found" if self.passed else f"{len(self.leaks)} leak(s) found"
        lines = [f"{self.estimator}: {count} ({tried})."]
        lines += [str(leak) for leak in self.leaks]
        if len(self.columns):
            lines.append(
                "Columns that follow the sales, and the last step they are known at:"
            )
            lines.append(textwrap.indent(self.columns.to_string(index=False), "    "))
        lines += [f"Note: {note}" for note in self.notes]
        return "\n".join(lines)


class LeakageError(AssertionError):
    """Raised by :func:`check_no_leakage`; ``report`` holds all that was found."""

    def __init__(self, report):
        super().__init__(str(report))
        self.report = report
