# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings that every test shares. They come before numpy and matplotlib are loaded."""

import os

# Plots are drawn to memory: a test machine has no screen.
os.environ["MPLBACKEND"] = "Agg"

# Parallel test workers share the cores. More threads than cores make each
# histogram-based tree many times slower. The process that starts the workers sets
# nothing, as they would inherit it.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _WORKERS = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    _THREADS = str(max(1, (os.cpu_count() or 1) // _WORKERS))
    for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(_variable, _THREADS)

import pytest
from hypothesis import settings
from joblib.externals.loky import get_reusable_executor

# No deadline: a busy machine is no bug. On CI the examples are the same every time.
settings.register_profile(
    "sklearn_sales", deadline=None, derandomize="CI" in os.environ
)
settings.load_profile("sklearn_sales")


@pytest.fixture(autouse=True, scope="module")
def fresh_workers():
    """Give every file worker processes of its own.

    joblib replaces a worker that has grown by 300 MB since its first task, such as one
    that was started before torch was loaded, and at times waits forever for it.
    """
    yield
    get_reusable_executor().shutdown(wait=True)
