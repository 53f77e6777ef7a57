# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Devices, threads and random states around the work of torch."""

import multiprocessing
import os
import threading
import warnings
from contextlib import contextmanager, nullcontext

from sklearn_sales._compat import import_optional

__all__ = [
    "advice_when_memory_ends",
    "check_precision",
    "precision_of",
    "private_random_state",
    "resolve_device",
    "shared_threads",
]

# Units of all windows of a batch from which a step is worth a second thread.
_ENOUGH_WORK = 8192
_MEMORY_ADVICE = (
    "The memory of device {device} does not hold this work. Lower batch_size (now "
    "{batch_size}), then window (now {window}) or hidden_size; precision='bf16' halves "
    "what the activations take, and device='cpu' uses the memory of the machine."
)


def resolve_device(device, *, fitted=False):
    """The device that a name stands for.

    Parameters
    ----------
    device : str
        ``"auto"`` is CUDA, else MPS, else the CPU. In a process that was forked from
        one that had used CUDA it is the CPU, since CUDA cannot be used there.
    fitted : bool, default=False
        Whether a fitted model asks: where its device is missing, the CPU answers with
        a warning.

    Returns
    -------
    torch.device
    """
    torch = import_optional("torch", extra="deep")
    if device == "auto":
        # asked for here and not before: a look at CUDA is felt by forked processes
        if not _in_bad_fork(torch) and torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device={device!r} is no device of torch; give 'auto', 'cpu', 'cuda', "
            "'cuda:1' or 'mps'."
        ) from error
    if _is_there(torch, found):
        return found
    if not fitted:
        raise ValueError(
            f"device={device!r} is not available here; device='auto' takes what is."
        )
    warnings.warn(
        f"device={device!r}, that the model was fitted with, is not available here; "
        "it forecasts on the CPU.",
        UserWarning,
        stacklevel=4,
    )
    return torch.device("cpu")


def _in_bad_fork(torch):
    return getattr(torch.cuda, "_is_in_bad_fork", bool)()


def _is_there(torch, device):
    if device.type == "cuda":
        index = device.index or 0
        return torch.cuda.is_available() and index < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return device.type == "cpu"


def check_precision(precision, device):
    """Refuse half precision where torch has no recurrent layer of it."""
    if precision == "fp16" and device.type == "cpu":
        raise ValueError(
            "precision='fp16' needs a GPU: torch has no recurrent layer of it for the "
            "CPU. Take 'bf16' or 'fp32'."
        )


def precision_of(device, *, training):
    """Floating type of the sales and what is computed from them.

    Forecasts on the CPU are worked out in double precision: then the answer of a row
    is the same to the last digit that matters, however rows are batched.
    """
    torch = import_optional("torch", extra="deep")
    if not training and device.type == "cpu":
        return torch.float64
    return torch.float32


@contextmanager
def private_random_state(seed, device):
    """Seed torch inside, and leave its global random state as it was."""
    torch = import_optional("torch", extra="deep")
    devices, kind = [], "cuda"
    if device.type != "cpu":
        kind = device.type
        devices = [device.index or 0] if kind == "cuda" else [0]
    with torch.random.fork_rng(devices=devices, device_type=kind):
        # each generator by itself: torch.manual_seed would also reach devices
        # whose state is not put back
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            torch.cuda.default_generators[devices[0]].manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield


class _OneThread:
    """Holds torch at one thread while anybody is inside, whatever leaves first."""

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 1

    def __enter__(self):
        torch = import_optional("torch", extra="deep")
        with self._lock:
            if not self._inside:
                self._before = torch.get_num_threads()
                torch.set_num_threads(1)
            self._inside += 1

    def __exit__(self, *error):
        torch = import_optional("torch", extra="deep")
        with self._lock:
            self._inside -= 1
            if not self._inside:
                torch.set_num_threads(self._before)


_ONE_THREAD = _OneThread()


def shared_threads(n_windows, hidden_size):
    """One thread of the CPU where more would only wait for each other.

    The threads of a recurrent layer meet at every time of the window: a few windows
    are read faster by one. A process that was forked from one that had used threads
    would wait for them for ever, and does not know how many others it shares the cores
    with; joblib's own workers are told by OMP_NUM_THREADS, which torch obeys.

    Parameters
    ----------
    n_windows : int
        Windows that are worked on at once.
    hidden_size : int

    Returns
    -------
    context manager
    """
    forked = multiprocessing.parent_process() is not None
    told = "OMP_NUM_THREADS" in os.environ
    if n_windows * hidden_size < _ENOUGH_WORK or (forked and not told):
        return _ONE_THREAD
    return nullcontext()


@contextmanager
def advice_when_memory_ends(device, batch_size, window):
    """Turn an out-of-memory error into one that says what to change."""
    torch = import_optional("torch", extra="deep")
    try:
        yield
    except RuntimeError as error:
        if not _is_out_of_memory(torch, error):
            raise
        advice = _MEMORY_ADVICE.format(
            device=device, batch_size=batch_size, window=window
        )
        raise MemoryError(advice) from error


def _is_out_of_memory(torch, error):
    known = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)
    # the CPU allocator raises a plain RuntimeError
    return isinstance(error, known) or "can't allocate memory" in str(error)
