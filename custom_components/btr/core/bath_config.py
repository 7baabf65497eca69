"""The settings of a bath: one table of every key with its bounds, and the rules between them.

Whatever is not in the table is neither read nor sent. That keeps the Wi-Fi and broker credentials of a device out of
the program altogether. The bounds are those that our firmware compiles in; an original device has none of its own.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .errors import CommandRefusedError

SettingValue = bool | int | float | tuple[str, ...]

TARGET_MARGIN_K = 0.2
"""The device holds its target at least this far below `temp_limitout_max`."""

OFF_MODE = "off_mode"
"""The capability to switch automatic control off, with the setting below."""
CONTROL_ENABLED = "control.enabled"

REGISTER_NAMES: Mapping[str, str] = MappingProxyType({"read_interval": "post_interval", "ntp_servers": "ntp_host"})
"""What a register calls otherwise than the settings."""

MAX_DEPTH = 4
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_LONGEST_KEY = 64
_FORBIDDEN_SECTIONS = ("wifi", "mqtt")


class SettingKind(StrEnum):
    """What a setting holds. The device ignores an integer that is written as 60.0."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    HOSTS = "hosts"


@dataclass(frozen=True, slots=True)
class BathSetting:
    """One key of the device's configuration, dotted as ``bath_setpoint.target``.

    ``default`` is the original device's, ``unit`` one of ms, °C, K or None, ``low`` and ``high`` are inclusive and None
    where bounds make no sense. ``advanced`` settings are for people who know the control algorithm; ``capability`` is
    what a device must have told to have the setting, None for those of every device.
    """

    key: str
    kind: SettingKind
    default: SettingValue
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    step: float = 1.0
    advanced: bool = False
    capability: str | None = None


_INT, _NUM, _BOOL, _HOSTS = SettingKind.INTEGER, SettingKind.NUMBER, SettingKind.BOOLEAN, SettingKind.HOSTS

SETTINGS: tuple[BathSetting, ...] = (
    BathSetting("post_interval", _INT, 60_000, "ms", 5_000, 110_000, 1_000),
    BathSetting("ntp_host", _HOSTS, (), advanced=True),
    BathSetting("temp_limitout_max", _INT, 65, "°C", 30, 90),
    BathSetting("temp_limitout_min", _INT, 25, "°C", 0, 60, advanced=True),
    BathSetting("temp_limitin_max", _INT, 70, "°C", 30, 100, advanced=True),
    BathSetting("temp_limitin_min", _INT, 25, "°C", 0, 60, advanced=True),
    BathSetting("temp_maxdif", _INT, 13, "K", 1, 40, advanced=True),
    BathSetting("bath_setpoint.enabled", _BOOL, True),
    BathSetting("bath_setpoint.target", _NUM, 65.0, "°C", 20, 90, 0.1),
    BathSetting("bath_setpoint.hyst", _NUM, 0.8, "K", 0.1, 10, 0.1),
    BathSetting("aeration_timer.enabled", _BOOL, True),
    BathSetting("aeration_timer.interval", _INT, 300_000, "ms", 10_000, 86_400_000, 1_000),
    BathSetting("aeration_timer.duration", _INT, 300_000, "ms", 1_000, 86_400_000, 1_000),
    BathSetting("safety.tank_temp_max", _NUM, 90.0, "°C", 40, 95, 0.5),
    BathSetting("heater_guard.min_on_ms", _INT, 30_000, "ms", 0, 600_000, 1_000, advanced=True),
    BathSetting("heater_guard.min_off_ms", _INT, 30_000, "ms", 0, 600_000, 1_000, advanced=True),
    BathSetting("pump_adaptive.delta_on_min", _NUM, 6.0, "K", 1, 30, 0.1, advanced=True),
    BathSetting("pump_adaptive.delta_on_max", _NUM, 25.0, "K", 2, 60, 0.1, advanced=True),
    BathSetting("pump_adaptive.hyst_nom", _NUM, 3.0, "K", 0.5, 15, 0.1, advanced=True),
    BathSetting("pump_adaptive.ncurve_gamma", _NUM, 1.3, None, 0.2, 5, 0.1, advanced=True),
    BathSetting("pump_learning.step_up", _NUM, 0.5, "K", 0, 5, 0.05, advanced=True),
    BathSetting("pump_learning.step_down", _NUM, 0.2, "K", 0, 5, 0.05, advanced=True),
    BathSetting("pump_learning.max", _NUM, 10.0, "K", 0, 30, 0.5, advanced=True),
    BathSetting("pump_learning.progress_min", _NUM, 0.05, "K", 0, 5, 0.01, advanced=True),
    BathSetting("curves.in_diff_ncurve_gamma", _NUM, 2.0, None, 0.2, 5, 0.1, advanced=True),
    BathSetting(CONTROL_ENABLED, _BOOL, True, capability=OFF_MODE),
)

