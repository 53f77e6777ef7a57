# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Run the command line as ``python -m sklearn_sales``."""

import sys

from sklearn_sales.cli import main

if __name__ == "__main__":
    sys.exit(main())
