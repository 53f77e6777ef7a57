# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entry point of the command line: arguments in, exit code out."""

import os
import sys

from sklearn_sales.cli._arguments import make_parser
from sklearn_sales.cli._errors import InputError

__all__ = ["main"]


def main(argv=None):
    """Run ``sklearn-sales``.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the name of the program; None reads those of the process.

    Returns
    -------
    int
        Exit code: 0 where all went well, 2 where the arguments or the files are at
        fault (one line on stderr says how), 1 where nobody reads the report any more,
        130 where the user interrupted.
    """
    try:
        arguments = make_parser().parse_args(argv)
        # imported here, so that --help and --version answer at once
        from sklearn_sales.cli import _commands

        getattr(_commands, arguments.command)(arguments)
    except InputError as error:
        print(f"sklearn-sales: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # whoever read the report has gone; Python must not write to it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("sklearn-sales: interrupted", file=sys.stderr)
        return 130
    return 0
