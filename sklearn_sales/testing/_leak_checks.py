# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Checks of one fold: what is prepared, what is fitted, what is answered."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from sklearn_sales.model_selection import take_rows
from sklearn_sales.testing._panel_rows import PanelRows, as_columns, moved_rows

__all__ = ["Case", "Moves", "check_answers", "check_features", "check_prepared"]

_REMEDY = (
    "Make it inside the estimator, from training rows alone, or from values up to "
    "the origin of each row."
)
_WHY_TARGETS = (
    "Only sales after the last training time were changed, so whatever is fitted on "
    f"these rows knows the sales it is tested on. {_REMEDY}"
)
_WHY_COVARIATES = (
    "Only covariates after the last training time were changed, so the training rows "
    f"know the rows they are tested on. {_REMEDY}"
)
_WHY_DROPPED = (
    "Leaving the later rows out changes them: at the origin, when those rows do not "
    f"exist yet, the same row looks different. {_REMEDY}"
)
_WHY_ORDER = (
    "The same rows in another order got other values, so they are taken from the "
    "neighbours in the table, which may be another series or a later time. Group by "
    "series and sort by time, or look values up by key."
)
_WHY_LATER_IN_BATCH = (
    "Only covariates of later rows of the same call were changed: a row's answer "
    "reads what comes after it. Statistics belong into fit, windows have to end at "
    "the row."
)
_WHY_BATCH = (
    "An answer depends on which other rows are asked for in the same call, so the "
    "forecast in production is another than the one that was tested. Look values up "
    "by key in what fit remembers, instead of shifting or averaging the rows given."
)
_WHY_FEATURES = (
    "Only sales at or after the time of these training rows were changed. The feature "
    "holds the answer in training, and something else in a forecast, so the regressor "
    "trusts it too much. Use sales before each row only (LagFeatures does), or encode "
    "out of fold in time order."
)


@dataclass
class Moves:
    """What moved, collected over folds: (check, subject) -> rows and reason."""

    found: dict = field(default_factory=dict)

    def add(self, check, subject, moved, why):
        """Count moved rows, an array of bool, if there are any."""
        if not moved.any():
            return
        before = self.found.get((check, subject), (0, 0, why))
        self.found[check, subject] = (
            before[0] + int(moved.sum()),
            before[1] + len(moved),
            why,
        )


@dataclass
class Case:
    """One estimator, its data and one fold.

    Attributes
    ----------
    estimator : estimator
    prepare : callable or None
    X, y : table and ndarray or Series of shape (n_rows,)
    rows : PanelRows
        Of ``X``.
    train, test : ndarray of int
    rtol : float
    rng : numpy.random.Generator
    """

    estimator: object
    prepare: object
    X: object
    y: object
    rows: object
    train: np.ndarray
    test: np.ndarray
    rtol: float
    rng: object

    @property
    def origin(self):
        """Rank of the last training time."""
        return self.rows.ranks[self.train].max()

    def other_targets(self, rows):
        """Targets that are far from what they were in some rows."""
        y = np.array(self.y, dtype=np.float64)
        size = max(np.nanstd(y), 1.0)
        y[rows] = 3.0 * y[rows] + size * self.rng.uniform(1.0, 2.0, np.sum(rows))
        return pd.Series(y, index=self.y.index) if hasattr(self.y, "index") else y

    def prepared(self, X, y):
        """Table, target and columns after preparation; rows have to stay."""
        if self.prepare is not None:
            n_rows = len(y)
            X, y = self.prepare(X, y)
            if len(y) != n_rows or X.shape[0] != n_rows:
                raise ValueError(
                    f"prepare must return one row for each row that it gets, in their "
                    f"order; it got {n_rows} rows and returned {X.shape[0]} of X and "
                    f"{len(y)} of y. Drop rows inside the estimator, or before."
                )
        return X, y

    def moved(self, before, after):
        """Names of columns, and where they differ."""
        names, old = as_columns(before)
        _, new = as_columns(after)
        if len(old) != len(new):
            return [(n, np.ones(len(old[0]), dtype=bool)) for n in names]
        return [
            (name, moved_rows(a, b, self.rtol))
            for name, a, b in zip(names, old, new, strict=True)
        ]


