# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of the league, and the bars that the default stack has to reach."""

import numpy as np
import pandas as pd

__all__ = ["missed_bars", "print_set", "print_summary", "set_table"]

MEAN_RATIO, WORST_RATIO, MOST_BIAS, MOST_COST = 0.97, 1.03, 0.05, 3.0

# What each statistic is judged by.
JUDGED = {"sales_median": "wape", "sales_mean": "rmsse"}
RIVAL_IN_COST = "lgb_recursive"


def set_table(rows, peers):
    """Figures of one set with ratios to the best peer.

    Parameters
    ----------
    rows : dict
        Name of a model -> dict of wape, rmsse and, where it was run here, the rest.
    peers : collection of str

    Returns
    -------
    DataFrame
        Index: models. Without a peer the ratios are NaN.
    """
    columns = ["wape", "rmsse", "rmsse_median", "bias", "cpu", "wall", "memory"]
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = table.reindex(columns=[*columns, "source"])
    rivals = table.index.isin(list(peers))
    for name in ("wape", "rmsse"):
        best = table.loc[rivals, name].min() if rivals.any() else np.nan
        table[f"{name}_ratio"] = table[name] / best
    return table


def print_set(name, table):
    print(
        f"\n{name:<24}{'WAPE':>8}{'ratio':>7}{'RMSSE':>8}{'ratio':>7}{'median':>8}"
        f"{'bias':>8}{'CPU s':>8}{'s':>7}{'MiB':>7}  source"
    )
    for model, row in table.iterrows():
        print(
            f"  {model:<22}{row.wape:>8.4f}{row.wape_ratio:>7.3f}{row.rmsse:>8.3f}"
            f"{row.rmsse_ratio:>7.3f}"
            + _or_dash(row.rmsse_median, 8, ".3f")
            + _or_dash(row.bias, 8, "+.3f")
            + _or_dash(row.cpu, 8, ".1f")
            + _or_dash(row.wall, 7, ".1f")
            + _or_dash(row.memory, 7, ".0f")
            + f"  {row.source}"
        )


def _or_dash(value, width, form):
    return f"{'-':>{width}}" if pd.isna(value) else f"{format(value, form):>{width}}"


def print_summary(tables):
    """Ratios to the best peer of each set, and their means over the sets."""
    for figure in ("wape", "rmsse"):
        ratios = pd.DataFrame(
            {name: table[f"{figure}_ratio"] for name, table in tables.items()}
        )
        # a mean over fewer sets than others would not compare
        ratios["mean"] = ratios.mean(axis=1, skipna=False)
        print(f"\n{figure.upper()} / best peer")
        print(ratios.to_string(float_format="{:.3f}".format, na_rep="-"))


def missed_bars(tables):
    """Print each bar; return those that were missed."""
    bars = [*_accuracy_bars(tables), *_bias_bars(tables), *_cost_bars(tables)]
    print()
    for text, holds in bars:
        print(f"{'holds ' if holds else 'MISSED'} {text}")
    return [text for text, holds in bars if not holds]


def _of(tables, model, column):
    """A figure of a model by set, where it is known."""
    found = {
        name: table.loc[model, column]
        for name, table in tables.items()
        if model in table.index
    }
    return pd.Series(found, dtype=float).dropna()


def _accuracy_bars(tables):
    for model, figure in JUDGED.items():
        ratios = _of(tables, model, f"{figure}_ratio")
        for name in tables.keys() - ratios.index:
            yield f"{model} was not measured on {name}", False
        if len(ratios):
            mean, worst = ratios.mean(), ratios.max()
            what = f"{model}, {figure.upper()} over the best peer"
            yield (
                f"{what}: mean {mean:.3f} <= {MEAN_RATIO} over {len(ratios)} sets",
                mean <= MEAN_RATIO,
            )
            yield (
                f"{what}: worst {worst:.3f} <= {WORST_RATIO} ({ratios.idxmax()})",
                worst <= WORST_RATIO,
            )


def _bias_bars(tables):
    for name, bias in _of(tables, "sales_mean", "bias").items():
        yield (
            f"sales_mean, bias on {name}: {bias:+.3f} within {MOST_BIAS}",
            abs(bias) <= MOST_BIAS,
        )


def _cost_bars(tables):
    rival = _of(tables, RIVAL_IN_COST, "cpu")
    for model in JUDGED:
        ratios = (_of(tables, model, "cpu") / rival).dropna()
        for name, ratio in ratios.items():
            yield (
                f"{model}, CPU seconds over {RIVAL_IN_COST} on {name}: "
                f"{ratio:.2f} <= {MOST_COST:g}",
                ratio <= MOST_COST,
            )
