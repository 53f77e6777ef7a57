# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a frequency suggests: lags, windows and seasons."""

from dataclasses import dataclass

__all__ = ["Rhythm", "rhythm_of"]


@dataclass(frozen=True)
class Rhythm:
    """Lags, lengths of rolling windows, and seasons, in time steps.

    Attributes
    ----------
    lags, windows, seasons : tuple of int
    """

    lags: tuple
    windows: tuple
    seasons: tuple

    def within(self, length):
        """What a history of some length can fill at least twice."""
        return Rhythm(
            *(
                tuple(n for n in numbers if 2 * n <= length)
                for numbers in (self.lags, self.windows, self.seasons)
            )
        )


_RHYTHMS = {
    "h": Rhythm((1, 2, 3, 24, 48, 168), (24, 168), (24, 168)),
    "D": Rhythm((1, 2, 3, 4, 5, 6, 7, 14, 21, 28), (7, 28, 91), (7,)),
    "B": Rhythm((1, 2, 3, 4, 5, 10, 20), (5, 20, 65), (5,)),
    "W": Rhythm((1, 2, 3, 4, 8, 13), (4, 13, 52), (52,)),
    "M": Rhythm((1, 2, 3, 6, 12), (3, 12), (12,)),
    "Q": Rhythm((1, 2, 3, 4), (4,), (4,)),
}
_OTHER = Rhythm((1, 2, 3), (3, 12), ())


def rhythm_of(freq):
    """The rhythm of a calendar's frequency, such as "D", "W-FRI" or "MS"."""
    unit = freq.split("-")[0] if isinstance(freq, str) else ""
    unit = {"MS": "M", "ME": "M", "QS": "Q", "QE": "Q"}.get(unit, unit)
    return _RHYTHMS.get(unit, _OTHER)
