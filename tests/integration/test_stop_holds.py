"""I12: an emergency stop is released only by its own deliberate action, whatever else happens to either bath."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import DOMAIN as HOMEASSISTANT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow

from custom_components.btr import async_remove_config_entry_device
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.messages import DeviceKey, DeviceKind
from custom_components.btr.device import BathDevice
from tests.integration.stories import BATH_REGISTER, World, bath_telemetry

OUR_REGISTER = {**BATH_REGISTER, "firmware": "1.2.0", "capabilities": ["soft_config", "ack"]}
FAMILIES = {"original": ("lab-1", BATH_REGISTER), "ours": ("lab-2", OUR_REGISTER)}


class Stopped:
    """A bath whose stop is engaged and confirmed, and what the world may do to it."""

    def __init__(self, world: World, code: str, register: dict[str, Any]) -> None:
        self.world = world
        self.hass: HomeAssistant = world.hass
        self.base = f"compostlab/v2/{code}"
        self.key = DeviceKey(DeviceKind.BATH, code)
        self.slug = code.replace("-", "_")
        self.register = register
        self.switch = f"switch.bath_{self.slug}_emergency_stop"

    async def begins(self) -> None:
        """It boots, heats, and is stopped."""
        self.world.says(f"{self.base}/register", self.register)
        await self.reports(Heater=1)
        await self.world.acts("switch", "turn_on", self.switch)
        await self.reports(EmergencyState=1)
        self.world.forget_sent()

    async def reports(self, *, retained: bool = False, age_s: float = 0.0, **channels: float) -> None:
        """Telemetry of now, or of a while ago."""
        china = utcnow() + timedelta(hours=8, seconds=-age_s)
        telemetry = bath_telemetry(**{"Heater": 0, "Pump": 0, **channels}) | {"ts": f"{china:%Y-%m-%d %H:%M:%S}"}
        await self.world.hears(f"{self.base}/telemetry", telemetry, retained=retained)

    async def action(self, domain: str, service: str, **data: Any) -> None:
        """An action is called; that it is refused is fine."""
        try:
            await self.world.calls(domain, service, **data)
        except HomeAssistantError:
            await self.hass.async_block_till_done()

    @property
    def bath(self) -> BathDevice:
        """What the hub has of it now."""
        bath = self.world.entry.runtime_data.devices[self.key]
        assert isinstance(bath, BathDevice)
        return bath

    @property
    def device_id(self) -> str:
        """Its id in the device registry."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, str(self.key)), self.world.entry.entry_id
        )
        assert device is not None
        return device.id

    def told(self) -> list[tuple[str, str]]:
        """Every command that it was sent, with its action."""
        orders = self.world.sent(f"{self.base}/response")
        return [(command["command"], command.get("action", "")) for order in orders for command in order["commands"]]


async def the_switch_is_turned_off(stop: Stopped) -> None:
    await stop.action("switch", "turn_off", entity_id=stop.switch)
    await stop.action("switch", "toggle", entity_id=stop.switch)


async def everything_is_turned_off_and_on(stop: Stopped) -> None:
    assert await async_setup_component(stop.hass, HOMEASSISTANT, {})
    for service in ("turn_off", "turn_on", "toggle"):
        await stop.action(HOMEASSISTANT, service, entity_id=stop.hass.states.async_entity_ids("switch"))
        await stop.action("switch", service, entity_id="all")


async def its_device_is_turned_off(stop: Stopped) -> None:
    for service in ("turn_off", "toggle"):
        await stop.action("switch", service, device_id=stop.device_id)


async def a_scene_of_before_is_turned_on(stop: Stopped) -> None:
    assert await async_setup_component(stop.hass, "scene", {})
    await stop.action("scene", "apply", entities={stop.switch: "off"})


async def a_group_is_turned_off(stop: Stopped) -> None:
    assert await async_setup_component(stop.hass, HOMEASSISTANT, {})
    assert await async_setup_component(stop.hass, "group", {"group": {"lab": {"entities": [stop.switch]}}})
    await stop.hass.async_block_till_done()
    await stop.action(HOMEASSISTANT, "turn_off", entity_id="group.lab")


async def an_automation_turns_it_off(stop: Stopped) -> None:
    automation = {
        "alias": "night",
        "triggers": {"trigger": "event", "event_type": "night"},
        "actions": {"action": "switch.turn_off", "target": {"entity_id": stop.switch}},
    }
    assert await async_setup_component(stop.hass, "automation", {"automation": automation})
    stop.hass.bus.async_fire("night")
    await stop.hass.async_block_till_done()
    assert stop.hass.states.get("automation.night").attributes["last_triggered"] is not None


