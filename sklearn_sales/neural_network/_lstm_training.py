# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The skorch net of an LSTMRegressor: built, started, trained, taken apart.

Only names of torch-free modules are imported here; torch and skorch come at first use.
"""

import numpy as np

from sklearn_sales._compat import import_optional
from sklearn_sales.neural_network._lstm_device import private_random_state

__all__ = [
    "bare_module",
    "build_net",
    "plain_weights",
    "rebuild_net",
    "set_weights",
    "torch_part",
    "train_member",
]

_NAN_ADVICE = (
    "Lower lr (now {lr}) or gradient_clip (now {gradient_clip}); look for outliers in "
    "y, which scaling='std' or loss='huber' bear better, and for covariates of huge "
    "size; with precision='fp16' take 'bf16' or 'fp32'."
)
# The shortcut starts at its solution and has little to learn.
_SHORTCUT_RATE = 0.1
# Where torch updates all weights in one kernel.
_FUSED = ("cpu", "cuda")


def torch_part(name):
    """A module of this folder that needs torch, ``"module"`` for `_lstm_module`."""
    return import_optional(f"sklearn_sales.neural_network._lstm_{name}", extra="deep")


def build_net(settings, architecture, loss, device, *, valid=None, callbacks=()):
    """A skorch net with fresh weights.

    Parameters
    ----------
    settings : LSTMRegressor
        Its parameters are read.
    architecture : dict
        Arguments of `LSTMForecaster`.
    loss : WindowLoss
    device : torch.device
    valid : WindowSet, default=None
    callbacks : sequence, default=()

    Returns
    -------
    skorch.NeuralNet
    """
    torch = import_optional("torch", extra="deep")
    skorch = import_optional("skorch", extra="deep")
    helper = import_optional("skorch.helper", extra="deep")
    windows = torch_part("windows")
    shortcut = {"weight_decay": 0.0, "lr": settings.lr * _SHORTCUT_RATE}
    net = skorch.NeuralNet(
        module=torch_part("module").LSTMForecaster,
        criterion=loss,
        optimizer=torch.optim.AdamW,
        lr=settings.lr,
        optimizer__weight_decay=settings.weight_decay,
        optimizer__fused=device.type in _FUSED,
        optimizer__param_groups=[("*shortcut*", shortcut), ("*step_bias", shortcut)],
        max_epochs=settings.max_epochs,
        iterator_train=windows.WindowBatches,
        iterator_valid=windows.WindowBatches,
        train_split=None if valid is None else helper.predefined_split(valid),
        callbacks=list(callbacks),
        device=device,
        verbose=int(settings.verbose),
        compile=settings.compile,
        **{f"module__{name}": value for name, value in architecture.items()},
    )
    return net.initialize()


def _callbacks(settings, validated, n_steps):
    """Callbacks of training, the user's own among them.

    Parameters
    ----------
    settings : LSTMRegressor
    validated : bool
        Whether there is a validation tail.
    n_steps : int
        Number of batches that the learning rate is lowered over.
    """
    torch = import_optional("torch", extra="deep")
    ready = import_optional("skorch.callbacks", extra="deep")
    own = torch_part("callbacks")
    chosen = []
    if settings.precision == "fp16":
        chosen.append(("loss_scaling", own.LossScaling()))
    advice = _NAN_ADVICE.format(lr=settings.lr, gradient_clip=settings.gradient_clip)
    chosen.append(("finite_loss", own.FiniteLoss(advice)))
    if settings.gradient_clip is not None:
        clipping = ready.GradientNormClipping(settings.gradient_clip)
        chosen.append(("gradient_clip", clipping))
    if settings.lr_schedule == "cosine" and n_steps:
        policy = torch.optim.lr_scheduler.CosineAnnealingLR
        schedule = ready.LRScheduler(policy, T_max=n_steps, step_every="batch")
        chosen.append(("lr_schedule", schedule))
    elif settings.lr_schedule == "plateau":
        policy = torch.optim.lr_scheduler.ReduceLROnPlateau
        monitor = "valid_loss" if validated else "train_loss"
        patience = max(1, settings.patience // 3)
        schedule = ready.LRScheduler(policy, monitor=monitor, patience=patience)
        chosen.append(("lr_schedule", schedule))
    if settings.averaging:
        averaged = own.AveragedWeights(settings.averaging)
        chosen.append(("averaged_weights", averaged))
    if validated:
        # of the averaged weights, hence after them
        chosen.append(("best_weights", own.BestWeights()))
    chosen += settings.callbacks or []
    if validated:
        # it ends the epoch for the callbacks after it, hence it comes last
        stopping = ready.EarlyStopping(patience=settings.patience)
        chosen.append(("early_stopping", stopping))
    return chosen


def train_member(
    settings, tensors, samples, architecture, loss, batch_size, seed, weights=None
):
    """Build and train one net.

    Parameters
    ----------
    settings : LSTMRegressor
    tensors : PanelTensors
    samples : Samples
    architecture : dict
    loss : WindowLoss
    batch_size, seed : int
    weights : dict of ndarray, default=None
        Weights to go on from; None starts from the linear model.

    Returns
    -------
    skorch.NeuralNet
    """
    with private_random_state(seed, tensors.device):
        train, valid, plain = _window_sets(settings, tensors, samples, seed)
        n_steps = settings.max_epochs * -(-len(train) // batch_size)
        callbacks = _callbacks(settings, valid is not None, n_steps)
        net = build_net(
            settings,
            architecture,
            loss,
            tensors.device,
            valid=valid,
            callbacks=callbacks,
        )
        net.batch_size = batch_size
        module = bare_module(net)
        if weights is not None:
            set_weights(net, weights)
        else:
            torch_part("start").start_from_linear_model(module, loss, plain, valid)
        if settings.freeze_encoder:
            module.encoder.requires_grad_(False)
        if len(train):
            net.partial_fit(train)
    return net


def _window_sets(settings, tensors, samples, seed):
    torch = import_optional("torch", extra="deep")
    windows = torch_part("windows")
    augmentation = windows.Augmentation(
        settings.augment_scale, settings.augment_jitter, settings.augment_mask
    )

    def make(origins, first, last, **options):
        codes, positions = (torch.from_numpy(a).to(tensors.device) for a in origins)
        return windows.WindowSet(
            tensors, codes, positions, first=first, last=last, **options
        )

    lowest = np.iinfo(np.int64).min
    drawn = {"size": settings.epoch_size, "seed": seed}
    train = make(samples.train, lowest, samples.cut, augmentation=augmentation, **drawn)
    plain = make(samples.train, lowest, samples.cut, **drawn)
    valid = None
    if samples.valid is not None:
        size = len(samples.valid[0])
        valid = make(samples.valid, samples.cut + 1, samples.last, size=size)
    return train, valid, plain


def bare_module(net):
    """The module itself where it was compiled."""
    return getattr(net.module_, "_orig_mod", net.module_)


def plain_weights(net):
    """Weights as arrays in the memory of the host, by name."""
    state = bare_module(net).state_dict()
    return {
        name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()
    }


def set_weights(net, weights):
    """Load `plain_weights`; embeddings that have grown repeat the row of the unknown.

    Raises
    ------
    ValueError
        Where the weights are those of another architecture.
    """
    torch = import_optional("torch", extra="deep")
    module = bare_module(net)
    state = module.state_dict()
    loaded = {}
    for name, tensor in state.items():
        array = weights.get(name)
        if array is not None and name.startswith("embeddings."):
            missing = len(tensor) - len(array)
            array = np.concatenate([array, np.repeat(array[:1], missing, axis=0)])
        if array is None or array.shape != tuple(tensor.shape):
            raise ValueError(
                f"Training cannot go on from the fitted net: its weights {name!r} "
                f"have another shape. Keep window, horizon, hidden_size, num_layers, "
                "decoder, attention, shortcut, loss, static and the covariates as they "
                "were, or fit with warm_start=False."
            )
        # a copy: what joblib maps into memory is read-only
        loaded[name] = torch.tensor(array)
    module.load_state_dict(loaded)


def rebuild_net(settings, architecture, loss, weights, history):
    """A trained net on the CPU, from `plain_weights` and its history."""
    torch = import_optional("torch", extra="deep")
    skorch_history = import_optional("skorch.history", extra="deep")
    cpu = torch.device("cpu")
    with private_random_state(0, cpu):
        net = build_net(settings, architecture, loss, cpu)
    set_weights(net, weights)
    net.history = skorch_history.History(history)
    return net
