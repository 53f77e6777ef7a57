# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The public check for leaks: it catches them, tells of them, and cries no wolf."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, StackingRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from test_common import instances
from test_no_leakage import KEYS, PIPELINES, REGRESSORS, model

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    check_no_leakage,
    make_sales_panel,
)
from sklearn_sales.testing import LeakageError, LeakageReport

SERIES = ["store", "product"]


@pytest.fixture(scope="module")
def panel():
    X, y = make_sales_panel(n_series=6, n_periods=90, n_stores=2, random_state=0)
    return X.drop(columns="category"), y


def audit(estimator, panel, **options):
    return check_no_leakage(estimator, *panel, on_fail=None, **options)


def found(report):
    """Check and subject of each leak."""
    return {(leak.check, leak.what.rpartition(":")[0]) for leak in report.leaks}


def regressor():
    """Boosting on the numbers of the table, whatever else is in it."""
    return make_pipeline(
        make_column_transformer(("drop", [*SERIES, "date"]), remainder="passthrough"),
        HistGradientBoostingRegressor(max_iter=5),
    )


# five typical leaks


def scaled(X, y):
    prices = X["price"]
    return X.assign(price=(prices - prices.mean()) / prices.std()), y / y.max()


def encoded(X, y):
    return X.assign(level=y.groupby(X["product"]).transform("mean")), y


def centred(X, y):
    means = y.groupby([X[c] for c in SERIES]).transform(
        lambda sales: sales.rolling(5, center=True, min_periods=1).mean()
    )
    return X.assign(smooth=means), y


def same_day(X, y):
    daily = y.groupby([X["store"], X["date"]]).transform("sum")
    return X.assign(store_sales=daily), y


@pytest.mark.parametrize(
    ("prepare", "leaks"),
    [
        (
            scaled,
            {
                ("later covariates", "column 'price' of training rows"),
                ("later targets", "the target of training rows"),
                ("later targets", "forecasts of the same test rows"),
            },
        ),
        (
            encoded,
            {
                ("later targets", "column 'level' of training rows"),
                ("later targets", "forecasts of the same test rows"),
            },
        ),
        (
            centred,
            {("later targets", "column 'smooth' of training rows")},
        ),
    ],
    ids=["global scaling", "target encoding on all rows", "centred window"],
)
def test_leaks_before_the_split_are_caught(prepare, leaks, panel):
    report = audit(regressor(), panel, prepare=prepare, series=SERIES)
    assert leaks <= found(report)
    assert not report.passed


def test_same_day_sales_are_not_known_at_step_one(panel):
    report = audit(regressor(), panel, prepare=same_day, series=SERIES, horizon=3)
    assert [leak.check for leak in report.leaks] == ["columns"]
    assert report.columns.to_dict("records") == [
        {"column": "store_sales", "known_to": 0, "found_by": "perturbation"}
    ]
    assert report.leaks[0].what == (
        "column 'store_sales' is known up to step 0, and used up to step 3"
    )


@pytest.mark.filterwarnings("ignore:.*belong to series without sales:UserWarning")
def test_shuffled_folds_of_a_stack_are_caught(panel):
    members = [("ar", ARRegressor(7, **KEYS)), ("week", ARRegressor([7], **KEYS))]
    shuffled = KFold(5, shuffle=True, random_state=0)
    for cv in (shuffled, None, 3):
        stack = StackingRegressor(members, RidgeCV(), cv=cv)
        [leak] = audit(stack, panel).leaks
        assert leak.check == "inner folds"
        assert f"cv={cv!r} of StackingRegressor trains on rows of the time" in leak.what
    for cv in (shuffled, PanelTimeSeriesSplit(2), TimeSeriesSplit(2)):
        search = GridSearchCV(members[0][1], {"lags": [1, 7]}, cv=cv)
        # rows are sorted by series, so folds of rows mix times up as well
        ordered = isinstance(cv, PanelTimeSeriesSplit)
        assert audit(search, panel, cv=1).passed == ordered


