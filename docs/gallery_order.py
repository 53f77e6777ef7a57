# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The order of the gallery: the first steps first."""

from sphinx_gallery.sorting import FileNameSortKey

FIRST = ("plot_quick_start.py", "plot_row_key_contract.py")


class StoryOrder(FileNameSortKey):
    """The scripts of ``FIRST``, then all others by name."""

    def __call__(self, filename):
        rank = FIRST.index(filename) if filename in FIRST else len(FIRST)
        return f"{rank} {filename}"
