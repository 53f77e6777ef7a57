# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Panels in folders: partitions in, models and forecasts out, whole or not at all."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    ARRegressor,
    CalendarFeatures,
    LagFeatures,
    PartitionedRegressor,
    future_frame,
)

pytest.importorskip("pyarrow")

PROJECT = Path(__file__).parents[1]
STORES = ["a/b=c", "north", "south"]
KEYS = {"series": ["store", "item"], "time": "date"}


def sales(stores=STORES, n_days=30):
    """Two items in each store, and their sales in a column."""
    days = pd.date_range("2024-01-01", periods=n_days)
    names = ["item", "date", "store"]
    table = pd.MultiIndex.from_product([[1, 2], days, stores], names=names)
    table = table.to_frame(index=False)
    rng = np.random.default_rng(0)
    table.insert(2, "price", rng.uniform(1, 2, len(table)))
    table["sales"] = rng.poisson(9, len(table)).astype(float)
    return table[["item", "date", "price", "sales", "store"]]


def model(**params):
    return PartitionedRegressor(ARRegressor(2, pooled=True, **KEYS), "store", **params)


def in_memory(table):
    return model().fit(table.drop(columns="sales"), table["sales"])


@pytest.fixture
def folder(tmp_path):
    sales().to_parquet(tmp_path / "panel", partition_cols=["store"])
    return tmp_path / "panel"


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*.*")
        if path.is_file()
    }


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_folder_is_forecast_as_the_panel_in_memory(n_jobs, folder, tmp_path):
    table = sales()
    partitioned = model(n_jobs=n_jobs).fit_partitions(
        folder, target="sales", models=tmp_path / "models"
    )
    files = partitioned.predict_partitions(folder, tmp_path / "out")
    assert [file.parent.name for file in files] == [
        "store=a%2Fb%3Dc",
        "store=north",
        "store=south",
    ]
    found = pd.read_parquet(tmp_path / "out").astype({"store": "str"})
    assert list(found) == ["item", "date", "price", "sales", "forecast", "store"]
    expected = table.assign(
        forecast=in_memory(table).predict(table.drop(columns="sales"))
    )
    by = ["store", "item", "date"]
    pd.testing.assert_frame_equal(
        found.sort_values(by, ignore_index=True),
        expected.sort_values(by, ignore_index=True)[list(found)],
        check_dtype=False,
    )
    X = table.drop(columns="sales")
    np.testing.assert_array_equal(partitioned.predict(X), in_memory(table).predict(X))
    assert partitioned.groups_["store"].tolist() == STORES


def test_the_estimator_is_small_and_forecasts_after_a_round_trip(folder, tmp_path):
    fitted = model().fit_partitions(folder, target="sales", models=tmp_path / "models")
    joblib.dump(fitted, tmp_path / "whole.joblib")
    assert (tmp_path / "whole.joblib").stat().st_size < 5000
    again = joblib.load(tmp_path / "whole.joblib")
    X = sales().drop(columns="sales")
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert not hasattr(again, "panel_")


def test_a_model_in_memory_forecasts_a_folder(folder, tmp_path):
    table = sales()
    fitted = in_memory(table)
    fitted.predict_partitions(folder, tmp_path / "out", column="units")
    found = pd.read_parquet(tmp_path / "out").sort_values(["item", "date", "store"])
    expected = fitted.predict(table.drop(columns="sales"))
    np.testing.assert_array_equal(found["units"], expected)


def test_future_rows_are_forecast(folder, tmp_path):
    table = sales()
    X = table.drop(columns="sales")
    future = future_frame(X, 7, **KEYS, covariates={"price": 1.5})
    future.to_parquet(tmp_path / "future", partition_cols=["store"])
    fitted = model().fit_partitions(folder, target="sales", models=tmp_path / "models")
    fitted.predict_partitions(tmp_path / "future", tmp_path / "out")
    found = pd.read_parquet(tmp_path / "out").astype({"store": "str"})
    merged = future.merge(found, on=["store", "item", "date"])
    np.testing.assert_array_equal(merged["forecast"], in_memory(table).predict(future))


