"""What a broker refuses after it has let us in, and whom it asks to put that right."""

import asyncio
import json

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr.core.messages import DeviceKey, DeviceKind, Output
from custom_components.btr.device import BathDevice
from tests.integration.brokers import CONNECT, DISCONNECT, PUBACK, PUBLISH, ScriptedBroker, message_id, until
from tests.integration.own_broker.conftest import set_up
from tests.integration.own_broker.test_own_broker import HEATER, is_live
from tests.integration.stories import BATH, NODE, OUR_SAMPLE, bath_telemetry

NOT_AUTHORIZED = 135


def asked(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """The forms that ask for credentials."""
    return [flow["step_id"] for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH})]


async def with_bath(hass: HomeAssistant, broker: ScriptedBroker) -> MockConfigEntry:
    """An entry that is connected, and an original bath that speaks."""
    entry = await set_up(hass, broker.port)
    await until(lambda: entry.runtime_data.connected)
    broker.publishes(f"{BATH}/telemetry".encode(), json.dumps(bath_telemetry(Heater=0)).encode())
    await until(lambda: is_live(hass, HEATER))
    return entry


async def test_i9_a_command_that_the_user_of_the_broker_may_not_write_is_an_error_at_once(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """MQTT 5 tells it in the answer to the message; what is heard goes on."""
    entry = await with_bath(hass, scripted)
    scripted.puback = NOT_AUTHORIZED
    async with asyncio.timeout(2):
        with pytest.raises(HomeAssistantError) as error:
            await hass.services.async_call("switch", "turn_on", {"entity_id": HEATER}, blocking=True)

    assert error.value.translation_key == "broker_refuses_message"
    assert entry.runtime_data.connected
    assert entry.runtime_data.transport.report["connections"] == 1
    await hass.config_entries.async_unload(entry.entry_id)


async def test_broker_that_throws_us_out_for_a_message_is_connected_to_again_at_once(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """It knows our credentials, so nobody is asked for others, and no device stays unwatched for minutes."""
    entry = await set_up(hass, scripted.port)
    await until(lambda: entry.runtime_data.connected)
    scripted.sends(DISCONNECT, bytes([NOT_AUTHORIZED, 5, 31, 0, 2]) + b"no")
    await until(lambda: not entry.runtime_data.connected)
    await until(lambda: entry.runtime_data.connected)

    await hass.async_block_till_done()
    assert asked(hass, entry) == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_repair_issue_of_an_own_broker_goes_when_a_reload_has_put_it_right(
    hass: HomeAssistant, scripted: ScriptedBroker, issue_registry: ir.IssueRegistry
) -> None:
    """As the issue asks for: the entry is reconfigured, which loads it anew."""
    scripted.suback = NOT_AUTHORIZED
    entry = await set_up(hass, scripted.port)
    issue = ("btr", f"broker_topics_{entry.entry_id}")
    await until(lambda: issue in issue_registry.issues)

    scripted.suback = 0
    await hass.config_entries.async_reload(entry.entry_id)
    await until(lambda: entry.runtime_data.connected)
    assert issue not in issue_registry.issues
    await hass.config_entries.async_unload(entry.entry_id)


async def test_i9_commands_arrive_in_the_order_in_which_they_were_given_however_slow_the_broker_is(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """A later wish must not be overtaken by what was sent before it, least of all a stop by a heater."""
    entry = await with_bath(hass, scripted)
    bath = entry.runtime_data.devices[DeviceKey(DeviceKind.BATH, "lab-1")]
    assert isinstance(bath, BathDevice)
    commands = entry.runtime_data.commands
    scripted.silent = {PUBLISH}
    before = asyncio.create_task(commands.async_resume_automatic(bath, Output.HEATER, Output.PUMP))
    await until(lambda: scripted.got(PUBLISH))
    later = asyncio.create_task(commands.async_set_output(bath, Output.PUMP, True))
    await asyncio.sleep(0.1)
    answered = 0
    while answered < 3:
        for body in scripted.got(PUBLISH)[answered:]:
            scripted.sends(PUBACK, message_id(body))
            answered += 1
        await asyncio.sleep(0.01)
    await asyncio.gather(before, later)

    sent = [json.loads(body[body.index(b"{") :])["commands"][0] for body in scripted.got(PUBLISH)]
    assert [(one["command"], one["action"]) for one in sent] == [("heater", "auto"), ("pump", "auto"), ("pump", "on")]
    scripted.silent = set()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_refused_password_is_asked_for_when_the_user_leaves_another_form_of_the_entry(
    hass: HomeAssistant, scripted: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant shows one of them at a time, and forgets a question that it did not ask."""
    monkeypatch.setattr("custom_components.btr.own_broker.AUTH_PAUSE_S", 0.2)
    entry = await set_up(hass, scripted.port, username="btr", password="planted-password")
    await until(lambda: entry.runtime_data.connected)
    await entry.start_reconfigure_flow(hass)
    scripted.connack = 134
    tries = len(scripted.got(CONNECT))
    scripted.drops_all()
    await until(lambda: len(scripted.got(CONNECT)) > tries + 1)
    assert asked(hass, entry) == []

    (form,) = entry.async_get_active_flows(hass, {SOURCE_RECONFIGURE})
    hass.config_entries.flow.async_abort(form["flow_id"])
    await until(lambda: asked(hass, entry) == ["reauth_confirm"])
    await hass.config_entries.async_unload(entry.entry_id)


async def test_nobody_is_asked_any_more_once_the_broker_takes_the_credentials(
    hass: HomeAssistant, scripted: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has put it right at the broker, which was away for that."""
    monkeypatch.setattr("custom_components.btr.own_broker.AUTH_PAUSE_S", 0.2)
    entry = await set_up(hass, scripted.port, username="btr", password="planted-password")
    await until(lambda: entry.runtime_data.connected)
    scripted.connack = 134
    scripted.drops_all()
    await until(lambda: asked(hass, entry) == ["reauth_confirm"])

    await scripted.stop()
    await until(lambda: entry.runtime_data.transport.report["trouble"] == "cannot_connect")
    scripted.connack = 0
    await scripted.start()
    await until(lambda: entry.runtime_data.connected)
    await hass.async_block_till_done()
    assert asked(hass, entry) == []
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_h3_the_last_word_to_a_node_that_is_masked_arrives_before_the_farewell(
    hass: HomeAssistant, scripted: ScriptedBroker, how: str
) -> None:
    """It has no answer to wait for, and the connection ends at once."""
    entry = await set_up(hass, scripted.port)
    await until(lambda: entry.runtime_data.connected)
    masked = {**OUR_SAMPLE, "local_status": "DANGER", "status": "NORMAL", "override": "normal"}
    scripted.publishes(f"{NODE}/sensor".encode(), json.dumps(masked).encode())
    await until(lambda: scripted.got(PUBLISH))
    scripted.packets.clear()

    if how == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        await hass.async_stop(force=True)
    await until(lambda: scripted.got(DISCONNECT))
    assert [kind for kind, _ in scripted.packets] == [PUBLISH, DISCONNECT]
    assert scripted.got(PUBLISH)[0].endswith(b"danger")
    assert f"{NODE}/statue".encode() in scripted.got(PUBLISH)[0]
