# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One regressor for each group of series, in memory or in a folder of files."""

from numbers import Integral
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import HasMethods, StrOptions, fit_context
from sklearn_sales.compose._partition_groups import (
    check_in_memory,
    check_same_columns,
    check_series,
    columns_of,
    group_folders,
    observe_groups,
    partition_groups,
    refuse_moved,
    rows_of_groups,
    run_all,
    tell_unknown,
)
from sklearn_sales.compose._partition_jobs import (
    attempt,
    delete_older_models,
    fit_group,
    fit_partition,
    predict_group,
    predict_partition,
    releases,
)
from sklearn_sales.model_selection import fill_keys, take_rows
from sklearn_sales.model_selection._panel_parts import common_keys
from sklearn_sales.panel import (
    Panel,
    PanelEstimator,
    UpdateMixin,
    check_target,
    column_index,
    read_table,
)
from sklearn_sales.panel._index_levels import names_series
from sklearn_sales.panel._keys import SeriesKeys

__all__ = ["PartitionedRegressor"]


class PartitionedRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """A clone of a regressor for each group of series, fitted apart.

    Groups are the distinct values of one or several key columns, such as stores. Each
    has a model that sees its own rows alone, so groups are fitted and forecast in
    parallel, on one machine or, within ``joblib.parallel_config(backend="dask")``, on
    a cluster.

    A panel that no memory holds lies in a folder of Parquet files.
    :meth:`fit_partitions` and :meth:`predict_partitions` send the workers paths. They
    read one partition at a time, and write models and forecasts to files, each of them
    whole or not at all. What was killed goes on where it stopped when it is called
    again.

    Parameters
    ----------
    estimator : estimator
        A forecaster of this package, or a pipeline with
        :class:`~sklearn_sales.preprocessing.LagFeatures`.
    by : str, int or list of them, default=None
        Key column(s) of X that tell the groups, by name or position. All rows of a
        series are of one group. None is a single group.
    handle_unknown : {"mean", "error"}, default="mean"
        What answers rows of a group that fit did not see: the mean of what the models
        of all groups forecast for them, with one warning, or an error.
    n_jobs : int, default=None
        Groups that are fitted or forecast at once, see :class:`joblib.Parallel`.
    verbose : int, default=0
        Above 0 progress is shown, see :class:`joblib.Parallel`.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None takes those that an estimator of
        panels inside names, else ``by``: a series in each group. Estimators of panels
        inside that name no ``series``, ``time`` or ``freq`` get those of here.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it, in each group from its own times.

    Attributes
    ----------
    groups_ : pandas.DataFrame of shape (n_groups, n_by)
        The groups, by their keys.
    estimators_ : list of estimator
        The model of each group, after :meth:`fit`.
    model_files_ : list of Path
        The file of the model of each group, after :meth:`fit_partitions`. A model is
        read when it forecasts.
    panel_ : Panel
        The series, their calendar and their history, after :meth:`fit`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names of X, where it has names and all of them are strings.

    See Also
    --------
    sklearn_sales.save : One file for a whole estimator.

    Notes
    -----
    - Groups learn nothing from each other. A model of all series is better where they
      have something in common and fit the memory.
    - The calendar of a group is that of its own times: give ``freq`` where some groups
      have few of them.
    - Files of models are written by joblib. Loading them runs whatever they hold, so
      nobody else may be able to write to that folder.

    Examples
    --------
    >>> from sklearn_sales import ARRegressor, PartitionedRegressor, make_sales_panel
    >>> X, y = make_sales_panel(n_series=6, n_periods=60, n_stores=3, random_state=0)
    >>> X = X[["store", "product", "date", "price"]]
    >>> model = ARRegressor(2, series=["store", "product"], pooled=True)
    >>> model = PartitionedRegressor(model, by="store").fit(X, y)
    >>> model.groups_
       store
    0      0
    1      1
    2      2
    >>> len(model.estimators_), len(model.predict(X)) == len(X)
    (3, True)
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "by": [str, Integral, list, tuple, None],
        "handle_unknown": [StrOptions({"mean", "error"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        estimator,
        by=None,
        *,
        handle_unknown="mean",
        n_jobs=None,
        verbose=0,
        series=None,
        time="auto",
        freq=None,
    ):
        self.estimator = estimator
        self.by = by
        self.handle_unknown = handle_unknown
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.series = series
        self.time = time
        self.freq = freq

    # the inner regressor is validated by its own fit
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Fit a clone on the rows of each group.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time, in any order: keys, time, covariates.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        table = read_table(X, estimator=self, y=y, reset=True)
        y = check_target(y, X, estimator=self)
        panel, rows = Panel.from_table(
            table, y, **common_keys([self.estimator], self._told_keys(table))
        )
        index = self._by_index(table)
        groups = SeriesKeys([str(table.names[i]) for i in index])
        codes = groups.fit_encode(*columns_of(table, index))
        if codes is None:
            codes = np.zeros(len(y), dtype=np.int64)
        group_of_series = check_series(panel, rows.codes, groups, codes)
        inner = fill_keys(self.estimator, self._told_keys(table))
        estimators = self._parallel()(
            delayed(fit_group)(
                groups.show(code) if groups.names else None,
                inner,
                take_rows(table.native, of_group),
                y[of_group],
            )
            for code, of_group in rows_of_groups(codes)
        )
        self._keep(groups, panel_=panel, estimators_=estimators)
        self._group_of_series = group_of_series
        return self

    def _observe(self, X, y, *, overwrite, learn):
        check_in_memory(self)
        table, y, update = self._update(X, y, overwrite)
        columns, codes = self._encode(table)
        tell_unknown(self._groups, codes, columns, "row(s) of X", refuse=True)
        self._check_groups(table, codes, warn=False)
        observe_groups(self.estimators_, codes, table, y, overwrite, learn)
        groups = np.append(self._group_of_series, -1)[update.parents[:-1]]
        groups[update.rows.codes] = codes
        self.panel_, self._group_of_series = update.panel, groups

    def predict(self, X):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows,)
            Forecasts in units of y.
        """
        check_is_fitted(self, "groups_")
        table = read_table(X, estimator=self, reset=False)
        columns, codes = self._encode(table)
        self._tell_unknown(codes, columns, "row(s) of X")
        if hasattr(self, "panel_"):
            self._check_groups(table, codes, warn=bool((codes >= 0).all()))
        jobs = list(rows_of_groups(codes))
        parts = self._parallel(prefer="threads")(
            delayed(predict_group)(
                self._name(code), self._models(code), take_rows(table.native, of_group)
            )
            for code, of_group in jobs
        )
        answers = np.empty(table.n_rows)
        for (_, of_group), part in zip(jobs, parts, strict=True):
            answers[of_group] = part
        return answers

    @fit_context(prefer_skip_nested_validation=False)
    def fit_partitions(self, path, *, target, models):
        """Fit a clone on each partition of a folder; workers read the files.

        A partition is a folder ``store=1`` with any number of Parquet files, or a file
        whose rows are all of one group. The estimator gets pandas DataFrames. A model
        that was made of the same rows, parameters and releases is kept: after a crash,
        or where only some partitions are new, the rest alone is fitted.

        Parameters
        ----------
        path : str or path-like
            The folder. All workers must be able to read it.
        target : str
            Column of the sales; NaN where not observed.
        models : str or path-like
            Folder for the models, which all workers can write to: one file for each
            group. Files of earlier fits go once all groups are fitted.

        Returns
        -------
        self : object
            Fitted estimator, which knows the models by their paths.

        Raises
        ------
        ValueError
            Where partitions cannot be fitted, with their names, after all others
            have been.
        """
        by = self._by_names()
        path, models = Path(path).resolve(), Path(models).resolve()
        groups, parts = partition_groups(path, by, self._parallel())
        inner = fill_keys(self.estimator, self._told_keys())
        stamp = joblib.hash((inner, by, target, releases()), "sha1")
        tasks = (
            delayed(attempt)(
                fit_partition,
                inner,
                part,
                target=target,
                folder=models / folder,
                stamp=stamp,
            )
            for part, folder in zip(parts, group_folders(groups), strict=True)
        )
        names = [groups.show(code) for code in range(groups.n_series)]
        results = run_all(self._parallel(), "fitted", names, tasks)
        columns, files = zip(*results, strict=True)
        check_same_columns(columns, names)
        delete_older_models(files)
        read_table(pd.DataFrame(0.0, [0], columns[0]), estimator=self, y=[0.0])
        return self._keep(groups, model_files_=list(files))

    def predict_partitions(self, path, out, *, column="forecast"):
        """Forecast the rows of each partition of a folder; workers read and write.

        Parameters
        ----------
        path : str or path-like
            Folder of partitions, as in :meth:`fit_partitions`. Columns that fit did
            not see, such as the target, are passed on.
        out : str or path-like
            Folder for the results: a file ``store=1/forecast.parquet`` for each group,
            with the columns that were read and the forecasts. One that was made of the
            same rows by the same model is kept.
        column : str, default="forecast"
            Name of the column of forecasts.

        Returns
        -------
        list of Path
            The files, ordered by group.

        Raises
        ------
        ValueError
            Where partitions cannot be forecast, with their names, after all others
            have been.
        """
        check_is_fitted(self, "groups_")
        by, columns = self._by_names(), self._column_names()
        path, out = Path(path).resolve(), Path(out).resolve()
        if path in (out, *out.parents):
            raise ValueError(
                f"out={str(out)!r} lies in the folder that is read, {str(path)!r}: the "
                "next call would read the forecasts. Give a folder of its own."
            )
        groups, parts = partition_groups(path, by, self._parallel(), self._groups)
        keys = groups.frame()
        codes = self._groups.encode([keys[name] for name in by], by, len(parts))
        self._tell_unknown(codes, [keys[name] for name in by], "partition(s)")
        tasks = (
            delayed(attempt)(
                predict_partition,
                models,
                part,
                columns=columns,
                by=by,
                path=out / folder / "forecast.parquet",
                column=column,
                stamp=joblib.hash((models, column, releases()), "sha1"),
            )
            for part, folder, models in zip(
                parts, group_folders(groups), map(self._models, codes), strict=True
            )
        )
        names = [groups.show(code) for code in range(groups.n_series)]
        return run_all(self._parallel(), "forecast", names, tasks)

    def _told_keys(self, table=None):
        """Keys as told; where nothing names a series, each group is one."""
        told = {"series": self.series, "time": self.time, "freq": self.freq}
        keys = common_keys([self.estimator], told)
        # an index of several levels names its series by itself
        in_index = table is not None and names_series(table.native, keys["time"])
        if keys["series"] is None and not in_index:
            told["series"] = self.by
        return told

    def _by(self):
        one = isinstance(self.by, (str, Integral))
        return [self.by] if one else list(self.by or ())

    def _by_index(self, table):
        index = [column_index(table, column, "by") for column in self._by()]
        if len(set(index)) < len(index):
            raise ValueError(f"by={self.by!r} names a column twice.")
        return index

    def _by_names(self):
        by = self._by()
        if not by or not all(isinstance(name, str) for name in by):
            raise ValueError(
                f"by={self.by!r} must name the columns that tell the partitions of a "
                "folder apart."
            )
        if len(set(by)) < len(by):
            raise ValueError(f"by={self.by!r} names a column twice.")
        return by

    def _column_names(self):
        if not hasattr(self, "feature_names_in_"):
            raise ValueError(
                "The estimator was fitted on columns without names, which tell nothing "
                "of the columns of files. Fit it on a data frame or with "
                "fit_partitions."
            )
        return list(self.feature_names_in_)

    def _parallel(self, **hints):
        return Parallel(n_jobs=self.n_jobs, verbose=self.verbose, **hints)

    def _keep(self, groups, **fitted):
        """Remember groups and models, and forget those of another way of fitting."""
        for name in ("panel_", "estimators_", "model_files_"):
            self.__dict__.pop(name, None)
        self.__dict__.update(fitted)
        self._groups = groups
        self.groups_ = groups.frame()
        return self

    def _models(self, code):
        """The model of a group in a list; those of all for a group without one."""
        models = self.__dict__.get("model_files_") or self.estimators_
        return models if code < 0 else [models[code]]

    def _name(self, code):
        if not self._groups.names:
            return None
        return "that fit did not see" if code < 0 else self._groups.show(code)

    def _encode(self, table):
        if hasattr(self, "panel_"):
            self.panel_.schema.open(table)
        columns, labels = columns_of(table, self._by_index(table))
        return columns, self._groups.encode(columns, labels, table.n_rows)

    def _tell_unknown(self, codes, columns, what):
        refuse = self.handle_unknown == "error"
        tell_unknown(self._groups, codes, columns, what, refuse=refuse)

    def _check_groups(self, table, codes, *, warn):
        """Warn once of new series; refuse rows of a series that say another group."""
        rows = self.panel_.locate(table, warn=warn)
        refuse_moved(self._groups, self.panel_, self._group_of_series, rows, codes)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags
