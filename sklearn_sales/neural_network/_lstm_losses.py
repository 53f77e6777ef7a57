# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Losses over scaled windows, and how to read a forecast from the net's outputs.

Each loss knows how many numbers describe a forecast (``n_outputs``), how many of them
are places on the scale of sales (``n_locations``), and what a point forecast is
(``point``). What was not observed has weight zero.
"""

import torch
from torch import nn

__all__ = ["LOSSES", "make_loss"]

# Softness of the bend at zero of the losses whose mean is positive, in units of scale:
# above it the mean is the linear output itself.
_BEND = 0.1
_SMALLEST_MEAN = 1e-4


class WindowLoss(nn.Module):
    """Weighted mean over the observed steps.

    Attributes
    ----------
    positive : bool
        Whether the loss needs sales that are never negative.
    """

    n_outputs = 1
    n_locations = 1
    positive = False

    def forward(self, outputs, y):
        """Loss of a batch.

        Parameters
        ----------
        outputs : tensor of shape (n, horizon, n_outputs)
        y : dict
            ``target`` and ``weight`` of shape (n, horizon), ``scale`` of (n, 1).
        """
        each = self.each(outputs, y["target"], y["scale"])
        weight = self.weighted(y["weight"])
        observed = (y["weight"] > 0).sum().clamp(min=1)
        return (weight * each).sum() / observed

    def weighted(self, weight):
        return weight

    def point(self, outputs):
        """Scaled point forecast, shape (n, n_steps)."""
        return outputs[..., 0]


class SquaredLoss(WindowLoss):
    """Squared error: the forecast is of the mean."""

    def each(self, outputs, target, scale):
        return (outputs[..., 0] - target) ** 2


class AbsoluteLoss(WindowLoss):
    """Absolute error: the forecast is of the median."""

    def each(self, outputs, target, scale):
        return (outputs[..., 0] - target).abs()


class HuberLoss(WindowLoss):
    """Squared near zero, absolute beyond `delta`: between mean and median."""

    def __init__(self, delta):
        super().__init__()
        self.delta = delta

    def each(self, outputs, target, scale):
        return nn.functional.huber_loss(
            outputs[..., 0], target, reduction="none", delta=self.delta
        )


class PositiveLoss(WindowLoss):
    """Losses of a mean that is positive."""

    positive = True

    def point(self, outputs):
        bent = nn.functional.softplus(outputs[..., 0] / _BEND) * _BEND
        return bent + _SMALLEST_MEAN


class PoissonLoss(PositiveLoss):
    """Half the Poisson deviance, up to a constant."""

    def each(self, outputs, target, scale):
        mean = self.point(outputs)
        return mean - torch.xlogy(target, mean)


class TweedieLoss(PositiveLoss):
    """Half the Tweedie deviance of a power between 1 and 2, up to a constant."""

    def __init__(self, power):
        super().__init__()
        self.power = power

    def each(self, outputs, target, scale):
        mean, p = self.point(outputs), self.power
        return mean ** (2 - p) / (2 - p) - target * mean ** (1 - p) / (1 - p)


class NegativeBinomialLoss(PositiveLoss):
    """Negative log likelihood of counts, which scale with their unit.

    The second output is the dispersion: the variance is mean + dispersion * mean ** 2.
    """

    n_outputs = 2

    def each(self, outputs, target, scale):
        mean = self.point(outputs) * scale
        count = target * scale
        size = 1 / (nn.functional.softplus(outputs[..., 1]) + 1e-3)
        return (
            torch.lgamma(size)
            + torch.lgamma(count + 1)
            - torch.lgamma(count + size)
            + size * torch.log1p(mean / size)
            + count * (torch.log(mean + size) - torch.log(mean))
        )

    def weighted(self, weight):
        # a likelihood knows by itself how much a large series counts
        return (weight > 0).to(weight.dtype)


class PinballLoss(WindowLoss):
    """Mean pinball loss over quantiles; the point forecast is the median.

    Parameters
    ----------
    levels : tuple of float
        In rising order, 0.5 among them.
    """

    def __init__(self, levels):
        super().__init__()
        self.levels = levels
        self.n_outputs = self.n_locations = len(levels)
        self.register_buffer("_levels", torch.tensor(levels), persistent=False)

    def each(self, outputs, target, scale):
        over = target[..., None] - outputs
        levels = self._levels.to(over.dtype)
        return torch.maximum(levels * over, (levels - 1) * over).mean(dim=2)

    def point(self, outputs):
        return self.quantiles(outputs)[..., self.levels.index(0.5)]

    def quantiles(self, outputs):
        """Scaled quantiles in rising order, shape (n, n_steps, n_levels)."""
        return torch.sort(outputs, dim=2).values


LOSSES = {
    "squared_error": SquaredLoss,
    "absolute_error": AbsoluteLoss,
    "huber": HuberLoss,
    "poisson": PoissonLoss,
    "tweedie": TweedieLoss,
    "negative_binomial": NegativeBinomialLoss,
    "pinball": PinballLoss,
}


def make_loss(name, *, huber_delta, tweedie_power, levels):
    """The loss of a name, with those of the parameters that it has."""
    arguments = {"huber": huber_delta, "tweedie": tweedie_power, "pinball": levels}
    if name in arguments:
        return LOSSES[name](arguments[name])
    return LOSSES[name]()