SETTING_BY_KEY: Mapping[str, BathSetting] = MappingProxyType({setting.key: setting for setting in SETTINGS})
DEFAULTS: Mapping[str, SettingValue] = MappingProxyType({setting.key: setting.default for setting in SETTINGS})


@dataclass(frozen=True, slots=True)
class CrossRule:
    """A rule between settings: ``reason`` is the translation key of its violation, ``holds`` gets ``keys`` in order."""

    reason: str
    keys: tuple[str, ...]
    holds: Callable[..., bool]


CROSS_RULES: tuple[CrossRule, ...] = (
    CrossRule(
        "target_above_limit",
        ("bath_setpoint.target", "temp_limitout_max"),
        lambda target, limit: target <= limit - TARGET_MARGIN_K + 1e-6,
    ),
    CrossRule("outlet_limits_crossed", ("temp_limitout_min", "temp_limitout_max"), lambda low, high: low < high),
    CrossRule("core_limits_crossed", ("temp_limitin_min", "temp_limitin_max"), lambda low, high: low < high),
    CrossRule("tank_below_bath_limit", ("safety.tank_temp_max", "temp_limitout_max"), lambda tank, bath: tank > bath),
    CrossRule(
        "pump_thresholds_crossed",
        ("pump_adaptive.delta_on_min", "pump_adaptive.delta_on_max"),
        lambda low, high: low <= high,
    ),
    CrossRule(
        "pump_hysteresis_too_wide",
        ("pump_adaptive.hyst_nom", "pump_adaptive.delta_on_min", "pump_adaptive.delta_on_max"),
        lambda hyst, low, high: hyst < (low + high) / 2,
    ),
)


