"""What is written down about devices outside their entities: the device registry, the memory, the repair issues."""

from collections.abc import Iterable, Iterator, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN, ISSUE_BOOTED_OFFLINE
from .core.errors import TopicError
from .core.kept import alarm_as_plain, baselines_as_plain, heater_as_plain, seen_as_plain
from .core.messages import BathRegister, BatteryRegister, DeviceKey, DeviceKind
from .core.state import NO_ALARM, AlarmRecord
from .core.topics import TopicConfig
from .device import AnyDevice, BathDevice, BatteryDevice, key_of, scope_of
from .issues import clear_issue, raise_issue
from .memory import ALARM_SAVE_DELAY_S, DeviceMemory, Memory, plain


class DeviceBook:
    """Keeps the registry entry of each device true, and its settings in memory."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, memory: Memory) -> None:
        """Nothing is read or written yet."""
        self._hass = hass
        self._entry = entry
        self._memory = memory
        self._scope = scope_of(entry)
        self._noted: dict[DeviceKey, BatteryRegister | BathRegister] = {}
        self._alarms: dict[DeviceKey, AlarmRecord] = {}

    def known_keys(self, topics: TopicConfig) -> Iterator[DeviceKey]:
        """Yield the devices of the registry that the present topics still reach."""
        for device in dr.async_entries_for_config_entry(dr.async_get(self._hass), self._entry.entry_id):
            yield from (key for key in self._keys(device) if _is_reached(key, topics))

    @callback
    def follow_names(self, devices: Mapping[DeviceKey, AnyDevice]) -> CALLBACK_TYPE:
        """Call every device what the user calls it, until the returned function is called."""
        registry = dr.async_get(self._hass)

        @callback
        def take(entry: dr.DeviceEntry | dr.ChildDeviceEntry) -> None:
            for key in self._keys(entry):
                if (device := devices.get(key)) is not None:
                    device.name = entry.name_by_user or entry.name or str(key)

        @callback
        def on_update(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
            if (entry := registry.async_get(event.data["device_id"])) is not None:
                take(entry)

        for entry in dr.async_entries_for_config_entry(registry, self._entry.entry_id):
            take(entry)
        return self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, on_update)

    def _keys(self, entry: dr.DeviceEntry | dr.ChildDeviceEntry) -> Iterator[DeviceKey]:
        names = (key_of(text, self._scope) for domain, text in entry.identifiers if domain == DOMAIN)
        return (key for key in names if key is not None)

    @callback
    def note(self, device: AnyDevice) -> None:
        """Write down what is new about a device after its state has changed."""
        record = device.state.alarm.record
        if record is not self._alarms.get(device.key, NO_ALARM):
            self._alarms[device.key] = record
            kept = alarm_as_plain(record) if record.is_open else None
            self._memory.keep_soon(device.key, DeviceMemory(alarm=kept), ALARM_SAVE_DELAY_S)
        drill = device.state.alarm.drill
        if drill is not self._memory.of(device.key).get("drill", False):
            self._memory.keep_soon(device.key, DeviceMemory(drill=drill), ALARM_SAVE_DELAY_S)
        if isinstance(device, BathDevice):
            self._note_seen(device)
        register = device.state.register
        if register is None or register is self._noted.get(device.key):
            return
        self._noted[device.key] = register
        dr.async_get(self._hass).async_get_or_create(config_entry_id=self._entry.entry_id, **device.info)
        if isinstance(device, BathDevice):
            self._note_bath(device)

    @callback
    def keep_progress(self, devices: Iterable[AnyDevice]) -> None:
        """Write down what was learned of gas sensors and counted of heaters."""
        for device in devices:
            if isinstance(device, BatteryDevice):
                if (learned := device.monitor.baselines()) is not None:
                    self._memory.keep_soon(device.key, DeviceMemory(gas=baselines_as_plain(learned)))
                continue
            counted = heater_as_plain(device.controller.heater.count)
            if counted != self._memory.of(device.key).get("heater"):
                self._memory.keep_soon(device.key, DeviceMemory(heater=counted))

    @callback
    def forget(self, key: DeviceKey) -> None:
        """Forget what belongs to what the device looks after: it may come back with another battery or bath.

        It starts without an alarm, counts anew, and is judged by no limits that were chosen for something else.
        """
        self._alarms.pop(key, None)
        self._memory.keep_soon(key, DeviceMemory(alarm=None, drill=False, gas=None, heater=None, seen=None))
        self._memory.keep_soon(key, DeviceMemory(temp_limit_c=None, rate_limit_c_per_min=None, risk_thresholds={}))

    def _note_seen(self, bath: BathDevice) -> None:
        """A bath may be cut off or fall silent while nobody looks, so the file must not lag behind it."""
        seen = seen_as_plain(bath.controller.last_seen)
        if seen != self._memory.of(bath.key).get("seen"):
            self._memory.keep_soon(bath.key, DeviceMemory(seen=seen), ALARM_SAVE_DELAY_S)

    def _note_bath(self, bath: BathDevice) -> None:
        register = bath.state.register
        if bath.state.config:
            self._memory.keep_soon(bath.key, DeviceMemory(config=plain(bath.state.config)))
        if register is not None:
            self._memory.keep_soon(bath.key, DeviceMemory(booted_offline=register.is_deaf))
        if register is not None and register.is_deaf:
            told, entry_id = {"device": bath.name}, self._entry.entry_id
            raise_issue(self._hass, ISSUE_BOOTED_OFFLINE, bath.uid, told, entry_id=entry_id)
        else:
            clear_issue(self._hass, ISSUE_BOOTED_OFFLINE, bath.uid)


def _is_reached(key: DeviceKey, topics: TopicConfig) -> bool:
    try:
        if key.kind is DeviceKind.BATTERY:
            topics.correction_topic(key)
        else:
            topics.command_topic(key)
    except TopicError:
        return False
    return True
