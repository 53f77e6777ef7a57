# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: LSTMRegressor trains at 0.8 the speed of a bare loop, and twice its peer's.

Windows a CPU second while a net is trained on a simulated panel, by

- ``LSTMRegressor``, skorch, its callbacks and all;
- a bare torch loop over the same module, loss, optimiser and batches;
- neuralforecast's LSTM of the same window, hidden size, covariates and batch, where it
  is installed.

The three take turns in processes of their own, and the median of the rounds counts:
what else the machine does then hits all alike. The peak memory is that of the process.
The series are as long as those of M5: the peer unfolds all windows of a series for each
batch, so that it is slower on longer ones, and ours gathers those of the batch alone.

    python benchmarks/bench_lstm_speed.py [--rounds 3] [--threads 2] [--days 1941]
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np

N_SERIES = 300
WINDOW, HORIZON, HIDDEN = 28, 14, 32
BATCH, N_STEPS = 256, 160
KEYS = ["store", "product"]
KNOWN = ["price", "promotion", "holiday"]


def make_panel(n_times):
    from sklearn_sales import make_sales_panel

    X, y = make_sales_panel(
        N_SERIES, n_times, missing_share=0.0, launch_share=0.0, random_state=0
    )
    X = X.drop(columns="category").astype(dict.fromkeys(KNOWN, float))
    return X, y.to_numpy()


def make_lstm(**options):
    from sklearn_sales import LSTMRegressor

    return LSTMRegressor(
        WINDOW,
        HORIZON,
        hidden_size=HIDDEN,
        batch_size=BATCH,
        early_stopping=False,
        series=KEYS,
        time="date",
        random_state=0,
        **options,
    )


def train_ours(threads, n_times):
    """CPU seconds of training, between its first and its last event."""
    import torch
    from skorch.callbacks import Callback

    class Clock(Callback):
        def on_train_begin(self, net, **kwargs):
            torch.set_num_threads(threads)
            Clock.started = time.process_time()

        def on_train_end(self, net, **kwargs):
            Clock.seconds = time.process_time() - Clock.started

    n_epochs = 4
    size = N_STEPS * BATCH // n_epochs
    lstm = make_lstm(max_epochs=n_epochs, epoch_size=size, callbacks=[Clock()])
    lstm.fit(*make_panel(n_times))
    return Clock.seconds


def train_bare(threads, n_times):
    """The same net and the batches of the same data set, in a loop of five lines."""
    import torch
    from skorch.callbacks import Callback

    class Loop(Callback):
        def on_epoch_begin(self, net, dataset_train, **kwargs):
            batches = net.get_iterator(dataset_train, training=True)
            torch.set_num_threads(threads)
            Loop.seconds = bare_loop(
                torch, net.module_.train(), net.criterion_, batches
            )
            raise KeyboardInterrupt

    lstm = make_lstm(max_epochs=1, epoch_size=N_STEPS * BATCH, callbacks=[Loop()])
    lstm.fit(*make_panel(n_times))
    return Loop.seconds


def bare_loop(torch, module, loss, batches):
    optimizer = torch.optim.AdamW(module.parameters(), lr=2e-3)
    started = time.process_time()
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss(module(**inputs), targets).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
    return time.process_time() - started


def train_peer(threads, n_times):
    """neuralforecast's LSTM; a step of it draws as many windows."""
    import torch
    from neuralforecast import NeuralForecast
    from neuralforecast_peer import make_peer
    from pytorch_lightning.callbacks import Callback

    class Clock(Callback):
        def on_train_start(self, *args):
            torch.set_num_threads(threads)
            Clock.started = time.process_time()

        def on_train_end(self, *args):
            Clock.seconds = time.process_time() - Clock.started

    X, y = make_panel(n_times)
    frame = X.assign(unique_id=X.groupby(KEYS).ngroup(), ds=X["date"], y=y)
    model = make_peer(
        HORIZON,
        KNOWN,
        {},
        window=WINDOW,
        hidden_size=HIDDEN,
        callbacks=[Clock()],
        max_steps=N_STEPS,
        windows_batch_size=BATCH,
    )
    NeuralForecast([model], freq="D").fit(frame[["unique_id", "ds", "y", *KNOWN]])
    return Clock.seconds


TRAINERS = {"LSTM": train_ours, "bare": train_bare, "neuralforecast": train_peer}


def measure(name, threads, n_times):
    """Windows a CPU second, and peak memory in MiB, of one process."""
    command = [sys.executable, __file__, "--one", name]
    command += ["--threads", str(threads), "--days", str(n_times)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def train_one(name, threads, n_times):
    seconds = TRAINERS[name](threads, n_times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([N_STEPS * BATCH / seconds, peak]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--days", type=int, default=1941, help="length of a series")
    parser.add_argument("--one", choices=TRAINERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        train_one(arguments.one, arguments.threads, arguments.days)
        return 0
    names = [n for n in TRAINERS if n != "neuralforecast" or find_spec(n)]
    rounds = [
        [measure(name, arguments.threads, arguments.days) for name in names]
        for _ in range(arguments.rounds)
    ]
    found = dict(zip(names, np.median(rounds, axis=0), strict=True))
    print(f"{N_SERIES} series of {arguments.days} days, {N_STEPS} batches of {BATCH},")
    print(f"window {WINDOW}, horizon {HORIZON}, hidden size {HIDDEN}")
    print(f"{'':<16}{'windows/s':>10}{'peak MiB':>10}")
    for name, (speed, peak) in found.items():
        print(f"{name:<16}{speed:>10.0f}{peak:>10.0f}")
    speed, peak = found["LSTM"]
    held = [speed >= 0.8 * found["bare"][0]]
    print(f"LSTM / bare loop: {speed / found['bare'][0]:.2f} (claim: 0.80)")
    if "neuralforecast" in found:
        other, other_peak = found["neuralforecast"]
        held += [speed >= 2 * other, peak < other_peak]
        print(f"LSTM / neuralforecast: {speed / other:.2f} (claim: 2.00)")
        print(f"memory / neuralforecast: {peak / other_peak:.2f} (claim: below 1)")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
