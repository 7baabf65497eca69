"""From bytes to bounded JSON objects, and from JSON values to typed ones.

One field that cannot be read must never lose a message, and no field may turn into a wrong number. Every coercer
therefore returns `UNREADABLE` for what it does not understand, and nothing below this module raises anything but
`CodecError`.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ..errors import CodecError
from ..messages import Level

MAX_PAYLOAD = 64 * 1024
"""Longest payload that is looked at, in bytes (characters if it is text already)."""

MAX_TEXT = 128
"""Longest text that is kept from a device."""

MAX_DEPTH = 16
"""Deepest nesting that is parsed; our deepest message has five levels."""

_MAX_INTEGER_DIGITS = 20
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[eE][+-]?\d{1,3})?")
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*+"?'  # a string, even one that never ends: nothing inside is touched and the scan stays linear
    r"|(?<![\w.])[+-]?(?:nan|inf(?:inity)?|ovf)\b",
    re.IGNORECASE | re.DOTALL,
)
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)


class Unreadable(Enum):
    """The one value that says: it was there, but it could not be read."""

    TOKEN = "unreadable"


UNREADABLE: Final = Unreadable.TOKEN
Coercer = Callable[[object], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a message table: the JSON name, how it is read, and the attribute it becomes.

    ``measured`` marks a channel: our firmware says ``null`` for a bad value, so null counts as unreadable there.
    """

    name: str
    coerce: Coercer
    attribute: str = ""
    measured: bool = False


def read_object(payload: bytes | str) -> dict[str, Any]:
    """The JSON object of a payload; values that are no JSON numbers (``nan``) or ambiguous are `UNREADABLE`.

    Raises:
        CodecError: ``too_large``, ``not_utf8``, ``not_json``, ``too_deep`` or ``not_an_object``.

    """
    text = read_text(payload)
    if _is_too_deep(text):
        raise CodecError("too_deep", f"payload is nested more than {MAX_DEPTH} levels deep")
    try:
        value = _parse(text)
    except ValueError as err:
        raise CodecError("not_json", f"payload is no JSON: {str(err)[:MAX_TEXT]}") from err
    if not isinstance(value, dict):
        raise CodecError("not_an_object", f"payload is a JSON {type(value).__name__}, expected an object")
    return value


def read_text(payload: bytes | str) -> str:
    """The payload as text, without surrounding blanks and the NUL that some C clients append.

    Raises:
        CodecError: ``too_large`` or ``not_utf8``.

    """
    if len(payload) > MAX_PAYLOAD:
        raise CodecError("too_large", f"payload has {len(payload)} bytes, at most {MAX_PAYLOAD} are read")
    if isinstance(payload, str):
        text = payload
    else:
        try:
            text = bytes(payload).decode("utf-8")
        except UnicodeDecodeError as err:
            raise CodecError("not_utf8", f"payload is no UTF-8 from byte {err.start} on") from err
    return text.strip(" \t\r\n\0\ufeff")


def read_fields(source: Mapping[str, Any], table: Sequence[Field]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The typed values by attribute, and the names of the fields that were there but could not be read."""
    values: dict[str, Any] = {}
    bad: list[str] = []
    for row in table:
        if row.name not in source:
            continue
        raw = source[row.name]
        value = (UNREADABLE if row.measured else None) if raw is None else row.coerce(raw)
        if value is UNREADABLE:
            bad.append(row.name)
        elif value is not None:
            values[row.attribute or row.name] = value
    return values, tuple(bad)


def number(value: object) -> float | Unreadable:
    """A finite number; numeric text counts, a truth value does not."""
    if isinstance(value, str):
        text = value.strip()
        value = float(text) if _NUMBER.fullmatch(text) else UNREADABLE
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNREADABLE
    return float(value) if math.isfinite(value) else UNREADABLE


def natural(value: object) -> int | Unreadable:
    """A whole number from 0 to 2^53, the range in which JSON numbers are exact."""
    read = number(value)
    if read is UNREADABLE or not read.is_integer() or not 0 <= read <= 2**53:
        return UNREADABLE
    return int(read)


def bits(value: object) -> int | Unreadable:
    """A fault bit set; text may be hexadecimal. Bits without a name survive."""
    if isinstance(value, str) and re.fullmatch(r"0[xX][0-9a-fA-F]{1,13}", value.strip()):
        return int(value, 16)
    return natural(value)


def boolean(value: object) -> bool | Unreadable:
    """A truth value: JSON's own, a number (0 is false), or on/off/true/false in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    read = number(value)
    return UNREADABLE if read is UNREADABLE else read != 0


def level(value: object) -> Level | Unreadable:
    """NORMAL, WARNING or DANGER in any case."""
    return _LEVELS.get(value.strip().lower(), UNREADABLE) if isinstance(value, str) else UNREADABLE


def override(value: object) -> Level | Unreadable | None:
    """A level that somebody forces, None if nobody does (``none``, false or empty text)."""
    if value is False or (isinstance(value, str) and value.strip().lower() in ("", "none")):
        return None
    return level(value)


def text(value: object) -> str | Unreadable:
    """Printable text of 1 to `MAX_TEXT` characters."""
    if not isinstance(value, str):
        return UNREADABLE
    stripped = value.strip()
    return stripped if 0 < len(stripped) <= MAX_TEXT and stripped.isprintable() else UNREADABLE


def code(value: object) -> str | Unreadable:
    """Text or a whole number, as text: identifiers come as either."""
    read = natural(value) if isinstance(value, int | float) else UNREADABLE
    return text(value) if read is UNREADABLE else str(read)


def codes(value: object) -> tuple[str, ...] | Unreadable:
    """Up to 32 codes in their order; unknown ones survive, because dropping one would hide a fault."""
    if not isinstance(value, list):
        return UNREADABLE
    read = [code(item) for item in value[:32]]
    return tuple("unreadable" if item is UNREADABLE else item for item in read)


_WORDS = {"on": True, "true": True, "off": False, "false": False}
_LEVELS = {item.key: item for item in Level if item is not Level.UNKNOWN}


def _parse(source: str) -> Any:
    try:
        return _DECODER.decode(source)
    except ValueError:
        # Printing a float in C gives nan, inf or ovf, with or without a sign: not JSON, but no reason to lose the rest.
        repaired = _TOKEN.sub(lambda match: match[0] if match[0].startswith('"') else "NaN", source)
        if repaired == source:
            raise
        return _DECODER.decode(repaired)


def _is_too_deep(source: str) -> bool:
    """Whether the nesting exceeds `MAX_DEPTH`; how deep the parser itself can go depends on the interpreter."""
    if source.count("{") + source.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.findall(source):
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > MAX_DEPTH:
            return True
    return False


def _bounded_integer(digits: str) -> object:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else UNREADABLE


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice with different values says nothing."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        same = name not in result or (type(result[name]) is type(value) and result[name] == value)
        result[name] = value if same else UNREADABLE
    return result


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unambiguous, parse_int=_bounded_integer, parse_constant=lambda _: UNREADABLE
)
