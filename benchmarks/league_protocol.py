# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How the league reads, cuts and judges the real sales panels: the same for all models.

- Origins: the last horizons of a set, the earliest first. A forecast of an origin sees
  the sales before it and, for the rows to be forecast, the columns known ahead.
- Rows without a record are not scored. Scored series have at least 26 recorded steps
  in the training part (56 of daily, 12 of monthly sales).
- Forecasts are clipped at 0, and are 0 on days that are known to be closed.
- WAPE and bias are pooled over rows and origins. RMSSE is a figure of each series,
  scaled by the one-step differences of its training part; its mean and median over
  the series are averaged over origins. Series that never moved have no scale.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from panels import PANELS, PanelSpec, load_panels, rolling_origins

__all__ = ["Fold", "figures_of", "league_set", "pooled", "set_names"]

# Sets too large for peers that fit one series after the other are sampled, by a fixed
# seed; series of a set that are too short to have been measured before are left out.
_SAMPLED = {"uci_online_retail": 500}
_LEAST_ROWS = {"walmart": 100}

# Recorded training steps of a scored series, by the ending of the file's name.
_LEAST_STEPS = {"weekly": 26, "daily": 56, "monthly": 12}


@dataclass(frozen=True)
class Fold:
    """What a model gets, and what its forecasts are judged by.

    Attributes
    ----------
    spec : PanelSpec
    X, y : DataFrame of shape (n_train, n_columns) and ndarray of shape (n_train,)
        The training part.
    ahead : DataFrame of shape (n_test, n_columns)
        The rows to be forecast.
    truth : ndarray of shape (n_test,)
        Their sales, which no model sees.
    """

    spec: PanelSpec
    X: pd.DataFrame
    y: np.ndarray
    ahead: pd.DataFrame
    truth: np.ndarray

    @cached_property
    def rows_hash(self):
        """Hash of all that a model reads."""
        found = hashlib.sha256(repr(self.spec).encode())
        for table in (self.X, self.ahead):
            found.update(" ".join(table.columns).encode())
            # text hashes alike in every version of pandas, categories may not
            text = [n for n in table if not pd.api.types.is_numeric_dtype(table[n])]
            plain = table.astype(dict.fromkeys(text, str))
            hashes = pd.util.hash_pandas_object(plain, index=False)
            found.update(hashes.to_numpy().tobytes())
        found.update(np.ascontiguousarray(self.y).tobytes())
        return found.hexdigest()


def set_names():
    return [spec.name for spec in PANELS]


def league_set(data_dir, name, n_origins):
    """Folds of a set, the earliest first; None where the folder does not hold it."""
    files = [spec.file for spec in PANELS if spec.name == name]
    for spec, X, y in load_panels(data_dir, files, everything=True):
        kept = _kept(spec, X)
        X, y = X[kept].reset_index(drop=True), y[kept]
        return [
            Fold(
                spec,
                X[train].reset_index(drop=True),
                y[train],
                X[test].reset_index(drop=True),
                y[test],
            )
            for train, test in rolling_origins(X, spec, n_origins)
        ]
    return None


def _kept(spec, X):
    """Mask of the rows of the series that take part."""
    keys = X[spec.series]
    if spec.name in _LEAST_ROWS:
        sizes = X.groupby(spec.series, observed=True)["date"].transform("size")
        return (sizes >= _LEAST_ROWS[spec.name]).to_numpy()
    if spec.name in _SAMPLED:
        items = np.sort(keys.iloc[:, 0].astype(str).unique())
        drawn = np.random.default_rng(0).choice(
            items, min(_SAMPLED[spec.name], len(items)), replace=False
        )
        return keys.iloc[:, 0].astype(str).isin(drawn).to_numpy()
    return np.ones(len(X), dtype=bool)


def figures_of(fold, forecasts):
    """Figures of one origin, as sums that can be pooled, and RMSSE of each series.

    Returns
    -------
    dict
        ``absolute_error``, ``error`` and ``sales`` in units of sales; ``absolute``,
        the part of each series in the absolute error, and ``rmsse``, both a Series by
        the keys of the series.
    """
    spec = fold.spec
    forecasts = np.maximum(forecasts, 0.0)
    if "open" in fold.ahead:
        forecasts = np.where(fold.ahead["open"].to_numpy() == 0, 0.0, forecasts)
    train, test, names = _codes(fold)
    steps = np.bincount(train, minlength=train.max() + 1)
    scored = steps[test] >= _LEAST_STEPS[spec.file.rsplit("_", 1)[1]]
    errors = (forecasts - fold.truth)[scored]
    absolute = pd.Series(np.abs(errors)).groupby(test[scored]).sum()
    squared = pd.Series(errors**2).groupby(test[scored]).mean()
    scale = _scales(train, fold).reindex(squared.index)
    moved = scale > 0
    return {
        "absolute_error": float(absolute.sum()),
        "error": float(errors.sum()),
        "sales": float(np.abs(fold.truth[scored]).sum()),
        "absolute": absolute.rename(index=names),
        "rmsse": np.sqrt(squared[moved] / scale[moved]).rename(index=names),
    }


def _codes(fold):
    """The number of the series of each training and test row, and the series' names."""
    both = pd.concat([fold.X[fold.spec.series], fold.ahead[fold.spec.series]])
    codes = both.groupby(fold.spec.series, sort=False, observed=True).ngroup()
    names = both.drop_duplicates().astype(str).agg("|".join, axis=1)
    codes = codes.to_numpy()
    return *np.split(codes, [len(fold.X)]), dict(enumerate(names))


def _scales(codes, fold):
    """Mean squared difference of neighbouring records of each series."""
    _, positions = np.unique(fold.X["date"].to_numpy(), return_inverse=True)
    order = np.lexsort([positions, codes])
    series, sales = codes[order], fold.y[order]
    neighbours = (np.diff(series) == 0) & (np.diff(positions[order]) == 1)
    squares = pd.Series(np.diff(sales)[neighbours] ** 2)
    return squares.groupby(series[1:][neighbours]).mean()


def pooled(figures):
    """WAPE, RMSSE (mean and median over series) and bias over the origins."""
    sums = {
        part: sum(one[part] for one in figures)
        for part in ("absolute_error", "error", "sales")
    }
    return {
        "wape": sums["absolute_error"] / sums["sales"],
        "rmsse": float(np.mean([one["rmsse"].mean() for one in figures])),
        "rmsse_median": float(np.mean([one["rmsse"].median() for one in figures])),
        "bias": sums["error"] / sums["sales"],
    }
