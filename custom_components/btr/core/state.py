"""The states that the rest of the program reads: frozen, complete, never half-updated.

Every value is None when it is not known; nobody may take None for zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .messages import BathRegister, BatteryRegister, DeviceKey, Level, Output


class Cause(StrEnum):
    """Why a battery is not NORMAL; the order is the order of precedence among equally severe causes."""

    NONE = "none"
    TEMPERATURE = "temperature"
    RATE = "rate"
    SMOKE = "smoke"
    GAS = "gas"
    MODEL = "model"
    LOCAL_STATUS = "local_status"
    SILENCE = "silence"
    SENSOR_FAULT = "sensor_fault"


class BathCause(StrEnum):
    """Why a bath is not NORMAL; the order is the order of precedence among equally severe causes."""

    RELAY_STUCK = "relay_stuck"
    TANK_OVER_LIMIT = "tank_over_limit"
    BATH_OVER_LIMIT = "bath_over_limit"
    SILENT_HEATER = "silent_heater"
    NO_GAIN = "no_gain"
    PROBE_FAULT = "probe_fault"
    DEVICE_FAULT = "device_fault"


AnyCause = Cause | BathCause


class ClearCondition(StrEnum):
    """When a cause stops to count."""

    WHEN_BELOW = "when_below"
    WHEN_ACKNOWLEDGED = "when_acknowledged"
    WHEN_HEARD = "when_heard"
    WHEN_REPAIRED = "when_repaired"


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence: channel, measured value, the limit it broke, and when it clears.

    ``channel`` is the name of the field (``temp_internal_c``, ``mq2_ppm``, ``outlet_2``…), for DEVICE_FAULT the
    device's own word for the fault; value and limit have that field's unit, or degC/s for RATE, a probability 0..1 for
    MODEL, seconds for SILENCE; None where a number makes no sense.
    """

    cause: AnyCause
    level: Level
    channel: str
    value: float | None
    limit: float | None
    clear: ClearCondition


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """One alarm from its raising to its clearing; all that must outlive a restart.

    ``peak`` is the highest level it has reached, NORMAL while there is no alarm. ``reason`` is why it was raised or
    last escalated, ``told`` every cause that was told at that level, or that such a cause covers. ``raised_at`` and
    ``snoozed_until`` are wall times in UTC.
    """

    peak: Level = Level.NORMAL
    reason: Finding | None = None
    told: frozenset[AnyCause] = frozenset()
    raised_at: datetime | None = None
    acknowledged: bool = False
    snoozed_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is an alarm."""
        return self.peak > Level.NORMAL

    @property
    def is_latched(self) -> bool:
        """Whether it has been DANGER, so that only an acknowledgement lets it clear."""
        return self.peak is Level.DANGER


NO_ALARM = AlarmRecord()


@dataclass(frozen=True, slots=True)
class AlarmState:
    """The fused assessment of one device, and the alarm that came of it.

    ``level`` is the present level, ``cause`` its most severe cause, ``findings`` all evidence, most severe first;
    ``drill`` is set while a drill runs, which is never in ``record``.
    """

    level: Level = Level.UNKNOWN
    cause: AnyCause = Cause.NONE
    findings: tuple[Finding, ...] = ()
    record: AlarmRecord = NO_ALARM
    drill: bool = False

    @property
    def active(self) -> bool:
        """The latch: set by DANGER until the alarm is acknowledged *and* the level has been NORMAL for its hold."""
        return self.record.is_latched

    @property
    def acknowledged(self) -> bool:
        """Whether somebody has seen the alarm as it stands."""
        return self.record.acknowledged

    @property
    def raised_at(self) -> datetime | None:
        """When the alarm was raised, in UTC, None while there is none."""
        return self.record.raised_at

    @property
    def peak_cause(self) -> AnyCause:
        """Why the alarm was raised or last escalated, NONE while there is none."""
        return self.record.reason.cause if self.record.reason else Cause.NONE


@dataclass(frozen=True, slots=True)
class ShadowState:
    """What the shadow says and how it compares.

    ``risk`` is the larger of its newest probabilities 0..1, None while there is none. Of ``compared`` windows it was
    over its alarm threshold alone in ``alone`` and missed what the active model was over in ``missed``.
    """

    risk: float | None = None
    compared: int = 0
    alone: int = 0
    missed: int = 0

    @property
    def differing(self) -> int:
        """Windows in which one of the two was over its alarm threshold and the other was not."""
        return self.alone + self.missed


@dataclass(frozen=True, slots=True)
class BatteryState:
    """Everything that is known of one battery node.

    Channel values have passed the plausibility check, so None means silent, unreadable or implausible. ``risk_*`` are
    probabilities 0..1 of the model, ``risk`` the larger; ``shadow`` is what a second model says that has no say, None
    without one. ``local_status`` is the node's own grade without any
    override (recomputed for original nodes), ``shown_status`` what it shows, ``correction`` the level that we are
    holding it at. ``time_to_80_s`` is from the fitted trend, None when it is not rising.
    """

    device: DeviceKey
    online: bool = False
    alarm: AlarmState = field(default_factory=AlarmState)
    temp_internal_c: float | None = None
    temp_ambient_c: float | None = None
    max30105_temp_c: float | None = None
    rate_c_per_s: float | None = None
    humidity_percent: float | None = None
    mq2_ppm: float | None = None
    mq4_ppm: float | None = None
    mq7_ppm: float | None = None
    mq8_ppm: float | None = None
    voc_index: float | None = None
    max30105_smoke: float | None = None
    risk: float | None = None
    risk_internal: float | None = None
    risk_ambient: float | None = None
    shadow: ShadowState | None = None
    time_to_80_s: float | None = None
    local_status: Level = Level.UNKNOWN
    shown_status: Level = Level.UNKNOWN
    gas: bool | None = None
    smoke: bool | None = None
    sensor_fault: bool | None = None
    correction: Level | None = None
    register: BatteryRegister | None = None
    last_message_at: datetime | None = None
    message_rate_hz: float | None = None
    malformed_messages: int = 0


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What a bath told last that must outlive a restart of the program: it may fall silent or be cut off meanwhile."""

    heater_on: bool = False
    stopped: bool = False


