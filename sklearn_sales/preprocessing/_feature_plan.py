# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns a LagFeatures makes: its parameters, checked and spelled out."""

from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

from sklearn_sales.preprocessing._window_kernels import STATISTICS, window_length

__all__ = ["FeaturePlan", "Window", "check_names", "make_plan", "read_numbers"]


class Window(NamedTuple):
    """A statistic of ``length`` values, the newest of which is ``lag``."""

    statistic: str
    length: int
    lag: int

    @property
    def name(self):
        ending = f"_lag_{self.lag}" if self.lag > 1 else ""
        return f"{self.statistic}_{self.length}{ending}"


@dataclass(frozen=True)
class FeaturePlan:
    """The columns to make, in this order.

    Attributes
    ----------
    lags : tuple of int
    windows : tuple of Window
    seasonal : tuple of (int, int)
        Season and how many seasons back.
    step, time_since : bool
    by : tuple of str
        Columns over whose groups every window is pooled once more.
    """

    lags: tuple
    windows: tuple
    seasonal: tuple
    step: bool
    time_since: bool
    by: tuple

    @property
    def names(self):
        """Names of the columns."""
        names = [f"lag_{lag}" for lag in self.lags]
        names += [window.name for window in self.windows]
        names += [f"seasonal_{season}_{back}" for season, back in self.seasonal]
        names += ["step"] * self.step
        names += ["time_since_sale", "time_since_start"] * self.time_since
        names += [f"{window.name}_by_{by}" for by in self.by for window in self.windows]
        return names

    @property
    def since_columns(self):
        """Column numbers of the two counts of ``time_since``, by their names."""
        names = self.names
        counts = ("time_since_sale", "time_since_start") if self.time_since else ()
        return {name: names.index(name) for name in counts}

    @property
    def reach(self):
        """How many values up to the origin the features of a next step read."""
        windows = [
            window_length(w.statistic, w.length) + w.lag - 1 for w in self.windows
        ]
        seasonal = [season * back for season, back in self.seasonal]
        return max([1, *self.lags, *windows, *seasonal])

    @property
    def levels(self):
        """Whether each column is a level of sales, which the last sale can stand for.

        Steps, times, spreads and shares are none.
        """
        windows = [w.statistic not in ("std", "zero_share") for w in self.windows]
        levels = [True] * len(self.lags) + windows + [True] * len(self.seasonal)
        levels += [False] * (self.step + 2 * self.time_since)
        return levels + windows * len(self.by)

    @property
    def sources(self):
        """Where each column comes from: 0 its series, i the i-th of ``by``."""
        n_pooled = len(self.windows) * len(self.by)
        own = [0] * (len(self.names) - n_pooled)
        return own + [1 + i for i in range(len(self.by)) for _ in self.windows]


def make_plan(estimator, seasons, by):
    """Check the parameters of a LagFeatures.

    Parameters
    ----------
    estimator : LagFeatures
    seasons : list of int
        Its seasons, with "auto" resolved.
    by : list of str
        Names of its columns ``by``.

    Returns
    -------
    FeaturePlan

    Raises
    ------
    ValueError
        Where a lag, window or season is out of range, or a column is asked for twice.
    """
    backs = read_numbers(estimator.seasonal_lags, "seasonal_lags", _LAG)
    plan = FeaturePlan(
        lags=read_numbers(estimator.lags, "lags", _LAG),
        windows=tuple(_read_window(w, estimator.windows) for w in estimator.windows),
        seasonal=tuple((season, back) for season in seasons for back in backs),
        step=estimator.horizon > 1,
        time_since=estimator.time_since,
        by=tuple(by),
    )
    if plan.by and not plan.windows:
        raise ValueError(
            f"by={estimator.by!r} pools the windows over groups, but windows is empty; "
            "give windows=[('mean', 28)], for instance."
        )
    _refuse_repetitions(plan.names)
    return plan


_LAG = "a lag counts back from the last known value, which is lag 1"


def read_numbers(numbers, parameter, meaning, least=1):
    """A parameter that is a number n, meaning 1..n, or a list of numbers."""
    if numbers is None:
        return ()
    if isinstance(numbers, Integral):
        return tuple(range(1, int(numbers) + 1))
    numbers = getattr(numbers, "tolist", lambda: numbers)()
    for number in numbers:
        whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not whole or number < least:
            raise ValueError(
                f"{parameter}={numbers!r} holds {number!r}: {meaning}. Give "
                f"whole numbers of at least {least}."
            )
    return tuple(int(number) for number in numbers)


def _read_window(window, windows):
    if isinstance(window, str) or not hasattr(window, "__len__"):
        raise ValueError(
            f"windows={windows!r} holds {window!r}; give a list of windows, each as "
            "(statistic, length) or (statistic, length, lag), such as "
            "windows=[('mean', 28)]."
        )
    if len(window) not in (2, 3):
        raise ValueError(
            f"windows holds {window!r}, which has {len(window)} part(s); a window is "
            "(statistic, length) or (statistic, length, lag)."
        )
    statistic, length, lag = (*window, 1)[:3]
    if statistic not in STATISTICS:
        raise ValueError(
            f"windows holds {window!r}: the statistic {statistic!r} is unknown. Choose "
            f"one of {', '.join(STATISTICS)}."
        )
    least = 2 if statistic in ("std", "ewm") else 1
    if not isinstance(length, Integral) or length < least:
        raise ValueError(
            f"windows holds {window!r}: its length is a whole number of times, at "
            f"least {least}."
        )
    if not isinstance(lag, Integral) or lag < 1:
        raise ValueError(
            f"windows holds {window!r}: {_LAG}. Give whole numbers of at least 1."
        )
    return Window(str(statistic), int(length), int(lag))


def _refuse_repetitions(names):
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"lags, windows, season, seasonal_lags and by ask for {repeated} more than "
            "once. Name each lag, window, season and group once."
        )


def check_names(made, kept):
    """Refuse features that have the name of a covariate, or no column at all."""
    taken = [name for name in made if name in kept]
    if taken:
        raise ValueError(
            f"X has column(s) {taken}, which LagFeatures makes itself; rename them, or "
            "leave them out in passthrough=[...]."
        )
    if not made and not kept:
        raise ValueError(
            "LagFeatures has nothing to make: lags, windows and season are empty, "
            "horizon=1, time_since=False, and no covariate is passed on. Ask for at "
            "least one feature."
        )
