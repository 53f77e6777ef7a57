# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""FoundationRegressor with a Chronos-2 of random weights, without the network."""

import pickle
import shutil
import socket
import sys
import warnings
from pathlib import Path

import fracast
import numpy as np
import pandas as pd
import pytest
import torch
from chronos import Chronos2Pipeline
from chronos.chronos2 import Chronos2Model
from chronos.chronos2.config import Chronos2CoreConfig
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import check_estimator

from sklearn_sales import FoundationRegressor, check_no_leakage, observe

KEYS = {"series": "item", "time": "date"}
START = pd.Timestamp("2024-01-01")
PATCH, HORIZON = 4, 24
LEVELS = [0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A model like the published one, but small and untrained."""
    config = Chronos2CoreConfig(
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=2,
        num_heads=2,
        chronos_config={
            "context_length": 64,
            "input_patch_size": PATCH,
            "input_patch_stride": PATCH,
            "output_patch_size": PATCH,
            "max_output_patches": HORIZON // PATCH,
            "quantiles": LEVELS,
            "use_reg_token": True,
            "use_arcsinh": True,
        },
        architectures=["Chronos2Model"],
        chronos_pipeline_class="Chronos2Pipeline",
    )
    folder = tmp_path_factory.mktemp("chronos")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Chronos2Model(config)
        with torch.no_grad():
            for weight in model.parameters():
                weight.copy_(torch.randn_like(weight) * 0.3)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(directory):
    return Chronos2Pipeline.from_pretrained(directory, local_files_only=True)


@pytest.fixture(scope="module")
def panel():
    """Three series of different lengths, with a price known ahead."""
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({"item": i, "date": pd.date_range(START, periods=n + 12)})
        for i, n in enumerate([50, 23, 90])
    ]
    X = pd.concat(parts, ignore_index=True)
    X["price"] = rng.uniform(1, 2, len(X))
    X["promo"] = rng.integers(0, 2, len(X)).astype(bool)
    y = rng.poisson(20 / X["price"]).astype(float)
    past = X.groupby("item")["date"].transform("max") - X["date"] >= "12D"
    return X, y, past.to_numpy()


def chronos(directory, **params):
    return FoundationRegressor("chronos-2", model_path=directory, **{**KEYS, **params})


def test_sales_alone_equal_calling_the_library(directory, pipeline, panel):
    X, y, past = panel
    X = X[["item", "date"]]
    model = chronos(directory, clip=False).fit(X[past], y[past])
    found = model.predict_quantiles(X[~past], LEVELS).reshape(3, 12, -1)
    for item in range(3):
        own = y[past & (X["item"] == item)]
        for last in (4, 8, 12):
            # steps look at each other within the patches that are asked for
            theirs = pipeline.predict([own], prediction_length=last)[0][0].numpy().T
            expected = np.sort(theirs[last - PATCH :], axis=1)
            np.testing.assert_allclose(
                found[item, last - PATCH : last], expected, rtol=1e-3, atol=1e-3
            )


@pytest.mark.parametrize("step", [1, 6])
def test_covariates_equal_calling_the_library(directory, pipeline, panel, step):
    X, y, past = panel
    model = chronos(directory, clip=False).fit(X[past], y[past])
    rows = np.flatnonzero(~past & (X["item"] == 2).to_numpy())[:step]
    inside = past & (X["item"] == 2)
    covariates = X[["price", "promo"]].astype(float)
    [theirs] = pipeline.predict(
        [
            {
                "target": y[inside],
                "past_covariates": {
                    c: v[inside].to_numpy() for c, v in covariates.items()
                },
                "future_covariates": {
                    c: v.iloc[rows].to_numpy() for c, v in covariates.items()
                },
            }
        ],
        prediction_length=step,
    )
    found = model.predict_quantiles(X[~past], LEVELS)
    row = np.flatnonzero(X.index[~past] == rows[-1])
    np.testing.assert_allclose(
        found[row], np.sort(theirs[0].numpy().T[-1:], axis=1), rtol=1e-3, atol=1e-3
    )


def test_it_leaks_nothing(directory, panel):
    X, y, _ = panel
    model = chronos(directory, horizon=3)
    check_no_leakage(model, X, y, rtol=1e-4, **KEYS)


def test_covariates_up_to_a_row_count_and_later_ones_do_not(directory, panel):
    X, y, past = panel
    model = chronos(directory).fit(X[past], y[past])
    asked = X[(~past) & (X["item"] == 0)].reset_index(drop=True)
    found = model.predict(asked)
    changed = asked.assign(price=asked["price"].where(asked.index != 5, 9.0))
    moved = np.abs(model.predict(changed) - found) > 1e-4
    np.testing.assert_array_equal(moved, asked.index >= 5)


def test_steps_without_a_row_carry_the_last_known_covariates(directory, panel):
    X, y, past = panel
    model = chronos(directory).fit(X[past], y[past])
    asked = X[(~past) & (X["item"] == 0)].reset_index(drop=True)
    kept = [0, 3, 4]
    names = ["price", "promo"]
    filled = asked.iloc[:5].copy()
    filled.loc[[1, 2], names] = filled.loc[[0, 0], names].to_numpy()
    np.testing.assert_allclose(
        model.predict(asked.iloc[kept]), model.predict(filled)[kept], rtol=1e-4
    )
    last = X[past & (X["item"] == 0)].iloc[-1]
    filled.loc[:3, names] = last[names].to_list()
    np.testing.assert_allclose(
        model.predict(asked.iloc[[4]]), model.predict(filled)[4:], rtol=1e-4
    )


@pytest.mark.parametrize("columns", [[], ["price"]])
def test_rows_inside_the_span_are_forecast_from_their_origin(directory, panel, columns):
    X, y, past = panel
    X = X.loc[past, ["item", "date", *columns]].reset_index(drop=True)
    y = y[past]
    model = chronos(directory, horizon=5).fit(X, y)
    asked = X.iloc[[30, 60, 100, 120]]
    _, rows = model._read(asked)
    origins, steps = model.panel_.origins(rows, 5)
    forecasts = model.predict(asked)
    for i, row in enumerate(asked.index):
        known = X["date"] <= START + pd.Timedelta(days=int(origins[i]))
        cut = chronos(directory, freq="D").fit(X[known], y[known])
        ahead = X.loc[row - steps[i] + 1 : row]
        np.testing.assert_allclose(
            cut.predict(ahead)[-1], forecasts[i], rtol=1e-3, atol=1e-3
        )


def test_answers_depend_on_no_other_row(directory, panel):
    X, y, past = panel
    model = chronos(directory, n_jobs=2).fit(X[past], y[past])
    asked = pd.concat([X[~past], X[past].iloc[::20]])
    found = model.predict(asked)
    order = np.random.default_rng(0).permutation(len(asked))
    np.testing.assert_allclose(
        model.predict(asked.iloc[order]), found[order], rtol=1e-4, atol=1e-4
    )
    alone = [model.predict(part)[0] for _, part in asked.iloc[36:].groupby(level=0)]
    at = [found[36:][i] for i in np.argsort(asked.index[36:])]
    np.testing.assert_allclose(alone, at, rtol=1e-4, atol=1e-4)


def test_new_series_are_told_apart_by_their_covariates(directory, panel):
    X, y, past = panel
    model = chronos(directory).fit(X[past], y[past])
    asked = X[~past & (X["item"] == 2)]
    cheap, dear = asked.assign(item=8, price=1.0), asked.assign(item=9, price=2.0)
    with pytest.warns(UserWarning, match=r"^24 row\(s\) of X belong to series"):
        both = model.predict(pd.concat([cheap, dear]))
    with pytest.warns(UserWarning, match=r"^12 row\(s\) of X belong to series"):
        alone = model.predict(dear)
    np.testing.assert_allclose(both[12:], alone, rtol=1e-4)
    assert np.abs(both[:12] - both[12:]).max() > 1e-3


def test_newer_rows_are_observed_with_their_covariates(directory, panel):
    X, y, _ = panel
    old = X["date"] < "2024-01-20"
    last = X["date"] >= "2024-01-30"
    middle = ~old & ~last
    whole = chronos(directory, freq="D").fit(X[~last], y[~last])
    parts = chronos(directory, freq="D").fit(X[old], y[old])
    parts = observe(parts, X[middle], y[middle])
    np.testing.assert_allclose(
        parts.predict(X[last]), whole.predict(X[last]), rtol=1e-4
    )
    again = observe(parts, X[middle], y[middle])
    np.testing.assert_allclose(
        again.predict(X[last]), whole.predict(X[last]), rtol=1e-4
    )


def test_far_ahead_the_last_season_is_repeated(directory, panel):
    X, y, past = panel
    X = X[["item", "date"]]
    model = chronos(directory, season=7).fit(X[past], y[past])
    assert model.model_horizon_ == HORIZON
    last = X[past].groupby("item")["date"].max()[0]
    days = pd.to_timedelta([24, 18, 25, 31, 32], "D")
    found = model.predict(pd.DataFrame({"item": 0, "date": last + days}))
    assert found[0] == found[3]
    assert found[1] == found[2] == found[4]


def test_differences_are_taken_where_they_are_asked_for(directory, panel):
    X, y, past = panel
    model = chronos(directory, season=7).fit(X[past], y[past])
    assert model.season_difference_ is False
    differs = chronos(directory, season=7, season_difference=True)
    differs = differs.fit(X[past], y[past])
    assert differs.season_difference_ is True
    assert np.any(differs.predict(X[~past]) != model.predict(X[~past]))


def test_every_check_of_scikit_learn(directory):
    with warnings.catch_warnings():
        # the checks draw times at random, so an array may hold one time twice
        warnings.filterwarnings("ignore", "X repeats", UserWarning)
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(FoundationRegressor("chronos-2", model_path=directory))


def test_a_pickle_holds_no_weights(directory, panel):
    X, y, past = panel
    model = chronos(directory).fit(X[past], y[past])
    data = pickle.dumps(model)
    assert b"torch" not in data
    np.testing.assert_array_equal(
        pickle.loads(data).predict(X[~past]), model.predict(X[~past])
    )


def refusal(directory, panel, error=ValueError, **params):
    X, y, past = panel
    with pytest.raises(error) as raised:
        chronos(directory, **params).fit(X[past], y[past])
    return str(raised.value)


def test_a_directory_is_needed(panel):
    assert refusal(None, panel) == (
        "model='chronos-2' brings no weights (478 MB, in a directory of your own): "
        "give model_path=, the directory that holds config.json and "
        "model.safetensors."
    )
    assert refusal("amazon/chronos-2", panel).startswith(
        "model_path='amazon/chronos-2' is no directory here, and nothing is downloaded."
    )


def test_a_model_of_another_kind_is_refused(directory, panel):
    bundled = Path(fracast.__file__).parent / "weights"
    other = directory.parent / "fracast"
    other.mkdir(exist_ok=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(bundled / name, other / name)
    assert refusal(other, panel) == (
        f"{other} holds no chronos-2 model: its config.json is another's. Give the "
        "directory of one, or the model= that this is."
    )
    X, y, past = panel
    with pytest.raises(ValueError, match="holds no fracast model: its config"):
        FoundationRegressor(model_path=directory, **KEYS).fit(X[past], y[past])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("adapter_config.json", "holds an adapter"),
        ("pytorch_model.bin", "holds pickled files"),
        ("modeling.py", "holds code"),
    ],
)
def test_what_could_run_code_is_refused(directory, panel, tmp_path, name, said):
    folder = tmp_path / "model"
    shutil.copytree(directory, folder)
    (folder / name).write_text("{}")
    assert refusal(folder, panel).startswith(f"{folder} {said} {[name]}")


def test_missing_library_names_the_pip_line(directory, panel, monkeypatch):
    monkeypatch.setitem(sys.modules, "chronos", None)
    assert refusal(directory, panel, ImportError) == (
        "chronos cannot be imported, because chronos is not installed. Install it "
        'with: pip install "sklearn-sales[chronos]"'
    )


def test_covariates_of_text_are_refused(directory, panel):
    X, y, past = panel
    told = refusal(directory, (X.assign(price="low"), y, past))
    assert "needs numeric covariates; column(s) ['price'] of X are not" in told


def test_card_says_what_the_published_model_is():
    published = Chronos2CoreConfig(
        d_model=768,
        d_kv=64,
        d_ff=3072,
        num_layers=12,
        num_heads=12,
        chronos_config={
            "context_length": 8192,
            "input_patch_size": 16,
            "input_patch_stride": 16,
            "output_patch_size": 16,
            "max_output_patches": 64,
            "quantiles": [0.01, *(i / 20 for i in range(1, 20)), 0.99],
            "use_reg_token": True,
            "use_arcsinh": True,
        },
    )
    with torch.device("meta"):
        model = Chronos2Model(published)
    card = FoundationRegressor("chronos-2").card
    assert card.n_parameters == sum(w.numel() for w in model.parameters())
    assert "past sales, known-ahead covariates" in repr(
        FoundationRegressor("chronos-2")
    )
