# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""When a model should be fitted anew, and why."""

from dataclasses import dataclass

import numpy as np

from sklearn_sales.monitoring._drift import cumulative_sum, stability_index

__all__ = ["Limits", "Verdict", "judge"]

# Fewer rows make histograms that differ by chance.
_LEAST_ROWS = 100
_LEAST_TIMES = 5
_T = 3.0


@dataclass(frozen=True)
class Limits:
    """What is borne before an alarm; see ForecastMonitor."""

    window: int
    tolerance: float
    bias: float
    stability: float
    new_share: float
    coverage: float | None


@dataclass(frozen=True)
class Verdict:
    """What a monitor says.

    Attributes
    ----------
    refit : bool
        Whether fitting anew is worthwhile.
    reasons : tuple of str
        Why, with figures.
    watch : tuple of str
        What has changed without harm to the forecasts so far.
    """

    refit: bool
    reasons: tuple
    watch: tuple

    def __str__(self):
        head = "Refit" if self.refit else "No refit"
        lines = [f"{head}: {'; '.join(self.reasons) or 'nothing speaks for it'}."]
        lines += [f"Watch: {text}." for text in self.watch]
        return "\n".join(lines)


def judge(limits, reference, times, tally):
    """A verdict over the newest times.

    Parameters
    ----------
    limits : Limits
    reference : dict
        ``error`` (WAPE, or None), ``inputs`` and ``residuals`` (histograms).
    times : ndarray of shape (n_times, 6)
        Sums by time, in time order.
    tally : dict
        Histograms of the newest times.
    """
    recent = times[-limits.window :]
    reasons = []
    if len(recent) >= _LEAST_TIMES:
        reasons += _error_reasons(limits, reference["error"], times, recent)
        reasons += _bias_reasons(limits, recent)
        reasons += _coverage_reasons(limits, recent)
    reasons += _new_reasons(limits, recent, tally)
    residuals = _total(tally["residuals"].values())
    index = _changed(reference["residuals"], residuals)
    if index > limits.stability:
        reasons.append(f"the errors are distributed otherwise (PSI {index:.2f})")
    watch = []
    for name, expected in reference["inputs"].items():
        seen = [columns[name] for columns in tally["inputs"].values()]
        index = _changed(expected, _total(seen))
        if index > limits.stability:
            watch.append(f"column {name!r} is distributed otherwise (PSI {index:.2f})")
    return Verdict(bool(reasons), tuple(reasons), tuple(watch))


def _error_reasons(limits, reference, times, recent):
    if reference is None or reference <= 0:
        return
    now = recent[:, 1].sum() / max(recent[:, 3].sum(), 1e-12)
    sold = times[:, 3] > 0
    ratios = times[sold, 1] / times[sold, 3] / reference
    climbed = cumulative_sum(ratios, limits.tolerance / 2)
    # as many times as a window of errors that are beyond the tolerance would climb
    limit = max(limits.window * limits.tolerance / 2, 1.0)
    if now > (1 + limits.tolerance) * reference and climbed[-1] > limit:
        yield (
            f"the error of the last {len(recent)} times is {now:.3f}, against "
            f"{reference:.3f} before (WAPE)"
        )


def _bias_reasons(limits, recent):
    bias = recent[:, 2].sum() / max(np.abs(recent[:, 3]).sum(), 1e-12)
    if abs(bias) > limits.bias and abs(_t_value(recent[:, 2])) > _T:
        side = "above" if bias > 0 else "below"
        yield f"forecasts lie {abs(bias):.0%} {side} the sales"


def _coverage_reasons(limits, recent):
    asked = recent[:, 4] > 0
    if limits.coverage is None or asked.sum() < _LEAST_TIMES:
        return
    shares = recent[asked, 5] / recent[asked, 4]
    share = recent[asked, 5].sum() / recent[asked, 4].sum()
    if share < limits.coverage - 0.05 and _t_value(shares - limits.coverage) < -_T:
        yield (
            f"intervals of {limits.coverage:.0%} hold {share:.0%} of the sales they "
            "are for"
        )


def _new_reasons(limits, recent, tally):
    rows = recent[:, 0].sum()
    new = sum(tally["new_rows"].values())
    if rows >= _LEAST_TIMES and new > limits.new_share * rows:
        yield f"{new / rows:.0%} of the rows are of series that the model does not know"


def _t_value(values):
    spread = values.std(ddof=1)
    return values.mean() / max(spread / np.sqrt(len(values)), 1e-12)


def _total(histograms):
    histograms = list(histograms)
    return np.sum(histograms, axis=0) if histograms else np.zeros(1)


def _changed(expected, actual):
    """Stability index; 0 where too little is known to say."""
    if expected is None or min(np.sum(expected), np.sum(actual)) < _LEAST_ROWS:
        return 0.0
    return stability_index(expected, actual)
