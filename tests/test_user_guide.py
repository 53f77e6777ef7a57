# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The guide and the gallery tell of everything public, and of nothing that is not so.

The code of the guide's pages runs as doctests.
"""

import re
import runpy
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from threadpoolctl import threadpool_limits

import sklearn_sales
from sklearn_sales.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "user_guide").glob("*.rst"))
# What an example needs beside the libraries of the tests.
NEEDS = {
    "plot_foundation_regressor": ("fracast",),
    "plot_lstm_regressor": ("torch", "skorch"),
    "plot_sktime": ("sktime", "statsmodels"),
}
EXAMPLES = [
    path
    for path in sorted((ROOT / "examples").glob("plot_*.py"))
    if all(find_spec(library) for library in NEEDS.get(path.stem, ()))
]
TEXT = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_draws(script, monkeypatch):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    try:
        # the examples are small: threads would cost more than they bring
        with threadpool_limits(1):
            runpy.run_path(str(script))
    finally:
        plt.close("all")
    assert shown


def test_every_page_is_in_the_index():
    listed = re.findall(r"^   (\w+)$", TEXT["index"], flags=re.M)
    assert sorted(listed) == sorted(set(TEXT) - {"index"})


def test_every_public_name_is_in_the_guide():
    text = "\n".join(TEXT.values())
    # a scorer is made by make_sales_scorer
    names = set(sklearn_sales._PUBLIC) - {"SalesScorer"}
    absent = sorted(name for name in names if not re.search(rf"\b{name}\b", text))
    assert absent == [], "tell users of it in docs/user_guide/"


def read_table(text):
    """The table of back-test errors: its header, and the WAPE of each model."""
    table = re.search(r"^ *model .*? naive\.$", text, flags=re.DOTALL | re.M).group()
    header, *rows, _ = [line.split() for line in table.splitlines()]
    return header, {name: float(wape.rstrip("%")) for name, wape, *_ in rows}


def test_demo_prints_the_table_of_the_guide(tmp_path, capsys):
    main(["demo", "--output", str(tmp_path / "demo"), "--no-plot"])
    header, printed = read_table(capsys.readouterr().out)
    shown_header, shown = read_table(TEXT["command_line"])
    assert header == shown_header
    # boosting differs between releases of scikit-learn
    assert printed == pytest.approx(shown, rel=0.3)


def test_forgotten_keys_are_told_as_in_the_guide(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["demo", "--no-plot", "--quiet"])
    command = re.search(
        r"\$ sklearn-sales (.*)\n((?: {3}.+\n)+)",
        TEXT["command_line"].split("without its keys")[1],
    )
    assert main(command.group(1).split()) == 2
    assert capsys.readouterr().err.split() == command.group(2).split()
