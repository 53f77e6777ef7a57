# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What FoundationRegressor loads and refuses; no test reaches the network."""

import json
import pickle
import shutil
import socket
import sys
from pathlib import Path

import fracast
import huggingface_hub
import numpy as np
import pytest

from sklearn_sales import FoundationRegressor

X = np.arange(30.0)[:, None]
Y = np.sin(X[:, 0]) + 2
AHEAD = np.arange(30.0, 35.0)[:, None]
BUNDLED = Path(fracast.__file__).parent / "weights"
FILES = ("config.json", "model.safetensors")
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def directory(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in FILES:
        shutil.copy(BUNDLED / name, folder / name)
    return folder


def fit(folder, **params):
    return FoundationRegressor(model_path=folder, **params).fit(X, Y)


def refusal(folder, **params):
    with pytest.raises(ValueError) as error:
        fit(folder, **params)
    return str(error.value)


def test_a_directory_answers_as_the_weights_in_the_package(directory):
    inside = FoundationRegressor().fit(X, Y)
    assert set(inside.checksums_) == set(FILES)
    model = fit(str(directory), sha256=inside.checksums_["model.safetensors"].upper())
    np.testing.assert_array_equal(model.predict(AHEAD), inside.predict(AHEAD))


def test_a_name_that_is_no_directory_never_reaches_the_library(monkeypatch):
    def reached(*args, **kwargs):
        raise AssertionError("the library was asked")

    monkeypatch.setattr(fracast.FracastModel, "from_pretrained", reached)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", reached)
    assert refusal("ztxtech/fracast-0") == (
        "model_path='ztxtech/fracast-0' is no directory here, and nothing is "
        "downloaded. Give the directory that holds config.json and model.safetensors, "
        "or a repository of the Hugging Face hub with allow_download=True and its "
        "revision=."
    )


@pytest.mark.parametrize("revision", [None, "main", REVISION[:7]])
def test_a_download_is_pinned(revision):
    assert refusal("a/b", allow_download=True, revision=revision) == (
        "allow_download=True needs revision=, the 40 hexadecimal digits of a commit, "
        f"so that what is loaded cannot change; got revision={revision!r}."
    )


@pytest.mark.parametrize("path", ["weights", "s3://a/b", "../a/b", "https://a/b"])
def test_only_a_repository_is_downloaded(path):
    assert refusal(path, allow_download=True, revision=REVISION) == (
        f"model_path={path!r} is neither a directory here nor a repository, which is "
        "written 'owner/name'."
    )


def test_a_pinned_download_is_checked_as_any_directory(directory, monkeypatch):
    asked = []

    def download(**kwargs):
        asked.append(kwargs)
        return str(directory)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    pinned = {"allow_download": True, "revision": REVISION}
    fit("owner/name", **pinned).predict(AHEAD)
    assert asked[0] == {
        "repo_id": "owner/name",
        "revision": REVISION,
        "allow_patterns": list(FILES),
        "local_files_only": False,
    }
    # nothing is fetched by a model that came in a file
    assert asked[1] == {**asked[0], "local_files_only": True}
    (directory / "pytorch_model.bin").write_bytes(b"")
    assert "pytorch_model.bin" in refusal("owner/name", **pinned)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "a.pt", "a.PKL", "a.ckpt"])
def test_pickles_are_refused(directory, name):
    (directory / name).write_bytes(b"")
    (directory / "model.safetensors").unlink()
    assert refusal(directory) == (
        f"{directory} holds pickled files {[name]}, which can run code when they are "
        "read. Only model.safetensors and config.json are loaded: convert the weights "
        "to safetensors and take the pickles away."
    )


def test_code_is_refused(directory):
    (directory / "modeling_x.py").write_text("raise SystemExit")
    assert refusal(directory) == (
        f"{directory} holds code ['modeling_x.py'], and code of a model is never run. "
        "Take it away if the model is one that the library knows."
    )


def test_an_adapter_is_refused(directory):
    (directory / "adapter_config.json").write_text("{}")
    assert refusal(directory) == (
        f"{directory} holds an adapter ['adapter_config.json'], which would be applied "
        "to other weights. Merge it into the model and save that."
    )


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(directory, name):
    (directory / name).unlink()
    assert refusal(directory) == (
        f"{directory} lacks {[name]}. A model is a directory with config.json and "
        "model.safetensors (one file: sharded weights are not read)."
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("auto_map", {"AutoModel": "modeling_x.Model"}),
        ("trust_remote_code", True),
        ("quantization_config", {"quant_method": "x"}),
        ("attn_implementation", "owner/kernel"),
        ("_attn_implementation", {"text": "owner/kernel"}),
    ],
)
@pytest.mark.parametrize("depth", [0, 1])
def test_a_configuration_that_asks_for_code_is_refused(directory, key, value, depth):
    path = directory / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps([{"a": [config]}, config][0] if depth else config))
    config[key] = value
    path.write_text(json.dumps({"a": [config]} if depth else config))
    assert refusal(directory) == (
        f"{path} asks by {key!r} for code from elsewhere, which is never run. Take a "
        "model without it."
    )


def test_a_configuration_that_is_no_object_is_refused(directory):
    path = directory / "config.json"
    path.write_text("[1]")
    assert refusal(directory) == f"{path} holds list, not a JSON object."
    path.write_text("{")
    assert refusal(directory).startswith(f"{path} is not JSON: Expecting")


def test_other_weights_are_refused(directory):
    found = FoundationRegressor().fit(X, Y).checksums_["model.safetensors"]
    assert refusal(directory, sha256="ab" * 32) == (
        f"{directory / 'model.safetensors'} has the SHA-256 {found}, not "
        f"sha256={'ab' * 32!r}: these are other weights. Fetch the file again, or "
        "correct sha256= if these are meant."
    )


@pytest.mark.parametrize("name", FILES)
def test_files_that_changed_after_fit_are_refused(directory, name):
    data = pickle.dumps(fit(directory))
    content = (directory / name).read_bytes()
    (directory / name).write_bytes(content + b" ")
    with pytest.raises(ValueError) as error:
        pickle.loads(data).predict(AHEAD)
    assert str(error.value) == (
        f"{[name]} in {directory} is not what fit has read: the SHA-256 differs. Put "
        "the files of then back (model_path= may point to them), or fit anew."
    )
    elsewhere = directory.parent / "elsewhere"
    shutil.copytree(directory, elsewhere)
    (elsewhere / name).write_bytes(content)
    moved = pickle.loads(data).set_params(model_path=elsewhere)
    np.testing.assert_array_equal(
        moved.predict(AHEAD), FoundationRegressor().fit(X, Y).predict(AHEAD)
    )


def test_missing_library_names_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "fracast", None)
    with pytest.raises(ImportError) as error:
        FoundationRegressor().fit(X, Y)
    assert str(error.value) == (
        "fracast cannot be imported, because fracast is not installed. Install it "
        'with: pip install "sklearn-sales[foundation]"'
    )


def test_an_unknown_model_is_refused():
    with pytest.raises(ValueError, match="The 'model' parameter of FoundationRegr"):
        FoundationRegressor("gpt").fit(X, Y)
