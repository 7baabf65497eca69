"""What the devices say, parsed once at the edge into frozen objects.

JSON and dicts stop at the codec. A field that was absent, ``null``, ``nan`` or unreadable is ``None``; the names of
fields that were present but unreadable are kept in ``bad_fields``, because hiding them would hide a fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any


class Level(IntEnum):
    """Ordered severity; the most severe wins. ``UNKNOWN`` means that there is no evidence."""

    UNKNOWN = -1
    NORMAL = 0
    WARNING = 1
    DANGER = 2

    @property
    def key(self) -> str:
        """Lower-case name: entity state, translation key and payload of a correction."""
        return self.name.lower()


class DeviceKind(StrEnum):
    """The two kinds of device."""

    BATTERY = "battery"
    BATH = "bath"


class Output(StrEnum):
    """The switchable outputs of a bath; the value is the name in its protocol."""

    HEATER = "heater"
    PUMP = "pump"
    AERATION = "aeration"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """Identity of a device on one connection: its kind and the id that its topic carries."""

    kind: DeviceKind
    id: str

    def __str__(self) -> str:
        """``battery_cell-7``: stable, used in unique ids and logs."""
        return f"{self.kind}_{self.id}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """How and when a message arrived.

    ``now_s`` is a monotonic clock in seconds (any origin), ``at`` the wall time in UTC, ``retained`` whether the
    broker had stored it: stored data is history and never counts as a sign of life.
    """

    now_s: float
    at: datetime
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all messages: which device it is from."""

    device: DeviceKey


@dataclass(frozen=True, slots=True)
class BatterySample(Message):
    """One telemetry message of a battery node (original fields first, then the extensions of our firmware).

    Temperatures in degC, humidity in %, gases in ppm as the node reports them. ``late`` marks a sample that was kept
    over an outage and sent afterwards. ``utc`` is the node's own clock, None when it tells none or when it is
    ``unsynced``.
    """

    timestamp_ms: int | None = None
    temp_ambient_c: float | None = None
    temp_internal_c: float | None = None
    humidity_percent: float | None = None
    mq2_ppm: float | None = None
    mq4_ppm: float | None = None
    mq8_ppm: float | None = None
    mq7_ppm: float | None = None
    voc_index: float | None = None
    max30105_smoke: float | None = None
    max30105_temp_c: float | None = None
    status: Level | None = None
    seq: int | None = None
    uptime_s: int | None = None
    local_status: Level | None = None
    override: Level | None = None
    fault: int | None = None
    voc_raw: float | None = None
    gas_ready: bool | None = None
    rate_c_per_s: float | None = None
    utc: datetime | None = None
    unsynced: bool = False
    late: bool = False
    bad_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Availability(Message):
    """Birth or last will of a device that has one."""

    online: bool


@dataclass(frozen=True, slots=True)
class BatteryRegister(Message):
    """Retained self-description of a battery node with our firmware."""

    firmware: str | None = None
    schema_version: int | None = None
    capabilities: tuple[str, ...] = ()
    reset_reason: str | None = None
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """Answer to a command that carried an id: ``accepted``, ``applied`` or ``refused`` with a reason."""

    id: str
    result: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BathTelemetry(Message):
    """One telemetry message of a bath.

    ``ts`` is UTC, None when the device's clock never synchronised; such a clock counts from boot, which ``unsynced_s``
    tells. ``late`` marks a message that was kept over an outage; an original does not mark them. Temperatures are degC,
    None when unplugged, of bad quality or unreadable; ``outlets_c`` is keyed by the outlet's number, from 1, and names
    every outlet that the message named. Outputs are None when the message does not tell. ``emergency`` treats anything
    but 0 as engaged.
    """

    schema_version: int | None = None
    ts: datetime | None = None
    unsynced_s: float | None = None
    late: bool = False
    core_c: float | None = None
    outlets_c: Mapping[int, float | None] = field(default_factory=lambda: MappingProxyType({}))
    tank_c: float | None = None
    outputs: Mapping[Output, bool] = field(default_factory=lambda: MappingProxyType({}))
    emergency: bool | None = None
    faulty_channels: tuple[str, ...] = ()
    has_core: bool = False
    has_tank: bool = False
    seq: int | None = None
    uptime_s: int | None = None
    mode: str | None = None
    reason: str | None = None
    boost_k: float | None = None
    d_on_k: float | None = None
    locks_ms: Mapping[Output, int] = field(default_factory=lambda: MappingProxyType({}))
    faults: tuple[str, ...] = ()
    bad_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BathRegister(Message):
    """What a bath says of itself: address, clock, capabilities and its settings.

    An original says it at boot and never else; ours, which names its capabilities, at every connect and after every
    change of its settings.

    ``config`` is nested exactly as `config_update` takes it: the names of the register are already mapped
    (`read_interval` to `post_interval`, `ntp_servers` to `ntp_host`), and `wifi`, `mqtt` and every masked value are
    left out, so no secret ever enters the program. ``booted_offline`` means address 0.0.0.0 or a clock of 1970.
    """

    schema_version: int | None = None
    timestamp: datetime | None = None
    ip_address: str | None = None
    firmware: str | None = None
    reset_reason: str | None = None
    capabilities: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    booted_offline: bool = False
    bad_fields: tuple[str, ...] = ()

    @property
    def is_original(self) -> bool:
        """Whether it is an original device's: that one can do nothing that would have to be named."""
        return not self.capabilities

    @property
    def is_deaf(self) -> bool:
        """Whether the device hears no command until it is power-cycled, as an original that booted offline does."""
        return self.booted_offline and self.is_original


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send. Never retained; ``expiry_s`` bounds its life where the broker speaks MQTT 5."""

    topic: str
    payload: str
    qos: int = 0
    expiry_s: int | None = None
