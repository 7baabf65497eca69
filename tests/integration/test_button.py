"""Buttons: acknowledge an alarm, resume automatic control, release an emergency stop."""

import pytest
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError

from tests.integration.stories import (
    BATH,
    BATH_REGISTER,
    BATH_RESPONSE,
    World,
    bath_telemetry,
)

ACKNOWLEDGE = "button.battery_cell_7_acknowledge_alarm"
RELEASE = "button.bath_lab_1_release_emergency_stop"
RESUME = "button.bath_lab_1_resume_automatic"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BUTTON,)


async def test_an_alarm_clears_after_it_is_acknowledged_and_its_cause_is_gone(world: World) -> None:
    await world.battery_lives(10)
    await world.battery_lives(8, lambda time_s: 40.0 + 5 * time_s)
    (battery,) = world.entry.runtime_data.devices.values()
    assert battery.state.alarm.active
    await world.acts("button", "press", ACKNOWLEDGE)
    assert battery.state.alarm.acknowledged
    await world.battery_lives(180, lambda time_s: max(25.0, 75.0 - time_s))
    assert not battery.state.alarm.active


async def test_the_release_button_releases_the_stop_and_gives_every_output_back(world: World) -> None:
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    hub = world.entry.runtime_data
    (bath,) = hub.devices.values()
    await hub.commands.async_set_emergency(bath, engaged=True)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, Heater=0, Pump=0))
    world.forget_sent()

    await world.acts("button", "press", RELEASE)
    await world.passes(10)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=0, Heater=0, Pump=0))
    await world.passes(10)

    commands = [
        (command["command"], command["action"])
        for message in world.sent(BATH_RESPONSE)
        for command in message["commands"]
    ]
    assert commands[0] == ("emergency", "off")
    for output in ("heater", "pump", "aeration"):
        actions = [action for name, action in commands if name == output]
        assert actions == ["off", "auto"]

    await world.restarts()
    (bath,) = hub.devices.values()
    assert not bath.state.emergency_wanted


async def test_i12_a_stop_is_not_released_while_the_broker_is_away(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    hub = world.entry.runtime_data
    (bath,) = hub.devices.values()
    await hub.commands.async_set_emergency(bath, engaged=True)
    world.forget_sent()
    world.broker_goes()
    with pytest.raises(HomeAssistantError) as error:
        await world.acts("button", "press", RELEASE)
    assert error.value.translation_key == "not_connected"
    assert bath.state.emergency_wanted
    assert world.sent(BATH_RESPONSE) == []


async def test_resume_automatic_unlocks_every_output(world: World) -> None:
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    world.forget_sent()
    await world.acts("button", "press", RESUME)
    await world.passes(5)
    commands = [message["commands"][0] for message in world.sent(BATH_RESPONSE)]
    assert {(command["command"], command["action"]) for command in commands} == {
        ("heater", "auto"),
        ("pump", "auto"),
        ("aeration", "auto"),
    }
