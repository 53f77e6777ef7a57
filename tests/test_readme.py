# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The README: its example prints what it says, its links and names are there."""

import re
from pathlib import Path

import numpy as np
import pytest

import sklearn_sales

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)
NUMBER = re.compile(r"(?<![\w-])[+-]?\d+(?:\.\d+)?(?![\w-])")
CODE = [text for language, text in BLOCKS if language == "python"]


def without_numbers(text):
    return NUMBER.sub("#", text).split()


def test_example_prints_what_the_readme_says(capsys):
    [code] = CODE
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    [shown] = [text for language, text in BLOCKS if text.startswith("WAPE")]
    assert without_numbers(printed) == without_numbers(shown)
    # forests of two releases of scikit-learn differ in their draws
    numbers = [np.array(NUMBER.findall(t), dtype=float) for t in (printed, shown)]
    np.testing.assert_allclose(*numbers, rtol=0.1)


def test_example_is_short():
    [code] = CODE
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 88


LINKS = re.findall(r"\]\(([^)]+)\)", README)


@pytest.mark.parametrize("link", [link for link in LINKS if "://" not in link])
def test_linked_file_is_there(link):
    assert (ROOT / link).is_file()


def test_picture_is_small():
    [picture] = [link for link in LINKS if link.endswith(".png")]
    assert (ROOT / picture).stat().st_size < 150_000


def test_table_names_what_is_public():
    rows = [line.split("|")[2] for line in README.splitlines() if ".rst) |" in line]
    names = {n for row in rows for n in re.findall(r"`(\w+)`", row)}
    assert names <= set(sklearn_sales._PUBLIC)


def test_every_public_class_has_a_row():
    # a scorer is made by make_sales_scorer
    classes = [
        n for n in sklearn_sales._PUBLIC if n[0].isupper() and n != "SalesScorer"
    ]
    absent = [name for name in classes if f"`{name}`" not in README]
    assert absent == [], "add a row to the table 'What is in it' of README.md"


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, flags=re.M))
def test_command_is_in_the_makefile(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, flags=re.M)
