# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The results of a job, as files and in words."""

from importlib.metadata import version

import numpy as np

from sklearn_sales._files import replacing
from sklearn_sales.cli._picture import draw_picture
from sklearn_sales.cli._report import (
    by_reason,
    day,
    error_table,
    periods,
    report_json,
    verdict,
)
from sklearn_sales.cli._write import write_table

__all__ = ["say_errors", "say_plan", "say_results", "write_results"]


def say_plan(job, log):
    """Which columns are known ahead, and which are of no use."""
    for why, names in by_reason(job.covariates.why):
        log.say(f"Known ahead: {names} ({why})")
    for why, names in by_reason(job.covariates.left_out):
        log.note(f"left out: {names} ({why}).")
    for note in [*job.sales.notes, *_ended(job.sales, job.horizon)]:
        log.note(note)
    log.show_notes()


def _ended(sales, horizon):
    """Tell of series that may have been given up."""
    last = sales.panel.history.last[: sales.n_series]
    n_ended = int(np.count_nonzero(last <= sales.positions.max() - horizon))
    if not n_ended:
        return []
    return [
        f"{n_ended} of {sales.n_series} series have no sales in the last {horizon} "
        "periods; their forecasts go on from the last that they have."
    ]


def write_results(job, outcome, output, log, *, with_picture):
    """Write forecasts, error table, report and picture.

    Parameters
    ----------
    job : Job
    outcome : Outcome
    output : Output
    log : Log
        Its notes go into the report.
    with_picture : bool
    """
    target = job.sales.target
    name = "forecast" if "forecast" not in outcome.rows else f"{target}_forecast"
    rounded = round_to_mean(outcome.forecasts.to_numpy(), job.sales.y)
    write_table(outcome.rows.assign(**{name: rounded}), output.forecasts)
    write_table(outcome.test.errors, output.errors)
    with replacing(output.report) as aside:
        text = report_json(_report(job, outcome, log))
        aside.write_text(text, encoding="utf-8")
    if with_picture:
        draw_picture(
            output.picture,
            job.sales,
            outcome.test.forecasts[outcome.chosen],
            outcome.forecasts,
            horizon=job.horizon,
            title=f"{target}: forecast of the next {_span(job)} by {outcome.chosen}",
        )


def round_to_mean(forecasts, y):
    """Forecasts with six digits of the mean sales: the rest is noise."""
    mean = np.mean(np.abs(y))
    digits = 5 - int(np.floor(np.log10(mean))) if mean > 0 else 0
    return np.round(forecasts, max(digits, 0))


def _span(job):
    return periods(job.horizon, job.setting.unit)


def _report(job, outcome, log):
    sales, covariates = job.sales, job.covariates
    return {
        "sklearn_sales": version("sklearn-sales"),
        "sales": str(sales.path),
        "target": sales.target,
        "time": sales.time,
        "series": sales.series,
        "n_series": sales.n_series,
        "freq": sales.calendar.freq,
        "horizon": job.horizon,
        "folds": job.folds,
        "model": outcome.chosen,
        "covariates": job.used_by(outcome.chosen),
        "known_ahead": covariates.why,
        "left_out": covariates.left_out,
        "errors": outcome.test.summary().to_dict("index"),
        "notes": log.notes,
    }


def say_errors(job, outcome, log):
    """The errors of the models."""
    test, chosen = outcome.test, outcome.chosen
    summary = test.summary()
    times = "time" if job.folds == 1 else "times"
    first, last = test.errors["first"].min(), test.errors["last"].max()
    log.say()
    log.say(
        f"Back-test: {_span(job)} ahead, {job.folds} {times}, {day(first)} to "
        f"{day(last)}; mean of the folds"
    )
    for line in [*error_table(summary, chosen), verdict(summary, chosen)]:
        log.say(line)
    if job.covariates.names:
        log.say(
            f"Columns that {chosen} uses: {', '.join(job.used_by(chosen)) or 'none'}"
        )
    log.say()


def say_results(job, outcome, output, log, *, with_picture, page):
    """Where the results lie."""
    times = outcome.rows[job.sales.time]
    log.say(
        f"Forecast     {output.forecasts} ({len(times)} rows, {day(times.min())} to "
        f"{day(times.max())})"
    )
    log.say(f"Error table  {output.errors}")
    log.say(f"Report       {output.report}")
    if with_picture:
        log.say(f"Picture      {output.picture}")
    if page:
        log.say(f"Page         {page}")
    log.show_notes()
