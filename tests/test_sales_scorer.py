# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Scorers find series and scale by themselves, wherever the estimator is nested."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, VotingRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler

from sklearn_sales.dummy import SeasonalNaiveRegressor
from sklearn_sales.metrics import (
    bias,
    make_sales_scorer,
    mase,
    neg_abs_bias_scorer,
    neg_mase_scorer,
    neg_pinball_scorer,
    neg_rmsle_scorer,
    neg_rmsse_scorer,
    neg_smape_scorer,
    neg_wape_scorer,
    pinball_loss,
    rmsle,
    rmsse,
    scaled_pinball_loss,
    smape,
    wape,
)
from sklearn_sales.model_selection import PanelTimeSeriesSplit
from sklearn_sales.preprocessing import LagFeatures

PLAIN = [
    (neg_wape_scorer, wape),
    (neg_abs_bias_scorer, lambda *args: abs(bias(*args))),
    (neg_smape_scorer, smape),
    (neg_rmsle_scorer, rmsle),
    (neg_pinball_scorer(0.7), lambda *args: pinball_loss(*args, quantile=0.7)),
]
SCALED = [
    (neg_mase_scorer, mase, {}),
    (neg_rmsse_scorer, rmsse, {}),
    (make_sales_scorer("mase", season=7), mase, {"season": 7}),
    (make_sales_scorer("mase", season="auto"), mase, {"season": 7}),
    (
        make_sales_scorer("rmsse", from_first_sale=False),
        rmsse,
        {"from_first_sale": False},
    ),
    (neg_pinball_scorer(0.7, scaled=True), scaled_pinball_loss, {"quantile": 0.7}),
]
plain = pytest.mark.parametrize(("scorer", "metric"), PLAIN)
scaled = pytest.mark.parametrize(("scorer", "metric", "params"), SCALED)


@pytest.fixture
def panel():
    """Seven weeks of three series of different size, in random order."""
    rng = np.random.default_rng(0)
    keys = pd.DataFrame({"shop": ["N", "N", "S"], "item": [1, 2, 1]})
    days = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=49)})
    X = keys.merge(days, how="cross")
    size = np.repeat([2.0, 20.0, 200.0], 49)
    sales = rng.poisson(size * (1.5 + (X["date"].dt.day_of_week >= 5)))
    # the second series is launched in the second week
    sales = np.where((X.index >= 49) & (X.index < 58), 0, sales).astype(float)
    order = rng.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), sales[order]


@pytest.fixture
def split(panel):
    X, y = panel
    known = (X["date"] < "2024-02-05").to_numpy()
    return X[known], y[known], X[~known], y[~known]


@pytest.fixture
def naive():
    return SeasonalNaiveRegressor(series=["shop", "item"], time="date")


def expected_error(metric, split, forecast, **params):
    X, y, X_test, y_test = split
    keys = ["shop", "item"]
    history = dict(y_train=y, series_train=X[keys], time_train=X["date"])
    return metric(y_test, forecast, series=X_test[keys], **history, **params)


