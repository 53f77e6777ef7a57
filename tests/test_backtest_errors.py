# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of a back-test are the metrics, group by group; its tests are known ones."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sklearn_sales import (
    ConformalRegressor,
    PanelTimeSeriesSplit,
    ThetaRegressor,
    backtest,
    bias,
    coverage,
    make_sales_panel,
    mase,
    naive_scale,
    pinball_loss,
    rmsse,
    scaled_pinball_loss,
    wape,
)
from sklearn_sales.model_selection._paired_tests import bootstrap_ratio, diebold_mariano
from tests.plain_forecasters import Constant

KEYS = ["store", "product"]
CV = PanelTimeSeriesSplit(3, test_size=7)
LEVELS = [0.1, 0.5, 0.9]
COLUMNS = ["q0.1", "q0.5", "q0.9"]
METRICS = [
    *("wape", "bias", "mase", "rmsse", "mae", "rmse"),
    *("pinball_loss", "scaled_pinball_loss", "coverage"),
]


@pytest.fixture(scope="module")
def data():
    X, y = make_sales_panel(
        n_series=5, n_periods=70, n_stores=2, missing_share=0.1, random_state=1
    )
    X, y = X[[*KEYS, "date", "category"]], y.copy()
    y.iloc[-3:] = np.nan
    # a series that never sells has no scale
    never = (X["store"] == X["store"].iloc[0]) & (X["product"] == X["product"].iloc[0])
    return X, y.where(~never, 0.0)


@pytest.fixture(scope="module")
def result(data):
    model = ConformalRegressor(
        ThetaRegressor(), cv=PanelTimeSeriesSplit(3, test_size=7), series=KEYS
    )
    constants = {"two": Constant(2), "five": Constant(5)}
    return backtest(
        {"theta": model, **constants}, *data, cv=CV, quantiles=LEVELS, series=KEYS
    )


def scales(data, power):
    """Naive scale by (fold, store, product)."""
    X, y = data
    parts = {}
    for fold, (train, _) in enumerate(CV.split(X), start=1):
        parts[fold] = naive_scale(
            y.iloc[train],
            X[KEYS].iloc[train],
            time_train=X["date"].iloc[train],
            power=power,
        )
    return pd.concat(parts)


def expected_errors(rows, absolute, squared):
    """The metrics of some rows, by the functions of the package."""
    y, f = rows["y_true"], rows["y_pred"]
    quantiles = rows[COLUMNS].to_numpy()
    labels = rows[["fold", *KEYS]]

    def scaled(metric, forecasts, scale, **options):
        try:
            return metric(
                y, forecasts, series=labels, scale=scale, zero_scale="drop", **options
            )
        except ValueError:
            return np.nan

    return [
        wape(y, f),
        bias(y, f),
        scaled(mase, f, absolute),
        scaled(rmsse, f, squared),
        np.abs(y - f).mean(),
        np.sqrt(((y - f) ** 2).mean()),
        pinball_loss(y, quantiles, quantile=LEVELS),
        scaled(scaled_pinball_loss, quantiles, absolute, quantile=LEVELS),
        coverage(y, quantiles[:, [0, -1]]),
    ]


@pytest.mark.parametrize(
    "by", [None, "fold", "step", "series", "category", ["fold", "store"]]
)
def test_errors_are_the_metrics_of_each_group(data, result, by):
    absolute, squared = scales(data, 1), scales(data, 2)
    found = result.errors(by, METRICS)
    assert list(found) == METRICS
    rows = result.forecasts.query("estimator == 'theta'").copy()
    test = np.concatenate([test for _, test in CV.split(data[0])])
    rows["category"] = data[0]["category"].to_numpy()[test]
    names = KEYS if by == "series" else [by] if isinstance(by, str) else by or []
    groups = rows.groupby(names) if names else [((), rows)]
    n_groups = 0
    for key, part in groups:
        n_groups += 1
        key = key if isinstance(key, tuple) else (key,)
        values = found.loc[(*key, "theta") if names else "theta"]
        if part["y_true"].isna().all():
            assert values.isna().all()
            continue
        known = part[part["y_true"].notna()]
        np.testing.assert_allclose(
            values, expected_errors(known, absolute, squared), rtol=1e-10
        )
    assert len(found) == 4 * n_groups


def test_index_of_errors_names_groups_and_estimators(result):
    assert result.errors().index.tolist() == ["theta", "two", "five", "naive"]
    assert result.errors("fold").index.names == ["fold", "estimator"]
    assert result.errors("series").index.names == [*KEYS, "estimator"]
    assert result.errors("fold").index[:4].tolist() == [
        *((1, "theta"), (1, "two"), (1, "five"), (1, "naive"))
    ]


def test_functions_may_be_metrics(result):
    found = result.errors("fold", {"largest": lambda y, f: np.abs(y - f).max()})
    rows = result.forecasts.query("fold == 2 and estimator == 'two'")
    assert found.loc[(2, "two"), "largest"] == (rows["y_true"] - 2).abs().max()


