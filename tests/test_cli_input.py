# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that the command line reads: every kind, and every kind of mistake."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from plain_sales import COLUMNS, QUICK, make_sales

from sklearn_sales.cli import main
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._read import Spelling, open_source


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


def change(**columns):
    return lambda frame: frame.assign(**columns)


def set_cell(name, row, value):
    def edit(frame):
        column = frame[name].astype(object)
        column.iloc[row] = value
        return frame.assign(**{name: column})

    return edit


# What is done to the file, what is asked for beside the usual, and the message.
BAD_SALES = {
    "unknown column": (
        None,
        ["--target", "unist"],
        "--target 'unist' is not a column of sales.csv. Did you mean 'units'?",
    ),
    "another case": (None, ["--time", "Date"], "Did you mean 'date'?"),
    "two roles": (
        None,
        ["--series", "date"],
        "--series 'date' is named twice, once in --time",
    ),
    "text for sales": (
        set_cell("units", 4, "many"),
        [],
        "1 value(s) that are no numbers, the first 'many' in row 5.",
    ),
    "decimal comma": (set_cell("units", 4, "4,5"), [], "say so with --decimal ,"),
    "infinite sales": (
        set_cell("units", 4, np.inf),
        [],
        "--target 'units' of sales.csv is infinite in row 5.",
    ),
    "huge sales": (
        set_cell("units", 4, 1e200),
        [],
        "--target 'units' of sales.csv holds 1e+200: numbers above 1e+100 in size",
    ),
    "no sales": (
        change(units=np.nan),
        [],
        "--target 'units' of sales.csv is empty in every row.",
    ),
    "no key": (
        set_cell("shop", 2, None),
        [],
        "--series 'shop' of sales.csv is empty in 1 row(s), the first is row 3.",
    ),
    "no date": (
        set_cell("date", 2, None),
        [],
        "--time 'date' of sales.csv is empty in 1 row(s), the first is row 3.",
    ),
    "no dates": (
        change(date="soon"),
        [],
        "holds 1 value(s) that are no ISO 8601 dates",
    ),
    "dates as numbers": (
        lambda f: f.assign(date=f["date"].dt.strftime("%Y%m%d")),
        [],
        "Say so with --time-format %Y%m%d",
    ),
    "another format": (
        None,
        ["--time-format", "%d.%m.%Y"],
        "not written as --time-format '%d.%m.%Y'",
    ),
    "off the grid": (None, ["--freq", "W-SUN"], "off the grid --freq 'W-SUN'"),
    "unknown frequency": (None, ["--freq", "often"], "--freq 'often' is unknown"),
    "missing key column": (
        None,
        ["--series", "shop"],
        "180 duplicated row(s): more than one for shop=A, date=2024-01-01. "
        "Name the missing key column in --series (other columns: item)",
    ),
    "too short": (
        None,
        ["--horizon", "40"],
        "too few for 2 back-test fold(s) of 40: 10 are left to learn from, and 40 "
        "are needed; use --horizon 30 or less, or --folds 1.",
    ),
    "no horizon": (
        None,
        ["--horizon", "0"],
        "argument --horizon: '0' is no whole number of 1 or more",
    ),
    "unknown model": (
        None,
        ["--model", "oracle"],
        "argument --model: invalid choice: 'oracle'",
    ),
    "output over input": (
        None,
        ["--output", "sales.csv"],
        "--output sales.csv would write over the input",
    ),
    "output is a file": (
        None,
        ["--output", "notes"],
        "--output notes is a file without the ending of a table",
    ),
    "output cannot be": (
        None,
        ["--output", "notes/out"],
        "--output notes/out cannot be written: ",
    ),
    "no rows": (
        lambda frame: frame[:0],
        [],
        "sales.csv holds a header but no row of data.",
    ),
}


