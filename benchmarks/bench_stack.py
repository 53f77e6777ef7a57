# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: the default stack is as good as its best member, which nobody knows before.

The forecasts of ``SalesRegressor`` beside those of its own fitted members, over the
last two horizons of each real panel, in the protocol of ``league_protocol.py``: WAPE
for ``statistic="median"``, RMSSE for ``statistic="mean"``. The best member is the one
that turns out best on the test itself. Bars: the stack is worse than it by at most 1 %
on each set, and better on at least three of five.

    python benchmarks/bench_stack.py --data-dir FOLDER [--results FOLDER]

The fits are those of ``league.py`` and are kept in the same folder.
"""

import argparse
import sys

from league import MODELS, results_of
from league_protocol import figures_of, league_set, pooled, set_names
from league_results import Results
from league_table import JUDGED

MOST_WORSE, LEAST_WON = 1.01, 0.6


def errors_of(folds, answers, figure):
    """Error of the stack, and of each member that is in it at every origin."""
    tables = [table for table, _ in answers]
    columns = [n for n in tables[0] if all(n in table for table in tables)]
    return {
        name: pooled(
            [
                figures_of(fold, table[name].to_numpy())
                for fold, table in zip(folds, tables, strict=True)
            ]
        )[figure]
        for name in columns
    }


def print_errors(name, model, figure, errors, weights):
    """Print a table; return the ratio of the stack to its best member."""
    stack = errors.pop("forecast")
    best = min(errors, key=errors.get)
    print(f"\n{name}, {model}: {figure.upper()} {stack:.4f}")
    for member, error in sorted(errors.items(), key=lambda pair: pair[1]):
        means = sum(one.get(member, 0.0) for one in weights) / len(weights)
        print(f"  {member:<24}{error:>9.4f}   mean weight {means:.3f}")
    print(f"  stack / {best}: {stack / errors[best]:.3f}", flush=True)
    return stack / errors[best]


def holds(model, ratios):
    """Print whether the bars hold for one statistic."""
    won = sum(ratio < 1 for ratio in ratios.values())
    needed = LEAST_WON * len(ratios)
    worst = max(ratios, key=ratios.get)
    reached = ratios[worst] <= MOST_WORSE and won >= needed
    print(
        f"{'holds ' if reached else 'MISSED'} {model}: worst {ratios[worst]:.3f} <= "
        f"{MOST_WORSE} ({worst}), better than the best member on {won} of "
        f"{len(ratios)} (claim: {needed:g})"
    )
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--results", default="league_results", help="kept forecasts")
    parser.add_argument(
        "--sets", nargs="+", default=set_names(), choices=set_names(), metavar="SET"
    )
    arguments = parser.parse_args()
    results, ratios = Results(arguments.results), {model: {} for model in JUDGED}
    for name in arguments.sets:
        folds = league_set(arguments.data_dir, name, n_origins=2)
        if folds is None:
            continue
        for model, figure in JUDGED.items():
            answers = results_of(MODELS[model], folds, results, run=True)
            if answers is None:
                return 1
            errors = errors_of(folds, answers, figure)
            weights = [costs["weights"] for _, costs in answers]
            ratios[model][name] = print_errors(name, model, figure, errors, weights)
    print()
    reached = [holds(model, of_model) for model, of_model in ratios.items() if of_model]
    return 0 if reached and all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