@contextmanager
def quiet():
    """The first fit has said what there is to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def seeded(estimator):
    """A clone that is fitted twice alike."""
    estimator = clone(estimator)
    params = estimator.get_params(deep=True)
    names = [k for k, v in params.items() if k.endswith("random_state") and v is None]
    return estimator.set_params(**dict.fromkeys(names, 0)) if names else estimator


def check_prepared(case, moves):
    """Perturb what ``prepare`` reads: (table, target, {column: known_to}).

    The prepared columns of training rows may follow nothing after the origin; those
    of test rows tell by which step they stop being known.
    """
    X, y = case.prepared(case.X, case.y)
    if case.prepare is None:
        return X, y, {}
    later = case.rows.ranks > case.origin
    ranks = case.rows.ranks
    earlier = np.flatnonzero(~later)
    with quiet():
        Xt, yt = case.prepared(case.X, case.other_targets(later))
        Xc, yc = case.prepared(case.rows.with_other_covariates(later), case.y)
        Xd, yd = case.prepared(take_rows(case.X, earlier), _take(case.y, earlier))
        order = _other_order_of_series(case)
        Xo, _ = case.prepared(take_rows(case.X, order), _take(case.y, order))
    _compare(case, moves, "later targets", (X, y), (Xt, yt), _WHY_TARGETS)
    _compare(case, moves, "later covariates", (X, y), (Xc, yc), _WHY_COVARIATES)
    train = np.searchsorted(earlier, case.train)
    told = {subject for _, subject in moves.found}
    for name, moved in case.moved(take_rows(X, earlier), Xd):
        subject = f"column {name!r} of training rows"
        if subject not in told:
            moves.add("dropped rows", subject, moved[train], _WHY_DROPPED)
    for name, moved in case.moved(take_rows(X, order), Xo):
        moves.add("row order", f"column {name!r}", moved, _WHY_ORDER)
    known = {}
    steps = ranks[case.test] - case.origin
    for name, moved in case.moved(X, Xt):
        if moved[case.test].any():
            known[name] = int(steps[moved[case.test]].min()) - 1
    return X, y, known


def _other_order_of_series(case):
    """Series one after the other, anyhow; the rows of each in the order they have."""
    codes = case.rows.codes
    places = case.rng.permutation(codes.max() + 1)
    return np.argsort(places[codes], kind="stable")


def _take(y, rows):
    return y.iloc[rows] if hasattr(y, "iloc") else np.asarray(y)[rows]


def _compare(case, moves, check, before, after, why):
    """Training columns and targets of two preparations, and what follows of them."""
    wrong = [
        (f"column {name!r} of training rows", moved[case.train])
        for name, moved in case.moved(before[0], after[0])
    ]
    targets = moved_rows(np.asarray(before[1]), np.asarray(after[1]), case.rtol)
    wrong.append(("the target of training rows", targets[case.train]))
    for subject, moved in wrong:
        moves.add(check, subject, moved, why)
    if any(moved.any() for _, moved in wrong):
        with quiet():
            here, there = (
                seeded(case.estimator)
                .fit(take_rows(X, case.train), _take(y, case.train))
                .predict(take_rows(before[0], case.test))
                for X, y in (before, after)
            )
        moves.add(
            check,
            "forecasts of the same test rows",
            moved_rows(here, there, case.rtol),
            "They follow from the training rows, which moved as well.",
        )


def check_answers(case, X, y, moves):
    """Fit on the training rows; ask for the test rows in several ways.

    Parameters
    ----------
    case : Case
    X, y : prepared table and target
    moves : Moves
    """
    model = seeded(case.estimator)
    model.fit(take_rows(X, case.train), _take(y, case.train))
    test, ranks, codes = case.test, case.rows.ranks, case.rows.codes
    expected = _answers(model, take_rows(X, test))
    everything = np.arange(len(test))

    def ask(check, table, kept, shown, why):
        with quiet():
            answers = _answers(model, table)
        for (subject, old), (_, new) in zip(expected, answers, strict=True):
            moved = moved_rows(old[kept], new[shown], case.rtol)
            moves.add(check, subject, moved, why)

    order = case.rng.permutation(len(test))
    ask("row order", take_rows(X, test[order]), order, everything, _WHY_ORDER)
    distinct = np.unique(ranks[test])
    before = np.concatenate([_last_times(case, len(distinct)), test])
    shown = np.arange(len(before) - len(test), len(before))
    ask("shifted batch", take_rows(X, before), everything, shown, _WHY_BATCH)
    series = np.unique(codes[test])
    if len(series) > 1:
        half = np.isin(codes[test], series[: len(series) // 2])
        kept = np.flatnonzero(half)
        ask("dropped rows", take_rows(X, test[kept]), kept, slice(None), _WHY_BATCH)
    if len(distinct) < 2:
        return
    cut = distinct[(len(distinct) - 1) // 2]
    kept = np.flatnonzero(ranks[test] <= cut)
    ask("dropped rows", take_rows(X, test[kept]), kept, slice(None), _WHY_BATCH)
    changed = PanelRows.of_prepared(X, case.rows).with_other_covariates(ranks > cut)
    table = take_rows(changed, test)
    ask("later covariates", table, kept, kept, _WHY_LATER_IN_BATCH)


def _last_times(case, n_times):
    """Training rows of the last times before the test rows."""
    recent = case.rows.ranks[case.train] > case.origin - n_times
    return case.train[recent]


def _answers(model, X):
    """Forecasts, and the features that the last step of a pipeline gets."""
    found = []
    if hasattr(model, "predict"):
        found = [("forecasts", np.asarray(model.predict(X)))]
    maker = model
    if isinstance(model, Pipeline):
        maker = model[:-1] if len(model.steps) > 1 and found else model
    if isinstance(maker, Pipeline) or not found:
        names = _feature_names(maker)
        names, columns = as_columns(maker.transform(X), names)
        made = zip(names, columns, strict=True)
        found += [(f"feature {n!r}", column) for n, column in made]
    return found


def _feature_names(maker):
    try:
        return list(maker.get_feature_names_out())
    except (AttributeError, ValueError, TypeError):
        return None


def check_features(case, X, y, moves):
    """Features of training rows, made with other sales at and after their times."""
    train = case.train
    ranks = case.rows.ranks[train]
    distinct = np.unique(ranks)
    cut = distinct[(3 * len(distinct)) // 4]
    later = np.zeros(len(case.rows.ranks), dtype=bool)
    later[train] = ranks >= cut
    now = _take(y, train)
    other = _take(case.other_targets(later), train)
    block = take_rows(X, train)
    for step in _transformers(case.estimator):
        with quiet():
            made = seeded(step).fit_transform(block, now)
            # a selection of columns is a choice, as the fit of a regressor is
            if not hasattr(step, "get_support"):
                changed = seeded(step).fit_transform(block, other)
                names = _feature_names(seeded(step).fit(block, now))
                for name, moved in _moved_features(case, made, changed, names):
                    subject = f"feature {name!r} of {type(step).__name__}"
                    moves.add(
                        "training features", subject, moved[ranks <= cut], _WHY_FEATURES
                    )
        block = made


def _moved_features(case, made, changed, names):
    names, old = as_columns(made, names)
    _, new = as_columns(changed)
    for name, a, b in zip(names, old, new, strict=True):
        yield name, moved_rows(a, b, case.rtol)


def _transformers(estimator):
    """The steps before the regressor, or the transformer itself."""
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps]
    return [step for step in steps if _only_transforms(step)]


def _only_transforms(step):
    """Whether a step makes features and forecasts nothing itself."""
    if isinstance(step, str) or not hasattr(step, "transform"):
        return False
    # a stack has both methods, but not always before it is fitted
    return not (is_regressor(step) or is_classifier(step) or hasattr(step, "predict"))
