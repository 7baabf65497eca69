"""Messages of a bath controller, and the commands that are sent to it."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

from .. import bath_config
from ..errors import CodecError, CommandRefusedError
from ..messages import BathRegister, BathTelemetry, DeviceKey, Message, Output, Publish
from ..topics import Route, TopicConfig
from .fields import UNREADABLE, Field, Unreadable, boolean, code, codes, natural, number, read_fields, read_object, text
from .shared import decode_ack, decode_availability

MAX_LEASE_MS = 600_000
"""Longest time for which one command may hold the heater (safety.md F10)."""

COMMAND_EXPIRY_S = 30
"""A command that could not be delivered for this long is dropped by a broker that speaks MQTT 5."""

ACTIONS = ("on", "off", "auto", "hold_off")

DEVICE_ZONE = timezone(timedelta(hours=8))
"""The zone of every time that a bath reports; it never says so."""

UNPLUGGED_C = -127.0
"""What a DS18B20 that does not answer reads."""

MAX_CHANNELS = 64
_FIRST_SANE_YEAR = 2000
_CLOCK_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_OUTLET = re.compile(r"TEMPOUT([1-9]\d?)", re.ASCII)
_OUTPUTS: Mapping[str, Output] = MappingProxyType(
    {"HEATER": Output.HEATER, "PUMP": Output.PUMP, "AERATION": Output.AERATION, "FAN": Output.AERATION}
)
_EMERGENCY = "EMERGENCYSTATE"
_TANK = ("TANKTEMP", "TEMPTANK")


def device_time(value: object) -> datetime | Unreadable | None:
    """A device's time as UTC; None for a clock that never synchronised (1970)."""
    read = _read_time(value)
    return None if isinstance(read, datetime) and read.year < _FIRST_SANE_YEAR else read


def unsynced_time(value: object) -> float | None:
    """What a clock that never synchronised has counted since 1970 in seconds, None for any other time."""
    read = _read_time(value)
    if isinstance(read, Unreadable) or read.year >= _FIRST_SANE_YEAR:
        return None
    return (read - _CLOCK_ZERO).total_seconds()


