# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The network, its losses, and the linear model that it starts from."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import (
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import future_of, long_frame, make_panel, quick  # noqa: E402

from sklearn_sales.neural_network._lstm_losses import (  # noqa: E402
    LOSSES,
    make_loss,
)
from sklearn_sales.neural_network._lstm_module import LSTMForecaster  # noqa: E402
from sklearn_sales.neural_network._lstm_start import Moments, solve  # noqa: E402

N, WINDOW, HORIZON = 5, 6, 3
DECODERS = pytest.mark.parametrize("decoder", ["direct", "seq2seq"])


def make_module(**options):
    settings = {
        "n_past": 4,
        "n_future": 3,
        "window": WINDOW,
        "horizon": HORIZON,
        "hidden_size": 7,
        "embeddings": [(3, 2)],
    }
    torch.manual_seed(0)
    module = LSTMForecaster(**{**settings, **options}).double().eval()
    # a start at the linear model would hide what the network does
    for layer in (module.output, module.gain):
        torch.nn.init.normal_(layer.weight, std=0.3)
    if module.attention is not None:
        torch.nn.init.normal_(module.attention.query.weight)
    return module


def make_inputs(seed=0):
    random = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    past = draw(N, WINDOW, 4)
    past[..., 1] = 1.0
    past[0, :4, 1] = 0.0
    past[1, :, 1] = 0.0
    # the mean of the window stands where nothing was observed
    lags = draw(N, WINDOW)
    lags[0, :4] = lags[0, 4:].mean()
    return {
        "lags": lags,
        "past": past,
        "future": draw(N, HORIZON, 3),
        "steps": torch.arange(1, HORIZON + 1).expand(N, -1),
        "static": torch.tensor([[0], [1], [2], [1], [0]]),
        "level": draw(N, 1),
    }


@DECODERS
@pytest.mark.parametrize("attention", [False, True])
def test_rows_of_a_batch_do_not_touch_each_other(decoder, attention):
    module, inputs = make_module(decoder=decoder, attention=attention), make_inputs()
    whole = module(**inputs)
    assert whole.shape == (N, HORIZON, 1)
    for i in range(N):
        alone = module(**{name: value[[i]] for name, value in inputs.items()})
        torch.testing.assert_close(alone[0], whole[i])


def test_direct_steps_do_not_touch_each_other():
    module, inputs = make_module(attention=True), make_inputs()
    whole = module(**inputs)
    for step in range(HORIZON):
        single = {**inputs, "future": inputs["future"][:, [step]]}
        single["steps"] = inputs["steps"][:, [step]]
        torch.testing.assert_close(module(**single)[:, 0], whole[:, step])


def test_seq2seq_steps_see_those_before_and_none_after():
    module, inputs = make_module(decoder="seq2seq"), make_inputs()
    changed = {**inputs, "future": inputs["future"].clone()}
    changed["future"][:, 1] += 1.0
    before, after = module(**inputs), module(**changed)
    torch.testing.assert_close(after[:, 0], before[:, 0])
    assert (after[:, 2] - before[:, 2]).abs().min() > 1e-6


def test_attention_is_a_distribution_over_what_was_seen():
    module, inputs = make_module(attention=True), make_inputs()
    weights = module.attend(**inputs)
    assert weights.shape == (N, HORIZON, WINDOW)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(N, HORIZON).double())
    assert (weights[0, :, :4] == 0).all()
    assert (weights[1] > 0).all()
    assert weights[2].std() > 0.01


def test_fresh_network_is_its_shortcut():
    torch.manual_seed(0)
    module = LSTMForecaster(
        n_past=4,
        n_future=3,
        window=WINDOW,
        horizon=HORIZON,
        embeddings=[(3, 2)],
        attention=True,
    )
    module = module.double().eval()
    torch.nn.init.normal_(module.shortcut.weight)
    inputs = make_inputs()
    together = torch.cat(
        [inputs["lags"][:, None].expand(-1, HORIZON, -1), inputs["future"]], dim=2
    )
    expected = (together * module.shortcut.weight).sum(dim=2)
    torch.testing.assert_close(module(**inputs)[..., 0], expected)


