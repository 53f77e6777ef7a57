# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A monitor counts what it is fed, alarms when it should, and survives crashes."""

import copy
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    CalendarFeatures,
    ForecastMonitor,
    LagFeatures,
    SeasonalNaiveRegressor,
    bias,
    observe,
    wape,
)
from sklearn_sales.monitoring import Verdict, _forecast_monitor
from sklearn_sales.monitoring._drift import (
    bin_counts,
    cumulative_sum,
    quantile_edges,
    stability_index,
)
from sklearn_sales.monitoring._record_log import RecordLog

PROJECT = Path(__file__).parents[1]
N_PAST, N_DAYS, N_SERIES = 60, 120, 20


def sales_table():
    days = pd.date_range("2024-01-01", periods=N_DAYS)
    frame = pd.DataFrame(
        [(s, d) for s in range(N_SERIES) for d in days], columns=["item", "date"]
    )
    rng = np.random.default_rng(0)
    frame["price"] = rng.uniform(1.0, 2.0, len(frame))
    return frame, pd.Series(rng.poisson(20, len(frame)).astype(float))


@pytest.fixture(scope="module")
def table():
    return sales_table()


@pytest.fixture(scope="module")
def past(table):
    return (table[0]["date"] < "2024-03-01").to_numpy()


@pytest.fixture(scope="module")
def model(table, past):
    X, y = table
    return SeasonalNaiveRegressor(7, series="item", time="date").fit(X[past], y[past])


@pytest.fixture
def started(model, table, past):
    def start(path=None, **options):
        X, y = table
        monitor = ForecastMonitor(model, path, window=14, **options)
        # errors as they are out of sample: the same week of another draw
        forecast = np.random.default_rng(1).poisson(20, past.sum()).astype(float)
        return monitor.start(X[past], y[past], forecast)

    return start


def feed(monitor, table, past, *, factor=1.0, **options):
    """Day by day, each in a batch of its own."""
    X, y = table
    for day in X["date"][~past].unique():
        rows = (X["date"] == day).to_numpy()
        monitor.update(X[rows], factor * y[rows], **options)
    return monitor


# counting


def test_errors_are_those_of_the_rows(started, model, table, past):
    X, y = table
    monitor = feed(started(), table, past)
    later = X[~past].assign(
        y=y[~past],
        forecast=model.predict(X[~past]),
        step=(X["date"][~past] - pd.Timestamp("2024-02-29")).dt.days,
    )
    assert monitor.n_rows_ == len(later)
    labels = {"time": later["date"].dt.date.astype(str), "step": later["step"]}
    for by, groups in labels.items():
        errors = monitor.errors(by)
        expected = later.groupby(groups.to_numpy())
        assert errors.index.tolist() == sorted(expected.groups)
        for label, part in expected:
            assert errors.loc[label, "rows"] == len(part)
            expected_wape = wape(part["y"], part["forecast"])
            assert errors.loc[label, "wape"] == pytest.approx(expected_wape)
            expected_bias = bias(part["y"], part["forecast"])
            assert errors.loc[label, "bias"] == pytest.approx(expected_bias)
    one = later[later["item"] == 3]
    shown = monitor.errors("series").loc["item=3", "wape"]
    assert shown == pytest.approx(wape(one["y"], one["forecast"]))


def test_batches_add_up_in_any_order_and_size(started, table, past):
    X, y = table
    whole = started().update(X[~past], y[~past])
    daily = feed(started(), table, past)
    for by in ("time", "step", "series"):
        pd.testing.assert_frame_equal(whole.errors(by), daily.errors(by))
    assert whole.verdict() == daily.verdict()


def test_unknown_sales_are_not_counted(started, table, past):
    X, y = table
    holes = y[~past].copy()
    holes[::2] = np.nan
    monitor = started().update(X[~past], holes)
    assert monitor.n_rows_ == holes.notna().sum()


