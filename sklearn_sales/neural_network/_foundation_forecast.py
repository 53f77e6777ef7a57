# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a panel answered by a pretrained model, one pass for each origin."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from sklearn_sales.neural_network._foundation_kernels import (
    gather_contexts,
    hold_beyond,
    last_season,
    observed_before,
    scale_contexts,
    seasonal_base,
)
from sklearn_sales.neural_network._lstm_device import shared_threads

__all__ = ["Answering", "answer_rows", "difference_helps"]

# A batch on a CPU is slower per context when it leaves the cache.
_BATCH = {"cpu": 16}
_GPU_BATCH = 256
# Narrowest context: its width is a power of two from here, whatever shares the batch.
_NARROWEST = 32
# What decides on seasonal differences.
_JUDGED_SERIES, _JUDGED_ORIGINS = 32, 2


@dataclass(frozen=True)
class Answering:
    """How rows are answered.

    Attributes
    ----------
    forecaster : FracastForecaster or Chronos2Forecaster
    season : int
    difference : bool
        Whether seasonal differences are forecast.
    device : str
    n_jobs : int or None
    plan : CovariatePlan or None
        Covariates of the rows, where the model reads some.
    """

    forecaster: object
    season: int
    difference: bool
    device: str
    n_jobs: object
    plan: object = None


class _Requests:
    """Distinct contexts and spans, and the rows that each one answers.

    A row with covariates has a request of its own.
    """

    def __init__(self, how, history, codes, origins, steps):
        exact, context = how.plan is not None, how.forecaster.context
        self.steps, reach = steps, how.forecaster.reach(steps, exact)
        asked = np.arange(len(steps)) if exact else np.zeros_like(steps)
        kind = np.zeros_like(steps) if how.forecaster.causal else reach
        kinds = np.stack([codes, origins, kind, asked])
        _, index, self.pair = np.unique(
            kinds, axis=1, return_index=True, return_inverse=True
        )
        self.pair = self.pair.ravel()
        self.codes, self.origins = codes[index], origins[index]
        self.furthest = np.zeros(len(index), dtype=np.int64)
        np.maximum.at(self.furthest, self.pair, reach)
        begin = history.indptr[self.codes]
        self.stop = begin + self.origins - history.start[self.codes] + 1
        self.first = np.maximum(begin, self.stop - context)
        self.n_observed = observed_before(history.data, self.first, self.stop)

    def rows_of(self, pairs):
        """Rows that are answered by some pairs, and the place of their pair."""
        place = np.full(len(self.codes), -1)
        place[pairs] = np.arange(len(pairs))
        rows = np.flatnonzero(place[self.pair] >= 0)
        return rows, place[self.pair[rows]]


def answer_rows(how, history, codes, origins, steps):
    """Quantiles of rows.

    Parameters
    ----------
    how : Answering
    history : History
    codes, origins, steps : ndarray of shape (n_rows,)
        Series, origin and step ahead of each row.

    Returns
    -------
    ndarray of shape (n_rows, n_levels)
        Ascending along axis 1. NaN where nothing was observed up to the origin.
    """
    forecaster = how.forecaster
    furthest = forecaster.passes * forecaster.horizon
    steps = hold_beyond(steps, furthest, how.season)
    requests = _Requests(how, history, codes, origins, steps)
    answers = np.full((len(codes), len(forecaster.levels)), np.nan)
    enough = requests.n_observed >= forecaster.smallest
    few = np.flatnonzero(~enough & (requests.n_observed > 0))
    batches = [(_naive_batch, few)] if len(few) else []
    size = _BATCH.get(how.device, _GPU_BATCH)
    batches += [
        (_model_batch, batch)
        for batch in _batches(requests, np.flatnonzero(enough), size)
    ]
    # the threads of torch would wait for each other: every worker has one
    with shared_threads(0, 0):
        parts = Parallel(n_jobs=how.n_jobs, prefer="threads")(
            delayed(work)(how, history.data, requests, batch) for work, batch in batches
        )
    for rows, part in parts:
        answers[rows] = part
    return answers


def _widths(requests):
    """Width of each context: a power of two, so that it depends on itself alone."""
    needed = np.maximum(requests.stop - requests.first, _NARROWEST)
    return 1 << np.ceil(np.log2(needed)).astype(np.int64)


def _batches(requests, pairs, size):
    """Pairs of one width and one span, in batches."""
    widths, furthest = _widths(requests)[pairs], requests.furthest[pairs]
    order = np.lexsort([furthest, widths])
    kinds = np.stack([widths, furthest], axis=1)[order]
    new = np.flatnonzero(np.any(kinds[1:] != kinds[:-1], axis=1)) + 1
    for group in np.split(pairs[order], new):
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _naive_batch(how, data, requests, pairs):
    """The seasonal naive, for series that are too short for the model."""
    widths = requests.stop[pairs] - requests.first[pairs]
    contexts = gather_contexts(
        data, requests.first[pairs], requests.stop[pairs], int(widths.max())
    )
    seasons = last_season(contexts, how.season)
    rows, place = requests.rows_of(pairs)
    values = seasons[place, (requests.steps[rows] - 1) % how.season]
    return rows, np.repeat(values[:, None], len(how.forecaster.levels), axis=1)


