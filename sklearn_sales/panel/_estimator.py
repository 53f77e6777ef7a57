# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every estimator of the package does with X and y before its own work."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from sklearn_sales._compat import num_samples
from sklearn_sales.panel._panel import Panel
from sklearn_sales.panel._table import read_table, refuse_huge
from sklearn_sales.panel._target_twins import (
    warn_of_other_order,
    warn_of_target_in_covariates,
)
from sklearn_sales.panel._update import update_panel

__all__ = ["PanelEstimator", "check_target"]


class PanelEstimator(BaseEstimator):
    """Base of estimators whose rows are cells of a panel.

    Subclasses have the parameters ``series``, ``time`` and ``freq``, call
    :meth:`_remember` in fit and :meth:`_read` in predict or transform.
    """

    _panel_constraints: dict = {
        "series": [str, int, list, tuple, None],
        "time": [str, int],
        "freq": "no_validation",
    }

    def _remember(self, X, y):
        """Read training rows into ``panel_``.

        Returns
        -------
        table : Table
        rows : Rows
        y : ndarray of shape (n_rows,), float64, NaN where not observed
        """
        table = read_table(X, estimator=self, y=y, reset=True)
        y = check_target(y, X, estimator=self)
        self.panel_, rows = Panel.from_table(
            table, y, series=self.series, time=self.time, freq=self.freq
        )
        warn_of_target_in_covariates(table, y, self.panel_.schema.covariates)
        return table, rows, y

    def _read(self, X, *, warn=True):
        """Read rows by the calendar and keys of fit: (Table, Rows)."""
        check_is_fitted(self, "panel_")
        table = read_table(X, estimator=self, reset=False)
        return table, self.panel_.locate(table, warn=warn)

    def _update(self, X, y, overwrite):
        """Read further rows and their sales: (Table, y, Update).

        ``panel_`` is still the one before.
        """
        check_is_fitted(self, "panel_")
        table = read_table(X, estimator=self, reset=False)
        y = check_target(y, X, estimator=self, allow_none=True)
        update = update_panel(
            self.panel_, table, y, freq=self.freq, overwrite=overwrite
        )
        return table, y, update

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def check_target(y, X, *, estimator, allow_none=False):
    """Sales as float64 of shape (n_rows,); NaN is kept, infinity refused.

    Where nothing at all was observed, that is an error unless ``allow_none``.
    """
    name = type(estimator).__name__
    if isinstance(y, str):
        raise TypeError(
            f"y={y!r} is text. Pass the sales themselves, such as table[{y!r}], and "
            "keep them out of X."
        )
    sales = y
    try:
        y = _as_numbers(y, name)
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        text = str(error).partition("'")[2].rpartition("'")[0]
        raise ValueError(
            f"y holds text that is no number, such as {text!r}. Convert it with "
            "pandas.to_numeric, or read the file with decimal=',' where its numbers "
            "have a comma."
        ) from error
    refuse_huge(y, "y holds")
    if getattr(estimator, "time", None) == "index":
        _check_same_index(X, sales)
    else:
        warn_of_other_order(X, sales)
    if num_samples(X) != len(y):
        check_consistent_length(X, y)
    if not allow_none and np.isnan(y).all():
        raise ValueError(
            "y holds only NaN: no sale was observed. Pass the sales of the rows of X; "
            "NaN marks single rows that were not observed."
        )
    return y


def _as_numbers(y, owner):
    """Any kind of column as float64 of shape (n_rows,)."""
    if not hasattr(y, "shape"):
        y = np.asarray(y)
    if isinstance(y, pd.DataFrame) or len(getattr(y, "shape", ())) != 1:
        y = check_array(
            y, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name="y"
        )
        y = column_or_1d(y, warn=True)
    elif isinstance(y, pd.Series):
        y = y.to_numpy(dtype=np.float64, na_value=np.nan)
    elif not isinstance(y, np.ndarray):
        y = y.to_numpy()
    # infinities of both signs are refused, without a warning before
    with np.errstate(invalid="ignore"):
        return check_array(
            y,
            ensure_2d=False,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            input_name="y",
            estimator=owner,
        )


def _check_same_index(X, y):
    """Rows are matched by their order: an index that tells another one is refused."""
    if not (isinstance(y, (pd.Series, pd.DataFrame)) and isinstance(X, pd.DataFrame)):
        return
    tells = isinstance(y.index, (pd.DatetimeIndex, pd.PeriodIndex, pd.MultiIndex))
    if tells and "index" not in X.columns and not y.index.equals(X.index):
        raise ValueError(
            "y has another index than X. Rows of X and y are matched by their order: "
            "pass y.reindex(X.index), or y.to_numpy() if the order is right as it is."
        )