def test_a_pipeline_gets_data_frames(folder, tmp_path):
    table = sales()
    X = table.drop(columns="sales")
    lags = LagFeatures(2, fill=0.0, **KEYS)
    columns = make_column_transformer(
        (CalendarFeatures(["weekday"], time="date", passthrough=False), ["date"]),
        (lags, ["item", "date", "price", "store"]),
    )
    pipeline = PartitionedRegressor(make_pipeline(columns, Ridge()), "store")
    expected = clone(pipeline).fit(X, table["sales"]).predict(X)
    pipeline.fit_partitions(folder, target="sales", models=tmp_path / "models")
    np.testing.assert_allclose(pipeline.predict(X), expected)


# layouts


def test_one_file_for_each_group(tmp_path):
    table, folder = sales(), tmp_path / "panel"
    folder.mkdir()
    for number, (_, rows) in enumerate(table.groupby("store")):
        rows.to_parquet(folder / f"{number}.parquet", index=False)
    table[:0].to_parquet(folder / "empty.parquet")
    (folder / "_SUCCESS.parquet").write_bytes(b"")
    (folder / ".half-written.parquet").write_bytes(b"")
    fitted = model().fit_partitions(folder, target="sales", models=tmp_path / "models")
    X = table.drop(columns="sales")
    np.testing.assert_array_equal(fitted.predict(X), in_memory(table).predict(X))
    fitted.predict_partitions(folder, tmp_path / "out")
    assert len(pd.read_parquet(tmp_path / "out")) == len(table)


def test_several_files_in_a_folder_and_several_columns(tmp_path):
    table = sales(["1", "2"]).astype({"store": int})
    for half in (0, 1):
        table[half::2].to_parquet(
            tmp_path / "panel",
            partition_cols=["store", "item"],
            basename_template=f"half-{half}-{{i}}.parquet",
        )
    ar = ARRegressor(2, time="date")
    apart = PartitionedRegressor(ar, ["store", "item"])
    apart.fit_partitions(tmp_path / "panel", target="sales", models=tmp_path / "models")
    assert apart.groups_.to_numpy().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    X = table[["date", "price", "store", "item"]]
    expected = ARRegressor(2, **KEYS).fit(X, table["sales"]).predict(X)
    np.testing.assert_allclose(apart.predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["1", "2", "10"], [1, 2, 10]),
        (["1", "A"], ["1", "A"]),
        (["01", "02"], ["01", "02"]),
    ],
)
def test_names_of_folders_are_numbers_only_if_all_are(names, expected, tmp_path):
    table = sales(names)
    table.to_parquet(tmp_path / "panel", partition_cols=["store"])
    fitted = model().fit_partitions(
        tmp_path / "panel", target="sales", models=tmp_path / "models"
    )
    assert fitted.groups_["store"].tolist() == expected
    # a folder of some of the stores has the types of fit
    table[table["store"] == names[0]].to_parquet(
        tmp_path / "few", partition_cols=["store"]
    )
    fitted.predict_partitions(tmp_path / "few", tmp_path / "out")
    assert np.isfinite(pd.read_parquet(tmp_path / "out")["forecast"]).all()


# going on where it stopped


def test_what_is_done_is_kept_and_what_changed_is_done_again(folder, tmp_path):
    models, out = tmp_path / "models", tmp_path / "out"

    def run(estimator):
        estimator.fit_partitions(folder, target="sales", models=models)
        estimator.predict_partitions(folder, out)
        return files_of(models), files_of(out)

    first = run(model())
    assert run(model(n_jobs=2)) == first
    table = sales()
    table.loc[table["store"] == "north", "sales"] += 1
    shutil.rmtree(folder)
    table.to_parquet(folder, partition_cols=["store"])
    second = run(model())
    for was, now in zip(first, second, strict=True):
        changed = {name.split("/")[0] for name, _ in now.items() ^ was.items()}
        assert changed == {"store=north"}
        assert len(now) == 3
    third = run(model().set_params(estimator__lags=3))
    for was, now in zip(second, third, strict=True):
        assert not set(was.items()) & set(now.items())
        assert len(now) == 3


def test_the_old_models_stay_until_all_new_ones_are_there(folder, tmp_path):
    models = tmp_path / "models"
    fitted = model().fit_partitions(folder, target="sales", models=models)
    X = sales().drop(columns="sales")
    before = fitted.predict(X)
    (folder / "store=south" / "more.parquet").write_bytes(b"no parquet")
    with pytest.raises(ValueError, match=r"^1 of 3 partition\(s\) cannot be fitted"):
        model().set_params(estimator__lags=3).fit_partitions(
            folder, target="sales", models=models
        )
    np.testing.assert_array_equal(fitted.predict(X), before)


