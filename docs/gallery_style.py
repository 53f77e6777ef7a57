# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""How pictures of the documentation look: colour-blind safe and without frames."""

import matplotlib.pyplot as plt

STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.dpi": 100,
    "legend.frameon": False,
}


def apply_style(gallery_conf, fname):
    """Set the style before each gallery script; the signature is sphinx-gallery's."""
    plt.style.use("tableau-colorblind10")
    plt.rcParams.update(STYLE)
