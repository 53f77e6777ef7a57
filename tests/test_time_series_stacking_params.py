# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A TimeSeriesStackingRegressor as scikit-learn's searches and users handle it."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from plain_stacks import KEYS, Column, make_panel, members
from sklearn.base import clone
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metadata_routing import get_routing_for_object

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SeasonalNaiveRegressor,
    SimplexRegressor,
    TimeSeriesStackingRegressor,
    neg_mase_scorer,
)


@pytest.fixture
def panel():
    return make_panel()


def stack_of(*names, **params):
    chosen = [(name, member) for name, member in members() if name in names]
    return TimeSeriesStackingRegressor(chosen, series=KEYS, **params)


def nested():
    """A stack inside a stack, of pipelines with lag features."""
    lags = make_pipeline(LagFeatures(2, horizon=4, fill=0.0, series=KEYS), Ridge())
    inner = TimeSeriesStackingRegressor(
        [("lags", lags), ("ar", ARRegressor(1, series=KEYS))], series=KEYS, cv=2
    )
    outer = [("stack", inner), ("naive", SeasonalNaiveRegressor(series=KEYS))]
    return TimeSeriesStackingRegressor(outer, SimplexRegressor(), series=KEYS, cv=2)


# parameters


def test_parameters_reach_through_every_level():
    stack = nested()
    params = stack.get_params()
    assert params["stack__lags__lagfeatures__lags"] == 2
    assert params["final_estimator__shrinkage"] == 3.0
    assert params["stack__lags"] is stack.named_estimators.stack.estimators[0][1]
    stack.set_params(
        stack__lags__lagfeatures__lags=[1, 7],
        stack__ar=ARRegressor(3, series=KEYS),
        stack__ar__alpha=0.5,
        naive="drop",
        final_estimator__loss="absolute",
    )
    inner = stack.named_estimators.stack
    assert inner.named_estimators.lags[0].lags == [1, 7]
    assert (inner.named_estimators.ar.lags, inner.named_estimators.ar.alpha) == (3, 0.5)
    assert stack.estimators[1] == ("naive", "drop")
    assert stack.final_estimator.loss == "absolute"
    with pytest.raises(ValueError, match="Invalid parameter 'spam'"):
        stack.set_params(stack__spam=1)


def test_clone_has_the_same_parameters_and_members_of_its_own(panel):
    stack = nested()
    copy = clone(stack)
    for name, value in stack.get_params().items():
        other = copy.get_params()[name]
        if hasattr(value, "fit"):
            assert other is not value
            assert type(other) is type(value)
        elif not isinstance(value, list):
            assert other == value
    X, y = panel
    answers = stack.fit(X, y).predict(X)
    np.testing.assert_array_equal(copy.fit(X, y).predict(X), answers)
    np.testing.assert_array_equal(clone(stack).fit(X, y).predict(X), answers)
    # members are cloned before they are fitted
    assert not hasattr(stack.named_estimators.naive, "panel_")


def test_names_inside_the_stack_can_be_searched(panel):
    X, y = panel
    grid = {
        "stack__lags__lagfeatures__lags": [[28], [1, 7]],
        "final_estimator__shrinkage": [0.0, 1e9],
    }
    split = PanelTimeSeriesSplit(2, test_size=4, series=KEYS)
    search = GridSearchCV(
        nested(), grid, cv=split, scoring=neg_mase_scorer, error_score="raise"
    )
    with pytest.warns(UserWarning, match="No training row has a value"):
        search.fit(X, y)
    results = pd.DataFrame(search.cv_results_)
    scores = results.groupby("param_final_estimator__shrinkage")["mean_test_score"]
    assert (scores.nunique() == 2).all()
    best = search.best_estimator_
    assert best.get_params()["stack__lags__lagfeatures__lags"] == [1, 7]
    assert best.estimators_[0].estimators_[0][0].lags == [1, 7]


def test_members_can_be_dropped_by_a_search(panel):
    X, y = panel
    split = PanelTimeSeriesSplit(1, test_size=4, series=KEYS)
    search = GridSearchCV(
        stack_of("ar", "naive"), {"ar": ["drop", ARRegressor(1, series=KEYS)]}, cv=split
    ).fit(X, y)
    assert isinstance(search.best_params_["ar"], ARRegressor)


def test_a_dropped_member_is_not_there(panel):
    X, y = panel
    dropped = stack_of("ar", "naive", "trees", cv=2).set_params(trees="drop").fit(X, y)
    without = stack_of("ar", "naive", cv=2).fit(X, y)
    assert dropped.named_estimators_["trees"] == "drop"
    assert dropped.weights_ == without.weights_
    assert list(dropped.oof_predictions_) == list(without.oof_predictions_)
    np.testing.assert_array_equal(dropped.predict(X), without.predict(X))


