# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted estimators without the history that their forecasts do not read."""

import copyreg
import io
import math
import pickle
from dataclasses import fields
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_sales._compat import validate_params
from sklearn_sales.compose import (
    CovariateAdjustedRegressor,
    PanelTargetRegressor,
    ReductionRegressor,
)
from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.ensemble import SalesRegressor, TimeSeriesStackingRegressor
from sklearn_sales.exponential_smoothing import ThetaRegressor
from sklearn_sales.linear_model import ARRegressor
from sklearn_sales.linear_model._ar_forecast import ARModel
from sklearn_sales.panel import Panel, PanelEstimator
from sklearn_sales.persistence._cut_history import (
    CutHistory,
    ForecastPanel,
    cut_history,
    newest_cells,
)
from sklearn_sales.preprocessing import CalendarFeatures, LagFeatures

__all__ = ["Compacted", "compact"]


class Compacted(NamedTuple):
    """A compacted estimator and its size.

    Attributes
    ----------
    estimator : estimator
    n_bytes_before, n_bytes_after : int
        Size of a pickle of the estimator that was given, and of this one.
    """

    estimator: BaseEstimator
    n_bytes_before: int
    n_bytes_after: int

    @property
    def n_bytes_saved(self):
        """What the file gets smaller by."""
        return self.n_bytes_before - self.n_bytes_after

    def __str__(self):
        share = self.n_bytes_saved / self.n_bytes_before
        return (
            f"{type(self.estimator).__name__}: {self.n_bytes_after:,} bytes, "
            f"{self.n_bytes_saved:,} ({share:.0%}) less than before"
        )


@validate_params({"estimator": [BaseEstimator]}, prefer_skip_nested_validation=True)
def compact(estimator):
    """Drop the history that forecasts do not read.

    An autoregression of 28 lags reads the last 28 values of each series, whatever
    came before them. The compacted estimator forecasts what the given one does, and
    refuses rows of the training span.

    Parameters
    ----------
    estimator : estimator
        Fitted; may be a pipeline, a search, a stack or any nesting of them. It is
        left as it is.

    Returns
    -------
    Compacted
        A named tuple of the smaller estimator and the sizes before and after;
        ``n_bytes_saved`` is their difference.

    Notes
    -----
    Cut are the histories of ``ARRegressor``, ``ThetaRegressor``,
    ``SeasonalNaiveRegressor``, of ``LagFeatures`` without ``time_since``, ``by`` and
    ``fill="last"``, and of ``ReductionRegressor`` with ``strategy="direct"`` and no
    anchor on such features, and those that the composed estimators keep beside their
    members. Others keep their history, as their forecasts can reach back to its start.

    Examples
    --------
    >>> from sklearn_sales import (
    ...     ARRegressor, compact, future_frame, load_walmart_sample,
    ... )
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> keys = ["store", "dept"]
    >>> model = ARRegressor(4, series=keys).fit(X, y)
    >>> small = compact(model)
    >>> small.n_bytes_after < small.n_bytes_before / 2
    True
    >>> future = future_frame(X, 4, series=keys, covariates={"is_holiday": False})
    >>> bool((small.estimator.predict(future) == model.predict(future)).all())
    True
    """
    before = io.BytesIO()
    survey = _Survey(before)
    survey.dump(estimator)
    needs = {k: n for k, n in survey.needs.items() if n < math.inf}
    after = io.BytesIO()
    _Cutter(after, needs).dump(estimator)
    sizes = before.getbuffer().nbytes, after.getbuffer().nbytes
    return Compacted(pickle.loads(after.getbuffer()), *sizes)


class _Survey(pickle.Pickler):
    """Finds how many of the newest values of each history are read.

    Attributes
    ----------
    needs : dict
        ``id`` of a history -> number of values, or infinity.
    """

    def __init__(self, file):
        super().__init__(file, protocol=5)
        self.needs = {}

    def persistent_id(self, obj):
        if isinstance(obj, PanelEstimator) and hasattr(obj, "panel_"):
            history = id(obj.panel_.history)
            need = _READS.get(type(obj), _reads_everything)(obj)
            self.needs[history] = max(need, self.needs.get(history, 1))
        return None


