# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The readers of files: a whole file to start from, and what may come of a broken one.

Each reader takes bytes, and returns whether it has read them. Any error but the one
that it documents is a fault.
"""

import gzip
import io
import struct
import tempfile
import warnings
import zlib
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd

from sklearn_sales import SeasonalNaiveRegressor, load, save
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._read import Spelling, open_source
from sklearn_sales.monitoring._record_log import _MAGIC, RecordLog
from sklearn_sales.persistence._container import parse, write

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


def table():
    dates = pd.date_range("2024-01-01", periods=12).astype(str)
    return pd.DataFrame({"shop": ["a", "007"] * 6, "day": dates, "sales": range(12)})


def read_table(data, ending):
    path = FOLDER / f"table{ending}"
    path.write_bytes(data)
    try:
        source = open_source(str(path))
        keys = [name for name in source.names if name != "day"][:1]
        frame = source.read(keys=keys, time="day", spelling=Spelling())
    except InputError:
        return False
    assert list(frame) == source.names
    return True


def read_estimator(data):
    """As it is, and as the content of a file whose checksum is right."""
    path = FOLDER / "model"
    path.write_bytes(data)
    found = [loads_it(path)]
    write(path, SeasonalNaiveRegressor(2), "skops", data)
    return any([*found, loads_it(path)])


def read_schema(data):
    """As what a file says that an estimator is made of; all checksums are right."""
    file = io.BytesIO()
    with (
        ZipFile(io.BytesIO(content_of_estimator())) as whole,
        ZipFile(file, "w") as new,
    ):
        for name in whole.namelist():
            new.writestr(name, data if name == "schema.json" else whole.read(name))
    path = FOLDER / "model"
    write(path, SeasonalNaiveRegressor(2), "skops", file.getvalue())
    return loads_it(path)


def loads_it(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load(path)
    except ValueError:
        return False
    return True


def read_log(data):
    """As it is, and as the content of a record whose checksum is right."""
    found = []
    record = struct.pack("<II", len(data), zlib.crc32(data)) + data
    for content in (data, _MAGIC + record, _MAGIC + record + record):
        path = FOLDER / "log"
        path.write_bytes(content)
        try:
            found.append(all(isinstance(r, dict) for r in RecordLog(path).read()))
            assert found[-1]
        except ValueError:
            found.append(False)
    return any(found)


def parquet_file():
    file = io.BytesIO()
    table().to_parquet(file)
    return file.getvalue()


def estimator_file():
    X = np.arange(20.0)[:, None]
    save(SeasonalNaiveRegressor(2).fit(X, X[:, 0]), FOLDER / "whole", format="skops")
    return (FOLDER / "whole").read_bytes()


@cache
def content_of_estimator():
    estimator_file()
    return parse(FOLDER / "whole")[1]


def schema_file():
    with ZipFile(io.BytesIO(content_of_estimator())) as whole:
        return whole.read("schema.json")


def log_file():
    path = FOLDER / "whole-log"
    log = RecordLog(path)
    log.replace({"state": 1})
    log.append({"sum": [1.5, None], "count": 2})
    return path.read_bytes()


def csv_file():
    return table().to_csv(index=False).encode()


# name -> a whole file, and its reader
READERS = {
    "csv": (csv_file, lambda data: read_table(data, ".csv")),
    "csv.gz": (lambda: gzip.compress(csv_file()), lambda d: read_table(d, ".csv.gz")),
    "parquet": (parquet_file, lambda data: read_table(data, ".parquet")),
    "estimator": (estimator_file, read_estimator),
    "schema": (schema_file, read_schema),
    "log": (log_file, read_log),
}


def broken(data, rng):
    """A file with some bytes changed, cut out, repeated, or cut short."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(0, max(len(data), 1)))
        stop = place + int(rng.integers(1, 20))
        way = rng.integers(0, 5)
        if way == 0:
            data[place:stop] = rng.bytes(stop - place)
        elif way == 1:
            del data[place:stop]
        elif way == 2:
            data[place:place] = data[place:stop]
        elif way == 3 and place < len(data):
            data[place] ^= 1 << int(rng.integers(0, 8))
        elif rng.random() < 0.2:
            del data[place:]
    return bytes(data)
