# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of the command line."""

import argparse
from importlib.metadata import version

from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._models import MODELS

__all__ = ["make_parser"]

EXAMPLES = """\
examples:
  sklearn-sales demo
      forecast a small embedded set of real sales into demo_output/

  sklearn-sales forecast sales.csv --target units --time date --series store item
      the next periods of every item in every store, into sales_forecast/

  sklearn-sales report sales.csv --target units --time date --series store item
      the same as one page to read, sales_report.html

  sklearn-sales forecast sales.parquet --target units --time week --series item \\
      --horizon 8 --covariates prices.csv --model boosting --output next.parquet
      eight weeks ahead, with the prices that are planned for them
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are a line like any other of the command line."""

    def error(self, message):
        if "required: SALES" in message:
            message += " (name it before the options)"
        raise InputError(f"{message}; {self.prog} --help shows what is allowed")


def make_parser():
    """The parser of ``sklearn-sales``.

    Returns
    -------
    argparse.ArgumentParser
        Its result has ``command`` and the options of that command.
    """
    parser = _Parser(
        prog="sklearn-sales",
        description="Forecast sales from a table of past sales.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"sklearn-sales {version('sklearn-sales')}",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_forecast(commands)
    _add_report(commands)
    _add_demo(commands)
    return parser


def _add_forecast(commands):
    forecast = commands.add_parser(
        "forecast",
        help="forecast every series of a CSV or Parquet file",
        description=(
            "Choose a model by a back-test on the newest sales, fit it on all of\n"
            "them, and forecast the next periods of every series."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_sales(forecast)
    _add_output(forecast.add_argument_group("output"), default=None)


def _add_report(commands):
    report = commands.add_parser(
        "report",
        help="forecast, and tell of it on one page",
        description=(
            "Do what the command forecast does, and write one HTML page: errors\n"
            "against the seasonal naive, best and worst series, calibration,\n"
            "every series to look up, and what is odd in the data."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_sales(report)
    group = report.add_argument_group("output")
    group.add_argument(
        "--output",
        metavar="FILE.html",
        help="the page (default: SALES without its ending, and _report.html)",
    )
    _add_quiet(group)


def _add_sales(command):
    command.add_argument(
        "sales",
        metavar="SALES",
        help="table of past sales, one row for each series and time: .csv, .csv.gz, "
        ".tsv or .parquet",
    )
    _add_columns(command.add_argument_group("columns of SALES"))
    _add_job(command.add_argument_group("forecast"))


def _add_columns(group):
    group.add_argument("--target", metavar="COL", required=True, help="what was sold")
    group.add_argument(
        "--time", metavar="COL", required=True, help="date or number of the period"
    )
    group.add_argument(
        "--series",
        metavar="COL",
        nargs="+",
        default=[],
        help="key of the series, such as: store item (default: all rows are one "
        "series)",
    )
    group.add_argument(
        "--freq",
        help="frequency of the times, such as D, W-SUN, MS or 15min (default: "
        "inferred)",
    )
    group.add_argument(
        "--time-format",
        metavar="FORMAT",
        help="how dates are written where they are not ISO 8601, such as %%d.%%m.%%Y",
    )
    group.add_argument(
        "--decimal",
        metavar="MARK",
        choices=[".", ","],
        default=".",
        help="decimal mark of numbers in CSV files, . or , (default: .)",
    )
    group.add_argument(
        "--add-duplicates",
        action="store_true",
        help="add up rows of the same series and time, instead of refusing them",
    )


def _add_job(group):
    group.add_argument(
        "--horizon",
        metavar="H",
        type=_positive,
        help="periods to forecast (default: 48 hours, 28 days, 20 business days, "
        "13 weeks, 6 months, 4 quarters, else one season)",
    )
    group.add_argument(
        "--covariates",
        metavar="FUTURE",
        help="table of future values of other columns of SALES: the time, the keys on "
        "which they depend, and the columns",
    )
    about = "; ".join(f"{name}: {model.about}" for name, model in MODELS.items())
    group.add_argument(
        "--model",
        choices=["auto", *MODELS],
        default="stack",
        help="what forecasts (default: stack); auto takes the best of the back-test; "
        f"{about}",
    )
    group.add_argument(
        "--folds",
        metavar="N",
        type=_positive,
        default=2,
        help="horizons at the end of SALES to back-test on (default: 2)",
    )


def _add_output(group, *, default):
    shown = default or "SALES without its ending, and _forecast"
    group.add_argument(
        "--output",
        metavar="DIR_OR_FILE",
        default=default,
        help="folder, or file of the forecasts (.csv, .csv.gz or .parquet; the error "
        f"table and the picture lie beside it) (default: {shown})",
    )
    group.add_argument(
        "--report",
        metavar="FILE.html",
        help="also write the page of the command report",
    )
    group.add_argument("--no-plot", action="store_true", help="draw no picture")
    _add_quiet(group)


def _add_quiet(group):
    group.add_argument(
        "--quiet", action="store_true", help="print nothing but warnings and errors"
    )


def _add_demo(commands):
    demo = commands.add_parser(
        "demo",
        help="forecast a small embedded set of real sales",
        description=(
            "Write the weekly sales of seven departments of a Walmart store to "
            "sales.csv, and forecast them as the command forecast does."
        ),
    )
    _add_output(demo.add_argument_group("output"), default="demo_output")


def _positive(text):
    """A whole number of one or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)