def test_sales_in_a_column_are_counted_as_others(started, table, past):
    X, y = table
    column, flat = started(), started()
    column.update(X[~past], np.asarray(y[~past])[:, None])
    flat.update(X[~past], y[~past])
    pd.testing.assert_frame_equal(column.errors("series"), flat.errors("series"))


def test_rows_that_were_fed_before_are_not_counted_again(started, table, past):
    X, y = table
    monitor = started().update(X[~past], y[~past])
    with pytest.warns(UserWarning, match="rows were fed before; they are not counted"):
        monitor.update(X[~past][::-1], y[~past][::-1])
    assert monitor.n_rows_ == (~past).sum()


def test_coverage_is_the_share_inside(started, table, past):
    X, y = table
    lower, upper = y[~past] - 1, y[~past] + 1
    missed = (X["item"] + X.index % N_DAYS)[~past] % 4 == 0
    lower[missed] += 5
    monitor = started(coverage=0.9).update(
        X[~past], y[~past], y[~past], lower=lower, upper=upper
    )
    assert (monitor.errors("series")["coverage"] == 0.75).all()
    [reason] = [r for r in monitor.verdict().reasons if "intervals" in r]
    assert reason == "intervals of 90% hold 75% of the sales they are for"


# verdicts


def test_nothing_speaks_for_a_refit_while_nothing_changes(started, table, past):
    verdict = feed(started(), table, past).verdict()
    assert verdict == Verdict(False, (), ())
    assert str(verdict) == "No refit: nothing speaks for it."


def test_larger_errors_and_bias_are_told(started, table, past):
    verdict = feed(started(), table, past, factor=2.0).verdict()
    assert verdict.refit
    text = str(verdict)
    assert "Refit: the error of the last 14 times is 0.5" in text
    assert "forecasts lie 51% below the sales" in text
    assert "the errors are distributed otherwise (PSI" in text


def test_one_bad_day_is_no_alarm(started, table, past):
    X, y = table
    strike = y[~past].where(X["date"][~past] != "2024-04-25", 0.0)
    assert not started().update(X[~past], strike).verdict().refit


def test_inputs_that_change_are_watched(started, table, past):
    X, y = table
    dearer = X[~past].assign(price=X["price"][~past] + 0.8)
    verdict = started().update(dearer, y[~past]).verdict()
    assert not verdict.refit
    [text] = verdict.watch
    assert text.startswith("column 'price' is distributed otherwise (PSI ")
    assert "Watch: column 'price'" in str(verdict)


@pytest.mark.filterwarnings("ignore:.*belong to series without sales:UserWarning")
def test_many_new_series_speak_for_a_refit(started, table, past):
    X, y = table
    renamed = X[~past].assign(item=X["item"][~past] + 5)
    verdict = started().update(renamed, y[~past]).verdict()
    expected = "25% of the rows are of series that the model does not know"
    assert expected in verdict.reasons


def test_without_a_reference_the_first_times_are_it(model, table, past):
    X, y = table
    monitor = ForecastMonitor(model, window=14).start(X[past])
    late = X["date"][~past] > "2024-04-05"
    worse = y[~past].where(~late, 3.0 * y[~past])
    verdict = monitor.update(X[~past], worse).verdict()
    assert any("against" in reason for reason in verdict.reasons)


def test_indices_are_those_of_plain_loops():
    rng = np.random.default_rng(0)
    values = rng.normal(size=500)
    edges = quantile_edges(values)
    counts = bin_counts(np.append(values, [np.nan]), edges)
    assert counts.tolist() == [50] * 10 + [1]
    other = bin_counts(rng.normal(1.0, size=300), edges)
    shares = [(c + 0.5) / (c.sum() + 5.5) for c in (counts, other)]
    expected = sum((a - e) * np.log(a / e) for e, a in zip(*shares, strict=True))
    assert stability_index(counts, other) == pytest.approx(expected)
    total, sums = 0.0, []
    for value in values + 1.0:
        total = max(0.0, total + value - 1.0 - 0.1)
        sums.append(total)
    np.testing.assert_allclose(cumulative_sum(values + 1.0, 0.1), sums, atol=1e-12)


