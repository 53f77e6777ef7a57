# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The command line, as its users meet it: files in, files and words out."""

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from plain_sales import COLUMNS, QUICK, make_sales
from sklearn.dummy import DummyRegressor

from sklearn_sales._files import replacing
from sklearn_sales.cli import main
from sklearn_sales.cli._models import MODELS, Model
from sklearn_sales.cli._progress import Progress
from sklearn_sales.metrics import wape


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with sales.csv in it."""
    monkeypatch.chdir(tmp_path)
    make_sales().to_csv("sales.csv", index=False)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command line: (exit code, stdout, stderr)."""

    def run(*argv):
        code = main([str(one) for one in argv])
        return code, *capsys.readouterr()

    return run


def read_report(folder):
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_naive_forecast_repeats_the_last_week_of_every_series(folder, run):
    code, out, err = run("forecast", "sales.csv", *COLUMNS, *QUICK, "--output", "out")
    assert (code, err) == (0, "")
    sales = make_sales()
    last = sales[sales["date"] > sales["date"].max() - pd.Timedelta(days=7)]
    expected = last.assign(date=last["date"] + pd.Timedelta(days=7))
    expected = expected.rename(columns={"units": "forecast"}).astype(
        {"forecast": float}
    )
    result = pd.read_csv("out/forecasts.csv", parse_dates=["date"])
    pd.testing.assert_frame_equal(
        result, expected.reset_index(drop=True), check_dtype=False
    )
    for name in ["forecasts.csv", "errors.csv", "report.json"]:
        assert str(folder.joinpath("out", name).relative_to(folder)) in out
    assert sorted(p.name for p in (folder / "out").iterdir()) == [
        "errors.csv",
        "forecasts.csv",
        "report.json",
    ]


def test_error_table_holds_the_errors_of_each_fold(folder, run):
    run("forecast", "sales.csv", *COLUMNS, *QUICK, "--folds", "3", "--output", "out")
    errors = pd.read_csv("out/errors.csv", parse_dates=["first", "last"])
    assert list(errors["fold"]) == [1, 2, 3]
    sales = make_sales().set_index(["shop", "item", "date"])["units"]
    for _, row in errors.iterrows():
        day = sales.index.get_level_values("date")
        truth = sales[(day >= row["first"]) & (day <= row["last"])]
        week_before = truth.index.set_levels(
            truth.index.levels[2] - pd.Timedelta(days=7), level=2
        )
        assert row["rows"] == len(truth) == 28
        assert row["wape"] == pytest.approx(wape(truth, sales[week_before]))
    assert errors["last"].max() == sales.index.levels[2].max()


def test_auto_takes_the_model_with_the_least_wape(folder, run):
    code, out, _ = run(
        "forecast",
        "sales.csv",
        *COLUMNS,
        "--horizon",
        "5",
        "--model",
        "auto",
        "--no-plot",
        "--output",
        "o",
    )
    assert code == 0
    errors = pd.read_csv("o/errors.csv")
    assert set(errors["model"]) == set(MODELS)
    best = errors.groupby("model")["wape"].mean().idxmin()
    assert read_report(folder / "o")["model"] == best
    chosen = [line for line in out.splitlines() if line.endswith("<- chosen")]
    assert len(chosen) == 1
    assert chosen[0].startswith(best)


def test_a_further_model_is_one_line_of_the_table(folder, run, monkeypatch):
    monkeypatch.setitem(
        MODELS,
        "zero",
        Model(
            "nothing",
            lambda _: DummyRegressor(strategy="constant", constant=0),
            "nothing",
        ),
    )
    code, out, _ = run(
        "forecast",
        "sales.csv",
        *COLUMNS,
        "--model",
        "zero",
        "--no-plot",
        "--output",
        "o",
    )
    assert code == 0
    assert (pd.read_csv("o/forecasts.csv")["forecast"] == 0).all()
    assert "Consider --model auto or naive." in out


def test_demo_shows_and_writes_everything(tmp_path, run):
    target = tmp_path / "demo"
    code, out, err = run("demo", "--output", target)
    assert (code, err) == (0, "")
    assert out.startswith("Demo: the next 13 weeks")
    for name in ["forecasts.csv", "errors.csv", "report.json", "forecasts.png"]:
        assert str(target / name) in out
    assert len(pd.read_csv(target / "forecasts.csv")) == 7 * 13
    assert (target / "forecasts.png").read_bytes().startswith(b"\x89PNG")
    report = read_report(target)
    errors = report["errors"]
    assert errors[report["model"]]["wape"] < errors["naive"]["wape"]
    # the seasonal holidays of this set are in the same weeks of every year
    assert report["known_ahead"] == {"is_holiday": "follows the week of the year"}


def test_order_of_rows_changes_nothing(folder, run):
    argv = [*COLUMNS, "--model", "ar", "--no-plot", "--output"]
    run("forecast", "sales.csv", *argv, "ordered.csv")
    make_sales().sample(frac=1, random_state=1).to_csv("mixed.csv", index=False)
    run("forecast", "mixed.csv", *argv, "mixed_out.csv")
    pd.testing.assert_frame_equal(
        pd.read_csv("mixed_out.csv"), pd.read_csv("ordered.csv"), rtol=1e-9
    )
    assert (folder / "ordered_errors.csv").exists()
    assert (folder / "ordered_report.json").exists()


