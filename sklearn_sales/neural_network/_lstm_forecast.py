# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Forecasts of rows from fitted nets: by origin, in one pass or rolled forward."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_sales._compat import import_optional
from sklearn_sales.neural_network._lstm_calendar import calendar_features
from sklearn_sales.neural_network._lstm_training import torch_part
from sklearn_sales.panel import History

__all__ = ["Reader", "Requests", "forecast_rows"]

# Numbers that one batch may hold, all channels counted.
_BATCH_NUMBERS = 2_000_000


@dataclass
class Requests:
    """Rows to be answered.

    Attributes
    ----------
    codes : ndarray of shape (n,)
        The series, or the pool that stands for a new one.
    groups : ndarray of shape (n,)
        Equal for rows of one series; new series have groups of their own.
    origins, steps : ndarray of shape (n,)
    covariates : ndarray of shape (n, n_covariates)
        Standardised.
    static : ndarray of shape (n, n_static)
    ahead : ndarray of shape (n,)
        Whether a row lies after the last observation of its series.
    """

    codes: np.ndarray
    groups: np.ndarray
    origins: np.ndarray
    steps: np.ndarray
    covariates: np.ndarray
    static: np.ndarray
    ahead: np.ndarray

    def take(self, index):
        return Requests(*(getattr(self, name)[index] for name in self.__annotations__))


@dataclass
class Reader:
    """Fitted nets and what they need to read a panel.

    Attributes
    ----------
    modules : list of LSTMForecaster
        In evaluation mode, on `device` and of `dtype`; their answers are averaged.
    loss : WindowLoss
    panel : PanelArrays
    encoding : Encoding
    windowing : Windowing
    calendar : Calendar
    floor, ceiling : float
        Forecasts are no lower, and no higher, than this.
    unrolled : bool
        Whether the decoder needs all steps up to the one wanted.
    kind : {"point", "quantiles", "attention"}
    """

    modules: list
    loss: Any
    panel: Any
    encoding: Any
    windowing: Any
    calendar: Any
    device: Any
    dtype: Any
    floor: float
    ceiling: float
    unrolled: bool
    kind: str

    def tensors(self, panel, first, last):
        """A panel on the device, with the calendar of positions first..last."""
        positions = np.arange(first, last + 1)
        windowing = self.windowing
        features = calendar_features(
            self.calendar, positions, windowing.seasons, yearly=windowing.yearly
        )
        return torch_part("windows").PanelTensors.from_arrays(
            panel,
            self.encoding,
            windowing,
            features,
            first,
            self.device,
            self.dtype,
        )

    def answer(self, inputs, location, scale):
        """Point forecasts (n, n_steps) and what is asked for, in units of sales."""
        torch = import_optional("torch", extra="deep")
        with torch.inference_mode():
            outputs = [module(**inputs) for module in self.modules]
            points = [self.loss.point(output) for output in outputs]
            point = self._sales(torch.stack(points).mean(dim=0), location, scale)
            if self.kind == "point":
                return point, point
            if self.kind == "attention":
                weights = [module.attend(**inputs) for module in self.modules]
                return point, torch.stack(weights).mean(dim=0).cpu().numpy()
            quantiles = [self.loss.quantiles(output) for output in outputs]
            mean = torch.stack(quantiles).mean(dim=0)
            return point, self._sales(mean, location[..., None], scale[..., None])

    def _sales(self, scaled, location, scale):
        sales = (location + scale * scaled).double().cpu().numpy()
        return np.clip(sales, self.floor, self.ceiling)


def forecast_rows(reader, requests):
    """Answers of rows, shape (n,) or (n, n_quantiles) or (n, window).

    Parameters
    ----------
    reader : Reader
    requests : Requests
    """
    parts = []
    for inside, forecast in ((True, _inside), (False, _ahead)):
        index = np.flatnonzero(requests.ahead != inside)
        if len(index):
            parts.append((index, forecast(reader, requests.take(index))))
    shape = (len(requests.codes), *parts[0][1].shape[1:])
    answers = np.empty(shape)
    for index, part in parts:
        answers[index] = part
    return answers


