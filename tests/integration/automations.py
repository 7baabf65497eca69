"""Automations as a user makes them, and what they did."""

from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import label_registry as lr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_mock_service

ATTRIBUTES = ("event_type", "level", "cause", "drill", "message")
TOLD = {
    "entity_id": "{{ trigger.entity_id | default('') }}",
    **{
        key: f"{{{{ trigger.to_state.attributes.{key} if trigger.to_state is defined else '' }}}}" for key in ATTRIBUTES
    },
}


async def automations(
    hass: HomeAssistant, *rules: tuple[dict[str, Any], list[dict[str, Any]]]
) -> list[list[ServiceCall]]:
    """Set up the automations of a story, each by its trigger and conditions; returns what each of them calls."""
    configs = [
        {
            "alias": f"Story {number}",
            "mode": "queued",
            "triggers": [trigger],
            "conditions": conditions,
            "actions": [{"action": f"story.note_{number}", "data": TOLD}],
        }
        for number, (trigger, conditions) in enumerate(rules)
    ]
    calls = [async_mock_service(hass, "story", f"note_{number}") for number in range(len(rules))]
    assert await async_setup_component(hass, "automation", {"automation": configs})
    await hass.async_block_till_done()
    return calls


async def automation(hass: HomeAssistant, trigger: dict[str, Any]) -> list[ServiceCall]:
    """Set up the one automation of a story; returns what it calls, with what it was told."""
    (calls,) = await automations(hass, (trigger, []))
    return calls


def kinds(calls: list[ServiceCall]) -> list[str]:
    """What kinds of event the automation was told of."""
    return [call.data["event_type"] for call in calls]


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """The device behind an entity."""
    entry = er.async_get(hass).async_get(entity_id)
    assert entry is not None
    assert entry.device_id is not None
    return entry.device_id


def places_of(hass: HomeAssistant, *entity_ids: str) -> dict[str, dict[str, Any]]:
    """Put the devices behind the entities into one room; returns every kind of target that means all of them."""
    floor = fr.async_get(hass).async_create("Ground floor")
    label = lr.async_get(hass).async_create("Dangerous")
    area = ar.async_get(hass).async_create("Lab", floor_id=floor.floor_id)
    devices = [device_of(hass, entity_id) for entity_id in entity_ids]
    for device_id in devices:
        dr.async_get(hass).async_update_device(device_id, area_id=area.id, labels={label.label_id})
    return {
        "entity": {"entity_id": list(entity_ids)},
        "device": {"device_id": devices},
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
    }
