# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of a back-test, their errors, and tests of their differences."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from sklearn_sales.model_selection._grouped_errors import (
    GROUPED_ERRORS,
    Judged,
    row_losses,
)
from sklearn_sales.model_selection._paired_tests import (
    bootstrap_ratio,
    diebold_mariano,
)
from sklearn_sales.panel import Table

__all__ = ["Backtest", "check_metrics"]


class Backtest:
    """Forecasts that were made before the sales they are held against.

    Made by :func:`backtest`.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        One row for each estimator, fold and test row: the key columns, the time column,

        - ``fold``: from 1, in time order;
        - ``origin``: the time of the last observed training row of the fold;
        - ``step``: how far the row lies ahead of it, in times of the calendar;
        - ``estimator``: its name; ``"naive"`` is the seasonal naive baseline;
        - ``y_true``: the sales; NaN where not observed;
        - ``y_pred``: the forecast;
        - ``q0.1``, ...: a column for each quantile that was asked for; NaN for
          estimators that forecast none.
    series_columns : list
        Names of the key columns; empty for a single series.
    time_column : str
        Name of the time column.
    quantiles : list of float
        Levels of the quantiles that were asked for.
    metrics : list or dict
        What :meth:`errors` shows unless it is told otherwise.
    rows : dict
        What errors are judged by: ``X`` as it came and, for each forecast, its ``row``
        there, the ``scale`` of its series in training and that ``history``.

    Attributes
    ----------
    estimator_names : list of str
        Names of the estimators, in the order in which they were given.
    forecasts, series_columns, time_column, quantiles, metrics
        As above.

    See Also
    --------
    backtest : Makes one.
    BacktestDisplay : Draws one.

    Examples
    --------
    >>> from sklearn_sales import (
    ...     PanelTimeSeriesSplit, ThetaRegressor, backtest, load_walmart_sample
    ... )
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> folds = PanelTimeSeriesSplit(n_splits=2, test_size=13)
    >>> result = backtest(ThetaRegressor(series=["store", "dept"]), X, y, cv=folds)
    >>> result
    Backtest of 'thetaregressor', 'naive': 2 folds, 364 forecasts
    >>> result.errors("fold", metrics=["wape"]).round(3)
                          wape
    fold estimator
    1    thetaregressor  0.056
         naive           0.076
    2    thetaregressor  0.063
         naive           0.074
    """

    def __init__(
        self, forecasts, *, series_columns, time_column, quantiles, metrics, rows
    ):
        self.forecasts = forecasts
        self.series_columns = series_columns
        self.time_column = time_column
        self.estimator_names = list(dict.fromkeys(forecasts["estimator"]))
        self.quantiles = quantiles
        self.metrics = metrics
        self._rows = rows

    def __repr__(self):
        return (
            f"Backtest of {', '.join(map(repr, self.estimator_names))}: "
            f"{self.forecasts['fold'].max()} folds, {len(self.forecasts)} forecasts"
        )

    def errors(self, by=None, metrics=None):
        """Errors of each estimator, over all forecasts or by groups of them.

        Parameters
        ----------
        by : str or list of str, default=None
            What the errors are told apart by: ``"fold"``, ``"step"``, ``"origin"``,
            ``"series"`` (all key columns), or any column of X, such as a category.
        metrics : list of str, or dict of str to callable, default=None
            Among ``"wape"``, ``"bias"``, ``"mase"``, ``"rmsse"``, ``"mae"``,
            ``"rmse"``, and with quantiles ``"pinball_loss"``,
            ``"scaled_pinball_loss"`` and ``"coverage"`` (of the outermost two). Or
            functions ``(y_true, y_pred) -> float`` by name, which are called for one
            group after the other. None is what :func:`backtest` was given.

        Returns
        -------
        pandas.DataFrame
            A row for each group and estimator, which the index names; the columns are
            the metrics. NaN where a group has no observed sales, or no scale.

        Notes
        -----
        MASE, RMSSE and the scaled pinball loss divide by the naive error of a series
        in the training rows of the fold, one step ahead, and count each series in each
        fold alike. Series without such an error are left out of them.
        """
        chosen = self._check_metrics(metrics)
        keys = self._keys(by)
        estimator = pd.Categorical(self.forecasts["estimator"], self.estimator_names)
        columns = {**keys, "estimator": pd.Series(estimator)}
        frame = pd.concat(columns, axis=1)
        grouped = frame.groupby(list(frame), sort=True, dropna=False, observed=True)
        groups = grouped.ngroup().to_numpy()
        first = np.unique(groups, return_index=True)[1]
        index = frame.iloc[first].astype({"estimator": object})
        judged = self._judged(groups, len(first))
        values = {
            name: function(judged) for name, function in chosen.items()
        }  # one value a group
        return pd.DataFrame(values).set_index(
            pd.MultiIndex.from_frame(index)
            if len(keys)
            else pd.Index(index["estimator"], name="estimator")
        )

    def compare(
        self, baseline="naive", metric="mae", *, n_resamples=1000, random_state=None
    ):
        """Test each estimator against one of them, on the same rows.

        Two questions are asked. Would the estimator be better at other times? The
        Diebold-Mariano test takes the mean loss over all series at each time, and its
        correlation over as many times as are forecast ahead. And for other series of
        this kind? The bootstrap draws series with replacement.

        Parameters
        ----------
        baseline : str, default="naive"
            Name of the estimator to compare with.
        metric : str, default="mae"
            Whose losses are compared: ``"mae"``, ``"mse"``, ``"mase"``, ``"msse"``
            (squared, scaled), ``"pinball_loss"`` or ``"scaled_pinball_loss"``. The
            ratio of MAE is that of WAPE.
        n_resamples : int, default=1000
            Bootstrap samples.
        random_state : int, RandomState instance or None, default=None

        Returns
        -------
        pandas.DataFrame
            For each other estimator: ``loss`` and ``baseline`` (mean losses),
            ``ratio`` of the two with the bounds ``low`` and ``high`` of its 95 %
            bootstrap interval and ``p_series``; ``dm``, negative where the estimator
            is better, and ``p_times``; ``n_series`` and ``n_times``. A test that has
            too little to go on is NaN: bootstrap needs two series, Diebold-Mariano
            two folds.

        Notes
        -----
        For scaled losses the bootstrap counts series alike; for the others each row
        counts, so that large series decide as they do in the sums.

        References
        ----------
        .. [1] F. X. Diebold and R. S. Mariano, "Comparing predictive accuracy",
           Journal of Business and Economic Statistics 13(3), 1995.
        .. [2] D. Harvey, S. Leybourne and P. Newbold, "Testing the equality of
           prediction mean squared errors", International Journal of Forecasting
           13(2), 1997.
        .. [3] B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap",
           Chapman and Hall, 1993.
        """
        self._check_baseline(baseline)
        n = len(self.forecasts)
        losses = row_losses(metric, self._judged(np.zeros(n, int), 1, observed=False))
        by_name = losses.reshape(len(self.estimator_names), -1)
        by_name = dict(zip(self.estimator_names, by_name, strict=True))
        generator = check_random_state(random_state)
        seed = generator.randint(2**31)
        others = [name for name in self.estimator_names if name != baseline]
        rows = [
            self._compare_two(
                by_name[name], by_name[baseline], metric, n_resamples, seed
            )
            for name in others
        ]
        return pd.DataFrame(rows, index=pd.Index(others, name="estimator"))

    def _compare_two(self, own, other, metric, n_resamples, seed):
        rows = self._rows
        n = len(own)
        usable = ~(np.isnan(own) | np.isnan(other))
        own, other = own[usable], other[usable]
        codes, positions = rows["code"][:n][usable], rows["position"][:n][usable]
        _, times = np.unique(positions, return_inverse=True)
        counts = np.bincount(times)
        differences = np.bincount(times, weights=own - other) / np.maximum(counts, 1)
        horizon = int(self.forecasts["step"].to_numpy()[:n].max())
        statistic, p_times = diebold_mariano(differences, horizon)
        _, series = np.unique(codes, return_inverse=True)
        weight = np.bincount(series) if metric.startswith(("mas", "mss", "sca")) else 1
        boot = bootstrap_ratio(
            np.bincount(series, weights=own) / weight,
            np.bincount(series, weights=other) / weight,
            n_resamples=n_resamples,
            random_state=check_random_state(seed),
        )
        return {
            "loss": own.mean() if len(own) else np.nan,
            "baseline": other.mean() if len(own) else np.nan,
            "ratio": boot.ratio,
            "low": boot.low,
            "high": boot.high,
            "p_series": boot.p_value,
            "dm": statistic,
            "p_times": p_times,
            "n_series": int(series.max(initial=-1)) + 1,
            "n_times": len(differences),
        }

    def _judged(self, groups, n_groups, *, observed=True):
        """The forecasts, or those of observed sales, as arrays."""
        frame = self.forecasts
        kept = ~np.isnan(frame["y_true"].to_numpy()) | (not observed)
        quantiles = frame[[f"q{q:g}" for q in self.quantiles]]
        return Judged(
            y_true=frame["y_true"].to_numpy()[kept],
            y_pred=frame["y_pred"].to_numpy()[kept],
            quantiles=quantiles.to_numpy(dtype=np.float64)[kept],
            levels=np.array(self.quantiles),
            scales=self._rows["scale"][kept],
            histories=self._rows["history"][kept],
            groups=groups[kept],
            n_groups=n_groups,
        )

    def _keys(self, by):
        """Columns that tell the groups apart, by name."""
        listed = [] if by is None else [by] if isinstance(by, str) else list(by)
        keys = {}
        for name in listed:
            for column in self.series_columns if name == "series" else [name]:
                keys[column] = self._column(column)
        return keys

    def _column(self, name):
        if name in self.forecasts:
            return self.forecasts[name]
        table = Table(self._rows["X"])
        if name not in table.names:
            known = ["fold", "step", "origin", "series", *table.names]
            raise ValueError(
                f"by={name!r} is nothing that errors can be told apart by; take one "
                f"or several of {known}."
            )
        column = pd.Series(table.column(table.names.index(name)))
        return column.take(self._rows["row"]).reset_index(drop=True)

    def _check_metrics(self, metrics):
        """Functions of :class:`Judged` by the names of the metrics."""
        chosen = self.metrics if metrics is None else metrics
        if isinstance(chosen, str):
            chosen = [chosen]
        check_metrics(chosen, self.quantiles)
        if isinstance(chosen, dict):
            return {name: _each_group(function) for name, function in chosen.items()}
        return {name: GROUPED_ERRORS[name] for name in chosen}

    def _check_baseline(self, baseline):
        if baseline not in self.estimator_names:
            raise ValueError(
                f"baseline={baseline!r} is none of the estimators "
                f"{self.estimator_names}."
            )


