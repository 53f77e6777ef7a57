# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of a network are the sizes that its conformal intervals are made of."""

import numpy as np
import pytest

from sklearn_sales import ConformalRegressor, PanelTimeSeriesSplit, backtest, coverage
from tests.small_lstm import HORIZON, KEYS, make_panel, quick

pytest.importorskip("torch")
pytest.importorskip("skorch")


@pytest.fixture(scope="module")
def data():
    X, y = make_panel()
    return X[[*KEYS, "date", "price"]], y


def conformal():
    network = quick(loss="pinball", quantiles=[0.2, 0.8], static=None)
    cv = PanelTimeSeriesSplit(4, test_size=HORIZON)
    return ConformalRegressor(network, cv=cv, scale=None, by=None, series=KEYS)


def test_intervals_of_a_network_are_its_own_stretched(data):
    X, y = data
    last = np.sort(X["date"].unique())[-HORIZON]
    past = (X["date"] < last).to_numpy()
    model = conformal().fit(X[past], y[past])
    lower, upper = model.predict_interval(X[~past], 0.8).T
    own = model.regressor_.predict_quantiles(X[~past])
    center = model.regressor_.predict(X[~past])
    stretched = upper > center
    ratios = (upper - center)[stretched] / (own[:, 1] - center)[stretched]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)
    known = ~np.isnan(y[~past])
    both = np.column_stack([lower, upper])[known]
    assert 0.5 < coverage(y[~past][known], both) <= 1


def test_partial_fit_moves_the_origin_of_a_network(data):
    X, y = data
    last = np.sort(X["date"].unique())[-HORIZON]
    past = (X["date"] < last).to_numpy()
    model = conformal().fit(X[past], y[past])
    before = model.n_errors_
    model.partial_fit(X[~past], y[~past])
    assert model.n_errors_ > before
    expected = model.regressor_.panel_.history.last
    np.testing.assert_array_equal(model.panel_.history.last, expected)
    assert model.panel_.history.last.max() == len(X["date"].unique()) - 1


def test_a_network_forecasts_the_quantiles_that_it_was_trained_for(data):
    X, y = data
    network = quick(loss="pinball", quantiles=[0.2, 0.8], static=None)
    options = {"cv": PanelTimeSeriesSplit(1, test_size=HORIZON), "series": KEYS}
    found = backtest(network, X, y, quantiles=[0.8, 0.2], **options).forecasts
    part = found[found["estimator"] == "lstmregressor"]
    assert (part["q0.2"] <= part["q0.8"]).all()
    with pytest.raises(ValueError) as caught:
        backtest(network, X, y, quantiles=[0.5], **options)
    assert str(caught.value) == (
        "'lstmregressor' forecasts the quantiles [0.2, 0.8] only, and not [0.5]: give "
        "these to it, or wrap it in a ConformalRegressor, which forecasts any."
    )
