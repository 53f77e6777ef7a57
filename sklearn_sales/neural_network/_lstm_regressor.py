# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A global sequence model of sales, trained through skorch."""

from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from sklearn_sales._compat import fit_context
from sklearn_sales.neural_network._lstm_model import LSTMModel
from sklearn_sales.neural_network._lstm_settings import (
    LSTM_CONSTRAINTS,
    check_settings,
)
from sklearn_sales.panel import (
    PanelEstimator,
    UpdateMixin,
    read_table,
    warn_of_long_horizon,
)

__all__ = ["LSTMRegressor"]


class LSTMRegressor(RegressorMixin, UpdateMixin, PanelEstimator):
    r"""One recurrent network for all series, with a linear model inside.

    An LSTM [1]_ reads the last `window` times of a series: sales, covariates, calendar.
    A decoder answers the next `horizon` times from what it has read and from what is
    known of each of them. The forecast of step h is

    .. math:: \hat y_{t+h} = a + s \left(w_h^\top z_t + u_{t,h}\right) e^{v_{t,h}},

    where a and s are location and scale of the window, :math:`z_t` are scaled lags,
    covariates, calendar and the last known values of the same phase of the season,
    :math:`w_h` the linear shortcut, and u and v come from the network. Training starts
    from :math:`u = v = 0` and the ridge solution of w, and keeps the weights that did
    best on the last times of the training span: there it is no worse than the linear
    model.

    Needs torch and skorch: ``pip install "sklearn-sales[deep]"``.

    Parameters
    ----------
    window : int or "auto", default="auto"
        Past times that the network reads. Shorter series are masked on the left.
        ``"auto"`` is four seasons of up to 7 times, two of up to 24, else one, and no
        more than half the longest series.
    horizon : int, default=1
        Steps ahead that are answered in one pass. Rows farther ahead are forecast by
        feeding forecasts back. Rows inside the training span have a step of
        1..horizon, drawn by a fixed hash.
    hidden_size : int, default=32
        Units of each recurrent layer.
    num_layers : int, default=1
        Recurrent layers of the encoder, and of the decoder for
        ``decoder="seq2seq"``.
    dropout : float, default=0.1
        Share of hidden units that training drops.
    decoder : {"direct", "seq2seq"}, default="direct"
        ``"direct"`` answers each step by itself. ``"seq2seq"`` unrolls a second LSTM
        over the steps; it needs the covariates of the steps before a row's own, which
        are read from the same X, or carried forward where X lacks them.
    attention : bool, default=False
        Whether each step looks back at every time of the window; see
        :meth:`attention_weights`.
    shortcut : bool, default=True
        Whether there is a linear shortcut.
    loss : str, default="auto"
        ``"squared_error"``, ``"poisson"``, ``"tweedie"`` and ``"negative_binomial"``
        forecast the mean, the last three of sales that are never negative;
        ``"absolute_error"`` and ``"pinball"`` the median, ``"pinball"`` other quantiles
        as well; ``"huber"`` something between mean and median. ``"auto"`` is
        ``"poisson"`` where no training sale is negative, unless ``scaling="std"``,
        else ``"squared_error"``.
    quantiles : list of float, default=None
        For ``loss="pinball"``: what :meth:`predict_quantiles` answers. None is
        0.1, 0.5, 0.9.
    huber_delta : float, default=1.0
        Where the Huber loss turns linear, in units of the window's scale.
    tweedie_power : float, default=1.5
        Power of the Tweedie loss: 1 is Poisson, 2 is gamma.
    scaling : {"mean", "std"} or None, default="mean"
        What a window is scaled by: its mean absolute sales; its mean and deviation; or
        one number for the whole panel.
    scale_power : float, default=1.0
        A window counts in the loss by its scale to this power, up to ten times the
        level of the panel. 0 counts all series alike; 1 counts them by their sales, as
        WAPE does. No effect on ``"negative_binomial"``.
    season : int, list of int, "auto" or None, default="auto"
        Seasons in times of the calendar. ``"auto"`` takes the one that the frequency
        is known for (24 and 168 for hours).
    static : str, int, list of them, or None, default=None
        Columns of categories, of any type, that are the same in all rows of a series.
        Each gets an embedding.
    embed_series : bool, default=False
        Whether each series gets an embedding of its own.
    max_epochs : int, default=40
        Most passes over `epoch_size` windows. 0 is the linear model alone.
    epoch_size : int, default=8192
        Windows of one pass, drawn anew each time; all of them if there are no more.
    batch_size : int or "auto", default="auto"
        Windows of one step. ``"auto"`` is 16 for small data up to 256 for large.
    lr : float, default=0.005
        Learning rate of AdamW.
    lr_schedule : {"cosine", "plateau"} or None, default="cosine"
        Lower it to zero over `max_epochs`, tenfold whenever the loss stands still, or
        not at all.
    weight_decay : float, default=0.01
        Of AdamW; the linear shortcut is spared.
    gradient_clip : float or None, default=1.0
        Largest norm of the gradient.
    averaging : float, default=0.1
        Share of the steps so far, the last ones, whose weights are averaged [4]_; the
        mean is what the held-out times judge. 0 takes the weights as they are.
    early_stopping : bool, default=True
        Whether to hold out the last `validation_steps` times, stop when their loss
        has not fallen for `patience` passes, and take the best weights. Where the span
        is shorter than twice those times plus two, or leaves no window on one side of
        the cut, everything is learned from for `max_epochs`.
    patience : int, default=20
        Passes without improvement before training stops. Fewer save time; most of what
        is learned comes late, at the low rates of ``lr_schedule="cosine"``.
    validation_steps : int or None, default=None
        Times held out. None is `horizon`, twice that where it is no more than a tenth
        of the span, or more where there are few series: as many as hold 100 sales, up
        to a fifth of the span.
    augment_scale, augment_jitter, augment_mask : float, default=0.0
        Random changes of training windows: deviation of the log factor on the scale,
        relative deviation of noise on each past value, share of past values hidden.
    n_members : int, default=1
        Networks that are trained from different seeds and averaged.
    freeze_encoder : bool, default=False
        Whether training leaves the encoder as it is, to fine-tune on few data.
    warm_start : bool, default=False
        Whether `fit` goes on from the fitted network. The scales of the covariates
        are kept, new categories start from the unknown one.
    device : str, default="auto"
        ``"auto"`` is CUDA, else MPS, else the CPU; or a device of torch.
    precision : {"fp32", "bf16", "fp16"}, default="fp32"
        Half precision where torch's autocast allows it; ``"fp16"`` on GPUs alone.
    compile : bool, default=False
        Whether torch.compile compiles the network for training.
    callbacks : list or None, default=None
        Callbacks of skorch, used as they are.
    clip : "auto" or bool, default="auto"
        Whether forecasts below zero are answered by zero. ``"auto"`` does so where no
        training sale is negative.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the order of the windows and dropout. None takes fresh
        entropy of the system. Global random states are left as they are.
    verbose : int, default=0
        1 prints each pass.
    series : str, int, list of them, or None, default=None
        Key column(s) of X: names or positions. None is a single series.
    time : str, int or "auto", default="auto"
        Time column of X. ``"auto"`` is the one column of datetimes or periods, else
        the first column that is no key; ``"index"`` reads the index of a pandas frame.
    freq : str, float or None, default=None
        Frequency of the times; None infers it.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; the first one of several.
    members_ : list of skorch.NeuralNet
        All of them.
    history_ : skorch.history.History
        Losses of `net_` by pass, ``history_[:, "valid_loss"]`` for instance.
    window_ : int
        Past times that the network reads.
    season_ : tuple of int
        Seasons in use.
    loss_ : str
        Name of the loss in use.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    ARRegressor : The linear model of each series.

    Notes
    -----
    - A covariate comes as it is and relative to its mean over the window: as a ratio
      where it is positive everywhere, such as a price, else as a difference.
    - What was not observed is masked, in the past and among the targets.
    - A series that fit did not see is answered from the mean of all series with its
      static categories, else of all series; a category that fit did not see has the
      embedding of the unknown, which training learns by hiding 5 % of the categories.
      The static categories of a known series are those of fit.
    - The window of a series without sales yet is scaled by the mean of the panel.
    - Where all training sales are zero, so is every forecast.
    - On the CPU, training works in single and forecasting in double precision.
    - Interrupting `fit` from the keyboard keeps what has been learned.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural
       Computation 9(8), 1997.
    .. [2] D. Salinas, V. Flunkert, J. Gasthaus and T. Januschowski, "DeepAR:
       Probabilistic forecasting with autoregressive recurrent networks",
       International Journal of Forecasting 36(3), 2020 (scaling of windows).
    .. [3] D. Bahdanau, K. Cho and Y. Bengio, "Neural machine translation by jointly
       learning to align and translate", ICLR 2015 (attention).
    .. [4] O. Shamir and T. Zhang, "Stochastic gradient descent for non-smooth
       optimization: convergence results and optimal averaging schemes", ICML 2013
       (averaging of weights).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import LSTMRegressor
    >>> X = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=70)})
    >>> y = np.tile([10.0, 10, 10, 10, 10, 20, 30], 10)
    >>> model = LSTMRegressor(horizon=7, max_epochs=2, random_state=0).fit(X, y)
    >>> future = pd.DataFrame({"date": pd.date_range("2024-03-11", periods=7)})
    >>> model.predict(future).round()
    array([10., 10., 10., 10., 10., 20., 30.])
    """

    _parameter_constraints: dict = {
        **LSTM_CONSTRAINTS,
        **PanelEstimator._panel_constraints,
    }

    def __init__(
        self,
        window="auto",
        horizon=1,
        *,
        hidden_size=32,
        num_layers=1,
        dropout=0.1,
        decoder="direct",
        attention=False,
        shortcut=True,
        loss="auto",
        quantiles=None,
        huber_delta=1.0,
        tweedie_power=1.5,
        scaling="mean",
        scale_power=1.0,
        season="auto",
        static=None,
        embed_series=False,
        max_epochs=40,
        epoch_size=8192,
        batch_size="auto",
        lr=5e-3,
        lr_schedule="cosine",
        weight_decay=1e-2,
        gradient_clip=1.0,
        averaging=0.1,
        early_stopping=True,
        patience=20,
        validation_steps=None,
        augment_scale=0.0,
        augment_jitter=0.0,
        augment_mask=0.0,
        n_members=1,
        freeze_encoder=False,
        warm_start=False,
        device="auto",
        precision="fp32",
        compile=False,
        callbacks=None,
        clip="auto",
        random_state=None,
        verbose=0,
        series=None,
        time="auto",
        freq=None,
    ):
        self.window = window
        self.horizon = horizon
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.decoder = decoder
        self.attention = attention
        self.shortcut = shortcut
        self.loss = loss
        self.quantiles = quantiles
        self.huber_delta = huber_delta
        self.tweedie_power = tweedie_power
        self.scaling = scaling
        self.scale_power = scale_power
        self.season = season
        self.static = static
        self.embed_series = embed_series
        self.max_epochs = max_epochs
        self.epoch_size = epoch_size
        self.batch_size = batch_size
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.gradient_clip = gradient_clip
        self.averaging = averaging
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_steps = validation_steps
        self.augment_scale = augment_scale
        self.augment_jitter = augment_jitter
        self.augment_mask = augment_mask
        self.n_members = n_members
        self.freeze_encoder = freeze_encoder
        self.warm_start = warm_start
        self.device = device
        self.precision = precision
        self.compile = compile
        self.callbacks = callbacks
        self.clip = clip
        self.random_state = random_state
        self.verbose = verbose
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Learn from all series together.

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
        ValueError
            If the training loss is no longer finite, among others.
        MemoryError
            If the device has too little memory, with advice.
        """
        previous = getattr(self, "_model", None) if self.warm_start else None
        return self._learn(X, y, previous)

    def _observe(self, X, y, *, overwrite, learn):
        """Take in rows; with ``learn``, training goes on from the present weights."""
        table, y, update = self._update(X, y, overwrite)
        X, y = self._model.joined(update, table, y)
        if learn:
            self._learn(X, y, self._model)
            return
        table = read_table(X, estimator=self, reset=False)
        self._model = self._model.carried(update, table)
        self.panel_ = update.panel

    def _learn(self, X, y, previous):
        table, rows, y = self._remember(X, y)
        check_settings(self, y)
        warn_of_long_horizon(self.panel_, self.horizon, stacklevel=4)
        self._model = LSTMModel.learn(self, table, rows, previous)
        return self

    def predict(self, X):
        """Forecast rows by their series and time.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)
            Rows of the training span, of the future, or both, in any order.

        Returns
        -------
        ndarray of shape (n_rows,)
            In units of y.
        """
        return self._answer(X, "point")

    @available_if(lambda self: self.loss == "pinball")
    def predict_quantiles(self, X):
        """Forecast the quantiles of rows.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles)
            In the order of `quantiles`, in units of y. They do not cross. Beyond
            `horizon` they start from medians that are fed back, so they are too
            narrow there.
        """
        quantiles = self._answer(X, "quantiles")
        levels = self._model.levels
        wanted = (0.1, 0.5, 0.9) if self.quantiles is None else self.quantiles
        return quantiles[:, [levels.index(float(q)) for q in wanted]]

    @available_if(lambda self: self.attention)
    def attention_weights(self, X):
        """How much each row looks at each time of its window.

        Parameters
        ----------
        X : dataframe or array of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows, window_)
            Axis 0 is the rows of X. Axis 1 is the times of the window, the oldest
            first: column -1 is the row's forecast origin, column -l lies l - 1 times
            before it. Each row sums to one.
        """
        return self._answer(X, "attention")

    def _answer(self, X, kind):
        table, rows = self._read(X)
        return self._model.answer(self.panel_, table, rows, kind, self.device)

    @property
    def members_(self):
        return self._model.nets

    @property
    def net_(self):
        return self._model.nets[0]

    @property
    def history_(self):
        return self.net_.history

    @property
    def window_(self):
        return self._model.windowing.window

    @property
    def season_(self):
        return self._model.windowing.seasons

    @property
    def loss_(self):
        return self._model.settings.loss
