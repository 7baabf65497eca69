"""What the page about the health of Home Assistant says of BTR."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

import custom_components.btr
from custom_components.btr.const import DOMAIN
from tests.integration.stories import World

INTEGRATION = Path(custom_components.btr.__file__).parent


async def health(hass: HomeAssistant) -> dict[str, Any]:
    """Ask as Home Assistant asks."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    return await get_system_health_info(hass, DOMAIN)


async def test_it_says_what_is_connected_and_what_is_at_work(world: World) -> None:
    await world.battery_lives(2)
    await world.battery_lives(1, topic="btr/cell-8/sensor")
    world.says("btr/cell-8/availability", "offline")
    await world.hears("btr/cell-7/sensor", b"{")
    card = world.entry.runtime_data.risk.card
    assert await health(world.hass) == {
        "version": json.loads((INTEGRATION / "manifest.json").read_text())["version"],
        "connections": "1 / 1",
        "kinds": "homeassistant_mqtt",
        "devices": "1 / 2",
        "malformed_messages": 1,
        "engine": world.entry.runtime_data.risk.status.engine,
        "model": f"{card.name} {card.version}",
    }


async def test_a_lost_broker_is_seen(world: World) -> None:
    await world.battery_lives(1)
    world.broker_goes()
    assert (await health(world.hass))["connections"] == "0 / 1"


async def test_an_entry_that_is_not_loaded_counts_as_not_connected(world: World) -> None:
    MockConfigEntry(domain=DOMAIN, title="Second").add_to_hass(world.hass)
    assert (await health(world.hass))["connections"] == "1 / 2"
    assert await world.hass.config_entries.async_unload(world.entry.entry_id)
    found = await health(world.hass)
    assert (found["connections"], found["devices"], found["engine"]) == ("0 / 2", "0 / 0", "–")


async def test_every_line_has_its_text_in_both_languages_and_holds_no_secret(world: World) -> None:
    found = await health(world.hass)
    for language in ("en", "zh-Hans"):
        texts = json.loads((INTEGRATION / "translations" / f"{language}.json").read_text())
        assert set(texts["system_health"]["info"]) == set(found)
    assert all(isinstance(value, int) or len(value) < 100 for value in found.values())
