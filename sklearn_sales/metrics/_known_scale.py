# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The scale of each series, from the history that a fitted estimator remembers."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from sklearn_sales.metrics._naive_scale import history_scale
from sklearn_sales.metrics._series_labels import key_column, label_index
from sklearn_sales.panel import find_panel, read_table

__all__ = ["KnownScale", "reach_panel"]


@dataclass(frozen=True)
class KnownScale:
    """Scales of series, and the columns of X that say which series a row is.

    Attributes
    ----------
    schema : Schema
        Key columns, by position and by name.
    scale : pandas.Series or float
        By label of the series; a number where there are no keys.
    """

    schema: object
    scale: object

    @classmethod
    def from_panel(cls, panel, *, season, power, from_first_sale):
        """Take the scales from the history of a panel.

        ``season="auto"`` is the shortest season of the panel's calendar.
        """
        scale = history_scale(
            panel.history,
            panel.n_series,
            season=panel.calendar.season if season == "auto" else season,
            power=power,
            from_first_sale=from_first_sale,
        )
        if not panel.schema.series:
            return cls(panel.schema, float(scale[0]))
        labels = label_index(panel.keys.frame())
        return cls(panel.schema, pd.Series(scale, index=labels))

    def params(self, X):
        """``series`` and ``scale`` of the rows of X, as :func:`mase` takes them."""
        if not isinstance(self.scale, pd.Series):
            return {"series": None, "scale": self.scale}
        table = read_table(X)
        columns = [key_column(table, j) for j in self._key_columns(table)]
        series = pd.concat(columns, axis=1, keys=range(len(columns)))
        return {"series": series, "scale": self.scale}

    def _key_columns(self, table):
        """Positions of the key columns in a table."""
        schema = self.schema
        schema.open(table)
        if schema.is_frame and table.is_frame:
            # by name, as they may stand in another place
            missing = [key for key in schema.series_names if key not in table.names]
            if missing:
                raise ValueError(
                    f"X lacks the key column(s) {missing} by which the scale of each "
                    f"series is known; its columns are {table.names}."
                )
            return [table.names.index(key) for key in schema.series_names]
        if len(table.names) != len(schema.names):
            raise ValueError(
                f"The scale is known by the keys of a table with {len(schema.names)} "
                f"columns, X has {len(table.names)}, and one of them is an array, so "
                "the keys cannot be told. Give data frames, or build the scorer from "
                "a history of the same columns with make_sales_scorer."
            )
        return schema.series


def reach_panel(estimator, X):
    """The panel of a fitted estimator, in units of sales, and X as it reads it.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; may be a Pipeline, a search, a stack or any nesting of them.
    X : dataframe or array
        Rows as the estimator takes them.

    Returns
    -------
    panel : Panel
    X : dataframe or array
        The rows after the steps of a Pipeline that come before the panel.

    Raises
    ------
    ValueError
        Where nothing inside the estimator remembers sales.
    """
    if isinstance(estimator, Pipeline):
        return _reach_in_pipeline(estimator, X)
    if isinstance(estimator, TransformedTargetRegressor):
        panel, X = reach_panel(estimator.regressor_, X)
        return _in_units_of_sales(panel, estimator.transformer_), X
    if not hasattr(estimator, "panel_"):
        for inner in _inner_estimators(estimator):
            if _remembers(inner):
                return reach_panel(inner, X)
    # whatever else may hold a panel; raises where nothing does, and says what to do
    return find_panel(estimator), X


def _inner_estimators(estimator):
    """Fitted estimators of searches, wrappers and stacks that get the same X."""
    for name in ("best_estimator_", "estimator_"):
        if hasattr(estimator, name):
            yield getattr(estimator, name)
    for item in getattr(estimator, "estimators_", ()):
        yield item[1] if isinstance(item, tuple) else item


def _reach_in_pipeline(pipeline, X):
    for at, (_, step) in enumerate(pipeline.steps):
        if _remembers(step):
            # steps before it may have encoded or moved the keys
            return reach_panel(step, pipeline[:at].transform(X) if at else X)
    return find_panel(pipeline), X


def _remembers(step):
    try:
        find_panel(step)
    except ValueError:
        return False
    return True


def _in_units_of_sales(panel, transformer):
    """A panel of transformed sales with its history transformed back."""
    data = panel.history.data.copy()
    observed = ~np.isnan(data)
    inverse = transformer.inverse_transform(data[observed].reshape(-1, 1))
    data[observed] = np.asarray(inverse).ravel()
    history = replace(panel.history, data=data)
    return type(panel)(panel.schema, panel.keys, panel.calendar, history)
