# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
