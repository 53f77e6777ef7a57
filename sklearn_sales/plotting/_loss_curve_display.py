# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How the loss of a network fell, pass by pass."""

import numpy as np

from sklearn_sales._compat import import_optional
from sklearn_sales.plotting._style import DARK, PALETTE, make_axes, tidy

__all__ = ["LossCurveDisplay"]


class LossCurveDisplay:
    """Loss of a network on what it learns from, and on what it was not shown.

    Where the second turns up again the network learns by heart; its best pass is
    marked.

    Use :meth:`from_estimator` or :meth:`from_history` to make one.

    Parameters
    ----------
    train_loss : ndarray of shape (n_passes,)
    valid_loss : ndarray of shape (n_passes,) or None, default=None
        None where nothing was held out.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    train_line_ : matplotlib Line2D
    valid_line_ : matplotlib Line2D or None
    best_ : matplotlib Line2D or None
        The dot at the pass with the least loss on what was held out.

    See Also
    --------
    sklearn_sales.neural_network.LSTMRegressor : Its ``history_`` is drawn.

    Examples
    --------
    >>> from sklearn_sales import LossCurveDisplay
    >>> history = [{"train_loss": 1.0, "valid_loss": 1.1},
    ...            {"train_loss": 0.6, "valid_loss": 0.8},
    ...            {"train_loss": 0.4, "valid_loss": 0.9}]
    >>> display = LossCurveDisplay.from_history(history)
    >>> display.best_pass
    2
    """

    def __init__(self, *, train_loss, valid_loss=None):
        self.train_loss = train_loss
        self.valid_loss = valid_loss

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the losses of a fitted network.

        Parameters
        ----------
        estimator : LSTMRegressor or Pipeline
            Fitted; of a pipeline the last step. Anything with the ``history_`` of
            skorch will do.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : LossCurveDisplay
        """
        inner = estimator[-1] if hasattr(estimator, "steps") else estimator
        history = getattr(inner, "history_", None)
        if history is None:
            raise TypeError(
                f"{type(inner).__name__} has no history_ of losses. Pass a fitted "
                "LSTMRegressor, or a pipeline that ends in one."
            )
        return cls.from_history(history, ax=ax)

    @classmethod
    def from_history(cls, history, *, ax=None):
        """Draw the losses of a history of skorch.

        Parameters
        ----------
        history : list of dict
            For each pass "train_loss" and, where something was held out,
            "valid_loss".
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : LossCurveDisplay
        """
        rows = list(history)
        if not rows or not all("train_loss" in row for row in rows):
            raise ValueError(
                f"history holds {len(rows)} pass(es); at least one is needed, each "
                "with a 'train_loss'. Train with max_epochs=1 or more."
            )
        valid = None
        if all("valid_loss" in row for row in rows):
            valid = np.array([row["valid_loss"] for row in rows])
        train = np.array([row["train_loss"] for row in rows])
        return cls(train_loss=train, valid_loss=valid).plot(ax=ax)

    @property
    def best_pass(self):
        """Pass with the least loss on what was held out, from 1; None without."""
        if self.valid_loss is None:
            return None
        return int(np.nanargmin(self.valid_loss)) + 1

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : LossCurveDisplay
        """
        axes, _ = make_axes(ax, height=2.9)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        passes = np.arange(1, len(self.train_loss) + 1)
        # one pass alone makes no line
        marker = "o" if len(passes) == 1 else None
        (self.train_line_,) = self.ax_.plot(
            passes, self.train_loss, color=DARK, lw=1.4, marker=marker, label="training"
        )
        self.valid_line_, self.best_ = None, None
        if self.valid_loss is not None:
            self._draw_valid(passes)
        tidy(self.ax_)
        ticker = import_optional("matplotlib.ticker", extra="plot")
        self.ax_.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        self.ax_.set(xlabel="pass over the windows", ylabel="loss")
        self.ax_.legend(frameon=False, fontsize=8)
        return self

    def _draw_valid(self, passes):
        (self.valid_line_,) = self.ax_.plot(
            passes, self.valid_loss, color=PALETTE[0], lw=1.8, label="held out"
        )
        best = self.best_pass
        (self.best_,) = self.ax_.plot(
            [best],
            [self.valid_loss[best - 1]],
            "o",
            color=PALETTE[1],
            ms=7,
            label=f"best pass: {best}",
        )
