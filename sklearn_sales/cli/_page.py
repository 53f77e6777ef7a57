# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One page of HTML that tells of a job, and needs nothing but itself."""

import base64
import hashlib
import json
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

import numpy as np

from sklearn_sales.cli._backtest import floor_of
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._findings import find_oddities
from sklearn_sales.cli._page_data import choose_shown, page_data
from sklearn_sales.cli._page_errors import calibration, judge
from sklearn_sales.cli._report import day, periods, plain_number, verdict
from sklearn_sales.cli._write import check_folder, replacing

__all__ = ["resolve_page", "write_page"]

N_RANKED = 10


def resolve_page(named, inputs):
    """Check where a page is to be written.

    Parameters
    ----------
    named : str
    inputs : list of Path
        Files that must not be written over.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Where it has another ending, or nothing can be written there.
    """
    path = Path(named)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"The page {named} must end in .html.")
    if path.is_dir():
        raise InputError(f"The page {named} is a folder; name a file.")
    if path.resolve() in {one.resolve() for one in inputs}:
        raise InputError(f"The page {named} would write over an input; name another.")
    check_folder(path.parent)
    return path


def write_page(path, job, outcome, notes):
    """Write the page.

    Parameters
    ----------
    path : Path
    job : Job
    outcome : Outcome
    notes : list of str
        What the user should know.
    """
    text = render_page(job, outcome, notes)
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8")


def render_page(job, outcome, notes):
    """The page as text."""
    sales = job.sales
    judged = judge(sales, outcome)
    findings = find_oddities(sales, job.horizon)
    best, worst = _ranked(judged)
    linked = [*best.index, *worst.index]
    linked += [code for one in findings for code, _ in one.examples]
    shown = choose_shown(sales.n_series, linked)
    source = files("sklearn_sales.cli") / "page"
    css, js = (
        source.joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js")
    )
    title = (
        f"{sales.target}: forecast of the next {periods(job.horizon, job.setting.unit)}"
    )
    parts = {
        "title": escape(title),
        "lead": escape(verdict(outcome.test.summary(), outcome.chosen)),
        "facts": _facts(job, outcome),
        "notes": _notes(notes),
        "backtest": escape(_about_backtest(job, outcome)),
        "models": _models(outcome),
        "folds": _folds(job, outcome, judged),
        "ranking": escape(_about_ranking(judged, sales)),
        "best": _ranking(sales, best),
        "worst": _ranking(sales, worst),
        **_calibration(judged, floor_of(sales.y)),
        "findings": "\n".join(_finding(sales, one) for one in findings),
        "footer": f"Made by sklearn-sales {escape(version('sklearn-sales'))} from "
        f"{escape(str(sales.path))}. This page loads nothing from anywhere.",
        "css": css,
        "js": js,
        "policy": _policy(css, js),
    }
    data = page_data(job, outcome, judged, shown)
    parts |= {"sample": escape(data["sample"]), "data": script_json(data)}
    template = source.joinpath("page.html").read_text("utf-8")
    return Template(template).substitute(parts)


