"""The messages that both kinds of device send in the same form."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..errors import CodecError
from ..messages import Ack, Availability, DeviceKey
from .fields import UNREADABLE, Field, Unreadable, code, number, read_fields, read_object, read_text, text

ACK_RESULTS = ("accepted", "applied", "refused")

_ACK: tuple[Field, ...] = (Field("id", code), Field("result", text), Field("reason", text))
_AVAILABILITY = {"online": True, "offline": False}
_LIMIT_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")


def decode_availability(device: DeviceKey, payload: bytes | str) -> Availability | None:
    """Birth or last will; None for the empty payload that deletes a retained message.

    Raises:
        CodecError: ``bad_availability``, or what `read_text` raises.

    """
    word = read_text(payload).strip('"').lower()
    if not word:
        return None
    if word not in _AVAILABILITY:
        raise CodecError("bad_availability", "availability is neither online nor offline")
    return Availability(device, _AVAILABILITY[word])


def decode_ack(device: DeviceKey, payload: bytes | str) -> Ack | None:
    """The answer to a command; None for an empty payload.

    Raises:
        CodecError: ``bad_ack`` without a readable id and one of `ACK_RESULTS`, or what `read_object` raises.

    """
    if not payload:
        return None
    values, _ = read_fields(read_object(payload), _ACK)
    result = str(values.get("result", "")).lower()
    if "id" not in values or result not in ACK_RESULTS:
        raise CodecError("bad_ack", f"an answer needs an id and a result that is one of {', '.join(ACK_RESULTS)}")
    return Ack(device, id=values["id"], result=result, reason=values.get("reason"))


def limits(value: object) -> Mapping[str, float] | Unreadable:
    """Up to 64 named numbers; entries that are none are left out."""
    if not isinstance(value, dict):
        return UNREADABLE
    read = {name: number(raw) for name, raw in list(value.items())[:64] if _LIMIT_NAME.fullmatch(name)}
    return MappingProxyType({name: item for name, item in read.items() if not isinstance(item, Unreadable)})
