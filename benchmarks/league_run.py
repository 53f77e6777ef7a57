# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fit of the league in a process of its own, and what it costs.

Seconds are those of fit and forecast, libraries loaded and rows read before: the clock,
and what the operating system counts for the process and its children. One thread, so
that libraries which spin on two are not counted double. The peak memory is that of the
whole process.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["run_apart"]

# What the functions import at their first use, loaded before the clock starts.
_IMPORTED = {
    "neuralforecast": ["neuralforecast", "neuralforecast.models"],
    "mlforecast": ["mlforecast", "mlforecast.lag_transforms"],
    "statsforecast": ["statsforecast", "statsforecast.models"],
    "skforecast": ["skforecast.recursive", "skforecast.preprocessing"],
    "sktime": ["sktime.forecasting.compose", "sktime.forecasting.theta"],
    "lightgbm": ["lightgbm"],
    "fracast": ["fracast"],
    "scikit-learn": ["sklearn.ensemble"],
}


def run_apart(model, fold, timeout=None):
    """(forecasts, costs) of a model on a fold; RuntimeError where the process fails.

    Returns
    -------
    forecasts : DataFrame of shape (n_test, 1 + n_members)
        The column ``forecast``, and those of members.
    costs : dict
    """
    with tempfile.TemporaryDirectory() as folder:
        blind = replace(fold, truth=np.full(len(fold.truth), np.nan))
        pd.to_pickle(blind, Path(folder) / "fold.pkl")
        command = [sys.executable, __file__, model.name, folder]
        threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
        done = subprocess.run(
            command,
            env={**os.environ, **threads, "NUMBA_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{model.name} failed on {fold.spec.name}:\n{done.stderr[-3000:]}"
            )
        costs = json.loads((Path(folder) / "costs.json").read_text(encoding="utf-8"))
        return pd.read_parquet(Path(folder) / "forecasts.parquet"), costs


def _cpu_seconds():
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(who) for who in both]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak_mib():
    """Peak memory of this process since it began to run its own program.

    ru_maxrss counts the process that started this one as well, where Linux tells it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _measure(model, fold):
    for library in model.libraries:
        for module in _IMPORTED.get(library, ()):
            importlib.import_module(module)
    if model.module is not None:
        importlib.import_module(model.module)
    wall, cpu = time.perf_counter(), _cpu_seconds()
    answers = model.forecast(fold)
    forecasts, members = answers if isinstance(answers, tuple) else (answers, None)
    costs = {
        "wall": time.perf_counter() - wall,
        "cpu": _cpu_seconds() - cpu,
        "memory": _peak_mib(),
    }
    forecasts = np.asarray(forecasts, dtype=float).ravel()
    if forecasts.shape != fold.truth.shape or not np.isfinite(forecasts).all():
        raise ValueError(f"{model.name} did not answer every row by a number")
    table = pd.DataFrame({"forecast": forecasts})
    if members is not None:
        others, notes = members()
        table = pd.concat([table, others], axis=1)
        costs.update(notes)
    return table, costs


def main():
    from league import MODELS

    name, folder = sys.argv[1], Path(sys.argv[2])
    forecasts, costs = _measure(MODELS[name], pd.read_pickle(folder / "fold.pkl"))
    forecasts.to_parquet(folder / "forecasts.parquet")
    (folder / "costs.json").write_text(json.dumps(costs), encoding="utf-8")


if __name__ == "__main__":
    main()
