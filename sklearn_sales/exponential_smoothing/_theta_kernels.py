# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
r"""The theta method for many series at once.

For a smoothing weight alpha, the one-step forecast of the theta method is linear in
the two parameters that are left:

.. math:: \hat y_t = \ell_t(\alpha) + (1-\alpha)^{k_t}\, \ell_0 + c\, D_t(\alpha)

where :math:`\ell_t` is simple exponential smoothing from the first observation,
:math:`k_t` counts the observations before t, :math:`\ell_0` corrects the initial
level, and :math:`D_t` is how far smoothing lags behind the straight line fitted to
the series. :math:`c = 1 - 1/\theta`; the classical method has theta = 2, c = 1/2. So
for each alpha the best :math:`\ell_0` and :math:`c` are in closed form, and one
dimension is left to search. Arrays are (n_times, n_series): time steps are the only
loop.

References
----------
.. [1] V. Assimakopoulos and K. Nikolopoulos, "The theta model: a decomposition
   approach to forecasting", International Journal of Forecasting 16 (2000), 521-530.
.. [2] R. J. Hyndman and B. Billah, "Unmasking the Theta method", International
   Journal of Forecasting 19 (2003), 287-290.
.. [3] J. A. Fiorucci et al., "Models for optimising the theta method and their
   relationship to state space models", International Journal of Forecasting 32
   (2016), 1151-1161.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["ThetaFit", "fit_theta", "forecast_theta", "straight_line"]

_LOWEST, _HIGHEST = 0.01, 0.99

# Series side by side in the search: what is worked on stays in the cache.
_WIDTH = 512


@dataclass(frozen=True)
class ThetaFit:
    """Fitted theta models, arrays of shape (n_series,).

    Attributes
    ----------
    alpha : smoothing weight, 0.01..0.99
    weight : c, the weight of the trend correction, 0..1
    intercept, slope : the straight line; time is 1 at the first observation
    level : smoothed level after the last observation
    smoothed_line : the smoothed straight line at that time
    length : number of times
    sigma : root mean squared one-step error
    """

    alpha: np.ndarray
    weight: np.ndarray
    intercept: np.ndarray
    slope: np.ndarray
    level: np.ndarray
    smoothed_line: np.ndarray
    length: np.ndarray
    sigma: np.ndarray


def straight_line(values):
    """Least-squares line through the observations of each series.

    Parameters
    ----------
    values : ndarray of shape (n_times, n_series)
        NaN where not observed.

    Returns
    -------
    intercept, slope : ndarray of shape (n_series,)
        Time is 1 in the first row.
    """
    observed = ~np.isnan(values)
    times = np.arange(1.0, len(values) + 1)[:, None]
    counts = np.maximum(observed.sum(axis=0), 1)
    filled = np.where(observed, values, 0.0)
    middle = (observed * times).sum(axis=0) / counts
    mean = filled.sum(axis=0) / counts
    from_middle = np.where(observed, times - middle, 0.0)
    squares = (from_middle**2).sum(axis=0)
    slope = (from_middle * filled).sum(axis=0) / np.where(squares > 0, squares, 1.0)
    return mean - slope * middle, slope


def fit_theta(values, lengths, theta=None, n_rounds=4, n_candidates=9):
    """Fit the theta model of each series by least squares.

    Parameters
    ----------
    values : ndarray of shape (n_times, n_series)
        Left-aligned; NaN for gaps and for the padding after the end of a series.
    lengths : ndarray of shape (n_series,)
        Number of times before the padding.
    theta : float, default=None
        1 or more; None chooses it for each series together with alpha.
    n_rounds, n_candidates : int
        Alphas are searched on a grid that narrows around the best in each round.

    Returns
    -------
    fit : ThetaFit
    fitted : ndarray of shape (n_times, n_series)
        One-step forecasts.
    """
    line = (*straight_line(values), _first_observed(values))
    n_series = values.shape[1]
    low, high = np.full(n_series, _LOWEST), np.full(n_series, _HIGHEST)
    columns = np.arange(n_series)
    gaps = np.count_nonzero(~np.isnan(values), axis=0) < lengths
    for _ in range(n_rounds):
        grid = low + (high - low) * np.linspace(0, 1, n_candidates)[:, None]
        sums = _all_error_sums(values, lengths, line, grid, gaps)
        errors, _, _ = _best_parameters(sums, theta)
        best = np.argmin(errors, axis=0)
        low = grid[np.maximum(best - 1, 0), columns]
        high = grid[np.minimum(best + 1, n_candidates - 1), columns]
    alpha = grid[best, columns]
    _, initial, weight = (a[best, columns] for a in _best_parameters(sums, theta))
    return _run(values, lengths, line, alpha, initial, weight)


def _first_observed(values):
    """First observation of each series, from which levels are counted; 0 if none."""
    first = values[np.argmax(~np.isnan(values), axis=0), np.arange(values.shape[1])]
    return np.where(np.isnan(first), 0.0, first)


def _all_error_sums(values, lengths, line, alpha, gaps):
    """Sums of products of the base error, the initial level's weight and D_t.

    Returns
    -------
    ndarray of shape (6, n_candidates, n_series)
        ee, ew, ed, ww, wd, dd.
    """
    sums = np.empty((6, *alpha.shape))
    for chosen, of_series in (
        (np.flatnonzero(~gaps), _error_sums_without_gaps),
        (np.flatnonzero(gaps), _error_sums),
    ):
        for first in range(0, len(chosen), _WIDTH):
            some = chosen[first : first + _WIDTH]
            some_line = [part[some] for part in line]
            sums[:, :, some] = of_series(
                values[:, some], lengths[some], some_line, alpha[:, some]
            )
    return sums


def _error_sums_without_gaps(values, lengths, line, alpha):
    """The same where all times are observed: D_t is geometric there.

    With q = 1 - alpha, the weight of the initial level is q^(t-1), and D_t is
    u q^(t-1) + v, so that only the base errors need a pass over time.
    """
    intercept, slope, first = line
    level = np.broadcast_to(first, alpha.shape).copy()
    weight, keep = np.ones(alpha.shape), 1 - alpha
    ee, ew, error, product = np.zeros((4, *alpha.shape))
    for t, row in enumerate(values[: lengths.max()]):
        np.subtract(row, level, out=error)
        if t >= lengths.min():
            error[:, t >= lengths] = 0.0
        ee += np.multiply(error, error, out=product)
        ew += np.multiply(error, weight, out=product)
        level += np.multiply(error, alpha, out=product)
        weight *= keep
    v = slope / alpha
    u = intercept + slope - v
    once = (1 - keep**lengths) / alpha
    ww = (1 - keep ** (2 * lengths)) / (1 - keep**2)
    ed = u * ew + v * (level - first) / alpha
    dd = u**2 * ww + 2 * u * v * once + v**2 * lengths
    return ee, ew, ed, ww, u * ww + v * once, dd


def _error_sums(values, lengths, line, alpha):
    """The same where some times are not observed."""
    intercept, slope, first = line
    level = np.broadcast_to(first, alpha.shape).copy()
    weight, smooth = np.ones(alpha.shape), np.zeros(alpha.shape)
    sums = [np.zeros(alpha.shape) for _ in range(6)]
    for t, row in enumerate(values[: lengths.max()]):
        seen = ~np.isnan(row)
        straight = intercept + slope * (t + 1)
        error = np.where(seen, row - level, 0.0)
        lag = np.where(seen, straight - smooth, 0.0)
        held = np.where(seen, weight, 0.0)
        for total, product in zip(
            sums,
            (error**2, error * held, error * lag, held**2, held * lag, lag**2),
            strict=True,
        ):
            total += product
        level += alpha * error
        smooth += alpha * lag
        weight = np.where(seen, weight * (1 - alpha), weight)
    return sums


def _best_parameters(sums, theta):
    """Least-squares initial level and trend weight, and their squared error."""
    ee, ew, ed, ww, wd, dd = sums
    if theta is None:
        determinant = ww * dd - wd**2
        regular = determinant > 1e-10 * ww * dd
        weight = np.where(
            regular, (ww * ed - wd * ew) / np.where(regular, determinant, 1.0), 0.0
        )
        weight = np.clip(weight, 0.0, 1.0)
    else:
        weight = np.full(ee.shape, 1.0 - 1.0 / theta)
    # every series has an observation of weight one, unless all its days are closed
    initial = (ew - weight * wd) / np.maximum(ww, 1e-300)
    errors = ee - 2 * (initial * ew + weight * ed)
    errors += initial**2 * ww + weight**2 * dd + 2 * initial * weight * wd
    return errors, initial, weight


def _run(values, lengths, line, alpha, initial, weight):
    """One pass with known parameters: states after the end, and one-step forecasts."""
    intercept, slope, first = line
    level, smooth = first + initial, np.zeros(len(alpha))
    fitted = np.empty(values.shape)
    squares, counts = np.zeros(len(alpha)), np.zeros(len(alpha))
    for t, row in enumerate(values):
        lag = intercept + slope * (t + 1) - smooth
        fitted[t] = level + weight * lag
        seen = ~np.isnan(row)
        squares += np.where(seen, row - fitted[t], 0.0) ** 2
        counts += seen
        level = np.where(seen, level + alpha * (row - level), level)
        smooth = np.where(seen, smooth + alpha * lag, smooth)
    sigma = np.sqrt(squares / np.maximum(counts, 1))
    fit = ThetaFit(alpha, weight, intercept, slope, level, smooth, lengths, sigma)
    return fit, fitted


def forecast_theta(fit, codes, steps, damping=1.0):
    """Forecasts and their standard deviations.

    Parameters
    ----------
    fit : ThetaFit
    codes : ndarray of shape (n_rows,)
        Series of each row.
    steps : ndarray of shape (n_rows,)
        Distance from the last observation, 1 or more.
    damping : float, default=1.0
        The slope of each further step is this times the one before.

    Returns
    -------
    forecasts, deviations : ndarray of shape (n_rows,)
    """
    if damping < 1.0:
        growth = damping * (1 - damping**steps) / (1 - damping)
    else:
        growth = steps.astype(float)
    slope = fit.slope[codes]
    straight = fit.intercept[codes] + slope * (fit.length[codes] + growth)
    lag = straight - fit.smoothed_line[codes]
    forecasts = fit.level[codes] + fit.weight[codes] * lag
    # the variance of simple exponential smoothing
    variance = 1.0 + (steps - 1) * fit.alpha[codes] ** 2
    return forecasts, fit.sigma[codes] * np.sqrt(variance)
