# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""One case of the fuzz: hostile input, and what is allowed to come of it.

Allowed is an answer of the right length that does not depend on the order of the rows,
or a ValueError or TypeError that this package, or scikit-learn's validation, has raised
itself. Everything else is unexplained: another exception, an error from the depths of
numpy or pandas, a hang, a wrong length.
"""

import signal
import traceback
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import joblib
import numpy as np
from hostile_tables import mostly, tables, targets
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

import sklearn_sales as ss
from sklearn_sales.model_selection import take_rows

SECONDS = 30
OURS = str(Path(ss.__file__).parent)
_SKLEARN = ("sklearn/utils/", "sklearn/base.py")


class Hang(BaseException):
    """A case that takes too long."""


class Unexplained(AssertionError):
    """What no message of ours explains."""


@contextmanager
def time_limit():
    """Where the system has alarms; elsewhere a hang hangs."""

    def stop(*_):
        raise Hang(f"no answer in {SECONDS} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def is_documented(error):
    """Whether an error was raised on purpose."""
    if not isinstance(error, (ValueError, TypeError)):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame.filename.startswith(OURS) for frame in frames]
    beyond = frames[len(frames) - ours[::-1].index(True) :] if any(ours) else frames
    if not beyond:
        # what a C extension raises is shown at the line that calls it
        return "raise" in _statement(frames[-1])
    # the table or the target was refused by the checks of scikit-learn
    return any(part in frame.filename for frame in beyond for part in _SKLEARN)


@cache
def _source(filename):
    # read once: an editor may change the file while the fuzz runs
    return Path(filename).read_text("utf-8").splitlines()


def _statement(frame):
    """The lines of a statement; a raise may begin above the line that is told."""
    lines = _source(frame.filename)
    end = getattr(frame, "end_lineno", None) or frame.lineno
    return "\n".join(lines[frame.lineno - 1 : end])


def where(error):
    """Kind and place of an error, to count alike ones together."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if frame.filename.startswith(OURS)] or frames
    place = f"{Path(mine[-1].filename).name}:{mine[-1].lineno}"
    return f"{type(error).__name__} at {place}: {str(error)[:160]}"


def run_case(case):
    """Run one case.

    Returns
    -------
    str
        ``"answer"`` or ``"error"``.

    Raises
    ------
    Unexplained
    """
    act, *arguments = case
    try:
        with warnings.catch_warnings(), time_limit():
            warnings.simplefilter("error")
            # warnings for users are documented; those of numpy tell of a lapse
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", FutureWarning)
            act(*arguments)
    except Unexplained:
        raise
    except (Exception, Hang) as error:
        if is_documented(error):
            return "error"
        raise Unexplained(where(error)) from error
    return "answer"


# what is done with the tables


def fit_and_answer(estimator, X, y, X_new):
    """Fit, then answer the training rows and others."""
    estimator.fit(X, y)
    for rows in (X, X_new):
        method = "predict" if hasattr(estimator, "predict") else "transform"
        _check_answers(getattr(estimator, method), rows, estimator)


def _check_answers(answer, X, estimator):
    try:
        found = _array(answer(X))
    except Exception as error:
        if is_documented(error):
            return
        raise
    n_rows = n_rows_of(X)
    if len(found) != n_rows:
        raise Unexplained(f"{len(found)} answers to {n_rows} rows of {estimator}")
    if hasattr(X, "shape") and not isinstance(X, np.ndarray):
        order = np.arange(n_rows)[::-1]
        backwards = _array(answer(take_rows(X, order)))
        if not _same(backwards, found[order]):
            raise Unexplained(f"rows backwards are answered otherwise by {estimator}")


def n_rows_of(X):
    """Number of rows of a table, a list or a scalar."""
    if hasattr(X, "collect"):
        X = X.collect()
    shape = getattr(X, "shape", None)
    if shape is None:
        shape = (len(X),) if hasattr(X, "__len__") else ()
    return shape[0] if shape else 0


def _array(answers):
    """Numbers, or what passes through a transformer as text."""
    if hasattr(answers, "to_pandas"):
        answers = answers.to_pandas()
    answers = np.asarray(answers)
    if answers.dtype.kind in "biuf":
        return answers
    shape = answers.shape
    return np.array([repr(v) for v in answers.ravel().tolist()]).reshape(shape)


def _same(some, others):
    if some.dtype.kind == "U" or others.dtype.kind == "U":
        return np.array_equal(some, others)
    return np.allclose(some, others, rtol=1e-9, equal_nan=True)


def fit_and_observe(estimator, X, y, X_new, y_new, learn):
    """What an error leaves of an estimator is what was there before."""
    estimator.fit(X, y)
    before = joblib.hash(estimator)
    try:
        if learn and hasattr(estimator, "partial_fit"):
            estimator.partial_fit(X_new, y_new)
        else:
            ss.observe(estimator, X_new, y_new, overwrite=learn)
    except Exception:
        if joblib.hash(estimator) != before:
            raise Unexplained(f"refused rows have changed {estimator}") from None
        raise
    answer = getattr(estimator, "predict", None) or estimator.transform
    for rows in (X, X_new):
        _check_answers(answer, rows, estimator)


def monitor(estimator, X, y, X_new, y_new):
    """A verdict, whatever sales come."""
    watch = ss.ForecastMonitor(estimator.fit(X, y)).start(X)
    if not len(watch.update(X_new, y_new).errors("series")):
        raise Unexplained("a monitor that counts nothing")
    watch.verdict()