def test_training_hides_categories_at_random():
    module, inputs = make_module(), make_inputs()
    module.embeddings[0].weight.data.mul_(50)
    module.train()
    different = [not torch.equal(module(**inputs), module(**inputs)) for _ in range(20)]
    assert any(different)
    module.eval()
    assert torch.equal(module(**inputs), module(**inputs))


def make_case(name, n_outputs, seed=0):
    rng = np.random.default_rng(seed)
    outputs = rng.uniform(0.5, 3, size=(8, 2, n_outputs))
    target = rng.poisson(2, size=(8, 2)) / 1.0
    return outputs, target


def value_of(loss, outputs, target, weight=None, scale=1.0):
    weight = np.ones(target.shape) if weight is None else weight
    scales = np.full((len(target), 1), scale)
    y = {"target": target, "weight": weight, "scale": scales}
    y = {name: torch.from_numpy(value) for name, value in y.items()}
    return float(loss(torch.from_numpy(outputs), y))


def loss_of(name, levels=(0.1, 0.5, 0.9)):
    return make_loss(name, huber_delta=1.0, tweedie_power=1.4, levels=levels)


def test_losses_equal_those_of_scikit_learn_and_scipy():
    outputs, target = make_case("poisson", 1)
    for name, deviance in (
        ("poisson", mean_poisson_deviance),
        ("tweedie", lambda y, m: mean_tweedie_deviance(y, m, power=1.4)),
    ):
        loss = loss_of(name)
        mean = loss.point(torch.from_numpy(outputs)).numpy()
        perfect = np.full((8, 2, 1), 2.0)
        level = loss.point(torch.from_numpy(perfect)).numpy()
        # half the deviance, up to a constant of the target alone
        found = value_of(loss, outputs, target) - value_of(loss, perfect, target)
        expected = deviance(target.ravel(), mean.ravel())
        expected -= deviance(target.ravel(), level.ravel())
        np.testing.assert_allclose(found, expected / 2, rtol=1e-9)
    found = value_of(loss_of("squared_error"), outputs, target)
    np.testing.assert_allclose(found, np.mean((outputs[..., 0] - target) ** 2))
    found = value_of(loss_of("absolute_error"), outputs, target)
    np.testing.assert_allclose(found, np.mean(np.abs(outputs[..., 0] - target)))
    away = np.abs(outputs[..., 0] - target)
    expected = np.where(away <= 1, 0.5 * away**2, away - 0.5).mean()
    np.testing.assert_allclose(value_of(loss_of("huber"), outputs, target), expected)


