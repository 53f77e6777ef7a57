# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The contract of a panel: which rows it takes, and where each row's origin lies."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chisquare
from sklearn.base import RegressorMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor, StackingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_sales._compat import fit_context
from sklearn_sales.panel import (
    Panel,
    PanelEstimator,
    find_panel,
    read_keys,
    read_table,
)


class MeanRegressor(RegressorMixin, PanelEstimator):
    """The smallest estimator on a panel: the mean of each series."""

    _parameter_constraints = {**PanelEstimator._panel_constraints, "shrink": [float]}

    def __init__(self, *, series=None, time="auto", freq=None, shrink=1.0):
        self.series = series
        self.time = time
        self.freq = freq
        self.shrink = shrink

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        self._remember(X, y)
        return self

    def predict(self, X):
        _, rows = self._read(X)
        history = self.panel_.history
        sums = np.add.reduceat(np.nan_to_num(history.data), history.indptr[:-1])
        return self.shrink * (sums / history.lengths)[rows.codes]


class KeepPanel(PanelEstimator):
    """A transformer that remembers the panel and passes X on."""

    _parameter_constraints = {**PanelEstimator._panel_constraints}

    def __init__(self, *, series=None, time="auto", freq=None):
        self.series = series
        self.time = time
        self.freq = freq

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        self._remember(X, y)
        return self

    def transform(self, X):
        self._read(X)
        return X


def make_panel(n_series=4, n_times=50, freq="D", start="2024-01-01"):
    times = pd.date_range(start, periods=n_times, freq=freq)
    index = pd.MultiIndex.from_product([range(n_series), times], names=["item", "date"])
    X = index.to_frame(index=False)
    return X, np.arange(len(X), dtype=np.float64)


def read(X, y=None, **parameters):
    y = np.ones(len(X)) if y is None else y
    return Panel.from_table(read_table(X), y, **{"series": "item", **parameters})


# Which rows make a panel


def test_rows_in_any_order_make_the_same_panel():
    X, y = make_panel()
    order = np.random.default_rng(0).permutation(len(X))
    first, rows = read(X, y)
    second, shuffled = read(X.iloc[order], y[order])
    np.testing.assert_array_equal(first.history.data, second.history.data)
    for name in ("codes", "positions", "hashes"):
        np.testing.assert_array_equal(
            getattr(rows, name)[order], getattr(shuffled, name)
        )


def test_the_history_ends_with_the_mean_of_all_series():
    X, y = make_panel(n_series=3, n_times=10)
    panel, _ = read(X, y)
    assert panel.n_series == 3
    assert panel.history.n_series == 4
    pooled = panel.history.values(np.full(10, 3), np.arange(10))
    np.testing.assert_allclose(pooled, y.reshape(3, 10).mean(axis=0))


def test_duplicated_rows_name_the_series_and_the_time():
    X, _ = make_panel(n_series=2, n_times=5)
    X = pd.concat([X, X.iloc[[7, 7, 3]]])
    message = (
        r"^X holds 3 duplicated row\(s\): item=0 has more than one row at 2024-01-04 "
        r"00:00:00\. A series has one row for each time: add the missing key column to "
        r"series=, or aggregate the rows first, for instance with panel_from_orders\.$"
    )
    with pytest.raises(ValueError, match=message):
        read(X)


def test_a_panel_without_named_keys_has_duplicates():
    X, _ = make_panel(n_series=2, n_times=5)
    message = (
        r"^X holds 5 duplicated row\(s\): the single series \(series=None\) has more "
        r"than one row at 2024-01-01 00:00:00\. .* name the key columns in series= if X"
    )
    with pytest.raises(ValueError, match=message):
        read(X[["date"]], series=None)