def _model_batch(how, data, requests, pairs):
    """The model, on the sales or on their seasonal differences."""
    first, stop = requests.first[pairs], requests.stop[pairs]
    width, n_steps = (
        int(of_pairs[pairs[0]]) for of_pairs in (_widths(requests), requests.furthest)
    )
    contexts = gather_contexts(data, first, stop, width)
    rows, place = requests.rows_of(pairs)
    covariates = None
    if how.plan is not None:
        # rows and pairs are the same, in another order
        past = gather_contexts(how.plan.grid, first, stop, width)
        ahead = how.plan.ahead(rows[np.argsort(place)], n_steps)
        covariates = past, ahead
    forecasts = _forecast(how, contexts, n_steps, covariates)
    return rows, np.sort(forecasts[place, requests.steps[rows] - 1], axis=1)


def _forecast(how, contexts, n_steps, covariates):
    """Quantiles of shape (n, n_steps, n_levels)."""
    forecaster, season = how.forecaster, how.season
    if not how.difference or contexts.shape[1] <= season:
        return _scaled_forecast(forecaster, contexts, n_steps, covariates)
    changes = contexts[:, season:] - contexts[:, :-season]
    differs = np.sum(~np.isnan(changes), axis=1) >= forecaster.smallest
    forecasts = np.empty((len(contexts), n_steps, len(forecaster.levels)))
    if not differs.all():
        chosen = _chosen(covariates, ~differs)
        forecasts[~differs] = _scaled_forecast(
            forecaster, contexts[~differs], n_steps, chosen
        )
    if differs.any():
        chosen = _chosen(covariates, differs, season)
        changes = _scaled_forecast(forecaster, changes[differs], n_steps, chosen)
        seasons = last_season(contexts[differs], season)
        base = seasonal_base(seasons, _median(forecaster, changes))
        forecasts[differs] = base[:, :, None] + changes
    return forecasts


def _chosen(covariates, which, skipped=0):
    """Covariates of some contexts, without the first times of the past."""
    if covariates is None:
        return None
    past, ahead = covariates
    return past[which, skipped:], ahead[which]


def _median(forecaster, forecasts):
    middle = np.argmin(np.abs(forecaster.levels - 0.5))
    return np.sort(forecasts, axis=-1)[..., middle]


def _scaled_forecast(forecaster, contexts, n_steps, covariates):
    scaled, location, span = scale_contexts(contexts)
    forecasts = forecaster.forecast(scaled, n_steps, covariates).astype(np.float64)
    return forecasts * span[:, None, None] + location[:, None, None]


def difference_helps(how, history, hashes, n_series):
    """Whether seasonal differences are forecast better at the end of the history.

    Up to 32 series are forecast from two origins, a season apart or less, without and
    with the differences, and their absolute errors are compared in units of the mean
    absolute sales of each series.

    Parameters
    ----------
    how : Answering
    history : History
    hashes : ndarray of shape (n_series,)
        Fixed numbers of the series, which choose among them.
    n_series : int

    Returns
    -------
    bool
        False where no series is long enough to tell.
    """
    lengths = history.lengths[:n_series]
    needed = how.season + how.forecaster.smallest
    room = lengths[lengths > needed] - needed
    if not len(room):
        return False
    # short spans are shared between the origins
    n_steps = min(how.season, how.forecaster.horizon, int(np.median(room)) // 2)
    errors = np.zeros(2)
    for back in n_steps * np.arange(1, _JUDGED_ORIGINS + 1):
        judged = np.flatnonzero(lengths >= needed + back)
        judged = judged[np.argsort(hashes[judged], kind="stable")][:_JUDGED_SERIES]
        if n_steps and len(judged):
            errors += _errors_without_and_with(how, history, judged, n_steps, back)
    return bool(errors[1] < errors[0])


def _errors_without_and_with(how, history, judged, n_steps, back):
    codes = np.repeat(judged, n_steps)
    steps = np.tile(np.arange(1, n_steps + 1), len(judged))
    origins = history.last[codes] - back
    actual = history.values(codes, origins + steps)
    sizes = _mean_sales(history, judged, back).repeat(n_steps)
    forecaster = how.forecaster
    middle = np.argmin(np.abs(forecaster.levels - 0.5))
    errors = []
    for difference in (False, True):
        variant = Answering(forecaster, how.season, difference, how.device, how.n_jobs)
        found = answer_rows(variant, history, codes, origins, steps)[:, middle]
        errors.append(np.nansum(np.abs(found - actual) / sizes))
    return np.array(errors)


def _mean_sales(history, judged, back):
    """Mean absolute sales of series up to an origin; 1 where that is zero."""
    stop = history.indptr[judged + 1] - back
    sizes = np.abs(history.data)
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(sizes))])
    counts = observed_before(history.data, history.indptr[judged], stop)
    means = (sums[stop] - sums[history.indptr[judged]]) / np.maximum(counts, 1)
    return np.where(means > 0, means, 1.0)
