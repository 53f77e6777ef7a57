# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tests' own workers: together they take no more threads than there are cores."""

import os

import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads


@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER_COUNT" not in os.environ, reason="one process has all cores"
)
def test_workers_share_the_cores():
    n_workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    assert _openmp_effective_n_threads() <= max(1, os.cpu_count() // n_workers)
