# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the user's: CSV and Parquet files, with an answer to every bad one."""

import gzip
import re
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_sales._compat import import_optional
from sklearn_sales.cli._errors import InputError, near_names
from sklearn_sales.panel import Table

__all__ = [
    "Source",
    "Spelling",
    "file_kind",
    "open_source",
    "parquet_library",
    "stem_of",
]

ENDINGS = {
    **dict.fromkeys((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
# The errors of readers; those of parsers and of text encodings are ValueErrors.
UNREADABLE = (ValueError, EOFError, OSError, zlib.error, pd.errors.ParserWarning)
# What counts as empty in a column that is no key: a shop may be called NA.
EMPTY = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"]
# What pyarrow calls an index without a name.
_INDEX = "__index_level_"


@dataclass(frozen=True)
class Spelling:
    """How a file writes what can be written in several ways.

    Attributes
    ----------
    decimal : {".", ","}
        Decimal mark of numbers in CSV files.
    time_format : str or None
        Format of dates as in ``datetime.strptime``; None is ISO 8601.
    """

    decimal: str = "."
    time_format: str | None = None


@dataclass(frozen=True)
class Source:
    """A file whose header has been read.

    Attributes
    ----------
    path : Path
    kind : {"csv", "parquet"}
    names : list of str
        Its columns.
    separator : str
        Of a CSV file.
    """

    path: Path
    kind: str
    names: list
    separator: str = ","

    def read(self, *, keys, time, spelling):
        """The whole table.

        Parameters
        ----------
        keys : list of str
            Columns of a CSV file that keep their spelling (007 stays 007).
        time : str
            Column that stays text in a CSV file where a format of dates is given.
        spelling : Spelling

        Returns
        -------
        pandas.DataFrame
            Without categories: text is text.

        Raises
        ------
        InputError
            Where the file cannot be read, or holds no row.
        """
        try:
            if self.kind == "parquet":
                frame = _read_parquet(self.path, self.names)
            else:
                text = [time] if spelling.time_format else []
                frame = self._read_csv(keys, text, spelling.decimal)
        except UNREADABLE as error:
            raise InputError(_unreadable(self.path, error)) from error
        if not len(frame):
            raise InputError(f"{self.path} holds a header but no row of data.")
        return frame.assign(**{name: _plain(frame[name]) for name in frame.columns})

    def _read_csv(self, keys, text, decimal):
        as_is = [*keys, *text]
        # with a list for some columns pandas knows no empty value in the others
        empty = {name: [""] if name in as_is else EMPTY for name in self.names}
        with warnings.catch_warnings():
            # a row with more fields than the header would lose the last ones
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                self.path,
                sep=self.separator,
                decimal=decimal,
                encoding="utf-8-sig",
                index_col=False,
                dtype=dict.fromkeys(as_is, str),
                keep_default_na=False,
                na_values=empty,
                low_memory=False,
            )
        return frame.assign(**{name: _numbers(frame[name]) for name in keys})


def open_source(path):
    """Check a file and read its header.

    Parameters
    ----------
    path : str

    Returns
    -------
    Source

    Raises
    ------
    InputError
        Where it is missing, empty, of an unknown kind, or cannot be parsed.
    """
    path = Path(path)
    _check_file(path)
    try:
        if file_kind(path) == "parquet":
            return Source(path, "parquet", _parquet_names(path))
        header = _first_line(path)
        separator = max(",;\t|", key=header.count)
        names = pd.read_csv(
            path, sep=separator, encoding="utf-8-sig", nrows=0, index_col=False
        ).columns
    except UNREADABLE as error:
        raise InputError(_unreadable(path, error)) from error
    return Source(path, "csv", list(names), separator)


def file_kind(path):
    """The kind of a file by its ending: "csv", "parquet", or None if unknown."""
    name = path.name.lower()
    return next((kind for end, kind in ENDINGS.items() if name.endswith(end)), None)


def stem_of(path):
    """The name of a file without its ending, which may be of two parts."""
    ends = sorted(ENDINGS, key=len, reverse=True)
    end = next((end for end in ends if path.name.lower().endswith(end)), path.suffix)
    return path.name[: len(path.name) - len(end)]


def _check_file(path):
    if not path.exists():
        near = []
        if path.parent.is_dir():
            near = [one.name for one in path.parent.iterdir()]
        raise InputError(f"{path} does not exist.{near_names(path.name, near)}")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the file in it.")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty.")
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise InputError(f"{path} is a spreadsheet; save its sheet as CSV first.")
    if file_kind(path) is None:
        raise InputError(
            f"{path} has none of the endings that are read: {', '.join(ENDINGS)}."
        )


def _first_line(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        line = file.readline()
    if "\0" in line:
        raise ValueError("it holds bytes that are no text")
    return line


def _unreadable(path, error):
    """Why a file cannot be read, on one line."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    if isinstance(error, pd.errors.ParserWarning):
        reason = "a row has more fields than the header"
    if isinstance(error, UnicodeDecodeError):
        reason = f"it is no UTF-8 text ({reason}); save it as UTF-8"
    return f"{path} cannot be read: {reason}."


def _plain(column):
    """A column of Python objects as numbers or text; any other as it is."""
    if column.dtype != object:
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("boolean", "decimal"):
        return column.astype(np.float64)
    return column.astype(str).where(column.notna()) if kind == "mixed" else column


def _numbers(column):
    """Keys as whole numbers where that loses nothing of how they are written."""
    whole = re.compile(r"0|-?[1-9]\d{0,17}")
    written = pd.unique(column)
    if all(isinstance(one, str) and whole.fullmatch(one) for one in written):
        return column.astype("int64")
    return column


def _parquet_names(path):
    library = parquet_library()
    if library.__name__ == "polars":
        names = _call(lambda: list(library.read_parquet_schema(path)))
    else:
        names = _call(lambda: library.read_schema(path).names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"it has more than one column of the name(s) {twice}")
    return [name for name in names if not name.startswith(_INDEX)]


def _read_parquet(path, names):
    library = parquet_library()
    if library.__name__ == "polars":
        table = Table(_call(lambda: library.read_parquet(path, columns=names)))
        columns = {name: table.column(i) for i, name in enumerate(table.names)}
        return pd.DataFrame(columns)
    frame = _call(lambda: _read_by_pyarrow(library, path, names))
    categories = [
        name
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    ]
    return frame.assign(**{name: np.asarray(frame[name]) for name in categories})


def _read_by_pyarrow(library, path, names):
    """The columns as they lie in the file, whatever pandas has noted beside them."""
    with library.ParquetFile(path) as file:
        return file.read().select(names).to_pandas(ignore_metadata=True)


def _call(read):
    """Call a reader whose errors are of a family of its own."""
    try:
        return read()
    except OSError:
        raise
    except Exception as error:
        raise ValueError(error) from error


def parquet_library():
    """The module that reads and writes Parquet: pyarrow's, else polars.

    Raises
    ------
    InputError
        Where neither is installed.
    """
    for module in ("pyarrow.parquet", "polars"):
        try:
            return import_optional(module, extra="test")
        except ImportError:
            continue
    raise InputError(
        "Parquet files need pyarrow or polars, and neither is installed. Install one "
        "with: pip install pyarrow. Or give the table as CSV."
    )
