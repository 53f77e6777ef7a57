# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The columns of any table as numbers, for members that need numbers."""

import warnings

import numpy as np
import pandas as pd

from sklearn_sales.panel import as_numbers, is_numeric
from sklearn_sales.preprocessing import CalendarFeatures

__all__ = ["CovariateDesign"]

# Histogram gradient boosting takes at most 255 categories.
_MOST_CATEGORIES = 250


class CovariateDesign:
    """Keys, time, covariates as numbers, codes of keys, and parts of the calendar.

    Text becomes codes in sorted order, -1 for what fit did not see. The keys follow
    as codes too, so that trees can tell the series apart. A positive number that
    varies within series, such as a price, follows once more over its mean in the
    series: a price is low or high for its product.

    Attributes
    ----------
    keys : list of str
        Names of the key columns of the design.
    time : str
    numbers : list of str
        Covariates that are numbers, vary within series, and are always known: what a
        linear model of each series can read.
    categories : list of str
        Columns of codes with few enough values to be categories.
    unused : list of str
        Covariates of a type that no member reads.
    """

    def fit(self, table, panel, codes):
        """Learn from a training table; ``codes`` is the series of each row."""
        schema = panel.schema
        self.keys = [str(name) for name in schema.series_names]
        self.time = str(schema.time_name)
        self._levels, self.unused, self.categories = {}, [], []
        for index, name in _covariates(schema):
            column = pd.Series(table.column(index))
            if is_numeric(column.dtype):
                continue
            if _is_text(column):
                self._learn_levels(name, column)
            else:
                self.unused.append(name)
        for index, name in zip(schema.series, self.keys, strict=True):
            self._learn_levels(f"{name}_code", pd.Series(table.column(index)))
        self._calendar = None
        if panel.calendar.kind != "number":
            self._calendar = CalendarFeatures(series=self.keys or None, time=self.time)
            self._calendar.fit(self._plain(table, schema))
        frame = self._with_calendar(table, schema)
        self._covariates = [n for _, n in _covariates(schema) if n in frame]
        self.numbers = _linear_columns(frame, schema, self._levels, codes)
        self._learn_means(frame)
        return self._with_relative(frame)

    def transform(self, table, schema):
        """The design of a table with the columns of fit, as a pandas DataFrame."""
        frame = self._with_calendar(table, schema)
        missing = frame[self.numbers].isna().sum()
        if missing.any():
            told = ", ".join(f"{n} in {missing[n]}" for n in missing[missing > 0].index)
            warnings.warn(
                f"X has no value, of {len(frame)} rows: {told}. Training rows had them "
                "all; linear members of the stack read the median of training in these "
                "rows. Give the values for better forecasts.",
                stacklevel=4,
            )
        return self._with_relative(frame)

    def covariates(self, frame):
        """The covariates of a design; text that is missing or new is NaN."""
        covariates = frame[self._covariates]
        text = covariates.columns.isin(list(self._levels))
        return covariates.mask((covariates < 0) & text)

    def effects(self, frame, y, codes):
        """Columns that tell the effect of covariates; none where none varies.

        Only rows that were observed count: a column that is constant in them has no
        effect that could be learned.
        """
        observed = ~np.isnan(y)
        values = frame.loc[observed, self._covariates]
        if not values.groupby(codes[observed]).nunique().gt(1).any(axis=None):
            return []
        keys = [f"{key}_code" for key in self.keys]
        relative = [] if self._means is None else [f"{n}_relative" for n in self._means]
        return [*keys, *self._covariates, *relative]

    def _with_calendar(self, table, schema):
        frame = self._plain(table, schema)
        return frame if self._calendar is None else self._calendar.transform(frame)

    def _learn_means(self, frame):
        """Means of positive covariates in each series, and in all."""
        positive = [
            name
            for name in self.numbers
            # a column of the user that has the name already is the user's
            if frame[name].min() > 0 and f"{name}_relative" not in frame
        ]
        self._overall = frame[positive].mean()
        self._means = None
        if self.keys and positive:
            self._means = frame.groupby(self.keys, observed=True)[positive].mean()

    def _with_relative(self, frame):
        if self._means is None:
            return frame
        keys = frame[self.keys[0]]
        if len(self.keys) > 1:
            keys = pd.MultiIndex.from_frame(frame[self.keys])
        means = self._means.reindex(keys)
        relative = {
            f"{name}_relative": frame[name].to_numpy()
            / means[name].fillna(self._overall[name]).to_numpy()
            for name in means
        }
        return frame.assign(**relative)

    def _plain(self, table, schema):
        columns = {}
        for index, name in zip(schema.series, self.keys, strict=True):
            column = pd.Series(table.column(index)).reset_index(drop=True)
            columns[name] = column
            columns[f"{name}_code"] = self._codes(f"{name}_code", column)
        columns[self.time] = pd.Series(table.column(schema.time)).reset_index(drop=True)
        for index, name in _covariates(schema):
            column = pd.Series(table.column(index)).reset_index(drop=True)
            if name in self._levels:
                columns[name] = self._codes(name, column)
            elif name not in self.unused:
                columns[name] = _numbers(column, table.label(index))
        return pd.DataFrame(columns)

    def _learn_levels(self, name, column):
        levels = sorted(column.dropna().astype(str).unique())
        self._levels[name] = pd.Index(levels)
        if 1 < len(levels) <= _MOST_CATEGORIES:
            self.categories.append(name)

    def _codes(self, name, column):
        text = column.astype(str).where(column.notna())
        # one look-up for each distinct value
        codes, distinct = pd.factorize(text)
        known = np.append(self._levels[name].get_indexer(distinct), -1)
        return known[codes].astype(np.float64)


def _covariates(schema):
    """Positions and names of the covariates; a data frame may have numbers as names."""
    return zip(schema.covariates, map(str, schema.covariate_names), strict=True)


def _numbers(column, label):
    if is_numeric(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return as_numbers(column, label)


def _is_text(column):
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return pd.api.types.is_string_dtype(column.dtype) or (
        pd.api.types.infer_dtype(column, skipna=True) in ("string", "mixed")
    )


def _linear_columns(frame, schema, levels, codes):
    """Covariates that are numbers, vary within some series, and are never missing."""
    names = [n for _, n in _covariates(schema) if n in frame and n not in levels]
    values = frame[names]
    varies = values.groupby(codes).nunique().gt(1).any()
    return [n for n in names if varies[n] and values[n].notna().all()]
