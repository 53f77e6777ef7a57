# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A file of records that is only added to, and whole after a crash at any byte.

Each record is its length, its checksum and its content in compressed JSON. A process
that ends while it adds one leaves the records before it readable: what is cut short at
the end is passed over, and written over by the next record. A file that has grown is
replaced by one of a single record, written aside first.
"""

import json
import os
import struct
import zlib

from sklearn_sales._files import replacing

__all__ = ["RecordLog"]

_MAGIC = b"sksales-log-1\n"
_HEAD = struct.Struct("<II")


class RecordLog:
    """Records of one file.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path):
        self.path = path

    def read(self):
        """All complete records, oldest first; none where there is no file.

        Raises
        ------
        ValueError
            Where the file is none of these, or damaged before its end.
        """
        if not self.path.exists():
            return []
        return self._scan()[0]

    def _scan(self):
        data = self.path.read_bytes()
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError(f"{self.path} is no file of a ForecastMonitor.")
        records, place = [], len(_MAGIC)
        while place + _HEAD.size <= len(data):
            length, checksum = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + length
            content = data[place + _HEAD.size : end]
            if end > len(data):
                break
            if zlib.crc32(content) != checksum:
                if end < len(data):
                    raise self._damaged(place)
                break
            try:
                records.append(_unpacked(content))
            except (zlib.error, ValueError, RecursionError) as error:
                raise self._damaged(place) from error
            place = end
        if not records:
            raise ValueError(
                f"{self.path} holds no complete record. Take a copy that was made "
                "before, or start() anew."
            )
        return records, place

    def _damaged(self, place):
        return ValueError(
            f"{self.path} is damaged at byte {place}, before its end. Take a copy that "
            "was made before, or start() anew."
        )

    def append(self, record):
        """Add a record, and bring it to the disk."""
        _, size = self._scan()
        with open(self.path, "r+b") as file:
            # what a crash has left behind the last complete record
            file.truncate(size)
            file.seek(size)
            file.write(_packed(record))
            file.flush()
            os.fsync(file.fileno())

    def replace(self, record):
        """A file of this one record in the place of all others."""
        with replacing(self.path) as aside:
            aside.write_bytes(_MAGIC + _packed(record))


def _packed(record):
    content = zlib.compress(json.dumps(record, sort_keys=True).encode("ascii"))
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def _unpacked(content):
    """A record of checked content; whoever computes a checksum can write any."""
    record = json.loads(zlib.decompress(content))
    if not isinstance(record, dict):
        raise ValueError(f"a record is a dict, got {type(record).__name__}")
    return record
