# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Run many cases of the fuzz and count what comes of them (`make fuzz`).

Prints the number of cases, of answers and of documented errors, and each kind of what
is unexplained with a traceback. Fails where there is any.
"""

import argparse
import resource
import sys
import traceback
from collections import Counter

from fuzz_cases import cases
from fuzz_verdict import Unexplained, run_case
from hypothesis import HealthCheck, Phase, given, seed, settings

GIGABYTES = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # a table that asks for more is a blow-up; libraries that are mapped do not count
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTES << 30, GIGABYTES << 30))
    counts, unexplained, shown = Counter(), Counter(), {}

    @seed(options.seed)
    @settings(
        max_examples=options.cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def fuzz(case):
        counts["case"] += 1
        try:
            counts[run_case(case)] += 1
        except Unexplained as error:
            unexplained[str(error)] += 1
            shown.setdefault(str(error), "".join(traceback.format_exception(error)))

    fuzz()
    for text, number in unexplained.most_common():
        print(f"--- {number} x {text}\n{shown[text]}", file=sys.stderr)
    print(
        f"{counts['case']} cases: {counts['answer']} answers, {counts['error']} "
        f"documented errors, {unexplained.total()} unexplained"
    )
    return bool(unexplained)


if __name__ == "__main__":
    sys.exit(main())
