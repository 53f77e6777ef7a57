# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: the default stack is ahead of the best peer on real sales, untouched.

Each model forecasts the last horizons of each set from the rows before them, in a
process of its own. Bars, over the sets in the folder:

- WAPE of ``SalesRegressor(statistic="median")`` and RMSSE of ``statistic="mean"``, over
  those of the best peer of the set: mean <= 0.97, none above 1.03.
- The pooled bias of the mean within 5 % on each set.
- Fit and forecast take at most 3 x the CPU seconds of mlforecast with LightGBM,
  recursively, one thread each. CPU seconds, because the clock of a machine that others
  use says little; both are printed.

The hold-out protocol. The last two horizons of each set are the test: no setting of our
models names a set, and each ``fit`` chooses lags, seasons, forms of the target and
weights of the members on forward folds inside its training part. The defaults
themselves (which members, how they are weighted, how many trees) were developed with
these sets at hand, on the same two origins: so the figures on these sets say how good
the defaults are where they were made, and ``--origins 4`` adds two origins before them.
The peers' settings, with a form of the target for each set, are in
``league_peers.py``. How rows are read and scored says ``league_protocol.py``.

Peers that were measured before, by another hand, are quoted as "NAME, before" unless
they do no worse here in both figures. They count among the best: a weaker setting here
makes no bar easier. The column "source" says which is which. Seeds are 0 everywhere.

    python benchmarks/league.py --data-dir FOLDER [--results FOLDER]
        [--sets NAME ...] [--models [NAME ...]] [--origins 4]

The results folder keeps every forecast by what it was made from; a second run makes
only what has changed. Models that are not named are printed where their forecasts are
kept, so that ``--models`` alone runs nothing. The exit status is 1 where a bar is
missed.
"""

import argparse
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from league_models import OURS, SLOW
from league_peers import MEANS, PEERS, QUOTED, SLOW_PEERS
from league_protocol import figures_of, league_set, pooled, set_names
from league_results import Results
from league_run import run_apart
from league_table import missed_bars, print_set, print_summary, set_table

MODELS = {model.name: model for model in [*PEERS, *SLOW_PEERS, *OURS, *SLOW]}
DEFAULT_MODELS = [model.name for model in [*PEERS, *OURS]]
PEER_NAMES = [model.name for model in [*PEERS, *SLOW_PEERS]] + list(MEANS)
_BEFORE = ", before"
PEER_NAMES += [f"{peer}{_BEFORE}" for peer in QUOTED]

_LIBRARIES = (
    "numpy pandas scikit-learn sklearn-sales statsforecast mlforecast lightgbm "
    "skforecast neuralforecast sktime"
).split()


def results_of(model, folds, results, *, run):
    """(forecasts, costs) of each fold, or None where the model cannot be had."""
    if not model.serves(folds[0].spec):
        return None
    if model.missing is not None:
        if run:
            print(f"{model.name} is left out: {model.missing} is not installed")
        return None
    found = []
    for fold in folds:
        stem = results.stem(model, fold)
        known = results.find(stem)
        if known is None and run:
            known = _run(model, fold, results, stem)
        if known is None:
            return None
        found.append(known)
    return found


def _run(model, fold, results, stem):
    """Run and keep; a model that fails loses its place in the table, and says why."""
    started = time.perf_counter()
    try:
        results.keep(stem, *run_apart(model, fold))
    except RuntimeError as error:
        print(error, file=sys.stderr, flush=True)
        return None
    took = time.perf_counter() - started
    print(f"  ran {stem} in {took:.0f} s", file=sys.stderr, flush=True)
    return results.find(stem)


def row_of(folds, forecasts, costs):
    """One row of the table: figures over the origins, and costs of one origin."""
    row = pooled([figures_of(*pair) for pair in zip(folds, forecasts, strict=True)])
    for name in ("cpu", "wall"):
        row[name] = float(np.mean([one[name] for one in costs]))
    row["memory"] = max(one["memory"] for one in costs)
    row["source"] = "run here"
    return row


def rows_of(folds, names, results):
    """Rows of the named models, of those that are kept, and of quoted ones."""
    found = {}
    for name, model in MODELS.items():
        answers = results_of(model, folds, results, run=name in names)
        if answers is not None:
            forecasts = [table["forecast"].to_numpy() for table, _ in answers]
            found[name] = forecasts, [costs for _, costs in answers]
    for name, (one, other) in MEANS.items():
        if one in found and other in found:
            pairs = zip(found[one][0], found[other][0], strict=True)
            both = zip(found[one][1], found[other][1], strict=True)
            costs = [
                {
                    "cpu": first["cpu"] + second["cpu"],
                    "wall": first["wall"] + second["wall"],
                    "memory": max(first["memory"], second["memory"]),
                }
                for first, second in both
            ]
            found[name] = [(first + second) / 2 for first, second in pairs], costs
    rows = {name: row_of(folds, *answer) for name, answer in found.items()}
    return rows | _quoted(folds, rows)


def _quoted(folds, rows):
    """Earlier figures of peers, over two origins, where none here is as good."""
    name = folds[0].spec.name
    if len(folds) != 2:
        return {}
    found = {}
    for peer, by_set in QUOTED.items():
        if name in by_set:
            earlier = dict(zip(("wape", "rmsse"), by_set[name], strict=True))
            here = rows.get(peer, {"wape": np.inf, "rmsse": np.inf})
            if any(earlier[figure] < here[figure] for figure in earlier):
                found[f"{peer}{_BEFORE}"] = {**earlier, "source": "quoted"}
    return found


def _print_machine():
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, one thread, seed 0")
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    print(f"python {platform.python_version()}, {', '.join(found)}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--results", default="league_results", help="kept forecasts")
    parser.add_argument(
        "--sets", nargs="+", default=set_names(), choices=set_names(), metavar="SET"
    )
    parser.add_argument(
        "--models", nargs="*", default=DEFAULT_MODELS, choices=MODELS, metavar="MODEL"
    )
    parser.add_argument("--origins", type=int, default=2, choices=(2, 4))
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    results, tables = Results(arguments.results), {}
    _print_machine()
    for name in arguments.sets:
        folds = league_set(arguments.data_dir, name, arguments.origins)
        if folds is None:
            continue
        rows = rows_of(folds, arguments.models, results)
        if rows:
            tables[name] = set_table(rows, PEER_NAMES)
            print_set(name, tables[name])
            sys.stdout.flush()
    print_summary(tables)
    missed = missed_bars(tables)
    return 1 if missed or not tables else 0


if __name__ == "__main__":
    sys.exit(main())
