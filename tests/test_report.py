# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The report: what it finds, what it counts, and that it is one whole file."""

import base64
import hashlib
import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from odd_sales import ODD_COLUMNS, SCRIPT, make_odd_sales
from plain_sales import COLUMNS, QUICK, make_sales

from sklearn_sales.cli import main
from sklearn_sales.cli._arguments import make_parser
from sklearn_sales.cli._backtest import floor_of
from sklearn_sales.cli._commands import _prepare
from sklearn_sales.cli._findings import find_oddities
from sklearn_sales.cli._job import do_job
from sklearn_sales.cli._page_data import MAX_SERIES, choose_shown, page_data
from sklearn_sales.cli._page_errors import calibration, interval_ahead, judge
from sklearn_sales.cli._progress import Progress
from sklearn_sales.cli._report import Log, plain_number


def run_job(path, *argv):
    arguments = make_parser().parse_args(["report", str(path), *argv])
    job = _prepare(arguments, Log(quiet=True))
    return job, do_job(job, Progress(10, enabled=False))


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """The job of the odd sales, its outcome, and the page of it."""
    folder = tmp_path_factory.mktemp("odd")
    make_odd_sales().to_csv(folder / "odd.csv", index=False)
    page = folder / "page.html"
    argv = [str(folder / "odd.csv"), *ODD_COLUMNS]
    assert main(["report", *argv, "--output", str(page), "--quiet"]) == 0
    return *run_job(*argv), page.read_text("utf-8")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "sales.csv"
    make_sales().to_csv(path, index=False)
    argv = [one for one in QUICK if one != "--no-plot"]
    return run_job(path, *COLUMNS, *argv, "--folds", "3")


