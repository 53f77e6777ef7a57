# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Windows of a panel, cut out on the device by index arithmetic.

The panel is a handful of flat tensors. A batch is a vector of (series, origin); what
the net sees of it is gathered when it is needed, so memory grows with the panel and
not with panel times window.
"""

from dataclasses import dataclass

import numpy as np
import torch

__all__ = ["Augmentation", "PanelTensors", "WindowBatches", "WindowSet", "Windowing"]

# The panel's level counts as a quarter of an observation in the scale of a window, so
# that one which is almost empty, or holds zeros alone, blows nothing up.
_PRIOR_COUNT = 0.25
_LARGEST_WEIGHT = 10.0
# Times of windows that are gathered at once, where a batch has fewer.
_GATHERED = 1 << 16


@dataclass(frozen=True)
class Windowing:
    """What windows look like.

    Attributes
    ----------
    window, horizon : int
        Times before and after the origin.
    seasons : tuple of int
        Each adds the last two known values of the same phase to every step.
    yearly : bool
        Whether the net is told the phase of the year.
    scaling : {"mean", "std", None}
    scale_power : float
        Loss weights are the scale of the window, in units of the panel's level and no
        more than ten, to this power.
    """

    window: int
    horizon: int
    seasons: tuple
    yearly: bool
    scaling: str | None
    scale_power: float

    @property
    def depth(self):
        """Times before the origin that a batch may look at."""
        return max([self.window, *(2 * m for m in self.seasons)])


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training windows; 0 is none.

    Attributes
    ----------
    scale : float
        Deviation of the log factor that a window's scale is multiplied by.
    jitter : float
        Deviation of the relative noise on each past value.
    mask : float
        Share of past values that are hidden.
    """

    scale: float = 0.0
    jitter: float = 0.0
    mask: float = 0.0


