# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_sales._files import replacing
from sklearn_sales.cli._errors import InputError
from sklearn_sales.cli._read import file_kind, parquet_library, stem_of

__all__ = ["Output", "check_folder", "replacing", "resolve_output", "write_table"]


@dataclass(frozen=True)
class Output:
    """Where the results lie.

    Attributes
    ----------
    forecasts, errors, report, picture : Path
    """

    forecasts: Path
    errors: Path
    report: Path
    picture: Path


def resolve_output(output, *, kind, inputs):
    """Decide on the names of all results, and make their folder.

    Parameters
    ----------
    output : str
        A folder, or a file of the forecasts.
    kind : {"csv", "parquet"}
        Of the forecasts in a folder.
    inputs : list of Path
        Files that must not be written over.

    Returns
    -------
    Output

    Raises
    ------
    InputError
        Where nothing can be written there, or an input would be lost.
    """
    path = Path(output)
    is_file = file_kind(path) is not None and not path.is_dir()
    folder = path.parent if is_file else path
    check_folder(folder)
    if is_file:
        stem = stem_of(path)
        names = [path.name, f"{stem}_errors.csv", f"{stem}_report.json", f"{stem}.png"]
    else:
        names = [f"forecasts.{kind}", "errors.csv", "report.json", "forecasts.png"]
    result = Output(*(folder / name for name in names))
    lost = {one.resolve() for one in inputs} & {
        one.resolve() for one in vars(result).values()
    }
    if lost:
        raise InputError(
            f"--output {output} would write over the input {min(lost)}; name another."
        )
    return result


def check_folder(folder):
    """Make a folder, and try to write into it before hours of work are lost."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / "probe", keep=False) as probe:
            probe.touch()
    except FileExistsError as error:
        raise InputError(
            f"--output {folder} is a file without the ending of a table; name a "
            "folder, or a file that ends in .csv, .csv.gz or .parquet."
        ) from error
    except OSError as error:
        raise InputError(
            f"--output {folder} cannot be written: {error.strerror or error}."
        ) from error


def write_table(frame, path):
    """Write a table as CSV or Parquet, by the ending of its name.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : Path
    """
    with replacing(path) as aside:
        if file_kind(path) == "csv":
            separator = "\t" if ".tsv" in path.suffixes else ","
            frame.to_csv(aside, index=False, sep=separator)
        elif (library := parquet_library()).__name__ == "polars":
            _to_polars(frame, library).write_parquet(aside)
        else:
            frame.to_parquet(aside, index=False, engine="pyarrow")


def _to_polars(frame, polars):
    """A frame of numbers, text and times, without the help of pyarrow."""
    columns = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.PeriodDtype):
            column = column.dt.to_timestamp()
        zone = getattr(column.dt, "tz", None) if column.dtype.kind == "M" else None
        if zone is not None:
            utc = column.dt.tz_convert("UTC").dt.tz_localize(None)
            values = polars.Series(utc.to_numpy()).dt.replace_time_zone("UTC")
            columns[name] = values.dt.convert_time_zone(str(zone))
        elif column.dtype.kind in "OU" or not isinstance(column.dtype, np.dtype):
            columns[name] = column.tolist()
        else:
            columns[name] = column.to_numpy()
    return polars.DataFrame(columns)
