# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ten million rows of hostile keys: time and memory grow with the rows, not more.

Each row is a series of its own, with keys that are numbers, numbers whose lower halves
are equal, long text, or two columns whose pairs are all distinct. `LagFeatures` reads
them in fit and in transform. Claim: twice the rows take at most 3 times the CPU time,
and the peak of memory stays below 1,500 bytes a row. Each case runs in a process of its
own, so that a peak is that of its case.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

MOST_TIMES, MOST_BYTES = 3.0, 1500
KEYS = {
    "numbers": lambda n: {"key": np.arange(n)},
    "colliding": lambda n: {"key": np.arange(n) << 32},
    "text": lambda n: {"key": pd.Series(np.arange(n)).astype(str).radd("product/" * 4)},
    "pairs": lambda n: {"key": np.arange(n) // 3162, "item": np.arange(n) % 3162},
}


def measure(kind, n_rows):
    """CPU time of fit and transform, and the memory that they add at most."""
    from sklearn_sales import LagFeatures

    keys = KEYS[kind](n_rows)
    X = pd.DataFrame({**keys, "time": np.arange(n_rows) % 7})
    y = np.arange(n_rows) % 11.0
    before = peak()
    seconds = []
    # memory that the system provides for the first time costs more than the work: of
    # two runs the quicker one counts, and what the first frees is kept for the second
    for _ in range(2):
        start = time.process_time()
        lags = LagFeatures(2, series=list(keys), time="time", fill=0.0).fit(X, y)
        n_answers = len(lags.transform(X))
        assert n_answers == n_rows, f"{n_answers} answers to {n_rows} rows"
        seconds.append(time.process_time() - start)
        del lags
    return {"seconds": min(seconds), "bytes": peak() - before}


def peak():
    """Peak of the memory of this process, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def in_a_process(kind, n_rows):
    command = [sys.executable, __file__, "--case", kind, "--rows", str(n_rows)]
    kept = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
    result = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **kept}
    )
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--case", choices=KEYS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case, options.rows)))
        return False
    missed = False
    print(f"{'keys':10} {'rows':>11} {'seconds':>8} {'ratio':>6} {'bytes a row':>12}")
    for kind in KEYS:
        half, whole = (in_a_process(kind, options.rows // d) for d in (2, 1))
        ratio = whole["seconds"] / half["seconds"]
        each = whole["bytes"] / options.rows
        missed |= ratio > MOST_TIMES or each > MOST_BYTES
        print(
            f"{kind:10} {options.rows:11,} {whole['seconds']:8.1f} {ratio:6.2f} "
            f"{each:12.0f}"
        )
    return missed


if __name__ == "__main__":
    sys.exit(main())
