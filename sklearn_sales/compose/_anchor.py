# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A known value that the regressor of a reduction corrects, instead of the level.

A tree forecasts no more than the mean of some training targets, so it cannot follow a
trend beyond what it has seen. The difference from a known value has no trend in its
level, and the known value carries it on.
"""

from dataclasses import dataclass

import numpy as np

from sklearn_sales.preprocessing._lag_kernels import steps_since

__all__ = ["Anchor", "NoAnchor", "make_anchor"]


class NoAnchor:
    """Targets stay what they are."""

    def known(self, cells):
        """Nothing, for every row."""
        return 0.0

    def teaching(self, cells):
        """Every row."""
        return np.ones(len(cells.positions), dtype=bool)

    def ahead(self, start, values):
        """Nothing, at every step."""
        return 0.0


@dataclass(frozen=True)
class Anchor:
    """The last value, or the last value of a phase, that is known at an origin.

    Attributes
    ----------
    season : int
        Number of phases; 1 for the last value.
    default : float
        For rows at whose origin nothing is known of their series.
    """

    season: int
    default: float

    def known(self, cells):
        """Anchor of each row.

        The value at t - j m with the least j for which that is not after the origin
        and was observed; else the last one observed; else the default.

        Parameters
        ----------
        cells : Cells
        """
        values = self._look_up(cells)
        return np.where(np.isnan(values), self.default, values)

    def teaching(self, cells):
        """Rows to learn from, as a mask: those with an anchor, or all if none has one.

        The distance from the default would be a level, and no difference.
        """
        has_anchor = ~np.isnan(self._look_up(cells))
        return has_anchor if has_anchor.any() else ~has_anchor

    def _look_up(self, cells):
        """Anchor of each row; NaN where nothing is known of its series."""
        history, codes = cells.sources[0]
        values = self._phase_values(cells)
        unknown = np.flatnonzero(np.isnan(values))
        if len(unknown):
            values[unknown] = _last_known(
                history, codes[unknown], cells.origins[unknown]
            )
        return values

    def _phase_values(self, cells):
        history, codes = cells.sources[0]
        back = -(-cells.steps // self.season) * self.season
        values = history.values(codes, cells.positions - back)
        if self.season == 1:
            return values
        # a phase that was not observed is looked up one season further back
        first = history.start[codes]
        while True:
            at = cells.positions - back
            missed = np.flatnonzero(np.isnan(values) & (at > first))
            if not len(missed):
                return values
            back[missed] += self.season
            values[missed] = history.values(
                codes[missed], cells.positions[missed] - back[missed]
            )

    def ahead(self, start, values):
        """Anchor of the next step of a recursion, from its own forecasts where needed.

        Parameters
        ----------
        start : Cells
            Rows one step after their origins.
        values : list of ndarray of shape (n_rows,)
            Forecasts of the steps before this one.
        """
        step = len(values) + 1
        if step > self.season:
            return values[-self.season]
        return self.known(start.move(start.positions + step - 1, start.origins))


def _last_known(history, codes, origins):
    back = steps_since(history, codes, origins, lambda values: ~np.isnan(values))
    found = np.where(back < 0, 0, back)
    return np.where(back < 0, np.nan, history.values(codes, origins - found))


def make_anchor(kind, season, y):
    """The anchor that a parameter names.

    Parameters
    ----------
    kind : {"last", "seasonal"} or None
    season : int
    y : ndarray of shape (n_rows,)
        Training targets; their mean is the default.
    """
    if kind is None:
        return NoAnchor()
    return Anchor(season if kind == "seasonal" else 1, float(np.nanmean(y)))
