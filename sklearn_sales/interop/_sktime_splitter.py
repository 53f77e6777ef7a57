# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Splitters over the times of a panel as those of sktime; needs sktime."""

import numpy as np
from sktime.split.base import BaseSplitter

from sklearn_sales.model_selection import PanelTimeSeriesSplit

__all__ = ["PanelTimeSplitter"]


class PanelTimeSplitter(BaseSplitter):
    """A PanelTimeSeriesSplit as a splitter of sktime.

    All series are cut at the same times, also where they start or end at different
    ones. See :func:`~sklearn_sales.interop.to_sktime`.

    Parameters
    ----------
    cv : PanelTimeSeriesSplit
        Its ``series`` and ``time`` are not used: the index of y has them.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_sales import PanelTimeSeriesSplit, to_sktime
    >>> y = pd.Series(np.arange(6.0))
    >>> for train, test in to_sktime(PanelTimeSeriesSplit(2, test_size=1)).split(y):
    ...     print(train, test)
    [0 1 2 3] [4]
    [0 1 2 3 4] [5]
    """

    _tags = {
        "authors": "The sklearn-sales developers",
        "maintainers": "The sklearn-sales developers",
        "split_hierarchical": True,
    }
    # evaluate then takes the times of each test set, whenever a series ends
    fh = None

    def __init__(self, cv):
        self.cv = cv
        super().__init__()

    def _split(self, y):
        times = y.get_level_values(-1)
        yield from self.cv.split(np.empty(len(times)), groups=times)

    def get_n_splits(self, y=None):
        """Number of folds."""
        return self.cv.get_n_splits()

    @classmethod
    def get_test_params(cls, parameter_set="default"):
        """Two sets of parameters for the checks of sktime."""
        return [
            {"cv": PanelTimeSeriesSplit(2)},
            {"cv": PanelTimeSeriesSplit(2, test_size=2, gap=1)},
        ]
