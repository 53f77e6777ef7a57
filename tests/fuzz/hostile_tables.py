# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables that nobody would send, and that somebody will."""

import datetime as dt
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st
from scipy import sparse

START = pd.Timestamp("2024-01-01")
FAR = [0, 1, -1, 2**31, 2**53, 2**62, 2**63 - 1, -(2**63), 20240101, 1_700_000_000]
ODD_FLOATS = [0.0, -0.0, 1e-320, 1e308, -1e308, np.inf, -np.inf, np.nan, 0.1, 1e15]
ODD_TEXT = [
    "",
    " ",
    "nan",
    "None",
    "a\x00b",
    "ß",
    "日本",
    "x" * 300,
    "1",
    "1.0",
    "\ud7ff",
]


def lists(values, n_rows):
    return st.lists(values, min_size=n_rows, max_size=n_rows)


def mostly(usual, odd):
    """Nine of ten usual: a case of several odd things tells of the first alone."""
    return st.integers(0, 9).flatmap(lambda i: odd if i == 9 else usual)


# columns: each function gives the values of so many rows


@cache
def keys(n_rows):
    whole = st.integers(0, 2)
    few = lists(whole, n_rows)
    return st.one_of(
        few,
        few.map(lambda v: [f"shop {i}" for i in v]),
        few.map(lambda v: pd.Categorical(v, categories=[2, 0, 1, 9])),
        few.map(lambda v: pd.array(v, dtype="Int64")),
        few.map(lambda v: np.array(v, dtype=bool)),
        few.map(lambda v: np.array(v, dtype=np.float32)),
        few.map(lambda v: [START + pd.Timedelta(days=i) for i in v]),
        few.map(lambda v: [(i, "pair") for i in v]),
        few.map(lambda v: [b"bytes" + bytes([i]) for i in v]),
        few.map(lambda v: [Decimal(i) for i in v]),
        few.map(lambda v: pd.array([str(i) for i in v], dtype="string")),
        lists(st.sampled_from(FAR), n_rows),
        lists(st.sampled_from(FAR), n_rows).map(lambda v: np.array(v, dtype=object)),
        lists(st.sampled_from([0, 2**63, 2**64 - 1]), n_rows).map(
            lambda v: np.array(v, dtype=np.uint64)
        ),
        lists(st.sampled_from(ODD_FLOATS), n_rows),
        lists(st.sampled_from(ODD_TEXT), n_rows),
        lists(st.sampled_from([None, "a", 1, 1.5, True, b"c"]), n_rows),
        lists(st.sampled_from([pd.NA, np.nan, None, "a"]), n_rows),
        lists(st.sampled_from([pd.NA, 1, 10**30]), n_rows),
        few.map(lambda v: pd.arrays.SparseArray(v)),
        few.map(lambda v: np.array(v) * 1j),
        lists(st.just([1]), n_rows),
        lists(st.just({"a": 1}), n_rows),
        lists(st.none(), n_rows),
    )


@cache
def times(n_rows):
    near = lists(st.integers(0, 40), n_rows)
    in_turn = st.just(list(range(n_rows)))
    steps = st.one_of(in_turn, in_turn, near)

    def dates(unit):
        return lambda v: [START + pd.tseries.frequencies.to_offset(unit) * i for i in v]

    return st.one_of(
        *(steps.map(dates(unit)) for unit in ("D", "D", "W", "MS", "h", "B", "ME")),
        steps.map(lambda v: [str((START + pd.Timedelta(days=i)).date()) for i in v]),
        steps.map(lambda v: pd.PeriodIndex.from_ordinals(v, freq="M")),
        steps.map(lambda v: [dt.date(2024, 1, 1) + dt.timedelta(i) for i in v]),
        steps.map(lambda v: pd.to_datetime(dates("h")(v)).tz_localize("UTC")),
        steps.map(lambda v: pd.Categorical(dates("D")(v))),
        steps.map(lambda v: pd.to_timedelta(v, unit="D")),
        steps.map(lambda v: pd.array(v, dtype="Int64")),
        steps,
        steps.map(lambda v: [i / 7 for i in v]),
        lists(st.sampled_from(FAR), n_rows),
        lists(st.sampled_from(ODD_FLOATS), n_rows),
        steps.map(lambda v: pd.PeriodIndex.from_ordinals(v, freq="W-SUN")),
        steps.map(
            lambda v: pd.PeriodIndex.from_ordinals([99_000 + i for i in v], freq="Y")
        ),
        steps.map(lambda v: pd.to_datetime(dates("D")(v)).tz_localize("Europe/Paris")),
        steps.map(lambda v: np.array(v, dtype="datetime64[Y]").astype("M8[s]")),
        steps.map(lambda v: [2**62 + i for i in v]),
        lists(st.sampled_from([pd.NaT, START]), n_rows),
        lists(
            st.sampled_from(
                [
                    dt.datetime(1, 1, 1),
                    dt.datetime(9999, 12, 31),
                    dt.datetime(2024, 1, 1),
                ]
            ),
            n_rows,
        ),
        lists(st.sampled_from(["2024-01-01", "2024-13-01", "soon", "", "1"]), n_rows),
        lists(st.sampled_from([None, START, "2024-01-02", 3]), n_rows),
        lists(st.booleans(), n_rows),
        lists(st.just([1]), n_rows),
    )


