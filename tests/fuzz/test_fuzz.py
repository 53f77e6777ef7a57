# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A few cases of the fuzz; `make fuzz` runs 20,000."""

import fuzz_verdict
import numpy as np
import pytest
from fuzz_cases import cases
from fuzz_verdict import Hang, Unexplained, run_case
from hypothesis import HealthCheck, given, settings
from readers import READERS, broken


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(cases())
def test_hostile_tables_are_answered_or_refused(case):
    run_case(case)


@pytest.mark.parametrize("name", READERS)
def test_broken_files_are_read_or_refused(name):
    make, read = READERS[name]
    whole = make()
    assert read(whole)
    rng = np.random.default_rng(0)
    read_again = [read(broken(whole, rng)) for _ in range(60)]
    assert not all(read_again)


def fail(error):
    raise error


@pytest.mark.parametrize(
    "error",
    [KeyError("a"), ZeroDivisionError(), RuntimeWarning(), MemoryError(), Hang()],
)
def test_other_errors_are_unexplained(error):
    with pytest.raises(Unexplained, match=type(error).__name__):
        run_case((fail, error))


def test_errors_from_the_depths_are_unexplained():
    with pytest.raises(Unexplained, match="invalid literal for int"):
        run_case((int, "a"))


def wait_for_ever():
    while True:
        pass


def test_what_takes_too_long_is_a_hang(monkeypatch):
    monkeypatch.setattr(fuzz_verdict, "SECONDS", 1)
    with pytest.raises(Unexplained, match="no answer in 1 seconds"):
        run_case((wait_for_ever,))
