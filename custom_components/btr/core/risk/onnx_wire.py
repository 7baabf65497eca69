"""The protobuf wire format as far as ONNX needs it, for files that nobody vouches for.

Nothing here trusts a length, nests, or makes an object whose size the file decides: the number of fields that are
looked at is bounded, long lists of numbers are decoded by numpy in blocks of bounded size.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

View = memoryview
# One field: a number, bytes, or a run of numbers of the same field, as they stood in the file (uint64 or uint32).
Value = int | memoryview | NDArray[Any]

# A tree ensemble of 5 MiB has some 130 000 nodes, whose modes are a field each; all else is far below.
MAX_FIELDS: Final = 300_000
# Decoding a run with numpy takes as long as reading so many fields one by one, however short it is.
_RUN_COSTS: Final = 20
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_BLOCK: Final = 64 * 1024
_FIRST_BLOCK: Final = 64
_MOST_VARINT_BYTES: Final = 10
_FIXED_BYTES: Final = {_FIXED32: 4, _FIXED64: 8}


class RefusedError(Exception):
    """Why a file is not taken; the boundary that knows the model's name turns it into a ModelCardError."""


class Message:
    """One message of the wire format; all messages of a file share the count of fields already looked at."""

    __slots__ = ("_data", "_seen", "where")

    def __init__(self, data: View, where: str, seen: list[int] | None = None) -> None:
        """``where`` names the message in errors."""
        self._data = data
        self._seen = [0] if seen is None else seen
        self.where = where

    def __len__(self) -> int:
        """Return the bytes of the message."""
        return len(self._data)

    def inner(self, value: Value, where: str) -> "Message":
        """Return the message in a field of this one; raise RefusedError when the field holds a number."""
        return Message(as_view(value, where), where, self._seen)

    def fields(self) -> Iterator[tuple[int, Value]]:
        """Yield (field number, value) in the order of the file; repeated numbers that stand together come as one run.

        Raises:
            RefusedError: truncated, damaged, or more fields than a model can need.
        """
        data, at, where = self._data, 0, self.where
        while at < len(data):
            self._count(1)
            start = at
            key, at = _varint(data, at, where)
            number, wire = key >> 3, key & 7
            if not number:
                raise RefusedError(f"{where} has a field without a number; the file is damaged")
            if wire == _BYTES:
                size, at = _varint(data, at, where)
                end = at + size
                if end > len(data):
                    raise RefusedError(f"{where} ends before its announced length; the file is truncated")
                yield number, data[at:end]
                at = end
                continue
            if wire == _VARINT:
                one, at = _varint(data, at, where)
            elif wire in _FIXED_BYTES:
                one, at = _fixed(data, at, wire, where)
            else:
                raise RefusedError(f"{where} is no protobuf message (wire type {wire}); the file is damaged")
            if key < 0x80 and at < len(data) and data[at] == key:
                self._count(_RUN_COSTS)
                run, at = _varint_run(data, start, key) if wire == _VARINT else _fixed_run(data, start, wire)
                yield number, run
            else:
                yield number, one

    def _count(self, fields: int) -> None:
        self._seen[0] += fields
        if self._seen[0] > MAX_FIELDS:
            raise RefusedError(f"has more than {MAX_FIELDS} fields; such a file is no model of ours")


def as_view(value: Value, where: str) -> View:
    """Return the bytes of a field; raise RefusedError when it is a number."""
    if not isinstance(value, memoryview):
        raise RefusedError(f"{where} is no protobuf message; the file is damaged")
    return value


def as_text(value: Value, where: str) -> str:
    """Return the text of a field; raise RefusedError when it is none."""
    try:
        return str(as_view(value, where), "utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{where} is no text; the file is damaged") from error


def as_int(value: Value, where: str) -> int:
    """Return the signed 64-bit number of a field, of several the last; raise RefusedError when it is none."""
    if isinstance(value, memoryview):
        raise RefusedError(f"{where} is no number; the file is damaged")
    number = int(value if isinstance(value, int) else value[-1])
    return number - (1 << 64) if number >= 1 << 63 else number


def as_ints(value: Value, where: str) -> NDArray[np.int64]:
    """Return the signed 64-bit numbers of a repeated field, packed or not."""
    if isinstance(value, memoryview):
        return _varints(value, where).view(np.int64)
    return np.atleast_1d(np.asarray(value, np.uint64)).view(np.int64)


