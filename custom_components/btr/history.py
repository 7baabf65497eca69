"""The past of a device, as Home Assistant's recorder kept it; nothing else here knows where the past comes from.

The recorder holds what entities wrote: a temperature after it has moved by its band, at most once per update interval,
in the unit that the user chose. From this the series is put together again.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.const import STATE_OFF, STATE_ON, Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.util.unit_conversion import TemperatureConverter

from .const import DOMAIN
from .core.series import Sample, held
from .device import AnyDevice
from .gate import LONGEST_HOLD_S

# Below the longest gap that a window is interpolated over, and what a number is delayed by default
REPEAT_S: Final = 5.0
COMMIT_WITHIN_S: Final = 30.0
ALARM: Final = "thermal_runaway"


async def async_temperatures(
    hass: HomeAssistant, device: AnyDevice, channel: str, start: datetime, end: datetime
) -> tuple[Sample, ...]:
    """Return a temperature in degC over a period, in seconds from ``start``; empty when nothing was recorded.

    ``channel`` is the key of the sensor, such as ``temp_internal_c``.
    """

    def read(entity_id: str) -> tuple[Sample, ...]:
        since = start - timedelta(seconds=LONGEST_HOLD_S)
        changes = state_changes_during_period(hass, since, end, entity_id, include_start_time_state=False)
        from_s = start.timestamp()
        rows = ((state.last_updated_timestamp - from_s, _celsius(state)) for state in changes.get(entity_id, ()))
        return held(rows, REPEAT_S, LONGEST_HOLD_S, end.timestamp() - from_s)

    recorder = await _async_recorder(hass)
    return await recorder.async_add_executor_job(read, _entity_id(hass, Platform.SENSOR, device, channel))


async def async_alarm_starts(hass: HomeAssistant, device: AnyDevice, start: datetime, end: datetime) -> list[datetime]:
    """Return when the alarm was raised within a period, oldest first; ``start`` for one that stood already then."""

    def read(entity_id: str) -> list[datetime]:
        changes = state_changes_during_period(hass, start, end, entity_id, no_attributes=True)
        known = [state for state in changes.get(entity_id, ()) if state.state in {STATE_ON, STATE_OFF}]
        before = [STATE_OFF, *(state.state for state in known)]
        return [
            max(state.last_updated, start)
            for state, was in zip(known, before, strict=False)
            if state.state == STATE_ON and was == STATE_OFF
        ]

    recorder = await _async_recorder(hass)
    return await recorder.async_add_executor_job(read, _entity_id(hass, Platform.BINARY_SENSOR, device, ALARM))


async def _async_recorder(hass: HomeAssistant) -> Recorder:
    """Return the recorder once it has written down everything until now."""
    recorder = hass.data.get(DATA_INSTANCE)
    try:
        async with asyncio.timeout(COMMIT_WITHIN_S):
            if recorder is not None:
                await recorder.async_block_till_done()
                return recorder
    except TimeoutError:
        pass
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_recorder")


def _entity_id(hass: HomeAssistant, platform: str, device: AnyDevice, sensor: str) -> str:
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(platform, DOMAIN, f"{device.uid}_{sensor}")
    entry = registry.async_get(entity_id) if entity_id else None
    if entry is None or entry.disabled:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_entity",
            translation_placeholders={"device": device.name, "entity": entity_id or sensor},
        )
    return entry.entity_id


def _celsius(state: State) -> float | None:
    """Return what a sensor showed then in degC, None where it showed no temperature."""
    unit = state.attributes.get("unit_of_measurement")
    try:
        value = float(state.state)
    except ValueError:
        return None
    if unit not in TemperatureConverter.VALID_UNITS:
        return None
    return TemperatureConverter.convert(value, unit, UnitOfTemperature.CELSIUS)
