"""What must survive a restart of Home Assistant, in one small file per entry.

An emergency stop, the correction switch and the choice of models are kept here and not in the state of an entity,
because an entity can be disabled or renamed, and a stop must be known before the first entity exists. So is an alarm,
that nothing be told twice and nothing unseen be forgotten. A bath's settings are kept because an original bath tells
them only when it boots; they hold no secret, the codec leaves those out. What its heater has done is counted for the
device and not for the entities that show it.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .core.messages import DeviceKey

STORAGE_VERSION = 1
SAVE_DELAY_S = 10.0
# A fire may cut the power
ALARM_SAVE_DELAY_S = 0.0


class DeviceMemory(TypedDict, total=False):
    """What is kept of one device; a missing key means the default."""

    emergency: bool
    correction: bool
    correction_mode: str
    temp_limit_c: float | None
    rate_limit_c_per_min: float | None
    risk_thresholds: Mapping[str, float]
    model: str
    shadow_model: str
    alarm: Mapping[str, Any] | None
    drill: bool
    reminder_min: int
    gas: Mapping[str, Any] | None
    config: Mapping[str, Any]
    booted_offline: bool
    heater: Mapping[str, Any] | None
    seen: Mapping[str, Any] | None
    heater_power_w: float


class StoredMemory(TypedDict):
    """The file."""

    devices: dict[str, DeviceMemory]
    runtime_refused: str | None


class Memory:
    """The stored facts of one entry, loaded once and written on change."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Nothing is read before ``async_load``."""
        self._store: Store[StoredMemory] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}")
        self._data = StoredMemory(devices={}, runtime_refused=None)

    async def async_load(self) -> None:
        """Read the file; a missing one is an empty memory."""
        if (stored := await self._store.async_load()) is not None:
            self._data = stored

    async def async_flush(self) -> None:
        """Write what is still waiting, so that no timer outlives the entry."""
        await self._store.async_save(self._data)

    async def async_remove(self) -> None:
        """Delete the file, with the entry."""
        await self._store.async_remove()

    def of(self, device: DeviceKey) -> DeviceMemory:
        """Return what is kept of ``device``."""
        return self._data["devices"].get(str(device), DeviceMemory())

    async def async_keep_now(self, device: DeviceKey, facts: DeviceMemory) -> None:
        """Keep ``facts`` and return only when they are on disk."""
        self._merge(device, facts)
        await self._store.async_save(self._data)

    def keep_soon(self, device: DeviceKey, facts: DeviceMemory, delay_s: float = SAVE_DELAY_S) -> None:
        """Keep ``facts`` and write them within some seconds."""
        self._merge(device, facts)
        self._store.async_delay_save(lambda: self._data, delay_s)

    @property
    def runtime_refused(self) -> str | None:
        """The requirement of the inference runtime that could not be installed here."""
        return self._data["runtime_refused"]

    async def async_refuse_runtime(self, requirement: str | None) -> None:
        """Remember which requirement is not worth asking for again."""
        self._data["runtime_refused"] = requirement
        await self._store.async_save(self._data)

    def _merge(self, device: DeviceKey, facts: DeviceMemory) -> None:
        self._data["devices"][str(device)] = {**self.of(device), **facts}


def plain(value: Any) -> Any:
    """Return ``value`` with every read-only mapping turned into a dict, as JSON wants it."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
