# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The linear model that training starts from, in closed form."""

import numpy as np
import torch

__all__ = ["start_from_linear_model"]

# Penalties tried, as shares of the mean squared size of a column.
_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
_DEFAULT_PENALTY = 1e-2
_MOST_WINDOWS = 8192
# Outliers, in units of the scale of their window: squares would hear nothing else.
_LARGEST_TARGET = 25.0
_CHUNK = 1024


class Moments:
    """Weighted second moments of a linear model for each step.

    Attributes
    ----------
    gram : ndarray of shape (horizon, n_inputs, n_inputs)
    cross : ndarray of shape (horizon, n_inputs)
    square, count : float
    """

    def __init__(self):
        self.gram = self.cross = 0.0
        self.square = self.count = 0.0

    def add(self, inputs, targets):
        """Add a batch of a `WindowSet`."""
        design, target, weight = _design(inputs, targets)
        weighted = design * weight[..., None]
        self.gram = self.gram + np.matmul(
            weighted.transpose(1, 2, 0), design.transpose(1, 0, 2)
        )
        self.cross = self.cross + np.einsum("nsp,ns->sp", weighted, target)
        self.square += float((weight * target**2).sum())
        self.count += float((weight > 0).sum())

    def loss(self, coef):
        """Mean weighted squared error of coefficients (horizon, n_inputs)."""
        fitted = np.einsum("sp,spq,sq->", coef, self.gram, coef)
        return (self.square - 2 * (coef * self.cross).sum() + fitted) / self.count


def _design(inputs, targets):
    """Columns (n, horizon, n_inputs), the constant last; the target; its weight.

    The target is the distance from the window's mean, towards which the penalty pulls.
    """
    lags = inputs["lags"].double().cpu().numpy()
    future = inputs["future"].double().cpu().numpy()
    n, n_steps = future.shape[:2]
    repeated = np.broadcast_to(lags[:, None], (n, n_steps, lags.shape[1]))
    design = np.concatenate([repeated, future, np.ones((n, n_steps, 1))], axis=2)
    target = targets["target"].double().cpu().numpy()
    target = target.clip(-_LARGEST_TARGET, _LARGEST_TARGET)
    target = target - lags.mean(axis=1)[:, None]
    return design, target, targets["weight"].double().cpu().numpy()


def solve(moments, penalty):
    """Ridge coefficients of each step; the constant is not penalised.

    Returns
    -------
    ndarray of shape (horizon, n_inputs)
    """
    gram = moments.gram.copy()
    n_inputs = gram.shape[1]
    diagonal = np.arange(n_inputs - 1)
    sizes = gram[:, diagonal, diagonal]
    # a column that says nothing gets no coefficient, rather than a singular system
    floor = np.maximum(sizes.max(axis=1, keepdims=True) * 1e-6, 1e-12)
    gram[:, diagonal, diagonal] += penalty * np.maximum(sizes, floor)
    gram[:, -1, -1] = np.maximum(gram[:, -1, -1], 1e-12)
    return np.linalg.solve(gram, moments.cross[..., None])[..., 0]


def start_from_linear_model(module, loss, train, valid):
    """Set the linear shortcut to a ridge regression, in place.

    Parameters
    ----------
    module : LSTMForecaster
    loss : WindowLoss
        Quantiles start from those of the residuals.
    train : WindowSet
        A few thousand of its windows are used.
    valid : WindowSet or None
        Chooses the penalty.
    """
    index = train.draw()[:_MOST_WINDOWS]
    moments = _moments(train, index)
    coef = np.zeros_like(moments.cross)
    if moments.count and module.shortcut is not None:
        coef = _best_coefficients(moments, train, valid)
    window = train.tensors.windowing.window
    weight, bias = coef[:, :-1], coef[:, -1]
    weight[:, :window] += 1.0 / window
    with torch.no_grad():
        module.step_bias[:, : loss.n_locations] = torch.from_numpy(bias)[:, None]
        if module.shortcut is not None:
            module.shortcut.weight.copy_(torch.from_numpy(weight))
        if moments.count:
            _shift_to_quantiles(module, loss, train, index)


def _moments(windows, index):
    moments = Moments()
    for chunk in index.split(_CHUNK):
        moments.add(*windows[chunk])
    return moments


def _best_coefficients(moments, train, valid):
    if valid is None:
        return solve(moments, _DEFAULT_PENALTY)
    judge = _moments(valid, valid.draw())
    # the mean of the window itself competes as well
    tried = [np.zeros_like(moments.cross)]
    tried += [solve(moments, penalty) for penalty in _PENALTIES]
    losses = [judge.loss(coef) for coef in tried]
    return tried[int(np.argmin(losses))]


def _shift_to_quantiles(module, loss, train, index):
    """Move the constants of losses of quantiles to those of the residuals."""
    levels = getattr(loss, "levels", None)
    if type(loss).__name__ == "AbsoluteLoss":
        levels = (0.5,)
    if levels is None:
        return
    module.eval()
    residuals = []
    for chunk in index.split(_CHUNK):
        inputs, targets = train[chunk]
        residual = targets["target"][..., None] - module(**inputs)[..., :1]
        residual[targets["weight"] <= 0] = torch.nan
        residuals.append(residual[..., 0].double().cpu().numpy())
    residuals = np.concatenate(residuals)
    for step, column in enumerate(residuals.T):
        column = column[~np.isnan(column)]
        if len(column):
            shift = torch.from_numpy(np.quantile(column, levels))
            module.step_bias[step] += shift.to(module.step_bias)