# the file


def test_state_is_resumed_from_the_file(started, model, table, past, tmp_path):
    path = tmp_path / "state"
    monitor = feed(started(path), table, past)
    again = ForecastMonitor(model, path, window=14)
    for by in ("time", "step", "series"):
        pd.testing.assert_frame_equal(again.errors(by), monitor.errors(by))
    assert again.verdict() == monitor.verdict()


def test_the_file_stays_small(started, table, past, tmp_path, monkeypatch):
    monkeypatch.setattr(_forecast_monitor, "_MOST_RECORDS", 5)
    path = tmp_path / "state"
    monitor = feed(started(path), table, past)
    assert len(RecordLog(path).read()) < 5
    assert monitor.n_rows_ == (~past).sum()
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(_forecast_monitor, "_MOST_TIMES", 10)
    monitor._write_all()
    assert monitor.errors().index[-1] == "2024-04-29"
    assert len(monitor.errors()) == 10


def test_a_file_cut_at_any_byte_holds_the_batches_before(
    started, model, table, past, tmp_path
):
    X, y = table
    path, cut = tmp_path / "state", tmp_path / "cut"
    monitor = started(path)
    sizes, counts = [path.stat().st_size], [0]
    for day in X["date"][~past].unique()[:3]:
        rows = (X["date"] == day).to_numpy()
        monitor.update(X[rows], y[rows])
        sizes.append(path.stat().st_size)
        counts.append(monitor.n_rows_)
    data = path.read_bytes()
    rows = (X["date"] == "2024-04-20").to_numpy()
    for size in range(len(data) + 1):
        cut.write_bytes(data[:size])
        if size < sizes[0]:
            with pytest.raises(ValueError, match="no complete record|is no file of a"):
                ForecastMonitor(model, cut)
            continue
        expected = counts[np.searchsorted(sizes, size, side="right") - 1]
        resumed = ForecastMonitor(model, cut)
        assert resumed.n_rows_ == expected
        if size % 50 == 0:
            # and what comes next is found again behind it
            resumed.update(X[rows], y[rows])
            again = ForecastMonitor(model, cut)
            assert again.n_rows_ == expected + rows.sum()


def test_damage_before_the_end_is_told(started, model, table, past, tmp_path):
    path = tmp_path / "state"
    feed(started(path), table, past)
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged at byte 14, before its end"):
        ForecastMonitor(model, path)


def test_other_formats_are_refused(model, tmp_path):
    path = tmp_path / "state"
    RecordLog(path).replace({"format": 9})
    with pytest.raises(ValueError, match=r"has format 9, but this release .* format 1"):
        ForecastMonitor(model, path)


