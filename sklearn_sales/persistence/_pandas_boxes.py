# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Objects of pandas as plain arrays and lists, for formats that know none of pandas."""

import io
import pickle

import numpy as np
import pandas as pd

__all__ = ["Box", "boxed", "unboxed"]


class Box:
    """One object of pandas.

    Attributes
    ----------
    kind : str
        Key of the table that puts it together again.
    parts : list
        Arrays, lists, text and other boxes.
    """

    def __init__(self, kind, parts):
        self.kind = kind
        self.parts = parts


def _pack_values(values):
    """A pandas array, Index or Series as [type, plain values]."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        plain = values.cat if isinstance(values, pd.Series) else values
        return ["category", np.asarray(plain.codes), dtype.categories, dtype.ordered]
    if isinstance(dtype, pd.PeriodDtype):
        periods = pd.PeriodIndex(values)
        return ["period", np.asarray(periods.asi8), periods.freqstr]
    if isinstance(dtype, pd.DatetimeTZDtype):
        index = pd.DatetimeIndex(values).tz_convert("UTC").tz_localize(None)
        return ["zoned", index.to_numpy().view(np.int64), index.unit, str(dtype.tz)]
    if dtype.kind in "mM":
        # a file of numpy refuses the metadata that such a dtype has after a pickle
        return ["times", np.asarray(values).view(np.int64), dtype.str]
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return ["numpy", np.asarray(values)]
    return ["list", str(dtype), [_plain(v) for v in values]]


def _plain(value):
    """A value of a column of objects; missing ones are None."""
    missing = np.ndim(value) == 0 and pd.isna(value)
    if missing and not isinstance(value, float):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _unpack_values(parts):
    kind, *rest = parts
    if kind == "category":
        return pd.Categorical.from_codes(rest[0], rest[1], ordered=bool(rest[2]))
    if kind == "period":
        return pd.PeriodIndex.from_ordinals(rest[0], freq=rest[1])
    if kind == "zoned":
        index = pd.DatetimeIndex(rest[0].view(f"M8[{rest[1]}]"))
        return index.tz_localize("UTC").tz_convert(rest[2])
    if kind == "times":
        return rest[0].view(rest[1])
    if kind == "numpy":
        return rest[0]
    return (
        pd.array(rest[1], dtype=rest[0]) if rest[0] != "object" else _objects(rest[1])
    )


def _objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _pack_frame(frame):
    columns = [_pack_values(frame.iloc[:, j]) for j in range(frame.shape[1])]
    return [frame.index, frame.columns, columns]


def _unpack_frame(index, names, columns):
    series = [pd.Series(_unpack_values(part), index=index) for part in columns]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=index)
    return frame.set_axis(names, axis=1)


def _pack_index(index):
    return [list(index.names), _pack_values(index)]


def _unpack_index(names, values):
    return pd.Index(_unpack_values(values), name=names[0])


def _pack_levels(index):
    levels = [index.get_level_values(j) for j in range(index.nlevels)]
    return [list(index.names), levels]


# What the pickle of a type would hold, in the order in which types are tried.
_KINDS = {
    "frame": (pd.DataFrame, _pack_frame, _unpack_frame),
    "series": (
        pd.Series,
        lambda s: [s.index, s.name, _pack_values(s)],
        lambda i, n, v: pd.Series(_unpack_values(v), index=i, name=n),
    ),
    "range": (
        pd.RangeIndex,
        lambda i: [i.start, i.stop, i.step, i.name],
        lambda start, stop, step, name: pd.RangeIndex(start, stop, step, name=name),
    ),
    "multi": (
        pd.MultiIndex,
        _pack_levels,
        lambda names, levels: pd.MultiIndex.from_arrays(levels, names=names),
    ),
    "index": (pd.Index, _pack_index, _unpack_index),
    "array": (
        pd.api.extensions.ExtensionArray,
        lambda a: [_pack_values(a)],
        lambda v: pd.array(_unpack_values(v)),
    ),
    "timestamp": (
        pd.Timestamp,
        lambda t: [t.isoformat(), None if t.tz is None else str(t.tz)],
        lambda text, zone: pd.Timestamp(text) if zone is None else _zoned(text, zone),
    ),
    "timedelta": (pd.Timedelta, lambda t: [t.isoformat()], pd.Timedelta),
    "offset": (pd.tseries.offsets.BaseOffset, lambda o: [o.freqstr], None),
    "missing": (type(pd.NA), lambda _: [], lambda: pd.NA),
}


def _zoned(text, zone):
    return pd.Timestamp(text).tz_convert(zone)


def _pack(value):
    for kind, (types, pack, _) in _KINDS.items():
        if isinstance(value, types):
            return Box(kind, pack(value))
    return None


def _unpack(kind, parts):
    if kind == "offset":
        return pd.tseries.frequencies.to_offset(*parts)
    return _KINDS[kind][2](*parts)


class _Boxer(pickle.Pickler):
    """Writes boxes in the place of what pandas has."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # the objects too: an address may be used again once its object is gone
        self._made = {}

    def persistent_id(self, obj):
        if isinstance(obj, type):
            return None
        if id(obj) not in self._made:
            box = _pack(obj)
            if box is None:
                return None
            self._made[id(obj)] = obj, box
        return self._made[id(obj)][1]


class _BoxReader(pickle.Unpickler):
    def persistent_load(self, pid):
        return pid


class _Unboxer(pickle.Pickler):
    def persistent_id(self, obj):
        return (obj.kind, obj.parts) if type(obj) is Box else None


class _UnboxReader(pickle.Unpickler):
    def persistent_load(self, pid):
        return _unpack(*pid)


def boxed(obj):
    """A copy of any object in which boxes stand for what pandas has.

    Arrays are shared with the object, not copied.
    """
    return _copied(obj, _Boxer, _BoxReader)


def unboxed(obj):
    """The inverse of :func:`boxed`."""
    return _copied(obj, _Unboxer, _UnboxReader)


def _copied(obj, pickler, unpickler):
    buffers: list = []
    file = io.BytesIO()
    pickler(file, protocol=5, buffer_callback=buffers.append).dump(obj)
    file.seek(0)
    return unpickler(file, buffers=buffers).load()
