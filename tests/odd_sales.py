# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sales with one oddity of each kind, in shops of awkward names."""

import numpy as np
import pandas as pd

__all__ = ["ODD_COLUMNS", "SCRIPT", "make_odd_sales"]

ODD_COLUMNS = ["--target", "units", "--time", "date", "--series", "shop"]
ODD_COLUMNS += ["--model", "naive", "--horizon", "14", "--add-duplicates"]
SCRIPT = "</script><script>document.title='taken over'</script>"
N_DAYS = 120


def make_odd_sales():
    """Daily sales of ten shops, as a table with a header."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2023-01-01", periods=N_DAYS)
    week = 8 * np.sin(np.arange(N_DAYS) * 2 * np.pi / 7)
    names = [SCRIPT, '"quoted" & <b>bold</b>', "it's #1 %41?", "Übergröße 漢字"]
    names += ["plain", "copied", "flat", "faded", "late", "ended"]
    shops = {
        name: np.round(30 + 5 * i + week + rng.normal(0, 2, N_DAYS))
        for i, name in enumerate(names)
    }
    shops["plain"][40] = -4
    shops["plain"][80] = 900
    shops["copied"] = shops["Übergröße 漢字"].copy()
    shops["flat"][:] = 7
    shops["faded"][90:] = 0
    frame = pd.concat(
        [pd.DataFrame({"shop": n, "date": days, "units": u}) for n, u in shops.items()]
    ).reset_index(drop=True)
    day = (frame["date"] - days[0]).dt.days
    gone = (frame["shop"] == "plain") & day.isin([30, 31, 32, 50])
    gone |= (frame["shop"] == "late") & (day < 60)
    gone |= (frame["shop"] == "ended") & (day >= 60)
    frame = frame[~gone]
    twice = frame[frame["shop"] == "late"].iloc[:3]
    return pd.concat([frame, twice]).reset_index(drop=True)