def test_groups_and_baselines_that_are_not_there_are_refused(result):
    with pytest.raises(ValueError) as caught:
        result.errors("brand")
    assert str(caught.value) == (
        "by='brand' is nothing that errors can be told apart by; take one or several "
        "of ['fold', 'step', 'origin', 'series', 'store', 'product', 'date', "
        "'category']."
    )
    with pytest.raises(ValueError, match="baseline='ar' is none of the estimators"):
        result.compare("ar")
    with pytest.raises(ValueError, match="metric='wape' must be one of 'mae', 'mse'"):
        result.compare(metric="wape")


def test_compare_is_paired(result):
    table = result.compare("two", random_state=0)
    assert table.index.tolist() == ["theta", "five", "naive"]
    by_name = {n: part for n, part in result.forecasts.groupby("estimator")}
    errors = {
        n: (part["y_true"] - part["y_pred"]).abs().to_numpy()
        for n, part in by_name.items()
    }
    known = ~np.isnan(errors["two"])
    for name in table.index:
        ratio = errors[name][known].sum() / errors["two"][known].sum()
        assert table.loc[name, "ratio"] == pytest.approx(ratio)
        dates = by_name["two"]["date"].to_numpy()[known]
        loss = pd.Series(errors[name][known] - errors["two"][known])
        daily = loss.groupby(dates).mean().to_numpy()
        assert table.loc[name, "dm"] == pytest.approx(diebold_mariano(daily, 7)[0])
    pd.testing.assert_frame_equal(table, result.compare("two", random_state=0))
    assert (table["low"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["high"]).all()


@pytest.mark.parametrize(
    "metric", ["mse", "mase", "msse", "pinball_loss", "scaled_pinball_loss"]
)
def test_compare_takes_losses_of_rows(result, metric):
    table = result.compare("two", metric, random_state=0)
    # the series without a scale is left out of scaled losses
    n_series = 4 if metric in ("mase", "msse", "scaled_pinball_loss") else 5
    n_series = 0 if "pinball" in metric else n_series
    assert table.loc["five", "n_series"] == n_series


@pytest.mark.parametrize("n", [5, 40])
def test_one_step_diebold_mariano_is_the_t_test(n):
    differences = np.random.default_rng(0).normal(0.3, 1, n)
    expected = stats.ttest_1samp(differences, 0)
    found = diebold_mariano(differences, 1)
    np.testing.assert_allclose(found, [expected.statistic, expected.pvalue])


def test_diebold_mariano_is_its_formula():
    d, h = np.random.default_rng(1).normal(0.2, 1, 30), 4
    n, mean = len(d), np.mean(d)
    variance = 0.0
    for lag in range(-(h - 1), h):
        pairs = [(d[t] - mean) * (d[t - abs(lag)] - mean) for t in range(abs(lag), n)]
        variance += sum(pairs) / n
    statistic = mean / np.sqrt(variance / n)
    statistic *= np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    assert diebold_mariano(d, h)[0] == pytest.approx(statistic)


def test_diebold_mariano_rejects_as_often_as_it_says():
    draws = np.random.default_rng(2).normal(size=(1000, 42))
    # means of three neighbours are correlated as errors three steps ahead are
    series = (draws[:, :-2] + draws[:, 1:-1] + draws[:, 2:]) / 3
    rejected = sum(diebold_mariano(d, 3)[1] < 0.05 for d in series)
    assert 30 <= rejected <= 110


def test_diebold_mariano_without_enough_to_go_on_is_undefined():
    assert np.isnan(diebold_mariano(np.ones(20), 1)).all()
    assert np.isnan(diebold_mariano(np.arange(7.0), 7)).all()
    assert np.isnan(diebold_mariano(np.empty(0), 1)).all()
    # a sum of autocovariances that is negative has weights instead
    assert np.isfinite(diebold_mariano(np.tile([1.0, -0.9], 10), 2)).all()


def test_bootstrap_covers_the_ratio():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        others = rng.gamma(4, 1, 60)
        losses = 0.9 * others * rng.gamma(20, 1 / 20, 60)
        found = bootstrap_ratio(
            losses, others, n_resamples=300, random_state=np.random.RandomState(0)
        )
        inside += found.low <= 0.9 <= found.high
    assert 178 <= inside <= 200
    sure = bootstrap_ratio(
        others / 2, others, n_resamples=99, random_state=np.random.RandomState(0)
    )
    assert sure[:3] == pytest.approx((0.5, 0.5, 0.5))
    assert sure.p_value == pytest.approx(0.02)


def test_bootstrap_of_one_series_has_no_interval():
    found = bootstrap_ratio(
        np.array([1.0]), np.array([2.0]), n_resamples=9, random_state=None
    )
    assert found.ratio == 0.5
    assert np.isnan(found[1:]).all()
