# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Windows of the LSTM against a slow reference that walks over every cell."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from random_histories import make_history  # noqa: E402

from sklearn_sales.neural_network._lstm_inputs import (  # noqa: E402
    Encoding,
    PanelArrays,
    learn_scales,
    running_level,
)
from sklearn_sales.neural_network._lstm_samples import choose_samples  # noqa: E402
from sklearn_sales.neural_network._lstm_windows import (  # noqa: E402
    Augmentation,
    PanelTensors,
    WindowBatches,
    Windowing,
    WindowSet,
)

LENGTHS, START = [12, 5, 9, 1], [0, 6, 2, 4]
LEVEL = 7.0
FIRST = -30


def make_tensors(seed=0, scaling="mean", window=6, horizon=3, seasons=(4,)):
    rng = np.random.default_rng(seed)
    history = make_history(LENGTHS, seed, gaps=0.3, start=START)
    n_cells = len(history.data)
    values = np.column_stack([rng.uniform(1, 3, n_cells), rng.normal(size=n_cells)])
    codes = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
    encoding = Encoding(*learn_scales(values, codes), [])
    panel = PanelArrays(
        history=history,
        running=running_level(history),
        covariates=encoding.standardised(values).astype(np.float32),
        has_row=np.ones(n_cells, dtype=bool),
        static=np.arange(len(LENGTHS))[:, None],
        pools={},
        level=LEVEL,
        non_negative=True,
        empty=1.0,
    )
    windowing = Windowing(window, horizon, seasons, False, scaling, 1.0)
    calendar = rng.normal(size=(80, 2)).astype(np.float32)
    tensors = PanelTensors.from_arrays(
        panel,
        encoding,
        windowing,
        calendar,
        FIRST,
        torch.device("cpu"),
        torch.float64,
    )
    return tensors, panel, encoding, values


class Slow:
    """One window, cell by cell."""

    def __init__(self, panel, values, encoding, windowing, code, origin):
        self.history, self.values, self.encoding = panel.history, values, encoding
        self.windowing, self.code, self.origin = windowing, code, origin
        self.begin = panel.history.start[code]
        self.end = panel.history.last[code]
        past = range(origin - windowing.window + 1, origin + 1)
        self.sales = [self.sale(t) for t in past]
        self.known = [v for v in self.sales if v is not None]
        before = [self.sale(t) for t in range(self.begin, origin + 1)]
        before = [abs(v) for v in before if v is not None]
        parts = [abs(v) for v in self.known]
        if before:
            parts.append(sum(before) / len(before))
        size = (sum(parts) + 0.25 * LEVEL) / (len(parts) + 0.25)
        self.location, self.scale = 0.0, size
        if windowing.scaling is None:
            self.scale = LEVEL
        elif windowing.scaling == "std":
            self.location = np.mean(self.known) if self.known else 0.0
            variance = np.var(self.known) if self.known else 0.0
            self.scale = np.sqrt(variance + (0.1 * size) ** 2)
        scaled = [self.scaled(v) for v in self.known]
        empty = 0.0 if windowing.scaling == "std" else 1.0
        self.fill = np.mean(scaled) if scaled else empty

    def cell(self, time):
        inside = self.begin <= time <= self.end
        return self.history.indptr[self.code] + time - self.begin if inside else None

    def sale(self, time):
        cell = self.cell(time)
        if cell is None or np.isnan(self.history.data[cell]):
            return None
        return self.history.data[cell]

    def scaled(self, sale):
        return (sale - self.location) / self.scale

    def lag(self, time):
        sale = self.sale(time)
        return self.fill if sale is None else self.scaled(sale)

    def times(self):
        return range(self.origin - self.windowing.window + 1, self.origin + 1)

    def relative(self, row):
        rows = [
            self.values[self.cell(t)] for t in self.times() if self.cell(t) is not None
        ]
        if not rows:
            return np.zeros(len(row))
        mean = np.mean(rows, axis=0)
        scales = self.encoding
        as_difference = (row - mean) / scales.deviation
        away = np.where(scales.as_ratio, row / mean - 1.0, as_difference)
        return away / scales.spread

    def past(self, calendar):
        lines = []
        for t in self.times():
            line = [np.arcsinh(self.lag(t)), float(self.sale(t) is not None)]
            if self.cell(t) is None:
                lines.append(line + [0.0] * (self.values.shape[1] + 2))
            else:
                relative = self.relative(self.values[self.cell(t)])
                lines.append([*line, *relative, *calendar[t - FIRST]])
        return np.array(lines)

    def future(self, calendar, step):
        time = self.origin + step
        row = self.values[self.cell(min(max(time, self.begin), self.end))]
        line = [*self.relative(row), *self.encoding.standardised(row)]
        line += [*calendar[time - FIRST]]
        for season in self.windowing.seasons:
            at = time
            while at > self.origin:
                at -= season
            for back in (at, at - season):
                line += [self.lag(back), float(self.sale(back) is not None)]
        return np.array(line)


