# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: nothing in the default stack is idle: most sets are worse off without it.

For each part of ``SalesRegressor`` the error of the stack without it, over that of the
whole stack: WAPE for ``statistic="median"``, RMSSE for ``statistic="mean"``, in the
protocol of ``league_protocol.py``, over the last two horizons of each real panel. In
brackets the interval that holds 95 % of 2,000 paired bootstrap samples of the series:
above 0 the part pays beyond the luck of which series were drawn. Bar: a member, or the
way in which members are weighed, pays on at least half of the sets that have it.

The parts are the members, whose weight goes to the others in proportion, where trees
of the same form of the target count as one, fitted directly or recursively; learned
weights, against equal ones; and trimming, against the plain weighted mean. What costs
other fits, such as the features of the trees, is not taken apart here.

    python benchmarks/bench_ablations.py --data-dir FOLDER [--results FOLDER]

The fits are those of ``league.py`` and are kept in the same folder.
"""

import argparse
import sys

import numpy as np
import pandas as pd
from league import MODELS, results_of
from league_protocol import figures_of, league_set, set_names
from league_results import Results
from league_table import JUDGED

from sklearn_sales.ensemble._sales_regressor import _WEIGHTS
from sklearn_sales.ensemble._trimmed_mean import trimmed_mean

N_SAMPLES = 2000
LEAST_PAID = 0.5

# The figure of a series that a pooled figure is made of.
PARTS = {"wape": "absolute", "rmsse": "rmsse"}


def stacks_without(table, weights):
    """Forecasts of the whole stack and of those without a part, by their names."""
    members = table[list(weights)].to_numpy()
    shares, trim = np.array(list(weights.values())), _WEIGHTS["trim"]
    yield "whole", trimmed_mean(members, shares, trim)
    equal = np.full(len(shares), 1 / len(shares))
    yield "learned weights", trimmed_mean(members, equal, trim)
    yield "trimming", trimmed_mean(members, shares, 0.0)
    parts = np.array([name.removesuffix("_recursive") for name in weights])
    for part in dict.fromkeys(parts):
        others = parts != part
        rest = shares[others] / shares[others].sum()
        yield part, trimmed_mean(members[:, others], rest, trim)


def losses_of(folds, answers, figure):
    """Loss of each series over the origins, a column for each stack."""
    found = {}
    for fold, (table, costs) in zip(folds, answers, strict=True):
        for name, forecasts in stacks_without(table, costs["weights"]):
            part = figures_of(fold, forecasts)[PARTS[figure]]
            found[name] = (
                part if name not in found else found[name].add(part, fill_value=0)
            )
    return pd.DataFrame(found)


def changes_of(losses, random_state=0):
    """Relative change of the error without each part, and its interval."""
    whole = losses.pop("whole").to_numpy()
    rng = np.random.default_rng(random_state)
    n_series = len(whole)
    drawn = rng.multinomial(n_series, np.full(n_series, 1 / n_series), N_SAMPLES)
    samples = (drawn @ losses.to_numpy()) / (drawn @ whole)[:, None] - 1
    low, high = np.quantile(samples, [0.025, 0.975], axis=0)
    change = losses.sum().to_numpy() / whole.sum() - 1
    return pd.DataFrame({"change": change, "low": low, "high": high}, losses.columns)


def print_changes(model, figure, changes):
    """Print a table; return the parts that pay on too few sets."""
    print(f"\n{model}: {figure.upper()} without a part, over the whole stack")
    parts = list(dict.fromkeys(part for one in changes.values() for part in one.index))
    idle = []
    for part in parts:
        cells = {n: one.loc[part] for n, one in changes.items() if part in one.index}
        paid = sum(cell["change"] > 0 for cell in cells.values())
        surely = sum(cell["low"] > 0 for cell in cells.values())
        print(f"  {part:<24} pays on {paid} of {len(cells)}, surely on {surely}")
        for name, cell in cells.items():
            print(
                f"    {name:<22}{cell['change']:>+8.2%}  "
                f"[{cell['low']:+.2%}, {cell['high']:+.2%}]"
            )
        if paid < LEAST_PAID * len(cells):
            idle.append(part)
    return idle


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--results", default="league_results", help="kept forecasts")
    arguments = parser.parse_args()
    results, changes = Results(arguments.results), {model: {} for model in JUDGED}
    for name in set_names():
        folds = league_set(arguments.data_dir, name, n_origins=2)
        for model, figure in JUDGED.items() if folds else ():
            answers = results_of(MODELS[model], folds, results, run=True)
            if answers is None:
                return 1
            changes[model][name] = changes_of(losses_of(folds, answers, figure))
    idle = {
        model: print_changes(model, figure, changes[model])
        for model, figure in JUDGED.items()
    }
    print()
    for model, parts in idle.items():
        held = "MISSED" if parts else "holds "
        print(f"{held} {model}: idle parts: {', '.join(parts) or 'none'}")
    return int(any(idle.values()) or not any(changes.values()))


if __name__ == "__main__":
    sys.exit(main())
