# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from sklearn_sales import LagFeatures, PanelTimeSeriesSplit
from sklearn_sales.preprocessing import _lag_kernels

WINDOWS = [
    *(("mean", 3), ("mean", 2, 3), ("std", 4), ("min", 3), ("max", 5, 2)),
    *(("median", 4), ("zero_share", 6), ("ewm", 3)),
]
RICH = {
    "lags": [1, 2, 5],
    "windows": WINDOWS,
    "season": [2, 3],
    "seasonal_lags": 2,
    "by": "category",
    "time_since": True,
}


def write_times(kind, numbers):
    """Integers as times of some type, and the freq that they have."""
    numbers = np.asarray(numbers)
    days = pd.Timestamp("2024-03-20") + pd.to_timedelta(numbers, unit="D")
    if kind == "period":
        return pd.PeriodIndex.from_ordinals(numbers + 600, freq="M"), "M"
    return {
        "datetime": (days, "D"),
        "zoned": (days.tz_localize("Europe/Berlin"), "D"),
        "text": (days.strftime("%Y-%m-%d"), "D"),
        "int": (numbers + 7, 1),
        "float": (numbers / 2, 0.5),
    }[kind]


def write_keys(kind, codes):
    """Series numbers as key columns of some type."""
    codes = np.asarray(codes)
    names = np.array(["ant", "bee", "cat", "dog"])[codes]
    return {
        "text": {"item": names},
        "int": {"item": 100 - codes},
        "category": {"item": pd.Categorical(names)},
        "two": {"item": names, "store": codes % 2},
    }[kind]


def write_table(codes, numbers, *, keys="text", times="datetime"):
    times, freq = write_times(times, numbers)
    columns = {**write_keys(keys, codes), "date": times}
    price = np.cos(np.asarray(numbers) + np.asarray(codes))
    category = np.where(np.asarray(codes) % 2, "odd", "even")
    X = pd.DataFrame({**columns, "category": category, "price": price})
    series = [name for name in X.columns if name in ("item", "store")]
    return X, {"series": series, "time": "date", "freq": freq}


class Panel:
    """A random panel: ragged, with gaps, NaN sales and shuffled rows."""

    def __init__(self, seed, longest=11, missing=0.2):
        rng = np.random.default_rng(seed)
        self.rng = rng
        n_series = int(rng.integers(1, 5))
        start = rng.integers(-3, 5, n_series)
        length = rng.integers(1, longest + 1, n_series)
        codes = np.repeat(np.arange(n_series), length)
        numbers = np.concatenate(
            [np.arange(s, s + n) for s, n in zip(start, length, strict=True)]
        )
        y = rng.poisson(1.0, len(codes)) * rng.choice([1.0, 0.5], len(codes))
        first = np.append(True, np.diff(codes) > 0)
        y[(rng.random(len(y)) < missing) & ~first] = np.nan
        kept = np.flatnonzero((rng.random(len(y)) > missing / 2) | first)
        order = rng.permutation(kept)
        self.codes, self.numbers, self.y = codes[order], numbers[order], y[order]
        self.n_series = n_series

    def sales(self, codes=None):
        """{time: sales} of each series, what was observed only."""
        seen = ~np.isnan(self.y)
        return [
            dict(
                zip(
                    self.numbers[seen & (self.codes == code)].tolist(),
                    self.y[seen & (self.codes == code)].tolist(),
                    strict=True,
                )
            )
            for code in range(self.n_series)
        ]

    def cells(self, horizon):
        """All cells from before the start of each series to the horizon."""
        pairs = [
            (code, number)
            for code, sales in enumerate(self.sales())
            for number in range(min(sales) - 2, max(sales) + horizon + 1)
        ]
        return np.array(self.rng.permutation(pairs)).T


def mean_of(histories):
    """Mean at each time of several {time: sales}."""
    frame = pd.concat([pd.Series(h) for h in histories], axis=1)
    return frame.mean(axis=1).to_dict()