async def its_entry_is_reloaded(stop: Stopped) -> None:
    await stop.world.restarts()
    await stop.reports(EmergencyState=1)


async def the_bath_loses_power(stop: Stopped) -> None:
    stop.world.says(f"{stop.base}/availability", "offline", retained=True)
    await stop.world.passes(200, step_s=5)
    stop.world.says(f"{stop.base}/availability", "online", retained=True)
    stop.world.says(f"{stop.base}/register", {**stop.register, "uptime_s": 3, "reset_reason": "power_on"})
    await stop.reports(EmergencyState=0)


async def the_broker_is_gone_for_a_while(stop: Stopped) -> None:
    stop.world.broker_goes()
    await stop.world.passes(300, step_s=5)
    await stop.action("switch", "turn_off", entity_id=stop.switch)
    stop.world.broker_returns()
    await stop.reports(EmergencyState=1)


async def its_settings_are_changed(stop: Stopped) -> None:
    """An original restarts after it, and forgets its stop."""
    await stop.action("climate", "set_temperature", entity_id=f"climate.bath_{stop.slug}_bath", temperature=50)
    await stop.action("switch", "turn_off", entity_id=f"switch.bath_{stop.slug}_setpoint_mode")
    await stop.world.passes(3)
    stop.world.says(f"{stop.base}/register", {**stop.register, "uptime_s": 3})
    await stop.reports(EmergencyState=0)


async def its_other_controls_are_used(stop: Stopped) -> None:
    await stop.action("button", "press", entity_id=f"button.bath_{stop.slug}_resume_automatic")
    await stop.action("select", "select_option", entity_id="all", option="automatic")
    await stop.action("climate", "set_hvac_mode", entity_id="all", hvac_mode="heat")


async def an_old_message_says_otherwise(stop: Stopped) -> None:
    await stop.reports(EmergencyState=0, retained=True)
    await stop.reports(EmergencyState=0, age_s=3600)


async def a_message_that_cannot_be_read_says_otherwise(stop: Stopped) -> None:
    for payload in ('{"channels":[{"code":"EmergencyState","value":0', '{"channels":[]}', "off", '{"emergency":"off"}'):
        for leaf in ("telemetry", "register", "ack", "availability"):
            await stop.world.hears(f"{stop.base}/{leaf}", payload)


async def it_is_removed_and_taken_in_again(stop: Stopped) -> None:
    await stop.world.passes(400, step_s=5)
    device = dr.async_get(stop.hass).async_get(stop.device_id)
    assert device is not None
    assert await async_remove_config_entry_device(stop.hass, stop.world.entry, device)
    dr.async_get(stop.hass).async_remove_device(device.id)
    await stop.hass.async_block_till_done()
    stop.world.says(f"{stop.base}/register", stop.register)
    await stop.reports(EmergencyState=0)


DEEDS: tuple[Callable[[Stopped], Awaitable[None]], ...] = (
    the_switch_is_turned_off,
    everything_is_turned_off_and_on,
    its_device_is_turned_off,
    a_scene_of_before_is_turned_on,
    a_group_is_turned_off,
    an_automation_turns_it_off,
    its_entry_is_reloaded,
    the_bath_loses_power,
    the_broker_is_gone_for_a_while,
    its_settings_are_changed,
    its_other_controls_are_used,
    an_old_message_says_otherwise,
    a_message_that_cannot_be_read_says_otherwise,
    it_is_removed_and_taken_in_again,
)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
async def test_i12_nothing_but_its_release_releases_a_stop(
    world: World, deed: Callable[[Stopped], Awaitable[None]], family: str
) -> None:
    stop = Stopped(world, *FAMILIES[family])
    await stop.begins()
    assert world.value(stop.switch) == STATE_ON
    await deed(stop)
    await world.passes(5)
    assert world.value(stop.switch) == STATE_ON
    assert stop.bath.state.emergency_wanted
    await stop.reports(EmergencyState=0)
    await world.passes(15)
    assert ("emergency", "on") in stop.told()
    assert not {("emergency", "off"), ("heater", "on"), ("pump", "on")} & set(stop.told())


@pytest.mark.parametrize("family", FAMILIES)
async def test_i12_its_release_releases_it(world: World, family: str) -> None:
    stop = Stopped(world, *FAMILIES[family])
    await stop.begins()
    await stop.action("button", "press", entity_id=f"button.bath_{stop.slug}_release_emergency_stop")
    await stop.reports(EmergencyState=0)
    await world.passes(5)
    assert ("emergency", "off") in stop.told()
    assert world.value(stop.switch) == STATE_OFF
