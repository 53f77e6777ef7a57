# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: LSTMRegressor beats the naive on four of five sets, its peer on three.

For each real panel ``LSTMRegressor`` with its default arguments, and what the data say
(series, horizon, static categories), against the seasonal naive and, where it is
installed, neuralforecast's LSTM with the same window, hidden size, covariates and
budget of CPU seconds. WAPE over the last two horizons, each forecast from the rows
before it.

A net that learns the squared error or the Poisson deviance forecasts the mean, one that
learns the absolute error the median, which WAPE rewards and which is too low on skewed
sales: the bias tells. The default is the mean here and the median there. What is
claimed is the default of one against the default of the other, and the pairs of equal
loss as well.

    python benchmarks/bench_lstm_accuracy.py --data-dir FOLDER [--results FILE]

A fit takes minutes. With ``--results`` each one is written down when it is done, and a
second run goes on from there; what is not installed is then read from the file.
"""

import argparse
import json
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from neuralforecast_peer import categories, forecast_by_peer
from panels import load_panels, rolling_origins
from skorch.callbacks import Callback

from sklearn_sales import LSTMRegressor, SeasonalNaiveRegressor

DEFAULT, MEAN, MEDIAN = "auto", "squared error", "absolute error"
OURS = {loss: f"LSTM, {loss}" for loss in (DEFAULT, MEAN, MEDIAN)}
PEER = {loss: f"neuralforecast, {loss}" for loss in (MEAN, MEDIAN)}
NAIVE = "naive"


class Budget(Callback):
    """Ends training when the process has used so many CPU seconds since the start."""

    def __init__(self, seconds):
        self.stop = time.process_time() + seconds

    def on_epoch_end(self, net, **kwargs):
        if time.process_time() > self.stop:
            # skorch ends training as if it were done
            raise KeyboardInterrupt


def make_lstm(spec, **options):
    return LSTMRegressor(
        horizon=spec.horizon,
        static=categories(spec),
        series=spec.series,
        time="date",
        random_state=0,
        **options,
    )


def forecast_naive(spec, X, y, ahead, seconds):
    model = SeasonalNaiveRegressor(season=spec.season, series=spec.series, time="date")
    return model.fit(X, y).predict(ahead), {}


def forecast_lstm(loss, spec, X, y, ahead, seconds):
    loss = loss.replace(" ", "_")
    model = make_lstm(spec, callbacks=[Budget(seconds)], loss=loss).fit(X, y)
    best = dict(model.net_.callbacks_)["best_weights"]
    notes = {"epochs": len(model.history_), "best": best.best_epoch_}
    return model.predict(ahead), notes


def forecast_peer(loss, spec, X, y, ahead, seconds):
    # what "auto" comes to, which a net without training tells
    window = make_lstm(spec, max_epochs=0).fit(X, y).window_
    return forecast_by_peer(
        spec, X, y, ahead, loss, window=window, hidden_size=32, seconds=seconds
    )


MODELS = {
    NAIVE: forecast_naive,
    **{name: partial(forecast_lstm, loss) for loss, name in OURS.items()},
    **{name: partial(forecast_peer, loss) for loss, name in PEER.items()},
}


class Results:
    """Figures of finished fits, by set, origin, model and budget.

    Parameters
    ----------
    path : str or None
        JSON lines; None keeps nothing.
    """

    def __init__(self, path):
        self.path = None if path is None else Path(path)
        self.known = {}
        if self.path is not None and self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                self.known[tuple(record["key"])] = record

    def add(self, key, record):
        self.known[key] = record
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **record}) + "\n")


def measure(name, spec, X, y, train, test, seconds):
    """Figures of one fit, as sums that can be pooled over origins."""
    started = time.process_time()
    forecasts, notes = MODELS[name](spec, X[train], y[train], X[test], seconds)
    forecasts = np.maximum(forecasts, 0)
    return {
        "absolute_error": float(np.abs(y[test] - forecasts).sum()),
        "error": float((forecasts - y[test]).sum()),
        "sales": float(np.abs(y[test]).sum()),
        "seconds": time.process_time() - started,
        **notes,
    }


def measure_set(spec, X, y, names, results, seconds):
    """WAPE, bias and CPU seconds of each model over all origins of a set.

    A model that is not installed is left out unless all its figures are known.
    """
    folds = list(rolling_origins(X, spec))
    table = {}
    for name in names:
        records = []
        for origin, (train, test) in enumerate(folds):
            key = (spec.file, origin, name, seconds)
            if key not in results.known:
                if name in PEER.values() and find_spec("neuralforecast") is None:
                    break
                found = measure(name, spec, X, y, train, test, seconds)
                results.add(key, found)
            records.append(results.known[key])
            print(f"  {key}: {records[-1]}", file=sys.stderr, flush=True)
        if len(records) == len(folds):
            sums = {
                part: sum(record[part] for record in records)
                for part in ("absolute_error", "error", "sales", "seconds")
            }
            table[name] = (
                sums["absolute_error"] / sums["sales"],
                sums["error"] / sums["sales"],
                sums["seconds"] / len(folds),
            )
    return table


def count_wins(tables, ours, rival, share=0.0):
    """Print on how many sets ours wins; return whether that is enough."""
    known = {name: t for name, t in tables.items() if ours in t and rival in t}
    if not known:
        print(f"no figures of {ours} against {rival}")
        return True
    lost = [name for name, t in known.items() if t[ours][0] >= t[rival][0]]
    needed = int(np.ceil(share * len(known)))
    wins = len(known) - len(lost)
    print(f"{ours} beats {rival} on {wins} of {len(known)}", end="")
    print(f" (claim: {needed})" if share else "", end="")
    print(f"; not on {', '.join(lost)}" if lost else "")
    return wins >= needed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of the Parquet files")
    parser.add_argument("--results", help="file that keeps the figures of each fit")
    parser.add_argument("--sets", nargs="*", help="names of the sets (default: all)")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS)
    parser.add_argument("--seconds", type=float, default=300.0, help="budget of a fit")
    arguments = parser.parse_args()
    results, tables = Results(arguments.results), {}
    for spec, X, y in load_panels(arguments.data_dir, arguments.sets):
        table = measure_set(spec, X, y, arguments.models, results, arguments.seconds)
        tables[spec.file] = table
        print(f"{spec.file:<32}{'WAPE':>9}{'bias':>9}{'CPU seconds':>13}")
        for name, (error, bias, used) in table.items():
            print(f"  {name:<30}{error:>9.4f}{bias:>9.3f}{used:>13.1f}", flush=True)
    held = [count_wins(tables, OURS[DEFAULT], NAIVE, 0.8)]
    # the default of each, which are not the same loss
    held += [count_wins(tables, OURS[DEFAULT], PEER[MEDIAN], 0.6)]
    held += [count_wins(tables, OURS[loss], PEER[loss], 0.6) for loss in PEER]
    return 0 if tables and all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
