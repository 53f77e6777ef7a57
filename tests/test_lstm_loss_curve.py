# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""LossCurveDisplay of a network that was really trained."""

import matplotlib.pyplot as plt
import pytest

pytest.importorskip("torch")
pytest.importorskip("skorch")

from small_lstm import make_panel, quick

from sklearn_sales import LossCurveDisplay


@pytest.mark.parametrize("early_stopping", [True, False])
def test_losses_of_a_network_are_those_of_its_history(early_stopping):
    model = quick(max_epochs=3, early_stopping=early_stopping).fit(*make_panel())
    display = LossCurveDisplay.from_estimator(model)
    plt.close("all")
    history = model.history_
    assert list(display.train_line_.get_ydata()) == history[:, "train_loss"]
    if early_stopping:
        valid = history[:, "valid_loss"]
        assert list(display.valid_line_.get_ydata()) == valid
        assert valid[display.best_pass - 1] == min(valid)
    else:
        assert display.valid_line_ is None
