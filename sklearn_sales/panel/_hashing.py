# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fixed hash of integers, for steps that look random and never change.

References
----------
.. [1] Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
   OOPSLA 2014 (the finaliser of SplitMix64).
"""

import numpy as np

__all__ = ["hashed_steps", "mix"]


def mix(values):
    """Finaliser of SplitMix64 over a uint64 array: every bit moves every bit."""
    with np.errstate(over="ignore"):
        z = values + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def hashed_steps(hashes, horizon):
    """Map uint64 hashes to steps 1..horizon, uniformly, as int64."""
    # the upper 32 bits times the horizon: no modulo, hence no bias worth a test
    high = (hashes >> np.uint64(32)) * np.uint64(horizon)
    return (high >> np.uint64(32)).astype(np.int64) + 1
