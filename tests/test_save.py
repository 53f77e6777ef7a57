# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators come back from files as they were, or not at all."""

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from test_common import instances

from sklearn_sales import (
    ARRegressor,
    LagFeatures,
    PanelTimeSeriesSplit,
    SalesRegressor,
    SeasonalNaiveRegressor,
    load,
    make_sales_panel,
    save,
)
from sklearn_sales.persistence import _container, _encryption, _safe_format, new_key
from sklearn_sales.persistence import read_stamp as stamp_of

sio = pytest.importorskip("skops.io")
pytest.importorskip("cryptography")

PROJECT = Path(__file__).parents[1]
FORMATS = ["joblib", "skops"]
KEY = "SKLEARN_SALES_TEST_KEY"


def rows():
    rng = np.random.default_rng(0)
    price, promotion = rng.uniform(1, 2, 60), rng.integers(0, 2, 60)
    X = np.column_stack([np.arange(60.0), price, promotion])
    return X, rng.poisson(20, 60) + 5.0


def answers(estimator, X):
    method = getattr(estimator, "predict", None) or estimator.transform
    return np.asarray(method(X))


@pytest.fixture(scope="module")
def fitted():
    """One of each configuration of each public estimator."""
    X, y = rows()
    estimators = [clone(estimator) for estimator in instances()]
    for estimator in estimators:
        if "max_epochs" in estimator.get_params():
            estimator.set_params(max_epochs=1)
    search = GridSearchCV(ARRegressor(), {"lags": [1, 2]}, cv=PanelTimeSeriesSplit(2))
    estimators += [search, make_pipeline(LagFeatures(2, fill=0.0), Ridge())]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [estimator.fit(X, y) for estimator in estimators]


@pytest.fixture
def naive():
    return SeasonalNaiveRegressor(season=3).fit(*rows())


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv(KEY, new_key())
    return KEY


FRESH = """
import sys, warnings
from pathlib import Path
import joblib, numpy as np
from sklearn_sales import load
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "X holds rows up to")
X, expected = joblib.load("expected.joblib")
for number, answers in enumerate(expected):
    models = [
        load(f"{number}.model.joblib", allow_pickle=True),
        joblib.load(f"{number}.joblib"),
    ]
    if Path(f"{number}.model.skops").exists():
        models.append(load(f"{number}.model.skops"))
    for model in models:
        method = getattr(model, "predict", None) or model.transform
        np.testing.assert_array_equal(np.asarray(method(X)), answers)
print(len(expected), "came back")
"""


@pytest.mark.filterwarnings("ignore:X holds rows up to:UserWarning")
def test_every_estimator_comes_back_in_a_fresh_process(fitted, tmp_path):
    X = rows()[0][::6]
    # the richest configuration of each as a safe file, which takes longer
    richest = {type(estimator): n for n, estimator in enumerate(fitted)}
    for number, estimator in enumerate(fitted):
        save(estimator, tmp_path / f"{number}.model.joblib")
        joblib.dump(estimator, tmp_path / f"{number}.joblib")
    for number in richest.values():
        save(fitted[number], tmp_path / f"{number}.model.skops", format="skops")
    expected = [answers(estimator, X) for estimator in fitted]
    joblib.dump((X, expected), tmp_path / "expected.joblib")
    result = subprocess.run(
        [sys.executable, "-c", FRESH],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == f"{len(fitted)} came back\n", result.stderr


def test_every_estimator_survives_pickle(fitted):
    X = rows()[0][::6]
    for estimator in fitted:
        again = pickle.loads(pickle.dumps(estimator))
        np.testing.assert_array_equal(answers(again, X), answers(estimator, X))


KEYS = {
    "text": lambda codes: "shop " + codes.astype(str),
    "categories": lambda codes: pd.Categorical(codes.astype(str)),
    "dates": lambda codes: pd.Timestamp("2020-01-01") + pd.to_timedelta(codes, "D"),
    "objects": lambda codes: codes.astype(object),
    "nullable": lambda codes: codes.astype("Int64"),
}
TIMES = {
    "zoned": lambda dates: dates.dt.tz_localize("Europe/Berlin"),
    "periods": lambda dates: dates.dt.to_period("D"),
    "text": lambda dates: dates.dt.strftime("%Y-%m-%d"),
}


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("times", TIMES)
def test_keys_and_times_of_every_type_come_back(keys, times, tmp_path):
    X, y = make_sales_panel(n_series=3, n_periods=60, random_state=0)
    X = X[["product", "date", "price"]].assign(
        product=KEYS[keys](X["product"]), date=TIMES[times](X["date"])
    )
    model = ARRegressor(2, series="product", time="date").fit(X, y)
    save(model, tmp_path / "model", format="skops")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    pd.testing.assert_frame_equal(loaded.series_, model.series_)


def test_the_default_stack_of_a_panel_comes_back(tmp_path):
    X, y = make_sales_panel(n_series=4, n_periods=60, random_state=0)
    model = SalesRegressor(7, effort="quick", series=["store", "product"], time="date")
    model.fit(X, y)
    for format in FORMATS:
        save(model, tmp_path / "model", format=format)
        loaded = load(tmp_path / "model", allow_pickle=True)
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
        oof, again = model.stack_.oof_predictions_, loaded.stack_.oof_predictions_
        pd.testing.assert_frame_equal(again, oof)


# the stamp


def test_stamp_tells_what_a_file_holds(naive, tmp_path):
    save(naive, tmp_path / "model", format="skops")
    stamp = stamp_of(tmp_path / "model")
    assert (stamp["format"], stamp["content"]) == (_container.FORMAT, "skops")
    assert stamp["estimator"] == "SeasonalNaiveRegressor"
    assert stamp["encrypted"] is False
    assert stamp["versions"]["numpy"] == np.__version__
    assert {"python", "sklearn-sales", "scikit-learn", "pandas"} <= set(
        stamp["versions"]
    )


def with_format(number, path, naive, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_container, "FORMAT", number)
        save(naive, path)


def test_newer_and_older_formats_say_what_to_do(naive, tmp_path, monkeypatch):
    path = tmp_path / "model"
    here = stamp_of_version()
    with_format(7, path, naive, monkeypatch)
    with pytest.raises(ValueError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path} has format 7, written by sklearn-sales {here}; this is sklearn-sales "
        f"{here}, which reads formats up to 1. Update it: pip install -U sklearn-sales"
    )
    with_format(0, path, naive, monkeypatch)
    with pytest.raises(ValueError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path} has format 0, written by sklearn-sales {here}; this is sklearn-sales "
        f"{here}, which reads formats from 1 on. Fit the estimator again, or load and "
        "save it with a release that reads both."
    )


