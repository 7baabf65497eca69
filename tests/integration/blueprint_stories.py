"""What stories about blueprints have in common: our folder as a user has it after an import, phones, other switches."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, async_mock_service

from custom_components.btr.const import DOMAIN
from tests.integration.stories import OUR_SAMPLE, World

FOLDER = Path(__file__).parents[2] / "blueprints" / "automation" / "btr"
AUTOMATION = "automation.story"
# More turns of the event loop than any automation of ours needs between two waits
LOOPS = 100


def imports_blueprints(hass: HomeAssistant, config_dir: Path) -> None:
    """Put our blueprints where Home Assistant puts what it imports."""
    shutil.copytree(FOLDER, config_dir / "blueprints" / "automation" / "btr")
    hass.config.config_dir = str(config_dir)


async def uses_blueprint(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """The user makes an automation of a blueprint; Home Assistant takes it."""
    assert await async_setup_component(hass, "persistent_notification", {})
    config = {"alias": "Story", "use_blueprint": {"path": f"btr/{name}.yaml", "input": inputs}}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    state = hass.states.get(AUTOMATION)
    assert state is not None
    assert state.state == "on"


def device_of(world: World, identifier: str = "battery_cell-7") -> str:
    """Return the id of a device of ours in the registry."""
    device = dr.async_get(world.hass).async_get_device_by_identifier((DOMAIN, identifier), world.entry.entry_id)
    assert device is not None
    return device.id


async def flows(world: World, seconds: float, step_s: float = 0.5, **sample: Any) -> None:
    """Time passes while an automation waits, which nothing may wait for; a battery says ``sample`` if one is given."""
    for count in range(round(seconds / step_s)):
        if sample:
            world.says("btr/cell-7/sensor", {**OUR_SAMPLE, "timestamp_ms": 9_000_000 + 500 * count, **sample})
        world.freezer.tick(step_s)
        async_fire_time_changed(world.hass)
        for _ in range(LOOPS):
            await asyncio.sleep(0)


def notices(hass: HomeAssistant) -> list[str]:
    """Return what Home Assistant shows under its own notifications."""
    return [notice["message"] for notice in _async_get_or_create_notifications(hass).values()]


class Phone:
    """A phone with the app: what arrives on it, and its buttons. The app is not ours, so it is a stand-in."""

    def __init__(self, hass: HomeAssistant, name: str = "Pixel 9", action: str = "mobile_app_pixel_9") -> None:
        self.hass = hass
        self._action = action
        entry = MockConfigEntry(domain="mobile_app", title=name)
        entry.add_to_hass(hass)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("mobile_app", name)}, name=name
        )
        self.id = device.id
        self.entity_id = (
            er.async_get(hass)
            .async_get_or_create("notify", "mobile_app", name, config_entry=entry, device_id=device.id)
            .entity_id
        )
        hass.states.async_set(self.entity_id, "unknown")
        self.calls = async_mock_service(hass, "notify", action)

    @property
    def told(self) -> list[dict[str, Any]]:
        """Everything that arrived, in order."""
        return [call.data for call in self.calls]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What arrived with buttons."""
        return [told for told in self.told if "actions" in told["data"]]

    def forget(self) -> None:
        """Look only at what arrives from here on."""
        self.calls.clear()

    def is_taken_out(self) -> None:
        """The user removes the phone from Home Assistant."""
        self.hass.services.async_remove("notify", self._action)
        dr.async_get(self.hass).async_remove_device(self.id)

    def is_not_loaded(self) -> None:
        """The app's entry could not be set up."""
        self.hass.services.async_remove("notify", self._action)
        self.hass.states.async_set(self.entity_id, "unavailable")

    def fails(self) -> None:
        """The service that pushes to the phone does not answer."""
        async_mock_service(self.hass, "notify", self._action, raise_exception=HomeAssistantError("not connected"))

    async def presses(self, button: int, alert: dict[str, Any] | None = None) -> None:
        """The user presses a button of an alert, the last one unless told otherwise: the app fires an event."""
        shown = alert or self.alerts[-1]
        action = shown["data"]["actions"][button]["action"]
        self.hass.bus.async_fire("mobile_app_notification_action", {"action": action, "tag": shown["data"]["tag"]})
        await self.hass.async_block_till_done()


class Switches:
    """Switches of somebody else that really switch, unless they are stuck."""

    def __init__(self, hass: HomeAssistant, *entity_ids: str) -> None:
        self.hass = hass
        self.stuck: set[str] = set()
        self.offs: list[str] = []
        self.ons: list[str] = []
        for entity_id in entity_ids:
            hass.states.async_set(entity_id, "on")
        hass.services.async_register("switch", "turn_off", self._turn_off)
        hass.services.async_register("switch", "turn_on", self._turn_on)

    @callback
    def _turn_off(self, call: ServiceCall) -> None:
        for entity_id in call.data["entity_id"]:
            self.offs.append(entity_id)
            if entity_id not in self.stuck:
                self.hass.states.async_set(entity_id, "off")

    @callback
    def _turn_on(self, call: ServiceCall) -> None:
        self.ons.extend(call.data["entity_id"])