def data_of(page):
    """The JSON that is embedded in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(found[1])


# what is odd


def test_every_oddity_is_found_where_it_was_put(odd):
    job, _, _ = odd
    sales = job.sales
    found = {one.name: one for one in find_oddities(sales, job.horizon)}
    told = {
        name: [(sales.names[code].removeprefix("shop "), text) for code, text in shown]
        for name, shown in ((name, one.examples) for name, one in found.items())
    }
    assert told["Duplicated rows"] == [("late", "3 times, the first 2023-03-02")]
    assert told["Negative sales"] == [("plain", "1 sale, the least -4 at 2023-02-10")]
    assert told["Gaps"] == [("plain", "4 times missing, 3 in a row from 2023-01-31")]
    assert told["Launches"] == [("late", "begins 2023-03-02")]
    assert told["Ends"] == [("ended", "last row 2023-03-01")]
    assert told["Sold nothing lately"] == [("faded", "last sale 2023-03-31")]
    assert told["Constant series"] == [("flat", "always 7")]
    # codes are in the order of the keys
    assert told["Series alike"] == [("Übergröße 漢字", "the same sales as shop copied")]
    outliers = dict(told["Outliers"])
    assert "the farthest 900 at 2023-03-22" in outliers["plain"]
    assert found["Gaps"].text.startswith("1 of 10 series lack times between")


def test_plain_sales_have_no_oddity(plain):
    job, _ = plain
    found = find_oddities(job.sales, job.horizon)
    assert {one.name for one in found if one.n_series} <= {"Outliers"}
    assert len(found) == 9


def test_gaps_and_negative_sales_equal_a_loop_over_series(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for shop in range(15):
        for day in range(40):
            if rng.uniform() < 0.9:
                rows.append((shop, day, rng.normal(5, 4)))
    frame = pd.DataFrame(rows, columns=["shop", "date", "units"])
    expected_gaps, expected_negative = {}, {}
    for shop, own in frame.groupby("shop"):
        days = own["date"].to_numpy()
        expected_gaps[shop] = days[-1] - days[0] + 1 - len(days)
        expected_negative[shop] = int((own["units"] < 0).sum())
    found = findings_of(frame, tmp_path)
    for name, expected in [
        ("Gaps", expected_gaps),
        ("Negative sales", expected_negative),
    ]:
        assert found[name].n_series == sum(n > 0 for n in expected.values())
        counts = [int(text.split()[0]) for _, text in found[name].examples]
        assert counts == sorted(expected.values(), reverse=True)[:8]
        for code, text in found[name].examples:
            assert int(text.split()[0]) == expected[code]


def findings_of(frame, folder):
    """Findings of a table with shop, date and units."""
    path = folder / "sales.csv"
    frame.to_csv(path, index=False)
    argv = ["report", str(path), *ODD_COLUMNS[:6], "--horizon", "5"]
    job = _prepare(make_parser().parse_args(argv), Log(quiet=True))
    return {one.name: one for one in find_oddities(job.sales, 5)}


# errors and intervals


def test_errors_by_fold_step_and_series_equal_sums_by_hand(plain):
    job, outcome = plain
    judged = judge(job.sales, outcome)
    sales = make_sales().sort_values(["shop", "item", "date"]).reset_index(drop=True)
    key = sales.groupby(["shop", "item"]).ngroup()
    before = sales.groupby(["shop", "item"])["units"].shift
    day = (sales["date"] - sales["date"].min()).dt.days
    for fold in (1, 2, 3):
        start = 90 - 7 * (4 - fold)
        # the forecast is the week before the fold
        here = (day >= start) & (day < start + 7)
        error = (sales["units"] - before(7))[here].abs().sum()
        expected = error / sales["units"][here].sum()
        assert judged.by("fold")["own"][fold] == pytest.approx(expected)
    here = day >= 90 - 21
    error = (sales["units"] - before(7)).abs()
    for code in range(4):
        one = here & (key == code)
        expected = error[one].sum() / sales["units"][one].sum()
        assert judged.by("code")["own"][code] == pytest.approx(expected)
    for step in range(1, 8):
        one = here & ((day - 69) % 7 == step - 1)
        expected = error[one].sum() / sales["units"][one].sum()
        assert judged.by("step")["own"][step] == pytest.approx(expected)


def test_calibration_looks_at_older_folds_only(plain):
    job, outcome = plain
    judged = judge(job.sales, outcome)
    table = calibration(judged, 0.0)
    assert table["nominal"].tolist() == [0.5, 0.8, 0.9]
    assert (table["n_rows"] == 2 * 7 * 4).all()
    assert table["actual"].is_monotonic_increasing
    # errors of the last fold have no part in its own intervals
    rows = judged.rows.copy()
    last = rows["fold"] == 3
    rows.loc[last, "y"] = rows.loc[last, "own"] + 1e6
    spoilt = calibration(type(judged)(rows, judged.levels, judged.season), 0.0)
    rows.loc[last, "y"] = rows.loc[last, "own"]
    perfect = calibration(type(judged)(rows, judged.levels, judged.season), 0.0)
    n_second = (perfect["actual"] - spoilt["actual"]) * perfect["n_rows"]
    np.testing.assert_allclose(n_second, 28)


def test_interval_holds_new_sales_as_often_as_it_says(tmp_path):
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=160)
    frame = pd.concat(
        pd.DataFrame({"shop": shop, "date": days, "units": rng.gamma(20, 5, 160)})
        for shop in range(40)
    )
    known = frame[frame["date"] < days[150]]
    known.to_csv(tmp_path / "sales.csv", index=False)
    argv = [*ODD_COLUMNS[:8], "--horizon", "10", "--folds", "4"]
    job, outcome = run_job(tmp_path / "sales.csv", *argv)
    judged = judge(job.sales, outcome)
    newest = job.sales.positions.max()
    low, high = interval_ahead(judged, outcome.forecasts, newest, floor_of(job.sales.y))
    truth = frame[frame["date"] >= days[150]].sort_values(["shop", "date"])["units"]
    inside = np.mean((truth >= low) & (truth <= high))
    assert inside == pytest.approx(0.8, abs=0.06)
    table = calibration(judged, 0.0)
    np.testing.assert_allclose(table["actual"], table["nominal"], atol=0.05)


def test_one_fold_tells_nothing_of_calibration(tmp_path):
    make_sales().to_csv(tmp_path / "s.csv", index=False)
    page = tmp_path / "page.html"
    argv = [str(tmp_path / "s.csv"), *COLUMNS, "--model", "naive", "--horizon", "7"]
    argv += ["--folds", "1", "--quiet", "--output", str(page)]
    assert main(["report", *argv]) == 0
    assert "use --folds 2 or more" in page.read_text("utf-8")


# the page


class Outline(HTMLParser):
    """Checks that tags close in order, and collects links, ids and sources."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.links, self.ids, self.sources = [], [], [], []
        self.text = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.sources += [attributes["src"]] if "src" in attributes else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_page_is_whole_and_its_links_lead_somewhere(odd):
    _, _, page = odd
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.sources == []
    names = {one["name"] for one in data_of(page)["series"]}
    for link in outline.links:
        assert link.startswith("#")
        if link.startswith("#series="):
            assert unquote(link.removeprefix("#series=")) in names
        else:
            assert link[1:] in outline.ids


def test_policy_allows_the_own_script_and_style_alone(odd):
    _, _, page = odd
    policy = unescape(re.search(r'Security-Policy" content="(.*?)"', page)[1])
    assert policy.startswith("default-src 'none'; ")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    for kind, text in [("style", style), ("script", script)]:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    # the name of a vocabulary is no address to load from
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_names_cannot_become_markup(odd):
    _, _, page = odd
    assert SCRIPT not in page
    assert page.count("<script") == 2
    assert "<b>bold" not in page
    names = [one["name"] for one in data_of(page)["series"]]
    assert f"shop {SCRIPT}" in names
    assert 'shop "quoted" & <b>bold</b>' in names


