# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real sales panels for the benchmarks, read from a folder that the user names.

None of them comes with the project. A set that the folder lacks is named and left
out; each script says which sets it has measured.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["PANELS", "PanelSpec", "load_panels", "rolling_origins"]


@dataclass(frozen=True)
class PanelSpec:
    """How a set is read and judged.

    Attributes
    ----------
    file : str
        Name of the Parquet file, without its ending.
    series : list of str
        Key columns.
    horizon : int
        Steps ahead that are forecast.
    season : int
        The season of the naive forecast.
    lags, windows, seasons : list
        What the frequency suggests for lag features.
    known : list of str
        Numeric columns that are known ahead.
    codes : list of str
        Static columns of text, read as numbers.
    more : list of str
        Further columns of the catalogue, known ahead or static, of any type. They are
        read where a script asks for everything.
    prices : list of str
        The columns among the known ones that are a series' own price.
    """

    file: str
    series: list
    horizon: int
    season: int
    lags: list
    windows: list
    seasons: list
    known: list = field(default_factory=list)
    codes: list = field(default_factory=list)
    more: list = field(default_factory=list)
    prices: list = field(default_factory=list)

    @property
    def name(self):
        """The name of the file without its frequency."""
        return self.file.rsplit("_", 1)[0]


def _windows(*lengths):
    return [("mean", n) for n in lengths]


WEEKLY = {"season": 52, "lags": [1, 2, 3, 4, 8, 13], "seasons": [52]}
DAILY = {"season": 7, "lags": [1, 2, 3, 4, 5, 6, 7, 14, 21, 28], "seasons": [7]}

PANELS = [
    PanelSpec(
        "orange_juice_weekly",
        ["store", "brand"],
        horizon=4,
        windows=_windows(4, 13, 26),
        known=["price", *(f"price{i}" for i in range(1, 12)), "deal", "feat"],
        prices=["price"],
        **WEEKLY,
    ),
    PanelSpec(
        "walmart_weekly",
        ["store", "dept"],
        horizon=13,
        windows=_windows(4, 13, 52),
        known=["is_holiday", "store_size"],
        codes=["store_type"],
        **WEEKLY,
    ),
    PanelSpec(
        "uci_online_retail_daily",
        ["item"],
        horizon=14,
        windows=[*_windows(7, 28, 91), ("zero_share", 28)],
        known=["open"],
        **DAILY,
    ),
    PanelSpec(
        "m5_subset_daily",
        ["store_id", "item_id"],
        horizon=28,
        windows=[*_windows(7, 28, 91), ("zero_share", 28)],
        known=["sell_price", "snap"],
        prices=["sell_price"],
        codes=["dept_id", "state_id"],
        more=[
            "event_name_1",
            "event_type_1",
            "event_name_2",
            "event_type_2",
            "cat_id",
        ],
        **DAILY,
    ),
    PanelSpec(
        "stallion_monthly",
        ["agency", "sku"],
        horizon=6,
        season=12,
        lags=[1, 2, 3, 6, 12],
        seasons=[12],
        windows=_windows(3, 12),
        known=["price_regular", "price_actual", "discount"],
        prices=["price_actual"],
        more=[
            "easter_day",
            "good_friday",
            "new_year",
            "christmas",
            "labor_day",
            "independence_day",
            "revolution_day_memorial",
            "regional_games",
            "fifa_u_17_world_cup",
            "football_gold_cup",
            "beer_capital",
            "music_fest",
            "avg_population_2017",
            "avg_yearly_household_income_2017",
        ],
    ),
]


def load_panels(data_dir, names=None, *, everything=False):
    """Yield (spec, X, y) for each set that the folder holds; name the others.

    With ``everything`` X has all columns of the catalogue, text as text; without it
    those that any regressor reads, as numbers.
    """
    for spec in PANELS:
        path = Path(data_dir) / f"{spec.file}.parquet"
        if names and spec.file not in names:
            continue
        if not path.exists():
            print(f"not found, left out: {path.name}")
            continue
        yield spec, *_read(path, spec, everything)


def _read(path, spec, everything):
    frame = pd.read_parquet(path)
    if "sell_price" in frame:
        # without a price an item is not on sale yet: its series has not begun
        frame = frame[frame["sell_price"].notna()]
    columns = [*spec.series, "date", *spec.known, *spec.codes]
    if everything:
        columns += spec.more
    else:
        for name in spec.codes:
            frame[name] = frame[name].astype("category").cat.codes
    X = frame[columns].reset_index(drop=True)
    return X, frame["sales"].to_numpy(dtype=np.float64)


def rolling_origins(X, spec, n_origins=2):
    """Yield (train, test) masks of the last horizons, the earliest first."""
    times = np.sort(X["date"].unique())
    for back in range(n_origins, 0, -1):
        stop = len(times) - spec.horizon * (back - 1)
        test_times = times[stop - spec.horizon : stop]
        train = (X["date"] < test_times[0]).to_numpy()
        # a series without sales in the training span has no naive forecast
        known = pd.MultiIndex.from_frame(X.loc[train, spec.series].drop_duplicates())
        seen = pd.MultiIndex.from_frame(X[spec.series]).isin(known)
        yield train, X["date"].isin(test_times).to_numpy() & seen