def test_arrays_without_keys_average_repeated_times_with_a_warning():
    X = np.array([[0.0, 7], [1, 7], [1, 8], [2, 7]])
    y = np.array([1.0, 2.0, 4.0, 5.0])
    message = (
        r"^X repeats 1 time\(s\), first 1\.0; X is an array and neither series= nor "
        r"time= is given, so the repetitions are averaged\. Name the key columns if X"
    )
    with pytest.warns(UserWarning, match=message):
        panel, _ = read(X, y, series=None)
    np.testing.assert_array_equal(panel.history.data[:3], [1.0, 3.0, 5.0])
    with pytest.raises(ValueError, match="1 duplicated row"):
        read(X, y, series=None, time=0)


def weekly_among_daily(n_weekly):
    daily, _ = make_panel(n_series=2, n_times=100)
    weekly, _ = make_panel(n_series=1, n_times=n_weekly, freq="W-MON")
    return pd.concat([daily, weekly.assign(item=9)])


def test_mixed_frequencies_are_refused_and_named():
    X = weekly_among_daily(12)
    message = (
        r"^the time column 'date' mixes frequencies: all times together lie on the "
        r"grid 'D', but item=9 has a row only every 7 steps \(2024-01-01 00:00:00, "
        r"2024-01-08 00:00:00, \.\.\.; 1 such series\)\. Fit each frequency on its own,"
        r" or give freq='D' if the times between were really not observed\.$"
    )
    with pytest.raises(ValueError, match=message):
        read(X.sample(frac=1, random_state=0))
    panel, _ = read(X, freq="D")
    assert panel.history.lengths[2] == 11 * 7 + 1


def test_months_among_days_are_mixed_frequencies():
    daily, _ = make_panel(n_series=1, n_times=400)
    monthly, _ = make_panel(n_series=1, n_times=12, freq="MS")
    with pytest.raises(ValueError, match="mixes frequencies"):
        read(pd.concat([daily, monthly.assign(item=9)]))


@pytest.mark.parametrize("n_weekly", [1, 7])
def test_short_series_are_no_frequency_of_their_own(n_weekly):
    panel, _ = read(weekly_among_daily(n_weekly))
    assert panel.calendar.freq == "D"


def test_sparse_series_are_no_frequency_of_their_own():
    daily, _ = make_panel(n_series=1, n_times=100)
    days = np.cumsum(np.random.default_rng(0).integers(2, 9, 15))
    sparse = pd.DataFrame({"item": 9, "date": daily["date"].to_numpy()[days]})
    panel, _ = read(pd.concat([daily, sparse]))
    assert panel.calendar.freq == "D"


def test_read_keys_needs_no_target():
    X, _ = make_panel(n_series=2, n_times=5)
    schema, keys, calendar, codes, positions = read_keys(read_table(X), series="item")
    assert (schema.series_names, schema.time_name) == (["item"], "date")
    assert (keys.n_series, calendar.freq) == (2, "D")
    np.testing.assert_array_equal(codes, np.repeat([0, 1], 5))
    np.testing.assert_array_equal(positions, np.tile(np.arange(5), 2))


# New series


def test_new_series_get_one_warning_and_the_pooled_history():
    X, y = make_panel()
    estimator = MeanRegressor(series="item").fit(X, y)
    later = pd.DataFrame(
        {"item": [1, 77, 78, 77], "date": pd.date_range("2024-03-01", periods=4)}
    )
    message = (
        r"^3 row\(s\) of X belong to series without sales in fit \(first: item=77\); "
        r"they are answered from the mean of all series\.$"
    )
    with pytest.warns(UserWarning, match=message) as record:
        answer = estimator.predict(later)
    assert len(record) == 1
    np.testing.assert_allclose(answer, [y[50:100].mean(), *[y.mean()] * 3])


def test_a_series_without_one_sale_counts_as_new():
    X, y = make_panel(n_series=2, n_times=5)
    y[:5] = np.nan
    panel, _ = read(X, y)
    with pytest.warns(UserWarning, match=r"^5 row\(s\) .* \(first: item=0\)"):
        rows = panel.locate(read_table(X))
    assert list(rows.codes) == [2] * 5 + [1] * 5