def test_a_killed_fit_goes_on_where_it_stopped(tmp_path):
    table = sales()
    table = table[(table["store"] != "south") | (table["item"] == 1)]
    table.to_parquet(tmp_path / "panel", partition_cols=["store"])
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from plain_forecasters import Mortal\n"
        "from sklearn_sales import PartitionedRegressor\n"
        "path = sys.argv[1]\n"
        "model = PartitionedRegressor(Mortal(path, 30), 'store')\n"
        "model.fit_partitions(path + '/panel', target='sales', models=path + '/models')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == -9
    assert (tmp_path / "fits.txt").read_text() == "60\n60\n"
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
    # nothing was fitted twice
    assert (tmp_path / "fits.txt").read_text() == "60\n60\n30\n"


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
sys.path.insert(0, "tests")
import joblib, numpy as np, pandas as pd
from test_partition_folders import sales
from sklearn_sales import PartitionedRegressor, SeasonalNaiveRegressor
root = Path(sys.argv[1])
sales(["north"], 9).to_parquet(root / "panel", partition_cols=["store"])
def run(season):
    naive = SeasonalNaiveRegressor(season, series=["store", "item"], time="date")
    model = PartitionedRegressor(naive, "store")
    model.fit_partitions(root / "panel", target="sales", models=root / "models")
    return model.predict_partitions(root / "panel", root / "out")
expected = {s: [pd.read_parquet(f) for f in run(s)] for s in (1, 2)}
files = run(1)
random.seed(0)
start = time.perf_counter()
run(2), run(1)
once = (time.perf_counter() - start) / 2
found = set()
for attempt in range(200):
    child = os.fork()
    if child == 0:
        while True:
            for season in (1, 2)[:: 1 - 2 * (attempt % 2)]:
                run(season)
    time.sleep(random.uniform(0.0, 1.5 * once))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for place, file in enumerate(files):
        frame = pd.read_parquet(file)
        [same] = [s for s in expected if frame.equals(expected[s][place])]
        found.add(same)
    for file in (root / "models").rglob("model-*"):
        found.add(-joblib.load(file).season_)
