"""What the user calls, and what comes of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr

from btr_training.data import Recording
from custom_components.btr.const import DOMAIN
from tests.integration.stories import World

TEMPERATURE = "sensor.battery_cell_7_internal_temperature"
QUIET = [25.0] * 80
RUNAWAY = [25.0] * 60 + [25.0 + 2.0 * count for count in range(40)]


def device(world: World, identifier: str = "battery_cell-7") -> str:
    """Return the id of a device in the registry."""
    devices = dr.async_entries_for_config_entry(dr.async_get(world.hass), world.entry.entry_id)
    return next(device.id for device in devices if (DOMAIN, identifier) in device.identifiers)


async def ask(world: World, **data: Any) -> dict[str, Any]:
    """The user calls `btr.predict`."""
    answer: Any = await world.hass.services.async_call(DOMAIN, "predict", data, blocking=True, return_response=True)
    return dict(answer)


async def export(world: World, **data: Any) -> dict[str, Any]:
    """The user calls `btr.export_recording`."""
    data = {"device_id": device(world), **data}
    answer: Any = await world.hass.services.async_call(
        DOMAIN, "export_recording", data, blocking=True, return_response=True
    )
    return dict(answer)


def samples(recording: Recording) -> dict[float, float]:
    """What training sees of a file: time in s to degC."""
    return {
        time_s: temp_c
        for times, temps in recording.segments
        for time_s, temp_c in zip(times.tolist(), temps.tolist(), strict=True)
    }


def files(world: World) -> list[Path]:
    """The recordings that are there."""
    return list(Path(world.hass.config.path("btr_recordings")).glob("*"))


async def refused(call: Any) -> HomeAssistantError:
    """Return the error of a call, which has its text and everything that the text fills in."""
    with pytest.raises(HomeAssistantError) as error:
        await call
    message = str(error.value)
    assert message != error.value.translation_key
    assert not re.search(r"\{[a-z]+\}", message)
    return error.value
