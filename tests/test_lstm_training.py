# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Manners of training: seeds, threads, early stopping, callbacks, stopping in time."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from skorch.callbacks import Callback  # noqa: E402
from small_lstm import HORIZON, make_panel, quick  # noqa: E402

from sklearn_sales import check_no_leakage  # noqa: E402
from sklearn_sales.neural_network import _lstm_device as devices  # noqa: E402
from sklearn_sales.neural_network._lstm_callbacks import LossScaling  # noqa: E402


@pytest.fixture(scope="module")
def panel():
    return make_panel()


def test_same_seed_same_forecast(panel):
    X, y = panel
    first = quick(dropout=0.3, augment_jitter=0.1).fit(X, y)
    second = clone(first).fit(X, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    other = clone(first).set_params(random_state=1).fit(X, y)
    assert not np.allclose(first.predict(X), other.predict(X))


def test_global_random_states_are_left_alone(panel):
    X, y = panel
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    threads = torch.get_num_threads()
    for seed in (None, 0):
        quick(dropout=0.5, n_members=2, random_state=seed).fit(X, y).predict(X)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == torch.float32


def test_validation_sales_never_enter_a_gradient(panel):
    X, y = panel
    tail = (X["date"] > X["date"].max() - pd.Timedelta(days=10)).to_numpy()
    moved = np.where(tail, y * 1.001 + 0.001, y)
    options = {"validation_steps": 10, "patience": 100, "max_epochs": 4}
    first, second = quick(**options).fit(X, y), quick(**options).fit(X, moved)
    train = [model.history_[:, "train_loss"] for model in (first, second)]
    valid = [model.history_[:, "valid_loss"] for model in (first, second)]
    np.testing.assert_array_equal(train[0], train[1])
    assert np.abs(np.subtract(*valid)).min() > 0
    changed = np.where(tail, y, y * 1.001 + 0.001)
    third = quick(**options).fit(X, changed)
    assert third.history_[0, "train_loss"] != train[0][0]


def test_answers_inside_the_span_see_nothing_after_their_origin(panel):
    X, y = panel
    for decoder in ("direct", "seq2seq"):
        model = quick(decoder=decoder).fit(X, y)
        rows = model.panel_.locate(_table(model, X))
        origins, _ = model.panel_.origins(rows, HORIZON)
        before = model.predict(X)
        history, now = model._model.arrays.history, 30
        for code in range(model.panel_.n_series):
            cells = history.cells(np.full(400, code), np.arange(now + 1, now + 401))
            history.data[cells[cells >= 0]] = 1e5
        after = model.predict(X)
        early = origins <= now
        np.testing.assert_array_equal(after[early], before[early])
        assert not np.allclose(after[~early], before[~early])


def _table(model, X):
    from sklearn_sales.panel import read_table

    return read_table(X, estimator=model, reset=False)


@pytest.mark.parametrize("decoder", ["direct", "seq2seq"])
def test_nothing_leaks_from_after_the_origin(decoder):
    X, y = make_panel(n_series=4, n_periods=40)
    model = quick(decoder=decoder, attention=True, max_epochs=1)
    # forecasts are in double precision, weights in single
    assert check_no_leakage(model, X, y, rtol=1e-5).passed


def test_early_stopping_restores_the_best_weights(panel):
    X, y = panel
    model = quick(max_epochs=60, lr=0.05, patience=2).fit(X, y)
    losses = model.history_[:, "valid_loss"]
    assert len(losses) < 60
    callbacks = dict(model.net_.callbacks_)
    best = callbacks["best_weights"]
    assert best.best_loss_ == min([best.start_loss_, *losses])
    # the loss of the restored weights is the best one
    net = model.net_
    batches = list(net.get_iterator(net.train_split(None)[1], training=False))
    sizes = [len(inputs["lags"]) for inputs, _ in batches]
    again = [net.validation_step(batch)["loss"].item() for batch in batches]
    np.testing.assert_allclose(np.average(again, weights=sizes), best.best_loss_)
    full = quick(max_epochs=3, early_stopping=False).fit(X, y)
    assert len(full.history_) == 3
    assert "best_weights" not in dict(full.net_.callbacks_)


class Steps(Callback):
    """Notes the weights after each step of training."""

    def initialize(self):
        self.seen = []
        return self

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.seen.append(weights_of(net))


def weights_of(net):
    weights = torch.nn.utils.parameters_to_vector(net.module_.parameters())
    return weights.detach().double().numpy()


@pytest.mark.parametrize("averaging", [0, 0.5, 1])
def test_weights_are_averaged_over_steps(panel, averaging):
    X, y = panel
    steps = Steps()
    options = {"callbacks": [steps], "early_stopping": False, "averaging": averaging}
    model = quick(max_epochs=3, lr=0.02, **options).fit(X, y)
    number = np.arange(1, len(steps.seen) + 1)
    # 1 is the mean of all, 0.5 counts each step by its number, 0 the last one alone
    counts = {0: number == number[-1], 0.5: number, 1: np.ones(len(number))}
    mean = np.average(steps.seen, axis=0, weights=counts[averaging])
    np.testing.assert_allclose(weights_of(model.net_), mean, rtol=1e-3, atol=1e-5)
    # averaging looks on: the steps are those of a net without it
    alone = Steps()
    model.set_params(callbacks=[alone], averaging=0).fit(X, y)
    np.testing.assert_array_equal(alone.seen, steps.seen)


def test_averaged_weights_are_what_is_judged(panel):
    X, y = panel
    judged = []

    class Judged(Callback):
        def on_epoch_end(self, net, **kwargs):
            judged.append(weights_of(net))

    steps, options = Steps(), {"averaging": 1.0, "lr": 0.02, "patience": 100}
    model = quick(callbacks=[steps, Judged()], max_epochs=4, **options).fit(X, y)
    per_pass = len(steps.seen) // 4
    for number, weights in enumerate(judged, start=1):
        mean = np.mean(steps.seen[: number * per_pass], axis=0)
        np.testing.assert_allclose(weights, mean, rtol=1e-3, atol=1e-5)
    best = dict(model.net_.callbacks_)["best_weights"].best_epoch_
    np.testing.assert_array_equal(weights_of(model.net_), judged[best - 1])


def test_history_and_progress(panel, capsys):
    X, y = panel
    silent = quick().fit(X, y)
    assert capsys.readouterr().out == ""
    assert len(silent.history_) == 2
    assert np.isfinite(silent.history_[:, ["train_loss", "valid_loss"]]).all()
    quick(verbose=1).fit(X, y)
    printed = capsys.readouterr().out
    assert "train_loss" in printed
    assert "valid_loss" in printed


class Recorder(Callback):
    """Notes what it sees at the end of each pass."""

    def initialize(self):
        self.seen = []
        return self

    def on_epoch_end(self, net, **kwargs):
        gradients = [
            p.grad.norm()
            for _, p in net.get_all_learnable_params()
            if p.grad is not None
        ]
        norm = float(torch.stack(gradients).norm())
        rates = [group["lr"] for group in net.optimizer_.param_groups]
        self.seen.append((torch.get_num_threads(), norm, max(rates)))


def test_any_callback_of_skorch_is_taken(panel):
    X, y = panel
    recorder = Recorder()
    quick(callbacks=[recorder], max_epochs=3, gradient_clip=0.01).fit(X, y)
    threads, norms, rates = zip(*recorder.seen, strict=True)
    assert len(norms) == 3
    assert max(norms) <= 0.01 * 1.001
    assert rates[0] > rates[1] > rates[2]
    assert rates[2] < 1e-6
    assert set(threads) == {1}
    free = Recorder()
    quick(callbacks=[free], gradient_clip=None, lr_schedule=None).fit(X, y)
    assert max(norm for _, norm, _ in free.seen) > 0.01
    assert {rate for *_, rate in free.seen} == {0.005}


def test_plateau_lowers_the_rate(panel):
    X, y = panel
    recorder = Recorder()
    options = {"lr_schedule": "plateau", "patience": 3, "lr": 0.1, "max_epochs": 12}
    quick(callbacks=[recorder], **options).fit(X, y)
    rates = [rate for *_, rate in recorder.seen]
    assert rates[-1] < rates[0]


WORKERS = """
from joblib import Parallel, cpu_count, delayed
from test_lstm_training import threads_of_a_large_net
found = Parallel(n_jobs=2)(delayed(threads_of_a_large_net)() for _ in range(2))
assert max(found) <= max(1, cpu_count() // 2), found
"""


def test_threads_of_workers():
    # in a process whose threads nobody has limited yet, as the tests' own are
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    free["PYTHONPATH"] = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", WORKERS], check=True, env=free)


def threads_of_a_large_net():
    """Threads of a net that is large enough for several."""
    X, y = make_panel(n_series=2, n_periods=30)
    recorder = Recorder()
    quick(hidden_size=512, batch_size=16, max_epochs=1, callbacks=[recorder]).fit(X, y)
    return recorder.seen[0][0]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_workers_do_not_wait_for_ever(panel, monkeypatch):
    X, y = panel
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    model = quick(hidden_size=512, batch_size=16, max_epochs=1).fit(X, y)
    here = model.predict(X[:9])
    there = Parallel(n_jobs=2, backend="multiprocessing", timeout=60)(
        delayed(refit_and_predict)(model, X, y) for _ in range(2)
    )
    for forecasts in there:
        np.testing.assert_allclose(forecasts, here, rtol=1e-3)


def refit_and_predict(model, X, y):
    return clone(model).fit(X, y).predict(X[:9])


def test_one_thread_is_given_back_by_the_last():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        first, second = devices._OneThread(), devices._OneThread()
        guard = first
        with guard:
            with guard:
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        assert second is not first
    finally:
        torch.set_num_threads(before)


def test_a_loss_that_is_not_finite_says_what_to_change(panel):
    X, y = panel
    model = quick(
        lr=1e30, gradient_clip=None, lr_schedule=None, weight_decay=0.0, max_epochs=9
    )
    with pytest.raises(ValueError) as caught:
        model.fit(X, y)
    message = str(caught.value)
    assert message.startswith("The training loss became ")
    assert "Lower lr (now 1e+30) or gradient_clip (now None)" in message


def test_members_are_averaged(panel):
    X, y = panel
    options = {"n_members": 2, "lr": 0.05, "early_stopping": False}
    both = quick(**options).fit(X, y)
    assert len(both.members_) == 2
    assert both.net_ is both.members_[0]
    alone = []
    for i in range(2):
        single = quick(**options).fit(X, y)
        single._model.nets = [single._model.nets[i]]
        alone.append(single.predict(X))
    assert not np.allclose(alone[0], alone[1])
    inside = both.predict(X)
    mixed = (alone[0] + alone[1]) / 2
    positive = (alone[0] > 0) & (alone[1] > 0)
    np.testing.assert_allclose(inside[positive], mixed[positive], rtol=1e-9)


def test_half_precision_is_close(panel):
    X, y = panel
    full, half = quick().fit(X, y), quick(precision="bf16").fit(X, y)
    assert not np.array_equal(full.predict(X), half.predict(X))
    np.testing.assert_allclose(half.predict(X), full.predict(X), rtol=0.05, atol=0.1)


def test_scaled_loss_leaves_gradients_as_they_are(panel):
    X, y = panel
    plain, scaled = Recorder(), Recorder()
    quick(callbacks=[plain], gradient_clip=None).fit(X, y)
    quick(callbacks=[LossScaling(), scaled], gradient_clip=None).fit(X, y)
    np.testing.assert_allclose(
        [norm for _, norm, _ in scaled.seen], [norm for _, norm, _ in plain.seen], 1e-4
    )
    # what overflows is left out, and the factor halved until nothing does
    wild = LossScaling(factor=2.0**129)
    model = quick(callbacks=[wild], max_epochs=1, lr_schedule=None).fit(X, y)
    assert wild.factor_ <= 2.0**128
    assert np.isfinite(model.predict(X)).all()


def test_compiling_is_left_to_torch(panel, monkeypatch):
    X, y = panel
    compiled = []

    def keep(module, **options):
        compiled.append(module)
        return module

    monkeypatch.setattr(torch, "compile", keep)
    quick(max_epochs=1).fit(X, y)
    assert not compiled
    quick(max_epochs=1, compile=True).fit(X, y)
    assert "LSTMForecaster" in {type(module).__name__ for module in compiled}


def test_augmented_training_differs_and_works(panel):
    X, y = panel
    plain = quick().fit(X, y).history_[0, "train_loss"]
    for name in ("augment_scale", "augment_jitter", "augment_mask"):
        model = quick(**{name: 0.2}).fit(X, y)
        assert model.history_[0, "train_loss"] != plain
        assert np.isfinite(model.predict(X)).all()


def test_interrupting_keeps_what_was_learned(panel):
    X, y = panel

    class Interrupt(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    model = quick(callbacks=[Interrupt()], max_epochs=9).fit(X, y)
    assert len(model.history_) == 2
    assert np.isfinite(model.predict(X)).all()


def test_tensorboard_like_callback_sees_every_pass(panel):
    X, y = panel
    written = []

    class Writer:
        def add_scalar(self, tag, scalar_value, global_step):
            written.append((tag, global_step))

        def close(self):
            written.append("closed")

    callbacks = pytest.importorskip("skorch.callbacks")
    quick(callbacks=[callbacks.TensorBoard(Writer())], max_epochs=2).fit(X, y)
    assert ("Loss/train_loss", 2) in written
    assert ("Loss/valid_loss", 1) in written
