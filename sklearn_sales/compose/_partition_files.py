# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Panels in folders of Parquet files, one group of series in each partition.

A partition is a folder ``store=1/dept=2`` with any number of files, as Hive, Spark,
pyarrow and polars write them, or a single file whose rows are all of one group.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd

from sklearn_sales._compat import import_optional
from sklearn_sales._files import replacing

__all__ = [
    "Partition",
    "content_digest",
    "find_partitions",
    "folder_name",
    "read_columns",
    "read_group",
    "read_partition",
    "write_partition",
    "written_digest",
]

_DIGEST = b"sklearn_sales"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Partition:
    """Files whose rows belong to one group.

    Attributes
    ----------
    files : tuple of Path
    named : dict
        Values of the grouping columns that the names of the folders tell. It holds all
        of them, or none.
    """

    files: tuple
    named: dict

    def __str__(self):
        return str(self.files[0].parent if self.named else self.files[0])

    def with_key(self, by, key):
        """The same files, with values of the type that the whole folder has."""
        named = dict(zip(by, key, strict=True)) if self.named else {}
        return Partition(self.files, named)


def find_partitions(folder, by):
    """Partitions below a folder, by their paths.

    Parameters
    ----------
    folder : Path
    by : list of str
        Grouping columns.

    Returns
    -------
    list of Partition
        The values in ``named`` are text.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one with Parquet partitions.")
    parts = {}
    for file in sorted(folder.rglob("*.parquet")):
        below = file.relative_to(folder).parts
        if any(name.startswith((".", "_")) for name in below) or not file.is_file():
            continue
        named = dict(map(unquote, n.split("=", 1)) for n in below[:-1] if "=" in n)
        whole = all(name in named for name in by)
        place = tuple(named[name] for name in by) if whole else file
        named = {name: named[name] for name in by} if whole else {}
        parts.setdefault(place, (named, []))[1].append(file)
    if not parts:
        raise ValueError(
            f"{folder} holds no file that ends in .parquet. Write the panel there, for "
            f"instance with frame.to_parquet(folder, partition_cols={by})."
        )
    return [Partition(tuple(files), named) for named, files in parts.values()]


def folder_name(by, key):
    """The folder of one group below another: ``store=1/dept=2``."""
    return "/".join(
        f"{quote(name, safe='')}={quote(str(value), safe='')}"
        for name, value in zip(by, key, strict=True)
    )


def read_partition(partition):
    """All rows of a partition as one pandas DataFrame.

    Grouping columns that no file holds follow the others, as in
    :func:`pandas.read_parquet`.
    """
    pq = _parquet()
    frames = [pq.ParquetFile(file).read().to_pandas() for file in partition.files]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    for name, value in partition.named.items():
        if name not in frame:
            frame[name] = value
        elif not frame[name].eq(value).all():
            raise ValueError(
                f"{partition} holds rows whose {name} is not {value!r}, as its path "
                "says. Write the rows to the folder of their own group."
            )
    return frame


def read_columns(partition):
    """Names of the columns of :func:`read_partition`, read without the rows."""
    schema = _parquet().read_schema(partition.files[0])
    names = list(schema.empty_table().to_pandas().columns)
    return [*names, *(name for name in partition.named if name not in names)]


def read_group(partition, by):
    """Values of the grouping columns in a file, as a tuple; None where it has no row.

    Raises
    ------
    ValueError
        Where a column is missing, or the file holds more than one group.
    """
    file = _parquet().ParquetFile(partition.files[0])
    absent = [name for name in by if name not in file.schema_arrow.names]
    if absent:
        raise ValueError(
            f"{partition} has no column {absent}, and no folder of its path is called "
            f"{absent[0]}=VALUE: by= needs one or the other."
        )
    keys = file.read(columns=by).to_pandas()[by].drop_duplicates()
    if keys.isna().any(axis=None):
        raise ValueError(f"{partition} has rows without a value of {by}.")
    if len(keys) > 1:
        raise ValueError(
            f"{partition} holds {len(keys)} groups of by={by}; a file holds one. Write "
            f"the panel with frame.to_parquet(folder, partition_cols={by})."
        )
    return tuple(keys.iloc[0]) if len(keys) else None


def content_digest(partition):
    """SHA-256 of the bytes of the files."""
    digest = hashlib.sha256(repr(sorted(partition.named.items())).encode())
    for file in partition.files:
        with open(file, "rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def write_partition(frame, path, digest):
    """Write a file aside and let it take its place, marked by what it was made from."""
    pa, pq = import_optional("pyarrow", extra="distributed"), _parquet()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    marks = {**(table.schema.metadata or {}), _DIGEST: digest.encode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        pq.write_table(table.replace_schema_metadata(marks), aside)


def written_digest(path):
    """The mark of a file of :func:`write_partition`; None where there is none."""
    if not Path(path).exists():
        return None
    marks = _parquet().read_schema(path).metadata or {}
    return marks.get(_DIGEST, b"").decode()


def _parquet():
    return import_optional("pyarrow.parquet", extra="distributed")
