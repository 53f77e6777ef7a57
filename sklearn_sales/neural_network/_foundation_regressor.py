# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Zero-shot forecasts of a pretrained model."""

import warnings
from numbers import Integral, Real
from os import PathLike

import numpy as np
from sklearn.base import RegressorMixin

from sklearn_sales._compat import Interval, StrOptions, fit_context
from sklearn_sales.neural_network._foundation_cards import CARDS
from sklearn_sales.neural_network._foundation_covariates import (
    CovariateMemory,
    CovariatePlan,
)
from sklearn_sales.neural_network._foundation_forecast import (
    Answering,
    answer_rows,
    difference_helps,
)
from sklearn_sales.neural_network._foundation_kernels import at_levels
from sklearn_sales.neural_network._foundation_models import open_model
from sklearn_sales.neural_network._lstm_device import resolve_device
from sklearn_sales.panel import PanelEstimator, UpdateMixin

__all__ = ["FoundationRegressor"]


class FoundationRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    """Forecast by a model that was trained on other series (a foundation model).

    Nothing is trained: `fit` remembers the history, and each row is answered by
    the pretrained model from the sales up to the row's origin. The point forecast is
    the median.

    Parameters
    ----------
    model : {"fracast", "chronos-2"}, default="fracast"
        The architecture. :attr:`card` tells licence, size and capabilities.
        ``"fracast"`` [1]_ is small, reads past sales alone and brings its weights;
        ``"chronos-2"`` [2]_ is large and reads covariates as well.
    model_path : str or path-like, default=None
        Directory of the weights: ``config.json`` and ``model.safetensors``. None
        takes those that come with the library, which fracast alone has.
    sha256 : str, default=None
        SHA-256 that ``model.safetensors`` must have.
    allow_download : bool, default=False
        Whether ``model_path`` may name a repository of the Hugging Face hub,
        ``"owner/name"``, that is downloaded at ``revision``.
    revision : str, default=None
        The commit to download, 40 hexadecimal digits.
    season : int or "auto", default="auto"
        Length of the season in times of the calendar, for `season_difference` and
        for series that are too short for the model. ``"auto"`` takes the season that
        the frequency is known for.
    season_difference : bool or "auto", default="auto"
        Whether the change against one season ago is forecast and added to it.
        ``"auto"`` does what had the smaller error at the end of the training span,
        where up to 32 series are forecast both ways, and False for ``"chronos-2"``,
        which reads long seasons by itself.
    horizon : int, default=1
        Largest step ahead of rows inside the training span. Rows after the span are
        forecast from its end.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where no
        training sale is negative.
    device : str, default="cpu"
        ``"auto"`` is CUDA, else MPS, else the CPU; or a device of torch.
    n_jobs : int, default=None
        Threads that work on batches, each with one thread of torch. None is 1, -1
        all cores.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    season_ : int
        Length of the season in times of the calendar.
    season_difference_ : bool
        Whether seasonal differences are forecast.
    quantile_levels_ : ndarray of shape (n_levels,)
        Quantiles that the model answers.
    model_horizon_ : int
        Steps that it answers in one pass.
    checksums_ : dict
        SHA-256 of each file that was read.
    mean_ : ndarray of shape (n_series + 1,)
        Mean of the sales of each series, at last of the mean of all series at each
        time: the answer where nothing lies before the origin.
    card : ModelCard
        What is known of the model.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    LSTMRegressor : A network that is trained on the panel itself.
    ConformalRegressor : Intervals that widen as past errors did.

    Notes
    -----
    - Each distinct series and origin is one pass of the model, some hundredths of a
      second for fracast on a CPU: future rows of a series share one, rows inside
      the span have one each with ``horizon=1``.
    - Beyond ``model_horizon_`` steps fracast feeds medians back, and its quantiles
      widen no further; beyond ten times as many, and beyond ``model_horizon_`` with
      Chronos-2, the last season of forecasts is repeated.
    - fracast needs 8 observations before the origin: with fewer, a series is forecast
      by the seasonal naive, with quantiles that are all the same.
    - Chronos-2 reads the numeric covariates of the past and of the steps between the
      origin and the row: from the same X, or the last known ones where X lacks them.
      Each row is then a pass of its own, so that later rows tell it nothing. fracast
      ignores covariates.
    - Quantiles are sorted, since those of the model can cross.
    - Series that fit did not see are answered from the mean of all series.
    - A file of joblib or pickle holds the parameters and the checksums, not the
      weights: they are read again at the next forecast, and must be the same.

    References
    ----------
    .. [1] "Fracast-0: a compact time-series foundation model", 2026,
       https://github.com/ztxtech/fracast-0
    .. [2] A. F. Ansari et al., "Chronos-2: from univariate to universal forecasting",
       2025, arXiv:2510.15821

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import FoundationRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=70)})
    >>> y = np.tile([10.0, 10, 10, 10, 10, 20, 30], 10)
    >>> model = FoundationRegressor().fit(X, y)
    >>> future = pd.DataFrame({"date": pd.date_range("2024-03-11", periods=7)})
    >>> model.predict(future).round()
    array([10., 10., 10., 10., 10., 20., 30.])
    """

    _parameter_constraints: dict = {
        "model": [StrOptions(set(CARDS))],
        "model_path": [str, PathLike, None],
        "sha256": [str, None],
        "allow_download": ["boolean"],
        "revision": [str, None],
        "season": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "season_difference": ["boolean", StrOptions({"auto"})],
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "clip": ["boolean", StrOptions({"auto"})],
        "device": [str],
        "n_jobs": [Integral, None],
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        model="fracast",
        *,
        model_path=None,
        sha256=None,
        allow_download=False,
        revision=None,
        season="auto",
        season_difference="auto",
        horizon=1,
        clip="auto",
        device="cpu",
        n_jobs=None,
        series=None,
        time="auto",
        freq=None,
    ):
        self.model = model
        self.model_path = model_path
        self.sha256 = sha256
        self.allow_download = allow_download
        self.revision = revision
        self.season = season
        self.season_difference = season_difference
        self.horizon = horizon
        self.clip = clip
        self.device = device
        self.n_jobs = n_jobs
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Remember the sales history, and check the files of the model.

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

        Raises
        ------
        ImportError
            If the library of the model is not installed, with the pip line.
        ValueError
            If a directory holds pickles, code or an adapter, lacks its weights, or
            has another checksum than `sha256`.
        """
        table, rows, _ = self._remember(X, y)
        device = resolve_device(self.device)
        forecaster, self.checksums_ = open_model(self, device)
        self.quantile_levels_ = forecaster.levels
        self.model_horizon_ = forecaster.horizon
        self._covariates = None
        if self._reads_covariates():
            self._covariates = CovariateMemory(
                self.panel_, rows.codes, rows.positions, self._values(table)
            )
        self._read_history()
        self.season_difference_ = self._decide(forecaster, device)
        return self

    def _reads_covariates(self):
        return CARDS[self.model].covariates and bool(self.panel_.schema.covariates)

    def _values(self, table):
        """Covariates of rows, shape (n_rows, n_covariates)."""
        return table.float_columns(
            list(self.panel_.schema.covariates),
            owner=type(self).__name__,
            allow_nan=False,
        )

    def _observe(self, X, y, *, overwrite, learn):
        table, _, update = self._update(X, y, overwrite)
        if self._covariates is not None:
            self._covariates = self._covariates.joined(update, self._values(table))
        self.panel_ = update.panel
        self._read_history()
        if learn:
            device = resolve_device(self.device, fitted=True)
            forecaster, _ = open_model(self, device, known=self.checksums_)
            self.season_difference_ = self._decide(forecaster, device)

    def _read_history(self):
        """Season, means, and the lowest forecast."""
        history, season = self.panel_.history, self.season
        self.season_ = int(self.panel_.calendar.season if season == "auto" else season)
        self.mean_ = _means(history)
        clips = self.clip
        if clips == "auto":
            clips = not np.any(history.data < 0)
        self._floor = 0.0 if clips else -np.inf

    def _decide(self, forecaster, device):
        """Whether seasonal differences are forecast."""
        wanted = self.season_difference
        if wanted == "auto" and not CARDS[self.model].misses_seasons:
            wanted = False
        if self.season_ == 1 or wanted != "auto":
            return self.season_ > 1 and bool(wanted)
        panel = self.panel_
        how = Answering(forecaster, self.season_, False, device.type, self.n_jobs)
        return difference_helps(how, panel.history, panel.keys.hashes, panel.n_series)

    def predict(self, X):
        """Forecast the median of rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows,)
            In units of y.
        """
        _, forecasts = self._answer(X)
        return at_levels(forecasts, self.quantile_levels_, np.array([0.5]))[:, 0]

    def predict_quantiles(self, X, q):
        """Quantiles of the sales of rows.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        q : float or array-like of shape (n_quantiles,)
            Within the levels of the model, ``quantile_levels_``; linear between them.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles)
            A column for each quantile; they do not cross.
        """
        levels = np.atleast_1d(np.asarray(q, dtype=np.float64))
        steps, forecasts = self._answer(X)
        known = self.quantile_levels_
        inside = (levels >= known[0]) & (levels <= known[-1])
        if levels.ndim != 1 or not np.all(inside):
            raise ValueError(
                f"q must be a number, or a list of them, from {known[0]:g} to "
                f"{known[-1]:g}, the levels of model={self.model!r}; got q={q!r}. "
                "ConformalRegressor answers others."
            )
        far = int(np.count_nonzero(steps > self.model_horizon_))
        if far:
            warnings.warn(
                f"{far} row(s) of X lie more than {self.model_horizon_} steps ahead: "
                "their quantiles widen no further. ConformalRegressor widens them.",
                UserWarning,
                stacklevel=2,
            )
        return at_levels(forecasts, known, levels)

    def predict_interval(self, X, coverage=0.8):
        """Lower and upper bounds of the sales of rows.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
        coverage : float, default=0.8
            Share of the sales to cover, as far as the levels of the model reach.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            The quantiles with half of the misses below and half above.
        """
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise ValueError(
                f"coverage must be a number between 0 and 1; got coverage={coverage!r}."
            )
        # 1 - 0.8 is a little less than 0.2
        levels = np.round([(1 - coverage) / 2, (1 + coverage) / 2], 12)
        return self.predict_quantiles(X, levels)

    def _answer(self, X):
        """Step and quantiles of each row."""
        table, rows = self._read(X)
        device = resolve_device(self.device, fitted=True)
        forecaster, _ = open_model(self, device, known=self.checksums_)
        origins, steps = self.panel_.origins(rows, self.horizon)
        plan = None
        if self._covariates is not None:
            values = self._values(table)
            plan = CovariatePlan(
                self._covariates, self.panel_, table, rows, values, origins
            )
        how = Answering(
            forecaster,
            self.season_,
            self.season_difference_,
            device.type,
            self.n_jobs,
            plan,
        )
        forecasts = answer_rows(how, self.panel_.history, rows.codes, origins, steps)
        unknown = np.isnan(forecasts[:, 0])
        forecasts[unknown] = self.mean_[rows.codes[unknown], None]
        return steps, np.maximum(forecasts, self._floor)

    @property
    def card(self):
        """What is known of the model: licence, size, capabilities."""
        return CARDS[self.model]

    def __repr__(self, N_CHAR_MAX=700):
        shown = super().__repr__(N_CHAR_MAX)
        # before validation, the parameter may be anything
        card = CARDS.get(self.model) if isinstance(self.model, str) else None
        return shown if card is None else f"{shown}\n# {card.summary}"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # nothing is learned from y, so covariates alone explain nothing
        tags.regressor_tags.poor_score = True
        return tags


def _means(history):
    """Mean of the observed cells of each series; NaN where there is none."""
    codes = np.repeat(np.arange(history.n_series), history.lengths)
    observed = ~np.isnan(history.data)
    counts = np.bincount(codes[observed], minlength=history.n_series)
    sums = np.bincount(
        codes[observed], weights=history.data[observed], minlength=history.n_series
    )
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