@plain
def test_a_score_is_the_negative_error(scorer, metric, split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    expected = metric(y_test, naive.predict(X_test))
    assert expected > 0
    assert scorer(naive, X_test, y_test) == -expected


@scaled
def test_the_scale_is_that_of_the_training_rows(scorer, metric, params, split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    expected = expected_error(metric, split, naive.predict(X_test), **params)
    assert scorer(naive, X_test, y_test) == pytest.approx(-expected)
    # the order of the rows and of the columns is free
    shuffled = X_test.sample(frac=1, random_state=0)
    score = scorer(naive, shuffled, pd.Series(y_test, X_test.index)[shuffled.index])
    assert score == pytest.approx(-expected)


def encode_keys():
    """A step that turns the keys into numbers and moves the columns."""
    encoder = make_column_transformer(
        ("passthrough", ["date"]),
        (OrdinalEncoder(), ["shop", "item"]),
        verbose_feature_names_out=False,
    )
    return encoder.set_output(transform="pandas")


NESTED = {
    "pipeline": lambda naive: make_pipeline(FunctionTransformer(), naive),
    "encoded keys": lambda naive: make_pipeline(encode_keys(), naive),
    "search": lambda naive: GridSearchCV(
        naive, {"season": [7]}, cv=PanelTimeSeriesSplit(2, time="date")
    ),
    "search in a pipeline": lambda naive: make_pipeline(
        FunctionTransformer(),
        GridSearchCV(naive, {"season": [7]}, cv=PanelTimeSeriesSplit(2, time="date")),
    ),
    "target transformed": lambda naive: TransformedTargetRegressor(
        naive, func=np.log1p, inverse_func=np.expm1
    ),
    "target scaled, in a pipeline": lambda naive: make_pipeline(
        encode_keys(), TransformedTargetRegressor(naive, transformer=StandardScaler())
    ),
    "stack": lambda naive: VotingRegressor([("a", naive), ("b", naive)]),
    "stack of targets transformed": lambda naive: VotingRegressor(
        [("a", TransformedTargetRegressor(naive, transformer=StandardScaler()))]
    ),
    "pipeline with a target transformed": lambda naive: TransformedTargetRegressor(
        make_pipeline(encode_keys(), naive), func=np.log1p, inverse_func=np.expm1
    ),
}


@scaled
@pytest.mark.parametrize("nest", NESTED.values(), ids=NESTED)
def test_the_history_is_found_in_nested_estimators(
    scorer, metric, params, nest, split, naive
):
    X, y, X_test, y_test = split
    model = nest(clone(naive)).fit(X, y)
    # whatever stands around it, the forecast is that of the same season
    expected = expected_error(metric, split, naive.fit(X, y).predict(X_test), **params)
    assert scorer(model, X_test, y_test) == pytest.approx(-expected)


@scaled
@pytest.mark.parametrize("library", ["polars", "category", "numpy"])
def test_tables_of_every_library_are_scored(
    scorer, metric, params, library, split, naive
):
    X, y, X_test, y_test = split
    expected = expected_error(metric, split, naive.fit(X, y).predict(X_test), **params)
    tables = [X, X_test]
    if library == "polars":
        tables = [pl.from_pandas(t) for t in tables]
    elif library == "category":
        tables = [t.astype({"shop": "category"}) for t in tables]
    else:
        tables = [t.to_numpy() for t in tables]
        naive.set_params(series=[0, 1], time=2)
    naive.fit(tables[0], y)
    assert scorer(naive, tables[1], y_test) == pytest.approx(-expected)


def test_a_single_series_needs_no_keys():
    X = pd.DataFrame({"day": range(8)})
    y = np.array([1.0, 3, 2, 5, 4, 4, 2, 6])
    naive = SeasonalNaiveRegressor(1).fit(X[:5], y[:5])
    expected = mase(y[5:], naive.predict(X[5:]), y_train=y[:5])
    assert neg_mase_scorer(naive, X[5:], y[5:]) == -expected


ALL = {
    "wape": neg_wape_scorer,
    "bias": neg_abs_bias_scorer,
    "mase": neg_mase_scorer,
    "rmsse": neg_rmsse_scorer,
    "smape": neg_smape_scorer,
}


def test_cross_validation_scales_by_the_training_rows_of_each_fold(panel, naive):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=7, time="date")
    found = cross_validate(naive, X, y, cv=cv, scoring=ALL)
    for at, (train, test) in enumerate(cv.split(X)):
        fold = X.iloc[train], y[train], X.iloc[test], y[test]
        forecast = naive.fit(X.iloc[train], y[train]).predict(X.iloc[test])
        assert found["test_wape"][at] == pytest.approx(-wape(y[test], forecast))
        for name, metric in (("mase", mase), ("rmsse", rmsse)):
            expected = expected_error(metric, fold, forecast)
            assert found[f"test_{name}"][at] == pytest.approx(-expected)


class CountingNaive(SeasonalNaiveRegressor):
    """Counts the calls of predict over all its copies."""

    calls = 0

    def predict(self, X):
        CountingNaive.calls += 1
        return super().predict(X)


def test_scorers_of_one_call_share_the_forecast(panel):
    X, y = panel
    cv = PanelTimeSeriesSplit(3, test_size=7, time="date")
    counting = CountingNaive(series=["shop", "item"], time="date")
    CountingNaive.calls = 0
    cross_validate(counting, X, y, cv=cv, scoring=ALL)
    assert CountingNaive.calls == 3


@pytest.mark.parametrize("refit", ALL)
def test_a_search_finds_the_season(panel, naive, refit):
    X, _ = panel
    # weekly sales, told apart by nothing but the weekday
    y = 10.0 + 5.0 * X["date"].dt.day_of_week + 3.0 * X["item"]
    search = GridSearchCV(
        naive,
        {"season": [1, 3, 7]},
        cv=PanelTimeSeriesSplit(2, test_size=7, time="date"),
        scoring=ALL,
        refit=refit,
    )
    search.fit(X, y)
    assert search.best_params_ == {"season": 7}
    assert search.best_score_ == 0.0
    alone = clone(search).set_params(scoring=ALL[refit], refit=True)
    assert alone.fit(X, y).best_params_ == {"season": 7}


@scaled
def test_a_scorer_survives_pickle_and_copies(scorer, metric, params, split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    expected = scorer(naive, X_test, y_test)
    for twin in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert twin(naive, X_test, y_test) == expected


def test_series_without_a_scale_are_left_out_with_a_warning(split, naive):
    X, y, X_test, y_test = split
    y = np.where((X["shop"] == "N") & (X["item"] == 1), 4.0, y)
    naive.fit(X, y)
    message = r"mase: 1 of 3 series .* \(first: N, 1\)"
    with pytest.warns(UndefinedMetricWarning, match=message):
        neg_mase_scorer(naive, X_test, y_test)
    silent = make_sales_scorer("mase", zero_scale="drop")
    assert np.isfinite(silent(naive, X_test, y_test))


def test_new_series_are_left_out_with_a_warning(split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    grown = pd.concat([X_test, X_test.assign(shop="new")])
    expected = neg_mase_scorer(naive, X_test, y_test)
    with (
        pytest.warns(UserWarning, match="series without sales in fit"),
        pytest.warns(UndefinedMetricWarning, match="2 of 5 series"),
    ):
        score = neg_mase_scorer(naive, grown, np.concatenate([y_test, y_test]))
    assert score == pytest.approx(expected)


def test_nan_targets_are_not_observed(split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    seen = np.arange(len(y_test)) % 3 > 0
    expected = neg_rmsse_scorer(naive, X_test[seen], y_test[seen])
    assert neg_rmsse_scorer(naive, X_test, np.where(seen, y_test, np.nan)) == expected


@pytest.mark.parametrize("scorer", ALL.values(), ids=ALL)
def test_weights_are_those_of_the_rows(scorer, split, naive):
    X, y, X_test, y_test = split
    naive.fit(X, y)
    weight = (np.arange(len(y_test)) % 3 > 0).astype(float)
    seen = weight > 0
    expected = scorer(naive, X_test[seen], y_test[seen])
    assert scorer(naive, X_test, y_test, sample_weight=weight) == expected


class WeighedNaive(RegressorMixin, BaseEstimator):
    """A regressor that takes weights and remembers a panel inside."""

    def fit(self, X, y, sample_weight=None):
        self.weighed_ = sample_weight is not None
        self.estimator_ = SeasonalNaiveRegressor(series=["shop", "item"]).fit(X, y)
        return self

    def predict(self, X):
        return self.estimator_.predict(X)


@pytest.mark.parametrize("name", ["wape", "mase"])
@pytest.mark.parametrize("scorer_weighed", [True, False])
def test_metadata_routing_reaches_the_scorer(panel, name, scorer_weighed):
    X, y = panel
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    cv = PanelTimeSeriesSplit(2, test_size=7, time="date")
    with sklearn.config_context(enable_metadata_routing=True):
        model = WeighedNaive().set_fit_request(sample_weight=True)
        scorer = make_sales_scorer(name).set_score_request(sample_weight=scorer_weighed)
        # a scorer of its own: a request set on a shared one would stay
        other = make_sales_scorer("smape").set_score_request(
            sample_weight=scorer_weighed
        )
        together = cross_validate(
            *(model, X, y),
            cv=cv,
            scoring={"one": scorer, "two": other},
            params={"sample_weight": weight},
            return_estimator=True,
        )
    assert all(fitted.weighed_ for fitted in together["estimator"])
    for at, (train, test) in enumerate(cv.split(X)):
        model = WeighedNaive().fit(X.iloc[train], y[train])
        rows = test[weight[test] > 0] if scorer_weighed else test
        expected = make_sales_scorer(name)(model, X.iloc[rows], y[rows])
        assert together["test_one"][at] == pytest.approx(expected)


def test_without_routing_a_weighted_search_runs(panel):
    X, y = panel
    search = GridSearchCV(
        Ridge(),
        {"alpha": [0.1, 10.0]},
        cv=PanelTimeSeriesSplit(2, time="day"),
        scoring={"wape": neg_wape_scorer, "rmsle": neg_rmsle_scorer},
        refit="wape",
    )
    day = (X["date"] - X["date"].min()).dt.days
    numeric = pd.DataFrame({"day": day, "item": X["item"]})
    search.fit(numeric, y, sample_weight=np.ones(len(y)))
    assert search.best_score_ < 0


def test_the_quantile_is_that_of_predict(split):
    X, y, X_test, y_test = split
    model = DummyRegressor(strategy="quantile", quantile=0.9).fit(X, y)
    expected = pinball_loss(y_test, model.predict(X_test), quantile=0.9)
    assert neg_pinball_scorer(0.9)(model, X_test, y_test) == -expected


def test_an_estimator_without_memory_is_told_what_to_do(split):
    X, y, X_test, y_test = split
    for model in (DummyRegressor(), make_pipeline(encode_keys(), DummyRegressor())):
        model.fit(X, y)
        with pytest.raises(ValueError, match="with make_sales_scorer"):
            neg_rmsse_scorer(model, X_test, y_test)
        assert neg_wape_scorer(model, X_test, y_test) < 0


def test_lag_features_in_a_pipeline_are_searched_by_several_scores(panel):
    X, y = panel
    model = make_pipeline(
        LagFeatures([1, 7], series=["shop", "item"], time="date", horizon=7),
        HistGradientBoostingRegressor(max_iter=10),
    )
    search = GridSearchCV(
        model,
        {"histgradientboostingregressor__learning_rate": [1e-6, 0.3]},
        cv=PanelTimeSeriesSplit(2, test_size=7, time="date"),
        scoring=ALL,
        refit="rmsse",
    ).fit(X, y)
    # a rate of nearly zero forecasts the mean of all series
    assert search.best_params_["histgradientboostingregressor__learning_rate"] == 0.3
    keys = ["shop", "item"]
    expected = rmsse(
        *(y, search.predict(X)),
        series=X[keys],
        y_train=y,
        series_train=X[keys],
        time_train=X["date"],
    )
    assert neg_rmsse_scorer(search, X, y) == pytest.approx(-expected)