@pytest.mark.parametrize("scaling", ["mean", "std", None])
@pytest.mark.parametrize("seed", range(3))
def test_windows_equal_those_cut_cell_by_cell(scaling, seed):
    tensors, panel, encoding, values = make_tensors(seed, scaling)
    calendar = tensors.calendar.numpy()
    pairs = [(s, t) for s in range(len(LENGTHS)) for t in range(-3, 16)]
    codes, origins = (torch.tensor(part) for part in zip(*pairs, strict=True))
    inputs, location, scale = tensors.inputs(codes, origins)
    targets = tensors.targets(codes, origins, location, scale, 3, 9)
    for i, (code, origin) in enumerate(pairs):
        slow = Slow(panel, values, encoding, tensors.windowing, code, origin)
        np.testing.assert_allclose(scale[i, 0], slow.scale, rtol=1e-6)
        np.testing.assert_allclose(location[i, 0], slow.location, rtol=1e-6)
        lags = [slow.lag(t) for t in slow.times()]
        np.testing.assert_allclose(inputs["lags"][i], lags, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(inputs["past"][i], slow.past(calendar), atol=2e-6)
        for step in (1, 2, 3):
            np.testing.assert_allclose(
                inputs["future"][i, step - 1], slow.future(calendar, step), atol=2e-6
            )
            sale = slow.sale(origin + step)
            counts = sale is not None and 3 <= origin + step <= 9
            assert (targets["weight"][i, step - 1] > 0) == counts
            if counts:
                weight = slow.scale / LEVEL
                np.testing.assert_allclose(targets["weight"][i, step - 1], weight)
                np.testing.assert_allclose(
                    targets["target"][i, step - 1], slow.scaled(sale), rtol=1e-6
                )


def test_one_step_by_itself_is_the_step_among_all():
    tensors, *_ = make_tensors()
    codes, origins = torch.tensor([0, 2, 1]), torch.tensor([5, 4, 8])
    whole, _, _ = tensors.inputs(codes, origins)
    for step in (1, 2, 3):
        steps = torch.full((3, 1), step)
        single, _, _ = tensors.inputs(codes, origins, steps=steps)
        torch.testing.assert_close(
            single["future"][:, 0], whole["future"][:, step - 1], rtol=0, atol=0
        )


def test_own_covariates_replace_those_of_the_panel():
    tensors, *_ = make_tensors()
    codes, origins = torch.tensor([0, 2]), torch.tensor([5, 4])
    own = torch.tensor([[9.0, 8.0], [7.0, 6.0]], dtype=torch.float64)
    plain, _, _ = tensors.inputs(codes, origins)
    changed, _, _ = tensors.inputs(codes, origins, own=(torch.tensor([0, 2]), own))
    torch.testing.assert_close(changed["future"][0, 0, 2:4], own[0])
    torch.testing.assert_close(changed["future"][1, 2, 2:4], own[1])
    torch.testing.assert_close(changed["future"][0, 1:], plain["future"][0, 1:])
    torch.testing.assert_close(changed["past"], plain["past"])


def test_nothing_after_the_origin_is_seen():
    tensors, panel, *_ = make_tensors()
    codes, origins = torch.tensor([0, 2, 1]), torch.tensor([5, 6, 8])
    before, *scales = tensors.inputs(codes, origins)
    before = {name: value.clone() for name, value in before.items()}
    history = panel.history
    for code, origin in zip(codes.tolist(), origins.tolist(), strict=True):
        later = np.arange(origin + 1, history.last[code] + 1)
        history.data[history.cells(np.full(len(later), code), later)] = 1e6
    after, *new_scales = tensors.inputs(codes, origins)
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)
    for old, new in zip(scales, new_scales, strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)


def test_empty_and_zero_windows_have_a_scale():
    for scaling in ("mean", "std", None):
        tensors, panel, *_ = make_tensors(scaling=scaling)
        panel.history.data[:] = 0.0
        panel.running[:] = 0.0
        codes, origins = torch.tensor([0, 0, 3]), torch.tensor([5, -20, 4])
        inputs, _, scale = tensors.inputs(codes, origins)
        assert (scale > 0).all()
        assert all(torch.isfinite(value).all() for value in inputs.values())


def test_running_level_is_the_mean_so_far():
    history = make_history(LENGTHS, seed=4, gaps=0.3, start=START)
    history.data[::3] *= -1
    running = running_level(history)
    for code in range(len(LENGTHS)):
        series = history.data[history.indptr[code] : history.indptr[code + 1]]
        means = [np.nanmean(np.abs(series[: i + 1])) for i in range(len(series))]
        found = running[history.indptr[code] : history.indptr[code + 1]]
        np.testing.assert_allclose(found, means, rtol=1e-6)