def expected_window(sales, statistic, length, end):
    past = pd.Series(sales, dtype=float)
    past = past.reindex(range(min(sales), end + 1))
    if not len(past):
        return np.nan
    if statistic == "ewm":
        return past.ewm(span=length).mean().iloc[-1]
    window = past.tail(length).dropna()
    if statistic == "zero_share":
        return (window == 0).mean()
    return getattr(window, statistic)()


def expected_row(sales, group_sales, number, origin, params):
    """The features of one row, from the sales up to its origin."""
    sales = {t: v for t, v in sales.items() if t <= origin}
    group_sales = {t: v for t, v in group_sales.items() if t <= origin}
    row = {f"lag_{k}": sales.get(origin - k + 1, np.nan) for k in params["lags"]}
    for statistic, length, *lag in params["windows"]:
        name = f"{statistic}_{length}" + "".join(f"_lag_{j}" for j in lag)
        end = origin - sum(lag) + bool(lag)
        for history, ending in ((sales, ""), (group_sales, "_by_category")):
            if history:
                value = expected_window(history, statistic, length, end)
            else:
                value = np.nan
            row[name + ending] = value
    for season in params["season"]:
        known = [number - season * j for j in range(1, 60)]
        known = [position for position in known if position <= origin]
        for k in range(1, params["seasonal_lags"] + 1):
            row[f"seasonal_{season}_{k}"] = sales.get(known[k - 1], np.nan)
    sold = [t for t, v in sales.items() if v > 0]
    row["time_since_sale"] = origin - max(sold) if sold else np.nan
    return row


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    horizon=st.integers(1, 4),
    keys=st.sampled_from(["text", "int", "category", "two"]),
    times=st.sampled_from(["datetime", "zoned", "period", "int", "float", "text"]),
)
@pytest.mark.filterwarnings(
    "ignore:No training row has", "ignore:X holds rows up to", "ignore:horizon="
)
def test_features_equal_a_slow_reference(seed, horizon, keys, times):
    panel = Panel(seed)
    X, columns = write_table(panel.codes, panel.numbers, keys=keys, times=times)
    features = LagFeatures(**RICH, horizon=horizon, passthrough=["price"], **columns)
    features.set_output(transform="pandas").fit(X, panel.y)
    codes, numbers = panel.cells(horizon)
    found = features.transform(write_table(codes, numbers, keys=keys, times=times)[0])
    assert_array_equal(found.pop("price"), np.cos(numbers + codes))
    steps = found.pop("step") if horizon > 1 else 1
    histories = panel.sales()
    first = np.array([min(h) for h in histories])
    last = np.array([max(h) for h in histories])
    assert_array_equal(found.pop("time_since_start"), numbers - first[codes])
    ahead = numbers - last[codes]
    steps = np.where(ahead > 0, ahead, steps)
    assert np.all((steps >= 1) & (steps <= horizon))
    groups = [mean_of(histories[g::2]) if histories[g::2] else {} for g in (0, 1)]
    origins = (numbers - steps).astype(int)
    expected = pd.DataFrame(
        expected_row(histories[code], groups[code % 2], number, origin, RICH)
        for code, number, origin in zip(codes, numbers, origins, strict=True)
    )
    assert set(expected) == set(found)
    for name in set(found) - set(features.constant_features_):
        assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-12)
    assert not np.any(found[features.constant_features_])


@pytest.mark.filterwarnings(
    "ignore:No training row has", "ignore:X holds rows up to", "ignore:horizon="
)
@pytest.mark.parametrize("fill", [None, -1.0, "last"])
@given(seed=st.integers(0, 2**32 - 1), horizon=st.integers(1, 3))
@settings(max_examples=25)
def test_fit_transform_is_fit_and_then_transform(seed, horizon, fill):
    panel = Panel(seed)
    X, columns = write_table(panel.codes, panel.numbers)
    features = LagFeatures(**RICH, horizon=horizon, fill=fill, **columns)
    features.set_params(passthrough=["price"])
    at_once = features.fit_transform(X, panel.y)
    other = clone(features).fit(X, panel.y)
    assert_array_equal(at_once, other.transform(X))
    assert other.constant_features_ == features.constant_features_


