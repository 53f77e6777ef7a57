# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is done with hostile tables, and what has to come of it.

Each function takes what a case has drawn, and raises Unexplained where an answer is
wrong by itself; errors are judged by `run_case`.
"""

import io
import shutil
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import joblib
import matplotlib
import numpy as np
import pandas as pd
from fuzz_verdict import Unexplained, is_documented, where
from matplotlib import pyplot

import sklearn_sales as ss
from sklearn_sales.cli import main
from sklearn_sales.model_selection import take_rows

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
# pictures are drawn to memory
matplotlib.use("Agg")


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


def score(metric, *arguments, **keywords):
    """A metric gives a number."""
    if np.ndim(metric(*arguments, **keywords)):
        raise Unexplained(f"{metric.__name__} gives no number")


def round_trip(estimator, X, y, X_new):
    """What was saved answers as before, what was compacted as before or not at all."""
    estimator.fit(X, y)
    expected = [_answer_of(estimator, rows) for rows in (X, X_new)]
    small = ss.compact(estimator).estimator
    for rows, before in zip((X, X_new), expected, strict=True):
        now = _answer_of(small, rows)
        if now is not None and before is not None and not _same(now, before):
            raise Unexplained(f"compacted, another answer is given by {estimator}")
    for kind in ("joblib", "skops"):
        ss.save(estimator, FOLDER / kind, format=kind)
        again = ss.load(FOLDER / kind, allow_pickle=kind == "joblib")
        for rows, before in zip((X, X_new), expected, strict=True):
            now = _answer_of(again, rows)
            refused = now is None or before is None
            if now is not before if refused else not _same(now, before):
                raise Unexplained(f"saved by {kind}, another answer: {estimator}")


def _answer_of(estimator, X):
    """The answer, or None where the rows are refused."""
    try:
        return _array((getattr(estimator, "predict", None) or estimator.transform)(X))
    except Exception as error:
        if is_documented(error):
            return None
        raise


def picture(display, *arguments, **keywords):
    """A picture that can be rendered."""
    try:
        display(*arguments, **keywords).figure_.canvas.draw()
    finally:
        pyplot.close("all")


def command(X, y, ending, options):
    """Forecasts in a file, or one line that says what is wrong."""
    out = FOLDER / "out"
    shutil.rmtree(out, ignore_errors=True)
    path = FOLDER / f"sales{ending}"
    if not _write(X, y, path):
        return
    said, wrong = io.StringIO(), io.StringIO()
    argv = ["forecast", str(path), "--target", "units", "--output", str(out), *options]
    try:
        with redirect_stdout(said), redirect_stderr(wrong):
            code = main(argv)
    except (ValueError, TypeError) as error:
        raise Unexplained(f"a traceback for a user: {where(error)}") from error
    lines = wrong.getvalue().splitlines()
    if code == 2 and len(lines) == 1 and lines[0].startswith("sklearn-sales: error: "):
        return
    files = [*out.glob("forecasts.*")]
    if code != 0 or lines or not files:
        raise Unexplained(f"exit code {code}, {len(files)} files, stderr: {lines}")


def _write(X, y, path):
    """Write a table and its sales; whether the format can hold them."""
    try:
        frame = X.to_pandas() if hasattr(X, "to_pandas") else pd.DataFrame(X)
        frame = frame.assign(units=np.ravel(y))
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False)
    except Exception:
        return False
    return True
