# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much a forecast owes to each lag."""

from numbers import Integral

import numpy as np
import pandas as pd

from sklearn_sales.linear_model import ARRegressor
from sklearn_sales.plotting._shuffled_lags import shuffled_errors
from sklearn_sales.plotting._style import DARK, PALETTE, make_axes, percent_format, tidy

__all__ = ["LagImportanceDisplay"]


class LagImportanceDisplay:
    """How much a forecast owes to each lag.

    For lag features: by how much the WAPE grows when one of them is shuffled among
    the rows, so that it tells nothing any more. For an
    :class:`~sklearn_sales.linear_model.ARRegressor`: the coefficients of the lags, the
    median over the series and the range of its middle half.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    values : pandas.DataFrame of shape (n_lags, n_values)
        For each lag or feature the growth of WAPE in each repetition, or the
        coefficient of each series.
    kind : {"shuffled", "coefficient"}
    error : float or None, default=None
        WAPE with no feature shuffled.
    max_features : int, default=20
        How many features are drawn at most, those with the largest growth.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    points_ : matplotlib Line2D
        Means of repetitions, or medians of series.
    ranges_ : matplotlib LineCollection
        From the least to the largest repetition, or the middle half of the series.
    shown : list
        The lags or features that are drawn, in their order.

    Notes
    -----
    Shuffling breaks the ties of a feature to all others: two lags that tell the same
    share what they are worth, and each alone may look worthless. The importance is of
    the fitted estimator on these rows: pass rows that it was not fitted on.

    References
    ----------
    .. [1] L. Breiman, "Random forests", Machine Learning 45 (2001), 5-32.

    Examples
    --------
    >>> from sklearn_sales import ARRegressor, LagImportanceDisplay
    >>> from sklearn_sales import load_walmart_sample
    >>> X, y = load_walmart_sample(return_X_y=True)
    >>> model = ARRegressor([1, 2, 52], series=["store", "dept"]).fit(X, y)
    >>> display = LagImportanceDisplay.from_estimator(model)
    >>> display.values.shape
    (3, 7)
    """

    def __init__(self, *, values, kind, error=None, max_features=20):
        self.values = values
        self.kind = kind
        self.error = error
        self.max_features = max_features

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        y=None,
        *,
        n_repeats=5,
        max_features=20,
        random_state=0,
        ax=None,
    ):
        """Draw the importance of the lags of a fitted estimator.

        Parameters
        ----------
        estimator : ARRegressor, ReductionRegressor or Pipeline with LagFeatures
            Fitted; a ReductionRegressor with ``strategy="direct"``.
        X : dataframe or array of shape (n_rows, n_columns), default=None
            Rows to forecast, for all but ARRegressor.
        y : array-like of shape (n_rows,), default=None
            Their sales; rows with NaN are left out.
        n_repeats : int, default=5
            How often each feature is shuffled.
        max_features : int, default=20
            How many features are drawn at most.
        random_state : int, RandomState instance or None, default=0
            Of the shuffling.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : LagImportanceDisplay
        """
        for name, value in (("n_repeats", n_repeats), ("max_features", max_features)):
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(
                    f"{name}={value!r} must be a whole number of 1 or more."
                )
        if isinstance(estimator, ARRegressor):
            values = _coefficients(estimator)
            return cls(values=values, kind="coefficient").plot(ax=ax)
        if X is None or y is None:
            raise ValueError(
                "Lag features are shuffled among rows to forecast: pass X and y. Only "
                "the coefficients of an ARRegressor need none."
            )
        y = np.asarray(pd.Series(y), dtype=np.float64)
        error, shuffled = shuffled_errors(
            estimator, X, y, n_repeats=n_repeats, random_state=random_state
        )
        return cls(
            values=shuffled - error,
            kind="shuffled",
            error=error,
            max_features=max_features,
        ).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : LagImportanceDisplay
        """
        draw = self._draw_growth if self.kind == "shuffled" else self._draw_coefficients
        draw(ax)
        return self

    def _draw_growth(self, ax):
        mean = self.values.mean(axis=1).sort_values(ascending=False, kind="stable")
        mean = mean.iloc[: self.max_features]
        values = self.values.loc[mean.index]
        axes, _ = make_axes(ax, height=0.4 + 0.22 * len(mean))
        self.ax_, self.figure_ = axes[0], axes[0].figure
        self.shown = list(mean.index)
        places = np.arange(len(mean))
        self.ranges_ = self.ax_.hlines(
            places, values.min(axis=1), values.max(axis=1), color=PALETTE[4], lw=3
        )
        (self.points_,) = self.ax_.plot(mean, places, "o", color=PALETTE[0], ms=5)
        self.ax_.axvline(0, color=DARK, lw=0.8)
        tidy(self.ax_, grid="x")
        self.ax_.set_yticks(places, self.shown)
        self.ax_.set_ylim(len(mean) - 0.5, -0.5)
        self.ax_.xaxis.set_major_formatter(percent_format())
        left_out = len(self.values) - len(mean)
        more = f"; {left_out} more features matter less" if left_out else ""
        self.ax_.set_xlabel(
            f"WAPE added by shuffling to {self.error:.1%}{more}",
            fontsize=9,
        )

    def _draw_coefficients(self, ax):
        low, median, high = np.nanquantile(self.values, [0.25, 0.5, 0.75], axis=1)
        axes, _ = make_axes(ax, height=2.9)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        self.shown = list(self.values.index)
        n_series = self.values.shape[1]
        places = np.arange(len(self.shown))
        self.ranges_ = self.ax_.vlines(places, low, high, color=PALETTE[4], lw=3)
        (self.points_,) = self.ax_.plot(places, median, "o", color=PALETTE[0], ms=5)
        self.ax_.axhline(0, color=DARK, lw=0.8)
        tidy(self.ax_)
        # all lags as far as their numbers do not touch
        every = max(1, len(places) // 20)
        self.ax_.set_xticks(places[::every], self.shown[::every])
        label = "coefficient"
        if n_series > 1:
            label += f"\nmedian and middle half of {n_series} series"
        self.ax_.set_xlabel("lag")
        self.ax_.set_ylabel(label, fontsize=9)


def _coefficients(estimator):
    coefficients = estimator.lag_coef_
    if not coefficients.shape[1]:
        raise ValueError(
            "The ARRegressor was fitted with lags=None: it has no lag to show."
        )
    return pd.DataFrame(coefficients.T, index=estimator.lags_)