class ConfigSync(StrEnum):
    """Where a change of a bath's settings stands."""

    IDLE = "idle"
    COLLECTING = "collecting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    DIFFERENT = "different"
    UNANSWERED = "unanswered"


class Control(StrEnum):
    """Who decides about an output of a bath: its device, or somebody who holds it on or off."""

    AUTOMATIC = "automatic"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class BathState:
    """Everything that is known of one bath; ``alarm`` is about its faults.

    Temperatures in degC. ``outlets_c`` holds every outlet that was ever seen, None where it is not valid now.
    ``bath_c`` is the median of the valid outlets after the outlier rule of the device. ``outputs`` is what the device
    reports, never what was asked. ``config`` is the last reported configuration (nested as `config_update` takes it),
    with confirmed changes only; ``config_wanted`` maps the dotted keys of changes that are not answered yet to what was
    asked, ``config_differences`` to (asked, got). ``heater_on_s``, ``heater_cycles`` and ``heater_energy_kwh`` count
    what telemetry showed since the bath is known, the last one only while the heater's power is known; ``duty_cycle``
    is the heater's share of the last hour, 0..1. ``no_gain`` and ``relay_stuck`` come from the device's faults where it
    sends them, else from the trend of the tank. ``silent_heater`` is set while the bath is silent and its heater was on
    when it was last heard.
    """

    device: DeviceKey
    online: bool = False
    alarm: AlarmState = field(default_factory=AlarmState)
    core_c: float | None = None
    outlets_c: Mapping[int, float | None] = field(default_factory=lambda: MappingProxyType({}))
    bath_c: float | None = None
    tank_c: float | None = None
    tank_minus_bath_k: float | None = None
    outputs: Mapping[Output, bool] = field(default_factory=lambda: MappingProxyType({}))
    emergency: bool | None = None
    emergency_wanted: bool = False
    mode: str | None = None
    reason: str | None = None
    boost_k: float | None = None
    d_on_k: float | None = None
    manual: Mapping[Output, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    control: Mapping[Output, Control | None] = field(default_factory=lambda: MappingProxyType({}))
    faults: tuple[str, ...] = ()
    probe_fault: bool | None = None
    no_gain: bool | None = None
    relay_stuck: bool | None = None
    silent_heater: bool = False
    heater_on_s: float = 0.0
    heater_cycles: int = 0
    heater_energy_kwh: float | None = None
    duty_cycle: float | None = None
    next_aeration_at: datetime | None = None
    setpoint_mode: bool | None = None
    target_c: float | None = None
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    config_wanted: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    config_sync: ConfigSync = ConfigSync.IDLE
    config_differences: Mapping[str, tuple[Any, Any]] = field(default_factory=lambda: MappingProxyType({}))
    register: BathRegister | None = None
    last_message_at: datetime | None = None
    malformed_messages: int = 0
