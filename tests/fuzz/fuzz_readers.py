# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Feed broken files to a reader, guided by what they reach in its code (`make fuzz`).

Needs atheris: pip install atheris. Usage: fuzz_readers.py NAME RUNS, with a name of
READERS in readers.py. Stops at the first fault, and writes the file that brings it.
"""

import sys
import tempfile
from pathlib import Path


def main():
    # imported here: the tests, which read every file, have no atheris
    import atheris

    with atheris.instrument_imports(include=["sklearn_sales"]):
        from readers import READERS

    name, runs = sys.argv[1:]
    make, read = READERS[name]
    corpus = Path(tempfile.mkdtemp(prefix="corpus-"))
    (corpus / "whole").write_bytes(make())
    counts = {True: 0, False: 0}

    def one(data):
        counts[read(data)] += 1
        if sum(counts.values()) == int(runs):
            print(f"{name}: {counts[True]} read, {counts[False]} refused, no fault")

    options = [f"-atheris_runs={runs}", "-max_len=40000", "-timeout=30"]
    atheris.Setup([sys.argv[0], *options, "-verbosity=0", str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