def test_data_of_the_page_are_sales_back_test_and_forecast(odd):
    job, outcome, page = odd
    data = data_of(page)
    sales, by_name = job.sales, {one["name"]: one for one in data["series"]}
    assert set(by_name) == set(sales.names)
    assert data["times"][0] == "2023-01-01"
    assert data["times"][data["ahead"]] == "2023-05-01"
    assert len(data["times"]) == 120 + 14
    frame = make_odd_sales().groupby(["shop", "date"])["units"].sum()
    for code, name in enumerate(sales.names):
        one, own = by_name[name], frame[name.removeprefix("shop ")]
        first = pd.Timestamp(data["times"][one["first"]])
        values = own.reindex(pd.date_range(first, periods=len(one["sales"])))
        assert [None if np.isnan(v) else v for v in values] == one["sales"]
        assert (first, len(own)) == (own.index[0], values.notna().sum())
        np.testing.assert_allclose(
            one["forecast"], outcome.forecasts.loc[code], rtol=1e-4
        )
        assert (np.array(one["low"]) <= one["forecast"]).all()
        assert (np.array(one["high"]) >= one["forecast"]).all()
        tested = outcome.test.forecasts["naive"]
        rows = tested.index[sales.codes[tested.index] == code]
        known = [value for value in one["test"] if value is not None]
        in_time = rows[np.argsort(sales.positions[rows])]
        np.testing.assert_allclose(known, tested[in_time])


def test_many_series_are_sampled_with_those_that_are_linked():
    linked = [3, 5000, 9999, 3]
    shown = choose_shown(10_000, linked)
    assert len(shown) == MAX_SERIES == len(np.unique(shown))
    assert set(linked) <= set(shown)
    assert np.array_equal(shown, choose_shown(10_000, linked))
    assert np.array_equal(choose_shown(50, []), np.arange(50))


def test_sampled_page_says_so(odd):
    job, outcome, _ = odd
    data = page_data(job, outcome, judge(job.sales, outcome), np.array([1, 4]))
    assert [one["name"] for one in data["series"]] == [
        job.sales.names[1],
        job.sales.names[4],
    ]
    assert data["sample"].startswith("2 of 10 series are on this page")


# the command line


def test_forecast_writes_the_same_page_beside_its_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_sales().to_csv("sales.csv", index=False)
    argv = ["sales.csv", *COLUMNS, "--model", "naive", "--horizon", "7"]
    assert main(["report", *argv]) == 0
    out = capsys.readouterr().out
    assert "Page         sales_report.html" in out
    assert "naive" in out
    more = ["--report", "deep/page.html", "--output", "o", "--no-plot"]
    assert main(["forecast", *argv, *more]) == 0
    assert "Page         deep/page.html" in capsys.readouterr().out
    one = (tmp_path / "sales_report.html").read_text("utf-8")
    assert one == (tmp_path / "deep" / "page.html").read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["page.html"]


def test_single_series_is_called_by_its_target(tmp_path):
    sales = make_sales()
    one = sales[(sales["shop"] == "A") & (sales["item"] == 1)]
    one[["date", "units"]].to_csv(tmp_path / "one.csv", index=False)
    page = tmp_path / "page.html"
    argv = [*COLUMNS[:4], "--model", "naive", "--horizon", "7", "--output", str(page)]
    assert main(["report", str(tmp_path / "one.csv"), *argv, "--quiet"]) == 0
    text = page.read_text("utf-8")
    assert [one["name"] for one in data_of(text)["series"]] == ["units"]
    assert "Too few series to rank." in text


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("page.txt", "The page page.txt must end in .html."),
        ("sales.html", "The page sales.html is a folder; name a file."),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_at_once(
    named, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.html").mkdir()
    make_sales().to_csv("sales.csv", index=False)
    assert main(["report", "sales.csv", *COLUMNS, "--output", named, "--quiet"]) == 2
    assert capsys.readouterr().err == f"sklearn-sales: error: {message}\n"


def test_duplicates_are_added_up_only_where_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_sales(price=2.0).to_csv("sales.csv", index=False)
    argv = ["sales.csv", "--target", "units", "--time", "date", "--series", "shop"]
    argv += [*QUICK, "--output", "out"]
    assert main(["forecast", *argv]) == 2
    assert capsys.readouterr().err.endswith(
        "Name the missing key column in --series (other columns: item, price), or let "
        "such rows be added up with --add-duplicates.\n"
    )
    assert main(["forecast", *argv, "--add-duplicates"]) == 0
    assert (
        "Note: 180 row(s) were added to others of the same series and time; item, "
        "price: as in the first of them.\n"
    ) in capsys.readouterr().out
    sums = make_sales().groupby(["shop", "date"])["units"].sum().unstack("shop")
    result = pd.read_csv("out/forecasts.csv", parse_dates=["date"])
    expected = sums.iloc[-7:]
    assert result["forecast"].tolist() == [*expected["A"], *expected["B"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (1234567.0, "1,234,600"),
        (0.00123456, "0.0012346"),
        (-44.75, "-44.75"),
        (99999.9, "100,000"),
        (20.0, "20"),
    ],
)
def test_numbers_are_written_without_powers(value, text):
    assert plain_number(value) == text
