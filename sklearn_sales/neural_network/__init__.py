# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Networks that learn all series together, and pretrained ones."""

from sklearn_sales.neural_network._foundation_regressor import FoundationRegressor
from sklearn_sales.neural_network._lstm_regressor import LSTMRegressor

__all__ = ["FoundationRegressor", "LSTMRegressor"]
