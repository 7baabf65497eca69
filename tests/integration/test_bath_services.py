"""The actions for baths: outputs for a time, stops and their release, settings; each for several baths at once."""

from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from hypothesis import given
from hypothesis import strategies as st
from probatio import Invalid

from custom_components.btr.bath_services import SEND_COMMAND_SCHEMA, UPDATE_CONFIG_SCHEMA
from custom_components.btr.const import DOMAIN
from tests.integration.stories import BATH, BATH_REGISTER, BATH_RESPONSE, ORIGINAL_SAMPLE, World, bath_telemetry

OURS = "compostlab/v2/lab-2"
OUR_REGISTER = {**BATH_REGISTER, "firmware": "1.2.0", "capabilities": ["soft_config", "ack", "hold_off"]}


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SWITCH,)


async def baths_run(world: World, **channels: float | str | None) -> None:
    """An original bath, lab-1, and one of ours, lab-2, are there and report."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    world.says(f"{OURS}/register", OUR_REGISTER, retained=True)
    world.says(f"{BATH}/telemetry", bath_telemetry(**channels))
    await world.hears(f"{OURS}/telemetry", {**bath_telemetry(**channels), "seq": 1, "uptime_s": 60})
    await world.passes(1)
    world.forget_sent()


def device_id(world: World, identifier: str) -> str:
    device = dr.async_get(world.hass).async_get_device_by_identifier((DOMAIN, identifier), world.entry.entry_id)
    assert device is not None
    return device.id


async def call(world: World, service: str, /, *baths: str, **data: Any) -> None:
    """The user calls an action for some devices."""
    await world.calls(DOMAIN, service, device_id=[device_id(world, name) for name in baths], **data)


def commands(world: World, base: str = BATH) -> list[dict[str, Any]]:
    """The commands that were sent to one bath."""
    return [message["commands"][0] for message in world.sent(f"{base}/response")]


async def test_f10_an_output_is_held_for_as_long_as_is_asked_and_no_longer(world: World) -> None:
    await baths_run(world, Heater=0)
    data = {"output": "heater", "action": "on", "duration": {"minutes": 15}}
    await call(world, "send_command", "bath_lab-1", **data)
    assert [(sent["action"], sent["duration"]) for sent in commands(world)] == [("on", 600_000)]
    for _ in range(20):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
        await world.passes(60, step_s=5)
    assert [sent["duration"] for sent in commands(world)][1:] == pytest.approx([599_000, 298_000], abs=10_000)


async def test_on_and_off_may_be_written_as_yaml_reads_them(world: World) -> None:
    await baths_run(world, Pump=0)
    await call(world, "send_command", "bath_lab-1", output="pump", action=True)
    await call(world, "send_command", "bath_lab-1", output="pump", action=False)
    await call(world, "send_command", "bath_lab-1", output="pump", action="auto")
    assert [sent["action"] for sent in commands(world)] == ["on", "off", "auto"]


async def test_off_lasts_where_the_bath_can_hold_it_and_is_refused_elsewhere(world: World) -> None:
    await baths_run(world, Pump=1)
    await call(world, "send_command", "bath_lab-2", output="pump", action="off", duration="02:00:00")
    (sent,) = commands(world, OURS)
    assert (sent["action"], sent["duration"]) == ("hold_off", 7_200_000)
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "send_command", "bath_lab-1", output="pump", action="off", duration="02:00:00")
    assert refused.value.translation_key == "refused_cannot_hold_off"


@pytest.mark.parametrize(
    ("about", "data", "key"),
    [
        ("bath_lab-1", {"output": "heater", "action": "auto", "duration": 60}, "duration_with_auto"),
        ("bath_lab-1", {"output": "heater", "action": "on", "duration": "05:00:00"}, "refused_heater_needs_pause"),
        ("battery_battery", {"output": "heater", "action": "on"}, "not_a_bath"),
    ],
)
async def test_i9_a_command_that_makes_no_sense_is_refused_and_not_sent(
    world: World, about: str, data: dict[str, Any], key: str
) -> None:
    await baths_run(world, Heater=0)
    if about.startswith("battery"):
        await world.hears("sensor", ORIGINAL_SAMPLE)
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "send_command", about, **data)
    assert refused.value.translation_key == key
    assert world.sent(BATH_RESPONSE) == []


@given(st.dictionaries(st.sampled_from(["output", "action", "duration"]), st.integers() | st.text() | st.booleans()))
def test_any_command_is_read_or_refused(data: dict[str, Any]) -> None:
    try:
        read = SEND_COMMAND_SCHEMA({"device_id": "x", **data})
    except Invalid:
        return
    assert read["action"] in {"on", "off", "auto"}
    assert 1 <= read["duration"].total_seconds() <= 86_400 if "duration" in read else True


@pytest.mark.parametrize("config", [[], "x", None])
def test_a_configuration_is_an_object(config: Any) -> None:
    with pytest.raises(Invalid):
        UPDATE_CONFIG_SCHEMA({"device_id": "x", "config": config})


async def test_settings_are_changed_by_their_names_nested_or_dotted_or_as_the_register_has_them(world: World) -> None:
    await baths_run(world)
    config = {"bath_setpoint": {"target": 58}, "bath_setpoint.hyst": 1.5, "read_interval": 30000}
    await call(world, "update_config", "bath_lab-1", config=config)
    await world.passes(2)
    (sent,) = commands(world)
    assert sent["config"] == {"post_interval": 30000, "bath_setpoint": {"target": 58.0, "hyst": 1.5}}


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"wifi": {"ssid": "x"}}, "refused_forbidden_setting"),
        ({"mqtt.port": 1883}, "refused_forbidden_setting"),
        ({"ntp_host": "********"}, "refused_masked_value"),
        ({"bath_setpoint": {"target": 70}}, "refused_target_above_limit"),
        ({"no_such": 1}, "refused_unknown_setting"),
        ({}, "refused_empty_config"),
    ],
)
async def test_i9_settings_that_may_not_be_changed_are_refused_and_nothing_is_sent(
    world: World, config: dict[str, Any], key: str
) -> None:
    await baths_run(world)
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "update_config", "bath_lab-1", config=config)
    assert refused.value.translation_key == key
    await world.passes(3)
    assert world.sent() == []


async def test_a_stop_of_several_baths_does_not_end_at_one_that_fails(world: World) -> None:
    await baths_run(world)
    ids = ["no-such-device", device_id(world, "bath_lab-1"), device_id(world, "bath_lab-2")]
    with pytest.raises(ServiceValidationError):
        await world.calls(DOMAIN, "emergency_stop", device_id=ids)
    for base in (BATH, OURS):
        assert [(sent["command"], sent["action"]) for sent in commands(world, base)][:1] == [("emergency", "on")]
    assert all(bath.state.emergency_wanted for bath in world.entry.runtime_data.devices.values())


async def test_i9_what_went_wrong_with_several_is_told_of_each(world: World) -> None:
    await baths_run(world, Heater=0, TankTemp=-127)
    with pytest.raises(HomeAssistantError) as error:
        await call(world, "send_command", "bath_lab-1", "bath_lab-2", output="heater", action="on")
    assert error.value.translation_key == "several_failed"
    placeholders = error.value.translation_placeholders
    assert placeholders is not None
    assert placeholders["count"] == "2"
    assert "Bath lab-1: the tank probe" in placeholders["errors"]
    assert "Bath lab-2: the tank probe" in placeholders["errors"]


async def test_i12_a_stop_is_released_by_its_action_while_the_bath_hears_it(world: World) -> None:
    await baths_run(world, EmergencyState=1, Heater=0)
    await call(world, "emergency_stop", "bath_lab-1")
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, Heater=0))
    world.forget_sent()
    await call(world, "release_emergency_stop", "bath_lab-1")
    assert (commands(world)[0]["command"], commands(world)[0]["action"]) == ("emergency", "off")


async def test_i12_a_release_that_nobody_hears_is_refused_and_the_stop_stays(world: World) -> None:
    await baths_run(world)
    await call(world, "emergency_stop", "bath_lab-2")
    await world.hears(f"{OURS}/availability", "offline")
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "release_emergency_stop", "bath_lab-2")
    assert refused.value.translation_key == "refused_device_offline"
    assert world.value("switch.bath_lab_2_emergency_stop") == "on"


async def test_i9_a_stop_of_a_bath_that_is_offline_is_recorded_sent_and_told(world: World) -> None:
    await baths_run(world)
    await world.hears(f"{BATH}/availability", "offline")
    with pytest.raises(HomeAssistantError) as error:
        await call(world, "emergency_stop", "bath_lab-1")
    assert error.value.translation_key == "emergency_not_heard"
    await world.passes(12)
    assert len(commands(world)) >= 3
    assert world.value("switch.bath_lab_1_emergency_stop") == "on"
