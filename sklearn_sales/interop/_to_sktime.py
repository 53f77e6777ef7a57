# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The way to sktime: regressors as its forecasters, splitters as its splitters."""

from sklearn_sales._compat import import_optional
from sklearn_sales.model_selection import PanelTimeSeriesSplit

__all__ = ["to_sktime"]


def to_sktime(estimator):
    """Make a regressor a forecaster of sktime, or a splitter one of its splitters.

    Parameters
    ----------
    estimator : estimator or PanelTimeSeriesSplit
        A forecaster of this package, a pipeline or an ensemble with one inside, or a
        splitter. It is never changed.

    Returns
    -------
    RegressorForecaster or PanelTimeSplitter
        A forecaster of sktime with the parameter ``estimator``, or a splitter of
        sktime with the parameter ``cv``. Those of the estimator are reached as
        ``estimator__lags`` and the like.

    Raises
    ------
    ImportError
        Where sktime is not installed.
    TypeError
        Where the argument is neither, and in fit where the estimator reads neither
        series nor times.

    Notes
    -----
    - The levels of the index of y become columns: series first, times last. Where the
      estimator names no key, these are its keys; where it does, it finds levels by
      their names.
    - All series of a panel, or all nodes of a hierarchy, are fitted together. Nothing
      makes the nodes of a hierarchy add up; sktime's reconcilers do.
    - X holds covariates; predict needs those of every time that it forecasts. Rows of
      X on the way there are read as well.
    - Rows whose y is NaN are left out, which is what NaN means in this package.
    - Intervals and quantiles come from ``predict_interval`` and
      ``predict_quantiles(X, q)``, or are those of a normal distribution where
      ``predict`` has ``return_std``.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_sales import ARRegressor, to_sktime
    >>> weeks = pd.period_range("2024-01-01", periods=8, freq="W")
    >>> y = pd.Series([3.0, 5.0] * 4, index=weeks)
    >>> to_sktime(ARRegressor(lags=2)).fit(y, fh=[1, 2]).predict().round(2)
    2024-02-26/2024-03-03    3.0
    2024-03-04/2024-03-10    5.0
    Freq: W-SUN, dtype: float64
    """
    if isinstance(estimator, PanelTimeSeriesSplit):
        module = import_optional(
            "sklearn_sales.interop._sktime_splitter", extra="sktime"
        )
        return module.PanelTimeSplitter(estimator)
    if not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise TypeError(
            "to_sktime takes a regressor, which has fit and predict, or a "
            f"PanelTimeSeriesSplit; got {estimator!r}."
        )
    module = import_optional("sklearn_sales.interop._sktime_forecaster", extra="sktime")
    return module.RegressorForecaster(estimator)
