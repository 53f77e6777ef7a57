# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The commands: read, back-test, forecast, write, and say what was done."""

import warnings
from contextlib import contextmanager
from pathlib import Path

from sklearn_sales._compat import import_optional
from sklearn_sales.cli._arguments import make_parser
from sklearn_sales.cli._covariates import sort_covariates
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._future import read_future
from sklearn_sales.cli._job import choose_horizon, do_job, make_job
from sklearn_sales.cli._page import resolve_page, write_page
from sklearn_sales.cli._progress import Progress
from sklearn_sales.cli._read import Spelling, file_kind, stem_of
from sklearn_sales.cli._report import Log, describe
from sklearn_sales.cli._results import (
    say_errors,
    say_plan,
    say_results,
    write_results,
)
from sklearn_sales.cli._sales import read_sales
from sklearn_sales.cli._write import resolve_output, write_table
from sklearn_sales.datasets import load_walmart_sample

__all__ = ["demo", "forecast", "report"]


def demo(arguments):
    """Write the embedded sample to a file, and forecast it."""
    folder = Path(arguments.output)
    if file_kind(folder) is not None:
        raise InputError(f"--output {folder} must be a folder for the demo.")
    path = folder / "sales.csv"
    resolve_output(folder, kind="csv", inputs=[path])
    write_table(load_walmart_sample().frame, path)
    columns = ["--target", "sales", "--time", "date", "--series", "store", "dept"]
    argv = ["forecast", str(path), *columns, "--output", str(folder)]
    log = Log(arguments.quiet)
    log.say(
        "Demo: the next 13 weeks of seven departments of a Walmart store, from 143 "
        "weeks of real sales."
    )
    log.say(f"$ sklearn-sales {' '.join(argv)}")
    argv += ["--report", arguments.report] if arguments.report else []
    argv += ["--no-plot"] * arguments.no_plot + ["--quiet"] * arguments.quiet
    forecast(make_parser().parse_args(argv))


def forecast(arguments):
    """Forecast every series of a file."""
    log = Log(arguments.quiet)
    job = _prepare(arguments, log)
    output = _resolve_output(arguments)
    page = arguments.report and resolve_page(arguments.report, _inputs(arguments))
    say_plan(job, log)
    with_picture = not arguments.no_plot and _can_draw(log)
    with _progress(job, log) as progress:
        outcome = _do(job, progress, log)
        write_results(job, outcome, output, log, with_picture=with_picture)
        if page:
            write_page(page, job, outcome, log.notes)
    say_errors(job, outcome, log)
    say_results(job, outcome, output, log, with_picture=with_picture, page=page)


def report(arguments):
    """Forecast every series of a file, and tell of it on a page."""
    log = Log(arguments.quiet)
    job = _prepare(arguments, log)
    named = arguments.output or f"{stem_of(Path(arguments.sales))}_report.html"
    page = resolve_page(named, _inputs(arguments))
    say_plan(job, log)
    with _progress(job, log) as progress:
        outcome = _do(job, progress, log)
        write_page(page, job, outcome, log.notes)
    say_errors(job, outcome, log)
    log.say(f"Page         {page}")
    log.show_notes()


def _progress(job, log):
    return Progress(len(job.candidates) * job.folds + 2, enabled=not log.quiet)


def _do(job, progress, log):
    """The outcome of a job; what it warns of becomes notes."""
    with _warnings_as_notes(log):
        outcome = do_job(job, progress)
    progress.step("write")
    if outcome.test.n_unjudged:
        log.note(
            f"{outcome.test.n_unjudged} rows of series that begin within a "
            "back-test fold are not judged."
        )
    return outcome


def _prepare(arguments, log):
    """Read the tables, and make the job that they and the arguments ask for."""
    spelling = Spelling(arguments.decimal, arguments.time_format)
    sales = read_sales(
        arguments.sales,
        target=arguments.target,
        time=arguments.time,
        series=arguments.series,
        freq=arguments.freq,
        spelling=spelling,
        add_duplicates=arguments.add_duplicates,
    )
    log.say(describe(sales))
    horizon = choose_horizon(sales, arguments.horizon, arguments.folds)
    future = None
    if arguments.covariates:
        future, notes = read_future(arguments.covariates, sales, horizon, spelling)
        sales.notes.extend(notes)
    return make_job(
        sales,
        sort_covariates(sales, horizon, future),
        horizon=horizon,
        model=arguments.model,
        folds=arguments.folds,
    )


def _resolve_output(arguments):
    path = Path(arguments.sales)
    return resolve_output(
        arguments.output or f"{stem_of(path)}_forecast",
        kind=file_kind(path),
        inputs=_inputs(arguments),
    )


def _inputs(arguments):
    """Files that must not be written over."""
    named = [arguments.sales, arguments.covariates]
    return [Path(one) for one in named if one]


def _can_draw(log):
    try:
        import_optional("matplotlib.figure", extra="plot")
    except ImportError as error:
        log.note(f"no picture is drawn: {error}")
        return False
    return True


@contextmanager
def _warnings_as_notes(log):
    """Keep what estimators warn of, once each, without the place in their code."""
    seen = {}
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        show = warnings.showwarning

        def keep(message, category, *place, **more):
            if issubclass(category, UserWarning):
                seen[str(message)] = None
            else:
                show(message, category, *place, **more)

        warnings.showwarning = keep
        yield
    for message in seen:
        log.note(message)