@pytest.mark.parametrize(
    ("edit", "options", "message"), BAD_SALES.values(), ids=BAD_SALES
)
def test_bad_sales_are_one_line_on_stderr(edit, options, message, folder, run):
    if edit is not None:
        edit(make_sales()).to_csv("sales.csv", index=False)
    (folder / "notes").write_text("not a table", encoding="utf-8")
    argv = ["forecast", "sales.csv", *COLUMNS, *QUICK, "--output", "out", *options]
    code, _, err = run(*argv)
    assert code == 2
    assert err.startswith("sklearn-sales: error: ")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(p.name for p in folder.iterdir()) == ["notes", "sales.csv"]


BAD_FILES = {
    "sale.csv": (None, "sale.csv does not exist. Did you mean 'sales.csv'?"),
    ".": (None, "is a folder; name the file in it."),
    "void.csv": (b"", "void.csv is empty."),
    "sheet.xlsx": (b"PK", "sheet.xlsx is a spreadsheet; save its sheet as CSV first."),
    "sales.json": (b"[]", "sales.json has none of the endings that are read: .csv"),
    "latin.csv": ("shop\nMünchen".encode("latin-1"), "it is no UTF-8 text"),
    "binary.csv": (
        b"\0\1\n",
        "binary.csv cannot be read: it holds bytes that are no text",
    ),
    "cut.csv.gz": (gzip.compress(bytes(999))[:20], "cut.csv.gz cannot be read: "),
    "bad.parquet": (b"hello", "bad.parquet cannot be read: "),
    "wide.csv": (
        b"shop,item,date,units\nA,1,2024-01-01,3,4\n",
        "wide.csv cannot be read: a row has more fields than the header.",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_one_line_on_stderr(name, folder, run):
    content, message = BAD_FILES[name]
    if content is not None:
        (folder / name).write_bytes(content)
    code, _, err = run("forecast", name, *COLUMNS, *QUICK, "--output", "out")
    assert code == 2
    assert err.startswith("sklearn-sales: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_sales_after_the_options_are_told_of(folder, run):
    code, _, err = run("forecast", *COLUMNS, "sales.csv")
    assert code == 2
    assert "required: SALES (name it before the options)" in err


SPELLINGS = {
    "gzip": ("sales.csv.gz", {}, []),
    "semicolons": ("sales.csv", {"sep": ";", "decimal": ","}, ["--decimal", ","]),
    "tabs": ("sales.tsv", {"sep": "\t"}, []),
    "byte order mark": ("sales.csv", {"encoding": "utf-8-sig"}, []),
    "German dates": (
        "sales.csv",
        {"date_format": "%d.%m.%Y"},
        ["--time-format", "%d.%m.%Y"],
    ),
    "days as numbers": (
        "sales.csv",
        {"date_format": "%Y%m%d"},
        ["--time-format", "%Y%m%d"],
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_csv_give_the_same_forecast(spelling, folder, run):
    run("forecast", "sales.csv", *COLUMNS, *QUICK, "--output", "plain")
    name, written, options = SPELLINGS[spelling]
    # half units need a decimal mark
    half = make_sales().assign(units=lambda frame: frame["units"] / 2)
    half.to_csv(name, index=False, **written)
    code, _, err = run("forecast", name, *COLUMNS, *QUICK, *options, "--output", "out")
    assert (code, err) == (0, "")
    plain, result = (pd.read_csv(f"{o}/forecasts.csv") for o in ("plain", "out"))
    pd.testing.assert_frame_equal(
        result.assign(forecast=2 * result["forecast"]), plain, check_dtype=False
    )


def test_keys_keep_their_spelling(folder, run):
    shops = make_sales()["shop"].map({"A": "007", "B": "NA"})
    make_sales(shop=shops).to_csv("sales.csv", index=False)
    code, _, _ = run("forecast", "sales.csv", *COLUMNS, *QUICK, "--output", "o.csv")
    assert code == 0
    result = pd.read_csv("o.csv", dtype=str, keep_default_na=False)
    assert set(result["shop"]) == {"007", "NA"}


@pytest.mark.parametrize(
    "without", [[], ["pyarrow.parquet"]], ids=["pyarrow", "polars"]
)
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_parquet_in_and_out(without, zone, folder, run, monkeypatch):
    sales = make_sales()
    sales = sales.assign(
        date=sales["date"].dt.tz_localize(zone), shop=sales["shop"].astype("category")
    )
    sales.to_parquet("sales.parquet", index=False)
    run("forecast", "sales.csv", *COLUMNS, *QUICK, "--output", "out")
    for module in without:
        monkeypatch.setitem(sys.modules, module, None)
    code, _, err = run("forecast", "sales.parquet", *COLUMNS, *QUICK, "--output", "out")
    monkeypatch.undo()
    assert (code, err) == (0, "")
    result = pd.read_parquet(folder / "out" / "forecasts.parquet")
    assert str(getattr(result["date"].dt, "tz", None)) == str(zone)
    expected = pd.read_csv(folder / "out" / "forecasts.csv", parse_dates=["date"])
    result = result.assign(date=result["date"].dt.tz_localize(None))
    pd.testing.assert_frame_equal(result, expected, check_dtype=False)


def misleading(sales):
    """pandas notes another name, an index that is not there, and the key as index."""
    table = pa.Table.from_pandas(sales.set_index("shop").set_index("item", append=True))
    notes = json.loads(table.schema.metadata[b"pandas"])
    notes["columns"][0]["name"] = "day"
    notes["index_columns"] = ["shop", "units"]
    return table.replace_schema_metadata({b"pandas": json.dumps(notes)})


@pytest.mark.parametrize(
    "without", [[], ["pyarrow.parquet"]], ids=["pyarrow", "polars"]
)
def test_parquet_columns_are_those_of_the_file(without, folder, monkeypatch):
    """Neither what pandas notes beside them counts, nor folders, nor an index."""
    (folder / "shop=9").mkdir()
    path = folder / "shop=9" / "sales.parquet"
    sales = make_sales()
    pq.write_table(misleading(sales), path)
    sales.set_index(np.arange(len(sales))[::-1]).to_parquet(folder / "index.parquet")
    for module in without:
        monkeypatch.setitem(sys.modules, module, None)
    for file in (path, folder / "index.parquet"):
        source = open_source(str(file))
        assert sorted(source.names) == sorted(sales.columns)
        frame = source.read(keys=["shop"], time="date", spelling=Spelling())
        assert list(frame) == source.names
        pd.testing.assert_frame_equal(frame[list(sales)], sales, check_dtype=False)


def test_parquet_columns_of_one_name_are_refused(folder):
    column = pa.array([1, 2])
    pq.write_table(pa.table([column, column], ["units", "units"]), "twin.parquet")
    message = r"^twin\.parquet cannot be read: it has more than .* \['units'\]\.$"
    with pytest.raises(InputError, match=message):
        open_source("twin.parquet")


def test_parquet_needs_a_library_and_csv_does_not(folder):
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['pyarrow', 'polars', "
        "'pyarrow.parquet', 'matplotlib', 'matplotlib.figure']));"
        "from sklearn_sales.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    make_sales().to_parquet("sales.parquet")
    argv = [*COLUMNS, "--model", "naive", "--output", "out"]

    def call(name):
        return subprocess.run(
            [sys.executable, "-c", code, "forecast", name, *argv],
            capture_output=True,
            text=True,
            check=False,
        )

    parquet, csv = call("sales.parquet"), call("sales.csv")
    assert parquet.returncode == 2
    assert (
        "neither is installed. Install one with: pip install pyarrow." in parquet.stderr
    )
    assert (csv.returncode, csv.stderr) == (0, "")
    assert "no picture is drawn" in csv.stdout
    assert 'pip install "sklearn-sales[plot]"' in csv.stdout
    assert (folder / "out" / "forecasts.csv").exists()
    assert not (folder / "out" / "forecasts.png").exists()


def test_covariates_with_a_comma_are_told_of(folder, run):
    sales = make_sales().assign(price="1,50", size="1.234,5", code="1,a")
    sales.loc[sales.index[1::2], "price"] = None
    sales.to_csv("sales.csv", index=False, sep=";")
    code, out, _ = run("forecast", "sales.csv", *COLUMNS, *QUICK)
    assert code == 0
    assert (
        "Note: price, size: numbers with a comma, read as text. If that is a decimal "
        "comma, say so with --decimal ,\n"
    ) in out