def sales_panel(n_series=5, length=60, *, seed=0, gaps=0.0):
    rng = np.random.default_rng(seed)
    numbers = np.tile(np.arange(length), n_series)
    codes = np.repeat(np.arange(n_series) % 4, length)
    X, columns = write_table(codes, numbers)
    X["item"] = np.repeat([f"item {i}" for i in range(n_series)], length)
    X["category"] = np.repeat(np.arange(n_series) % 2, length)
    y = rng.gamma(2.0, 3.0, len(X)).round(2) * (rng.random(len(X)) > 0.2)
    kept = rng.random(len(X)) >= gaps
    return X[kept].reset_index(drop=True), y[kept], columns


def future_of(X, horizon):
    last = X.groupby("item", as_index=False)["date"].max()
    parts = [
        last.assign(date=last["date"] + pd.Timedelta(h, "D"))
        for h in range(1, 1 + horizon)
    ]
    fixed = X.drop_duplicates("item")[["item", "category"]]
    return pd.concat(parts).merge(fixed).assign(price=1.0)[list(X)]


@pytest.mark.parametrize("whole", [None, True, False])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_a_row_has_the_same_bits_in_every_batch(gaps, whole, monkeypatch):
    X, y, columns = sales_panel(gaps=gaps)
    features = LagFeatures(**RICH, horizon=4, **columns).fit(X, y)
    rows = pd.concat([X, future_of(X, 4)], ignore_index=True)
    together = features.transform(rows)
    if whole is not None:
        monkeypatch.setattr(_lag_kernels, "_sliding_is_less", lambda *args: whole)
    assert_array_equal(features.transform(rows), together)
    for first in range(0, len(rows), 7):
        alone = features.transform(rows.iloc[[first]])
        assert_array_equal(alone[0], together[first])
    shuffled = np.random.default_rng(0).permutation(len(rows))[:97]
    assert_array_equal(features.transform(rows.iloc[shuffled]), together[shuffled])


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("fill", [None, "last"])
def test_what_lies_after_the_origin_moves_nothing(horizon, fill):
    X, y, columns = sales_panel(n_series=4, length=16)
    rows = pd.concat([X, future_of(X, horizon)], ignore_index=True)
    features = LagFeatures(**RICH, horizon=horizon, fill=fill, **columns)
    features.set_output(transform="pandas")
    before = features.fit(X, y).transform(rows)
    number = (rows["date"] - X["date"].min()).dt.days.to_numpy()
    ahead = number - 15
    steps = before["step"].to_numpy() if horizon > 1 else np.ones(len(rows))
    origins = number - np.where(ahead > 0, ahead, steps)
    moved = np.zeros(len(before.columns), dtype=bool)
    for time in range(1, 16):
        other = np.where(number[: len(X)] == time, y + 1000.0, y)
        after = features.fit(X, other).transform(rows)
        safe = origins < time
        assert_array_equal(after[safe], before[safe])
        moved |= np.any((after != before) & ~(after.isna() & before.isna()), axis=0)
    known_ahead = before.columns.isin(["category", "price", "step", "time_since_start"])
    assert_array_equal(moved, ~known_ahead)


def training_steps(X, y, columns, horizon):
    features = LagFeatures(lags=1, horizon=horizon, passthrough=False, **columns)
    return features.fit(X, y).set_output(transform="pandas").transform(X)["step"]


