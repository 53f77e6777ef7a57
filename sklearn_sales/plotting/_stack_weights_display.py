# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much each member of a stack is trusted."""

from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales.plotting._style import (
    PALETTE,
    add_note,
    make_axes,
    percent_format,
    tidy,
)

__all__ = ["StackWeightsDisplay"]

OTHERS = "all others"


class StackWeightsDisplay:
    """How much each member of a stack is trusted.

    One bar for each member; where weights differ by step or by category, one bar for
    each of these, which the members share. Of many members those with the least
    weight are drawn as one.

    Use :meth:`from_estimator` or :meth:`from_weights` to make one.

    Parameters
    ----------
    weights : pandas.Series of shape (n_members,) or DataFrame (n_groups, n_members)
        Weights by member, or of each group.
    by : str, default="group"
        What the groups are, for the label.
    max_groups : int, default=12
        How many groups are drawn at most, spread evenly over all of them.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : list of matplotlib BarContainer
        The bars; with groups, those of each member.
    shown : pandas.Series or DataFrame
        The weights that are drawn.

    See Also
    --------
    sklearn_sales.ensemble.TimeSeriesStackingRegressor : Learns the weights.

    Examples
    --------
    >>> from sklearn_sales import StackWeightsDisplay
    >>> display = StackWeightsDisplay.from_weights({"ar": 0.7, "naive": 0.3})
    >>> [float(bar.get_width()) for bar in display.bars_[0]]
    [0.7, 0.3]
    """

    def __init__(self, *, weights, by="group", max_groups=12):
        self.weights = weights
        self.by = by
        self.max_groups = max_groups

    @classmethod
    def from_estimator(cls, estimator, *, max_groups=12, ax=None):
        """Draw the weights of a fitted stack.

        Parameters
        ----------
        estimator : TimeSeriesStackingRegressor, SalesRegressor or Pipeline
            Fitted; of a pipeline the last step.
        max_groups : int, default=12
            How many groups are drawn at most, spread evenly over all of them.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : StackWeightsDisplay
        """
        inner = estimator[-1] if hasattr(estimator, "steps") else estimator
        stack = getattr(inner, "stack_", inner)
        by = getattr(stack, "weights_by", None)
        if by is not None:
            weights = stack.group_weights_
        elif hasattr(stack, "weights_"):
            weights = stack.weights_
        else:
            raise TypeError(
                f"{type(inner).__name__} has no weights_. Pass a fitted "
                "SalesRegressor, or a TimeSeriesStackingRegressor whose "
                "final_estimator is None, 'mean' or a SimplexRegressor."
            )
        label = "step ahead" if by == "step" else str(by)
        return cls.from_weights(weights, by=label, max_groups=max_groups, ax=ax)

    @classmethod
    def from_weights(cls, weights, *, by="group", max_groups=12, ax=None):
        """Draw weights.

        Parameters
        ----------
        weights : dict, pandas.Series or DataFrame of shape (n_groups, n_members)
            Weights by member, or of each group.
        by : str, default="group"
            What the groups are, for the label.
        max_groups : int, default=12
            How many groups are drawn at most, spread evenly over all of them.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : StackWeightsDisplay
        """
        if not isinstance(max_groups, Integral) or max_groups < 1:
            raise ValueError(
                f"max_groups={max_groups!r} must be a whole number of 1 or more."
            )
        if not isinstance(weights, pd.DataFrame):
            weights = pd.Series(weights, dtype=np.float64)
        if not weights.size or weights.isna().to_numpy().any():
            raise ValueError(
                "weights must hold a number for each member (and group); got "
                f"{weights.size} numbers, some of them NaN."
                if weights.size
                else "weights are empty: there is nothing to draw."
            )
        return cls(weights=weights, by=by, max_groups=max_groups).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : StackWeightsDisplay
        """
        grouped = isinstance(self.weights, pd.DataFrame)
        (self._draw_groups if grouped else self._draw_members)(ax)
        return self

    def _draw_members(self, ax):
        self.shown = self.weights.sort_values(ascending=False, kind="stable")
        n_members = len(self.shown)
        axes, _ = make_axes(ax, height=0.2 + 0.3 * n_members)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        places = np.arange(n_members)
        self.bars_ = [self.ax_.barh(places, self.shown, 0.7, color=PALETTE[0])]
        labels = [f"{weight:.0%}" for weight in self.shown]
        self.ax_.bar_label(self.bars_[0], labels, padding=3, fontsize=8)
        tidy(self.ax_, grid="x")
        self.ax_.set_yticks(places, self.shown.index)
        self.ax_.set_ylim(n_members - 0.5, -0.5)
        self.ax_.xaxis.set_major_formatter(percent_format())
        self.ax_.margins(x=0.1)
        self.ax_.set_xlabel("weight")

    def _draw_groups(self, ax):
        n_groups = len(self.weights)
        kept = np.arange(n_groups)
        if n_groups > self.max_groups:
            kept = np.unique(np.linspace(0, n_groups - 1, self.max_groups).round())
        self.shown = _few_members(self.weights).iloc[kept.astype(int)]
        axes, is_new = make_axes(ax, height=2.9, width=6.8)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        places = np.arange(len(self.shown))
        bottom = np.zeros(len(self.shown))
        self.bars_ = []
        for number, (name, values) in enumerate(self.shown.items()):
            color = "#BBBBBB" if name == OTHERS else PALETTE[number]
            self.bars_.append(
                self.ax_.bar(
                    places,
                    values,
                    0.8,
                    bottom,
                    color=color,
                    edgecolor="white",
                    lw=0.5,
                    label=name,
                )
            )
            bottom += values.to_numpy()
        tidy(self.ax_)
        self._label_groups(places)
        note = "" if len(kept) == n_groups else f"{len(kept)} of {n_groups} groups"
        add_note(axes, note, is_new=is_new)

    def _label_groups(self, places):
        labels = [str(label) for label in self.shown.index]
        crowded = sum(map(len, labels)) > 60
        self.ax_.set_xticks(
            places,
            labels,
            rotation=30 if crowded else 0,
            ha="right" if crowded else "center",
        )
        self.ax_.yaxis.set_major_formatter(percent_format())
        self.ax_.set(xlabel=self.by, ylabel="weight")
        self.ax_.legend(
            loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8
        )


def _few_members(weights):
    """As many members as there are colours, the largest first; the rest as one."""
    order = weights.mean().sort_values(ascending=False, kind="stable").index
    if len(order) <= len(PALETTE):
        return weights[order]
    kept, rest = order[: len(PALETTE) - 1], order[len(PALETTE) - 1 :]
    return weights[kept].assign(**{OTHERS: weights[rest].sum(axis=1)})