@cache
def covariates(n_rows):
    return st.one_of(
        lists(st.floats(-10, 10), n_rows),
        lists(st.floats(), n_rows),
        lists(st.sampled_from(ODD_FLOATS), n_rows),
        lists(st.booleans(), n_rows),
        lists(st.sampled_from(["a", "1", None]), n_rows),
        lists(st.sampled_from([Decimal("1.5"), Decimal("2")]), n_rows),
        lists(st.just(1j), n_rows),
        lists(st.just([1.0]), n_rows),
        lists(st.just({"a": 1}), n_rows),
        lists(st.sampled_from([pd.NA, 1.5]), n_rows),
        lists(st.sampled_from([10**30, 10**400, 1]), n_rows),
        lists(st.integers(0, 1), n_rows).map(lambda v: pd.arrays.SparseArray(v)),
        lists(st.integers(0, 2), n_rows).map(
            lambda v: pd.Categorical(v, categories=[2, 0, 1, 9])
        ),
        lists(st.just(START), n_rows),
        lists(st.sampled_from([1, None, "a", 2.5]), n_rows),
        lists(st.integers(0, 3), n_rows).map(lambda v: pd.array(v, dtype="Int8")),
    )


@cache
def targets(n_rows):
    """Sales of so many rows, or of another number."""
    return mostly(usual_targets(n_rows), odd_targets(n_rows))


@cache
def odd_targets(n_rows):
    wrong = st.sampled_from([0, n_rows + 1, max(n_rows - 1, 0)])
    return st.one_of(
        lists(st.integers(0, 9), n_rows),
        lists(st.sampled_from([0.0, 3.0, np.nan]), n_rows).map(np.array),
        lists(st.sampled_from(ODD_FLOATS), n_rows).map(np.array),
        lists(st.floats(), n_rows).map(np.array),
        lists(st.integers(0, 9), n_rows).map(
            lambda v: pd.Series(v, index=range(n_rows, 0, -1))
        ),
        lists(st.integers(0, 9), n_rows).map(lambda v: pl.Series("y", v)),
        lists(st.integers(0, 9), n_rows).map(pa.array),
        lists(st.integers(0, 9), n_rows).map(lambda v: np.array(v).reshape(-1, 1)),
        lists(st.integers(0, 9), n_rows).map(lambda v: np.ones((n_rows, 2))),
        lists(st.booleans(), n_rows),
        lists(st.sampled_from(["1", "many"]), n_rows),
        lists(st.sampled_from([None, 1, 2.5]), n_rows),
        lists(st.just(1j), n_rows),
        lists(st.just(Decimal("1.5")), n_rows),
        wrong.map(np.ones),
        st.none(),
        st.just(3.0),
    )


@cache
def quantiles(n_rows, n_levels):
    """Forecast quantiles of so many rows, or what is none."""
    shape = (n_rows, n_levels)
    return mostly(
        seeded(lambda rng: np.sort(rng.uniform(0, 50, shape), axis=1)),
        st.one_of(
            seeded(lambda rng: rng.uniform(-5, 5, shape)),
            seeded(lambda rng: rng.choice(ODD_FLOATS, shape)),
            seeded(lambda rng: pd.DataFrame(rng.uniform(0, 9, shape))),
            st.just(np.ones((n_rows + 1, n_levels))),
            odd_targets(n_rows),
        ),
    )


# tables


