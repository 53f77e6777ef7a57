# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the parameters of an LSTMRegressor may be, and what they come to."""

from numbers import Integral, Real

import numpy as np

from sklearn_sales._compat import Interval, StrOptions

__all__ = [
    "LSTM_CONSTRAINTS",
    "check_settings",
    "draw_seeds",
    "embedding_shapes",
    "quantile_levels",
    "resolve_batch_size",
    "resolve_loss",
    "resolve_window",
]

_DEFAULT_QUANTILES = (0.1, 0.5, 0.9)
# Losses whose forecast is a positive mean.
_POSITIVE = ("poisson", "tweedie", "negative_binomial")

_COUNT = [Interval(Integral, 1, None, closed="left")]
_POSITIVE_REAL = [Interval(Real, 0, None, closed="neither")]
_NON_NEGATIVE = [Interval(Real, 0, None, closed="left")]
_SHARE = [Interval(Real, 0, 1, closed="left")]

LSTM_CONSTRAINTS: dict = {
    "window": [*_COUNT, StrOptions({"auto"})],
    "horizon": _COUNT,
    "hidden_size": _COUNT,
    "num_layers": _COUNT,
    "dropout": _SHARE,
    "decoder": [StrOptions({"direct", "seq2seq"})],
    "attention": ["boolean"],
    "shortcut": ["boolean"],
    "loss": [
        StrOptions(
            {"auto", "squared_error", "absolute_error", "huber", "pinball", *_POSITIVE}
        )
    ],
    "quantiles": ["array-like", None],
    "huber_delta": _POSITIVE_REAL,
    "tweedie_power": [Interval(Real, 1, 2, closed="neither")],
    "scaling": [StrOptions({"mean", "std"}), None],
    "scale_power": _NON_NEGATIVE,
    "season": [
        Interval(Integral, 2, None, closed="left"),
        "array-like",
        StrOptions({"auto"}),
        None,
    ],
    "static": [str, int, list, tuple, None],
    "embed_series": ["boolean"],
    "max_epochs": [Interval(Integral, 0, None, closed="left")],
    "epoch_size": _COUNT,
    "batch_size": [*_COUNT, StrOptions({"auto"})],
    "lr": _POSITIVE_REAL,
    "lr_schedule": [StrOptions({"cosine", "plateau"}), None],
    "weight_decay": _NON_NEGATIVE,
    "gradient_clip": [*_POSITIVE_REAL, None],
    "averaging": [Interval(Real, 0, 1, closed="both")],
    "early_stopping": ["boolean"],
    "patience": _COUNT,
    "validation_steps": [*_COUNT, None],
    "augment_scale": _NON_NEGATIVE,
    "augment_jitter": _NON_NEGATIVE,
    "augment_mask": _SHARE,
    "n_members": _COUNT,
    "freeze_encoder": ["boolean"],
    "warm_start": ["boolean"],
    "device": [str],
    "precision": [StrOptions({"fp32", "bf16", "fp16"})],
    "compile": ["boolean"],
    "callbacks": [list, None],
    "clip": ["boolean", StrOptions({"auto"})],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def check_settings(settings, y):
    """Rules across parameters, and between them and the sales.

    Parameters
    ----------
    settings : LSTMRegressor
    y : ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
    """
    if settings.quantiles is not None and settings.loss != "pinball":
        raise ValueError(
            f"quantiles={settings.quantiles!r} are learned with loss='pinball' alone, "
            f"but loss={settings.loss!r}."
        )
    if settings.embed_series and settings.series is None:
        raise ValueError(
            "embed_series=True needs the key columns in series=; without them there is "
            "one series and nothing to tell apart."
        )
    if settings.loss not in _POSITIVE:
        return
    if settings.scaling == "std":
        raise ValueError(
            f"loss={settings.loss!r} forecasts a positive mean, which scaling='std' "
            "moves about zero: take scaling='mean' or None."
        )
    if np.nanmin(y) < 0:
        raise ValueError(
            f"loss={settings.loss!r} is for sales that are never negative, but y "
            f"holds {np.nanmin(y):g}: take 'squared_error', 'absolute_error' or "
            "'huber', or move returns to a column of their own."
        )


def resolve_loss(settings, non_negative):
    """The loss of the mean that ``loss="auto"`` stands for, or the one that is given.

    Sales spread the more the higher their mean is. The squared error hears little but
    the highest of them; the Poisson deviance has the same mean as its minimum, and
    counts errors in units of that spread.

    Parameters
    ----------
    settings : LSTMRegressor
    non_negative : bool
        Whether no training sale is negative.
    """
    if settings.loss != "auto":
        return settings.loss
    positive = non_negative and settings.scaling != "std"
    return "poisson" if positive else "squared_error"


def quantile_levels(quantiles):
    """Quantiles that are learned, in rising order, the median among them.

    Raises
    ------
    ValueError
        Where they are not distinct numbers between 0 and 1.
    """
    levels = np.asarray(_DEFAULT_QUANTILES if quantiles is None else quantiles)
    numeric = levels.dtype.kind == "f" and levels.ndim == 1 and len(levels)
    if not numeric or not np.all((levels > 0) & (levels < 1)):
        raise ValueError(
            f"quantiles={quantiles!r} must list numbers between 0 and 1, such as "
            "[0.1, 0.5, 0.9]."
        )
    if len(np.unique(levels)) < len(levels):
        raise ValueError(f"quantiles={quantiles!r} names a quantile twice.")
    return tuple(np.unique([*levels, 0.5]).tolist())


def resolve_window(window, seasons, longest):
    """Length of the window.

    Parameters
    ----------
    window : int or "auto"
    seasons : tuple of int
    longest : int
        Length of the longest series.
    """
    if window != "auto":
        return int(window)
    season = max(seasons, default=7)
    n_seasons = 4 if season <= 7 else 2 if season <= 24 else 1
    return max(1, min(n_seasons * season, longest // 2))


def resolve_batch_size(settings, n_windows):
    """Some thirty batches in a pass, of 16 to 256 windows, unless it is given."""
    if settings.batch_size != "auto":
        return int(settings.batch_size)
    n_windows = min(max(n_windows, 1), settings.epoch_size)
    return 2 ** int(np.clip(np.rint(np.log2(n_windows / 32)), 4, 8))


def embedding_shapes(categories, before=()):
    """Rows and width of each embedding: 1.6 n ** 0.56, a rule of thumb, held at 16.

    Parameters
    ----------
    categories : list of pandas.Index
    before : sequence of tuple of int, default=()
        Shapes of a fitted net; the widths are kept.
    """
    rows = [len(known) + 1 for known in categories]
    if before:
        return [(n, width) for n, (_, width) in zip(rows, before, strict=True)]
    return [(n, min(16, max(1, round(1.6 * n**0.56)))) for n in rows]


def draw_seeds(random_state, n_members):
    """One seed for each net; the global random state of NumPy is not touched."""
    if random_state is None:
        entropy = None
    elif isinstance(random_state, Integral):
        entropy = int(random_state)
    else:
        entropy = int(random_state.randint(2**31))
    states = np.random.SeedSequence(entropy).generate_state(n_members)
    return [int(state) for state in states]
