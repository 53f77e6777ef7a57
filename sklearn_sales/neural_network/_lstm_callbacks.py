# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""skorch callbacks that skorch does not have."""

import math

import torch
from skorch.callbacks import Callback

__all__ = ["AveragedWeights", "BestWeights", "FiniteLoss", "LossScaling"]


class AveragedWeights(Callback):
    """Judge, and keep, a running mean of the weights in place of the last ones.

    After step t the mean is moved towards the weights by ``1 / (1 + share * (t - 1))``:
    it forgets where training started and, however long training takes, lies over about
    the last ``share`` of its steps. From the first validation batch of a pass to the
    start of the next one the net holds the mean.

    Parameters
    ----------
    share : float
        0 < share <= 1; 1 is the mean of the weights after every step.

    References
    ----------
    O. Shamir and T. Zhang, "Stochastic gradient descent for non-smooth optimization:
    convergence results and optimal averaging schemes", ICML 2013.
    """

    def __init__(self, share):
        self.share = share

    def on_train_begin(self, net, **kwargs):
        self.weights_ = list(net.module_.parameters())
        self.mean_ = [weight.detach().clone() for weight in self.weights_]
        self.trained_ = None
        self.n_steps_ = 0

    def on_batch_begin(self, net, training=False, **kwargs):
        if not training:
            self._show()

    @torch.no_grad()
    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            rate = 1 / (1 + self.share * self.n_steps_)
            torch._foreach_lerp_(self.mean_, self.weights_, rate)
            self.n_steps_ += 1

    @torch.no_grad()
    def on_epoch_begin(self, net, **kwargs):
        if self.trained_ is not None:
            self._load(self.trained_)
            self.trained_ = None

    def on_train_end(self, net, **kwargs):
        self._show()
        self.weights_ = self.mean_ = self.trained_ = None

    def _show(self):
        if self.trained_ is None:
            self.trained_ = [weight.detach().clone() for weight in self.weights_]
            self._load(self.mean_)

    @torch.no_grad()
    def _load(self, values):
        for weight, value in zip(self.weights_, values, strict=True):
            weight.copy_(value)


class BestWeights(Callback):
    """Keep the weights of the best validation loss, the first ones included.

    Training starts from the linear model. Counting the start among the epochs is what
    makes the result no worse than that model on the validation tail.

    Attributes
    ----------
    start_loss_ : float
        Validation loss before the first epoch.
    best_loss_ : float
    best_epoch_ : int
        0 is the start.
    """

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        _, valid = net.get_split_datasets(X, y)
        batches = net.get_iterator(valid, training=False)
        total = count = 0.0
        for inputs, targets in batches:
            step = net.validation_step((inputs, targets))
            total += step["loss"].item() * len(inputs["level"])
            count += len(inputs["level"])
        self.start_loss_ = total / count
        self._keep(net, self.start_loss_, 0)

    def on_epoch_end(self, net, **kwargs):
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss_:
            self._keep(net, loss, len(net.history))

    def on_train_end(self, net, **kwargs):
        net.module_.load_state_dict(self.weights_)
        self.weights_ = None

    def _keep(self, net, loss, epoch):
        self.best_loss_, self.best_epoch_ = loss, epoch
        state = net.module_.state_dict()
        self.weights_ = {name: tensor.clone() for name, tensor in state.items()}


class FiniteLoss(Callback):
    """Stop with advice when a training loss is not finite.

    Parameters
    ----------
    advice : str
    """

    def __init__(self, advice):
        self.advice = advice

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            loss = net.history[-1, "batches", -1, "train_loss"]
            if not math.isfinite(loss):
                raise ValueError(
                    f"The training loss became {loss} in epoch {len(net.history)}. "
                    f"{self.advice}"
                )


class LossScaling(Callback):
    """Undo the scaling of gradients that half precision asks for.

    The loss multiplies its gradient by ``factor``, so that small ones do not vanish in
    half precision. Here it is divided out again; a gradient that overflowed is left
    out and the factor halved.

    Parameters
    ----------
    factor : float
    """

    def __init__(self, factor=2.0**12):
        self.factor = factor

    def on_train_begin(self, net, **kwargs):
        self.factor_ = self.factor
        net.criterion_.register_forward_hook(self._scale)

    def on_grad_computed(self, net, named_parameters, **kwargs):
        gradients = [p.grad for _, p in named_parameters if p.grad is not None]
        finite = all(bool(torch.isfinite(g).all()) for g in gradients)
        for gradient in gradients:
            if finite:
                gradient /= self.factor_
            else:
                gradient.zero_()
        if not finite:
            self.factor_ = max(self.factor_ / 2, 1.0)

    def _scale(self, module, inputs, loss):
        if loss.requires_grad:
            loss.register_hook(lambda gradient: gradient * self.factor_)