def test_module_runs_as_a_program(folder):
    program = [sys.executable, "-m", "sklearn_sales"]
    version = subprocess.run(
        [*program, "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("sklearn-sales ")
    argv = ["forecast", "sales.csv", *COLUMNS, *QUICK, "--quiet"]
    good = subprocess.run(
        [*program, *argv], capture_output=True, text=True, check=False
    )
    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
    assert (folder / "sales_forecast" / "forecasts.csv").exists()
    bad = subprocess.run(
        [*program, "forecast", "no.csv", *COLUMNS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("sklearn-sales: error: no.csv does not exist.")


@pytest.mark.parametrize("command", [[], ["forecast"], ["demo"]])
def test_help_is_given(command, run, capsys):
    with pytest.raises(SystemExit) as leaving:
        main([*command, "--help"])
    assert leaving.value.code == 0
    assert "usage: sklearn-sales" in capsys.readouterr().out


def months(n):
    return pd.date_range("2020-01-31", periods=n, freq="ME")


def hours(n):
    return pd.date_range("2024-03-25", periods=n, freq="h", tz="Europe/Berlin")


# By the frequency: times, and the horizon that nobody asked for.
FREQUENCIES = {
    "hours across a change of the clocks": (hours(400), 48),
    "business days": (pd.bdate_range("2024-01-01", periods=120), 20),
    "months": (months(40), 6),
    "quarters": (pd.date_range("2015-01-01", periods=30, freq="QS"), 4),
    "numbers": (pd.Index(range(100, 160)), 1),
}


@pytest.mark.parametrize("name", FREQUENCIES)
def test_default_horizon_follows_the_frequency(name, folder, run):
    times, horizon = FREQUENCIES[name]
    # a column of the name of a feature must not hinder a model
    y = 10 + np.arange(len(times)) % 5
    pd.DataFrame({"month": times, "y": y}).to_parquet("t.parquet")
    code, _, err = run(
        "forecast",
        "t.parquet",
        "--target",
        "y",
        "--time",
        "month",
        "--no-plot",
        "--output",
        "o",
    )
    assert (code, err) == (0, "")
    result = pd.read_parquet("o/forecasts.parquet")
    assert list(result.columns) == ["month", "forecast"]
    assert len(result) == horizon
    assert result["month"].iloc[0] > times[-1]
    if isinstance(times, pd.DatetimeIndex):
        expected = pd.date_range(times[-1], periods=horizon + 1, freq=times.freq)[1:]
        assert list(result["month"]) == list(expected)


def test_forecasts_are_not_negative_unless_sales_were(folder, run):
    falling = make_sales(60).assign(
        units=lambda f: 60 - (f["date"] - f["date"].min()).dt.days
    )
    argv = [
        "forecast",
        "f.csv",
        *COLUMNS,
        "--model",
        "ar",
        "--no-plot",
        "--output",
        "o",
    ]
    falling.to_csv("f.csv", index=False)
    run(*argv, "--horizon", "10")
    assert pd.read_csv("o/forecasts.csv")["forecast"].min() == 0
    falling.assign(units=falling["units"] - 30).to_csv("f.csv", index=False)
    run(*argv, "--horizon", "10")
    assert pd.read_csv("o/forecasts.csv")["forecast"].min() < -30


def test_series_that_end_early_or_begin_late_are_told_of(folder, run):
    sales = make_sales()
    day = (sales["date"] - sales["date"].min()).dt.days
    ended = (sales["shop"] == "A") & (sales["item"] == 1) & (day > 60)
    late = (sales["shop"] == "B") & (sales["item"] == 2) & (day < 80)
    sales[~ended & ~late].to_csv("sales.csv", index=False)
    code, out, err = run(
        "forecast",
        "sales.csv",
        *COLUMNS,
        "--no-plot",
        "--horizon",
        "7",
        "--output",
        "o",
    )
    assert (code, err) == (0, "")
    assert "1 of 4 series have no sales in the last 7 periods" in out
    assert "3 rows of series that begin within a back-test fold are not judged." in out
    assert len(pd.read_csv("o/forecasts.csv")) == 4 * 7


def test_quiet_keeps_notes_on_stderr(folder, run):
    make_sales(weather=np.arange(360) % 11).to_csv("sales.csv", index=False)
    code, out, err = run(
        "forecast", "sales.csv", *COLUMNS, *QUICK, "--quiet", "--output", "o"
    )
    assert (code, out) == (0, "")
    assert err == (
        "Note: left out: weather (future values unknown; give them with "
        "--covariates).\n"
    )
    assert read_report(folder / "o")["notes"] == [err[len("Note: ") : -1]]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_drawn_on_terminals_only():
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        with Progress(4, stream=stream) as progress:
            for name in "abcd":
                progress.step(name)
    assert pipe.getvalue() == ""
    shown = terminal.getvalue().split("\r\x1b[K")[1:]
    assert [line[-8:] for line in shown[:2]] == ["  0 %  a", " 25 %  b"]
    # nothing of it stays behind
    assert shown[-1] == ""


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")

    def fail(aside):
        aside.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), replacing(path) as aside:
        fail(aside)
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text("utf-8") == "old"
    with replacing(path) as aside:
        aside.write_text("new", encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text("utf-8") == "new"
