# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""An autoregression that learned in parts is the one that learned all at once."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_sales import ARRegressor, observe

KEYS = {"series": "item"}
CONFIGURATIONS = [
    ARRegressor(2, **KEYS),
    ARRegressor([1, 7], trend="ct", seasonal=7, **KEYS),
    ARRegressor([1, 3], trend="n", **KEYS),
    ARRegressor(2, trend="t", **KEYS),
    ARRegressor(None, **KEYS),
    ARRegressor(3, alpha=0.2, **KEYS),
    ARRegressor(3, pooled=True, **KEYS),
    ARRegressor(2, pooled=True, scaling="std", trend="ct", alpha=0.1, **KEYS),
    ARRegressor("bic", max_lags=4, **KEYS),
]


def sales(n_days=400, seed=0, gaps=0.03):
    """Daily sales of three series with two covariates, one that begins late; gaps."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2023-01-01", periods=n_days)
    parts = []
    for number, item in enumerate(["tea", "rice", "bread"]):
        price = 2.0 + number + 0.2 * rng.normal(size=n_days)
        promo = (rng.random(n_days) < 0.2).astype(float)
        y = 30.0 + 20 * number + rng.normal(size=n_days)
        y += 5 * promo - 2 * price + 0.01 * np.arange(n_days)
        for t in range(1, n_days):
            y[t] += 0.4 * (y[t - 1] - 30 - 20 * number)
        part = pd.DataFrame({"item": item, "date": days, "promo": promo})
        parts.append(part.assign(price=price, y=y)[160 * number // 2 :])
    table = pd.concat(parts, ignore_index=True)
    missing = rng.random(len(table)) < gaps
    missing[table.groupby("item").head(1).index] = False
    table.loc[missing, "y"] = np.nan
    # some of what was not observed has no row at all
    absent = missing & (rng.random(len(table)) < 0.5)
    return table[~absent].reset_index(drop=True)


def future(n_days=9):
    days = pd.date_range("2024-02-05", periods=n_days)
    table = {"item": np.repeat(["tea", "rice", "bread", "new"], n_days)}
    table = pd.DataFrame({**table, "date": np.tile(days, 4)})
    return table.assign(promo=1.0, price=2.5)


def split(table):
    return table.drop(columns="y"), table["y"].to_numpy()


def assert_same(found, expected, table):
    """Coefficients to 1e-8 and forecasts with their spread, inside and ahead."""
    for name in ("coef", "sigma", "level", "lowest", "highest"):
        np.testing.assert_allclose(
            getattr(found._model, name),
            getattr(expected._model, name),
            rtol=1e-8,
            atol=1e-8,
        )
    np.testing.assert_array_equal(found.order_, expected.order_)
    with np.errstate(all="raise"):
        one = found.predict(future(), return_std=True)
    other = expected.predict(future(), return_std=True)
    np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8)


def dropped(model):
    """How many rows the model keeps no covariates of."""
    return model._memory.totals.counts.sum()


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
@pytest.mark.parametrize("estimator", CONFIGURATIONS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_ten_chunks_are_one_fit(estimator, seed):
    table = sales(seed=seed).sort_values("date", kind="stable")
    whole = clone(estimator).fit(*split(table))
    parts = clone(estimator)
    for rows in np.array_split(np.arange(len(table)), 10):
        parts.partial_fit(*split(table.iloc[rows]))
    assert_same(parts, whole, table)
    assert (dropped(parts) > 0) == (estimator.lags != "bic")


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
@pytest.mark.parametrize("estimator", CONFIGURATIONS[:8], ids=str)
def test_a_day_at_a_time_is_one_fit(estimator):
    table = sales()
    last = table["date"] > table["date"].max() - pd.Timedelta(days=20)
    whole = clone(estimator).fit(*split(table))
    parts = clone(estimator).fit(*split(table[~last]))
    for _, day in table[last].groupby("date"):
        parts.partial_fit(*split(day))
    assert_same(parts, whole, table)


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
@pytest.mark.parametrize("estimator", CONFIGURATIONS[:8], ids=str)
def test_late_sales_and_corrections_of_the_newest_times(estimator):
    table = sales()
    parts = clone(estimator)
    days_ago = (table["date"].max() - table["date"]).dt.days.to_numpy()
    rng = np.random.default_rng(5)
    late = (days_ago < 20) & (rng.random(len(table)) < 0.3)
    wrong = (days_ago < 20) & ~late & table["y"].notna().to_numpy()
    wrong &= rng.random(len(table)) < 0.3
    first = table.copy()
    first.loc[wrong, ["y", "price"]] += 7.0
    parts.fit(*split(first[~late]))
    parts._observe(*split(table[late | wrong]), overwrite=True, learn=True)
    assert_same(parts, clone(estimator).fit(*split(table)), table)
    # a sale that is withdrawn again
    table.loc[wrong, "y"] = np.nan
    news = table[wrong | (days_ago == 0)]
    parts._observe(*split(news), overwrite=True, learn=True)
    assert_same(parts, clone(estimator).fit(*split(table)), table)


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
@pytest.mark.parametrize("estimator", CONFIGURATIONS[:8], ids=str)
def test_old_corrections_come_with_the_rows_that_read_them(estimator):
    table = sales(gaps=0.0)
    old = (table["item"] == "tea") & table["date"].between("2023-03-01", "2023-03-15")
    first = table.copy()
    at = old & (table["date"] == "2023-03-05")
    first.loc[at, "y"] += 9.0
    parts = clone(estimator).fit(*split(first))
    n_dropped = dropped(parts)
    parts._observe(*split(table[old]), overwrite=True, learn=True)
    assert_same(parts, clone(estimator).fit(*split(table)), table)
    assert dropped(parts) == n_dropped


def test_old_corrections_without_these_rows_are_observed_but_not_learned():
    table = sales(gaps=0.0)
    model = ARRegressor(3, **KEYS).fit(*split(table))
    X, y = split(table[table["date"] == "2023-03-05"])
    coef = model._model.coef.copy()
    message = (
        "1 series (first: item='tea') had sales added or corrected before their newest "
        "30 times, and the covariates of the rows that read them are not kept. Give "
        "these rows, up to the longest lag after such a sale, in the same X, or fit "
        "anew; observe() takes such sales without learning from them."
    )
    with pytest.raises(ValueError) as error:
        model._observe(X, y + 1.0, overwrite=True, learn=True)
    assert str(error.value) == message
    before = model.predict(future()[:9])
    observe(model, X, y + 1.0, overwrite=True)
    np.testing.assert_array_equal(model._model.coef, coef)
    np.testing.assert_array_equal(model.predict(future()[:9]), before)
    with pytest.raises(ValueError) as error:
        model.partial_fit(X, y + 1.0)
    assert str(error.value) == message


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
def test_a_single_series_and_a_new_one():
    table = sales()
    tea = table[table["item"] == "tea"].drop(columns="item")
    old = tea["date"] < "2023-12-01"
    one = ARRegressor(4).fit(*split(tea[old])).partial_fit(*split(tea[~old]))
    whole = ARRegressor(4).fit(*split(tea))
    for name in ("coef", "sigma"):
        np.testing.assert_allclose(
            getattr(one._model, name), getattr(whole._model, name), rtol=1e-8
        )
    # "bread" stands before the others, whose numbers move
    new = table["item"] == "bread"
    parts = ARRegressor(4, **KEYS).fit(*split(table[~new]))
    parts.partial_fit(*split(table[new]))
    assert_same(parts, ARRegressor(4, **KEYS).fit(*split(table)), table)


def test_a_covariate_that_begins_to_move():
    table = sales(gaps=0.0).assign(promo=0.0)
    late = table["date"] > "2024-01-01"
    table.loc[late, "promo"] = np.arange(late.sum()) % 2
    parts = ARRegressor(2, **KEYS).fit(*split(table[~late]))
    assert (parts.covariate_coef_[:, 0] == 0).all()
    parts.partial_fit(*split(table[late]))
    whole = ARRegressor(2, **KEYS).fit(*split(table))
    np.testing.assert_allclose(parts.covariate_coef_, whole.covariate_coef_, rtol=1e-8)


def test_a_calendar_that_changes_is_refused_where_rows_are_not_kept():
    days = pd.date_range("2023-01-02", periods=200, freq="7D")
    X = pd.DataFrame({"date": days, "promo": np.arange(200) % 3})
    y = np.random.default_rng(0).normal(size=200)
    model = ARRegressor(2).fit(X, y)
    late = X[-1:].assign(date=days[-1] + pd.Timedelta(days=1))
    with pytest.raises(ValueError) as error:
        model.partial_fit(late, y[-1:])
    assert str(error.value) == (
        "The new rows change the calendar from 'W-MON' to 'D', and the covariates of "
        "past rows are not kept. Fit anew on all rows, or give freq= to the first fit."
    )
    plain = ARRegressor(2).fit(X[["date"]], y).partial_fit(late[["date"]], y[-1:])
    assert plain.panel_.calendar.freq == "D"


@pytest.mark.filterwarnings("ignore:.*without sales in fit")
@pytest.mark.parametrize("n_chunks", [2, 10])
def test_irregular_times_that_come_in_their_order(n_chunks):
    rng = np.random.default_rng(0)
    X = np.column_stack([np.cumsum(rng.exponential(size=300)), rng.normal(size=300)])
    y = rng.normal(size=300) + X[:, 1]
    whole, parts = ARRegressor(2).fit(X, y), ARRegressor(2)
    for rows in np.array_split(np.arange(300), n_chunks):
        parts.partial_fit(X[rows], y[rows])
    np.testing.assert_allclose(parts._model.coef, whole._model.coef, rtol=1e-8)
    # the same rows once more say nothing new
    parts.partial_fit(X, y)
    np.testing.assert_allclose(parts._model.coef, whole._model.coef, rtol=1e-8)
