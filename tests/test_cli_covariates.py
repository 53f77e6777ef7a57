# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns beside keys and target: used where their future is known, else told of."""

import json

import numpy as np
import pandas as pd
import pytest

from sklearn_sales.cli import main

HORIZON = 14
ARGV = ["forecast", "sales.csv", "--target", "units", "--time", "date"]
ARGV += ["--series", "shop", "--no-plot", "--horizon", str(HORIZON), "--output", "out"]


def make_sales(n_days=120):
    """Sales of two shops that double on days with a promotion, known ahead or not."""
    rng = np.random.default_rng(3)
    days = pd.date_range("2024-01-01", periods=n_days)
    frame = pd.MultiIndex.from_product([["A", "B"], days], names=["shop", "date"])
    frame = frame.to_frame(index=False)
    frame["promo"] = rng.integers(0, 2, len(frame))
    frame["units"] = 50 * (1 + frame["promo"]) + rng.integers(0, 3, len(frame))
    return frame


def make_future(sales, **columns):
    ends = sales["date"].max() + pd.to_timedelta(np.arange(1, HORIZON + 1), unit="D")
    keys = pd.MultiIndex.from_product([["A", "B"], ends], names=["shop", "date"])
    return keys.to_frame(index=False).assign(**columns)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run on tables: (exit code, stdout, stderr, report or None)."""
    monkeypatch.chdir(tmp_path)

    def run(sales, future=None, *options):
        sales.to_csv("sales.csv", index=False)
        argv = [*ARGV, *options]
        if future is not None:
            future.to_csv("future.csv", index=False)
            argv += ["--covariates", "future.csv"]
        code = main(argv)
        report = tmp_path / "out" / "report.json"
        read = json.loads(report.read_text("utf-8")) if report.exists() else None
        return code, *capsys.readouterr(), read

    return run


@pytest.mark.parametrize("model", ["ar", "boosting"])
def test_given_promotions_move_the_forecast(model, run):
    sales = make_sales()
    promo = np.tile([0, 1], HORIZON)
    code, _, err, report = run(sales, make_future(sales, promo=promo), "--model", model)
    assert (code, err) == (0, "")
    assert report["covariates"] == ["promo"]
    forecast = pd.read_csv("out/forecasts.csv")["forecast"].to_numpy()
    assert np.abs(forecast - np.where(promo == 1, 101, 51)).max() < 8
    assert report["errors"][model]["wape"] < 0.1 < report["errors"]["naive"]["wape"]


@pytest.mark.parametrize("model", ["ar", "boosting", "naive"])
def test_unknown_promotions_are_left_out_and_told_of(model, run):
    code, out, _, report = run(make_sales(), None, "--model", model)
    assert code == 0
    reason = "future values unknown; give them with --covariates"
    assert f"Note: left out: promo ({reason})." in out
    assert report["left_out"] == {"promo": reason}
    # what lies in the test rows must not have been read
    assert report["errors"][model]["wape"] > 0.2


def test_columns_are_sorted_by_what_is_known_of_their_future(run):
    sales = make_sales()
    sales = sales.assign(
        size=sales["shop"].map({"A": 10, "B": 20}),
        kind=sales["shop"].map({"A": "mall", "B": None}),
        sunday=sales["date"].dt.day_of_week == 6,
        payday=(sales["date"].dt.day == 3) & (sales["shop"] == "A"),
        empty=np.nan,
        country="FR",
        burst=np.where(np.arange(len(sales)) == 5, np.inf, 1),
        huge=np.where(np.arange(len(sales)) == 5, -1e200, 1),
    )
    code, out, err, report = run(sales)
    assert (code, err) == (0, "")
    assert report["known_ahead"] == {
        "size": "the same throughout each series",
        "kind": "the same throughout each series",
        "sunday": "follows the weekday",
        "payday": "follows the day of the month in each series",
    }
    assert report["left_out"] == {
        "promo": "future values unknown; give them with --covariates",
        "empty": "empty",
        "country": "the same in every row",
        "burst": "infinite in a row",
        "huge": "beyond 1e+100 in a row",
    }
    assert "Known ahead: size, kind (the same throughout each series)" in out


@pytest.mark.parametrize(("n_days", "known"), [(500, False), (800, True)])
def test_a_yearly_flag_must_have_come_back_to_be_a_rule(n_days, known, run):
    sales = make_sales(n_days).drop(columns="promo")
    christmas = (sales["date"].dt.month == 12) & (sales["date"].dt.day == 25)
    _, _, _, report = run(sales.assign(christmas=christmas), None, "--model", "naive")
    assert ("christmas" in report["known_ahead"]) == known
    assert ("christmas" in report["left_out"]) != known


def test_text_may_hold_categories_that_training_has_not_seen(run):
    sales = make_sales()
    sales["deal"] = sales.pop("promo").map({0: None, 1: "double"})
    deal = ["double", None] * HORIZON
    deal[2] = "something new"
    code, _, _, report = run(
        sales, make_future(sales, deal=deal), "--model", "boosting"
    )
    assert code == 0
    assert report["covariates"] == ["deal"]
    forecast = pd.read_csv("out/forecasts.csv")["forecast"].to_numpy()
    assert np.isfinite(forecast).all()
    assert forecast[[0, 4, 6]].min() > 1.5 * forecast[[1, 3, 5]].max()


def test_many_categories_do_not_stop_the_booster(run):
    sales = make_sales(400).drop(columns="promo")
    name = "text " + (np.arange(len(sales)) % 400).astype(str).astype(object)
    future = make_future(sales, name=name[: 2 * HORIZON])
    code, _, err, report = run(sales.assign(name=name), future, "--model", "boosting")
    assert (code, err) == (0, "")
    assert report["covariates"] == ["name"]


def test_future_may_depend_on_time_alone_and_reach_further(run):
    sales = make_sales()
    by_day = sales["date"].dt.day % 2
    sales = sales.assign(promo=by_day, units=50 * (1 + by_day))
    days = pd.date_range(sales["date"].min(), periods=300)
    future = pd.DataFrame({"date": days, "promo": days.day % 2, "rain": 1.5})
    code, out, _, report = run(sales, future, "--model", "ar")
    assert code == 0
    assert report["known_ahead"] == {"promo": "future values given"}
    assert "future.csv: rain left out, since sales.csv does not have it" in out
    forecast = pd.read_csv("out/forecasts.csv", parse_dates=["date"])
    promo = forecast["date"].dt.day % 2 == 1
    lowest, highest = (
        forecast["forecast"][promo].min(),
        forecast["forecast"][~promo].max(),
    )
    assert lowest > highest + 20


def test_empty_cells_of_the_future_are_told_of(run):
    sales = make_sales()
    future = make_future(sales, promo=[np.nan, *[0] * (2 * HORIZON - 1)])
    code, out, _, report = run(sales, future, "--model", "auto")
    assert code == 0
    assert f"future.csv, empty of {2 * HORIZON} future rows: promo in 1." in out
    # autoregression needs every value, boosting does not
    assert report["errors"]["boosting"]["wape"] < 0.1 < report["errors"]["ar"]["wape"]


def test_newest_values_stand_in_where_a_series_has_no_row_ahead(run):
    sales = make_sales()
    last_of_b = (sales["shop"] == "B") & (sales["date"] == sales["date"].max())
    sales.loc[last_of_b, "promo"] = 1
    future = make_future(sales, promo=0)
    # rows off the grid, such as those of another clock, are passed over
    noon = future.assign(date=future["date"] + pd.Timedelta(hours=12))
    future = pd.concat([future[future["shop"] == "A"], noon])
    code, out, _, _ = run(sales, future, "--model", "ar")
    assert code == 0
    assert (
        "future.csv lacks 14 of 28 future rows, the first is shop='B' at 2024-04-30; "
        "the newest values of the series stand in." in out
    )
    forecast = pd.read_csv("out/forecasts.csv").groupby("shop")["forecast"].mean()
    assert forecast["A"] < 65 < 85 < forecast["B"]


def test_rows_ahead_without_sales_are_told_of(run):
    sales = make_sales()
    ahead = make_future(sales, promo=0, units=np.nan)
    both = pd.concat([sales, ahead])
    code, out, _, report = run(both, both, "--model", "ar")
    assert code == 0
    assert "28 of 268 rows have no value in 'units': taken as not observed." in out
    assert report["covariates"] == ["promo"]
    forecast = pd.read_csv("out/forecasts.csv", parse_dates=["date"])
    assert forecast["date"].min() == sales["date"].max() + pd.Timedelta(days=1)


BAD_FUTURES = {
    "no time": (
        lambda f: f.drop(columns="date"),
        "--time 'date' is not a column of future.csv",
    ),
    "no covariate": (
        lambda f: f.drop(columns="promo"),
        "holds no column of sales.csv beside keys and time (there: promo)",
    ),
    "too short": (
        lambda f: f[f["date"] < "2024-05-12"],
        "has no row that fits for 2 of the next 14 periods, the first is "
        "date=2024-05-12.",
    ),
    "twice": (
        lambda f: pd.concat([f, f[3:4]]),
        "1 duplicated row(s): more than one for shop=A, date=2024-05-03",
    ),
    "other shops": (
        lambda f: f.assign(shop=f["shop"].map({"A": "C", "B": "D"})),
        "has no row that fits for 14 of the next 14 periods",
    ),
    "text for numbers": (
        lambda f: f.assign(promo="yes"),
        "Column 'promo' of future.csv holds 'yes', but numbers",
    ),
    "no dates": (lambda f: f.assign(date="x"), "no ISO 8601 dates"),
}


@pytest.mark.parametrize(("edit", "message"), BAD_FUTURES.values(), ids=BAD_FUTURES)
def test_bad_futures_are_one_line_on_stderr(edit, message, run):
    sales = make_sales()
    future = edit(make_future(sales, promo=0))
    code, _, err, report = run(sales, future, "--model", "naive")
    assert (code, report) == (2, None)
    assert err.startswith("sklearn-sales: error: ")
    assert err.count("\n") == 1
    assert message in err