def test_named_estimators_are_the_fitted_members(panel):
    X, y = panel
    stack = stack_of("ar", "naive").fit(X, y)
    assert list(stack.named_estimators_) == ["ar", "naive"]
    assert stack.named_estimators_.ar is stack.estimators_[0]
    assert stack.named_estimators_.ar.lag_coef_.shape == (2, 1)
    assert stack.named_estimators.ar is stack.estimators[0][1]


def test_html_shows_members_and_final_estimator(panel):
    stack = stack_of("ar", "naive", "trees")
    for html in (stack._repr_html_(), stack.fit(*panel)._repr_html_()):
        for text in ("naive", "trees", "DecisionTreeRegressor", "SimplexRegressor"):
            assert text in html
    assert "Ridge" in clone(stack).set_params(final_estimator=Ridge())._repr_html_()


def test_it_has_the_names_of_scikit_learns_stack():
    # sample_weight was a parameter of its own once, whose request could be set
    other = {"n_features_in_", "set_fit_request"}
    theirs = {name for name in dir(StackingRegressor) if not name.startswith("_")}
    theirs -= other
    assert theirs <= set(dir(TimeSeriesStackingRegressor))


# metadata


class Weighed(Column):
    """Remembers the weights and the tag that it was fitted with."""

    def fit(self, X, y, sample_weight=None, tag=None):
        self.sample_weight_, self.tag_ = sample_weight, tag
        return super().fit(X, y)


def numbers(n=40):
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(n), rng.normal(size=(n, 2)) + 9])
    return X, X[:, 1:].mean(axis=1), rng.integers(1, 4, size=n).astype(float)


def test_sample_weight_goes_to_all_and_counts_rows():
    X, y, weight = numbers()
    y = y + np.random.default_rng(1).normal(size=len(y))
    named = [("one", Weighed(1)), ("two", Weighed(2))]
    stack = TimeSeriesStackingRegressor(named, weights_by="step", cv=2)
    stack.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(stack.estimators_[0].sample_weight_, weight)
    oof = stack.oof_predictions_
    counts = weight[oof["row"]].astype(int)
    repeated = oof.loc[oof.index.repeat(counts)]
    expected = SimplexRegressor().fit(
        repeated[["one", "two"]].to_numpy(), repeated["y_true"]
    )
    np.testing.assert_allclose(list(stack.weights_.values()), expected.coef_)
    assert not np.allclose(stack.group_weights_, clone(stack).fit(X, y).group_weights_)


def test_sample_weight_that_a_member_cannot_take_is_an_error_with_its_name():
    X, y, weight = numbers()
    stack = TimeSeriesStackingRegressor([("ar", ARRegressor(1))])
    with pytest.raises(TypeError, match=r"^Member 'ar' \(ARRegressor\) failed in fold"):
        stack.fit(X, y, sample_weight=weight)


def test_other_metadata_need_routing():
    X, y, weight = numbers()
    stack = TimeSeriesStackingRegressor([("one", Weighed(1))])
    with pytest.raises(TypeError, match=r"fit got \['tag'\], but without metadata rou"):
        stack.fit(X, y, tag="a", sample_weight=weight)


def test_metadata_go_where_they_are_requested():
    X, y, weight = numbers()
    with sklearn.config_context(enable_metadata_routing=True):
        named = [
            ("one", Weighed(1).set_fit_request(sample_weight=True, tag=False)),
            ("two", Weighed(2).set_fit_request(sample_weight=False, tag=True)),
            ("ar", ARRegressor(1)),
        ]
        stack = TimeSeriesStackingRegressor(named, cv=PanelTimeSeriesSplit(2))
        times = np.arange(40) // 2
        stack.fit(X, y, sample_weight=weight, tag="a", groups=times)
        one, two, _ = stack.estimators_
        np.testing.assert_array_equal(one.sample_weight_, weight)
        assert (one.tag_, two.tag_, two.sample_weight_) == (None, "a", None)
        # the splitter has the groups: 20 times of two rows each
        assert stack.oof_predictions_.groupby("fold").size().tolist() == [12, 12]
        oof = stack.oof_predictions_
        expected = SimplexRegressor().fit(
            oof[["one", "two", "ar"]].to_numpy(),
            oof["y_true"],
            sample_weight=weight[oof["row"]],
        )
        np.testing.assert_allclose(list(stack.weights_.values()), expected.coef_)
        with pytest.raises(TypeError, match="unexpected argument"):
            stack.fit(X, y, spam=1)
        stack.set_params(final_estimator=Ridge().set_fit_request(sample_weight=False))
        stack.fit(X, y, sample_weight=weight, tag="a")
        oof = stack.oof_predictions_
        expected = Ridge().fit(oof[["one", "two", "ar"]].to_numpy(), oof["y_true"])
        np.testing.assert_allclose(stack.final_estimator_.coef_, expected.coef_)
        router = get_routing_for_object(stack)
        assert router.consumes("fit", ["sample_weight", "tag"])


