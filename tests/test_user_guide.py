# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The guide and the gallery tell of everything public, and of nothing that is not so.

The code of the guide's pages runs as doctests.
"""

import re
import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from threadpoolctl import threadpool_limits

import sklearn_sales
from sklearn_sales.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "user_guide").glob("*.rst"))
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
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
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", text)) == []


def without_seconds(text):
    """Lines of a report, without how long each model took."""
    return [re.sub(r" +\d+\.\d(  <- chosen)?$", r"\1", line) for line in text]


def test_demo_prints_the_table_of_the_guide(tmp_path, capsys):
    main(["demo", "--output", str(tmp_path / "demo"), "--no-plot"])
    printed = without_seconds(capsys.readouterr().out.splitlines())
    table = re.search(r"( {3}model .*? naive\.)\n", TEXT["command_line"], re.DOTALL)
    shown = without_seconds(line[3:] for line in table.group(1).splitlines())
    assert [line for line in shown if line not in printed] == []
