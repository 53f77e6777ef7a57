# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series and covariates in the containers of sktime as rows of a panel."""

import numpy as np
import pandas as pd

__all__ = ["index_of_forecasts", "key_names", "places_in", "rows_of", "steps_between"]


def key_names(index, covariates):
    """Names of the columns that the levels of an index become, times last.

    Parameters
    ----------
    index : pandas.Index
        Times, or series and times.
    covariates : list of str

    Returns
    -------
    list of str
        Levels without a name get one that no covariate has.
    """
    names = []
    for number, name in enumerate(index.names):
        if isinstance(name, str):
            if name in covariates or name in names:
                raise ValueError(
                    f"y has an index level {name!r} and X a column, or y another "
                    "level, of the same name. Rename one of them."
                )
        else:
            name = "time" if number == index.nlevels - 1 else f"series_{number}"
            while name in covariates or name in index.names:
                name += "_"
        names.append(name)
    return names


def places_in(X, index):
    """Row numbers of X for an index; X must have all of it."""
    places = X.index.get_indexer(index)
    absent = np.flatnonzero(places < 0)
    if len(absent):
        first = index[absent[0]]
        shown = ", ".join(map(str, first if isinstance(first, tuple) else [first]))
        raise ValueError(
            f"X lacks {len(absent)} of {len(index)} row(s) that are asked for (first: "
            f"{shown}). Pass the covariates of every row, the future ones to predict."
        )
    return places


def rows_of(index, X, places, names):
    """A table of keys, times and covariates."""
    levels = [index.get_level_values(number) for number in range(index.nlevels)]
    keys = pd.DataFrame(dict(zip(names, levels, strict=True)))
    if X is None:
        return keys
    known = X.iloc[places].reset_index(drop=True)
    known.columns = known.columns.map(str)
    return pd.concat([keys, known], axis=1)


def index_of_forecasts(instances, times):
    """Every time of every series, or the times alone where there is one series."""
    if instances is None:
        return times
    number = np.repeat(np.arange(len(instances)), len(times))
    repeated = instances[number]
    levels = [repeated.get_level_values(n) for n in range(repeated.nlevels)]
    every = times[np.tile(np.arange(len(times)), len(instances))]
    names = [*instances.names, times.name]
    return pd.MultiIndex.from_arrays([*levels, every], names=names)


def steps_between(index, cutoff, asked, instances):
    """Index of the rows after the cutoff and before the last one asked for.

    Recursive forecasters read their covariates on the way to the rows asked for.
    """
    times = index.get_level_values(-1)
    chosen = (times > cutoff) & (times < asked.get_level_values(-1).max())
    if instances is not None:
        chosen &= index.droplevel(-1).isin(instances)
    on_the_way = index[chosen]
    return on_the_way[~on_the_way.isin(asked)]
