# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The forecasts of a back-test as one table."""

import numpy as np
import pandas as pd

from sklearn_sales.metrics._naive_scale import history_scale
from sklearn_sales.panel import History

__all__ = ["TAKEN_NAMES", "forecast_frame", "judging_rows"]

# Names that keys and times may not have.
TAKEN_NAMES = ("fold", "origin", "step", "estimator", "y_true", "y_pred", "series")


def forecast_frame(table, panel, rows, y, folds, answers, levels):
    """Forecasts of all estimators, one after the other."""
    schema = panel.schema
    test = np.concatenate([fold.test for fold in folds])
    sizes = [len(fold.test) for fold in folds]
    origins = np.array(
        [rows.positions[f.train[~np.isnan(y[f.train])]].max() for f in folds]
    )
    columns = {}
    places = [*schema.series, schema.time]
    for name, at in zip([*schema.series_names, schema.time_name], places, strict=True):
        column = pd.Series(table.column(at))
        columns[name] = column.take(test).reset_index(drop=True)
    columns["fold"] = np.repeat(np.arange(1, len(folds) + 1), sizes)
    times = panel.calendar.times(origins)
    columns["origin"] = times.take(np.repeat(np.arange(len(folds)), sizes))
    columns["step"] = rows.positions[test] - np.repeat(origins, sizes)
    parts = []
    for name, chunks in answers.items():
        values = np.concatenate(chunks)
        part = pd.DataFrame({**columns, "estimator": name, "y_true": y[test]})
        part["y_pred"] = values[:, 0]
        for j, level in enumerate(levels, start=1):
            part[f"q{level:g}"] = values[:, j]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def judging_rows(table, panel, rows, y, folds, n_estimators):
    """What the errors need to know of each row of the forecasts."""
    n = panel.n_series
    scales = []
    for fold in folds:
        train = fold.train
        history = History.from_rows(
            rows.codes[train], rows.positions[train], y[train], n
        )
        rule = {"season": 1, "from_first_sale": True}
        both = [history_scale(history, n, power=power, **rule) for power in (1, 2)]
        scales.append(np.column_stack(both)[rows.codes[fold.test]])
    test = np.concatenate([fold.test for fold in folds])
    numbers = np.repeat(np.arange(len(folds)), [len(fold.test) for fold in folds])
    codes = rows.codes[test]
    return {
        "X": table.native,
        "row": np.tile(test, n_estimators),
        "code": np.tile(codes, n_estimators),
        "position": np.tile(rows.positions[test], n_estimators),
        "history": np.tile(numbers * n + codes, n_estimators),
        "scale": np.tile(np.concatenate(scales), (n_estimators, 1)),
    }