def _read_time(value: object) -> datetime | Unreadable:
    if not isinstance(value, str) or len(value) > 40:
        return UNREADABLE
    try:
        read = datetime.fromisoformat(value.strip())
        return (read if read.tzinfo else read.replace(tzinfo=DEVICE_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return UNREADABLE


def locks(value: object) -> Mapping[Output, int] | Unreadable:
    """The remaining lock of each output that is named, in ms; 0 is no lock."""
    if not isinstance(value, dict):
        return UNREADABLE
    read = {output: natural(value[output.value]) for output in Output if output.value in value}
    return MappingProxyType({output: ms for output, ms in read.items() if not isinstance(ms, Unreadable)})


EXTENSIONS: tuple[Field, ...] = (
    Field("schema_version", natural),
    Field("ts", device_time),
    Field("seq", natural),
    Field("uptime_s", natural),
    Field("mode", text),
    Field("reason", text),
    Field("boost", number, "boost_k"),
    Field("d_on", number, "d_on_k"),
    Field("locks", locks, "locks_ms"),
    Field("faults", codes),
    Field("late", boolean),
)

REGISTER: tuple[Field, ...] = (
    Field("schema_version", natural),
    Field("timestamp", device_time),
    Field("ip_address", text),
    Field("firmware", text),
    Field("reset_reason", text),
    Field("capabilities", codes),
)

_REGISTER_NAMES = frozenset(row.name for row in REGISTER) | {"config"}


def decode_bath(route: Route, payload: bytes | str) -> Message | None:
    """The message behind a routed topic of a bath; see `codec.decode` for what comes out."""
    match route.leaf:
        case "telemetry":
            return _decode_telemetry(route.device, payload)
        case "register":
            return _decode_register(route.device, payload)
        case "availability":
            return decode_availability(route.device, payload)
        case "ack":
            return decode_ack(route.device, payload)
        case _:
            return None


def encode_command(
    topics: TopicConfig,
    device: DeviceKey,
    output: Output,
    action: str,
    *,
    duration_ms: int | None = None,
    id: str | None = None,
) -> Publish:
    """One command for one output: QoS 1, never retained, dropped by the broker after `COMMAND_EXPIRY_S`.

    ``duration_ms`` belongs to ``on`` and ``hold_off`` only. To a device a duration that is missing or no unsigned
    integer is for ever, so heating must have one from 1 to `MAX_LEASE_MS`, and no output may have a wrong one.

    Raises:
        CommandRefusedError: ``unknown_action``, ``duration_missing``, ``bad_duration`` or ``duration_without_on``.

    """
    if action not in ACTIONS:
        raise CommandRefusedError("unknown_action", action=str(action)[:32])
    if duration_ms is not None:
        if action not in {"on", "hold_off"}:
            raise CommandRefusedError("duration_without_on", action=action)
        limit_ms = MAX_LEASE_MS if output is Output.HEATER and action == "on" else 2**32 - 1
        if type(duration_ms) is not int or not 0 < duration_ms <= limit_ms:
            raise CommandRefusedError("bad_duration", duration=str(duration_ms)[:32], limit=str(limit_ms))
    elif output is Output.HEATER and action == "on":
        raise CommandRefusedError("duration_missing")
    command = {"command": output.value, "action": action, "duration": duration_ms, "id": id}
    return _publish(topics, device, command)


def encode_emergency(topics: TopicConfig, device: DeviceKey, on: bool, *, id: str | None = None) -> Publish:
    """Engage or release the emergency stop."""
    return _publish(topics, device, {"command": "emergency", "action": "on" if on else "off", "id": id})


def encode_config_update(
    topics: TopicConfig, device: DeviceKey, config: Mapping[str, Any], *, id: str | None = None
) -> Publish:
    """A change of settings, alone in its message; integers are written as integers.

    Raises:
        CommandRefusedError: from `bath_config.read_changes`; credentials and masked values are never sent.

    """
    changes = bath_config.nest(bath_config.read_changes(config))
    return _publish(topics, device, {"command": "config_update", "config": changes, "id": id})


def _publish(topics: TopicConfig, device: DeviceKey, command: Mapping[str, Any]) -> Publish:
    present = {name: value for name, value in command.items() if value is not None}
    payload = json.dumps({"commands": [present]}, separators=(",", ":"), allow_nan=False, default=dict)
    return Publish(topics.command_topic(device), payload, qos=1, expiry_s=COMMAND_EXPIRY_S)


def _decode_telemetry(device: DeviceKey, payload: bytes | str) -> BathTelemetry:
    source = read_object(payload)
    channels = source.get("channels")
    if not isinstance(channels, list):
        raise CodecError("no_channels", "telemetry of a bath has no list of channels")
    values, bad = read_fields(source, EXTENSIONS)
    readings = _Readings()
    for index, entry in enumerate(channels[:MAX_CHANNELS]):
        if not isinstance(entry, dict) or not isinstance(name := code(entry.get("code")), str):
            bad += (f"channels[{index}]",)
            continue
        readings.add(name, entry.get("value"), entry.get("quality", "ok"))
    unsynced_s = unsynced_time(source.get("ts"))
    return BathTelemetry(device, **values, unsynced_s=unsynced_s, **readings.fields(), bad_fields=bad)


class _Readings:
    """Collects the channels of one message; a channel that stands twice with two values is faulty."""

    def __init__(self) -> None:
        self._temps: dict[str, float | None] = {}
        self._outputs: dict[Output, bool | None] = {}
        self._emergency: bool | None = None
        self._faulty: dict[str, None] = {}

    def add(self, name: str, value: object, quality: object) -> None:
        """Take one channel; the ones we do not know are not ours to judge."""
        canonical = name.upper()
        is_ok = isinstance(quality, str) and quality.strip().lower() == "ok"
        if canonical == _EMERGENCY:
            self._add_emergency(boolean(value) if is_ok else UNREADABLE)
        elif canonical in _OUTPUTS:
            output = _OUTPUTS[canonical]
            read = _known(boolean(value)) if is_ok else None
            self._outputs[output] = self._merged(output.name.title(), self._outputs, output, read)
        elif (key := _temperature_key(canonical)) is not None:
            celsius = _known(number(value)) if is_ok else None
            self._temps[key] = self._merged(key, self._temps, key, None if celsius == UNPLUGGED_C else celsius)

    def fields(self) -> dict[str, Any]:
        """What the channels say, as the fields of `BathTelemetry`."""
        outlets = {int(key.removeprefix("TempOut")): c for key, c in self._temps.items() if key.startswith("TempOut")}
        return {
            "core_c": self._temps.get("TempIn"),
            "tank_c": self._temps.get("TankTemp"),
            "outlets_c": MappingProxyType(dict(sorted(outlets.items()))),
            "outputs": MappingProxyType({key: on for key, on in self._outputs.items() if on is not None}),
            "emergency": self._emergency,
            "faulty_channels": tuple(self._faulty),
            "has_core": "TempIn" in self._temps,
            "has_tank": "TankTemp" in self._temps,
        }

    def _add_emergency(self, read: bool | Unreadable) -> None:
        """Anything but 0 is engaged: a stop that cannot be read counts as engaged, and is named as faulty."""
        if isinstance(read, Unreadable):
            self._faulty["EmergencyState"] = None
            read = True
        self._emergency = read or bool(self._emergency)

    def _merged(self, label: str, seen: Mapping[Any, Any], key: object, value: Any) -> Any:
        if key in seen and seen[key] != value:
            value = None
        if value is None:
            self._faulty[label] = None
        return value


def _temperature_key(canonical: str) -> str | None:
    if canonical == "TEMPIN":
        return "TempIn"
    if canonical in _TANK:
        return "TankTemp"
    outlet = _OUTLET.fullmatch(canonical)
    return f"TempOut{outlet[1]}" if outlet else None


def _known(value: Any) -> Any:
    return None if isinstance(value, Unreadable) else value


def _decode_register(device: DeviceKey, payload: bytes | str) -> BathRegister | None:
    if not payload:
        return None
    source = read_object(payload)
    if _REGISTER_NAMES.isdisjoint(source):
        raise CodecError("no_known_field", "register of a bath holds none of its fields")
    values, bad = read_fields(source, REGISTER)
    raw_config = source.get("config")
    if raw_config is not None and not isinstance(raw_config, dict):
        bad += ("config",)
    config, bad_config = _read_config(raw_config if isinstance(raw_config, dict) else {})
    unsynced = "timestamp" in source and "timestamp" not in bad and "timestamp" not in values
    booted_offline = values.get("ip_address") == "0.0.0.0" or unsynced
    return BathRegister(device, **values, config=config, booted_offline=booted_offline, bad_fields=(*bad, *bad_config))


def _read_config(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], Iterable[str]]:
    """The settings of the table, and those that could not be read. Everything else, secrets above all, stays out."""
    named = {alias: raw[name] for name, alias in bath_config.REGISTER_NAMES.items() if name in raw} | dict(raw)
    read: dict[str, Any] = {}
    bad: list[str] = []
    for key, value in bath_config.flatten(named):
        setting = bath_config.SETTING_BY_KEY.get(key)
        if setting is None:
            continue
        typed = bath_config.read_reported(setting, value)
        if typed is None:
            bad.append(f"config.{key}")
        else:
            read[key] = typed
    return bath_config.nest(read), bad