def flatten(config: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every leaf of a nested configuration as (dotted key, value); deeper than `MAX_DEPTH` counts as a leaf."""
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and depth < MAX_DEPTH:
            yield from flatten(value, f"{key}.", depth + 1)
        else:
            yield key, value


def nest(flat: Mapping[str, SettingValue]) -> Mapping[str, Any]:
    """The opposite of `flatten`: frozen and nested as `config_update` takes it, in the order of the table."""
    nested: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.key not in flat:
            continue
        *sections, name = setting.key.split(".")
        node = nested
        for section in sections:
            node = node.setdefault(section, {})
        node[name] = flat[setting.key]
    return _frozen(nested)


def lookup(config: Mapping[str, Any], key: str) -> SettingValue | None:
    """The value of a dotted key in a nested configuration, None if it is not there."""
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return None if isinstance(node, Mapping) else node


def read_reported(setting: BathSetting, value: object) -> SettingValue | None:
    """What a device reports for a setting, in the setting's type; out of bounds is kept, because it is the truth.

    None if the value is of another kind. An integral float counts as an integer.
    """
    return _READERS[setting.kind](value)


def read_changes(partial: Mapping[str, Any]) -> dict[str, SettingValue]:
    """A wanted change, nested or dotted, as dotted keys and typed values; the names of the register count as well.

    Raises:
        CommandRefusedError: with the offending key: a section that is never sent, a masked or unknown value, a wrong
            type, a value out of bounds, one setting twice, or no change at all. A change is accepted or refused as a
            whole.

    """
    changes: dict[str, SettingValue] = {}
    for name, value in flatten(partial):
        key = REGISTER_NAMES.get(name, name)
        if key in changes:
            raise CommandRefusedError("setting_twice", key=key)
        changes[key] = _read_change(key, value)
    if not changes:
        raise CommandRefusedError("empty_config")
    return changes


def check_capabilities(changes: Iterable[str], has: Callable[[str], bool]) -> None:
    """Check that the device has the settings that are to change; ``has`` says whether it has a capability.

    Raises:
        CommandRefusedError: ``unsupported_setting`` with the first key that it does not have.

    """
    for key in changes:
        capability = SETTING_BY_KEY[key].capability
        if capability is not None and not has(capability):
            raise CommandRefusedError("unsupported_setting", key=key)


def check_rules(flat: Mapping[str, SettingValue], changed: Iterable[str]) -> None:
    """Check the rules that concern the changed keys; settings that are not known count as the original's defaults.

    Raises:
        CommandRefusedError: the first rule that would be broken, with the values.

    """
    effective = {**DEFAULTS, **flat}
    changed = set(changed)
    for rule in CROSS_RULES:
        if changed.isdisjoint(rule.keys):
            continue
        values = [effective[key] for key in rule.keys]
        if not rule.holds(*values):
            described = ", ".join(f"{key} = {value}" for key, value in zip(rule.keys, values, strict=True))
            raise CommandRefusedError(rule.reason, settings=described)


def is_same(asked: object, got: object) -> bool:
    """Whether a reported value is the one that was asked for; the device computes with 32-bit floats."""
    if isinstance(asked, bool) or isinstance(got, bool) or not isinstance(asked, int | float):
        return type(asked) is type(got) and asked == got
    return isinstance(got, int | float) and math.isclose(asked, got, rel_tol=1e-5, abs_tol=1e-4)


def _read_change(key: str, value: object) -> SettingValue:
    if key.partition(".")[0].strip().lower() in _FORBIDDEN_SECTIONS:
        raise CommandRefusedError("forbidden_setting", key=key.partition(".")[0])
    if isinstance(value, str) and value and not value.strip("*"):
        raise CommandRefusedError("masked_value", key=key[:_LONGEST_KEY])
    setting = SETTING_BY_KEY.get(key)
    if setting is None:
        raise CommandRefusedError("unknown_setting", key=key[:_LONGEST_KEY])
    typed = _READERS[setting.kind](value)
    if typed is None:
        raise CommandRefusedError(f"not_{setting.kind.value}", key=key, value=str(value)[:32])
    low, high = setting.low, setting.high
    if low is not None and high is not None and isinstance(typed, int | float) and not low <= typed <= high:
        raise CommandRefusedError(
            "setting_out_of_range", key=key, value=f"{typed:.10g}", low=f"{low:.10g}", high=f"{high:.10g}"
        )
    return typed


def _read_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_integer(value: object) -> int | None:
    number = _read_number(value)
    # Beyond 2^53 JSON numbers are not exact, and what cannot be stored must not get in.
    exact = number is not None and number.is_integer() and abs(number) <= 2**53
    return int(number) if number is not None and exact else None


def _read_boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_hosts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple) or len(value) > 16:
        return None
    hosts = tuple(host for host in value if isinstance(host, str) and _HOST.fullmatch(host))
    return hosts if len(hosts) == len(value) else None


_READERS: Mapping[SettingKind, Callable[[object], SettingValue | None]] = MappingProxyType(
    {
        SettingKind.INTEGER: _read_integer,
        SettingKind.NUMBER: _read_number,
        SettingKind.BOOLEAN: _read_boolean,
        SettingKind.HOSTS: _read_hosts,
    }
)


def _frozen(nested: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({name: _frozen(v) if isinstance(v, Mapping) else v for name, v in nested.items()})
