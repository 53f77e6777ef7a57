# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A generator of sales panels that returns the truth with the data."""

from datetime import date
from functools import reduce
from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch

from sklearn_sales._compat import Interval, StrOptions, validate_params
from sklearn_sales.datasets._sales_calendar import SalesCalendar, make_calendar
from sklearn_sales.datasets._sales_simulation import (
    RandomStreams,
    draw_demand,
    draw_faults,
    draw_noise,
    draw_prices,
    draw_spikes,
)
from sklearn_sales.datasets._sales_tables import (
    long_tables,
    truth_of_rows,
    truth_of_series,
)
from sklearn_sales.datasets._sales_traits import (
    SeriesTraits,
    cells_in_lifespan,
    draw_seasons,
    draw_seen,
    draw_traits,
)

__all__ = ["make_sales_panel"]

_SHARE = [Interval(Real, 0, 1, closed="both")]
_NON_NEGATIVE = [Interval(Real, 0, None, closed="left")]
_POSITIVE_COUNT = [Interval(Integral, 1, None, closed="left")]
# Closer to one the noise would take thousands of periods to forget its start.
_LARGEST_ROOT = 0.999
# Far below the largest mean of NumPy's Poisson draws, 9e18, and above all sales.
_LARGEST_MEAN = 1e15
_EFFECT = [Interval(Real, -1, None, closed="left")]


