# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Horizons that a history is too short to teach."""

import warnings

__all__ = ["warn_of_long_horizon"]


def warn_of_long_horizon(panel, horizon, *, stacklevel):
    """Warn where no row of the history looks as far ahead as is asked for.

    Parameters
    ----------
    panel : Panel
    horizon : int
    stacklevel : int
        As of ``warnings.warn``, from the caller on.
    """
    longest = int(panel.history.lengths[:-1].max())
    if horizon > longest:
        warnings.warn(
            f"horizon={horizon}, but the longest series has {longest} time(s): no row "
            f"of the history lies more than {longest - 1} step(s) after a known sale, "
            "and nothing is learned of farther steps. Lower horizon=, or give longer "
            "histories.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