class PanelTensors:
    """A panel on a device.

    Parameters
    ----------
    values : tensor of shape (n_cells,)
        Sales; NaN where not observed.
    running : tensor of shape (n_cells,)
        Mean absolute sales up to and including each cell.
    covariates : tensor of shape (n_cells, n_covariates)
        Standardised.
    offset, start, last : tensor of shape (n_series,)
        Cell of calendar position 0, and the first and last position of each series.
    static : tensor of shape (n_series, n_static)
    calendar : tensor of shape (n_positions, n_features)
    first_position : int
        Position of the first row of `calendar`.
    level, empty : float
        As in `PanelArrays`.
    spread, centre : tensor of shape (n_covariates,)
        Deviation within series, and mean over deviation (NaN for no ratio).
    windowing : Windowing
    """

    def __init__(self, *, windowing, level, empty, first_position, **tensors):
        self.windowing = windowing
        self.level = level
        self.empty = empty
        self.first_position = first_position
        for name, tensor in tensors.items():
            setattr(self, name, tensor)
        device = self.values.device
        self._back = torch.arange(1 - windowing.window, 1, device=device)
        self._ahead = torch.arange(1, windowing.horizon + 1, device=device)

    @property
    def device(self):
        return self.values.device

    @property
    def dtype(self):
        return self.values.dtype

    @classmethod
    def from_arrays(
        cls, panel, encoding, windowing, calendar, first_position, device, dtype
    ):
        """Put a `PanelArrays` on a device.

        Parameters
        ----------
        panel : PanelArrays
        encoding : Encoding
        windowing : Windowing
        calendar : ndarray of shape (n_positions, n_features)
        first_position : int
        device : torch.device
        dtype : torch.dtype
            Of the sales and of what is computed from them.
        """
        history = panel.history
        start = history.start if panel.known_from is None else panel.known_from
        centre = np.where(encoding.as_ratio, encoding.mean / encoding.deviation, np.nan)

        def put(array, of=None):
            # memory-mapped arrays are read-only, which torch warns about
            array = np.require(array, requirements=["C", "W"])
            return torch.from_numpy(array).to(device=device, dtype=of)

        return cls(
            values=put(history.data, dtype),
            running=put(panel.running),
            covariates=put(panel.covariates),
            offset=put(history.indptr[:-1] - history.start),
            start=put(start),
            last=put(history.last),
            static=put(panel.static),
            calendar=put(calendar),
            spread=put(encoding.spread, dtype),
            centre=put(centre, dtype),
            first_position=first_position,
            level=panel.level,
            empty=panel.empty,
            windowing=windowing,
        )

    def inputs(
        self, codes, origins, *, steps=None, own=None, augmentation=None, random=None
    ):
        """What the net sees of windows, and their location and scale.

        Parameters
        ----------
        codes, origins : tensor of shape (n,)
        steps : tensor of shape (n, n_steps), default=None
            Steps ahead; None is 1..horizon.
        own : tuple of (column, covariates), default=None
            Covariates of shape (n, n_covariates) that replace those of the panel at
            one column of `steps`, an int tensor of shape (n,).
        augmentation : Augmentation, default=None
        random : torch.Generator, default=None

        Returns
        -------
        inputs : dict of tensors
            Arguments of `LSTMForecaster.forward`.
        location, scale : tensor of shape (n, 1)
        """
        if steps is None:
            steps = self._ahead.expand(len(codes), -1)
        back = origins[:, None] + self._back
        cells, inside = self._cells(codes, back)
        sales = self._sales(cells, inside)
        seen = ~torch.isnan(sales)
        sales = torch.where(seen, sales, 0)
        location, scale = self._location_and_scale(codes, origins, sales, seen)
        if augmentation is not None and augmentation.scale:
            scale = scale * torch.exp(augmentation.scale * self._noise(scale, random))
        lags = (sales - location) / scale
        if augmentation is not None:
            lags, seen = self._augmented(lags, seen, augmentation, random)
        fill = self._fill(lags, seen)
        lags = torch.where(seen, lags, fill)
        wide = inside[:, :, None]
        relative_past, relative_ahead, ahead = self._covariates(
            codes, origins, cells, wide, steps, own
        )
        past = [torch.asinh(lags)[..., None], seen[..., None], relative_past]
        past.append(torch.where(wide, self._calendar(back), 0))
        positions = origins[:, None] + steps
        future = [relative_ahead, ahead, self._calendar(positions)]
        future += self._seasonal(codes, origins, steps, location, scale, fill)
        inputs = {
            "lags": lags,
            "past": torch.cat([part.to(self.dtype) for part in past], dim=2),
            "future": torch.cat([part.to(self.dtype) for part in future], dim=2),
            "steps": steps,
            "static": self.static[codes],
            "level": torch.log(scale / self.level).clamp(-8, 8) / 2,
        }
        return inputs, location, scale

    def targets(self, codes, origins, location, scale, first, last):
        """Scaled sales of the steps ahead whose position lies in first..last.

        Returns
        -------
        dict of tensors
            ``target`` and ``weight`` of shape (n, horizon), ``scale`` of (n, 1).
        """
        positions = origins[:, None] + self._ahead
        cells, inside = self._cells(codes, positions)
        sales = self._sales(cells, inside & (positions >= first) & (positions <= last))
        seen = ~torch.isnan(sales)
        target = torch.where(seen, (sales - location) / scale, 0)
        size = (scale / self.level).clamp(max=_LARGEST_WEIGHT)
        weight = size**self.windowing.scale_power
        return {"target": target, "weight": seen * weight, "scale": scale}

    def _cells(self, codes, positions):
        start, last = self.start[codes][:, None], self.last[codes][:, None]
        inside = (positions >= start) & (positions <= last)
        cells = self.offset[codes][:, None] + positions
        return torch.where(inside, cells, 0), inside

    def _sales(self, cells, inside):
        return torch.where(inside, self.values[cells], torch.nan)

    def _calendar(self, positions):
        return self.calendar[positions - self.first_position]

    def _location_and_scale(self, codes, origins, sales, seen):
        """Of each window, safe where it holds no sale or none but zero."""
        shape = (len(codes), 1)
        if self.windowing.scaling is None:
            zero = torch.zeros(shape, dtype=self.dtype, device=self.device)
            return zero, zero + self.level
        # the window's mean and, as one more observation, the mean of all before it
        before = origins >= self.start[codes]
        at = torch.minimum(origins, self.last[codes]) + self.offset[codes]
        long_run = torch.where(before, self.running[torch.where(before, at, 0)], 0)
        long_run = long_run.to(self.dtype)[:, None]
        total = sales.abs().sum(dim=1, keepdim=True) + long_run
        count = seen.sum(dim=1, keepdim=True)
        weight = count + before[:, None]
        size = (total + _PRIOR_COUNT * self.level) / (weight + _PRIOR_COUNT)
        if self.windowing.scaling == "mean":
            return torch.zeros_like(size), size
        location = sales.sum(dim=1, keepdim=True) / count.clamp(min=1)
        away = torch.where(seen, sales - location, 0)
        variance = (away**2).sum(dim=1, keepdim=True) / count.clamp(min=1)
        return location, torch.sqrt(variance + (0.1 * size) ** 2)

    def _fill(self, lags, seen):
        """Mean of the window, which stands where nothing was observed."""
        count = seen.sum(dim=1, keepdim=True)
        mean = torch.where(seen, lags, 0).sum(dim=1, keepdim=True) / count.clamp(min=1)
        empty = 0.0 if self.windowing.scaling == "std" else self.empty
        return torch.where(count > 0, mean, empty)

    def _covariates(self, codes, origins, cells, wide, steps, own):
        """Covariates of the past and of the steps, relative and as they are."""
        past = torch.where(wide, self.covariates[cells].to(self.dtype), 0)
        held = torch.clamp(
            origins[:, None] + steps,
            self.start[codes][:, None],
            self.last[codes][:, None],
        )
        ahead = self.covariates[self.offset[codes][:, None] + held].to(self.dtype)
        if own is not None:
            column, covariates = own
            ahead[torch.arange(len(codes), device=self.device), column] = covariates
        count = wide.sum(dim=1, keepdim=True)
        mean = past.sum(dim=1, keepdim=True) / count.clamp(min=1)
        # a ratio to the window's mean for prices, a difference for all others
        size = torch.where(torch.isnan(self.centre), 1, mean + self.centre)
        unit = size * self.spread
        relative_past = torch.where(wide, (past - mean) / unit, 0)
        relative_ahead = torch.where(count > 0, (ahead - mean) / unit, 0)
        return relative_past, relative_ahead, ahead

    def _seasonal(self, codes, origins, steps, location, scale, fill):
        """The last two known values of the same phase, and whether they are known."""
        parts = []
        for season in self.windowing.seasons:
            back = steps - season * ((steps + season - 1) // season)
            for further in (0, season):
                cells, inside = self._cells(codes, origins[:, None] + back - further)
                sales = self._sales(cells, inside)
                seen = ~torch.isnan(sales)
                value = torch.where(seen, (sales - location) / scale, fill)
                parts += [value[..., None], seen[..., None]]
        return parts

    def _noise(self, like, random):
        return torch.randn(
            like.shape, generator=random, device=like.device, dtype=like.dtype
        )

    def _augmented(self, lags, seen, augmentation, random):
        if augmentation.jitter:
            lags = lags * (1 + augmentation.jitter * self._noise(lags, random))
        if augmentation.mask:
            hidden = torch.rand(lags.shape, generator=random, device=lags.device)
            seen = seen & (hidden >= augmentation.mask)
        return lags, seen


class WindowSet(torch.utils.data.Dataset):
    """Windows to learn from, by the cell of their origin.

    Parameters
    ----------
    tensors : PanelTensors
    codes, origins : tensor of shape (n,)
    first, last : int
        Targets at other positions do not count.
    size : int
        Number of windows that one pass draws; all of them if there are no more.
    seed : int, default=None
        None passes over all windows in their order.
    augmentation : Augmentation, default=None
    """

    def __init__(
        self,
        tensors,
        codes,
        origins,
        *,
        first,
        last,
        size,
        seed=None,
        augmentation=None,
    ):
        self.tensors = tensors
        self.codes = codes
        self.origins = origins
        self.first = first
        self.last = last
        self.size = min(size, len(codes))
        self.augmentation = augmentation
        self._random = None
        if seed is not None:
            self._random = torch.Generator(device=tensors.device)
            self._random.manual_seed(seed)

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        """One batch: what the net sees, and the targets."""
        codes, origins = self.codes[index], self.origins[index]
        inputs, location, scale = self.tensors.inputs(
            codes, origins, augmentation=self.augmentation, random=self._random
        )
        targets = self.tensors.targets(
            codes, origins, location, scale, self.first, self.last
        )
        return inputs, targets

    def draw(self):
        """Indices of the windows of one pass."""
        n, device = len(self.codes), self.codes.device
        if self._random is None:
            return torch.arange(self.size, device=device)
        if n > 4 * self.size:
            # few are drawn twice, and no permutation of a large panel is needed
            return torch.randint(n, (self.size,), generator=self._random, device=device)
        return torch.randperm(n, generator=self._random, device=device)[: self.size]


class WindowBatches:
    """The batches of one pass over a `WindowSet`, as skorch asks for them.

    Parameters
    ----------
    dataset : WindowSet
    batch_size : int
    """

    def __init__(self, dataset, batch_size):
        self.dataset = dataset
        self.batch_size = batch_size

    def __iter__(self):
        # the many small steps of gathering cost less for several batches at once
        windowing = self.dataset.tensors.windowing
        n_times = windowing.window + windowing.horizon
        n_batches = max(_GATHERED // (n_times * self.batch_size), 1)
        for index in self.dataset.draw().split(n_batches * self.batch_size):
            inputs, targets = self.dataset[index]
            for first in range(0, len(index), self.batch_size):
                batch = slice(first, first + self.batch_size)
                yield _rows(inputs, batch), _rows(targets, batch)

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)


def _rows(tensors, rows):
    return {name: tensor[rows] for name, tensor in tensors.items()}