def as_pandas(columns):
    return pd.DataFrame(columns)


def with_odd_index(columns):
    frame = pd.DataFrame(columns)
    return frame.set_axis(np.zeros(len(frame)), axis=0)


def with_twin_columns(columns):
    frame = pd.DataFrame(columns)
    return frame.set_axis(["day"] * frame.shape[1], axis=1)


def with_numbered_columns(columns):
    frame = pd.DataFrame(columns)
    return frame.set_axis(range(frame.shape[1]), axis=1)


def with_levels(columns):
    """All but the last column are levels of the index."""
    frame = pd.DataFrame(columns)
    return frame.set_index([*frame][:-1]) if frame.shape[1] > 1 else frame


def read_only(columns):
    values = pd.DataFrame(columns).to_numpy()
    values.setflags(write=False)
    return values


def with_column_levels(columns):
    frame = pd.DataFrame(columns)
    names = [("a", name) for name in frame]
    return frame.set_axis(pd.MultiIndex.from_tuples(names), axis=1)


def as_polars(columns):
    return pl.from_pandas(pd.DataFrame(columns))


def as_lazy(columns):
    return as_polars(columns).lazy()


def as_arrow(columns):
    return pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)


def as_objects(columns):
    return pd.DataFrame(columns).to_numpy(dtype=object)


def as_array(columns):
    return pd.DataFrame(columns).to_numpy()


def as_floats(columns):
    return pd.DataFrame(columns).to_numpy(dtype=float)


def as_lists(columns):
    return pd.DataFrame(columns).to_numpy(dtype=object).tolist()


def as_sparse(columns):
    return sparse.csr_matrix(pd.DataFrame(columns).to_numpy(dtype=float))


def as_records(columns):
    return pd.DataFrame(columns).to_records(index=False)


def as_flat(columns):
    return pd.DataFrame(columns).to_numpy(dtype=object).ravel()


FRAMES = [as_pandas, as_pandas, as_pandas, with_odd_index, as_polars, as_arrow]
OTHERS = [
    *(with_twin_columns, with_numbered_columns, with_column_levels, as_lazy),
    *(
        with_levels,
        read_only,
        as_objects,
        as_array,
        as_floats,
        as_lists,
        as_sparse,
        as_records,
        as_flat,
    ),
]
NAMES = ["shop", "item", "day", "price", "promo"]


@cache
def column(name, n_rows):
    """What most tables have in a column, or anything else."""
    usual, odd = {
        "shop": (usual_keys, keys),
        "item": (usual_keys, keys),
        "day": (usual_times, times),
    }.get(name, (usual_covariates, covariates))
    return mostly(usual(n_rows), odd(n_rows))


def seeded(make):
    """Values by a generator of numbers: one draw, where a list takes one a row."""
    return st.integers(0, 2**32 - 1).map(lambda n: make(np.random.default_rng(n)))


@cache
def usual_keys(n_rows):
    names = st.sampled_from([range(3), "abc"])
    return names.flatmap(
        lambda few: seeded(lambda rng: [few[i] for i in rng.integers(0, 3, n_rows)])
    )


@cache
def usual_times(n_rows):
    days = pd.date_range(START, periods=n_rows)
    return seeded(lambda rng: days[rng.permutation(n_rows)])


@cache
def usual_covariates(n_rows):
    return seeded(lambda rng: rng.uniform(-10, 10, n_rows))


@cache
def usual_targets(n_rows):
    return seeded(lambda rng: rng.poisson(rng.choice([0.3, 5, 50]), n_rows) * 1.0)


@st.composite
def tables(draw, like=None):
    """A table, and the names of the columns that it was made of.

    Parameters
    ----------
    like : (list of str, function), default=None
        Columns and library of another table.
    """
    n_rows = draw(mostly(st.integers(4, 25), st.integers(0, 3)))
    if like is None:
        names = draw(
            mostly(
                st.just(["shop", "day", "price"]),
                st.sampled_from([["shop", "day"], NAMES, ["day"], ["shop"]]),
            )
        )
        library = draw(mostly(st.sampled_from(FRAMES), st.sampled_from(OTHERS)))
    else:
        names, library = like
    columns = {name: draw(column(name, n_rows)) for name in names}
    try:
        table = library(columns)
    except Exception:  # the library has no such table
        library = as_pandas
        table = library(columns)
    return table, (names, library)