def test_negative_binomial_is_the_likelihood_of_scipy():
    outputs, target = make_case("negative_binomial", 2)
    loss, scale = loss_of("negative_binomial"), 3.0
    mean = loss.point(torch.from_numpy(outputs)).numpy() * scale
    size = 1 / (np.log1p(np.exp(outputs[..., 1])) + 1e-3)
    expected = -stats.nbinom.logpmf(target * scale, size, size / (size + mean)).mean()
    weight = np.full(target.shape, 0.3)
    found = value_of(loss, outputs, target, weight=weight, scale=scale)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_pinball_is_that_of_scikit_learn_and_quantiles_do_not_cross():
    loss = loss_of("pinball")
    outputs, target = make_case("pinball", 3)
    expected = np.mean(
        [
            mean_pinball_loss(target.ravel(), outputs[..., i].ravel(), alpha=level)
            for i, level in enumerate(loss.levels)
        ]
    )
    np.testing.assert_allclose(value_of(loss, outputs, target), expected)
    quantiles = loss.quantiles(torch.from_numpy(outputs)).numpy()
    assert (np.diff(quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(
        loss.point(torch.from_numpy(outputs)), quantiles[..., 1]
    )


@pytest.mark.parametrize("name", LOSSES)
def test_what_was_not_observed_does_not_count(name):
    loss = loss_of(name)
    outputs, target = make_case(name, loss.n_outputs)
    weight = np.ones(target.shape)
    weight[3:] = 0.0
    moved = target.copy()
    moved[3:] = 99.0
    found = value_of(loss, outputs, moved, weight)
    np.testing.assert_allclose(found, value_of(loss, outputs[:3], target[:3]))


def test_ridge_of_the_start_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    n, n_future = 300, 2
    lags = rng.normal(size=(n, WINDOW)) + 1
    future = rng.normal(size=(n, HORIZON, n_future))
    target = rng.normal(size=(n, HORIZON)) + lags[:, :1] + future[..., 0]
    weight = rng.uniform(0.5, 2, size=(n, HORIZON))
    weight[rng.random((n, HORIZON)) < 0.2] = 0.0
    inputs = {"lags": torch.from_numpy(lags), "future": torch.from_numpy(future)}
    moments = Moments()
    for part in (slice(0, 100), slice(100, n)):
        targets = {"target": target[part], "weight": weight[part]}
        targets = {name: torch.from_numpy(value) for name, value in targets.items()}
        moments.add({name: v[part] for name, v in inputs.items()}, targets)
    coef = solve(moments, 0.0)
    loss = 0.0
    for step in range(HORIZON):
        X = np.column_stack([lags, future[:, step]])
        y = target[:, step] - lags.mean(axis=1)
        model = LinearRegression().fit(X, y, sample_weight=weight[:, step])
        np.testing.assert_allclose(coef[step, :-1], model.coef_, atol=1e-8)
        np.testing.assert_allclose(coef[step, -1], model.intercept_, atol=1e-8)
        loss += (weight[:, step] * (model.predict(X) - y) ** 2).sum()
    np.testing.assert_allclose(moments.loss(coef), loss / (weight > 0).sum())
    # a penalty on columns in units of their own size is a ridge on scaled columns
    penalised = solve(moments, 0.5)
    for step in range(HORIZON):
        X = np.column_stack([lags, future[:, step]])
        size = np.sqrt((weight[:, [step]] * X**2).sum(axis=0))
        y = target[:, step] - lags.mean(axis=1)
        model = Ridge(alpha=0.5, tol=1e-12, solver="svd")
        model.fit(X / size, y, sample_weight=weight[:, step])
        np.testing.assert_allclose(penalised[step, :-1], model.coef_ / size, atol=1e-8)


def test_no_epoch_is_the_linear_model_and_training_is_no_worse():
    X, y = make_panel(n_series=8, n_periods=90)
    model = quick(max_epochs=6, lr=0.02).fit(X, y)
    best = dict(model.net_.callbacks_)["best_weights"]
    assert best.best_loss_ <= best.start_loss_
    assert best.best_loss_ <= min(model.history_[:, "valid_loss"])
    linear = quick(max_epochs=0).fit(X, y)
    assert len(linear.history_) == 0
    state = linear.net_.module_.state_dict()
    assert (state["output.weight"] == 0).all()
    assert (state["gain.weight"] == 0).all()
    assert state["shortcut.weight"].abs().max() > 0.01


def test_no_epoch_answers_by_the_ridge_that_scikit_learn_finds():
    sales = np.random.default_rng(0).gamma(9, size=(5, 60))
    X, y = long_frame(sales)
    window = 6
    model = quick(
        window=window,
        horizon=1,
        max_epochs=0,
        # the Poisson mean bends a little, to stay above zero
        loss="squared_error",
        scaling=None,
        season=None,
        early_stopping=False,
        static=None,
        series="item",
    ).fit(X, y)
    # each origin of each series: the lags over the level, those before the start are
    # the mean of the rest, and what the calendar says of the next day
    level = model._model.arrays.level
    calendar = model._model._reader(
        model.panel_.calendar, "point", torch.device("cpu")
    ).tensors(model._model.arrays, 0, 60)
    known = calendar.calendar.numpy().astype(float)
    lags = np.full((5, 60, window), np.nan)
    for lag in range(window):
        lags[:, lag:, window - 1 - lag] = sales[:, : 60 - lag] / level
    lags = np.where(np.isnan(lags), np.nanmean(lags, axis=2, keepdims=True), lags)
    ahead = np.broadcast_to(known[1:], (5, *known[1:].shape))
    design = np.concatenate([lags, ahead], axis=2)
    learned = design[:, :-1].reshape(-1, design.shape[2])
    mean = learned[:, :window].mean(axis=1)
    size = np.sqrt((learned**2).sum(axis=0))
    ridge = Ridge(alpha=1e-2, tol=1e-12, solver="svd")
    ridge.fit(learned / size, sales[:, 1:].ravel() / level - mean)
    expected = ridge.predict(design[:, -1] / size) + lags[:, -1].mean(axis=1)
    found = model.predict(future_of(X, 1))
    np.testing.assert_allclose(found, expected * level, rtol=1e-4)