def script_json(value):
    """JSON that no text in it can end the script element of."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(css, js):
    """Only this script and this style may run; nothing may be loaded."""

    def digest(text):
        made = hashlib.sha256(text.encode("utf-8")).digest()
        return f"'sha256-{base64.b64encode(made).decode('ascii')}'"

    return (
        f"default-src 'none'; script-src {digest(js)}; style-src {digest(css)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _facts(job, outcome):
    sales = job.sales
    newest = sales.positions.max()
    first, last = sales.calendar.times(np.array([sales.positions.min(), newest]))
    until = sales.calendar.times(np.array([newest + job.horizon]))[0]
    own = outcome.test.summary().loc[outcome.chosen]
    facts = {
        "Series": f"{sales.n_series:,}",
        "Rows": f"{len(sales.y):,}",
        "Sales": f"{day(first)} to {day(last)}",
        "Frequency": str(sales.calendar.freq),
        "Forecast until": day(until),
        "Model": outcome.chosen,
        "WAPE in the back-test": f"{own['wape']:.1%}",
        "Bias in the back-test": f"{own['bias']:+.1%}",
        "Columns in use": ", ".join(job.used_by(outcome.chosen)) or "none",
    }
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )


def _notes(notes):
    if not notes:
        return ""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="notes">{lines}</ul>'


def _about_backtest(job, outcome):
    errors = outcome.test.errors
    times = "once" if job.folds == 1 else f"{job.folds} times"
    return (
        f"Each model was fitted on the older sales and forecast the next "
        f"{periods(job.horizon, job.setting.unit)}, {times}, from "
        f"{day(errors['first'].min())} to {day(errors['last'].max())}. WAPE is the sum "
        "of the errors as a share of the sales, MASE and RMSSE are errors in units of "
        "those of a naive forecast, bias says how far the sum of the forecasts is off."
    )


def _table(head, rows, classes=None):
    """An HTML table of cells that are escaped already."""
    made = []
    for number, row in enumerate(rows):
        mark = f' class="{classes[number]}"' if classes and classes[number] else ""
        made.append(f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>")
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr>'
        f"{names}</tr></thead><tbody>{''.join(made)}</tbody></table></div>"
    )


def _number(value, form):
    return "&ndash;" if np.isnan(value) else format(value, form)


def _against(own, naive):
    """By how much an error is below or above that of the naive."""
    if not (naive > 0 and own >= 0):
        return "&ndash;"
    change = own / naive - 1
    look = "good" if change < 0 else "bad" if change > 0 else ""
    return f'<span class="{look}">{change:+.0%}</span>'


def _models(outcome):
    summary = outcome.test.summary()
    naive = summary["wape"]["naive"]
    rows = [
        [
            escape(name) + (" (chosen)" if name == outcome.chosen else ""),
            _number(row["wape"], ".1%"),
            _against(row["wape"], naive) if name != "naive" else "",
            _number(row["bias"], "+.1%"),
            _number(row["rmsse"], ".3f"),
            _number(row["mase"], ".3f"),
        ]
        for name, row in summary.iterrows()
    ]
    classes = ["chosen" if name == outcome.chosen else "" for name in summary.index]
    head = ["Model", "WAPE", "vs naive", "Bias", "RMSSE", "MASE"]
    return _table(head, rows, classes)


def _folds(job, outcome, judged):
    errors = outcome.test.errors
    spans = errors[errors["model"] == outcome.chosen].set_index("fold")
    rows = [
        [
            escape(f"{day(spans['first'][fold])} to {day(spans['last'][fold])}"),
            _number(row["own"], ".1%"),
            _number(row["naive"], ".1%"),
            _against(row["own"], row["naive"]),
        ]
        for fold, row in judged.by("fold").iterrows()
    ]
    return _table(
        ["Sales", f"WAPE of {outcome.chosen}", "of naive", "against it"], rows
    )


def _ranked(judged):
    """The series with the least and with the largest error, the extreme ones first."""
    order = _rankable(judged).sort_values("own", kind="stable")
    n_ranked = min(N_RANKED, len(order) // 2)
    return order.head(n_ranked), order.tail(n_ranked)[::-1]


def _about_ranking(judged, sales):
    known = judged.by("code").dropna(subset=["own", "naive"])
    better = int(np.sum(known["own"] < known["naive"]))
    text = (
        f"By WAPE in the back-test. {better} of {len(known)} series with sales in it "
        "have a smaller error than the seasonal naive."
    )
    n_small = sales.n_series - len(_rankable(judged))
    if n_small:
        text += (
            f" {n_small} that sold less than a tenth of the mean in it, or nothing, "
            "are in no rank."
        )
    return text


def _rankable(judged):
    """Errors of the series that sold enough for a share of it to tell something."""
    by_series = judged.by("code")
    return by_series[by_series["sales"] >= max(0.1 * by_series["sales"].mean(), 1e-300)]


def _link(sales, code):
    name = sales.names[code]
    return f'<a href="#series={quote(name, safe="")}">{escape(name)}</a>'


def _ranking(sales, ranked):
    rows = [
        [
            _link(sales, code),
            _number(row["own"], ".1%"),
            _number(row["naive"], ".1%"),
            plain_number(row["sales"]),
        ]
        for code, row in ranked.iterrows()
    ]
    if not rows:
        return "<p>Too few series to rank.</p>"
    return _table(["Series", "WAPE", "naive", "Sales"], rows)


def _calibration(judged, floor):
    table = calibration(judged, floor)
    if table is None:
        text = (
            "The interval of the forecast follows the errors of the back-test, which "
            "was of one fold. Whether it holds what it says, a second fold would tell: "
            "use --folds 2 or more."
        )
        return {"calibration": text, "coverages": ""}
    rows = [
        [f"{row['nominal']:.0%}", f"{row['actual']:.1%}"] for _, row in table.iterrows()
    ]
    text = (
        "The interval of the forecast follows the errors of the back-test. To see "
        "whether it holds what it says, the later folds were given intervals from the "
        f"errors of the folds before them: {int(table['n_rows'].iloc[0]):,} sales."
    )
    head = ["Interval should hold", "it held"]
    return {"calibration": text, "coverages": _table(head, rows)}


def _finding(sales, finding):
    text = f"<b>{escape(finding.name)}:</b>{escape(finding.text)}"
    if not finding.n_series:
        return f'<p class="finding clean">{text}</p>'
    lines = "".join(
        f"<li>{_link(sales, code)}: {escape(told)}</li>"
        for code, told in finding.examples
    )
    return (
        f'<details class="finding" open><summary>{text}</summary>'
        f'<ul class="examples">{lines}</ul></details>'
    )