def _inside(reader, requests):
    """Rows of the training span, each from its own origin."""
    torch = import_optional("torch", extra="deep")
    windowing, device = reader.windowing, reader.device
    tensors = reader.tensors(
        reader.panel,
        int(requests.origins.min()) - windowing.window + 1,
        int(requests.origins.max()) + windowing.horizon,
    )
    width = windowing.window * (tensors.covariates.shape[1] + 32)
    size = max(1, _BATCH_NUMBERS // width)
    answers = []
    for first in range(0, len(requests.codes), size):
        part = requests.take(slice(first, first + size))
        codes, origins, steps, static = (
            torch.from_numpy(a).to(device)
            for a in (part.codes, part.origins, part.steps, part.static)
        )
        own = torch.from_numpy(part.covariates).to(device=device, dtype=reader.dtype)
        column = steps - 1 if reader.unrolled else torch.zeros_like(steps)
        inputs, location, scale = tensors.inputs(
            codes,
            origins,
            steps=None if reader.unrolled else steps[:, None],
            own=(column, own),
        )
        inputs["static"] = static
        _, wanted = reader.answer(inputs, location, scale)
        answers.append(wanted[np.arange(len(wanted)), column.cpu().numpy()])
    return np.concatenate(answers)


def _ahead(reader, requests):
    """Rows after the last observation, all steps of a series together."""
    groups, first, group = np.unique(
        requests.groups, return_index=True, return_inverse=True
    )
    needed = np.zeros(len(groups), dtype=np.int64)
    np.maximum.at(needed, group, requests.steps)
    # the earliest row of a series speaks for it, whatever the order of the rows
    order = np.lexsort((requests.steps, group))
    first = order[np.searchsorted(group[order], np.arange(len(groups)))]
    horizon = reader.windowing.horizon
    blocks = -(-needed // horizon)
    by_need = np.argsort(blocks, kind="stable")
    place = np.empty_like(by_need)
    place[by_need] = np.arange(len(by_need))
    answers = None
    for chunk in _chunks(reader, blocks[by_need]):
        members = by_need[chunk]
        rows = np.flatnonzero(
            (place[group] >= chunk.start) & (place[group] < chunk.stop)
        )
        part = requests.take(rows)
        local = place[group[rows]] - chunk.start
        span = int(blocks[members].max()) * horizon
        extended = _extended_panel(
            reader, requests.take(first[members]), part, local, span
        )
        wanted = _rolled(reader, extended, blocks[members])
        if answers is None:
            answers = np.empty((len(group), *wanted.shape[2:]))
        answers[rows] = wanted[local, part.steps - 1]
    return answers


def _chunks(reader, blocks):
    """Slices of series, the shortest forecasts first, that fit into one batch."""
    windowing = reader.windowing
    channels = 1 + len(reader.encoding.mean)
    lengths = windowing.depth + windowing.window * 8 + blocks * windowing.horizon
    first = 0
    while first < len(blocks):
        sizes = np.arange(1, len(blocks) - first + 1) * lengths[first:] * channels
        last = first + max(1, int(np.searchsorted(sizes, 2 * _BATCH_NUMBERS)))
        yield slice(first, min(last, len(blocks)))
        first = last


def _extended_panel(reader, series, part, local, span):
    """The ends of some series with `span` times after them, as a panel of its own.

    Covariates of those times come from the rows; where there is no row, the last known
    ones are carried forward.

    Parameters
    ----------
    series : Requests
        One row for each series.
    part : Requests
        All rows wanted of them.
    local : ndarray of shape (n_rows,)
        Series of each row.
    span : int

    Returns
    -------
    tensors : PanelTensors
    origins : tensor of shape (n,)
        The last observation of each series.
    """
    torch = import_optional("torch", extra="deep")
    panel, history = reader.panel, reader.panel.history
    depth, n = reader.windowing.depth, len(series.codes)
    codes, length = series.codes[:, None], depth + span
    positions = series.origins[:, None] + np.arange(1 - depth, span + 1)
    cells = history.cells(codes, positions)
    values = np.where(cells >= 0, history.data[cells], np.nan)
    held = np.clip(positions, history.start[codes], history.last[codes])
    covariates = panel.covariates[history.cells(codes, held)].astype(np.float64)
    known = np.zeros((n, length), dtype=bool)
    known[:, :depth] = True
    covariates[local, depth - 1 + part.steps] = part.covariates
    known[local, depth - 1 + part.steps] = True
    latest = np.maximum.accumulate(np.where(known, np.arange(length), 0), axis=1)
    covariates = np.take_along_axis(covariates, latest[..., None], axis=1)
    extended = replace(
        panel,
        history=History(values.reshape(-1), np.arange(n + 1) * length, positions[:, 0]),
        known_from=np.maximum(history.start[series.codes], positions[:, 0]),
        running=np.repeat(panel.running[history.indptr[series.codes + 1] - 1], length),
        covariates=covariates.reshape(n * length, -1),
        static=series.static,
    )
    tensors = reader.tensors(extended, int(positions.min()), int(positions.max()))
    return tensors, torch.from_numpy(series.origins).to(reader.device)


def _rolled(reader, extended, blocks):
    """What is wanted of all steps, forecasts of one block feeding the next.

    Returns
    -------
    ndarray of shape (n, n_steps) or (n, n_steps, ...)
    """
    torch = import_optional("torch", extra="deep")
    tensors, origins = extended
    horizon = reader.windowing.horizon
    steps = torch.arange(1, horizon + 1, device=reader.device)
    answers = None
    for block in range(int(blocks.max())):
        active = np.flatnonzero(blocks > block)
        codes = torch.from_numpy(active).to(reader.device)
        begin = origins[codes] + block * horizon
        inputs, location, scale = tensors.inputs(codes, begin)
        point, wanted = reader.answer(inputs, location, scale)
        if answers is None:
            shape = (len(blocks), int(blocks.max()) * horizon, *wanted.shape[2:])
            answers = np.empty(shape)
        answers[active, block * horizon : (block + 1) * horizon] = wanted
        cells = (tensors.offset[codes] + begin)[:, None] + steps
        fed_back = torch.from_numpy(point).to(tensors.values)
        tensors.values[cells] = fed_back
    return answers
