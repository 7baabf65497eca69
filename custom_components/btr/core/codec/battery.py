"""Messages of a battery node, and the correction that is sent to it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..errors import CodecError, CommandRefusedError
from ..messages import BatteryRegister, BatterySample, DeviceKey, Level, Message, Publish
from ..topics import Route, TopicConfig
from .fields import (
    UNREADABLE,
    Field,
    Unreadable,
    bits,
    boolean,
    codes,
    level,
    natural,
    number,
    override,
    read_fields,
    read_object,
    text,
)
from .shared import decode_ack, decode_availability, limits

_UNSYNCED = "unsynced"
_FIRST_SANE_S = 946_684_800  # the year 2000
_LAST_SANE_S = 4_102_444_800  # the year 2100


def unix_time(value: object) -> datetime | Unreadable | None:
    """Whole seconds since 1970 as UTC; None for a clock that was never set."""
    if value == _UNSYNCED:
        return None
    read = natural(value)
    if isinstance(read, Unreadable) or not _FIRST_SANE_S <= read <= _LAST_SANE_S:
        return UNREADABLE
    return datetime.fromtimestamp(read, UTC)


def is_unsynced(value: object) -> bool | None:
    """True for a clock that was never set; None for anything else, which is another field's."""
    return True if value == _UNSYNCED else None


CHANNELS: tuple[Field, ...] = (
    Field("temp_ambient_c", number, measured=True),
    Field("temp_internal_c", number, measured=True),
    Field("humidity_percent", number, measured=True),
    Field("mq2_ppm", number, measured=True),
    Field("mq4_ppm", number, measured=True),
    Field("mq8_ppm", number, measured=True),
    Field("mq7_ppm", number, measured=True),
    Field("voc_index", number, measured=True),
    Field("max30105_smoke", number, measured=True),
    Field("max30105_temp_c", number, measured=True),
)

SAMPLE: tuple[Field, ...] = (
    Field("timestamp_ms", natural, measured=True),
    *CHANNELS,
    Field("status", level, measured=True),
    Field("seq", natural),
    Field("uptime_s", natural),
    Field("local_status", level),
    Field("override", override),
    Field("fault", bits),
    Field("voc_raw", number),
    Field("gas_ready", boolean),
    Field("rate_c_per_s", number),
    Field("utc", unix_time),
    Field("utc", is_unsynced, "unsynced"),
    Field("late", boolean),
)

REGISTER: tuple[Field, ...] = (
    Field("firmware", text),
    Field("schema", natural, "schema_version"),
    Field("schema_version", natural),
    Field("capabilities", codes),
    Field("reset_reason", text),
    Field("limits", limits),
)

_CHANNEL_NAMES = frozenset(row.name for row in CHANNELS)
_SAMPLE_NAMES = frozenset(row.name for row in SAMPLE)
_REGISTER_NAMES = frozenset(row.name for row in REGISTER) | {"id"}


def decode_battery(route: Route, payload: bytes | str) -> Message | None:
    """The message behind a routed topic of a battery node; see `codec.decode` for what comes out."""
    match route.leaf:
        case "sensor":
            return _decode_sample(route, payload, late=False)
        case "late":
            return _decode_sample(route, payload, late=True)
        case "register":
            return _decode_register(route.device, payload)
        case "availability":
            return decode_availability(route.device, payload)
        case "ack":
            return decode_ack(route.device, payload)
        case _:
            return None


def encode_correction(
    topics: TopicConfig, device: DeviceKey, level: Level, *, ttl_s: int | None = None, id: str | None = None
) -> Publish:
    """The correction of a node to a level: the bare lower-case word, or JSON if ``ttl_s`` or ``id`` is given.

    Only our firmware reads the JSON form. QoS 0 and never retained, because a correction that is late is wrong.

    Raises:
        CommandRefusedError: ``unknown_level`` or ``bad_ttl`` (a whole number of seconds above 0).

    """
    if level is Level.UNKNOWN:
        raise CommandRefusedError("unknown_level")
    if ttl_s is not None and (type(ttl_s) is not int or ttl_s <= 0):
        raise CommandRefusedError("bad_ttl", ttl=str(ttl_s))
    payload = level.key
    if ttl_s is not None or id is not None:
        body = {"level": level.key, "id": id, "ttl_s": ttl_s}
        payload = json.dumps({name: value for name, value in body.items() if value is not None}, separators=(",", ":"))
    return Publish(topics.correction_topic(device), payload, qos=0)


def _decode_sample(route: Route, payload: bytes | str, *, late: bool) -> BatterySample | None:
    source = read_object(payload)
    if not _is_sample(route, source):
        return None
    values, bad = read_fields(source, SAMPLE)
    values["late"] = late or values.get("late", False)
    return BatterySample(route.device, **values, bad_fields=bad)


def _is_sample(route: Route, source: Mapping[str, Any]) -> bool:
    """Whether an object is a sample. On the bare `sensor` anyone may talk, so one of our channels must be there."""
    if not route.base:
        return not _CHANNEL_NAMES.isdisjoint(source)
    if _SAMPLE_NAMES.isdisjoint(source):
        raise CodecError("no_known_field", "telemetry of a battery holds none of its fields")
    return True


def _decode_register(device: DeviceKey, payload: bytes | str) -> BatteryRegister | None:
    if not payload:
        return None
    source = read_object(payload)
    if _REGISTER_NAMES.isdisjoint(source):
        raise CodecError("no_known_field", "register of a battery holds none of its fields")
    values, _ = read_fields(source, REGISTER)
    return BatteryRegister(device, **values)
