# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A stack of forecasters whose weights are learned in time order."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import MetaEstimatorMixin, RegressorMixin, TransformerMixin, clone
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from sklearn_sales._compat import (
    HasMethods,
    Interval,
    StrOptions,
    check_feature_names_in,
    check_method_params,
    fit_context,
)
from sklearn_sales.ensemble._final_estimators import Vote, check_final, weights_of
from sklearn_sales.ensemble._members import (
    OOF_COLUMNS,
    fit_members,
    forecast,
    oof_frame,
    with_later,
)
from sklearn_sales.ensemble._named_members import NamedMembers
from sklearn_sales.ensemble._weight_groups import GroupedWeights
from sklearn_sales.model_selection import check_growing, make_folds
from sklearn_sales.panel import PanelEstimator, UpdateMixin, take_in

__all__ = ["TimeSeriesStackingRegressor"]


class TimeSeriesStackingRegressor(
    TransformerMixin,
    RegressorMixin,
    MetaEstimatorMixin,
    UpdateMixin,
    NamedMembers,
    PanelEstimator,
):
    """Forecasters combined by weights that never look ahead.

    What scikit-learn's :class:`~sklearn.ensemble.StackingRegressor` is for tables,
    which refuses folds in time order. Each member is fitted on the past of several
    folds and forecasts the rows after it. A final estimator learns from these
    forecasts out of fold how to combine the members, by default a weighted average;
    then all members are fitted on all rows.

    Parameters
    ----------
    estimators : list of (str, estimator)
        The members: regressors or pipelines that take the rows of X, such as
        ``ARRegressor``, ``make_pipeline(LagFeatures(), Ridge())``, or any regressor
        where all columns are numbers. ``"drop"`` in place of a member leaves it out.
    final_estimator : regressor, "mean", "median" or None, default=None
        What combines the members. None is :class:`SimplexRegressor`, weights that are
        not negative and sum to one, drawn to equal weights. ``"mean"`` and
        ``"median"`` are votes, which learn nothing.
    cv : int, splitter, iterable of (train, test) or None, default=None
        Folds. None takes up to 5 that test the newest times, each as long as the
        longest ``horizon`` of a member. Where no member has one above 1, each is a
        season of the calendar long, or a tenth of the times if that is less. Before
        the first stays half of the times, and two seasons as far as three quarters of
        the times hold them. A number is that of the folds. A splitter may be any,
        also scikit-learn's ``TimeSeriesSplit`` on rows sorted by time, and a
        ``PanelTimeSeriesSplit`` without ``series`` and ``time`` cuts the times of X.
        Folds with a training row that is not older than all their test rows are
        refused.
    refit : bool, default=True
        Whether members are fitted anew for each fold, or once, on the training rows
        of the first, and only told the sales up to each later one. That saves most
        of the time, while the forecasts out of fold are of members that learned less.
    passthrough : bool, default=False
        Whether the final estimator also reads the covariates: the columns of X that
        are neither keys nor time.
    weights_by : "step", str, int or None, default=None
        Groups of rows with weights of their own, which are drawn to those of all
        rows. ``"step"``: by blocks of steps ahead, 1, 2-3, 4-7, 8-15 and so on. Else
        a column of X, such as a category. Only for weights: with ``final_estimator``
        None or a SimplexRegressor.
    pooling : float, default=20.0
        With ``weights_by``, the number of effective rows that the weights of all rows
        count for in each group: what ``shrinkage`` is to equal weights in a
        SimplexRegressor.
    update_weights : bool, default=False
        Whether ``partial_fit`` fits the final estimator anew, with what the members
        forecast of the new rows before they learned from them.
    on_failure : {"raise", "drop"}, default="raise"
        What follows where a member cannot be fitted or forecasts no number, in any
        fold or on all rows: an error, or a warning and a stack without it.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where
        no training sale is negative.
    n_jobs : int, default=None
        Number of processes for the fits of all members and folds.
    verbose : int, default=0
        Above 0 progress is shown, see :class:`joblib.Parallel`.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series. Members that
        are panel forecasters need this parameter (and the next two) of their own.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    estimators_ : list of estimator
        The members, fitted on all rows, without those that were dropped.
    named_estimators_ : :class:`~sklearn.utils.Bunch`
        The same by their names; ``"drop"`` for those that were dropped.
    final_estimator_ : regressor
        The fitted final estimator.
    weights_ : dict
        Weight of each member by its name, for a SimplexRegressor or ``"mean"``.
    group_weights_ : pandas.DataFrame of shape (n_groups, n_members)
        Weights of each group, with ``weights_by``.
    oof_predictions_ : pandas.DataFrame or None
        Forecasts out of fold: ``row`` (its number in X; -1 for rows of
        ``partial_fit``), ``fold`` (from 1), ``step``
        (distance from the last observation of the series before the fold),
        ``y_true``, and one column for each member. None for votes without ``cv``.
    failures_ : dict
        Why members were left out by ``on_failure="drop"``, by their names.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    SimplexRegressor : The default final estimator.
    PanelTimeSeriesSplit : Folds in time order.

    Notes
    -----
    - The final estimator is fitted on rows that a fold tests and whose target is
      known. A row that two folds test counts twice, once for each forecast.
    - Members that are forecasters of this package (or pipelines that end in one) get
      rows with an unknown target, others do not, which means the same to them.
    - Rows of the training span are answered by the fitted members as each of them
      does, one step ahead or from memory: what to expect of forecasts is told by
      ``oof_predictions_``. For ``weights_by="step"`` such rows belong to step 1.
      Steps further ahead than any fold tests have the weights of the last block, and
      values of a column that no fold tests those of all rows.
    - With metadata routing, ``fit`` passes metadata to members, final estimator and
      splitter as they request it. Without it, ``sample_weight`` goes to all members
      and the final estimator.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked generalization", Neural Networks 5 (1992), 241-259.
    .. [2] L. Breiman, "Stacked regressions", Machine Learning 24 (1996), 49-64.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn_sales import (
    ...     ARRegressor, LagFeatures, ReductionRegressor, SeasonalNaiveRegressor,
    ...     TimeSeriesStackingRegressor, load_walmart_sample,
    ... )
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> keys = {"series": ["store", "dept"]}
    >>> features = LagFeatures([1, 2, 4], season=52)
    >>> ridge = ReductionRegressor(Ridge(), features=features, horizon=4, **keys)
    >>> stack = TimeSeriesStackingRegressor(
    ...     [("ar", ARRegressor(4, **keys)), ("ridge", ridge),
    ...      ("naive", SeasonalNaiveRegressor(**keys))],
    ...     **keys,
    ... ).fit(X, y)
    >>> {name: round(float(weight), 2) for name, weight in stack.weights_.items()}
    {'ar': 0.18, 'ridge': 0.35, 'naive': 0.47}
    """

    _taken_names = OOF_COLUMNS

    _parameter_constraints: dict = {
        "estimators": [list],
        "final_estimator": [
            HasMethods(["fit", "predict"]),
            StrOptions({"mean", "median"}),
            None,
        ],
        "cv": ["cv_object", Interval(Integral, 1, None, closed="left")],
        "refit": ["boolean"],
        "passthrough": ["boolean"],
        "weights_by": [str, Integral, None],
        "pooling": [Interval(Real, 0, None, closed="left")],
        "update_weights": ["boolean"],
        "on_failure": [StrOptions({"raise", "drop"})],
        "clip": ["boolean", StrOptions({"auto"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        estimators,
        final_estimator=None,
        *,
        cv=None,
        refit=True,
        passthrough=False,
        weights_by=None,
        pooling=20.0,
        update_weights=False,
        on_failure="raise",
        clip="auto",
        n_jobs=None,
        verbose=0,
        series=None,
        time="auto",
        freq=None,
    ):
        self.estimators = estimators
        self.final_estimator = final_estimator
        self.cv = cv
        self.refit = refit
        self.passthrough = passthrough
        self.weights_by = weights_by
        self.pooling = pooling
        self.update_weights = update_weights
        self.on_failure = on_failure
        self.clip = clip
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **fit_params):
        """Fit members and final estimator.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            One row for each series and time, in any order: keys, time, covariates.
        y : array-like of shape (n_rows,)
            Sales; NaN where not observed.
        **fit_params : dict
            Metadata such as ``sample_weight``, see Notes.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        members = self._check_members()
        final = check_final(
            self.final_estimator,
            weights_by=self.weights_by,
            passthrough=self.passthrough,
            update_weights=self.update_weights,
        )
        table, rows, y = self._remember(X, y)
        routed = self._route(members, fit_params)
        folds = self._make_folds(members, final, table, rows, y, routed)
        if not self.refit:
            check_growing(folds)
        fitted = fit_members(
            members,
            table.native,
            y,
            folds,
            {name: routed[name]["fit"] for name in members},
            refit=self.refit,
            on_failure=self.on_failure,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        self._keep(fitted, folds, y)
        self._fit_final(final, table, routed["final_estimator"]["fit"])
        clips = np.nanmin(y) >= 0 if self.clip == "auto" else self.clip
        self._floor = 0.0 if clips else -np.inf
        return self

    def _observe(self, X, y, *, overwrite, learn):
        table, y, update = self._update(X, y, overwrite)
        known = self.oof_predictions_
        learn_weights = learn and self.update_weights and known is not None
        if learn_weights:
            # by the members as they were: later they know what they would forecast
            _, rows, forecasts = self._forecast(table.native)
            steps = rows.positions - self.panel_.history.last[rows.codes]
            self.oof_predictions_ = with_later(known, forecasts, steps, y)
        for member in self.estimators_:
            take_in(member, table.native, y, overwrite=overwrite, learn=learn)
        self.panel_ = update.panel
        if learn_weights:
            self._fit_final(clone(self.final_estimator_), None, {})

    def predict(self, X, **predict_params):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.
        **predict_params : dict
            Arguments of the final estimator's ``predict``.

        Returns
        -------
        ndarray of shape (n_rows,)
            Forecasts in units of y. A final estimator that returns more, such as
            ``return_std``, has it returned.
        """
        table, rows, forecasts = self._forecast(X)
        if self._grouped is not None:
            if predict_params:
                raise TypeError(
                    f"predict got {sorted(predict_params)}, but the weights of "
                    "weights_by= take no arguments."
                )
            steps = rows.positions - self.panel_.history.last[rows.codes]
            answers = self._grouped.combine(table, steps, forecasts)
        else:
            inputs = self._final_inputs(table, forecasts)
            answers = self.final_estimator_.predict(inputs, **predict_params)
        if isinstance(answers, tuple):
            return np.maximum(answers[0], self._floor), *answers[1:]
        return np.maximum(answers, self._floor)

    def transform(self, X):
        """Forecasts of each member.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows, n_members) or (n_rows, n_members + n_covariates)
            With ``passthrough`` the covariates follow the forecasts.
        """
        table, _, forecasts = self._forecast(X)
        return self._final_inputs(table, forecasts)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of ``transform``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; by default those that fit saw, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "estimators_")
        names = check_feature_names_in(self, input_features)
        prefix = type(self).__name__.lower()
        made = [f"{prefix}_{name}" for name in self._names]
        if self.passthrough:
            made += [names[i] for i in self.panel_.schema.covariates]
        return np.array(made, dtype=object)

    @property
    def weights_(self):
        check_is_fitted(self, "final_estimator_")
        return weights_of(self.final_estimator_, self._names, self.final_estimator)

    @property
    def group_weights_(self):
        check_is_fitted(self, "final_estimator_")
        if self._grouped is None:
            raise AttributeError("weights_by=None makes no weights of groups.")
        return self._grouped.frame(self._names)

    def _make_folds(self, members, final, table, rows, y, routed):
        if self.cv is None and isinstance(final, Vote):
            return []
        return make_folds(
            self.cv,
            list(members.values()),
            table,
            y,
            self.panel_,
            rows,
            params=routed["cv"]["split"],
            advice=(
                ", or combine the members by final_estimator='mean', which needs no "
                "folds"
            ),
        )

    def _keep(self, fitted, folds, y):
        """Attributes of the fitted members and of what they forecast out of fold."""
        self._names = list(fitted.estimators)
        self.estimators_ = list(fitted.estimators.values())
        self.failures_ = fitted.failures
        self.named_estimators_ = Bunch(
            **{name: fitted.estimators.get(name, "drop") for name, _ in self.estimators}
        )
        self.oof_predictions_ = None
        if folds:
            self.oof_predictions_ = oof_frame(folds, fitted.forecasts, self._names, y)

    def _fit_final(self, final, table, params):
        """Fit the final estimator, and the weights of groups, out of fold."""
        self._grouped = None
        if isinstance(final, Vote):
            self.final_estimator_ = final.fit(np.empty((0, len(self._names))))
            return
        known = self.oof_predictions_.dropna(subset=["y_true"])
        if not len(known):
            raise ValueError(
                "No row that a fold tests has an observed target, so nothing can be "
                "learned from the folds. Choose cv= so that they test sales, or "
                "combine the members by final_estimator='mean'."
            )
        rows = known["row"].to_numpy()
        forecasts, sold = known[self._names].to_numpy(), known["y_true"].to_numpy()
        params = check_method_params(table and table.native, params, indices=rows)
        inputs = self._final_inputs(table, forecasts, rows)
        self.final_estimator_ = final.fit(inputs, sold, **params)
        if self.weights_by is not None:
            self._grouped = GroupedWeights(
                self.weights_by,
                table,
                known["step"].to_numpy(),
                rows,
                errors=sold[:, None] - forecasts,
                overall=final,
                pooling=self.pooling,
                row_weights=params.get("sample_weight"),
            )

    def _forecast(self, X):
        """Rows of X, and the forecasts of the members for them."""
        check_is_fitted(self, "estimators_")
        table, rows = self._read(X)
        columns = [
            forecast(name, estimator, table.native)
            for name, estimator in zip(self._names, self.estimators_, strict=True)
        ]
        return table, rows, np.column_stack(columns)

    def _final_inputs(self, table, forecasts, rows=slice(None)):
        if not self.passthrough:
            return forecasts
        covariates = table.float_columns(
            list(self.panel_.schema.covariates),
            owner=f"{type(self).__name__} with passthrough=True",
            allow_nan=True,
        )
        return np.hstack([forecasts, covariates[rows]])