KILLED = """
import os, random, signal, sys, time, warnings
sys.path.insert(0, "tests")
from test_forecast_monitor import ForecastMonitor, SeasonalNaiveRegressor, sales_table
from sklearn_sales.monitoring import _forecast_monitor
_forecast_monitor._MOST_RECORDS = 4
X, y = sales_table()
X, y = X[X["item"] < 2], y[X["item"] < 2]
past = X["date"] < "2024-03-01"
model = SeasonalNaiveRegressor(7, series="item", time="date").fit(X[past], y[past])
days = [X["date"] == day for day in X["date"][~past].unique()]
path = sys.argv[1]
ForecastMonitor(model, path).start(X[past])
start = time.perf_counter()
ForecastMonitor(model, path).update(X[days[0]], y[days[0]])
once = time.perf_counter() - start
random.seed(0)
counted = 2
for attempt in range(200):
    child = os.fork()
    if child == 0:
        monitor = ForecastMonitor(model, path)
        while True:
            done = monitor.n_rows_ // 2
            if done == len(days):
                monitor.start(X[past])
                done = 0
            monitor.update(X[days[done]], y[days[done]])
    time.sleep(random.uniform(0.0, 3.0 * once))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = ForecastMonitor(model, path)
    # whole days, each of them once
    assert found.errors()["rows"].tolist() == [2] * (found.n_rows_ // 2)
    assert len(found.errors("step")) == found.n_rows_ // 2
    counted += found.n_rows_
print("whole", counted > 200)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_process_killed_while_it_updates_leaves_whole_batches(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "state")],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert result.stdout == "whole True\n", result.stderr


@pytest.mark.parametrize("content", [b"no zlib", zlib.compress(b"[1]"), b""])
def test_a_record_of_other_content_is_damaged(content, tmp_path):
    path = tmp_path / "state"
    record = struct.pack("<II", len(content), zlib.crc32(content)) + content
    path.write_bytes(b"sksales-log-1\n" + record)
    with pytest.raises(ValueError, match="is damaged at byte 14, before its end"):
        RecordLog(path).read()


# manners


def test_plot_draws_the_error_and_the_verdict(started, table, past):
    axes = feed(started(), table, past, factor=2.0).plot()
    assert axes.get_title().startswith("The error of the last 14 times is 0.5")
    assert len(axes.lines) == 3
    assert len(axes.lines[0].get_ydata()) == N_DAYS - N_PAST
    _, other = plt.subplots()
    assert started().plot(other) is other
    plt.close("all")


def test_a_monitor_has_to_be_started(model, table, past):
    X, y = table
    with pytest.raises(ValueError, match=r"has not started: call start\(X\) with the"):
        ForecastMonitor(model).update(X[~past], y[~past])
    with pytest.raises(ValueError, match=r"has not started: call start\(X\) first"):
        ForecastMonitor(model).verdict()


def test_wrong_arguments_are_refused(started, model, table, past):
    X, y = table
    with pytest.raises(ValueError, match="The 'window' parameter of ForecastMonitor"):
        ForecastMonitor(model, window=2)
    monitor = started()
    with pytest.raises(ValueError, match="forecast holds NaN in rows whose sales are"):
        monitor.update(X[~past], y[~past], np.full((~past).sum(), np.nan))
    with pytest.raises(ValueError, match="y holds infinity"):
        monitor.update(X[~past], y[~past] + np.inf)
    with pytest.raises(ValueError, match=r"^y holds 1e\+300: numbers above 1e\+100"):
        monitor.update(X[~past], np.full((~past).sum(), 1e300))
    with pytest.raises(ValueError, match="^y must hold one value a row"):
        monitor.update(X[~past], np.ones(((~past).sum(), 2)))
    with pytest.raises(ValueError, match="^y must hold numbers: "):
        monitor.update(X[~past], np.full((~past).sum(), "many"))
    with pytest.raises(ValueError, match="y and forecast go together"):
        monitor.start(X[past], y[past])
    with pytest.raises(ValueError, match="by='shop' must be one of"):
        monitor.errors("shop")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        monitor.update(X[~past], y)


def test_steps_count_from_the_sales_that_the_model_has_observed(model, table, past):
    X, y = table
    model = copy.deepcopy(model)
    monitor = ForecastMonitor(model).start(X[past])
    for day in X["date"][~past].unique()[:4]:
        now = X["date"] == day
        monitor.update(X[now], y[now])
        observe(model, X[now], y[now])
    assert monitor.errors("step").index.tolist() == [1]


def test_columns_that_a_pipeline_appends_are_no_inputs(table, past):
    X, y = table
    keys = {"series": "item", "time": "date"}
    model = make_pipeline(
        CalendarFeatures(["weekday"], **keys),
        LagFeatures(7, fill=0.0, horizon=60, **keys),
        LinearRegression(),
    ).fit(X[past], y[past])
    monitor = ForecastMonitor(model).start(X[past]).update(X[~past], y[~past])
    assert len(monitor.errors("series")) == X["item"].nunique()


def test_what_forecasts_nothing_is_not_watched(table, past):
    X, y = table
    lags = LagFeatures(7, series="item", time="date").fit(X[past], y[past])
    with pytest.raises(ValueError, match="The 'estimator' parameter of Forecast"):
        ForecastMonitor(lags)
