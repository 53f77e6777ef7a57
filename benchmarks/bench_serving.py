# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Claim: beside updates, a row over HTTP takes at most four times as long as alone.

The service of examples/serving runs as a process of its own on the loopback interface:
a pipeline of lags and a linear model, fitted on 980 series (the sample's seven stores
and departments, in 140 regions) of 143 weeks. Clients on threads ask one after the
other, each on its own connection, for a single row (GET) or for 500 rows (POST), alone
and while sales are taken in all the time. Printed are the median and the 99th
percentile of the latency in milliseconds, as a client sees it, and requests a second;
the claim is of the medians.

    python benchmarks/bench_serving.py [--clients 4] [--seconds 5]
"""

import argparse
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import LagFeatures, future_frame, load_walmart_sample, save

APP = Path(__file__).parents[1] / "examples" / "serving" / "app.py"
KEYS = ["store", "dept"]
N_REGIONS, N_ROWS = 140, 500
BAR = 4.0


def many_series():
    X, y = load_walmart_sample(return_X_y=True)
    parts = [X.assign(store=X["store"] + 100 * i) for i in range(N_REGIONS)]
    return pd.concat(parts, ignore_index=True), np.tile(y, N_REGIONS)


def as_json(X):
    return X.assign(date=X["date"].dt.strftime("%Y-%m-%d")).to_dict("records")


class Client:
    """One connection that stays open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, path, body=None):
        self.connection.request(
            method, path, body, {"Content-Type": "application/json"}
        )
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content}")
        return content


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def start(model, port):
    """The service as a process that answers."""
    server = subprocess.Popen([sys.executable, str(APP), model, "--port", str(port)])
    for _ in range(600):
        try:
            Client(port).ask("GET", "/health")
            return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service did not start within a minute")


def load_of(port, requests, n_clients, seconds):
    """Latencies of clients that ask one request after the other, in seconds."""
    found, end = [[] for _ in range(n_clients)], time.perf_counter() + seconds

    def run(number):
        client, at = Client(port), number
        while time.perf_counter() < end:
            began = time.perf_counter()
            client.ask(*requests[at % len(requests)])
            found[number].append(time.perf_counter() - began)
            at += n_clients

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return np.concatenate(found)


def send_sales(port, weeks, done, sent):
    """Sales of one week after the other, until told to end."""
    client = Client(port)
    for body in weeks:
        if done.is_set():
            return
        client.ask("POST", "/sales", body)
        sent.append(body)


def show(name, seconds, latencies):
    middle, high = np.percentile(latencies * 1000, [50, 99])
    rate = len(latencies) / seconds
    print(f"{name:34}{middle:9.1f}{high:9.1f}{rate:12.0f}", flush=True)
    return middle


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    X, y = many_series()
    model = make_pipeline(
        LagFeatures([1, 2, 4, 52], horizon=4, series=KEYS, fill=0.0),
        LinearRegression(),
    ).fit(X, y)
    rows = as_json(future_frame(X, 1, series=KEYS, covariates={"is_holiday": False}))
    names = ("store", "dept", "date")
    single = [
        ("GET", "/forecast?" + "&".join(f"{n}={row[n]}" for n in names)) for row in rows
    ]
    batch = [("POST", "/forecast", json.dumps(rows[:N_ROWS]))]
    weeks = [
        json.dumps(
            {
                "rows": [{**row, "date": str(day.date())} for row in rows],
                "sales": [1000.0] * len(rows),
            }
        )
        for day in pd.date_range(rows[0]["date"], periods=200, freq="7D")
    ]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.skops")
        save(model, path, format="skops")
        server = start(path, port)
    try:
        ratio = measure(port, single, batch, weeks, arguments)
    finally:
        server.terminate()
        server.wait()
    print(f"beside updates {ratio:.1f} times as long (bar: {BAR:g})")
    return int(ratio > BAR)


def measure(port, single, batch, weeks, arguments):
    how = arguments.clients, arguments.seconds
    load_of(port, single, 1, 0.5)  # warm
    print(f"{arguments.clients} clients{'':24}p50 ms   p99 ms  requests/s")
    alone = show("a single row", arguments.seconds, load_of(port, single, *how))
    show(f"{N_ROWS} rows", arguments.seconds, load_of(port, batch, *how))
    done, sent = threading.Event(), []
    updates = threading.Thread(target=send_sales, args=(port, weeks, done, sent))
    updates.start()
    latencies = load_of(port, single, *how)
    done.set()
    updates.join()
    beside = show("a single row, beside updates", arguments.seconds, latencies)
    print(f"{len(sent) / arguments.seconds:.1f} updates of 980 series a second")
    return beside / alone


if __name__ == "__main__":
    sys.exit(main())
