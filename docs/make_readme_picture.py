# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Draw the picture of the README: python docs/make_readme_picture.py

Three departments of the embedded sample. Three times, the next 13 weeks are forecast
from the weeks before them.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd
from gallery_style import apply_style
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import make_pipeline

from sklearn_sales import LagFeatures, PanelTimeSeriesSplit, load_walmart_sample

PICTURE = Path(__file__).parent / "_static" / "forecast.png"
DEPARTMENTS = {3: "Department 3", 93: "Department 93", 95: "Department 95"}


def forecasts(X, y):
    """Forecasts of three times 13 weeks, each by the index of its rows."""
    model = make_pipeline(
        LagFeatures(lags=13, season=52, horizon=13, series=["store", "dept"]),
        ExtraTreesRegressor(random_state=0),
    )
    folds = PanelTimeSeriesSplit(n_splits=3, test_size=13)
    for train, test in folds.split(X):
        model.fit(X.iloc[train], y.iloc[train])
        yield pd.Series(model.predict(X.iloc[test]), index=X.index[test])


def draw(X, y, folds):
    """One panel for each department, side by side."""
    fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
    for ax, (dept, title) in zip(axes, DEPARTMENTS.items(), strict=True):
        rows = X.index[(X["dept"] == dept) & (X["date"] >= "2011-06")]
        ax.plot(X["date"][rows], y[rows] / 1000, color="C3", label="sales")
        for number, answers in enumerate(folds):
            ahead = answers.index.intersection(rows)
            dates = X["date"][ahead]
            label = "13 weeks ahead" if number == 0 else None
            ax.plot(dates, answers[ahead] / 1000, "C1", lw=2.5, label=label)
            ax.axvline(dates.min() - pd.Timedelta(weeks=1), color="C2", ls=":", lw=1)
        ax.set(title=title, ylim=(0, None))
        locator = mdates.MonthLocator(bymonth=(1, 4, 7, 10))
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    axes[0].set_ylabel("weekly sales, thousand $")
    axes[2].legend(loc="lower left")
    return fig


def main():
    apply_style(None, None)
    X, y = load_walmart_sample(return_X_y=True)
    PICTURE.parent.mkdir(exist_ok=True)
    draw(X, y, list(forecasts(X, y))).savefig(PICTURE, dpi=110)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