def _reads_everything(estimator):
    return math.inf


def _reads_the_end(estimator):
    return 1


def _reads_of_lags(features):
    maker = features._maker
    plan = maker.plan
    if plan.time_since or plan.by or maker.fill == "last":
        return math.inf
    return plan.reach


def _reads_of_reduction(reduction):
    plain = reduction.strategy == "direct" and reduction.anchor is None
    return 1 if plain else math.inf


# A class that is not named here may read everything.
_READS = {
    ARRegressor: lambda model: max(model._model.terms.max_lag, 1),
    CalendarFeatures: _reads_the_end,
    CovariateAdjustedRegressor: _reads_the_end,
    LagFeatures: _reads_of_lags,
    PanelTargetRegressor: _reads_the_end,
    ReductionRegressor: _reads_of_reduction,
    SalesRegressor: _reads_the_end,
    SeasonalNaiveRegressor: lambda model: model.season_,
    ThetaRegressor: _reads_the_end,
    TimeSeriesStackingRegressor: _reads_the_end,
}


class _Cutter(pickle.Pickler):
    """Writes an estimator with its histories cut, and what lies beside them."""

    def __init__(self, file, needs):
        super().__init__(file, protocol=5)
        self.needs = needs
        # a history is cut once, so that all who share it go on sharing it
        self._cut = {}

    def reducer_override(self, obj):
        rewrite = _REWRITES.get(type(obj))
        return NotImplemented if rewrite is None else rewrite(obj, self)

    def need(self, history):
        return self.needs.get(id(history))

    def cut(self, history):
        if id(history) not in self._cut:
            self._cut[id(history)] = cut_history(history, self.need(history))
        return self._cut[id(history)]


def _write_panel(panel, cutter):
    if cutter.need(panel.history) is None:
        return NotImplemented
    state = {**panel.__dict__, "history": cutter.cut(panel.history)}
    return _forecast_panel, (), state


def _forecast_panel():
    return ForecastPanel.__new__(ForecastPanel)


def _write_ar_model(model, cutter):
    n_cells = cutter.need(model.history)
    if n_cells is None:
        return NotImplemented
    values = {field.name: getattr(model, field.name) for field in fields(ARModel)}
    cut = cutter.cut(model.history)
    lengths = model.history.lengths
    values["history"] = CutHistory(cut.data, cut.indptr, cut.start, lengths)
    if model.bridged is not None:
        values["bridged"] = model.bridged[newest_cells(model.history, n_cells)]
    return ARModel, tuple(values.values())


def _write_ar(model, cutter):
    # covariates are kept for updates, which need the whole history as well
    return _with_state(model, cutter, lambda state, kept: {"_memory": None})


def _write_theta(model, cutter):
    return _with_state(model, cutter, lambda state, kept: {"_fitted": np.empty(0)})


def _write_naive(model, cutter):
    def gaps(state, kept):
        inside = kept[state["_gaps"]]
        numbers = np.cumsum(kept) - 1
        names = ("_gap_latest", "_gap_of_phase")
        cut = {name: state[name][inside] for name in names}
        return {"_gaps": numbers[state["_gaps"][inside]], **cut}

    return _with_state(model, cutter, gaps)


def _with_state(model, cutter, change):
    if not hasattr(model, "panel_"):
        return NotImplemented
    history = model.panel_.history
    n_cells = cutter.need(history)
    if n_cells is None:
        return NotImplemented
    state = model.__getstate__()
    changed = change(state, newest_cells(history, n_cells))
    return copyreg.__newobj__, (type(model),), {**state, **changed}


_REWRITES = {
    ARModel: _write_ar_model,
    ARRegressor: _write_ar,
    Panel: _write_panel,
    SeasonalNaiveRegressor: _write_naive,
    ThetaRegressor: _write_theta,
}