def split(splitter, X, y):
    """Folds lie within the table."""
    n_rows = n_rows_of(X)
    for train, test in splitter.split(X, y):
        if len(np.intersect1d(train, test)) or max(*train, *test) >= n_rows:
            raise Unexplained(f"folds outside of {n_rows} rows, or that overlap")


def call(function, *arguments, **keywords):
    """A function of tables gives something."""
    if function(*arguments, **keywords) is None:
        raise Unexplained(f"{function.__name__} gives None")


def score(metric, y_true, y_pred):
    """A metric gives a number."""
    if np.ndim(metric(y_true, y_pred)):
        raise Unexplained(f"{metric.__name__} gives no number")


USUAL = {"series": "shop", "time": "day"}
KEYS = mostly(
    st.just({"series": "shop", "time": "day"}),
    st.sampled_from(
        [
            {"series": ["shop", "item"], "time": "day"},
            {"series": "shop"},
            {"series": 0, "time": 1},
            {"time": "day"},
            {},
            {"series": ["shop", "shop"]},
            {"series": "nothing"},
            {"time": -1},
            {"time": "index"},
            {"series": "shop", "time": "index"},
        ]
    ),
)
FREQS = mostly(st.none(), st.sampled_from(["D", "W", "MS", "h", 1, 7, "nonsense"]))


def estimators(keys):
    """One of each kind, in a small configuration."""
    return [
        lambda: ss.ARRegressor(1, **keys),
        lambda: ss.ARRegressor(2, pooled=True, trend="ct", **keys),
        lambda: ss.SeasonalNaiveRegressor(horizon=3, **keys),
        lambda: ss.ThetaRegressor(**keys),
        lambda: ss.LagFeatures(2, windows=[("mean", 3)], horizon=2, **keys),
        lambda: ss.LagFeatures([1, 7], fill="last", time_since=True, **keys),
        lambda: ss.CalendarFeatures(**keys),
        lambda: ss.ReductionRegressor(
            LinearRegression(), features=ss.LagFeatures(2), **keys
        ),
        lambda: ss.PanelTargetRegressor(
            ss.ARRegressor(1), transformer="log1p", scale="mean", **keys
        ),
        lambda: ss.PartitionedRegressor(ss.ARRegressor(1), keys.get("series"), **keys),
        lambda: ss.ReductionRegressor(
            LinearRegression(),
            features=ss.LagFeatures(2),
            strategy="recursive",
            anchor="last",
            **keys,
        ),
        lambda: ss.ReductionRegressor(
            HistGradientBoostingRegressor(max_iter=2),
            features=ss.LagFeatures(2),
            strategy="rectify",
            horizon=2,
            **keys,
        ),
        lambda: ss.ConformalRegressor(ss.ARRegressor(1), cv=2, **keys),
        lambda: ss.TimeSeriesStackingRegressor(
            [
                ("ar", ss.ARRegressor(1, **keys)),
                ("naive", ss.SeasonalNaiveRegressor(**keys)),
            ],
            cv=2,
            weights_by="step",
            **keys,
        ),
        lambda: make_pipeline(
            ss.CalendarFeatures(["weekday"], **keys),
            ss.LagFeatures(2, fill=0.0, **keys).set_output(transform="pandas"),
            LinearRegression(),
        ),
    ]


SLOW = [
    lambda keys: ss.SalesRegressor(2, effort="quick", **keys),
    lambda keys: ss.LSTMRegressor(window=3, hidden_size=2, max_epochs=1, **keys),
]


METRICS = [ss.wape, ss.bias, ss.smape, ss.rmsle]
N_ESTIMATORS = len(estimators({}))


# a slow fit now and then: most of what can go wrong does so before it
KINDS = ["fit"] * 60 + ["observe"] * 20 + ["backtest", "monitor", "leakage"] * 2
KINDS += ["split", "future", "complete", "score", "orders"] * 4 + ["slow"]


@st.composite
def cases(draw):
    """A case: a function and its arguments."""
    X, like = draw(tables())
    n_rows = n_rows_of(X)
    y = draw(targets(n_rows))
    keys = draw(KEYS)
    kind = draw(st.sampled_from(KINDS))
    if kind == "split":
        return split, ss.PanelTimeSeriesSplit(2, **keys), X, y
    if kind == "future":
        return (lambda: call(ss.future_frame, X, 2, **keys),)
    if kind == "orders":
        names = {"product": "shop", "timestamp": "day", "quantity": "price"}
        return (lambda: call(ss.panel_from_orders, X, **names),)
    if kind == "complete":
        return (lambda: call(ss.complete_panel, X, **keys),)
    if kind == "score":
        return score, draw(st.sampled_from(METRICS)), y, draw(targets(n_rows))
    keys = {**keys, "freq": draw(FREQS)}
    X_new, _ = draw(tables(like))
    if kind == "slow":
        return fit_and_answer, draw(st.sampled_from(SLOW))(keys), X, y, X_new
    estimator = estimators(keys)[draw(st.sampled_from(range(N_ESTIMATORS)))]()
    if kind == "observe":
        y_new = draw(targets(n_rows_of(X_new)))
        return fit_and_observe, estimator, X, y, X_new, y_new, draw(st.booleans())
    if kind == "backtest":
        return (lambda: call(ss.backtest, estimator, X, y, cv=2, **keys),)
    if kind == "monitor":
        return monitor, estimator, X, y, X_new, draw(targets(n_rows_of(X_new)))
    if kind == "leakage":
        return (lambda: call(ss.check_no_leakage, estimator, X, y, on_fail=None),)
    X_new = draw(st.sampled_from([X, X_new]))
    return fit_and_answer, estimator, X, y, X_new
