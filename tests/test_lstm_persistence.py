# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pickles of the LSTM, and the devices that it runs on."""

import copy
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import HORIZON, make_panel, quick, split  # noqa: E402

from sklearn_sales.neural_network import _lstm_device as devices  # noqa: E402
from sklearn_sales.neural_network import _lstm_model as models  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def panel():
    return make_panel()


@pytest.fixture(scope="module")
def fitted(panel):
    X, y = panel
    past, _ = split(X, HORIZON)
    return quick(n_members=2, embed_series=True).fit(X[past], y[past])


FRESH = """
import sys, warnings
import joblib, numpy as np
warnings.simplefilter("error")
if sys.argv[3] == "device":
    warnings.filterwarnings("default", "device=.*not available here")
X, forecasts = joblib.load(sys.argv[2])
assert "torch" not in sys.modules
model = joblib.load(sys.argv[1])
np.testing.assert_array_equal(model.predict(X), forecasts)
model.partial_fit(*joblib.load(sys.argv[4])) if len(sys.argv) > 4 else None
import torch
assert not torch.cuda.is_initialized()
"""


def open_in_a_fresh_process(model, X, forecasts, tmp_path, *more):
    joblib.dump(model, tmp_path / "model.joblib")
    joblib.dump((X, forecasts), tmp_path / "rows.joblib")
    return subprocess.run(
        [sys.executable, "-c", FRESH, "model.joblib", "rows.joblib", *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_file_opens_in_a_fresh_process(fitted, panel, tmp_path):
    X, y = panel
    _, ahead = split(X, HORIZON)
    joblib.dump((X[ahead], y[ahead]), tmp_path / "newer.joblib")
    result = open_in_a_fresh_process(
        fitted, X, fitted.predict(X), tmp_path, "plain", "newer.joblib"
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_net_of_a_device_that_is_missing_answers_on_the_cpu(fitted, panel, tmp_path):
    X, _ = panel
    expected = fitted.predict(X)
    model = copy.deepcopy(fitted)
    # as if it had been fitted on a GPU
    model.device = model._model.settings.device = "cuda:1"
    for net in model.members_:
        net.device = "cuda:1"
    result = open_in_a_fresh_process(model, X, expected, tmp_path, "device")
    assert result.returncode == 0, result.stderr
    assert "device='cuda:1', that the model was fitted with, is not" in result.stderr
    with pytest.warns(UserWarning, match="it forecasts on the CPU"):
        model.predict(X)


class FakeTensor:
    """A tensor on a device of its own, which has to be fetched from there."""

    def __init__(self, tensor):
        self.tensor, self.fetched = tensor, False

    def detach(self):
        return self

    def cpu(self):
        fetched = FakeTensor(self.tensor)
        fetched.fetched = True
        return fetched

    def numpy(self):
        assert self.fetched, "cannot be read where it lies"
        return self.tensor.numpy()


def test_weights_are_fetched_from_a_fake_device(fitted, panel, monkeypatch):
    X, _ = panel
    expected = fitted.predict(X)
    module = type(fitted.net_.module_)
    real = module.state_dict

    def on_device(self, *args, **kwargs):
        state = real(self, *args, **kwargs)
        return {name: FakeTensor(tensor) for name, tensor in state.items()}

    monkeypatch.setattr(module, "state_dict", on_device)
    data = pickle.dumps(fitted)
    monkeypatch.undo()
    np.testing.assert_array_equal(pickle.loads(data).predict(X), expected)


def test_file_holds_no_tensor(fitted):
    data = pickle.dumps(fitted, protocol=2)
    modules = {
        argument.split(" ")[0].split(".")[0]
        for code, argument, _ in pickletools.genops(data)
        if code.name == "GLOBAL"
    }
    assert "sklearn_sales" in modules
    assert not modules & {"torch", "skorch"}


def test_copies_answer_alike_and_keep_their_history(fitted, panel):
    X, _ = panel
    for other in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.predict(X), fitted.predict(X))
        assert other.history_[:, "train_loss"] == fitted.history_[:, "train_loss"]
        assert len(other.members_) == 2
        assert other.net_ is not fitted.net_


def test_opening_leaves_random_states_alone(fitted):
    data, state = pickle.dumps(fitted), torch.get_rng_state()
    pickle.loads(data)
    assert torch.equal(torch.get_rng_state(), state)


def test_memory_mapped_files_are_read(fitted, panel, tmp_path):
    X, y = panel
    _, ahead = split(X, HORIZON)
    path = tmp_path / "model.joblib"
    joblib.dump(fitted, path)
    model = joblib.load(path, mmap_mode="r")
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    model.partial_fit(X[ahead], y[ahead])


def test_import_and_making_touch_no_device():
    code = (
        "import sys\n"
        "from sklearn_sales import LSTMRegressor\n"
        "from sklearn.base import clone\n"
        "clone(LSTMRegressor(hidden_size=3)).get_params()\n"
        "assert 'torch' not in sys.modules"
    )
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_auto_is_the_best_device_there_is(monkeypatch):
    def have(cuda, mps, forked=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: forked)
        return devices.resolve_device("auto").type

    assert have(cuda=True, mps=True) == "cuda"
    assert have(cuda=False, mps=True) == "mps"
    assert have(cuda=False, mps=False) == "cpu"
    assert have(cuda=True, mps=False, forked=True) == "cpu"


def test_named_devices_are_taken_or_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ValueError, match="device='cuda:2' is not available here"):
        devices.resolve_device("cuda:2")
    with pytest.raises(ValueError, match="device='gpu' is no device of torch"):
        devices.resolve_device("gpu")


def test_forecasts_of_the_cpu_are_in_double_precision():
    cuda, mps = torch.device("cuda"), torch.device("mps")
    assert devices.precision_of(CPU, training=False) == torch.float64
    assert devices.precision_of(CPU, training=True) == torch.float32
    for device in (cuda, mps):
        assert devices.precision_of(device, training=False) == torch.float32


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"),
    ],
    ids=["cuda", "cpu"],
)
def test_out_of_memory_gives_advice(error, panel, monkeypatch):
    X, y = panel

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(models, "train_member", fail)
    with pytest.raises(MemoryError) as caught:
        quick(batch_size=512, window=9).fit(X, y)
    message = str(caught.value)
    assert "batch_size (now 512), then window (now 9)" in message
    assert "precision='bf16'" in message


def test_other_errors_of_torch_are_passed_on(panel, monkeypatch):
    X, y = panel

    def fail(*args, **kwargs):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(models, "train_member", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        quick().fit(X, y)


def test_half_precision_of_the_cpu_is_bf16():
    with pytest.raises(ValueError, match="precision='fp16' needs a GPU"):
        devices.check_precision("fp16", CPU)
    devices.check_precision("bf16", CPU)
    devices.check_precision("fp16", torch.device("cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_gpu_and_cpu_agree(panel, precision):
    X, y = panel
    state = torch.cuda.get_rng_state()
    model = quick(device="cuda", precision=precision).fit(X, y)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    assert next(model.net_.module_.parameters()).is_cuda
    there = model.predict(X)
    here = pickle.loads(pickle.dumps(model)).set_params(device="cpu").predict(X)
    np.testing.assert_allclose(there, here, rtol=0.05, atol=0.1)