def test_steps_are_uniform_whatever_the_calendar_and_the_series():
    X, y, columns = sales_panel(n_series=40, length=400)
    for horizon in (2, 7, 28):
        steps = training_steps(X, y, columns, horizon)
        everything = pd.Series("all", index=X.index)
        # in a season of 28 days a cycle of steps would show at once
        phase = (X["date"] - X["date"].min()).dt.days % 28
        parts = (
            everything,
            X["date"].dt.day_of_week,
            X["date"].dt.month,
            X["item"],
            phase,
        )
        tests = [
            chisquare(np.bincount(group.astype(int), minlength=horizon + 1)[1:]).pvalue
            for part in parts
            for _, group in steps.groupby(part)
        ]
        # the least of n independent p-values is below 0.001 / n once in 1,000
        assert min(tests) > 1e-3 / len(tests)


def test_steps_of_neighbours_are_independent():
    X, y, columns = sales_panel(n_series=40, length=400)
    steps = training_steps(X, y, columns, 4).to_numpy().astype(int).reshape(40, 400)
    for one, other in ((steps[:, 1:], steps[:, :-1]), (steps[1:], steps[:-1])):
        pairs = np.bincount((4 * (one - 1) + other - 1).ravel(), minlength=16)
        assert chisquare(pairs).pvalue > 1e-4


def test_steps_are_equal_in_every_fold_and_batch():
    X, y, columns = sales_panel(n_series=6, length=80)
    steps = training_steps(X, y, columns, 9)
    late, one = (
        (X["date"] >= X["date"].min() + pd.Timedelta(30, "D")),
        X["item"] == "item 3",
    )
    early = X["date"] <= X["date"].min() + pd.Timedelta(50, "D")
    for fold in (late, early, one, late & one):
        assert_array_equal(training_steps(X[fold], y[fold], columns, 9), steps[fold])


@pytest.mark.filterwarnings("ignore:No training row has")
def test_series_of_different_lengths_never_mix():
    X = pd.DataFrame({"item": ["a"] * 30 + ["b"] * 2 + ["c"] * 30})
    X["date"] = [*range(30), *range(28, 30), *range(30)]
    y = np.concatenate([np.arange(100.0, 130.0), [1.0, 2.0], -np.arange(100.0, 130.0)])
    windows = [("mean", 7), ("max", 20), ("std", 5), ("ewm", 4)]
    features = LagFeatures([1, 2, 5], windows=windows, fill=-1.0, series="item")
    together = features.fit_transform(X, y)
    for item in ("a", "b", "c"):
        own = X["item"] == item
        assert_array_equal(together[own], clone(features).fit_transform(X[own], y[own]))


def test_a_group_is_the_mean_of_its_series_up_to_the_origin():
    X = pd.DataFrame({"item": list("aabbb"), "date": [1, 2, 1, 2, 3]})
    X["kind"] = "same"
    y = [1.0, 2.0, 3.0, np.nan, 6.0]
    features = LagFeatures(
        None, windows=[("mean", 2)], by="kind", series="item", passthrough=False
    ).fit(X, y)
    rows = pd.DataFrame({"item": ["a", "b"], "date": [3, 4], "kind": "same"})
    # the last sale of a lies at 2, that of b at 3
    assert_allclose(features.transform(rows), [[1.5, 2.0], [6.0, 4.0]])
    assert features.get_feature_names_out().tolist() == ["mean_2", "mean_2_by_kind"]


def test_a_new_series_is_answered_from_its_group_or_from_all():
    X = pd.DataFrame({"item": list("aabbcc"), "date": [1, 2] * 3})
    X["kind"] = ["x"] * 4 + ["y"] * 2
    y = [1.0, 2.0, 3.0, 4.0, 11.0, 15.0]
    features = LagFeatures(
        lags=1, windows=[("max", 2)], by="kind", series="item", passthrough=False
    ).fit(X, y)
    rows = pd.DataFrame({"item": ["new", "c", "other"], "date": 3})
    rows["kind"] = ["x", "y", "z"]
    with pytest.warns(UserWarning, match=r"2 row\(s\) .* without sales in fit"):
        found = features.transform(rows)
    # the mean of all series is (5, 7), of x (2, 3), of y (11, 15)
    assert_array_equal(found, [[7, 7, 3], [15, 15, 15], [7, 7, 7]])


