# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The service of the guide, asked over HTTP by many at once."""

import copy
import importlib.util
import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from sklearn_sales import (
    LagFeatures,
    future_frame,
    load_walmart_sample,
    observe,
)

uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("fastapi")

APP = Path(__file__).parents[1] / "examples" / "serving" / "app.py"
KEYS = ["store", "dept"]
WEEKS = 6


def load_app():
    spec = importlib.util.spec_from_file_location("serving_app", APP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sales():
    """Rows up to some weeks before the end, those after, and rows to forecast."""
    X, y = load_walmart_sample(return_X_y=True)
    weeks = np.sort(X["date"].unique())
    old = X["date"] < weeks[-WEEKS]
    future = future_frame(X, 4, series=KEYS, covariates={"is_holiday": False})
    lags = LagFeatures([1, 2, 4], horizon=10, series=KEYS, fill=0.0)
    model = make_pipeline(lags, LinearRegression()).fit(X[old], y[old])
    news = [(X[X["date"] == w], y[X["date"] == w]) for w in weeks[-WEEKS:]]
    return model, news, future


class Client:
    """Plain requests of JSON."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, **query):
        return self._ask(f"{path}?{urllib.parse.urlencode(query)}", None)

    def post(self, path, content):
        return self._ask(path, json.dumps(content).encode())

    def _ask(self, path, body):
        request = urllib.request.Request(
            self.url + path, body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture
def client(sales):
    """A server on a free port of the loopback interface."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        app = load_app().make_app(copy.deepcopy(sales[0]))
        config = uvicorn.Config(app, log_level="warning", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Client(bound.getsockname()[1])
        server.should_exit = True
        thread.join()


def as_json(X):
    return X.assign(date=X["date"].dt.strftime("%Y-%m-%d")).to_dict("records")


def test_one_row_and_many(client, sales):
    model, _, future = sales
    expected = model.predict(future)
    found = client.post("/forecast", as_json(future))
    assert found["version"] == 0
    np.testing.assert_allclose(found["forecasts"], expected)
    for row, answer in zip(as_json(future)[:5], expected, strict=False):
        found = client.get("/forecast", **row)
        np.testing.assert_allclose(found["forecasts"], [answer])
    assert client.post("/forecast", []) == {"forecasts": [], "version": 0}


def test_errors_are_told_and_change_nothing(client, sales):
    _, news, _ = sales
    X, y = news[0]
    client.post("/sales", {"rows": as_json(X), "sales": y.tolist()})
    for content, text in (
        ({"rows": as_json(X), "sales": (y + 1).tolist()}, "another value"),
        ({"rows": as_json(X), "sales": y.tolist()[:-1]}, "inconsistent numbers"),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            client.post("/sales", content)
        with caught.value as error:
            assert error.code == 422
            assert text in error.read().decode()
    assert client.get("/health") == {"version": 1}
    corrected = {"rows": as_json(X), "sales": (y + 1).tolist(), "overwrite": True}
    assert client.post("/sales", corrected) == {"version": 2}


def test_every_answer_is_that_of_the_version_it_names(client, sales):
    model, news, future = sales
    known = copy.deepcopy(model)
    expected = [known.predict(future)]
    for X, y in news:
        observe(known, X, y)
        expected.append(known.predict(future))
    assert all(np.abs(np.diff(expected, axis=0)).max(axis=1) > 1)
    rows, done = as_json(future), threading.Event()

    def ask(number):
        answers = []
        while not done.is_set():
            if number % 2:
                answers.append((slice(None), client.post("/forecast", rows)))
            else:
                at = len(answers) % len(rows)
                found = client.get("/forecast", **rows[at])
                answers.append((slice(at, at + 1), found))
        return answers

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, number) for number in range(8)]
        for X, y in news:
            time.sleep(0.1)
            client.post("/sales", {"rows": as_json(X), "sales": y.tolist()})
        time.sleep(0.1)
        done.set()
        answers = [answer for one in asked for answer in one.result()]
    seen = set()
    for part, found in answers:
        np.testing.assert_allclose(found["forecasts"], expected[found["version"]][part])
        seen.add(found["version"])
    assert {0, len(news)} <= seen


def test_updates_that_come_at_once_are_all_taken(client, sales):
    _, news, future = sales
    (X, y), known = news[0], copy.deepcopy(sales[0])
    with ThreadPoolExecutor(4) as pool:
        sent = [
            pool.submit(
                client.post,
                "/sales",
                {"rows": as_json(X[i : i + 1]), "sales": y[i : i + 1].tolist()},
            )
            for i in range(len(y))
        ]
        versions = sorted(one.result()["version"] for one in sent)
    assert versions == list(range(1, len(y) + 1))
    observe(known, X, y)
    found = client.post("/forecast", as_json(future))
    np.testing.assert_allclose(found["forecasts"], known.predict(future))