def stamp_of_version():
    return _container._versions()["sklearn-sales"]


def test_another_release_is_warned_of(naive, tmp_path, monkeypatch):
    path = tmp_path / "model"
    with monkeypatch.context() as patch:
        patch.setattr(_container, "_versions", lambda: {"sklearn-sales": "9.9"})
        save(naive, path, format="skops")
    with pytest.warns(UserWarning, match=r"was saved by sklearn-sales 9\.9, and this"):
        load(path)


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_at_any_byte_is_refused(format, naive, tmp_path):
    path, cut = tmp_path / "model", tmp_path / "cut"
    save(naive, path, format=format)
    data = path.read_bytes()
    # each byte of the stamp, and some of what follows
    for size in (*range(0, 700), *range(700, len(data), 211)):
        cut.write_bytes(data[:size])
        with pytest.raises(ValueError, match="is damaged|is no file that"):
            load(cut, allow_pickle=True)


def test_a_changed_byte_is_refused(naive, tmp_path):
    path = tmp_path / "model"
    save(naive, path)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="content does not match its checksum"):
        load(path, allow_pickle=True)


# what may not be loaded


class Bomb:
    """A pickle of it creates a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def hostile(path, payload, content):
    """A file with a proper stamp and any content."""
    _container.write(path, SeasonalNaiveRegressor(), content, payload)


def test_pickles_are_refused_unless_they_are_allowed(tmp_path):
    path, trace = tmp_path / "model", tmp_path / "trace"
    payload = pickle.dumps(Bomb(trace))
    hostile(path, payload, "joblib")
    with pytest.raises(ValueError, match="holds a pickle, which can run any code"):
        load(path)
    # nor under another name
    hostile(path, payload, "skops")
    with pytest.raises(ValueError, match="no readable file of skops"):
        load(path)
    path.write_bytes(payload)
    with pytest.raises(ValueError, match=r"joblib\.load, which runs whatever is in it"):
        load(path, allow_pickle=True)
    assert not trace.exists()


@pytest.mark.parametrize(
    "function",
    [os.system, subprocess.Popen, eval, joblib.load],
    ids=lambda f: f.__name__,
)
def test_functions_in_skops_files_are_refused(function, tmp_path):
    path = tmp_path / "model"
    model = make_pipeline(FunctionTransformer(function, kw_args={"x": 1}), Ridge())
    hostile(path, sio.dumps(model), "skops")
    with pytest.raises(ValueError, match="which are not trusted. Nothing of it was"):
        load(path)


def test_names_inside_the_package_are_no_door():
    trusted = {
        "sklearn_sales.panel._panel.Panel": True,
        "sklearn_sales.dummy.SeasonalNaiveRegressor": True,
        "sklearn_sales.persistence._pandas_boxes.Box": True,
        "sklearn_sales.panel._table.read_table": False,  # a function
        "sklearn_sales.panel._table.pd": False,  # a module
        "sklearn_sales.panel._table.BaseEstimator": False,
        "sklearn_sales.panel._keys.Number": False,  # imported from elsewhere
        "sklearn_sales.cli._write.Path": False,
        "sklearn_sales.persistence._pandas_boxes._UnboxReader": False,
        "sklearn_sales.panel.missing.Panel": False,
        "sklearn_sales.panel": False,
        "os.system": False,
    }
    assert {name: _safe_format._is_ours(name) for name in trusted} == trusted


def test_types_of_the_user_are_loaded_by_name(tmp_path):
    path = tmp_path / "model"
    model = make_pipeline(FunctionTransformer(joblib.hash), Ridge())
    message = (
        r"model names \['joblib\.hashing\.hash'\], which load does not trust by "
        r"itself: it refuses the file unless it is told load\(path, trusted=\['joblib"
    )
    with pytest.warns(UserWarning, match=message) as warned:
        save(model, path, format="skops")
    assert [one.filename for one in warned] == [__file__]
    with pytest.raises(ValueError, match=r"\['joblib.hashing.hash'\]"):
        load(path)
    assert load(path, trusted=["joblib.hashing.hash"]).steps[0][1].func is joblib.hash


# encryption


@pytest.mark.parametrize("format", FORMATS)
def test_encrypted_files_come_back_with_their_key(format, naive, key, tmp_path):
    X, _ = rows()
    path = tmp_path / "model"
    save(naive, path, format=format, key=key)
    loaded = load(path, key=key, allow_pickle=True)
    np.testing.assert_array_equal(loaded.predict(X), naive.predict(X))
    assert stamp_of(path)["encrypted"]
    data = path.read_bytes()
    assert naive.panel_.history.data[:4].tobytes() not in data
    assert b"SeasonalNaive" not in data[len(_container._MAGIC) + 600 :]


def test_encrypted_files_need_their_key(naive, key, tmp_path, monkeypatch):
    path = tmp_path / "model"
    save(naive, path, key=key)
    with pytest.raises(ValueError, match="is encrypted: name the environment variable"):
        load(path, allow_pickle=True)
    monkeypatch.setenv(KEY, new_key())
    with pytest.raises(ValueError, match=f"the key in {KEY} is not the one"):
        load(path, key=key, allow_pickle=True)
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(ValueError, match="holds no key: it must be 32 bytes"):
        load(path, key=key, allow_pickle=True)
    monkeypatch.delenv(KEY)
    with pytest.raises(ValueError, match="names an environment variable that is not s"):
        save(naive, path, key=key)


def test_a_plain_file_does_not_pass_for_an_encrypted_one(naive, key, tmp_path):
    path = tmp_path / "model"
    save(naive, path)
    with pytest.raises(ValueError, match="is not encrypted, but key= was given"):
        load(path, key=key, allow_pickle=True)


def test_any_change_of_an_encrypted_file_is_refused(naive, key, tmp_path):
    path = tmp_path / "model"
    save(naive, path, key=key)
    data = path.read_bytes()
    start = len(_container._MAGIC)
    for place in range(start, len(data), 97):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError):
            load(path, key=key, allow_pickle=True)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 100])
def test_chunks_cannot_be_moved_or_left_out(size, key, monkeypatch):
    monkeypatch.setattr(_encryption, "CHUNK", 16)
    data = bytes(range(size))
    sealed = _encryption.encrypt(data, key, b"header")
    assert _encryption.decrypt(sealed, key, b"header") == data
    prefix, chunks = sealed[:7], sealed[7:]
    parts = [chunks[i : i + 32] for i in range(0, len(chunks), 32)]
    wrong = [b"", b"".join(parts[:-1])]
    if len(parts) > 1:
        wrong += [b"".join(parts[::-1]), b"".join(parts[1:])]
    for body in wrong:
        with pytest.raises(ValueError, match="cannot be decrypted"):
            _encryption.decrypt(prefix + body, key, b"header")
    with pytest.raises(ValueError, match="cannot be decrypted"):
        _encryption.decrypt(sealed, key, b"another header")


# crashes


def test_a_failed_save_leaves_the_old_file(naive, tmp_path):
    path = tmp_path / "model"
    save(naive, path)
    before = path.read_bytes()
    broken = HistGradientBoostingRegressor()
    broken.trap = lambda: None  # no pickle takes it
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save(broken, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


KILLED = """
import os, random, signal, sys, time
import numpy as np
from sklearn_sales import SeasonalNaiveRegressor, load, save
X = np.arange(400.0)[:, None]
models = [SeasonalNaiveRegressor(s).fit(X, X[:, 0]) for s in (1, 2)]
path, found = sys.argv[1], set()
random.seed(0)
start = time.perf_counter()
for model in models:
    save(model, path)
once = (time.perf_counter() - start) / 2
for attempt in range(200):
    child = os.fork()
    if child == 0:
        while True:
            for model in models[:: 1 - 2 * (attempt % 2)]:
                save(model, path)
    time.sleep(random.uniform(0.0, 2.0 * once))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found.add(load(path, allow_pickle=True).season)
print(sorted(found), len(os.listdir(os.path.dirname(path))) > 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "model")],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    # both models were found, and some writers were killed half-way
    assert result.stdout == "[1, 2] True\n", result.stderr


# arguments


def test_wrong_arguments_are_refused(naive, tmp_path):
    with pytest.raises(ValueError, match="The 'format' parameter of save must be"):
        save(naive, tmp_path / "model", format="onnx")
    with pytest.raises(ValueError, match="The 'estimator' parameter of save must be"):
        save({"a": 1}, tmp_path / "model")
    with pytest.raises(FileNotFoundError):
        save(naive, tmp_path / "no folder" / "model")