def test_a_group_may_be_a_key_or_a_position():
    codes, numbers = np.divmod(np.arange(80), 20)
    items, shops = codes // 2, codes % 2
    y = np.random.default_rng(0).poisson(3.0, 80).astype(float)
    params = {"lags": None, "windows": [("mean", 3), ("std", 3)], "passthrough": False}
    frame = pd.DataFrame({"item": items, "shop": shops, "date": numbers})
    named = LagFeatures(**params, series=["item", "shop"], by="shop", time="date")
    placed = LagFeatures(**params, series=[0, 1], by=[1], time=2)
    found = named.fit_transform(frame, y)
    assert_array_equal(found, placed.fit_transform(frame.to_numpy(), y))
    assert named.get_feature_names_out()[-1] == "std_3_by_shop"
    assert placed.get_feature_names_out()[-1] == "std_3_by_x1"
    pooled = frame.assign(y=y).groupby(["shop", "date"])["y"].mean().to_numpy()
    single = LagFeatures(**params, series=0, time=1)
    shop_rows = np.column_stack([np.repeat([0, 1], 20), np.tile(np.arange(20), 2)])
    expected = single.fit_transform(shop_rows, pooled)
    assert_allclose(found[:, 2:], expected[20 * shops + numbers])


def test_fill_stands_where_nothing_is_known():
    X = np.arange(6.0)[:, None]
    y = [2.0, np.nan, 3.0, np.nan, np.nan, 5.0]
    params = {"lags": 2, "windows": [("mean", 2), ("std", 2)], "time_since": True}
    nan = np.nan
    known = np.array(
        [
            [nan, nan, nan, nan, nan, 0],
            [2, nan, 2, nan, 0, 1],
            [nan, 2, 2, nan, 1, 2],
            [3, nan, 3, nan, 0, 3],
            [nan, 3, 3, nan, 1, 4],
            [nan, nan, nan, nan, 2, 5],
        ]
    )
    with pytest.warns(UserWarning, match="'std_2'"):
        found = LagFeatures(**params).fit_transform(X, y)
    known[:, 3] = 0.0
    assert_array_equal(found, known)
    with pytest.warns(UserWarning, match="the constant -1"):
        found = LagFeatures(**params, fill=-1).fit_transform(X, y)
    known[:, 3] = -1.0
    assert_array_equal(found, np.nan_to_num(known, nan=-1.0))
    with pytest.warns(UserWarning, match="'std_2'"):
        found = LagFeatures(**params, fill="last").fit_transform(X, y)
    last = np.array([nan, 2, 2, 3, 3, 3])[:, None]
    known[:, :3] = np.where(np.isnan(known[:, :3]), last, known[:, :3])
    known[:, 3] = 0.0
    assert_array_equal(found, known)


def test_boosting_is_searched_over_lags_with_time_ordered_folds():
    rng = np.random.default_rng(0)
    X, _, columns = sales_panel(n_series=3, length=98)
    # what is sold on a day of the week is sold on it again
    y = np.tile(rng.poisson(20, 7), 42) + rng.normal(0, 0.1, len(X))
    forest = HistGradientBoostingRegressor(max_iter=10, random_state=0)
    model = make_pipeline(LagFeatures(passthrough=["price"], **columns), forest)
    grid = {"lagfeatures__lags": [[1, 2], [1, 7]]}
    folds = PanelTimeSeriesSplit(2, test_size=10, time="date")
    search = GridSearchCV(model, grid, cv=folds, error_score="raise")
    search.set_params(estimator__lagfeatures__horizon=10)
    with threadpool_limits(1):  # on so few rows threads wait for each other
        search.fit(X, y)
    assert search.best_params_ == {"lagfeatures__lags": [1, 7]}
    future = future_of(X, 10)
    forecast = search.predict(future)
    again = pickle.loads(pickle.dumps(search)).predict(future.iloc[::-1])
    assert_array_equal(again[::-1], forecast)