# leaks inside a pipeline


class BatchScaler(TransformerMixin, BaseEstimator):
    """Scales each table by its own mean, as if it were a training table."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X.assign(price=X["price"] / X["price"].mean())


class RowLags(TransformerMixin, BaseEstimator):
    """Lags by shifting rows of the table."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X.assign(price=X["price"].shift(1).fillna(0.0))


class OwnSales(TransformerMixin, BaseEstimator):
    """The sales of each training row as a feature, zero for others."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        self.sales_ = y
        return self

    def transform(self, X):
        return X.assign(own=self.sales_.reindex(X.index).fillna(0.0))


def test_statistics_of_the_batch_are_caught(panel):
    report = audit(make_pipeline(BatchScaler(), regressor()), panel, series=SERIES)
    checks = {leak.check for leak in report.leaks}
    assert checks == {"later covariates", "dropped rows", "shifted batch"}
    assert ("dropped rows", "feature 'price'") in found(report)


def test_lags_by_shifted_rows_are_caught(panel):
    report = audit(make_pipeline(RowLags(), regressor()), panel, series=SERIES)
    assert ("row order", "feature 'price'") in found(report)
    assert ("row order", "forecasts") in found(report)
    lags = [leak for leak in report.leaks if leak.check == "row order"]
    assert "Group by series and sort by time" in str(lags[0]).replace("\n    ", " ")


@pytest.mark.parametrize(
    "maker",
    [OwnSales(), TargetEncoder(target_type="continuous")],
    ids=["own sales", "target encoder"],
)
def test_features_that_hold_the_answer_are_caught(maker, panel):
    X, y = panel
    if isinstance(maker, TargetEncoder):
        maker = make_column_transformer((maker, ["store"]), remainder="drop")
    pipeline = make_pipeline(maker, regressor()[-1])
    if isinstance(maker, OwnSales):
        pipeline = make_pipeline(maker, *regressor())
    report = audit(pipeline, (X, y), series=SERIES, cv=1)
    assert {"training features"} <= {leak.check for leak in report.leaks}


def test_choosing_and_scaling_by_training_rows_is_no_leak(panel):
    lags = LagFeatures([1, 2, 7], horizon=7, fill=0.0, **KEYS)
    choice = SelectKBest(f_regression, k=3)
    pipeline = make_pipeline(lags, StandardScaler(), choice, Ridge())
    assert check_no_leakage(pipeline, *panel).passed


# columns of the table itself


def test_columns_made_of_sales_are_dated_by_their_values(panel):
    X, y = panel
    sales = y.groupby([X[c] for c in SERIES])
    table = X.assign(
        yesterday=sales.shift(1).fillna(0.0),
        last_week=sales.shift(7),
        revenue=2.5 * y + 1.0,
        smooth=sales.transform(lambda s: s.rolling(3, center=True).mean()),
    )
    report = audit(regressor(), (table, y), series=SERIES, horizon=4, cv=1)
    dated = dict(zip(report.columns["column"], report.columns["known_to"], strict=True))
    assert dated == {"yesterday": 1, "last_week": 4, "revenue": 0, "smooth": 0}
    assert {leak.check for leak in report.leaks} == {"columns"}
    assert len(report.leaks) == 3


def test_repeated_times_leave_a_note(panel):
    X, y = panel
    report = audit(regressor(), (X, y), series=None, time="date")
    assert report.passed
    assert report.notes[0].startswith("columns were not compared with lags of y: X hol")


# no false alarm


def single_series():
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [np.arange(60.0), rng.uniform(1, 2, 60), rng.integers(0, 2, 60)]
    )
    return X, rng.poisson(20, 60) + 5.0 * X[:, 2]


@pytest.mark.filterwarnings("ignore:X holds rows up to .* steps after:UserWarning")
@pytest.mark.parametrize("estimator", instances(), ids=lambda e: type(e).__name__)
def test_no_false_alarm_on_estimators_of_the_package(estimator):
    estimator = clone(estimator)
    if "max_epochs" in estimator.get_params():
        estimator.set_params(max_epochs=1)
    check_no_leakage(estimator, *single_series(), cv=1)


@pytest.mark.parametrize("name", [*REGRESSORS, *PIPELINES])
def test_no_false_alarm_on_panels(name, panel):
    check_no_leakage(model(name), *panel, cv=1)


def test_no_false_alarm_on_estimators_of_scikit_learn(panel):
    def lag(X, y):
        shifted = y.groupby([X[c] for c in SERIES]).shift(7)
        return X.assign(last_week=shifted.fillna(0.0)), y

    check_no_leakage(regressor(), *panel, prepare=lag, series=SERIES, horizon=7)
    X, y = single_series()
    check_no_leakage(LinearRegression(), X, y)
    check_no_leakage(StandardScaler(), X, y)


def test_libraries_give_the_same_report(panel):
    X, y = panel
    estimator = ARRegressor(7, **KEYS)
    reports = [
        str(check_no_leakage(estimator, table, y, cv=1))
        for table in (X, pl.from_pandas(X))
    ]
    assert reports[0] == reports[1]


# manners


def test_report_reads_as_text(panel):
    report = audit(regressor(), panel, prepare=same_day, series=SERIES, horizon=3)
    assert isinstance(report, LeakageReport)
    assert str(report).splitlines() == [
        "Pipeline: 1 leak(s) found (2 fold(s), steps 1 to 3).",
        "[columns] column 'store_sales' is known up to step 0, and used up to step 3",
        "    It is made of sales of their own time or later, which nobody has yet when "
        "a row 1",
        "    step(s) ahead is forecast. Shift it by 3 or more, make it by",
        "    LagFeatures(horizon=...), or leave it out.",
        "Columns that follow the sales, and the last step they are known at:",
        "         column  known_to     found_by",
        "    store_sales         0 perturbation",
    ]


def test_leaks_raise_warn_or_are_returned(panel):
    options = {"prepare": same_day, "series": SERIES, "cv": 1}
    with pytest.raises(LeakageError) as caught:
        check_no_leakage(regressor(), *panel, **options)
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(caught.value.report)
    with pytest.warns(UserWarning, match=r"\[columns\] column 'store_sales' is known"):
        check_no_leakage(regressor(), *panel, on_fail="warn", **options)


def test_folds_out_of_order_are_a_leak(panel):
    report = audit(ARRegressor(7, **KEYS), panel, cv=KFold(4))
    [leak] = report.leaks
    assert leak.check == "folds"
    assert "cv=KFold(n_splits=4, random_state=None, shuffle=False) of this" in leak.what


def test_prepare_has_to_keep_the_rows(panel):
    def shorten(X, y):
        return X[1:], y[1:]

    with pytest.raises(ValueError) as caught:
        check_no_leakage(LinearRegression(), *panel, prepare=shorten, series=SERIES)
    assert str(caught.value) == (
        "prepare must return one row for each row that it gets, in their order; it got "
        "493 rows and returned 492 of X and 492 of y. Drop rows inside the estimator, "
        "or before."
    )


def test_wrong_arguments_are_refused(panel):
    with pytest.raises(ValueError, match="The 'on_fail' parameter of check_no_leakage"):
        check_no_leakage(LinearRegression(), *panel, on_fail="shout")
    with pytest.raises(ValueError, match="series='shop' is not a column of X"):
        check_no_leakage(LinearRegression(), *panel, series="shop")


def test_arguments_are_left_as_they_are(panel):
    X, y = panel
    X_before, y_before = X.copy(), y.copy()
    audit(regressor(), panel, prepare=scaled, series=SERIES)
    pd.testing.assert_frame_equal(X, X_before)
    pd.testing.assert_series_equal(y, y_before)
