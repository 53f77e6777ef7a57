# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The day, week or month that an order falls into, by the clock of its zone."""

import numpy as np
import pandas as pd
import pytest

from sklearn_sales import panel_from_orders


def random_stamps(n, days):
    seconds = np.random.default_rng(0).integers(0, days * 86_400, n)
    return pd.Timestamp("2023-11-20") + pd.to_timedelta(seconds, unit="s")


def labels_of(stamps, freq, **parameters):
    orders = pd.DataFrame({"sku": 1, "at": stamps, "units": 1})
    columns = {"product": "sku", "timestamp": "at", "quantity": "units"}
    return panel_from_orders(
        orders, freq=freq, complete=False, **columns, **parameters
    )["at"]


@pytest.mark.parametrize(
    ("freq", "label"),
    [
        ("h", "2024-02-29 13:00"),
        ("D", "2024-02-29"),
        ("W-SUN", "2024-03-03"),
        ("W", "2024-03-03"),
        ("W-THU", "2024-02-29"),
        ("MS", "2024-02-01"),
        ("ME", "2024-02-29"),
        ("M", "2024-02-29"),
        ("QS-JAN", "2024-01-01"),
        ("QE-DEC", "2024-03-31"),
        ("YS-JAN", "2024-01-01"),
        ("YE-JUN", "2024-06-30"),
    ],
)
def test_the_label_of_a_thursday_afternoon(freq, label):
    assert list(labels_of(["2024-02-29 13:14:15.5"], freq)) == [pd.Timestamp(label)]


@pytest.mark.parametrize("freq", ["2W-SUN", "3D", "2MS", "2ME", "2QE-DEC", "4QS-JAN"])
def test_multiples_are_counted_from_the_first_period(freq):
    stamps = random_stamps(n=300, days=2000)
    first = stamps.min()
    unit = freq[1:]
    labels = labels_of(stamps, freq)
    single = labels_of(stamps, unit)
    assert labels[0] == labels_of([first], unit)[0]
    assert set(labels) <= set(pd.date_range(labels[0], labels.max(), freq=freq))
    by_end = unit.startswith(("W", "ME", "QE"))
    nearest = labels.searchsorted(single, side="left" if by_end else "right")
    expected = labels[nearest if by_end else nearest - 1].unique()
    np.testing.assert_array_equal(labels, expected)


def test_weekend_orders_count_for_the_friday_before():
    stamps = pd.to_datetime(
        ["2024-03-01 09:00", "2024-03-02 10:00", "2024-03-03 23:59"]
    )
    assert list(labels_of(stamps, "B")) == [pd.Timestamp("2024-03-01")]
    labels = labels_of([*stamps, pd.Timestamp("2024-03-04")], "B")
    assert list(labels) == [pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-04")]


ZONE = "Europe/Berlin"


def test_days_follow_the_clock_of_the_zone():
    stamps = pd.to_datetime(
        [
            "2024-03-30 22:30Z",
            "2024-03-30 23:30Z",
            "2024-03-31 21:30Z",
            "2024-03-31 22:30Z",
        ]
    )
    assert [str(d.date()) for d in labels_of(stamps, "D")] == [
        "2024-03-30",
        "2024-03-31",
    ]
    labels = labels_of(stamps, "D", zone=ZONE)
    assert list(labels) == list(pd.date_range("2024-03-30", periods=3, tz=ZONE))
    assert str(labels.dt.tz) == ZONE
    own = labels_of(stamps.tz_convert(ZONE), "D")
    assert list(own) == list(labels)


def test_a_day_without_midnight_has_one_label():
    stamps = pd.date_range("2021-09-04", periods=72, freq="h", tz="America/Santiago")
    labels = labels_of(stamps, "D")
    assert [str(d) for d in labels] == [
        "2021-09-04 00:00:00-04:00",
        "2021-09-05 01:00:00-03:00",
        "2021-09-06 00:00:00-03:00",
        "2021-09-07 00:00:00-03:00",
    ]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", ZONE])
@pytest.mark.parametrize("freq", ["h", "6h"])
def test_hours_start_as_the_clock_stood_and_are_all_of_one_length(zone, freq):
    stamps = pd.date_range("2024-03-30 00:07", periods=200, freq="29min", tz=zone)
    labels = labels_of(stamps, freq)
    assert labels[0] == pd.Timestamp("2024-03-30", tz=zone)
    assert (
        labels.diff()[1:] == pd.Timedelta(pd.offsets.Hour() * int(freq[:-1] or 1))
    ).all()
