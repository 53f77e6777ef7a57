# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Watch the forecasts of a fitted estimator as actual sales arrive."""

import hashlib
import os
import warnings
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from sklearn_sales._compat import (
    HasMethods,
    Interval,
    import_optional,
    validate_params,
)
from sklearn_sales.metrics._validation import as_vector
from sklearn_sales.monitoring._drift import bin_counts, quantile_edges
from sklearn_sales.monitoring._record_log import RecordLog
from sklearn_sales.monitoring._tally import SUMS, add, column_sums, empty, trimmed
from sklearn_sales.monitoring._verdict import Limits, judge
from sklearn_sales.panel import find_panel, is_numeric, read_table
from sklearn_sales.panel._table import refuse_huge

__all__ = ["ForecastMonitor"]

_MOST_TIMES = 1000
_MOST_BATCHES = 1000
_MOST_RECORDS = 64
_FORMAT = 1


class ForecastMonitor:
    """Errors, coverage, bias and drift of a model in use, and when to fit it anew.

    :meth:`start` once with a new model, :meth:`update` whenever sales become known,
    then ask for the :meth:`verdict`. The state lies in one small file of sums: no sale
    of a single day can be read from it, and it is whole after a crash at any moment.

    Parameters
    ----------
    estimator : estimator
        The fitted forecaster: of this package, a pipeline, a search, a stack.
    path : str or path-like, default=None
        File of the state. None keeps it in memory.
    window : int, default=28
        Number of newest times that are judged.
    tolerance : float, default=0.2
        How much larger than before the error may become, as a share.
    bias : float, default=0.1
        How far forecasts may lie above or below the sales, as a share of them.
    stability : float, default=0.25
        Largest population stability index of columns and errors.
    new_share : float, default=0.1
        Largest share of rows of series that the model was not fitted on.
    coverage : float, default=None
        Nominal coverage of the intervals that :meth:`update` is given.

    Attributes
    ----------
    n_rows_ : int
        Rows with sales that were compared since the start.

    See Also
    --------
    SalesRegressor : A model to watch.

    Notes
    -----
    - One process at a time writes to a file.
    - A batch of the very rows that were fed before is passed over with a warning, so
      that a job that was cut off can be run again.
    - The last 1000 times are kept, histograms of the last `window` times.
    - The error counts as larger when that of the last `window` times is beyond the
      tolerance and a cumulative sum [1]_ says that it is no matter of one day.

    References
    ----------
    .. [1] E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.

    Examples
    --------
    >>> from sklearn_sales import ForecastMonitor, SeasonalNaiveRegressor
    >>> from sklearn_sales import make_sales_panel
    >>> X, y = make_sales_panel(n_series=3, n_periods=120, random_state=0)
    >>> past = X["date"] < "2021-04-01"
    >>> model = SeasonalNaiveRegressor(series=["store", "product"], time="date")
    >>> model = model.fit(X[past], y[past])
    >>> monitor = ForecastMonitor(model).start(X[past])
    >>> monitor = monitor.update(X[~past], y[~past])
    >>> monitor.errors("step").columns.tolist()
    ['rows', 'wape', 'bias', 'coverage']
    """

    _parameters: dict = {
        "estimator": [HasMethods(["predict"])],
        "path": [str, os.PathLike, None],
        "window": [Interval(Integral, 5, None, closed="left")],
        "tolerance": [Interval(Real, 0, None, closed="neither")],
        "bias": [Interval(Real, 0, None, closed="neither")],
        "stability": [Interval(Real, 0, None, closed="neither")],
        "new_share": [Interval(Real, 0, 1, closed="both")],
        "coverage": [Interval(Real, 0, 1, closed="neither"), None],
    }

    @validate_params(
        {"self": "no_validation", **_parameters}, prefer_skip_nested_validation=True
    )
    def __init__(
        self,
        estimator,
        path=None,
        *,
        window=28,
        tolerance=0.2,
        bias=0.1,
        stability=0.25,
        new_share=0.1,
        coverage=None,
    ):
        self.estimator = estimator
        self.path = None if path is None else Path(path)
        self.limits = Limits(window, tolerance, bias, stability, new_share, coverage)
        find_panel(estimator)  # an error, where there is none
        self._log = None if path is None else RecordLog(self.path)
        self._reference, self._tally, self._n_records = None, empty(), 0
        records = [] if self._log is None else self._log.read()
        if records:
            self._resume(records)

    @property
    def _panel(self):
        """What the estimator knows by now: it may have observed sales."""
        return find_panel(self.estimator)

    def _resume(self, records):
        first = records[0]
        if first.get("format") != _FORMAT:
            raise ValueError(
                f"{self.path} has format {first.get('format')!r}, but this release of "
                f"sklearn-sales reads format {_FORMAT}: start() anew, or use the "
                "release that wrote it."
            )
        self._reference, self._tally = first["reference"], first["tally"]
        for batch in records[1:]:
            add(self._tally, batch)
        self._n_records = len(records)

    def start(self, X, y=None, forecast=None):
        """Begin anew, with a model that was just fitted.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows that inputs are compared with: those of training.
        y, forecast : array-like of shape (n_rows,), default=None
            Sales of these rows and what was forecast of them out of sample, such as
            in a back-test: the error to compare with. None takes the first `window`
            times that are fed.

        Returns
        -------
        self
        """
        table = read_table(X)
        inputs = {}
        for name, values in self._inputs(table).items():
            edges = quantile_edges(values)
            inputs[name] = edges.tolist(), bin_counts(values, edges).tolist()
        self._reference = {
            "edges": {name: edges for name, (edges, _) in inputs.items()},
            "inputs": {name: counts for name, (_, counts) in inputs.items()},
            "error": None,
            "residual_edges": None,
            "residuals": None,
        }
        if (y is None) != (forecast is None):
            raise ValueError("y and forecast go together: give both, or neither.")
        if y is not None:
            y, forecast = self._numbers(table.n_rows, y=y, forecast=forecast)
            known = ~np.isnan(y) & ~np.isnan(forecast)
            self._learn_errors(forecast[known] - y[known], y[known])
        self._tally = empty()
        self._write_all()
        return self

    def _learn_errors(self, errors, sales):
        edges = quantile_edges(errors)
        total = np.abs(sales).sum()
        self._reference["error"] = float(np.abs(errors).sum() / max(total, 1e-12))
        self._reference["residual_edges"] = edges.tolist()
        self._reference["residuals"] = bin_counts(errors, edges).tolist()

    def update(self, X, y, forecast=None, *, lower=None, upper=None, step=None):
        """Compare forecasts with the sales that have become known.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,)
            Sales; rows with NaN are not counted.
        forecast : array-like of shape (n_rows,), default=None
            What was forecast of them at the time. None asks the estimator.
        lower, upper : array-like of shape (n_rows,), default=None
            Intervals that were forecast.
        step : array-like of int of shape (n_rows,), default=None
            Steps ahead. None counts from the end of the estimator's history.

        Returns
        -------
        self
        """
        if self._reference is None:
            raise ValueError(
                "the monitor has not started: call start(X) with the rows that the "
                "model was fitted on."
            )
        table = read_table(X)
        rows = self._panel.locate(table, warn=False)
        batch_id = _fingerprint(rows.hashes)
        if batch_id in self._tally["batches"]:
            warnings.warn(
                f"these {table.n_rows} rows were fed before; they are not counted "
                "again.",
                UserWarning,
                stacklevel=2,
            )
            return self
        forecast = self.estimator.predict(X) if forecast is None else forecast
        given = {"y": y, "forecast": forecast, "lower": lower, "upper": upper}
        y, forecast, lower, upper = self._numbers(table.n_rows, **given)
        if np.isnan(forecast[~np.isnan(y)]).any():
            raise ValueError("forecast holds NaN in rows whose sales are known.")
        step = self._panel.origins(rows)[1] if step is None else np.asarray(step)
        batch = self._count(table, rows, y, forecast, lower, upper, step)
        batch["batches"] = [batch_id]
        # what is in the file counts: memory follows it
        if self._log is not None and self._n_records < _MOST_RECORDS:
            self._log.append(batch)
            self._n_records += 1
        add(self._tally, batch)
        if self._n_records >= _MOST_RECORDS:
            self._write_all()
        return self

    def _count(self, table, rows, y, forecast, lower, upper, step):
        known = ~np.isnan(y)
        error = forecast - y
        asked = ~np.isnan(lower) & ~np.isnan(upper)
        covered = asked & (lower <= y) & (y <= upper)
        ones = np.ones(len(y))
        columns = np.column_stack([ones, np.abs(error), error, y, asked, covered])
        columns = columns[known]
        times = self._panel.calendar.times(rows.positions).astype(str).to_numpy()[known]
        codes = rows.codes[known]
        names = np.array([self._name(code) for code in range(self._panel.n_series + 1)])
        batch = empty()
        batch["times"] = column_sums(times, columns)
        batch["steps"] = column_sums(step[known].astype(int).astype(str), columns)
        batch["series"] = column_sums(names[codes], columns)
        new = (codes == self._panel.n_series).astype(float)[:, None]
        batch["new_rows"] = {t: v[0] for t, v in column_sums(times, new).items()}
        inputs = {n: v[known] for n, v in self._inputs(table).items()}
        for time in batch["times"]:
            here = times == time
            batch["inputs"][time] = self._input_counts(inputs, here)
            if self._reference["residual_edges"] is not None:
                edges = np.array(self._reference["residual_edges"])
                counts = bin_counts(error[known][here], edges)
                batch["residuals"][time] = counts.tolist()
        return batch

    def _input_counts(self, inputs, here):
        edges = self._reference["edges"]
        return {
            name: bin_counts(inputs[name][here], np.array(edges[name])).tolist()
            for name in edges
        }

    def _name(self, code):
        return (
            "new series"
            if code == self._panel.n_series
            else self._panel.keys.show(code)
        )

    def _inputs(self, table):
        """Covariates that are numbers, by their names."""
        found = {}
        schema = self._panel.schema
        # a pipeline may append columns before its history: those of X count
        for index in set(range(table.n_columns)) - {*schema.series, schema.time}:
            column = pd.Series(table.column(index))
            if is_numeric(column.dtype):
                values = column.to_numpy(dtype=np.float64, na_value=np.nan)
                found[str(table.names[index])] = values
        return found

    def _numbers(self, n_rows, **columns):
        result = []
        for name, values in columns.items():
            if values is None:
                values = np.full(n_rows, np.nan)
            values = as_vector(values, name)
            check_consistent_length(np.empty(n_rows), values)
            if np.isinf(values).any():
                raise ValueError(f"{name} holds infinity; give numbers, or NaN.")
            refuse_huge(values, f"{name} holds")
            result.append(values)
        return result

    def _write_all(self):
        n_recent = self.limits.window
        self._tally = trimmed(
            self._tally, _MOST_TIMES, n_recent, _MOST_BATCHES, _time_order
        )
        self._n_records = 1
        if self._log is not None:
            state = {"reference": self._reference, "tally": self._tally}
            self._log.replace({"format": _FORMAT, **state})

    @property
    def n_rows_(self):
        return int(sum(sums[0] for sums in self._tally["steps"].values()))

    def errors(self, by="time"):
        """Errors by time, step or series.

        Parameters
        ----------
        by : {"time", "step", "series"}, default="time"

        Returns
        -------
        pandas.DataFrame
            One row for each, with the number of ``rows``, ``wape``, ``bias`` (positive
            where forecasts are too high) and ``coverage`` of the intervals.
        """
        tables = {"time": "times", "step": "steps", "series": "series"}
        if by not in tables:
            raise ValueError(f"by={by!r} must be one of {sorted(tables)}.")
        table = self._tally[tables[by]]
        labels = sorted(table, key=str if by == "series" else _time_order)
        sums = pd.DataFrame([table[k] for k in labels], columns=SUMS, dtype=np.float64)
        sold = sums["sales"].abs()
        asked = sums["interval_rows"]
        result = pd.DataFrame(
            {
                "rows": sums["rows"].astype(int),
                "wape": sums["absolute_error"] / sold.where(sold > 0),
                "bias": sums["error"] / sold.where(sold > 0),
                "coverage": sums["covered"] / asked.where(asked > 0),
            }
        )
        index = [int(k) for k in labels] if by == "step" else labels
        return result.set_index(pd.Index(index, name=by))

    def verdict(self):
        """Whether to fit anew, and why.

        Returns
        -------
        Verdict
            ``refit``, ``reasons`` and ``watch``; printed, it reads as text.
        """
        if self._reference is None:
            raise ValueError("the monitor has not started: call start(X) first.")
        labels = sorted(self._tally["times"], key=_time_order)
        times = np.array([self._tally["times"][k] for k in labels]).reshape(-1, 6)
        window = self.limits.window
        reference = dict(self._reference)
        if reference["error"] is None and len(times) >= 2 * window:
            first = times[:window]
            reference["error"] = first[:, 1].sum() / max(first[:, 3].sum(), 1e-12)
        recent = set(labels[-window:])
        tally = {
            name: {t: v for t, v in self._tally[name].items() if t in recent}
            for name in ("inputs", "residuals", "new_rows")
        }
        return judge(self.limits, reference, times, tally)

    def plot(self, ax=None):
        """Draw the error by time, beside the one to compare with.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None

        Returns
        -------
        matplotlib.axes.Axes
        """
        if ax is None:
            pyplot = import_optional("matplotlib.pyplot", extra="plot")
            _, ax = pyplot.subplots(figsize=(8, 3.2), layout="constrained")
        errors = self.errors("time")
        places = np.arange(len(errors))
        window = self.limits.window
        smooth = errors["wape"].rolling(window, min_periods=1).mean()
        ax.plot(places, errors["wape"], color="0.75", label="each time")
        ax.plot(places, smooth, color="C0", label=f"mean of {window} times")
        reference = (self._reference or {}).get("error")
        if reference is not None:
            ax.axhline(reference, color="0.3", lw=1, ls="--", label="at the start")
        shown = np.unique(np.linspace(0, max(len(errors) - 1, 0), 5).astype(int))
        shown = shown[shown < len(errors)]
        ax.set_xticks(shown, [str(t)[:10] for t in errors.index[shown]])
        verdict = self.verdict()
        title = verdict.reasons[0] if verdict.refit else "nothing speaks for a refit"
        ax.set(ylabel="WAPE", title=title[:1].upper() + title[1:])
        ax.legend(loc="upper left", fontsize="small")
        return ax


def _time_order(label):
    """Labels of times in their order: numbers as numbers, dates as their text."""
    try:
        return 0, float(label), ""
    except ValueError:
        return 1, 0.0, label


def _fingerprint(hashes):
    return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()[:16]