left = [p for p in root.rglob(".*") if p.is_file()]
print({1, 2} <= found or {-1, -2} <= found, len(left) > 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_process_killed_while_it_writes_leaves_whole_partitions(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    # what was there was replaced in between, and some writers were killed half-way
    assert result.stdout == "True True\n", result.stderr


# what goes wrong


def test_all_failing_partitions_are_named_after_the_others_are_done(folder, tmp_path):
    for store in ("north", "south"):
        [file] = (folder / f"store={store}").glob("*.parquet")
        pd.read_parquet(file).assign(sales=np.nan).to_parquet(file)
    with pytest.raises(ValueError) as caught:
        model().fit_partitions(folder, target="sales", models=tmp_path / "models")
    assert str(caught.value) == (
        "2 of 3 partition(s) cannot be fitted. store='north': ValueError: y holds only "
        "NaN: no sale was observed. Pass the sales of the rows of X; NaN marks single "
        "rows that were not observed. store='south': ValueError: y holds only NaN: no "
        "sale was observed. Pass the sales of the rows of X; NaN marks single rows "
        "that were not observed. The others are done and kept: mend these and call "
        "again."
    )
    assert len(files_of(tmp_path / "models")) == 1


def test_a_new_group_is_forecast_by_all_models_or_refused(folder, tmp_path):
    fitted = model().fit_partitions(folder, target="sales", models=tmp_path / "models")
    new = sales(["east"])
    new.to_parquet(tmp_path / "new", partition_cols=["store"])
    message = r"^1 partition\(s\) belong to groups that fit did not see \(first: store="
    with pytest.warns(UserWarning, match=message) as caught:
        [file] = fitted.predict_partitions(tmp_path / "new", tmp_path / "out")
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="groups that fit did not see"):
        expected = fitted.predict(new.drop(columns="sales"))
    np.testing.assert_array_equal(pd.read_parquet(file)["forecast"], expected)
    fitted.set_params(handle_unknown="error")
    with pytest.raises(ValueError, match=message):
        fitted.predict_partitions(tmp_path / "new", tmp_path / "out")


def test_warnings_of_workers_are_told_once(folder, tmp_path):
    fitted = model(n_jobs=2)
    fitted.fit_partitions(folder, target="sales", models=tmp_path / "models")
    sales().assign(item=7).drop_duplicates(["store", "date"]).to_parquet(
        tmp_path / "new", partition_cols=["store"]
    )
    with pytest.warns(UserWarning, match="warn, first store=") as caught:
        fitted.predict_partitions(tmp_path / "new", tmp_path / "out")
    assert [str(warning.message) for warning in caught] == [
        "3 of 3 partition(s) warn, first store='a/b=c': 30 row(s) of X belong to "
        "series without sales in fit (first: store='a/b=c', item=7); they are answered "
        "from the mean of all series."
    ]


def two_groups_in_a_file(folder):
    sales().to_parquet(folder / "all.parquet")


def a_group_in_two_files(folder):
    rows = sales(["north"])
    rows[:9].to_parquet(folder / "1.parquet")
    rows[9:].to_parquet(folder / "2.parquet")


def a_row_of_another_group(folder):
    (folder / "store=north").mkdir()
    sales(["south"]).to_parquet(folder / "store=north" / "1.parquet")


def no_such_column(folder):
    sales().drop(columns="store").to_parquet(folder / "all.parquet")


def no_target(folder):
    sales(["north"]).drop(columns="sales").to_parquet(folder / "1.parquet")


def missing_group(folder):
    rows = sales().replace({"store": {"south": None}})
    rows.to_parquet(folder, partition_cols=["store"])


def other_columns(folder):
    sales(["north"]).to_parquet(folder, partition_cols=["store"])
    rows = sales(["south"]).drop(columns="price")
    rows.to_parquet(folder, partition_cols=["store"])


def no_rows(folder):
    sales()[:0].to_parquet(folder / "1.parquet")


def numbers_and_text(folder):
    sales(["1"]).to_parquet(folder / "1.parquet")
    sales([1]).to_parquet(folder / "2.parquet")


WRONG = {
    "two groups in a file": (two_groups_in_a_file, "holds 3 groups of by=['store']"),
    "a group in two files": (a_group_in_two_files, "store='north' is in two partition"),
    "a row of another group": (a_row_of_another_group, "rows whose store is not 'nort"),
    "no such column": (no_such_column, "has no column ['store'], and no folder of its"),
    "no target": (no_target, "target='sales' is not a column of"),
    "a missing group": (missing_group, "is called store=__HIVE_DEFAULT_PARTITION__"),
    "other columns": (other_columns, "Partitions differ in their columns: store='nort"),
    "no rows": (no_rows, "hold no row."),
    "no file": (lambda folder: None, "holds no file that ends in .parquet"),
    "numbers and text": (numbers_and_text, "values that only their type tells apart"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_partitions_are_named(case, tmp_path):
    change, message = WRONG[case]
    folder = tmp_path / "panel"
    folder.mkdir()
    change(folder)
    with pytest.raises(ValueError, match=re.escape(message)):
        model().fit_partitions(folder, target="sales", models=tmp_path / "models")


def test_wrong_arguments_are_refused(folder, tmp_path):
    to = {"target": "sales", "models": tmp_path / "models"}
    with pytest.raises(ValueError, match=r"^by=None must name the columns that tell"):
        PartitionedRegressor(ARRegressor(2)).fit_partitions(folder, **to)
    with pytest.raises(ValueError, match=r"^by=\['store', 'store'\] names a column tw"):
        model().set_params(by=["store", "store"]).fit_partitions(folder, **to)
    with pytest.raises(ValueError, match="is no folder: give one with Parquet partit"):
        model().fit_partitions(tmp_path / "nowhere", **to)
    fitted = model().fit_partitions(folder, **to)
    with pytest.raises(ValueError, match="lies in the folder that is read"):
        fitted.predict_partitions(folder, folder / "out")
    with pytest.raises(ValueError, match="has a column 'price' already: give another"):
        fitted.predict_partitions(folder, tmp_path / "out", column="price")
    sales(["north"]).drop(columns="price").to_parquet(
        tmp_path / "less", partition_cols=["store"]
    )
    with pytest.raises(
        ValueError, match=r"lacks column\(s\) \['price'\], which fit saw"
    ):
        fitted.predict_partitions(tmp_path / "less", tmp_path / "out")
    numbers = np.column_stack([np.zeros(9), np.arange(9.0)])
    by_place = PartitionedRegressor(ARRegressor(1), 0).fit(numbers, numbers[:, 1])
    with pytest.raises(ValueError, match="must name the columns"):
        by_place.predict_partitions(folder, tmp_path / "out")