def test_augmentation_moves_inputs_alone():
    tensors, *_ = make_tensors()
    codes, origins = torch.tensor([0] * 500), torch.tensor([8] * 500)
    plain, _, scale = tensors.inputs(codes, origins)
    random = torch.Generator().manual_seed(0)
    noisy, _, new_scale = tensors.inputs(
        codes, origins, augmentation=Augmentation(scale=0.2), random=random
    )
    factors = torch.log(new_scale / scale)
    assert abs(float(factors.std()) - 0.2) < 0.03
    torch.testing.assert_close(noisy["lags"] * new_scale, plain["lags"] * scale)
    hidden, _, _ = tensors.inputs(
        codes, origins, augmentation=Augmentation(mask=0.3), random=random
    )
    kept = hidden["past"][..., 1].sum() / plain["past"][..., 1].sum()
    assert abs(float(kept) - 0.7) < 0.05
    jittered, _, _ = tensors.inputs(
        codes, origins, augmentation=Augmentation(jitter=0.1), random=random
    )
    seen = plain["past"][..., 1] > 0
    ratio = jittered["lags"][seen] / plain["lags"][seen]
    assert abs(float(ratio.std()) - 0.1) < 0.02


def test_origins_of_training_and_validation_share_no_target():
    history = make_history([40, 40, 7], gaps=0.2, start=[0, 0, 33])
    samples = choose_samples(history, 3, 4, 6, True, seed=0)
    assert samples.cut == 33
    assert samples.last == 39
    for origins, low, high in (
        (samples.train, 0, samples.cut),
        (samples.valid, samples.cut + 1, samples.last),
    ):
        found = set(zip(*(part.tolist() for part in origins), strict=True))
        expected = set()
        for code in range(3):
            for origin in range(history.start[code], history.last[code] + 1):
                ahead = np.arange(origin + 1, origin + 5)
                ahead = ahead[(ahead >= low) & (ahead <= high)]
                sales = history.values(np.full(len(ahead), code), ahead)
                if np.isfinite(sales).any():
                    expected.add((code, origin))
        assert found == expected


def test_short_spans_hold_nothing_out():
    for n_times, expected in ((9, False), (10, True)):
        history = make_history([n_times])
        samples = choose_samples(history, 1, 2, 4, True, seed=0)
        assert (samples.valid is not None) == expected
        assert samples.cut == (n_times - 5 if expected else n_times - 1)
    history = make_history([30])
    assert choose_samples(history, 1, 2, 4, False, seed=0).valid is None


def test_long_spans_and_few_series_hold_out_more_times():
    assert choose_samples(make_history([100]), 1, 2, None, True, 0).cut == 79
    many = make_history([100] * 50)
    assert choose_samples(many, 50, 2, None, True, 0).cut == 95
    # two horizons are held out where they are no more than a tenth of the span
    assert choose_samples(many, 50, 5, None, True, 0).cut == 89
    assert choose_samples(many, 50, 6, None, True, 0).cut == 93


def make_set(n, size, seed):
    tensors, *_ = make_tensors()
    codes, origins = torch.zeros(n, dtype=torch.int64), torch.arange(n) % 10
    return WindowSet(tensors, codes, origins, first=0, last=20, size=size, seed=seed)


def test_passes_are_drawn_by_the_seed():
    full = make_set(30, 30, seed=1)
    first, second = full.draw(), full.draw()
    assert sorted(first.tolist()) == list(range(30))
    assert first.tolist() != second.tolist()
    assert make_set(30, 30, seed=1).draw().tolist() == first.tolist()
    few = make_set(1000, 20, seed=1).draw()
    assert len(few) == 20
    assert len(set(few.tolist())) > 15
    assert make_set(30, 30, seed=None).draw().tolist() == list(range(30))


def test_batches_cover_a_pass():
    batches = WindowBatches(make_set(30, 30, seed=None), 8)
    sizes = [len(inputs["lags"]) for inputs, _ in batches]
    assert sizes == [8, 8, 8, 6]
    assert len(batches) == 4


@pytest.mark.parametrize("n_gathered", [1, 2, 3, 100])
def test_batches_are_the_same_however_many_are_gathered_at_once(
    n_gathered, monkeypatch
):
    batches = WindowBatches(make_set(30, 30, seed=None), 8)
    windowing = batches.dataset.tensors.windowing
    n_times = 8 * (windowing.window + windowing.horizon)
    module = "sklearn_sales.neural_network._lstm_windows"
    monkeypatch.setattr(f"{module}._GATHERED", n_gathered * n_times)
    for number, batch in enumerate(batches):
        index = torch.arange(30)[8 * number : 8 * number + 8]
        for found, expected in zip(batch, batches.dataset[index], strict=True):
            assert found.keys() == expected.keys()
            for name, tensor in found.items():
                assert torch.equal(tensor, expected[name])


MEMORY = """
import resource
import numpy as np
from sklearn_sales import LSTMRegressor

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

n_series, n_times = 400, 500
X = np.column_stack(
    [np.repeat(np.arange(n_series), n_times), np.tile(np.arange(n_times), n_series)]
)
y = np.random.default_rng(0).poisson(5.0, n_series * n_times).astype(float)
options = dict(series=0, time=1, max_epochs=1, epoch_size=256, hidden_size=4)
LSTMRegressor(2, **options).fit(X[:1000], y[:1000])
before = peak()
LSTMRegressor(200, **options).fit(X, y)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_does_not_grow_with_panel_times_window():
    # 200,000 windows of 200 times are 160 MB of sales alone, in single precision
    result = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    assert float(result.stdout) < 100
