# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Series that fit did not see, told apart by their keys."""

import numpy as np
import pandas as pd

__all__ = ["series_of"]


def series_of(table, panel, codes):
    """Number of the series of each row; those that fit did not see are told apart.

    They share the code ``n_series``, but each goes forward with covariates of its own.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    new = np.flatnonzero(codes == panel.n_series)
    if len(new) < 2:
        return codes
    told = np.zeros(len(new), dtype=np.int64)
    for index in panel.schema.series:
        part = pd.factorize(np.asarray(table.column(index), dtype=object)[new])[0]
        told = pd.factorize(told * (part.max() + 2) + part + 1)[0]
    series = codes.copy()
    series[new] += told
    return series