# bad input

BAD = {
    "no list": ({"estimators": "ar"}, "The 'estimators' parameter of TimeSeriesStack"),
    "empty": (
        {"estimators": []},
        "estimators must be a list of (name, estimator), got",
    ),
    "no pair": (
        {"estimators": [ARRegressor()]},
        "estimators must be a list of (name, estimator), got [ARRegressor()].",
    ),
    "twice": (
        {"estimators": [("a", ARRegressor()), ("a", ARRegressor())]},
        "Names provided are not unique: ['a', 'a']",
    ),
    "parameter": (
        {"estimators": [("cv", ARRegressor())]},
        "Estimator names conflict with constructor arguments: ['cv']",
    ),
    "underscores": (
        {"estimators": [("a__b", ARRegressor())]},
        "Estimator names must not contain __: got ['a__b']",
    ),
    "column": (
        {"estimators": [("fold", ARRegressor())]},
        "A member cannot be called 'fold': oof_predictions_ has such a column.",
    ),
    "all dropped": (
        {"estimators": [("a", "drop"), ("b", "drop")]},
        "All members are 'drop': at least one has to stay.",
    ),
    "class": (
        {"estimators": [("ar", ARRegressor)]},
        "Member 'ar' is the class ARRegressor; pass an instance: ARRegressor().",
    ),
    "classifier": (
        {"estimators": [("yes", LogisticRegression())]},
        "Member 'yes' is no regressor, got LogisticRegression().",
    ),
    "transformer": (
        {"estimators": [("scale", make_pipeline(StandardScaler()))]},
        "Member 'scale' is no regressor, got Pipeline(",
    ),
    "final": (
        {"final_estimator": LogisticRegression()},
        "final_estimator must be None, 'mean', 'median' or a regressor, got Logistic",
    ),
    "final class": (
        {"final_estimator": Ridge},
        "final_estimator must be None, 'mean', 'median' or a regressor, got <class",
    ),
    "vote": (
        {"final_estimator": "max"},
        "The 'final_estimator' parameter of TimeSeriesStackingRegressor must be",
    ),
    "passthrough": (
        {"passthrough": True},
        "passthrough=True gives covariates to the final estimator, but final_estimator="
        "None only averages forecasts: take a regressor, or passthrough=False.",
    ),
    "on_failure": (
        {"on_failure": "ignore"},
        "The 'on_failure' parameter of TimeSeriesStackingRegressor must be a str among",
    ),
    "pooling": (
        {"pooling": -1},
        "The 'pooling' parameter of TimeSeriesStackingRegressor must be a float in",
    ),
    "duplicates": ({"series": None}, "X holds 42 duplicated row(s): the single series"),
    "unknown key": (
        {"series": "store"},
        "series='store' is not a column of X; its col",
    ),
}


@pytest.mark.parametrize(("params", "message"), BAD.values(), ids=BAD)
def test_bad_parameters(panel, params, message):
    X, y = panel
    stack = TimeSeriesStackingRegressor(members(), series=KEYS).set_params(**params)
    with pytest.raises((TypeError, ValueError)) as caught:
        stack.fit(X, y)
    assert str(caught.value).startswith(message)


def test_bad_tables(panel):
    X, y = panel
    stack = stack_of("ar", "naive")
    with pytest.raises(ValueError, match="y holds only NaN"):
        stack.fit(X, np.full(len(y), np.nan))
    with pytest.raises(ValueError, match="Input y contains infinity"):
        stack.fit(X, np.where(y > 30, np.inf, y))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        stack.fit(X, y[:-1])
    with pytest.raises(ValueError, match="feature names should match those"):
        stack.fit(X, y).predict(X[["date", "item", "price"]])
    text = X.assign(price=X["price"].astype(str))
    message = (
        r"^Member 'ar' \(ARRegressor\) failed in fold 1 of 5 with ValueError: ARReg"
    )
    with pytest.raises(ValueError, match=message):
        stack.fit(text, y)
    stack.set_params(
        estimators=members()[1:2], final_estimator=LinearRegression(), passthrough=True
    )
    message = r"with passthrough=True needs numeric covariates; column\(s\) \['price'\]"
    with pytest.raises(ValueError, match=message):
        stack.fit(text, y)


def test_unfitted_stack_says_so(panel):
    stack = stack_of("ar")
    for call in (stack.predict, stack.transform):
        with pytest.raises(
            sklearn.exceptions.NotFittedError, match="is not fitted yet"
        ):
            call(panel[0])
    assert not hasattr(stack, "weights_")
    assert not hasattr(stack, "group_weights_")
