# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What to_sktime says where it cannot make a forecaster of sktime."""

import sys

import pytest

from sklearn_sales import ARRegressor, PanelTimeSeriesSplit, to_sktime


@pytest.mark.parametrize(
    ("what", "module"),
    [
        (ARRegressor(), "_sktime_forecaster"),
        (PanelTimeSeriesSplit(), "_sktime_splitter"),
    ],
    ids=["regressor", "splitter"],
)
def test_without_sktime_the_extra_is_named(what, module, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "sktime"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sktime", None)
    monkeypatch.delitem(sys.modules, f"sklearn_sales.interop.{module}", raising=False)
    with pytest.raises(ImportError) as raised:
        to_sktime(what)
    assert str(raised.value).endswith(
        'Install it with: pip install "sklearn-sales[sktime]"'
    )


def test_other_objects_are_refused():
    with pytest.raises(TypeError) as raised:
        to_sktime("theta")
    assert str(raised.value) == (
        "to_sktime takes a regressor, which has fit and predict, or a "
        "PanelTimeSeriesSplit; got 'theta'."
    )