def test_known_series_warn_of_nothing():
    X, y = make_panel()
    panel, _ = read(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel.locate(read_table(X))
        panel.locate(read_table(X.assign(item=99)), warn=False)


# Origins and steps


def test_with_a_horizon_of_one_every_row_of_the_span_looks_one_step_back():
    X, y = make_panel()
    panel, rows = read(X, y)
    origins, steps = panel.origins(rows)
    assert (steps == 1).all()
    np.testing.assert_array_equal(origins, rows.positions - 1)


@pytest.mark.parametrize("horizon", [1, 7, 42])
def test_rows_after_the_last_sale_have_it_as_their_origin(horizon):
    X, y = make_panel(n_series=2, n_times=20)
    y[15:20] = np.nan  # the first series was last observed at position 14
    panel, _ = read(X, y)
    later = pd.DataFrame(
        {"item": [0, 0, 1, 1], "date": pd.date_range("2024-01-20", periods=4)}
    )
    rows = panel.locate(read_table(later))
    origins, steps = panel.origins(rows, horizon)
    np.testing.assert_array_equal(origins, [14, 14, 19, 19])
    np.testing.assert_array_equal(steps, [5, 6, 2, 3])


@pytest.mark.parametrize("freq", ["D", "W-FRI", "MS"])
@pytest.mark.parametrize("horizon", [2, 7, 12, 28])
def test_steps_of_the_span_are_uniform(freq, horizon):
    X, y = make_panel(n_series=100, n_times=300, freq=freq, start="1990-01-05")
    panel, rows = read(X, y)
    origins, steps = panel.origins(rows, horizon)
    counts = np.bincount(steps)
    assert len(counts) == horizon + 1
    assert counts[0] == 0
    assert chisquare(counts[1:]).pvalue > 1e-3
    np.testing.assert_array_equal(origins, rows.positions - steps)


@pytest.mark.parametrize("horizon", [7, 14, 28])
@pytest.mark.parametrize("part", ["day_of_week", "month", "day", "series"])
def test_steps_are_independent_of_the_calendar_and_the_series(horizon, part):
    X, y = make_panel(n_series=60, n_times=730)
    panel, rows = read(X, y)
    _, steps = panel.origins(rows, horizon)
    values = X["item"] if part == "series" else getattr(X["date"].dt, part)
    table = pd.crosstab(values.to_numpy(), steps)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(X)
    statistic = ((table - expected) ** 2 / expected).to_numpy().sum()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    # a cycle of steps would put this at many times its expectation
    assert abs(statistic - freedom) < 4 * np.sqrt(2 * freedom)


def test_steps_of_neighbours_are_uncorrelated():
    X, y = make_panel(n_series=50, n_times=400)
    panel, rows = read(X, y)
    steps = panel.origins(rows, 28)[1].reshape(50, 400)
    for first, second in ((steps[:, 1:], steps[:, :-1]), (steps[1:], steps[:-1])):
        correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(first.size)


def steps_by_row(X, horizon=28, salt=0, **parameters):
    panel, rows = read(X, **parameters)
    steps = panel.origins(rows, horizon, salt=salt)[1]
    return pd.Series(steps, index=X.index)


def test_steps_are_the_same_in_every_fold_and_batch():
    X, y = make_panel(n_series=6, n_times=120)
    whole = steps_by_row(X)
    rng = np.random.default_rng(0)
    last = X["date"].max()
    for fold in (
        X[X["date"] < "2024-03-01"],
        X[X["date"] > "2024-02-07"],
        X[X["item"].isin([2, 5])],
        X.sample(frac=0.7, random_state=1),
        X.iloc[rng.permutation(len(X))],
    ):
        steps = steps_by_row(fold, freq="D")
        pd.testing.assert_series_equal(steps, whole[fold.index])
    panel, _ = read(X, y)
    batch = X[X["date"] < last].sample(40, random_state=2)
    rows = panel.locate(read_table(batch))
    np.testing.assert_array_equal(panel.origins(rows, 28)[1], whole[batch.index])


def test_steps_are_the_same_in_every_library_and_type():
    X, _ = make_panel(n_series=6, n_times=60)
    expected = steps_by_row(X).to_numpy()
    for same in (
        pl.DataFrame({"item": X["item"].to_numpy(), "date": X["date"].to_numpy()}),
        X.astype({"item": "category"}),
        X.astype({"item": float}),
        X.assign(date=X["date"].dt.as_unit("ns")),
        X.assign(date=X["date"].dt.strftime("%Y-%m-%d")),
        X.assign(date=X["date"].dt.date),
    ):
        panel, rows = read(same)
        np.testing.assert_array_equal(panel.origins(rows, 28)[1], expected)


def test_another_salt_draws_other_steps():
    X, _ = make_panel(n_series=50, n_times=400)
    first, second = steps_by_row(X), steps_by_row(X, salt=1)
    assert abs((first == second).mean() - 1 / 28) < 0.01
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(X))
    pd.testing.assert_series_equal(second, steps_by_row(X, salt=1))