def check_metrics(metrics, quantiles):
    """Refuse metrics that a back-test with these quantiles cannot show."""
    if isinstance(metrics, dict):
        wrong = [name for name, function in metrics.items() if not callable(function)]
    else:
        wrong = [name for name in metrics if name not in GROUPED_ERRORS]
    if wrong:
        raise ValueError(
            f"metrics names {wrong}; allowed are {', '.join(GROUPED_ERRORS)}, or "
            "functions (y_true, y_pred) by name in a dict."
        )
    if isinstance(metrics, dict):
        return
    needed = {"pinball_loss": 1, "scaled_pinball_loss": 1, "coverage": 2}
    lacking = [m for m in metrics if needed.get(m, 0) > len(quantiles)]
    if lacking:
        raise ValueError(
            f"metrics names {lacking}, but there are quantiles={quantiles}: ask for "
            "them with quantiles= of backtest (two for coverage)."
        )


def _each_group(function):
    """A function of sales and forecasts, for one group after the other."""

    def of_groups(judged):
        order = np.argsort(judged.groups, kind="stable")
        bounds = np.searchsorted(judged.groups[order], np.arange(judged.n_groups + 1))
        values = np.full(judged.n_groups, np.nan)
        for group in np.flatnonzero(np.diff(bounds)):
            rows = order[bounds[group] : bounds[group + 1]]
            values[group] = function(judged.y_true[rows], judged.y_pred[rows])
        return values

    return of_groups