def as_fixed(value: Value, dtype: type[np.floating[Any]], where: str) -> NDArray[Any]:
    """Return the floats of a repeated field, packed or not."""
    kind = np.dtype(dtype).newbyteorder("<")
    if isinstance(value, memoryview):
        if len(value) % kind.itemsize:
            raise RefusedError(f"{where} ends inside a number; the file is damaged")
        return np.frombuffer(value, kind).astype(dtype)
    pattern = np.dtype(f"<u{kind.itemsize}")
    if isinstance(value, int):
        if value >> 8 * kind.itemsize:
            raise RefusedError(f"{where} is no number of {kind.itemsize} bytes; the file is damaged")
        value = np.array([value], pattern)
    if value.dtype != pattern:
        raise RefusedError(f"{where} is no number of {kind.itemsize} bytes; the file is damaged")
    return value.view(kind).astype(dtype)


def _varint(data: View, at: int, where: str) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + _MOST_VARINT_BYTES]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
        shift += 7
    raise RefusedError(f"{where} ends inside a number; the file is truncated or damaged")


def _fixed(data: View, at: int, wire: int, where: str) -> tuple[int, int]:
    end = at + _FIXED_BYTES[wire]
    if end > len(data):
        raise RefusedError(f"{where} ends before its announced length; the file is truncated")
    return int.from_bytes(data[at:end], "little"), end


def _block_varints(data: View) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.intp]]:
    """Return the whole varints at the beginning of ``data``, the place after each, and the bytes of each."""
    block = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(block < 0x80) + 1
    if not len(ends):
        return np.empty(0, np.uint64), ends, ends
    lengths = np.diff(ends, prepend=0)
    starts = ends - lengths
    place = np.arange(ends[-1]) - np.repeat(starts, lengths)
    parts = (block[: ends[-1]] & 0x7F).astype(np.uint64) << np.minimum(7 * place, 63).astype(np.uint64)
    return np.bitwise_or.reduceat(parts, starts), ends, lengths


def _varints(data: View, where: str) -> NDArray[np.uint64]:
    found: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    at = 0
    while at < len(data):
        values, ends, lengths = _block_varints(data[at : at + _BLOCK])
        if not len(ends) or lengths.max() > _MOST_VARINT_BYTES:
            raise RefusedError(f"{where} ends inside a number; the file is truncated or damaged")
        found.append(values)
        at += int(ends[-1])
    return np.concatenate(found)


def _varint_run(data: View, at: int, key: int) -> tuple[NDArray[np.uint64], int]:
    """Return the values of (key, value) pairs from ``at`` on while the key stays, and the place after the last.

    A key of one byte is a varint as well, so a run is a list of varints of which every other one is the key. The
    blocks grow only while the run goes on: many short runs cost no more than their length.
    """
    found: list[NDArray[np.uint64]] = []
    size = _FIRST_BLOCK
    while at < len(data):
        values, ends, lengths = _block_varints(data[at : at + size])
        pairs = len(values) // 2
        other = (values[: 2 * pairs : 2] != key) | (lengths[1 : 2 * pairs : 2] > _MOST_VARINT_BYTES)
        same = int(other.argmax()) if other.any() else pairs
        found.append(values[1 : 2 * same : 2])
        at += int(ends[2 * same - 1]) if same else 0
        if same < pairs or not pairs:
            break
        size = min(2 * size, _BLOCK)
    return np.concatenate(found), at


def _fixed_run(data: View, at: int, wire: int) -> tuple[NDArray[Any], int]:
    pair = np.dtype([("key", "u1"), ("value", f"<u{_FIXED_BYTES[wire]}")])
    found: list[NDArray[Any]] = []
    key, size = data[at], _FIRST_BLOCK
    while True:
        pairs = min(size, len(data) - at) // pair.itemsize
        block = np.frombuffer(data[at : at + pairs * pair.itemsize], pair)
        other = block["key"] != key
        same = int(other.argmax()) if other.any() else pairs
        found.append(block["value"][:same])
        at += same * pair.itemsize
        if same < pairs or not pairs:
            return np.concatenate(found), at
        size = min(2 * size, _BLOCK)