# The panel of a nested estimator


def numeric_panel():
    X, y = make_panel()
    return np.column_stack([X["item"], np.tile(np.arange(50), 4)]).astype(float), y


def nested():
    mean = MeanRegressor(series=0)
    keep = KeepPanel(series=0)
    pipe = make_pipeline(keep, LinearRegression())
    yield "estimator", mean
    yield "pipeline", pipe
    yield "pipeline of pipelines", Pipeline([("a", pipe[:1]), ("b", pipe)])
    yield "search", GridSearchCV(mean, {"shrink": [0.5, 1.0]}, cv=2)
    yield "search of a pipeline", GridSearchCV(pipe, {"keeppanel__freq": [None]}, cv=2)
    yield (
        "target",
        TransformedTargetRegressor(mean, func=np.log1p, inverse_func=np.expm1),
    )
    yield (
        "search of a target",
        GridSearchCV(TransformedTargetRegressor(pipe), {"check_inverse": [True]}, cv=2),
    )
    yield "union", FeatureUnion([("none", FunctionTransformer()), ("keep", keep)])
    yield "columns", ColumnTransformer([("no", "drop", [0]), ("keep", keep, [0, 1])])
    yield (
        "stack whose first member holds arrays of estimators",
        StackingRegressor(
            [("trees", GradientBoostingRegressor(n_estimators=2)), ("mean", mean)], cv=2
        ),
    )


@pytest.mark.parametrize("estimator", [pytest.param(e, id=n) for n, e in nested()])
@pytest.mark.filterwarnings("ignore:[0-9]+ row.s. of X belong to series:UserWarning")
def test_the_panel_is_found_in_any_nest(estimator):
    X, y = numeric_panel()
    panel = find_panel(estimator.fit(X, y))
    assert isinstance(panel, Panel)
    assert panel.n_series == 4
    assert panel.calendar.freq == 1.0


def test_the_panel_of_a_search_is_that_of_its_best_estimator():
    X, y = numeric_panel()
    search = GridSearchCV(MeanRegressor(series=0), {"shrink": [0.5, 1.0]}, cv=2)
    with pytest.warns(UserWarning, match="series without sales"):
        search.fit(X, y)
    assert find_panel(search) is search.best_estimator_.panel_


@pytest.mark.parametrize(
    "estimator", [MeanRegressor(), LinearRegression(), make_pipeline(KeepPanel())]
)
def test_estimators_without_a_panel_say_so(estimator):
    message = (
        rf"^{type(estimator).__name__} holds no fitted estimator that remembers a "
        r"sales history, such as LagFeatures or ARRegressor\. Fit it first, or build"
    )
    with pytest.raises(ValueError, match=message):
        find_panel(estimator)
