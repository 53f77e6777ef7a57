# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every forecaster promises of series that fit did not see, by discovery."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from test_time_index import COLUMNS, READERS, answers, make, make_panel

from sklearn_sales import ARRegressor, LagFeatures, ReductionRegressor

X, y, FUTURE = make_panel(n_days=30)

pytestmark = [
    pytest.mark.filterwarnings("ignore:No training row has a value"),
    pytest.mark.filterwarnings("ignore:X holds rows up to"),
    pytest.mark.filterwarnings("ignore:.* belong to series without sales"),
]


@pytest.mark.parametrize("name", READERS)
def test_new_series_in_one_table_are_answered_as_each_alone(name):
    rng = np.random.default_rng(0)
    one = FUTURE[(FUTURE["store"] == "A") & (FUTURE["item"] == 1)]
    fresh = [
        one.assign(
            item=item,
            price=rng.uniform(0, 5, len(one)),
            promo=rng.random(len(one)) < 0.5,
        )
        for item in (7, 8, 9)
    ]
    model = make(name, COLUMNS).fit(X, y)
    together = answers(model, pd.concat(fresh, ignore_index=True))[0]
    alone = np.concatenate([answers(model, table)[0] for table in fresh])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in READERS if "Features" not in n])
def test_a_series_without_a_sale_is_forecast(name):
    silent = X[(X["store"] == "A") & (X["item"] == 1)].assign(item=7)
    rows = pd.concat([X, silent], ignore_index=True)
    sales = np.append(y, np.full(len(silent), np.nan))
    one = FUTURE[(FUTURE["store"] == "A") & (FUTURE["item"] == 1)].assign(item=7)
    model = make(name, COLUMNS).fit(rows, sales)
    asked = pd.concat([silent, one], ignore_index=True)
    assert np.isfinite(answers(model, asked)[0]).all()


@pytest.mark.parametrize("strategy", ["direct", "recursive", "rectify"])
def test_a_series_without_a_sale_is_answered_like_one_that_fit_did_not_see(strategy):
    silent = X[(X["store"] == "A") & (X["item"] == 1)].assign(item=7)
    rows = pd.concat([X, silent], ignore_index=True)
    sales = np.append(y, np.full(len(silent), np.nan))
    one = FUTURE[(FUTURE["store"] == "A") & (FUTURE["item"] == 1)].assign(item=7)
    asked = pd.concat([silent, one], ignore_index=True)
    model = ReductionRegressor(
        features=LagFeatures(3), strategy=strategy, horizon=3, **COLUMNS
    )
    seen = model.fit(rows, sales).predict(asked)
    np.testing.assert_array_equal(seen, model.fit(X, y).predict(asked))


@pytest.mark.parametrize(
    "model",
    [
        ARRegressor(1, **COLUMNS),
        ReductionRegressor(
            LinearRegression(), features=LagFeatures(1), strategy="recursive", **COLUMNS
        ),
    ],
    ids=["AR", "recursive"],
)
def test_a_time_that_is_out_of_reach_is_refused(model):
    model.fit(X, y)
    # nanoseconds end in the year 2262
    days = FUTURE["day"].to_numpy("datetime64[s]") + np.timedelta64(100_001, "D")
    far = FUTURE.assign(day=days)
    message = "X holds a row 100,004 steps after .* at most 100,000 steps. Look for a"
    with pytest.raises(ValueError, match=message):
        model.predict(far)