@validate_params(
    {
        "n_series": _POSITIVE_COUNT,
        # Fewer periods leave no room to start late or to end early.
        "n_periods": [Interval(Integral, 3, None, closed="left")],
        "freq": [str],
        "start": [str, date, np.datetime64],
        "n_stores": [*_POSITIVE_COUNT, None],
        "n_categories": _POSITIVE_COUNT,
        "ids": [StrOptions({"int", "str", "category"})],
        "level": [Interval(Real, 0, None, closed="neither")],
        "level_spread": _NON_NEGATIVE,
        "trend": [Interval(Real, None, None, closed="neither")],
        "daily_season": _NON_NEGATIVE,
        "weekly_season": _NON_NEGATIVE,
        "yearly_season": _NON_NEGATIVE,
        "price_elasticity": [Interval(Real, None, None, closed="neither"), tuple],
        "promotion_effect": _EFFECT,
        "promotion_share": _SHARE,
        "holiday_effect": _EFFECT,
        "noise": _NON_NEGATIVE,
        "ar": ["array-like", Interval(Real, None, None, closed="neither"), None],
        "dispersion": _NON_NEGATIVE,
        "counts": ["boolean"],
        "stockout_share": _SHARE,
        "launch_share": _SHARE,
        "end_share": _SHARE,
        "intermittent_share": _SHARE,
        "outlier_share": _SHARE,
        "missing_share": _SHARE,
        "missing": [StrOptions({"absent", "nan"})],
        "return_truth": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_sales_panel(
    n_series=30,
    n_periods=365,
    *,
    freq="D",
    start="2021-01-01",
    n_stores=None,
    n_categories=5,
    ids="int",
    level=20.0,
    level_spread=1.0,
    trend=0.05,
    daily_season=1.0,
    weekly_season=0.3,
    yearly_season=0.2,
    price_elasticity=-1.5,
    promotion_effect=0.3,
    promotion_share=0.1,
    holiday_effect=0.4,
    noise=0.1,
    ar=None,
    dispersion=0.1,
    counts=True,
    stockout_share=0.01,
    launch_share=0.1,
    end_share=0.05,
    intermittent_share=0.1,
    outlier_share=0.001,
    missing_share=0.01,
    missing="absent",
    return_truth=False,
    random_state=None,
):
    r"""Generate a random panel of sales, with its truth if wanted.

    A series is a product in a store. With full shelves it sells on average

    .. math::

        \mu_{it} = \ell_i \cdot e^{g_i \tau_t} \cdot s_{it} \cdot
        (p_{it} / \bar{p}_i)^{\eta_i} \cdot
        (1 + a)^{\mathrm{promotion}_{it}} \cdot (1 + b)^{\mathrm{holiday}_t}

    units in a period: level, growth over the years :math:`\tau`, seasons, price
    relative to the base price with elasticity :math:`\eta_i`, promotion and holiday.
    A latent noise that may be autocorrelated moves the mean, and a count is drawn
    around it. Stock-outs then set sales to zero, outliers add to them, rows go missing.

    Parameters
    ----------
    n_series : int, default=30
        Number of series.
    n_periods : int, default=365
        Number of periods of the panel, at least 3.
    freq : str, default="D"
        Length of a period, as pandas spells it: ``"D"``, ``"B"``, ``"W-FRI"``,
        ``"MS"``, ``"h"`` ... A period reaches from its date up to the next one.
    start : str or datetime, default="2021-01-01"
        The first period is the first date of the frequency on or after it.
    n_stores : int or None, default=None
        Number of stores, at most `n_series`. Series ``i`` is product
        ``i // n_stores`` in store ``i % n_stores``. None means half the square root
        of `n_series`, at least one.
    n_categories : int, default=5
        Number of categories, to which the products are dealt in turn. The series of a
        category share the shape of their seasons but for small deviations.
    ids : {"int", "str", "category"}, default="int"
        Type of the store, product and category columns.
    level : float, default=20.0
        Median units of a series in the first period. Intermittent series have a level
        of their own, mostly below one.
    level_spread : float, default=1.0
        Standard deviation of the log level: 0 makes all products equally popular, 1
        lets a few sell most of the units.
    trend : float, default=0.05
        Mean yearly growth of the log level. The growth of each series is uniform
        between 0 and twice that.
    daily_season, weekly_season, yearly_season : float, default=1.0, 0.3, 0.2
        Strengths of the seasons, as factors of log profiles of about unit size; 0 for
        none. A season no longer than one period has no effect.
    price_elasticity : float or tuple of two floats, default=-1.5
        Relative change of the demand per relative change of the price. A tuple
        ``(low, high)`` draws that of each series uniformly.
    promotion_effect : float, default=0.3
        Relative change of the demand in a promotion, beyond that of its lower price.
    promotion_share : float, default=0.1
        Share of the weeks in which a series is promoted, 10, 20 or 30 % cheaper. The
        regular price moves by some 5 % each quarter.
    holiday_effect : float, default=0.4
        Relative change of the demand in a period with a holiday: 1 January, 1 May,
        24 and 25 December, and the Friday after the fourth Thursday of November.
    noise : float, default=0.1
        Standard deviation of the latent log noise.
    ar : float, array-like of float or None, default=None
        Autoregressive coefficients of the latent log noise, nearest lag first. They
        must be stationary. None is white noise.
    dispersion : float, default=0.1
        The counts have variance ``mean + dispersion * mean ** 2``; 0 is Poisson.
    counts : bool, default=True
        If False, no count is drawn: units are the noisy mean itself, a real number.
    stockout_share : float, default=0.01
        Share of the periods without stock, some three days at a time. Nothing is sold.
    launch_share : float, default=0.1
        Share of the series that start late, in the first half of the panel.
    end_share : float, default=0.05
        Share of the series that end early, in the second half of the panel.
    intermittent_share : float, default=0.1
        Share of the series with intermittent demand: they sell in 5 to 35 % of the
        periods or fewer, and then at least one unit.
    outlier_share : float, default=0.001
        Share of the periods in stock whose sales are exceeded by 3 to 10 times the
        mean.
    missing_share : float, default=0.01
        Share of the rows that are missing. The first and last row of a series are
        always there.
    missing : {"absent", "nan"}, default="absent"
        Whether a missing row is absent, or there with NaN as its units.
    return_truth : bool, default=False
        If True, also return what the panel was made from.
    random_state : int, RandomState instance or None, default=None
        Determines the panel. Pass an int for reproducible output across calls. None
        takes fresh entropy from the operating system; the global random state of NumPy
        is neither used nor changed.

    Returns
    -------
    X : DataFrame of shape (n_rows, 7)
        Columns store, product, category, date, price, promotion and holiday, all known
        ahead. Rows are sorted by product, store and date.
    y : Series of shape (n_rows,)
        Units sold, as floats: whole if ``counts=True``, never negative.
    truth : :class:`~sklearn.utils.Bunch`
        Only returned if ``return_truth=True``.

        rows : DataFrame of shape (n_rows, 11)
            One row for each row of `X`, with the same index: series (the row of the
            table below), expected (the mean above), its factors trend, season,
            price_effect, promotion_effect and holiday_effect, the multiplier noise,
            clean (units before stock-outs and outliers), stockout and outlier.
        series : DataFrame of shape (n_series, 13)
            One row for each series: store, product, category, level, growth,
            elasticity, base_price, intermittent, chance (that it sells in a period,
            1 unless it is intermittent), first and last (dates of its first and last
            row), launched (starts late) and ended (ends early).

    Notes
    -----
    The numbers of launched, ended and intermittent series are exact, but for rounding;
    the shares of periods hold on average.

    Each part of the panel is drawn from a random stream of its own. So a seed draws the
    same prices whatever the demand, and with `n_periods` and `n_stores` fixed the first
    series of a larger panel are those of a smaller one, but for which of them launch,
    end or are intermittent.

    Examples
    --------
    >>> from sklearn_sales.datasets import make_sales_panel
    >>> X, y = make_sales_panel(n_series=4, n_periods=28, random_state=0)
    >>> list(X.columns)
    ['store', 'product', 'category', 'date', 'price', 'promotion', 'holiday']
    >>> len(X) == len(y) <= 4 * 28
    True
    >>> X, y, truth = make_sales_panel(
    ...     price_elasticity=(-3, -1), return_truth=True, random_state=0
    ... )
    >>> bool(truth.series["elasticity"].between(-3, -1).all())
    True
    """
    streams = RandomStreams(random_state)
    calendar = make_calendar(start, n_periods, freq)
    traits = draw_traits(
        n_series,
        n_periods,
        n_stores=_check_n_stores(n_stores, n_series),
        n_categories=n_categories,
        level=level,
        level_spread=level_spread,
        trend=trend,
        price_elasticity=_check_price_elasticity(price_elasticity),
        launch_share=launch_share,
        end_share=end_share,
        intermittent_share=intermittent_share,
        streams=streams,
    )
    price, promotion = draw_prices(
        traits.base_price, promotion_share, calendar, streams
    )
    season = draw_seasons(
        traits.category,
        calendar,
        daily_season=daily_season,
        weekly_season=weekly_season,
        yearly_season=yearly_season,
        streams=streams,
    )
    effects = _demand_effects(
        traits, calendar, season, price, promotion, promotion_effect, holiday_effect
    )
    with np.errstate(over="ignore", invalid="ignore"):
        expected = reduce(np.multiply, effects.values(), traits.level)
    _check_expected(expected)
    multiplier = draw_noise(n_series, n_periods, noise, _check_ar(ar), streams("noise"))
    mean = expected * multiplier
    clean = draw_demand(
        mean, traits.chance, traits.intermittent, dispersion, counts, streams
    )
    stockout, outlier = draw_faults(
        n_series, calendar, stockout_share, outlier_share, streams
    )
    spikes = draw_spikes(mean, counts, streams("spikes"))
    units = np.where(stockout, 0.0, clean + outlier * spikes)
    seen = draw_seen(traits, n_periods, missing_share, streams("missing rows"))
    if missing == "nan":
        units[~seen] = np.nan
        seen = cells_in_lifespan(traits, n_periods)
    X, y = long_tables(seen, traits, calendar, price, promotion, units, ids)
    if not return_truth:
        return X, y
    cells = {"expected": expected, **effects, "noise": multiplier, "clean": clean}
    truth = Bunch(
        rows=truth_of_rows(seen, {**cells, "stockout": stockout, "outlier": outlier}),
        series=truth_of_series(traits, calendar, ids),
    )
    return X, y, truth


def _check_n_stores(n_stores, n_series: int) -> int:
    if n_stores is None:
        return max(1, round(n_series**0.5 / 2))
    if n_stores > n_series:
        raise ValueError(
            f"n_stores must be at most n_series={n_series}, because each store sells "
            f"something; got {n_stores}."
        )
    return n_stores


def _check_price_elasticity(price_elasticity):
    if isinstance(price_elasticity, Real):
        return price_elasticity, price_elasticity
    bounds = [bound for bound in price_elasticity if isinstance(bound, Real)]
    pair = len(bounds) == len(price_elasticity) == 2
    if not (pair and -np.inf < bounds[0] <= bounds[1] < np.inf):
        raise ValueError(
            "price_elasticity must be a number or a tuple (low, high) of two finite "
            f"numbers, the lower one first; got {price_elasticity!r}."
        )
    return price_elasticity


def _check_ar(ar) -> np.ndarray:
    coefficients = np.atleast_1d(np.asarray([] if ar is None else ar, dtype=float))
    if coefficients.ndim == 1 and np.isfinite(coefficients).all():
        roots = np.roots(np.concatenate([[1.0], -coefficients]))
        if (np.abs(roots) <= _LARGEST_ROOT).all():
            return coefficients
    raise ValueError(
        "ar must hold the coefficients of a stationary autoregression, whose roots are "
        f"at most {_LARGEST_ROOT} in size, such as 0.7 or (0.5, 0.2); got {ar!r}. "
        "Lower them until their magnitudes sum to less than one."
    )


def _demand_effects(
    traits: SeriesTraits,
    calendar: SalesCalendar,
    season: np.ndarray,
    price: np.ndarray,
    promotion: np.ndarray,
    promotion_effect: float,
    holiday_effect: float,
) -> dict[str, np.ndarray]:
    """Return what multiplies the level, in shapes that broadcast to the cells."""
    # An overflow is reported in the terms of the caller by `_check_expected`.
    with np.errstate(over="ignore"):
        trend = np.exp(traits.growth * calendar.years)
        price_effect = (price / traits.base_price) ** traits.elasticity
    return {
        "trend": trend,
        "season": season,
        "price_effect": price_effect,
        "promotion_effect": np.where(promotion, 1 + promotion_effect, 1.0),
        "holiday_effect": np.where(calendar.holiday, 1 + holiday_effect, 1.0),
    }


def _check_expected(expected: np.ndarray) -> None:
    if not expected.max() <= _LARGEST_MEAN:
        raise ValueError(
            f"The expected demand reaches {expected.max():.3g} units in a period; at "
            f"most {_LARGEST_MEAN:.0e} can be drawn. Lower level, level_spread, trend, "
            "n_periods, a season or the size of price_elasticity."
        )
