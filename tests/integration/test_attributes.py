"""No attribute of any entity grows over a kilobyte, whatever devices, models and machines have to say."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps

from custom_components.btr.core.errors import EngineError
from tests.integration.alarm_stories import runs_away
from tests.integration.stories import BATH, World, all_devices_speak, bath_telemetry

KILOBYTE = 1024


def sizes(hass: HomeAssistant) -> dict[str, int]:
    """Bytes of the largest attribute of every entity of ours that the database keeps."""
    registry = er.async_get(hass)
    ours = [state for state in hass.states.async_all() if _is_ours(registry, state)]
    return {state.entity_id: max(map(_size, _recorded(hass, state).values()), default=0) for state in ours}


def _is_ours(registry: er.EntityRegistry, state: State) -> bool:
    entry = registry.async_get(state.entity_id)
    return entry is not None and entry.platform == "btr"


def _recorded(hass: HomeAssistant, state: State) -> dict[str, Any]:
    """The attributes that the recorder writes; options of a choice are none of them."""
    info = state.state_info
    unrecorded = info["unrecorded_attributes"] if info else frozenset()
    return {name: value for name, value in state.attributes.items() if name not in unrecorded}


def _size(value: Any) -> int:
    return len(json_dumps(value).encode())


@pytest.mark.usefixtures("enable_all_entities")
async def test_every_attribute_is_below_a_kilobyte_when_everything_is_as_long_as_it_can_be(
    hass: HomeAssistant, world: World, models_folder: Path
) -> None:
    """Given long names, many models, an engine with much to say, and alarms of all devices."""
    for number in range(40):
        (models_folder / f"{'long' * 50}-{number}.onnx").touch()
    worst = patch("custom_components.btr.engines.load_engine", side_effect=EngineError("because " * 2000))
    with worst:
        await world.restarts()
        await all_devices_speak(world)
        registry = dr.async_get(hass)
        for device in dr.async_entries_for_config_entry(registry, world.entry.entry_id):
            registry.async_update_device(device.id, name_by_user="长" * 255)
        await runs_away(world)
        faults = ["x" * 5000, "\N{BATTERY}" * 300, *(f"fault_{number}" for number in range(500))]
        for _ in range(2):
            told = {"seq": 9, "faults": faults, "mode": "y" * 3000, "reason": "z" * 3000}
            await world.hears("compostlab/v2/lab-2/telemetry", {**bath_telemetry(TempOut2=-127), **told})
            await world.hears(f"{BATH}/telemetry", bath_telemetry(TempOut2=-127, Heater=1))
        measured = sizes(hass)
    assert len(measured) > 150
    assert world.state("sensor.battery_cell_7_inference_engine").attributes["reason"].startswith("because because")
    assert world.state("event.battery_cell_7_alarm").attributes["message"]
    assert world.state("event.bath_lab_2_alarm").attributes["message"]
    assert {entity_id: size for entity_id, size in measured.items() if size >= KILOBYTE} == {}
